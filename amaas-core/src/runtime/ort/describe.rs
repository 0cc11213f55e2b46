//! What a session says about its model: inputs, outputs, metadata.

use std::ffi::{CStr, c_char};
use std::ptr;

use ort::sys;

use super::dtype::from_onnx;
use super::handle::Handle;
use super::process::Process;
use super::session::Session;
use super::status::{Refusal, text};
use crate::model::{Dimension, Port, PortKind, Signature};

type Count = unsafe extern "system" fn(*const sys::OrtSession, *mut usize) -> sys::OrtStatusPtr;
type Name = unsafe extern "system" fn(
    *const sys::OrtSession,
    usize,
    *mut sys::OrtAllocator,
    *mut *mut c_char,
) -> sys::OrtStatusPtr;
type Type = unsafe extern "system" fn(
    *const sys::OrtSession,
    usize,
    *mut *mut sys::OrtTypeInfo,
) -> sys::OrtStatusPtr;

/// Types nest; a file that nests them deeper than this is not read further.
const DEEPEST: usize = 4;

/// The inputs and outputs, in the model's order.
pub(super) fn signature(session: &Session) -> Result<Signature, Refusal> {
    let api = session.process.api;
    Ok(Signature {
        inputs: ports(
            session,
            api.SessionGetInputCount,
            api.SessionGetInputName,
            api.SessionGetInputTypeInfo,
        )?,
        outputs: ports(
            session,
            api.SessionGetOutputCount,
            api.SessionGetOutputName,
            api.SessionGetOutputTypeInfo,
        )?,
    })
}

fn ports(session: &Session, count: Count, name: Name, kind: Type) -> Result<Vec<Port>, Refusal> {
    let process = &session.process;
    let mut ports = 0;
    // SAFETY: the session is live.
    let status = unsafe { count(session.get(), &raw mut ports) };
    // SAFETY: the call above returned it.
    unsafe { process.check(status) }?;
    (0..ports)
        .map(|index| port(session, index, name, kind))
        .collect()
}

fn port(session: &Session, index: usize, name: Name, kind: Type) -> Result<Port, Refusal> {
    let process = &session.process;
    let mut spelled = ptr::null_mut();
    // SAFETY: the session is live, the index is below its count.
    let status = unsafe { name(session.get(), index, process.allocator, &raw mut spelled) };
    // SAFETY: the call above returned it.
    unsafe { process.check(status) }?;
    // SAFETY: the text was allocated with the allocator that was passed.
    let name = unsafe { process.take_text(spelled) };
    let mut info = ptr::null_mut();
    // SAFETY: as for the name.
    let status = unsafe { kind(session.get(), index, &raw mut info) };
    // SAFETY: the call above returned it.
    unsafe { process.check(status) }?;
    // SAFETY: made for us alone.
    let info = unsafe { Handle::own(info, process.api.ReleaseTypeInfo) };
    let kind = match info {
        Some(info) => port_kind(process, info.get())?,
        None => PortKind::Other("unknown".into()),
    };
    Ok(Port { name, kind })
}

fn port_kind(process: &Process, info: *const sys::OrtTypeInfo) -> Result<PortKind, Refusal> {
    // SAFETY: `info` is live, as every caller in this file has it from ONNX Runtime just now.
    let tensor = unsafe { cast(process, info, process.api.CastTypeInfoToTensorInfo) }?;
    if onnx_type(process, info)? != sys::ONNXType::ONNX_TYPE_TENSOR as i32 || tensor.is_null() {
        return Ok(PortKind::Other(describe(process, info, DEEPEST)?));
    }
    let number = element(process, tensor)?;
    Ok(match from_onnx(number) {
        Some(dtype) => PortKind::Tensor(dtype, dimensions(process, tensor)?),
        None => PortKind::Other(format!("tensor of ONNX's type {number}")),
    })
}

/// The type as ONNX spells it, as `sequence(tensor(float32))`.
fn describe(
    process: &Process,
    info: *const sys::OrtTypeInfo,
    depth: usize,
) -> Result<String, Refusal> {
    let api = process.api;
    let Some(depth) = depth.checked_sub(1) else {
        return Ok("...".into());
    };
    // SAFETY: `info` is live; each cast answers null for what it is not, and what it answers
    // lives as long as `info`. The types inside are made for us alone.
    unsafe {
        let tensor = cast(process, info, api.CastTypeInfoToTensorInfo)?;
        let sequence = cast(process, info, api.CastTypeInfoToSequenceTypeInfo)?;
        let map = cast(process, info, api.CastTypeInfoToMapTypeInfo)?;
        let optional = cast(process, info, api.CastTypeInfoToOptionalTypeInfo)?;
        let (word, inner) = if !sequence.is_null() {
            (
                "sequence",
                inner(process, sequence, api.GetSequenceElementType)?,
            )
        } else if !map.is_null() {
            ("map", inner(process, map, api.GetMapValueType)?)
        } else if !optional.is_null() {
            (
                "optional",
                inner(process, optional, api.GetOptionalContainedTypeInfo)?,
            )
        } else if !tensor.is_null() {
            let dtype = from_onnx(element(process, tensor)?);
            let sparse = onnx_type(process, info)? == sys::ONNXType::ONNX_TYPE_SPARSETENSOR as i32;
            let word = if sparse { "sparse_tensor" } else { "tensor" };
            return Ok(format!("{word}({})", dtype.map_or("?", crate::Dtype::name)));
        } else {
            return Ok("opaque".into());
        };
        Ok(match inner {
            Some(inner) => format!("{word}({})", describe(process, inner.get(), depth)?),
            None => word.into(),
        })
    }
}

/// Asks `info` for one of its faces; null when it does not have it.
///
/// # Safety
/// `info` is live and `call` is one of ONNX Runtime's casts.
unsafe fn cast<T>(
    process: &Process,
    info: *const sys::OrtTypeInfo,
    call: unsafe extern "system" fn(*const sys::OrtTypeInfo, *mut *const T) -> sys::OrtStatusPtr,
) -> Result<*const T, Refusal> {
    let mut face = ptr::null();
    // SAFETY: the caller says so.
    let status = unsafe { call(info, &raw mut face) };
    // SAFETY: the call above returned it.
    unsafe { process.check(status) }?;
    Ok(face)
}

/// The type inside another.
///
/// # Safety
/// `outer` is live and `call` makes a new object.
unsafe fn inner<T>(
    process: &Process,
    outer: *const T,
    call: unsafe extern "system" fn(*const T, *mut *mut sys::OrtTypeInfo) -> sys::OrtStatusPtr,
) -> Result<Option<Handle<sys::OrtTypeInfo>>, Refusal> {
    let mut info = ptr::null_mut();
    // SAFETY: the caller says so.
    let status = unsafe { call(outer, &raw mut info) };
    // SAFETY: the call above returned it.
    unsafe { process.check(status) }?;
    // SAFETY: the caller says that it is new.
    Ok(unsafe { Handle::own(info, process.api.ReleaseTypeInfo) })
}

/// ONNX Runtime's number of the kind of type.
fn onnx_type(process: &Process, info: *const sys::OrtTypeInfo) -> Result<i32, Refusal> {
    let mut number = 0_i32;
    // SAFETY: `info` is live. The enumeration is 32 bits wide and is read as a number, since a
    // newer ONNX Runtime may answer one that the enumeration lacks.
    let status = unsafe { (process.api.GetOnnxTypeFromTypeInfo)(info, (&raw mut number).cast()) };
    // SAFETY: the call above returned it.
    unsafe { process.check(status) }?;
    Ok(number)
}

/// ONNX Runtime's number of the element type.
fn element(process: &Process, info: *const sys::OrtTensorTypeAndShapeInfo) -> Result<i32, Refusal> {
    let mut number = 0_i32;
    // SAFETY: as in `onnx_type`.
    let status = unsafe { (process.api.GetTensorElementType)(info, (&raw mut number).cast()) };
    // SAFETY: the call above returned it.
    unsafe { process.check(status) }?;
    Ok(number)
}

/// The dimensions; `None` when the model does not even state how many.
fn dimensions(
    process: &Process,
    info: *const sys::OrtTensorTypeAndShapeInfo,
) -> Result<Option<Vec<Dimension>>, Refusal> {
    let api = process.api;
    // SAFETY: `info` is live.
    if !unsafe { (api.TensorTypeAndShape_HasShape)(info) } {
        return Ok(None);
    }
    let mut rank = 0;
    // SAFETY: `info` is live.
    let status = unsafe { (api.GetDimensionsCount)(info, &raw mut rank) };
    // SAFETY: the call above returned it.
    unsafe { process.check(status) }?;
    let mut lengths = vec![0_i64; rank];
    let mut names = vec![ptr::null(); rank];
    // SAFETY: both lists have room for `rank` entries.
    let statuses = unsafe {
        [
            (api.GetDimensions)(info, lengths.as_mut_ptr(), rank),
            (api.GetSymbolicDimensions)(info, names.as_mut_ptr(), rank),
        ]
    };
    // SAFETY: the calls above returned them. Each is checked, lest one leak.
    for checked in statuses.map(|status| unsafe { process.check(status) }) {
        checked?;
    }
    let named = lengths.into_iter().zip(names);
    // SAFETY: the names are texts that live as long as `info`.
    Ok(Some(
        named
            .map(|(length, name)| dimension(length, &unsafe { text(name) }))
            .collect(),
    ))
}

fn dimension(length: i64, name: &str) -> Dimension {
    match usize::try_from(length) {
        Ok(length) => Dimension::Fixed(length),
        Err(_) if name.is_empty() => Dimension::Any,
        Err(_) => Dimension::named(name),
    }
}

/// What the model's author stored in the file.
pub(super) fn metadata(session: &Session) -> Result<Vec<(String, String)>, Refusal> {
    let process = &session.process;
    let mut metadata = ptr::null_mut();
    // SAFETY: the session is live.
    let status = unsafe { (process.api.SessionGetModelMetadata)(session.get(), &raw mut metadata) };
    // SAFETY: the call above returned it.
    unsafe { process.check(status) }?;
    // SAFETY: made for us alone.
    let Some(metadata) = (unsafe { Handle::own(metadata, process.api.ReleaseModelMetadata) })
    else {
        return Ok(Vec::new());
    };
    let keys = keys(process, &metadata)?;
    keys.into_iter()
        .map(|key| entry(process, &metadata, key))
        .collect()
}

fn keys(
    process: &Process,
    metadata: &Handle<sys::OrtModelMetadata>,
) -> Result<Vec<String>, Refusal> {
    let (mut keys, mut count) = (ptr::null_mut(), 0_i64);
    // SAFETY: the metadata is live.
    let status = unsafe {
        (process.api.ModelMetadataGetCustomMetadataMapKeys)(
            metadata.get(),
            process.allocator,
            &raw mut keys,
            &raw mut count,
        )
    };
    // SAFETY: the call above returned it.
    unsafe { process.check(status) }?;
    if keys.is_null() {
        return Ok(Vec::new());
    }
    let count = usize::try_from(count).unwrap_or(0);
    // SAFETY: so many texts lie there, list and texts allocated with the allocator that was
    // passed; none is used after it is taken.
    unsafe {
        let texts = (0..count)
            .map(|index| process.take_text(*keys.add(index)))
            .collect();
        process.free(keys.cast());
        Ok(texts)
    }
}

fn entry(
    process: &Process,
    metadata: &Handle<sys::OrtModelMetadata>,
    key: String,
) -> Result<(String, String), Refusal> {
    let spelled =
        std::ffi::CString::new(key.as_str()).map_err(|error| Refusal(error.to_string()))?;
    let spelled: &CStr = &spelled;
    let mut value = ptr::null_mut();
    // SAFETY: the metadata is live, the key ends in zero.
    let status = unsafe {
        (process.api.ModelMetadataLookupCustomMetadataMap)(
            metadata.get(),
            process.allocator,
            spelled.as_ptr(),
            &raw mut value,
        )
    };
    // SAFETY: the call above returned it.
    unsafe { process.check(status) }?;
    if value.is_null() {
        return Ok((key, String::new()));
    }
    // SAFETY: allocated with the allocator that was passed, and not null.
    let value = unsafe { process.take_text(value) };
    Ok((key, value))
}
