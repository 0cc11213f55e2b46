//! What the weights of a model take in memory, and how much of that instances share.

use std::fmt;

/// Bytes of weights: those that lie once for all instances, and those that each has for itself.
///
/// What runs need besides, for what lies between two operators, is in neither.
///
/// ```
/// use amaas_core::runtime::Weights;
///
/// let weights = Weights { shared: 40 << 20, unique: 1 << 20 };
/// assert_eq!(weights.of(3), 43 << 20);
/// assert_eq!(weights.to_string(), "40.0 MB shared, 1.0 MB an instance");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Weights {
    /// Read by all instances in one place: tables where they lie, and what kernels have repacked, by
    /// its size in the files of the model.
    pub shared: u64,
    /// Held by each instance for itself.
    pub unique: u64,
}

impl Weights {
    /// What so many instances take.
    pub fn of(&self, instances: usize) -> u64 {
        let each = self.unique.saturating_mul(instances as u64);
        self.shared.saturating_add(each)
    }
}

impl fmt::Display for Weights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let megabytes = |bytes: u64| bytes as f64 / f64::from(1_u32 << 20);
        let (shared, unique) = (megabytes(self.shared), megabytes(self.unique));
        write!(f, "{shared:.1} MB shared, {unique:.1} MB an instance")
    }
}
