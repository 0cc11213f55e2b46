//! Manifests and files beside them that mean harm, in a folder that somebody publishes: each is
//! refused by its kind, nothing is written, and the same handle publishes and serves the next.

use std::fs;
use std::path::Path;

use amaas_core::Result;
use amaas_core::model::Package;
use amaas_core::registry::{Published, read_package};
use amaas_core::{ErrorKind::InvalidPackage, registry::Registry};

use crate::support::{Home, graph, report, snapshot, text};

type Case = (&'static str, Vec<u8>);

const PACKAGE: &str = "[package]\nname = \"ner\"\nversion = \"1.0.0\"\nlicense = \"MIT\"\n";
const TOKENIZER: &str = "[tokenizer]\nfile = \"tokenizer.json\"\nmax_tokens = 8\n";

fn head(tail: &str) -> Vec<u8> {
    format!("schema = 1\n{PACKAGE}{tail}").into_bytes()
}

/// What is no TOML, or no text.
fn of_bytes() -> Vec<Case> {
    let good = head("");
    let utf_16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    vec![
        ("nothing", vec![]),
        ("blank", b" \n\t\n".to_vec()),
        ("zeros", vec![0; 4096]),
        ("no UTF-8", vec![0xff, 0xfe, 0xfd]),
        (
            "no UTF-8 in a text",
            [&good[..], b"description = \"\xff\"\n"].concat(),
        ),
        ("an overlong slash", [&good[..], b"# \xc0\xaf"].concat()),
        ("half a surrogate", [&good[..], b"# \xed\xa0\x80"].concat()),
        ("UTF-16", utf_16("schema = 1\n")),
        ("JSON", br#"{"schema": 1}"#.to_vec()),
        ("YAML", b"schema: 1\npackage:\n  name: ner\n".to_vec()),
        ("a pickle", b"\x80\x04\x95\x10\0\0\0".to_vec()),
        ("gzip", b"\x1f\x8b\x08\0\0\0\0\0".to_vec()),
        ("a web page", b"<!DOCTYPE html><title>404</title>".to_vec()),
        ("cut off", good[..good.len() - 3].to_vec()),
        ("with a NUL", [&good[..], b"\0"].concat()),
        (
            "with an escape of the terminal",
            head("description = \"\u{1b}[2J\"\n"),
        ),
        (
            "larger than a mebibyte",
            [&good[..], &vec![b'#'; 1 << 20]].concat(),
        ),
        (
            "larger than is read",
            [&good[..], &vec![b'#'; 3 << 20]].concat(),
        ),
    ]
}

/// One key twice, in every way to spell that.
fn of_keys() -> Vec<Case> {
    let cases = [
        (
            "a key twice",
            "schema = 1\nschema = 1\n".to_owned() + PACKAGE,
        ),
        (
            "a key twice, once in quotes",
            "schema = 1\n\"schema\" = 1\n".to_owned() + PACKAGE,
        ),
        (
            "a key twice, once escaped",
            "schema = 1\n\"\\u0073chema\" = 1\n".to_owned() + PACKAGE,
        ),
        (
            "a name twice",
            format!("schema = 1\n{PACKAGE}name = \"other\"\n"),
        ),
        ("a table twice", format!("schema = 1\n{PACKAGE}{PACKAGE}")),
        (
            "a table twice, once dotted",
            format!("schema = 1\npackage.name = \"x\"\n{PACKAGE}"),
        ),
        (
            "a table and a value",
            format!("schema = 1\npackage = 1\n{PACKAGE}"),
        ),
        (
            "an inner table twice",
            format!(
                "schema = 1\n{PACKAGE}{TOKENIZER}[tokenizer.inputs]\nids = \"a\"\n[tokenizer.inputs]\nids = \"b\"\n"
            ),
        ),
        (
            "a metric twice",
            format!("schema = 1\n{PACKAGE}[metrics]\nf1 = 1\nf1 = 2\n"),
        ),
        (
            "a label's output twice",
            format!("schema = 1\n{PACKAGE}[labels]\ny = [\"a\"]\ny = [\"b\"]\n"),
        ),
        (
            "a key twice in one line",
            format!("schema = 1\n{PACKAGE}[model]\nfile = \"a.onnx\"\nfile = \"b.onnx\"\n"),
        ),
        (
            "a list that grows a table",
            format!("schema = 1\ngolden = []\n{PACKAGE}[[golden]]\n"),
        ),
        (
            "an unknown key",
            format!("schema = 1\nexec = \"sh\"\n{PACKAGE}"),
        ),
        (
            "an unknown table",
            format!("schema = 1\n{PACKAGE}[hooks]\npublish = \"sh\"\n"),
        ),
        (
            "a key of a prototype",
            format!("schema = 1\n{PACKAGE}[__proto__]\nx = 1\n"),
        ),
        (
            "a misspelt limit",
            format!("schema = 1\n{PACKAGE}[batching]\nmax_row = 1\n"),
        ),
    ];
    cases.map(|(name, text)| (name, text.into_bytes())).into()
}

/// What nests or is long.
fn of_sizes() -> Vec<Case> {
    let long = "x".repeat(500_000);
    vec![
        ("lists nested without end", head(&format!("x = {}", "[".repeat(200_000)))),
        ("lists nested and closed", head(&format!("x = {}{}", "[".repeat(100_000), "]".repeat(100_000)))),
        ("tables nested without end", head(&format!("x = {}", "{a=".repeat(100_000)))),
        ("a key of many dots", head(&format!("{}a = 1\n", "a.".repeat(200_000)))),
        ("a table of many dots", head(&format!("[{}a]\n", "a.".repeat(200_000)))),
        ("a name without end", format!("schema = 1\n[package]\nname = \"{long}\"\nversion = \"1.0.0\"\nlicense = \"MIT\"\n").into_bytes()),
        ("a version without end", format!("schema = 1\n[package]\nname = \"ner\"\nversion = \"1.0.0-{long}\"\nlicense = \"MIT\"\n").into_bytes()),
        ("a path without end", head(&format!("[model]\nfile = \"{long}\"\n"))),
        ("a path of many folders", head(&format!("[model]\nfile = \"{}x\"\n", "a/".repeat(100_000)))),
        ("a number without end", head(&format!("[metrics]\nf1 = {}\n", "9".repeat(100_000)))),
        ("an integer beyond 64 bits", head("[batching]\nmax_rows = 99999999999999999999\n")),
        ("a limit below zero", head("[batching]\nmax_rows = -1\n")),
        ("a limit with a fraction", head("[batching]\nmax_rows = 1.5\n")),
        ("a limit that is a text", head("[batching]\nmax_rows = \"64\"\n")),
        ("a metric that is no number", head("[metrics]\nf1 = nan\n")),
        ("an endless metric", head("[metrics]\nf1 = inf\n")),
        ("a text without end", head("description = \"")),
        ("lines without end", head("description = \"\"\"")),
        ("another schema", format!("schema = 2\n{PACKAGE}").into_bytes()),
        ("a schema below zero", format!("schema = -1\n{PACKAGE}").into_bytes()),
        ("no schema", PACKAGE.as_bytes().to_vec()),
    ]
}

/// Names of files that lead elsewhere.
fn of_paths() -> Vec<Case> {
    let file = |path: &str| head(&format!("[model]\nfile = {}\n", toml_text(path)));
    let tokenizer = |path: &str| {
        head(&format!(
            "[tokenizer]\nfile = {}\nmax_tokens = 8\n",
            toml_text(path)
        ))
    };
    vec![
        ("a graph outside", file("../../etc/passwd")),
        ("a graph at the root", file("/etc/passwd")),
        ("a graph in a middle", file("a/../../x")),
        ("a graph here", file("./model.onnx")),
        ("a graph with a backslash", file("..\\x")),
        ("a graph on a drive", file("c:\\x")),
        ("a graph on a share", file("\\\\host\\x")),
        ("a graph of no name", file("")),
        ("a graph with an end", file("model.onnx\u{0}.txt")),
        ("a graph with a line", file("model\n.onnx")),
        ("a graph that is a folder", file("folder/")),
        ("a graph that is the manifest", file("amaas.toml")),
        ("a graph that is not there", file("other.onnx")),
        ("a tokenizer outside", tokenizer("../tokenizer.json")),
        ("a tokenizer at the root", tokenizer("/etc/passwd")),
        ("a tokenizer that is the graph", tokenizer("model.onnx")),
        ("a tokenizer that is the manifest", tokenizer("amaas.toml")),
        ("a tokenizer that is not there", tokenizer("other.json")),
    ]
}

fn toml_text(text: &str) -> String {
    text.chars().fold("\"".to_owned(), |shown, c| match c {
        '\\' | '"' => format!("{shown}\\{c}"),
        c if c.is_control() => format!("{shown}\\u{:04x}", c as u32),
        c => format!("{shown}{c}"),
    }) + "\""
}

/// A folder that could be published but for its manifest.
fn prepare(folder: &Path, manifest: &[u8]) {
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join("amaas.toml"), manifest).unwrap();
    fs::write(folder.join("model.onnx"), graph(&[])).unwrap();
    fs::write(folder.join("tokenizer.json"), "{}").unwrap();
}

fn publish(registry: &Registry, folder: &Path) -> Result<Published> {
    read_package(folder).and_then(|package| registry.publish(&package))
}

fn refused(home: &Home, folder: &Path, name: &str) {
    let before = snapshot(home.registry.root());
    let error = publish(&home.registry, folder).expect_err(name);
    assert_eq!(error.kind(), InvalidPackage, "{name}: {}", error.report());
    assert!(error.remedy().is_some(), "{name}: {error}");
    let shown = error.report();
    assert!(shown.len() < 4_000, "{name} is repeated at length");
    let is_plain = |c: char| !c.is_control() || c == '\n';
    assert!(shown.chars().all(is_plain), "{name}: {shown:?}");
    assert!(snapshot(home.registry.root()) == before, "{name} wrote");
}

/// The same handle takes a good package and gives it back.
fn is_served(home: &Home, folder: &Path, version: &str) {
    prepare(folder, text("ner", version).as_bytes());
    let published = publish(&home.registry, folder).unwrap();
    let package: Package = home.registry.package(&published.digest).unwrap();
    assert_eq!(package.manifest.package.version.to_string(), version);
}

#[test]
fn hostile_manifests_are_refused_and_nothing_is_written() {
    let home = Home::new();
    home.publish("present", "1.0.0");
    let folder = home.folder.path().join("package");
    let cases = [of_bytes(), of_keys(), of_sizes(), of_paths()].concat();
    for (place, (name, manifest)) in cases.iter().enumerate() {
        prepare(&folder, manifest);
        refused(&home, &folder, name);
        is_served(&home, &folder, &format!("1.0.{place}"));
    }
    report("manifests", cases.len());
}

/// A file of zeros that takes no room on the disk.
fn sparse(path: &Path, length: u64) {
    fs::File::create(path).unwrap().set_len(length).unwrap();
}

#[test]
fn bombs_beside_a_manifest_are_refused_before_they_are_read() {
    let home = Home::new();
    home.publish("present", "1.0.0");
    let folder = home.folder.path().join("package");
    let cases = [
        (
            "a tokenizer beyond its limit",
            "tokenizer.json",
            (256_u64 << 20) + 1,
        ),
        ("a tokenizer of a tebibyte", "tokenizer.json", 1 << 40),
        (
            "a graph beyond what its format holds",
            "model.onnx",
            1 << 31,
        ),
        ("a graph of a tebibyte", "model.onnx", 1 << 40),
        ("a manifest of a tebibyte", "amaas.toml", 1 << 40),
        ("a signature of a tebibyte", "model.sig", 1 << 40),
    ];
    for (place, (name, file, length)) in cases.iter().enumerate() {
        prepare(&folder, &head(TOKENIZER));
        sparse(&folder.join(file), *length);
        refused(&home, &folder, name);
        let _none_yet = fs::remove_file(folder.join("model.sig"));
        is_served(&home, &folder, &format!("1.0.{place}"));
    }
    report("bombs beside a manifest", cases.len());
}
