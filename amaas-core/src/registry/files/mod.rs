//! The file system as a store needs it: few calls, each of which either happens or does not.
//!
//! A store touches its files through [`Files`] alone, so that a test can put a file system below
//! it which loses power, runs full or turns read-only. [`SystemFiles`] is the real one, and what
//! [`Registry::open`](super::Registry::open) takes.
//!
//! ```
//! use amaas_core::registry::{Registry, files::SystemFiles};
//! use std::sync::Arc;
//! # let home = tempfile::tempdir()?;
//!
//! let clock = Arc::new(amaas_core::clock::SystemClock::default());
//! let registry = Registry::open_on(Arc::new(SystemFiles), home.path().join("models"), clock)?;
//! assert!(registry.models()?.is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The trap: what was written is not on the disk, and what was renamed is not in its folder, until
//! both were flushed: [`Staged::sync`] for the bytes, [`Files::flush_folder`] for the names.

#[cfg(feature = "test-util")]
mod machine;
#[cfg(feature = "test-util")]
mod simulated;
mod system;

use std::ffi::OsString;
use std::fmt;
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::SystemTime;

#[cfg(feature = "test-util")]
pub use self::simulated::{Fault, SimulatedFiles};
pub use self::system::SystemFiles;

/// How the names of staged files begin.
pub const STAGED: &str = ".tmp";

/// What lies at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Facts {
    /// A regular file, and its length in bytes.
    File(u64),
    /// A folder.
    Folder,
    /// A link, pipe, socket or device.
    Other,
}

/// The calls that a store makes.
///
/// # Errors
/// Each method returns what the operating system says; a path that is not there is `NotFound`.
pub trait Files: fmt::Debug + Send + Sync {
    /// What lies at `path`; a link in its last part is not followed.
    fn facts(&self, path: &Path) -> io::Result<Facts>;

    /// Opens a file for reading from its start.
    fn open(&self, path: &Path) -> io::Result<Box<dyn Read + Send>>;

    /// The names in a folder, in no order.
    fn list(&self, folder: &Path) -> io::Result<Vec<OsString>>;

    /// Makes one folder in a folder that is there.
    fn create_folder(&self, path: &Path) -> io::Result<()>;

    /// Makes an empty file in `folder`, under a name of its own that begins with [`STAGED`].
    fn stage(&self, folder: &Path) -> io::Result<Box<dyn Staged>>;

    /// Opens the file `path`, made where there is none, so that what it holds is gone on with;
    /// `None` while somebody else does that, or when it is gone by the time that it is held.
    fn resume(&self, path: &Path) -> io::Result<Option<Box<dyn Resumed>>>;

    /// Makes the creations, renames and removals in a folder outlast a power cut.
    fn flush_folder(&self, folder: &Path) -> io::Result<()>;

    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Removes an empty folder.
    fn remove_folder(&self, path: &Path) -> io::Result<()>;

    /// When a file was last written, or said to have been.
    fn modified(&self, path: &Path) -> io::Result<SystemTime>;

    /// Says when a file was last written.
    fn set_modified(&self, path: &Path, at: SystemTime) -> io::Result<()>;

    /// Removes a staged file whose writer has ended without dropping it, and says whether it did.
    fn reclaim(&self, path: &Path) -> io::Result<bool>;

    /// Makes `link` lead to the folder `target`, where links need no privilege.
    fn link_folder(&self, target: &Path, link: &Path) -> io::Result<()>;

    /// Makes the file `path` where there is none, waits until nobody else holds it, and holds it
    /// until the answer is dropped or the process ends in any way.
    fn lock(&self, path: &Path) -> io::Result<Box<dyn Held>>;
}

/// A file on its way: nobody looks for it under the name it has, and it is removed when dropped.
pub trait Staged: Write + fmt::Debug + Send {
    /// Makes what was written outlast a power cut.
    ///
    /// # Errors
    /// What the operating system says; the bytes may be lost then, however often it is repeated.
    fn sync(&mut self) -> io::Result<()>;

    /// Gives the file the name `path`, in place of a file that has it, in one step.
    ///
    /// # Errors
    /// What the operating system says; the file is removed then.
    fn rename(self: Box<Self>, path: &Path) -> io::Result<()>;
}

/// A file that is written over several lives: it is read to its end first, then written on. It
/// stays when dropped.
///
/// # Errors
/// Each method returns what the operating system says.
pub trait Resumed: Read + Write + fmt::Debug + Send {
    /// Empties the file.
    fn restart(&mut self) -> io::Result<()>;

    /// Makes what was written outlast a power cut.
    fn sync(&mut self) -> io::Result<()>;

    /// Gives the file the name `path`, in place of a file that has it, in one step.
    fn rename(self: Box<Self>, path: &Path) -> io::Result<()>;

    /// Removes the file.
    fn remove(self: Box<Self>) -> io::Result<()>;
}

/// A lock; dropping it gives it back.
pub trait Held: fmt::Debug + Send {}
