//! An encoder and its decoder, as Optimum exports them: graphs that become parts of one package.
//!
//! The trap: a model counts the token that its decoder begins with towards `max_length`, while
//! `max_new_tokens` counts what it writes.

use super::super::super::contained::Folder;
use super::super::draft::Draft;
use super::classify::LOGITS;
use super::config::Config;
use super::generate::{Generation, PAST, PRESENT, SEQUENCES};
use super::tokenizer::{self, Limits};
use crate::Result;
use crate::model::{PackagePath, Text2TextGeneration, TokenizerSettings};

/// How the graph of an encoder begins.
pub(super) const ENCODER: &str = "encoder_model";
const STATES: &str = "last_hidden_state";
/// No decoder has more tokens.
const LIMIT: usize = 1 << 20;

/// A part's name, and where its graph lies.
pub(super) type Part = (&'static str, PackagePath);

/// The graphs beside an encoder at `at` that write; none beside any other graph.
pub(super) fn decoders(folder: &Folder, at: &PackagePath) -> Result<Vec<Part>> {
    let at = at.as_str();
    let (inside, name) = at
        .rsplit_once('/')
        .map_or(("", at), |(_, name)| (&at[..at.len() - name.len()], name));
    let Some(variant) = name.strip_prefix(ENCODER) else {
        return Ok(Vec::new());
    };
    let there = |part, name: &str| -> Result<Option<Part>> {
        let path = format!("{inside}{name}{variant}");
        match folder.has(&path)? {
            true => Ok(Some((part, path.parse()?))),
            false => Ok(None),
        }
    };
    if let Some(merged) = there("decoder", "decoder_model_merged")? {
        return Ok(vec![merged]);
    }
    let Some(first) = there("decoder", "decoder_model")? else {
        return Ok(Vec::new());
    };
    let with_past = there("decoder_with_past", "decoder_with_past_model")?;
    Ok(std::iter::once(first).chain(with_past).collect())
}

/// The task of an encoder with its tokenizer; `None`, with a note, where it is none.
pub(super) fn read(
    folder: &Folder,
    config: &Config,
    decoders: &[Part],
    draft: &mut Draft,
) -> Result<Option<(Text2TextGeneration, TokenizerSettings)>> {
    let generation = Generation::read(folder)?;
    if draft.signature.output(STATES).is_none() {
        draft.note(format!("no task: the encoder has no output `{STATES}`"));
        return Ok(None);
    }
    let Some(start_ids) = generation.start() else {
        draft.note("no task: nothing names the token that the decoder begins with");
        return Ok(None);
    };
    let Some(tokenizer) = tokenizer::read(folder, config, &Limits::default(), draft)? else {
        return Ok(None);
    };
    for (part, at) in decoders {
        let signature = draft.add_part(folder, part, at)?;
        if signature.output(LOGITS).is_none() {
            draft.note(format!("no task: `{at}` has no output `{LOGITS}`"));
            return Ok(None);
        }
        draft.note(format!(
            "carried over: the graph `{at}`, as the part `{part}`"
        ));
    }
    let mut defaults = generation.defaults(folder, draft)?;
    let most = generation.max_length.map(|most| most.min(LIMIT));
    let left = most.map(|most| most.saturating_sub(start_ids.len()).max(1));
    defaults.max_new_tokens = defaults.max_new_tokens.or(left);
    let longest = tokenizer.max_tokens.max(most.unwrap_or(0));
    let settings = Text2TextGeneration {
        max_length: longest.max(start_ids.len() + 1),
        eos_ids: generation.ends(draft),
        start_ids,
        states: STATES.to_owned(),
        output: LOGITS.to_owned(),
        past: PAST.to_owned(),
        present: PRESENT.to_owned(),
        sequences: SEQUENCES,
        defaults,
    };
    Ok(Some((settings, tokenizer)))
}
