//! Holds the code against ARCHITECTURE.md: a room imports only what the arrow table allows, and
//! only `runtime/ort` names the crate `ort`.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on must fail"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src");
const TABLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../ARCHITECTURE.md");

/// The table between the markers `<!-- arrows -->`: `room → room, room`.
fn allowed() -> BTreeMap<String, BTreeSet<String>> {
    let text = fs::read_to_string(TABLE).expect("ARCHITECTURE.md stands beside the crates");
    let table = text
        .split("<!-- arrows -->")
        .nth(1)
        .expect("the arrow table is marked");
    let lines = table.lines().filter_map(|line| line.split_once('→'));
    let words = |list: &str| {
        list.split(',')
            .map(|word| word.trim().to_owned())
            .collect::<Vec<_>>()
    };
    lines
        .flat_map(|(rooms, targets)| {
            let targets: BTreeSet<_> = words(targets).into_iter().collect();
            words(rooms)
                .into_iter()
                .map(move |room| (room, targets.clone()))
        })
        .collect()
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// `runtime/ort` is a room of its own within `runtime`.
fn room_of(path: &Path) -> String {
    let relative = path.strip_prefix(SOURCE).unwrap().with_extension("");
    let mut parts = relative.iter().map(|part| part.to_str().unwrap());
    let room = parts.next().unwrap();
    if room == "runtime" && parts.next() == Some("ort") {
        return "runtime/ort".to_owned();
    }
    room.to_owned()
}

/// Every `crate::…` path of a file, test modules and comments left out, as the rooms they name.
fn imports(source: &str) -> BTreeSet<String> {
    let code = source.split("#[cfg(test)]").next().unwrap_or_default();
    let code: String = code
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join(" ");
    let mut rooms = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        let heads = match rest.strip_prefix('{') {
            Some(list) => top_level(list),
            None => vec![rest.to_owned()],
        };
        for head in heads {
            let word = |text: &str| {
                text.trim_start()
                    .chars()
                    .take_while(|c| c.is_alphanumeric() || *c == '_')
                    .collect()
            };
            let room: String = word(&head);
            let inner: Option<String> = head
                .trim_start()
                .strip_prefix("runtime::ort")
                .map(|_| "runtime/ort".to_owned());
            rooms.insert(inner.unwrap_or(room));
        }
    }
    rooms
}

/// Splits a use group at its own commas, not at those of inner groups.
fn top_level(list: &str) -> Vec<String> {
    let (mut depth, mut parts) = (0, vec![String::new()]);
    for c in list.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(last) = parts.last_mut() {
            last.push(c);
        }
    }
    parts
}

/// Names of the crate root that stand for a room.
fn resolve(name: &str) -> &str {
    match name {
        "Error" | "ErrorKind" | "Phase" | "Result" => "error",
        "Tensor" | "Dtype" | "Shape" | "Buffer" | "Element" => "tensor",
        other => other,
    }
}

#[test]
fn every_import_is_an_arrow_of_the_table() {
    let allowed = allowed();
    let mut sources = Vec::new();
    files(Path::new(SOURCE), &mut sources);
    let mut wrong = Vec::new();
    for path in sources.iter().filter(|path| !path.ends_with("lib.rs")) {
        let room = room_of(path);
        let targets = allowed
            .get(&room)
            .unwrap_or_else(|| panic!("`{room}` is not in the table"));
        for import in imports(&fs::read_to_string(path).unwrap()) {
            let target = resolve(&import);
            let own = target == room || (room == "runtime/ort" && target == "runtime");
            if !own && !target.is_empty() && !targets.contains(target) {
                wrong.push(format!("{} uses {target}", path.display()));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "arrows that are not in ARCHITECTURE.md:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn only_runtime_ort_names_ort() {
    let mut sources = Vec::new();
    files(Path::new(SOURCE), &mut sources);
    for path in sources.iter().filter(|path| room_of(path) != "runtime/ort") {
        let text = fs::read_to_string(path).unwrap();
        let code = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        for line in code {
            let line = line.replace("runtime::ort::", "");
            let ends_a_word = |(at, _): (usize, &str)| {
                let before = line[..at].chars().next_back();
                before.is_some_and(|c| c.is_alphanumeric() || c == '_')
            };
            let named = !line.match_indices("ort::").all(ends_a_word);
            assert!(!named, "{}: {line}", path.display());
        }
    }
}

#[test]
fn the_reader_of_imports_sees_groups_and_nesting() {
    let found =
        imports("use crate::{Result, model::{A, B}, observe};\nuse crate::runtime::ort::X;");
    let expected = ["Result", "model", "observe", "runtime/ort"].map(str::to_owned);
    assert_eq!(found, BTreeSet::from(expected));
}
