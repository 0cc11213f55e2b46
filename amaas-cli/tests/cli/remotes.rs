//! To a real registry and back, by way of another tool.

use serde_json::json;

use crate::server::{PASSWORD, Server, USER};
use crate::support::{Home, has, keys, run, sentiment};

/// As `docker login` leaves it.
const LOGIN: &str = "YWxpOm9wZW4gc2VzYW1l";

fn address(server: &Server) -> String {
    format!("oci://127.0.0.1:{}/acme", server.port)
}

/// One model's whole way: published, pushed, copied by another tool to another registry and into a
/// layout, pulled from there into an empty registry, verified.
#[test]
fn what_is_pushed_is_copied_pulled_and_verified() {
    if !has("docker-registry") || !has("skopeo") {
        return;
    }
    let (one, other) = (Server::open(), Server::open());
    let home = Home::empty();
    let published = home.json(&["publish", &sentiment("1.1.0")]);
    let pushed = home.json(&["push", "sentiment@1.1.0", "--remote", &address(&one)]);
    assert_eq!(
        keys(&pushed),
        ["aliases", "created", "digest", "model", "sent", "version"]
    );
    assert_eq!(pushed["digest"], published["digest"]);

    let image =
        |server: &Server| format!("docker://127.0.0.1:{}/acme/sentiment:1.1.0", server.port);
    let layout = format!("oci:{}:1.1.0", home.path("layout").display());
    let copy = ["copy", "--preserve-digests", "--src-tls-verify=false"];
    let there = ["--dest-tls-verify=false", &image(&one), &image(&other)];
    run("skopeo", &[&copy[..], &there].concat());
    run("skopeo", &[&copy[..], &[&image(&other), &layout]].concat());
    let copied = run("skopeo", &["inspect", "--raw", &layout]);
    let digest = amaas_core::model::Digest::of(copied.as_bytes());
    assert_eq!(published["digest"], digest.to_string());
    drop(one);

    let elsewhere = Home::empty();
    let pull = ["pull", "sentiment@1.1.0", "--remote", &address(&other)];
    let pulled = elsewhere.json(&pull);
    assert_eq!(
        keys(&pulled),
        ["created", "digest", "fetched", "model", "version"]
    );
    assert_eq!(pulled["digest"], published["digest"]);
    let again = elsewhere.says(&pull);
    assert!(again.starts_with("sentiment@1.1.0 is here already\n"));
    let verified = elsewhere.json(&["verify"]);
    assert_eq!(verified["healthy"], true);
    assert_eq!(verified["versions"][0]["digest"], published["digest"]);
    assert_eq!(verified["versions"][0]["golden"], 4);
}

#[test]
fn what_was_pushed_is_not_sent_again() {
    if !has("docker-registry") {
        return;
    }
    let server = Server::open();
    let home = Home::published();
    let here = address(&server);
    let push = [
        "push",
        "sentiment@^1",
        "--remote",
        &here,
        "--alias",
        "champion",
    ];
    let text = home.says(&push);
    let lines: Vec<_> = text.lines().collect();
    assert!(lines[0].starts_with("sentiment@1.1.0 pushed: "), "{text}");
    assert!(lines[0].ends_with(" MiB"), "{text}");
    assert_eq!(lines[2], "sentiment@champion → 1.1.0");
    let again = home.json(&push);
    assert_eq!(
        (&again["created"], &again["sent"]["bytes"]),
        (&json!(false), &json!(0))
    );
    assert!(
        home.says(&push)
            .starts_with("sentiment@1.1.0 is there already\n")
    );
    let third = Home::empty();
    let text = third.says(&["pull", "sentiment@champion", "--remote", &here]);
    assert!(text.starts_with("sentiment@1.1.0 pulled: "), "{text}");
}

#[test]
fn credentials_are_asked_for() {
    if !has("docker-registry") {
        return;
    }
    let server = Server::with_password();
    let home = Home::published();
    let remote = address(&server);
    let nobody = home.file("nobody.json", "{}");
    let push = ["push", "sentiment", "--remote", &remote, "--credentials"];
    let (code, error) = home.refuses(&[&push[..], &[&nobody]].concat());
    assert_eq!((code, &error["kind"]), (12, &"access_denied".into()));
    assert!(!error.to_string().contains(PASSWORD) && !USER.is_empty());
    let host = format!("127.0.0.1:{}", server.port);
    let login = json!({"auths": {host: {"auth": LOGIN}}});
    let login = home.file("login.json", login.to_string());
    let pushed = home.json(&[&push[..], &[&login]].concat());
    assert_eq!(pushed["created"], true);
}

#[test]
fn certificates_are_checked() {
    if !has("docker-registry") || !has("openssl") {
        return;
    }
    let server = Server::with_tls();
    let home = Home::published();
    let remote = address(&server);
    let authority = server.folder.path().join("ca.pem").display().to_string();
    let push = [
        "push",
        "sentiment",
        "--remote",
        &remote,
        "--certificates",
        &authority,
    ];
    assert_eq!(home.json(&push)["created"], true);
}

#[test]
fn a_remote_that_is_not_there_may_come_back() {
    if !has("docker-registry") {
        return;
    }
    let port = Server::open().port;
    let home = Home::published();
    let remote = format!("oci://127.0.0.1:{port}/acme");
    let (code, error) = home.refuses(&["push", "sentiment", "--remote", &remote]);
    assert_eq!((code, &error["kind"]), (9, &"remote_unavailable".into()));
    assert_eq!(error["retryable"], true);
    assert_eq!(home.refuses(&["push", "sentiment"]).0, 2);
    assert_eq!(home.refuses(&["push", "./x", "--remote", &remote]).0, 2);
    assert_eq!(
        home.refuses(&["pull", "sentiment", "--remote", "ftp://x"])
            .0,
        2
    );
}

#[test]
fn what_a_remote_lacks_is_not_found() {
    if !has("docker-registry") {
        return;
    }
    let server = Server::open();
    let home = Home::published();
    let remote = address(&server);
    home.says(&["push", "sentiment@1.0.0", "--remote", &remote]);
    let (code, error) = home.refuses(&["pull", "sentiment@^2", "--remote", &remote]);
    assert_eq!((code, &error["kind"]), (3, &"not_found".into()));
    assert_eq!(home.refuses(&["pull", "ner", "--remote", &remote]).0, 3);
}

#[test]
fn a_push_can_be_stopped() {
    if !has("docker-registry") {
        return;
    }
    let server = Server::open();
    let home = Home::published();
    let registry = home.registry();
    let remote = address(&server);
    let push = [
        "amaas",
        "push",
        "sentiment",
        "--remote",
        &remote,
        "--registry",
        &registry,
    ];
    let host = amaas_cli::Host {
        watch: &amaas_core::runtime::Stop::raise,
        ..amaas_cli::Host::default()
    };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let code = amaas_cli::run_on(&host, push, &mut out, &mut err);
    assert_eq!(code, 130, "{}", String::from_utf8_lossy(&err));
    assert!(out.is_empty());
}
