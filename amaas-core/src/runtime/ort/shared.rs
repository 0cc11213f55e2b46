//! Weights in files, held once for all instances of a graph.
//!
//! ONNX Runtime copies what it is given as a file. Given as values of ours it reads them where
//! they lie, which is mapped memory at best, and what its kernels repack goes into one container:
//! many instances cost hardly more than one. Only the CPU can read the host's memory in place, so
//! other devices take their own copies.
//!
//! The trap: two instances share only if they were made from clones of one [`Graph`].

use std::ffi::CString;
use std::ptr;
use std::sync::{Arc, PoisonError};

use ort::sys;

use super::dtype::{from_onnx, to_onnx};
use super::external::Weight;
use super::handle::Handle;
use super::options::SessionOptions;
use super::process::Process;
use super::status::Refusal;
use super::value::{Aligned, is_aligned, with_shape};
use crate::model::Graph;
use crate::{Buffer, Dtype, Shape};

/// The weights of one graph, as values that many sessions read.
#[derive(Debug)]
pub(super) struct SharedWeights {
    // Dropped in this order: the values before the memory that they show.
    values: Vec<Handle<sys::OrtValue>>,
    names: Vec<CString>,
    container: Handle<sys::OrtPrepackedWeightsContainer>,
    /// Of the weights whose place in the file does not suit their elements.
    copies: Vec<Aligned>,
    graph: Graph,
}

// SAFETY: the values are only read once they are made, ONNX Runtime locks the container itself,
// and both are released on any thread.
unsafe impl Send for SharedWeights {}
// SAFETY: as above.
unsafe impl Sync for SharedWeights {}

impl SharedWeights {
    /// The weights of `graph`, those of a live instance if there is one.
    pub(super) fn of(
        process: &Process,
        graph: &Graph,
        weights: &[Weight],
    ) -> Result<Arc<Self>, Refusal> {
        let mut shared = process
            .shared
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        shared.retain(|shared| shared.strong_count() > 0);
        let live = shared
            .iter()
            .filter_map(std::sync::Weak::upgrade)
            .find(|shared| shared.is_of(graph));
        if let Some(live) = live {
            return Ok(live);
        }
        let made = Arc::new(Self::new(process, graph, weights)?);
        shared.push(Arc::downgrade(&made));
        Ok(made)
    }

    fn new(process: &Process, graph: &Graph, weights: &[Weight]) -> Result<Self, Refusal> {
        let mut shared = Self {
            values: Vec::with_capacity(weights.len()),
            names: Vec::with_capacity(weights.len()),
            container: container(process)?,
            copies: Vec::new(),
            graph: graph.clone(),
        };
        for weight in weights {
            let name =
                CString::new(weight.name.as_str()).map_err(|error| Refusal(error.to_string()))?;
            let value = shared.value(process, graph, weight)?;
            shared.names.push(name);
            shared.values.push(value);
        }
        Ok(shared)
    }

    /// Whether these are the bytes of `graph`, not only equal ones.
    fn is_of(&self, graph: &Graph) -> bool {
        let pairs = || self.graph.weights.iter().zip(&graph.weights);
        Arc::ptr_eq(&self.graph.model, &graph.model)
            && self.graph.weights.len() == graph.weights.len()
            && pairs().all(|(own, other)| own.0 == other.0 && Arc::ptr_eq(&own.1, &other.1))
    }

    fn value(
        &mut self,
        process: &Process,
        graph: &Graph,
        weight: &Weight,
    ) -> Result<Handle<sys::OrtValue>, Refusal> {
        let (dtype, bytes) = slice(graph, weight)?;
        let mut data = bytes.as_ptr();
        if !is_aligned(data, dtype) {
            let copy = Aligned::copy(bytes);
            data = copy.bytes().as_ptr();
            self.copies.push(copy);
        }
        let mut value = ptr::null_mut();
        // SAFETY: so many bytes lie there, checked against dtype and shape, and `self` keeps them
        // alive for longer than the value. ONNX Runtime does not write into weights.
        let status = with_shape(&weight.shape, |shape, rank| unsafe {
            (process.api.CreateTensorWithDataAsOrtValue)(
                process.host.get(),
                data.cast_mut().cast(),
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

    /// Where ONNX Runtime keeps what it repacks.
    pub(super) fn packed(&self) -> *mut sys::OrtPrepackedWeightsContainer {
        self.container.get()
    }

    /// Tells a session to be made to use these weights. It must keep `self` alive.
    pub(super) fn add_to(&self, options: &SessionOptions<'_>) -> Result<(), Refusal> {
        let process = options.process;
        let names: Vec<_> = self.names.iter().map(|name| name.as_ptr()).collect();
        let values: Vec<_> = self
            .values
            .iter()
            .map(|value| value.get().cast_const())
            .collect();
        // SAFETY: two lists of one length; the names are copied, the values live on.
        let status = unsafe {
            (process.api.AddExternalInitializers)(
                options.get(),
                names.as_ptr(),
                values.as_ptr(),
                names.len(),
            )
        };
        // SAFETY: the call above returned it.
        unsafe { process.check(status) }?;
        // The call above serves the optimiser, the one below the kernels: without it they copy.
        for (name, value) in names.into_iter().zip(values) {
            // SAFETY: as above.
            let status = unsafe { (process.api.AddInitializer)(options.get(), name, value) };
            // SAFETY: the call above returned it.
            unsafe { process.check(status) }?;
        }
        Ok(())
    }
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

/// The bytes of a weight in the file that was given.
fn slice<'g>(graph: &'g Graph, weight: &Weight) -> Result<(Dtype, &'g [u8]), Refusal> {
    let Weight {
        name,
        location,
        offset,
        element,
        shape,
    } = weight;
    let dtype = dtype(*element).ok_or_else(|| {
        Refusal(format!(
            "the weight `{name}` has the element type `{element}`"
        ))
    })?;
    let shape = Shape::new(shape.as_slice()).map_err(|error| Refusal(error.to_string()))?;
    let length = dtype.byte_length(shape.elements());
    let file = graph.weights.iter().find(|(given, _)| given == location);
    let bytes = file
        .zip(length)
        .and_then(|((_, file), length)| file.bytes().get(*offset..offset.checked_add(length)?));
    let outside = || {
        Refusal(format!(
            "the file `{location}` is too short for the weight `{name}`"
        ))
    };
    bytes.map(|bytes| (dtype, bytes)).ok_or_else(outside)
}

/// The dtype of one of ONNX's numbers, which differ from ONNX Runtime's for the newest three.
fn dtype(element: u64) -> Option<Dtype> {
    match element {
        24 => Some(Dtype::Float8E8m0),
        25 => Some(Dtype::Uint2),
        26 => Some(Dtype::Int2),
        _ => from_onnx(i32::try_from(element).ok()?),
    }
}
