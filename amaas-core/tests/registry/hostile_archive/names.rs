//! Members whose names lead elsewhere, and members that are no files.

use amaas_core::ErrorKind::InvalidPackage;

use super::{Case, Good};
use crate::tarball::{Member, pax};

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

pub(super) fn of_names(good: &Good) -> Vec<Case> {
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

pub(super) fn of_kinds(good: &Good) -> Vec<Case> {
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
