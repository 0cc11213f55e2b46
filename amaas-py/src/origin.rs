//! How a service was made, so that another process can make the same: what `pickle` is told.
//!
//! A route travels as the folder of its registry, the name and the *resolved* digest of its version,
//! and its options; keys, credentials and functions are no options and never travel. `amaas/_reopen.py` makes
//! each service and route once in a process.
//!
//! The trap: a version from a path has no registry that would keep it. The path travels, and what
//! lies there must still have the digest.

use std::path::{Path, PathBuf};
use std::time::Duration;

use amaas_core::model::Reference;
use amaas_core::privacy::Keys;
use amaas_core::runtime::ort::RuntimeOptions;
use amaas_core::service::UpdateMode;
use amaas_core::usage::{Commit, Ledger, LedgerOptions, PriceTable, Quotas};
use amaas_core::{LoadSettings, ServiceBuilder};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};

use crate::errors::Result;
use crate::receipt::Listener;
use crate::registry::Registry;
use crate::route::Route;
use crate::service::Service;
use crate::settings::{WarmUp, seconds};
use crate::trust::Trust;

/// What a service was made with, beside how it loads.
#[derive(Debug, Clone, Default)]
pub(crate) struct Origin {
    pub(crate) registry: Option<PathBuf>,
    pub(crate) runtime: Option<PathBuf>,
    pub(crate) memory_budget: Option<u64>,
    pub(crate) drain: Option<Duration>,
    pub(crate) prices: Option<PathBuf>,
    pub(crate) ledger: Option<PathBuf>,
    pub(crate) strict: bool,
    pub(crate) quotas: Option<PathBuf>,
    pub(crate) keys: Option<Keys>,
    pub(crate) listener: Option<Listener>,
    pub(crate) trust: Option<Trust>,
    pub(crate) settings: LoadSettings,
    pub(crate) operators: Vec<PathBuf>,
}

impl Origin {
    /// The ledger that the service writes.
    pub(crate) fn open_ledger(&self) -> amaas_core::Result<Option<Ledger>> {
        let commit = match self.strict {
            true => Commit::Strict,
            false => Commit::Grouped,
        };
        let options = LedgerOptions {
            commit,
            ..LedgerOptions::default()
        };
        let path = self.ledger.as_ref();
        path.map(|path| Ledger::open_with(path, options))
            .transpose()
    }

    /// What makes the service; `hints` are folders in which ONNX Runtime may lie.
    pub(crate) fn builder(
        &self,
        hints: Vec<PathBuf>,
        ledger: Option<Ledger>,
    ) -> amaas_core::Result<ServiceBuilder> {
        let mut builder = amaas_core::Service::builder()
            .runtime(RuntimeOptions {
                library: self.runtime.clone(),
                hints,
                operators: self.operators.clone(),
            })
            .settings(self.settings.clone());
        if let Some(root) = &self.registry {
            builder = builder.registry(root);
        }
        if let Some(bytes) = self.memory_budget {
            builder = builder.memory_budget(bytes);
        }
        if let Some(ledger) = ledger {
            builder = builder.ledger(ledger);
        }
        if let Some(listener) = self.listener.clone() {
            builder = builder.on_receipt(move |usage| listener.tell(usage));
        }
        if let Some(drain) = self.drain {
            builder = builder.update_mode(UpdateMode::MemoryFirst { drain });
        }
        self.charging(self.private(builder))
    }

    /// With prices and quotas.
    fn charging(&self, mut builder: ServiceBuilder) -> amaas_core::Result<ServiceBuilder> {
        if let Some(path) = &self.prices {
            builder = builder.prices(PriceTable::open(path)?);
        }
        if let Some(path) = &self.quotas {
            builder = builder.quotas(Quotas::open(path)?);
        }
        Ok(builder)
    }

    /// With keys and trust.
    fn private(&self, mut builder: ServiceBuilder) -> ServiceBuilder {
        if let Some(keys) = &self.keys {
            builder = builder.keys(keys.clone());
        }
        if let Some(trust) = &self.trust {
            builder = builder.trust(trust.trust.clone());
        }
        builder
    }

    /// The keyword arguments that make the service again.
    pub(crate) fn options<'py>(&self, py: Python<'py>) -> Result<Bound<'py, PyDict>> {
        let options = options(py, &self.settings)?;
        if let Some(runtime) = &self.runtime {
            options.set_item("runtime", absolute(py, runtime)?)?;
        }
        if let Some(bytes) = self.memory_budget {
            options.set_item("memory_budget", bytes)?;
        }
        let files = [
            ("prices", &self.prices),
            ("ledger", &self.ledger),
            ("quotas", &self.quotas),
        ];
        for (key, path) in files {
            if let Some(path) = path {
                options.set_item(key, absolute(py, path)?)?;
            }
        }
        if self.strict {
            options.set_item("strict", true)?;
        }
        if let Some(trust) = &self.trust {
            options.set_item("trust", trust.clone())?;
        }
        if let Some(drain) = self.drain {
            options.set_item("drain", drain.as_secs_f64())?;
        }
        if !self.operators.is_empty() {
            let paths = self.operators.iter().map(|path| absolute(py, path));
            options.set_item("operators", paths.collect::<Result<Vec<_>>>()?)?;
        }
        Ok(options)
    }

    /// The folder of the registry, from the root.
    pub(crate) fn root<'py>(&self, py: Python<'py>) -> Result<Option<Bound<'py, PyAny>>> {
        let root = self.registry.as_deref();
        root.map(|root| absolute(py, root)).transpose()
    }
}

/// The keyword arguments that load with these settings.
fn options<'py>(py: Python<'py>, settings: &LoadSettings) -> Result<Bound<'py, PyDict>> {
    let options = PyDict::new(py);
    let usual = LoadSettings::default();
    let LoadSettings {
        devices,
        instances,
        threads,
        limits,
        deadline,
        warm_up,
        idle_unload,
        eager,
        redactor,
    } = settings;
    if redactor.is_some() {
        // It must not be lost on the way, and its names and key must not travel.
        let message = "a service with a redactor cannot be pickled: make it in the other process";
        return Err(PyTypeError::new_err(message).into());
    }
    if *devices != usual.devices {
        options.set_item("device", devices.to_string())?;
    }
    for (key, count) in [("instances", instances), ("threads", threads)] {
        if let Some(count) = count {
            options.set_item(key, count)?;
        }
    }
    for (key, time) in [
        ("timeout", *deadline),
        ("idle_unload", *idle_unload),
        ("window", limits.window),
    ] {
        if let Some(time) = seconds(time) {
            options.set_item(key, time)?;
        }
    }
    for (key, count, usual) in [
        ("rows", limits.rows, usual.limits.rows),
        ("tokens", limits.tokens, usual.limits.tokens),
        ("waiting", limits.waiting, usual.limits.waiting),
    ] {
        if count != usual {
            options.set_item(key, count)?;
        }
    }
    if *eager {
        options.set_item("eager", true)?;
    }
    if *warm_up != usual.warm_up {
        options.set_item("warm_up", WarmUp(warm_up.clone()))?;
    }
    Ok(options)
}

/// A path as a `str`, from the root, since another process may have another folder.
fn absolute<'py>(py: Python<'py>, path: &Path) -> Result<Bound<'py, PyAny>> {
    let path = std::path::absolute(path).map_err(PyErr::from)?;
    Ok(py.import("os")?.call_method1("fspath", (path,))?)
}

/// What `pickle` is told: a function of `amaas/_reopen.py` and its arguments.
fn reopened<'py, A: IntoPyObject<'py>>(
    py: Python<'py>,
    function: &str,
    arguments: A,
) -> Result<Bound<'py, PyTuple>> {
    let function = py.import("amaas._reopen")?.getattr(function)?;
    Ok((function, arguments).into_pyobject(py)?)
}

#[pymethods]
impl Service {
    fn __reduce__<'py>(&self, py: Python<'py>) -> Result<Bound<'py, PyTuple>> {
        self.held.get()?;
        let origin = &self.origin;
        reopened(py, "service", (origin.root(py)?, origin.options(py)?))
    }
}

#[pymethods]
impl Route {
    fn __reduce__<'py>(&self, py: Python<'py>) -> Result<Bound<'py, PyTuple>> {
        let (route, origin) = (self.held.get()?, &self.origin);
        let model = route.lease();
        let digest = model.digest().to_string();
        let reference = match &*route.reference() {
            Reference::Path(path) => absolute(py, path)?,
            Reference::Named { .. } => {
                let name = &model.manifest().package.name;
                PyString::new(py, &format!("{name}@{digest}")).into_any()
            }
        };
        let service = (origin.root(py)?, origin.options(py)?);
        let options = options(py, &self.settings)?;
        let arguments = (service.0, service.1, reference, digest, options);
        reopened(py, "route", arguments)
    }
}

#[pymethods]
impl Registry {
    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> Result<Bound<'py, PyTuple>> {
        let py = slf.py();
        let root = absolute(py, slf.get().folder())?;
        Ok((slf.get_type(), (root,)).into_pyobject(py)?)
    }
}
