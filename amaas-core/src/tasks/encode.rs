//! From text to token ids, by a tokenizer that was frozen when its version loaded.
//!
//! The trap: many a `tokenizer.json` carries padding and truncation of its own, left over from
//! its training. They are switched off here; the manifest says what holds.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use rayon::ThreadPool;
use rayon::prelude::*;
use tokenizers::utils::truncation::truncate_encodings;
use tokenizers::{Encoding, Tokenizer, TruncationDirection, TruncationParams, TruncationStrategy};

use super::pieces::{Continuing, Pieces};
use super::strict;
use crate::model::{Overflow, Package, PairTruncation, Side, TokenizerSettings};
use crate::privacy::Redacted;
use crate::{Error, ErrorKind, Result};

/// Fewer texts than this are encoded on the calling thread.
const WORTH_SHARING: usize = 64;

/// A tokenizer and the limits that hold for it.
#[derive(Debug)]
pub(super) struct Encoder {
    tokenizer: Arc<Tokenizer>,
    settings: TokenizerSettings,
    /// How a token says that it goes on with a word.
    continuing: Continuing,
    /// Tokens that are left for the text once the special ones have their places.
    room: usize,
    /// As many for both texts of a pair.
    pair_room: usize,
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
    /// The text itself, where a graph prepares it.
    pub(super) text: Option<String>,
}

impl Encoder {
    /// Freezes the tokenizer of `package`.
    ///
    /// # Errors
    /// `InvalidPackage` when the file is no tokenizer, or leaves no room for text.
    pub(super) fn prepare(settings: &TokenizerSettings, package: &Package) -> Result<Self> {
        let bytes = package.file(&settings.file)?.bytes();
        let tokenizer = parse(bytes).map_err(|error| error.with("file", &settings.file))?;
        let special = |of_pair| match settings.add_special_tokens {
            true => special_tokens(&tokenizer, of_pair),
            false => 0,
        };
        let room = settings.max_tokens.saturating_sub(special(false));
        let pair_room = settings.max_tokens.saturating_sub(special(true));
        if room <= settings.stride {
            let message = format!("`tokenizer.max_tokens` is `{}`", settings.max_tokens);
            return Err(Error::new(ErrorKind::InvalidPackage, message)
                .with("special tokens", special(false))
                .with("stride", settings.stride)
                .advise("leave room for text beside special tokens and stride"));
        }
        Ok(Self {
            continuing: Continuing::of(&tokenizer),
            tokenizer: Arc::new(tokenizer),
            settings: settings.clone(),
            room,
            pair_room,
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
        let special = self.settings.add_special_tokens;
        let one =
            |(index, text): (usize, &T)| self.encode_as(index, text.as_ref(), overflow, special);
        match workers {
            Some(workers) if texts.len() >= WORTH_SHARING => {
                workers.install(|| texts.par_iter().enumerate().map(one).collect())
            }
            _ => texts.iter().enumerate().map(one).collect(),
        }
    }

    /// Encodes one text; `special` says whether the tokenizer adds its special tokens, where the
    /// manifest lets it.
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
        let special = special && self.settings.add_special_tokens;
        self.encode_as(0, text, overflow, special)
    }

    /// How many tokens a text has that is no input, however long it is.
    #[cfg(feature = "generation")]
    pub(super) fn count(&self, text: &str) -> Result<usize> {
        let encoding = self.tokenizer.encode_fast(text, false);
        Ok(encoding.map_err(|_| unreadable(0, text))?.len())
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
        let encoding = self.tokenizer.encode_fast(text, false);
        let encoding = encoding.map_err(|_| unreadable(index, text))?;
        let (windows, truncated) = self.windows(index, text, encoding, overflow)?;
        let complete = |window| Ok(row(&self.complete(window, None, special)?));
        let rows = windows.into_iter().map(complete);
        Ok(Encoded {
            rows: rows.collect::<Result<_>>()?,
            truncated,
            bytes: text.len(),
            text: None,
        })
    }

    /// As [`Encoder::encode`], and for each row what its tokens are of the text.
    ///
    /// # Errors
    /// As [`Encoder::encode`].
    pub(super) fn encode_traced<T: AsRef<str> + Sync>(
        &self,
        texts: &[T],
        overflow: Option<Overflow>,
        workers: Option<&ThreadPool>,
    ) -> Result<(Vec<Encoded>, Vec<Vec<Pieces>>)> {
        let overflow = overflow.unwrap_or(self.settings.overflow);
        let one = |index: usize| self.trace_one(index, texts[index].as_ref(), overflow);
        let traced: Vec<_> = match workers {
            Some(workers) if texts.len() >= WORTH_SHARING => workers.install(|| {
                (0..texts.len())
                    .into_par_iter()
                    .map(one)
                    .collect::<Result<Vec<_>>>()
            }),
            _ => (0..texts.len()).map(one).collect(),
        }?;
        Ok(traced.into_iter().unzip())
    }

    fn trace_one(
        &self,
        index: usize,
        text: &str,
        overflow: Overflow,
    ) -> Result<(Encoded, Vec<Pieces>)> {
        let encoding = self.tokenizer.encode(text, false);
        let encoding = encoding.map_err(|_| unreadable(index, text))?;
        let (windows, truncated) = self.windows(index, text, encoding, overflow)?;
        let (mut rows, mut traced) = (Vec::new(), Vec::new());
        for window in windows {
            let special = self.settings.add_special_tokens;
            let complete = self.complete(window, None, special)?;
            traced.push(self.continuing.pieces(&complete, text));
            rows.push(row(&complete));
        }
        let encoded = Encoded {
            rows,
            truncated,
            bytes: text.len(),
            text: None,
        };
        Ok((encoded, traced))
    }

    /// Encodes every pair of texts; `overflow` and `truncation` stand in for the manifest's. Windows
    /// run over the second text.
    ///
    /// # Errors
    /// `InputTooLong`, naming the pair by its place, where overflow is an error, and where the first
    /// text leaves no room for the second.
    pub(super) fn encode_pairs<T: AsRef<str> + Sync, U: AsRef<str> + Sync>(
        &self,
        pairs: &[(T, U)],
        (overflow, truncation): (Option<Overflow>, Option<PairTruncation>),
        workers: Option<&ThreadPool>,
    ) -> Result<Vec<Encoded>> {
        let overflow = overflow.unwrap_or(self.settings.overflow);
        let truncation = truncation.unwrap_or(self.settings.pair_truncation);
        let one = |(index, (first, second)): (usize, &(T, U))| {
            self.encode_pair(
                index,
                [first.as_ref(), second.as_ref()],
                overflow,
                truncation,
            )
        };
        match workers {
            Some(workers) if pairs.len() >= WORTH_SHARING => {
                workers.install(|| pairs.par_iter().enumerate().map(one).collect())
            }
            _ => pairs.iter().enumerate().map(one).collect(),
        }
    }

    fn encode_pair(
        &self,
        index: usize,
        texts: [&str; 2],
        overflow: Overflow,
        truncation: PairTruncation,
    ) -> Result<Encoded> {
        let read = |text: &str| {
            let encoding = self.tokenizer.encode_fast(text, false);
            encoding.map_err(|_| unreadable(index, text))
        };
        let (first, second) = (read(texts[0])?, read(texts[1])?);
        let (total, bytes) = (first.len() + second.len(), texts[0].len() + texts[1].len());
        let rows = match overflow {
            _ if total <= self.pair_room => vec![self.row(first, Some(second))?],
            Overflow::Error => return Err(self.too_long(index, texts[1], total, self.pair_room)),
            Overflow::Truncate => {
                let cut = self.cut(index, texts[1], (first, second), truncation)?;
                vec![self.row(cut.0, Some(cut.1))?]
            }
            Overflow::Window => self.pair_windows(index, texts[1], &first, second)?,
        };
        let cut = overflow == Overflow::Truncate;
        Ok(Encoded {
            rows,
            truncated: if cut {
                total.saturating_sub(self.pair_room)
            } else {
                0
            },
            bytes,
            text: None,
        })
    }

    /// Both texts, cut to the room there is.
    fn cut(
        &self,
        index: usize,
        second_text: &str,
        (first, second): (Encoding, Encoding),
        truncation: PairTruncation,
    ) -> Result<(Encoding, Encoding)> {
        let total = first.len() + second.len();
        let refused = || self.too_long(index, second_text, total, self.pair_room);
        let params = TruncationParams {
            max_length: self.pair_room,
            strategy: match truncation {
                PairTruncation::LongestFirst => TruncationStrategy::LongestFirst,
                PairTruncation::OnlySecond => TruncationStrategy::OnlySecond,
            },
            stride: 0,
            direction: self.direction(),
        };
        let cut = truncate_encodings(first, Some(second), &params).map_err(|_| refused())?;
        match cut {
            (mut first, Some(mut second)) => {
                first.take_overflowing();
                second.take_overflowing();
                Ok((first, second))
            }
            _ => Err(refused()),
        }
    }

    /// The first text with each window of the second.
    fn pair_windows(
        &self,
        index: usize,
        second_text: &str,
        first: &Encoding,
        mut second: Encoding,
    ) -> Result<Vec<Row>> {
        let total = first.len() + second.len();
        let room = self.pair_room.saturating_sub(first.len());
        if room <= self.settings.stride {
            return Err(self.too_long(index, second_text, total, self.pair_room));
        }
        second.truncate(room, self.settings.stride, TruncationDirection::Right);
        let rest = second.take_overflowing();
        let windows = std::iter::once(second).chain(rest);
        windows
            .map(|window| self.row(first.clone(), Some(window)))
            .collect()
    }

    /// What is read of a text, in one row or in windows, and how many tokens are cut off.
    fn windows(
        &self,
        index: usize,
        text: &str,
        mut encoding: Encoding,
        overflow: Overflow,
    ) -> Result<(Vec<Encoding>, usize)> {
        let total = encoding.len();
        match overflow {
            _ if total <= self.room => Ok((vec![encoding], 0)),
            Overflow::Error => Err(self.too_long(index, text, total, self.room)),
            Overflow::Truncate => {
                encoding.truncate(self.room, 0, self.direction());
                encoding.take_overflowing();
                Ok((vec![encoding], total - self.room))
            }
            Overflow::Window => {
                encoding.truncate(self.room, self.settings.stride, TruncationDirection::Right);
                let rest = encoding.take_overflowing();
                Ok((std::iter::once(encoding).chain(rest).collect(), 0))
            }
        }
    }

    /// At which end a text is cut.
    fn direction(&self) -> TruncationDirection {
        match self.settings.truncation_side {
            Side::Left => TruncationDirection::Left,
            Side::Right => TruncationDirection::Right,
        }
    }

    fn row(&self, encoding: Encoding, pair: Option<Encoding>) -> Result<Row> {
        let special = self.settings.add_special_tokens;
        Ok(row(&self.complete(encoding, pair, special)?))
    }

    /// Adds the special tokens where they are wanted, and joins the texts of a pair.
    fn complete(
        &self,
        encoding: Encoding,
        pair: Option<Encoding>,
        special: bool,
    ) -> Result<Encoding> {
        if !special && pair.is_none() {
            return Ok(encoding);
        }
        self.tokenizer
            .post_process(encoding, pair, special)
            .map_err(|cause| {
                Error::new(
                    ErrorKind::InvalidPackage,
                    "the tokenizer cannot add its special tokens",
                )
                .with("cause", cause)
                .advise("check the post-processor in tokenizer.json")
            })
    }

    fn too_long(&self, index: usize, text: &str, tokens: usize, room: usize) -> Error {
        let message = format!("text `{index}` has `{tokens}` tokens where the model takes {room}");
        Error::new(ErrorKind::InputTooLong, message)
            .with("text", Redacted(text))
            .advise("shorten it, or pass overflow `truncate` or `window`")
    }
}

fn row(complete: &Encoding) -> Row {
    Row {
        ids: complete.get_ids().to_vec(),
        type_ids: complete.get_type_ids().to_vec(),
    }
}

fn unreadable(index: usize, text: &str) -> Error {
    Error::new(
        ErrorKind::InvalidArgument,
        format!("text `{index}` cannot be tokenised"),
    )
    .with("text", Redacted(text))
    .advise("check that the tokenizer belongs to the model")
}

/// A malformed file may make the parser panic; that is the file's fault, not the host's.
fn parse(bytes: &[u8]) -> Result<Tokenizer> {
    let refused = |cause: String| {
        Error::new(ErrorKind::InvalidPackage, "the tokenizer cannot be read")
            .with("cause", cause)
            .advise("save it again with the `tokenizers` library")
    };
    strict::check(bytes).map_err(|cause| refused(cause.to_string()))?;
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

fn special_tokens(tokenizer: &Tokenizer, of_pair: bool) -> usize {
    use tokenizers::PostProcessor as _;
    tokenizer
        .get_post_processor()
        .map_or(0, |processor| processor.added_tokens(of_pair))
}
