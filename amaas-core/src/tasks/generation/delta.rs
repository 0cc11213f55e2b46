//! Tokens as pieces of text, as they come.
//!
//! ```text
//! 'Ġcaf' 'Ã' '©' '!'  →  " caf"  ""  "é"  "!"
//! ```
//!
//! Joined, the pieces are exactly what decoding all tokens at once gives. What a token looks like
//! depends on those around it: a character may be spread over several, the first word has no blank
//! before it, and bytes that make no character become `U+FFFD`. So a few tokens back are decoded
//! along with each new one, and text passes once no later token can change it:
//!
//! - of byte-level decoders all but a last `U+FFFD`, which may be a character's beginning
//! - of decoders that fall back to bytes (`<0xE2>`) none while such a run goes on, since one bad byte
//!   makes all of the run `U+FFFD`
//!
//! The trap: a decoder that rewrites text before its last token would have to take back what has
//! passed. Nothing more passes then until what it decodes goes on from there.

use std::sync::Arc;

use tokenizers::{DecoderWrapper, Tokenizer};

use crate::{Error, ErrorKind, Result};

/// So many tokens are decoded along with a new one, for what they do to it.
const BEHIND: usize = 8;
/// So many tokens may gather before all but the last [`BEHIND`] are let go.
const GATHERED: usize = 24;
const REPLACEMENT: char = '\u{FFFD}';

/// The text of one sequence, piece by piece.
#[derive(Debug)]
pub(crate) struct Deltas {
    tokenizer: Arc<Tokenizer>,
    skip_special: bool,
    bytes: Bytes,
    /// The last tokens, from one before which all text has passed.
    window: Vec<u32>,
    /// The text of the window that has passed.
    passed: String,
}

/// How a decoder makes characters of tokens that are bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bytes {
    /// Each token is whole characters.
    No,
    /// Tokens are bytes, written as characters.
    Level,
    /// Some tokens are one byte, written `<0xE2>`.
    Fallback,
}

impl Deltas {
    /// The text of a new sequence; `skip_special` leaves special tokens out.
    pub(crate) fn new(tokenizer: Arc<Tokenizer>, skip_special: bool) -> Self {
        let bytes = tokenizer.get_decoder().map_or(Bytes::No, bytes_of);
        Self {
            tokenizer,
            skip_special,
            bytes,
            window: Vec::new(),
            passed: String::new(),
        }
    }

    /// Takes the next token, and gives the text that it settles, often none.
    ///
    /// # Errors
    /// `InvalidPackage` when the tokenizer cannot decode.
    pub(crate) fn push(&mut self, id: u32) -> Result<String> {
        let Some(token) = self.shown(id) else {
            return Ok(String::new());
        };
        self.window.push(id);
        if self.bytes == Bytes::Fallback && is_byte(&token) {
            return Ok(String::new());
        }
        let text = self.decode(&self.window)?;
        let settled = match self.bytes {
            Bytes::Level => text.strip_suffix(REPLACEMENT).unwrap_or(&text),
            Bytes::No | Bytes::Fallback => &text,
        };
        let Some(piece) = settled.strip_prefix(self.passed.as_str()) else {
            return Ok(String::new());
        };
        let piece = piece.to_owned();
        self.passed.push_str(&piece);
        if self.window.len() >= GATHERED && self.passed.len() == text.len() {
            self.let_go()?;
        }
        Ok(piece)
    }

    /// The text that was not settled, once no more tokens come.
    ///
    /// # Errors
    /// As [`Deltas::push`].
    pub(crate) fn finish(&mut self) -> Result<String> {
        let text = self.decode(&self.window)?;
        self.window.clear();
        let passed = std::mem::take(&mut self.passed);
        let rest = text.strip_prefix(passed.as_str());
        Ok(rest.unwrap_or_default().to_owned())
    }

    /// Forgets the tokens in front, where those behind read the same without them.
    fn let_go(&mut self) -> Result<()> {
        for start in (1..=self.window.len().saturating_sub(BEHIND)).rev() {
            let text = self.decode(&self.window[start..])?;
            if !text.is_empty() && self.passed.ends_with(&text) {
                self.window.drain(..start);
                self.passed = text;
                break;
            }
        }
        Ok(())
    }

    /// The token as the vocabulary writes it; `None` where the decoder leaves it out.
    fn shown(&self, id: u32) -> Option<String> {
        let token = self.tokenizer.id_to_token(id)?;
        let special = self
            .tokenizer
            .get_added_vocabulary()
            .is_special_token(&token);
        (!(self.skip_special && special)).then_some(token)
    }

    fn decode(&self, ids: &[u32]) -> Result<String> {
        if ids.is_empty() {
            return Ok(String::new()); // of which some decoders make a panic
        }
        self.tokenizer
            .decode(ids, self.skip_special)
            .map_err(|cause| {
                Error::new(
                    ErrorKind::InvalidPackage,
                    "the tokenizer cannot decode its own tokens",
                )
                .with("cause", cause)
                .advise("check the decoder in tokenizer.json")
            })
    }
}

fn bytes_of(decoder: &DecoderWrapper) -> Bytes {
    match decoder {
        DecoderWrapper::ByteLevel(_) => Bytes::Level,
        DecoderWrapper::ByteFallback(_) => Bytes::Fallback,
        DecoderWrapper::Sequence(sequence) => {
            let kinds = sequence.get_decoders().iter().map(bytes_of);
            kinds
                .into_iter()
                .find(|kind| *kind != Bytes::No)
                .unwrap_or(Bytes::No)
        }
        _ => Bytes::No,
    }
}

/// Whether all tokens of `decoder` are bytes, written as characters.
pub(super) fn is_byte_level(decoder: &DecoderWrapper) -> bool {
    bytes_of(decoder) == Bytes::Level
}

/// Whether a token is one byte, as decoders that fall back to bytes read it.
pub(super) fn is_byte(token: &str) -> bool {
    byte(token).is_some()
}

/// The byte that a token like `<0xE2>` stands for.
pub(super) fn byte(token: &str) -> Option<u8> {
    let digits = token.strip_prefix("<0x")?.strip_suffix('>')?;
    (digits.len() == 2).then(|| u8::from_str_radix(digits, 16).ok())?
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    /// A tokenizer of `tokens`, the last of them special.
    fn tokenizer(tokens: &[String], decoder: &Value) -> Arc<Tokenizer> {
        let vocab: serde_json::Map<_, _> = tokens
            .iter()
            .enumerate()
            .map(|(id, token)| (token.clone(), json!(id)))
            .collect();
        let last = tokens.len();
        let file = json!({
            "version": "1.0",
            "added_tokens": [{"id": last, "content": "<end>", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true}],
            "decoder": decoder,
            "model": {"type": "BPE", "vocab": vocab, "merges": []},
        });
        Arc::new(Tokenizer::from_bytes(file.to_string()).unwrap())
    }

    fn owned(tokens: &[&str]) -> Vec<String> {
        tokens.iter().map(|token| (*token).to_owned()).collect()
    }

    /// Bytes of "aé€😀", a bad byte and words, as byte-level vocabularies write them.
    fn level() -> Arc<Tokenizer> {
        let tokens = owned(&[
            "a", "Ġb", "Ã", "©", "â", "Ĥ", "¬", "ð", "Ł", "ĺ", "Ģ", "ÿ", "Ã©", "ï¿½", "Ċ",
        ]);
        tokenizer(
            &tokens,
            &json!({"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true}),
        )
    }

    fn fallback() -> Arc<Tokenizer> {
        let mut tokens: Vec<String> = ["C3", "A9", "E2", "82", "AC", "FF", "20"]
            .map(|byte| format!("<0x{byte}>"))
            .into();
        tokens.extend(owned(&["▁a", "b", "▁", "é"]));
        let steps = json!({"type": "Sequence", "decoders": [
            {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
            {"type": "ByteFallback"}, {"type": "Fuse"},
            {"type": "Strip", "content": " ", "start": 1, "stop": 0},
        ]});
        tokenizer(&tokens, &steps)
    }

    fn pieces() -> Arc<Tokenizer> {
        let tokens = owned(&["un", "##able", "word", ".", "##s", "'", "t", "n't", "##é"]);
        tokenizer(
            &tokens,
            &json!({"type": "WordPiece", "prefix": "##", "cleanup": true}),
        )
    }

    fn metaspace() -> Arc<Tokenizer> {
        let tokens = owned(&["▁", "▁a", "b", "▁▁", "é"]);
        tokenizer(
            &tokens,
            &json!({"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true}),
        )
    }

    fn suffixes() -> Arc<Tokenizer> {
        tokenizer(
            &owned(&["a</w>", "b", "c</w>"]),
            &json!({"type": "BPEDecoder", "suffix": "</w>"}),
        )
    }

    fn bare() -> Arc<Tokenizer> {
        tokenizer(&owned(&["a", "b"]), &Value::Null)
    }

    fn shown(tokenizer: &Arc<Tokenizer>, ids: &[u32], skip: bool) -> Vec<String> {
        let mut deltas = Deltas::new(Arc::clone(tokenizer), skip);
        let mut shown: Vec<_> = ids.iter().map(|id| deltas.push(*id).unwrap()).collect();
        shown.push(deltas.finish().unwrap());
        shown
    }

    #[test]
    fn a_character_passes_once_it_is_whole() {
        assert_eq!(
            shown(&level(), &[1, 2, 3, 0], true),
            [" b", "", "é", "a", ""]
        );
        assert_eq!(
            shown(&level(), &[4, 5, 6, 7, 8], true),
            ["", "", "€", "", "", "\u{FFFD}"]
        );
        assert_eq!(
            shown(&fallback(), &[7, 0, 1, 15, 8], true),
            ["a", "", "", "", "éb", ""]
        );
    }

    #[test]
    fn bytes_that_make_no_character_pass_as_such() {
        assert_eq!(
            shown(&level(), &[11, 11, 0], true),
            ["", "\u{FFFD}", "\u{FFFD}a", ""]
        );
        assert_eq!(shown(&level(), &[13, 0], true), ["", "\u{FFFD}a", ""]);
        assert_eq!(
            shown(&fallback(), &[0, 1, 5, 7], true),
            ["", "", "", "\u{FFFD}\u{FFFD}\u{FFFD} a", ""]
        );
    }

    #[test]
    fn special_and_unknown_tokens_are_left_out_or_shown() {
        assert_eq!(
            shown(&level(), &[0, 15, 999, 1], true),
            ["a", "", "", " b", ""]
        );
        assert_eq!(shown(&level(), &[0, 15], false).concat(), "a<end>");
    }

    #[test]
    fn few_tokens_are_kept_however_long_the_text() {
        let mut deltas = Deltas::new(level(), true);
        for _ in 0..1000 {
            deltas.push(1).unwrap();
            assert!(deltas.window.len() <= GATHERED);
        }
    }

    proptest! {
        #[test]
        fn joined_pieces_are_the_whole(ids in prop::collection::vec(0_u32..17, 0..120), skip: bool) {
            for tokenizer in [level(), fallback(), pieces(), metaspace(), suffixes(), bare()] {
                let deltas = Deltas::new(Arc::clone(&tokenizer), skip);
                let kept: Vec<u32> = ids.iter().copied().filter(|id| deltas.shown(*id).is_some()).collect();
                let whole = if kept.is_empty() { String::new() } else { tokenizer.decode(&kept, skip).unwrap() };
                prop_assert_eq!(shown(&tokenizer, &ids, skip).concat(), whole);
            }
        }
    }
}
