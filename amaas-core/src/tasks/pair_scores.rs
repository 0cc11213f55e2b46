//! What tasks over pairs of texts do alike: each pair a row, each row's numbers to the task.
//!
//! The trap: a pair that was read in windows has the mean of its windows' numbers, by their tokens.

use std::sync::Arc;

use super::encode::Encoded;
use super::runner::{self, Group, TextRunner};
use super::texts::Texts;
use crate::model::{Dimension, Overflow, Package, PairTruncation, PortKind, Signature};
use crate::service::{Call, LoadedModel, Rehearsal};
use crate::usage::Usage;
use crate::{Error, ErrorKind, Result};

/// A tokenizer, a graph, and the output that is read of it.
#[derive(Debug)]
pub(super) struct PairRunner {
    runner: Arc<TextRunner>,
    output: String,
    /// How many numbers a row may have.
    widths: Vec<usize>,
}

/// What a call over pairs may say otherwise than the package.
#[derive(Debug, Clone, Copy)]
pub(super) struct PairCall<'a> {
    pub(super) overflow: Option<Overflow>,
    pub(super) truncation: Option<PairTruncation>,
    pub(super) call: &'a Call,
}

/// The numbers of each pair, and the receipt.
#[derive(Debug)]
pub(super) struct PairScores {
    pub(super) rows: Vec<Vec<f64>>,
    /// For each pair the tokens that were cut off.
    pub(super) truncated: Vec<usize>,
    pub(super) usage: Usage,
}

impl PairRunner {
    /// Checks that the output can hold one of `widths` numbers a row.
    ///
    /// # Errors
    /// `InvalidPackage` when tokenizer, manifest and graph do not fit together.
    pub(super) fn prepare(
        kind: &str,
        output: Option<&str>,
        widths: Vec<usize>,
        (package, signature): (&Package, &Signature),
    ) -> Result<Self> {
        let port = runner::output(output, signature)?;
        let fits = match &port.kind {
            PortKind::Tensor(_, Some(dimensions)) => match &dimensions[..] {
                [_] => widths.contains(&1),
                [_, Dimension::Fixed(width)] => widths.contains(width),
                dimensions => dimensions.len() == 2,
            },
            PortKind::Tensor(_, None) => true,
            PortKind::Other(_) => false,
        };
        if !fits {
            let message = format!(
                "output `{}` is {} where scores were expected",
                port.name, port.kind
            );
            return Err(Error::new(ErrorKind::InvalidPackage, message)
                .with("task", kind)
                .advise(format!("export {} a row", numbers(&widths))));
        }
        Ok(Self {
            runner: Arc::new(TextRunner::prepare(kind, package, signature)?),
            output: port.name.clone(),
            widths,
        })
    }

    /// Its tokenizer and the layout of the graph's inputs, for another task over the same graph.
    pub(super) fn texts(&self) -> Texts {
        Texts::Tokenizer(Arc::clone(&self.runner))
    }

    /// Runs each pair and hands the numbers of each row through `read`.
    ///
    /// # Errors
    /// `InputTooLong` for a pair over the limit, and whatever a run or `read` ends with.
    pub(super) fn run<T: AsRef<str> + Sync, U: AsRef<str> + Sync>(
        &self,
        model: &LoadedModel,
        pairs: &[(T, U)],
        how: PairCall<'_>,
        read: impl Fn(&mut Vec<f64>) -> Result<()>,
    ) -> Result<PairScores> {
        let begun = &model.begin(how.call)?;
        let encoded = self.encode(model, pairs, how)?;
        let mut reading = Reading::of(&encoded);
        let each = |group: &Group<'_>| reading.read(self, group, &read);
        let usage = self
            .runner
            .run(model, &encoded, &self.output, begun, each)?;
        Ok(reading.scores(&encoded, usage))
    }

    /// As [`PairRunner::run`], without a thread that waits.
    pub(super) async fn run_later<T: AsRef<str> + Sync, U: AsRef<str> + Sync>(
        &self,
        model: &LoadedModel,
        pairs: &[(T, U)],
        how: PairCall<'_>,
        read: impl Fn(&mut Vec<f64>) -> Result<()>,
    ) -> Result<PairScores> {
        let begun = &model.begin(how.call)?;
        let encoded = self.encode(model, pairs, how)?;
        let mut reading = Reading::of(&encoded);
        let each = |group: &Group<'_>| reading.read(self, group, &read);
        let later = self
            .runner
            .run_later(model, &encoded, &self.output, begun, each);
        let usage = later.await?;
        Ok(reading.scores(&encoded, usage))
    }

    /// A run over rows like those of users.
    pub(super) fn rehearsal(&self, rows: usize, share: f64) -> Result<Rehearsal> {
        self.runner.rehearsal(&self.output, rows, share)
    }

    fn encode<T: AsRef<str> + Sync, U: AsRef<str> + Sync>(
        &self,
        model: &LoadedModel,
        pairs: &[(T, U)],
        how: PairCall<'_>,
    ) -> Result<Vec<Encoded>> {
        self.runner
            .encode_pairs(model, pairs, (how.overflow, how.truncation))
    }
}

/// What was read of the pairs of one call so far.
struct Reading {
    shares: Vec<(usize, f64)>,
    rows: Vec<Vec<f64>>,
}

impl Reading {
    fn of(encoded: &[Encoded]) -> Self {
        Self {
            shares: runner::shares(encoded),
            rows: vec![Vec::new(); encoded.len()],
        }
    }

    /// Adds the numbers of one group to those of their pairs.
    fn read(
        &mut self,
        task: &PairRunner,
        group: &Group<'_>,
        read: impl Fn(&mut Vec<f64>) -> Result<()>,
    ) -> Result<()> {
        let width = match **group.output.shape() {
            [_] => 1,
            [_, width] => width,
            _ => 0,
        };
        if !task.widths.contains(&width) {
            let wanted = format!("{} a row", numbers(&task.widths));
            return Err(runner::unreadable(&task.output, group.output, &wanted));
        }
        let values = group.output.to_f64()?;
        for (member, row) in group.members.iter().zip(values.chunks_exact(width)) {
            let (pair, share) = self.shares[*member];
            let mut row = row.to_vec();
            if row.iter().any(|value| value.is_nan()) {
                return Err(not_a_number(&task.output));
            }
            read(&mut row)?;
            let sums = &mut self.rows[pair];
            sums.resize(row.len(), 0.0);
            sums.iter_mut()
                .zip(row)
                .for_each(|(sum, value)| *sum += share * value);
        }
        Ok(())
    }

    fn scores(self, encoded: &[Encoded], usage: Usage) -> PairScores {
        PairScores {
            rows: self.rows,
            truncated: encoded.iter().map(|pair| pair.truncated).collect(),
            usage,
        }
    }
}

fn not_a_number(output: &str) -> Error {
    let message = format!("output `{output}` is not a number");
    Error::new(ErrorKind::InferenceFailed, message)
        .advise("check the model: its weights or the input make it overflow")
}

fn numbers(widths: &[usize]) -> String {
    let widths: Vec<_> = widths.iter().map(usize::to_string).collect();
    format!("{} scores", widths.join(" or "))
}
