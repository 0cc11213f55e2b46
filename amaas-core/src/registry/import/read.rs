//! Reading the small files that describe a model: JSON, YAML, text protocol buffers, lists.
//!
//! The trap: each of these formats can describe more than fits into memory, or nest deeper than a
//! stack. The files are bounded before they are read, and their readers bound the rest: JSON and
//! YAML at some hundred levels, YAML's aliases by what they unfold to.

use serde::de::DeserializeOwned;

use super::super::contained::Folder;
use super::pbtxt::{self, Message};
use crate::{Error, ErrorKind, Result};

/// A file that describes a model has no more bytes.
const MAX_TEXT: u64 = 4 << 20;

/// A JSON file; `None` where there is none.
pub(super) fn json<T: DeserializeOwned>(folder: &Folder, path: &str) -> Result<Option<T>> {
    let bytes = folder.read_if_there(path, MAX_TEXT)?;
    bytes.map(|bytes| json_of(folder, path, &bytes)).transpose()
}

/// The JSON in the bytes of `path`.
pub(super) fn json_of<T: DeserializeOwned>(folder: &Folder, path: &str, bytes: &[u8]) -> Result<T> {
    serde_json::from_slice(bytes).map_err(|cause| {
        fault(folder, path, "is not the JSON that belongs there")
            .because(cause)
            .advise("download or export it again")
    })
}

/// A YAML file; `None` where there is none.
pub(super) fn yaml<T: DeserializeOwned>(folder: &Folder, path: &str) -> Result<Option<T>> {
    let Some(text) = text(folder, path)? else {
        return Ok(None);
    };
    yaml_of(&text).map(Some).map_err(|cause| {
        fault(folder, path, "is not the YAML that belongs there")
            .with("cause", cause)
            .advise("download or export it again")
    })
}

/// The YAML in `text`; the error is one line.
pub(super) fn yaml_of<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    let options = serde_saphyr::options! { with_snippet: false };
    serde_saphyr::from_str_with_options(text, options).map_err(|cause| {
        cause
            .to_string()
            .lines()
            .next()
            .unwrap_or_default()
            .to_owned()
    })
}

/// A text protocol buffer; `None` where there is none.
pub(super) fn pbtxt(folder: &Folder, path: &str) -> Result<Option<Message>> {
    let Some(text) = text(folder, path)? else {
        return Ok(None);
    };
    pbtxt::parse(&text).map(Some).map_err(|cause| {
        fault(folder, path, "is not a text protocol buffer")
            .because(cause)
            .advise("correct the line")
    })
}

/// A file of UTF-8; `None` where there is none.
pub(super) fn text(folder: &Folder, path: &str) -> Result<Option<String>> {
    let Some(bytes) = folder.read_if_there(path, MAX_TEXT)? else {
        return Ok(None);
    };
    String::from_utf8(bytes).map(Some).map_err(|cause| {
        fault(folder, path, "is not UTF-8")
            .because(cause.utf8_error())
            .advise("save it as UTF-8")
    })
}

/// What is wrong with a file, which the error names.
pub(super) fn fault(folder: &Folder, path: &str, what: &str) -> Error {
    let file = folder.path().join(path);
    let message = format!("`{}` {what}", file.display());
    Error::new(ErrorKind::InvalidPackage, message)
}
