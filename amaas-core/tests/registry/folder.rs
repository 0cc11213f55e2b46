//! Packages on disk: folders, bare files, and what must not be read.

use std::fs;
use std::path::Path;

use amaas_core::ErrorKind;
use amaas_core::model::Package;
use amaas_core::registry::read_package;
use tempfile::TempDir;

use crate::support::{Home, graph, package, text};

fn write(package: &Package, folder: &Path) {
    for (path, file) in &package.files {
        let path = folder.join(path.as_str());
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, file.bytes()).unwrap();
    }
}

fn refused(path: &Path, kind: ErrorKind, part: &str) {
    let error = read_package(path).unwrap_err();
    assert_eq!(error.kind(), kind, "{error}");
    assert!(error.report().contains(part), "{}", error.report());
    assert!(error.remedy().is_some(), "{error}");
}

#[test]
fn a_folder_has_the_address_it_is_published_under() {
    let (home, folder) = (Home::new(), TempDir::new().unwrap());
    let given = package("ner", "1.0.0");
    write(&given, folder.path());
    fs::write(folder.path().join("notes.txt"), "not named, not read").unwrap();
    let read = read_package(folder.path()).unwrap();
    assert_eq!(read.digest, given.digest);
    assert_eq!(home.registry.publish(&read).unwrap().digest, read.digest);
    assert!(!read.files.contains_key(&"notes.txt".parse().unwrap()));
}

#[test]
fn a_bare_file_is_a_package_too() {
    let (home, folder) = (Home::new(), TempDir::new().unwrap());
    let file = folder.path().join("Tiny Net.onnx");
    fs::write(&file, graph(&["tiny.data"])).unwrap();
    fs::write(folder.path().join("tiny.data"), [1, 2, 3]).unwrap();
    let bare = read_package(&file).unwrap();
    assert_eq!(bare.manifest.package.name.as_str(), "tiny-net");
    assert_eq!(bare.graph().unwrap().weights.len(), 1);

    let same = TempDir::new().unwrap();
    write(&bare, same.path());
    assert_eq!(read_package(same.path()).unwrap().digest, bare.digest);
    assert_eq!(home.registry.publish(&bare).unwrap().digest, bare.digest);
}

#[test]
fn a_graph_in_a_subfolder_finds_its_weights_beside_it() {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("onnx")).unwrap();
    let manifest = format!(
        "{}\n[model]\nfile = \"onnx/net.onnx\"\n",
        text("net", "1.0.0")
    );
    fs::write(folder.path().join("amaas.toml"), manifest).unwrap();
    fs::write(folder.path().join("onnx/net.onnx"), graph(&["w.bin"])).unwrap();
    fs::write(folder.path().join("onnx/w.bin"), [1]).unwrap();
    let read = read_package(folder.path()).unwrap();
    assert!(read.files.contains_key(&"onnx/w.bin".parse().unwrap()));
}

#[test]
fn what_is_missing_or_wrong_is_named() {
    let home = TempDir::new().unwrap();
    let folder = home.path();
    refused(&folder.join("none"), ErrorKind::NotFound, "none");
    refused(folder, ErrorKind::InvalidPackage, "amaas.toml");
    fs::write(folder.join("amaas.toml"), text("ner", "1.0.0")).unwrap();
    refused(folder, ErrorKind::InvalidPackage, "model.onnx");
    fs::write(folder.join("model.onnx"), "no model").unwrap();
    refused(folder, ErrorKind::InvalidPackage, "not an ONNX model");
    fs::write(folder.join("model.onnx"), graph(&["weights.bin"])).unwrap();
    refused(folder, ErrorKind::InvalidPackage, "weights.bin");
    fs::create_dir(folder.join("weights.bin")).unwrap();
    refused(folder, ErrorKind::InvalidPackage, "no regular file");
    refused(
        &folder.join("amaas.toml"),
        ErrorKind::InvalidArgument,
        "`.onnx`",
    );
    fs::write(folder.join("amaas.toml"), [0xff]).unwrap();
    refused(folder, ErrorKind::InvalidPackage, "UTF-8");
    fs::write(folder.join("amaas.toml"), vec![b' '; 3 << 20]).unwrap();
    refused(folder, ErrorKind::InvalidPackage, "limit");
}

#[test]
fn weights_outside_the_folder_are_not_read() {
    for location in [
        "../secret",
        "/etc/passwd",
        "a/../../secret",
        "..\\secret",
        "c:secret",
        "",
        "*/_ORT_MEM_ADDR_/*",
    ] {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("net.onnx"), graph(&[location])).unwrap();
        refused(
            &folder.path().join("net.onnx"),
            ErrorKind::InvalidPackage,
            "outside",
        );
    }
}

#[cfg(unix)]
#[test]
fn links_are_followed_inside_the_folder_only() {
    use std::os::unix::fs::symlink;
    let home = TempDir::new().unwrap();
    let folder = home.path().join("package");
    fs::create_dir(&folder).unwrap();
    fs::write(home.path().join("secret"), "key").unwrap();
    fs::write(folder.join("amaas.toml"), text("ner", "1.0.0")).unwrap();
    fs::write(folder.join("model.onnx"), graph(&["weights.bin"])).unwrap();
    fs::write(folder.join("real.bin"), [1]).unwrap();

    symlink("real.bin", folder.join("weights.bin")).unwrap();
    read_package(&folder).unwrap();
    for target in ["../secret", "/dev/zero", "/dev/stdin"] {
        fs::remove_file(folder.join("weights.bin")).unwrap();
        symlink(target, folder.join("weights.bin")).unwrap();
        refused(&folder, ErrorKind::InvalidPackage, "leads out");
    }
    fs::remove_file(folder.join("weights.bin")).unwrap();
    symlink("weights.bin", folder.join("weights.bin")).unwrap();
    refused(&folder, ErrorKind::Io, "weights.bin");
}

#[cfg(unix)]
#[test]
fn a_pipe_is_not_opened() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("amaas.toml"), text("ner", "1.0.0")).unwrap();
    let pipe = folder.path().join("model.onnx");
    assert!(
        std::process::Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    refused(folder.path(), ErrorKind::InvalidPackage, "no regular file");
}
