//! Exit codes: what a script branches on.
//!
//! ```
//! use amaas_cli::exit;
//! use amaas_core::ErrorKind;
//!
//! assert_eq!(exit::code(ErrorKind::NotFound), 3);
//! ```
//!
//! The trap: 2 says that the call is wrong, whoever found it: the reader of the arguments or the
//! engine.

use std::fmt::Write as _;

use amaas_core::ErrorKind;

/// All went well.
pub const SUCCESS: u8 = 0;
/// The command did its work, and what it looked at is not in order.
pub const FOUND_FAULTS: u8 = 1;
/// The arguments cannot be read.
pub const USAGE: u8 = 2;
/// A bug, or an error that this table does not know.
pub const INTERNAL: u8 = 70;

/// The codes of errors: number, meaning, kinds.
pub const CODES: &[(u8, &str, &[ErrorKind])] = &[
    (
        USAGE,
        "the call is wrong",
        &[ErrorKind::InvalidArgument, ErrorKind::InputTooLong],
    ),
    (
        3,
        "nothing is there under this name",
        &[ErrorKind::NotFound],
    ),
    (
        4,
        "the version is there with other content",
        &[ErrorKind::AlreadyExists],
    ),
    (
        5,
        "the package or its model is at fault",
        &[
            ErrorKind::InvalidPackage,
            ErrorKind::LoadFailed,
            ErrorKind::GoldenMismatch,
        ],
    ),
    (6, "stored bytes are damaged", &[ErrorKind::Corrupt]),
    (
        7,
        "no ONNX Runtime, or not the device",
        &[ErrorKind::RuntimeUnavailable, ErrorKind::DeviceUnavailable],
    ),
    (
        8,
        "the model was run and failed",
        &[ErrorKind::InferenceFailed],
    ),
    (
        9,
        "not now: read the present state, or try again later",
        &[
            ErrorKind::Conflict,
            ErrorKind::AliasConflict,
            ErrorKind::Overloaded,
            ErrorKind::DeadlineExceeded,
            ErrorKind::RemoteUnavailable,
            ErrorKind::QuotaExceeded,
            ErrorKind::BudgetExhausted,
        ],
    ),
    (
        10,
        "this build or this model cannot do that",
        &[ErrorKind::Unsupported],
    ),
    (11, "the operating system refused", &[ErrorKind::Io]),
    (
        12,
        "the remote wants other credentials",
        &[ErrorKind::AccessDenied],
    ),
    (
        13,
        "encrypted for others, or not signed by whom this service trusts",
        &[ErrorKind::KeyDenied, ErrorKind::Untrusted],
    ),
    (
        INTERNAL,
        "a bug in amaas: please report it",
        &[ErrorKind::Internal, ErrorKind::Closed],
    ),
    (130, "interrupted", &[ErrorKind::Cancelled]),
];

/// The exit code of an error.
pub fn code(kind: ErrorKind) -> u8 {
    CODES
        .iter()
        .find(|(_, _, kinds)| kinds.contains(&kind))
        .map_or(INTERNAL, |(code, ..)| *code)
}

/// The table as `amaas --help` prints it.
pub(crate) fn help() -> String {
    let mut text = String::from(
        "Example:\n  amaas publish models/sentiment/1.1.0 && amaas run sentiment 'I loved it'\n\n\
         Exit codes:\n    0  all went well\n    1  what was looked at is not in order (doctor, verify)\n",
    );
    for (code, meaning, kinds) in CODES {
        let names: Vec<_> = kinds.iter().map(|kind| kind.name()).collect();
        let _ = writeln!(text, "  {code:>3}  {meaning} ({})", names.join(", "));
    }
    text.truncate(text.trim_end().len());
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = include_str!("../../amaas-core/src/error.rs");

    /// Every kind's name, read where the kinds are declared: a new one fails here.
    #[test]
    fn every_kind_has_exactly_one_code() {
        let kinds = SOURCE.split("impl ErrorKind").nth(1).unwrap_or_default();
        let kinds = kinds.split("\nimpl ").next().unwrap_or_default();
        let names: Vec<_> = kinds
            .lines()
            .filter_map(|line| line.trim().strip_prefix("Self::")?.split_once(" => \""))
            .map(|(_, rest)| rest.trim_end_matches("\","))
            .collect();
        assert!(names.contains(&"internal"), "{names:?}");
        let mut known: Vec<_> = CODES
            .iter()
            .flat_map(|(_, _, kinds)| kinds.iter().map(|kind| kind.name()))
            .collect();
        let mut expected = names.clone();
        known.sort_unstable();
        expected.sort_unstable();
        assert_eq!(known, expected, "give each kind of error one exit code");
    }

    #[test]
    fn codes_are_in_order_and_distinct() {
        assert!(CODES.is_sorted_by(|(one, ..), (other, ..)| one < other));
    }
}
