//! What `run` answers.

use std::ops::Index;

use super::LoadedModel;
use crate::tensor::Tensor;
use crate::usage::Usage;

/// Named tensors in the order asked for, and the receipt.
#[derive(Debug, Clone)]
pub struct Outputs {
    tensors: Vec<(String, Tensor)>,
    usage: Usage,
}

impl Outputs {
    /// What `model` answered for `wanted`, or for all where that is empty.
    pub(super) fn of<T: AsRef<str>>(
        model: &LoadedModel,
        wanted: &[T],
        tensors: Vec<Tensor>,
        usage: Usage,
    ) -> Self {
        let ports = &model.signature().outputs;
        let names: Vec<_> = match wanted {
            [] => ports.iter().map(|port| port.name.clone()).collect(),
            named => named.iter().map(|name| name.as_ref().to_owned()).collect(),
        };
        Self {
            tensors: names.into_iter().zip(tensors).collect(),
            usage,
        }
    }

    /// What was answered under these names.
    pub(super) fn named(names: &[String], tensors: Vec<Tensor>, usage: Usage) -> Self {
        Self {
            tensors: names.iter().cloned().zip(tensors).collect(),
            usage,
        }
    }

    /// The output of this name, if it was asked for.
    pub fn get(&self, name: &str) -> Option<&Tensor> {
        self.tensors
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, tensor)| tensor)
    }

    /// Names and tensors, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Tensor)> {
        self.tensors
            .iter()
            .map(|(name, tensor)| (name.as_str(), tensor))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.tensors.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.tensors.is_empty()
    }

    /// The receipt.
    pub fn usage(&self) -> &Usage {
        &self.usage
    }

    pub(super) fn usage_mut(&mut self) -> &mut Usage {
        &mut self.usage
    }

    /// The names and tensors, to keep.
    pub fn into_vec(self) -> Vec<(String, Tensor)> {
        self.tensors
    }
}

impl Index<usize> for Outputs {
    type Output = Tensor;

    /// The output at this place.
    ///
    /// # Panics
    /// When there are fewer, as indexing a slice does; [`Outputs::get`] does not.
    fn index(&self, index: usize) -> &Tensor {
        &self.tensors[index].1
    }
}
