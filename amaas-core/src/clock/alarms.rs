//! What rings at an instant: a book of actions in the order of their time.
//!
//! The trap: an action runs on whoever keeps the time, so it must be short; one that panics is
//! caught, for the others wait behind it.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use crate::sync::{Condvar, Mutex, MutexGuard, PoisonError, thread};

/// What an alarm does when its time has come.
pub type Ring = Box<dyn FnOnce() + Send>;

type Key = (Instant, u64);

/// An alarm that is set; dropping it calls it off.
#[derive(Debug, Default)]
#[must_use = "an alarm that is dropped never rings"]
pub struct Alarm(Option<(Alarms, Key)>);

impl Drop for Alarm {
    fn drop(&mut self) {
        if let Some((alarms, key)) = self.0.take() {
            alarms.book().pending.remove(&key);
        }
    }
}

/// All alarms of one clock. Cheap to clone; clones are one book.
#[derive(Debug, Clone, Default)]
pub(super) struct Alarms(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    book: Mutex<Book>,
    changed: Condvar,
}

#[derive(Default)]
struct Book {
    pending: BTreeMap<Key, Ring>,
    made: u64,
    /// Whether a thread keeps the book.
    kept: bool,
    /// When that thread looks again by itself.
    wakes: Option<Instant>,
    closed: bool,
}

impl std::fmt::Debug for Book {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Book")
            .field("pending", &self.pending.len())
            .finish_non_exhaustive()
    }
}

impl Alarms {
    /// Enters `ring` for `when`, or calls it now if that has passed.
    pub(super) fn set(&self, when: Instant, now: Instant, ring: Ring) -> Alarm {
        if when <= now {
            ring();
            return Alarm::default();
        }
        let mut book = self.book();
        book.made += 1;
        let key = (when, book.made);
        book.pending.insert(key, ring);
        // The keeper is woken only by what comes before all else: calls with the same time to live
        // come in the order of their alarms.
        if book.wakes.is_none_or(|wakes| when < wakes) {
            book.wakes = Some(when);
            self.0.changed.notify_one();
        }
        Alarm(Some((self.clone(), key)))
    }

    /// Calls everything whose time has come.
    pub(super) fn ring(&self, now: Instant) {
        let due = {
            let mut book = self.book();
            let later = book.pending.split_off(&(now, u64::MAX));
            std::mem::replace(&mut book.pending, later)
        };
        for ring in due.into_values() {
            // A panic is the action's own affair.
            drop(catch_unwind(AssertUnwindSafe(ring)));
        }
    }

    /// Starts the thread that keeps the book by the time of the system, if none does yet.
    pub(super) fn keep(&self) -> std::io::Result<()> {
        let mut book = self.book();
        if !book.kept {
            let alarms = self.clone();
            let keeper = thread::Builder::new().name("amaas-clock".to_owned());
            keeper.spawn(move || alarms.keep_time())?;
            book.kept = true;
        }
        Ok(())
    }

    /// Lets the keeper go.
    pub(super) fn close(&self) {
        self.book().closed = true;
        self.0.changed.notify_one();
    }

    fn keep_time(&self) {
        let mut book = self.book();
        while !book.closed {
            let now = Instant::now();
            let first = book.pending.first_key_value().map(|((when, _), _)| *when);
            if first.is_some_and(|when| when <= now) {
                drop(book);
                self.ring(now);
                book = self.book();
                continue;
            }
            book.wakes = first;
            let changed = &self.0.changed;
            book = match first {
                Some(when) => changed
                    .wait_timeout(book, when - now)
                    .map_or_else(|poisoned| poisoned.into_inner().0, |(book, _)| book),
                None => changed.wait(book).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
