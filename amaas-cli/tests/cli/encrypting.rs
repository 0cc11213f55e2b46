//! Packages for the holders of keys, and what whoever has none is told.

use std::process::Command;

use crate::support::{Home, sentiment};

const RECIPIENT: &str = "age12rufrxp88d4praeu7pzmgu4n6qfv4emr9srhlf5lmx55j0448quqmsjpye";
const IDENTITY: &str = "AGE-SECRET-KEY-1SS3N6Z0UNX63CU0JA3VZHA99TGLHDPMXZZAYJDPFZXL8R3Y43MQS9HCMEH";

#[test]
fn an_encrypted_model_runs_for_whoever_has_the_key() {
    let home = Home::empty();
    let key = home.file("identity.txt", IDENTITY);
    let publish = ["publish", &sentiment("1.0.0"), "--recipient", RECIPIENT];
    assert!(home.says(&publish).contains("published"));
    let ask = ["run", "sentiment@^1", "I loved it"];

    let (code, error) = home.refuses(&ask);
    assert_eq!(
        (code, &error["kind"]),
        (13, &"key_denied".into()),
        "{error}"
    );
    let answer = home.says(&[&ask[..], &["--identity", &key]].concat());
    assert!(answer.contains("positive"), "{answer}");
    let shown = home.json(&["show", "sentiment@1.0.0", "--identity", &key]);
    assert_eq!(shown["name"], "sentiment");

    // Who has the key sees that it is there already; who has not, cannot tell.
    let again = home.says(&[&publish[..], &["--identity", &key]].concat());
    assert!(again.contains("is there already"), "{again}");
    let (code, error) = home.refuses(&publish);
    assert_eq!((code, &error["kind"]), (4, &"already_exists".into()));
}

#[test]
fn the_environment_may_hold_the_key() {
    let home = Home::empty();
    home.says(&["publish", &sentiment("1.0.0"), "--recipient", RECIPIENT]);
    let run = |identity: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_amaas"))
            .args(["run", "sentiment", "I loved it", "--registry"])
            .arg(home.registry())
            .env("AMAAS_IDENTITY", identity)
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(said).unwrap())
    };
    let (code, said) = run(IDENTITY);
    assert!(code == Some(0) && said.contains("positive"), "{said}");
    let (code, said) = run("nonsense");
    assert!(
        code == Some(13) && said.contains("AMAAS_IDENTITY"),
        "{said}"
    );
    assert!(!said.contains("nonsense"), "{said}");
}

#[test]
fn a_key_that_is_none_is_refused() {
    let home = Home::published();
    let (code, error) =
        home.refuses(&["publish", &sentiment("1.1.0"), "--recipient", "age1nobody"]);
    assert_eq!(
        (code, &error["kind"]),
        (2, &"invalid_argument".into()),
        "{error}"
    );
}
