//! `amaas.Trust`: whose packages a service runs.

use std::path::PathBuf;

use amaas_core::privacy::PublicKey;
use amaas_core::service::{Trust as CoreTrust, TrustPolicy};
use pyo3::prelude::*;

use crate::errors::Result;
use crate::record::{rebuilt, shown};

/// Whose packages a service runs, and what becomes of others.
///
/// ``keys`` are the PEM files of public keys of P-256. ``policy`` is ``"require"``, which refuses what
/// none of them signed as ``Untrusted``, ``"warn"``, which logs it, or ``"off"``. ``generations`` is a
/// file that remembers the highest signed generation of each model, so that later processes refuse
/// older ones too; ``None`` remembers them in this process alone.
///
/// Raises ``Io`` when a file cannot be read, ``InvalidArgument`` when it holds no such key.
///
/// >>> amaas.Service("models/", trust=amaas.Trust(["author.pub"]))
#[pyclass(frozen, module = "amaas", from_py_object)]
#[derive(Debug, Clone)]
pub(crate) struct Trust {
    pub(crate) trust: CoreTrust,
    keys: Vec<PathBuf>,
    policy: String,
    generations: Option<PathBuf>,
}

const FIELDS: [&str; 3] = ["keys", "policy", "generations"];

#[pymethods]
impl Trust {
    #[new]
    #[pyo3(signature = (keys, *, policy = "require", generations = None))]
    fn new(keys: Vec<PathBuf>, policy: &str, generations: Option<PathBuf>) -> Result<Self> {
        let absolute = |path: PathBuf| std::path::absolute(path).map_err(PyErr::from);
        let keys = keys
            .into_iter()
            .map(absolute)
            .collect::<PyResult<Vec<_>>>()?;
        let generations = generations.map(absolute).transpose()?;
        let read = keys.iter().map(PublicKey::open);
        let read = read.collect::<amaas_core::Result<Vec<_>>>()?;
        let trust = CoreTrust::new(policy.parse::<TrustPolicy>()?, read);
        Ok(Self {
            trust: match &generations {
                Some(path) => trust.remember(path),
                None => trust,
            },
            keys,
            policy: policy.to_owned(),
            generations,
        })
    }

    /// The files of the keys.
    #[getter]
    fn keys(&self) -> Vec<PathBuf> {
        self.keys.clone()
    }

    /// What becomes of a version that none of them signed.
    #[getter]
    fn policy(&self) -> &str {
        &self.policy
    }

    /// The file that remembers generations.
    #[getter]
    fn generations(&self) -> Option<PathBuf> {
        self.generations.clone()
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        shown(slf.as_any(), &FIELDS)
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        rebuilt(slf.as_any(), &FIELDS)
    }
}
