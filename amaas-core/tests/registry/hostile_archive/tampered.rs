//! The documents of stores that somebody tampered with, as archives.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use amaas_core::ErrorKind::{AlreadyExists, Corrupt, InvalidPackage};

use super::refused;
use crate::hostile::{Store, damages};
use crate::support::{Home, report, snapshot};
use crate::tarball::{Member, body};

/// The documents of a tampered store, as an archive: what lies behind the list and nothing else.
fn packed(store: &Store) -> Option<Vec<u8>> {
    let root = store.home.registry.root();
    let read = |path: &Path| {
        fs::symlink_metadata(path)
            .ok()?
            .is_file()
            .then(|| fs::read(path).ok())?
    };
    let index = read(&root.join("index.json"))?;
    let mut members = vec![
        Member::new(b"oci-layout", &read(&root.join("oci-layout"))?),
        Member::new(b"index.json", &index),
    ];
    let mut seen = BTreeSet::new();
    let mut documents = vec![index];
    while let Some(document) = documents.pop() {
        let text = String::from_utf8_lossy(&document).into_owned();
        for digest in text
            .match_indices("sha256:")
            .filter_map(|(at, _)| text.get(at + 7..at + 71))
        {
            let blob = root.join("blobs/sha256").join(digest);
            let plain = digest.bytes().all(|byte| byte.is_ascii_hexdigit());
            if let Some(bytes) = read(&blob).filter(|_| plain && seen.insert(digest.to_owned())) {
                let name = format!("blobs/sha256/{digest}");
                members.push(Member::new(name.as_bytes(), &bytes));
                documents.push(bytes);
            }
        }
    }
    Some(body(&members))
}

#[test]
fn archives_of_tampered_stores_are_refused() {
    let there = Home::new();
    there.publish("present", "1.0.0");
    let before = snapshot(there.registry.root());
    let path = there.folder.path().join("tampered.tar");
    let store = Store::new();
    let good = snapshot(store.home.registry.root());
    let pack = |store: &Store| {
        let mut bytes = packed(store)?;
        bytes.resize(bytes.len() + 1024, 0);
        Some(bytes)
    };
    let whole = pack(&store).unwrap();
    let mut count = 0;
    for (name, kind, damage) in damages() {
        damage(&store);
        let archive = pack(&store);
        crate::hostile::restore(&good, &snapshot(store.home.registry.root()));
        let Some(archive) = archive else { continue };
        fs::write(&path, archive).unwrap();
        // Damage that hides a blob leaves others that nothing names.
        let kinds = [kind, Corrupt, InvalidPackage, AlreadyExists];
        refused(&there.registry, &path, &name, &kinds);
        assert!(snapshot(there.registry.root()) == before, "{name} wrote");
        count += 1;
    }
    report("archives of tampered stores", count);
    fs::write(&path, whole).unwrap();
    assert_eq!(there.registry.import(&path).unwrap().versions.len(), 2);
}
