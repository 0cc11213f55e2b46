//! Members that lie about their sizes, and bytes where none belong.

use amaas_core::ErrorKind::{Corrupt, InvalidPackage, Unsupported};

use super::{Case, Good};
use crate::tarball::Member;

pub(super) fn of_sizes(good: &Good) -> Vec<Case> {
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

pub(super) fn of_bytes(good: &Good) -> Vec<Case> {
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
