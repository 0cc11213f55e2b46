//! Signed packages from the command line, as the program: generations are remembered for the user.

use std::process::Command;

use serde_json::Value;

use crate::support::{Home, repository, sentiment};

const KEY: &str = include_str!("../../../amaas-core/tests/privacy/author.key");
const PUBLIC: &str = include_str!("../../../amaas-core/tests/privacy/author.pub");

fn amaas(home: &Home, arguments: &[&str]) -> (i32, Value) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_amaas"));
    command
        .args(arguments)
        .args(["--json", "--registry", &home.registry()]);
    let output = command
        .env("XDG_STATE_HOME", home.path("state"))
        .output()
        .unwrap();
    let said = match output.status.success() {
        true => output.stdout,
        false => output.stderr,
    };
    (
        output.status.code().unwrap(),
        serde_json::from_slice(&said).unwrap(),
    )
}

#[test]
fn only_what_is_signed_and_not_older_runs() {
    let home = Home::empty();
    let (key, public) = (home.file("key.pem", KEY), home.file("public.pem", PUBLIC));
    let signed = [
        "publish",
        &sentiment("1.0.0"),
        "--sign-with",
        &key,
        "--generation",
        "1",
    ];
    assert_eq!(amaas(&home, &signed).0, 0);
    let signed = [
        "publish",
        &sentiment("1.1.0"),
        "--sign-with",
        &key,
        "--generation",
        "2",
    ];
    assert_eq!(amaas(&home, &signed).0, 0);
    let run = |version: &str| {
        amaas(
            &home,
            &[
                "run",
                &format!("sentiment@{version}"),
                "I loved it",
                "--trust",
                &public,
            ],
        )
    };
    assert_eq!(run("1.0.0").0, 0);
    assert_eq!(run("1.1.0").0, 0);
    let (code, error) = run("1.0.0");
    assert_eq!((code, &error["kind"]), (13, &"untrusted".into()), "{error}");
    let kept = std::fs::read_to_string(home.path("state/amaas/generations.json")).unwrap();
    assert_eq!(
        serde_json::from_str::<Value>(&kept).unwrap()["sentiment"],
        2
    );

    let unsigned = ["run", &sentiment("1.0.0"), "I loved it", "--trust", &public];
    assert_eq!(amaas(&home, &unsigned).0, 13);
    let strange = repository("README.md");
    let (code, error) = amaas(&home, &["run", "sentiment", "a", "--trust", &strange]);
    assert_eq!(
        (code, &error["kind"]),
        (2, &"invalid_argument".into()),
        "{error}"
    );
    let absent = [
        "publish",
        &sentiment("1.0.0"),
        "--sign-with",
        "/nothing/here",
    ];
    assert_eq!(amaas(&home, &absent).0, 11);
}
