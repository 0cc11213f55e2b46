//! Several blobs on their way at once, and what the caller hears of it.
//!
//! The trap: when one blob fails, the others must not go on for hours. All of them look at one
//! flag.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::client::Client;
use super::failure::cancelled;
use crate::Result;
use crate::model::Digest;
use crate::registry::oci::Descriptor;

/// How far a transfer is.
///
/// A blob that is there already counts as done at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// The blob that this is about.
    pub digest: Digest,
    /// How many of its bytes are there.
    pub done: u64,
    /// How many bytes it has.
    pub total: u64,
    /// How many bytes of all blobs of this transfer are there.
    pub all_done: u64,
    /// How many bytes they have.
    pub all_total: u64,
}

/// Is told how far a transfer is, by several threads at once.
#[derive(Clone)]
pub(super) struct Listener(pub(super) Arc<dyn Fn(&Progress) + Send + Sync>);

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Listener")
    }
}

/// The blobs of one push or pull.
pub(super) struct Transfer<'a> {
    pub(super) client: &'a Client,
    listener: Option<&'a Listener>,
    failed: AtomicBool,
    done: AtomicU64,
    total: u64,
    /// Bytes that went over the wire for good.
    moved: AtomicU64,
    blobs: AtomicUsize,
}

impl<'a> Transfer<'a> {
    pub(super) fn new(client: &'a Client, listener: Option<&'a Listener>, total: u64) -> Self {
        Self {
            client,
            listener,
            failed: AtomicBool::new(false),
            done: AtomicU64::new(0),
            total,
            moved: AtomicU64::new(0),
            blobs: AtomicUsize::new(0),
        }
    }

    /// Works on all blobs, `parallel` at a time; the first error ends it.
    pub(super) fn each(
        &self,
        blobs: &[&Descriptor],
        parallel: usize,
        work: impl Fn(&Descriptor) -> Result<()> + Sync,
    ) -> Result<()> {
        let next = AtomicUsize::new(0);
        let first = Mutex::new(None);
        let run = || {
            while let Some(blob) = blobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                if let Err(error) = self.check().and_then(|()| work(blob)) {
                    let mut first = first.lock().unwrap_or_else(PoisonError::into_inner);
                    first.get_or_insert(error);
                    // Only now: who sees the flag fails too, and must not come first.
                    self.failed.store(true, Ordering::Relaxed);
                    return;
                }
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..parallel.min(blobs.len()) {
                scope.spawn(run);
            }
            run();
        });
        match first.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    /// An error once the caller wants no more, or another blob has failed.
    pub(super) fn check(&self) -> Result<()> {
        if self.failed.load(Ordering::Relaxed) {
            return Err(cancelled());
        }
        self.client.check()
    }

    /// A blob is `now` bytes far, and was `before`.
    pub(super) fn report(&self, blob: &Descriptor, before: u64, now: u64) {
        let change = now.wrapping_sub(before);
        let all = self.done.fetch_add(change, Ordering::Relaxed);
        if let Some(Listener(listener)) = self.listener {
            listener(&Progress {
                digest: blob.digest,
                done: now,
                total: blob.size,
                all_done: all.wrapping_add(change),
                all_total: self.total,
            });
        }
    }

    /// A blob was moved, which took this many bytes.
    pub(super) fn moved(&self, bytes: u64) {
        self.moved.fetch_add(bytes, Ordering::Relaxed);
        self.blobs.fetch_add(1, Ordering::Relaxed);
    }

    /// How many blobs were moved, and their bytes.
    pub(super) fn sum(&self) -> (usize, u64) {
        let bytes = self.moved.load(Ordering::Relaxed);
        (self.blobs.load(Ordering::Relaxed), bytes)
    }
}
