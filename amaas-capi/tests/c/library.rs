//! The library and the tools around it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

/// The root of the repository.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

/// The C compiler, seeing the header.
pub(crate) fn compiler(standard: &str) -> Command {
    let mut command = Command::new(std::env::var("CC").unwrap_or_else(|_| "cc".to_owned()));
    command
        .arg(standard)
        .arg("-I")
        .arg(repository().join("include"));
    command
}

/// Runs a command that must succeed; what it printed.
pub(crate) fn output(command: &mut Command) -> String {
    let done = command
        .output()
        .unwrap_or_else(|cause| panic!("{command:?}: {cause}"));
    let printed = String::from_utf8_lossy(&done.stdout).into_owned();
    let complaint = String::from_utf8_lossy(&done.stderr);
    assert!(
        done.status.success(),
        "{command:?} ended with {}:\n{printed}{complaint}",
        done.status
    );
    printed
}

/// A folder of `user`'s own that holds the library under both its names.
pub(crate) fn library(user: &OsStr) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("c").join(user);
    std::fs::create_dir_all(&folder).unwrap();
    let built = build();
    for name in ["libamaas.so", "libamaas.so.0"] {
        let link = folder.join(name);
        let _ = std::fs::remove_file(&link);
        std::os::unix::fs::symlink(&built, link).unwrap();
    }
    folder
}

/// Two builds with other features write the same files: one at a time, and what is made is taken away
/// before the next.
static BUILDS: Mutex<()> = Mutex::new(());

/// The library, built if it is not.
fn build() -> PathBuf {
    let _alone = BUILDS.lock().unwrap_or_else(PoisonError::into_inner);
    cargo("build", &["--lib"], "libamaas.so")
}

/// The static library, built with `options` and copied into `folder`.
pub(crate) fn archive(options: &[&str], folder: &Path) -> PathBuf {
    let _alone = BUILDS.lock().unwrap_or_else(PoisonError::into_inner);
    let kind = ["--lib", "--crate-type", "staticlib"];
    let built = cargo("rustc", &[&kind, options].concat(), "libamaas.a");
    let archive = folder.join("libamaas.a");
    std::fs::copy(built, &archive).unwrap();
    archive
}

/// The file that cargo made of the library.
fn cargo(command: &str, options: &[&str], file: &str) -> PathBuf {
    let profile = if cfg!(debug_assertions) {
        "dev"
    } else {
        "release"
    };
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let messages = output(
        Command::new(env!("CARGO"))
            .args([command, "--quiet", "--message-format=json"])
            .args(["-p", "amaas-capi"])
            .args(options)
            .args(["--profile", profile, "--target-dir"])
            .arg(target)
            .current_dir(repository()),
    );
    let files = messages
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    let files =
        files.flat_map(|message: serde_json::Value| message["filenames"].as_array().cloned());
    let files = files
        .flatten()
        .filter_map(|file| file.as_str().map(PathBuf::from));
    files
        .into_iter()
        .find(|path| path.ends_with(file))
        .unwrap_or_else(|| panic!("no {file} was built"))
}
