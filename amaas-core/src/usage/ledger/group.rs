//! Commits for many receipts at once: they wait together, and one thread writes them.
//!
//! The trap: what is being written is in no list. Whoever needs all receipts takes the store's lock
//! first, under which nothing is on its way.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{Builder, JoinHandle};

use super::store::Store;
use super::{Commit, LedgerOptions};
use crate::clock::{Alarm, Day};
use crate::usage::{Entry, Standing};
use crate::{Error, ErrorKind, Result};

/// So many are written at once without waiting for more.
const MANY: usize = 1024;
/// No more may wait; further requests end in an error, for what they use could be lost.
const MOST: usize = 65_536;

/// A ledger that is written, until it is dropped.
#[derive(Debug)]
pub(super) struct Writer {
    shared: Arc<Shared>,
    /// Begun by the first receipt that waits.
    thread: OnceLock<JoinHandle<()>>,
    beginning: Mutex<()>,
    options: LedgerOptions,
}

#[derive(Debug)]
struct Shared {
    store: Mutex<Store>,
    /// Another connection, which reads while that one writes.
    reader: Mutex<Option<Store>>,
    waiting: Mutex<Waiting>,
    changed: Condvar,
    path: PathBuf,
}

/// Receipts that are not yet on the disk.
#[derive(Debug, Default)]
struct Waiting {
    entries: Vec<Entry>,
    /// Those that were written last, for whoever brings the next to drop: what receipts share is
    /// counted by the threads that make them, and one that counts it down elsewhere slows them all.
    written: Vec<Entry>,
    keys: HashSet<(String, Arc<str>)>,
    alarm: Option<Alarm>,
    /// Whether an alarm will ring, or has.
    is_called: bool,
    is_due: bool,
    /// Whether some that were taken out are on their way to the disk.
    is_writing: bool,
    is_closed: bool,
    /// Why they could not be written.
    failure: Option<Error>,
}

impl Writer {
    pub(super) fn new(store: Store, options: LedgerOptions) -> Self {
        let shared = Shared {
            path: store.path.clone(),
            store: Mutex::new(store),
            reader: Mutex::default(),
            waiting: Mutex::default(),
            changed: Condvar::new(),
        };
        Self {
            shared: Arc::new(shared),
            thread: OnceLock::new(),
            beginning: Mutex::default(),
            options,
        }
    }

    pub(super) fn settle(&self, entry: Entry) -> Result<bool> {
        match self.options.commit {
            Commit::Strict => {
                let entered = self.shared.store().enter(std::slice::from_ref(&entry))?;
                Ok(entered == [true])
            }
            Commit::Grouped => self.wait(entry),
        }
    }

    /// Lets a receipt wait for others.
    fn wait(&self, entry: Entry) -> Result<bool> {
        self.ensure_thread()?;
        let mut waiting = self.shared.waiting();
        if waiting.entries.len() >= MOST {
            return Err(full(waiting.failure.as_ref()));
        }
        if let Some(key) = key(&entry)
            && !waiting.keys.insert(key)
        {
            return Ok(false);
        }
        drop(waiting.written.pop());
        waiting.entries.push(entry);
        let calls = !std::mem::replace(&mut waiting.is_called, true);
        if waiting.entries.len() == MANY {
            waiting.is_due = true;
            self.shared.changed.notify_all();
        }
        drop(waiting);
        if calls {
            self.call();
        }
        Ok(true)
    }

    /// Has the thread write when the time has come; now where nothing keeps the time.
    fn call(&self) {
        let clock = &self.options.clock;
        let shared = Arc::downgrade(&self.shared);
        let ring = move || {
            if let Some(shared) = shared.upgrade() {
                shared.waiting().is_due = true;
                shared.changed.notify_all();
            }
        };
        match clock.alarm(clock.now() + self.options.within, Box::new(ring)) {
            Ok(alarm) => drop(self.shared.waiting().alarm.replace(alarm)),
            Err(_) => {
                self.shared.waiting().is_due = true;
                self.shared.changed.notify_all();
            }
        }
    }

    fn ensure_thread(&self) -> Result<()> {
        if self.thread.get().is_some() {
            return Ok(());
        }
        let alone = self.beginning.lock();
        let _alone = alone.unwrap_or_else(PoisonError::into_inner);
        if self.thread.get().is_none() {
            let shared = Arc::clone(&self.shared);
            let spawned = Builder::new()
                .name("amaas-ledger".to_owned())
                .spawn(move || shared.write());
            let thread = spawned.map_err(|cause| {
                Error::new(
                    ErrorKind::Io,
                    "no thread can be started to write the ledger",
                )
                .because(cause)
                .advise("raise the limit of threads, or commit strictly")
            })?;
            self.thread.get_or_init(|| thread);
        }
        Ok(())
    }

    pub(super) fn is_strict(&self) -> bool {
        self.options.commit == Commit::Strict
    }

    pub(super) fn flush(&self) -> Result<()> {
        self.shared.flush()
    }

    /// Waits for no disk: a key is in the list until it is in the file.
    pub(super) fn knows(&self, tenant: &str, idempotency: &str) -> Result<bool> {
        let key = (tenant.to_owned(), idempotency.into());
        if self.shared.waiting().keys.contains(&key) {
            return Ok(true);
        }
        self.shared.read(|store| store.knows(tenant, idempotency))
    }

    /// What a tenant used, unless some of it is on its way to the disk just now.
    pub(super) fn standing_soon(&self, tenant: &str, day: Day) -> Result<Option<Standing>> {
        let waiting = self.shared.waiting(); // while it is held no write begins
        if waiting.is_writing {
            return Ok(None);
        }
        let standing = self.shared.read(|store| store.standing(tenant, day))?;
        Ok(Some(waiting.added(standing, tenant, day)))
    }

    pub(super) fn standing(&self, tenant: &str, day: Day) -> Result<Standing> {
        let store = self.shared.store();
        let standing = store.standing(tenant, day)?;
        Ok(self.shared.waiting().added(standing, tenant, day))
    }

    /// The store, with everything in it.
    pub(super) fn whole(&self) -> Result<MutexGuard<'_, Store>> {
        let mut store = self.shared.store();
        self.shared.write_all(&mut store)?;
        Ok(store)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.shared.waiting().is_closed = true;
        self.shared.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

impl Waiting {
    /// `standing` with what waits.
    fn added(&self, mut standing: Standing, tenant: &str, day: Day) -> Standing {
        let own = self.entries.iter().filter(|entry| entry.tenant() == tenant);
        for entry in own {
            match Day::of(entry.at) {
                at if at == day => standing.add(&entry.usage),
                at if at.month() == day.month() => standing.add_earlier(&entry.usage),
                _ => {}
            }
        }
        standing
    }
}

impl Shared {
    /// Asks the connection that only reads, which is opened by the first question.
    fn read<T>(&self, ask: impl FnOnce(&Store) -> Result<T>) -> Result<T> {
        let mut reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        match &*reader {
            Some(reader) => ask(reader),
            None => ask(reader.insert(Store::read(&self.path)?)),
        }
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the thread does: writes when it is due, and once more at the end.
    fn write(&self) {
        loop {
            let idle = |waiting: &mut Waiting| !waiting.is_due && !waiting.is_closed;
            let waited = self.changed.wait_while(self.waiting(), idle);
            let mut waiting = waited.unwrap_or_else(PoisonError::into_inner);
            let is_last = waiting.is_closed;
            waiting.is_due = false;
            drop(waiting);
            if let Err(error) = self.flush() {
                crate::observe::not_entered(&error);
            }
            if is_last {
                return;
            }
        }
    }

    fn flush(&self) -> Result<()> {
        self.write_all(&mut self.store())
    }

    /// Writes all that wait; where that fails they wait again, before those that came meanwhile.
    fn write_all(&self, store: &mut Store) -> Result<()> {
        let mut waiting = self.waiting();
        let mut room = std::mem::take(&mut waiting.written);
        room.clear();
        let mut entries = std::mem::replace(&mut waiting.entries, room);
        let alarm = waiting.alarm.take();
        waiting.is_called = false;
        waiting.is_writing = !entries.is_empty();
        drop(waiting);
        drop(alarm);
        if entries.is_empty() {
            return Ok(());
        }
        let written = store.enter(&entries);
        let mut waiting = self.waiting();
        waiting.is_writing = false;
        match written {
            Ok(_) => {
                waiting.failure = None;
                for key in entries.iter().filter_map(key) {
                    waiting.keys.remove(&key);
                }
                entries.truncate(MANY);
                waiting.written = entries;
                Ok(())
            }
            Err(error) => {
                waiting.failure = Some(error.again());
                waiting.entries.splice(0..0, entries);
                Err(error)
            }
        }
    }
}

fn key(entry: &Entry) -> Option<(String, Arc<str>)> {
    let idempotency = entry.idempotency.clone()?;
    Some((entry.tenant().to_owned(), idempotency))
}

fn full(failure: Option<&Error>) -> Error {
    let message = format!("`{MOST}` receipts wait for the ledger already");
    let error = Error::new(ErrorKind::Overloaded, message)
        .advise("see to it that the ledger can be written");
    match failure {
        Some(failure) => error.because(failure.again()),
        None => error,
    }
}
