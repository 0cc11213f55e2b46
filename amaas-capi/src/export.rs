//! Models that leave the registry: into one file, or into another server's folder.

use std::ffi::c_char;

use amaas_core::registry::{ExportOptions, Exported, export_triton};

use crate::arguments::{Place, entry, name, object};
use crate::boundary::{call, free, give, read};
use crate::error::amaas_error;
use crate::export_options::amaas_export_options;
use crate::service::amaas_service;
use crate::status::amaas_status;
use crate::text::{Text, view};
use crate::usage::room;

/// What an export wrote into an archive.
///
/// Set `size` to `sizeof(amaas_exported)` before it is passed, as with `amaas_usage`.
#[repr(C)]
#[derive(Debug)]
pub struct amaas_exported {
    /// `sizeof(amaas_exported)` as the host was compiled.
    pub size: usize,
    /// How many versions.
    pub versions: u64,
    /// How many blobs, documents included.
    pub blobs: u64,
    /// How many bytes these have.
    pub bytes: u64,
}

/// A version as a Triton server finds it.
///
/// Made by `amaas_service_export_triton`, owned by its caller, ended with `amaas_triton_free`. It
/// never changes: any number of threads may read it. Everything it answers with is valid until it
/// is freed. Notes are counted from 0.
#[derive(Debug)]
pub struct amaas_triton {
    folder: Text,
    version: u64,
    notes: Vec<Text>,
}

impl amaas_triton {
    fn new(exported: Exported) -> Self {
        Self {
            folder: Text::new(exported.folder.display().to_string()),
            version: exported.version,
            notes: exported.notes.into_iter().map(Text::new).collect(),
        }
    }
}

/// Writes models with their versions and aliases into one tar at `path`, which other OCI tools read
/// and `amaas_service_import_archive` takes over. Every blob is verified on its way. The file is
/// there whole or not at all; one that was there is replaced. Blocks meanwhile.
///
/// `options` may be NULL, which exports everything. `out` gets what was written; its `size` must be
/// set.
///
/// `AMAAS_STATUS_NOT_FOUND` when the options pick what is not there.
///
/// # Safety
/// `service` is live, `path` ends in NUL, `options` is NULL or live, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_export_archive(
    service: *const amaas_service,
    path: *const c_char,
    options: *const amaas_export_options,
    out: *mut amaas_exported,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let export = || unsafe {
        let service = &object(service, "service")?.0;
        let (path, size) = (name(path, "path")?, room(out, "out")?);
        let everything = ExportOptions::default();
        let options = options.as_ref().map_or(&everything, |options| &options.0);
        let exported = service.registry()?.export_file(options, path.as_ref())?;
        out.write(amaas_exported {
            size,
            versions: exported.versions,
            blobs: exported.blobs,
            bytes: exported.bytes,
        });
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, export) }
}

/// Writes the version that `reference` selects, as for `amaas_service_resolve`, into the Triton
/// model repository at `repository`, which is made where it is not. A model that is there already
/// gets one more version if its configuration is the same. The caller owns `out`.
///
/// `AMAAS_STATUS_ALREADY_EXISTS` when the version, or the model with another configuration, is
/// there; `AMAAS_STATUS_UNSUPPORTED` for what no configuration can say.
///
/// # Safety
/// `service` is live, the texts end in NUL, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_export_triton(
    service: *const amaas_service,
    reference: *const c_char,
    repository: *const c_char,
    out: *mut *mut amaas_triton,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let export = || unsafe {
        let (service, out) = (&object(service, "service")?.0, Place::new(out, "out")?);
        let (model, selector) = entry(name(reference, "reference")?)?;
        let repository = name(repository, "repository")?;
        let registry = service.registry()?;
        let package = registry.package(&registry.resolve(&model, &selector)?.digest)?;
        out.write(give(amaas_triton::new(export_triton(
            &package,
            repository.as_ref(),
        )?)));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, export) }
}

/// The folder of the model in the repository; NULL for NULL.
///
/// # Safety
/// `triton` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_triton_folder(triton: *const amaas_triton) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe { view(triton, |triton| Some(&triton.folder)) }
}

/// The number of the version there: the major version, at least 1; 0 for NULL.
///
/// # Safety
/// `triton` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_triton_version(triton: *const amaas_triton) -> u64 {
    // SAFETY: the caller's promise.
    unsafe { read(triton, 0, |triton| Some(triton.version)) }
}

/// How many notes there are; 0 for NULL.
///
/// # Safety
/// `triton` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_triton_note_count(triton: *const amaas_triton) -> usize {
    // SAFETY: the caller's promise.
    unsafe { read(triton, 0, |triton| Some(triton.notes.len())) }
}

/// What was carried over, or could not be: a sentence; NULL where there is none and for NULL.
///
/// # Safety
/// `triton` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_triton_note(
    triton: *const amaas_triton,
    index: usize,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe { view(triton, |triton| triton.notes.get(index)) }
}

/// Ends it, with all it answered with; NULL is allowed.
///
/// # Safety
/// `triton` is NULL or live, and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_triton_free(triton: *mut amaas_triton) {
    // SAFETY: the caller's promise.
    unsafe { free(triton) };
}
