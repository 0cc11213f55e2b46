//! What a run answered with.

use std::ffi::c_char;
use std::sync::{Arc, OnceLock};

use amaas_core::Outputs;
use smallvec::SmallVec;

use crate::arguments::{name, object};
use crate::boundary::{call, free, read};
use crate::error::amaas_error;
use crate::status::amaas_status;
use crate::tensor::amaas_tensor;
use crate::text::Text;
use crate::usage::{Receipt, amaas_usage};

/// Named tensors in the order asked for, and the receipt.
///
/// Made by `amaas_route_run`, owned by its caller, ended with `amaas_outputs_free`. It never
/// changes: any number of threads may read it. Everything it answers with is valid until it is
/// freed, even after the route has moved to another version.
#[derive(Debug)]
pub struct amaas_outputs {
    tensors: SmallVec<[amaas_tensor; 1]>,
    /// As many as there are tensors.
    names: Arc<[String]>,
    /// The names for C, made when somebody asks for one.
    texts: OnceLock<Vec<Text>>,
    receipt: Receipt,
}

impl amaas_outputs {
    /// Outputs as C reads them.
    pub(crate) fn new(outputs: Outputs) -> Self {
        let (names, tensors, usage) = outputs.into_parts();
        Self {
            tensors: tensors.into_iter().map(amaas_tensor::new).collect(),
            names,
            texts: OnceLock::new(),
            receipt: Receipt::new(usage),
        }
    }

    fn texts(&self) -> &[Text] {
        let make = || self.names.iter().map(|name| Text::new(name.as_str()));
        self.texts.get_or_init(|| make().collect())
    }
}

/// How many there are; 0 for NULL.
///
/// # Safety
/// `outputs` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_outputs_count(outputs: *const amaas_outputs) -> usize {
    // SAFETY: the caller's promise.
    unsafe { read(outputs, 0, |outputs| Some(outputs.tensors.len())) }
}

/// The name of the output at `index`; NULL where there is none and for NULL.
///
/// # Safety
/// `outputs` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_outputs_name(
    outputs: *const amaas_outputs,
    index: usize,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe {
        read(outputs, std::ptr::null(), |outputs| {
            Some(outputs.texts().get(index)?.as_ptr())
        })
    }
}

/// The output at `index`; NULL where there is none and for NULL. It belongs to `outputs`: do not
/// free it; `amaas_tensor_clone` keeps it longer.
///
/// # Safety
/// `outputs` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_outputs_tensor(
    outputs: *const amaas_outputs,
    index: usize,
) -> *const amaas_tensor {
    // SAFETY: the caller's promise.
    unsafe {
        read(outputs, std::ptr::null(), |outputs| {
            Some(std::ptr::from_ref(outputs.tensors.get(index)?))
        })
    }
}

/// The output of this name; NULL where there is none and for NULL. It belongs to `outputs`: do
/// not free it; `amaas_tensor_clone` keeps it longer.
///
/// # Safety
/// `outputs` is NULL or live; `output` is NULL or ends in NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_outputs_find(
    outputs: *const amaas_outputs,
    output: *const c_char,
) -> *const amaas_tensor {
    // SAFETY: the caller's promises.
    unsafe {
        read(outputs, std::ptr::null(), |outputs| {
            let wanted = name(output, "output").ok()?;
            let place = outputs.names.iter().position(|name| name == wanted)?;
            Some(std::ptr::from_ref(outputs.tensors.get(place)?))
        })
    }
}

/// Writes what the run used to `usage`, whose `size` must be set.
///
/// # Safety
/// `outputs` is live, `usage` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_outputs_usage(
    outputs: *const amaas_outputs,
    usage: *mut amaas_usage,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    unsafe { call(error, || object(outputs, "outputs")?.receipt.write(usage)) }
}

/// Ends outputs, with their tensors; NULL is allowed.
///
/// # Safety
/// `outputs` is NULL or live, and neither it nor what it answered with is used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_outputs_free(outputs: *mut amaas_outputs) {
    // SAFETY: the caller's promise.
    unsafe { free(outputs) };
}
