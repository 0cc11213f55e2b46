//! What every command is given: the options all have in common, and where to write.
//!
//! The trap: opening a registry makes one where nothing is. Commands that only read say so, and
//! get an error where there is none, so that a misspelt path does not become a folder.

use std::io::Write;
use std::path::{Path, PathBuf};

use amaas_core::model::Reference;
use amaas_core::privacy::Keys;
use amaas_core::registry::Registry;
use amaas_core::runtime::ort::RuntimeOptions;
use amaas_core::runtime::{DevicePolicy, Stop};
use amaas_core::{Error, ErrorKind, LoadSettings, Service};
use clap::Args;
use clap::builder::{OsStringValueParser, TypedValueParser};
use indicatif::{ProgressBar, ProgressStyle};

use crate::Host;
use crate::failure::Result;
use crate::output::Answer;
use crate::trust;

/// The environment variable that holds identities.
const IDENTITY: &str = "AMAAS_IDENTITY";

/// Options that every command takes.
#[derive(Debug, Args)]
pub(crate) struct Common {
    /// The registry's folder; ~/.local/share/amaas when nothing names one
    #[arg(long, global = true, env = "AMAAS_HOME", hide_env_values = true)]
    #[arg(value_name = "FOLDER", help_heading = "Common options", value_parser = path())]
    registry: Option<PathBuf>,
    /// ONNX Runtime's library or the folder it lies in; else AMAAS_ORT_LIB, else it is looked for
    #[arg(
        long,
        global = true,
        value_name = "PATH",
        help_heading = "Common options"
    )]
    ort_lib: Option<PathBuf>,
    /// A library of custom operators, as that of onnxruntime-extensions, for the models that need
    /// it; may be repeated
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        help_heading = "Common options"
    )]
    operators: Vec<PathBuf>,
    /// The identities that open encrypted packages, as age-keygen writes them; else those in the
    /// variable AMAAS_IDENTITY
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        help_heading = "Common options"
    )]
    identity: Option<PathBuf>,
    /// Load only what this public key of P-256 signed, a PEM file; may be repeated
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        help_heading = "Common options"
    )]
    trust: Vec<PathBuf>,
    /// Answer as JSON on the standard output, and tell errors as JSON on the standard error
    #[arg(long, global = true, help_heading = "Common options")]
    json: bool,
}

/// An empty variable names nothing, as in every face; clap would refuse it.
fn path() -> impl TypedValueParser<Value = PathBuf> {
    OsStringValueParser::new().map(PathBuf::from)
}

/// The options in common, the host, and where to write.
pub(crate) struct Context<'a> {
    common: Common,
    host: &'a Host<'a>,
    out: &'a mut dyn Write,
    err: &'a mut dyn Write,
}

/// A registry's folder, and what named it.
#[derive(Debug, Clone)]
pub(crate) struct Home {
    pub(crate) folder: PathBuf,
    pub(crate) named_by: &'static str,
}

impl<'a> Context<'a> {
    /// What the host says of itself.
    pub(crate) fn about(&self) -> &[(String, String)] {
        &self.host.about
    }

    pub(crate) fn new(
        common: Common,
        host: &'a Host<'a>,
        out: &'a mut dyn Write,
        err: &'a mut dyn Write,
    ) -> Self {
        Self {
            common,
            host,
            out,
            err,
        }
    }

    /// Where the registry lies, whether it is there or not.
    ///
    /// # Errors
    /// `InvalidArgument` when nothing names a folder and there is no home to put one in.
    pub(crate) fn home(&self) -> Result<Home> {
        let stated = self.common.registry.clone();
        if let Some(folder) = stated.filter(|folder| !folder.as_os_str().is_empty()) {
            let by_variable = std::env::var_os("AMAAS_HOME").is_some_and(|home| home == folder);
            let named_by = if by_variable {
                "AMAAS_HOME"
            } else {
                "--registry"
            };
            return Ok(Home { folder, named_by });
        }
        let data = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from);
        let data = data
            .filter(|data| data.is_absolute())
            .or_else(|| Some(std::env::home_dir()?.join(".local/share")));
        let data = data.ok_or_else(|| {
            Error::new(ErrorKind::InvalidArgument, "no registry is named")
                .advise("name its folder with `--registry`, or set AMAAS_HOME")
        })?;
        Ok(Home {
            folder: data.join("amaas"),
            named_by: "the default",
        })
    }

    /// The registry, for a command that only makes sense where one is.
    ///
    /// # Errors
    /// `NotFound` where none is, and as [`Registry::open`].
    pub(crate) fn registry(&self) -> Result<Registry> {
        let home = self.home()?;
        if !home.folder.exists() {
            return Err(no_registry(&home).into());
        }
        Ok(Registry::open(home.folder)?.with_keys(self.keys()))
    }

    /// The registry, which is made where none is.
    ///
    /// # Errors
    /// As [`Registry::open`].
    pub(crate) fn registry_or_new(&self) -> Result<Registry> {
        Ok(Registry::open(self.home()?.folder)?.with_keys(self.keys()))
    }

    /// A service over the registry, which is made where none is.
    ///
    /// # Errors
    /// As the service's builder.
    pub(crate) fn service(&self) -> Result<Service> {
        self.build(&self.home()?.folder, LoadSettings::default())
    }

    /// A service that can load `reference`: one over the registry that is there, or one without,
    /// since a path needs none.
    ///
    /// # Errors
    /// `NotFound` where there is no registry to find a name in.
    pub(crate) fn service_for(
        &self,
        reference: &Reference,
        devices: DevicePolicy,
    ) -> Result<Service> {
        let settings = LoadSettings {
            devices,
            ..LoadSettings::default()
        };
        match reference {
            Reference::Path(_) => self.build(Path::new(""), settings),
            Reference::Named { .. } => {
                let registry = self.registry()?;
                self.build(registry.root(), settings)
            }
        }
    }

    /// Where keys to encrypted packages come from.
    pub(crate) fn keys(&self) -> Keys {
        match &self.common.identity {
            Some(path) => Keys::from_file(path),
            None if std::env::var_os(IDENTITY).is_none() => Keys::default(),
            None => Keys::from_environment(IDENTITY),
        }
    }

    /// Where ONNX Runtime is looked for.
    pub(crate) fn runtime(&self) -> RuntimeOptions {
        RuntimeOptions {
            library: self.common.ort_lib.clone(),
            hints: self.host.hints.clone(),
            operators: self.common.operators.clone(),
        }
    }

    /// A flag that the host may raise from now on.
    pub(crate) fn stop(&self) -> Stop {
        let stop = Stop::new();
        (self.host.watch)(&stop);
        stop
    }

    /// A bar that counts bytes, where somebody looks.
    pub(crate) fn bar(&self) -> ProgressBar {
        let style = "{bar:32} {bytes}/{total_bytes}, {bytes_per_sec}, {eta} to go {msg}";
        let style = ProgressStyle::with_template(style);
        match self.host.progress {
            true => ProgressBar::no_length()
                .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())),
            false => ProgressBar::hidden(),
        }
    }

    /// A bar that fills up to a thousand and says something beside, where somebody looks.
    pub(crate) fn share_bar(&self) -> ProgressBar {
        let style = ProgressStyle::with_template("{bar:32} {elapsed}, {msg}");
        match self.host.progress {
            true => ProgressBar::new(1000)
                .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())),
            false => ProgressBar::hidden(),
        }
    }

    /// Prints the answer in the form that was asked for.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn answer(&mut self, answer: &impl Answer) -> Result<()> {
        if self.common.json {
            serde_json::to_writer_pretty(&mut *self.out, answer).map_err(std::io::Error::from)?;
            writeln!(self.out)?;
        } else {
            answer.print(self.out)?;
        }
        Ok(())
    }

    /// Tells people something beside the answer; programs find it in the answer.
    pub(crate) fn note(&mut self, text: &str) {
        if !self.common.json {
            let _ = writeln!(self.err, "note: {text}");
        }
    }

    /// The last step of a command that came to its end.
    pub(crate) fn flush(&mut self, code: u8) -> Result<u8> {
        self.out.flush()?;
        Ok(code)
    }

    fn build(&self, registry: &Path, settings: LoadSettings) -> Result<Service> {
        let builder = Service::builder().registry(registry).settings(settings);
        let builder = builder.trust(trust::of(&self.common.trust)?);
        Ok(builder.runtime(self.runtime()).keys(self.keys()).build()?)
    }
}

fn no_registry(home: &Home) -> Error {
    let message = format!("there is no registry at `{}`", home.folder.display());
    Error::new(ErrorKind::NotFound, message)
        .with("named by", home.named_by)
        .advise("publish a model to make one, or name another folder with `--registry`")
}
