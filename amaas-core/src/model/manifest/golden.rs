//! Golden examples: inputs with known answers, so that a package that answers wrongly here is
//! never served here.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Task, invalid};
use crate::model::PackagePath;
use crate::tensor::{Dtype, Tensor};
use crate::{Error, ErrorKind, Result};

/// One input with its answer: a `text` with the labels `expect`ed, the `embedding` or the `entities`
/// it gets, the `scores` of its `documents` or the `continuation` of it; an `image` with labels or the `lines` of text on it;
/// or tensors in and out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Golden {
    /// A text, for packages with a task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// An image file of the package, for packages with a task over images.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<PackagePath>,
    /// The lines that must be read on the image, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<String>,
    /// Labels with scores that the text or image must get.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expect: Vec<Expected>,
    /// The first numbers of the vector that the text must get; as many as are written are
    /// compared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub embedding: Vec<f64>,
    /// The second text of a pair, for packages that classify pairs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_pair: Option<String>,
    /// The spans that must be found in the text, all of them and in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entities: Vec<ExpectedEntity>,
    /// Documents that the text, a query, is answered by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub documents: Vec<String>,
    /// The score that each of the documents must get.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scores: Vec<f64>,
    /// What the model must write after the text, greedily: its first tokens, as many as there are here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub continuation: Option<String>,
    /// The prompt that the text is embedded with; the package's default when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
    /// Tensors by input name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub inputs: BTreeMap<String, TensorLiteral>,
    /// Tensors by output name that the inputs must give.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub outputs: BTreeMap<String, TensorLiteral>,
    /// The largest absolute difference that passes.
    #[serde(default = "tolerance")]
    pub tolerance: f64,
}

/// A label and the score it must get.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// The label.
    pub label: String,
    /// Its score: 0 to 1 after softmax or sigmoid, else whatever the graph gives.
    pub score: f64,
    /// Left, top, right and bottom edge of the object in pixels, for the task `object-detection`;
    /// each may be off by 1.
    #[serde(rename = "box", default, skip_serializing_if = "Option::is_none")]
    pub bounds: Option<[f64; 4]>,
}

/// A span that must be found in a text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedEntity {
    /// Its label, without the letter in front where spans are of several tokens.
    pub label: String,
    /// Its first character, from 0.
    pub start: usize,
    /// The character behind its last.
    pub end: usize,
    /// Its score, 0 to 1.
    pub score: f64,
}

/// A small tensor written out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TensorLiteral {
    /// The dtype's name, as `float32`.
    pub dtype: String,
    /// The lengths of the dimensions; empty for a scalar.
    pub shape: Vec<usize>,
    /// The elements, row by row; of `bool` 0 and 1.
    pub values: Vec<f64>,
}

fn tolerance() -> f64 {
    1e-4
}

impl Golden {
    pub(super) fn validate(&self, task: Option<&Task>) -> Result<()> {
        let answers = self.answers();
        let has_answer = !answers.is_empty();
        let of_image = self.image.is_some() || !self.lines.is_empty();
        let extra = self.prompt.is_some() || self.text_pair.is_some() || !self.documents.is_empty();
        let of_text = self.text.is_some() || extra || has_answer;
        let of_tensors = !self.inputs.is_empty() || !self.outputs.is_empty();
        match of_text {
            _ if of_image => self.validate_image(task)?,
            true if self.text.is_some() && has_answer && !of_tensors => self.validate_text(task)?,
            false if !self.inputs.is_empty() && !self.outputs.is_empty() => {}
            _ => {
                return Err(
                    invalid("a golden example is neither a text, an image nor tensors").advise(
                        "give `text` or `image` and the answer of the task, as `expect`, or \
                         `inputs` and `outputs`",
                    ),
                );
            }
        }
        let finite = |expected: &&Expected| expected.score.is_finite();
        if let Some(Expected { label, score, .. }) = self.expect.iter().find(|one| !finite(one)) {
            return Err(
                invalid(format!("the golden score of `{label}` is `{score}`"))
                    .advise("use a finite number"),
            );
        }
        if !self.tolerance.is_finite() || self.tolerance < 0.0 {
            return Err(
                invalid(format!("a golden tolerance is `{}`", self.tolerance))
                    .advise("use a number from 0 up"),
            );
        }
        self.inputs
            .values()
            .chain(self.outputs.values())
            .try_for_each(|literal| {
                literal.to_tensor().map(drop).map_err(|cause| {
                    invalid("a golden tensor cannot be read")
                        .because(cause)
                        .advise("see docs/manifest.md")
                })
            })
    }

    /// The keys of the answers that are given to a text.
    fn answers(&self) -> Vec<&'static str> {
        let given = [
            ("expect", self.expect.is_empty()),
            ("embedding", self.embedding.is_empty()),
            ("entities", self.entities.is_empty()),
            ("scores", self.scores.is_empty()),
            ("continuation", self.continuation.is_none()),
        ];
        let given = given.into_iter().filter(|(_, empty)| !empty);
        given.map(|(key, _)| key).collect()
    }

    /// The answer to an image is said in the terms of the package's task.
    fn validate_image(&self, task: Option<&Task>) -> Result<()> {
        let fits = match task {
            Some(Task::ImageClassification(_)) => {
                self.lines.is_empty() && self.expect.iter().all(|one| one.bounds.is_none())
            }
            Some(Task::ObjectDetection(_)) => self.lines.is_empty(),
            Some(Task::Ocr(_)) => self.expect.is_empty(),
            _ => {
                return Err(invalid("a golden image has no task to read it")
                    .advise("add a `[task]` table over images, or give `inputs` and `outputs`"));
            }
        };
        let has_answer = !self.expect.is_empty() || !self.lines.is_empty();
        let tensors = !self.inputs.is_empty() || !self.outputs.is_empty();
        if fits && has_answer && self.image.is_some() && !self.has_text() && !tensors {
            return Ok(());
        }
        Err(
            invalid("a golden image has no answer, or that of another task")
                .advise("give `image` and `expect`, or `lines` for the task `ocr`"),
        )
    }

    /// Whether anything in it is of a text alone.
    fn has_text(&self) -> bool {
        self.text.is_some()
            || self.prompt.is_some()
            || self.text_pair.is_some()
            || !self.documents.is_empty()
            || self.answers().iter().any(|key| *key != "expect")
    }

    /// The answer to a text is said in the terms of the package's task.
    fn validate_text(&self, task: Option<&Task>) -> Result<()> {
        let wanted = match task {
            Some(Task::TextClassification(_) | Task::ZeroShotClassification(_)) => "expect",
            Some(Task::TextEmbedding(_)) => "embedding",
            Some(Task::TextGeneration(_) | Task::Text2TextGeneration(_)) => "continuation",
            Some(Task::TokenClassification(_)) => "entities",
            Some(Task::TextRanking(_)) => "scores",
            Some(task @ (Task::VoiceActivity(_) | Task::AudioClassification(_))) => {
                let message = format!("a golden text stands for the task `{}`", task.kind());
                return Err(
                    invalid(message).advise("it reads no text: give `inputs` and `outputs`")
                );
            }
            Some(Task::ImageClassification(_) | Task::ObjectDetection(_) | Task::Ocr(_)) | None => {
                return Err(invalid("a golden text has no task to read it")
                    .advise("add a `[task]` table, or give `inputs` and `outputs`"));
            }
        };
        if self.answers() != [wanted] {
            let kind = task.map_or("none", Task::kind);
            let message = format!("a golden text of the task `{kind}` has another task's answer");
            return Err(invalid(message).advise(format!("give `text` and `{wanted}`")));
        }
        if self.expect.iter().any(|one| one.bounds.is_some()) {
            return Err(invalid("a golden text has a `box`")
                .advise("boxes belong to the task `object-detection`"));
        }
        self.validate_pair(task)?;
        if let Some(value) = self.embedding.iter().find(|value| !value.is_finite()) {
            return Err(
                invalid(format!("a golden embedding has `{value}`")).advise("use finite numbers")
            );
        }
        match (&self.prompt, task) {
            (Some(name), Some(Task::TextEmbedding(settings))) if !name.is_empty() => {
                settings.knows(name, "a golden `prompt`")
            }
            (Some(name), Some(_)) if !matches!(task, Some(Task::TextEmbedding(_))) => {
                Err(invalid(format!("a golden text has the prompt `{name}`"))
                    .advise("prompts belong to the task `text-embedding`"))
            }
            _ => Ok(()),
        }
    }

    /// Second texts and documents belong to the tasks that read them.
    fn validate_pair(&self, task: Option<&Task>) -> Result<()> {
        let pairs = matches!(task, Some(Task::TextClassification(_)));
        if self.text_pair.is_some() && !pairs {
            return Err(invalid("a golden text has a `text_pair`")
                .advise("pairs belong to the task `text-classification`"));
        }
        if self.documents.len() != self.scores.len() {
            let message = format!("a golden query has `{}` documents", self.documents.len());
            return Err(invalid(message).advise("give as many `documents` as `scores`"));
        }
        let entities = self.entities.iter().map(|entity| entity.score);
        let broken = self
            .scores
            .iter()
            .copied()
            .chain(entities)
            .find(|score| !score.is_finite());
        broken.map_or(Ok(()), |score| {
            Err(invalid(format!("a golden score is `{score}`")).advise("use a finite number"))
        })
    }
}

impl TensorLiteral {
    /// The tensor that is written here.
    ///
    /// # Errors
    /// `InvalidArgument` when dtype, shape and values do not fit together.
    pub fn to_tensor(&self) -> Result<Tensor> {
        macro_rules! literal {
            ($($dtype:ident => $rust:ty),*) => {
                match self.dtype.parse()? {
                    $(Dtype::$dtype => {
                        let elements = self.values.iter().map(|value| *value as $rust).collect();
                        Tensor::from_vec(self.shape.as_slice(), elements)
                    })*
                    Dtype::Bool => {
                        let elements = self.values.iter().map(|value| *value != 0.0).collect();
                        Tensor::from_vec(self.shape.as_slice(), elements)
                    }
                    dtype => Err(Error::new(
                        ErrorKind::InvalidArgument,
                        format!("`{dtype}` cannot be written as numbers here"),
                    )
                    .advise("use bool, as 0 and 1, or a float or integer dtype of 8 to 64 bits")),
                }
            };
        }
        literal!(Float32 => f32, Float64 => f64, Int8 => i8, Int16 => i16, Int32 => i32,
                 Int64 => i64, Uint8 => u8, Uint16 => u16, Uint32 => u32, Uint64 => u64)
    }

    /// The largest absolute difference between these values and `tensor`'s; infinite when dtype
    /// or shape differ.
    pub fn distance(&self, tensor: &Tensor) -> Result<f64> {
        let expected = self.to_tensor()?;
        if expected.dtype() != tensor.dtype() || expected.shape() != tensor.shape() {
            return Ok(f64::INFINITY);
        }
        let found = tensor.to_f64()?;
        let differences = self.values.iter().zip(found).map(|(a, b)| (a - b).abs());
        Ok(differences.fold(0.0, |most, next| {
            if next.is_nan() {
                f64::INFINITY
            } else {
                most.max(next)
            }
        }))
    }
}
