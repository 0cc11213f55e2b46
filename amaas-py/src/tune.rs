//! Tuning: a sample goes in, a table comes out.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use amaas_core::runtime::Stop;
use amaas_core::service::{
    Sample, TuneCache, TuneOptions, TuneProgress as CoreProgress, TuneRow as CoreRow,
    Tuned as CoreTuned,
};
use amaas_core::{Call, Error, ErrorKind, LoadSettings, Service};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use crate::arrays;
use crate::errors::Result;
use crate::interrupt;
use crate::outside;
use crate::progress::open;
use crate::record::record;
use crate::texts::Texts;

record! {
    /// One arrangement, and what was measured of it: medians over its turns.
    TuneRow {
        /// Instances; ``None`` for those of two widths that nothing said gives.
        instances: Option<usize>,
        /// Threads of each instance; ``None`` as above.
        threads: Option<usize>,
        /// The most rows that run together.
        rows: usize,
        /// Requests sent at once.
        clients: usize,
        /// Requests answered.
        requests: usize,
        /// Requests answered in a second.
        requests_per_second: f64,
        /// In seconds: half of the requests took no longer.
        p50_seconds: f64,
        /// In seconds: 99 of 100 requests took no longer.
        p99_seconds: f64,
    }
}

record! {
    /// How far tuning has come.
    TuneProgress {
        /// The part of the budget that has passed, from 0 to 1.
        share: f64,
        /// Arrangements that are still in the race.
        candidates: usize,
        /// The best so far.
        best: Option<TuneRow>,
    }
}

impl From<&CoreRow> for TuneRow {
    fn from(row: &CoreRow) -> Self {
        Self {
            instances: row.instances,
            threads: row.threads,
            rows: row.rows,
            clients: row.clients,
            requests: row.requests,
            requests_per_second: row.requests_per_second,
            p50_seconds: row.p50.as_secs_f64(),
            p99_seconds: row.p99.as_secs_f64(),
        }
    }
}

impl From<&CoreProgress> for TuneProgress {
    fn from(state: &CoreProgress) -> Self {
        Self {
            share: state.share,
            candidates: state.candidates,
            best: state.best.as_ref().map(TuneRow::from),
        }
    }
}

/// What tuning found.
///
/// Made by ``Service.tune``.
///
/// >>> tuned = service.tune("sentiment@^1", texts, objective="p99<20")
/// >>> tuned.table[0].requests_per_second
/// >>> reviews = service.load("sentiment@^1", **tuned.settings)
#[pyclass(frozen, module = "amaas")]
#[derive(Debug)]
pub(crate) struct Tuned(CoreTuned);

#[pymethods]
impl Tuned {
    /// The package it is true of, as ``"sha256:…"``.
    #[getter]
    fn digest(&self) -> String {
        self.0.digest.to_string()
    }

    /// What "best" meant, as ``"p99<20"``.
    #[getter]
    fn objective(&self) -> String {
        self.0.objective.to_string()
    }

    /// Every arrangement that was measured, the best first.
    #[getter]
    fn table(&self) -> Vec<TuneRow> {
        self.0.table.iter().map(TuneRow::from).collect()
    }

    /// The best; ``None`` where nothing is as good as the objective asks.
    #[getter]
    fn best(&self) -> Option<TuneRow> {
        self.0.best().map(TuneRow::from)
    }

    /// How many arrangements there was no time for.
    #[getter]
    fn untried(&self) -> usize {
        self.0.untried
    }

    /// What ``load`` is to be told to get the best: a ``dict`` of its keyword arguments.
    ///
    /// Raises ``NotFound`` with the nearest where nothing is as good as the objective asks.
    ///
    /// >>> service.load("sentiment@^1", **tuned.settings)
    #[getter]
    fn settings<'py>(&self, py: Python<'py>) -> Result<Bound<'py, PyDict>> {
        let LoadSettings {
            instances,
            threads,
            limits,
            ..
        } = self.0.settings()?;
        let found = PyDict::new(py);
        found.set_item("instances", instances)?;
        found.set_item("threads", threads)?;
        found.set_item("rows", limits.rows)?;
        Ok(found)
    }

    /// Keep the best for later processes on this machine, and return the file it lies in.
    ///
    /// ``cache`` is that file; ``None`` is the user's own. ``Service.load_tuned`` uses it.
    ///
    /// Raises ``NotFound`` as ``settings``, ``Io`` or ``Corrupt`` when the file cannot be used.
    ///
    /// >>> tuned.keep()
    /// PosixPath('/home/me/.cache/amaas/tuned.json')
    #[pyo3(signature = (cache = None))]
    fn keep(&self, py: Python<'_>, cache: Option<PathBuf>) -> Result<PathBuf> {
        let keep = || -> Result<_, Error> {
            let cache = file(cache)?;
            cache.keep(&self.0)?;
            Ok(cache.path().to_owned())
        };
        Ok(py.detach(keep)?)
    }

    fn __repr__(&self) -> String {
        let (found, untried) = (self.0.table.len(), self.0.untried);
        let best = self.0.best().map_or_else(|| "nothing".to_owned(), spelled);
        format!(
            "<Tuned for {}: {best}; {found} measured, {untried} untried>",
            self.0.objective
        )
    }
}

fn spelled(row: &CoreRow) -> String {
    let number = |count: Option<usize>| count.map_or("usual".to_owned(), |count| count.to_string());
    let (instances, threads) = (number(row.instances), number(row.threads));
    let rate = row.requests_per_second;
    format!(
        "instances={instances}, threads={threads}, rows={} answers {rate:.0} a second",
        row.rows
    )
}

/// The cache in this file, or the user's own.
pub(crate) fn file(path: Option<PathBuf>) -> amaas_core::Result<TuneCache> {
    path.map_or_else(TuneCache::of_user, |path| Ok(TuneCache::at(path)))
}

/// Requests like those that the model will get: texts, or dicts of arrays.
pub(crate) fn sample(
    given: &Bound<'_, PyAny>,
    service: &Service,
    reference: &str,
) -> Result<Sample> {
    let is_text = given.is_instance_of::<PyString>();
    let first = match is_text {
        true => None,
        false => given
            .get_item(0)
            .ok()
            .and_then(|first| first.cast_into::<PyDict>().ok()),
    };
    if first.is_none() {
        let texts = Texts::take(given)?.all.into_iter();
        return Ok(Sample::Texts(
            texts.map(|text| text.as_ref().to_owned()).collect(),
        ));
    }
    let route = given.py().detach(|| service.load(reference))?;
    let request = |inputs: PyResult<Bound<'_, PyAny>>| {
        let inputs = inputs?.cast_into::<PyDict>().map_err(PyErr::from)?;
        let inputs = arrays::inputs(&inputs, &route)?.into_iter();
        Ok(inputs
            .map(|(name, tensor)| (name.to_string(), tensor))
            .collect())
    };
    Ok(Sample::Tensors(
        given.try_iter()?.map(request).collect::<Result<_>>()?,
    ))
}

/// Who is told of tuning, and what that raised.
struct Listener {
    callback: Option<Py<PyAny>>,
    raised: Mutex<Option<PyErr>>,
}

impl Listener {
    /// An interpreter that is ending is told nothing; what is raised ends the tuning.
    fn tell(&self, state: &CoreProgress, stop: &Stop) {
        let Some(callback) = &self.callback else {
            return;
        };
        let told = outside::attached(|py| callback.call1(py, (TuneProgress::from(state),)));
        if let Some(Err(error)) = told {
            self.raised().get_or_insert(error);
            stop.raise();
        }
    }

    fn raised(&self) -> MutexGuard<'_, Option<PyErr>> {
        self.raised.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tunes until Ctrl-C, or until whoever is told raises.
pub(crate) fn tune(
    py: Python<'_>,
    service: &Service,
    reference: &str,
    sample: &Sample,
    options: &TuneOptions,
    progress: Option<&Bound<'_, PyAny>>,
) -> Result<Tuned> {
    let (callback, bar) = open(py, progress, "tune", "share")?;
    let raised = Mutex::default();
    let listener = Listener { callback, raised };
    let answer = interrupt::detached(py, Call::default(), |call| {
        let stop = call.stop.clone().unwrap_or_else(Stop::new);
        let told = stop.clone();
        let stop = Some(stop);
        let options = TuneOptions {
            stop,
            ..options.clone()
        };
        let tell = &mut |state: &CoreProgress| listener.tell(state, &told);
        match service.tune(reference, sample, &options, tell) {
            // After Ctrl-C, Python is asked what it means.
            Err(error) if was_cancelled(&error) && listener.raised().is_none() => Err(error),
            answer => Ok(answer),
        }
    });
    if let Some(bar) = bar {
        bar.call_method0(py, "close")?;
    }
    let raised = listener.raised().take();
    match raised {
        Some(raised) => Err(raised.into()),
        None => Ok(Tuned(answer??)),
    }
}

fn was_cancelled(error: &Error) -> bool {
    error.kind() == ErrorKind::Cancelled
}
