//! Memory of ours that ONNX Runtime holds on to for as long as it needs it.
//!
//! A value made here counts as one holder of the buffer that it shows. ONNX Runtime copies values,
//! not what they show, and says through [`OrtAllocator::Free`](sys::OrtAllocator) when the last
//! copy has gone. So weights that its kernels have repacked are freed while those that they read
//! in place stay, and nobody has to know which are which.

use std::collections::HashMap;
use std::ffi::c_void;
use std::ops::Range;
use std::ptr;
use std::sync::{Arc, Mutex, PoisonError};

use ort::sys;

use super::dtype::to_onnx;
use super::handle::Handle;
use super::process::Process;
use super::status::Refusal;
use super::value::with_shape;
use crate::{Buffer, Dtype};

/// Who holds the memory at an address; as often as it was lent.
static LENT: Mutex<Option<HashMap<usize, Vec<Arc<dyn Buffer>>>>> = Mutex::new(None);

/// What ONNX Runtime takes for an allocator, though it only frees.
#[repr(C)]
#[derive(Debug)]
pub(super) struct Lender {
    // First, since ONNX Runtime knows the address of this part only.
    allocator: sys::OrtAllocator,
    host: *const sys::OrtMemoryInfo,
}

// SAFETY: nothing in it changes, and the description of the host's memory may be read anywhere.
unsafe impl Send for Lender {}
// SAFETY: as above.
unsafe impl Sync for Lender {}

impl Lender {
    /// A lender of the memory that `host` describes, which must live for ever.
    pub(super) fn new(host: *const sys::OrtMemoryInfo) -> &'static Self {
        Box::leak(Box::new(Self {
            allocator: sys::OrtAllocator {
                version: sys::ORT_API_VERSION,
                Alloc: Some(alloc),
                Free: Some(free),
                Info: Some(info),
                Reserve: None,
                GetStats: None,
                AllocOnStream: None,
            },
            host,
        }))
    }
}

/// A value that shows the bytes of `owner` at `place` and holds `owner` until it goes.
///
/// The bytes must be as many as dtype and shape ask for, at an address that suits the dtype.
pub(super) fn lend(
    process: &Process,
    owner: Arc<dyn Buffer>,
    place: Range<usize>,
    (dtype, shape): (Dtype, &[usize]),
) -> Result<Handle<sys::OrtValue>, Refusal> {
    let bytes = owner.bytes().get(place);
    let bytes = bytes.ok_or_else(|| Refusal("a weight ends before its bytes do".into()))?;
    let (data, length) = (bytes.as_ptr().cast_mut(), bytes.len());
    let deleter = ptr::from_ref(process.lender).cast_mut().cast();
    hold(data.addr(), owner);
    let mut value = ptr::null_mut();
    // SAFETY: so many bytes lie there, and `hold` keeps them until `free` is called. ONNX Runtime
    // does not write into weights, nor into its allocator, which lives for ever.
    let status = with_shape(shape, |shape, rank| unsafe {
        (process.api.CreateTensorWithDataAndDeleterAsOrtValue)(
            deleter,
            data.cast(),
            length,
            shape,
            rank,
            to_onnx(dtype),
            &raw mut value,
        )
    });
    // A refusal leaves the memory held, since nobody can know whether it was freed already.
    // SAFETY: the call above returned it.
    unsafe { process.check(status) }?;
    // SAFETY: made for us alone.
    unsafe { Handle::own(value, process.api.ReleaseValue) }
        .ok_or_else(|| Refusal("a weight is null".into()))
}

fn hold(address: usize, owner: Arc<dyn Buffer>) {
    let mut lent = LENT.lock().unwrap_or_else(PoisonError::into_inner);
    let owners = lent.get_or_insert_default().entry(address).or_default();
    owners.push(owner);
}

/// One holder fewer. All owners of an address keep its memory alive, so that any may go first.
extern "system" fn free(_: *mut sys::OrtAllocator, data: *mut c_void) {
    let mut guard = LENT.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(lent) = guard.as_mut() else {
        return;
    };
    let owner = lent.get_mut(&data.addr()).and_then(Vec::pop);
    if lent.get(&data.addr()).is_some_and(Vec::is_empty) {
        lent.remove(&data.addr());
    }
    // What an owner does when it goes is its own affair and not to be done under a lock.
    drop(guard);
    drop(owner);
}

/// Gives out nothing: ONNX Runtime allocates elsewhere.
extern "system" fn alloc(_: *mut sys::OrtAllocator, _: usize) -> *mut c_void {
    ptr::null_mut()
}

extern "system" fn info(this: *const sys::OrtAllocator) -> *const sys::OrtMemoryInfo {
    // SAFETY: ONNX Runtime passes what it was given, which is the first part of a `Lender`.
    unsafe { (*this.cast::<Lender>()).host }
}
