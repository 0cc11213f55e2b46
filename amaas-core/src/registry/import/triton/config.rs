//! The part of `config.pbtxt` that amaas reads and writes.
//!
//! Fields and enumeration: `model_config.proto` of Triton's common repository.

use std::fmt::Write as _;

use super::super::pbtxt::{Message, Value, escaped, integer};
use crate::tensor::Dtype;

/// A model's configuration.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Config {
    pub(super) name: Option<String>,
    pub(super) platform: Option<String>,
    pub(super) backend: Option<String>,
    /// The graph's name in the folder of a version.
    pub(super) file: Option<String>,
    /// 0 where the first dimension is none of rows.
    pub(super) max_batch_size: i64,
    pub(super) dynamic_batching: bool,
    pub(super) inputs: Vec<Port>,
    pub(super) outputs: Vec<Port>,
    /// Fields that amaas has no use for.
    pub(super) idle: Vec<String>,
}

/// An input or output.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Port {
    pub(super) name: String,
    /// Absent where the configuration leaves it to the graph.
    pub(super) dtype: Option<Dtype>,
    /// Without that of rows where there is a `max_batch_size`; -1 for any length.
    pub(super) dimensions: Vec<i64>,
    /// One number a row: `dimensions` is `[1]` and stands for none.
    pub(super) is_scalar: bool,
    pub(super) labels: Option<String>,
}

/// Triton's word for each dtype it has.
const DTYPES: [(&str, Dtype); 14] = [
    ("TYPE_BOOL", Dtype::Bool),
    ("TYPE_UINT8", Dtype::Uint8),
    ("TYPE_UINT16", Dtype::Uint16),
    ("TYPE_UINT32", Dtype::Uint32),
    ("TYPE_UINT64", Dtype::Uint64),
    ("TYPE_INT8", Dtype::Int8),
    ("TYPE_INT16", Dtype::Int16),
    ("TYPE_INT32", Dtype::Int32),
    ("TYPE_INT64", Dtype::Int64),
    ("TYPE_FP16", Dtype::Float16),
    ("TYPE_FP32", Dtype::Float32),
    ("TYPE_FP64", Dtype::Float64),
    ("TYPE_STRING", Dtype::String),
    ("TYPE_BF16", Dtype::Bfloat16),
];

const KNOWN: [&str; 8] = [
    "name",
    "platform",
    "backend",
    "default_model_filename",
    "max_batch_size",
    "dynamic_batching",
    "input",
    "output",
];

/// Triton's word for a dtype; `None` where it has none.
pub(super) fn word_of(dtype: Dtype) -> Option<&'static str> {
    let found = DTYPES.iter().find(|(_, known)| *known == dtype);
    found.map(|(word, _)| *word)
}

impl Config {
    /// Reads the fields; the error says what is wrong with which.
    pub(super) fn read(message: &Message) -> Result<Self, String> {
        let max_batch_size = message.integer("max_batch_size")?.unwrap_or(0);
        if i32::try_from(max_batch_size).is_err() || max_batch_size < 0 {
            return Err(format!("has the `max_batch_size` `{max_batch_size}`"));
        }
        let mut config = Self {
            name: owned(message.text("name"))?,
            platform: owned(message.text("platform"))?,
            backend: owned(message.text("backend"))?,
            file: owned(message.text("default_model_filename"))?.filter(|file| !file.is_empty()),
            max_batch_size,
            dynamic_batching: message.message("dynamic_batching")?.is_some(),
            inputs: ports(message, "input")?,
            outputs: ports(message, "output")?,
            idle: Vec::new(),
        };
        for (field, _) in &message.0 {
            if !KNOWN.contains(&field.as_str()) && !config.idle.contains(field) {
                config.idle.push(field.clone());
            }
        }
        config.idle.truncate(20);
        Ok(config)
    }

    /// The file's text.
    pub(super) fn write(&self) -> String {
        let mut text = String::new();
        let texts = [
            ("name", &self.name),
            ("platform", &self.platform),
            ("backend", &self.backend),
            ("default_model_filename", &self.file),
        ];
        for (field, value) in texts {
            if let Some(value) = value {
                let _ = writeln!(text, "{field}: \"{}\"", escaped(value));
            }
        }
        let _ = writeln!(text, "max_batch_size: {}", self.max_batch_size);
        for (field, ports) in [("input", &self.inputs), ("output", &self.outputs)] {
            ports.iter().for_each(|port| port.write(field, &mut text));
        }
        if self.dynamic_batching {
            text.push_str("dynamic_batching {\n}\n");
        }
        text
    }
}

/// Each a length from 1 up, or -1 for any.
fn dimensions(message: &Message) -> Option<Vec<i64>> {
    let length = |value: &Value| match value {
        Value::Word(word) => integer(word).filter(|length| *length >= 1 || *length == -1),
        _ => None,
    };
    message.all("dims").map(length).collect()
}

fn owned(text: Result<Option<&str>, String>) -> Result<Option<String>, String> {
    text.map(|text| text.map(str::to_owned))
        .map_err(|what| format!("cannot be read: {what}"))
}

fn ports(message: &Message, field: &str) -> Result<Vec<Port>, String> {
    let messages = message.messages(field)?;
    let ports: Vec<_> = messages
        .into_iter()
        .map(|message| Port::read(message).map_err(|what| format!("has an {field} where {what}")))
        .collect::<Result<_, _>>()?;
    let mut names: Vec<_> = ports.iter().map(|port| &port.name).collect();
    names.sort();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(format!("has the {field} `{}` twice", pair[0])),
        None => Ok(ports),
    }
}

impl Port {
    fn read(message: &Message) -> Result<Self, String> {
        let name = message.text("name")?.unwrap_or_default().to_owned();
        if name.is_empty() {
            return Err("the `name` is missing".to_owned());
        }
        let dtype = message
            .word("data_type")?
            .filter(|word| *word != "TYPE_INVALID");
        let dtype = dtype.map(|word| {
            let found = DTYPES.iter().find(|(known, _)| *known == word);
            let unknown = || format!("the `data_type` of `{name}` is unknown");
            found.map(|(_, dtype)| *dtype).ok_or_else(unknown)
        });
        Ok(Self {
            dtype: dtype.transpose()?,
            labels: message.text("label_filename")?.map(str::to_owned),
            is_scalar: message.message("reshape")?.is_some(),
            dimensions: dimensions(message).ok_or(format!("the `dims` of `{name}` are wrong"))?,
            name,
        })
    }

    fn write(&self, field: &str, text: &mut String) {
        let _ = writeln!(text, "{field} {{\n  name: \"{}\"", escaped(&self.name));
        if let Some(word) = self.dtype.and_then(word_of) {
            let _ = writeln!(text, "  data_type: {word}");
        }
        let lengths: Vec<_> = self.dimensions.iter().map(ToString::to_string).collect();
        let _ = writeln!(text, "  dims: [ {} ]", lengths.join(", "));
        if self.is_scalar {
            text.push_str("  reshape {\n    shape: [ ]\n  }\n");
        }
        if let Some(file) = &self.labels {
            let _ = writeln!(text, "  label_filename: \"{}\"", escaped(file));
        }
        text.push_str("}\n");
    }
}
