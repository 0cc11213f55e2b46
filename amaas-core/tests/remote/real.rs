//! A real registry on this machine: what is pushed comes back, byte for byte, and nothing twice.

use std::fs;
use std::sync::{Arc, Mutex};

use amaas_core::ErrorKind;
use amaas_core::registry::remote::{Credentials, Progress};

use crate::packages::{Home, package_with};
use crate::proxy::Proxy;
use crate::registry::{PASSWORD, Server, USER};
use crate::support::{blob, builder, has, noise, partials, remote, run, same};

const BLOBS: usize = 5;

#[test]
fn what_is_pushed_is_pulled_byte_for_byte() {
    if !has("docker-registry") {
        return;
    }
    let (server, here, there) = (Server::open(), Home::new(), Home::new());
    let package = package_with("ner", "1.0.0", &noise(300_000, 1));
    let published = here.registry.publish(&package).unwrap();
    let remote = builder(server.port).chunk(64 << 10).open().unwrap();
    let (ner, any) = ("ner".parse().unwrap(), "^1".parse().unwrap());

    let pushed = remote.push(&here.registry, &ner, &any).unwrap();
    assert_eq!((pushed.digest, pushed.created), (published.digest, true));
    assert_eq!(pushed.blobs, BLOBS);

    for selector in ["^1", "1.0.0", "*"] {
        let resolved = remote.resolve(&ner, &selector.parse().unwrap()).unwrap();
        assert_eq!(resolved.digest, published.digest);
    }
    let by_digest = published.digest.to_string().parse().unwrap();
    let pulled = remote.pull(&there.registry, &ner, &by_digest).unwrap();
    assert_eq!((pulled.digest, pulled.created), (published.digest, true));
    assert_eq!((pulled.blobs, pulled.bytes), (BLOBS, pushed.bytes));
    same(&here.registry, &there.registry, "ner", "^1");
    assert_eq!(partials(&there.registry), Vec::<std::path::PathBuf>::new());

    let (left, right) = (
        here.registry.model(&ner).unwrap(),
        there.registry.model(&ner).unwrap(),
    );
    assert_eq!(left.versions[0].bytes, right.versions[0].bytes);
}

#[test]
fn nothing_is_sent_or_fetched_twice() {
    if !has("docker-registry") {
        return;
    }
    let (server, here, there) = (Server::open(), Home::new(), Home::new());
    let proxy = Proxy::to(server.port);
    let weights = noise(200_000, 2);
    here.registry
        .publish(&package_with("ner", "1.0.0", &weights))
        .unwrap();
    here.registry
        .publish(&package_with("ner", "1.1.0", &weights))
        .unwrap();
    let remote = remote(proxy.port);
    let ner = "ner".parse().unwrap();

    remote
        .push(&here.registry, &ner, &"1.0.0".parse().unwrap())
        .unwrap();
    let (uploads, sent) = (proxy.requests("POST /").len(), proxy.bytes_up());
    assert_eq!(uploads, BLOBS);
    assert!(sent > 200_000);

    let again = remote
        .push(&here.registry, &ner, &"1.0.0".parse().unwrap())
        .unwrap();
    assert_eq!((again.created, again.blobs, again.bytes), (false, 0, 0));
    assert_eq!(proxy.requests("POST /").len(), uploads);

    // The next version shares graph, tokenizer and weights: two blobs are new.
    let next = remote
        .push(&here.registry, &ner, &"1.1.0".parse().unwrap())
        .unwrap();
    assert_eq!((next.created, next.blobs), (true, 2));
    assert_eq!(proxy.requests("POST /").len(), uploads + 2);
    assert!(proxy.bytes_up() - sent < 100_000);

    remote
        .pull(&there.registry, &ner, &"1.0.0".parse().unwrap())
        .unwrap();
    let fetched = proxy.requests("GET /v2/acme/ner/blobs/").len();
    assert_eq!(fetched, BLOBS);
    let again = remote
        .pull(&there.registry, &ner, &"1.0.0".parse().unwrap())
        .unwrap();
    assert_eq!((again.created, again.blobs, again.bytes), (false, 0, 0));
    let next = remote
        .pull(&there.registry, &ner, &"^1".parse().unwrap())
        .unwrap();
    assert_eq!(
        (next.version.to_string().as_str(), next.blobs),
        ("1.1.0", 2)
    );
    assert_eq!(proxy.requests("GET /v2/acme/ner/blobs/").len(), fetched + 2);
}

#[test]
fn a_blob_of_another_model_is_mounted_and_not_sent() {
    if !has("docker-registry") {
        return;
    }
    let (server, here) = (Server::open(), Home::new());
    let proxy = Proxy::to(server.port);
    let weights = noise(200_000, 3);
    here.registry
        .publish(&package_with("ner", "1.0.0", &weights))
        .unwrap();
    here.registry
        .publish(&package_with("ner-small", "1.0.0", &weights))
        .unwrap();
    let remote = remote(proxy.port);
    let any = "*".parse().unwrap();
    remote
        .push(&here.registry, &"ner".parse().unwrap(), &any)
        .unwrap();
    let sent = proxy.bytes_up();
    let pushed = remote
        .push(&here.registry, &"ner-small".parse().unwrap(), &any)
        .unwrap();
    assert_eq!((pushed.created, pushed.blobs), (true, 2));
    assert_eq!(proxy.requests("mount=").len(), 3);
    assert!(proxy.bytes_up() - sent < 100_000);
}

#[test]
fn versions_and_aliases_are_tags() {
    if !has("docker-registry") {
        return;
    }
    let (server, here, there) = (Server::open(), Home::new(), Home::new());
    let remote = remote(server.port);
    let ner = "ner".parse().unwrap();
    for version in ["1.0.0", "1.2.0", "2.0.0-rc.1", "1.1.0+gpu.5"] {
        here.publish("ner", version);
        let selector = format!("={version}").parse().ok();
        let selector = selector.filter(|_| !version.contains('+'));
        let selector = selector.unwrap_or_else(|| version.parse().unwrap());
        remote.push(&here.registry, &ner, &selector).unwrap();
    }
    let champion = "champion".parse().unwrap();
    let set = remote
        .set_alias(&ner, &champion, &"~1.1".parse().unwrap())
        .unwrap();
    assert_eq!(set.to_string(), "1.1.0+gpu.5");

    let model = remote.model(&ner).unwrap();
    let versions: Vec<_> = model.versions.iter().map(ToString::to_string).collect();
    assert_eq!(versions, ["1.0.0", "1.1.0+gpu.5", "1.2.0", "2.0.0-rc.1"]);
    assert_eq!(model.aliases, [champion]);

    for (selector, expected) in [
        ("*", "1.2.0"),
        ("^1, <1.2", "1.1.0+gpu.5"),
        ("1.1.0", "1.1.0+gpu.5"),
        ("champion", "1.1.0+gpu.5"),
        (">=2.0.0-rc.0", "2.0.0-rc.1"),
    ] {
        let found = remote.resolve(&ner, &selector.parse().unwrap()).unwrap();
        assert_eq!(found.version.to_string(), expected, "{selector}");
    }
    let pulled = remote
        .pull(&there.registry, &ner, &"champion".parse().unwrap())
        .unwrap();
    assert_eq!(pulled.version.to_string(), "1.1.0+gpu.5");
    same(&here.registry, &there.registry, "ner", "1.1.0");
}

#[test]
fn what_is_not_there_is_an_error_that_lists_what_is() {
    if !has("docker-registry") {
        return;
    }
    let (server, here) = (Server::open(), Home::new());
    let remote = remote(server.port);
    let ner = "ner".parse().unwrap();
    let error = remote
        .pull(&here.registry, &ner, &"*".parse().unwrap())
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    here.publish("ner", "1.0.0");
    remote
        .push(&here.registry, &ner, &"*".parse().unwrap())
        .unwrap();
    for selector in ["^2", "3.0.0", "champion"] {
        let error = remote
            .pull(&here.registry, &ner, &selector.parse().unwrap())
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(error.to_string().contains("versions: 1.0.0"), "{error}");
    }
    let unknown = format!("sha256:{}", "0".repeat(64)).parse().unwrap();
    let error = remote.resolve(&ner, &unknown).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let error = remote
        .push(&here.registry, &ner, &"^7".parse().unwrap())
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[test]
fn a_version_never_changes_on_either_side() {
    if !has("docker-registry") {
        return;
    }
    let (server, here, there) = (Server::open(), Home::new(), Home::new());
    let remote = remote(server.port);
    let (ner, any) = ("ner".parse().unwrap(), "*".parse().unwrap());
    here.registry
        .publish(&package_with("ner", "1.0.0", b"one"))
        .unwrap();
    there
        .registry
        .publish(&package_with("ner", "1.0.0", b"two"))
        .unwrap();
    remote.push(&here.registry, &ner, &any).unwrap();
    let error = remote.push(&there.registry, &ner, &any).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{error}");
    let error = remote.pull(&there.registry, &ner, &any).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{error}");

    let third = Home::new();
    third.publish("ner", "1.0.0+other");
    let error = remote.push(&third.registry, &ner, &any).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{error}");
    assert!(error.to_string().contains("build metadata"));
}

#[test]
fn two_may_push_and_pull_one_version_at_once() {
    if !has("docker-registry") {
        return;
    }
    let (server, here, there) = (Server::open(), Home::new(), Home::new());
    let package = package_with("ner", "1.0.0", &noise(2_000_000, 4));
    here.registry.publish(&package).unwrap();
    let (ner, any) = ("ner".parse().unwrap(), "*".parse().unwrap());
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                remote(server.port)
                    .push(&here.registry, &ner, &any)
                    .unwrap()
            });
        }
    });
    std::thread::scope(|scope| {
        for _ in 0..3 {
            let remote = builder(server.port)
                .clock(Arc::new(amaas_core::clock::SystemClock::default()))
                .open()
                .unwrap();
            let (registry, ner, any) = (&there.registry, &ner, &any);
            scope.spawn(move || remote.pull(registry, ner, any).unwrap());
        }
    });
    same(&here.registry, &there.registry, "ner", "*");
    assert_eq!(partials(&there.registry).len(), 0);
}

#[test]
fn what_is_damaged_here_is_not_sent_and_is_put_right_by_a_pull() {
    if !has("docker-registry") {
        return;
    }
    let (server, here) = (Server::open(), Home::new());
    let weights = noise(1000, 5);
    let digest = amaas_core::model::Digest::of(&weights).to_string();
    let package = package_with("ner", "1.0.0", &weights);
    here.registry.publish(&package).unwrap();
    let (ner, any) = ("ner".parse().unwrap(), "*".parse().unwrap());
    let remote = remote(server.port);

    fs::write(blob(&here, &digest), noise(1000, 6)).unwrap();
    let error = remote.push(&here.registry, &ner, &any).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    assert!(error.to_string().contains(&digest), "{error}");
    assert_eq!(remote.model(&ner).unwrap_err().kind(), ErrorKind::NotFound);

    here.registry.publish(&package).unwrap();
    remote.push(&here.registry, &ner, &any).unwrap();
    fs::write(blob(&here, &digest), noise(1000, 6)).unwrap();
    let pulled = remote.pull(&here.registry, &ner, &any).unwrap();
    assert_eq!(
        (pulled.created, pulled.blobs, pulled.bytes),
        (false, 1, 1000)
    );
    here.registry.package(&pulled.digest).unwrap();
}

#[test]
fn progress_ends_where_all_is_done() {
    if !has("docker-registry") {
        return;
    }
    let (server, here, there) = (Server::open(), Home::new(), Home::new());
    here.registry
        .publish(&package_with("ner", "1.0.0", &noise(3_000_000, 7)))
        .unwrap();
    let seen: Arc<Mutex<Vec<Progress>>> = Arc::default();
    let heard = Arc::clone(&seen);
    let remote = builder(server.port)
        .parallel(1)
        .chunk(1 << 20)
        .on_progress(move |progress| heard.lock().unwrap().push(*progress))
        .open()
        .unwrap();
    let (ner, any) = ("ner".parse().unwrap(), "*".parse().unwrap());
    for step in 0..2 {
        match step {
            0 => drop(remote.push(&here.registry, &ner, &any).unwrap()),
            _ => drop(remote.pull(&there.registry, &ner, &any).unwrap()),
        }
        let events = std::mem::take(&mut *seen.lock().unwrap());
        assert!(events.len() > BLOBS, "{events:?}");
        assert!(
            events
                .iter()
                .all(|one| one.done <= one.total && one.all_done <= one.all_total)
        );
        assert!(
            events
                .windows(2)
                .all(|pair| pair[0].all_done <= pair[1].all_done)
        );
        let last = events.last().unwrap();
        assert_eq!(last.all_done, last.all_total);
    }
}

#[test]
fn who_asks_must_be_known() {
    if !has("docker-registry") {
        return;
    }
    let (server, here, there) = (Server::with_password(), Home::new(), Home::new());
    here.publish("ner", "1.0.0");
    let (ner, any) = ("ner".parse().unwrap(), "*".parse().unwrap());
    for wrong in [
        Credentials::anonymous(),
        Credentials::new(USER, "swordfish"),
    ] {
        let remote = builder(server.port).credentials(wrong).open().unwrap();
        let error = remote.push(&here.registry, &ner, &any).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AccessDenied, "{error}");
        assert!(error.remedy().unwrap().contains("docker login 127.0.0.1"));
        assert!(!format!("{} {remote:?}", error.report()).contains("swordfish"));
    }
    let right = Credentials::new(USER, PASSWORD);
    let remote = builder(server.port).credentials(right).open().unwrap();
    remote.push(&here.registry, &ner, &any).unwrap();
    remote.pull(&there.registry, &ner, &any).unwrap();
    same(&here.registry, &there.registry, "ner", "*");
    assert!(!format!("{remote:?}").contains(PASSWORD));
}

#[test]
fn https_needs_a_certificate_that_is_trusted() {
    if !has("docker-registry") || !has("openssl") {
        return;
    }
    let (server, here, there) = (Server::with_tls(), Home::new(), Home::new());
    here.publish("ner", "1.0.0");
    let (ner, any) = ("ner".parse().unwrap(), "*".parse().unwrap());
    let remote = builder(server.port).certificates(server.folder.path().join("ca.pem"));
    let remote = remote.open().unwrap();
    remote.push(&here.registry, &ner, &any).unwrap();
    remote.pull(&there.registry, &ner, &any).unwrap();
    same(&here.registry, &there.registry, "ner", "*");

    let unknown = builder(server.port).plain_http(false).open().unwrap();
    let error = unknown.pull(&there.registry, &ner, &any).unwrap_err();
    assert_eq!(
        error.kind(),
        ErrorKind::InvalidArgument,
        "{}",
        error.report()
    );
    assert!(error.to_string().contains("no trusted connection"));
}

#[test]
fn skopeo_reads_and_copies_what_was_pushed() {
    if !has("docker-registry") || !has("skopeo") {
        return;
    }
    let (first, second) = (Server::open(), Server::open());
    let (here, there) = (Home::new(), Home::new());
    here.registry
        .publish(&package_with("ner", "1.0.0", &noise(100_000, 8)))
        .unwrap();
    let (ner, any) = ("ner".parse().unwrap(), "*".parse().unwrap());
    let pushed = remote(first.port).push(&here.registry, &ner, &any).unwrap();

    let from = format!("docker://127.0.0.1:{}/acme/ner:1.0.0", first.port);
    let to = format!("docker://127.0.0.1:{}/acme/ner:1.0.0", second.port);
    let raw = run("skopeo", &["inspect", "--tls-verify=false", "--raw", &from]);
    let digest = amaas_core::model::Digest::of(raw.as_bytes());
    assert_eq!(digest, pushed.digest);
    run(
        "skopeo",
        &[
            "copy",
            "--src-tls-verify=false",
            "--dest-tls-verify=false",
            &from,
            &to,
        ],
    );
    let folder = there.folder.path().join("copied").display().to_string();
    let target = format!("dir:{folder}");
    run(
        "skopeo",
        &["copy", "--src-tls-verify=false", &from, &target],
    );
    let manifest = fs::read(format!("{folder}/manifest.json")).unwrap();
    assert_eq!(manifest, raw.as_bytes());

    let pulled = remote(second.port)
        .pull(&there.registry, &ner, &any)
        .unwrap();
    assert_eq!(pulled.digest, pushed.digest);
    same(&here.registry, &there.registry, "ner", "1.0.0");
    for file in fs::read_dir(there.registry.root().join("blobs/sha256")).unwrap() {
        let file = file.unwrap();
        let found = amaas_core::model::Digest::of(&fs::read(file.path()).unwrap());
        assert_eq!(file.file_name().to_str().unwrap(), found.hex());
    }
}
