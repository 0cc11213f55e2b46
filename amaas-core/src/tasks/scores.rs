//! From raw outputs to scores.

use super::LabelScore;
use crate::model::Function;
use crate::{Error, ErrorKind, Result};

/// Applies `function` to one row of raw outputs.
pub(super) fn apply(function: Function, row: &mut [f64]) {
    match function {
        Function::Softmax => softmax(row),
        Function::Sigmoid => row.iter_mut().for_each(|x| *x = sigmoid(*x)),
        Function::None => {}
    }
}

/// The labels with these scores, best first; `top_k` of them.
pub(super) fn rank(labels: &[String], scores: &[f64], top_k: Option<usize>) -> Vec<LabelScore> {
    let pair = |(label, score): (&String, &f64)| LabelScore {
        label: label.clone(),
        score: *score,
    };
    let mut labels: Vec<_> = labels.iter().zip(scores).map(pair).collect();
    labels.sort_by(|a, b| b.score.total_cmp(&a.score));
    labels.truncate(top_k.unwrap_or(usize::MAX));
    labels
}

/// Refuses a call for no label.
pub(super) fn check_top_k(top_k: Option<usize>) -> Result<()> {
    match top_k {
        Some(0) => Err(Error::new(ErrorKind::InvalidArgument, "`top_k` is `0`")
            .advise("ask for at least one label")),
        _ => Ok(()),
    }
}

/// Refuses an output that is no number.
pub(super) fn check_numbers(output: &str, row: &[f64]) -> Result<()> {
    if !row.iter().any(|value| value.is_nan()) {
        return Ok(());
    }
    let message = format!("output `{output}` is not a number");
    Err(Error::new(ErrorKind::InferenceFailed, message)
        .advise("check the model: its weights or the input make it overflow"))
}

/// `exp(x_i - m) / sum_j exp(x_j - m)` with `m` the maximum, so that nothing overflows.
fn softmax(row: &mut [f64]) {
    let most = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    row.iter_mut().for_each(|x| *x = (*x - most).exp());
    let sum: f64 = row.iter().sum();
    row.iter_mut().for_each(|x| *x /= sum);
}

/// `1 / (1 + exp(-x))`, from the side that cannot overflow.
fn sigmoid(x: f64) -> f64 {
    if x >= 0.0 {
        1.0 / (1.0 + (-x).exp())
    } else {
        x.exp() / (1.0 + x.exp())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn softmax_sums_to_one_far_from_zero() {
        for mut row in [
            vec![1000.0, 1001.0],
            vec![-1000.0, -1001.0, -5.0],
            vec![0.0],
        ] {
            softmax(&mut row);
            assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn sigmoid_is_symmetric_and_saturates() {
        for x in [0.0, 0.5, 3.0, 40.0, 800.0] {
            assert!((sigmoid(x) + sigmoid(-x) - 1.0).abs() < 1e-12);
        }
        assert_eq!(sigmoid(-800.0), 0.0);
    }
}
