//! The tokenizer and its limits: `tokenizer.json`, `tokenizer_config.json`.
//!
//! The trap: "no limit" is written as the number 10^30, and some models reserve two positions that
//! no token may have.

use serde::Deserialize;
use serde_json::Value;

use super::super::super::contained::Folder;
use super::super::super::folder::MAX_TOKENIZER;
use super::super::draft::Draft;
use super::super::read::{fault, json, json_of};
use super::config::{self, Config};
use super::generate;
use super::padding::{self, Token};
use crate::Result;
use crate::model::{
    Dimension, Overflow, Padding, PairTruncation, PortKind, Side, Signature, TokenizerInputs,
    TokenizerSettings,
};

pub(super) const FILE: &str = "tokenizer.json";
pub(super) const SETTINGS: &str = "tokenizer_config.json";
/// The input of a decoder with the place of each token.
pub(super) const POSITIONS: &str = "position_ids";

/// Numbers from here on mean no limit.
const NO_LIMIT: f64 = (1 << 20) as f64;
/// What is taken where nothing says a limit.
const USUAL: usize = 512;
/// Models whose first two positions are no token's.
const RESERVING: [&str; 7] = [
    "camembert",
    "longformer",
    "mpnet",
    "roberta",
    "roberta-prelayernorm",
    "xlm-roberta",
    "xlm-roberta-xl",
];

/// What the task says of tokens.
#[derive(Debug, Default)]
pub(super) struct Limits {
    /// The most tokens, and the file that says so.
    pub(super) max_tokens: Option<(&'static str, f64)>,
    /// The text is put into lower case before the tokenizer sees it.
    pub(super) lowercase: bool,
    /// Longer texts are cut.
    pub(super) truncates: bool,
    /// The graph is a decoder, which has further inputs of its own.
    pub(super) decodes: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Settings {
    model_max_length: Option<f64>,
    padding_side: Option<String>,
    truncation_side: Option<String>,
    pad_token: Option<Token>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Tokenizer {
    normalizer: Option<Value>,
    /// Every tokenizer has one.
    model: Option<serde::de::IgnoredAny>,
}

/// The settings of the snapshot's tokenizer, whose file goes into the package; `None`, with a note,
/// where it cannot serve.
pub(super) fn read(
    folder: &Folder,
    config: &Config,
    limits: &Limits,
    draft: &mut Draft,
) -> Result<Option<TokenizerSettings>> {
    let Some(bytes) = folder.read_if_there(FILE, MAX_TOKENIZER)? else {
        draft.note(format!(
            "no task: `{FILE}` is missing; save the tokenizer again in its fast form"
        ));
        return Ok(None);
    };
    let tokenizer = Tokenizer::read(folder, &bytes)?;
    let settings: Settings = json(folder, SETTINGS)?.unwrap_or_default();
    if limits.lowercase && !tokenizer.lowers() {
        draft.note("no task: the text is put into lower case first, which a manifest cannot say");
        return Ok(None);
    }
    let Some(inputs) = inputs(limits, draft) else {
        return Ok(None);
    };
    let [padding_side, truncation_side] = settings.sides(folder)?;
    let overflow = match limits.truncates {
        true => Overflow::Truncate,
        false => Overflow::Error,
    };
    let made = TokenizerSettings {
        file: FILE.parse()?,
        max_tokens: max_tokens(folder, config, &settings, limits, draft)?,
        overflow,
        stride: 0,
        padding: Padding::default(),
        padding_side,
        truncation_side,
        pair_truncation: PairTruncation::default(),
        pad_id: padding::id(folder, config, settings.pad_token, &bytes, draft)?,
        add_special_tokens: true,
        inputs,
    };
    draft.add(FILE.parse()?, bytes)?;
    note(&made, draft);
    Ok(Some(made))
}

fn note(made: &TokenizerSettings, draft: &mut Draft) {
    let most = made.max_tokens;
    draft.note(format!(
        "carried over: the tokenizer, at most {most} tokens"
    ));
    if made.overflow == Overflow::Error {
        draft.note("guessed: longer texts are refused; set `overflow` to cut or window them");
    }
}

/// The graph's inputs for tokens; `None`, with a note, where it has others.
fn inputs(limits: &Limits, draft: &mut Draft) -> Option<TokenizerInputs> {
    const INPUTS: [&str; 3] = ["input_ids", "attention_mask", "token_type_ids"];
    let signature = &draft.signature;
    let named = |name: &str| signature.input(name).map(|port| port.name.clone());
    let other = signature
        .inputs
        .iter()
        .find(|port| !INPUTS.contains(&port.name.as_str()) && !limits.fills(&port.name));
    let found = named(INPUTS[0])
        .filter(|_| other.is_none())
        .map(|ids| TokenizerInputs {
            ids,
            attention_mask: named(INPUTS[1]),
            type_ids: named(INPUTS[2]),
        });
    if found.is_none() {
        let note = match other {
            Some(port) => format!("no task: nothing fills the graph's input `{}`", port.name),
            None => "no task: the graph has no input `input_ids`".to_owned(),
        };
        draft.note(note);
    }
    found
}

/// The least of what the task, the tokenizer, the model and the graph say.
fn max_tokens(
    folder: &Folder,
    config: &Config,
    settings: &Settings,
    limits: &Limits,
    draft: &mut Draft,
) -> Result<usize> {
    let kind = config.model_type.as_deref().unwrap_or_default();
    let reserved = if RESERVING.contains(&kind) { 2.0 } else { 0.0 };
    let positions = config.max_position_embeddings;
    let stated = [
        limits.max_tokens,
        settings.model_max_length.map(|length| (SETTINGS, length)),
        positions.map(|length| (config::FILE, length - reserved)),
    ];
    let mut least = fixed_tokens(&draft.signature);
    for (file, length) in stated.into_iter().flatten() {
        if !(length >= 1.0 && length.fract() == 0.0) {
            return Err(
                fault(folder, file, &format!("has the limit of `{length}` tokens"))
                    .advise("state a whole number from 1 up"),
            );
        }
        if length < NO_LIMIT {
            least = Some(least.unwrap_or(usize::MAX).min(length as usize));
        }
    }
    Ok(least.unwrap_or_else(|| {
        draft.note(format!(
            "guessed: at most {USUAL} tokens, as nothing says a limit"
        ));
        USUAL
    }))
}

/// How many tokens the graph takes, where it takes exactly so many.
fn fixed_tokens(signature: &Signature) -> Option<usize> {
    match &signature.input("input_ids")?.kind {
        PortKind::Tensor(_, Some(dimensions)) => match dimensions.get(1) {
            Some(Dimension::Fixed(tokens)) => Some(*tokens),
            _ => None,
        },
        _ => None,
    }
}

impl Limits {
    /// Whether the task fills an input that no tokenizer does.
    fn fills(&self, name: &str) -> bool {
        let is_cache = || name == "use_cache_branch" || name.starts_with(generate::PAST);
        self.decodes && (name == POSITIONS || is_cache())
    }
}

impl Settings {
    /// Where padding goes, and which end is cut.
    fn sides(&self, folder: &Folder) -> Result<[Side; 2]> {
        let side = |key: &str, side: Option<&str>| match side {
            None | Some("right") => Ok(Side::Right),
            Some("left") => Ok(Side::Left),
            Some(_) => Err(
                fault(folder, SETTINGS, &format!("has a `{key}` that is no side"))
                    .advise("use `left` or `right`"),
            ),
        };
        Ok([
            side("padding_side", self.padding_side.as_deref())?,
            side("truncation_side", self.truncation_side.as_deref())?,
        ])
    }
}

impl Tokenizer {
    fn read(folder: &Folder, bytes: &[u8]) -> Result<Self> {
        let tokenizer: Self = json_of(folder, FILE, bytes)?;
        match tokenizer.model {
            Some(_) => Ok(tokenizer),
            None => Err(fault(folder, FILE, "has no `model`").advise("save the tokenizer again")),
        }
    }

    /// Whether the tokenizer puts text into lower case by itself.
    fn lowers(&self) -> bool {
        self.normalizer.as_ref().is_some_and(lowers)
    }
}

fn lowers(normalizer: &Value) -> bool {
    let inner = normalizer.get("normalizers").and_then(Value::as_array);
    normalizer
        .get("type")
        .is_some_and(|kind| kind == "Lowercase")
        || normalizer.get("lowercase") == Some(&Value::Bool(true))
        || inner.is_some_and(|inner| inner.iter().any(lowers))
}
