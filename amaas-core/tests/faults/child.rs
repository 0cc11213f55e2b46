//! The process in which an operation runs, between two calls that can be told from all others.
//!
//! The trap: calls are counted by name and thread, and the harness has threads of its own, which
//! open and read files too. So this one first makes more such calls than they ever do.

use std::fs::{self, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use amaas_core::{Error, ErrorKind};

use crate::operations::OPERATIONS;
use crate::remote::{self, PORT};

pub(crate) const OPERATION: &str = "AMAAS_TEST_OPERATION";
pub(crate) const ROOT: &str = "AMAAS_TEST_REGISTRY";
pub(crate) const ANSWER: &str = "AMAAS_TEST_ANSWER";
/// No calls but those of all operations.
pub(crate) const MORE_CALLS: &str = "";
const AHEAD: usize = 20;
/// Paths at which nothing is.
pub(crate) const BEGIN: &str = "/the-operation-begins";
pub(crate) const END: &str = "/the-operation-ends";

#[test]
#[ignore = "run by the test of the table, in a process of its own"]
fn child() {
    let name = std::env::var(OPERATION).unwrap();
    let root = PathBuf::from(std::env::var_os(ROOT).unwrap());
    let operation = OPERATIONS.iter().find(|one| one.name == name).unwrap();
    (0..AHEAD).for_each(|_| go_ahead(&root));
    let _nothing = fs::symlink_metadata(BEGIN);
    let ran = (operation.run)(&root);
    let _nothing = fs::symlink_metadata(END);
    let answer = ran.map_or_else(|error| fault(&error), |()| "done".to_owned());
    fs::write(std::env::var_os(ANSWER).unwrap(), answer).unwrap();
}

/// What a child is told besides.
pub(crate) fn environment() -> [(&'static str, String); 1] {
    [(PORT, remote::port().to_string())]
}

/// Makes one call of each kind that the harness makes as well.
fn go_ahead(root: &Path) {
    let mut options = OpenOptions::new();
    let mut nothing = options.read(true).write(true).open("/dev/null").unwrap();
    nothing.write_all(b"-").unwrap();
    nothing.read_to_end(&mut Vec::new()).unwrap();
    fs::read_dir(root.parent().unwrap()).unwrap().for_each(drop);
}

/// What is wrong with the error; nothing, where it says all that it should.
fn fault(error: &Error) -> String {
    let is_right = error.kind() == ErrorKind::Io
        && std::error::Error::source(error).is_some()
        && error.remedy().is_some()
        && names_a_path(error);
    match is_right {
        true => "refused".to_owned(),
        false => error.report(),
    }
}

fn names_a_path(error: &Error) -> bool {
    let mut context = error.context();
    error.message().contains("`/") || context.any(|(_, value)| value.starts_with('/'))
}
