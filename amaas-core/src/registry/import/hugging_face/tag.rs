//! Labels of tokens, as the token classification pipeline of `transformers` reads them.
//!
//! The trap: which aggregation a model was made for stands nowhere. It is imported as `simple`, and
//! whoever knows better says so in the manifest or with a call.

use super::super::super::contained::Folder;
use super::super::draft::Draft;
use super::classify::{self, LOGITS};
use super::config::Config;
use crate::Result;
use crate::model::{Aggregation, TokenClassification};

/// The task of a tagger; `None`, with a note, where it is none.
pub(super) fn read(
    folder: &Folder,
    config: &Config,
    draft: &mut Draft,
) -> Result<Option<TokenClassification>> {
    let signature = &draft.signature;
    let output = signature.output(LOGITS).or(signature.outputs.first());
    let Some(output) = output.cloned() else {
        draft.note("no task: the graph has no output");
        return Ok(None);
    };
    let labels = classify::labels(folder, config, &output, draft)?;
    if labels.len() < 2 {
        draft.note("no task: one score a token is a measure, not a label");
        return Ok(None);
    }
    draft.note(format!("carried over: {} labels of tokens", labels.len()));
    draft.note("guessed: tokens with labels that go on from each other are one span");
    Ok(Some(TokenClassification {
        labels,
        aggregation: Aggregation::Simple,
        ignore_labels: vec!["O".to_owned()],
        output: Some(output.name),
        transitions: None,
    }))
}
