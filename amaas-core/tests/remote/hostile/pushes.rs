//! Answers to a push that take nothing, or something else.

use amaas_core::ErrorKind::{self, AccessDenied, Corrupt, RemoteUnavailable, Unsupported};

use crate::packages::{Home, report, snapshot};
use crate::script::Reply;
use crate::site::Site;
use crate::support::builder;

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
