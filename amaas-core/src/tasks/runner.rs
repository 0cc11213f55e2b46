//! What every task over texts does alike: encode, group, run; its reader sees one group at a time.
//!
//! A call of many groups is spread over the instances for a crowd. Each group is a request of its
//! own, which may run together with those of other callers.
//!
//! The trap: a graph that answers for another number of rows than it was given would shift every
//! answer after the first; it is refused before a reader sees it.

use std::ops::Range;

use super::encode::{Encoded, Encoder, Row};
use super::pieces::Pieces;
use super::rows::Layout;
use super::spread;
use crate::model::{Overflow, Package, PairTruncation, Port, Signature, Task};
use crate::observe::spans;
use crate::privacy::{Redaction, Redactor};
use crate::scheduler::Request;
use crate::service::{Begun, LoadedModel, Rehearsal};
use crate::tensor::Tensor;
use crate::usage::Usage;
use crate::{Error, ErrorKind, Result};

/// Groups of one call whose answers are held at once.
pub(super) const WAVE: usize = 64;

/// Rows of a group where several instances share a call: on a processor more gain nothing by
/// running together, and smaller groups leave nobody waiting for the last one.
pub(super) const PART: usize = 16;

/// A frozen tokenizer and the layout of the graph's inputs.
#[derive(Debug)]
pub(super) struct TextRunner {
    encoder: Encoder,
    layout: Layout,
}

/// Texts as rows whose tokens know where they come from.
#[derive(Debug)]
pub(super) struct Traced {
    pub(super) encoded: Vec<Encoded>,
    /// For each text and each of its rows the tokens.
    pub(super) pieces: Vec<Vec<Pieces>>,
    /// For each text what was taken out of it, where the route takes out anything.
    pub(super) redactions: Option<Vec<Redaction>>,
}

/// Rows that ran together, and what the graph answered.
#[derive(Debug)]
pub(super) struct Group<'a> {
    /// The places of its rows among all rows of the call.
    pub(super) members: &'a [usize],
    /// Tokens of each row, padding included; an output has more where the rows ran together with
    /// longer ones.
    pub(super) tokens: usize,
    /// The output; its first dimension counts the members and then rows that only fill up.
    pub(super) output: &'a Tensor,
    places: Places<'a>,
}

/// Where the tokens of a group's rows lie.
#[derive(Debug)]
pub(super) enum Places<'a> {
    /// Where the layout put them.
    Laid(&'a [&'a Row], &'a Layout),
    /// Here, for each row.
    Known(&'a [Range<usize>]),
    /// Nobody says: each place is one.
    Everywhere,
}

impl Places<'_> {
    fn span(&self, row: usize, tokens: usize) -> Range<usize> {
        let known = match self {
            Self::Laid(rows, layout) => rows.get(row).map(|row| layout.span(row, tokens)),
            Self::Known(spans) => spans.get(row).cloned(),
            Self::Everywhere => None,
        };
        known.unwrap_or(0..tokens)
    }
}

impl<'a> Group<'a> {
    pub(super) fn new(
        members: &'a [usize],
        tokens: usize,
        output: &'a Tensor,
        places: Places<'a>,
    ) -> Self {
        Self {
            members,
            tokens,
            output,
            places,
        }
    }

    /// Where each member's own tokens lie among `tokens`; the rest of its row is padding.
    pub(super) fn spans(&self, tokens: usize) -> impl Iterator<Item = Range<usize>> {
        (0..self.members.len()).map(move |row| self.places.span(row, tokens))
    }
}

impl TextRunner {
    /// Freezes the tokenizer and checks the graph's inputs.
    ///
    /// # Errors
    /// `InvalidPackage` when tokenizer, manifest and graph do not fit together.
    pub(super) fn prepare(kind: &str, package: &Package, signature: &Signature) -> Result<Self> {
        let manifest = &package.manifest;
        let tokenizer = manifest.tokenizer.as_ref().ok_or_else(|| {
            let message = format!("the task `{kind}` has no tokenizer");
            Error::new(ErrorKind::InvalidPackage, message).advise("add a `[tokenizer]` table")
        })?;
        Ok(Self {
            encoder: Encoder::prepare(tokenizer, package)?,
            layout: Layout::prepare(tokenizer, &manifest.batching, signature)?,
        })
    }

    /// Texts as rows; `overflow` stands in for the manifest's.
    ///
    /// # Errors
    /// `InputTooLong`, naming the text by its place, where overflow is an error.
    pub(super) fn encode<T: AsRef<str> + Sync>(
        &self,
        model: &LoadedModel,
        texts: &[T],
        overflow: Option<Overflow>,
    ) -> Result<Vec<Encoded>> {
        let workers = model.workers();
        match model.redactor() {
            None => self.encoder.encode(texts, overflow, workers),
            Some(redactor) => {
                let redact = |text: &T| redactor.redact(text.as_ref()).into_text();
                let texts: Vec<_> = texts.iter().map(redact).collect();
                self.encoder.encode(&texts, overflow, workers)
            }
        }
    }

    /// As [`TextRunner::encode`], and what each token is of its text.
    ///
    /// # Errors
    /// As [`TextRunner::encode`].
    pub(super) fn encode_traced<T: AsRef<str> + Sync>(
        &self,
        model: &LoadedModel,
        texts: &[T],
        overflow: Option<Overflow>,
    ) -> Result<Traced> {
        let workers = model.workers();
        let redact = |redactor: &Redactor| {
            let redact = |text: &T| redactor.redact(text.as_ref());
            texts.iter().map(redact).collect::<Vec<_>>()
        };
        let redactions = model.redactor().map(redact);
        let (encoded, pieces) = match &redactions {
            None => self.encoder.encode_traced(texts, overflow, workers)?,
            Some(redactions) => {
                let texts: Vec<_> = redactions.iter().map(Redaction::text).collect();
                self.encoder.encode_traced(&texts, overflow, workers)?
            }
        };
        Ok(Traced {
            encoded,
            pieces,
            redactions,
        })
    }

    /// Pairs of texts as rows; `how` stands in for what the manifest says of overflow and of which
    /// text is cut.
    ///
    /// # Errors
    /// `InputTooLong`, naming the pair by its place, where overflow is an error, and where the first
    /// text leaves no room for the second.
    pub(super) fn encode_pairs<T: AsRef<str> + Sync, U: AsRef<str> + Sync>(
        &self,
        model: &LoadedModel,
        pairs: &[(T, U)],
        how: (Option<Overflow>, Option<PairTruncation>),
    ) -> Result<Vec<Encoded>> {
        let workers = model.workers();
        match model.redactor() {
            None => self.encoder.encode_pairs(pairs, how, workers),
            Some(redactor) => {
                let redact = |text: &str| redactor.redact(text).into_text();
                let both = |(one, two): &(T, U)| (redact(one.as_ref()), redact(two.as_ref()));
                let pairs: Vec<_> = pairs.iter().map(both).collect();
                self.encoder.encode_pairs(&pairs, how, workers)
            }
        }
    }

    /// A run for `output` over rows like those of users.
    pub(super) fn rehearsal(&self, output: &str, rows: usize, share: f64) -> Result<Rehearsal> {
        Ok(Rehearsal {
            inputs: self.layout.rehearsal(rows, share)?,
            outputs: vec![output.to_owned()],
        })
    }

    /// Runs every row for `output` and hands each group to `read`, longest rows first.
    ///
    /// # Errors
    /// Whatever a run or `read` ends with; `InvalidPackage` when the output has other rows than
    /// the graph was given.
    pub(super) fn run(
        &self,
        model: &LoadedModel,
        encoded: &[Encoded],
        output: &str,
        begun: &Begun,
        mut read: impl FnMut(&Group<'_>) -> Result<()>,
    ) -> Result<Usage> {
        let rows: Vec<&Row> = encoded.iter().flat_map(|text| &text.rows).collect();
        let mut usage = receipt(model, encoded, &rows);
        let groups = self.groups(model, &rows);
        let (part, span) = (groups.len() > 1, spans::current());
        // Not all at once: the answers of a large call would fill the memory.
        for wave in groups.chunks(WAVE) {
            let run = |members: &Vec<usize>| {
                let group: Vec<&Row> = members.iter().map(|index| rows[*index]).collect();
                let mut usage = model.receipt();
                let run = || self.run_group(model, &group, output, (begun, part), &mut usage);
                let answer = span.in_scope(run)?;
                Ok((group, answer, usage))
            };
            let answers = spread::over(model.capacity(), wave, run);
            for (members, answer) in wave.iter().zip(answers) {
                let (group, answer, used) = answer?;
                usage.add_run(&used);
                self.hand(members, &group, &answer, &mut read)?;
            }
        }
        Ok(usage)
    }

    /// As [`TextRunner::run`], without a thread that waits.
    pub(super) async fn run_later(
        &self,
        model: &LoadedModel,
        encoded: &[Encoded],
        output: &str,
        begun: &Begun,
        mut read: impl FnMut(&Group<'_>) -> Result<()>,
    ) -> Result<Usage> {
        let rows: Vec<&Row> = encoded.iter().flat_map(|text| &text.rows).collect();
        let mut usage = receipt(model, encoded, &rows);
        let groups = self.groups(model, &rows);
        let part = groups.len() > 1;
        // Few at once, so that a large call leaves the queue to others.
        for wave in groups.chunks(2 * model.capacity()) {
            let submit = |members: &Vec<usize>| {
                let group: Vec<&Row> = members.iter().map(|index| rows[*index]).collect();
                let request = |request: &Request<'_>| model.submit_request(request);
                let queued = self.request(&group, output, (begun, part), request)?;
                Ok((group, queued))
            };
            let submitted = wave.iter().map(submit).collect::<Result<Vec<_>>>()?;
            for (members, (group, queued)) in wave.iter().zip(submitted) {
                let mut used = model.receipt();
                let outputs = model.receive(queued.await, &mut used)?;
                usage.add_run(&used);
                let answer = self.whole(&group, output, outputs)?;
                self.hand(members, &group, &answer, &mut read)?;
            }
        }
        Ok(usage)
    }

    /// The rows that run together.
    fn groups(&self, model: &LoadedModel, rows: &[&Row]) -> Vec<Vec<usize>> {
        let most = if model.capacity() > 1 {
            PART
        } else {
            usize::MAX
        };
        self.layout.groups(rows, most)
    }

    /// Shows the reader one group.
    fn hand(
        &self,
        members: &[usize],
        rows: &[&Row],
        output: &Tensor,
        read: &mut impl FnMut(&Group<'_>) -> Result<()>,
    ) -> Result<()> {
        let [_, tokens] = self.layout.shape(rows);
        let group = Group::new(members, tokens, output, Places::Laid(rows, &self.layout));
        spans::post(rows.len()).in_scope(|| read(&group))
    }

    fn run_group(
        &self,
        model: &LoadedModel,
        group: &[&Row],
        output: &str,
        how: (&Begun, bool),
        usage: &mut Usage,
    ) -> Result<Tensor> {
        let run = |request: &Request<'_>| model.run_request(request, usage);
        let outputs = self.request(group, output, how, run)?;
        self.whole(group, output, outputs)
    }

    /// Gives `send` the request of one group.
    fn request<T>(
        &self,
        group: &[&Row],
        output: &str,
        (begun, part): (&Begun, bool),
        send: impl FnOnce(&Request<'_>) -> Result<T>,
    ) -> Result<T> {
        let inputs = self.layout.tensors(group)?;
        let inputs: Vec<_> = inputs
            .iter()
            .map(|(name, tensor)| (name.as_str(), tensor))
            .collect();
        let (join, outputs) = (self.layout.join(), [output]);
        send(&Request {
            stop: begun.stop(),
            priority: begun.priority(),
            tenant: begun.tenant(),
            join,
            part,
            ..Request::new(&inputs, &outputs)
        })
    }

    /// The only output of a run, which must have a row for each that was given.
    fn whole(&self, group: &[&Row], output: &str, outputs: Vec<Tensor>) -> Result<Tensor> {
        let answer = outputs.into_iter().next().ok_or_else(|| {
            let message = format!("a run gave nothing for output `{output}`");
            Error::new(ErrorKind::Internal, message)
        })?;
        let [count, _] = self.layout.shape(group);
        if answer.shape().rows() != Some(count) {
            return Err(unreadable(output, &answer, &format!("{count} rows")));
        }
        Ok(answer)
    }
}

/// A receipt for these texts.
fn receipt(model: &LoadedModel, encoded: &[Encoded], rows: &[&Row]) -> Usage {
    let mut usage = model.receipt();
    usage.rows = encoded.len() as u64;
    usage.task = model.manifest().task.as_ref().map(Task::kind);
    usage.tokens = rows.iter().map(|row| row.ids.len() as u64).sum();
    usage.bytes_in = encoded.iter().map(|text| text.bytes as u64).sum();
    usage
}

/// For each row the place of its text, and its weight in that text's answer by its tokens; a
/// text's weights sum to 1.
pub(super) fn shares(encoded: &[Encoded]) -> Vec<(usize, f64)> {
    let weight = |length: usize| length.max(1) as f64;
    let of_text = |(text, encoded): (usize, &Encoded)| {
        let lengths: Vec<_> = encoded.rows.iter().map(|row| row.ids.len()).collect();
        let total: f64 = lengths.iter().map(|length| weight(*length)).sum();
        let share = move |length| (text, weight(length) / total);
        lengths.into_iter().map(share)
    };
    encoded.iter().enumerate().flat_map(of_text).collect()
}

/// The graph's output of this name, or its first.
///
/// # Errors
/// `InvalidPackage`, listing the outputs there are.
pub(super) fn output<'a>(name: Option<&str>, signature: &'a Signature) -> Result<&'a Port> {
    let port = match name {
        Some(name) => signature.output(name),
        None => signature.outputs.first(),
    };
    port.ok_or_else(|| {
        let names: Vec<_> = signature
            .outputs
            .iter()
            .map(|port| port.name.as_str())
            .collect();
        let message = format!("the graph has no output `{}`", name.unwrap_or(""));
        Error::new(ErrorKind::InvalidPackage, message)
            .advise(format!("set `task.output` to one of: {}", names.join(", ")))
    })
}

/// An output that is not what the signature led to expect.
pub(super) fn unreadable(output: &str, found: &Tensor, wanted: &str) -> Error {
    let message = format!(
        "output `{output}` is {}{} where {wanted} were expected",
        found.dtype(),
        found.shape()
    );
    Error::new(ErrorKind::InvalidPackage, message)
        .advise("export the graph so that each row answers for itself")
}
