//! What a check of versions found.

use std::ffi::c_char;

use amaas_core::registry::{Damage, Needed, Resolved, VerifyReport};
use amaas_core::service::{Checked, Verified};

use crate::boundary::{free, read};
use crate::error::amaas_error;
use crate::identity::Identity;
use crate::text::{Text, view};

/// What a check found: blobs that are damaged, and versions that must not serve.
///
/// Made by `amaas_service_verify…`, owned by its caller, ended with `amaas_verification_free`. It
/// never changes: any number of threads may read it. Everything it answers with, errors included,
/// belongs to it and is valid until it is freed. Damages, versions and who needs a blob are
/// counted from 0.
#[derive(Debug)]
pub struct amaas_verification {
    blobs: u64,
    bytes: u64,
    damages: Vec<Damaged>,
    versions: Vec<Version>,
}

#[derive(Debug)]
struct Damaged {
    digest: Text,
    error: amaas_error,
    needed_by: Vec<Text>,
}

#[derive(Debug)]
struct Version {
    identity: Identity,
    golden: usize,
    error: Option<amaas_error>,
}

impl amaas_verification {
    /// One version that was loaded.
    pub(crate) fn of_version(checked: &Checked) -> Self {
        Self {
            blobs: 0,
            bytes: 0,
            damages: Vec::new(),
            versions: vec![Version::checked(checked)],
        }
    }

    /// The blobs alone.
    pub(crate) fn of_store(report: &VerifyReport) -> Self {
        Self {
            blobs: report.blobs,
            bytes: report.bytes,
            damages: report.damaged.iter().map(Damaged::new).collect(),
            versions: report.versions.iter().map(Version::found).collect(),
        }
    }

    /// The blobs, and every version loaded.
    pub(crate) fn of_all(verified: &Verified) -> Self {
        Self {
            versions: verified.versions.iter().map(Version::checked).collect(),
            ..Self::of_store(&verified.store)
        }
    }

    fn is_good(&self) -> bool {
        self.damages.is_empty() && self.versions.iter().all(|version| version.error.is_none())
    }
}

impl Damaged {
    fn new(damage: &Damage) -> Self {
        let needed_by = damage.needed_by.iter().map(Needed::to_string);
        Self {
            digest: Text::new(damage.digest.to_string()),
            error: amaas_error::new(&damage.error),
            needed_by: needed_by.map(Text::new).collect(),
        }
    }
}

impl Version {
    fn checked(one: &Checked) -> Self {
        Self {
            identity: Identity::new(&one.name, &one.version, &one.digest),
            golden: one.golden,
            error: one.error.as_ref().map(amaas_error::new),
        }
    }

    fn found(one: &Resolved) -> Self {
        Self {
            identity: Identity::new(&one.name, &one.version, &one.digest),
            golden: 0,
            error: None,
        }
    }
}

/// Whether nothing is damaged and every version that was loaded answered as its golden examples
/// say; false for NULL.
///
/// # Safety
/// `verification` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_verification_is_good(
    verification: *const amaas_verification,
) -> bool {
    // SAFETY: the caller's promise.
    unsafe {
        read(verification, false, |verification| {
            Some(verification.is_good())
        })
    }
}

/// How many blobs were looked at, the damaged ones included; 0 for NULL.
///
/// # Safety
/// `verification` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_verification_blobs(verification: *const amaas_verification) -> u64 {
    // SAFETY: the caller's promise.
    unsafe { read(verification, 0, |verification| Some(verification.blobs)) }
}

/// How many bytes these should have; 0 for NULL.
///
/// # Safety
/// `verification` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_verification_bytes(verification: *const amaas_verification) -> u64 {
    // SAFETY: the caller's promise.
    unsafe { read(verification, 0, |verification| Some(verification.bytes)) }
}

/// How many blobs are missing or damaged; 0 for NULL.
///
/// # Safety
/// `verification` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_verification_damage_count(
    verification: *const amaas_verification,
) -> usize {
    // SAFETY: the caller's promise.
    unsafe {
        read(verification, 0, |verification| {
            Some(verification.damages.len())
        })
    }
}

/// The digest of a damaged blob, as `sha256:…`; NULL where there is none and for NULL.
///
/// # Safety
/// `verification` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_verification_damage_digest(
    verification: *const amaas_verification,
    index: usize,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe {
        view(verification, |verification| {
            Some(&verification.damages.get(index)?.digest)
        })
    }
}

/// What is wrong with a blob; NULL where there is none and for NULL. It belongs to the
/// verification: it is not freed.
///
/// # Safety
/// `verification` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_verification_damage_error(
    verification: *const amaas_verification,
    index: usize,
) -> *const amaas_error {
    // SAFETY: the caller's promise.
    unsafe {
        read(verification, std::ptr::null(), |verification| {
            Some(&raw const verification.damages.get(index)?.error)
        })
    }
}

/// How many versions need a damaged blob; 0 where there is none and for NULL.
///
/// # Safety
/// `verification` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_verification_damage_needed_count(
    verification: *const amaas_verification,
    index: usize,
) -> usize {
    // SAFETY: the caller's promise.
    unsafe {
        read(verification, 0, |verification| {
            Some(verification.damages.get(index)?.needed_by.len())
        })
    }
}

/// Who needs a damaged blob: `name@version`, or `name` where it is the index of a model; NULL where
/// there is none and for NULL.
///
/// # Safety
/// `verification` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_verification_damage_needed(
    verification: *const amaas_verification,
    index: usize,
    needed: usize,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe {
        view(verification, |verification| {
            verification.damages.get(index)?.needed_by.get(needed)
        })
    }
}

/// How many versions were found; 0 for NULL.
///
/// # Safety
/// `verification` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_verification_version_count(
    verification: *const amaas_verification,
) -> usize {
    // SAFETY: the caller's promise.
    unsafe {
        read(verification, 0, |verification| {
            Some(verification.versions.len())
        })
    }
}

/// The model of a version; NULL where there is none and for NULL.
///
/// # Safety
/// `verification` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_verification_version_model(
    verification: *const amaas_verification,
    index: usize,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe {
        view(verification, |verification| {
            Some(&verification.versions.get(index)?.identity.name)
        })
    }
}

/// A version, as `1.2.0`; NULL where there is none and for NULL.
///
/// # Safety
/// `verification` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_verification_version(
    verification: *const amaas_verification,
    index: usize,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe {
        view(verification, |verification| {
            Some(&verification.versions.get(index)?.identity.version)
        })
    }
}

/// The digest of a version, as `sha256:…`; NULL where there is none and for NULL.
///
/// # Safety
/// `verification` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_verification_version_digest(
    verification: *const amaas_verification,
    index: usize,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe {
        view(verification, |verification| {
            Some(&verification.versions.get(index)?.identity.digest)
        })
    }
}

/// How many golden examples a version has; 0 where that cannot be read, where it was not loaded,
/// where there is none and for NULL.
///
/// # Safety
/// `verification` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_verification_version_golden(
    verification: *const amaas_verification,
    index: usize,
) -> usize {
    // SAFETY: the caller's promise.
    unsafe {
        read(verification, 0, |verification| {
            Some(verification.versions.get(index)?.golden)
        })
    }
}

/// Why a version must not serve; NULL for one that may, for one that was not loaded, where there is
/// none and for NULL. It belongs to the verification: it is not freed.
///
/// # Safety
/// `verification` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_verification_version_error(
    verification: *const amaas_verification,
    index: usize,
) -> *const amaas_error {
    // SAFETY: the caller's promise.
    unsafe {
        read(verification, std::ptr::null(), |verification| {
            Some(std::ptr::from_ref(
                verification.versions.get(index)?.error.as_ref()?,
            ))
        })
    }
}

/// Ends a verification, with all it answered with; NULL is allowed.
///
/// # Safety
/// `verification` is NULL or live, and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_verification_free(verification: *mut amaas_verification) {
    // SAFETY: the caller's promise.
    unsafe { free(verification) };
}
