//! A cache that the graph gives anew at each step, the new tokens behind those it was given.
//!
//! What a step gave is what the next one takes, as it lies. Rows of different lengths have slack in
//! front, which the mask leaves out. Where rows come or go, all are laid out anew.

use std::sync::Arc;

use super::super::logits::Logits;
use super::super::ports::{CachePort, Ports, Reading, Slack};
use super::{Ahead, Cache};
use crate::runtime::{Instance, Stop};
use crate::tensor::{AlignedBytes, Tensor};
use crate::{Error, ErrorKind, Result};

#[derive(Debug)]
pub(super) struct Growing {
    ports: Arc<Ports>,
    rows: Rows,
    newcomers: Option<Rows>,
}

/// Rows in one tensor a port, all of which end at its end.
#[derive(Debug, Clone, Default)]
struct Rows {
    tensors: Vec<Tensor>,
    lengths: Vec<usize>,
    /// Tokens of the tensors, slack included.
    total: usize,
    /// How many of them lie behind those of the rows, and are none of theirs.
    behind: usize,
}

impl Growing {
    pub(super) fn new(ports: Arc<Ports>) -> Self {
        Self {
            ports,
            rows: Rows::default(),
            newcomers: None,
        }
    }

    /// Rows laid out anew: each is the row of this place of these.
    fn laid_out(&self, sources: &[(Rows, usize)]) -> Result<Rows> {
        let lengths: Vec<_> = sources
            .iter()
            .map(|(rows, row)| rows.lengths[*row])
            .collect();
        let total = lengths.iter().copied().max().unwrap_or(0);
        let ports = self.ports.cache.iter().enumerate();
        let tensors = ports.map(|(place, port)| gather(port, place, sources, total));
        Ok(Rows {
            tensors: tensors.collect::<Result<_>>()?,
            lengths,
            total,
            behind: 0,
        })
    }

    /// All rows as sources.
    fn sources(&self) -> Vec<(Rows, usize)> {
        let rows = 0..self.rows.lengths.len();
        rows.map(|row| (self.rows.clone(), row)).collect()
    }
}

impl Rows {
    /// Rows of no tokens.
    fn blank(ports: &Ports, rows: usize) -> Result<Self> {
        let blank = |port: &CachePort| {
            let nothing = Arc::new(AlignedBytes::zeroed(0));
            Tensor::from_buffer(port.dtype, [rows, port.heads, 0, port.width], nothing)
        };
        Ok(Self {
            tensors: ports.cache.iter().map(blank).collect::<Result<_>>()?,
            lengths: vec![0; rows],
            total: 0,
            behind: 0,
        })
    }

    /// These rows with as many new tokens each, and the scores of the last.
    fn run(
        &self,
        ports: &Ports,
        instance: &mut dyn Instance,
        tokens: &[u32],
        stop: Option<&Stop>,
    ) -> Result<(Self, Logits)> {
        let (after, scores) = self.scores(ports, instance, (tokens, 1), stop)?;
        Ok((after, Logits::of(scores, self.lengths.len())?))
    }

    /// These rows with as many new tokens each, and the graph's scores as they are.
    fn scores(
        &self,
        ports: &Ports,
        instance: &mut dyn Instance,
        (tokens, scored): (&[u32], usize),
        stop: Option<&Stop>,
    ) -> Result<(Self, Tensor)> {
        let rows = self.lengths.len();
        let each = tokens.len() / rows.max(1);
        let reading = Reading {
            tokens,
            before: &self.lengths,
            longest: self.total,
            scored,
        };
        let inputs = ports.inputs(reading, Slack::Front)?;
        let inputs = inputs.iter().map(|(name, tensor)| (name.as_str(), tensor));
        let past = ports.cache.iter().map(|port| port.past.as_str());
        let inputs: Vec<_> = inputs.chain(past.zip(&self.tensors)).collect();
        let present = ports.cache.iter().map(|port| port.present.as_str());
        let outputs: Vec<_> = std::iter::once(ports.logits.as_str())
            .chain(present)
            .collect();
        let mut all = instance.run(&inputs, &outputs, stop)?.into_iter();
        let scores = all.next().ok_or_else(no_scores)?;
        let after = Self {
            tensors: all.collect(),
            lengths: self.lengths.iter().map(|length| length + each).collect(),
            total: self.total + each,
            behind: 0,
        };
        after.check(ports)?;
        Ok((after, scores))
    }

    /// Refuses what a graph gave that is no cache of these rows.
    fn check(&self, ports: &Ports) -> Result<()> {
        for (port, tensor) in ports.cache.iter().zip(&self.tensors) {
            let wanted = [self.lengths.len(), port.heads, self.total, port.width];
            if **tensor.shape() != wanted {
                let message = format!("output `{}` is {}", port.present, tensor.shape());
                return Err(Error::new(ErrorKind::InvalidPackage, message)
                    .with("wanted", format!("{wanted:?}"))
                    .advise("a growing cache has the new tokens behind those it was given"));
            }
        }
        Ok(())
    }
}

impl Cache for Growing {
    fn rows(&self) -> usize {
        self.rows.lengths.len()
    }

    fn newcomers(&self) -> usize {
        usize::MAX
    }

    fn prefill(
        &mut self,
        instance: &mut dyn Instance,
        tokens: &[u32],
        newcomers: usize,
        stop: Option<&Stop>,
    ) -> Result<Logits> {
        let before = match self.newcomers.take() {
            Some(before) => before,
            None => Rows::blank(&self.ports, newcomers)?,
        };
        let (after, logits) = before.run(&self.ports, instance, tokens, stop)?;
        self.newcomers = Some(after);
        Ok(logits)
    }

    fn admit(&mut self, places: &[usize]) -> Result<()> {
        let newcomers = self.newcomers.take().filter(|_| !places.is_empty());
        let Some(newcomers) = newcomers else {
            return Ok(());
        };
        if self.rows.lengths.is_empty() && places.len() == newcomers.lengths.len() {
            self.rows = newcomers;
            return Ok(());
        }
        let mut sources = self.sources();
        sources.extend(places.iter().map(|place| (newcomers.clone(), *place)));
        self.rows = self.laid_out(&sources)?;
        Ok(())
    }

    fn dismiss(&mut self) {
        self.newcomers = None;
    }

    fn step(
        &mut self,
        instance: &mut dyn Instance,
        tokens: &[u32],
        stop: Option<&Stop>,
    ) -> Result<Logits> {
        let (after, logits) = self.rows.run(&self.ports, instance, tokens, stop)?;
        self.rows = after;
        Ok(logits)
    }

    fn step_row(&mut self, instance: &mut dyn Instance, row: usize, token: u32) -> Result<Logits> {
        let mut sources = self.sources();
        let alone = self.laid_out(&sources[row..=row])?;
        let (after, logits) = alone.run(&self.ports, instance, &[token], None)?;
        sources[row] = (after, 0);
        self.rows = self.laid_out(&sources)?;
        Ok(logits)
    }

    fn ahead(&mut self) -> Option<&mut dyn Ahead> {
        self.ports.scores_each.then_some(self as _)
    }

    fn remove(&mut self, row: usize) -> Result<()> {
        let mut sources = self.sources();
        sources.swap_remove(row);
        self.rows = match sources.is_empty() {
            true => Rows::default(),
            false => self.laid_out(&sources)?,
        };
        Ok(())
    }

    fn reorder(&mut self, parents: &[usize]) -> Result<()> {
        let all = self.sources();
        if parents.iter().copied().eq(0..all.len()) {
            return Ok(());
        }
        let sources: Vec<_> = parents.iter().map(|parent| all[*parent].clone()).collect();
        self.rows = self.laid_out(&sources)?;
        Ok(())
    }
}

impl Ahead for Growing {
    fn read(
        &mut self,
        instance: &mut dyn Instance,
        tokens: &[u32],
        stop: Option<&Stop>,
    ) -> Result<Logits> {
        let scored = (tokens, tokens.len());
        let (after, scores) = self.rows.scores(&self.ports, instance, scored, stop)?;
        let logits = Logits::of_each(scores, tokens.len())?;
        self.rows = after;
        Ok(logits)
    }

    fn take_back(&mut self, tokens: usize) -> Result<()> {
        if tokens == 0 {
            return Ok(());
        }
        let mut rows = self.rows.clone();
        rows.lengths.iter_mut().for_each(|length| *length -= tokens);
        rows.behind = tokens;
        self.rows = self.laid_out(&[(rows, 0)])?;
        Ok(())
    }
}

/// The tensor of one port: each source's tokens at the end of so many.
fn gather(
    port: &CachePort,
    place: usize,
    sources: &[(Rows, usize)],
    total: usize,
) -> Result<Tensor> {
    let head = total * port.token_bytes();
    let mut memory = AlignedBytes::zeroed(sources.len() * port.heads * head);
    let mut ends = memory.as_mut_slice().chunks_exact_mut(head.max(1));
    for (rows, row) in sources {
        let bytes = rows.tensors[place].bytes()?;
        let count = rows.lengths[*row] * port.token_bytes();
        let stride = rows.total * port.token_bytes();
        let behind = rows.behind * port.token_bytes();
        for (part, to) in (row * port.heads..).zip(ends.by_ref().take(port.heads)) {
            let end = (part + 1) * stride - behind;
            to[head - count..].copy_from_slice(&bytes[end - count..end]);
        }
    }
    let shape = [sources.len(), port.heads, total, port.width];
    Tensor::from_buffer(port.dtype, shape, Arc::new(memory))
}

pub(super) fn no_scores() -> Error {
    Error::new(ErrorKind::Internal, "a run gave no scores").advise("please report this")
}
