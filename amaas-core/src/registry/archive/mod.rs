//! Reading a tar of an OCI layout that somebody sent, trusting nothing.
//!
//! What may be in one is a short list, so no rule about paths is needed: the regular files
//! `oci-layout`, `index.json` and `blobs/sha256/<digest>`, each once, and the two folders these
//! lie in. Links, devices, pipes, sparse files, and headers that rename or resize others (pax and
//! GNU extensions) are refused by their kind, compressed archives by their first bytes. Nothing is
//! unpacked by name: a member becomes a blob under the digest that its bytes turn out to have.
//!
//! Format: POSIX.1-2017, `pax`, "ustar Interchange Format".
//!
//! The trap: readers of tar differ in what they skip: padding, a tail after the end, bytes after
//! the NUL of a name. Whatever could hold something must hold zeros here, so that nothing is
//! ignored.

mod export;
mod import;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use tar::{Entry, EntryType};

pub use self::export::{ExportOptions, ExportedArchive, Pick};
pub use self::import::{ImportedAlias, ImportedArchive};

use crate::model::Digest;
use crate::registry::disk::refused;
use crate::registry::files::SystemFiles;
use crate::registry::oci;
use crate::registry::read::{Refusal, length_of_regular};
use crate::registry::unpack::Blobs;
use crate::{Error, ErrorKind, Result};

const BLOCK: u64 = 512;
/// What every tar since POSIX has in its first header.
const MAGIC: &[u8] = b"ustar";
const MAGIC_AT: usize = 257;
/// Writers fill up their last record; none is larger.
const MAX_TAIL: u64 = 1 << 20;
/// First bytes of what tars are compressed to.
const COMPRESSED: [(&[u8], &str); 5] = [
    (b"\x1f\x8b", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\0", "xz"),
    (b"PK\x03\x04", "zip"),
];

/// How much an archive may hold. Checked before anything is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImportLimits {
    /// Members; 100 000 unless said otherwise.
    pub entries: u64,
    /// Bytes of all members together; 1 TiB unless said otherwise.
    pub bytes: u64,
}

impl Default for ImportLimits {
    fn default() -> Self {
        Self {
            entries: 100_000,
            bytes: 1 << 40,
        }
    }
}

/// An archive whose every member was read once: its structure is right, and each blob has the
/// digest it is named by.
#[derive(Debug)]
pub(in crate::registry) struct Archive {
    path: PathBuf,
    file: File,
    layout: Option<Vec<u8>>,
    index: Option<Vec<u8>>,
    blobs: BTreeMap<Digest, Span>,
}

/// Where a member's bytes lie.
#[derive(Debug, Clone, Copy)]
struct Span {
    start: u64,
    size: u64,
}

impl Span {
    fn end(self) -> u64 {
        self.start.saturating_add(self.size)
    }

    fn padded(self) -> u64 {
        self.end()
            .checked_next_multiple_of(BLOCK)
            .unwrap_or(u64::MAX)
    }
}

/// What a member is.
enum Member {
    Folder,
    Layout,
    Index,
    Blob(Digest),
}

/// Whether the file at `path` begins as a tar does, or as a compressed one, which
/// [`Registry::import`](super::Registry::import) refuses with a word on what to do.
///
/// ```
/// use amaas_core::registry::{ExportOptions, Registry, is_archive};
/// # let home = tempfile::tempdir()?;
/// let registry = Registry::open(home.path().join("models"))?;
/// let file = home.path().join("models.tar");
/// registry.export_file(&ExportOptions::default(), &file)?;
/// assert!(is_archive(&file) && !is_archive(registry.root()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn is_archive(path: &Path) -> bool {
    let is_file = path.metadata().is_ok_and(|facts| facts.is_file());
    let mut start = Vec::new();
    let read = |file: File| file.take(BLOCK).read_to_end(&mut start);
    if !is_file || File::open(path).and_then(read).is_err() {
        return false;
    }
    start
        .get(MAGIC_AT..)
        .is_some_and(|rest| rest.starts_with(MAGIC))
        || COMPRESSED.iter().any(|(magic, _)| start.starts_with(magic))
}

impl Archive {
    pub(in crate::registry) fn open(path: &Path, limits: &ImportLimits) -> Result<Self> {
        Self::read(path, limits).map_err(|error| error.with("archive", path.display()))
    }

    fn read(path: &Path, limits: &ImportLimits) -> Result<Self> {
        let failed = |cause| refused("read", path, cause);
        let real = path.canonicalize().map_err(|cause| match cause.kind() {
            io::ErrorKind::NotFound => nothing(path).because(cause),
            _ => failed(cause),
        })?;
        let length = length_of_regular(&SystemFiles, &real).map_err(|refusal| match refusal {
            Refusal::System(cause) => failed(cause),
            _ => hostile("it is no regular file"),
        })?;
        let file = File::open(&real).map_err(failed)?;
        refuse_compressed(&file).map_err(failed)??;
        let mut archive = Self {
            path: path.to_owned(),
            file: file.try_clone().map_err(failed)?,
            layout: None,
            index: None,
            blobs: BTreeMap::new(),
        };
        let spans = archive.scan(file, length, limits)?;
        archive.refuse_hidden(&spans, length)?;
        Ok(archive)
    }

    /// The list of what is in the archive, and the version of its layout.
    pub(in crate::registry) fn documents(&self) -> Result<(&[u8], &[u8])> {
        let missing = |name| damaged(&format!("it has no `{name}`"));
        let layout = self.layout.as_deref();
        let index = self.index.as_deref();
        Ok((
            layout.ok_or_else(|| missing("oci-layout"))?,
            index.ok_or_else(|| missing("index.json"))?,
        ))
    }

    pub(in crate::registry) fn path(&self) -> &Path {
        &self.path
    }

    pub(in crate::registry) fn digests(&self) -> impl Iterator<Item = &Digest> {
        self.blobs.keys()
    }

    /// Refuses a blob that is not there, or not of this size.
    pub(in crate::registry) fn has(&self, digest: &Digest, size: Option<u64>) -> Result<()> {
        self.find(digest, size, u64::MAX).map(drop)
    }

    fn find(&self, digest: &Digest, size: Option<u64>, limit: u64) -> Result<Span> {
        let span = self.blobs.get(digest).copied();
        let span = span.ok_or_else(|| damaged(&format!("it lacks `{digest}`")))?;
        if size.is_some_and(|size| size != span.size) || span.size > limit {
            let message = format!("`{digest}` has `{}` bytes in it", span.size);
            return Err(damaged(&message).with("expected", size.unwrap_or(limit)));
        }
        Ok(span)
    }

    fn scan(&mut self, file: File, length: u64, limits: &ImportLimits) -> Result<Vec<Span>> {
        let mut tar = tar::Archive::new(file);
        let entries = tar.entries_with_seek().map_err(unreadable)?.raw(true);
        let (mut spans, mut names, mut bytes) = (Vec::new(), BTreeSet::new(), 0_u64);
        for entry in entries {
            let mut entry = entry.map_err(unreadable)?;
            let size = entry.header().entry_size().map_err(unreadable)?;
            let start = entry.raw_file_position();
            let span = Span { start, size };
            bytes = bytes.saturating_add(size);
            if spans.len() as u64 >= limits.entries {
                return Err(hostile("it has too many members").with("limit", limits.entries));
            }
            let member = member(&entry)?;
            if !names.insert(plain(&entry.path_bytes()).to_owned()) {
                return Err(hostile("it has a member twice"));
            }
            if span.end() > length {
                return Err(damaged("it ends before its last member does"));
            }
            if bytes > limits.bytes {
                return Err(hostile("its members are too large").with("limit", limits.bytes));
            }
            self.take(&member, &mut entry, span)?;
            spans.push(span);
        }
        Ok(spans)
    }

    fn take(&mut self, member: &Member, entry: &mut impl Read, span: Span) -> Result<()> {
        match member {
            Member::Folder if span.size == 0 => {}
            Member::Folder => return Err(hostile("a folder in it has content")),
            Member::Layout => self.layout = Some(text(entry, span, oci::MAX_DOCUMENT)?),
            Member::Index => self.index = Some(text(entry, span, oci::MAX_TOP)?),
            Member::Blob(digest) => {
                let (found, length) = Digest::of_reader(entry).map_err(unreadable)?;
                if found != *digest || length != span.size {
                    let message = format!("`{digest}` does not hold the bytes it names");
                    return Err(damaged(&message).with("found", found));
                }
                self.blobs.insert(*digest, span);
            }
        }
        Ok(())
    }

    /// Refuses bytes where no reader looks: after a member, and after the end.
    fn refuse_hidden(&self, spans: &[Span], length: u64) -> Result<()> {
        for span in spans {
            self.refuse_bytes(span.end(), span.padded().min(length))?;
        }
        let end = spans.last().map_or(0, |span| span.padded());
        match length.saturating_sub(end) {
            tail if tail < 2 * BLOCK => Err(damaged("it is cut off")),
            tail if tail > MAX_TAIL => Err(hostile("it goes on after its end")),
            _ => self.refuse_bytes(end, length),
        }
    }

    fn refuse_bytes(&self, from: u64, to: u64) -> Result<()> {
        let bytes = self
            .bytes(Span {
                start: from,
                size: to.saturating_sub(from),
            })
            .map_err(unreadable)?;
        match bytes.iter().all(|byte| *byte == 0) {
            true => Ok(()),
            false => Err(hostile("it has bytes where nothing may be")),
        }
    }

    fn bytes(&self, span: Span) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let size = usize::try_from(span.size).map_err(io::Error::other)?;
        bytes.try_reserve_exact(size).map_err(io::Error::other)?;
        let mut file = &self.file;
        file.seek(SeekFrom::Start(span.start))?;
        file.take(span.size).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

impl Blobs for Archive {
    fn blob(&self, digest: &Digest, size: Option<u64>, limit: u64) -> Result<Vec<u8>> {
        let span = self.find(digest, size, limit)?;
        let bytes = self.bytes(span).map_err(unreadable)?;
        digest.verify(&bytes).map(|()| bytes)
    }
}

/// What a member is, or why it may not be there.
fn member(entry: &Entry<'_, impl Read>) -> Result<Member> {
    let header = entry.header();
    let name = entry.path_bytes();
    let path = plain(&name);
    let refuse = |what: &str| {
        let shown = String::from_utf8_lossy(&name);
        let shown: String = shown.chars().take(100).collect();
        hostile(what).with("member", shown.escape_debug())
    };
    let prefix = header.as_ustar().map_or(&[][..], |header| &header.prefix);
    if goes_on(&header.as_old().name) || goes_on(prefix) {
        return Err(refuse("a name in it goes on after its end"));
    }
    match header.entry_type() {
        EntryType::Regular if header.as_old().linkname != [0; 100] => {
            Err(refuse("a file in it leads elsewhere"))
        }
        EntryType::Regular => file(name.strip_prefix(b"./").unwrap_or(&name))
            .ok_or_else(|| refuse("a file has no place in it")),
        EntryType::Directory if *name == *b"./" || matches!(path, b"blobs" | b"blobs/sha256") => {
            Ok(Member::Folder)
        }
        EntryType::Directory => Err(refuse("a folder has no place in it")),
        _ => Err(refuse("something in it is no plain file").with(
            "type",
            char::from(header.entry_type().as_byte()).escape_debug(),
        )),
    }
}

/// A name as other names are compared with it: `./x` is `x`, and `x/` too.
fn plain(name: &[u8]) -> &[u8] {
    let name = name.strip_prefix(b"./").unwrap_or(name);
    name.strip_suffix(b"/").unwrap_or(name)
}

/// Whether a field has bytes after the NUL that ends it, where some readers see a name.
fn goes_on(field: &[u8]) -> bool {
    let mut tail = field.iter().skip_while(|byte| **byte != 0);
    tail.any(|byte| *byte != 0)
}

fn file(path: &[u8]) -> Option<Member> {
    match path {
        b"oci-layout" => Some(Member::Layout),
        b"index.json" => Some(Member::Index),
        _ => {
            let digits = std::str::from_utf8(path.strip_prefix(b"blobs/sha256/")?).ok()?;
            format!("sha256:{digits}").parse().ok().map(Member::Blob)
        }
    }
}

fn text(entry: &mut impl Read, span: Span, limit: u64) -> Result<Vec<u8>> {
    if span.size > limit {
        return Err(hostile("a document in it is too large").with("limit", limit));
    }
    let mut text = Vec::new();
    entry.read_to_end(&mut text).map_err(unreadable)?;
    match text.len() as u64 {
        found if found == span.size => Ok(text),
        _ => Err(damaged("it is cut off")),
    }
}

fn refuse_compressed(mut file: &File) -> io::Result<Result<()>> {
    let mut start = Vec::new();
    file.take(8).read_to_end(&mut start)?;
    file.rewind()?;
    let known = COMPRESSED
        .iter()
        .find(|(magic, _)| start.starts_with(magic));
    Ok(match known {
        Some((_, name)) => Err(Error::new(
            ErrorKind::Unsupported,
            format!("the archive is compressed with `{name}`"),
        )
        .advise("unpack that first: a plain tar is read, whose size says what is in it")),
        None => Ok(()),
    })
}

/// The error of an archive that holds what no export puts there.
pub(in crate::registry) fn hostile(what: impl std::fmt::Display) -> Error {
    let message = format!("the archive is refused: {what}");
    Error::new(ErrorKind::InvalidPackage, message)
        .advise("import what `export` or an OCI tool wrote; nothing of this was taken over")
}

/// The error of an archive that is not what its writer wrote.
pub(in crate::registry) fn damaged(what: &str) -> Error {
    Error::new(
        ErrorKind::Corrupt,
        format!("the archive is damaged: {what}"),
    )
    .advise("fetch it again; nothing of it was taken over")
}

fn nothing(path: &Path) -> Error {
    let message = format!("nothing is at `{}`", path.display());
    Error::new(ErrorKind::NotFound, message).advise("name a tar that `export` wrote")
}

fn unreadable(cause: io::Error) -> Error {
    if is_refused(&cause) {
        return Error::new(ErrorKind::Io, "cannot read the archive")
            .because(cause)
            .advise("look at the cause and at the disk it lies on, then try again");
    }
    damaged("it cannot be read as a tar").because(cause)
}

/// Whether the system said no, below whatever was said of it since.
fn is_refused(cause: &io::Error) -> bool {
    let mut below: Option<&(dyn std::error::Error + 'static)> = Some(cause);
    while let Some(one) = below {
        let error = one.downcast_ref::<io::Error>();
        if error.is_some_and(|error| error.raw_os_error().is_some()) {
            return true;
        }
        below = one.source();
    }
    false
}
