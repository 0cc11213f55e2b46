//! How a session is made: threads, weights, and what ONNX Runtime must not do on its own.

use std::ffi::CStr;
use std::path::Path;
use std::ptr;
use std::sync::Arc;

use ort::sys;

use super::handle::Handle;
use super::plugin::system_path;
use super::process::Process;
use super::status::Refusal;
use crate::Buffer;

/// ONNX Runtime's options of one session.
#[derive(Debug)]
pub(super) struct SessionOptions<'a> {
    handle: Handle<sys::OrtSessionOptions>,
    pub(super) process: &'a Process,
}

/// Settings that every session gets.
const SETTINGS: [(&CStr, &CStr); 3] = [
    // Without it nobody could tell where the nodes run.
    (c"session.record_ep_graph_assignment_info", c"1"),
    // Threads spin while a run is under way, which is what makes several of them pay, and stop
    // when it ends, so that an idle model costs its host nothing.
    (c"session.intra_op.allow_spinning", c"1"),
    (c"session.force_spinning_stop", c"1"),
];

/// The name of no file: see [`SessionOptions::weights`].
const NOWHERE: &str = "\u{1}";

impl<'a> SessionOptions<'a> {
    /// Options for runs on `threads` threads, the calling one included.
    pub(super) fn new(process: &'a Process, threads: usize) -> Result<Self, Refusal> {
        let mut options = ptr::null_mut();
        // SAFETY: one new object out.
        let status = unsafe { (process.api.CreateSessionOptions)(&raw mut options) };
        // SAFETY: the call above returned it.
        unsafe { process.check(status) }?;
        // SAFETY: the call above made it for us alone.
        let handle = unsafe { Handle::own(options, process.api.ReleaseSessionOptions) };
        let handle = handle.ok_or_else(|| Refusal("the options are null".into()))?;
        let options = Self { handle, process };
        options.threads(threads)?;
        SETTINGS
            .iter()
            .try_for_each(|(key, value)| options.set(key, value))?;
        Ok(options)
    }

    /// The options, for calls.
    pub(super) fn get(&self) -> *mut sys::OrtSessionOptions {
        self.handle.get()
    }

    fn threads(&self, threads: usize) -> Result<(), Refusal> {
        let threads = i32::try_from(threads.max(1)).unwrap_or(i32::MAX);
        let level = sys::GraphOptimizationLevel::ORT_ENABLE_ALL;
        let api = self.process.api;
        // SAFETY: the options are live, the rest are plain numbers.
        let statuses = unsafe {
            [
                (api.SetIntraOpNumThreads)(self.get(), threads),
                (api.SetInterOpNumThreads)(self.get(), 1),
                (api.SetSessionGraphOptimizationLevel)(self.get(), level),
            ]
        };
        // SAFETY: the calls above returned them. Each is checked, lest one leak.
        let checked = statuses.map(|status| unsafe { self.process.check(status) });
        checked.into_iter().collect()
    }

    fn set(&self, key: &CStr, value: &CStr) -> Result<(), Refusal> {
        // SAFETY: the options are live, both texts are constants that are copied.
        let status = unsafe {
            (self.process.api.AddSessionConfigEntry)(self.get(), key.as_ptr(), value.as_ptr())
        };
        // SAFETY: the call above returned it.
        unsafe { self.process.check(status) }
    }

    /// Hands over the files of weights, by the names that the graph has for them.
    ///
    /// Without any, ONNX Runtime would open what the graph names itself, relative to the working
    /// folder. A list that holds only a name that no graph has makes it refuse such a graph.
    ///
    /// `files` must live until the session is made.
    pub(super) fn weights(&self, files: &[(String, Arc<dyn Buffer>)]) -> Result<(), Refusal> {
        let nowhere: (String, Arc<dyn Buffer>) = (NOWHERE.to_owned(), Arc::new(Vec::<u8>::new()));
        let files = if files.is_empty() {
            std::slice::from_ref(&nowhere)
        } else {
            files
        };
        let names: Vec<_> = files
            .iter()
            .map(|(name, _)| system_path(Path::new(name)))
            .collect();
        let names: Vec<_> = names.iter().map(Vec::as_ptr).collect();
        let bytes: Vec<_> = files
            .iter()
            .map(|(_, file)| file.bytes().as_ptr().cast_mut().cast())
            .collect();
        let lengths: Vec<_> = files.iter().map(|(_, file)| file.bytes().len()).collect();
        // SAFETY: three lists of the stated length; the names are copied, the bytes are only
        // read, and live until the session is made, which is all that ONNX Runtime asks for.
        let status = unsafe {
            (self.process.api.AddExternalInitializersFromMemory)(
                self.get(),
                names.as_ptr(),
                bytes.as_ptr(),
                lengths.as_ptr(),
                files.len(),
            )
        };
        // SAFETY: the call above returned it.
        unsafe { self.process.check(status) }
    }

    /// Hands over one weight as a value, which must outlive the session.
    pub(super) fn initializer(
        &self,
        name: &CStr,
        value: &Handle<sys::OrtValue>,
    ) -> Result<(), Refusal> {
        // SAFETY: the options and the value are live; the name is copied.
        let status =
            unsafe { (self.process.api.AddInitializer)(self.get(), name.as_ptr(), value.get()) };
        // SAFETY: the call above returned it.
        unsafe { self.process.check(status) }
    }

    /// Hands over weights in no file as values, which must live until the session is made.
    pub(super) fn outside<'v>(
        &self,
        weights: impl Iterator<Item = (&'v CStr, &'v Handle<sys::OrtValue>)>,
    ) -> Result<(), Refusal> {
        let (names, values): (Vec<_>, Vec<_>) = weights
            .map(|(name, value)| (name.as_ptr(), value.get().cast_const()))
            .unzip();
        // SAFETY: the options are live; two lists of one length; the names are copied.
        let status = unsafe {
            (self.process.api.AddExternalInitializers)(
                self.get(),
                names.as_ptr(),
                values.as_ptr(),
                names.len(),
            )
        };
        // SAFETY: the call above returned it.
        unsafe { self.process.check(status) }
    }
}
