//! What came of a push or pull.

use std::ffi::c_char;

use amaas_core::registry::remote::{Pulled, Pushed};

use crate::boundary::{free, read};
use crate::identity::Identity;
use crate::text::view;

/// The version that a push sent or a pull fetched.
///
/// Made by `amaas_remote_push` and `amaas_remote_pull`, owned by its caller, ended with
/// `amaas_transferred_free`. It never changes: any number of threads may read it. Everything it
/// answers with is valid until it is freed.
#[derive(Debug)]
pub struct amaas_transferred {
    identity: Identity,
    created: bool,
    blobs: usize,
    bytes: u64,
}

impl amaas_transferred {
    /// A push as C reads it.
    pub(crate) fn pushed(pushed: &Pushed) -> Self {
        Self {
            identity: Identity::new(&pushed.name, &pushed.version, &pushed.digest),
            created: pushed.created,
            blobs: pushed.blobs,
            bytes: pushed.bytes,
        }
    }

    /// A pull as C reads it.
    pub(crate) fn pulled(pulled: &Pulled) -> Self {
        Self {
            identity: Identity::new(&pulled.name, &pulled.version, &pulled.digest),
            created: pulled.created,
            blobs: pulled.blobs,
            bytes: pulled.bytes,
        }
    }
}

/// The model's name; NULL for NULL.
///
/// # Safety
/// `transferred` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_transferred_name(
    transferred: *const amaas_transferred,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe { view(transferred, |transferred| Some(&transferred.identity.name)) }
}

/// The version, as `1.2.0`; NULL for NULL.
///
/// # Safety
/// `transferred` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_transferred_version(
    transferred: *const amaas_transferred,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe {
        view(transferred, |transferred| {
            Some(&transferred.identity.version)
        })
    }
}

/// The digest of the package, which is the same here and there, as `sha256:` and 64 hexadecimal
/// digits; NULL for NULL.
///
/// # Safety
/// `transferred` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_transferred_digest(
    transferred: *const amaas_transferred,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe {
        view(transferred, |transferred| {
            Some(&transferred.identity.digest)
        })
    }
}

/// Whether the version was new where it went; false when it was there already, and for NULL.
///
/// # Safety
/// `transferred` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_transferred_created(transferred: *const amaas_transferred) -> bool {
    // SAFETY: the caller's promise.
    unsafe { read(transferred, false, |transferred| Some(transferred.created)) }
}

/// How many blobs were moved, the others were there; 0 for NULL.
///
/// # Safety
/// `transferred` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_transferred_blobs(transferred: *const amaas_transferred) -> usize {
    // SAFETY: the caller's promise.
    unsafe { read(transferred, 0, |transferred| Some(transferred.blobs)) }
}

/// How many bytes of blobs were moved; 0 for NULL.
///
/// # Safety
/// `transferred` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_transferred_bytes(transferred: *const amaas_transferred) -> u64 {
    // SAFETY: the caller's promise.
    unsafe { read(transferred, 0, |transferred| Some(transferred.bytes)) }
}

/// Ends it, with all it answered with; NULL is allowed.
///
/// # Safety
/// `transferred` is NULL or live, and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_transferred_free(transferred: *mut amaas_transferred) {
    // SAFETY: the caller's promise.
    unsafe { free(transferred) };
}
