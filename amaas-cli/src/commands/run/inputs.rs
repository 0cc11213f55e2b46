//! Where the tensors of a run come from.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use amaas_core::model::{PortKind, Signature};
use amaas_core::{Error, ErrorKind, Result, Tensor};
use serde_json::Value;

use super::{npy, tensors};

/// What the user names with `--input`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source {
    /// JSON on the standard input.
    Standard,
    /// A JSON file.
    Json(PathBuf),
    /// One tensor in a file of numpy.
    Npy(String, PathBuf),
}

impl FromStr for Source {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match text.split_once('=') {
            _ if text == "-" => Self::Standard,
            Some((name, path)) if path.ends_with(".npy") => Self::Npy(name.to_owned(), path.into()),
            _ => Self::Json(text.into()),
        })
    }
}

/// The tensors of all sources.
///
/// # Errors
/// `NotFound` or `Io` for a file that cannot be read, `InvalidArgument` for one that is not what
/// it should be or names what the model does not have.
pub(super) fn read(sources: &[Source], signature: &Signature) -> Result<Vec<(String, Tensor)>> {
    let mut found = Vec::new();
    for source in sources {
        match source {
            Source::Standard => {
                let mut bytes = Vec::new();
                io::stdin()
                    .read_to_end(&mut bytes)
                    .map_err(|cause| unreadable("the standard input", cause))?;
                found.extend(parse(&bytes, signature)?);
            }
            Source::Json(path) => {
                let tensors = parse(&file(path)?, signature);
                found.extend(tensors.map_err(|error| error.with("file", path.display()))?);
            }
            Source::Npy(name, path) => {
                let tensor = npy::read(&file(path)?);
                let tensor = tensor.map_err(|error| error.with("file", path.display()))?;
                found.push((name.clone(), tensor));
            }
        }
    }
    Ok(found)
}

fn file(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|cause| unreadable(&format!("`{}`", path.display()), cause))
}

fn unreadable(what: &str, cause: io::Error) -> Error {
    let kind = match cause.kind() {
        io::ErrorKind::NotFound => ErrorKind::NotFound,
        _ => ErrorKind::Io,
    };
    Error::new(kind, format!("{what} cannot be read"))
        .because(cause)
        .advise("name a JSON file, `-` for the standard input, or INPUT=FILE.npy")
}

/// The tensors of a JSON object, with the dtypes of the model's inputs.
fn parse(bytes: &[u8], signature: &Signature) -> Result<Vec<(String, Tensor)>> {
    let document: BTreeMap<String, Value> = serde_json::from_slice(bytes).map_err(|cause| {
        Error::new(
            ErrorKind::InvalidArgument,
            "the tensors are not a JSON object",
        )
        .with("line", cause.line())
        .with("column", cause.column())
        .advise("write {\"input\": [[1, 2]]}: one key for each input of the model")
    })?;
    let read = |(name, value): (String, Value)| {
        let tensor = tensor(&name, &value, signature)?;
        Ok((name, tensor))
    };
    document.into_iter().map(read).collect()
}

fn tensor(name: &str, value: &Value, signature: &Signature) -> Result<Tensor> {
    match signature.input(name).map(|port| &port.kind) {
        Some(PortKind::Tensor(dtype, _)) => {
            tensors::read(value, *dtype).map_err(|error| error.with("input", name))
        }
        Some(kind) => Err(
            Error::new(ErrorKind::Unsupported, format!("input `{name}` is {kind}"))
                .advise("export the model with tensor inputs"),
        ),
        None => {
            let names: Vec<_> = signature
                .inputs
                .iter()
                .map(|port| port.name.as_str())
                .collect();
            let message = format!("the model has no input `{name}`");
            Err(Error::new(ErrorKind::InvalidArgument, message)
                .advise(format!("its inputs are {}", names.join(", "))))
        }
    }
}
