//! `amaas.Keys`: where the keys of encrypted packages come from.

use std::path::PathBuf;

use amaas_core::privacy::{Key, KeyRequest as CoreKeyRequest, Keys as CoreKeys};
use amaas_core::{Error, ErrorKind};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use crate::errors::Result;
use crate::outside;
use crate::record::record;

/// Where the keys of encrypted packages come from. Keys are asked for each time a package is read,
/// and wiped when it has been.
///
/// >>> amaas.Service("models/", keys=amaas.Keys.file("identity.txt"))
/// >>> amaas.Service("models/", keys=amaas.Keys.ask(lambda request: vault[request.model]))
#[pyclass(frozen, module = "amaas", from_py_object)]
#[derive(Debug, Clone)]
pub(crate) struct Keys(CoreKeys);

record! {
    /// Which package a key is wanted for.
    KeyRequest {
        /// The model's name.
        model: String,
        /// The version, as ``"1.2.0"``.
        version: String,
        /// The encrypted package, as ``"sha256:…"``.
        digest: String,
    }
}

impl From<&CoreKeyRequest> for KeyRequest {
    fn from(request: &CoreKeyRequest) -> Self {
        Self {
            model: request.name.to_string(),
            version: request.version.to_string(),
            digest: request.digest.to_string(),
        }
    }
}

#[pymethods]
impl Keys {
    /// The identities in a file, as ``age-keygen -o`` writes it.
    ///
    /// >>> amaas.Keys.file("identity.txt")
    #[staticmethod]
    fn file(path: PathBuf) -> Self {
        Self(CoreKeys::from_file(path))
    }

    /// The identities in an environment variable, one a line.
    ///
    /// >>> amaas.Keys.environment("MODEL_KEYS")
    #[staticmethod]
    fn environment(variable: String) -> Self {
        Self(CoreKeys::from_environment(variable))
    }

    /// The identities in a text, one a line, as ``age-keygen`` writes them.
    ///
    /// Raises ``KeyDenied`` when there is none.
    ///
    /// >>> amaas.Keys.identities(vault.read("identity"))
    #[staticmethod]
    fn identities(text: &str) -> Result<Self> {
        Ok(Self(CoreKeys::of(Key::identities(text)?)))
    }

    /// A passphrase, as a person chose it.
    ///
    /// >>> amaas.Keys.passphrase(getpass.getpass())
    #[staticmethod]
    fn passphrase(text: String) -> Self {
        Self(CoreKeys::of(vec![Key::passphrase(text)]))
    }

    /// Whatever ``give`` returns for a ``KeyRequest``: other ``Keys``.
    ///
    /// It is called on whatever thread loads. What it raises is told as the cause of ``KeyDenied``.
    ///
    /// >>> amaas.Keys.ask(lambda request: amaas.Keys.file(f"{request.model}.txt"))
    #[staticmethod]
    fn ask(give: Py<PyAny>) -> Self {
        Self(CoreKeys::ask(move |request| {
            let asked = outside::attached(|py| -> PyResult<Self> {
                let found = give.call1(py, (KeyRequest::from(request),))?;
                let wanted = |_| PyTypeError::new_err("the function must return amaas.Keys");
                found.bind(py).extract().map_err(wanted)
            });
            let asked = asked.ok_or_else(|| denied("Python is ending"))?;
            let Self(keys) = asked.map_err(|cause| denied("the function raised").because(cause))?;
            keys.give(request)
        }))
    }

    fn __repr__(&self) -> String {
        format!("<{:?}>", self.0)
    }
}

fn denied(message: &str) -> Error {
    let message = format!("no key can be had: {message}");
    Error::new(ErrorKind::KeyDenied, message).advise("see why the host gives no key")
}

/// `Keys`, a function that gives some, or the path of a file with identities.
#[derive(Debug)]
pub(crate) struct Source(pub(crate) CoreKeys);

impl<'py> FromPyObject<'_, 'py> for Source {
    type Error = PyErr;

    fn extract(given: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(Keys(keys)) = given.extract() {
            return Ok(Self(keys));
        }
        if given.is_callable() {
            return Ok(Self(Keys::ask(given.to_owned().unbind()).0));
        }
        let wanted = |_| PyTypeError::new_err("keys must be amaas.Keys, a function or a path");
        let path: PathBuf = given.extract().map_err(wanted)?;
        Ok(Self(CoreKeys::from_file(path)))
    }
}
