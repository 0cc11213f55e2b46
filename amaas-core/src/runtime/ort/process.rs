//! The one ONNX Runtime of this process: its calls, its environment, its log.
//!
//! ONNX Runtime keeps global state, so a process has one at most: the first backend loads it,
//! later ones share it. It is never unloaded, since its threads and the memory of outputs may
//! outlive everybody who knows about it.
//!
//! Its log goes to `tracing` under the target `onnxruntime` and nowhere else.

use std::ffi::{c_char, c_void};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::ptr;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use ort::sys;

use super::handle::Handle;
use super::leaving;
use super::library::{self, Library};
use super::locate::{Search, VARIABLE, in_maps};
use super::plugin::Plugin;
use super::shared::{self, SharedWeights};
use super::status::{Refusal, text};
use crate::observe::{self, Severity};
use crate::{Error, ErrorKind, Result};

/// What is loaded, if anything. Held while loading, so that two threads load once.
static LOADED: Mutex<Option<Arc<Process>>> = Mutex::new(None);

/// ONNX Runtime, ready for work.
pub(super) struct Process {
    /// Every call of ONNX Runtime that amaas makes goes through this table.
    pub(super) api: &'static sys::OrtApi,
    /// The environment of all sessions; never released.
    pub(super) environment: *mut sys::OrtEnv,
    /// The allocator whose texts ONNX Runtime hands out; a constant of the library.
    pub(super) allocator: *mut sys::OrtAllocator,
    /// "Memory of the host", as inputs are described.
    pub(super) host: Handle<sys::OrtMemoryInfo>,
    /// The plug-ins registered so far.
    pub(super) plugins: Mutex<Vec<Plugin>>,
    /// The weights that live instances share.
    pub(super) shared: Mutex<Vec<Weak<SharedWeights>>>,
    library: Library,
}

// SAFETY: ONNX Runtime documents its environment, default allocator and memory descriptions as
// usable from every thread; the one list of ours that changes lies behind a mutex.
unsafe impl Send for Process {}
// SAFETY: as above.
unsafe impl Sync for Process {}

impl fmt::Debug for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.library.fmt(f)
    }
}

impl Process {
    /// The runtime of this process, loaded by this call if it is the first that succeeds.
    ///
    /// # Errors
    /// `RuntimeUnavailable` when none is usable, or when one is loaded and `explicit` is another.
    pub(super) fn open(explicit: Option<&Path>, hints: &[PathBuf]) -> Result<Arc<Self>> {
        let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(process) = &*loaded {
            return process.share(explicit);
        }
        let search = search(explicit, hints);
        if let (Some((_, wanted)), false) = (search.stated(), search.loaded.is_empty()) {
            refuse_another(wanted, &search.loaded)?;
        }
        let library = library::open(&search.candidates())?;
        let process = Arc::new(Self::start(library)?);
        *loaded = Some(Arc::clone(&process));
        Ok(process)
    }

    fn share(self: &Arc<Self>, explicit: Option<&Path>) -> Result<Arc<Self>> {
        let Some(wanted) = explicit else {
            return Ok(Arc::clone(self));
        };
        refuse_another(wanted, &[&self.library.path])?;
        Ok(Arc::clone(self))
    }

    fn start(library: Library) -> Result<Self> {
        let api = library.api;
        let refused = |refusal: Refusal| {
            refusal.into_error(ErrorKind::RuntimeUnavailable, "ONNX Runtime does not start")
        };
        let environment = environment(api).map_err(refused)?;
        let allocator = allocator(api).map_err(refused)?;
        let host = host_memory(api).map_err(refused)?;
        leaving::prepare();
        observe::runtime_loaded(&library.path, &library.version);
        Ok(Self {
            api,
            environment,
            allocator,
            host,
            plugins: Mutex::default(),
            shared: Mutex::default(),
            library,
        })
    }

    /// As `1.32.0`.
    pub(super) fn version(&self) -> &str {
        &self.library.version
    }

    /// Where it was loaded from.
    pub(super) fn path(&self) -> &Path {
        &self.library.path
    }

    /// Whether a call succeeded.
    ///
    /// # Safety
    /// `status` was just returned by a call through [`Process::api`].
    pub(super) unsafe fn check(&self, status: sys::OrtStatusPtr) -> Result<(), Refusal> {
        // SAFETY: passed on to the caller.
        unsafe { Refusal::check(self.api, status) }
    }

    /// Copies a text that ONNX Runtime allocated with the default allocator, and frees it.
    ///
    /// # Safety
    /// `allocated` comes from a call that was given [`Process::allocator`], and is not used again.
    pub(super) unsafe fn take_text(&self, allocated: *mut c_char) -> String {
        // SAFETY: the caller says that it is a text and ours.
        let copy = unsafe { text(allocated) };
        // SAFETY: the caller says which allocator made it.
        unsafe { self.free(allocated.cast()) };
        copy
    }

    /// Frees what the default allocator gave out.
    ///
    /// # Safety
    /// As for [`Process::take_text`].
    pub(super) unsafe fn free(&self, allocated: *mut c_void) {
        // SAFETY: the caller says so.
        let status = unsafe { (self.api.AllocatorFree)(self.allocator, allocated) };
        // SAFETY: the call above returned it. Freeing does not fail, and nothing could be done.
        let _ = unsafe { self.check(status) };
    }
}

/// Two copies in one process would disturb each other, whoever loaded the first: the host or amaas.
fn refuse_another(wanted: &Path, loaded: &[impl AsRef<Path>]) -> Result<()> {
    let mut paths = loaded.iter().map(AsRef::as_ref);
    if paths.clone().any(|path| library::is_same(wanted, path)) {
        return Ok(());
    }
    let message = format!(
        "`{}` was asked for, but another ONNX Runtime is loaded",
        wanted.display()
    );
    let first = paths.next().unwrap_or(wanted);
    Err(Error::new(ErrorKind::RuntimeUnavailable, message)
        .with("loaded", first.display())
        .advise("a process has one ONNX Runtime: state the path of the loaded one or none, or start another process"))
}

/// Gathers what the search depends on from the process and its environment.
fn search(explicit: Option<&Path>, hints: &[PathBuf]) -> Search {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    Search {
        explicit: explicit.map(Path::to_owned),
        variable: std::env::var_os(VARIABLE),
        hints: hints.to_vec(),
        loaded: in_maps(&maps),
        beside: own_folder(),
    }
}

/// The folder of the file that this code lies in: libamaas, the Python module or the program.
fn own_folder() -> Option<PathBuf> {
    let own = library::file_of(own_folder as *const ());
    let file = if own.as_os_str().is_empty() {
        std::env::current_exe().ok()?
    } else {
        own
    };
    file.parent().map(Path::to_owned)
}

fn environment(api: &sys::OrtApi) -> Result<*mut sys::OrtEnv, Refusal> {
    let mut environment = ptr::null_mut();
    let level = sys::OrtLoggingLevel::ORT_LOGGING_LEVEL_WARNING;
    // SAFETY: the name is a constant text that ONNX Runtime copies, `log` lives for ever and
    // takes no parameter.
    let status = unsafe {
        (api.CreateEnvWithCustomLogger)(
            log,
            ptr::null_mut(),
            level,
            c"amaas".as_ptr(),
            &raw mut environment,
        )
    };
    // SAFETY: the call above returned it.
    unsafe { Refusal::check(api, status) }?;
    // SAFETY: the environment was made above.
    let status = unsafe { (api.DisableTelemetryEvents)(environment) };
    // SAFETY: the call above returned it.
    unsafe { Refusal::check(api, status) }?;
    Ok(environment)
}

fn allocator(api: &sys::OrtApi) -> Result<*mut sys::OrtAllocator, Refusal> {
    let mut allocator = ptr::null_mut();
    // SAFETY: the answer is a constant of the library that nobody releases.
    let status = unsafe { (api.GetAllocatorWithDefaultOptions)(&raw mut allocator) };
    // SAFETY: the call above returned it.
    unsafe { Refusal::check(api, status) }?;
    Ok(allocator)
}

fn host_memory(api: &sys::OrtApi) -> Result<Handle<sys::OrtMemoryInfo>, Refusal> {
    let mut memory = ptr::null_mut();
    let kind = sys::OrtAllocatorType::OrtArenaAllocator;
    // SAFETY: plain values in, one new object out.
    let status = unsafe {
        (api.CreateCpuMemoryInfo)(kind, sys::OrtMemType::OrtMemTypeDefault, &raw mut memory)
    };
    // SAFETY: the call above returned it.
    unsafe { Refusal::check(api, status) }?;
    // SAFETY: the call above made it for us alone; the library is never unloaded.
    unsafe { Handle::own(memory, api.ReleaseMemoryInfo) }.ok_or_else(|| Refusal("no memory".into()))
}

/// Receives ONNX Runtime's log on whatever thread it is at work.
extern "system" fn log(
    _: *mut c_void,
    severity: sys::OrtLoggingLevel,
    category: *const c_char,
    _: *const c_char,
    location: *const c_char,
    message: *const c_char,
) {
    // SAFETY: ONNX Runtime passes texts that live during the call.
    let (category, location, message) = unsafe { (text(category), text(location), text(message)) };
    if shared::is_expected(&message) {
        return;
    }
    let severity = match severity {
        sys::OrtLoggingLevel::ORT_LOGGING_LEVEL_VERBOSE => Severity::Trace,
        sys::OrtLoggingLevel::ORT_LOGGING_LEVEL_INFO => Severity::Debug,
        sys::OrtLoggingLevel::ORT_LOGGING_LEVEL_WARNING => Severity::Warning,
        _ => Severity::Error,
    };
    // A subscriber of the host that panics must not unwind into C++.
    let _ = catch_unwind(AssertUnwindSafe(|| {
        observe::runtime_said(severity, &category, &location, &message);
    }));
}
