//! `amaas.Service`: what a program creates, and what hands out routes.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use amaas_core::registry::MoveOptions;
use amaas_core::usage::Ledger as CoreLedger;
use amaas_core::{LoadSettings, Route as CoreRoute, Service as CoreService};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

use crate::call::Seconds;
use crate::checks::{Checked, Verified};
use crate::devices::Devices;
use crate::errors::{Failure, Result};
use crate::held::{Handles, Held};
use crate::interrupt;
use crate::kept::{Kept, Wanted};
use crate::keys::Source;
use crate::names::exact;
use crate::origin::Origin;
use crate::progress::watched;
use crate::receipt::Listener;
use crate::records::{Device, Model};
use crate::redactor::Redactor;
use crate::registry::Registry;
use crate::route::Route;
use crate::settings::{Asked, Count, Warm};
use crate::trust::Trust;

/// Selects, loads and serves versions of models, inside this process.
///
/// ``registry`` is the folder of the registry, made when it is not there; ``None`` means the one
/// that ``AMAAS_HOME`` names, and without that only paths can be loaded.
///
/// ``device`` is where models may run. ``"cuda:0"`` requires it, ``"cuda:0+cpu"`` requires it
/// with the CPU beside it, ``["cuda:0", "cpu"]`` or ``"cuda:0,cpu"`` prefers in that order;
/// ``None`` is the CPU. ``instances`` is how many requests of one model run at once, ``threads``
/// how many threads one run may use. ``None`` for both, on the CPU, gives a request that is alone
/// all processors and a crowd one each. ``rows`` is how many rows run together at most. ``timeout``
/// is how many seconds a call may take that does not say so itself. After ``idle_unload`` seconds
/// without a request a model's instances leave the memory until the next one. ``warm_up``, a
/// ``WarmUp`` or ``False``, is what runs before a model serves. ``load`` may say otherwise.
///
/// ``tokens`` is how many tokens run together at most, padding included. ``waiting`` is how many
/// requests may wait for a model before one more raises ``Overloaded``, which says when to try again.
/// For ``window`` seconds a request waits for company though an instance is free; ``None`` does not.
/// ``eager`` makes the instances for a crowd before a model serves, not when the first crowd comes.
///
/// ``memory_budget`` is how many bytes of models may be in memory before the least recently used
/// leave it. ``drain`` says that an update unloads the old version before it loads the new one, and
/// how many seconds it waits for requests under way; ``None`` loads the new one beside the old.
///
/// ``runtime`` is the library of ONNX Runtime, or its folder; ``None`` finds that of the
/// installed package ``onnxruntime``.
///
/// ``prices`` is a price table, ``ledger`` the file that keeps every receipt, with ``strict`` before
/// its answer; ``amaas usage`` reads it. ``quotas`` is a quota table: what tenants may use.
///
/// ``keys`` are for encrypted packages: ``Keys``, the path of a file with identities, or a function
/// that is given a ``KeyRequest`` and returns ``Keys``. ``trust`` says whose signed packages run.
/// ``redactor`` takes what is sensitive out of texts before a model sees them.
///
/// ``on_receipt`` is told of each ``Receipt`` once it is settled, on the thread that answers, which
/// waits for it; what it raises goes to ``sys.unraisablehook``. It does not travel with ``pickle``.
///
/// ``operators`` are the paths of libraries of custom operators, for graphs that need more than ONNX's
/// own: ``[onnxruntime_extensions.get_library_path()]``. They run with the rights of this process, and
/// a package never brings one.
///
/// Raises ``RuntimeUnavailable`` when there is no usable ONNX Runtime or library of operators, ``Io`` or ``Corrupt`` when
/// the registry cannot be opened.
///
/// >>> with amaas.Service("models/") as service:
/// ...     reviews = service.load("sentiment@^1")
/// ...     reviews("I loved it")
#[pyclass(frozen, weakref, module = "amaas")]
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) held: Held<CoreService>,
    pub(crate) ledger: Option<Held<CoreLedger>>,
    pub(crate) handles: Arc<Handles>,
    pub(crate) origin: Arc<Origin>,
}

impl Service {
    fn open(py: Python<'_>, mut origin: Origin) -> Result<Self> {
        let hints = hints(py)?;
        let (service, ledger) = py.detach(|| {
            let ledger = origin.open_ledger()?;
            let builder = origin.builder(hints, ledger.clone())?;
            Ok::<_, Failure>((builder.build()?, ledger))
        })?;
        // Where `AMAAS_HOME` named it, another process may be told of another.
        let root = service.registry().ok().map(|found| found.root().to_owned());
        origin.registry = root;
        Ok(Self {
            held: Held::new("service", service),
            ledger: ledger.map(|ledger| Held::new("ledger", ledger)),
            handles: Arc::default(),
            origin: Arc::new(origin),
        })
    }

    /// The route, which closes with the service.
    pub(crate) fn route(&self, route: CoreRoute, settings: LoadSettings) -> Route {
        let held = self.handles.remember("route", route);
        Route::new(held, Arc::clone(&self.origin), settings)
    }
}

#[pymethods]
impl Service {
    #[new]
    #[pyo3(signature = (registry = None, *, device = None, instances = None, threads = None, rows = None, timeout = None, idle_unload = None, warm_up = None, memory_budget = None, drain = None, runtime = None, prices = None, ledger = None, strict = false, tokens = None, waiting = None, window = None, eager = None, quotas = None, keys = None, trust = None, redactor = None, on_receipt = None, operators = Vec::new()),
           text_signature = "(registry=None, *, device=None, instances=None, threads=None, rows=None, timeout=None, idle_unload=None, warm_up=None, memory_budget=None, drain=None, runtime=None, prices=None, ledger=None, strict=False, tokens=None, waiting=None, window=None, eager=None, quotas=None, keys=None, trust=None, redactor=None, on_receipt=None, operators=())")]
    #[expect(
        clippy::too_many_arguments,
        reason = "keyword arguments, as Python users expect"
    )]
    fn new(
        py: Python<'_>,
        registry: Option<PathBuf>,
        device: Option<Devices>,
        instances: Option<Count>,
        threads: Option<Count>,
        rows: Option<Count>,
        timeout: Option<Seconds>,
        idle_unload: Option<Seconds>,
        warm_up: Option<Warm>,
        memory_budget: Option<u64>,
        drain: Option<Seconds>,
        runtime: Option<PathBuf>,
        prices: Option<PathBuf>,
        ledger: Option<PathBuf>,
        strict: bool,
        tokens: Option<Count>,
        waiting: Option<usize>,
        window: Option<Seconds>,
        eager: Option<bool>,
        quotas: Option<PathBuf>,
        keys: Option<Source>,
        trust: Option<Trust>,
        redactor: Option<Redactor>,
        on_receipt: Option<Listener>,
        operators: Vec<PathBuf>,
    ) -> Result<Self> {
        let asked = Asked {
            device,
            instances,
            threads,
            rows,
            timeout,
            idle_unload,
            warm_up,
            tokens,
            waiting,
            window,
            eager,
        };
        let origin = Origin {
            registry,
            runtime,
            memory_budget,
            drain: drain.map(|Seconds(drain)| drain),
            prices,
            ledger,
            strict,
            quotas,
            keys: keys.map(|Source(keys)| keys),
            listener: on_receipt,
            trust,
            settings: asked.over(LoadSettings {
                redactor: redactor.map(|Redactor(redactor)| redactor),
                ..LoadSettings::default()
            }),
            operators,
        };
        Self::open(py, origin)
    }

    /// Load what ``reference`` says and return a route to it.
    ///
    /// ``reference`` is ``"name"``, ``"name@selector"`` (a range as ``^1``, a version, an alias
    /// or ``sha256:…``), or the path of a package folder or ``.onnx`` file. ``device``,
    /// ``instances``, ``threads``, ``rows``, ``timeout``, ``idle_unload``, ``warm_up``, ``tokens``,
    /// ``waiting``, ``window`` and ``eager`` stand in for those of the service; times are in seconds.
    /// Ctrl-C ends it and leaves nothing loaded.
    ///
    /// Raises ``NotFound`` listing what there is, ``InvalidArgument`` for a malformed reference,
    /// ``DeviceUnavailable`` when the device cannot be had, ``LoadFailed``, ``InvalidPackage``,
    /// ``Corrupt`` or ``GoldenMismatch`` for a version that must not serve.
    ///
    /// >>> service.load("sentiment@^1", device=["cuda:0", "cpu"])
    #[pyo3(signature = (reference, *, device = None, instances = None, threads = None, rows = None, timeout = None, idle_unload = None, warm_up = None, tokens = None, waiting = None, window = None, eager = None))]
    #[expect(
        clippy::too_many_arguments,
        reason = "keyword arguments, as Python users expect"
    )]
    fn load(
        &self,
        py: Python<'_>,
        reference: &Bound<'_, PyAny>,
        device: Option<Devices>,
        instances: Option<Count>,
        threads: Option<Count>,
        rows: Option<Count>,
        timeout: Option<Seconds>,
        idle_unload: Option<Seconds>,
        warm_up: Option<Warm>,
        tokens: Option<Count>,
        waiting: Option<usize>,
        window: Option<Seconds>,
        eager: Option<bool>,
    ) -> Result<Route> {
        let service = self.held.get()?;
        let reference = spelled(reference)?;
        let asked = Asked {
            device,
            instances,
            threads,
            rows,
            timeout,
            idle_unload,
            warm_up,
            tokens,
            waiting,
            window,
            eager,
        };
        let settings = asked.over(self.origin.settings.clone());
        let load = || service.load_with(&reference, settings.clone());
        let route = interrupt::held(py, load)?;
        Ok(self.route(route, settings))
    }

    /// The models of the registry, with their versions and aliases.
    ///
    /// Raises ``NotFound`` without a registry, ``Corrupt`` when it is damaged.
    ///
    /// >>> [model.name for model in service.models()]
    /// ['ner', 'sentiment']
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
    ///
    /// >>> service.alias("sentiment", "champion", "1.1.0", reason="better on long reviews")
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
    ///
    /// Raises ``NotFound`` when there is no such alias, ``Conflict`` when it has no version before.
    ///
    /// >>> service.rollback("sentiment", "champion", reason="complaints")
    /// '1.0.0'
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

    /// The registry, which goes on without the service.
    ///
    /// Raises ``NotFound`` for a service that was made without one.
    ///
    /// >>> service.registry.yank("ner", "1.0.0", reason="trained on the test set")
    #[getter]
    fn registry(&self) -> Result<Registry> {
        Ok(self.held.get()?.registry()?.clone().into())
    }

    /// Load the version that ``reference`` picks and ask it its golden examples.
    ///
    /// ``reference`` is as in ``load``. What is wrong with the version is in the answer.
    ///
    /// Raises ``NotFound`` or ``InvalidArgument`` where ``reference`` picks none.
    ///
    /// >>> service.verify("sentiment@^1").ok
    /// True
    fn verify(&self, py: Python<'_>, reference: &Bound<'_, PyAny>) -> Result<Checked> {
        let service = self.held.get()?;
        let reference = spelled(reference)?;
        Ok(interrupt::held(py, || service.verify(&reference))?.into())
    }

    /// Read every byte of the registry, then load every version and ask it its golden examples.
    ///
    /// ``progress`` is as in ``Registry.verify``, and tells of the bytes. What is wrong is in the
    /// answer; nothing that is wrong ends the check.
    ///
    /// Raises ``Corrupt`` when the list of models cannot be read.
    ///
    /// >>> [one.version for one in service.verify_all().versions if not one.ok]
    /// []
    #[pyo3(signature = (*, progress = None))]
    fn verify_all(&self, py: Python<'_>, progress: Option<&Bound<'_, PyAny>>) -> Result<Verified> {
        let service = self.held.get()?;
        let verified = watched(py, progress, "verify", |watch| {
            service.verify_all_while(&mut |state| watch.hears(state))
        })?;
        Ok(verified.into())
    }

    /// Keep versions of the model ``name`` loaded, so that a move to one of them takes no time.
    ///
    /// ``versions`` is a number for the highest so many, ``"all"``, or a list of versions. They
    /// stay loaded until what this returns is closed, or the service.
    ///
    /// Raises ``NotFound`` when the model or a named version is not there; then as ``load``.
    ///
    /// >>> kept = service.keep("sentiment", 2)
    /// >>> kept.versions
    /// ['1.1.0', '1.0.0']
    #[pyo3(signature = (name, versions = Wanted::ALL), text_signature = "(self, name, versions='all')")]
    fn keep(&self, py: Python<'_>, name: &str, versions: Wanted) -> Result<Kept> {
        let service = self.held.get()?;
        let kept = interrupt::held(py, || service.keep(name, versions.0.clone()))?;
        Ok(Kept::new(
            kept,
            Arc::clone(&self.handles),
            Arc::clone(&self.origin),
        ))
    }

    /// The devices that models can be placed on, the CPU last.
    ///
    /// Raises ``RuntimeUnavailable`` when ONNX Runtime cannot tell.
    ///
    /// >>> service.devices()[-1].provider
    /// 'CPUExecutionProvider'
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

    /// Whether it was closed, or made before this process was forked.
    #[getter]
    fn closed(&self) -> bool {
        self.held.get().is_err()
    }

    /// Close the service and its routes. Calls under way end; later ones raise ``Closed``.
    ///
    /// >>> service.close()
    fn close(&self, py: Python<'_>) {
        py.detach(|| {
            self.handles.close();
            self.held.close();
            if let Some(ledger) = &self.ledger {
                ledger.close();
            }
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

impl Drop for Service {
    /// With it may go what it loaded, which may take a while.
    fn drop(&mut self) {
        Python::try_attach(|py| py.detach(|| self.held.close()));
    }
}

/// A reference as the core reads it: a path object is a path, even without a separator.
pub(crate) fn spelled(reference: &Bound<'_, PyAny>) -> Result<String> {
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

/// Where the interpreter's own ONNX Runtime lies: see `amaas/_runtime.py`.
pub(crate) fn hints(py: Python<'_>) -> Result<Vec<PathBuf>> {
    Ok(py
        .import("amaas._runtime")?
        .call_method0("hints")?
        .extract()?)
}
