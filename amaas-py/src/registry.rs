//! `amaas.Registry`: what can be done with versions that does not need them loaded.

use std::path::{Path, PathBuf};
use std::time::Duration;

use amaas_core::Result as CoreResult;
use amaas_core::model::ModelName;
use amaas_core::registry::{
    ExportOptions, GcOptions, Guard, MoveOptions, Registry as CoreRegistry, export_triton,
};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyEllipsis, PyString};
use semver::Version;

use crate::call::Seconds;
use crate::checks::VerifyReport;
use crate::errors::{Failure, Result};
use crate::exchange::{Exported, ExportedArchive, ImportedArchive};
use crate::interrupt;
use crate::names::{exact, published};
use crate::progress::{Watch, watched};
use crate::records::{Model, quoted};
use crate::remote::{At, Pulled, Pushed};
use crate::signature::Signature;
use crate::stored::{self, AliasChange, GcReport, Resolved, Statistics, VersionEntry};

/// A folder of published models.
///
/// Made without a service it needs no ONNX Runtime. ``root`` is its folder, made when it is not
/// there; ``None`` means the one that ``AMAAS_HOME`` names. Any number of threads and processes
/// may use one folder at once, forked children included.
///
/// What must be loaded to be checked is a service's: ``publish``, ``import_model``, ``verify_all``.
///
/// Raises ``NotFound`` when nothing names a folder, ``InvalidArgument`` when something else lies
/// there, ``Corrupt`` or ``Io`` when it cannot be opened.
///
/// >>> registry = amaas.Registry("models/")
/// >>> registry.models()
/// [Model(name='ner', versions=['1.0.0', '1.1.0'], aliases={'champion': '1.1.0'})]
#[pyclass(frozen, module = "amaas")]
#[derive(Debug)]
pub(crate) struct Registry(CoreRegistry);

impl From<CoreRegistry> for Registry {
    fn from(registry: CoreRegistry) -> Self {
        Self(registry)
    }
}

impl Registry {
    /// Where it lies.
    pub(crate) fn folder(&self) -> &Path {
        self.0.root()
    }
}

#[pymethods]
impl Registry {
    #[new]
    #[pyo3(signature = (root = None))]
    fn new(py: Python<'_>, root: Option<PathBuf>) -> Result<Self> {
        let open = || match root {
            Some(root) => CoreRegistry::open(root),
            None => CoreRegistry::open_home(),
        };
        Ok(Self(py.detach(open)?))
    }

    /// The folder, a ``Path``.
    #[getter]
    fn root(&self) -> PathBuf {
        self.0.root().to_owned()
    }

    /// The models, with their versions and aliases, by name.
    ///
    /// Raises ``Corrupt`` when the registry is damaged.
    ///
    /// >>> [model.name for model in registry.models()]
    /// ['ner', 'sentiment']
    fn models(&self, py: Python<'_>) -> Result<Vec<Model>> {
        let models = py.detach(|| self.0.models())?;
        Ok(models.into_iter().map(Model::from).collect())
    }

    /// The model ``name``.
    ///
    /// Raises ``NotFound``, naming those that are there.
    ///
    /// >>> registry.model("ner").aliases
    /// {'champion': '1.1.0'}
    fn model(&self, py: Python<'_>, name: &str) -> Result<Model> {
        Ok(py.detach(|| self.0.model(&name.parse()?))?.into())
    }

    /// The versions of the model ``name``, the lowest first: digests, sizes, dates, yanks.
    ///
    /// Raises ``NotFound``, naming the models that are there.
    ///
    /// >>> [entry.version for entry in registry.versions("ner") if not entry.yanked]
    /// ['1.0.0', '1.1.0']
    fn versions(&self, py: Python<'_>, name: &str) -> Result<Vec<VersionEntry>> {
        Ok(stored::versions(
            py.detach(|| self.0.model(&name.parse()?))?,
        ))
    }

    /// The version that ``reference`` picks now, as ``"ner@^1"``.
    ///
    /// Raises ``NotFound``, naming what is there; ``InvalidArgument`` for a path.
    ///
    /// >>> registry.resolve("ner@champion").version
    /// '1.1.0'
    fn resolve(&self, py: Python<'_>, reference: &str) -> Result<Resolved> {
        let resolved = py.detach(|| {
            let (name, selector) = published(reference)?;
            self.0.resolve(&name, &selector)
        })?;
        Ok(resolved.into())
    }

    /// What the version that ``reference`` picks takes and gives, without loading it.
    ///
    /// ``None`` for a version whose publisher did not say, as one that was pulled.
    ///
    /// Raises what ``resolve`` raises.
    ///
    /// >>> registry.signature("ner")
    /// <Signature (input_ids: int64[batch, tokens]) -> (logits: float32[batch, 2])>
    fn signature(&self, py: Python<'_>, reference: &str) -> Result<Option<Signature>> {
        let signature = py.detach(|| {
            let (name, selector) = published(reference)?;
            self.0.signature(&name, &selector)
        })?;
        Ok(signature.as_ref().map(Signature::from))
    }

    /// Point ``alias`` of the model ``name`` at ``version``.
    ///
    /// ``reason`` is kept in the alias's history. ``expected`` is where the caller believes it to
    /// point, so that of two who move it at once one notices: a version, or ``None`` for nowhere
    /// yet. Without it the alias is moved wherever it points.
    ///
    /// Raises ``NotFound`` when there is no such version, ``AliasConflict`` when the alias points
    /// elsewhere than ``expected``.
    ///
    /// >>> registry.alias("ner", "champion", "1.1.0", expected="1.0.0", reason="F1 0.91")
    #[pyo3(signature = (name, alias, version, *, reason = None, expected = Expected::Anything))]
    fn alias(
        &self,
        py: Python<'_>,
        name: &str,
        alias: &str,
        version: &str,
        reason: Option<&str>,
        expected: Expected,
    ) -> Result<()> {
        let set = move |name: &ModelName| {
            let options = expected.options(reason);
            self.0
                .set_alias(name, &alias.parse()?, &exact(version)?, &options)
        };
        Ok(py.detach(|| set(&name.parse()?))?)
    }

    /// Take ``alias`` of the model ``name`` away. Its history stays; a rollback brings it back.
    ///
    /// ``reason`` and ``expected`` are as in ``alias``.
    ///
    /// Raises ``NotFound`` when there is no such alias, ``AliasConflict`` when it points elsewhere
    /// than ``expected``.
    ///
    /// >>> registry.remove_alias("ner", "champion", reason="nobody asks for it")
    #[pyo3(signature = (name, alias, *, reason = None, expected = Expected::Anything))]
    fn remove_alias(
        &self,
        py: Python<'_>,
        name: &str,
        alias: &str,
        reason: Option<&str>,
        expected: Expected,
    ) -> Result<()> {
        let remove = move |name: &ModelName| {
            let options = expected.options(reason);
            self.0.remove_alias(name, &alias.parse()?, &options)
        };
        Ok(py.detach(|| remove(&name.parse()?))?)
    }

    /// Point ``alias`` back at the version it had before, and return that version.
    ///
    /// ``reason`` is kept in the alias's history.
    ///
    /// Raises ``NotFound`` when there is no such alias, ``Conflict`` when it has no version before.
    ///
    /// >>> registry.rollback("ner", "champion", reason="it was better")
    /// '1.0.0'
    #[pyo3(signature = (name, alias, *, reason = None))]
    fn rollback(
        &self,
        py: Python<'_>,
        name: &str,
        alias: &str,
        reason: Option<&str>,
    ) -> Result<String> {
        let back = |name: &ModelName| self.0.rollback(name, &alias.parse()?, reason);
        Ok(py.detach(|| back(&name.parse()?))?.to_string())
    }

    /// Every move of ``alias`` of the model ``name``, the oldest first; those of a removed one too.
    ///
    /// Raises ``NotFound``, naming the aliases that are there.
    ///
    /// >>> registry.history("ner", "champion")[-1].reason
    /// 'F1 0.91'
    fn history(&self, py: Python<'_>, name: &str, alias: &str) -> Result<Vec<AliasChange>> {
        let history = py.detach(|| self.0.alias_history(&name.parse()?, &alias.parse()?))?;
        Ok(history.into_iter().map(AliasChange::from).collect())
    }

    /// Withdraw a version: no range picks it any more.
    ///
    /// Whoever names it exactly, by digest or through an alias gets it, with a notice. Yanking
    /// again puts another ``reason`` in place.
    ///
    /// Raises ``NotFound`` when there is no such version.
    ///
    /// >>> registry.yank("ner", "1.0.0", reason="trained on the test set")
    #[pyo3(signature = (name, version, *, reason = None))]
    fn yank(&self, py: Python<'_>, name: &str, version: &str, reason: Option<&str>) -> Result<()> {
        Ok(py.detach(|| self.0.yank(&name.parse()?, &exact(version)?, reason))?)
    }

    /// Take a yank back; nothing happens to a version that is not yanked.
    ///
    /// Raises ``NotFound`` when there is no such version.
    ///
    /// >>> registry.unyank("ner", "1.0.0")
    fn unyank(&self, py: Python<'_>, name: &str, version: &str) -> Result<()> {
        Ok(py.detach(|| self.0.unyank(&name.parse()?, &exact(version)?))?)
    }

    /// Take a version off the list, and with the last one its model.
    ///
    /// Whoever loaded it keeps it. Its bytes stay until ``gc`` finds that nothing needs them.
    ///
    /// Raises ``NotFound`` when there is no such version, ``Conflict`` naming the aliases that
    /// point at it.
    ///
    /// >>> registry.delete("ner", "1.0.0")
    fn delete(&self, py: Python<'_>, name: &str, version: &str) -> Result<()> {
        Ok(py.detach(|| self.0.delete(&name.parse()?, &exact(version)?))?)
    }

    /// Remove bytes that no version needs, and files that a crash left.
    ///
    /// ``grace`` is how many seconds something must have lain unneeded; ``None`` is an hour. With
    /// ``dry_run`` it is only said what would go. Safe beside others who read and publish.
    ///
    /// Raises ``Corrupt`` when it cannot be told what is needed, and then nothing was removed.
    ///
    /// >>> registry.gc(grace=0, dry_run=True).bytes
    /// 1048576
    #[pyo3(signature = (*, grace = None, dry_run = false))]
    fn gc(&self, py: Python<'_>, grace: Option<Seconds>, dry_run: bool) -> Result<GcReport> {
        let usual = GcOptions::default().grace;
        let grace = grace.map_or(usual, |Seconds(grace): Seconds| -> Duration { grace });
        let options = GcOptions { grace, dry_run };
        Ok(interrupt::held(py, || self.0.gc(&options))?.into())
    }

    /// Read every byte that some version needs, and list all that is missing or damaged.
    ///
    /// ``progress`` is a function that is called with a ``Progress``, ``False`` for nothing, or ``None``
    /// for a bar on a terminal, where ``tqdm`` is installed. What it raises ends the check, and so does
    /// Ctrl-C.
    ///
    /// Raises ``Corrupt`` when the list of models cannot be read; other damage is in the answer.
    ///
    /// >>> registry.verify().damaged
    /// []
    #[pyo3(signature = (*, progress = None))]
    fn verify(&self, py: Python<'_>, progress: Option<&Bound<'_, PyAny>>) -> Result<VerifyReport> {
        let verify = |watch: &_| {
            let watch: &Watch = watch;
            self.0.verify_while(&mut |state| watch.hears(state))
        };
        Ok(watched(py, progress, "verify", verify)?.into())
    }

    /// Count models, versions, blobs and bytes.
    ///
    /// Raises ``Corrupt`` when a version cannot be read.
    ///
    /// >>> registry.statistics().bytes
    /// 4194304
    fn statistics(&self, py: Python<'_>) -> Result<Statistics> {
        Ok(py.detach(|| self.0.statistics())?.into())
    }

    /// Write models into one file: a tar that other OCI tools read.
    ///
    /// ``only`` are models, as ``"ner"``, or versions, as ``"ner@^1"``; ``None`` is all. Aliases
    /// that point at what is written go along unless ``aliases`` is ``False``. The file is there
    /// whole or not at all; equal content gives equal bytes. ``progress`` is as in ``verify``.
    ///
    /// Raises ``NotFound`` when something in ``only`` picks nothing, ``Corrupt`` naming a damaged
    /// blob, ``Io`` when writing fails.
    ///
    /// >>> registry.export("all.tar", only=["ner@^1", "sentiment"])
    #[pyo3(signature = (path, *, only = None, aliases = true, progress = None))]
    fn export(
        &self,
        py: Python<'_>,
        path: PathBuf,
        only: Option<Picks>,
        aliases: bool,
        progress: Option<&Bound<'_, PyAny>>,
    ) -> Result<ExportedArchive> {
        let only = only.unwrap_or_default().0;
        let only = only.iter().map(|pick| pick.parse());
        let only = only.collect::<CoreResult<_>>()?;
        let options = ExportOptions { only, aliases };
        let export = |watch: &Watch| watch.over(|| self.0.export_file(&options, &path));
        Ok(watched(py, progress, "export", export)?.into())
    }

    /// Take over every version of a tar that ``export`` or an OCI tool wrote.
    ///
    /// Aliases that are unheard of here come along. Everything is checked before the first byte is
    /// written; doing it again changes nothing. ``progress`` is as in ``verify``, and tells of what is
    /// written.
    ///
    /// Raises ``AlreadyExists`` when a version is there with other content, ``InvalidPackage`` for
    /// an archive that holds anything but models, ``Corrupt`` for a damaged one, ``Unsupported``
    /// for a compressed one.
    ///
    /// >>> [one.version for one in registry.import_archive("all.tar").versions]
    /// ['1.0.0', '1.1.0']
    #[pyo3(signature = (path, *, progress = None))]
    fn import_archive(
        &self,
        py: Python<'_>,
        path: PathBuf,
        progress: Option<&Bound<'_, PyAny>>,
    ) -> Result<ImportedArchive> {
        let import = |watch: &Watch| watch.over(|| self.0.import(&path));
        Ok(watched(py, progress, "import", import)?.into())
    }

    /// Write the version that ``reference`` picks into a model repository of Triton.
    ///
    /// ``repository`` is made where it is not; a model that is there gets one more version.
    ///
    /// Raises ``NotFound``, ``AlreadyExists`` when the version or another configuration is there,
    /// ``Unsupported`` for what Triton cannot say.
    ///
    /// >>> registry.export_triton("ner@champion", "repository/").number
    /// 1
    fn export_triton(
        &self,
        py: Python<'_>,
        reference: &str,
        repository: PathBuf,
    ) -> Result<Exported> {
        let exported = interrupt::held(py, || {
            let (name, selector) = published(reference)?;
            let resolved = self.0.resolve(&name, &selector)?;
            export_triton(&self.0.package(&resolved.digest)?, &repository)
        })?;
        Ok(exported.into())
    }

    /// Send the version that ``reference`` picks here to ``remote``.
    ///
    /// ``remote`` is an address, as ``"oci://ghcr.io/acme"``, or a ``Remote``. What is there is not
    /// sent again. ``aliases`` are pointed at the version there. ``progress`` is as in ``verify``.
    ///
    /// Raises ``NotFound``, ``AlreadyExists`` when the remote has another package under that
    /// version, ``AccessDenied``, ``RemoteUnavailable``, ``Corrupt`` naming a blob that is damaged
    /// here. Ctrl-C ends it; what was sent by then need not be sent again.
    ///
    /// >>> registry.push("oci://ghcr.io/acme", "ner@^1", aliases=["champion"])
    #[pyo3(signature = (remote, reference, *, aliases = None, progress = None))]
    fn push(
        &self,
        py: Python<'_>,
        remote: At,
        reference: &str,
        aliases: Option<Picks>,
        progress: Option<&Bound<'_, PyAny>>,
    ) -> Result<Pushed> {
        let aliases = aliases.unwrap_or_default().0;
        remote.push(py, &self.0, reference, &aliases, progress)
    }

    /// Fetch the version that ``reference`` picks on ``remote``.
    ///
    /// ``remote`` is an address, as ``"oci://ghcr.io/acme"``, or a ``Remote``. What is here is not
    /// fetched again. ``progress`` is as in ``verify``.
    ///
    /// Raises ``NotFound``, naming what is there; ``AlreadyExists`` when another package is here
    /// under that version, ``AccessDenied``, ``RemoteUnavailable``, ``Corrupt`` or
    /// ``InvalidPackage`` for what came. Ctrl-C ends it and lists nothing; the next pull goes on.
    ///
    /// >>> registry.pull("oci://ghcr.io/acme", "ner@champion").version
    /// '1.1.0'
    #[pyo3(signature = (remote, reference, *, progress = None))]
    fn pull(
        &self,
        py: Python<'_>,
        remote: At,
        reference: &str,
        progress: Option<&Bound<'_, PyAny>>,
    ) -> Result<Pulled> {
        remote.pull(py, &self.0, reference, progress)
    }

    fn __repr__(&self, py: Python<'_>) -> Result<String> {
        let root = quoted(py, &self.0.root().display().to_string())?;
        Ok(format!("<Registry {root}>"))
    }
}

/// A list of texts. One text alone is most likely a slip, so it is refused.
#[derive(Debug, Default)]
struct Picks(Vec<String>);

impl<'py> FromPyObject<'_, 'py> for Picks {
    type Error = PyErr;

    fn extract(given: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let wanted = || PyTypeError::new_err("this must be a list of str");
        if given.is_instance_of::<PyString>() {
            return Err(wanted());
        }
        given.extract().map(Self).map_err(|_| wanted())
    }
}

/// Where an alias is believed to point.
#[derive(Debug)]
enum Expected {
    Anything,
    Nowhere,
    At(Version),
}

impl<'py> FromPyObject<'_, 'py> for Expected {
    type Error = PyErr;

    fn extract(given: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if given.is_instance_of::<PyEllipsis>() {
            return Ok(Self::Anything);
        }
        if given.is_none() {
            return Ok(Self::Nowhere);
        }
        let wanted = |_| PyTypeError::new_err("expected must be a version or None");
        let version: String = given.extract().map_err(wanted)?;
        Ok(Self::At(exact(&version).map_err(Failure::from)?))
    }
}

impl Expected {
    fn options<'a>(&'a self, reason: Option<&'a str>) -> MoveOptions<'a> {
        let guard = match self {
            Self::Anything => Guard::Anywhere,
            Self::Nowhere => Guard::New,
            Self::At(version) => Guard::At(version),
        };
        MoveOptions { guard, reason }
    }
}
