//! How an alias was moved.

use std::ffi::c_char;

use amaas_core::registry::AliasChange;

use crate::boundary::{free, read};
use crate::text::{Text, view};
use crate::time::seconds;

/// The moves of an alias, the oldest first, up to the last 4,096, as they were when it was asked.
///
/// Made by `amaas_service_alias_history`, owned by its caller, ended with
/// `amaas_alias_history_free`. It never changes: any number of threads may read it. Everything it
/// answers with is valid until it is freed. Moves are counted from 0.
#[derive(Debug)]
pub struct amaas_alias_history(Vec<Move>);

#[derive(Debug)]
struct Move {
    version: Option<Text>,
    at: i64,
    reason: Option<Text>,
    rollback: bool,
}

impl amaas_alias_history {
    /// A history as C reads it.
    pub(crate) fn new(changes: &[AliasChange]) -> Self {
        let one = |change: &AliasChange| Move {
            version: (change.version.as_ref()).map(|version| Text::new(version.to_string())),
            at: seconds(change.at),
            reason: change.reason.clone().map(Text::new),
            rollback: change.rollback,
        };
        Self(changes.iter().map(one).collect())
    }
}

/// How many moves there are; 0 for NULL.
///
/// # Safety
/// `history` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_alias_history_count(history: *const amaas_alias_history) -> usize {
    // SAFETY: the caller's promise.
    unsafe { read(history, 0, |history| Some(history.0.len())) }
}

/// Where the alias pointed from then on, as `1.2.0`. NULL when it was removed, where there is no
/// such move and for NULL.
///
/// # Safety
/// `history` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_alias_history_version(
    history: *const amaas_alias_history,
    index: usize,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe { view(history, |history| history.0.get(index)?.version.as_ref()) }
}

/// When it was moved, in seconds since 1970-01-01 UTC; 0 where there is no such move and for NULL.
///
/// # Safety
/// `history` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_alias_history_at(
    history: *const amaas_alias_history,
    index: usize,
) -> i64 {
    // SAFETY: the caller's promise.
    unsafe { read(history, 0, |history| Some(history.0.get(index)?.at)) }
}

/// Why it was moved; NULL where nobody said so, where there is no such move and for NULL.
///
/// # Safety
/// `history` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_alias_history_reason(
    history: *const amaas_alias_history,
    index: usize,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe { view(history, |history| history.0.get(index)?.reason.as_ref()) }
}

/// Whether it was moved back by `amaas_service_rollback`; false where there is no such move and for
/// NULL.
///
/// # Safety
/// `history` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_alias_history_rollback(
    history: *const amaas_alias_history,
    index: usize,
) -> bool {
    // SAFETY: the caller's promise.
    unsafe {
        read(history, false, |history| {
            Some(history.0.get(index)?.rollback)
        })
    }
}

/// Ends a history, with all it answered with; NULL is allowed.
///
/// # Safety
/// `history` is NULL or live, and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_alias_history_free(history: *mut amaas_alias_history) {
    // SAFETY: the caller's promise.
    unsafe { free(history) };
}
