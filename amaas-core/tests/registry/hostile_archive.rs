//! Archives that somebody made to get files written elsewhere, memory filled, or lies believed:
//! each is refused with a typed error before a byte is written, and the same registry imports a
//! good archive next.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use amaas_core::ErrorKind::{self, AlreadyExists, Corrupt, InvalidPackage, NotFound, Unsupported};
use amaas_core::registry::{ExportOptions, Registry};

use crate::archive::filled;
use crate::hostile::{Store, damages};
use crate::support::{Home, report, snapshot};
use crate::tarball::{Member, body, members, pax, tarball};

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

/// Every way to name a file that has no place in an archive.
const PATHS: [&str; 74] = [
    "../x",
    "../../etc/passwd",
    "../../../../../../../../etc/shadow",
    "./../x",
    "././index.json",
    ".//index.json",
    "./",
    ".",
    "..",
    "...",
    "/",
    "/index.json",
    "//index.json",
    "/etc/passwd",
    "//etc/passwd",
    "/proc/self/mem",
    "/dev/null",
    "blobs/../index.json",
    "blobs/../../x",
    "blobs/sha256/..",
    "blobs/sha256/../../../x",
    "blobs/sha256/../index.json",
    "blobs/./sha256/x",
    "blobs//sha256/x",
    "blobs/sha256//x",
    "blobs/sha256",
    "blobs/sha256/",
    "blobs",
    "blobs/sha512/x",
    "blobs/SHA256/x",
    "blobs/sha256/x",
    "blobs/sha256/index.json",
    "blobs/x",
    "sha256/x",
    "index.json/",
    "index.json/.",
    "index.json/..",
    "index.json/x",
    " index.json",
    "index.json ",
    "index.json.",
    "INDEX.JSON",
    "Index.json",
    "index.js\u{43e}n",
    "index.json\u{301}",
    "index.json\n",
    "index.json\t",
    "\u{202e}nosj.xedni",
    "\u{feff}index.json",
    "index.json:stream",
    "index.json::$DATA",
    "oci-layout/",
    "OCI-LAYOUT",
    "oci-layout.json",
    "oci_layout",
    "manifest.json",
    "lock",
    "temporary/x",
    "models/ner/index.json",
    "models/ner/blobs",
    "amaas.toml",
    "c:/x",
    "c:\\x",
    "c:x",
    "\\\\host\\share\\x",
    "\\\\?\\c:\\x",
    "..\\x",
    "blobs\\sha256\\x",
    "%2e%2e/x",
    "..%2fx",
    "..%c0%afx",
    "~/.ssh/authorized_keys",
    "$HOME/x",
    "nul",
];

fn of_names(good: &Good) -> Vec<Case> {
    let hex = "0".repeat(64);
    let mut names: Vec<Vec<u8>> = PATHS.iter().map(|path| path.as_bytes().to_vec()).collect();
    for odd in [
        format!("blobs/sha256/{}", &hex[1..]),
        format!("blobs/sha256/{hex}0"),
        format!("blobs/sha256/{}A", &hex[1..]),
        format!("blobs/sha256/{}g", &hex[1..]),
        format!("blobs/sha256/ {}", &hex[1..]),
        format!("blobs/sha256/+{}", &hex[1..]),
        format!("blobs/sha256/{hex}.tmp"),
        format!("blobs/sha256/{hex}/x"),
        format!("blobs/sha256/{hex}/"),
        format!("blobs/sha256/sha256:{hex}"),
        format!("blobs/sha256:{hex}"),
        format!("/blobs/sha256/{hex}"),
        format!("../blobs/sha256/{hex}"),
        format!("x/blobs/sha256/{hex}"),
        format!("{}x", "a/".repeat(49)),
        "n".repeat(100),
        String::new(),
    ] {
        names.push(odd.into_bytes());
    }
    for bytes in [
        &b"\xff\xfe"[..],
        b"\xc0\xae\xc0\xae/x",
        b"index.json\xff",
        b"\x1b[2J",
        b"\x7f",
    ] {
        names.push(bytes.to_vec());
    }
    let file = |name: &[u8]| good.with(Member::new(name, b"x"));
    let folder = |name: &[u8]| good.with(Member::new(name, b"").kind(b'5'));
    let mut cases = Vec::new();
    for name in &names {
        let shown = name.escape_ascii();
        cases.push((format!("file called {shown}"), InvalidPackage, file(name)));
    }
    let allowed = ["./", "blobs", "blobs/sha256", "blobs/sha256/"];
    for path in PATHS
        .iter()
        .filter(|path| path.ends_with('/') || path.contains(".."))
    {
        if !allowed.contains(path) {
            let name = format!("folder called {path:?}");
            cases.push((name, InvalidPackage, folder(path.as_bytes())));
        }
    }
    for path in ["models/", "temporary/", "blobs/sha256/x/", "etc/"] {
        let name = format!("folder {path}");
        cases.push((name, InvalidPackage, folder(path.as_bytes())));
    }
    cases
}

fn of_kinds(good: &Good) -> Vec<Case> {
    let mut cases = Vec::new();
    let mut add = |name: String, member: Member| {
        cases.push((name, InvalidPackage, good.with(member)));
    };
    let targets = [
        "/etc/passwd",
        "../../etc/passwd",
        "index.json",
        "blobs/sha256",
        "/",
        ".",
        "..",
        "/dev/zero",
        "/proc/self/fd/0",
        "c:\\windows",
        "",
    ];
    for (kind, what) in [(b'1', "hard link"), (b'2', "symbolic link")] {
        for target in targets {
            for name in ["blobs/sha256/x", "index.json"] {
                let member = Member::new(name.as_bytes(), b"").kind(kind);
                add(
                    format!("{what} {name} to {target:?}"),
                    member.link(target.as_bytes()),
                );
            }
        }
    }
    let hex = "0".repeat(64);
    for kind in *b"12346" {
        let name = format!("blobs/sha256/{hex}");
        let member = Member::new(name.as_bytes(), b"").kind(kind);
        add(
            format!("kind {} under a digest", char::from(kind)),
            member.link(b"x"),
        );
    }
    let kinds = [
        (b'3', "character device"),
        (b'4', "block device"),
        (b'6', "fifo"),
        (b'7', "contiguous file"),
        (b'8', "reserved"),
        (b'9', "reserved too"),
        (b'A', "Solaris access list"),
        (b'D', "GNU directory dump"),
        (b'E', "Solaris extended attributes"),
        (b'I', "inode metadata"),
        (b'M', "GNU continuation"),
        (b'N', "old GNU long name"),
        (b'S', "GNU sparse file"),
        (b'V', "volume label"),
        (b'X', "Solaris extended header"),
        (b'Z', "vendor's own"),
        (b' ', "blank"),
        (0xff, "no character"),
    ];
    for (kind, what) in kinds {
        for name in ["index.json", "oci-layout", "device"] {
            let member = Member::new(name.as_bytes(), b"").kind(kind);
            add(format!("{what} called {name}"), member);
        }
    }
    let extended = [
        pax("path", "../x"),
        pax("path", "/etc/passwd"),
        pax("path", "index.json"),
        pax("linkpath", "/etc/passwd"),
        pax("size", "0"),
        pax("size", "18446744073709551615"),
        pax("size", "-1"),
        pax("mtime", "1.5"),
        pax("uid", "0"),
        pax("hdrcharset", "BINARY"),
        pax("comment", "hello"),
        pax("charset", "ISO-IR 8859 1"),
        pax("SCHILY.xattr.security.capability", "x"),
        pax("SCHILY.dev", "1"),
        pax("GNU.sparse.major", "1"),
        pax("GNU.sparse.size", "1099511627776"),
        pax("GNU.sparse.map", "0,1"),
        pax("GNU.sparse.name", "../x"),
        pax("GNU.sparse.realsize", "1099511627776"),
        b"999 path=x\n".to_vec(),
        b"5 a=\n".to_vec(),
        b"path=x\n".to_vec(),
        b"\xff\xff\xff".to_vec(),
        vec![],
        [pax("path", "a"), pax("path", "../b")].concat(),
        pax("path", &"a/".repeat(5000)),
    ];
    for (kind, what) in [(b'x', "pax header"), (b'g', "global pax header")] {
        for record in &extended {
            let shown: String = record.escape_ascii().to_string().chars().take(60).collect();
            add(
                format!("{what} {shown}"),
                Member::new(b"PaxHeaders/x", record).kind(kind),
            );
        }
    }
    for (kind, what) in [(b'L', "GNU long name"), (b'K', "GNU long link")] {
        for name in ["../x\0", "/etc/passwd\0", "index.json\0", "x", ""] {
            let member = Member::new(b"././@LongLink", name.as_bytes()).kind(kind);
            add(format!("{what} {name:?}"), member);
        }
    }
    cases
}

fn of_sizes(good: &Good) -> Vec<Case> {
    let weights = good.weights();
    let mut cases = Vec::new();
    let lies: [(&str, &[u8]); 16] = [
        ("one byte less", b"00000000143\0"),
        ("one byte more", b"00000000145\0"),
        ("nothing", b"00000000000\0"),
        ("a block more", b"00000001144\0"),
        ("all that octal can say", b"77777777777\0"),
        ("twelve digits", b"777777777777"),
        ("no number", b"size\0"),
        ("a decimal", b"00000000189\0"),
        ("a hexadecimal", b"0x000000064\0"),
        ("negative text", b"-0000000144\0"),
        ("blank", b"           \0"),
        ("empty", b"\0\0\0\0\0\0\0\0\0\0\0\0"),
        (
            "binary and huge",
            b"\x80\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff",
        ),
        (
            "binary, half of that",
            b"\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff",
        ),
        (
            "binary and negative",
            b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
        ),
        ("binary and a terabyte", b"\x80\0\0\0\0\0\x01\0\0\0\0\0"),
    ];
    for (what, field) in lies {
        for name in [weights.as_str(), "index.json"] {
            let archive = good.changed(name, |member| member.sized(field));
            let short: String = name.chars().take(16).collect();
            cases.push((format!("{short} has {what}"), Corrupt, archive));
        }
    }
    cases
}

fn of_bytes(good: &Good) -> Vec<Case> {
    let weights = good.weights();
    let mut cases: Vec<Case> = Vec::new();
    let mut add = |name: &str, kind, bytes: Vec<u8>| cases.push((name.to_owned(), kind, bytes));
    let whole = &good.bytes;
    let end = whole.len() - 1024;
    for (name, at) in [
        ("nothing", 0),
        ("one byte", 1),
        ("half a header", 256),
        ("one header", 512),
        ("in the layout", 530),
        ("after the first member", 1024),
        ("in a blob's header", end / 2 / 512 * 512 + 100),
        ("a third", whole.len() / 3),
        ("two thirds", whole.len() * 2 / 3),
        ("a byte before the last member's end", end - 1),
        ("before its end", end),
        ("in its end", end + 511),
        ("half its end", end + 512),
        ("all but one byte", end + 1023),
    ] {
        add(&format!("cut off: {name}"), Corrupt, whole[..at].to_vec());
    }
    for (name, tail) in [
        ("a byte", vec![1]),
        ("a block", vec![b'x'; 512]),
        ("another archive", whole.clone()),
        ("a byte far behind", [vec![0; 4096], vec![1]].concat()),
        ("more zeros than any writer", vec![0; 2 << 20]),
    ] {
        add(
            &format!("after the end: {name}"),
            InvalidPackage,
            [whole.clone(), tail].concat(),
        );
    }
    for (name, bytes) in [
        ("zeros", vec![0; 10_240]),
        ("ones", vec![0xff; 10_240]),
        ("text", b"dear reader\n".repeat(1000)),
        ("JSON", b"{}".repeat(1000)),
        ("a graph", crate::support::graph(&[])),
        ("an ELF file", [b"\x7fELF".to_vec(), vec![1; 2000]].concat()),
    ] {
        add(&format!("no tar but {name}"), Corrupt, bytes);
    }
    for (name, magic) in [
        ("gzip", &b"\x1f\x8b\x08\0\0\0\0\0"[..]),
        ("zstd", b"\x28\xb5\x2f\xfd\0\0\0\0"),
        ("bzip2", b"BZh91AY&"),
        ("xz", b"\xfd7zXZ\0\0\x04"),
        ("zip", b"PK\x03\x04\0\0\0\0"),
    ] {
        let bytes = [magic, whole.as_slice()].concat();
        add(&format!("compressed with {name}"), Unsupported, bytes);
    }
    for (name, at, byte) in [
        ("name", 3, b'x'),
        ("mode", 101, b'7'),
        ("size", 130, b'1'),
        ("kind", 156, b'5'),
        ("checksum", 150, b'7'),
        ("magic", 258, b'x'),
        ("prefix", 400, b'x'),
    ] {
        let mut bytes = whole.clone();
        bytes[at] = byte;
        add(&format!("flipped in a header: {name}"), Corrupt, bytes);
    }
    let hidden = |member: Member| member.padded_with(b'x');
    add(
        "hidden after a blob",
        InvalidPackage,
        good.changed(&weights, hidden),
    );
    add(
        "hidden after the list",
        InvalidPackage,
        good.changed("index.json", hidden),
    );
    add(
        "hidden after a name",
        InvalidPackage,
        good.changed("index.json", |member| member.field(12, b"/../../x")),
    );
    add(
        "hidden after a prefix",
        InvalidPackage,
        good.changed("index.json", |member| member.field(350, b"../x")),
    );
    add(
        "a prefix before a name",
        InvalidPackage,
        good.changed("index.json", |member| member.prefix(b"../..")),
    );
    add(
        "a prefix that makes a place",
        Corrupt,
        good.with(Member::new(&[b'0'; 64], b"x").prefix(b"blobs/sha256")),
    );
    add(
        "a file that is a link as well",
        InvalidPackage,
        good.changed("index.json", |member| member.link(b"/etc/passwd")),
    );
    add(
        "a link hidden after its NUL",
        InvalidPackage,
        good.changed("index.json", |member| member.field(170, b"/etc/passwd")),
    );
    add(
        "a folder with content",
        InvalidPackage,
        good.with(Member::new(b"blobs/", b"x").kind(b'5')),
    );
    add(
        "a folder twice",
        InvalidPackage,
        good.with_all(&[
            Member::new(b"blobs/", b"").kind(b'5'),
            Member::new(b"./blobs", b"").kind(b'5'),
        ]),
    );
    add(
        "the list in place of a folder",
        InvalidPackage,
        good.changed("index.json", |member| member.kind(b'5')),
    );
    cases
}

impl Good {
    fn with_all(&self, more: &[Member]) -> Vec<u8> {
        tarball(&[&self.members[..], more].concat())
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
        of_names(&good),
        of_kinds(&good),
        of_sizes(&good),
        of_bytes(&good),
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
