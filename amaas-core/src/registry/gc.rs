//! Cleaning up: removing blobs that nothing needs any more.
//!
//! ```
//! use amaas_core::registry::{GcOptions, Registry};
//! # let home = tempfile::tempdir()?;
//! let registry = Registry::open(home.path().join("models"))?;
//! let report = registry.gc(&GcOptions { dry_run: true, ..GcOptions::default() })?;
//! println!("{} blobs, {} bytes would go", report.removed.len(), report.bytes);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What holds, whatever the grace period:
//!
//! - It runs under the lock, so the list does not change meanwhile, and removes nothing that the
//!   list refers to at any depth, entries of other tools included.
//! - A publish under way loses nothing. It writes blobs before it takes the lock and looks again
//!   under it; what is gone by then is written again.
//! - A reader of a listed version sees it whole. Readers take no lock: one that followed an older
//!   list to a blob that is gone finds the list changed and follows the new one.
//! - A loaded package stays: its bytes are in memory, or mapped from files that outlast their
//!   names.
//! - A temporary file that some process writes is locked by it and stays.
//!
//! What the grace period is for: whoever holds the digest of a version that was deleted since has
//! that long to load it, counted from the deletion. After that the answer is `NotFound`.
//!
//! The trap: a blob's age is its file's, against the clock of the registry. On a disk whose clock
//! runs ahead of this machine's, blobs look younger than they are and stay longer.

use std::ffi::OsString;
use std::time::{Duration, SystemTime};

use super::store::Registry;
use super::top::Top;
use super::{change, reach, view};
use crate::model::Digest;
use crate::{Result, work};

/// What may be removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GcOptions {
    /// How long something must have lain unneeded; an hour unless said otherwise.
    pub grace: Duration,
    /// Whether only to say what would be removed.
    pub dry_run: bool,
}

impl Default for GcOptions {
    fn default() -> Self {
        Self {
            grace: Duration::from_secs(3600),
            dry_run: false,
        }
    }
}

/// What was removed, or would be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GcReport {
    /// The blobs that were removed.
    pub removed: Vec<Digest>,
    /// How many bytes that freed, those of temporary files included.
    pub bytes: u64,
    /// How many blobs are needed.
    pub kept: u64,
    /// How many blobs are not needed, but not for long enough.
    pub spared: u64,
    /// How many files of writes that were cut off were removed.
    pub temporaries: u64,
}

impl Registry {
    /// Removes blobs that nothing refers to, files that a crash left in `temporary/`, and layouts
    /// for other tools of models that are gone; those of the others are put right.
    ///
    /// # Errors
    /// `Corrupt` when a document that may refer to more blobs cannot be read, and then nothing
    /// was removed; `Io` when the system refuses. Stopped within [`work::watched`], it has removed a
    /// part.
    pub fn gc(&self, options: &GcOptions) -> Result<GcReport> {
        let disk = &self.disk;
        let _held = disk.hold()?;
        let top = Top::parse(&disk.index()?)?;
        let needed = reach::everything(disk, &top).map_err(reach::unknown)?;
        let now = self.clock.calendar();
        let mut report = GcReport::default();
        if !options.dry_run {
            disk.settle()?;
        }
        for blob in disk.blobs()? {
            work::proceed(0, 0)?;
            if needed.contains(&blob.name) {
                report.kept += 1;
            } else if age(now, blob.modified) < options.grace {
                report.spared += 1;
            } else {
                if !options.dry_run {
                    disk.remove_blob(&blob.name)?;
                }
                report.bytes += blob.bytes;
                report.removed.push(blob.name);
            }
        }
        self.remove_temporaries(options, now, &mut report)?;
        if !options.dry_run {
            self.remove_views(&top)?;
            self.refresh_views(&top)?;
        }
        report.removed.sort();
        Ok(report)
    }

    fn remove_temporaries(
        &self,
        options: &GcOptions,
        now: SystemTime,
        report: &mut GcReport,
    ) -> Result<()> {
        for file in self.disk.temporaries()? {
            let old = age(now, file.modified) >= options.grace;
            if old && (options.dry_run || self.disk.remove_temporary(&file.name)?) {
                report.temporaries += 1;
                report.bytes += file.bytes;
            }
        }
        Ok(())
    }

    /// A crash may have left them one step behind.
    fn refresh_views(&self, top: &Top) -> Result<()> {
        for (name, _) in top.models() {
            view::refresh(&self.disk, &change::load(&self.disk, top, name)?);
        }
        Ok(())
    }

    fn remove_views(&self, top: &Top) -> Result<()> {
        let listed = |view: &OsString| {
            let name = view.to_str().and_then(|view| view.parse().ok());
            name.is_some_and(|name| top.get(&name).is_some())
        };
        let views = self.disk.views()?;
        let left = views.iter().filter(|view| !listed(view));
        left.for_each(|view| {
            if let Err(error) = self.disk.remove_view(view) {
                tracing::warn!(model = %view.display(), cause = %error.report(), "layout for other tools not removed");
            }
        });
        Ok(())
    }
}

/// How old a file is; zero if its time lies ahead.
fn age(now: SystemTime, modified: SystemTime) -> Duration {
    now.duration_since(modified).unwrap_or_default()
}
