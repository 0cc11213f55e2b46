//! The ports of a decoder's graph: what takes the new tokens, what gives scores, and the cache between.
//!
//! Found by name, as Optimum and ONNX Runtime's own exporters write them: `past_key_values.0.key` goes
//! with `present.0.key`, whatever stands in place of `0.key`.
//!
//! Of how many tokens there are scores, a graph is asked by `num_logits_to_keep`, where it has that
//! input: as a rule of one, the last.

use std::sync::Arc;

use crate::model::{Dimension, Port, PortKind, Signature, TextGeneration, TokenizerSettings};
use crate::service::Rehearsal;
use crate::tensor::{AlignedBytes, Dtype, Tensor};
use crate::{Error, ErrorKind, Result};

/// A named input of integers.
#[derive(Debug, Clone)]
pub(super) struct Numbers {
    pub(super) name: String,
    dtype: Dtype,
}

/// One tensor of the cache, `[batch, heads, tokens, width]`.
#[derive(Debug, Clone)]
pub(super) struct CachePort {
    pub(super) past: String,
    pub(super) present: String,
    pub(super) dtype: Dtype,
    pub(super) heads: usize,
    pub(super) width: usize,
}

/// Where the unread part of a row's mask is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slack {
    /// Before its tokens.
    Front,
    /// Behind them.
    Back,
}

/// The ports of a decoder.
#[derive(Debug)]
pub(super) struct Ports {
    ids: Numbers,
    mask: Option<Numbers>,
    positions: Option<Numbers>,
    /// Says whether there is a cache to read; graphs that are two in one have it.
    branch: Option<String>,
    /// Says of how many of the last tokens there are to be scores.
    keep: Option<Count>,
    pub(super) logits: String,
    /// Whether there may be scores of more tokens than the last.
    pub(super) scores_each: bool,
    pub(super) cache: Vec<CachePort>,
}

/// A named input of one integer: `[]` or `[1]`.
#[derive(Debug)]
struct Count {
    name: String,
    dimensions: usize,
}

/// What a run reads.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading<'a> {
    /// The new tokens, as many of each row.
    pub(super) tokens: &'a [u32],
    /// How many stand before them, in each row.
    pub(super) before: &'a [usize],
    /// For how many before them the mask has room.
    pub(super) longest: usize,
    /// Of how many of the last tokens scores are wanted, where the graph asks.
    pub(super) scored: usize,
}

/// Named input tensors of one run.
pub(super) type Inputs = Vec<(String, Tensor)>;

impl CachePort {
    /// How many bytes the heads of one token have, each.
    pub(super) fn token_bytes(&self) -> usize {
        self.dtype.byte_length(self.width).unwrap_or(0)
    }
}

impl Ports {
    /// Finds the ports.
    ///
    /// # Errors
    /// `InvalidPackage` when the graph lacks one, or has inputs that nothing fills.
    pub(super) fn find(
        settings: &TextGeneration,
        tokenizer: &TokenizerSettings,
        signature: &Signature,
    ) -> Result<Self> {
        let names = &tokenizer.inputs;
        let mask = names.attention_mask.as_deref().unwrap_or("attention_mask");
        let keep = keep(signature)?;
        let ports = Self {
            ids: numbers(signature, &names.ids)?
                .ok_or_else(|| missing("input", &names.ids, "`tokenizer.inputs.ids`"))?,
            mask: numbers(signature, mask)?,
            positions: numbers(signature, &settings.position_ids)?,
            branch: signature
                .input("use_cache_branch")
                .map(|port| port.name.clone()),
            scores_each: keep.is_some() || scores_each(&settings.output, signature),
            keep,
            logits: logits(&settings.output, signature)?,
            cache: cache(settings, signature)?,
        };
        let remedy = "export it as a decoder: token ids, mask, positions and a cache";
        unfilled(signature, |name| ports.fills(name), remedy)?;
        Ok(ports)
    }

    /// A run over prompts of so many tokens, with an empty cache that has room for so many.
    pub(super) fn rehearsal(&self, rows: usize, tokens: usize, room: usize) -> Result<Rehearsal> {
        let reading = Reading {
            tokens: &vec![0; rows * tokens],
            before: &vec![0; rows],
            longest: 0,
            scored: 1,
        };
        let mut inputs = self.inputs(reading, Slack::Back)?;
        for port in &self.cache {
            let shape = [rows, port.heads, room, port.width];
            let bytes = rows * port.heads * room * port.token_bytes();
            let memory = Arc::new(AlignedBytes::zeroed(bytes));
            inputs.push((
                port.past.clone(),
                Tensor::from_buffer(port.dtype, shape, memory)?,
            ));
        }
        Ok(Rehearsal {
            inputs,
            outputs: vec![self.logits.clone()],
        })
    }

    fn fills(&self, name: &str) -> bool {
        let numbers = [Some(&self.ids), self.mask.as_ref(), self.positions.as_ref()];
        numbers.into_iter().flatten().any(|port| port.name == name)
            || self.branch.as_deref() == Some(name)
            || self.keep.as_ref().is_some_and(|keep| keep.name == name)
            || self.cache.iter().any(|port| port.past == name)
    }

    /// The inputs beside the cache.
    pub(super) fn inputs(&self, reading: Reading<'_>, slack: Slack) -> Result<Inputs> {
        let Reading {
            tokens,
            before,
            longest,
            scored,
        } = reading;
        let rows = before.len();
        let each = tokens.len() / rows.max(1);
        let ids = tokens.iter().map(|id| i64::from(*id)).collect();
        let mut inputs = vec![self.ids.tensor([rows, each], ids)?];
        if let Some(mask) = &self.mask {
            let total = longest + each;
            let row = |before: &usize| ones(before + each, total, slack);
            let values = before.iter().flat_map(row).collect();
            inputs.push(mask.tensor([rows, total], values)?);
        }
        if let Some(positions) = &self.positions {
            let row = |before: &usize| *before as i64..(before + each) as i64;
            let values = before.iter().flat_map(row).collect();
            inputs.push(positions.tensor([rows, each], values)?);
        }
        if let Some(branch) = &self.branch {
            let values = vec![longest > 0];
            inputs.push((branch.clone(), Tensor::from_vec([1], values)?));
        }
        if let Some(keep) = &self.keep {
            let shape = vec![1; keep.dimensions];
            let count = Tensor::from_vec(shape, vec![scored as i64])?;
            inputs.push((keep.name.clone(), count));
        }
        Ok(inputs)
    }
}

impl Numbers {
    pub(super) fn tensor(&self, shape: [usize; 2], values: Vec<i64>) -> Result<(String, Tensor)> {
        let tensor = match self.dtype {
            Dtype::Int32 => {
                let values: Vec<_> = values.into_iter().map(|value| value as i32).collect();
                Tensor::from_vec(shape, values)?
            }
            _ => Tensor::from_vec(shape, values)?,
        };
        Ok((self.name.clone(), tensor))
    }
}

/// Refuses a graph with an input that nothing fills.
pub(super) fn unfilled(
    signature: &Signature,
    fills: impl Fn(&str) -> bool,
    remedy: &str,
) -> Result<()> {
    let mut inputs = signature.inputs.iter();
    match inputs.find(|port| !fills(&port.name)) {
        None => Ok(()),
        Some(port) => {
            let message = format!("nothing fills the graph's input `{}`", port.name);
            Err(Error::new(ErrorKind::InvalidPackage, message).advise(remedy))
        }
    }
}

fn ones(count: usize, total: usize, slack: Slack) -> impl Iterator<Item = i64> {
    (0..total).map(move |place| {
        i64::from(match slack {
            Slack::Front => place + count >= total,
            Slack::Back => place < count,
        })
    })
}

pub(super) fn numbers(signature: &Signature, name: &str) -> Result<Option<Numbers>> {
    let Some(port) = signature.input(name) else {
        return Ok(None);
    };
    match &port.kind {
        PortKind::Tensor(dtype @ (Dtype::Int64 | Dtype::Int32), dimensions)
            if dimensions.as_ref().is_none_or(|list| list.len() == 2) =>
        {
            Ok(Some(Numbers {
                name: name.to_owned(),
                dtype: *dtype,
            }))
        }
        kind => {
            let message =
                format!("input `{name}` is {kind} where integers of [batch, tokens] go in");
            Err(Error::new(ErrorKind::InvalidPackage, message)
                .advise("export it as int64 or int32, of two dimensions"))
        }
    }
}

/// The input that says of how many tokens there are to be scores, as the field names it.
fn keep(signature: &Signature) -> Result<Option<Count>> {
    let mut names = ["num_logits_to_keep", "logits_to_keep"].into_iter();
    let Some(port) = names.find_map(|name| signature.input(name)) else {
        return Ok(None);
    };
    match &port.kind {
        PortKind::Tensor(Dtype::Int64, Some(dimensions)) if dimensions.len() < 2 => {
            Ok(Some(Count {
                name: port.name.clone(),
                dimensions: dimensions.len(),
            }))
        }
        kind => {
            let message = format!("input `{}` is {kind} where a count goes in", port.name);
            Err(Error::new(ErrorKind::InvalidPackage, message)
                .advise("export it as int64, of one number"))
        }
    }
}

/// Whether there may be scores of as many tokens as the graph reads.
fn scores_each(name: &str, signature: &Signature) -> bool {
    match signature.output(name).map(|port| &port.kind) {
        Some(PortKind::Tensor(_, Some(dimensions))) => {
            dimensions.get(1) != Some(&Dimension::Fixed(1))
        }
        _ => true,
    }
}

pub(super) fn logits(name: &str, signature: &Signature) -> Result<String> {
    let port = signature
        .output(name)
        .ok_or_else(|| missing("output", name, "`task.output`"))?;
    let is_float = |dtype| super::logits::FLOATS.contains(dtype);
    match &port.kind {
        PortKind::Tensor(dtype, dimensions)
            if is_float(dtype) && dimensions.as_ref().is_none_or(|list| list.len() == 3) =>
        {
            Ok(name.to_owned())
        }
        kind => {
            let message = format!(
                "output `{name}` is {kind} where floats of [batch, tokens, vocabulary] were expected"
            );
            Err(Error::new(ErrorKind::InvalidPackage, message)
                .advise("set `task.output` to the output with the scores"))
        }
    }
}

fn cache(settings: &TextGeneration, signature: &Signature) -> Result<Vec<CachePort>> {
    let pairs = signature.inputs.iter().filter_map(|port| {
        let rest = port.name.strip_prefix(&settings.past)?;
        Some((port, format!("{}{rest}", settings.present)))
    });
    let cache = pairs
        .map(|(past, present)| pair(signature, past, present))
        .collect::<Result<Vec<_>>>()?;
    if cache.is_empty() {
        let message = format!(
            "the graph has no input that begins with `{}`",
            settings.past
        );
        return Err(Error::new(ErrorKind::InvalidPackage, message)
            .advise("export the model with its cache, or set `task.past` as its inputs begin"));
    }
    Ok(cache)
}

pub(super) fn pair(signature: &Signature, past: &Port, present: String) -> Result<CachePort> {
    let output = signature
        .output(&present)
        .ok_or_else(|| missing("output", &present, "`task.present`"))?;
    match (&past.kind, &output.kind) {
        (PortKind::Tensor(dtype, Some(dimensions)), PortKind::Tensor(other, _))
            if dtype == other =>
        {
            if let [_, Dimension::Fixed(heads), _, Dimension::Fixed(width)] = &dimensions[..]
                && dtype.bits().is_some_and(|bits| bits % 8 == 0)
            {
                return Ok(CachePort {
                    past: past.name.clone(),
                    present,
                    dtype: *dtype,
                    heads: *heads,
                    width: *width,
                });
            }
        }
        _ => {}
    }
    let message = format!(
        "`{}` is {} and `{present}` is {}, which are no cache",
        past.name, past.kind, output.kind
    );
    Err(Error::new(ErrorKind::InvalidPackage, message)
        .advise("export keys and values as [batch, heads, tokens, width], heads and width fixed"))
}

pub(super) fn missing(what: &str, name: &str, key: &str) -> Error {
    Error::new(
        ErrorKind::InvalidPackage,
        format!("the graph has no {what} `{name}`"),
    )
    .advise(format!("set {key} as the graph names it"))
}
