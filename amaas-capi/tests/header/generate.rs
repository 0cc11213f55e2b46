//! The header, as cbindgen makes it from the crate, with its opening chapter.

use std::path::{Path, PathBuf};

/// Where the committed header lies.
pub(crate) fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../include/amaas.h")
}

/// The header as it should be.
pub(crate) fn header() -> Result<String, Box<dyn std::error::Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut config = cbindgen::Config::from_file(root.join("cbindgen.toml"))?;
    config.header = Some(opening(include_str!("opening.txt")));
    let mut header = Vec::new();
    cbindgen::generate_with_config(root, config)?.write(&mut header);
    Ok(for_c(&String::from_utf8(header)?))
}

/// The chapter as a comment.
fn opening(text: &str) -> String {
    let lines = text
        .lines()
        .map(|line| format!(" * {line}").trim_end().to_owned());
    format!("/*\n{}\n */", lines.collect::<Vec<_>>().join("\n"))
}

/// What Rust calls safety is the caller's part of the contract in C.
fn for_c(header: &str) -> String {
    header.replace(" * # Safety\n *", " * The caller sees to it that")
}
