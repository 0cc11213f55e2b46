//! ONNX Runtime, found on the machine and used through its C API.
//!
//! [`OrtBackend::open`] finds the library, checks it and loads it; from then on the backend is a
//! [`Backend`] like any other.
//!
//! ```no_run
//! use amaas_core::model::Graph;
//! use amaas_core::runtime::ort::{OrtBackend, RuntimeOptions};
//! use amaas_core::runtime::{Backend, DevicePolicy, LoadOptions};
//! use amaas_core::Tensor;
//!
//! let backend = OrtBackend::open(&RuntimeOptions::default())?;
//! let graph = Graph::new(std::fs::read("model.onnx").unwrap());
//! let options = LoadOptions { devices: DevicePolicy::default(), threads: 1 };
//! let mut model = backend.load(&graph, &options)?;
//! let x = Tensor::from_vec([1, 2], vec![1.0_f32, 2.0])?;
//! let outputs = model.run(&[("x", &x)], &[], None)?;
//! # Ok::<(), amaas_core::Error>(())
//! ```
//!
//! Of the crate `ort` only the declarations of the C API are used ([`ort::sys`]). Its
//! own loader stays untouched, since a failure inside it can neither be undone nor be told apart;
//! see `library` for ours. All `unsafe` code of the core is in this folder.
//!
//! The trap: a process has one ONNX Runtime. The first backend decides which; a later one that
//! asks for another is refused.
#![expect(unsafe_code, reason = "ONNX Runtime is a C library")]

mod append;
mod describe;
mod dtype;
mod external;
mod handle;
mod inside;
mod instance;
mod leaving;
mod library;
mod load;
mod locate;
mod memory;
mod operators;
mod options;
mod output;
mod plugin;
mod policy;
mod process;
mod proven;
mod session;
mod shared;
mod skeleton;
mod status;
mod stopper;
mod uses;
mod value;
mod weight;
mod wire;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use self::operators::Operators;
use self::process::Process;
use super::{Backend, DeviceInfo, Instance, LoadOptions};
use crate::model::Graph;
use crate::{ErrorKind, Result};

/// Where to look for ONNX Runtime.
///
/// ```
/// use amaas_core::runtime::ort::RuntimeOptions;
///
/// let options = RuntimeOptions { hints: vec!["site-packages/onnxruntime".into()], ..Default::default() };
/// assert_eq!(options.library, None);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuntimeOptions {
    /// This library, or the one in this folder, and no other.
    pub library: Option<PathBuf>,
    /// Libraries and folders to try before the system's, if nothing is stated here or in
    /// `AMAAS_ORT_LIB`. A face passes what its host knows, as the folder of Python's package
    /// `onnxruntime`.
    pub hints: Vec<PathBuf>,
    /// Libraries of custom operators, as that of onnxruntime-extensions, for every model of the
    /// backend. They run with the rights of the process; a package never brings one.
    pub operators: Vec<PathBuf>,
}

/// The engine of amaas. Cloning is cheap: all backends of a process share one runtime.
#[derive(Debug, Clone)]
pub struct OrtBackend {
    process: Arc<Process>,
    operators: Operators,
}

impl OrtBackend {
    /// Finds ONNX Runtime and loads it, or shares it if this process has it loaded.
    ///
    /// The order: `library`, the variable `AMAAS_ORT_LIB`, what the process has loaded already, the
    /// hints, beside amaas itself, the system loader. Each of the first three excludes what follows:
    /// one of the first two that is not what the process has loaded is refused.
    ///
    /// ```
    /// use amaas_core::runtime::ort::{OrtBackend, RuntimeOptions};
    /// use amaas_core::ErrorKind;
    ///
    /// let options = RuntimeOptions { library: Some("/nowhere".into()), ..Default::default() };
    /// let error = OrtBackend::open(&options).unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::RuntimeUnavailable);
    /// ```
    ///
    /// # Errors
    /// `RuntimeUnavailable` listing every place tried with its cause, or naming the library that
    /// is loaded already when `library` is another; or naming the library of operators that cannot
    /// be used.
    pub fn open(options: &RuntimeOptions) -> Result<Self> {
        let process = Process::open(options.library.as_deref(), &options.hints)?;
        let operators = Operators::open(&process, &options.operators)?;
        Ok(Self { process, operators })
    }

    /// ONNX Runtime's version, as `1.32.0`.
    pub fn version(&self) -> &str {
        self.process.version()
    }

    /// The file that ONNX Runtime was loaded from.
    pub fn library(&self) -> &Path {
        self.process.path()
    }
}

impl Backend for OrtBackend {
    fn describe(&self) -> String {
        format!("onnxruntime {}", self.version())
    }

    fn devices(&self) -> Result<Vec<DeviceInfo>> {
        let devices = plugin::known_devices(&self.process).map_err(|refusal| {
            refusal.into_error(ErrorKind::Internal, "ONNX Runtime lists no devices")
        })?;
        let mut devices: Vec<_> = devices
            .into_iter()
            .map(|device| DeviceInfo {
                provider: device.provider(&self.process),
                kind: device.kind(&self.process).to_owned(),
                vendor: device.vendor(&self.process),
            })
            .collect();
        devices.sort_by_key(|device| device.provider == policy::CPU);
        Ok(devices)
    }

    fn load(&self, graph: &Graph, options: &LoadOptions) -> Result<Box<dyn Instance>> {
        Ok(Box::new(load::load(
            &self.process,
            &self.operators,
            graph,
            options,
        )?))
    }

    fn give_back(&self) {
        memory::trim();
    }
}
