//! What a publish answered with.

use std::ffi::c_char;

use amaas_core::registry::Published;

use crate::boundary::{free, read};
use crate::text::Text;

/// The version that `amaas_service_publish` stored.
///
/// Owned by its caller, ended with `amaas_published_free`. It never changes: any number of
/// threads may read it. Everything it answers with is valid until it is freed.
#[derive(Debug)]
pub struct amaas_published {
    name: Text,
    version: Text,
    digest: Text,
    created: bool,
}

impl amaas_published {
    /// A publication as C reads it.
    pub(crate) fn new(published: &Published) -> Self {
        Self {
            name: Text::new(published.name.as_str()),
            version: Text::new(published.version.to_string()),
            digest: Text::new(published.digest.to_string()),
            created: published.created,
        }
    }
}

/// The model's name; NULL for NULL.
///
/// # Safety
/// `published` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_published_name(published: *const amaas_published) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe {
        read(published, std::ptr::null(), |published| {
            Some(published.name.as_ptr())
        })
    }
}

/// The version, as `1.2.0`; NULL for NULL.
///
/// # Safety
/// `published` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_published_version(
    published: *const amaas_published,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe {
        read(published, std::ptr::null(), |published| {
            Some(published.version.as_ptr())
        })
    }
}

/// The digest of the package, as `sha256:` and 64 hexadecimal digits; NULL for NULL.
///
/// # Safety
/// `published` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_published_digest(
    published: *const amaas_published,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe {
        read(published, std::ptr::null(), |published| {
            Some(published.digest.as_ptr())
        })
    }
}

/// Whether it was new; false when the registry had this content already, and for NULL.
///
/// # Safety
/// `published` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_published_created(published: *const amaas_published) -> bool {
    // SAFETY: the caller's promise.
    unsafe { read(published, false, |published| Some(published.created)) }
}

/// Ends it, with all it answered with; NULL is allowed.
///
/// # Safety
/// `published` is NULL or live, and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_published_free(published: *mut amaas_published) {
    // SAFETY: the caller's promise.
    unsafe { free(published) };
}
