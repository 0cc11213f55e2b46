//! Source that a test reads.

use std::fs;
use std::path::{Path, PathBuf};

/// The root of the repository.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The text of every file below `folder`, which is named from the repository's root.
pub(crate) fn texts(folder: &str) -> Vec<String> {
    let mut texts = Vec::new();
    gather(&repository().join(folder), &mut texts);
    texts
}

fn gather(folder: &Path, texts: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => gather(&path, texts),
            false => texts.push(fs::read_to_string(path).unwrap()),
        }
    }
}
