//! What a service does over time: it follows its registry, and finds what serves best.

use std::path::PathBuf;
use std::sync::Arc;

use amaas_core::Error;
use amaas_core::service::TuneOptions;
use pyo3::prelude::*;

use crate::call::Seconds;
use crate::errors::Result;
use crate::interrupt;
use crate::lifecycle::{Updated, VersionStatus};
use crate::remote::At;
use crate::route::{Route, parse};
use crate::service::{Service, spelled};
use crate::settings::Count;
use crate::tune::{self, Tuned};
use crate::watch::{self, Watcher};

#[pymethods]
impl Service {
    /// Move every route, and what is kept, to what their references select now.
    ///
    /// Requests under way end on the version they began with. What cannot be moved goes on as it
    /// was and is in the answer.
    ///
    /// >>> service.alias("sentiment", "champion", "1.1.0")
    /// >>> service.update().moved
    /// [Moved(reference='sentiment@champion', old='1.0.0', new='1.1.0')]
    fn update(&self, py: Python<'_>) -> Result<Updated> {
        let service = self.held.get()?;
        let updated = interrupt::held(py, || Ok(service.update()))?;
        Ok(updated.into())
    }

    /// The versions that are loaded, being loaded, or served though they left the memory.
    ///
    /// A version that is served with different settings is told once for each.
    ///
    /// >>> [(one.version, one.state) for one in service.versions()]
    /// [('1.1.0', 'ready')]
    fn versions(&self, py: Python<'_>) -> Result<Vec<VersionStatus>> {
        let service = self.held.get()?;
        let versions = py.detach(|| service.versions()).into_iter();
        Ok(versions.map(VersionStatus::from).collect())
    }

    /// Call ``update`` on a thread of its own whenever the registry may have changed.
    ///
    /// It looks at once, when the folder tells of a change (``notifications``), and every
    /// ``interval`` seconds, since folders on a network tell nothing. After a look at which
    /// something failed the rest doubles, up to ``longest``. ``callback`` is called on that thread,
    /// with an ``Updated`` when something moved or failed to, and with an ``Error`` when changes of
    /// the folder cannot be heard. What it raises goes to ``sys.unraisablehook``. Keep what is
    /// returned: it stops when it is closed, is let go of, or the service closes.
    ///
    /// With a ``remote``, or the address of one, it pulls before each look what the references select there; its aliases move
    /// here as they moved there.
    ///
    /// Raises ``NotFound`` without a registry, ``InvalidArgument`` for an interval of zero.
    ///
    /// >>> watcher = service.watch(lambda event: print(event))
    #[pyo3(signature = (callback = None, *, interval = Seconds::INTERVAL, longest = Seconds::LONGEST, notifications = true, remote = None),
           text_signature = "(self, callback=None, *, interval=30.0, longest=600.0, notifications=True, remote=None)")]
    fn watch<'py>(
        &self,
        py: Python<'py>,
        callback: Option<Py<PyAny>>,
        interval: Seconds,
        longest: Seconds,
        notifications: bool,
        remote: Option<At>,
    ) -> Result<Bound<'py, Watcher>> {
        let service = self.held.get()?;
        let options = watch::options(interval, longest, notifications);
        let remote = remote.map(At::core);
        Watcher::start(py, &service, (options, remote), callback, &self.handles)
    }

    /// Try arrangements of what ``reference`` selects on requests of ``sample``, and say which is
    /// best on this machine.
    ///
    /// ``sample`` is a list of texts, or of dicts as ``Route.run`` takes them: each one request.
    /// ``objective`` is ``"throughput"``, ``"latency"`` or, in milliseconds, ``"p99<20"``; ``budget``
    /// how many seconds it may take, loading included; ``clients`` how many requests are sent at
    /// once, each number in turn. ``progress`` is ``True`` for a bar, or a function that is called
    /// with a ``TuneProgress``. Nothing else should run on the machine meanwhile.
    ///
    /// Raises ``InvalidArgument`` for an empty sample or one that the model does not take,
    /// ``DeadlineExceeded`` when not one request was answered within the budget; then as ``load``.
    ///
    /// >>> tuned = service.tune("sentiment@^1", texts, objective="p99<20", progress=True)
    /// >>> reviews = service.load("sentiment@^1", **tuned.settings)
    #[pyo3(signature = (reference, sample, *, objective = None, budget = Seconds::TUNING, clients = None, progress = None),
           text_signature = "(self, reference, sample, *, objective='throughput', budget=60.0, clients=None, progress=None)")]
    #[expect(
        clippy::too_many_arguments,
        reason = "keyword arguments, as Python users expect"
    )]
    fn tune(
        &self,
        py: Python<'_>,
        reference: &Bound<'_, PyAny>,
        sample: &Bound<'_, PyAny>,
        objective: Option<&str>,
        budget: Seconds,
        clients: Option<Vec<Count>>,
        progress: Option<&Bound<'_, PyAny>>,
    ) -> Result<Tuned> {
        let service = self.held.get()?;
        let reference = spelled(reference)?;
        let Seconds(budget) = budget;
        let clients = clients.unwrap_or_default().into_iter();
        let options = TuneOptions {
            objective: parse(objective)?.unwrap_or_default(),
            budget,
            clients: clients.map(|Count(clients)| clients).collect(),
            stop: None,
        };
        let sample = tune::sample(sample, &service, &reference)?;
        tune::tune(py, &service, &reference, &sample, &options, progress)
    }

    /// Load what ``reference`` says as ``Tuned.keep`` found best for it and this machine.
    ///
    /// ``cache`` is the file in which that was kept; ``None`` is the user's own. Where it holds
    /// nothing for this version and machine, the service's settings hold.
    ///
    /// Raises what ``load`` raises, and ``Io`` or ``Corrupt`` when the file cannot be read.
    ///
    /// >>> reviews = service.load_tuned("sentiment@^1")
    #[pyo3(signature = (reference, *, cache = None))]
    fn load_tuned(
        &self,
        py: Python<'_>,
        reference: &Bound<'_, PyAny>,
        cache: Option<PathBuf>,
    ) -> Result<Route> {
        let service = self.held.get()?;
        let reference = spelled(reference)?;
        let usual = &Arc::clone(&self.origin).settings;
        let load = || -> Result<_, Error> {
            let cache = tune::file(cache.clone())?;
            let route = service.load_tuned(&reference, &cache)?;
            let found = cache.find(&route.digest(), usual)?;
            Ok((route, found.unwrap_or_else(|| usual.clone())))
        };
        let (route, settings) = interrupt::held(py, load)?;
        Ok(self.route(route, settings))
    }
}
