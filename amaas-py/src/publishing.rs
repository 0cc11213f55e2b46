//! What goes into the registry of a service: packages of one's own, and models of other tools.

use std::path::PathBuf;

use amaas_core::privacy::{Recipients, Signer};
use amaas_core::registry::{ImportOptions, Imported as CoreImported, import};
use amaas_core::service::PublishOptions;
use pyo3::prelude::*;

use crate::errors::Result;
use crate::exchange::Imported;
use crate::names::exact;
use crate::progress::{Watch, watched};
use crate::records::Published;
use crate::route::parse;
use crate::service::Service;

#[pymethods]
impl Service {
    /// Check the package at ``path``, a folder or an ``.onnx`` file, and store it.
    ///
    /// Its golden examples are run first. Publishing the same content again changes nothing.
    /// ``progress`` is as in ``Registry.verify``, and tells of bytes that are stored. Ctrl-C ends it.
    ///
    /// ``recipients``, public keys as ``"age1…"``, or a ``passphrase`` encrypt it. ``sign_with`` is the
    /// PEM file of a private key of P-256 that vouches for it, with ``generation``, a number that grows
    /// from version to version of a model.
    ///
    /// Raises ``InvalidPackage`` or ``GoldenMismatch`` for a package that must not serve,
    /// ``AlreadyExists`` when the version is there with other content.
    ///
    /// >>> service.publish("packages/sentiment-1.1.0").created
    /// True
    #[pyo3(signature = (path, *, progress = None, recipients = Vec::new(), passphrase = None, sign_with = None, generation = 0),
           text_signature = "(self, path, *, progress=None, recipients=(), passphrase=None, sign_with=None, generation=0)")]
    #[expect(
        clippy::too_many_arguments,
        reason = "keyword arguments, as Python users expect"
    )]
    fn publish(
        &self,
        py: Python<'_>,
        path: PathBuf,
        progress: Option<&Bound<'_, PyAny>>,
        recipients: Vec<String>,
        passphrase: Option<String>,
        sign_with: Option<PathBuf>,
        generation: u64,
    ) -> Result<Published> {
        let service = self.held.get()?;
        let options = options(&recipients, passphrase, sign_with, generation)?;
        let publish = |watch: &Watch| watch.over(|| service.publish_with(&path, &options));
        Ok(watched(py, progress, "publish", publish)?.into())
    }

    /// Publish the model of another tool that lies at ``path``.
    ///
    /// ``path`` is a snapshot of Hugging Face, a model of MLflow, Triton or TensorFlow Serving, a
    /// package folder or an ``.onnx`` file; a repository gives many versions. Nothing of theirs is
    /// executed. ``name``, ``version`` and ``license`` stand in for what the source says,
    /// ``format`` (``"package"``, ``"onnx"``, ``"hugging-face"``, ``"mlflow"``, ``"triton"``,
    /// ``"serving"``) for what the files tell. ``graph`` and ``pooling`` (``"mean"``, ``"cls"``,
    /// ``"last"``, ``"none"``) are for snapshots of Hugging Face. With ``dry_run`` nothing is
    /// published. Each answer has notes on what was carried over, guessed or left. ``progress`` is as in
    /// ``publish``. Ctrl-C ends it; versions that were published by then are.
    ///
    /// Raises ``InvalidArgument`` for what is nothing known and for an option that does not fit,
    /// ``NotFound``, ``InvalidPackage``, ``Unsupported`` for what has no ONNX graph; then as
    /// ``publish``.
    ///
    /// >>> service.import_model("all-MiniLM-L6-v2/", name="minilm", version="1.0.0")
    #[pyo3(signature = (path, *, name = None, version = None, license = None, format = None, graph = None, pooling = None, dry_run = false, progress = None))]
    #[expect(
        clippy::too_many_arguments,
        reason = "keyword arguments, as Python users expect"
    )]
    fn import_model(
        &self,
        py: Python<'_>,
        path: PathBuf,
        name: Option<&str>,
        version: Option<&str>,
        license: Option<String>,
        format: Option<&str>,
        graph: Option<&str>,
        pooling: Option<&str>,
        dry_run: bool,
        progress: Option<&Bound<'_, PyAny>>,
    ) -> Result<Vec<Imported>> {
        let service = self.held.get()?;
        let options = ImportOptions {
            name: parse(name)?,
            version: version.map(exact).transpose()?,
            license,
            format: parse(format)?,
            graph: parse(graph)?,
            pooling: parse(pooling)?,
        };
        let take = |one: CoreImported| match dry_run {
            true => Ok(Imported::of(one, None)),
            false => {
                let created = service.publish_package(&one.package)?.created;
                Ok(Imported::of(one, Some(created)))
            }
        };
        let all = || import(&path, &options)?.into_iter().map(take).collect();
        watched(py, progress, "import", |watch| watch.over(all))
    }
}

/// The options that say this.
fn options(
    recipients: &[String],
    passphrase: Option<String>,
    sign_with: Option<PathBuf>,
    generation: u64,
) -> Result<PublishOptions> {
    let passphrase = passphrase.map(Recipients::passphrase);
    let keys = (!recipients.is_empty()).then(|| Recipients::keys(recipients));
    let sealed = match (keys.transpose()?, passphrase) {
        (Some(keys), Some(passphrase)) => Some(keys.and(passphrase)?),
        (keys, passphrase) => keys.or(passphrase),
    };
    let options = match sealed {
        Some(recipients) => PublishOptions::default().encrypted_for(recipients),
        None => PublishOptions::default(),
    };
    Ok(match sign_with {
        Some(path) => options.signed_by(Signer::open(path)?.generation(generation)),
        None => options,
    })
}
