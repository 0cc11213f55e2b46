//! `amaas.Remote`: an OCI registry that versions are pushed to and pulled from.
//!
//! The trap: connections must not be shared with a forked child, so what was made before a fork
//! raises `Closed` there.

use std::path::PathBuf;

use amaas_core::registry::Registry;
use amaas_core::registry::remote::{self, Credentials, Remote as CoreRemote, RemoteBuilder};
use amaas_core::{Result as CoreResult, model::Selector};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyBool;

use crate::call::Seconds;
use crate::errors::{Failure, Result};
use crate::held::Held;
use crate::names::published;
use crate::progress::{Watch, watched};
use crate::record::record;
use crate::settings::Count;
use crate::stored::Resolved;

record! {
    /// What a push sent.
    Pushed {
        /// The model's name.
        name: String,
        /// The version that the remote now has.
        version: String,
        /// Its address, there as here.
        digest: String,
        /// ``False`` when the remote had it already.
        created: bool,
        /// How many blobs were sent; the others were there.
        blobs: usize,
        /// How many bytes of blobs were sent.
        bytes: u64,
    }
}

record! {
    /// What a pull fetched.
    Pulled {
        /// The model's name.
        name: String,
        /// The version that now is here.
        version: String,
        /// Its address, here as there.
        digest: String,
        /// ``False`` when the registry had it already.
        created: bool,
        /// How many blobs were fetched; the others were here.
        blobs: usize,
        /// How many bytes of blobs were fetched.
        bytes: u64,
    }
}

record! {
    /// A model on a remote.
    RemoteModel {
        /// The model's name.
        name: String,
        /// Its versions, the lowest first.
        versions: Vec<String>,
        /// Its aliases, by name.
        aliases: Vec<String>,
    }
}

/// A namespace of an OCI registry, as ``oci://ghcr.io/acme``.
///
/// It is for ``push`` and ``pull`` of a ``Registry``, which also take the address alone; this
/// class is for other settings and for looking at what is there. Making one asks nobody.
///
/// ``plain_http`` says whether to speak plain HTTP; ``None`` does so with this machine alone.
/// ``certificates`` is a file with the certificates (PEM) to trust in place of the public
/// authorities. ``credentials`` is a pair of user and password, a file as ``docker login`` writes
/// it, ``False`` for none, or ``None`` for what ``docker login`` or ``podman login`` left.
/// ``parallel`` is how many blobs are on their way at once, ``silence`` how many seconds the
/// remote may say nothing, ``limit`` how many bytes a package may have that is pulled.
///
/// Raises ``InvalidArgument`` for an address or certificates that are none, ``Io`` for a file that
/// cannot be read, ``AccessDenied`` when a credential helper fails.
///
/// >>> remote = amaas.Remote("oci://ghcr.io/acme", credentials=("me", token))
/// >>> remote.model("ner").versions
/// ['1.0.0', '1.1.0']
#[pyclass(frozen, module = "amaas")]
#[derive(Debug)]
pub(crate) struct Remote {
    address: String,
    held: Held<CoreRemote>,
}

#[pymethods]
impl Remote {
    #[new]
    #[pyo3(signature = (address, *, plain_http = None, certificates = None, credentials = Access::Found, parallel = None, silence = None, limit = None),
           text_signature = "(address, *, plain_http=None, certificates=None, credentials=None, parallel=None, silence=None, limit=None)")]
    #[expect(clippy::too_many_arguments, reason = "each is a keyword of Python's")]
    fn new(
        py: Python<'_>,
        address: String,
        plain_http: Option<bool>,
        certificates: Option<PathBuf>,
        credentials: Access,
        parallel: Option<Count>,
        silence: Option<Seconds>,
        limit: Option<Count>,
    ) -> Result<Self> {
        let mut builder = credentials.state(CoreRemote::builder(&address));
        if let Some(plain) = plain_http {
            builder = builder.plain_http(plain);
        }
        if let Some(path) = certificates {
            builder = builder.certificates(path);
        }
        if let Some(Count(count)) = parallel {
            builder = builder.parallel(count);
        }
        if let Some(Seconds(longest)) = silence {
            builder = builder.silence(longest);
        }
        if let Some(Count(bytes)) = limit {
            builder = builder.limit(bytes as u64);
        }
        let held = Held::new("remote", py.detach(|| builder.open())?);
        Ok(Self { address, held })
    }

    /// The address, as ``"oci://ghcr.io/acme"``.
    #[getter]
    fn address(&self) -> &str {
        &self.address
    }

    /// The versions and aliases of the model ``name`` on the remote.
    ///
    /// Raises ``NotFound`` when there is no such model, ``AccessDenied``, ``RemoteUnavailable``.
    ///
    /// >>> remote.model("ner").aliases
    /// ['champion']
    fn model(&self, py: Python<'_>, name: &str) -> Result<RemoteModel> {
        let found = self.ask(py, name, |remote| remote.model(&name.parse()?))?;
        Ok(RemoteModel {
            name: found.name.into(),
            versions: found.versions.iter().map(ToString::to_string).collect(),
            aliases: found.aliases.into_iter().map(Into::into).collect(),
        })
    }

    /// The version that ``reference`` picks on the remote now.
    ///
    /// Raises ``NotFound``, naming what is there; ``AccessDenied``, ``RemoteUnavailable``.
    ///
    /// >>> remote.resolve("ner@^1").version
    /// '1.1.0'
    fn resolve(&self, py: Python<'_>, reference: &str) -> Result<Resolved> {
        let resolve = |remote: &CoreRemote| {
            let (name, selector) = published(reference)?;
            remote.resolve(&name, &selector)
        };
        Ok(self.ask(py, reference, resolve)?.into())
    }

    /// Point ``alias`` of the model ``name`` at the version that ``selector`` picks on the remote.
    ///
    /// Returns that version. A remote keeps no history of its aliases.
    ///
    /// Raises ``NotFound``, naming what is there; ``AccessDenied``, ``RemoteUnavailable``.
    ///
    /// >>> remote.alias("ner", "champion", "^1")
    /// '1.1.0'
    fn alias(&self, py: Python<'_>, name: &str, alias: &str, selector: &str) -> Result<String> {
        let point = |remote: &CoreRemote| {
            remote.set_alias(&name.parse()?, &alias.parse()?, &selector.parse()?)
        };
        Ok(self.ask(py, name, point)?.to_string())
    }

    fn __repr__(&self, py: Python<'_>) -> Result<String> {
        let address = crate::records::quoted(py, &self.address)?;
        Ok(format!("<Remote {address}>"))
    }
}

impl Remote {
    fn ask<T: Send>(
        &self,
        py: Python<'_>,
        title: &str,
        ask: impl Fn(&CoreRemote) -> CoreResult<T> + Sync,
    ) -> Result<T> {
        let remote = self.held.get()?;
        let ask = |watch: &Watch| ask(&heard(&remote, watch));
        watched(py, Some(&*PyBool::new(py, false)), title, ask)
    }
}

/// A remote where one is asked for: one that was made, or its address.
#[derive(Debug)]
pub(crate) struct At(CoreRemote);

impl<'py> FromPyObject<'_, 'py> for At {
    type Error = PyErr;

    fn extract(given: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(remote) = given.cast::<Remote>() {
            return Ok(Self(remote.get().held.get()?));
        }
        let wanted = |_| PyTypeError::new_err("remote must be an amaas.Remote or an address");
        let address: String = given.extract().map_err(wanted)?;
        let opened = given.py().detach(|| CoreRemote::open(&address));
        Ok(Self(opened.map_err(Failure::from)?))
    }
}

impl At {
    /// The remote itself.
    pub(crate) fn core(self) -> CoreRemote {
        self.0
    }

    /// Sends what `reference` picks in `registry`, and points `aliases` at it there.
    pub(crate) fn push(
        self,
        py: Python<'_>,
        registry: &Registry,
        reference: &str,
        aliases: &[String],
        progress: Option<&Bound<'_, PyAny>>,
    ) -> Result<Pushed> {
        let pushed = watched(py, progress, reference, |watch| {
            let remote = heard(&self.0, watch);
            let (name, selector) = published(reference)?;
            let aliases = aliases.iter().map(|alias| alias.parse());
            let aliases = aliases.collect::<CoreResult<Vec<_>>>()?;
            let pushed = remote.push(registry, &name, &selector)?;
            let exactly = Selector::Exact(pushed.version.clone());
            for alias in &aliases {
                remote.set_alias(&name, alias, &exactly)?;
            }
            Ok(pushed)
        })?;
        Ok(Pushed {
            name: pushed.name.into(),
            version: pushed.version.to_string(),
            digest: pushed.digest.into(),
            created: pushed.created,
            blobs: pushed.blobs,
            bytes: pushed.bytes,
        })
    }

    /// Fetches what `reference` picks on the remote into `registry`.
    pub(crate) fn pull(
        self,
        py: Python<'_>,
        registry: &Registry,
        reference: &str,
        progress: Option<&Bound<'_, PyAny>>,
    ) -> Result<Pulled> {
        let pulled = watched(py, progress, reference, |watch| {
            let (name, selector) = published(reference)?;
            heard(&self.0, watch).pull(registry, &name, &selector)
        })?;
        Ok(Pulled {
            name: pulled.name.into(),
            version: pulled.version.to_string(),
            digest: pulled.digest.into(),
            created: pulled.created,
            blobs: pulled.blobs,
            bytes: pulled.bytes,
        })
    }
}

/// The remote, for one call that is watched.
fn heard(remote: &CoreRemote, watch: &Watch) -> CoreRemote {
    let (told, asked) = (watch.clone(), watch.clone());
    remote
        .on_progress(move |state: &remote::Progress| told.tell(state.all_done, state.all_total))
        .stop_when(move || !asked.goes_on())
}

/// Who asks a remote.
#[derive(Debug)]
enum Access {
    Found,
    Told(Credentials),
    File(PathBuf),
}

impl<'py> FromPyObject<'_, 'py> for Access {
    type Error = PyErr;

    fn extract(given: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if given.is_none() {
            return Ok(Self::Found);
        }
        if given.extract().is_ok_and(|wanted: bool| !wanted) {
            return Ok(Self::Told(Credentials::anonymous()));
        }
        if let Ok((user, password)) = given.extract::<(String, String)>() {
            return Ok(Self::Told(Credentials::new(user, password)));
        }
        let wanted =
            |_| PyTypeError::new_err("credentials must be (user, password), a path or False");
        given.extract().map(Self::File).map_err(wanted)
    }
}

impl Access {
    fn state(self, builder: RemoteBuilder) -> RemoteBuilder {
        match self {
            Self::Found => builder,
            Self::Told(credentials) => builder.credentials(credentials),
            Self::File(path) => builder.credentials_file(path),
        }
    }
}
