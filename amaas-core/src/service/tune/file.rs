//! A small file of the user's that is replaced whole.

use std::io::{self, Read as _, Write as _};
use std::path::Path;

use crate::registry::files::{Files as _, SystemFiles};

pub(in crate::service) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    SystemFiles.open(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Puts `bytes` at `path`, which lies in `folder`: all of them, or none.
pub(in crate::service) fn replace(path: &Path, folder: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut staged = SystemFiles.stage(folder)?;
    staged.write_all(bytes)?;
    staged.sync()?;
    staged.rename(path)
}

/// Makes a folder and those above it.
pub(in crate::service) fn make(folder: &Path) -> io::Result<()> {
    match SystemFiles.create_folder(folder) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
            let above = folder.parent().ok_or(cause)?;
            make(above)?;
            make(folder)
        }
        Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        done => done,
    }
}
