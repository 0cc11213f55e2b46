//! Where the keys of encrypted packages come from.
//!
//! The trap: what a callback gives is copied and wiped when the package was read; the host's own copy
//! is the host's to wipe.

use std::ffi::{c_char, c_void};

use amaas_core::privacy::{Key, KeyRequest, Keys};
use amaas_core::{Error, ErrorKind, Result};

use crate::arguments::{name, object_mut, refuse};
use crate::boundary::call;
use crate::error::amaas_error;
use crate::identity::Identity;
use crate::service_options::{amaas_service_options, set};
use crate::status::{AMAAS_STATUS_OK, amaas_status};

/// Which package a key is wanted for. Later releases may add fields at its end: `size` says how much
/// of it the library knows.
#[repr(C)]
#[derive(Debug)]
pub struct amaas_key_request {
    /// The `sizeof(amaas_key_request)` of the library.
    pub size: usize,
    /// The model.
    pub model: *const c_char,
    /// The version, as `1.2.0`.
    pub version: *const c_char,
    /// The encrypted package, as `sha256:…`.
    pub digest: *const c_char,
}

/// The keys that a callback gives. It belongs to the library, and is there while the callback runs.
#[derive(Debug, Default)]
pub struct amaas_key_ring(Vec<Key>);

/// Asked for keys to a package, with the `context` that was given along with it: it adds them to
/// `ring`, or none, and returns `AMAAS_STATUS_OK`. With another status the load ends with
/// `AMAAS_STATUS_KEY_DENIED`.
///
/// It is called on whatever thread loads, by several at once; `request` and `ring` are valid while it
/// runs. It must not throw or jump out.
pub type amaas_keys_callback = Option<
    unsafe extern "C" fn(
        context: *mut c_void,
        request: *const amaas_key_request,
        ring: *mut amaas_key_ring,
    ) -> amaas_status,
>;

/// Asks `callback` for keys, with `context`, each time an encrypted package is read; in place of what
/// was set before.
///
/// # Safety
/// `options` is live and used by no other thread. `callback` may be called with `context` from any
/// thread, also by several at once, until the options and the last service made with them are gone.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_options_set_keys(
    options: *mut amaas_service_options,
    callback: amaas_keys_callback,
    context: *mut c_void,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    unsafe {
        set(options, error, |options| {
            let missing = || refuse("callback", "is NULL", "pass a function that adds keys");
            let host = Host {
                callback: callback.ok_or_else(missing)?,
                context,
            };
            options.keys = Some(Keys::ask(move |request| host.ask(request)));
            Ok(())
        })
    }
}

/// Takes keys from the file at `path`, which holds identities as `age-keygen -o` writes them; it is
/// read anew each time an encrypted package is.
///
/// # Safety
/// `options` is live and used by no other thread, `path` ends in NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_options_set_keys_file(
    options: *mut amaas_service_options,
    path: *const c_char,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    unsafe {
        set(options, error, |options| {
            options.keys = Some(Keys::from_file(name(path, "path")?));
            Ok(())
        })
    }
}

/// Takes keys from the environment variable `variable`, one identity a line, each time an encrypted
/// package is read.
///
/// # Safety
/// `options` is live and used by no other thread, `variable` ends in NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_options_set_keys_environment(
    options: *mut amaas_service_options,
    variable: *const c_char,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    unsafe {
        set(options, error, |options| {
            options.keys = Some(Keys::from_environment(name(variable, "variable")?));
            Ok(())
        })
    }
}

/// Opens packages that were encrypted with this passphrase. It stays in memory for as long as the
/// options and the services that were made with them.
///
/// # Safety
/// `options` is live and used by no other thread, `passphrase` ends in NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_options_set_passphrase(
    options: *mut amaas_service_options,
    passphrase: *const c_char,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    unsafe {
        set(options, error, |options| {
            let key = Key::passphrase(name(passphrase, "passphrase")?);
            options.keys = Some(Keys::of(vec![key]));
            Ok(())
        })
    }
}

/// Adds the identities in `text`, one a line, as `age-keygen` writes them. The text is copied.
///
/// `AMAAS_STATUS_KEY_DENIED` when there is none.
///
/// # Safety
/// `ring` is that of a callback that runs, `text` ends in NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_key_ring_add_identities(
    ring: *mut amaas_key_ring,
    text: *const c_char,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let add = || unsafe {
        let text = name(text, "text")?;
        let keys = &mut object_mut(ring, "ring")?.0;
        keys.extend(Key::identities(text)?);
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, add) }
}

/// Adds a passphrase. The text is copied.
///
/// # Safety
/// `ring` is that of a callback that runs, `passphrase` ends in NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_key_ring_add_passphrase(
    ring: *mut amaas_key_ring,
    passphrase: *const c_char,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let add = || unsafe {
        let passphrase = name(passphrase, "passphrase")?;
        let keys = &mut object_mut(ring, "ring")?.0;
        keys.push(Key::passphrase(passphrase));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, add) }
}

/// Whom to ask.
struct Host {
    callback: unsafe extern "C" fn(
        *mut c_void,
        *const amaas_key_request,
        *mut amaas_key_ring,
    ) -> amaas_status,
    context: *mut c_void,
}

// SAFETY: the caller of `amaas_service_options_set_keys` promises that it may be called from any
// thread, also by several at once.
unsafe impl Send for Host {}
// SAFETY: as above.
unsafe impl Sync for Host {}

impl Host {
    fn ask(&self, request: &KeyRequest) -> Result<Vec<Key>> {
        let identity = Identity::new(&request.name, &request.version, &request.digest);
        let request = amaas_key_request {
            size: size_of::<amaas_key_request>(),
            model: identity.name.as_ptr(),
            version: identity.version.as_ptr(),
            digest: identity.digest.as_ptr(),
        };
        let mut ring = amaas_key_ring::default();
        // SAFETY: as above; both live until it returns.
        let status = unsafe { (self.callback)(self.context, &raw const request, &raw mut ring) };
        match status {
            AMAAS_STATUS_OK => Ok(ring.0),
            status => {
                let message = format!("the callback for keys returned the status `{status}`");
                Err(Error::new(ErrorKind::KeyDenied, message)
                    .advise("see why the host gives no key"))
            }
        }
    }
}
