//! How a service is made.

use std::ffi::c_char;
use std::time::Duration;

use amaas_core::privacy::Keys;
use amaas_core::runtime::ort::RuntimeOptions;
use amaas_core::service::{Trust, UpdateMode};
use amaas_core::usage::{Ledger, PriceTable, Quotas};
use amaas_core::{LoadSettings, Result, Service, ServiceBuilder};

use crate::arguments::{Place, flag, name, object_mut, positive};
use crate::boundary::{call, free, give};
use crate::error::amaas_error;
use crate::ledger::opened;
use crate::receipt::Host;
use crate::status::amaas_status;

/// Options of `amaas_service_new` and `amaas_service_load_with`.
///
/// Made by `amaas_service_options_new`, owned by its caller, ended with
/// `amaas_service_options_free`; a service that was made with it does not need it any more.
/// Used by one thread at a time.
#[derive(Debug, Default)]
pub struct amaas_service_options {
    registry: Option<String>,
    library: Option<String>,
    prices: Option<PriceTable>,
    pub(crate) ledger: Option<Ledger>,
    pub(crate) keys: Option<Keys>,
    pub(crate) trust: Option<Trust>,
    quotas: Option<Quotas>,
    pub(crate) receipts: Option<Host>,
    pub(crate) settings: LoadSettings,
    mode: UpdateMode,
    budget: Option<u64>,
    operators: Vec<String>,
}

impl amaas_service_options {
    /// A builder that says the same.
    pub(crate) fn builder(&self) -> ServiceBuilder {
        let library = self.library.as_ref().map(Into::into);
        let runtime = RuntimeOptions {
            library,
            operators: self.operators.iter().map(Into::into).collect(),
            ..RuntimeOptions::default()
        };
        let mut builder = Service::builder()
            .runtime(runtime)
            .settings(self.settings())
            .update_mode(self.mode);
        if let Some(prices) = &self.prices {
            builder = builder.prices(prices.clone());
        }
        if let Some(ledger) = &self.ledger {
            builder = builder.ledger(ledger.clone());
        }
        if let Some(quotas) = &self.quotas {
            builder = builder.quotas(quotas.clone());
        }
        if let Some(host) = self.receipts {
            builder = builder.on_receipt(move |usage| host.tell(usage));
        }
        if let Some(keys) = &self.keys {
            builder = builder.keys(keys.clone());
        }
        if let Some(trust) = &self.trust {
            builder = builder.trust(trust.clone());
        }
        if let Some(bytes) = self.budget {
            builder = builder.memory_budget(bytes);
        }
        match &self.registry {
            Some(registry) => builder.registry(registry),
            None => builder,
        }
    }

    /// Options that say only how versions are loaded.
    pub(crate) fn of(settings: LoadSettings) -> Self {
        Self {
            settings,
            ..Self::default()
        }
    }

    /// How versions are loaded.
    pub(crate) fn settings(&self) -> LoadSettings {
        self.settings.clone()
    }
}

/// Applies `set` to options.
///
/// # Safety
/// `options` is NULL or live and used by nobody else; `error` is NULL or can be written to.
pub(crate) unsafe fn set(
    options: *mut amaas_service_options,
    error: *mut *mut amaas_error,
    set: impl FnOnce(&mut amaas_service_options) -> Result<()>,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe { call(error, || set(object_mut(options, "options")?)) }
}

/// Makes options with nothing set. The caller owns `out`.
///
/// # Safety
/// `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_options_new(
    out: *mut *mut amaas_service_options,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    let make = || unsafe {
        Place::new(out, "out")?.write(give(amaas_service_options::default()));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, make) }
}

/// Sets the folder of the registry, which is made when it is not there. When it is not set: the
/// folder that the environment variable `AMAAS_HOME` names; without that only paths can be
/// loaded.
///
/// # Safety
/// `options` is live and used by no other thread, `path` ends in NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_options_set_registry(
    options: *mut amaas_service_options,
    path: *const c_char,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    unsafe {
        set(options, error, |options| {
            options.registry = Some(name(path, "path")?.to_owned());
            Ok(())
        })
    }
}

/// Reads the price table at `path`: every receipt then has a price.
///
/// # Safety
/// `options` is live and used by no other thread, `path` ends in NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_options_set_prices(
    options: *mut amaas_service_options,
    path: *const c_char,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    unsafe {
        set(options, error, |options| {
            options.prices = Some(PriceTable::open(name(path, "path")?)?);
            Ok(())
        })
    }
}

/// Opens the ledger at `path`, which is made when it is not there and keeps every receipt: each
/// before its answer with `strict`, `1`, else together with others, within a tenth of a second, `0`. It
/// is closed with the options and with the last service that was made with them.
///
/// # Safety
/// `options` is live and used by no other thread, `path` ends in NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_options_set_ledger(
    options: *mut amaas_service_options,
    path: *const c_char,
    strict: i32,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    unsafe {
        set(options, error, |options| {
            options.ledger = Some(opened(name(path, "path")?, strict)?);
            Ok(())
        })
    }
}

/// Reads the quota table at `path`: what tenants may use.
///
/// A tenant that used enough gets `AMAAS_STATUS_QUOTA_EXCEEDED`, one whose money is spent
/// `AMAAS_STATUS_BUDGET_EXHAUSTED`; `amaas_error_retry_after` says when to try again.
///
/// # Safety
/// `options` is live and used by no other thread, `path` ends in NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_options_set_quotas(
    options: *mut amaas_service_options,
    path: *const c_char,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    unsafe {
        set(options, error, |options| {
            options.quotas = Some(Quotas::open(name(path, "path")?)?);
            Ok(())
        })
    }
}

/// Sets where models may run: `cpu`, `cuda:0`, `plugin:/path/to/library.so`. `+` joins devices
/// that are required together, `,` lists a preference: `cuda:0,cpu`. The CPU when it is not set.
///
/// A device that is required and not there is `AMAAS_STATUS_DEVICE_UNAVAILABLE` at the load,
/// never a silent fall-back.
///
/// # Safety
/// `options` is live and used by no other thread, `policy` ends in NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_options_set_devices(
    options: *mut amaas_service_options,
    policy: *const c_char,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    unsafe {
        set(options, error, |options| {
            options.settings.devices = name(policy, "policy")?.parse()?;
            Ok(())
        })
    }
}

/// Sets how many requests to one model run at once; at least 1.
///
/// When neither this nor the threads are set, on the CPU: one with all processors for a request
/// that is alone, and one with a single thread for each processor for a crowd. With another
/// device, or when only the threads are set: one.
///
/// # Safety
/// `options` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_options_set_instances(
    options: *mut amaas_service_options,
    instances: usize,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe {
        set(options, error, |options| {
            options.settings.instances = Some(positive(instances, "instances")?);
            Ok(())
        })
    }
}

/// Sets whether the instances for a crowd are made before a version serves, `1`, rather than when the
/// first crowd comes, `0`, as they are when it is not set.
///
/// # Safety
/// `options` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_options_set_eager(
    options: *mut amaas_service_options,
    eager: i32,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe {
        set(options, error, |options| {
            options.settings.eager = flag(eager, "eager")?;
            Ok(())
        })
    }
}

/// Sets how many threads one run may use, the calling thread included; at least 1. When only the
/// instances are set, the processors of the process are divided among them.
///
/// # Safety
/// `options` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_options_set_threads(
    options: *mut amaas_service_options,
    threads: usize,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe {
        set(options, error, |options| {
            options.settings.threads = Some(positive(threads, "threads")?);
            Ok(())
        })
    }
}

/// Sets how many milliseconds a call may take that does not say so itself. For ever when it is not
/// set.
///
/// # Safety
/// `options` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_options_set_timeout(
    options: *mut amaas_service_options,
    milliseconds: u64,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe {
        set(options, error, |options| {
            options.settings.deadline = Some(Duration::from_millis(milliseconds));
            Ok(())
        })
    }
}

/// Sets how many microseconds a request waits for others to run with though an instance is free. Not at
/// all when it is not set.
///
/// # Safety
/// `options` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_options_set_window(
    options: *mut amaas_service_options,
    microseconds: u64,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe {
        set(options, error, |options| {
            options.settings.limits.window = Some(Duration::from_micros(microseconds));
            Ok(())
        })
    }
}

/// Sets how many callers may wait for one model; one more gets `AMAAS_STATUS_OVERLOADED`. 1024
/// when it is not set.
///
/// # Safety
/// `options` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_options_set_waiting(
    options: *mut amaas_service_options,
    waiting: usize,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe {
        set(options, error, |options| {
            options.settings.limits.waiting = waiting;
            Ok(())
        })
    }
}

/// Sets how many rows run together at most; at least 1. 64 when it is not set, and never more than the
/// package says.
///
/// # Safety
/// `options` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_options_set_rows(
    options: *mut amaas_service_options,
    rows: usize,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe {
        set(options, error, |options| {
            options.settings.limits.rows = positive(rows, "rows")?;
            Ok(())
        })
    }
}

/// Sets how many tokens run together at most, padding included; at least 1. 8192 when it is not set.
///
/// # Safety
/// `options` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_options_set_tokens(
    options: *mut amaas_service_options,
    tokens: usize,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe {
        set(options, error, |options| {
            options.settings.limits.tokens = positive(tokens, "tokens")?;
            Ok(())
        })
    }
}

/// Sets the library of ONNX Runtime, or the folder that holds it: this one and no other. When it
/// is not set: the path in the environment variable `AMAAS_ORT_LIB`; without that, what the
/// process has loaded, what lies beside libamaas, what the system finds.
///
/// # Safety
/// `options` is live and used by no other thread, `path` ends in NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_options_set_runtime_library(
    options: *mut amaas_service_options,
    path: *const c_char,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    unsafe {
        set(options, error, |options| {
            options.library = Some(name(path, "path")?.to_owned());
            Ok(())
        })
    }
}

/// Adds the library of custom operators at `path`, for graphs that need more than ONNX's own, as the
/// tokenizers of onnxruntime-extensions. It runs with the rights of the process and stays loaded; a
/// package never brings one. What is wrong with it `amaas_service_new` says, with
/// `AMAAS_STATUS_RUNTIME_UNAVAILABLE`.
///
/// # Safety
/// `options` is live and used by no other thread, `path` ends in NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_options_add_operators(
    options: *mut amaas_service_options,
    path: *const c_char,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    unsafe {
        set(options, error, |options| {
            options.operators.push(name(path, "path")?.to_owned());
            Ok(())
        })
    }
}

/// Sets after how many milliseconds without a request the instances of a version are let go; the
/// next request loads them again. Never when it is not set. Versions that were loaded from a path,
/// and those of pinned routes, stay.
///
/// # Safety
/// `options` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_options_set_idle_unload(
    options: *mut amaas_service_options,
    milliseconds: u64,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe {
        set(options, error, |options| {
            options.settings.idle_unload = Some(Duration::from_millis(milliseconds));
            Ok(())
        })
    }
}

/// Sets how many bytes of models a service may have in memory before the least recently used are
/// let go, until their next request; counted by the size of graph and weights on disk, which an
/// instance exceeds. No bound when it is not set. Versions that were loaded from a path, those of
/// pinned routes and those with requests under way stay, so that it may be exceeded; that is
/// logged.
///
/// # Safety
/// `options` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_options_set_memory_budget(
    options: *mut amaas_service_options,
    bytes: u64,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe {
        set(options, error, |options| {
            options.budget = Some(bytes);
            Ok(())
        })
    }
}

/// Has the old version unloaded before the new one is loaded where a route moves, so that memory for
/// one of them is enough. Requests meanwhile end with `AMAAS_STATUS_OVERLOADED`, which says to
/// retry. Requests under way may take `drain_milliseconds` to end; if they take longer, nothing
/// moves. When it is not set, the new version is loaded beside the old one.
///
/// # Safety
/// `options` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_options_set_memory_first(
    options: *mut amaas_service_options,
    drain_milliseconds: u64,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe {
        set(options, error, |options| {
            let drain = Duration::from_millis(drain_milliseconds);
            options.mode = UpdateMode::MemoryFirst { drain };
            Ok(())
        })
    }
}

/// Ends options; NULL is allowed.
///
/// # Safety
/// `options` is NULL or live, and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_options_free(options: *mut amaas_service_options) {
    // SAFETY: the caller's promise.
    unsafe { free(options) };
}
