//! What `run` answers.

use std::ops::Index;
use std::sync::Arc;

use super::LoadedModel;
use crate::tensor::Tensor;
use crate::usage::Usage;

/// Named tensors in the order asked for, and the receipt.
#[derive(Debug, Clone)]
pub struct Outputs {
    /// As many as there are tensors.
    names: Arc<[String]>,
    tensors: Vec<Tensor>,
    usage: Usage,
}

impl Outputs {
    /// The place for what `model` answers for `wanted`, or for all where that is empty. A receipt is
    /// large, so it is written where it stays.
    pub(super) fn awaited<T: AsRef<str>>(model: &LoadedModel, wanted: &[T]) -> Self {
        let all = model.output_names();
        let named = wanted.iter().map(AsRef::as_ref);
        let is_all = wanted.is_empty() || named.clone().eq(all.iter().map(String::as_str));
        Self {
            names: match is_all {
                true => Arc::clone(all),
                false => named.map(str::to_owned).collect(),
            },
            tensors: Vec::new(),
            usage: model.receipt(),
        }
    }

    /// The tensors, to fill in, and the receipt.
    pub(super) fn parts_mut(&mut self) -> (&mut Vec<Tensor>, &mut Usage) {
        (&mut self.tensors, &mut self.usage)
    }

    /// What was answered under these names.
    pub(super) fn named(names: &[String], tensors: Vec<Tensor>, usage: Usage) -> Self {
        Self {
            names: names.into(),
            tensors,
            usage,
        }
    }

    /// The output of this name, if it was asked for.
    pub fn get(&self, name: &str) -> Option<&Tensor> {
        let place = self.names.iter().position(|known| known == name)?;
        self.tensors.get(place)
    }

    /// Names and tensors, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Tensor)> {
        self.names.iter().map(String::as_str).zip(&self.tensors)
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

    /// The names, as many tensors, and the receipt, to keep.
    ///
    /// ```no_run
    /// use amaas_core::{Service, Tensor};
    ///
    /// let service = Service::builder().registry("models/").build()?;
    /// let outputs = service.load("ner@^1")?.run(&[("x", &Tensor::from_vec([1, 2], vec![1.0_f32; 2])?)])?;
    /// let (names, tensors, usage) = outputs.into_parts();
    /// assert_eq!(names.len(), tensors.len());
    /// println!("{names:?} after {:?}", usage.computed);
    /// # Ok::<(), amaas_core::Error>(())
    /// ```
    pub fn into_parts(self) -> (Arc<[String]>, Vec<Tensor>, Usage) {
        (self.names, self.tensors, self.usage)
    }
}

impl Index<usize> for Outputs {
    type Output = Tensor;

    /// The output at this place.
    ///
    /// # Panics
    /// When there are fewer, as indexing a slice does; [`Outputs::get`] does not.
    fn index(&self, index: usize) -> &Tensor {
        &self.tensors[index]
    }
}
