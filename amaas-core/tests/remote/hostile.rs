//! Remotes that lie, loop, trickle or flood: each gives a typed error in bounded time, the store is
//! as it was, and the same handle takes the next good package.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use amaas_core::ErrorKind::{
    self, AccessDenied, Corrupt, InvalidPackage, NotFound, Overloaded, RemoteUnavailable,
    Unsupported,
};
use amaas_core::registry::remote::Credentials;
use serde_json::json;

use crate::packages::{Home, report, snapshot};
use crate::script::Reply;
use crate::site::{MANIFEST, Site};
use crate::support::{builder, partials, remote};

type Spoil = Box<dyn Fn(&mut Site)>;
type Case = (&'static str, ErrorKind, Spoil);

fn case(name: &'static str, kind: ErrorKind, spoil: impl Fn(&mut Site) + 'static) -> Case {
    (name, kind, Box::new(spoil))
}

/// The weights are answered like this.
fn blob(name: &'static str, kind: ErrorKind, reply: impl Fn(&[u8]) -> Reply + 'static) -> Case {
    case(name, kind, move |site| {
        let reply = reply(&site.blobs[&site.weights]);
        let part = format!("GET /v2/acme/ner/blobs/{}", site.weights);
        site.on(&part, move |_| reply.clone());
    })
}

fn manifest(name: &'static str, kind: ErrorKind, reply: impl Fn(&[u8]) -> Reply + 'static) -> Case {
    case(name, kind, move |site| {
        let reply = reply(&site.manifest);
        site.on("GET /v2/acme/ner/manifests/", move |_| reply.clone());
    })
}

fn document(
    name: &'static str,
    kind: ErrorKind,
    edit: impl Fn(&mut serde_json::Value) + 'static,
) -> Case {
    case(name, kind, move |site| site.edit(&edit))
}

fn tags(name: &'static str, kind: ErrorKind, reply: impl Fn() -> Reply + 'static) -> Case {
    case(name, kind, move |site| {
        let reply = reply();
        site.on("GET /v2/acme/ner/tags/list", move |_| reply.clone());
    })
}

/// Every request is answered by a challenge, and tokens are answered like this.
fn challenge(
    name: &'static str,
    kind: ErrorKind,
    header: &'static str,
    token: impl Fn() -> Reply + 'static,
) -> Case {
    case(name, kind, move |site| {
        let token = token();
        site.on("GET /token", move |_| token.clone());
        site.on("", move |request| {
            let host = request.header("host").unwrap();
            let header = header.replace("HERE", &format!("http://{host}"));
            match header.as_str() {
                "" => Reply::status(401),
                _ => Reply::status(401).with("WWW-Authenticate", header),
            }
        });
    })
}

fn typed(bytes: impl Into<Vec<u8>>) -> Reply {
    Reply::body(bytes).with("Content-Type", MANIFEST)
}

fn head(status: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\nContent-Type: {MANIFEST}\r\n").into_bytes()
}

fn of_blobs() -> Vec<Case> {
    let close = || [head("200 OK"), b"Connection: close\r\n\r\n".to_vec()].concat();
    vec![
        blob("other bytes of the same length", Corrupt, |good| {
            Reply::body(vec![b'x'; good.len()])
        }),
        blob("one bit flipped", Corrupt, |good| {
            let mut bytes = good.to_vec();
            bytes[2500] ^= 1;
            Reply::body(bytes)
        }),
        blob("shorter and says so", Corrupt, |good| {
            Reply::body(&good[1..])
        }),
        blob("longer and says so", Corrupt, |good| {
            Reply::body([good, b"x"].concat())
        }),
        blob("nothing and says so", Corrupt, |_| Reply::body("")),
        blob("longer without a length", Corrupt, move |good| {
            Reply::Raw([&close()[..], good, b"more"].concat())
        }),
        blob("without end", Corrupt, move |_| Reply::Endless(close())),
        blob("a length out of all reason", Corrupt, |_| {
            Reply::Endless(
                [
                    head("200 OK"),
                    b"Content-Length: 18446744073709551615\r\n\r\n".to_vec(),
                ]
                .concat(),
            )
        }),
        blob("a length that is none", Corrupt, |good| {
            Reply::body(good).with("Content-Length", "many")
        }),
        blob("a negative length", Corrupt, |good| {
            Reply::body(good).with("Content-Length", "-1")
        }),
        blob("always cut at the same place", RemoteUnavailable, |good| {
            let length = format!("Content-Length: {}\r\n\r\n", good.len());
            Reply::Raw([&head("200 OK")[..], length.as_bytes(), &good[..2000]].concat())
        }),
        blob("silent after the head", RemoteUnavailable, |good| {
            let length = format!("Content-Length: {}\r\n\r\n", good.len());
            Reply::Silent([&head("200 OK")[..], length.as_bytes()].concat())
        }),
        blob("silent after a few bytes", RemoteUnavailable, |good| {
            let length = format!("Content-Length: {}\r\n\r\n", good.len());
            Reply::Silent([&head("200 OK")[..], length.as_bytes(), &good[..7]].concat())
        }),
        blob("silent in the head", RemoteUnavailable, |_| {
            Reply::Silent(b"HTTP/1.1 2".to_vec())
        }),
        blob("silent at once", RemoteUnavailable, |_| {
            Reply::Silent(Vec::new())
        }),
        blob("closed at once", RemoteUnavailable, |_| {
            Reply::Raw(Vec::new())
        }),
        blob("a head without end", Corrupt, |_| {
            Reply::Endless(b"HTTP/1.1 200 OK\r\nX: ".to_vec())
        }),
        blob("not HTTP", Corrupt, |_| {
            Reply::Raw(b"SSH-2.0-x\r\n\r\n".to_vec())
        }),
        blob("a broken chunk", Corrupt, |_| {
            Reply::Raw(
                [
                    head("200 OK"),
                    b"Transfer-Encoding: chunked\r\n\r\nzz\r\nx".to_vec(),
                ]
                .concat(),
            )
        }),
        blob("chunks without end", Corrupt, |_| {
            let chunks = [&b"10\r\n0123456789abcdef\r\n"[..]; 1000].concat();
            Reply::Raw(
                [
                    head("200 OK"),
                    b"Transfer-Encoding: chunked\r\n\r\n".to_vec(),
                    chunks,
                ]
                .concat(),
            )
        }),
        blob("missing", Corrupt, |_| Reply::status(404)),
        blob("forbidden", AccessDenied, |_| Reply::status(403)),
        blob("broken for ever", RemoteUnavailable, |_| Reply::status(500)),
        blob("busy for ever", Overloaded, |_| Reply::status(429)),
        blob("busy for a million years", Overloaded, |_| {
            Reply::status(429).with("Retry-After", "31556926000000")
        }),
        blob("busy until a word", RemoteUnavailable, |_| {
            Reply::status(503).with("Retry-After", "tomorrow")
        }),
        blob("a teapot", Unsupported, |_| Reply::status(418)),
        blob("no content", Unsupported, |_| Reply::status(204)),
        blob("a part that nobody asked for", Unsupported, |good| {
            Reply::Good(206, Vec::new(), good[5..].to_vec())
                .with("Content-Range", "bytes 5-4999/5000")
        }),
        blob("a redirect to itself", Corrupt, |_| {
            Reply::status(302).with("Location", "/v2/acme/ner/blobs/again")
        }),
        blob("a redirect to a file", Corrupt, |_| {
            Reply::status(302).with("Location", "file:///etc/passwd")
        }),
        blob("a redirect with a password", Corrupt, |_| {
            Reply::status(302).with("Location", "http://me:secret@127.0.0.1/")
        }),
        blob("a redirect to nowhere", Corrupt, |_| Reply::status(307)),
        blob("a redirect to another host by two slashes", Corrupt, |_| {
            Reply::status(301).with("Location", "//127.0.0.1:1/x")
        }),
        blob("a proxy's redirect", Unsupported, |_| Reply::status(305)),
    ]
}

fn of_redirects_and_pages() -> Vec<Case> {
    let counted = AtomicUsize::new(0);
    let pages = std::sync::Arc::new(counted);
    vec![
        case("redirects without end", Corrupt, |site| {
            let part = format!("GET /v2/acme/ner/blobs/{}", site.weights);
            site.on(&part, |request| {
                Reply::status(307).with("Location", format!("{}x", request.path))
            });
        }),
        case("pages without end", Corrupt, move |site| {
            let pages = std::sync::Arc::clone(&pages);
            site.on("GET /v2/acme/ner/tags/list", move |_| {
                let page = pages.fetch_add(1, Ordering::SeqCst);
                let body = json!({"tags": [format!("1.{page}.0")]}).to_string();
                Reply::body(body).with(
                    "Link",
                    format!("</v2/acme/ner/tags/list?last={page}>; rel=\"next\""),
                )
            });
        }),
        tags("a page that leads to itself", Corrupt, || {
            Reply::body(json!({"tags": ["1.0.0"]}).to_string())
                .with("Link", "</v2/acme/ner/tags/list>; rel=\"next\"")
        }),
        tags("empty pages without end", Corrupt, || {
            Reply::body("{\"tags\":[]}").with("Link", "</v2/acme/ner/tags/list>; rel=\"next\"")
        }),
        tags("a page elsewhere", Corrupt, || {
            Reply::body("{\"tags\":[]}").with("Link", "<http://127.0.0.1:1/v2/x>; rel=\"next\"")
        }),
        tags("a page in a file", Corrupt, || {
            Reply::body("{\"tags\":[]}").with("Link", "<file:///etc/passwd>; rel=\"next\"")
        }),
        tags("a page of no address", Corrupt, || {
            Reply::body("{\"tags\":[]}").with("Link", "next")
        }),
        tags("a list of no JSON", Corrupt, || Reply::body("<html>")),
        tags("a list of no UTF-8", Corrupt, || Reply::body([0xff, 0xfe])),
        tags("a list of numbers", Corrupt, || {
            Reply::body("{\"tags\":[1]}")
        }),
        tags("a list that is an array", Corrupt, || Reply::body("[]")),
        tags("a list nested without end", Corrupt, || {
            Reply::body("[".repeat(100_000))
        }),
        tags("a list of a million tags", Corrupt, || {
            let all: Vec<_> = (0..1_000_000).map(|n| n.to_string()).collect();
            Reply::body(json!({ "tags": all }).to_string())
        }),
        tags("a list without end", Corrupt, || {
            Reply::Endless(b"HTTP/1.1 200 OK\r\n\r\n{\"tags\":[\"".to_vec())
        }),
        tags("a list of junk", NotFound, || {
            let junk = [
                "",
                "..",
                "../../x",
                "1.0",
                "v1.0.0",
                "sha256-abc.sig",
                "\u{0}",
                "1.0.0+x",
            ];
            Reply::body(json!({ "tags": junk }).to_string())
        }),
        tags("no list", NotFound, || Reply::body("{\"tags\":null}")),
        tags("an empty list", NotFound, || Reply::body("{}")),
        tags("no repository", NotFound, || Reply::status(404)),
        tags("a version whose manifest is missing", NotFound, || {
            Reply::body(json!({"tags": ["1.0.0", "1.5.0"]}).to_string())
        }),
    ]
}

fn of_manifests() -> Vec<Case> {
    let layers = |count: usize| {
        let layer =
            json!({"mediaType": "x", "digest": format!("sha256:{}", "a".repeat(64)), "size": 1});
        json!(vec![layer; count])
    };
    vec![
        manifest("no JSON", Corrupt, |_| typed("<html>")),
        manifest("nothing", Corrupt, |_| typed("")),
        manifest("cut off", Corrupt, |good| typed(&good[..good.len() / 2])),
        manifest("no UTF-8", Corrupt, |_| typed([0xff, 0xfe])),
        manifest("nested without end", Corrupt, |_| {
            typed("[".repeat(100_000))
        }),
        manifest("with a tail", Corrupt, |good| typed([good, b"{}"].concat())),
        manifest("larger than allowed", Corrupt, |_| {
            typed(vec![b' '; (4 << 20) + 1])
        }),
        manifest("without end", Corrupt, |_| {
            Reply::Endless([head("200 OK"), b"\r\n".to_vec()].concat())
        }),
        manifest("of Docker's type", Corrupt, |good| {
            Reply::body(good).with(
                "Content-Type",
                "application/vnd.docker.distribution.manifest.v2+json",
            )
        }),
        manifest("of no type", Corrupt, |good| Reply::body(good)),
        manifest("an index", Corrupt, |good| {
            Reply::body(good).with("Content-Type", "application/vnd.oci.image.index.v1+json")
        }),
        manifest("under another digest", Corrupt, |good| {
            typed(good).with(
                "Docker-Content-Digest",
                format!("sha256:{}", "0".repeat(64)),
            )
        }),
        manifest("busy", Overloaded, |_| Reply::status(429)),
        manifest("gone", NotFound, |_| Reply::status(404)),
        manifest("moved and gone", Corrupt, |_| Reply::status(301)),
        document("a million layers", Corrupt, move |it| {
            it["layers"] = json!(vec![json!({}); 1_000_000]);
        }),
        document("five thousand layers", Corrupt, move |it| {
            it["layers"] = layers(5000);
        }),
        document("no layers", InvalidPackage, |it| it["layers"] = json!([])),
        document("layers of another kind", Corrupt, |it| {
            it["layers"] = json!("all");
        }),
        document("without `amaas.toml`", InvalidPackage, |it| {
            it["layers"].as_array_mut().unwrap().remove(0);
        }),
        document("without a graph", InvalidPackage, |it| {
            it["layers"]
                .as_array_mut()
                .unwrap()
                .retain(|layer| layer["annotations"]["org.cncf.model.filepath"] != "model.onnx");
        }),
        document("a digest that is a path", Corrupt, |it| {
            it["layers"][0]["digest"] = json!("sha256:../../../etc/passwd");
        }),
        document("a digest that asks", Corrupt, |it| {
            it["layers"][0]["digest"] = json!(format!("sha256:{}?x=/../", "a".repeat(58)));
        }),
        document("a digest of another sort", Corrupt, |it| {
            it["layers"][0]["digest"] = json!(format!("sha512:{}", "a".repeat(128)));
        }),
        document("a digest in capitals", Corrupt, |it| {
            it["layers"][0]["digest"] = json!(format!("sha256:{}", "A".repeat(64)));
        }),
        document("a short digest", Corrupt, |it| {
            it["config"]["digest"] = json!("sha256:00");
        }),
        document("no digest", Corrupt, |it| {
            it["config"]["digest"] = json!(null);
        }),
        document("sizes out of all reason", Corrupt, |it| {
            it["layers"][0]["size"] = json!(u64::MAX);
            it["layers"][1]["size"] = json!(u64::MAX);
        }),
        document("more bytes than a pull may bring", InvalidPackage, |it| {
            it["layers"][1]["size"] = json!(1_u64 << 41);
        }),
        document(
            "layers that are too many bytes together",
            InvalidPackage,
            |it| {
                for layer in it["layers"].as_array_mut().unwrap() {
                    layer["size"] = json!(1_u64 << 39);
                }
            },
        ),
        document("a negative size", Corrupt, |it| {
            it["layers"][1]["size"] = json!(-1);
        }),
        document("a size too large by one", Corrupt, |it| {
            it["layers"][1]["size"] = json!(it["layers"][1]["size"].as_u64().unwrap() + 1);
        }),
        document("a size too small by one", Corrupt, |it| {
            it["layers"][1]["size"] = json!(it["layers"][1]["size"].as_u64().unwrap() - 1);
        }),
        document("two sizes for one digest", Corrupt, |it| {
            let mut twin = it["layers"][1].clone();
            twin["size"] = json!(1);
            it["layers"].as_array_mut().unwrap().push(twin);
        }),
        document("a config too large", Corrupt, |it| {
            it["config"]["size"] = json!(5 << 20);
        }),
        document("one file twice", Corrupt, |it| {
            let twin = it["layers"][1].clone();
            it["layers"].as_array_mut().unwrap().push(twin);
        }),
        document("a path that leads out", Corrupt, |it| {
            it["layers"][1]["annotations"]["org.cncf.model.filepath"] = json!("../../x");
        }),
        document("a path from the root", Corrupt, |it| {
            it["layers"][1]["annotations"]["org.cncf.model.filepath"] = json!("/etc/passwd");
        }),
        document("a layer without a path", Corrupt, |it| {
            it["layers"][1]["annotations"] = json!({});
        }),
        document("a container image", InvalidPackage, |it| {
            it["artifactType"] = json!("application/vnd.oci.image.config.v1+json");
        }),
        document("another config", InvalidPackage, |it| {
            it["config"]["mediaType"] = json!("application/vnd.oci.image.config.v1+json");
        }),
        document("another schema", InvalidPackage, |it| {
            it["schemaVersion"] = json!(1);
        }),
        document("another model's package", Corrupt, |it| {
            it["annotations"]["org.opencontainers.image.title"] = json!("other");
        }),
        document("another version's package", Corrupt, |it| {
            it["annotations"]["org.opencontainers.image.version"] = json!("1.0.1");
        }),
        document("a version that is none", Corrupt, |it| {
            it["annotations"]["org.opencontainers.image.version"] = json!("newest");
        }),
        document("no annotations", Corrupt, |it| {
            it["annotations"] = json!({});
        }),
        document("annotations that `amaas.toml` contradicts", Corrupt, |it| {
            it["annotations"]["org.opencontainers.image.licenses"] = json!("WTFPL");
        }),
        case("one annotation twice", Corrupt, |site| {
            let text = String::from_utf8(site.manifest.clone()).unwrap();
            let key = "\"org.opencontainers.image.title\":";
            site.set_manifest(text.replace(key, &format!("{key}\"ner\",{key}")));
        }),
    ]
}

fn of_challenges() -> Vec<Case> {
    let good = || Reply::body("{\"token\":\"t\"}");
    let bearer = "Bearer realm=\"HERE/token\",service=\"s\"";
    vec![
        challenge("basic for ever", AccessDenied, "Basic realm=\"x\"", good),
        challenge("a token for ever", AccessDenied, bearer, good),
        challenge("no challenge", AccessDenied, "", good),
        challenge("an unknown challenge", AccessDenied, "Negotiate", good),
        challenge("a challenge of junk", AccessDenied, "Bearer ===\"", good),
        challenge(
            "tokens from no address",
            Corrupt,
            "Bearer realm=\"x\"",
            good,
        ),
        challenge(
            "tokens from a file",
            Corrupt,
            "Bearer realm=\"file:///etc/passwd\"",
            good,
        ),
        challenge(
            "tokens by a password",
            Corrupt,
            "Bearer realm=\"http://a:b@127.0.0.1:1/\"",
            good,
        ),
        challenge(
            "tokens from nobody",
            RemoteUnavailable,
            "Bearer realm=\"http://127.0.0.1:1/\"",
            good,
        ),
        challenge("a token without end", Corrupt, bearer, || {
            Reply::Endless(b"HTTP/1.1 200 OK\r\n\r\n{\"token\":\"".to_vec())
        }),
        challenge("a token of no JSON", Corrupt, bearer, || Reply::body("t")),
        challenge("an empty token", Corrupt, bearer, || {
            Reply::body("{\"token\":\"\"}")
        }),
        challenge("no token", Corrupt, bearer, || Reply::body("{}")),
        challenge("a token with a line of its own", Corrupt, bearer, || {
            Reply::body("{\"token\":\"t\\r\\nX-Evil: 1\"}")
        }),
        challenge("a token for no time", AccessDenied, bearer, || {
            Reply::body("{\"token\":\"t\",\"expires_in\":0}")
        }),
        challenge("a token for ever and a day", AccessDenied, bearer, || {
            Reply::body("{\"token\":\"t\",\"expires_in\":18446744073709551615}")
        }),
        challenge("tokens refused", AccessDenied, bearer, || {
            Reply::status(401)
        }),
        challenge("tokens elsewhere", AccessDenied, bearer, || {
            Reply::status(302).with("Location", "/elsewhere")
        }),
        challenge("tokens broken", RemoteUnavailable, bearer, || {
            Reply::status(500)
        }),
    ]
}

/// What counts: the list, the layouts for other tools, and what is not on its way.
fn state(home: &Home) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let counts = |path: &std::path::Path| {
        let path = path.display().to_string();
        !path.contains("/blobs/") && !path.contains("/temporary/")
    };
    let all = snapshot(home.registry.root()).into_iter();
    all.filter(|(path, _)| counts(path)).collect()
}

#[test]
fn hostile_blobs_are_refused_and_change_nothing() {
    report("blobs of remotes", refuse(&of_blobs()));
}

#[test]
fn hostile_redirects_and_pages_are_refused_and_change_nothing() {
    let refused = refuse(&of_redirects_and_pages());
    report("redirects and pages of remotes", refused);
}

#[test]
fn hostile_manifests_are_refused_and_change_nothing() {
    report("manifests of remotes", refuse(&of_manifests()));
}

#[test]
fn hostile_challenges_are_refused_and_change_nothing() {
    report("challenges of remotes", refuse(&of_challenges()));
}

#[test]
fn a_package_over_the_limit_is_refused_before_its_first_blob() {
    let (site, home) = (Site::new(), Home::new());
    let (ner, any) = ("ner".parse().unwrap(), "^1".parse().unwrap());
    let blobs = site.blobs.values().map(Vec::len).sum::<usize>();
    let size = (blobs + site.manifest.len()) as u64;
    let script = site.serve();
    let before = snapshot(home.registry.root());
    let pull = |limit| {
        let remote = builder(script.port).limit(limit).open().unwrap();
        remote.pull(&home.registry, &ner, &any)
    };
    let error = pull(size - 1).unwrap_err();
    assert_eq!(error.kind(), InvalidPackage, "{error}");
    assert!(error.message().contains(&size.to_string()), "{error}");
    assert!(error.remedy().is_some(), "{error}");
    assert_eq!(script.requests("/blobs/").len(), 0);
    assert_eq!(snapshot(home.registry.root()), before);
    assert!(pull(size).unwrap().created);
}

/// How many were refused, which is all of them.
fn refuse(all: &[Case]) -> usize {
    let (ner, any) = ("ner".parse().unwrap(), "^1".parse().unwrap());
    let good = Site::new().serve();
    for (name, kind, spoil) in all {
        let home = Home::new();
        home.publish("other", "1.0.0");
        let before = state(&home);
        let mut site = Site::new();
        spoil(&mut site);
        let script = site.serve();
        let short = name.starts_with("silent");
        let silence = Duration::from_millis(if short { 200 } else { 20_000 });
        let spoilt = builder(script.port)
            .credentials(Credentials::new("me", "hush-hush"))
            .silence(silence)
            .parallel(1)
            .open()
            .unwrap();
        let error = spoilt.pull(&home.registry, &ner, &any).unwrap_err();
        assert_eq!(error.kind(), *kind, "{name}: {}", error.report());
        assert!(error.remedy().is_some(), "{name}: {error}");
        assert!(!error.report().contains("hush"), "{name}: {error}");
        assert_eq!(state(&home), before, "{name}");
        if *kind == Corrupt {
            assert_eq!(partials(&home.registry).len(), 0, "{name}");
        }
        let pulled = remote(good.port).pull(&home.registry, &ner, &any).unwrap();
        home.registry.package(&pulled.digest).unwrap();
    }
    all.len()
}

type Refusal = (&'static str, ErrorKind, Vec<(&'static str, Reply)>);

fn of_pushes() -> Vec<Refusal> {
    let session = || ("POST /", Reply::status(202).with("Location", "/upload?a=b"));
    let upload = |reply: Reply| vec![session(), ("PATCH /upload", reply)];
    let accepted = || Reply::status(202).with("Location", "/upload?a=b");
    let finish = |reply: Reply| {
        vec![
            session(),
            ("PATCH /upload", accepted()),
            ("PUT /upload", reply),
        ]
    };
    let digest = format!("sha256:{}", "0".repeat(64));
    vec![
        (
            "read only",
            Unsupported,
            vec![("POST /", Reply::status(405))],
        ),
        (
            "forbidden",
            AccessDenied,
            vec![("POST /", Reply::status(403))],
        ),
        ("no place", Corrupt, vec![("POST /", Reply::status(202))]),
        (
            "a place in a file",
            Corrupt,
            vec![("POST /", Reply::status(202).with("Location", "file:///x"))],
        ),
        (
            "a place with a password",
            Corrupt,
            vec![(
                "POST /",
                Reply::status(202).with("Location", "http://a:b@127.0.0.1:1/"),
            )],
        ),
        (
            "a redirect of a write",
            Unsupported,
            vec![("POST /", Reply::status(307).with("Location", "/x"))],
        ),
        (
            "another size",
            Corrupt,
            vec![(
                "HEAD /v2/acme/ner/blobs",
                Reply::status(200).with("Content-Length", 7),
            )],
        ),
        ("a chunk too large", Unsupported, upload(Reply::status(413))),
        (
            "a chunk without a place",
            Corrupt,
            upload(Reply::status(202)),
        ),
        (
            "more received than sent",
            Corrupt,
            upload(accepted().with("Range", "0-999999999")),
        ),
        (
            "nothing received",
            Corrupt,
            upload(accepted().with("Range", "0-0")),
        ),
        (
            "a session that is lost again and again",
            RemoteUnavailable,
            upload(Reply::status(404)),
        ),
        (
            "broken for ever",
            RemoteUnavailable,
            upload(Reply::status(500)),
        ),
        (
            "another digest",
            Corrupt,
            finish(Reply::status(201).with("Docker-Content-Digest", &digest)),
        ),
        (
            "damaged on the way",
            Unsupported,
            finish(Reply::Good(
                400,
                Vec::new(),
                b"{\"errors\":[{\"code\":\"DIGEST_INVALID\"}]}".to_vec(),
            )),
        ),
        (
            "an error without end",
            Unsupported,
            finish(Reply::Endless(b"HTTP/1.1 400 Bad\r\n\r\n".to_vec())),
        ),
        (
            "a manifest refused",
            Unsupported,
            vec![
                ("PUT /v2/acme/ner/manifests", Reply::status(400)),
                (
                    "HEAD /v2/acme/ner/blobs",
                    Reply::Raw(b"HTTP/1.1 200 OK\r\n\r\n".to_vec()),
                ),
            ],
        ),
        (
            "a manifest under another digest",
            Corrupt,
            vec![
                (
                    "PUT /v2/acme/ner/manifests",
                    Reply::status(201).with("Docker-Content-Digest", &digest),
                ),
                (
                    "HEAD /v2/acme/ner/blobs",
                    Reply::Raw(b"HTTP/1.1 200 OK\r\n\r\n".to_vec()),
                ),
            ],
        ),
    ]
}

#[test]
fn remotes_that_take_no_push_are_told_from_each_other() {
    let home = Home::new();
    home.publish("ner", "1.0.0");
    let before = snapshot(home.registry.root());
    let all = of_pushes();
    for (name, kind, replies) in &all {
        let mut site = Site::new();
        for (part, reply) in replies.clone() {
            site.on(part, move |_| reply.clone());
        }
        site.on("manifests/", |_| Reply::status(404));
        site.on("blobs/", |_| Reply::status(404));
        let script = site.serve();
        let remote = builder(script.port).chunk(50).open().unwrap();
        let pushed = remote.push(
            &home.registry,
            &"ner".parse().unwrap(),
            &"*".parse().unwrap(),
        );
        let error = pushed.unwrap_err();
        assert_eq!(error.kind(), *kind, "{name}: {}", error.report());
        assert!(error.remedy().is_some(), "{name}: {error}");
        assert_eq!(snapshot(home.registry.root()), before, "{name}");
    }
    report("answers to a push", all.len());
}
