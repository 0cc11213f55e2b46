//! Tensors on their way into ONNX Runtime.
//!
//! Elements are lent, not copied: ONNX Runtime reads them where they lie, until the run is over.
//! Only texts are copied, and the rare tensor whose memory is not aligned for its elements.

use std::ffi::c_char;
use std::ptr;
use std::sync::Arc;

use ort::sys;
use smallvec::{SmallVec, smallvec};

use super::dtype::to_onnx;
use super::process::Process;
use super::status::Refusal;
use crate::runtime::Bound;
use crate::tensor::AlignedBytes;
use crate::{Buffer, Dtype, Error, ErrorKind, Result, Tensor};

/// As many inputs, or outputs, as most graphs have: lists of so many need no memory of their own.
pub(super) type Few<T> = SmallVec<[T; 4]>;

/// Values of one run, released together. Those that were taken out are null.
pub(super) struct Values<'a> {
    process: &'a Process,
    values: Few<*mut sys::OrtValue>,
    /// AlignedBytes copies, which the values point into.
    copies: Vec<Arc<AlignedBytes>>,
}

impl Drop for Values<'_> {
    fn drop(&mut self) {
        for value in self.values.iter().filter(|value| !value.is_null()) {
            // SAFETY: ours alone, since whoever takes one leaves null behind.
            unsafe { (self.process.api.ReleaseValue)(*value) };
        }
    }
}

impl<'a> Values<'a> {
    /// Room for `count` inputs.
    pub(super) fn inputs(process: &'a Process, count: usize) -> Self {
        Self {
            process,
            values: Few::with_capacity(count),
            copies: Vec::new(),
        }
    }

    /// Places for `count` outputs, which ONNX Runtime fills.
    pub(super) fn outputs(process: &'a Process, count: usize) -> Self {
        Self {
            process,
            values: smallvec![ptr::null_mut(); count],
            copies: Vec::new(),
        }
    }

    /// The values, for a run to read.
    pub(super) fn read(&self) -> *const *const sys::OrtValue {
        self.values.as_ptr().cast()
    }

    /// The places, for a run to fill.
    pub(super) fn write(&mut self) -> *mut *mut sys::OrtValue {
        self.values.as_mut_ptr()
    }

    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    /// Takes one value out; null if the run did not fill it.
    pub(super) fn take(&mut self, index: usize) -> *mut sys::OrtValue {
        let place = self.values.get_mut(index);
        place.map_or(ptr::null_mut(), |place| {
            std::mem::replace(place, ptr::null_mut())
        })
    }

    /// Adds `tensor` under the name `name`. Its memory must outlive the run.
    pub(super) fn push(&mut self, name: &str, tensor: &Tensor) -> Result<()> {
        let value = if tensor.dtype() == Dtype::String {
            self.texts(tensor.strings()?, tensor.shape())
        } else {
            let bytes = checked(name, tensor)?;
            self.lend(bytes, tensor.dtype(), tensor.shape())
        };
        let value = value.map_err(|refusal| {
            refusal
                .into_error(ErrorKind::InferenceFailed, "ONNX Runtime refuses an input")
                .with("input", name)
        })?;
        self.values.push(value);
        Ok(())
    }

    /// Adds memory that the run may write to. It must outlive the run.
    pub(super) fn lend_mut(&mut self, bound: &mut Bound<'_>) -> Result<()> {
        // `Bound::new` has checked the length and that it is aligned.
        let value = self.share(
            bound.memory.as_mut_ptr(),
            bound.memory.len(),
            (bound.dtype, bound.shape),
        );
        let value = value.map_err(|refusal| {
            refusal
                .into_error(
                    ErrorKind::InferenceFailed,
                    "ONNX Runtime refuses bound memory",
                )
                .with("input", bound.input)
        })?;
        self.values.push(value);
        Ok(())
    }

    fn lend(
        &mut self,
        bytes: &[u8],
        dtype: Dtype,
        shape: &[usize],
    ) -> Result<*mut sys::OrtValue, Refusal> {
        let mut data = bytes.as_ptr();
        if !is_aligned(data, dtype) {
            let copy = Arc::new(AlignedBytes::copy(bytes));
            data = copy.bytes().as_ptr();
            self.copies.push(copy);
        }
        // ONNX Runtime only reads an input.
        self.share(data.cast_mut(), bytes.len(), (dtype, shape))
    }

    /// A value over memory that is not its own.
    fn share(
        &self,
        data: *mut u8,
        length: usize,
        (dtype, shape): (Dtype, &[usize]),
    ) -> Result<*mut sys::OrtValue, Refusal> {
        let process = self.process;
        let mut value = ptr::null_mut();
        // SAFETY: the memory holds as many bytes as stated, which were checked against dtype and
        // shape. ONNX Runtime touches it during the run only, which the borrow of the tensor or of
        // the bound memory outlives; it writes what is bound alone, and that is borrowed for writing.
        let status = with_shape(shape, |shape, rank| unsafe {
            (process.api.CreateTensorWithDataAsOrtValue)(
                process.host.get(),
                data.cast(),
                length,
                shape,
                rank,
                to_onnx(dtype),
                &raw mut value,
            )
        });
        // SAFETY: the call above returned it.
        unsafe { process.check(status) }.map(|()| value)
    }

    fn texts(&self, texts: &[String], shape: &[usize]) -> Result<*mut sys::OrtValue, Refusal> {
        let process = self.process;
        let mut value = ptr::null_mut();
        // SAFETY: the shape is live during the call.
        let status = with_shape(shape, |shape, rank| unsafe {
            (process.api.CreateTensorAsOrtValue)(
                process.allocator,
                shape,
                rank,
                to_onnx(Dtype::String),
                &raw mut value,
            )
        });
        // SAFETY: the call above returned it.
        unsafe { process.check(status) }?;
        // SAFETY: made for us alone.
        let owned = unsafe { super::handle::Handle::own(value, process.api.ReleaseValue) };
        texts
            .iter()
            .enumerate()
            .try_for_each(|(index, text)| fill(process, value, index, text))?;
        // Filled: from here on the list owns it.
        std::mem::forget(owned);
        Ok(value)
    }

    /// The owner of input memory that an output lies in, which happens when a graph hands an
    /// input through.
    pub(super) fn lender(
        &self,
        data: *const u8,
        inputs: &[(&str, &Tensor)],
    ) -> Option<Arc<dyn Buffer>> {
        let mut lent = inputs.iter().filter_map(|(_, tensor)| tensor.buffer().ok());
        let lent = lent.find(|buffer| buffer.bytes().as_ptr_range().contains(&data));
        let copied = || {
            self.copies
                .iter()
                .find(|copy| copy.bytes().as_ptr_range().contains(&data))
        };
        lent.map(Arc::clone)
            .or_else(|| copied().map(|copy| Arc::clone(copy) as Arc<dyn Buffer>))
    }
}

/// Writes one text, which may hold zeros, into its place.
fn fill(
    process: &Process,
    value: *mut sys::OrtValue,
    index: usize,
    text: &str,
) -> Result<(), Refusal> {
    let mut place: *mut c_char = ptr::null_mut();
    // SAFETY: the value is live and has as many places as the shape says.
    let status = unsafe {
        (process.api.GetResizedStringTensorElementBuffer)(value, index, text.len(), &raw mut place)
    };
    // SAFETY: the call above returned it.
    unsafe { process.check(status) }?;
    // SAFETY: the place has just been made as long as the text.
    unsafe { ptr::copy_nonoverlapping(text.as_ptr(), place.cast(), text.len()) };
    Ok(())
}

/// The bytes, unless they are not what C++ takes for a `bool`.
fn checked<'t>(name: &str, tensor: &'t Tensor) -> Result<&'t [u8]> {
    let bytes = tensor.bytes()?;
    if tensor.dtype() == Dtype::Bool && bytes.iter().any(|byte| *byte > 1) {
        let message = format!("input `{name}` holds a bool that is neither 0 nor 1");
        return Err(Error::new(ErrorKind::InvalidArgument, message).advise("pass 0 and 1 only"));
    }
    Ok(bytes)
}

pub(super) fn is_aligned(data: *const u8, dtype: Dtype) -> bool {
    // Complex numbers are pairs, so eight bytes are the widest element.
    let width = (dtype.bits().unwrap_or(8) / 8).clamp(1, 8);
    data.addr().is_multiple_of(width)
}

/// Passes a shape as ONNX Runtime takes it.
pub(super) fn with_shape<T>(shape: &[usize], call: impl FnOnce(*const i64, usize) -> T) -> T {
    // `Shape` has checked that every length fits in `isize`.
    let convert = |length: &usize| i64::try_from(*length).unwrap_or(i64::MAX);
    const USUAL: usize = 8;
    if shape.len() > USUAL {
        let lengths: Vec<_> = shape.iter().map(convert).collect();
        return call(lengths.as_ptr(), lengths.len());
    }
    let mut lengths = [0; USUAL];
    for (to, from) in lengths.iter_mut().zip(shape) {
        *to = convert(from);
    }
    call(lengths.as_ptr(), shape.len())
}
