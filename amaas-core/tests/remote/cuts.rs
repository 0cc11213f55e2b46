//! Cuts: what has come is kept, what is missing is fetched, and nothing is tried for ever.

use std::fs::{self, File};
use std::net::TcpListener;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use amaas_core::ErrorKind;
use amaas_core::clock::{Clock, ManualClock};
use amaas_core::model::Digest;
use amaas_core::registry::Registry;

use crate::packages::{Home, package_with};
use crate::proxy::Proxy;
use crate::registry::Server;
use crate::script::Reply;
use crate::site::Site;
use crate::support::{blob, builder, has, noise, partials, remote, same};

const SIZE: usize = 8 << 20;

fn partial(home: &Home, digest: &str) -> std::path::PathBuf {
    let hex = digest.strip_prefix("sha256:").unwrap();
    let folder = home.registry.root().join("temporary");
    folder.join(format!("{hex}.partial"))
}

#[test]
fn a_pull_that_is_cut_goes_on_where_it_was() {
    if !has("docker-registry") {
        return;
    }
    let (server, here, there) = (Server::open(), Home::new(), Home::new());
    let proxy = Proxy::to(server.port);
    here.registry
        .publish(&package_with("ner", "1.0.0", &noise(SIZE, 1)))
        .unwrap();
    let (ner, any) = ("ner".parse().unwrap(), "*".parse().unwrap());
    remote(server.port)
        .push(&here.registry, &ner, &any)
        .unwrap();

    proxy.cut_down_after(5 << 20);
    let pulled = remote(proxy.port)
        .pull(&there.registry, &ner, &any)
        .unwrap();
    assert_eq!((proxy.cuts(), pulled.blobs), (1, 5));
    assert!(
        proxy.bytes_down() < (SIZE + SIZE / 8) as u64,
        "{}",
        proxy.bytes_down()
    );
    same(&here.registry, &there.registry, "ner", "*");
}

#[test]
fn a_pull_that_was_given_up_is_finished_by_another_handle() {
    if !has("docker-registry") {
        return;
    }
    let (server, here, there) = (Server::open(), Home::new(), Home::new());
    let weights = noise(SIZE, 2);
    let digest = Digest::of(&weights).to_string();
    here.registry
        .publish(&package_with("ner", "1.0.0", &weights))
        .unwrap();
    let (ner, any) = ("ner".parse().unwrap(), "*".parse().unwrap());
    remote(server.port)
        .push(&here.registry, &ner, &any)
        .unwrap();

    let done = Arc::new(AtomicU64::new(0));
    let (heard, asked) = (Arc::clone(&done), Arc::clone(&done));
    let first = builder(server.port)
        .on_progress(move |progress| heard.store(progress.all_done, Ordering::SeqCst))
        .stop_when(move || asked.load(Ordering::SeqCst) > 5 << 20)
        .open()
        .unwrap();
    let error = first.pull(&there.registry, &ner, &any).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    let kept = fs::metadata(partial(&there, &digest)).unwrap().len();
    assert!(kept > 4 << 20);
    assert!(there.registry.models().unwrap().is_empty());

    let proxy = Proxy::to(server.port);
    let pulled = remote(proxy.port)
        .pull(&there.registry, &ner, &any)
        .unwrap();
    assert!(pulled.bytes < SIZE as u64 - kept + 10_000, "{pulled:?}");
    assert!(proxy.bytes_down() < SIZE as u64 - kept + 100_000);
    same(&here.registry, &there.registry, "ner", "*");
    assert_eq!(partials(&there.registry).len(), 0);
}

/// The process that dies is this one, started again.
#[test]
fn a_pull_whose_process_died_is_finished_by_the_next() {
    const PORT: &str = "AMAAS_TEST_PORT";
    const ROOT: &str = "AMAAS_TEST_ROOT";
    let (ner, any) = ("ner".parse().unwrap(), "*".parse().unwrap());
    if let Ok(port) = std::env::var(PORT) {
        let registry = Registry::open(std::env::var_os(ROOT).unwrap()).unwrap();
        let remote = builder(port.parse().unwrap()).on_progress(|progress| {
            if progress.all_done > 3 << 20 {
                std::process::abort();
            }
        });
        remote.open().unwrap().pull(&registry, &ner, &any).unwrap();
        return;
    }
    let (home, site) = (Home::new(), Site::of(&noise(SIZE, 6)));
    let script = site.serve();
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "cuts::a_pull_whose_process_died_is_finished_by_the_next",
        ])
        .env(PORT, script.port.to_string())
        .env(ROOT, home.registry.root())
        .output()
        .unwrap();
    assert!(!output.status.success());
    let kept = fs::metadata(partial(&home, &site.weights)).unwrap().len();
    assert!(kept > 2 << 20 && kept < SIZE as u64, "{kept}");
    assert!(home.registry.models().unwrap().is_empty());

    let pulled = remote(script.port)
        .pull(&home.registry, &ner, &any)
        .unwrap();
    home.registry.package(&pulled.digest).unwrap();
    let asked = script.requests(&format!("GET /v2/acme/ner/blobs/{}", site.weights));
    let range = format!("bytes={kept}-");
    assert_eq!(asked.last().unwrap().header("range"), Some(range.as_str()));
}

#[test]
fn a_push_that_is_cut_arrives_whole() {
    if !has("docker-registry") {
        return;
    }
    let (server, here, there) = (Server::open(), Home::new(), Home::new());
    let proxy = Proxy::to(server.port);
    let remote = builder(proxy.port).chunk(1 << 20).open().unwrap();
    let ner = "ner".parse().unwrap();
    for (version, cut) in [("1.0.0", 100), ("1.1.0", 3 << 20), ("1.2.0", SIZE as i64)] {
        let weights = noise(SIZE, cut.unsigned_abs());
        here.registry
            .publish(&package_with("ner", version, &weights))
            .unwrap();
        let selector = version.parse().unwrap();
        let before = proxy.cuts();
        proxy.cut_up_after(cut);
        let pushed = remote.push(&here.registry, &ner, &selector).unwrap();
        assert!(pushed.created);
        assert_eq!(proxy.cuts(), before + 1);
        remote.pull(&there.registry, &ner, &selector).unwrap();
        same(&here.registry, &there.registry, "ner", version);
    }
}

#[test]
fn a_push_goes_on_where_the_remote_says() {
    let home = Home::new();
    let weights = noise(10_000, 4);
    let digest = Digest::of(&weights).to_string();
    home.registry
        .publish(&package_with("ner", "1.0.0", &weights))
        .unwrap();
    let mut site = Site::of(&weights);
    site.blobs.remove(&digest);
    site.on("HEAD /v2/acme/ner/manifests", |_| Reply::status(404));
    site.on("PUT /v2/acme/ner/manifests", |_| Reply::status(201));
    site.on("POST /v2/acme/ner/blobs/uploads", |_| {
        Reply::status(202).with("Location", "/upload?state=0")
    });
    // The second chunk is cut off when a thousand bytes of it have come.
    site.on("PATCH /upload?state=0", |_| {
        Reply::status(202)
            .with("Location", "/upload?state=1")
            .with("Range", "0-3999")
    });
    site.on("PATCH /upload?state=1", |_| Reply::Raw(Vec::new()));
    site.on("GET /upload?state=1", |_| {
        Reply::status(204)
            .with("Location", "/upload?state=2")
            .with("Range", "0-4999")
    });
    site.on("PATCH /upload?state=2", |request| {
        let last = request
            .header("content-range")
            .unwrap()
            .split_once('-')
            .unwrap()
            .1
            .to_owned();
        Reply::status(202)
            .with("Location", "/upload?state=2")
            .with("Range", format!("0-{last}"))
    });
    site.on("PUT /upload?state=2", |_| Reply::status(201));
    let script = site.serve();
    let remote = builder(script.port).chunk(4000).open().unwrap();
    let pushed = remote.push(
        &home.registry,
        &"ner".parse().unwrap(),
        &"*".parse().unwrap(),
    );
    assert_eq!(pushed.unwrap().blobs, 1);
    let sent = script.requests("PATCH /upload?state=2");
    let ranges: Vec<_> = sent
        .iter()
        .map(|one| one.header("content-range").unwrap())
        .collect();
    assert_eq!(ranges, ["5000-8999", "9000-9999"]);
    let body: Vec<u8> = sent.into_iter().flat_map(|one| one.body).collect();
    assert_eq!(body, weights[5000..]);
}

#[test]
fn a_push_whose_last_answer_was_lost_is_not_sent_again() {
    let home = Home::new();
    let weights = noise(3000, 5);
    let digest = Digest::of(&weights).to_string();
    home.registry
        .publish(&package_with("ner", "1.0.0", &weights))
        .unwrap();
    let mut site = Site::of(&weights);
    let looked = Arc::new(AtomicUsize::new(0));
    site.on("HEAD /v2/acme/ner/manifests", |_| Reply::status(404));
    site.on(
        &format!("HEAD /v2/acme/ner/blobs/{digest}"),
        move |_| match looked.fetch_add(1, Ordering::SeqCst) {
            0 => Reply::status(404),
            _ => Reply::status(200).with("Content-Length", 3000),
        },
    );
    site.on("POST /", |_| Reply::status(202).with("Location", "/upload"));
    site.on("PUT /upload", |_| Reply::Raw(Vec::new()));
    site.on("PUT /v2/acme/ner/manifests", |_| Reply::status(201));
    let script = site.serve();
    let pushed = remote(script.port).push(
        &home.registry,
        &"ner".parse().unwrap(),
        &"*".parse().unwrap(),
    );
    assert_eq!(pushed.unwrap().blobs, 1);
    assert_eq!(script.requests("PUT /upload").len(), 1);
}

#[test]
fn a_manifest_that_is_not_taken_yet_is_put_again() {
    let home = Home::new();
    let weights = noise(3000, 6);
    home.registry
        .publish(&package_with("ner", "1.0.0", &weights))
        .unwrap();
    for (code, times) in [("DIGEST_INVALID", 2), ("MANIFEST_INVALID", 1)] {
        let mut site = Site::of(&weights);
        let asked = AtomicUsize::new(0);
        site.on("HEAD /v2/acme/ner/manifests", |_| Reply::status(404));
        site.on("PUT /v2/acme/ner/manifests", move |_| {
            match asked.fetch_add(1, Ordering::SeqCst) {
                0 => Reply::refusal(400, code),
                _ => Reply::status(201),
            }
        });
        let script = site.serve();
        let pushed = remote(script.port).push(
            &home.registry,
            &"ner".parse().unwrap(),
            &"*".parse().unwrap(),
        );
        assert_eq!(pushed.is_ok(), times > 1, "{pushed:?}");
        assert_eq!(script.requests("PUT /v2/acme/ner/manifests").len(), times);
    }
}

#[test]
fn a_remote_that_is_not_there_is_tried_a_few_times() {
    let port = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let (home, clock) = (Home::new(), Arc::new(ManualClock::new()));
    let started = clock.now();
    let remote = builder(port).clock(clock.clone()).open().unwrap();
    let pulled = remote.pull(
        &home.registry,
        &"ner".parse().unwrap(),
        &"*".parse().unwrap(),
    );
    let error = pulled.unwrap_err();
    assert_eq!(
        error.kind(),
        ErrorKind::RemoteUnavailable,
        "{}",
        error.report()
    );
    assert!(error.is_retryable());
    assert_eq!(
        clock.since(started),
        Duration::from_millis(500 + 1000 + 2000 + 4000)
    );
}

#[test]
fn a_busy_remote_is_left_alone_for_as_long_as_it_says() {
    let (home, clock) = (Home::new(), Arc::new(ManualClock::new()));
    let mut site = Site::new();
    let asked = AtomicUsize::new(0);
    let tags = site.clone();
    site.on("GET /v2/acme/ner/tags", move |request| {
        match asked.fetch_add(1, Ordering::SeqCst) {
            0 => Reply::status(429).with("Retry-After", 7),
            1 => Reply::status(503).with("Retry-After", 5),
            2 => Reply::status(500),
            _ => tags.answer(request),
        }
    });
    let script = site.serve();
    let started = clock.now();
    let remote = builder(script.port).clock(clock.clone()).open().unwrap();
    remote
        .pull(
            &home.registry,
            &"ner".parse().unwrap(),
            &"*".parse().unwrap(),
        )
        .unwrap();
    assert_eq!(clock.since(started), Duration::from_secs(7 + 5 + 2));
}

#[test]
fn what_is_refused_is_not_tried_again() {
    let home = Home::new();
    for status in [400, 403, 404, 405, 418] {
        let mut site = Site::new();
        site.on("GET /v2/acme/ner/tags", move |_| Reply::status(status));
        let script = site.serve();
        let pulled = remote(script.port).pull(
            &home.registry,
            &"ner".parse().unwrap(),
            &"*".parse().unwrap(),
        );
        pulled.unwrap_err();
        assert_eq!(script.requests("").len(), 1, "{status}");
    }
}

#[test]
fn what_somebody_left_behind_is_used_only_if_it_fits() {
    let weights = noise(5000, 9);
    for (name, left) in [
        ("other bytes", noise(100, 1)),
        ("too many bytes", noise(9000, 9)),
        ("as many other bytes", noise(5000, 1)),
        ("all bytes", weights.clone()),
        ("no bytes", Vec::new()),
    ] {
        let (home, site) = (Home::new(), Site::new());
        fs::write(partial(&home, &site.weights), &left).unwrap();
        let script = site.serve();
        let (ner, any) = ("ner".parse().unwrap(), "*".parse().unwrap());
        let pulled = remote(script.port)
            .pull(&home.registry, &ner, &any)
            .unwrap();
        home.registry.package(&pulled.digest).unwrap();
        assert_eq!(
            fs::read(blob(&home, &site.weights)).unwrap(),
            weights,
            "{name}"
        );
        assert_eq!(partials(&home.registry).len(), 0, "{name}");
        let asked = script.requests(&format!("GET /v2/acme/ner/blobs/{}", site.weights));
        assert_eq!(asked.is_empty(), name == "all bytes", "{name}");
    }
}

#[test]
fn a_remote_without_ranges_sends_all_again() {
    let weights = noise(5000, 9);
    let (home, mut site) = (Home::new(), Site::new());
    fs::write(partial(&home, &site.weights), &weights[..2000]).unwrap();
    let all = weights.clone();
    site.on(
        &format!("GET /v2/acme/ner/blobs/{}", site.weights.clone()),
        move |_| Reply::body(all.clone()),
    );
    let script = site.serve();
    let (ner, any) = ("ner".parse().unwrap(), "*".parse().unwrap());
    let pulled = remote(script.port)
        .pull(&home.registry, &ner, &any)
        .unwrap();
    home.registry.package(&pulled.digest).unwrap();
}

#[test]
fn a_blob_that_somebody_else_fetches_is_waited_for() {
    let (home, site) = (Home::new(), Site::new());
    let path = partial(&home, &site.weights);
    let held = File::create(&path).unwrap();
    held.lock().unwrap();
    let script = site.serve();
    let (ner, any) = ("ner".parse().unwrap(), "*".parse().unwrap());
    let glances = AtomicUsize::new(0);
    let asked = builder(script.port)
        .stop_when(move || glances.fetch_add(1, Ordering::SeqCst) > 1000)
        .open()
        .unwrap();
    let error = asked.pull(&home.registry, &ner, &any).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    // The other one is done.
    fs::write(blob(&home, &site.weights), &site.blobs[&site.weights]).unwrap();
    let pulled = remote(script.port)
        .pull(&home.registry, &ner, &any)
        .unwrap();
    home.registry.package(&pulled.digest).unwrap();
    assert_eq!(script.requests(&format!("blobs/{}", site.weights)).len(), 0);
    drop(held);
}

#[test]
fn a_cancelled_push_changes_nothing() {
    let home = Home::new();
    home.publish("ner", "1.0.0");
    let script = Site::new().serve();
    let remote = builder(script.port).stop_when(|| true).open().unwrap();
    let pushed = remote.push(
        &home.registry,
        &"ner".parse().unwrap(),
        &"*".parse().unwrap(),
    );
    assert_eq!(pushed.unwrap_err().kind(), ErrorKind::Cancelled);
    assert_eq!(script.requests("").len(), 0);
}
