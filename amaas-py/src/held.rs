//! What Python holds of the core: closable by hand, and left alone by forked children.
//!
//! The trap: a child of `fork` has the memory of its parent but none of its threads. A session
//! of ONNX Runtime that is used there waits for ever for threads that are not there, and so does
//! one that is freed there. So a child gets an error instead of a hang, and what it inherited is
//! never freed in it.

use std::mem::ManuallyDrop;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use amaas_core::{Error, ErrorKind};
use pyo3::pyfunction;

use crate::errors::Result;

/// How many forks lie between the first process and this one.
static FORKS: AtomicU64 = AtomicU64::new(0);

/// Called by Python in the child after each fork.
#[pyfunction(name = "_forked")]
pub(crate) fn forked() {
    FORKS.fetch_add(1, Relaxed);
    crate::interrupt::forget();
    crate::outside::forget();
}

/// How many forks lie between the first process and this one.
pub(crate) fn forks() -> u64 {
    FORKS.load(Relaxed)
}

/// A value that is freed only by the process that made it.
#[derive(Debug)]
pub(crate) struct Kept<T> {
    value: ManuallyDrop<T>,
    forks: u64,
}

impl<T> Kept<T> {
    pub(crate) fn new(value: T) -> Self {
        Self {
            value: ManuallyDrop::new(value),
            forks: FORKS.load(Relaxed),
        }
    }

    pub(crate) fn get(&self) -> &T {
        &self.value
    }

    fn is_inherited(&self) -> bool {
        self.forks != FORKS.load(Relaxed)
    }
}

#[expect(unsafe_code, reason = "freeing or not is decided at run time")]
impl<T> Drop for Kept<T> {
    fn drop(&mut self) {
        if !self.is_inherited() {
            // SAFETY: nothing else drops it, and nothing reads it after this.
            unsafe { ManuallyDrop::drop(&mut self.value) };
        }
    }
}

/// Handles that close with the service that made them.
#[derive(Debug, Default)]
pub(crate) struct Handles(Mutex<Vec<Weak<dyn Close>>>);

/// What can be closed.
pub(crate) trait Close: std::fmt::Debug + Send + Sync {
    /// Lets go of what it stands for.
    fn close(&self);
}

impl<T: Clone + std::fmt::Debug + Send> Close for Held<T> {
    fn close(&self) {
        Held::close(self);
    }
}

impl Handles {
    /// Holds `value`, so that it closes with the others.
    pub(crate) fn remember<T>(&self, noun: &'static str, value: T) -> Arc<Held<T>>
    where
        T: Clone + std::fmt::Debug + Send + 'static,
    {
        let held = Arc::new(Held::new(noun, value));
        let mut handles = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        handles.retain(|handle| handle.strong_count() > 0);
        let handle: Arc<dyn Close> = Arc::clone(&held) as _;
        handles.push(Arc::downgrade(&handle));
        held
    }

    /// Closes all of them.
    pub(crate) fn close(&self) {
        let handles = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        handles
            .iter()
            .filter_map(Weak::upgrade)
            .for_each(|handle| handle.close());
    }
}

/// A handle of the core's that can be closed.
#[derive(Debug)]
pub(crate) struct Held<T> {
    noun: &'static str,
    value: Mutex<Option<Kept<T>>>,
}

impl<T: Clone> Held<T> {
    pub(crate) fn new(noun: &'static str, value: T) -> Self {
        Self {
            noun,
            value: Mutex::new(Some(Kept::new(value))),
        }
    }

    /// A clone of the handle, which keeps what it stands for alive.
    pub(crate) fn get(&self) -> Result<T> {
        match &*self.value() {
            Some(kept) if kept.is_inherited() => Err(self.inherited().into()),
            Some(kept) => Ok(kept.get().clone()),
            None => Err(self.closed().into()),
        }
    }

    /// Lets go of the handle; calls under way end as they would have.
    pub(crate) fn close(&self) {
        let value = self.value().take();
        drop(value); // not while the lock is held: freeing may take a while
    }

    fn value(&self) -> MutexGuard<'_, Option<Kept<T>>> {
        self.value.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn closed(&self) -> Error {
        Error::new(ErrorKind::Closed, format!("the {} is closed", self.noun))
            .advise("make a new service and load the model again")
    }

    fn inherited(&self) -> Error {
        let message = format!("the {} was made before this process was forked", self.noun);
        Error::new(ErrorKind::Closed, message)
            .advise("make it in the child, or start processes with `spawn`")
    }
}
