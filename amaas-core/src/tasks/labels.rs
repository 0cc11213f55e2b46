//! From an output of one number a label to labels with scores, best first: what every task does
//! whose answer is a label, whatever it reads.
//!
//! The trap: two labels may stand on one number, which is then the score of the second.

use super::runner;
use super::scores;
use super::text_classification::LabelScore;
use crate::model::{Dimension, Expected, Function, Golden, PortKind, Signature};
use crate::tensor::Tensor;
use crate::{Error, ErrorKind, Result};

/// Labels, and the output that scores them.
#[derive(Debug)]
pub(super) struct Labels {
    pub(super) names: Vec<String>,
    pub(super) output: String,
}

impl Labels {
    /// Over the output of this name, or the first; refuses, before anything runs, one that cannot
    /// hold the scores.
    ///
    /// # Errors
    /// `InvalidPackage`.
    pub(super) fn prepare(
        names: &[String],
        output: Option<&str>,
        signature: &Signature,
    ) -> Result<Self> {
        let port = runner::output(output, signature)?;
        let labels = names.len();
        let holds = |width: usize| width == labels || (width == 1 && labels == 2);
        let fits = match &port.kind {
            PortKind::Tensor(_, Some(dimensions)) => match &dimensions[..] {
                [_] => holds(1),
                [_, Dimension::Fixed(width)] => holds(*width),
                [_, _] => true,
                _ => false,
            },
            PortKind::Tensor(_, None) => true,
            PortKind::Other(_) => false,
        };
        let (name, kind) = (&port.name, &port.kind);
        if fits {
            return Ok(Self {
                names: names.to_vec(),
                output: name.clone(),
            });
        }
        let message = format!("output `{name}` is {kind} where {labels} labels need scores");
        Err(Error::new(ErrorKind::InvalidPackage, message)
            .advise("name as many labels as the output has, or two labels for a single output"))
    }

    /// The scores of each row of one run.
    pub(super) fn read(&self, tensor: &Tensor, function: Function) -> Result<Vec<Vec<f64>>> {
        let shape = tensor.shape();
        let width = match **shape {
            [_] => 1,
            [_, width] if width > 0 => width,
            _ => return Err(self.unreadable(&shape.to_string())),
        };
        let values = tensor.to_f64()?;
        values
            .chunks_exact(width)
            .map(|row| self.read_row(row.to_vec(), function))
            .collect()
    }

    fn read_row(&self, mut row: Vec<f64>, function: Function) -> Result<Vec<f64>> {
        scores::check_numbers(&self.output, &row)?;
        let binary = row.len() == 1 && self.names.len() == 2;
        if binary && function == Function::Softmax {
            return Err(Error::new(
                ErrorKind::InvalidArgument,
                "softmax over one output is always 1",
            )
            .advise("use `sigmoid`, or `none` when the graph ends in one"));
        }
        scores::apply(function, &mut row);
        match row[..] {
            [second] if binary => Ok(vec![1.0 - second, second]),
            _ if row.len() == self.names.len() => Ok(row),
            _ => Err(self.unreadable(&format!("{} scores a row", row.len()))),
        }
    }

    /// Labels by their scores, the best first.
    pub(super) fn rank(&self, scores: &[f64], top_k: Option<usize>) -> Vec<LabelScore> {
        scores::rank(&self.names, scores, top_k)
    }

    fn unreadable(&self, found: &str) -> Error {
        let message = format!("output `{}` gave {found}", self.output);
        Error::new(ErrorKind::InvalidPackage, message).advise(format!(
            "the manifest names {} labels: export one score a label, or one score for two labels",
            self.names.len()
        ))
    }
}

/// Refuses labels that are not those of a golden example.
pub(super) fn check_golden(golden: &Golden, found: &[LabelScore]) -> Result<()> {
    for Expected { label, score, .. } in &golden.expect {
        let found = found.iter().find(|found| found.label == *label);
        let distance = found.map_or(f64::INFINITY, |found| (found.score - score).abs());
        if distance > golden.tolerance {
            let message =
                format!("a golden example gets `{label}` with a score off by `{distance}`");
            return Err(mismatch(message).with("tolerance", golden.tolerance));
        }
    }
    Ok(())
}

/// A golden example that is not answered as its author says.
pub(super) fn mismatch(message: String) -> Error {
    Error::new(ErrorKind::GoldenMismatch, message)
        .advise("the model answers differently here than at its author's; do not serve it")
}
