//! A blob that is still coming: written piece by piece, hashed on the way, taken up again later.
//!
//! It lies in `temporary/` under a name made of its digest, so that whoever wants it next, this
//! process or another, goes on where it was cut. One writer holds it at a time.
//!
//! The trap: when a writer is done the file is renamed, and who waited for its lock then holds
//! the finished blob. So the file that was locked must still be the one under the name.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::disk::{Disk, refused};
use super::files::Resumed;
use super::oci::corrupt;
use super::read::{Refusal, length_of_regular};
use crate::Result;
use crate::model::{Digest, Hashing};

const PIECE: usize = 256 << 10;

/// The part of a blob that is there, held by one writer.
#[derive(Debug)]
pub(super) struct Partial {
    file: Box<dyn Resumed>,
    path: PathBuf,
    target: PathBuf,
    digest: Digest,
    hashing: Hashing,
    length: u64,
}

impl Disk {
    /// Takes up what is there of a blob, nothing at first; `None` while somebody else holds it.
    pub(super) fn resume(&self, digest: &Digest) -> Result<Option<Partial>> {
        let path = self.partial_path(digest);
        if let Err(Refusal::NotRegular) = length_of_regular(self.files(), &path) {
            return Err(corrupt(format!("`{}` is no regular file", path.display())));
        }
        let Some(file) = self.open_partial(&path)? else {
            return Ok(None);
        };
        let mut partial = Partial {
            file,
            target: self.blob_path(digest),
            path,
            digest: *digest,
            hashing: Hashing::default(),
            length: 0,
        };
        partial.read_on()?;
        Ok(Some(partial))
    }

    /// Whether the blob is there with this size and its own bytes.
    pub(super) fn holds_blob(&self, digest: &Digest, size: u64) -> Result<bool> {
        let path = self.blob_path(digest);
        if !length_of_regular(self.files(), &path).is_ok_and(|length| length == size) {
            return Ok(false);
        }
        let mut hashing = Hashing::default();
        let file = match self.files().open(&path) {
            // A clean-up came between the two looks.
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(false),
            file => file.map_err(|cause| refused("read", &path, cause))?,
        };
        hash(file, &mut hashing).map_err(|cause| refused("read", &path, cause))?;
        Ok(hashing.digest() == *digest)
    }

    /// A blob's bytes, unverified, from its start.
    pub(super) fn open_blob(&self, digest: &Digest) -> Result<Box<dyn Read + Send>> {
        let path = self.blob_path(digest);
        let file = self.files().open(&path);
        file.map_err(|cause| refused("read", &path, cause))
    }

    fn open_partial(&self, path: &Path) -> Result<Option<Box<dyn Resumed>>> {
        let file = match self.files().resume(path) {
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
                self.make_folders()?;
                self.files().resume(path)
            }
            file => file,
        };
        file.map_err(|cause| refused("open", path, cause))
    }
}

impl Partial {
    /// How many bytes are there.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Adds bytes at the end.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.file
            .write_all(bytes)
            .map_err(|cause| refused("write", &self.path, cause))?;
        self.hashing.update(bytes);
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// Begins anew.
    pub(super) fn restart(&mut self) -> Result<()> {
        self.file
            .restart()
            .map_err(|cause| refused("write", &self.path, cause))?;
        self.hashing = Hashing::default();
        self.length = 0;
        Ok(())
    }

    /// The digest of what is there.
    pub(super) fn found(&self) -> Digest {
        self.hashing.digest()
    }

    /// Makes it a blob, which its bytes must have earned.
    pub(super) fn finish(mut self) -> Result<()> {
        if self.found() != self.digest {
            return Err(corrupt(format!("`{}` is not whole", self.digest)));
        }
        self.file
            .sync()
            .and_then(|()| self.file.rename(&self.target))
            .map_err(|cause| refused("write", &self.target, cause))
    }

    /// Takes it away.
    pub(super) fn discard(self) -> Result<()> {
        self.file
            .remove()
            .map_err(|cause| refused("remove", &self.path, cause))
    }

    fn read_on(&mut self) -> Result<()> {
        self.length = hash(&mut self.file, &mut self.hashing)
            .map_err(|cause| refused("read", &self.path, cause))?;
        Ok(())
    }
}

fn hash(mut file: impl Read, hashing: &mut Hashing) -> io::Result<u64> {
    let (mut piece, mut length) = (vec![0; PIECE], 0);
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(length),
            read => {
                hashing.update(&piece[..read]);
                length += read as u64;
            }
        }
    }
}
