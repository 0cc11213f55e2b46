//! SQLite's errors in the terms of amaas.
//!
//! The trap: SQLite takes a page that the disk fails to read for damage, and a lock that the disk
//! fails to give for one that another holds.

use std::path::Path;

use rusqlite::ErrorCode;

use crate::{Error, ErrorKind};

/// What SQLite ended with while `doing` something to the ledger at `path`.
pub(super) fn fault(path: &Path, doing: &str, cause: rusqlite::Error) -> Error {
    let (kind, remedy) = match cause.sqlite_error_code() {
        // What amaas asks is always the same: where that makes no sense, the tables are at fault.
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase | ErrorCode::Unknown) => (
            ErrorKind::Corrupt,
            "check the disk; restore it from a good copy, or name another file",
        ),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => (
            ErrorKind::Overloaded,
            "retry when the process that holds it has ended its work",
        ),
        Some(ErrorCode::DiskFull) => (ErrorKind::Io, "make room on its disk"),
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => (
            ErrorKind::Io,
            "let this process write the file and its folder",
        ),
        Some(ErrorCode::CannotOpen) => (
            ErrorKind::Io,
            "name a file in a folder that is there and may be written",
        ),
        Some(ErrorCode::SystemIoFailure | ErrorCode::FileLockingProtocolFailed) => (
            ErrorKind::Io,
            "check the disk; a ledger lies on one of this machine",
        ),
        Some(ErrorCode::OutOfMemory) => (ErrorKind::Io, "give the process more memory"),
        Some(_) => (ErrorKind::Internal, "please report this"),
        None => (ErrorKind::Corrupt, "restore it from a good copy"),
    };
    let message = format!("the ledger `{}` cannot be {doing}", path.display());
    Error::new(kind, message).because(cause).advise(remedy)
}

/// A value in the ledger that nobody wrote there.
pub(super) fn damaged(path: &Path, what: &str) -> Error {
    let message = format!(
        "the ledger `{}` holds a {what} that is none",
        path.display()
    );
    Error::new(ErrorKind::Corrupt, message).advise("restore it from a good copy")
}
