//! How alike texts are, by their vectors.
//!
//! ```no_run
//! # fn main() -> amaas_core::Result<()> {
//! let service = amaas_core::Service::builder().registry("models/").build()?;
//! let route = service.load("all-minilm-l6-v2@^1")?;
//! let table = route.similarity(&["A cat sleeps."], &["A kitten naps.", "Stocks fell."])?;
//! assert!(table[[0, 0]] > table[[0, 1]]);
//! # Ok(())
//! # }
//! ```
//!
//! The trap: a prompt for queries and one for documents make other vectors than one for both. Embed
//! each side for itself then, and multiply.

use ndarray::{Array2, s};

use super::pooling;
use super::text_embedding::EmbedOptions;
use crate::service::Route;
use crate::usage::Usage;
use crate::{Error, ErrorKind, Result};

/// How two vectors are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum SimilarityFunction {
    /// The cosine of their angle, -1 to 1; 0 where one of them is zero.
    #[default]
    Cosine,
    /// Their dot product.
    Dot,
}

impl std::str::FromStr for SimilarityFunction {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "cosine" => Ok(Self::Cosine),
            "dot" => Ok(Self::Dot),
            _ => {
                let message = format!("`{name}` is not a similarity");
                Err(Error::new(ErrorKind::InvalidArgument, message).advise("use `cosine` or `dot`"))
            }
        }
    }
}

/// What a call may say otherwise than the package.
#[derive(Debug, Clone, Default)]
pub struct SimilarityOptions {
    /// How two vectors are compared.
    pub function: SimilarityFunction,
    /// How texts become vectors.
    pub embed: EmbedOptions,
}

/// A table of similarities, and the receipt.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Similarities {
    /// `[texts, others]`.
    pub table: Array2<f32>,
    /// What the call used.
    pub usage: Usage,
}

impl Route {
    /// How alike each text is to each of `others`: the cosine of their vectors, `[texts, others]`.
    ///
    /// # Errors
    /// As [`Route::embed`].
    pub fn similarity<T: AsRef<str> + Sync, U: AsRef<str> + Sync>(
        &self,
        texts: &[T],
        others: &[U],
    ) -> Result<Array2<f32>> {
        Ok(self
            .similarity_with(texts, others, &SimilarityOptions::default())?
            .table)
    }

    /// How alike each text is to each of `others`, with options of this call. All texts are embedded
    /// as one request.
    ///
    /// # Errors
    /// As [`Route::embed_with`].
    pub fn similarity_with<T: AsRef<str> + Sync, U: AsRef<str> + Sync>(
        &self,
        texts: &[T],
        others: &[U],
        options: &SimilarityOptions,
    ) -> Result<Similarities> {
        let all: Vec<&str> = texts
            .iter()
            .map(T::as_ref)
            .chain(others.iter().map(U::as_ref))
            .collect();
        let embedded = self.embed_with(&all, &options.embed)?;
        Ok(Similarities {
            table: table(embedded.vectors, texts.len(), options.function),
            usage: embedded.usage,
        })
    }
}

/// Every vector before `split` with every one behind it.
fn table(mut vectors: Array2<f32>, split: usize, function: SimilarityFunction) -> Array2<f32> {
    if function == SimilarityFunction::Cosine {
        let rows = vectors.outer_iter_mut();
        rows.filter_map(ndarray::ArrayViewMut1::into_slice)
            .for_each(pooling::normalize);
    }
    vectors
        .slice(s![..split, ..])
        .dot(&vectors.slice(s![split.., ..]).t())
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn vectors_are_compared_by_angle_or_by_product() {
        let vectors = array![[3.0, 4.0], [0.0, 0.0], [6.0, 8.0], [-4.0, 3.0]];
        let cosine = table(vectors.clone(), 2, SimilarityFunction::Cosine);
        assert!((cosine[[0, 0]] - 1.0).abs() < 1e-6 && cosine[[0, 1]].abs() < 1e-6);
        assert_eq!(cosine.row(1).to_vec(), [0.0, 0.0]);
        let dot = table(vectors, 2, SimilarityFunction::Dot);
        assert_eq!(dot, array![[50.0, 0.0], [0.0, 0.0]]);
        assert_eq!(
            table(Array2::zeros((0, 3)), 0, SimilarityFunction::Dot).dim(),
            (0, 0)
        );
    }
}
