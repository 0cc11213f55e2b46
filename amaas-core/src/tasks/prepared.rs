//! Texts that a graph of the package prepares: strings go in as they are, and the main graph answers
//! for each.
//!
//! A call of many texts goes in groups, as those that a tokenizer prepares do. A part that takes one
//! text at a time gets one at a time.
//!
//! The trap: only an attention mask says which places of a row are tokens. Where the manifest names
//! none, every place is one and the receipt counts none, so that what pools by tokens should be given
//! its mask.

use std::ops::Range;

use super::encode::{Encoded, Row};
use super::runner::{Group, PART, Places, WAVE, unreadable};
use super::spread;
use crate::model::{Batching, Dimension, PortKind, Signature, Task};
use crate::observe::spans;
use crate::service::{Asked, Begun, LoadedModel, Prepared, Preprocessing, Rehearsal};
use crate::tensor::{Dtype, Tensor};
use crate::usage::Usage;
use crate::{Error, ErrorKind, Result};

/// The input that takes the texts, and how many at once.
#[derive(Debug)]
pub(super) struct GraphRunner {
    input: String,
    /// Its dimensions: none, `[texts]` or `[texts, 1]`.
    rank: usize,
    most: usize,
}

/// What was read of an attention mask.
struct Tokens {
    /// Where the tokens of each row lie.
    spans: Vec<Range<usize>>,
    /// Places of a row.
    width: usize,
    count: u64,
}

impl GraphRunner {
    /// Checks that the whole takes texts and nothing else.
    ///
    /// # Errors
    /// `InvalidPackage` saying what it takes.
    pub(super) fn prepare(kind: &str, batching: &Batching, whole: &Signature) -> Result<Self> {
        let refuse = |found: &str| {
            let message = format!("the task `{kind}` gives texts, and the graphs take {found}");
            Error::new(ErrorKind::InvalidPackage, message).advise(
                "export a part whose only input is a string tensor of [texts], [texts, 1] or [], \
                 and a graph that it feeds whole",
            )
        };
        let [port] = &whole.inputs[..] else {
            let all = whole.inputs.iter().map(|port| format!("`{}`", port.name));
            return Err(refuse(&all.collect::<Vec<_>>().join(", ")));
        };
        let Some((rank, takes_one)) = shape(&port.kind) else {
            return Err(refuse(&port.kind.to_string()));
        };
        let most = match batching.enabled && !takes_one {
            true => batching.max_rows,
            false => 1,
        };
        Ok(Self {
            input: port.name.clone(),
            rank,
            most,
        })
    }

    /// Texts as the graph will see them.
    pub(super) fn encode<T: AsRef<str>>(&self, model: &LoadedModel, texts: &[T]) -> Vec<Encoded> {
        let shown = |text: &T| match model.redactor() {
            Some(redactor) => redactor.redact(text.as_ref()).into_text(),
            None => text.as_ref().to_owned(),
        };
        let one = |text: String| Encoded {
            rows: vec![Row {
                ids: Vec::new(),
                type_ids: Vec::new(),
            }],
            truncated: 0,
            bytes: text.len(),
            text: Some(text),
        };
        texts.iter().map(shown).map(one).collect()
    }

    /// A run for `output` over `rows` empty texts.
    pub(super) fn rehearsal(&self, output: &str, rows: usize) -> Result<Rehearsal> {
        let texts = self.tensor(vec![""; rows.clamp(1, self.most)])?;
        Ok(Rehearsal {
            inputs: vec![(self.input.clone(), texts)],
            outputs: vec![output.to_owned()],
        })
    }

    /// As [`TextRunner::run`](super::runner::TextRunner::run).
    ///
    /// # Errors
    /// The same.
    pub(super) fn run(
        &self,
        model: &LoadedModel,
        texts: &[Encoded],
        output: &str,
        begun: &Begun,
        mut read: impl FnMut(&Group<'_>) -> Result<()>,
    ) -> Result<Usage> {
        let mut usage = receipt(model, texts);
        let groups = self.groups(model, texts);
        let (part, span) = (groups.len() > 1, spans::current());
        for wave in groups.chunks(WAVE) {
            let run = |members: &Vec<usize>| {
                let mut used = model.receipt();
                let input = self.texts(texts, members)?;
                let inputs = [(self.input.as_str(), &input)];
                let asked = Asked {
                    inputs: &inputs,
                    outputs: &[output],
                    begun,
                    part,
                };
                let run = || preprocessing(model)?.run(model, &asked, &mut used);
                let prepared = span.in_scope(run)?;
                Ok((prepared, used))
            };
            let answers = spread::over(model.capacity(), wave, run);
            for (members, answer) in wave.iter().zip(answers) {
                let (prepared, used): (Prepared, Usage) = answer?;
                usage.add_run(&used);
                usage.tokens += hand(members, output, &prepared, &mut read)?;
            }
        }
        Ok(usage)
    }

    /// As [`GraphRunner::run`], without a thread that waits: one group after the other.
    pub(super) async fn run_later(
        &self,
        model: &LoadedModel,
        texts: &[Encoded],
        output: &str,
        begun: &Begun,
        mut read: impl FnMut(&Group<'_>) -> Result<()>,
    ) -> Result<Usage> {
        let mut usage = receipt(model, texts);
        let groups = self.groups(model, texts);
        let part = groups.len() > 1;
        for members in &groups {
            let input = self.texts(texts, members)?;
            let (inputs, outputs) = ([(self.input.as_str(), &input)], [output]);
            let asked = Asked {
                inputs: &inputs,
                outputs: &outputs,
                begun,
                part,
            };
            let later = preprocessing(model)?.run_later(model, &asked, &mut usage);
            let prepared = later.await?;
            usage.tokens += hand(members, output, &prepared, &mut read)?;
        }
        Ok(usage)
    }

    /// The places of the texts that run together.
    fn groups(&self, model: &LoadedModel, texts: &[Encoded]) -> Vec<Vec<usize>> {
        let most = match model.capacity() {
            0 | 1 => self.most,
            _ => self.most.min(PART),
        };
        let all: Vec<_> = (0..texts.len()).collect();
        all.chunks(most.max(1)).map(<[usize]>::to_vec).collect()
    }

    fn texts(&self, texts: &[Encoded], members: &[usize]) -> Result<Tensor> {
        let text = |place: &usize| texts.get(*place)?.text.as_deref();
        self.tensor(
            members
                .iter()
                .map(|place| text(place).unwrap_or_default())
                .collect(),
        )
    }

    fn tensor(&self, texts: Vec<&str>) -> Result<Tensor> {
        let shape = [texts.len(), 1];
        Tensor::from_strings(&shape[..self.rank], texts)
    }
}

/// The dimensions of a port that takes texts, and whether it takes one at a time.
fn shape(kind: &PortKind) -> Option<(usize, bool)> {
    match kind {
        PortKind::Tensor(Dtype::String, None) => Some((1, false)),
        PortKind::Tensor(Dtype::String, Some(dimensions)) => match &dimensions[..] {
            [] => Some((0, true)),
            [Dimension::Fixed(count)] | [Dimension::Fixed(count), Dimension::Fixed(1)] => {
                (*count == 1).then_some((dimensions.len(), true))
            }
            [_] | [_, Dimension::Fixed(1)] => Some((dimensions.len(), false)),
            _ => None,
        },
        _ => None,
    }
}

/// What the version prepares by; there since the task was made ready.
fn preprocessing(model: &LoadedModel) -> Result<&Preprocessing> {
    let missing = || {
        Error::new(
            ErrorKind::Internal,
            "a version lost what prepares its inputs",
        )
    };
    model.preprocessing().ok_or_else(missing)
}

/// A receipt for these texts.
fn receipt(model: &LoadedModel, texts: &[Encoded]) -> Usage {
    let mut usage = model.receipt();
    usage.rows = texts.len() as u64;
    usage.task = model.manifest().task.as_ref().map(Task::kind);
    usage.bytes_in = texts.iter().map(|text| text.bytes as u64).sum();
    usage
}

/// Shows the reader one group; how many tokens it had.
fn hand(
    members: &[usize],
    output: &str,
    prepared: &Prepared,
    read: &mut impl FnMut(&Group<'_>) -> Result<()>,
) -> Result<u64> {
    let answer = prepared.outputs.first().ok_or_else(|| {
        let message = format!("a run gave nothing for output `{output}`");
        Error::new(ErrorKind::Internal, message)
    })?;
    if answer.shape().rows() != Some(members.len()) {
        let wanted = format!("{} rows", members.len());
        return Err(unreadable(output, answer, &wanted));
    }
    let mask = prepared.mask.as_ref();
    let tokens = mask.map(|mask| tokens(mask, members.len())).transpose()?;
    let places = match &tokens {
        Some(tokens) => Places::Known(&tokens.spans),
        None => Places::Everywhere,
    };
    let width = tokens.as_ref().map_or(0, |tokens| tokens.width);
    let group = Group::new(members, width, answer, places);
    spans::post(members.len()).in_scope(|| read(&group))?;
    Ok(tokens.map_or(0, |tokens| tokens.count))
}

/// Reads an attention mask over so many rows.
fn tokens(mask: &Tensor, rows: usize) -> Result<Tokens> {
    let unreadable = || {
        let message = format!("the attention mask is {}{}", mask.dtype(), mask.shape());
        Error::new(ErrorKind::InvalidPackage, message).advise(format!(
            "give {rows} rows of ones that follow each other, and zeros around them"
        ))
    };
    let [count, width] = **mask.shape() else {
        return Err(unreadable());
    };
    let ones: Vec<bool> = match mask.dtype() {
        Dtype::Int64 => mask
            .as_slice::<i64>()?
            .iter()
            .map(|one| *one != 0)
            .collect(),
        Dtype::Int32 => mask
            .as_slice::<i32>()?
            .iter()
            .map(|one| *one != 0)
            .collect(),
        _ => return Err(unreadable()),
    };
    if count != rows {
        return Err(unreadable());
    }
    let row = |place: usize| span(&ones[place * width..(place + 1) * width]);
    let spans: Option<Vec<_>> = (0..rows).map(row).collect();
    let spans = spans.ok_or_else(unreadable)?;
    Ok(Tokens {
        count: spans.iter().map(|span| span.len() as u64).sum(),
        spans,
        width,
    })
}

/// Where the ones of a row lie; `None` where they do not follow each other.
fn span(row: &[bool]) -> Option<Range<usize>> {
    let count = row.iter().filter(|one| **one).count();
    let start = row.iter().position(|one| *one).unwrap_or(0);
    let span = start..start + count;
    row[span.clone()].iter().all(|one| *one).then_some(span)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Port;

    fn prepare(port: Port) -> Result<GraphRunner> {
        let whole = Signature {
            inputs: vec![port],
            outputs: vec![],
        };
        GraphRunner::prepare("text-embedding", &Batching::default(), &whole)
    }

    #[test]
    fn texts_go_in_as_the_part_takes_them() {
        let any = Dimension::Any;
        for (dimensions, rank, shape) in [
            (vec![], 0, vec![]),
            (vec![Dimension::Fixed(1)], 1, vec![1]),
            (vec![any.clone()], 1, vec![1]),
            (vec![any.clone(), Dimension::Fixed(1)], 2, vec![1, 1]),
        ] {
            let runner = prepare(Port::tensor("text", Dtype::String, dimensions)).unwrap();
            assert_eq!(runner.rank, rank);
            let rehearsal = runner.rehearsal("y", 1).unwrap();
            assert_eq!(**rehearsal.inputs[0].1.shape(), *shape);
        }
    }

    #[test]
    fn what_takes_no_texts_is_refused() {
        for port in [
            Port::tensor("x", Dtype::Float32, [Dimension::Any]),
            Port::tensor("text", Dtype::String, [Dimension::Fixed(2)]),
            Port::tensor("text", Dtype::String, [Dimension::Any, Dimension::Fixed(2)]),
        ] {
            let kind = port.kind.to_string();
            let error = prepare(port).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidPackage);
            assert!(error.to_string().contains(&kind), "{error}");
        }
    }

    #[test]
    fn a_mask_says_where_the_tokens_lie() {
        let mask = Tensor::from_vec([2, 3], vec![1_i64, 1, 0, 0, 0, 1]).unwrap();
        let read = tokens(&mask, 2).unwrap();
        assert_eq!(
            (read.spans, read.width, read.count),
            (vec![0..2, 2..3], 3, 3)
        );
        let holes = Tensor::from_vec([1, 3], vec![1_i32, 0, 1]).unwrap();
        assert!(tokens(&holes, 1).is_err());
        assert!(tokens(&mask, 3).is_err());
        let empty = Tensor::from_vec([1, 2], vec![0_i32, 0]).unwrap();
        assert_eq!(tokens(&empty, 1).unwrap().spans, vec![Range::default()]);
    }
}
