//! How far something is, told to a function of Python's or shown as a bar.
//!
//! The engine tells it from several threads and thousands of times. Python is told by one thread at
//! a time and a few hundred times; what one is too busy to tell, a later one tells.
//!
//! The trap: a function of the user's may raise. That stops what it is told about, and the caller
//! gets the exception.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

use amaas_core::registry::Progress as Checking;
use amaas_core::runtime::Stop;
use amaas_core::{Call, ErrorKind, work};
use pyo3::prelude::*;

use crate::errors::Result;
use crate::interrupt;
use crate::outside;
use crate::record::record;

/// How often Python is told at most, in parts of the whole.
const PARTS: u64 = 256;

record! {
    /// How far something is.
    Progress {
        /// How many bytes are done.
        done: u64,
        /// How many bytes there are.
        total: u64,
    }
}

/// Who is told.
#[derive(Debug)]
pub(crate) struct Listener {
    callback: Option<Py<PyAny>>,
    last: Mutex<Progress>,
    raised: Mutex<Option<PyErr>>,
    has_raised: AtomicBool,
}

/// Work that is watched: it tells how far it is and asks whether to go on.
#[derive(Debug, Clone)]
pub(crate) struct Watch {
    listener: Arc<Listener>,
    stop: Option<Stop>,
}

/// Does `work` until Ctrl-C, or until whoever is told raises. `progress` and `title` are those of
/// `amaas/_progress.py`.
pub(crate) fn watched<T: Send>(
    py: Python<'_>,
    progress: Option<&Bound<'_, PyAny>>,
    title: &str,
    work: impl Fn(&Watch) -> amaas_core::Result<T> + Sync,
) -> Result<T> {
    let (callback, bar) = open(py, progress, title, "bytes")?;
    let listener = Arc::new(Listener::new(callback));
    let answer = interrupt::detached(py, Call::default(), |call| {
        let watch = Watch {
            listener: Arc::clone(&listener),
            stop: call.stop.clone(),
        };
        let answer = match &watch.stop {
            Some(stop) => stop.hold(|| work(&watch)),
            None => work(&watch),
        };
        match answer {
            // After Ctrl-C, Python is asked what it means.
            Err(error) if error.kind() == ErrorKind::Cancelled && watch.is_stopped() => Err(error),
            answer => Ok(answer),
        }
    });
    if let Some(bar) = bar {
        bar.call_method0(py, "close")?;
    }
    match listener.raised() {
        Some(raised) => Err(raised.into()),
        None => Ok(answer??),
    }
}

type Callback = Option<Py<PyAny>>;

/// Who is told of what, `"bytes"` or `"share"`, and what is to be closed at the end.
pub(crate) fn open(
    py: Python<'_>,
    progress: Option<&Bound<'_, PyAny>>,
    title: &str,
    of: &str,
) -> Result<(Callback, Callback)> {
    let arguments = (progress, title, of);
    let found = py
        .import("amaas._progress")?
        .call_method1("listener", arguments)?;
    Ok(found.extract()?)
}

impl Watch {
    /// So many bytes are done.
    pub(crate) fn tell(&self, done: u64, total: u64) {
        self.listener.tell(Progress { done, total });
    }

    /// A check of bytes is so far; false once it is to end.
    pub(crate) fn hears(&self, state: &Checking) -> bool {
        self.tell(state.bytes, state.all_bytes);
        self.goes_on()
    }

    /// Does `work`, which tells how far it is and asks whether to go on.
    pub(crate) fn over<T>(&self, work: impl FnOnce() -> T) -> T {
        let watch = self.clone();
        let goes_on = move |state: &work::Progress| {
            if state.all_bytes > 0 {
                watch.tell(state.bytes, state.all_bytes);
            }
            watch.goes_on()
        };
        work::watched(goes_on, work)
    }

    /// Whether whoever waits still wants it.
    pub(crate) fn goes_on(&self) -> bool {
        !self.is_stopped() && !self.listener.has_raised.load(Ordering::Relaxed)
    }

    fn is_stopped(&self) -> bool {
        self.stop.as_ref().is_some_and(Stop::is_raised)
    }
}

impl Listener {
    fn new(callback: Callback) -> Self {
        let nothing = Progress { done: 0, total: 0 };
        Self {
            callback,
            last: Mutex::new(nothing),
            raised: Mutex::new(None),
            has_raised: AtomicBool::new(false),
        }
    }

    fn tell(&self, now: Progress) {
        let Some(callback) = &self.callback else {
            return;
        };
        let Some(mut last) = self.turn(&now) else {
            return;
        };
        let is_news = now.total != last.total || now.done > last.done;
        let is_due = now.done == now.total || now.done >= last.done + now.total / PARTS;
        if is_news && is_due && !self.has_raised.load(Ordering::Relaxed) {
            *last = now.clone();
            // An interpreter that is ending is told nothing.
            let told = outside::attached(|py| callback.call1(py, (now,)));
            if let Some(Err(error)) = told {
                *self.raised.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                self.has_raised.store(true, Ordering::Relaxed);
            }
        }
    }

    /// The last word is waited with, any other is left out while somebody else tells Python.
    fn turn(&self, now: &Progress) -> Option<MutexGuard<'_, Progress>> {
        if now.done == now.total {
            return Some(self.last.lock().unwrap_or_else(PoisonError::into_inner));
        }
        match self.last.try_lock() {
            Ok(last) => Some(last),
            Err(TryLockError::Poisoned(error)) => Some(error.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    fn raised(&self) -> Option<PyErr> {
        let mut raised = self.raised.lock().unwrap_or_else(PoisonError::into_inner);
        raised.take()
    }
}
