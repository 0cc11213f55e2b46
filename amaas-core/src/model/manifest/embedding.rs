//! Settings of text embedding: which numbers of the graph's output become the vector of a text.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::invalid;
use crate::Result;

/// Settings of text embedding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextEmbedding {
    /// The output that holds the vectors, float of `[batch, tokens, dimensions]`, or of
    /// `[batch, dimensions]` with `pooling = "none"`; the model's first output when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
    /// How the vectors of a text's tokens become one.
    #[serde(default)]
    pub pooling: Pooling,
    /// Whether vectors are scaled to length 1, so that a dot product is the cosine.
    #[serde(default = "yes")]
    pub normalize: bool,
    /// Keep this many numbers from the front of each vector, before it is normalised; all when
    /// absent. For models trained so that the front of a vector stands on its own (Matryoshka).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dimensions: Option<usize>,
    /// The prompt of calls that name none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_prompt: Option<String>,
    /// Words to put before a text, by the name of its use, as `query = "query: "`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub prompts: BTreeMap<String, String>,
}

/// How the vectors of a text's tokens become one. Padding never counts, whichever side it is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pooling {
    /// Their mean, special tokens included.
    #[default]
    Mean,
    /// The first token's.
    Cls,
    /// The last token's.
    Last,
    /// The graph pools already.
    None,
}

impl Pooling {
    /// The word for it in manifests and errors.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::Cls => "cls",
            Self::Last => "last",
            Self::None => "none",
        }
    }
}

impl std::str::FromStr for Pooling {
    type Err = crate::Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "mean" => Ok(Self::Mean),
            "cls" => Ok(Self::Cls),
            "last" => Ok(Self::Last),
            "none" => Ok(Self::None),
            _ => Err(crate::Error::new(
                crate::ErrorKind::InvalidArgument,
                format!("`{name}` is not a pooling"),
            )
            .advise("use `mean`, `cls`, `last` or `none`")),
        }
    }
}

fn yes() -> bool {
    true
}

impl TextEmbedding {
    pub(super) fn validate(&self, has_tokenizer: bool) -> Result<()> {
        if !has_tokenizer {
            return Err(invalid("the task `text-embedding` has no tokenizer")
                .advise("add a `[tokenizer]` table"));
        }
        if self.dimensions == Some(0) {
            return Err(invalid("`task.dimensions` is `0`")
                .advise("keep at least one, or leave it out to keep all"));
        }
        if self.prompts.contains_key("") {
            return Err(
                invalid("a prompt in `task.prompts` has the empty name ``").advise(
                    "name it for its use, as `query`; calls ask for no prompt by the empty name",
                ),
            );
        }
        self.default_prompt
            .as_deref()
            .map_or(Ok(()), |name| self.knows(name, "`task.default_prompt`"))
    }

    /// Refuses the name of a prompt that is not here; `place` is where it was written.
    pub(super) fn knows(&self, name: &str, place: &str) -> Result<()> {
        if self.prompts.contains_key(name) {
            return Ok(());
        }
        Err(invalid(format!("{place} is `{name}`, which is no prompt")).advise(self.choices()))
    }

    /// What there is to choose from, as advice.
    pub(crate) fn choices(&self) -> String {
        if self.prompts.is_empty() {
            return "the package has no prompts: add them to `[task.prompts]`, or name none".into();
        }
        let names: Vec<_> = self
            .prompts
            .keys()
            .map(|name| format!("`{name}`"))
            .collect();
        format!("its prompts are {}", names.join(", "))
    }
}
