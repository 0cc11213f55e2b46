//! The process that settles receipts, between two calls that can be told from all others.
//!
//! To add an operation, add a row. Each may be repeated after an error: its receipts have keys.

use std::fs::{self, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use amaas_core::Result;
use amaas_core::usage::{Book, Commit, Filter, Ledger, LedgerOptions};

use crate::receipts::{FIRST_FORM, is_refusal, keyed};

pub(crate) const OPERATION: &str = "AMAAS_TEST_OPERATION";
pub(crate) const ROOT: &str = "AMAAS_TEST_LEDGER";
pub(crate) const ANSWER: &str = "AMAAS_TEST_ANSWER";
/// SQLite locks by this.
pub(crate) const MORE_CALLS: &str = ",fcntl";
const AHEAD: usize = 20;
/// Paths at which nothing is.
pub(crate) const BEGIN: &str = "/the-operation-begins";
pub(crate) const END: &str = "/the-operation-ends";

pub(crate) struct Operation {
    pub(crate) name: &'static str,
    /// How many receipts are there before.
    pub(crate) old: u64,
    pub(crate) prepare: fn(&Path),
    /// Works on `usage.db` in this folder, and notes there what was acknowledged.
    pub(crate) run: fn(&Path) -> Result<()>,
}

pub(crate) const OPERATIONS: [Operation; 5] = [
    Operation {
        name: "create",
        old: 0,
        prepare: |_| (),
        run: |root| Ledger::open(root.join("usage.db")).map(drop),
    },
    Operation {
        name: "settle strictly",
        old: 2,
        prepare: with_two,
        run: |root| settle(root, Commit::Strict),
    },
    Operation {
        name: "settle a group",
        old: 2,
        prepare: with_two,
        run: |root| settle(root, Commit::Grouped),
    },
    Operation {
        name: "migrate",
        old: 2,
        prepare: |path| {
            let connection = rusqlite::Connection::open(path).unwrap();
            connection.execute_batch(FIRST_FORM).unwrap();
        },
        run: |root| Ledger::open(root.join("usage.db")).map(drop),
    },
    Operation {
        name: "read",
        old: 2,
        prepare: with_two,
        run: |root| {
            let ledger = Ledger::read(root.join("usage.db"))?;
            ledger.sums(&Filter::default(), &[]).map(drop)
        },
    },
];

fn with_two(path: &Path) {
    let ledger = Ledger::open(path).unwrap();
    for key in ["one", "two"] {
        assert!(ledger.settle(keyed("acme", 2, key)).unwrap());
    }
    ledger.flush().unwrap();
}

fn settle(root: &Path, commit: Commit) -> Result<()> {
    let within = Duration::from_secs(3600); // nothing is written by another thread
    let options = LedgerOptions {
        commit,
        within,
        ..LedgerOptions::default()
    };
    let ledger = Ledger::open_with(root.join("usage.db"), options)?;
    for (count, key) in (1..).zip(["three", "four"]) {
        ledger.settle(keyed("acme", 1, key))?;
        if commit == Commit::Grouped && count == 2 {
            ledger.flush()?;
        }
        if commit == Commit::Strict || count == 2 {
            let _by_the_test = fs::write(root.join("acknowledged"), vec![b'.'; count]);
        }
    }
    Ok(())
}

/// What a child is told besides.
pub(crate) fn environment() -> [(&'static str, String); 0] {
    []
}

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
    let answer = match ran {
        Ok(()) => "done".to_owned(),
        Err(error) if is_refusal(&error) => "refused".to_owned(),
        Err(error) => error.report(),
    };
    fs::write(std::env::var_os(ANSWER).unwrap(), answer).unwrap();
}

/// Makes one call of each kind that the harness makes as well.
fn go_ahead(root: &Path) {
    let mut options = OpenOptions::new();
    let mut nothing = options.read(true).write(true).open("/dev/null").unwrap();
    nothing.write_all(b"-").unwrap();
    nothing.read_to_end(&mut Vec::new()).unwrap();
    nothing.read_at(&mut [0], 0).unwrap();
    nothing.write_at(b"-", 0).unwrap();
    drop(nothing.try_clone().unwrap()); // by `fcntl`
    fs::read_dir(root.parent().unwrap()).unwrap().for_each(drop);
}
