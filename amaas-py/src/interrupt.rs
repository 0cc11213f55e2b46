//! Ctrl-C during a call: the run is stopped, and Python raises what its handler raises.
//!
//! Python only notes a signal when it comes and asks for it later, between its own instructions, so
//! a call that computes for long would not hear of it. Here a handler of our own stands before
//! Python's: it calls that one and then wakes a thread, which stops the call that Python's main
//! thread has under way. No other thread ever gets a `KeyboardInterrupt`, so no other is watched. The
//! call itself stays on its own thread, and nothing is polled.
//!
//! A handler of Python's that raises nothing, as one that only counts, stops nothing: the call begins
//! again, and its `timeout` with it.
//!
//! The trap: `signal.signal` puts Python's handler back in the place of ours. So each call looks who
//! is there, and takes the place again.

use std::cell::Cell;
use std::sync::{Mutex, PoisonError};

use amaas_core::runtime::Stop;
use amaas_core::{Call, ErrorKind, work};
use pyo3::prelude::*;

use crate::errors::Result;
use crate::held::forks;

/// What the main thread has under way.
static CURRENT: Mutex<Option<Stop>> = Mutex::new(None);

/// Runs `work` detached from the interpreter, until Ctrl-C if this is the main thread; on another until
/// whoever awaits it cancels.
pub(crate) fn detached<T: Send>(
    py: Python<'_>,
    mut call: Call,
    work: impl Fn(&Call) -> amaas_core::Result<T> + Sync,
) -> Result<T> {
    if !is_main_thread(py)? || !unix::watch() {
        call.stop = call.stop.or_else(Stop::held);
        return Ok(py.detach(|| work(&call))?);
    }
    loop {
        let watched = Watched::begin();
        // What came before this is raised here; what comes after finds the call.
        py.check_signals()?;
        call.stop = Some(watched.stop.clone());
        let answer = py.detach(|| work(&call));
        drop(watched);
        if let Some(raised) = RAISED.take() {
            return Err(raised.into());
        }
        match answer {
            Err(error) if error.kind() == ErrorKind::Cancelled => py.check_signals()?,
            answer => return Ok(answer?),
        }
    }
}

/// As `detached`, for work that begins runs and moves blobs: these are what ends.
pub(crate) fn held<T: Send>(
    py: Python<'_>,
    work: impl Fn() -> amaas_core::Result<T> + Sync,
) -> Result<T> {
    detached(py, Call::default(), |call| match &call.stop {
        Some(stop) => until(stop, &work),
        None => work(),
    })
}

/// Does `work` until `stop` is raised.
pub(crate) fn until<T>(stop: &Stop, work: impl FnOnce() -> T) -> T {
    let asked = stop.clone();
    stop.hold(|| work::watched(move |_| !asked.is_raised(), work))
}

thread_local! {
    /// Whether this thread has a call under way that is watched.
    static WATCHED: Cell<bool> = const { Cell::new(false) };
    /// What code of Python's raised in the middle of it.
    static RAISED: Cell<Option<PyErr>> = const { Cell::new(None) };
}

/// Keeps what a handler of signals raised while amaas told Python of something, for the call under way
/// on this thread to end with; gives it back where there is none.
pub(crate) fn keep(raised: PyErr) -> std::result::Result<(), PyErr> {
    if !WATCHED.get() {
        return Err(raised);
    }
    let first = RAISED.take().unwrap_or(raised);
    RAISED.set(Some(first));
    Ok(())
}

/// A call of the main thread's that Ctrl-C stops.
struct Watched {
    stop: Stop,
    /// The call during which a handler of Python's made this one.
    outer: Option<Stop>,
}

impl Watched {
    fn begin() -> Self {
        let stop = Stop::new();
        let outer = current().replace(stop.clone());
        WATCHED.set(true);
        Self { stop, outer }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        WATCHED.set(self.outer.is_some());
        *current() = self.outer.take();
    }
}

fn current() -> std::sync::MutexGuard<'static, Option<Stop>> {
    CURRENT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether signals are handled on this thread.
fn is_main_thread(py: Python<'_>) -> PyResult<bool> {
    thread_local! {
        /// What was found, and after how many forks: a child's main thread is the one that forked.
        static FOUND: Cell<Option<(u64, bool)>> = const { Cell::new(None) };
    }
    if let Some((at, is_main)) = FOUND.get()
        && at == forks()
    {
        return Ok(is_main);
    }
    let threading = py.import("threading")?;
    let main = threading.call_method0("main_thread")?.getattr("ident")?;
    let is_main = threading.call_method0("get_ident")?.eq(main)?;
    FOUND.set(Some((forks(), is_main)));
    Ok(is_main)
}

#[cfg(any(target_os = "linux", target_os = "macos"))]
#[expect(unsafe_code, reason = "signal handlers are the operating system's")]
mod unix {
    use std::ffi::c_int;
    use std::io::{PipeReader, Read};
    use std::mem::MaybeUninit;
    use std::os::fd::IntoRawFd;
    use std::ptr;
    use std::sync::Mutex;
    use std::sync::PoisonError;
    use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering};

    use super::current;
    use crate::held::forks;

    /// Where the handler writes to wake the watcher; below zero where there is none.
    static BELL: AtomicI32 = AtomicI32::new(-1);
    /// The handler that ours stands before.
    static BEFORE: AtomicUsize = AtomicUsize::new(libc::SIG_DFL);

    /// Makes sure that Ctrl-C wakes the watcher; false where it cannot, or where Python does not
    /// handle it at all.
    pub(super) fn watch() -> bool {
        stands() || (start_watcher() && take_place())
    }

    /// Forgets the watcher of the parent, in a child that has none.
    pub(crate) fn forget() {
        BELL.store(-1, Ordering::Relaxed);
    }

    fn stands() -> bool {
        BELL.load(Ordering::Relaxed) >= 0 && handler().sa_sigaction == ours()
    }

    fn ours() -> libc::sighandler_t {
        let handler: extern "C" fn(c_int) = on_interrupt;
        handler as libc::sighandler_t
    }

    fn handler() -> libc::sigaction {
        let mut found = MaybeUninit::<libc::sigaction>::zeroed();
        // SAFETY: one is written out, none is read in; all zero is a value of the type.
        unsafe {
            libc::sigaction(libc::SIGINT, ptr::null(), found.as_mut_ptr());
            found.assume_init()
        }
    }

    /// Puts our handler before that of Python.
    fn take_place() -> bool {
        let mut handler = handler();
        let before = handler.sa_sigaction;
        if before == ours() {
            return true;
        }
        let is_plain = handler.sa_flags & libc::SA_SIGINFO == 0;
        if !is_plain || before == libc::SIG_DFL || before == libc::SIG_IGN {
            return false;
        }
        BEFORE.store(before, Ordering::Release);
        handler.sa_sigaction = ours();
        // SAFETY: the handler found is read in with another function of the same type.
        unsafe { libc::sigaction(libc::SIGINT, &raw const handler, ptr::null_mut()) == 0 }
    }

    /// Only what a signal handler may do: call the handler before, write to a pipe.
    extern "C" fn on_interrupt(signal: c_int) {
        let before = BEFORE.load(Ordering::Acquire);
        let bell = BELL.load(Ordering::Relaxed);
        // SAFETY: `take_place` stored a handler of this type; the place of `errno` is this thread's;
        // the pipe is never closed.
        unsafe {
            let before: extern "C" fn(c_int) = std::mem::transmute(before);
            before(signal);
            let error = *errno();
            if bell >= 0 {
                libc::write(bell, ptr::from_ref(&0_u8).cast(), 1);
            }
            *errno() = error;
        }
    }

    #[cfg(target_os = "linux")]
    unsafe fn errno() -> *mut c_int {
        // SAFETY: it asks for nothing.
        unsafe { libc::__errno_location() }
    }

    #[cfg(target_os = "macos")]
    unsafe fn errno() -> *mut c_int {
        // SAFETY: it asks for nothing.
        unsafe { libc::__error() }
    }

    /// Starts the thread that stops the main thread's call; once in a process.
    fn start_watcher() -> bool {
        static STARTED: Mutex<Option<u64>> = Mutex::new(None);
        let mut started = STARTED.lock().unwrap_or_else(PoisonError::into_inner);
        if *started == Some(forks()) {
            return true;
        }
        let start = || {
            let (bell, ring) = std::io::pipe()?;
            std::thread::Builder::new()
                .name("amaas-interrupt".to_owned())
                .spawn(move || stop_at(bell))?;
            BELL.store(ring.into_raw_fd(), Ordering::Relaxed);
            std::io::Result::Ok(())
        };
        let done = start().is_ok();
        *started = done.then(forks);
        done
    }

    fn stop_at(mut bell: PipeReader) {
        while bell.read_exact(&mut [0]).is_ok() {
            let call = current().clone();
            if let Some(stop) = call {
                stop.raise();
            }
        }
    }
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
mod unix {
    pub(super) fn watch() -> bool {
        false
    }

    pub(crate) fn forget() {}
}

pub(crate) use unix::forget;
