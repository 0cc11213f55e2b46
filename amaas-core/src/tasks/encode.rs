//! From text to token ids, by a tokenizer that was frozen when its version loaded.
//!
//! The trap: many a `tokenizer.json` carries padding and truncation of its own, left over from
//! its training. They are switched off here; the manifest says what holds.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use rayon::ThreadPool;
use rayon::prelude::*;
use tokenizers::{Encoding, Tokenizer, TruncationDirection};

use crate::model::{Overflow, Package, Side, TokenizerSettings};
use crate::privacy::Redacted;
use crate::{Error, ErrorKind, Result};

/// Fewer texts than this are encoded on the calling thread.
const WORTH_SHARING: usize = 64;

/// A tokenizer and the limits that hold for it.
#[derive(Debug)]
pub(super) struct Encoder {
    tokenizer: Arc<Tokenizer>,
    settings: TokenizerSettings,
    /// Tokens that are left for the text once the special ones have their places.
    room: usize,
}

/// One row for the model: a text, or a window of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) ids: Vec<u32>,
    pub(super) type_ids: Vec<u32>,
}

/// One text as rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Encoded {
    /// One row, or several windows.
    pub(super) rows: Vec<Row>,
    /// Tokens that were cut off.
    pub(super) truncated: usize,
    /// Bytes of the text.
    pub(super) bytes: usize,
}

impl Encoder {
    /// Freezes the tokenizer of `package`.
    ///
    /// # Errors
    /// `InvalidPackage` when the file is no tokenizer, or leaves no room for text.
    pub(super) fn prepare(settings: &TokenizerSettings, package: &Package) -> Result<Self> {
        let bytes = package.file(&settings.file)?.bytes();
        let tokenizer = parse(bytes).map_err(|error| error.with("file", &settings.file))?;
        let special = if settings.add_special_tokens {
            special_tokens(&tokenizer)
        } else {
            0
        };
        let room = settings.max_tokens.saturating_sub(special);
        if room <= settings.stride {
            let message = format!("`tokenizer.max_tokens` is `{}`", settings.max_tokens);
            return Err(Error::new(ErrorKind::InvalidPackage, message)
                .with("special tokens", special)
                .with("stride", settings.stride)
                .advise("leave room for text beside special tokens and stride"));
        }
        Ok(Self {
            tokenizer: Arc::new(tokenizer),
            settings: settings.clone(),
            room,
        })
    }

    /// Encodes every text; `overflow` stands in for the manifest's.
    ///
    /// # Errors
    /// `InputTooLong`, naming the text by its place, where overflow is an error.
    pub(super) fn encode<T: AsRef<str> + Sync>(
        &self,
        texts: &[T],
        overflow: Option<Overflow>,
        workers: Option<&ThreadPool>,
    ) -> Result<Vec<Encoded>> {
        let overflow = overflow.unwrap_or(self.settings.overflow);
        let one = |(index, text): (usize, &T)| {
            self.encode_as(
                index,
                text.as_ref(),
                overflow,
                self.settings.add_special_tokens,
            )
        };
        match workers {
            Some(workers) if texts.len() >= WORTH_SHARING => {
                workers.install(|| texts.par_iter().enumerate().map(one).collect())
            }
            _ => texts.iter().enumerate().map(one).collect(),
        }
    }

    /// Encodes one text; `special` says whether the tokenizer adds its special tokens.
    ///
    /// # Errors
    /// As [`Encoder::encode`].
    #[cfg(feature = "generation")]
    pub(super) fn encode_one(
        &self,
        text: &str,
        overflow: Option<Overflow>,
        special: bool,
    ) -> Result<Encoded> {
        let overflow = overflow.unwrap_or(self.settings.overflow);
        self.encode_as(
            0,
            text,
            overflow,
            special && self.settings.add_special_tokens,
        )
    }

    /// The tokenizer.
    #[cfg(feature = "generation")]
    pub(super) fn tokenizer(&self) -> &Arc<Tokenizer> {
        &self.tokenizer
    }

    fn encode_as(
        &self,
        index: usize,
        text: &str,
        overflow: Overflow,
        special: bool,
    ) -> Result<Encoded> {
        let mut encoding = self.tokenizer.encode_fast(text, false).map_err(|_| {
            let message = format!("text `{index}` cannot be tokenised");
            Error::new(ErrorKind::InvalidArgument, message)
                .with("text", Redacted(text))
                .advise("check that the tokenizer belongs to the model")
        })?;
        let total = encoding.len();
        if total <= self.room {
            return Ok(Encoded {
                rows: vec![self.row(encoding, special)?],
                truncated: 0,
                bytes: text.len(),
            });
        }
        let direction = match self.settings.truncation_side {
            Side::Left => TruncationDirection::Left,
            Side::Right => TruncationDirection::Right,
        };
        match overflow {
            Overflow::Error => Err(self.too_long(index, text, total)),
            Overflow::Truncate => {
                encoding.truncate(self.room, 0, direction);
                encoding.take_overflowing();
                Ok(Encoded {
                    rows: vec![self.row(encoding, special)?],
                    truncated: total - self.room,
                    bytes: text.len(),
                })
            }
            Overflow::Window => {
                encoding.truncate(self.room, self.settings.stride, TruncationDirection::Right);
                let rest = encoding.take_overflowing();
                let windows = std::iter::once(encoding).chain(rest);
                let rows = windows
                    .map(|window| self.row(window, special))
                    .collect::<Result<_>>()?;
                Ok(Encoded {
                    rows,
                    truncated: 0,
                    bytes: text.len(),
                })
            }
        }
    }

    /// Adds the special tokens, where they are wanted.
    fn row(&self, encoding: Encoding, special: bool) -> Result<Row> {
        let complete = if special {
            self.tokenizer
                .post_process(encoding, None, true)
                .map_err(|cause| {
                    Error::new(
                        ErrorKind::InvalidPackage,
                        "the tokenizer cannot add its special tokens",
                    )
                    .with("cause", cause)
                    .advise("check the post-processor in tokenizer.json")
                })?
        } else {
            encoding
        };
        Ok(Row {
            ids: complete.get_ids().to_vec(),
            type_ids: complete.get_type_ids().to_vec(),
        })
    }

    fn too_long(&self, index: usize, text: &str, tokens: usize) -> Error {
        let message = format!(
            "text `{index}` has `{tokens}` tokens where the model takes {}",
            self.room
        );
        Error::new(ErrorKind::InputTooLong, message)
            .with("text", Redacted(text))
            .advise("shorten it, or pass overflow `truncate` or `window`")
    }
}

/// A malformed file may make the parser panic; that is the file's fault, not the host's.
fn parse(bytes: &[u8]) -> Result<Tokenizer> {
    let refused = |cause: String| {
        Error::new(ErrorKind::InvalidPackage, "the tokenizer cannot be read")
            .with("cause", cause)
            .advise("save it again with the `tokenizers` library")
    };
    let parsed = catch_unwind(AssertUnwindSafe(|| Tokenizer::from_bytes(bytes)));
    let mut tokenizer = parsed
        .map_err(|_| refused("it breaks the parser".to_owned()))?
        .map_err(|cause| refused(cause.to_string()))?;
    tokenizer.with_padding(None);
    tokenizer
        .with_truncation(None)
        .map_err(|cause| refused(cause.to_string()))?;
    // A template may name tokens that are not there, which shows only when it is used.
    let tried = catch_unwind(AssertUnwindSafe(|| tokenizer.encode("", true)));
    tried
        .map_err(|_| refused("it breaks on an empty text".to_owned()))?
        .map_err(|cause| refused(cause.to_string()))?;
    Ok(tokenizer)
}

fn special_tokens(tokenizer: &Tokenizer) -> usize {
    use tokenizers::PostProcessor as _;
    tokenizer
        .get_post_processor()
        .map_or(0, |processor| processor.added_tokens(false))
}
