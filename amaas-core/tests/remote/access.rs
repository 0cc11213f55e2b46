//! Who asks: tokens, redirects that must not carry them away, and the files where they are kept.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use amaas_core::ErrorKind;
use amaas_core::clock::ManualClock;
use amaas_core::model::{ModelName, Selector};
use amaas_core::registry::remote::{Credentials, Remote};

use crate::packages::Home;
use crate::registry::{PASSWORD, Server, USER};
use crate::script::{Reply, Request, Script};
use crate::site::Site;
use crate::support::{builder, has};

/// `ali:open sesame`, encoded.
const PAIR: &str = "YWxpOm9wZW4gc2VzYW1l";

fn ner() -> (ModelName, Selector) {
    ("ner".parse().unwrap(), "*".parse().unwrap())
}

fn user() -> Credentials {
    Credentials::new(USER, PASSWORD)
}

/// A remote that answers only to the token `t1` and hands it out for 100 seconds.
fn guarded(mut site: Site) -> Script {
    site.on("/token", |_| {
        Reply::body("{\"token\":\"t1\",\"expires_in\":100}")
    });
    Script::new(move |request| {
        let known = request.header("authorization") == Some("Bearer t1");
        if known || request.path.starts_with("/token") {
            return site.answer(request);
        }
        let realm = format!("http://{}/token?x=y", request.header("host").unwrap());
        let challenge =
            format!("Bearer realm=\"{realm}\",service=\"the service\",scope=\"ignored\"");
        Reply::status(401).with("WWW-Authenticate", challenge)
    })
}

#[test]
fn a_token_is_fetched_once_and_again_when_it_has_run_out() {
    let (home, clock) = (Home::new(), Arc::new(ManualClock::new()));
    let script = guarded(Site::new());
    let remote = builder(script.port)
        .credentials(user())
        .clock(clock.clone());
    let remote = remote.open().unwrap();
    let (name, selector) = ner();
    remote.pull(&home.registry, &name, &selector).unwrap();
    let tokens = script.requests("/token");
    assert_eq!(tokens.len(), 1);
    assert_eq!(
        tokens[0].path,
        "/token?x=y&service=the%20service&scope=repository%3Aacme%2Fner%3Apull"
    );
    let basic = format!("Basic {PAIR}");
    assert_eq!(tokens[0].header("authorization"), Some(basic.as_str()));
    // The password goes nowhere else.
    let others = script.requests(" /v2/");
    assert!(
        others
            .iter()
            .all(|one| one.header("authorization") != Some(basic.as_str()))
    );

    clock.advance(Duration::from_secs(80));
    let once = remote.on_progress(|_| ()).stop_when(|| false);
    once.resolve(&name, &selector).unwrap();
    let stopped = remote.stop_when(|| true).resolve(&name, &selector);
    assert_eq!(stopped.unwrap_err().kind(), ErrorKind::Cancelled);
    assert_eq!(script.requests("/token").len(), 1);
    clock.advance(Duration::from_secs(20));
    remote.resolve(&name, &selector).unwrap();
    assert_eq!(script.requests("/token").len(), 2);
}

#[test]
fn nobody_gets_a_token_without_a_password() {
    let (home, script) = (Home::new(), guarded(Site::new()));
    let remote = builder(script.port).open().unwrap();
    let (name, selector) = ner();
    remote.pull(&home.registry, &name, &selector).unwrap();
    assert_eq!(script.requests("/token")[0].header("authorization"), None);
}

#[test]
fn a_redirect_carries_no_credentials_to_another_host() {
    let home = Home::new();
    let site = Site::new();
    let weights = site.blobs[&site.weights].clone();
    let elsewhere = Script::new(move |request| crate::site::part(request, &weights));
    let mut redirecting = site.clone();
    let target = format!("http://localhost:{}/bucket?signature=s", elsewhere.port);
    redirecting.on(
        &format!("GET /v2/acme/ner/blobs/{}", site.weights),
        move |_| Reply::status(307).with("Location", &target),
    );
    let script = guarded(redirecting);
    let remote = builder(script.port).credentials(user()).open().unwrap();
    let (name, selector) = ner();
    let pulled = remote.pull(&home.registry, &name, &selector).unwrap();
    home.registry.package(&pulled.digest).unwrap();
    let seen = elsewhere.requests("/bucket");
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].header("authorization"), None);
    let at_home = script.requests(&site.weights);
    assert!(
        at_home
            .iter()
            .any(|one| one.header("authorization") == Some("Bearer t1"))
    );
}

#[test]
fn a_challenge_from_elsewhere_is_not_answered() {
    let home = Home::new();
    let thief = Script::new(|request: &Request| match request.path.as_str() {
        "/token" => Reply::body("{\"token\":\"x\"}"),
        _ => Reply::status(401).with("WWW-Authenticate", "Basic realm=\"give me\""),
    });
    let mut site = Site::new();
    let target = format!("http://localhost:{}/bucket", thief.port);
    site.on(
        &format!("GET /v2/acme/ner/blobs/{}", site.weights.clone()),
        move |_| Reply::status(302).with("Location", &target),
    );
    let script = site.serve();
    let remote = builder(script.port).credentials(user()).open().unwrap();
    let (name, selector) = ner();
    let error = remote.pull(&home.registry, &name, &selector).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AccessDenied);
    assert!(
        thief
            .requests("")
            .iter()
            .all(|one| one.header("authorization").is_none())
    );
}

fn file(folder: &Path, text: &str) -> std::path::PathBuf {
    let path = folder.join("config.json");
    fs::write(&path, text).unwrap();
    path
}

#[test]
fn credentials_come_from_the_file_that_is_named() {
    if !has("docker-registry") {
        return;
    }
    let (server, home) = (Server::with_password(), Home::new());
    home.publish("ner", "1.0.0");
    let host = format!("127.0.0.1:{}", server.port);
    let address = format!("oci://{host}/acme");
    let (name, selector) = ner();
    let text = format!("{{\"auths\":{{\"{host}\":{{\"auth\":\"{PAIR}\"}}}}}}");
    let path = file(home.folder.path(), &text);
    let remote = Remote::builder(&address)
        .credentials_file(path)
        .open()
        .unwrap();
    remote.push(&home.registry, &name, &selector).unwrap();

    let path = file(
        home.folder.path(),
        "{\"auths\":{\"elsewhere\":{\"auth\":\"eDp5\"}}}",
    );
    let remote = Remote::builder(&address)
        .credentials_file(path)
        .open()
        .unwrap();
    let error = remote.resolve(&name, &selector).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AccessDenied);
    assert!(error.to_string().contains("without credentials"), "{error}");
}

#[test]
fn an_identity_token_is_exchanged() {
    let (home, script) = (Home::new(), guarded(Site::new()));
    let host = format!("127.0.0.1:{}", script.port);
    let text = format!("{{\"auths\":{{\"{host}\":{{\"identitytoken\":\"long lived\"}}}}}}");
    let path = file(home.folder.path(), &text);
    let remote = Remote::builder(&format!("oci://{host}/acme")).credentials_file(path);
    let remote = remote.open().unwrap();
    let (name, selector) = ner();
    remote.pull(&home.registry, &name, &selector).unwrap();
    let asked = &script.requests("POST /token")[0];
    assert_eq!(
        String::from_utf8_lossy(&asked.body),
        "grant_type=refresh_token&client_id=amaas&service=the%20service\
         &scope=repository%3Aacme%2Fner%3Apull&refresh_token=long%20lived"
    );
}

#[test]
fn a_file_that_cannot_be_read_is_an_error_without_secrets() {
    let home = Home::new();
    for (text, kind) in [
        (
            "{\"auths\":{\"h\":{\"auth\":\"hush\"}}}",
            ErrorKind::AccessDenied,
        ),
        (
            "{\"credsStore\":\"not-there-hush\"}",
            ErrorKind::AccessDenied,
        ),
        ("{\"auths\":", ErrorKind::AccessDenied),
    ] {
        let path = file(home.folder.path(), text);
        let error = Remote::builder("oci://h/acme")
            .credentials_file(path)
            .open()
            .unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(!error.report().contains("hush"), "{error}");
    }
    let missing = Remote::builder("oci://h/acme")
        .credentials_file("not/there")
        .open();
    assert_eq!(missing.unwrap_err().kind(), ErrorKind::Io);
    let missing = Remote::builder("oci://h/acme")
        .certificates("not/there")
        .open();
    assert_eq!(missing.unwrap_err().kind(), ErrorKind::Io);
    let empty = file(home.folder.path(), "no certificate");
    let error = Remote::builder("oci://h/acme")
        .certificates(empty)
        .open()
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    let error = Remote::open("https://h/acme").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
}

/// What the environment says can be told only by a process of its own: this one, started again.
#[test]
fn the_environment_names_files_and_helpers() {
    const ADDRESS: &str = "AMAAS_TEST_REMOTE";
    let (name, selector) = ner();
    if let Ok(address) = std::env::var(ADDRESS) {
        Remote::open(&address)
            .unwrap()
            .resolve(&name, &selector)
            .unwrap();
        return;
    }
    let (home, site) = (Home::new(), Site::new());
    let basic = format!("Basic {PAIR}");
    let script = Script::new(move |request| match request.header("authorization") {
        Some(found) if found == basic => site.answer(request),
        _ => Reply::status(401).with("WWW-Authenticate", "Basic realm=\"x\""),
    });
    let host = format!("127.0.0.1:{}", script.port);
    let folder = home.folder.path();
    let auths = format!("{{\"auths\":{{\"{host}\":{{\"auth\":\"{PAIR}\"}}}}}}");
    let helper =
        "#!/bin/sh\ncat >/dev/null\necho '{\"Username\":\"ali\",\"Secret\":\"open sesame\"}'\n";
    let program = folder.join("docker-credential-told");
    fs::write(&program, helper).unwrap();
    crate::support::run("chmod", &["+x", program.to_str().unwrap()]);
    let path = format!("{}:/usr/bin:/bin", folder.display());
    for (variable, file_name, text) in [
        ("DOCKER_CONFIG", "config.json", auths.as_str()),
        ("HOME", ".docker/config.json", &auths),
        ("REGISTRY_AUTH_FILE", "auth.json", &auths),
        ("DOCKER_CONFIG", "config.json", "{\"credsStore\":\"told\"}"),
        ("XDG_RUNTIME_DIR", "containers/auth.json", &auths),
    ] {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join(file_name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, text).unwrap();
        let value = match variable {
            "REGISTRY_AUTH_FILE" => file.as_path(),
            _ => root.path(),
        };
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "access::the_environment_names_files_and_helpers"])
            .env_clear()
            .env("PATH", &path)
            .env(ADDRESS, format!("oci://{host}/acme"))
            .env(variable, value)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{variable} {file_name}: {text}");
    }
}
