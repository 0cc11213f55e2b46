//! What a check found: of a registry's bytes, and of versions that were loaded.

use std::convert::Infallible;
use std::sync::Arc;

use amaas_core::registry;
use amaas_core::{Error, service};
use pyo3::prelude::*;

use crate::errors::exception;
use crate::record::record;
use crate::stored::Resolved;

/// What is wrong, as the exception that it would have been.
#[derive(Debug, Clone)]
pub(crate) struct Problem(Arc<Error>);

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self(Arc::new(error))
    }
}

impl PartialEq for Problem {
    fn eq(&self, other: &Self) -> bool {
        self.0.report() == other.0.report()
    }
}

impl<'py> IntoPyObject<'py> for Problem {
    type Target = PyAny;
    type Output = Bound<'py, PyAny>;
    type Error = Infallible;

    fn into_pyobject(self, py: Python<'py>) -> Result<Self::Output, Infallible> {
        let error = exception(py, &self.0).unwrap_or_else(|other| other);
        Ok(error.into_value(py).into_bound(py).into_any())
    }
}

record! {
    /// A blob that is missing or does not hold what it should.
    Damage {
        /// The blob's digest.
        digest: String,
        /// What is wrong with it: an exception that is not raised.
        error: Problem,
        /// The versions that need it, as ``"ner@1.0.0"``; a model where its own index is damaged.
        needed_by: Vec<String>,
    }
}

record! {
    /// What reading every byte of a registry found.
    VerifyReport {
        /// Whether nothing is damaged.
        ok: bool,
        /// How many blobs were looked at, the damaged ones included.
        blobs: u64,
        /// How many bytes they should have.
        bytes: u64,
        /// Every version that could be found, damaged or not.
        versions: Vec<Resolved>,
        /// What is missing or damaged, by digest.
        damaged: Vec<Damage>,
    }
}

record! {
    /// A version that was loaded and asked its golden examples.
    Checked {
        /// Whether it may serve.
        ok: bool,
        /// The model's name.
        name: String,
        /// The version, as ``"1.0.0"``.
        version: String,
        /// The address of its content, as ``"sha256:…"``.
        digest: String,
        /// How many golden examples it has; 0 where that cannot be read.
        golden: usize,
        /// Why it must not serve: an exception that is not raised; ``None`` when all is well.
        error: Option<Problem>,
    }
}

record! {
    /// What a check of everything found.
    Verified {
        /// Whether every blob is whole and every version answers as its author says.
        ok: bool,
        /// The bytes.
        store: VerifyReport,
        /// Every version.
        versions: Vec<Checked>,
    }
}

impl From<registry::VerifyReport> for VerifyReport {
    fn from(report: registry::VerifyReport) -> Self {
        let damage = |one: registry::Damage| Damage {
            digest: one.digest.into(),
            error: one.error.into(),
            needed_by: one.needed_by.iter().map(ToString::to_string).collect(),
        };
        Self {
            ok: report.is_good(),
            blobs: report.blobs,
            bytes: report.bytes,
            versions: report.versions.into_iter().map(Resolved::from).collect(),
            damaged: report.damaged.into_iter().map(damage).collect(),
        }
    }
}

impl From<service::Checked> for Checked {
    fn from(checked: service::Checked) -> Self {
        Self {
            ok: checked.error.is_none(),
            name: checked.name.into(),
            version: checked.version.to_string(),
            digest: checked.digest.into(),
            golden: checked.golden,
            error: checked.error.map(Problem::from),
        }
    }
}

impl From<service::Verified> for Verified {
    fn from(verified: service::Verified) -> Self {
        Self {
            ok: verified.is_good(),
            store: verified.store.into(),
            versions: verified.versions.into_iter().map(Checked::from).collect(),
        }
    }
}
