//! Rows of token ids as tensors: which rows run together, and how they are padded.

use std::ops::Range;
use std::sync::Arc;

use crate::model::{
    Batching, Dimension, Padding, Port, PortKind, Side, Signature, TokenizerSettings,
};
use crate::scheduler::Join;
use crate::tensor::{self, Dtype, Tensor};
use crate::{Error, ErrorKind, Result};

use super::encode::Row;

/// How rows become the inputs of one graph.
#[derive(Debug)]
pub(super) struct Layout {
    /// Input name, dtype, and what fills it.
    inputs: Vec<(String, Dtype, Fill)>,
    /// The graph takes exactly this many rows.
    fixed_rows: Option<usize>,
    /// The graph takes exactly this many tokens.
    fixed_tokens: Option<usize>,
    max_rows: usize,
    max_tokens: usize,
    padding_side: Side,
    pad_id: u32,
    /// How rows of different calls run together.
    join: Option<Arc<Join>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fill {
    Ids,
    AttentionMask,
    TypeIds,
}

/// Named input tensors of one run.
pub(super) type Inputs = Vec<(String, Tensor)>;

impl Layout {
    /// Checks the manifest against the graph.
    ///
    /// # Errors
    /// `InvalidPackage` when an input is not in the graph, has another dtype or rank, or when the
    /// graph has inputs that nothing fills.
    pub(super) fn prepare(
        settings: &TokenizerSettings,
        batching: &Batching,
        signature: &Signature,
    ) -> Result<Self> {
        let inputs = inputs(settings, signature)?;
        let [rows, tokens] = dimensions(signature, &settings.inputs.ids);
        let fixed_tokens = fixed_tokens(settings, tokens)?;
        let joins = batching.enabled && rows.is_none();
        let mut layout = Self {
            inputs,
            fixed_rows: rows,
            fixed_tokens,
            max_rows: if batching.enabled {
                batching.max_rows
            } else {
                1
            },
            max_tokens: settings.max_tokens,
            padding_side: settings.padding_side,
            pad_id: settings.pad_id,
            join: None,
        };
        layout.join = joins.then(|| {
            Arc::new(Join {
                fills: layout.fills(),
                ..Join::default()
            })
        });
        Ok(layout)
    }

    /// What fills the rows of each input when they run beside longer ones.
    fn fills(&self) -> Vec<(String, tensor::Fill)> {
        if self.fixed_tokens.is_some() {
            return Vec::new();
        }
        let at_front = self.padding_side == Side::Left;
        let fill = |(name, _, fill): &(String, Dtype, Fill)| {
            (
                name.clone(),
                tensor::Fill {
                    value: self.padding_of(*fill),
                    at_front,
                },
            )
        };
        self.inputs.iter().map(fill).collect()
    }

    /// Groups rows for running: the places of rows of like length together, so that little is
    /// padded, in groups the graph takes, of `most` rows where it takes any number. The longest come
    /// first, so that no instance begins the longest run when the others are done.
    pub(super) fn groups(&self, rows: &[&Row], most: usize) -> Vec<Vec<usize>> {
        let mut order: Vec<_> = (0..rows.len()).collect();
        if self.fixed_tokens.is_none() {
            order.sort_by_key(|index| std::cmp::Reverse(rows[*index].ids.len()));
        }
        let size = self.fixed_rows.unwrap_or(self.max_rows.min(most)).max(1);
        order.chunks(size).map(<[usize]>::to_vec).collect()
    }

    /// The inputs of one run over `rows`. Where the graph takes a fixed count, empty rows are
    /// added at the end; the caller leaves their answers out.
    pub(super) fn tensors(&self, rows: &[&Row]) -> Result<Inputs> {
        let [count, tokens] = self.shape(rows);
        let build = |(name, dtype, fill): &(String, Dtype, Fill)| {
            let mut elements = vec![self.padding_of(*fill); count * tokens];
            for (row, space) in rows.iter().zip(elements.chunks_exact_mut(tokens)) {
                self.place(row, *fill, space);
            }
            Ok((name.clone(), integers([count, tokens], *dtype, elements)?))
        };
        self.inputs.iter().map(build).collect()
    }

    /// Inputs of `rows` rows of `share` of the longest length, all of padding that counts.
    pub(super) fn rehearsal(&self, rows: usize, share: f64) -> Result<Inputs> {
        let length = (self.max_tokens as f64 * share).round() as usize;
        let length = length.clamp(1, self.max_tokens.max(1));
        let row = Row {
            ids: vec![self.pad_id; length],
            type_ids: vec![0; length],
        };
        let rows = self.fixed_rows.unwrap_or(rows.min(self.max_rows).max(1));
        self.tensors(&vec![&row; rows])
    }

    /// How these rows run together with those of other callers; `None` where they must not.
    pub(super) fn join(&self) -> Option<&Arc<Join>> {
        self.join.as_ref()
    }

    /// Rows and tokens of one run over `rows`, padding included.
    pub(super) fn shape(&self, rows: &[&Row]) -> [usize; 2] {
        let longest = rows.iter().map(|row| row.ids.len()).max().unwrap_or(0);
        // No graph is asked to run over rows without a token: an empty text is one of padding.
        let tokens = self.fixed_tokens.unwrap_or(longest).max(1);
        [self.fixed_rows.unwrap_or(rows.len()), tokens]
    }

    /// Where the tokens of `row` lie among `tokens`; the rest is padding.
    pub(super) fn span(&self, row: &Row, tokens: usize) -> Range<usize> {
        let length = row.ids.len().min(tokens);
        match self.padding_side {
            Side::Left => tokens - length..tokens,
            Side::Right => 0..length,
        }
    }

    fn padding_of(&self, fill: Fill) -> i64 {
        if fill == Fill::Ids {
            i64::from(self.pad_id)
        } else {
            0
        }
    }

    fn place(&self, row: &Row, fill: Fill, space: &mut [i64]) {
        let span = self.span(row, space.len());
        let target = &mut space[span];
        match fill {
            Fill::AttentionMask => target.fill(1),
            Fill::Ids => copy(&row.ids, target),
            Fill::TypeIds => copy(&row.type_ids, target),
        }
    }
}

/// Each input with its dtype and what fills it; all that the graph has.
fn inputs(
    settings: &TokenizerSettings,
    signature: &Signature,
) -> Result<Vec<(String, Dtype, Fill)>> {
    let names = &settings.inputs;
    let wanted = [
        (Some(&names.ids), Fill::Ids),
        (names.attention_mask.as_ref(), Fill::AttentionMask),
        (names.type_ids.as_ref(), Fill::TypeIds),
    ];
    let named = wanted
        .into_iter()
        .filter_map(|(name, fill)| Some((name?, fill)));
    let inputs = named
        .map(|(name, fill)| Ok((name.clone(), token_dtype(signature, name)?, fill)))
        .collect::<Result<Vec<_>>>()?;
    let is_unfilled = |port: &&Port| !inputs.iter().any(|(name, ..)| *name == port.name);
    match signature.inputs.iter().find(is_unfilled) {
        None => Ok(inputs),
        Some(unfilled) => {
            let message = format!("nothing fills the graph's input `{}`", unfilled.name);
            Err(Error::new(ErrorKind::InvalidPackage, message)
                .advise("name it under `[tokenizer.inputs]`, or export the graph without it"))
        }
    }
}

/// The tokens of every row, where the graph or its author fixes them.
fn fixed_tokens(settings: &TokenizerSettings, graphs: Option<usize>) -> Result<Option<usize>> {
    let fixed = match settings.padding {
        Padding::Fixed => Some(graphs.unwrap_or(settings.max_tokens)),
        Padding::Longest => graphs,
    };
    match fixed.filter(|limit| *limit < settings.max_tokens) {
        None => Ok(fixed),
        Some(limit) => {
            let message = format!("`tokenizer.max_tokens` is `{}`", settings.max_tokens);
            let remedy = format!("the graph takes `{limit}` tokens; set it to that or less");
            Err(Error::new(ErrorKind::InvalidPackage, message).advise(remedy))
        }
    }
}

fn copy(from: &[u32], to: &mut [i64]) {
    to.iter_mut()
        .zip(from)
        .for_each(|(to, from)| *to = i64::from(*from));
}

fn integers(shape: [usize; 2], dtype: Dtype, elements: Vec<i64>) -> Result<Tensor> {
    if dtype == Dtype::Int64 {
        return Tensor::from_vec(shape, elements);
    }
    let narrow = |id: i64| {
        i32::try_from(id).map_err(|_| {
            Error::new(
                ErrorKind::InvalidPackage,
                format!("token id `{id}` does not fit in int32"),
            )
            .advise("use a tokenizer that belongs to the model")
        })
    };
    Tensor::from_vec(
        shape,
        elements
            .into_iter()
            .map(narrow)
            .collect::<Result<Vec<i32>>>()?,
    )
}

fn token_dtype(signature: &Signature, name: &str) -> Result<Dtype> {
    let port = signature.input(name);
    match port.map(|port| &port.kind) {
        Some(PortKind::Tensor(dtype @ (Dtype::Int64 | Dtype::Int32), dimensions))
            if dimensions
                .as_ref()
                .is_none_or(|dimensions| dimensions.len() == 2) =>
        {
            Ok(*dtype)
        }
        Some(kind) => {
            let message = format!("input `{name}` is {kind}, which cannot take tokens");
            Err(Error::new(ErrorKind::InvalidPackage, message)
                .advise("tokens go into int64 or int32 of [batch, tokens]"))
        }
        None => {
            let names: Vec<_> = signature
                .inputs
                .iter()
                .map(|port| port.name.as_str())
                .collect();
            Err(Error::new(
                ErrorKind::InvalidPackage,
                format!("the graph has no input `{name}`"),
            )
            .advise(format!(
                "set `[tokenizer.inputs]`; its inputs are: {}",
                names.join(", ")
            )))
        }
    }
}

/// The fixed lengths of rows and tokens, where the graph fixes them.
fn dimensions(signature: &Signature, ids: &str) -> [Option<usize>; 2] {
    let fixed = |dimension: Option<&Dimension>| match dimension {
        Some(Dimension::Fixed(length)) => Some(*length),
        _ => None,
    };
    match signature.input(ids).map(|port| &port.kind) {
        Some(PortKind::Tensor(_, Some(dimensions))) => {
            [fixed(dimensions.first()), fixed(dimensions.get(1))]
        }
        _ => [None, None],
    }
}
