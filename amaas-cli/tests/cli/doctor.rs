//! The doctor, on machines in several states.

use std::process::Command;

use serde_json::Value;

use crate::support::{Home, keys};

fn check<'a>(report: &'a Value, name: &str) -> &'a Value {
    let checks = report["checks"].as_array().unwrap();
    checks.iter().find(|check| check["name"] == name).unwrap()
}

fn fact<'a>(check: &'a Value, name: &str) -> &'a str {
    let facts = check["facts"].as_array().unwrap();
    let fact = facts.iter().find(|fact| fact["name"] == name);
    fact.unwrap()["value"].as_str().unwrap()
}

#[test]
fn a_healthy_machine_is_told_in_full() {
    let home = Home::published();
    let report = home.json(&["doctor"]);
    assert_eq!(keys(&report), ["amaas", "checks", "healthy", "system"]);
    assert_eq!(report["healthy"], true);
    let runtime = check(&report, "runtime");
    assert!(fact(runtime, "version").starts_with("onnxruntime 1."));
    assert!(fact(runtime, "library").contains("libonnxruntime"));
    assert!(fact(runtime, "device").starts_with("CPUExecutionProvider (cpu"));
    assert!(
        fact(check(&report, "processors"), "usable")
            .parse::<usize>()
            .unwrap()
            > 0
    );
    let registry = check(&report, "registry");
    assert_eq!(fact(registry, "named by"), "--registry");
    assert_eq!(fact(registry, "versions"), "2");

    let text = home.says(&["doctor"]);
    assert!(
        text.contains("\nruntime: ok\n  version  onnxruntime 1."),
        "{text}"
    );
    assert!(text.ends_with("\neverything is in order\n"), "{text}");
}

#[test]
fn a_registry_that_is_not_there_yet_is_no_fault() {
    let home = Home::empty();
    let report = home.json(&["doctor"]);
    assert!(fact(check(&report, "registry"), "state").contains("first publish"));
    assert!(!home.path("registry").exists());
}

#[test]
fn a_folder_that_is_no_registry_is_a_fault() {
    let home = Home::empty();
    home.file("registry/letter.txt", "hello");
    let ended = home.run(&["doctor", "--json"]);
    assert_eq!((ended.code, &*ended.err), (1, ""));
    let report = serde_json::from_str(&ended.out).unwrap();
    let problem = &check(&report, "registry")["problem"];
    assert_eq!(problem["kind"], "invalid_argument");
    assert!(problem["remedy"].is_string());
    let text = home.run(&["doctor"]).out;
    assert!(
        text.contains("\nregistry: WRONG\n") && text.contains("  remedy: "),
        "{text}"
    );
    assert!(
        text.ends_with("\nsomething is wrong: see above\n"),
        "{text}"
    );
}

/// As the program, where nothing but what is stated can be found.
#[test]
fn every_place_tried_is_told_with_home_shortened() {
    let home = Home::empty();
    let hint = home.file(
        "lib/python3.12/site-packages/onnxruntime/libonnxruntime.so",
        "no",
    );
    let own = home.path("");
    let own = own.to_str().unwrap().trim_end_matches('/');
    let output = Command::new(env!("CARGO_BIN_EXE_amaas"))
        .args(["doctor"])
        .env_clear()
        .envs([("HOME", own), ("VIRTUAL_ENV", own)])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    let shown = hint.replace(own, "~");
    assert!(
        text.contains(&format!("hint: `{shown}` cannot be loaded: ")),
        "{text}"
    );
    assert!(
        text.contains("system loader: `libonnxruntime.so.1`"),
        "{text}"
    );
    assert!(
        text.contains("remedy: install it with `pip install onnxruntime`"),
        "{text}"
    );
    assert!(
        text.contains("  folder    ~/.local/share/amaas\n  named by  the default\n"),
        "{text}"
    );
    assert!(!text.contains(own), "{text}");
}
