//! Every kind of file that is no usable ONNX Runtime, each made for real.

use std::process::Command;
use std::time::{Duration, Instant};

use super::*;
use crate::runtime::ort::locate::Search;

/// A library that says of itself what `source` says, compiled by the system's C compiler.
fn compile(folder: &Path, source: &str) -> PathBuf {
    let (text, library) = (folder.join("stub.c"), folder.join("libstub.so"));
    std::fs::write(&text, source).unwrap();
    let status = Command::new("cc")
        .args(["-shared", "-fPIC", "-o"])
        .args([&library, &text])
        .status()
        .expect("these tests need a C compiler: install `cc`");
    assert!(status.success());
    library
}

/// The source of a library that claims to be ONNX Runtime `version`.
fn claiming(version: &str) -> String {
    format!(
        r#"
        static const void *api(unsigned version) {{ return 0; }}
        static const char *name(void) {{ return "{version}"; }}
        static const struct {{ const void *(*api)(unsigned); const char *(*name)(void); }} base = {{ api, name }};
        const void *OrtGetApiBase(void) {{ return &base; }}
        "#
    )
}

fn refused(path: &Path) -> Error {
    let search = Search {
        explicit: Some(path.to_owned()),
        ..Search::default()
    };
    let started = Instant::now();
    let error = open(&search.candidates()).unwrap_err();
    assert!(started.elapsed() < Duration::from_secs(1), "{error}");
    assert_eq!(error.kind(), ErrorKind::RuntimeUnavailable);
    assert_eq!(error.remedy(), Some(REMEDY));
    error
}

fn assert_says(path: &Path, cause: &str) {
    let text = refused(path).to_string();
    let expected = format!("`{}` {cause}", path.display());
    assert!(text.contains(&expected), "{text}");
}

#[test]
fn versions_are_compared_by_their_numbers() {
    assert_eq!(minor("1.32.0"), Some(32));
    assert_eq!(minor("1.24.0-dev+abc"), Some(24));
    assert_eq!(minor("0.9"), Some(0));
    assert_eq!(minor("2.0"), Some(u32::MAX));
    assert_eq!(minor("unknown"), None);
    assert_eq!(minor(""), None);
}

#[test]
fn nothing_there() {
    assert_says(Path::new("/nowhere/libonnxruntime.so"), "does not exist");
}

#[test]
fn a_folder_without_the_library() {
    let folder = tempfile::tempdir().unwrap();
    assert_says(folder.path(), "is a folder without libonnxruntime");
}

#[test]
fn a_text_file_in_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("libonnxruntime.so");
    std::fs::write(&file, "not a library").unwrap();
    assert_says(&file, "cannot be loaded: ");
    let text = refused(folder.path()).to_string();
    assert!(
        text.contains("libonnxruntime.so` cannot be loaded"),
        "{text}"
    );
}

#[cfg(unix)]
#[test]
fn a_named_pipe_is_not_opened() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("libonnxruntime.so");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    assert_says(&pipe, "is not a regular file");
    assert_says(Path::new("/dev/zero"), "is not a regular file");
}

#[cfg(unix)]
#[test]
fn a_library_of_another_kind() {
    let folder = tempfile::tempdir().unwrap();
    let library = compile(folder.path(), "int answer(void) { return 42; }");
    assert_says(&library, "is a library but not ONNX Runtime");
}

#[cfg(unix)]
#[test]
fn an_old_one_an_unreadable_one_and_one_that_lies() {
    let folder = tempfile::tempdir().unwrap();
    let old = compile(folder.path(), &claiming("1.10.0"));
    assert_says(&old, "is ONNX Runtime 1.10.0 and 1.24 or newer is needed");
    let folder = tempfile::tempdir().unwrap();
    let unreadable = compile(folder.path(), &claiming("banana"));
    assert_says(&unreadable, "says no version that amaas can read: `banana`");
    let folder = tempfile::tempdir().unwrap();
    let lying = compile(folder.path(), &claiming("1.99.0"));
    assert_says(&lying, "is ONNX Runtime 1.99.0 but offers no API 24");
}

#[test]
fn every_place_is_listed() {
    let search = Search {
        hints: vec!["/first".into(), "/second".into()],
        beside: Some("/third".into()),
        ..Search::default()
    };
    // What the system loader finds is the machine's business.
    let mut candidates = search.candidates();
    candidates.retain(|candidate| candidate.origin != "system loader");
    let text = open(&candidates).unwrap_err().to_string();
    assert_eq!(
        text,
        format!(
            "no usable ONNX Runtime was found (hint: `/first` does not exist, hint: `/second` does not exist, beside amaas: `/third` does not exist); {REMEDY}"
        )
    );
}

#[cfg(unix)]
#[test]
fn the_file_of_an_address_is_this_program() {
    let own = file_of(every_place_is_listed as *const ());
    assert_eq!(
        own,
        std::env::current_exe().unwrap().canonicalize().unwrap()
    );
}
