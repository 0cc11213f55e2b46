//! The graphs of an encoder and its decoder: what each takes and gives, and which runs when.
//!
//! ```text
//! main (encoder) ─► decoder ─► decoder_with_past, or decoder once more
//!  (the source)     (the first token)  (all others)
//! ```
//!
//! Found by name, as Optimum writes them: `past_key_values.0.encoder.key` holds what the decoder made
//! of the source, and stays as the first run gave it.
//!
//! The trap: a graph of two branches gives the encoder's share of the cache only in the branch without
//! a cache; in the other it is nothing, so no later run is asked for it.

use std::sync::Arc;

use super::ports::{CachePort, Inputs, Numbers, logits, missing, numbers, pair, unfilled};
use crate::model::{
    Dimension, Graphs, Port, PortKind, Signature, Text2TextGeneration, TokenizerSettings,
};
use crate::service::{Interface, Rehearsal};
use crate::tensor::{AlignedBytes, Dtype, Tensor};
use crate::{Error, ErrorKind, Result};

/// The part that writes.
pub(super) const DECODER: &str = "decoder";
/// The part that writes all but the first token, where `decoder` reads no cache.
pub(super) const WITH_PAST: &str = "decoder_with_past";

const MASK: &str = "encoder_attention_mask";
const STATES: &str = "encoder_hidden_states";
const BRANCH: &str = "use_cache_branch";
const CROSS: &str = ".encoder.";

/// An encoder, and what writes after it.
#[derive(Debug)]
pub(super) struct Stages {
    pub(super) encoder: EncoderPorts,
    /// Runs first, without a cache.
    pub(super) first: DecoderPorts,
    /// Runs from then on; `None` where there is no cache, so that the first reads all tokens again.
    pub(super) next: Option<DecoderPorts>,
}

/// The ports of an encoder.
#[derive(Debug)]
pub(super) struct EncoderPorts {
    ids: Numbers,
    mask: Option<Numbers>,
    pub(super) states: String,
    /// The dtype and the width of the states, where the graph says them.
    width: Option<(Dtype, usize)>,
}

/// The ports of a decoder.
#[derive(Debug, Clone)]
pub(super) struct DecoderPorts {
    /// The part that it is.
    pub(super) part: &'static str,
    ids: Numbers,
    pub(super) mask: Option<Numbers>,
    pub(super) states: Option<String>,
    branch: Option<String>,
    pub(super) logits: String,
    /// The cache of its own tokens.
    pub(super) own: Vec<CachePort>,
    /// What it made of the source's.
    pub(super) cross: Vec<CachePort>,
}

impl Stages {
    /// Finds the ports of all graphs.
    ///
    /// # Errors
    /// `InvalidPackage` when a graph or a port is missing, or has inputs that nothing fills.
    pub(super) fn find(
        settings: &Text2TextGeneration,
        tokenizer: &TokenizerSettings,
        graphs: &Graphs<Interface>,
    ) -> Result<Arc<Self>> {
        let encoder = EncoderPorts::find(settings, tokenizer, graphs.main.signature())?;
        let decoder = graphs.part(DECODER)?.signature();
        let first = DecoderPorts::find(settings, DECODER, decoder, decoder)?;
        if first.branch.is_none() && !first.cross.is_empty() {
            let message = format!("the part `{DECODER}` cannot do without its cache");
            return Err(
                Error::new(ErrorKind::InvalidPackage, message).advise(format!(
                    "name the graph without a cache as `{DECODER}`, this one as `{WITH_PAST}`"
                )),
            );
        }
        let next = match graphs.parts.get(WITH_PAST) {
            None => Some(first.clone()).filter(|ports| !ports.own.is_empty()),
            Some(graph) => Some(DecoderPorts::with_past(settings, graph, decoder)?),
        };
        Ok(Arc::new(Self {
            encoder,
            first,
            next,
        }))
    }

    /// A run of the encoder over so many tokens.
    pub(super) fn reading(&self, rows: usize, tokens: usize) -> Result<Rehearsal> {
        Ok(Rehearsal {
            inputs: self.encoder.inputs(&vec![0; rows * tokens], rows)?,
            outputs: vec![self.encoder.states.clone()],
        })
    }

    /// What runs after the first token.
    pub(super) fn step(&self) -> &DecoderPorts {
        self.next.as_ref().unwrap_or(&self.first)
    }

    /// A run of a decoder over sources of so many tokens.
    pub(super) fn rehearsal(&self, part: &str, rows: usize, tokens: usize) -> Result<Rehearsal> {
        let step = self.step();
        let ports = if part == step.part { step } else { &self.first };
        let past = usize::from(!std::ptr::eq(ports, &self.first));
        let mut inputs = ports.inputs(&vec![0; rows], rows, past > 0)?;
        if let Some(mask) = &ports.mask {
            inputs.push(mask.tensor([rows, tokens], vec![1; rows * tokens])?);
        }
        if let (Some(states), Some((dtype, width))) = (&ports.states, self.encoder.width) {
            let zeros = zeros(dtype, [rows, tokens, width])?;
            inputs.push((states.clone(), zeros));
        }
        for (list, length) in [(&ports.own, past), (&ports.cross, past * tokens)] {
            for port in list {
                let zeros = zeros(port.dtype, [rows, port.heads, length, port.width])?;
                inputs.push((port.past.clone(), zeros));
            }
        }
        Ok(Rehearsal {
            inputs,
            outputs: vec![ports.logits.clone()],
        })
    }

    /// Whether a run of this part can be made up.
    pub(super) fn rehearses(&self, part: &str) -> bool {
        let used = [&self.first, self.step()];
        let mut used = used.into_iter().filter(|ports| ports.part == part);
        used.any(|ports| ports.states.is_none() || self.encoder.width.is_some())
    }
}

impl EncoderPorts {
    fn find(
        settings: &Text2TextGeneration,
        tokenizer: &TokenizerSettings,
        signature: &Signature,
    ) -> Result<Self> {
        let names = &tokenizer.inputs;
        let mask = names.attention_mask.as_deref().unwrap_or("attention_mask");
        let ids = numbers(signature, &names.ids)?
            .ok_or_else(|| missing("input", &names.ids, "`tokenizer.inputs.ids`"))?;
        let mask = numbers(signature, mask)?;
        let filled = |name: &str| {
            let all = [Some(&ids), mask.as_ref()];
            all.into_iter().flatten().any(|port| port.name == name)
        };
        unfilled(
            signature,
            filled,
            "export it as an encoder: token ids and a mask",
        )?;
        let states = &settings.states;
        let port = signature
            .output(states)
            .ok_or_else(|| missing("output", states, "`task.states`"))?;
        Ok(Self {
            ids,
            mask,
            states: states.clone(),
            width: width(port),
        })
    }

    /// The inputs for as many tokens in each of so many rows.
    pub(super) fn inputs(&self, tokens: &[u32], rows: usize) -> Result<Inputs> {
        let shape = [rows, tokens.len() / rows.max(1)];
        let mut inputs = vec![self.ids.tensor(shape, widened(tokens))?];
        if let Some(mask) = &self.mask {
            inputs.push(mask.tensor(shape, vec![1; tokens.len()])?);
        }
        Ok(inputs)
    }
}

impl DecoderPorts {
    /// Finds the ports of one; what it keeps of the source is what `first` gave.
    fn find(
        settings: &Text2TextGeneration,
        part: &'static str,
        signature: &Signature,
        first: &Signature,
    ) -> Result<Self> {
        let named = |name| signature.input(name).map(|port| port.name.clone());
        let (own, cross) = caches(settings, signature, first)?;
        let ports = Self {
            part,
            ids: numbers(signature, "input_ids")?
                .ok_or_else(|| missing("input", "input_ids", "the decoder's input"))?,
            mask: numbers(signature, MASK)?,
            states: named(STATES),
            branch: named(BRANCH),
            logits: logits(&settings.output, signature)?,
            own,
            cross,
        };
        let filled = |name: &str| ports.fills(name);
        let remedy = "export it as a decoder of `text2text-generation`, as Optimum does";
        unfilled(signature, filled, remedy)?;
        Ok(ports)
    }

    /// Those of a graph that reads a cache.
    fn with_past(
        settings: &Text2TextGeneration,
        graph: &Interface,
        first: &Signature,
    ) -> Result<Self> {
        let ports = Self::find(settings, WITH_PAST, graph.signature(), first)?;
        match ports.own.is_empty() {
            false => Ok(ports),
            true => {
                let message = format!("the part `{WITH_PAST}` has no cache");
                Err(Error::new(ErrorKind::InvalidPackage, message)
                    .advise("export it with past keys and values, or leave it out"))
            }
        }
    }

    fn fills(&self, name: &str) -> bool {
        let caches = self.own.iter().chain(&self.cross);
        let named = [self.states.as_deref(), self.branch.as_deref()];
        self.ids.name == name
            || self.mask.as_ref().is_some_and(|mask| mask.name == name)
            || named.contains(&Some(name))
            || caches.map(|port| &port.past).any(|past| past == name)
    }

    /// The inputs beside source and cache: as many tokens in each of so many rows.
    pub(super) fn inputs(&self, tokens: &[u32], rows: usize, cached: bool) -> Result<Inputs> {
        let shape = [rows, tokens.len() / rows.max(1)];
        let mut inputs = vec![self.ids.tensor(shape, widened(tokens))?];
        if let Some(branch) = &self.branch {
            inputs.push((branch.clone(), Tensor::from_vec([1], vec![cached])?));
        }
        Ok(inputs)
    }
}

/// The dtype and the last dimension of a port, where it says them.
fn width(port: &Port) -> Option<(Dtype, usize)> {
    let PortKind::Tensor(dtype, Some(dimensions)) = &port.kind else {
        return None;
    };
    match &dimensions[..] {
        [_, _, Dimension::Fixed(width)] => Some((*dtype, *width)),
        _ => None,
    }
}

/// The cache of a decoder's own tokens, and that of the source's, which only the `first` run gives.
fn caches(
    settings: &Text2TextGeneration,
    signature: &Signature,
    first: &Signature,
) -> Result<(Vec<CachePort>, Vec<CachePort>)> {
    let (mut own, mut cross) = (Vec::new(), Vec::new());
    for past in &signature.inputs {
        let Some(rest) = past.name.strip_prefix(&settings.past) else {
            continue;
        };
        let present = format!("{}{rest}", settings.present);
        let of_first = pair(first, past, present.clone())?;
        match rest.contains(CROSS) {
            true => cross.push(of_first),
            false => own.push(pair(signature, past, present)?),
        }
    }
    Ok((own, cross))
}

fn widened(tokens: &[u32]) -> Vec<i64> {
    tokens.iter().map(|id| i64::from(*id)).collect()
}

/// A tensor of zeros.
pub(super) fn zeros<const N: usize>(dtype: Dtype, shape: [usize; N]) -> Result<Tensor> {
    let count = shape.iter().product();
    let bytes = dtype.byte_length(count).unwrap_or(0);
    Tensor::from_buffer(dtype, shape, Arc::new(AlignedBytes::zeroed(bytes)))
}
