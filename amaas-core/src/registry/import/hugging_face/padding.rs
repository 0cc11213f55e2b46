//! The id that pads: of the token that the tokenizer's settings or `special_tokens_map.json` name,
//! else the number in `config.json`.
//!
//! The trap: `tokenizer.json` may carry a padding of its own, left over from training. It is asked
//! last.

use serde::Deserialize;
use serde_json::Value;

use super::super::super::contained::Folder;
use super::super::draft::Draft;
use super::super::read::{fault, json, json_of};
use super::config::{self, Config};
use super::tokenizer;
use crate::Result;

const SPECIAL: &str = "special_tokens_map.json";

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Special {
    pad_token: Option<Token>,
}

/// A token, as it is written in two kinds of files.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Token {
    Plain(String),
    Full { content: String },
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Tokens {
    added_tokens: Vec<AddedToken>,
    padding: Option<Padding>,
}

#[derive(Debug, Deserialize)]
struct AddedToken {
    id: u32,
    content: String,
}

#[derive(Debug, Deserialize)]
struct Padding {
    pad_id: u32,
}

/// Read only where the tokens that were added do not say enough: it is long.
#[derive(Debug, Deserialize)]
struct Vocabulary {
    model: Pieces,
}

#[derive(Debug, Deserialize)]
struct Pieces {
    #[serde(default)]
    vocab: Value,
}

/// The id that pads; `bytes` are those of the tokenizer.
pub(super) fn id(
    folder: &Folder,
    config: &Config,
    token: Option<Token>,
    bytes: &[u8],
    draft: &mut Draft,
) -> Result<u32> {
    let special: Special = json(folder, SPECIAL)?.unwrap_or_default();
    let tokens: Tokens = json_of(folder, tokenizer::FILE, bytes)?;
    let stated = stated(folder, config)?;
    if let Some(token) = token.or(special.pad_token) {
        let (Token::Plain(content) | Token::Full { content }) = token;
        let mut added = tokens.added_tokens.iter();
        if let Some(added) = added.find(|added| added.content == content) {
            return Ok(added.id);
        }
        let vocabulary: Vocabulary = json_of(folder, tokenizer::FILE, bytes)?;
        if let Some(id) = vocabulary.model.id_of(&content) {
            return Ok(id);
        }
    }
    let left_over = tokens.padding.map(|padding| padding.pad_id);
    Ok(stated.or(left_over).unwrap_or_else(|| {
        draft.note("guessed: the id 0 pads, as nothing names another");
        0
    }))
}

impl Pieces {
    /// Pieces are the keys of ids, or stand in the order of their ids beside their scores.
    fn id_of(&self, piece: &str) -> Option<u32> {
        let id = match &self.vocab {
            Value::Object(ids) => ids.get(piece)?.as_u64()?,
            Value::Array(pieces) => {
                let mut names = pieces.iter().map(|pair| pair.get(0));
                names.position(|name| name.and_then(Value::as_str) == Some(piece))? as u64
            }
            _ => return None,
        };
        u32::try_from(id).ok()
    }
}

/// The number in `config.json`; -1 stands for none.
fn stated(folder: &Folder, config: &Config) -> Result<Option<u32>> {
    let Some(number) = config.pad_token_id.filter(|number| *number != -1.0) else {
        return Ok(None);
    };
    if number >= 0.0 && number.fract() == 0.0 && number <= f64::from(u32::MAX) {
        return Ok(Some(number as u32));
    }
    let what = format!("has the `pad_token_id` `{number}`");
    Err(fault(folder, config::FILE, &what).advise("state a token's id"))
}
