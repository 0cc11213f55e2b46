//! Requests like those that a model will get, to tune it with.

use std::ffi::c_char;

use amaas_core::service::Sample;
use amaas_core::{Result, Tensor};

use crate::arguments::{Place, object_mut, refuse, texts};
use crate::boundary::{call, free, give};
use crate::error::amaas_error;
use crate::route::named;
use crate::status::amaas_status;
use crate::tensor::amaas_tensor;

/// Requests for `amaas_service_tune`: texts for a model with a task, or named tensors.
///
/// Made by `amaas_sample_new`, owned by its caller, ended with `amaas_sample_free`. While one thread
/// adds to it no other may use it; from then on any number of threads may tune with it.
#[derive(Debug, Default)]
pub struct amaas_sample {
    texts: Vec<String>,
    tensors: Vec<Vec<(String, Tensor)>>,
}

impl amaas_sample {
    /// The requests, of one kind.
    pub(crate) fn requests(&self) -> Result<Sample> {
        match (self.texts.is_empty(), self.tensors.is_empty()) {
            (false, false) => Err(refuse(
                "sample",
                "holds texts and tensors",
                "add requests of one kind",
            )),
            (_, true) => Ok(Sample::Texts(self.texts.clone())),
            (true, false) => Ok(Sample::Tensors(self.tensors.clone())),
        }
    }
}

/// Makes a sample without a request. The caller owns `out`.
///
/// # Safety
/// `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_sample_new(
    out: *mut *mut amaas_sample,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    let make = || unsafe {
        Place::new(out, "out")?.write(give(amaas_sample::default()));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, make) }
}

/// Adds `count` requests of one text each. Texts and `lengths` are passed as to
/// `amaas_route_classify`; they are copied.
///
/// # Safety
/// `sample` is live and used by no other thread, `texts` and `lengths` point to as much as stated.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_sample_add_texts(
    sample: *mut amaas_sample,
    texts: *const *const c_char,
    lengths: *const usize,
    count: usize,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let add = || unsafe {
        let sample = object_mut(sample, "sample")?;
        let texts = self::texts(texts, lengths, count, "texts")?;
        sample.texts.extend(texts.into_iter().map(str::to_owned));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, add) }
}

/// Adds one request of named tensors, which are passed as to `amaas_route_run` and may be freed at
/// once.
///
/// # Safety
/// `sample` is live and used by no other thread, the inputs are live, the arrays hold as much as
/// stated.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_sample_add_inputs(
    sample: *mut amaas_sample,
    input_names: *const *const c_char,
    inputs: *const *const amaas_tensor,
    input_count: usize,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let add = || unsafe {
        let sample = object_mut(sample, "sample")?;
        let inputs = named(input_names, inputs, input_count)?.into_iter();
        let owned = inputs.map(|(name, tensor)| (name.to_owned(), tensor.clone()));
        sample.tensors.push(owned.collect());
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, add) }
}

/// Ends a sample; NULL is allowed.
///
/// # Safety
/// `sample` is NULL or live, and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_sample_free(sample: *mut amaas_sample) {
    // SAFETY: the caller's promise.
    unsafe { free(sample) };
}
