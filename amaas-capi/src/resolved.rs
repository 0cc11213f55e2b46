//! Which version a reference selects, and what is to be known of it.

use std::ffi::c_char;

use amaas_core::registry::{Notice, Resolved};

use crate::boundary::{free, read};
use crate::identity::Identity;
use crate::text::{Text, view};

/// What there is to know of a version that does not keep it from being used: one of
/// `AMAAS_NOTICE_…`. Later releases may add numbers.
pub type amaas_notice = i32;
/// Nothing, or nothing that this release has a number for: read the text.
pub const AMAAS_NOTICE_NONE: amaas_notice = 0;
/// It was withdrawn: no range picks it; its version, an alias and its digest do.
pub const AMAAS_NOTICE_YANKED: amaas_notice = 1;
/// It is a pre-release: no range picks it that does not name one of its number.
pub const AMAAS_NOTICE_PRE_RELEASE: amaas_notice = 2;

/// The version that a reference selected when it was asked.
///
/// Made by `amaas_service_resolve` and `amaas_remote_resolve`, owned by its caller, ended with
/// `amaas_resolved_free`. It never changes: any number of threads may read it. Everything it
/// answers with is valid until it is freed. Notices are counted from 0.
#[derive(Debug)]
pub struct amaas_resolved {
    identity: Identity,
    notices: Vec<(amaas_notice, Text)>,
}

impl amaas_resolved {
    /// A version as C reads it.
    pub(crate) fn new(resolved: &Resolved) -> Self {
        let notice = |notice: &Notice| (number(notice), Text::new(notice.to_string()));
        Self {
            identity: Identity::new(&resolved.name, &resolved.version, &resolved.digest),
            notices: resolved.notices.iter().map(notice).collect(),
        }
    }
}

fn number(notice: &Notice) -> amaas_notice {
    match notice {
        Notice::Yanked(_) => AMAAS_NOTICE_YANKED,
        Notice::PreRelease => AMAAS_NOTICE_PRE_RELEASE,
        _ => AMAAS_NOTICE_NONE,
    }
}

/// The model's name; NULL for NULL.
///
/// # Safety
/// `resolved` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_resolved_name(resolved: *const amaas_resolved) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe { view(resolved, |resolved| Some(&resolved.identity.name)) }
}

/// The version, as `1.2.0`; NULL for NULL.
///
/// # Safety
/// `resolved` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_resolved_version(resolved: *const amaas_resolved) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe { view(resolved, |resolved| Some(&resolved.identity.version)) }
}

/// The digest of the package, as `sha256:` and 64 hexadecimal digits; NULL for NULL.
///
/// # Safety
/// `resolved` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_resolved_digest(resolved: *const amaas_resolved) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe { view(resolved, |resolved| Some(&resolved.identity.digest)) }
}

/// How many notices there are, mostly none; 0 for NULL.
///
/// # Safety
/// `resolved` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_resolved_notice_count(resolved: *const amaas_resolved) -> usize {
    // SAFETY: the caller's promise.
    unsafe { read(resolved, 0, |resolved| Some(resolved.notices.len())) }
}

/// What a notice is about; `AMAAS_NOTICE_NONE` where there is none and for NULL.
///
/// # Safety
/// `resolved` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_resolved_notice(
    resolved: *const amaas_resolved,
    index: usize,
) -> amaas_notice {
    // SAFETY: the caller's promise.
    unsafe {
        read(resolved, AMAAS_NOTICE_NONE, |resolved| {
            Some(resolved.notices.get(index)?.0)
        })
    }
}

/// A notice for a person to read, with the time and reason of a yank; NULL where there is none and
/// for NULL.
///
/// # Safety
/// `resolved` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_resolved_notice_text(
    resolved: *const amaas_resolved,
    index: usize,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe { view(resolved, |resolved| Some(&resolved.notices.get(index)?.1)) }
}

/// Ends it, with all it answered with; NULL is allowed.
///
/// # Safety
/// `resolved` is NULL or live, and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_resolved_free(resolved: *mut amaas_resolved) {
    // SAFETY: the caller's promise.
    unsafe { free(resolved) };
}
