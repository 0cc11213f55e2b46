//! How a remote is reached.

use std::ffi::{c_char, c_void};
use std::time::Duration;

use amaas_core::Result;
use amaas_core::registry::remote::{Credentials, Remote, RemoteBuilder};
use amaas_core::runtime::Stop;

use crate::arguments::{Place, flag, name, object, object_mut, positive};
use crate::boundary::{call, free, give};
use crate::call::amaas_stop;
use crate::error::amaas_error;
use crate::status::amaas_status;
use crate::transfer::{Told, amaas_transfer_progress};

/// Options of `amaas_remote_open`.
///
/// Made by `amaas_remote_options_new`, owned by its caller, ended with
/// `amaas_remote_options_free`; a remote that was opened with it does not need it any more. Used
/// by one thread at a time.
#[derive(Debug, Default)]
pub struct amaas_remote_options {
    credentials: Option<Credentials>,
    credentials_file: Option<String>,
    certificates: Option<String>,
    plain_http: Option<bool>,
    parallel: Option<usize>,
    chunk: Option<u64>,
    limit: Option<u64>,
    silence: Option<Duration>,
    told: Option<Told>,
    stop: Option<Stop>,
}

impl amaas_remote_options {
    /// A builder for the remote at `address` that says the same.
    pub(crate) fn builder(&self, address: &str) -> RemoteBuilder {
        let mut builder = Remote::builder(address);
        if let Some(credentials) = &self.credentials {
            builder = builder.credentials(credentials.clone());
        }
        if let Some(path) = &self.credentials_file {
            builder = builder.credentials_file(path);
        }
        if let Some(path) = &self.certificates {
            builder = builder.certificates(path);
        }
        if let Some(plain) = self.plain_http {
            builder = builder.plain_http(plain);
        }
        if let Some(count) = self.parallel {
            builder = builder.parallel(count);
        }
        if let Some(bytes) = self.chunk {
            builder = builder.chunk(bytes);
        }
        if let Some(bytes) = self.limit {
            builder = builder.limit(bytes);
        }
        if let Some(longest) = self.silence {
            builder = builder.silence(longest);
        }
        if let Some(told) = self.told {
            builder = builder.on_progress(move |progress| told.tell(progress));
        }
        if let Some(stop) = self.stop.clone() {
            builder = builder.stop_when(move || stop.is_raised());
        }
        builder
    }
}

/// Applies `set` to options.
///
/// # Safety
/// `options` is NULL or live and used by nobody else; `error` is NULL or can be written to.
unsafe fn set(
    options: *mut amaas_remote_options,
    error: *mut *mut amaas_error,
    set: impl FnOnce(&mut amaas_remote_options) -> Result<()>,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe { call(error, || set(object_mut(options, "options")?)) }
}

/// Makes options with nothing set. The caller owns `out`.
///
/// # Safety
/// `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_remote_options_new(
    out: *mut *mut amaas_remote_options,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    let make = || unsafe {
        Place::new(out, "out")?.write(give(amaas_remote_options::default()));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, make) }
}

/// Sets who asks: a user with a password, or with an access token in its place. When neither this
/// nor another source is set: what `docker login` or `podman login` has left. Both are copied, and
/// appear in no error and no log.
///
/// # Safety
/// `options` is live and used by no other thread, the texts end in NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_remote_options_set_credentials(
    options: *mut amaas_remote_options,
    user: *const c_char,
    password: *const c_char,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    unsafe {
        set(options, error, |options| {
            let (user, password) = (name(user, "user")?, name(password, "password")?);
            options.credentials = Some(Credentials::new(user, password));
            Ok(())
        })
    }
}

/// Asks without credentials, whatever the files say.
///
/// # Safety
/// `options` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_remote_options_set_anonymous(
    options: *mut amaas_remote_options,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe {
        set(options, error, |options| {
            options.credentials = Some(Credentials::anonymous());
            Ok(())
        })
    }
}

/// Sets the file with credentials, in the form of Docker's `config.json`. Credentials that are set
/// go first.
///
/// # Safety
/// `options` is live and used by no other thread, `path` ends in NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_remote_options_set_credentials_file(
    options: *mut amaas_remote_options,
    path: *const c_char,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    unsafe {
        set(options, error, |options| {
            options.credentials_file = Some(name(path, "path")?.to_owned());
            Ok(())
        })
    }
}

/// Sets a file with the certificates (PEM) to trust, in place of the public authorities.
///
/// # Safety
/// `options` is live and used by no other thread, `path` ends in NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_remote_options_set_certificates(
    options: *mut amaas_remote_options,
    path: *const c_char,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    unsafe {
        set(options, error, |options| {
            options.certificates = Some(name(path, "path")?.to_owned());
            Ok(())
        })
    }
}

/// Sets whether to speak plain HTTP: 0 for no, 1 for yes. When it is not set: with
/// this machine alone, and only where no certificates are set.
///
/// # Safety
/// `options` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_remote_options_set_plain_http(
    options: *mut amaas_remote_options,
    plain: i32,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe {
        set(options, error, |options| {
            options.plain_http = Some(flag(plain, "plain")?);
            Ok(())
        })
    }
}

/// Sets how many blobs are on their way at once; at least 1, and 64 at most count. 4 when it is not
/// set.
///
/// # Safety
/// `options` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_remote_options_set_parallel(
    options: *mut amaas_remote_options,
    count: usize,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe {
        set(options, error, |options| {
            options.parallel = Some(positive(count, "count")?);
            Ok(())
        })
    }
}

/// Sets how many bytes are sent in one request; at least 1. 4 MiB when it is not set, and more
/// where the remote asks for more.
///
/// # Safety
/// `options` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_remote_options_set_chunk(
    options: *mut amaas_remote_options,
    bytes: u64,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe {
        set(options, error, |options| {
            options.chunk = Some(positive(bytes, "bytes")?);
            Ok(())
        })
    }
}

/// Sets how many bytes a package may have that is pulled; at least 1. 1 TiB when it is not set. It is
/// checked before the first blob is asked for.
///
/// # Safety
/// `options` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_remote_options_set_limit(
    options: *mut amaas_remote_options,
    bytes: u64,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe {
        set(options, error, |options| {
            options.limit = Some(positive(bytes, "bytes")?);
            Ok(())
        })
    }
}

/// Sets how many milliseconds the remote may be silent; at least 1. 30 seconds when it is not set.
///
/// # Safety
/// `options` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_remote_options_set_silence(
    options: *mut amaas_remote_options,
    milliseconds: u64,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe {
        set(options, error, |options| {
            options.silence = Some(Duration::from_millis(positive(
                milliseconds,
                "milliseconds",
            )?));
            Ok(())
        })
    }
}

/// Has `progress` called with `data`, which may be NULL, while pushes and pulls of remotes that are
/// opened with these options run. `data` must be valid until the last of them has returned.
///
/// # Safety
/// `options` is live and used by no other thread; `progress` may be called with `data` from any
/// thread, also by several at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_remote_options_set_progress(
    options: *mut amaas_remote_options,
    progress: amaas_transfer_progress,
    data: *mut c_void,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    unsafe {
        set(options, error, |options| {
            options.told = Some(Told::new(progress, data)?);
            Ok(())
        })
    }
}

/// Sets the flag that cancels: once it is raised, pushes and pulls of remotes that are opened with
/// these options end with `AMAAS_STATUS_CANCELLED`. The options keep a share of the flag, so that
/// may be freed.
///
/// # Safety
/// `options` is live and used by no other thread, `stop` is live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_remote_options_set_stop(
    options: *mut amaas_remote_options,
    stop: *const amaas_stop,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    unsafe {
        set(options, error, |options| {
            options.stop = Some(object(stop, "stop")?.0.clone());
            Ok(())
        })
    }
}

/// Ends options; NULL is allowed.
///
/// # Safety
/// `options` is NULL or live, and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_remote_options_free(options: *mut amaas_remote_options) {
    // SAFETY: the caller's promise.
    unsafe { free(options) };
}
