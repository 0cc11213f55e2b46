//! How a package is stored: for whose eyes, and who vouches for it.

use std::ffi::c_char;

use amaas_core::Result;
use amaas_core::privacy::{Recipients, Signer};
use amaas_core::service::PublishOptions;

use crate::arguments::{Place, name, object, object_mut};
use crate::boundary::{call, free, give};
use crate::error::amaas_error;
use crate::published::amaas_published;
use crate::service::amaas_service;
use crate::status::amaas_status;

/// Options of `amaas_service_publish_with`.
///
/// Made by `amaas_publish_options_new`, owned by its caller, ended with
/// `amaas_publish_options_free`. Used by one thread at a time.
#[derive(Debug, Default)]
pub struct amaas_publish_options {
    recipients: Option<Recipients>,
    signed: PublishOptions,
}

impl amaas_publish_options {
    fn add(&mut self, more: Recipients) -> Result<()> {
        self.recipients = Some(match self.recipients.clone() {
            Some(those) => those.and(more)?,
            None => more,
        });
        Ok(())
    }

    fn options(&self) -> PublishOptions {
        let signed = self.signed.clone();
        match self.recipients.clone() {
            Some(recipients) => signed.encrypted_for(recipients),
            None => signed,
        }
    }
}

/// Applies `set` to options.
///
/// # Safety
/// `options` is NULL or live and used by nobody else; `error` is NULL or can be written to.
unsafe fn set(
    options: *mut amaas_publish_options,
    error: *mut *mut amaas_error,
    set: impl FnOnce(&mut amaas_publish_options) -> Result<()>,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe { call(error, || set(object_mut(options, "options")?)) }
}

/// Makes options with nothing set: the package is stored in the clear, and nobody vouches for it. The
/// caller owns `out`.
///
/// # Safety
/// `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_publish_options_new(
    out: *mut *mut amaas_publish_options,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    let make = || unsafe {
        Place::new(out, "out")?.write(give(amaas_publish_options::default()));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, make) }
}

/// Encrypts the package for the holder of the identity that belongs to `recipient`, an X25519 key as
/// `age1…`, beside those that were added before.
///
/// # Safety
/// `options` is live and used by no other thread, `recipient` ends in NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_publish_options_add_recipient(
    options: *mut amaas_publish_options,
    recipient: *const c_char,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    unsafe {
        set(options, error, |options| {
            options.add(Recipients::keys([name(recipient, "recipient")?])?)
        })
    }
}

/// Encrypts the package for whoever knows this passphrase, which may be the only one and stands beside
/// no recipient.
///
/// # Safety
/// `options` is live and used by no other thread, `passphrase` ends in NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_publish_options_set_passphrase(
    options: *mut amaas_publish_options,
    passphrase: *const c_char,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    unsafe {
        set(options, error, |options| {
            options.add(Recipients::passphrase(name(passphrase, "passphrase")?))
        })
    }
}

/// Signs the package with a private key of P-256, the text of a PEM file without a passphrase, and
/// this generation: a number that grows from version to version of a model; 0 signs none.
///
/// # Safety
/// `options` is live and used by no other thread, `key` ends in NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_publish_options_set_signer(
    options: *mut amaas_publish_options,
    key: *const c_char,
    generation: u64,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    unsafe {
        set(options, error, |options| {
            let signer = Signer::from_pem(name(key, "key")?)?.generation(generation);
            options.signed = options.signed.clone().signed_by(signer);
            Ok(())
        })
    }
}

/// Ends options; NULL is allowed.
///
/// # Safety
/// `options` is NULL or live, and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_publish_options_free(options: *mut amaas_publish_options) {
    // SAFETY: the caller's promise.
    unsafe { free(options) };
}

/// As `amaas_service_publish`, with a say in how the package is stored.
///
/// # Safety
/// `service` and `options` are live, `path` ends in NUL, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_publish_with(
    service: *const amaas_service,
    path: *const c_char,
    options: *const amaas_publish_options,
    out: *mut *mut amaas_published,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let publish = || unsafe {
        let (service, out) = (&object(service, "service")?.0, Place::new(out, "out")?);
        let (path, options) = (name(path, "path")?, object(options, "options")?.options());
        let published = service.publish_with(path, &options)?;
        out.write(give(amaas_published::new(&published)));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, publish) }
}
