//! A decoder that writes texts: `generation_config.json`, and the template of its chats.
//!
//! The trap: `transformers` saves only what differs from its own choice, and where a model draws it
//! draws from the 50 most probable tokens unless the file says otherwise.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::super::super::contained::Folder;
use super::super::draft::Draft;
use super::super::read::{fault, json, text};
use super::classify::LOGITS;
use super::config::{self, Config};
use super::tokenizer::{self, Limits};
use crate::Result;
use crate::model::{
    CacheKind, EarlyStopping, GenerationDefaults, TextGeneration, TokenizerSettings,
};

pub(super) const FILE: &str = "generation_config.json";
const TEMPLATE: &str = "chat_template.jinja";
const TEMPLATE_JSON: &str = "chat_template.json";

/// What the names of the cache's ports begin with.
pub(super) const PAST: &str = "past_key_values";
pub(super) const PRESENT: &str = "present";
/// How many texts are written at once.
pub(super) const SEQUENCES: usize = 8;
/// From how many of the most probable tokens one is drawn where nothing is said.
const DRAWN: usize = 50;

/// What changes a text at home, and what a manifest cannot say; with the values that change nothing.
const OTHERS: [(&str, &[f64]); 12] = [
    ("bad_words_ids", &[]),
    ("begin_suppress_tokens", &[]),
    ("diversity_penalty", &[0.0]),
    ("encoder_no_repeat_ngram_size", &[0.0]),
    ("epsilon_cutoff", &[0.0]),
    ("eta_cutoff", &[0.0]),
    ("forced_eos_token_id", &[]),
    ("min_length", &[0.0]),
    ("min_new_tokens", &[0.0]),
    ("penalty_alpha", &[0.0]),
    ("suppress_tokens", &[]),
    ("typical_p", &[1.0]),
];

/// What `transformers` saves about writing.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Generation {
    pub(super) eos_token_id: Option<Ids>,
    bos_token_id: Option<u32>,
    decoder_start_token_id: Option<u32>,
    forced_bos_token_id: Option<u32>,
    max_new_tokens: Option<usize>,
    pub(super) max_length: Option<usize>,
    do_sample: Option<bool>,
    temperature: Option<f32>,
    top_k: Option<usize>,
    top_p: Option<f32>,
    min_p: Option<f32>,
    repetition_penalty: Option<f32>,
    no_repeat_ngram_size: Option<usize>,
    prompt_lookup_num_tokens: Option<usize>,
    num_beams: Option<usize>,
    length_penalty: Option<f32>,
    early_stopping: Option<Stopping>,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

/// One token, or several.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Ids {
    One(u32),
    Many(Vec<u32>),
}

/// When a search ends, as `transformers` writes it.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(untagged)]
enum Stopping {
    Always(bool),
    Never(Never),
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Never {
    Never,
}

/// The part of `config.json` that `generation_config.json` stands in for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Model {
    eos_token_id: Option<Ids>,
    bos_token_id: Option<u32>,
    decoder_start_token_id: Option<u32>,
    forced_bos_token_id: Option<u32>,
    n_positions: Option<f64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Settings {
    chat_template: Option<Templates>,
}

/// A template, or several by their names.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Templates {
    One(String),
    Many(Vec<Named>),
}

#[derive(Debug, Deserialize)]
struct Named {
    name: String,
    template: String,
}

impl Stopping {
    fn settle(self) -> EarlyStopping {
        match self {
            Self::Always(true) => EarlyStopping::Always,
            Self::Always(false) => EarlyStopping::Likely,
            Self::Never(Never::Never) => EarlyStopping::Never,
        }
    }
}

impl Ids {
    pub(super) fn list(&self) -> Vec<u32> {
        match self {
            Self::One(id) => vec![*id],
            Self::Many(ids) => ids.clone(),
        }
    }
}

impl Generation {
    /// What the files say, `generation_config.json` before `config.json`.
    pub(super) fn read(folder: &Folder) -> Result<Self> {
        let mut read: Self = json(folder, FILE)?.unwrap_or_default();
        let model: Model = json(folder, config::FILE)?.unwrap_or_default();
        read.eos_token_id = read.eos_token_id.or(model.eos_token_id);
        read.bos_token_id = read.bos_token_id.or(model.bos_token_id);
        let start = read.decoder_start_token_id;
        read.decoder_start_token_id = start.or(model.decoder_start_token_id);
        let forced = read.forced_bos_token_id;
        read.forced_bos_token_id = forced.or(model.forced_bos_token_id);
        Ok(read)
    }

    /// The tokens that a decoder begins with; `None` where nothing names one.
    pub(super) fn start(&self) -> Option<Vec<u32>> {
        let first = self.decoder_start_token_id.or(self.bos_token_id)?;
        Some(
            std::iter::once(first)
                .chain(self.forced_bos_token_id)
                .collect(),
        )
    }

    /// The tokens that end a text.
    pub(super) fn ends(&self, draft: &mut Draft) -> Vec<u32> {
        let ends = self.eos_token_id.as_ref().map(Ids::list);
        ends.unwrap_or_else(|| {
            draft.note("guessed: no token ends a text, as nothing names one");
            Vec::new()
        })
    }

    /// What calls get that say nothing else.
    pub(super) fn defaults(
        &self,
        folder: &Folder,
        draft: &mut Draft,
    ) -> Result<GenerationDefaults> {
        let draws = self.do_sample == Some(true);
        if draws && self.top_k.is_none() {
            draft.note(format!(
                "guessed: one of the {DRAWN} most probable tokens is drawn, as `{FILE}` says no `top_k`"
            ));
        }
        let beams = self.num_beams.filter(|beams| *beams != 1);
        if draws && beams.is_some() {
            draft.note(format!(
                "not carried over: `num_beams` of `{FILE}`, as texts are drawn"
            ));
        }
        let beams = beams.filter(|_| !draws);
        let searched = beams.is_some();
        let defaults = GenerationDefaults {
            max_new_tokens: self.max_new_tokens,
            do_sample: self.do_sample,
            temperature: self.temperature,
            top_k: self.top_k.or(draws.then_some(DRAWN)),
            top_p: self.top_p,
            min_p: self.min_p,
            repetition_penalty: self.repetition_penalty,
            no_repeat_ngram_size: self.no_repeat_ngram_size.filter(|length| *length > 0),
            prompt_lookup_num_tokens: self.prompt_lookup_num_tokens,
            num_beams: beams,
            length_penalty: self.length_penalty.filter(|_| searched),
            early_stopping: self
                .early_stopping
                .filter(|_| searched)
                .map(Stopping::settle),
        };
        defaults.validate().map_err(|cause| {
            fault(folder, FILE, "has a value that no text can be written with")
                .because(cause)
                .advise("correct the value")
        })?;
        self.note_others(draft);
        Ok(defaults)
    }

    fn note_others(&self, draft: &mut Draft) {
        let changes = |(name, idle): &(&str, &[f64])| match self.rest.get(*name) {
            None | Some(Value::Null) => false,
            Some(Value::Array(list)) => !list.is_empty(),
            Some(value) => value.as_f64().is_none_or(|value| !idle.contains(&value)),
        };
        let names = OTHERS.iter().filter(|other| changes(other));
        let names: Vec<_> = names.map(|(name, _)| format!("`{name}`")).collect();
        if !names.is_empty() {
            let names = names.join(", ");
            draft.note(format!("not carried over: {names} of `{FILE}`"));
        }
    }
}

/// The task of a decoder with its tokenizer; `None`, with a note, where it is none.
pub(super) fn read(
    folder: &Folder,
    config: &Config,
    draft: &mut Draft,
) -> Result<Option<(TextGeneration, TokenizerSettings)>> {
    if !is_decoder(draft) {
        return Ok(None);
    }
    let generation = Generation::read(folder)?;
    let model: Model = json(folder, config::FILE)?.unwrap_or_default();
    let limits = Limits {
        max_tokens: model.n_positions.map(|length| (config::FILE, length)),
        decodes: true,
        ..Limits::default()
    };
    let Some(mut tokenizer) = tokenizer::read(folder, config, &limits, draft)? else {
        return Ok(None);
    };
    let max_length = tokenizer.max_tokens;
    if max_length < 2 {
        return Err(
            fault(folder, config::FILE, "leaves room for one token alone")
                .advise("state how many tokens a text may have, at least 2"),
        );
    }
    tokenizer.max_tokens = max_length - 1;
    if generation.max_new_tokens.is_none() && generation.max_length.is_some() {
        draft.note(format!(
            "not carried over: `max_length` of `{FILE}`, which counts the prompt; set \
             `max_new_tokens` in `[task.defaults]`"
        ));
    }
    let settings = TextGeneration {
        max_length,
        eos_ids: generation.ends(draft),
        bos_id: generation.bos_token_id,
        output: LOGITS.to_owned(),
        past: PAST.to_owned(),
        present: PRESENT.to_owned(),
        cache: CacheKind::Growing,
        position_ids: tokenizer::POSITIONS.to_owned(),
        sequences: SEQUENCES,
        chat_template: template(folder, draft)?,
        defaults: generation.defaults(folder, draft)?,
    };
    draft.note(format!("carried over: a decoder of {max_length} tokens"));
    Ok(Some((settings, tokenizer)))
}

/// Whether the graph has a cache and scores.
fn is_decoder(draft: &mut Draft) -> bool {
    let signature = &draft.signature;
    let has_cache = signature
        .inputs
        .iter()
        .any(|port| port.name.starts_with(PAST));
    let has_scores = signature.output(LOGITS).is_some();
    if !has_cache || !has_scores {
        draft.note(
            "no task: the graph writes no texts, as it lacks a cache or scores; export it for \
             `text-generation-with-past`",
        );
    }
    has_cache && has_scores
}

/// Takes the chat template over, where there is one.
fn template(folder: &Folder, draft: &mut Draft) -> Result<Option<crate::model::PackagePath>> {
    let Some(template) = template_of(folder, draft)? else {
        return Ok(None);
    };
    let path: crate::model::PackagePath = TEMPLATE.parse()?;
    draft.add(path.clone(), template.into_bytes())?;
    draft.note("carried over: the chat template");
    Ok(Some(path))
}

fn template_of(folder: &Folder, draft: &mut Draft) -> Result<Option<String>> {
    if let Some(template) = text(folder, TEMPLATE)? {
        return Ok(Some(template));
    }
    for file in [TEMPLATE_JSON, tokenizer::SETTINGS] {
        let settings: Settings = json(folder, file)?.unwrap_or_default();
        match settings.chat_template {
            None => {}
            Some(Templates::One(template)) => return Ok(Some(template)),
            Some(Templates::Many(list)) => {
                let (plain, others): (Vec<_>, Vec<_>) =
                    list.into_iter().partition(|one| one.name == "default");
                if !others.is_empty() {
                    draft.note("not carried over: chat templates beside the `default` one");
                }
                return Ok(plain.into_iter().next().map(|one| one.template));
            }
        }
    }
    Ok(None)
}
