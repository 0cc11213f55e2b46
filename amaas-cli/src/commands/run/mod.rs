//! `amaas run`: texts or tensors in, answers out.
//!
//! The trap: without texts and without `--input`, texts are read from the standard input, one a
//! line. At a terminal that would look like a program that hangs, so there it is an error.

mod inputs;
mod npy;
mod tensors;
mod texts;
mod usage;

use std::io::{self, IsTerminal as _, Write};
use std::path::Path;
use std::time::Duration;

use amaas_core::model::{Overflow, Reference, Signature, Task};
use amaas_core::registry::Notice;
use amaas_core::runtime::DevicePolicy;
use amaas_core::{Call, Error, ErrorKind, Outputs, Route, Service, Tensor};
use clap::Args;
use serde::Serialize;
use serde_json::Value;

use self::inputs::Source;
use self::usage::Receipt;
use super::records::withdrawn;
use crate::context::Context;
use crate::exit;
use crate::failure::Result;
use crate::output::{Answer, section_break};

/// Run a model on texts, or on tensors from files
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  amaas run sentiment@^1 'I loved it' 'Dull from start to end'

Tensors come as JSON, {\"input_ids\": [[101, 2023, 102]]}, with the dtypes of the model's inputs
(numbers that JSON lacks are the texts NaN, Infinity and -Infinity), or each from a file of numpy:
  amaas run classifier.onnx --input tensors.json --output logits
  amaas run classifier.onnx --input x=x.npy --input mask=mask.npy")]
pub(crate) struct Run {
    /// name, name@selector, or the path of a package folder or an .onnx file
    #[arg(value_name = "REFERENCE")]
    reference: Reference,
    /// Texts; without any and without --input, one for each line of the standard input
    #[arg(value_name = "TEXT", conflicts_with = "input")]
    texts: Vec<String>,
    /// Tensors: a JSON file, `-` for JSON on the standard input, or INPUT=FILE.npy
    #[arg(long, value_name = "FILE")]
    input: Vec<Source>,
    /// Only this output; may be repeated
    #[arg(long, value_name = "NAME", requires = "input")]
    output: Vec<String>,
    /// Where to run: cpu, cuda:0, cuda:0+cpu (both required), cuda:0,cpu (a preference)
    #[arg(long, value_name = "DEVICES", default_value = "cpu")]
    device: DevicePolicy,
    /// How many labels of each text, best first [default: one; with --json all]
    #[arg(long, value_name = "COUNT")]
    top_k: Option<usize>,
    /// What to do with texts that are too long: error, truncate or window [default: the package's]
    #[arg(long, value_name = "WHAT")]
    overflow: Option<Overflow>,
    /// The prompt to embed with, by name [default: the package's]
    #[arg(long, value_name = "NAME")]
    prompt: Option<String>,
    /// How many numbers of each vector to keep [default: as the package says]
    #[arg(long, value_name = "COUNT")]
    dimensions: Option<usize>,
    /// Give up after so many seconds, waiting included
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    timeout: Option<Duration>,
    /// Add the receipt: version, rows, tokens, time
    #[arg(long)]
    usage: bool,
}

impl Run {
    pub(super) fn run(&self, context: &mut Context<'_>) -> Result<u8> {
        let service = context.service_for(&self.reference, self.device.clone())?;
        let route = service.load(&self.reference.to_string())?;
        let answerer = self.answerer(&service, &route, context)?;
        let call = Call {
            deadline: self.timeout,
            ..Call::until(&context.stop())
        };
        if !self.input.is_empty() {
            self.run_tensors(&route, answerer, &call, context)?;
            return Ok(exit::SUCCESS);
        }
        let texts = self.texts()?;
        match route.lease().manifest().task.as_ref() {
            Some(Task::TextEmbedding(_)) => self.embed(&route, answerer, &texts, call, context)?,
            _ => self.classify(&route, answerer, &texts, call, context)?,
        }
        Ok(exit::SUCCESS)
    }

    /// Who answers; people are told at once what is to be known of it.
    fn answerer(
        &self,
        service: &Service,
        route: &Route,
        context: &mut Context<'_>,
    ) -> Result<Answerer> {
        let model = route.describe();
        let notices = match &self.reference {
            Reference::Path(_) => Vec::new(),
            Reference::Named { name, selector } => {
                service.registry()?.resolve(name, selector)?.notices
            }
        };
        let notices: Vec<_> = notices.iter().map(tell).collect();
        for notice in &notices {
            context.note(&format!("{model}: {notice}"));
        }
        Ok(Answerer { model, notices })
    }

    fn run_tensors(
        &self,
        route: &Route,
        answerer: Answerer,
        call: &Call,
        context: &mut Context<'_>,
    ) -> Result<()> {
        let model = route.lease();
        let tensors = inputs::read(&self.input, model.signature())?;
        let inputs: Vec<_> = tensors
            .iter()
            .map(|(name, tensor)| (name.as_str(), tensor))
            .collect();
        let wanted: Vec<_> = self.output.iter().map(String::as_str).collect();
        let outputs = route.run_with(&inputs, &wanted, call)?;
        context.answer(&Ran::read(answerer, &outputs, self.usage)?)
    }

    /// The texts of the command line, else the lines of the standard input.
    fn texts(&self) -> Result<Vec<String>> {
        if !self.texts.is_empty() {
            return Ok(self.texts.clone());
        }
        let texts = match io::stdin().is_terminal() {
            true => Vec::new(),
            false => io::stdin()
                .lines()
                .collect::<io::Result<_>>()
                .map_err(|cause| {
                    Error::new(
                        ErrorKind::InvalidArgument,
                        "the standard input cannot be read",
                    )
                    .because(cause)
                    .advise("give one text a line, in UTF-8")
                })?,
        };
        if texts.is_empty() {
            return Err(Error::new(ErrorKind::InvalidArgument, "there is nothing to run on")
                .advise("give texts as arguments or as lines of the standard input, or tensors with `--input`")
                .into());
        }
        Ok(texts)
    }
}

/// The version that answers, and what whoever uses it should know.
#[derive(Debug, Serialize)]
struct Answerer {
    model: String,
    notices: Vec<String>,
}

fn tell(notice: &Notice) -> String {
    match notice {
        Notice::Yanked(yanked) => withdrawn(Some(yanked)),
        notice => notice.to_string(),
    }
}

/// What tensors gave.
#[derive(Debug, Serialize)]
struct Ran {
    #[serde(flatten)]
    answerer: Answerer,
    outputs: Vec<Output>,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Receipt>,
}

#[derive(Debug, Serialize)]
struct Output {
    name: String,
    dtype: &'static str,
    shape: Vec<usize>,
    values: Value,
}

impl Ran {
    fn read(answerer: Answerer, outputs: &Outputs, usage: bool) -> Result<Self> {
        let read = |(name, tensor): (&str, &Tensor)| {
            let values = tensors::write(tensor).map_err(|error| error.with("output", name))?;
            Ok(Output {
                name: name.to_owned(),
                dtype: tensor.dtype().name(),
                shape: tensor.shape().to_vec(),
                values,
            })
        };
        Ok(Self {
            answerer,
            outputs: outputs.iter().map(read).collect::<Result<_>>()?,
            usage: usage.then(|| Receipt::from(outputs.usage())),
        })
    }
}

/// People are shown no more characters of a tensor than this.
const SHOWN: usize = 400;

impl Answer for Ran {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        for output in &self.outputs {
            let Output {
                name, dtype, shape, ..
            } = output;
            let text = output.values.to_string();
            writeln!(out, "{name}  {dtype}{shape:?}")?;
            match text.char_indices().nth(SHOWN) {
                None => writeln!(out, "  {text}")?,
                Some((end, _)) => writeln!(out, "  {} … (all of it with --json)", &text[..end])?,
            }
        }
        section_break(self.usage.as_ref(), out)
    }
}

/// A length of time, as the user writes it.
pub(super) fn seconds(text: &str) -> std::result::Result<Duration, String> {
    let seconds = text.parse().map_err(|_| "no number".to_owned())?;
    Duration::try_from_secs_f64(seconds).map_err(|cause| cause.to_string())
}

/// The tensors in a JSON file.
pub(super) fn tensors_of(
    path: &Path,
    signature: &Signature,
) -> amaas_core::Result<Vec<(String, Tensor)>> {
    inputs::read(&[Source::Json(path.to_owned())], signature)
}
