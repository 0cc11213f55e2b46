//! `amaas.Service`: what a program creates, and what hands out routes.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use amaas_core::registry::MoveOptions;
use amaas_core::runtime::ort::RuntimeOptions;
use amaas_core::{Error, LoadSettings, Route as CoreRoute, Service as CoreService};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};
use semver::Version;

use crate::call::Seconds;
use crate::devices::Devices;
use crate::errors::{Failure, Result, invalid};
use crate::held::Held;
use crate::records::{Device, Model, Published};
use crate::route::Route;
use crate::settings::{Count, settings};

/// Selects, loads and serves versions of models, inside this process.
///
/// ``registry`` is the folder of the registry, made when it is not there; ``None`` means the one
/// that ``AMAAS_HOME`` names, and without that only paths can be loaded.
///
/// ``device`` is where models may run. ``"cuda:0"`` requires it, ``"cuda:0+cpu"`` requires it
/// with the CPU beside it, ``["cuda:0", "cpu"]`` or ``"cuda:0,cpu"`` prefers in that order;
/// ``None`` is the CPU. ``instances`` is how many requests of one model run at once, ``threads``
/// how many threads one run may use. ``None`` for both, on the CPU, gives a request that is alone
/// all processors and a crowd one each. ``timeout`` is how many seconds a call may take that does
/// not say so itself. ``load`` may say otherwise.
///
/// ``runtime`` is the library of ONNX Runtime, or its folder; ``None`` finds that of the
/// installed package ``onnxruntime``.
///
/// Raises ``RuntimeUnavailable`` when there is no usable ONNX Runtime, ``Io`` or ``Corrupt`` when
/// the registry cannot be opened.
///
/// >>> with amaas.Service("models/") as service:
/// ...     reviews = service.load("sentiment@^1")
/// ...     reviews("I loved it")
#[pyclass(frozen, module = "amaas")]
#[derive(Debug)]
pub(crate) struct Service {
    held: Held<CoreService>,
    settings: LoadSettings,
    routes: Mutex<Vec<Weak<Held<CoreRoute>>>>,
}

#[pymethods]
impl Service {
    #[new]
    #[pyo3(signature = (registry = None, *, device = None, instances = None, threads = None, timeout = None, runtime = None),
           text_signature = "(registry=None, *, device=None, instances=None, threads=None, timeout=None, runtime=None)")]
    fn new(
        py: Python<'_>,
        registry: Option<PathBuf>,
        device: Option<Devices>,
        instances: Option<Count>,
        threads: Option<Count>,
        timeout: Option<Seconds>,
        runtime: Option<PathBuf>,
    ) -> Result<Self> {
        let settings = settings(LoadSettings::default(), device, instances, threads, timeout);
        let runtime = RuntimeOptions {
            library: runtime,
            hints: hints(py)?,
        };
        let mut builder = CoreService::builder()
            .runtime(runtime)
            .settings(settings.clone());
        if let Some(root) = registry {
            builder = builder.registry(root);
        }
        let held = Held::new("service", py.detach(|| builder.build())?);
        Ok(Self {
            held,
            settings,
            routes: Mutex::default(),
        })
    }

    /// Check the package at ``path``, a folder or an ``.onnx`` file, and store it.
    ///
    /// Its golden examples are run first. Publishing the same content again changes nothing.
    ///
    /// Raises ``InvalidPackage`` or ``GoldenMismatch`` for a package that must not serve,
    /// ``AlreadyExists`` when the version is there with other content.
    fn publish(&self, py: Python<'_>, path: PathBuf) -> Result<Published> {
        let service = self.held.get()?;
        Ok(py.detach(|| service.publish(path))?.into())
    }

    /// Load what ``reference`` says and return a route to it.
    ///
    /// ``reference`` is ``"name"``, ``"name@selector"`` (a range as ``^1``, a version, an alias
    /// or ``sha256:…``), or the path of a package folder or ``.onnx`` file. ``device``,
    /// ``instances``, ``threads`` and ``timeout`` stand in for those of the service.
    ///
    /// Raises ``NotFound`` listing what there is, ``InvalidArgument`` for a malformed reference,
    /// ``DeviceUnavailable`` when the device cannot be had, ``LoadFailed``, ``InvalidPackage``,
    /// ``Corrupt`` or ``GoldenMismatch`` for a version that must not serve.
    ///
    /// >>> service.load("sentiment@^1", device=["cuda:0", "cpu"])
    #[pyo3(signature = (reference, *, device = None, instances = None, threads = None, timeout = None))]
    fn load(
        &self,
        py: Python<'_>,
        reference: &Bound<'_, PyAny>,
        device: Option<Devices>,
        instances: Option<Count>,
        threads: Option<Count>,
        timeout: Option<Seconds>,
    ) -> Result<Route> {
        let service = self.held.get()?;
        let reference = spelled(reference)?;
        let settings = settings(self.settings.clone(), device, instances, threads, timeout);
        let route = py.detach(|| service.load_with(&reference, settings))?;
        Ok(Route::new(self.remember(route)))
    }

    /// The models of the registry, with their versions and aliases.
    fn models(&self, py: Python<'_>) -> Result<Vec<Model>> {
        let service = self.held.get()?;
        let models = py.detach(|| service.registry()?.models())?;
        Ok(models.into_iter().map(Model::from).collect())
    }

    /// Point ``alias`` of the model ``name`` at ``version``.
    ///
    /// ``reason`` is kept in the alias's history.
    ///
    /// Raises ``NotFound`` when there is no such version.
    #[pyo3(signature = (name, alias, version, *, reason = None))]
    fn alias(
        &self,
        py: Python<'_>,
        name: &str,
        alias: &str,
        version: &str,
        reason: Option<&str>,
    ) -> Result<()> {
        let service = self.held.get()?;
        Ok(py.detach(|| {
            let (name, alias) = (name.parse()?, alias.parse()?);
            let options = MoveOptions {
                reason,
                ..MoveOptions::default()
            };
            service
                .registry()?
                .set_alias(&name, &alias, &exact(version)?, &options)
        })?)
    }

    /// Point ``alias`` back at the version it had before, and return that version.
    ///
    /// ``reason`` is kept in the alias's history.
    #[pyo3(signature = (name, alias, *, reason = None))]
    fn rollback(
        &self,
        py: Python<'_>,
        name: &str,
        alias: &str,
        reason: Option<&str>,
    ) -> Result<String> {
        let service = self.held.get()?;
        let version = py.detach(|| {
            service
                .registry()?
                .rollback(&name.parse()?, &alias.parse()?, reason)
        })?;
        Ok(version.to_string())
    }

    /// The devices that models can be placed on, the CPU last.
    fn devices(&self, py: Python<'_>) -> Result<Vec<Device>> {
        let service = self.held.get()?;
        Ok(py
            .detach(|| service.devices())?
            .into_iter()
            .map(Device::from)
            .collect())
    }

    /// The inference engine, as ``"onnxruntime 1.32.0"``.
    #[getter]
    fn runtime(&self) -> Result<String> {
        Ok(self.held.get()?.runtime())
    }

    /// Close the service and its routes. Calls under way end; later ones raise ``Closed``.
    fn close(&self, py: Python<'_>) {
        let routes =
            std::mem::take(&mut *self.routes.lock().unwrap_or_else(PoisonError::into_inner));
        py.detach(|| {
            routes
                .iter()
                .filter_map(Weak::upgrade)
                .for_each(|route| route.close());
            self.held.close();
        });
    }

    fn __enter__(slf: Bound<'_, Self>) -> Result<Bound<'_, Self>> {
        slf.get().held.get()?;
        Ok(slf)
    }

    #[pyo3(signature = (*_details))]
    fn __exit__(&self, py: Python<'_>, _details: &Bound<'_, PyTuple>) {
        self.close(py);
    }

    fn __repr__(&self) -> String {
        match self.held.get() {
            Ok(service) => {
                let root = service
                    .registry()
                    .map(|registry| registry.root().display().to_string());
                let registry = root.unwrap_or_else(|_| "no registry".to_owned());
                format!("<Service {registry}, {}>", service.runtime())
            }
            Err(_) => "<Service, closed>".to_owned(),
        }
    }
}

impl Service {
    /// Holds `route`, so that it closes with the service.
    fn remember(&self, route: CoreRoute) -> Arc<Held<CoreRoute>> {
        let held = Arc::new(Held::new("route", route));
        let mut routes = self.routes.lock().unwrap_or_else(PoisonError::into_inner);
        routes.retain(|route| route.strong_count() > 0);
        routes.push(Arc::downgrade(&held));
        held
    }
}

/// A reference as the core reads it: a path object is a path, even without a separator.
fn spelled(reference: &Bound<'_, PyAny>) -> Result<String> {
    if reference.is_instance_of::<PyString>() {
        return Ok(reference.extract()?);
    }
    let wanted = |_| PyTypeError::new_err("reference must be a str or a path");
    let path: PathBuf = reference.extract().map_err(wanted)?;
    let path = if path.is_relative() {
        Path::new(".").join(path)
    } else {
        path
    };
    path.into_os_string()
        .into_string()
        .map_err(|_| Failure::Python(PyTypeError::new_err("the path is not UTF-8")))
}

fn exact(version: &str) -> Result<Version, Error> {
    version.parse().map_err(|cause| {
        invalid(
            format!("`{version}` is not a version"),
            "write all three numbers, as `1.0.0`",
        )
        .because(cause)
    })
}

/// Where the interpreter's own ONNX Runtime lies: see `amaas/_runtime.py`.
fn hints(py: Python<'_>) -> Result<Vec<PathBuf>> {
    Ok(py
        .import("amaas._runtime")?
        .call_method0("hints")?
        .extract()?)
}
