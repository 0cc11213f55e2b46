//! The task, ready for one version: rows run, their tokens labelled, spans put together.

use std::ops::Range;
use std::sync::Arc;

use super::labels::{self, Unit};
use super::spans::{self, Scheme, Span};
use super::{Entity, KIND, TagOptions, Tagged, Tagging};
use crate::model::{
    Aggregation, Dimension, ExpectedEntity, Function, Golden, Package, Port, PortKind, Signature,
    TokenClassification,
};
use crate::privacy::Redaction;
use crate::service::{Call, LoadedModel, PreparedTask, Rehearsal};
use crate::tasks::encode::Encoded;
use crate::tasks::pieces::{Piece, Pieces};
use crate::tasks::pooling::FLOATS;
use crate::tasks::runner::{self, Group, TextRunner};
use crate::tasks::scores;
use crate::usage::Usage;
use crate::{Error, ErrorKind, Result};

/// A tokenizer, a graph and how its labels are read.
#[derive(Debug)]
pub(in crate::tasks) struct Tagger {
    settings: TokenClassification,
    scheme: Scheme,
    runner: TextRunner,
    output: String,
}

impl Tagger {
    pub(in crate::tasks) fn prepare(
        settings: &TokenClassification,
        package: &Package,
        signature: &Signature,
    ) -> Result<Arc<dyn PreparedTask>> {
        let port = runner::output(settings.output.as_deref(), signature)?;
        check_output(port, settings.labels.len())?;
        Ok(Arc::new(Self {
            runner: TextRunner::prepare(KIND, package, signature)?,
            output: port.name.clone(),
            scheme: Scheme::of(&settings.labels),
            settings: settings.clone(),
        }))
    }

    pub(super) fn run<T: AsRef<str> + Sync>(
        &self,
        model: &LoadedModel,
        texts: &[T],
        options: &TagOptions,
    ) -> Result<Tagged> {
        let begun = &model.begin(&options.call)?;
        let mut reading = self.reading(model, texts, options)?;
        let encoded = std::mem::take(&mut reading.encoded);
        let read = |group: &Group<'_>| reading.read(self, group);
        let usage = self
            .runner
            .run(model, &encoded, &self.output, begun, read)?;
        Ok(self.tagged(texts, &encoded, reading, usage))
    }

    pub(super) async fn run_later<T: AsRef<str> + Sync>(
        &self,
        model: &LoadedModel,
        texts: &[T],
        options: &TagOptions,
    ) -> Result<Tagged> {
        let begun = &model.begin(&options.call)?;
        let mut reading = self.reading(model, texts, options)?;
        let encoded = std::mem::take(&mut reading.encoded);
        let read = |group: &Group<'_>| reading.read(self, group);
        let later = self
            .runner
            .run_later(model, &encoded, &self.output, begun, read);
        let usage = later.await?;
        Ok(self.tagged(texts, &encoded, reading, usage))
    }

    fn reading<T: AsRef<str> + Sync>(
        &self,
        model: &LoadedModel,
        texts: &[T],
        options: &TagOptions,
    ) -> Result<Reading> {
        let traced = self.runner.encode_traced(model, texts, options.overflow)?;
        let pieces: Vec<Pieces> = traced.pieces.into_iter().flatten().collect();
        let ignored = options.ignore_labels.as_ref();
        Ok(Reading {
            spans: vec![Vec::new(); pieces.len()],
            pieces,
            encoded: traced.encoded,
            redactions: traced.redactions,
            aggregation: options.aggregation.unwrap_or(self.settings.aggregation),
            ignored: ignored.unwrap_or(&self.settings.ignore_labels).clone(),
        })
    }

    /// The spans of one row, of which `scores` are the logits of each token, special ones included.
    fn row(&self, pieces: &[Piece], logits: &[f64], aggregation: Aggregation) -> Result<Vec<Span>> {
        let width = self.settings.labels.len();
        let mut tokens = Vec::with_capacity(pieces.len());
        let each = pieces.iter().zip(logits.chunks_exact(width)).enumerate();
        for (index, (piece, logits)) in each.filter(|(_, (piece, _))| !piece.is_special) {
            if logits.iter().any(|logit| logit.is_nan()) {
                return Err(self.not_a_number());
            }
            let mut scores = logits.to_vec();
            scores::apply(Function::Softmax, &mut scores);
            let Range { start, end } = piece.range;
            tokens.push((
                Unit {
                    scores,
                    start,
                    end,
                    index,
                },
                piece.continues,
            ));
        }
        let units = labels::units(tokens, aggregation);
        let chosen = labels::choose(&units, self.settings.transitions.as_ref());
        Ok(match aggregation {
            Aggregation::None => self.singles(&units, &chosen),
            _ => self.scheme.group(&units, &chosen),
        })
    }

    /// Each token as a span of its own, with its whole label.
    fn singles(&self, units: &[Unit], chosen: &[usize]) -> Vec<Span> {
        let single = |(unit, label): (&Unit, &usize)| Span {
            label: self.settings.labels[*label].clone(),
            score: unit.scores[*label],
            start: unit.start,
            end: unit.end,
            index: Some(unit.index),
        };
        units.iter().zip(chosen).map(single).collect()
    }

    fn tagged<T: AsRef<str>>(
        &self,
        texts: &[T],
        encoded: &[Encoded],
        mut reading: Reading,
        usage: Usage,
    ) -> Tagged {
        let mut rows = std::mem::take(&mut reading.spans).into_iter();
        let answer = |(place, (text, encoded)): (usize, (&T, &Encoded))| {
            let windows: Vec<_> = rows.by_ref().take(encoded.rows.len()).collect();
            let spans = reading.merge(windows);
            let redaction = reading.redactions.as_ref().and_then(|all| all.get(place));
            Tagging {
                entities: entities(spans, text.as_ref(), redaction),
                truncated: encoded.truncated,
                windows: encoded.rows.len(),
            }
        };
        let answers = texts.iter().zip(encoded).enumerate().map(answer).collect();
        Tagged { answers, usage }
    }

    fn not_a_number(&self) -> Error {
        let message = format!("output `{}` is not a number", self.output);
        Error::new(ErrorKind::InferenceFailed, message)
            .advise("check the model: its weights or the input make it overflow")
    }
}

/// What was read of the texts of one call so far.
struct Reading {
    encoded: Vec<Encoded>,
    /// The tokens of each row, of all texts one after another.
    pieces: Vec<Pieces>,
    spans: Vec<Vec<Span>>,
    redactions: Option<Vec<Redaction>>,
    aggregation: Aggregation,
    ignored: Vec<String>,
}

impl Reading {
    /// Takes the labels of one group.
    fn read(&mut self, task: &Tagger, group: &Group<'_>) -> Result<()> {
        let width = task.settings.labels.len();
        let tokens = match **group.output.shape() {
            [_, tokens, found] if found == width && tokens >= group.tokens => tokens,
            _ => {
                let wanted = format!("[batch, tokens, {width}]");
                return Err(runner::unreadable(&task.output, group.output, &wanted));
            }
        };
        let values = group.output.to_f64()?;
        let rows = values.chunks_exact(tokens * width).zip(group.spans(tokens));
        for (member, (row, span)) in group.members.iter().zip(rows) {
            let own = &row[span.start * width..span.end * width];
            self.spans[*member] = task.row(&self.pieces[*member], own, self.aggregation)?;
        }
        Ok(())
    }

    /// The spans of a text, of all its windows, without those that nobody wants.
    fn merge(&self, windows: Vec<Vec<Span>>) -> Vec<Span> {
        let wanted = |span: &Span| !self.ignored.contains(&span.label);
        match self.aggregation {
            Aggregation::None => {
                let tokens = spans::merge_tokens(windows).into_iter();
                tokens.filter(wanted).collect()
            }
            _ => spans::merge(windows.into_iter().flatten().filter(wanted).collect()),
        }
    }
}

/// Spans as the caller's text has them.
fn entities(spans: Vec<Span>, text: &str, redaction: Option<&Redaction>) -> Vec<Entity> {
    let (mut byte, mut characters) = (0, 0);
    let entity = |span: Span| {
        let range = match redaction {
            Some(redaction) => redaction.origin(&(span.start..span.end)),
            None => span.start..span.end,
        };
        let start_byte = text.floor_char_boundary(range.start);
        let end_byte = text.floor_char_boundary(range.end.max(start_byte));
        // Spans come in order, so that each character is counted once.
        if start_byte < byte {
            (byte, characters) = (0, 0);
        }
        characters += text[byte..start_byte].chars().count();
        byte = start_byte;
        let word = &text[start_byte..end_byte];
        Entity {
            label: span.label,
            score: span.score,
            start: characters,
            end: characters + word.chars().count(),
            start_byte,
            end_byte,
            word: word.to_owned(),
            index: span.index,
        }
    };
    spans.into_iter().map(entity).collect()
}

impl PreparedTask for Tagger {
    fn check(&self, model: &LoadedModel, golden: &Golden) -> Result<()> {
        let text: Vec<_> = golden.text.iter().collect();
        let tagged = self.run(model, &text, &TagOptions::default())?;
        let found: Vec<_> = tagged
            .answers
            .iter()
            .flat_map(|answer| &answer.entities)
            .collect();
        let same = |(expected, found): (&ExpectedEntity, &&Entity)| {
            (&expected.label, expected.start, expected.end)
                == (&found.label, found.start, found.end)
                && (expected.score - found.score).abs() <= golden.tolerance
        };
        if found.len() == golden.entities.len() && golden.entities.iter().zip(&found).all(same) {
            return Ok(());
        }
        let message = "a golden text has other spans than it should";
        Err(Error::new(ErrorKind::GoldenMismatch, message)
            .with(
                "spans",
                format!("{} of {}", found.len(), golden.entities.len()),
            )
            .with("tolerance", golden.tolerance)
            .advise("the model answers differently here than at its author's; do not serve it"))
    }

    fn rehearsal(&self, rows: usize, share: f64) -> Result<Rehearsal> {
        self.runner.rehearsal(&self.output, rows, share)
    }

    fn answer(&self, model: &LoadedModel, text: &str, call: &Call) -> Result<()> {
        let options = TagOptions {
            call: call.clone(),
            ..TagOptions::default()
        };
        self.run(model, &[text], &options).map(drop)
    }
}

/// Refuses, before anything runs, an output that cannot hold the logits.
fn check_output(port: &Port, labels: usize) -> Result<()> {
    let fits = match &port.kind {
        PortKind::Tensor(dtype, dimensions) => {
            FLOATS.contains(dtype)
                && match dimensions.as_deref() {
                    Some([_, _, Dimension::Fixed(width)]) => *width == labels,
                    Some(dimensions) => dimensions.len() == 3,
                    None => true,
                }
        }
        PortKind::Other(_) => false,
    };
    if fits {
        return Ok(());
    }
    let message = format!(
        "output `{}` is {} where floats of [batch, tokens, {labels}] were expected",
        port.name, port.kind
    );
    Err(Error::new(ErrorKind::InvalidPackage, message)
        .advise("set `task.output` to the logits, and name as many labels as they have"))
}
