//! Weights held once for all instances of a graph.
//!
//! ONNX Runtime copies the weights of a model for every session. Given as values of ours it reads
//! them where they lie, and what its kernels repack goes into one container: many instances cost
//! hardly more than one. A weight that was repacked is freed again; the next instance copies it
//! from the graph, for as long as it takes to see that it is packed already. Only the CPU can read
//! the host's memory in place, so other devices take their own copies.
//!
//! The trap: two instances share only if they were made from clones of one [`Graph`].

use std::collections::HashMap;
use std::ffi::CString;
use std::ptr;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use ort::sys;

use super::handle::Handle;
use super::lender::lend;
use super::options::SessionOptions;
use super::process::Process;
use super::status::Refusal;
use super::value::{Aligned, is_aligned};
use super::weight::{Place, Weight};
use crate::Buffer;
use crate::model::Graph;

/// What the instances of one graph have in common.
#[derive(Debug)]
pub(super) struct SharedWeights {
    container: Handle<sys::OrtPrepackedWeightsContainer>,
    /// Copies at addresses that suit their elements, by the names of the weights. Sessions keep
    /// those that they read.
    copies: Mutex<HashMap<String, Weak<Aligned>>>,
    /// The graph, without keeping it alive.
    buffers: Vec<Weak<dyn Buffer>>,
}

// SAFETY: ONNX Runtime locks the container itself, which is released on any thread.
unsafe impl Send for SharedWeights {}
// SAFETY: as above.
unsafe impl Sync for SharedWeights {}

impl SharedWeights {
    /// The weights of `graph`, those of a live instance if there is one.
    pub(super) fn of(process: &Process, graph: &Graph) -> Result<Arc<Self>, Refusal> {
        let mut shared = process
            .shared
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        shared.retain(|shared| shared.strong_count() > 0);
        let mut live = shared.iter().filter_map(Weak::upgrade);
        if let Some(live) = live.find(|shared| shared.is_of(graph)) {
            return Ok(live);
        }
        let made = Arc::new(Self {
            container: container(process)?,
            copies: Mutex::default(),
            buffers: buffers(graph).map(Arc::downgrade).collect(),
        });
        shared.push(Arc::downgrade(&made));
        Ok(made)
    }

    /// Whether these are of the bytes of `graph`, not only of equal ones.
    fn is_of(&self, graph: &Graph) -> bool {
        // An address stays taken for as long as somebody remembers its buffer.
        let own = self
            .buffers
            .iter()
            .map(|buffer| buffer.as_ptr().cast::<()>());
        own.eq(buffers(graph).map(|buffer| Arc::as_ptr(buffer).cast()))
    }

    /// Where ONNX Runtime keeps what it repacks.
    pub(super) fn packed(&self) -> *mut sys::OrtPrepackedWeightsContainer {
        self.container.get()
    }

    /// A value that shows `weight`: the bytes of its file if they suit, or the copy of them.
    fn value(
        &self,
        process: &Process,
        graph: &Graph,
        weight: &Weight,
    ) -> Result<Handle<sys::OrtValue>, Refusal> {
        let (dtype, length) = weight.size()?;
        let (buffer, range) = weight.find(graph)?;
        let bytes = &buffer.bytes()[range.clone()];
        let is_file = matches!(weight.place, Place::File(..));
        let kind = (dtype, &*weight.shape);
        if is_file && length > 0 && is_aligned(bytes.as_ptr(), dtype) {
            return lend(process, Arc::clone(buffer), range, kind);
        }
        lend(process, self.copy(&weight.name, bytes), 0..length, kind)
    }

    /// A copy of the bytes of a weight, the one of a live instance if there is one.
    fn copy(&self, name: &str, bytes: &[u8]) -> Arc<Aligned> {
        let mut copies = self.copies.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(live) = copies.get(name).and_then(Weak::upgrade) {
            return live;
        }
        let copy = Arc::new(Aligned::copy(bytes));
        copies.insert(name.to_owned(), Arc::downgrade(&copy));
        copy
    }
}

/// What a session to be made gets: the values, until it is made.
#[derive(Debug)]
pub(super) struct Lent {
    values: Vec<Handle<sys::OrtValue>>,
    pub(super) shared: Arc<SharedWeights>,
}

// SAFETY: the values are only read once they are made, and released on any thread.
unsafe impl Send for Lent {}
// SAFETY: as above.
unsafe impl Sync for Lent {}

impl Lent {
    /// Tells a session to be made to use what the instances of `graph` share.
    ///
    /// `files` are the weights in files, all of them; `fixed` are those that no optimiser changes.
    pub(super) fn add(
        options: &SessionOptions<'_>,
        graph: &Graph,
        files: &[Weight],
        fixed: &[Weight],
    ) -> Result<Self, Refusal> {
        let mut lent = Self {
            values: Vec::with_capacity(files.len() + fixed.len()),
            shared: SharedWeights::of(options.process, graph)?,
        };
        // The optimisers see the files, the kernels what is fixed: without the latter they copy.
        let names = lent.show(options.process, graph, files)?;
        options.external(&names, &lent.values)?;
        let first = lent.values.len();
        let names = lent.show(options.process, graph, fixed)?;
        names
            .iter()
            .zip(&lent.values[first..])
            .try_for_each(|(name, value)| options.initializer(name, value))?;
        Ok(lent)
    }

    fn show(
        &mut self,
        process: &Process,
        graph: &Graph,
        weights: &[Weight],
    ) -> Result<Vec<CString>, Refusal> {
        let mut show = |weight: &Weight| {
            let name = CString::new(&*weight.name).map_err(|error| Refusal(error.to_string()))?;
            self.values.push(self.shared.value(process, graph, weight)?);
            Ok(name)
        };
        weights.iter().map(&mut show).collect()
    }
}

fn buffers(graph: &Graph) -> impl Iterator<Item = &Arc<dyn Buffer>> {
    std::iter::once(&graph.model).chain(graph.weights.iter().map(|(_, file)| file))
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
