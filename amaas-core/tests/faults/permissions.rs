//! A registry that belongs to somebody else, seen by a process that may only read it.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::child::{ANSWER, OPERATION, ROOT};
use crate::operations::OPERATIONS;
use crate::remote::{self, PORT};

/// To whom nothing belongs. What may be written, root may write whatever its permissions are.
const NOBODY: u32 = 65534;

#[test]
fn what_may_only_be_read_is_read_and_writing_says_why_not() {
    let home = TempDir::new().unwrap();
    fs::set_permissions(home.path(), Permissions::from_mode(0o777)).unwrap();
    let program = home.path().join("program");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let root = home.path().join("models");
    for operation in OPERATIONS.iter().filter(|one| one.name != "create") {
        let _none_yet = fs::remove_dir_all(&root);
        (operation.prepare)(&root).unwrap();
        permit(&root, 0o555, 0o444);
        let expected = if operation.name == "read" {
            "done"
        } else {
            "refused"
        };
        assert_eq!(
            run(&program, operation.name, &root),
            expected,
            "{}",
            operation.name
        );
        permit(&root, 0o755, 0o644);
        (operation.run)(&root).unwrap();
    }
}

fn run(program: &Path, operation: &str, root: &Path) -> String {
    let answer = root.with_file_name("answer");
    let _none_yet = fs::remove_file(&answer);
    let mut command = Command::new(program);
    command.args(["--exact", "child::child", "--ignored", "--quiet"]);
    command
        .env(OPERATION, operation)
        .env(ROOT, root)
        .env(ANSWER, &answer)
        .env(PORT, remote::port().to_string());
    if fs::metadata("/proc/self").unwrap().uid() == 0 {
        command.uid(NOBODY).gid(NOBODY);
    }
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    assert!(status.unwrap().success());
    fs::read_to_string(answer).unwrap()
}

fn permit(folder: &Path, folders: u32, files: u32) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            permit(&entry.path(), folders, files);
        } else if kind.is_file() {
            fs::set_permissions(entry.path(), Permissions::from_mode(files)).unwrap();
        }
    }
    fs::set_permissions(folder, Permissions::from_mode(folders)).unwrap();
}
