//! Weights held once for all instances of a graph.
//!
//! There are two kinds. Tables of embeddings are read where they lie: all sessions are given the
//! same values of ours. Nearly all other large weights are repacked by the kernels that use them:
//! each session reads its own from the model and frees it again, and what was packed lies once,
//! in a container. So one instance is as large as it would be alone, and many cost hardly more.
//!
//! ONNX Runtime packs into the container only what it is given as a value, and keeps such a value
//! beside what it packed of it. A value on a device that the session does not use is a way out:
//! the name counts as shared, while the weight comes from the model. That also keeps weights right
//! that an optimiser rewrites under the same name.
//!
//! Only the CPU can read the host's memory in place, so other devices take their own copies.
//!
//! The trap: two instances share only if they were made from clones of one [`Graph`], or from
//! graphs whose bytes are known to have the same digests.

use std::ffi::CString;
use std::ptr;
use std::sync::{Arc, PoisonError, Weak};

use ort::sys;

use super::dtype::to_onnx;
use super::handle::Handle;
use super::options::SessionOptions;
use super::process::Process;
use super::status::Refusal;
use super::value::{is_aligned, with_shape};
use super::weight::{Place, Weight};
use crate::model::{Digest, Graph};
use crate::tensor::AlignedBytes;
use crate::{Buffer, Dtype};

/// Whether ONNX Runtime warns that it takes a weight from the model, as it is meant to.
pub(super) fn is_expected(message: &str) -> bool {
    message.starts_with("Cannot use user supplied initializer with name: (")
}

/// What the instances of one graph have in common.
#[derive(Debug)]
pub(super) struct SharedWeights {
    // Dropped in this order: the values before the memory that they show.
    values: Vec<(CString, Handle<sys::OrtValue>)>,
    elsewhere: Handle<sys::OrtValue>,
    container: Handle<sys::OrtPrepackedWeightsContainer>,
    /// What the values show: files, and copies at addresses that suit the elements.
    _memory: Vec<Arc<dyn Buffer>>,
    /// The graph, without keeping it alive.
    graph: Vec<Weak<dyn Buffer>>,
    digests: Option<Vec<Digest>>,
}

// SAFETY: the values are only read once they are made, ONNX Runtime locks the container itself,
// and both are released on any thread.
unsafe impl Send for SharedWeights {}
// SAFETY: as above.
unsafe impl Sync for SharedWeights {}

impl SharedWeights {
    /// The weights of `graph`, those of a live instance if there is one. `tables` are those that
    /// are read where they lie.
    pub(super) fn of(
        process: &Process,
        graph: &Graph,
        tables: &[Weight],
    ) -> Result<Arc<Self>, Refusal> {
        let mut shared = process
            .shared
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        shared.retain(|shared| shared.strong_count() > 0);
        let mut live = shared.iter().filter_map(Weak::upgrade);
        if let Some(live) = live.find(|shared| shared.is_of(graph)) {
            return Ok(live);
        }
        let made = Arc::new(Self::new(process, graph, tables)?);
        shared.push(Arc::downgrade(&made));
        Ok(made)
    }

    fn new(process: &Process, graph: &Graph, tables: &[Weight]) -> Result<Self, Refusal> {
        let (mut values, mut memory) = (Vec::new(), Vec::new());
        for table in tables {
            let name = CString::new(&*table.name).map_err(|error| Refusal(error.to_string()))?;
            let (buffer, bytes) = place(graph, table)?;
            let kind = (table.size()?.0, &*table.shape);
            // SAFETY: `place` has checked that the bytes are as many as dtype and shape ask for,
            // at an address that suits; the buffer that holds them goes into `memory`.
            let value = unsafe { show(process, process.host.get(), &buffer.bytes()[bytes], kind) };
            values.push((name, value?));
            memory.push(buffer);
        }
        Ok(Self {
            values,
            elsewhere: elsewhere(process)?,
            container: container(process)?,
            _memory: memory,
            graph: graph.buffers().map(Arc::downgrade).collect(),
            digests: graph.digests.clone(),
        })
    }

    /// Whether these are of the bytes of `graph`, not only of some that look equal.
    fn is_of(&self, graph: &Graph) -> bool {
        if self.digests.is_some() && self.digests == graph.digests {
            return true;
        }
        // An address stays taken for as long as somebody remembers its buffer.
        let own = self.graph.iter().map(|buffer| buffer.as_ptr().cast::<()>());
        own.eq(graph.buffers().map(|buffer| Arc::as_ptr(buffer).cast()))
    }

    /// Where ONNX Runtime keeps what it repacks.
    pub(super) fn packed(&self) -> *mut sys::OrtPrepackedWeightsContainer {
        self.container.get()
    }

    /// Tells a session to be made from a skeleton where the tables are.
    pub(super) fn outside(&self, options: &SessionOptions<'_>) -> Result<(), Refusal> {
        let tables = self.values.iter();
        options.outside(tables.map(|(name, value)| (name.as_c_str(), value)))
    }

    /// Tells a session to be made to use these weights, and to pack those named `packed` into the
    /// container. It must keep `self` alive.
    pub(super) fn add_to(
        &self,
        options: &SessionOptions<'_>,
        packed: &[CString],
    ) -> Result<(), Refusal> {
        let tables = self.values.iter().map(|(name, value)| (name, value));
        let packed = packed.iter().map(|name| (name, &self.elsewhere));
        tables
            .chain(packed)
            .try_for_each(|(name, value)| options.initializer(name, value))
    }
}

/// Memory that holds `table` at an address that suits, and where in it.
fn place(
    graph: &Graph,
    table: &Weight,
) -> Result<(Arc<dyn Buffer>, std::ops::Range<usize>), Refusal> {
    let (dtype, length) = table.size()?;
    let (buffer, range) = table.find(graph)?;
    let bytes = &buffer.bytes()[range.clone()];
    // What lies in the model is copied, lest the table keep all of the model alive.
    if matches!(table.place, Place::File(..)) && is_aligned(bytes.as_ptr(), dtype) {
        return Ok((Arc::clone(buffer), range));
    }
    Ok((Arc::new(AlignedBytes::copy(bytes)), 0..length))
}

/// A value that shows `bytes`, which lie in the memory that `info` describes.
///
/// # Safety
/// The bytes are as many as dtype and shape ask for, and outlive the value.
unsafe fn show(
    process: &Process,
    info: *const sys::OrtMemoryInfo,
    bytes: &[u8],
    (dtype, shape): (Dtype, &[usize]),
) -> Result<Handle<sys::OrtValue>, Refusal> {
    let mut value = ptr::null_mut();
    // SAFETY: the caller vouches for the bytes. ONNX Runtime does not write into weights.
    let status = with_shape(shape, |shape, rank| unsafe {
        (process.api.CreateTensorWithDataAsOrtValue)(
            info,
            bytes.as_ptr().cast_mut().cast(),
            bytes.len(),
            shape,
            rank,
            to_onnx(dtype),
            &raw mut value,
        )
    });
    // SAFETY: the call above returned it.
    unsafe { process.check(status) }?;
    // SAFETY: made for us alone.
    unsafe { Handle::own(value, process.api.ReleaseValue) }
        .ok_or_else(|| Refusal("a weight is null".into()))
}

/// A value that no session on the CPU can use, since it is said to lie on a GPU.
fn elsewhere(process: &Process) -> Result<Handle<sys::OrtValue>, Refusal> {
    let mut info = ptr::null_mut();
    let kind = sys::OrtAllocatorType::OrtDeviceAllocator;
    let memory = sys::OrtMemType::OrtMemTypeDefault;
    // SAFETY: plain values in, one new object out.
    let status =
        unsafe { (process.api.CreateMemoryInfo)(c"Cuda".as_ptr(), kind, 0, memory, &raw mut info) };
    // SAFETY: the call above returned it.
    unsafe { process.check(status) }?;
    // SAFETY: made for us alone.
    let info = unsafe { Handle::own(info, process.api.ReleaseMemoryInfo) };
    let info = info.ok_or_else(|| Refusal("no memory".into()))?;
    // SAFETY: one byte for one element, a constant. The description is copied.
    unsafe { show(process, info.get(), &[0], (Dtype::Uint8, &[1])) }
}

fn container(process: &Process) -> Result<Handle<sys::OrtPrepackedWeightsContainer>, Refusal> {
    let mut container = ptr::null_mut();
    // SAFETY: one new object out.
    let status = unsafe { (process.api.CreatePrepackedWeightsContainer)(&raw mut container) };
    // SAFETY: the call above returned it.
    unsafe { process.check(status) }?;
    // SAFETY: made for us alone.
    let container = unsafe { Handle::own(container, process.api.ReleasePrepackedWeightsContainer) };
    container.ok_or_else(|| Refusal("the container is null".into()))
}
