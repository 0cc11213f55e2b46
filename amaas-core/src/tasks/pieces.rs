//! What each token of a row is of its text: where it lies, and whether it goes on with a word.
//!
//! The trap: a tokenizer normalises before it splits. Places are those of the text as it was given,
//! whatever was lower-cased, decomposed or left out on the way.

use std::ops::Range;

use tokenizers::{Encoding, ModelWrapper, Tokenizer};

/// The tokens of one row.
pub(super) type Pieces = Vec<Piece>;

/// One token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    /// Its place in the text, in bytes.
    pub(super) range: Range<usize>,
    /// A special token is of no text.
    pub(super) is_special: bool,
    /// It goes on with the word of the token before it.
    pub(super) continues: bool,
}

/// How a token says that it goes on with a word.
#[derive(Debug)]
pub(super) enum Continuing {
    /// It starts so; the unknown token is always a word.
    Prefix(String, Option<String>),
    /// There is no blank before it, nor at its front.
    NoBlank,
}

impl Continuing {
    /// As the vocabulary of `tokenizer` writes it.
    pub(super) fn of(tokenizer: &Tokenizer) -> Self {
        let (prefix, unknown) = match tokenizer.get_model() {
            ModelWrapper::WordPiece(model) => (
                Some(model.continuing_subword_prefix.clone()),
                Some(model.unk_token.clone()),
            ),
            ModelWrapper::BPE(model) => (
                model.continuing_subword_prefix.clone(),
                model.unk_token.clone(),
            ),
            _ => (None, None),
        };
        match prefix.filter(|prefix| !prefix.is_empty()) {
            Some(prefix) => Self::Prefix(prefix, unknown),
            None => Self::NoBlank,
        }
    }

    /// The tokens of a complete row over `text`.
    pub(super) fn pieces(&self, row: &Encoding, text: &str) -> Pieces {
        let tokens = row.get_tokens().iter();
        let parts = tokens
            .zip(row.get_offsets())
            .zip(row.get_special_tokens_mask());
        let piece = |((token, (start, end)), special): ((&String, &(usize, usize)), &u32)| Piece {
            range: floor(text, *start)..floor(text, *end),
            is_special: *special != 0,
            continues: self.continues(token, text, *start),
        };
        parts.map(piece).collect()
    }

    fn continues(&self, token: &str, text: &str, start: usize) -> bool {
        match self {
            Self::Prefix(prefix, unknown) => {
                token.starts_with(prefix) && Some(token) != unknown.as_deref()
            }
            Self::NoBlank => {
                let start = floor(text, start);
                let beside = [
                    text[..start].chars().next_back(),
                    text[start..].chars().next(),
                ];
                start > 0 && !beside.contains(&Some(' '))
            }
        }
    }
}

/// The border of a character at `place` or before it.
fn floor(text: &str, place: usize) -> usize {
    text.floor_char_boundary(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_or_blanks_say_where_words_begin() {
        let prefix = Continuing::Prefix("##".to_owned(), Some("[UNK]".to_owned()));
        assert!(prefix.continues("##s", "words", 4));
        assert!(!prefix.continues("word", "a-word", 2) && !prefix.continues("[UNK]", "a?", 1));
        for (text, start, continues) in [
            ("a word", 2, false),
            ("a word", 1, false),
            ("words", 4, true),
            ("words", 0, false),
            ("ä-b", 2, true),
        ] {
            assert_eq!(
                Continuing::NoBlank.continues("x", text, start),
                continues,
                "{text}"
            );
        }
    }
}
