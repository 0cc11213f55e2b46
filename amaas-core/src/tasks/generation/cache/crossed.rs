//! What an encoder's decoder remembers: the source's states, what it made of them, and its own tokens.
//!
//! Rows that read and wrote as many tokens run together, as beams do; others run one after the other
//! in the same step, since a decoder is not told which of its tokens would be padding. A row that runs
//! alone hands its cache on as it lies; one that runs with others is copied beside them.
//!
//! The trap: a step either moves all rows on or none, so that it can be run again row by row.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::logits::Logits;
use super::super::ports::CachePort;
use super::super::stages::{DecoderPorts, Stages, zeros};
use super::Cache;
use super::growing::no_scores;
use crate::runtime::{Instance, Stop};
use crate::tensor::{Tensor, join_rows, split_rows};
use crate::{Error, ErrorKind, Result};

/// A row's part of a cache.
type Of = fn(&Row) -> &[Tensor];

#[derive(Debug)]
pub(super) struct Crossed {
    stages: Arc<Stages>,
    rows: Vec<Row>,
    /// Of the newcomer: what it answers.
    source: Option<Source>,
    newcomer: Option<Row>,
}

/// A text that was read.
#[derive(Debug, Clone)]
struct Source {
    tokens: usize,
    states: Tensor,
}

/// A text that is written.
#[derive(Debug, Clone)]
struct Row {
    source: Source,
    own: Vec<Tensor>,
    cross: Vec<Tensor>,
    /// Those that the decoder has read.
    tokens: Vec<u32>,
}

impl Crossed {
    pub(super) fn new(stages: Arc<Stages>) -> Self {
        Self {
            stages,
            rows: Vec::new(),
            source: None,
            newcomer: None,
        }
    }

    /// These rows with as many new tokens each, and the scores of the last.
    fn run(
        &self,
        rows: &[&Row],
        new: &[u32],
        instance: &mut dyn Instance,
        stop: Option<&Stop>,
    ) -> Result<(Vec<Row>, Logits)> {
        let tokens = extended(rows, new);
        let begun = rows.first().is_some_and(|row| !row.tokens.is_empty());
        let keeps = self.stages.next.as_ref();
        let cached = keeps.filter(|_| begun);
        let ports = cached.unwrap_or(&self.stages.first);
        let all = tokens.concat();
        let read = if cached.is_some() { new } else { &all };
        let mut inputs = ports.inputs(read, rows.len(), cached.is_some())?;
        inputs.extend(given(ports, rows, cached.is_some())?);
        let inputs: Vec<_> = inputs.iter().map(by_name).collect();
        let wanted = wanted(&ports.logits, keeps, cached.is_some());
        let mut outputs = instance.run(&inputs, &wanted, stop)?.into_iter();
        let logits = Logits::of(outputs.next().ok_or_else(no_scores)?, rows.len())?;
        let shares = apart(&outputs.collect::<Vec<_>>(), rows.len())?;
        let parts = rows.iter().zip(tokens).zip(shares);
        let after = parts.map(|((row, tokens), share)| row.after(tokens, share, keeps));
        Ok((after.collect::<Result<_>>()?, logits))
    }

    /// The rows that run together, by their places.
    fn groups(&self) -> Vec<Vec<usize>> {
        let mut groups: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        for (place, row) in self.rows.iter().enumerate() {
            let alike = (row.source.tokens, row.tokens.len());
            groups.entry(alike).or_default().push(place);
        }
        groups.into_values().collect()
    }
}

/// All tokens of each row, as many new ones each among them.
fn extended(rows: &[&Row], new: &[u32]) -> Vec<Vec<u32>> {
    let each = new.len() / rows.len().max(1);
    let pairs = rows.iter().zip(new.chunks(each.max(1)));
    pairs
        .map(|(row, new)| [&row.tokens[..], new].concat())
        .collect()
}

fn by_name(input: &(String, Tensor)) -> (&str, &Tensor) {
    (input.0.as_str(), &input.1)
}

/// The tensors of source and cache that a run takes.
fn given(ports: &DecoderPorts, rows: &[&Row], cached: bool) -> Result<Vec<(String, Tensor)>> {
    let mut inputs = Vec::new();
    let tokens = rows.first().map_or(0, |row| row.source.tokens);
    if let Some(mask) = &ports.mask {
        let ones = vec![1; rows.len() * tokens];
        inputs.push(mask.tensor([rows.len(), tokens], ones)?);
    }
    if let Some(name) = &ports.states {
        inputs.push((
            name.clone(),
            together(rows, |row| Some(&row.source.states))?,
        ));
    }
    let own: (&[CachePort], Of) = (&ports.own, |row| &row.own);
    let cross: (&[CachePort], Of) = (&ports.cross, |row| &row.cross);
    for (list, of) in [own, cross] {
        for (place, port) in list.iter().enumerate() {
            let past = match cached {
                true => together(rows, |row| of(row).get(place))?,
                false => zeros(port.dtype, [rows.len(), port.heads, 0, port.width])?,
            };
            inputs.push((port.past.clone(), past));
        }
    }
    Ok(inputs)
}

/// What a run is asked for: the scores, its own cache, and the source's share of it the first time.
fn wanted<'a>(scores: &'a str, keeps: Option<&'a DecoderPorts>, cached: bool) -> Vec<&'a str> {
    let present = |port: &'a CachePort| port.present.as_str();
    let own = keeps.into_iter().flat_map(|ports| &ports.own).map(present);
    let cross = keeps.into_iter().filter(|_| !cached);
    let cross = cross.flat_map(|ports| &ports.cross).map(present);
    std::iter::once(scores).chain(own).chain(cross).collect()
}

/// One tensor of all rows; that of a lone one as it lies.
fn together<'a>(rows: &[&'a Row], of: impl Fn(&'a Row) -> Option<&'a Tensor>) -> Result<Tensor> {
    let tensors: Vec<_> = rows.iter().filter_map(|row| of(row)).collect();
    match tensors[..] {
        [lone] => Ok(lone.clone()),
        _ => join_rows(&tensors, None),
    }
}

/// Each row's share of these tensors.
fn apart(tensors: &[Tensor], rows: usize) -> Result<Vec<Vec<Tensor>>> {
    let mut shares = vec![Vec::with_capacity(tensors.len()); rows];
    for tensor in tensors {
        if tensor.shape().rows() != Some(rows) {
            let message = format!("a cache is {} for `{rows}` rows", tensor.shape());
            return Err(Error::new(ErrorKind::InvalidPackage, message)
                .advise("export keys and values as [batch, heads, tokens, width]"));
        }
        let parts = split_rows(tensor, &vec![1; rows])?;
        shares
            .iter_mut()
            .zip(parts)
            .for_each(|(share, part)| share.push(part));
    }
    Ok(shares)
}

impl Row {
    /// A text of which nothing was written.
    fn blank(source: Source) -> Self {
        Self {
            source,
            own: Vec::new(),
            cross: Vec::new(),
            tokens: Vec::new(),
        }
    }

    /// This text some tokens later, with what a run gave of its cache.
    fn after(
        &self,
        tokens: Vec<u32>,
        mut given: Vec<Tensor>,
        keeps: Option<&DecoderPorts>,
    ) -> Result<Self> {
        let own = keeps.map_or(0, |ports| ports.own.len());
        let cross = given.split_off(own.min(given.len()));
        let after = Self {
            source: self.source.clone(),
            own: given,
            cross: match cross.is_empty() {
                true => self.cross.clone(),
                false => cross,
            },
            tokens,
        };
        after.check(keeps)?;
        Ok(after)
    }

    /// Refuses what a graph gave that is no cache of this row.
    fn check(&self, keeps: Option<&DecoderPorts>) -> Result<()> {
        let Some(ports) = keeps else { return Ok(()) };
        let own = ports.own.iter().zip(&self.own);
        let own = own.map(|pair| (pair, self.tokens.len()));
        let cross = ports.cross.iter().zip(&self.cross);
        let cross = cross.map(|pair| (pair, self.source.tokens));
        for ((port, tensor), length) in own.chain(cross) {
            let wanted = [1, port.heads, length, port.width];
            if **tensor.shape() != wanted || tensor.dtype() != port.dtype {
                let message = format!("output `{}` is {}", port.present, tensor.shape());
                return Err(Error::new(ErrorKind::InvalidPackage, message)
                    .with("wanted", format!("{wanted:?}"))
                    .advise("a cache has as many tokens as were read or written"));
            }
        }
        Ok(())
    }
}

impl Cache for Crossed {
    fn rows(&self) -> usize {
        self.rows.len()
    }

    fn read_source(
        &mut self,
        instance: &mut dyn Instance,
        tokens: &[u32],
        stop: Option<&Stop>,
    ) -> Result<()> {
        let ports = &self.stages.encoder;
        let inputs = ports.inputs(tokens, 1)?;
        let inputs: Vec<_> = inputs.iter().map(by_name).collect();
        let mut all = instance.run(&inputs, &[ports.states.as_str()], stop)?;
        let states = all.pop().ok_or_else(no_states)?;
        match **states.shape() {
            [1, found, _] if found == tokens.len() => {}
            _ => {
                let message = format!("output `{}` is {}", ports.states, states.shape());
                return Err(Error::new(ErrorKind::InvalidPackage, message)
                    .with("tokens", tokens.len())
                    .advise("export the encoder's states as [batch, tokens, width]"));
            }
        }
        self.source = Some(Source {
            tokens: tokens.len(),
            states,
        });
        Ok(())
    }

    fn prefill(
        &mut self,
        instance: &mut dyn Instance,
        tokens: &[u32],
        _newcomers: usize,
        stop: Option<&Stop>,
    ) -> Result<Logits> {
        let source = self.source.take().map(Row::blank);
        let before = self.newcomer.take().or(source).ok_or_else(no_states)?;
        let (mut after, logits) = self.run(&[&before], tokens, instance, stop)?;
        self.newcomer = after.pop();
        Ok(logits)
    }

    fn admit(&mut self, places: &[usize]) -> Result<()> {
        let newcomer = self.newcomer.take();
        self.rows.extend(newcomer.filter(|_| !places.is_empty()));
        Ok(())
    }

    fn dismiss(&mut self) {
        (self.newcomer, self.source) = (None, None);
    }

    fn step(
        &mut self,
        instance: &mut dyn Instance,
        tokens: &[u32],
        stop: Option<&Stop>,
    ) -> Result<Logits> {
        let groups = self.groups();
        let mut after = self.rows.clone();
        let mut scores = Vec::with_capacity(groups.len());
        for places in groups {
            let rows: Vec<_> = places.iter().map(|place| &self.rows[*place]).collect();
            let new: Vec<_> = places.iter().map(|place| tokens[*place]).collect();
            let (moved, logits) = self.run(&rows, &new, instance, stop)?;
            for (place, row) in places.iter().zip(moved) {
                after[*place] = row;
            }
            scores.push((logits, places));
        }
        self.rows = after;
        Logits::gather(scores)
    }

    fn step_row(&mut self, instance: &mut dyn Instance, row: usize, token: u32) -> Result<Logits> {
        let (mut after, logits) = self.run(&[&self.rows[row]], &[token], instance, None)?;
        self.rows[row] = after.pop().ok_or_else(no_states)?;
        Ok(logits)
    }

    fn remove(&mut self, row: usize) -> Result<()> {
        self.rows.swap_remove(row);
        Ok(())
    }

    fn reorder(&mut self, parents: &[usize]) -> Result<()> {
        let rows = parents.iter().map(|parent| self.rows[*parent].clone());
        self.rows = rows.collect();
        Ok(())
    }
}

fn no_states() -> Error {
    Error::new(ErrorKind::Internal, "a run gave no states").advise("please report this")
}
