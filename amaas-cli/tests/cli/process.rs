//! What only the program itself can show: pipes, lines of input, the interrupt key.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Output, Stdio};

use crate::support::{Home, fixture, sentiment};

fn amaas(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_amaas"));
    command.args(arguments);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn fed(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = amaas(arguments).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn texts_are_read_line_by_line() {
    let output = fed(
        &["run", &sentiment("1.1.0")],
        b"I loved it\nDull and boring\n",
    );
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let words: Vec<_> = text
        .lines()
        .map(|line| line.split(' ').next().unwrap())
        .collect();
    assert_eq!(words, ["positive", "negative"]);
}

#[test]
fn tensors_are_read_from_the_standard_input() {
    let graph = fixture("identity_int64.onnx");
    let output = fed(&["run", &graph, "--input", "-"], br#"{"x": [7]}"#);
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "y  int64[1]\n  [7]\n"
    );
}

#[test]
fn input_that_is_none_or_no_text_is_refused() {
    for input in [&b""[..], b"\xff\xfe\n"] {
        let output = fed(&["run", &sentiment("1.1.0")], input);
        assert_eq!(output.status.code(), Some(2));
        assert!(output.stdout.is_empty());
        assert!(output.stderr.starts_with(b"error: "), "{output:?}");
    }
}

#[test]
fn the_registry_is_found_by_the_variable() {
    let home = Home::published();
    let output = amaas(&["ls", "--json"])
        .env("AMAAS_HOME", home.registry())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0));
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["models"][0]["name"], "sentiment");
}

#[test]
fn a_variable_that_is_empty_names_no_registry() {
    let home = Home::empty();
    let output = amaas(&["ls", "--json"])
        .env("AMAAS_HOME", "")
        .env("XDG_DATA_HOME", home.registry())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let json: serde_json::Value = serde_json::from_slice(&output.stderr).unwrap();
    assert_eq!(json["details"][0]["value"], "the default");
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let home = Home::published();
    let registry = home.registry();
    let mut child = amaas(&["ls", "--registry", &registry]).spawn_without_reader();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let mut err = String::new();
    BufReader::new(child.stderr.take().unwrap())
        .read_line(&mut err)
        .unwrap();
    assert_eq!(err, "");
}

trait SpawnWithoutReader {
    fn spawn_without_reader(&mut self) -> Child;
}

impl SpawnWithoutReader for Command {
    /// The reading end of the pipe is closed before the program starts.
    fn spawn_without_reader(&mut self) -> Child {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        self.stdout(writer).spawn().unwrap()
    }
}

/// Once it listens to the key, which is before it reads its input, it is pressed.
#[cfg(target_os = "linux")]
#[test]
fn the_interrupt_key_ends_a_run() {
    let graph = fixture("endless.onnx");
    let mut child = amaas(&["run", &graph, "--input", "-"]).spawn().unwrap();
    while !listens(child.id()) {
        assert!(
            child.try_wait().unwrap().is_none(),
            "it ended before it listened"
        );
        std::thread::yield_now();
    }
    let mut input = child.stdin.take().unwrap();
    input.write_all(br#"{"go": true, "x": [0]}"#).unwrap();
    drop(input);
    let id = child.id().to_string();
    let pressed = Command::new("kill").args(["-INT", &id]).status().unwrap();
    assert!(pressed.success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    assert!(output.stdout.is_empty());
    assert!(output.stderr.starts_with(b"error: "), "{output:?}");
}

/// Whether the process catches SIGINT, as the kernel tells it.
#[cfg(target_os = "linux")]
fn listens(id: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    let caught = caught.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    caught.is_some_and(|mask| mask >> 1 & 1 == 1)
}
