//! What lies below a folder, to be compared with what lay there before.

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};

/// Everything below `root`, folders included; links are listed, not followed.
pub(crate) fn walk(root: &Path) -> BTreeMap<PathBuf, Metadata> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap().map(Result::unwrap) {
            let facts = entry.metadata().unwrap();
            if facts.is_dir() {
                folders.push(entry.path());
            }
            found.insert(entry.path(), facts);
        }
    }
    found
}

/// Every file below `root` with its bytes; links and the lock are left out.
pub(crate) fn snapshot(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let counts = |(path, facts): &(PathBuf, Metadata)| facts.is_file() && !path.ends_with("lock");
    let read = |(path, _)| {
        let bytes = fs::read(&path).unwrap();
        (path, bytes)
    };
    walk(root).into_iter().filter(counts).map(read).collect()
}
