//! Trying one library: is it ONNX Runtime, and new enough?
//!
//! Everything is asked before anything is used, so that a wrong file costs an error and nothing
//! else: no hang, no half-made state, and the next call may succeed.

use std::fmt;
use std::path::{Path, PathBuf};

use libloading::Library as Loaded;
use ort::sys;

use super::locate::{Candidate, Place, in_folder};
use super::status::text;
use crate::{Error, ErrorKind, Result};

/// The oldest ONNX Runtime, as the second number of its version, that has every call amaas makes.
pub(super) const OLDEST: u32 = sys::ORT_API_VERSION;

/// What to do when none is there.
const REMEDY: &str =
    "install it with `pip install onnxruntime`, or set AMAAS_ORT_LIB to the path of libonnxruntime";

/// ONNX Runtime, loaded and checked.
pub(super) struct Library {
    /// The calls, valid while it is loaded.
    pub(super) api: &'static sys::OrtApi,
    /// Where it lies, as the file system or the loader says.
    pub(super) path: PathBuf,
    /// As `1.32.0`.
    pub(super) version: String,
    /// Keeps it loaded.
    _loaded: Loaded,
}

impl fmt::Debug for Library {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "onnxruntime {} at {}", self.version, self.path.display())
    }
}

/// Why a place holds no usable ONNX Runtime.
#[derive(Debug, thiserror::Error)]
pub(super) enum Cause {
    #[error("does not exist")]
    Missing,
    #[error("is a folder without libonnxruntime")]
    EmptyFolder,
    #[error("is not a regular file")]
    Special,
    #[error("cannot be loaded: {0}")]
    Unloadable(String),
    #[error("is a library but not ONNX Runtime, since it does not export `OrtGetApiBase`")]
    NoEntry,
    #[error("says no version that amaas can read: `{0}`")]
    Unversioned(String),
    #[error("is ONNX Runtime {0} and 1.{OLDEST} or newer is needed")]
    Old(String),
    #[error("is ONNX Runtime {0} but offers no API {OLDEST}")]
    NoApi(String),
}

/// The first usable library among `candidates`.
///
/// # Errors
/// `RuntimeUnavailable` listing every place tried, each with its cause.
pub(super) fn open(candidates: &[Candidate]) -> Result<Library> {
    let mut tried = Vec::new();
    for Candidate { origin, place } in candidates {
        match open_place(place) {
            Ok(library) => return Ok(library),
            Err(causes) => tried.extend(causes.into_iter().map(|cause| (*origin, cause))),
        }
    }
    let error = Error::new(
        ErrorKind::RuntimeUnavailable,
        "no usable ONNX Runtime was found",
    );
    let error = tried
        .into_iter()
        .fold(error, |error, (origin, cause)| error.with(origin, cause));
    Err(error.advise(REMEDY))
}

/// The library at one place, or all that is wrong with it.
fn open_place(place: &Place) -> Result<Library, Vec<String>> {
    let path = match place {
        Place::Name(name) => {
            return open_name(name).map_err(|cause| vec![format!("`{name}` {cause}")]);
        }
        Place::Path(path) => path,
    };
    let files = if path.is_dir() {
        in_folder(path)
    } else {
        vec![path.clone()]
    };
    let mut causes = Vec::new();
    for file in files {
        match open_file(&file) {
            Ok(library) => return Ok(library),
            Err(cause) => causes.push(format!("`{}` {cause}", file.display())),
        }
    }
    if causes.is_empty() {
        causes.push(format!("`{}` {}", path.display(), Cause::EmptyFolder));
    }
    Err(causes)
}

fn open_file(path: &Path) -> Result<Library, Cause> {
    let path = regular(path)?;
    let loaded = load(&path)?;
    check(loaded, Some(path))
}

fn open_name(name: &str) -> Result<Library, Cause> {
    check(load(Path::new(name))?, None)
}

/// Whether `wanted`, a library or a folder that holds one, is the file at `loaded`.
pub(super) fn is_same(wanted: &Path, loaded: &Path) -> bool {
    let files = if wanted.is_dir() {
        in_folder(wanted)
    } else {
        vec![wanted.to_owned()]
    };
    files
        .iter()
        .any(|file| identity(file).is_some_and(|file| Some(file) == identity(loaded)))
}

/// What two paths of one file share: device and inode.
#[cfg(unix)]
fn identity(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata(path)
        .ok()
        .map(|metadata| (metadata.dev(), metadata.ino()))
}

/// What two paths of one file share: the resolved path.
#[cfg(not(unix))]
fn identity(path: &Path) -> Option<PathBuf> {
    path.canonicalize().ok()
}

/// The absolute path of a regular file. Anything else must not be opened: the loader waits for
/// ever on a named pipe.
pub(super) fn regular(path: &Path) -> Result<PathBuf, Cause> {
    let path = path.canonicalize().map_err(|_| Cause::Missing)?;
    match std::fs::metadata(&path) {
        Ok(metadata) if metadata.is_file() => Ok(path),
        Ok(_) => Err(Cause::Special),
        Err(_) => Err(Cause::Missing),
    }
}

/// Loads a library of any kind.
pub(super) fn load(path: &Path) -> Result<Loaded, Cause> {
    // SAFETY: loading runs the initializers of the library. Whoever names it, the host or the
    // administrator of the machine, vouches for it as for any library of the process.
    unsafe { Loaded::new(path) }.map_err(|error| {
        let error: &dyn std::error::Error = &error;
        let text = error.source().unwrap_or(error).to_string();
        Cause::Unloadable(text.lines().next().unwrap_or_default().to_owned())
    })
}

fn check(loaded: Loaded, path: Option<PathBuf>) -> Result<Library, Cause> {
    type Entry = unsafe extern "system" fn() -> *const sys::OrtApiBase;
    // SAFETY: in every release of ONNX Runtime a symbol of this name has this type.
    let entry = unsafe { loaded.get::<Entry>(b"OrtGetApiBase\0") }.map_err(|_| Cause::NoEntry)?;
    let entry: Entry = *entry;
    // SAFETY: as above; the answer is null or lives as long as the library.
    let base = unsafe { entry().as_ref() }.ok_or(Cause::NoEntry)?;
    // SAFETY: the text is ONNX Runtime's own constant.
    let version = unsafe { text((base.GetVersionString)()) };
    if minor(&version).ok_or_else(|| Cause::Unversioned(version.clone()))? < OLDEST {
        return Err(Cause::Old(version));
    }
    // SAFETY: null, or a table of calls that lives as long as the library, which `Library` keeps.
    let api = unsafe { (base.GetApi)(sys::ORT_API_VERSION).as_ref() };
    Ok(Library {
        api: api.ok_or_else(|| Cause::NoApi(version.clone()))?,
        path: path.unwrap_or_else(|| file_of(entry as *const ())),
        version,
        _loaded: loaded,
    })
}

/// The second number of a version; a first number above 1 counts as newer than any.
pub(super) fn minor(version: &str) -> Option<u32> {
    let mut parts = version.split(['.', '-', '+']).map(str::parse::<u32>);
    match (parts.next()?.ok()?, parts.next()?.ok()?) {
        (0, _) => Some(0),
        (1, minor) => Some(minor),
        _ => Some(u32::MAX),
    }
}

/// The file that the code at `address` was loaded from; empty when the system cannot say.
#[cfg(unix)]
pub(super) fn file_of(address: *const ()) -> PathBuf {
    use std::os::unix::ffi::OsStrExt as _;

    let mut info = libc::Dl_info {
        dli_fname: std::ptr::null(),
        dli_fbase: std::ptr::null_mut(),
        dli_sname: std::ptr::null(),
        dli_saddr: std::ptr::null_mut(),
    };
    // SAFETY: any address may be asked about; `info` is ours.
    if unsafe { libc::dladdr(address.cast(), &raw mut info) } == 0 || info.dli_fname.is_null() {
        return PathBuf::new();
    }
    // SAFETY: not null, and the loader keeps the text while the file is loaded.
    let name = unsafe { std::ffi::CStr::from_ptr(info.dli_fname) };
    let path = Path::new(std::ffi::OsStr::from_bytes(name.to_bytes()));
    path.canonicalize().unwrap_or_default()
}

/// The file that the code at `address` was loaded from; empty when the system cannot say.
#[cfg(not(unix))]
pub(super) fn file_of(_address: *const ()) -> PathBuf {
    PathBuf::new()
}

#[cfg(test)]
mod tests;
