//! The scores of each row's last token, or of each token of one row, out of what a run gave.

use half::{bf16, f16};

use crate::tensor::{Dtype, Element, Tensor};
use crate::{Error, ErrorKind, Result};

/// The dtypes that scores may have.
pub(super) const FLOATS: [Dtype; 3] = [Dtype::Float32, Dtype::Float16, Dtype::Bfloat16];

/// The scores of some rows, out of one run or several.
#[derive(Debug)]
pub(super) struct Logits {
    runs: Vec<Scores>,
    /// Where each row is: in which run, and at which place there.
    places: Vec<(usize, usize)>,
}

/// The scores that one run gave, `[rows, tokens, vocabulary]`.
#[derive(Debug)]
struct Scores {
    tensor: Tensor,
    tokens: usize,
    vocabulary: usize,
}

impl Logits {
    /// Takes what a run gave.
    ///
    /// # Errors
    /// `InvalidPackage` when it is shaped otherwise.
    pub(super) fn of(tensor: Tensor, rows: usize) -> Result<Self> {
        match **tensor.shape() {
            [found, tokens, vocabulary] if found == rows && tokens > 0 && vocabulary > 0 => {
                Ok(Self {
                    runs: vec![Scores {
                        tensor,
                        tokens,
                        vocabulary,
                    }],
                    places: (0..rows).map(|row| (0, row)).collect(),
                })
            }
            _ => {
                let message = format!("the scores are {} for `{rows}` rows", tensor.shape());
                Err(Error::new(ErrorKind::InvalidPackage, message)
                    .advise("export them as [batch, tokens, vocabulary]"))
            }
        }
    }

    /// Takes what a run over one row of so many tokens gave: each of them stands for a row.
    ///
    /// # Errors
    /// `InvalidPackage` when it is shaped otherwise.
    pub(super) fn of_each(tensor: Tensor, tokens: usize) -> Result<Self> {
        match **tensor.shape() {
            [1, found, vocabulary] if found == tokens && vocabulary > 0 => Ok(Self {
                runs: vec![Scores {
                    tensor,
                    tokens: 1,
                    vocabulary,
                }],
                places: (0..tokens).map(|token| (0, token)).collect(),
            }),
            _ => {
                let message = format!("the scores are {} for `{tokens}` tokens", tensor.shape());
                Err(Error::new(ErrorKind::InvalidPackage, message)
                    .advise("export them as [batch, tokens, vocabulary]"))
            }
        }
    }

    /// One list of what several runs gave, each with the places of its rows in that.
    ///
    /// # Errors
    /// `Internal` when a place is nobody's.
    pub(super) fn gather(parts: Vec<(Self, Vec<usize>)>) -> Result<Self> {
        let count = parts.iter().map(|(_, places)| places.len()).sum();
        let (mut runs, mut found) = (Vec::with_capacity(parts.len()), vec![None; count]);
        for (part, places) in parts {
            let before = runs.len();
            for (place, (run, row)) in places.into_iter().zip(part.places) {
                found[place] = Some((before + run, row));
            }
            runs.extend(part.runs);
        }
        let places = found.into_iter().collect::<Option<_>>().ok_or_else(|| {
            Error::new(ErrorKind::Internal, "a row has no scores").advise("please report this")
        })?;
        Ok(Self { runs, places })
    }

    /// How many bytes of it are one row's.
    pub(super) fn row_bytes(&self) -> u64 {
        let bytes = |run: &Scores| run.tensor.dtype().byte_length(run.vocabulary);
        self.runs.first().and_then(bytes).unwrap_or(0) as u64
    }

    /// The scores of a row's last token.
    ///
    /// # Errors
    /// `InvalidPackage` for a dtype that is no float.
    pub(super) fn row(&self, row: usize) -> Result<Vec<f32>> {
        let (run, row) = self.places.get(row).copied().unwrap_or_default();
        self.runs
            .get(run)
            .map_or(Ok(Vec::new()), |run| run.row(row))
    }
}

impl Scores {
    fn row(&self, row: usize) -> Result<Vec<f32>> {
        match self.tensor.dtype() {
            Dtype::Float32 => self.row_as::<f32>(row),
            Dtype::Float16 => self.row_as::<f16>(row),
            Dtype::Bfloat16 => self.row_as::<bf16>(row),
            dtype => Err(Error::new(
                ErrorKind::InvalidPackage,
                format!("the scores are `{dtype}`"),
            )
            .advise("export them as float32")),
        }
    }

    fn row_as<T: Element + Into<f32>>(&self, row: usize) -> Result<Vec<f32>> {
        let end = (row + 1) * self.tokens * self.vocabulary;
        let all = self.tensor.as_slice::<T>()?;
        let last = all.get(end - self.vocabulary..end).unwrap_or_default();
        Ok(last.iter().map(|score| (*score).into()).collect())
    }
}
