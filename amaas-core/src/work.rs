//! Long work that somebody waits for: how far it is, and whether it is still wanted.
//!
//! ```
//! use amaas_core::registry::{ExportOptions, Registry};
//! use amaas_core::work;
//! # let home = tempfile::tempdir()?;
//! # let file = home.path().join("all.tar");
//! let registry = Registry::open(home.path().join("models"))?;
//! let export = || registry.export_file(&ExportOptions::default(), &file);
//! let exported = work::watched(|state| state.bytes < 1 << 30, export)?;
//! assert_eq!(exported.versions, 0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Exports, imports, publishing, loading and cleaning up ask between blobs; a run within them is ended
//! by [`Stop::hold`](crate::runtime::Stop::hold). What was stopped changed nothing that anybody sees.
//!
//! The trap: who is asked is known to this thread alone. Work that goes on elsewhere is not watched.

use std::cell::RefCell;
use std::rc::Rc;

use crate::{Error, ErrorKind, Result};

/// How far the work is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Bytes that are done.
    pub bytes: u64,
    /// Bytes there are, where that is known before; else 0.
    pub all_bytes: u64,
}

type GoesOn = Rc<dyn Fn(&Progress) -> bool>;

thread_local! {
    static WATCHER: RefCell<Option<GoesOn>> = const { RefCell::new(None) };
}

/// Does `work` on this thread for as long as `goes_on` answers true; it ends with `Cancelled` else.
pub fn watched<T>(goes_on: impl Fn(&Progress) -> bool + 'static, work: impl FnOnce() -> T) -> T {
    let before = WATCHER.replace(Some(Rc::new(goes_on)));
    let _restored = Restored(before);
    work()
}

/// Puts back who watched before, also where the work panicked.
struct Restored(Option<GoesOn>);

impl Drop for Restored {
    fn drop(&mut self) {
        WATCHER.set(self.0.take());
    }
}

/// Tells how far it is, and ends what is no longer wanted.
pub(crate) fn proceed(bytes: u64, all_bytes: u64) -> Result<()> {
    let Some(goes_on) = WATCHER.with_borrow(Option::clone) else {
        return Ok(());
    };
    let stopped = || {
        Error::new(ErrorKind::Cancelled, "the work was stopped")
            .advise("begin again if it is wanted")
    };
    goes_on(&Progress { bytes, all_bytes })
        .then_some(())
        .ok_or_else(stopped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_asked_where_nobody_watches() {
        assert!(proceed(1, 2).is_ok());
    }

    #[test]
    fn the_inner_one_is_asked_and_the_outer_one_comes_back() {
        let asked = |limit: u64, work: &dyn Fn()| watched(move |state| state.bytes < limit, work);
        asked(5, &|| {
            asked(3, &|| {
                assert!(proceed(2, 9).is_ok());
                let error = proceed(4, 9).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Cancelled);
            });
            assert!(proceed(4, 9).is_ok());
        });
        assert!(proceed(9, 9).is_ok());
    }
}
