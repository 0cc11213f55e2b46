//! What the core says about models, devices and requests, as plain Python objects.

use std::collections::BTreeMap;

use amaas_core::registry::ModelEntry;
use amaas_core::runtime::DeviceInfo;
use amaas_core::usage::Totals;
use amaas_core::{registry, runtime};
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::record::record;

record! {
    /// What ``publish`` stored.
    Published {
        /// The model's name.
        name: String,
        /// Its version, as ``"1.0.0"``.
        version: String,
        /// The address of its content, as ``"sha256:…"``.
        digest: String,
        /// ``False`` when the same content was there already.
        created: bool,
    }
}

impl From<registry::Published> for Published {
    fn from(published: registry::Published) -> Self {
        let registry::Published {
            name,
            version,
            digest,
            created,
        } = published;
        Self {
            name: name.into(),
            version: version.to_string(),
            digest: digest.into(),
            created,
        }
    }
}

record! {
    /// A model of the registry.
    Model {
        /// The model's name.
        name: String,
        /// Its versions, lowest first.
        versions: Vec<String>,
        /// The version each alias points at.
        aliases: BTreeMap<String, String>,
    }
}

impl From<ModelEntry> for Model {
    fn from(entry: ModelEntry) -> Self {
        let mut versions: Vec<_> = entry
            .versions
            .into_iter()
            .map(|entry| entry.version)
            .collect();
        versions.sort();
        let alias = |entry: registry::AliasEntry| (entry.alias.into(), entry.version.to_string());
        Self {
            name: entry.name.into(),
            versions: versions.iter().map(ToString::to_string).collect(),
            aliases: entry.aliases.into_iter().map(alias).collect(),
        }
    }
}

record! {
    /// A device that models can be placed on.
    Device {
        /// ONNX Runtime's name of the provider, as ``"CPUExecutionProvider"``.
        provider: String,
        /// ``"cpu"``, ``"gpu"`` or ``"npu"``.
        kind: String,
        /// Who made it, as the provider says.
        vendor: String,
    }
}

impl From<DeviceInfo> for Device {
    fn from(info: DeviceInfo) -> Self {
        let DeviceInfo {
            provider,
            kind,
            vendor,
        } = info;
        Self {
            provider,
            kind,
            vendor,
        }
    }
}

record! {
    /// Bytes of a model's weights in memory; what runs need besides is in neither.
    Weights {
        /// Read by all instances in one place.
        shared: u64,
        /// Held by each instance for itself.
        unique: u64,
    }
}

impl From<runtime::Weights> for Weights {
    fn from(weights: runtime::Weights) -> Self {
        let runtime::Weights { shared, unique } = weights;
        Self { shared, unique }
    }
}

/// Where the nodes of a model run, and which preferred devices took no part.
#[pyclass(frozen, eq, str, module = "amaas")]
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Placement(runtime::Placement);

impl From<&runtime::Placement> for Placement {
    fn from(placement: &runtime::Placement) -> Self {
        Self(placement.clone())
    }
}

impl std::fmt::Display for Placement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

#[pymethods]
impl Placement {
    /// How many nodes each provider got, by ONNX Runtime's name of the provider.
    #[getter]
    fn providers(&self) -> BTreeMap<&str, usize> {
        let count = |placed: &runtime::PlacedNodes| self.0.nodes_on(&placed.provider);
        self.0
            .providers
            .iter()
            .map(|placed| (placed.provider.as_str(), count(placed)))
            .collect()
    }

    /// Why each preferred device that took no part took none.
    #[getter]
    fn skipped(&self) -> BTreeMap<&str, &str> {
        let skipped = self.0.skipped.iter();
        skipped
            .map(|(device, cause)| (device.as_str(), cause.as_str()))
            .collect()
    }

    fn __repr__(&self) -> String {
        format!("<Placement {self}>")
    }
}

/// The sums over all requests of a route.
#[pyclass(frozen, get_all, eq, module = "amaas")]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Usage {
    /// Requests that were answered.
    requests: u64,
    /// Requests that ended in an error.
    failures: u64,
    /// Rows of the answered requests: texts, or the first dimension of the first input.
    rows: u64,
    /// Tokens of the answered requests, padding not counted.
    tokens: u64,
    /// Seconds the answered requests waited for an instance.
    queued_seconds: f64,
    /// Seconds the answered requests ran.
    computed_seconds: f64,
}

impl From<Totals> for Usage {
    fn from(totals: Totals) -> Self {
        let Totals {
            requests,
            failures,
            rows,
            tokens,
            queued,
            computed,
            ..
        } = totals;
        let (queued_seconds, computed_seconds) = (queued.as_secs_f64(), computed.as_secs_f64());
        Self {
            requests,
            failures,
            rows,
            tokens,
            queued_seconds,
            computed_seconds,
        }
    }
}

#[pymethods]
impl Usage {
    fn __repr__(&self) -> String {
        let Self {
            requests,
            failures,
            rows,
            tokens,
            queued_seconds,
            computed_seconds,
        } = self;
        format!(
            "Usage(requests={requests}, failures={failures}, rows={rows}, tokens={tokens}, \
             queued_seconds={queued_seconds:.6}, computed_seconds={computed_seconds:.6})"
        )
    }
}

/// A text as Python writes it, quotes and all.
pub(crate) fn quoted(py: Python<'_>, text: &str) -> PyResult<String> {
    Ok(PyString::new(py, text).repr()?.to_string())
}
