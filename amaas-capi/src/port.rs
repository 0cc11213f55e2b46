//! Ports: what a model takes and gives.

use std::ffi::c_char;

use amaas_core::model::{Dimension, Port, PortKind};

use crate::boundary::read;
use crate::dtype::{self, AMAAS_DTYPE_UNDEFINED, amaas_dtype};
use crate::text::Text;

/// One input or output of a model. Belongs to the `amaas_model_info` or `amaas_signature` that was
/// asked and is valid as long.
///
/// It never changes: any number of threads may read it.
#[derive(Debug)]
pub struct amaas_port {
    name: Text,
    kind: Text,
    dtype: amaas_dtype,
    dimensions: Option<Vec<(i64, Option<Text>)>>,
}

impl amaas_port {
    /// A port as C reads it.
    pub(crate) fn new(port: &Port) -> Self {
        let (dtype, dimensions) = match &port.kind {
            PortKind::Tensor(dtype, dimensions) => (dtype::of(*dtype), dimensions.as_deref()),
            _ => (AMAAS_DTYPE_UNDEFINED, None),
        };
        Self {
            name: Text::new(&*port.name),
            kind: Text::new(port.kind.to_string()),
            dtype,
            dimensions: dimensions.map(|each| each.iter().map(dimension).collect()),
        }
    }
}

fn dimension(dimension: &Dimension) -> (i64, Option<Text>) {
    match dimension {
        Dimension::Fixed(length) => (i64::try_from(*length).unwrap_or(i64::MAX), None),
        Dimension::Named(name) => (-1, Some(Text::new(&**name))),
        Dimension::Any => (-1, None),
    }
}

/// The name that `amaas_route_run` knows it by; NULL for NULL. Valid as long as the port.
///
/// # Safety
/// `port` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_port_name(port: *const amaas_port) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe { read(port, std::ptr::null(), |port| Some(port.name.as_ptr())) }
}

/// What passes through it, for a person to read: `float32[batch, 2]`; NULL for NULL. Valid as
/// long as the port.
///
/// # Safety
/// `port` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_port_kind(port: *const amaas_port) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe { read(port, std::ptr::null(), |port| Some(port.kind.as_ptr())) }
}

/// The dtype; `AMAAS_DTYPE_UNDEFINED` for a sequence or map, which `amaas_route_run` does not
/// take, and for NULL.
///
/// # Safety
/// `port` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_port_dtype(port: *const amaas_port) -> amaas_dtype {
    // SAFETY: the caller's promise.
    unsafe { read(port, AMAAS_DTYPE_UNDEFINED, |port| Some(port.dtype)) }
}

/// How many dimensions a tensor must have; -1 when the model does not say, and for NULL.
///
/// # Safety
/// `port` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_port_rank(port: *const amaas_port) -> i64 {
    // SAFETY: the caller's promise.
    unsafe {
        read(port, -1, |port| {
            i64::try_from(port.dimensions.as_ref()?.len()).ok()
        })
    }
}

/// How long the dimension at `index` must be; -1 for any length, for a dimension that is not
/// there and for NULL.
///
/// # Safety
/// `port` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_port_dimension(port: *const amaas_port, index: usize) -> i64 {
    // SAFETY: the caller's promise.
    unsafe {
        read(port, -1, |port| {
            Some(port.dimensions.as_ref()?.get(index)?.0)
        })
    }
}

/// The name of the dimension at `index`: equal names need equal lengths. NULL for one without a
/// name, for one that is not there and for NULL. Valid as long as the port.
///
/// # Safety
/// `port` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_port_dimension_name(
    port: *const amaas_port,
    index: usize,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe {
        read(port, std::ptr::null(), |port| {
            let dimensions = port.dimensions.as_ref()?;
            Some(dimensions.get(index)?.1.as_ref()?.as_ptr())
        })
    }
}
