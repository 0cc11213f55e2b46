//! What amaas tells its host while it works: its events, and the log of ONNX Runtime.
//!
//! libamaas holds a `tracing` of its own, in which [`Bridge`] is the one subscriber. It is put there
//! by the first `amaas_log_set`; until then events cost a look at one number.
//!
//! The trap: a callback may call amaas, which may have something to log. What is logged on a thread
//! that is in the callback is dropped, so that neither recursion nor the lock has to be feared.

use std::cell::Cell;
use std::ffi::{c_char, c_void};
use std::fmt::{self, Write as _};
use std::sync::{PoisonError, RwLock};

use amaas_core::{Error, ErrorKind, Result};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::{Interest, Subscriber};
use tracing::{Dispatch, Event, Level, Metadata, dispatcher};

use crate::arguments::refuse;
use crate::boundary::call;
use crate::error::amaas_error;
use crate::status::amaas_status;
use crate::text::Text;

/// How bad an event is: one of `AMAAS_LOG_…`.
pub type amaas_log_level = i32;
/// Something failed.
pub const AMAAS_LOG_ERROR: amaas_log_level = 1;
/// Something to know about, as a device that takes no part.
pub const AMAAS_LOG_WARNING: amaas_log_level = 2;
/// Versions come and go.
pub const AMAAS_LOG_INFO: amaas_log_level = 3;
/// What ONNX Runtime tells of its work.
pub const AMAAS_LOG_DEBUG: amaas_log_level = 4;
/// All of that.
pub const AMAAS_LOG_TRACE: amaas_log_level = 5;

/// An event. It never carries what models were given or have answered. Later releases may add
/// fields at its end: `size` says how much of it the library knows.
#[repr(C)]
#[derive(Debug)]
pub struct amaas_log_event {
    /// The `sizeof(amaas_log_event)` of the library.
    pub size: usize,
    /// How bad it is: one of `AMAAS_LOG_…`.
    pub level: amaas_log_level,
    /// Who says it: `amaas`, or `onnxruntime` for what that logs itself.
    pub target: *const c_char,
    /// What happened, as `model loaded`.
    pub message: *const c_char,
    /// About what, as `model="sentiment" version="1.0.0"`; empty where there is nothing to add.
    pub fields: *const c_char,
}

/// Told of each event, with the `data` that was given along with it.
///
/// It is called on whatever thread is at work, by several at once; `event` is valid while it runs.
/// Whoever caused the event waits for it. It may call amaas, except `amaas_log_set`; what is logged
/// meanwhile on its thread is not told. It must not throw or jump out, nor wait for a thread that
/// calls `amaas_log_set`.
pub type amaas_log = Option<unsafe extern "C" fn(data: *mut c_void, event: *const amaas_log_event)>;

/// Has `log` called with `data`, which may be NULL, for every event of this process that is as bad as
/// `level` says or worse; in place of what was set before, which is not called any more when this
/// returns. NULL for `log` ends it. Any thread.
///
/// `AMAAS_STATUS_CONFLICT` when a log callback calls it.
///
/// # Safety
/// `log` is NULL or may be called with `data` from any thread, also by several at once, until it is
/// replaced or the process ends.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_log_set(
    log: amaas_log,
    data: *mut c_void,
    level: amaas_log_level,
    error: *mut *mut amaas_error,
) -> amaas_status {
    let set = || {
        let level = parse(level)?;
        refuse_from_within()?;
        let host = log.map(|log| Host { log, data, level });
        *HOST.write().unwrap_or_else(PoisonError::into_inner) = host;
        // Later calls find it there already.
        drop(dispatcher::set_global_default(Dispatch::new(Bridge)));
        tracing::callsite::rebuild_interest_cache();
        Ok(())
    };
    // SAFETY: the caller's promise.
    unsafe { call(error, set) }
}

/// Whom to tell.
struct Host {
    log: unsafe extern "C" fn(*mut c_void, *const amaas_log_event),
    data: *mut c_void,
    level: Level,
}

// SAFETY: the caller of `amaas_log_set` promises that it may be called from any thread, also by
// several at once.
unsafe impl Send for Host {}
// SAFETY: as above.
unsafe impl Sync for Host {}

/// Read while the host is told, so that whoever replaces it waits for that.
static HOST: RwLock<Option<Host>> = RwLock::new(None);

thread_local! {
    /// Whether this thread is in the host's function, or about to be.
    static TELLING: Cell<bool> = const { Cell::new(false) };
}

/// Lowers the flag of the thread, whatever happens.
struct Telling;

impl Telling {
    fn begin() -> Option<Self> {
        let was = TELLING.try_with(|telling| telling.replace(true));
        (was == Ok(false)).then(|| Self) // at the end of a thread there is no flag
    }
}

impl Drop for Telling {
    fn drop(&mut self) {
        let _ = TELLING.try_with(|telling| telling.set(false));
    }
}

/// What `tracing` calls.
struct Bridge;

impl Subscriber for Bridge {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        match metadata.is_event() {
            true => Interest::sometimes(), // the level may be set anew at any time
            false => Interest::never(),
        }
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let Some(_telling) = Telling::begin() else {
            return false;
        };
        let host = HOST.read().unwrap_or_else(PoisonError::into_inner);
        host.as_ref()
            .is_some_and(|host| *metadata.level() <= host.level)
    }

    fn event(&self, event: &Event<'_>) {
        let Some(_telling) = Telling::begin() else {
            return;
        };
        let host = HOST.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(host) = &*host {
            host.tell(event);
        }
    }

    // Nobody asks for spans.
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

impl Host {
    fn tell(&self, event: &Event<'_>) {
        let mut said = Said::default();
        event.record(&mut said);
        let target = Text::new(event.metadata().target());
        let (message, fields) = (Text::new(said.message), Text::new(said.fields));
        let event = amaas_log_event {
            size: size_of::<amaas_log_event>(),
            level: number(*event.metadata().level()),
            target: target.as_ptr(),
            message: message.as_ptr(),
            fields: fields.as_ptr(),
        };
        // SAFETY: as above.
        unsafe { (self.log)(self.data, &raw const event) };
    }
}

/// An event in words.
#[derive(Default)]
struct Said {
    message: String,
    fields: String,
}

impl Visit for Said {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a text does not fail.
        let _ = if field.name() == "message" {
            write!(self.message, "{value:?}")
        } else {
            let space = if self.fields.is_empty() { "" } else { " " };
            write!(self.fields, "{space}{}={value:?}", field.name())
        };
    }
}

fn refuse_from_within() -> Result<()> {
    let within = TELLING.try_with(Cell::get).unwrap_or(false);
    if within {
        let error = Error::new(ErrorKind::Conflict, "a log callback sets the log callback");
        return Err(error.advise("call `amaas_log_set` after the callback has returned"));
    }
    Ok(())
}

fn parse(level: amaas_log_level) -> Result<Level> {
    Ok(match level {
        AMAAS_LOG_ERROR => Level::ERROR,
        AMAAS_LOG_WARNING => Level::WARN,
        AMAAS_LOG_INFO => Level::INFO,
        AMAAS_LOG_DEBUG => Level::DEBUG,
        AMAAS_LOG_TRACE => Level::TRACE,
        other => {
            let what = format!("is `{other}`");
            return Err(refuse("level", &what, "use one of `AMAAS_LOG_…`"));
        }
    })
}

fn number(level: Level) -> amaas_log_level {
    match level {
        Level::ERROR => AMAAS_LOG_ERROR,
        Level::WARN => AMAAS_LOG_WARNING,
        Level::INFO => AMAAS_LOG_INFO,
        Level::DEBUG => AMAAS_LOG_DEBUG,
        Level::TRACE => AMAAS_LOG_TRACE,
    }
}
