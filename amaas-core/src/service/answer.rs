//! What a route asks of any answer: its receipt, and how far it lies from another version's.

use super::Outputs;
use crate::tensor::Tensor;
use crate::usage::Usage;

/// An answer to a request, whatever was asked.
pub(crate) trait Answer: Clone + Send + 'static {
    /// The receipt.
    fn usage(&self) -> &Usage;

    /// The receipt, to be completed.
    fn usage_mut(&mut self) -> &mut Usage;

    /// How far it lies from another answer to the same request; 0 where they agree.
    fn apart(&self, other: &Self) -> f64;
}

impl Answer for Outputs {
    fn usage(&self) -> &Usage {
        self.usage()
    }

    fn usage_mut(&mut self) -> &mut Usage {
        self.usage_mut()
    }

    fn apart(&self, other: &Self) -> f64 {
        if self.len() != other.len() {
            return f64::INFINITY;
        }
        let pairs = self.iter().zip(other.iter());
        pairs.fold(0.0, |furthest, ((_, one), (_, other))| {
            furthest.max(tensors(one, other))
        })
    }
}

/// The greatest difference of two tensors; infinite where they cannot be compared.
fn tensors(one: &Tensor, other: &Tensor) -> f64 {
    match (one.to_f64(), other.to_f64()) {
        (Ok(first), Ok(second)) if one.shape() == other.shape() => {
            numbers(first.into_iter().zip(second))
        }
        _ => f64::INFINITY,
    }
}

/// The greatest difference of any pair.
pub(crate) fn numbers(pairs: impl Iterator<Item = (f64, f64)>) -> f64 {
    pairs.fold(0.0, |furthest, (one, other)| {
        let agree = one == other || (one.is_nan() && other.is_nan());
        let apart = if agree { 0.0 } else { (one - other).abs() };
        furthest.max(if apart.is_nan() { f64::INFINITY } else { apart })
    })
}
