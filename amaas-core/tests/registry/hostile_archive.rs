//! Archives that somebody made to get files written elsewhere, memory filled, or lies believed:
//! each is refused with a typed error before a byte is written, and the same registry imports a
//! good archive next.

mod bytes;
mod names;
mod tampered;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use amaas_core::ErrorKind::{self, Corrupt, InvalidPackage, NotFound, Unsupported};
use amaas_core::registry::{ExportOptions, Registry};

use crate::archive::filled;
use crate::support::{Home, report, snapshot};
use crate::tarball::{Member, members, tarball};

/// A name, what kind of error it gives, and the archive.
type Case = (String, ErrorKind, Vec<u8>);

/// A good archive, to make bad ones of.
struct Good {
    members: Vec<Member>,
    bytes: Vec<u8>,
}

impl Good {
    fn new() -> Self {
        let home = filled();
        let mut bytes = Vec::new();
        home.registry
            .export(&ExportOptions::default(), &mut bytes)
            .unwrap();
        let members = members(&bytes);
        assert_eq!(
            tarball(&members),
            bytes,
            "the tests write tars as amaas does"
        );
        Self { members, bytes }
    }

    /// With one member more, the last.
    fn with(&self, member: Member) -> Vec<u8> {
        tarball(&[&self.members[..], &[member]].concat())
    }

    fn with_all(&self, more: &[Member]) -> Vec<u8> {
        tarball(&[&self.members[..], more].concat())
    }

    /// With the member called `name` changed.
    fn changed(&self, name: &str, change: impl Fn(Member) -> Member) -> Vec<u8> {
        let place = self.place(name);
        let mut members = self.members.clone();
        members[place] = change(members[place].clone());
        tarball(&members)
    }

    fn without(&self, place: usize) -> Vec<u8> {
        let mut members = self.members.clone();
        members.remove(place);
        tarball(&members)
    }

    fn place(&self, name: &str) -> usize {
        let mut all = self.members.iter();
        all.position(|member| member.name() == name).unwrap()
    }

    /// The name of a blob that is no document.
    fn weights(&self) -> String {
        let weights = self
            .members
            .iter()
            .find(|member| member.content == [7; 100]);
        weights.unwrap().name()
    }
}

fn of_members(good: &Good) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for (place, member) in good.members.iter().enumerate() {
        let name: String = member.name().chars().take(24).collect();
        let twice = InvalidPackage;
        cases.push((format!("{name} left out"), Corrupt, good.without(place)));
        cases.push((format!("{name} twice"), twice, good.with(member.clone())));
        let dotted = format!("./{}", member.name());
        let dotted = Member::new(dotted.as_bytes(), &member.content);
        cases.push((format!("{name} twice, dotted"), twice, good.with(dotted)));
        if place > 1 {
            let mut content = member.content.clone();
            content[0] ^= 1;
            let flipped = |_: Member| Member::new(member.name().as_bytes(), &content);
            let flipped = good.changed(&member.name(), flipped);
            cases.push((format!("{name} with a bit flipped"), Corrupt, flipped));
        }
    }
    for (name, content) in [
        ("text", &b"nobody needs me"[..]),
        ("nothing", b""),
        ("JSON", b"{}"),
        ("script", b"#!/bin/sh\nrm -rf /\n"),
    ] {
        let name = format!("a blob that nothing names: {name}");
        cases.push((name, InvalidPackage, good.with(Member::blob(content))));
    }
    for (name, content) in [
        ("later", r#"{"imageLayoutVersion":"2.0.0"}"#),
        ("empty version", r#"{"imageLayoutVersion":""}"#),
    ] {
        let change = |_: Member| Member::new(b"oci-layout", content.as_bytes());
        let name = format!("layout: {name}");
        cases.push((name, Unsupported, good.changed("oci-layout", change)));
    }
    let repeated = r#"{"imageLayoutVersion":"1.0.0","imageLayoutVersion":"1.0.0"}"#;
    for content in [
        "",
        "{}",
        "[]",
        "no",
        r#"{"imageLayoutVersion":1}"#,
        repeated,
    ] {
        let change = |_: Member| Member::new(b"oci-layout", content.as_bytes());
        let name = format!("layout: {content:?}");
        cases.push((name, Corrupt, good.changed("oci-layout", change)));
    }
    let wide = vec![b' '; (4 << 20) + 1];
    let change = |_: Member| Member::new(b"oci-layout", &wide);
    cases.push((
        "layout: too large".to_owned(),
        InvalidPackage,
        good.changed("oci-layout", change),
    ));
    cases
}

#[test]
fn hostile_archives_are_refused_before_anything_is_written() {
    let good = Good::new();
    let there = Home::new();
    there.publish("present", "1.0.0");
    let cases: Vec<_> = [
        names::of_names(&good),
        names::of_kinds(&good),
        bytes::of_sizes(&good),
        bytes::of_bytes(&good),
        of_members(&good),
    ]
    .concat();
    let path = there.folder.path().join("hostile.tar");
    let before = snapshot(there.registry.root());
    for (name, kind, bytes) in &cases {
        fs::write(&path, bytes).unwrap();
        refused(&there.registry, &path, name, &[*kind]);
        assert!(snapshot(there.registry.root()) == before, "{name} wrote");
    }
    distinct(&cases);
    report("archives", cases.len());
    fs::write(&path, &good.bytes).unwrap();
    assert_eq!(there.registry.import(&path).unwrap().versions.len(), 4);
}

/// No case may stand twice under two names, nor two under one.
fn distinct(cases: &[Case]) {
    let (mut archives, mut names) = (BTreeMap::new(), BTreeSet::new());
    for (name, _, bytes) in cases {
        let known = archives.insert(bytes, name);
        assert!(known.is_none(), "{name} is {known:?}");
        assert!(names.insert(name), "{name} stands twice");
    }
}

fn refused(registry: &Registry, path: &Path, name: &str, kinds: &[ErrorKind]) {
    let error = registry.import(path).expect_err(name);
    let found = error.kind();
    assert!(
        kinds.contains(&found),
        "{name}: {found:?}: {}",
        error.report()
    );
    assert!(error.remedy().is_some(), "{name}: {error}");
    assert!(
        !error.to_string().contains(char::is_control),
        "{name}: {error:?}"
    );
}

#[test]
fn what_is_no_file_is_not_imported() {
    let there = Home::new();
    let before = snapshot(there.registry.root());
    let folder = there.folder.path();
    refused(
        &there.registry,
        &folder.join("nothing.tar"),
        "missing",
        &[NotFound],
    );
    refused(&there.registry, folder, "a folder", &[InvalidPackage]);
    #[cfg(unix)]
    {
        let (pipe, zeros) = (folder.join("pipe"), folder.join("zeros"));
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        std::os::unix::fs::symlink("/dev/zero", &zeros).unwrap();
        refused(&there.registry, &pipe, "a pipe", &[InvalidPackage]);
        refused(&there.registry, &zeros, "a device", &[InvalidPackage]);
    }
    assert!(snapshot(there.registry.root()) == before);
}
