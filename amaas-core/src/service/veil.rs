//! Texts in tensors: redacted before a model sees them, and placeholders turned back in what it answers.
//!
//! The trap: rows of one request are redacted together, so that a placeholder means one thing wherever
//! the model puts it.

use crate::Result;
use crate::privacy::{Redaction, Redactor};
use crate::tensor::{Dtype, Tensor};

/// What hides the texts of one request from its model.
pub(super) struct Veil {
    /// The inputs of strings, by place, as they may be shown.
    shown: Vec<(usize, Tensor)>,
    back: Redaction,
}

impl Veil {
    /// One over those of `inputs` that hold texts; none where there is no redactor or no text.
    pub(super) fn over(
        redactor: Option<&Redactor>,
        inputs: &[(&str, &Tensor)],
    ) -> Result<Option<Self>> {
        let is_text =
            |(_, (_, tensor)): &(usize, &(&str, &Tensor))| tensor.dtype() == Dtype::String;
        let texts = inputs.iter().enumerate().filter(is_text);
        let texts: Vec<_> = texts.map(|(place, (_, tensor))| (place, *tensor)).collect();
        let (Some(redactor), false) = (redactor, texts.is_empty()) else {
            return Ok(None);
        };
        let all = texts.iter().map(|(_, tensor)| tensor.strings());
        let all = all.collect::<Result<Vec<_>>>()?;
        let each = all
            .iter()
            .flat_map(|texts| texts.iter().map(String::as_str));
        let (redacted, back) = redactor.redact_together(each);
        let mut redacted = redacted.into_iter();
        let mut shown = Vec::with_capacity(texts.len());
        for (place, tensor) in texts {
            let part: Vec<_> = redacted.by_ref().take(tensor.strings()?.len()).collect();
            shown.push((place, Tensor::from_strings(tensor.shape(), part)?));
        }
        Ok(Some(Self { shown, back }))
    }

    /// The inputs as the model may see them.
    pub(super) fn inputs<'a>(
        &'a self,
        inputs: &[(&'a str, &'a Tensor)],
    ) -> Vec<(&'a str, &'a Tensor)> {
        let mut inputs = inputs.to_vec();
        for (place, tensor) in &self.shown {
            inputs[*place].1 = tensor;
        }
        inputs
    }

    /// The outputs with every placeholder turned back.
    pub(super) fn lift(&self, outputs: Vec<Tensor>) -> Result<Vec<Tensor>> {
        let lift = |tensor: Tensor| match tensor.dtype() {
            Dtype::String => {
                let texts = tensor.strings()?.iter().map(|text| self.back.restore(text));
                Tensor::from_strings(tensor.shape(), texts.collect::<Vec<_>>())
            }
            _ => Ok(tensor),
        };
        outputs.into_iter().map(lift).collect()
    }
}
