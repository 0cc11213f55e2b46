//! What a published version takes and gives.

use amaas_core::model::Signature;

use crate::boundary::{free, read};
use crate::port::amaas_port;

/// The inputs and outputs of a version, as they were recorded when it was published.
///
/// Made by `amaas_service_signature`, owned by its caller, ended with `amaas_signature_free`. It
/// never changes: any number of threads may read it. Everything it answers with is valid until
/// it is freed. Ports are counted from 0.
#[derive(Debug)]
pub struct amaas_signature {
    inputs: Vec<amaas_port>,
    outputs: Vec<amaas_port>,
}

impl amaas_signature {
    /// A signature as C reads it.
    pub(crate) fn new(signature: &Signature) -> Self {
        Self {
            inputs: signature.inputs.iter().map(amaas_port::new).collect(),
            outputs: signature.outputs.iter().map(amaas_port::new).collect(),
        }
    }
}

/// How many inputs there are; 0 for NULL.
///
/// # Safety
/// `signature` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_signature_input_count(signature: *const amaas_signature) -> usize {
    // SAFETY: the caller's promise.
    unsafe { read(signature, 0, |signature| Some(signature.inputs.len())) }
}

/// The input at `index`; NULL where there is none and for NULL. Belongs to the signature.
///
/// # Safety
/// `signature` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_signature_input(
    signature: *const amaas_signature,
    index: usize,
) -> *const amaas_port {
    // SAFETY: the caller's promise.
    unsafe {
        read(signature, std::ptr::null(), |signature| {
            Some(std::ptr::from_ref(signature.inputs.get(index)?))
        })
    }
}

/// How many outputs there are; 0 for NULL.
///
/// # Safety
/// `signature` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_signature_output_count(signature: *const amaas_signature) -> usize {
    // SAFETY: the caller's promise.
    unsafe { read(signature, 0, |signature| Some(signature.outputs.len())) }
}

/// The output at `index`; NULL where there is none and for NULL. Belongs to the signature.
///
/// # Safety
/// `signature` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_signature_output(
    signature: *const amaas_signature,
    index: usize,
) -> *const amaas_port {
    // SAFETY: the caller's promise.
    unsafe {
        read(signature, std::ptr::null(), |signature| {
            Some(std::ptr::from_ref(signature.outputs.get(index)?))
        })
    }
}

/// Ends a signature, with all it answered with; NULL is allowed.
///
/// # Safety
/// `signature` is NULL or live, and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_signature_free(signature: *mut amaas_signature) {
    // SAFETY: the caller's promise.
    unsafe { free(signature) };
}
