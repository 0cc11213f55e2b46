//! Python's `model-signing` verifies what amaas signed, and amaas what it signed.
//!
//! The program is where `AMAAS_MODEL_SIGNING` says; with `STRICT=1`, `make test` installs it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use amaas_core::ErrorKind;
use amaas_core::privacy::PublicKey;
use amaas_core::registry::read_package;

use crate::signed::{AUTHOR, AUTHOR_PUBLIC, author, write};
use crate::support::package;

/// The program; `None` where it may be left out.
#[expect(clippy::print_stderr, reason = "what was left out must be said")]
fn program() -> Option<PathBuf> {
    let stated = std::env::var_os("AMAAS_MODEL_SIGNING").map(PathBuf::from);
    if let Some(program) = stated.filter(|program| program.is_file()) {
        return Some(program);
    }
    let strict = std::env::var("STRICT").is_ok_and(|value| value == "1");
    assert!(
        !strict,
        "missing: model_signing (`pip install -r requirements-signing.txt`, and its path in AMAAS_MODEL_SIGNING)"
    );
    eprintln!("left out for the lack of a tool: model_signing");
    None
}

fn run(program: &Path, arguments: &[&str]) -> Result<(), String> {
    let output = Command::new(program).args(arguments).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&said).into_owned()),
    }
}

#[test]
fn it_verifies_what_amaas_signed() {
    let Some(program) = program() else { return };
    let home = tempfile::tempdir().unwrap();
    let signed = package("ner", "1.0.0").signed_by(&author(7)).unwrap();
    let folder = home.path().join("ner");
    fs::create_dir(&folder).unwrap();
    write(&folder, &signed);
    let signature = folder.join("model.sig").display().to_string();
    let key = home.path().join("author.pub").display().to_string();
    fs::write(&key, AUTHOR_PUBLIC).unwrap();
    let folder_name = folder.display().to_string();
    let arguments = [
        "verify",
        "key",
        "--signature",
        &signature,
        "--public_key",
        &key,
        &folder_name,
    ];
    run(&program, &arguments).unwrap();
    fs::write(folder.join("weights.bin"), b"others").unwrap();
    assert!(run(&program, &arguments).is_err());
}

#[test]
fn amaas_verifies_what_it_signed() {
    let Some(program) = program() else { return };
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("ner");
    fs::create_dir(&folder).unwrap();
    write(&folder, &package("ner", "1.0.0"));
    // Lies beside, is signed as well, and is no part of the package.
    fs::write(folder.join("README.md"), "about").unwrap();
    let signature = folder.join("model.sig").display().to_string();
    let key = home.path().join("author.key").display().to_string();
    fs::write(&key, AUTHOR).unwrap();
    let folder_name = folder.display().to_string();
    run(
        &program,
        &[
            "sign",
            "key",
            "--signature",
            &signature,
            "--private_key",
            &key,
            &folder_name,
        ],
    )
    .unwrap();
    let trusted = [PublicKey::from_pem(AUTHOR_PUBLIC).unwrap()];
    let vouched = read_package(&folder).unwrap().vouched(&trusted).unwrap();
    assert_eq!((vouched.generation, vouched.files.len()), (0, 5));
    fs::write(folder.join("weights.bin"), b"others").unwrap();
    let error = read_package(&folder)
        .unwrap()
        .vouched(&trusted)
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Untrusted);
}
