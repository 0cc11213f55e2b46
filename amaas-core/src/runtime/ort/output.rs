//! Tensors on their way out of ONNX Runtime.
//!
//! Elements stay where the run put them, and go when the last tensor that shows them goes. Texts
//! are copied, since ONNX Runtime keeps them as objects of its own.

use std::ptr;
use std::sync::Arc;

use ort::sys;

use super::dtype::from_onnx;
use super::handle::Handle;
use super::process::Process;
use super::session::Session;
use super::status::Refusal;
use super::value::{Few, Values};
use crate::{Buffer, Dtype, Error, ErrorKind, Result, Tensor};

/// The number by which ONNX Runtime calls the host's memory.
const HOST: i32 = sys::OrtMemoryInfoDeviceType::OrtMemoryInfoDeviceType_CPU as i32;

/// The elements of an output, where the run put them.
#[derive(Debug)]
struct Output {
    data: *const u8,
    length: usize,
    // Dropped in this order: the value before what its memory may belong to.
    _value: Handle<sys::OrtValue>,
    _session: Arc<Session>,
    _lender: Option<Arc<dyn Buffer>>,
}

// SAFETY: the elements never change again, and ONNX Runtime releases a value on any thread.
unsafe impl Send for Output {}
// SAFETY: as above.
unsafe impl Sync for Output {}

impl Buffer for Output {
    fn bytes(&self) -> &[u8] {
        if self.length == 0 {
            return &[];
        }
        // SAFETY: ONNX Runtime holds so many bytes there as long as the value lives, and the
        // session and the lender, whose memory it may be, live as long as this.
        unsafe { std::slice::from_raw_parts(self.data, self.length) }
    }
}

/// What a run left in `value` for the output `name`.
///
/// `on_host` says that it can lie nowhere else; `inputs` are those of the run, in case the output is
/// one of them.
pub(super) fn tensor(
    (session, on_host): (&Arc<Session>, bool),
    name: &str,
    value: *mut sys::OrtValue,
    inputs: (&Values<'_>, &[(&str, &Tensor)]),
) -> Result<Tensor> {
    let process = &*session.process;
    // SAFETY: the run made it for us alone.
    let value = unsafe { Handle::own(value, process.api.ReleaseValue) };
    let value = value.ok_or_else(|| unset(name))?;
    let fail = |refusal: Refusal| {
        let message = "ONNX Runtime does not show an output";
        let error = refusal.into_error(ErrorKind::InferenceFailed, message);
        error.with("output", name)
    };
    let (number, shape) = layout(process, &value).map_err(fail)?;
    match from_onnx(number) {
        Some(Dtype::String) => {
            let count = shape.iter().product();
            Tensor::from_strings(shape, texts(process, name, &value, count)?)
        }
        Some(_) if !on_host && !is_on_host(process, &value).map_err(fail)? => Err(elsewhere(name)),
        Some(dtype) => {
            let data = data(process, &value).map_err(fail)?;
            let output = Output {
                data,
                length: byte_length(dtype, &shape),
                _lender: inputs.0.lender(data, inputs.1),
                _value: value,
                _session: Arc::clone(session),
            };
            Tensor::from_buffer(dtype, shape, Arc::new(output))
        }
        None => Err(unknown(name, number)),
    }
}

/// How many bytes lie there; none where the shape is beyond counting, which is refused later.
fn byte_length(dtype: Dtype, shape: &[usize]) -> usize {
    let count = shape.iter().copied().try_fold(1, usize::checked_mul);
    count
        .and_then(|count| dtype.byte_length(count))
        .unwrap_or(0)
}

fn unset(name: &str) -> Error {
    Error::new(
        ErrorKind::InferenceFailed,
        format!("the model left its output `{name}` empty"),
    )
    .advise("do not ask for this output")
}

fn elsewhere(name: &str) -> Error {
    let message = format!("output `{name}` lies in the memory of a device");
    Error::new(ErrorKind::Unsupported, message)
        .advise("use a provider that answers in the host's memory")
}

fn unknown(name: &str, number: i32) -> Error {
    let message =
        format!("output `{name}` has ONNX's element type `{number}`, which amaas does not know");
    Error::new(ErrorKind::Unsupported, message).advise("cast the output in the model")
}

/// Element type, as ONNX Runtime's number, and shape.
fn layout(process: &Process, value: &Handle<sys::OrtValue>) -> Result<(i32, Few<usize>), Refusal> {
    let (mut number, mut shape, mut rank) = (0_i32, ptr::null(), 0);
    // SAFETY: the value is live. The enumeration is 32 bits wide and is read as a number, since a
    // newer ONNX Runtime may answer one that the enumeration lacks.
    let status = unsafe {
        (process.api.GetTensorElementTypeAndShapeDataReference)(
            value.get(),
            (&raw mut number).cast(),
            &raw mut shape,
            &raw mut rank,
        )
    };
    // SAFETY: the call above returned it.
    unsafe { process.check(status) }?;
    if rank == 0 {
        return Ok((number, Few::new()));
    }
    // SAFETY: so many lengths lie there as long as the value lives.
    let shape = unsafe { std::slice::from_raw_parts(shape, rank) };
    Ok((
        number,
        shape
            .iter()
            .map(|length| usize::try_from(*length).unwrap_or(0))
            .collect(),
    ))
}

fn is_on_host(process: &Process, value: &Handle<sys::OrtValue>) -> Result<bool, Refusal> {
    let mut memory = ptr::null();
    // SAFETY: the value is live and owns the answer.
    let status = unsafe { (process.api.GetTensorMemoryInfo)(value.get(), &raw mut memory) };
    // SAFETY: the call above returned it.
    unsafe { process.check(status) }?;
    let mut kind = HOST;
    // SAFETY: the memory's description is live; a number is read as a number.
    unsafe { (process.api.MemoryInfoGetDeviceType)(memory, (&raw mut kind).cast()) };
    Ok(kind == HOST)
}

fn data(process: &Process, value: &Handle<sys::OrtValue>) -> Result<*const u8, Refusal> {
    let mut data = ptr::null_mut();
    // SAFETY: the value is live and a tensor, since its layout could be read.
    let status = unsafe { (process.api.GetTensorMutableData)(value.get(), &raw mut data) };
    // SAFETY: the call above returned it.
    unsafe { process.check(status) }?;
    Ok(data.cast_const().cast())
}

fn texts(
    process: &Process,
    name: &str,
    value: &Handle<sys::OrtValue>,
    count: usize,
) -> Result<Vec<String>> {
    let (bytes, starts) = contents(process, value, count).map_err(|refusal| {
        refusal
            .into_error(
                ErrorKind::InferenceFailed,
                "ONNX Runtime does not show an output",
            )
            .with("output", name)
    })?;
    let ends = starts.iter().skip(1).copied().chain([bytes.len()]);
    let text = |(start, end): (&usize, usize)| {
        let text = bytes
            .get(*start..end)
            .and_then(|text| std::str::from_utf8(text).ok());
        text.map(str::to_owned).ok_or_else(|| {
            let message = format!("output `{name}` holds text that is not UTF-8");
            Error::new(ErrorKind::InferenceFailed, message).advise("check what the model writes")
        })
    };
    starts.iter().zip(ends).map(text).collect()
}

/// All texts in one run of bytes, and where each starts.
fn contents(
    process: &Process,
    value: &Handle<sys::OrtValue>,
    count: usize,
) -> Result<(Vec<u8>, Vec<usize>), Refusal> {
    let mut length = 0;
    // SAFETY: the value is live and a tensor of texts.
    let status = unsafe { (process.api.GetStringTensorDataLength)(value.get(), &raw mut length) };
    // SAFETY: the call above returned it.
    unsafe { process.check(status) }?;
    let (mut bytes, mut starts) = (vec![0_u8; length], vec![0_usize; count]);
    // SAFETY: both places are as long as stated.
    let status = unsafe {
        (process.api.GetStringTensorContent)(
            value.get(),
            bytes.as_mut_ptr().cast(),
            length,
            starts.as_mut_ptr(),
            count,
        )
    };
    // SAFETY: the call above returned it.
    unsafe { process.check(status) }.map(|()| (bytes, starts))
}
