//! Ending a run from another thread.

use std::ptr;
use std::sync::Arc;

use ort::sys;

use super::handle::Handle;
use super::process::Process;
use super::status::Refusal;

/// ONNX Runtime's options of a run, of which amaas uses the switch that ends it.
#[derive(Debug)]
pub(super) struct Stopper {
    handle: Handle<sys::OrtRunOptions>,
    process: Arc<Process>,
}

// SAFETY: the switch is there to be thrown from any thread while another one runs.
unsafe impl Send for Stopper {}
// SAFETY: as above.
unsafe impl Sync for Stopper {}

impl Stopper {
    pub(super) fn new(process: &Arc<Process>) -> Result<Self, Refusal> {
        let mut options = ptr::null_mut();
        // SAFETY: one new object out.
        let status = unsafe { (process.api.CreateRunOptions)(&raw mut options) };
        // SAFETY: the call above returned it.
        unsafe { process.check(status) }?;
        // SAFETY: the call above made it for us alone.
        let handle = unsafe { Handle::own(options, process.api.ReleaseRunOptions) };
        let handle = handle.ok_or_else(|| Refusal("the options are null".into()))?;
        Ok(Self {
            handle,
            process: Arc::clone(process),
        })
    }

    /// The options, for a run.
    pub(super) fn get(&self) -> *mut sys::OrtRunOptions {
        self.handle.get()
    }

    /// Ends the run that was given these options, and refuses those to come.
    pub(super) fn stop(&self) {
        // SAFETY: the options are live.
        let status = unsafe { (self.process.api.RunOptionsSetTerminate)(self.get()) };
        // SAFETY: the call above returned it. There is nobody to tell of a failure.
        let _ = unsafe { self.process.check(status) };
    }
}
