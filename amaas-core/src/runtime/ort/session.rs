//! One session: a graph that ONNX Runtime has optimised and placed.

use std::ptr::{self, NonNull};
use std::sync::Arc;

use ort::sys;

use super::handle::Handle;
use super::memory::GiveBack;
use super::options::SessionOptions;
use super::process::Process;
use super::shared::SharedWeights;
use super::status::{Refusal, text};
use crate::model::Graph;
use crate::runtime::{PlacedNodes, Weights};

/// A session. Outputs keep it alive, since they may lie in its memory.
#[derive(Debug)]
pub(super) struct Session {
    // Dropped in this order: the session before what it uses, and what it freed at the end.
    handle: Handle<sys::OrtSession>,
    weights: Option<Arc<SharedWeights>>,
    pub(super) process: Arc<Process>,
    _give_back: GiveBack,
}

// SAFETY: ONNX Runtime lets a session be used and released on any thread.
unsafe impl Send for Session {}
// SAFETY: shared references are used to read what never changes after the load (names, types,
// placement) and to run, and `Instance::run` takes `&mut self`, so that one run is under way.
unsafe impl Sync for Session {}

impl Session {
    /// Makes a session from `bytes`, those of `graph` or a skeleton of them. ONNX Runtime opens
    /// no file for it.
    pub(super) fn new(
        process: &Arc<Process>,
        (graph, bytes): (&Graph, &[u8]),
        options: &SessionOptions<'_>,
        weights: Option<Arc<SharedWeights>>,
    ) -> Result<Self, Refusal> {
        let packed = weights.as_ref().map(|weights| weights.packed());
        Ok(Self {
            handle: create(process, bytes, options, packed)?,
            weights,
            process: Arc::clone(process),
            _give_back: GiveBack::after(graph),
        })
    }

    /// The session, for calls.
    pub(super) fn get(&self) -> *mut sys::OrtSession {
        self.handle.get()
    }

    /// What its weights take, of a graph whose files have so many `bytes`: those that it holds itself
    /// lie in its arena, and the rest is shared, where anything is.
    pub(super) fn weights(&self, bytes: u64) -> Weights {
        let unique = self.arena().ok().flatten().unwrap_or(0);
        match &self.weights {
            Some(_) => Weights {
                shared: bytes.saturating_sub(unique),
                unique,
            },
            None => Weights {
                shared: 0,
                unique: unique.max(bytes),
            },
        }
    }

    /// How many bytes of its arena on the host are in use; nothing where there is no arena.
    fn arena(&self) -> Result<Option<u64>, Refusal> {
        let (process, mut allocator) = (&self.process, ptr::null_mut());
        // SAFETY: the session and the description are live; one new object out.
        let status = unsafe {
            (process.api.CreateAllocator)(self.get(), process.host.get(), &raw mut allocator)
        };
        // SAFETY: the call above returned it.
        unsafe { process.check(status) }?;
        // SAFETY: the call above made it for us alone.
        let allocator = unsafe { Handle::own(allocator, process.api.ReleaseAllocator) };
        let allocator = allocator.ok_or_else(|| Refusal("the allocator is null".into()))?;
        let mut figures = ptr::null_mut();
        // SAFETY: the allocator is live; one new object out.
        let status = unsafe { (process.api.AllocatorGetStats)(allocator.get(), &raw mut figures) };
        // SAFETY: the call above returned it.
        unsafe { process.check(status) }?;
        // SAFETY: the call above made it for us alone.
        let figures = unsafe { Handle::own(figures, process.api.ReleaseKeyValuePairs) };
        let figures = figures.ok_or_else(|| Refusal("the figures are null".into()))?;
        // SAFETY: the figures are live, and the name is a constant.
        let found = unsafe { (process.api.GetKeyValue)(figures.get(), c"InUse".as_ptr()) };
        // SAFETY: it is null or a text that lives as long as the figures.
        Ok((!found.is_null())
            .then(|| unsafe { text(found) })
            .and_then(|text| text.parse().ok()))
    }

    /// Which provider took which operators, grouped by provider in order of first mention.
    pub(super) fn assignment(&self) -> Result<Vec<PlacedNodes>, Refusal> {
        let mut placed: Vec<PlacedNodes> = Vec::new();
        for subgraph in self.subgraphs()? {
            let provider = self.provider(*subgraph)?;
            let nodes = self.operators(*subgraph)?;
            match placed.iter_mut().find(|placed| placed.provider == provider) {
                Some(known) => known.nodes.extend(nodes),
                None => placed.push(PlacedNodes { provider, nodes }),
            }
        }
        Ok(placed)
    }

    fn subgraphs(&self) -> Result<&[NonNull<sys::OrtEpAssignedSubgraph>], Refusal> {
        let (mut list, mut count) = (ptr::null(), 0);
        // SAFETY: the session is live and owns the list.
        let status = unsafe {
            (self.process.api.Session_GetEpGraphAssignmentInfo)(
                self.get(),
                &raw mut list,
                &raw mut count,
            )
        };
        // SAFETY: the call above returned it.
        unsafe { self.process.check(status) }?;
        // SAFETY: so many subgraphs, none null, lie there as long as the session lives.
        Ok(unsafe { list_of(list, count) })
    }

    fn provider(&self, subgraph: NonNull<sys::OrtEpAssignedSubgraph>) -> Result<String, Refusal> {
        let mut name = ptr::null();
        // SAFETY: the subgraph belongs to this session, and so does the name.
        let status = unsafe {
            (self.process.api.EpAssignedSubgraph_GetEpName)(subgraph.as_ptr(), &raw mut name)
        };
        // SAFETY: the call above returned it.
        unsafe { self.process.check(status) }?;
        // SAFETY: as above.
        Ok(unsafe { text(name) })
    }

    fn operators(
        &self,
        subgraph: NonNull<sys::OrtEpAssignedSubgraph>,
    ) -> Result<Vec<String>, Refusal> {
        let (mut list, mut count) = (ptr::null(), 0);
        // SAFETY: the subgraph belongs to this session, and so does the list.
        let status = unsafe {
            (self.process.api.EpAssignedSubgraph_GetNodes)(
                subgraph.as_ptr(),
                &raw mut list,
                &raw mut count,
            )
        };
        // SAFETY: the call above returned it.
        unsafe { self.process.check(status) }?;
        // SAFETY: so many nodes, none null, lie there as long as the session lives.
        let nodes: &[NonNull<sys::OrtEpAssignedNode>] = unsafe { list_of(list, count) };
        nodes.iter().map(|node| self.operator(*node)).collect()
    }

    fn operator(&self, node: NonNull<sys::OrtEpAssignedNode>) -> Result<String, Refusal> {
        let mut name = ptr::null();
        // SAFETY: the node belongs to this session, and so does the name.
        let status = unsafe {
            (self.process.api.EpAssignedNode_GetOperatorType)(node.as_ptr(), &raw mut name)
        };
        // SAFETY: the call above returned it.
        unsafe { self.process.check(status) }?;
        // SAFETY: as above.
        Ok(unsafe { text(name) })
    }
}

/// The session itself, which must keep the container `packed`, if any, alive.
fn create(
    process: &Process,
    bytes: &[u8],
    options: &SessionOptions<'_>,
    packed: Option<*mut sys::OrtPrepackedWeightsContainer>,
) -> Result<Handle<sys::OrtSession>, Refusal> {
    let api = &process.api;
    let (environment, options) = (process.environment, options.get().cast_const());
    let (start, length) = (bytes.as_ptr().cast(), bytes.len());
    let mut session = ptr::null_mut();
    let out = &raw mut session;
    // SAFETY: the bytes live during the call, which copies what it needs of them; the options and
    // the environment are live, and so is the container.
    let status = unsafe {
        match packed {
            None => (api.CreateSessionFromArray)(environment, start, length, options, out),
            Some(packed) => (api.CreateSessionFromArrayWithPrepackedWeightsContainer)(
                environment,
                start,
                length,
                options,
                packed,
                out,
            ),
        }
    };
    // SAFETY: the call above returned it.
    unsafe { process.check(status) }?;
    // SAFETY: the call above made it for us alone.
    let handle = unsafe { Handle::own(session, api.ReleaseSession) };
    handle.ok_or_else(|| Refusal("the session is null".into()))
}

/// A list that ONNX Runtime owns, empty when it is null.
///
/// # Safety
/// `list` is null, or `count` pointers that are not null lie there for as long as `'a`.
unsafe fn list_of<'a, T>(list: *const *const T, count: usize) -> &'a [NonNull<T>] {
    if list.is_null() {
        return &[];
    }
    // SAFETY: the caller says so; `NonNull` has the layout of a pointer.
    unsafe { std::slice::from_raw_parts(list.cast(), count) }
}
