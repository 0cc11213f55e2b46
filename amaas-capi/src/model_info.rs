//! What a route serves at one moment, all of one version.

use std::ffi::c_char;

use amaas_core::model::Task;
use amaas_core::runtime::Weights;
use amaas_core::service::LoadedModel;

use crate::boundary::{free, read};
use crate::port::amaas_port;
use crate::text::Text;

/// The version that a route served when it was asked: its names, its place, its signature.
///
/// Made by `amaas_route_info`, owned by its caller, ended with `amaas_model_info_free`. It is a
/// copy: it does not keep the version loaded and does not follow the route. It never changes:
/// any number of threads may read it. Everything it answers with is valid until it is freed.
#[derive(Debug)]
pub struct amaas_model_info {
    name: Text,
    version: Text,
    digest: Text,
    placement: Text,
    task: Option<Text>,
    batching: Text,
    weights: Weights,
    inputs: Vec<amaas_port>,
    outputs: Vec<amaas_port>,
}

impl amaas_model_info {
    /// A version as C reads it.
    pub(crate) fn new(model: &LoadedModel) -> Self {
        let manifest = model.manifest();
        let signature = model.signature();
        Self {
            name: Text::new(manifest.package.name.as_str()),
            version: Text::new(manifest.package.version.to_string()),
            digest: Text::new(model.digest().to_string()),
            placement: Text::new(model.placement().to_string()),
            task: manifest.task.as_ref().map(Task::kind).map(Text::new),
            batching: Text::new(model.together().to_string()),
            weights: model.weights(),
            inputs: signature.inputs.iter().map(amaas_port::new).collect(),
            outputs: signature.outputs.iter().map(amaas_port::new).collect(),
        }
    }
}

/// The model's name; NULL for NULL.
///
/// # Safety
/// `info` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_model_info_name(info: *const amaas_model_info) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe { read(info, std::ptr::null(), |info| Some(info.name.as_ptr())) }
}

/// The version, as `1.2.0`; NULL for NULL.
///
/// # Safety
/// `info` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_model_info_version(info: *const amaas_model_info) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe { read(info, std::ptr::null(), |info| Some(info.version.as_ptr())) }
}

/// The digest of the package, as `sha256:` and 64 hexadecimal digits; NULL for NULL.
///
/// # Safety
/// `info` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_model_info_digest(info: *const amaas_model_info) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe { read(info, std::ptr::null(), |info| Some(info.digest.as_ptr())) }
}

/// Which execution provider runs how many nodes, and which preferred device takes no part and
/// why, as `CPUExecutionProvider: 5 nodes`; NULL for NULL.
///
/// # Safety
/// `info` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_model_info_placement(
    info: *const amaas_model_info,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe { read(info, std::ptr::null(), |info| Some(info.placement.as_ptr())) }
}

/// The kind of its task, as `text-classification`; NULL for a model without one and for NULL.
///
/// # Safety
/// `info` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_model_info_task(info: *const amaas_model_info) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe {
        read(info, std::ptr::null(), |info| {
            Some(info.task.as_ref()?.as_ptr())
        })
    }
}

/// Whether requests that wait run together, and what there is to know about it; it begins with
/// `together` or `apart`. NULL for NULL.
///
/// # Safety
/// `info` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_model_info_batching(info: *const amaas_model_info) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe { read(info, std::ptr::null(), |info| Some(info.batching.as_ptr())) }
}

/// How many bytes of its weights lie in one place for all its instances; 0 for NULL.
///
/// # Safety
/// `info` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_model_info_shared_bytes(info: *const amaas_model_info) -> u64 {
    // SAFETY: the caller's promise.
    unsafe { read(info, 0, |info| Some(info.weights.shared)) }
}

/// How many bytes of its weights each of its instances holds for itself; 0 for NULL.
///
/// # Safety
/// `info` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_model_info_unique_bytes(info: *const amaas_model_info) -> u64 {
    // SAFETY: the caller's promise.
    unsafe { read(info, 0, |info| Some(info.weights.unique)) }
}

/// How many inputs it takes; 0 for NULL.
///
/// # Safety
/// `info` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_model_info_input_count(info: *const amaas_model_info) -> usize {
    // SAFETY: the caller's promise.
    unsafe { read(info, 0, |info| Some(info.inputs.len())) }
}

/// The input at `index`, in the model's own order; NULL where there is none and for NULL.
///
/// # Safety
/// `info` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_model_info_input(
    info: *const amaas_model_info,
    index: usize,
) -> *const amaas_port {
    // SAFETY: the caller's promise.
    unsafe {
        read(info, std::ptr::null(), |info| {
            Some(&raw const *info.inputs.get(index)?)
        })
    }
}

/// How many outputs it gives; 0 for NULL.
///
/// # Safety
/// `info` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_model_info_output_count(info: *const amaas_model_info) -> usize {
    // SAFETY: the caller's promise.
    unsafe { read(info, 0, |info| Some(info.outputs.len())) }
}

/// The output at `index`, in the model's own order; NULL where there is none and for NULL.
///
/// # Safety
/// `info` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_model_info_output(
    info: *const amaas_model_info,
    index: usize,
) -> *const amaas_port {
    // SAFETY: the caller's promise.
    unsafe {
        read(info, std::ptr::null(), |info| {
            Some(&raw const *info.outputs.get(index)?)
        })
    }
}

/// Ends an info, with all it answered with; NULL is allowed.
///
/// # Safety
/// `info` is NULL or live, and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_model_info_free(info: *mut amaas_model_info) {
    // SAFETY: the caller's promise.
    unsafe { free(info) };
}
