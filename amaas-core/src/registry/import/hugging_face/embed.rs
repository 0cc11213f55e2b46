//! How the vectors of tokens become one vector, as `sentence-transformers` saved it.
//!
//! Files: `modules.json`, `1_Pooling/config.json`, `config_sentence_transformers.json`,
//! `sentence_bert_config.json`.
//!
//! The trap: whatever module cannot be said in a manifest, a dense layer for instance, makes
//! other vectors when it is left out. Then there is no task at all.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::super::super::contained::Folder;
use super::super::super::oci::distinct;
use super::super::ImportOptions;
use super::super::draft::Draft;
use super::super::read::{fault, json};
use super::tokenizer::Limits;
use crate::model::{Dimension, Pooling, PortKind, TextEmbedding};
use crate::{Error, Result};

pub(super) const MODULES: &str = "modules.json";
const PROMPTS: &str = "config_sentence_transformers.json";
const LIMITS: &str = "sentence_bert_config.json";
/// The output of a graph that pools, as exporters call it.
const SENTENCE: &str = "sentence_embedding";
/// The outputs with a vector a token, as exporters call them.
const TOKENS: [&str; 2] = ["last_hidden_state", "token_embeddings"];

/// What was found out.
pub(super) enum Found {
    Task(TextEmbedding, Limits),
    /// An embedding that no manifest can describe; a note says why.
    Refused,
}

#[derive(Debug, Deserialize)]
struct Module {
    #[serde(default)]
    path: String,
    r#type: String,
}

impl Module {
    /// The last word of a dotted path.
    fn name(&self) -> &str {
        self.r#type.rsplit('.').next().unwrap_or_default()
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PoolingConfig {
    pooling_mode: Option<Modes>,
    pooling_mode_cls_token: bool,
    pooling_mode_mean_tokens: bool,
    pooling_mode_max_tokens: bool,
    pooling_mode_mean_sqrt_len_tokens: bool,
    pooling_mode_weightedmean_tokens: bool,
    pooling_mode_lasttoken: bool,
    include_prompt: Option<bool>,
}

/// Newer files name the mode, or a list of modes whose vectors are put end to end.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Modes {
    One(String),
    Several(Vec<String>),
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PromptConfig {
    #[serde(deserialize_with = "distinct")]
    prompts: BTreeMap<String, String>,
    default_prompt_name: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct LimitConfig {
    max_seq_length: Option<f64>,
    do_lower_case: bool,
}

/// The task of an embedding; `None` where nothing says that it is one.
pub(super) fn read(
    folder: &Folder,
    draft: &mut Draft,
    options: &ImportOptions,
) -> Result<Option<Found>> {
    let modules: Option<Vec<Module>> = json(folder, MODULES)?;
    let modules = match (modules, options.pooling) {
        (Some(modules), _) => modules,
        (None, Some(_)) => Vec::new(),
        (None, None) => return Ok(None),
    };
    let told: PromptConfig = json(folder, PROMPTS)?.unwrap_or_default();
    told.check(folder)?;
    let limits: LimitConfig = json(folder, LIMITS)?.unwrap_or_default();
    let has_prompts = !told.prompts.is_empty();
    let Some((pooling, output)) = pooling(folder, &modules, has_prompts, draft, options)? else {
        return Ok(Some(Found::Refused));
    };
    let task = TextEmbedding {
        output: Some(output),
        pooling,
        normalize: modules.is_empty() || modules.iter().any(|one| one.name() == "Normalize"),
        dimensions: None,
        default_prompt: told.default_prompt_name,
        prompts: told.prompts,
    };
    if modules.is_empty() {
        draft.note("guessed: vectors are normalised, as there is no `modules.json`");
    }
    draft.note(carried_over(&task));
    Ok(Some(Found::Task(task, limits.as_limits())))
}

fn carried_over(task: &TextEmbedding) -> String {
    let normalised = if task.normalize {
        "normalised"
    } else {
        "not normalised"
    };
    let (pooling, prompts) = (task.pooling.name(), task.prompts.len());
    format!("carried over: pooling `{pooling}`, {normalised}, {prompts} prompts")
}

/// The pooling, and the output to pool.
fn pooling(
    folder: &Folder,
    modules: &[Module],
    has_prompts: bool,
    draft: &mut Draft,
    options: &ImportOptions,
) -> Result<Option<(Pooling, String)>> {
    if options.pooling.is_none() && draft.signature.output(SENTENCE).is_some() {
        draft.note(format!(
            "carried over: the graph pools by itself, into `{SENTENCE}`"
        ));
        return Ok(Some((Pooling::None, SENTENCE.to_owned())));
    }
    let known = ["Transformer", "Pooling", "Normalize"];
    if let Some(other) = modules
        .iter()
        .find(|module| !known.contains(&module.name()))
    {
        let name = other.name().to_owned();
        return Ok(refuse(
            draft,
            &format!("the module `{name}` has no place in a manifest"),
        ));
    }
    let pooling = match options.pooling {
        Some(pooling) => Some(pooling),
        None => of_modules(folder, modules, has_prompts, draft)?,
    };
    let Some(pooling) = pooling else {
        return Ok(None);
    };
    match output(pooling, draft) {
        Some(output) => Ok(Some((pooling, output))),
        None => Ok(refuse(
            draft,
            "the graph has no output of a vector for each token",
        )),
    }
}

fn of_modules(
    folder: &Folder,
    modules: &[Module],
    has_prompts: bool,
    draft: &mut Draft,
) -> Result<Option<Pooling>> {
    let Some(module) = modules.iter().find(|module| module.name() == "Pooling") else {
        return Ok(refuse(draft, "`modules.json` has no module `Pooling`"));
    };
    let file = format!("{}/config.json", module.path);
    let config = PoolingConfig::read(folder, &file)?;
    if has_prompts && config.include_prompt == Some(false) {
        return Ok(refuse(
            draft,
            "its prompts take no part in pooling, which a manifest cannot say",
        ));
    }
    match config.modes()[..] {
        ["mean"] => Ok(Some(Pooling::Mean)),
        ["cls"] => Ok(Some(Pooling::Cls)),
        ["lasttoken"] => Ok(Some(Pooling::Last)),
        [
            "mean" | "cls" | "lasttoken" | "max" | "mean_sqrt_len_tokens" | "weightedmean",
            ..,
        ] => {
            let modes = config.modes().join("` with `");
            Ok(refuse(
                draft,
                &format!("the pooling `{modes}` has no place in a manifest"),
            ))
        }
        _ => Err(fault(folder, &file, "names no pooling").advise("name one, as `mean`")),
    }
}

impl PoolingConfig {
    fn read(folder: &Folder, file: &str) -> Result<Self> {
        let outside = |cause: Error| {
            fault(
                folder,
                MODULES,
                "has a module whose path leads out of the folder",
            )
            .because(cause)
            .advise("save the model again with `sentence-transformers`")
        };
        file.parse::<crate::model::PackagePath>().map_err(outside)?;
        json(folder, file)?.ok_or_else(|| fault(folder, file, "is missing").advise("download it"))
    }

    fn modes(&self) -> Vec<&str> {
        match &self.pooling_mode {
            Some(Modes::One(mode)) => return vec![mode],
            Some(Modes::Several(modes)) => return modes.iter().map(String::as_str).collect(),
            None => {}
        }
        let modes = [
            (self.pooling_mode_cls_token, "cls"),
            (self.pooling_mode_mean_tokens, "mean"),
            (self.pooling_mode_max_tokens, "max"),
            (
                self.pooling_mode_mean_sqrt_len_tokens,
                "mean_sqrt_len_tokens",
            ),
            (self.pooling_mode_weightedmean_tokens, "weightedmean"),
            (self.pooling_mode_lasttoken, "lasttoken"),
        ];
        let on = modes.into_iter().filter(|(on, _)| *on);
        on.map(|(_, mode)| mode).collect()
    }
}

/// The output whose rank fits, by its usual name or as the first that does.
fn output(pooling: Pooling, draft: &Draft) -> Option<String> {
    let rank = if pooling == Pooling::None { 2 } else { 3 };
    let fits = |kind: &PortKind| match kind {
        PortKind::Tensor(_, Some(dimensions)) => <[Dimension]>::len(dimensions) == rank,
        PortKind::Tensor(_, None) => true,
        _ => false,
    };
    let outputs = &draft.signature.outputs;
    let usual = outputs
        .iter()
        .find(|port| TOKENS.contains(&port.name.as_str()) && fits(&port.kind));
    let found = usual.or_else(|| outputs.iter().find(|port| fits(&port.kind)));
    found.map(|port| port.name.clone())
}

impl PromptConfig {
    fn check(&self, folder: &Folder) -> Result<()> {
        let what = match &self.default_prompt_name {
            _ if self.prompts.contains_key("") => "has a prompt without a name",
            Some(name) if !self.prompts.contains_key(name) => {
                "names a default prompt that it does not have"
            }
            _ => return Ok(()),
        };
        Err(fault(folder, PROMPTS, what).advise("name each prompt for its use, as `query`"))
    }
}

impl LimitConfig {
    fn as_limits(&self) -> Limits {
        Limits {
            max_tokens: self.max_seq_length.map(|length| (LIMITS, length)),
            lowercase: self.do_lower_case,
            truncates: true,
            decodes: false,
        }
    }
}

fn refuse<T>(draft: &mut Draft, why: &str) -> Option<T> {
    draft.note(format!("no task: {why}"));
    None
}
