//! Text classification: a text in, labels with scores out.
//!
//! ```no_run
//! # fn main() -> amaas_core::Result<()> {
//! let service = amaas_core::Service::builder().registry("models/").build()?;
//! let reviews = service.load("sentiment@^1")?;
//! let answers = reviews.classify(&["I loved it"])?;
//! println!("{} {:.2}", answers[0].labels[0].label, answers[0].labels[0].score);
//! # Ok(())
//! # }
//! ```
//!
//! The trap: a text longer than the model takes is an error unless package or caller say
//! otherwise, and an answer to a text that was cut says how much was lost.

use std::sync::Arc;

use super::encode::Encoded;
use super::runner::{self, Group, TextRunner};
use super::scores;
use crate::model::{
    Dimension, Expected, Function, Golden, Overflow, Package, PortKind, Signature,
    TextClassification,
};
use crate::service::{Answer, Call, LoadedModel, PreparedTask, Rehearsal, Route, Ticket};
use crate::tensor::Tensor;
use crate::usage::Usage;
use crate::{Error, ErrorKind, Result};

const KIND: &str = "text-classification";

/// A label and how well it fits.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelScore {
    /// The label, as the package names it.
    pub label: String,
    /// 0 to 1 after softmax or sigmoid; with no function whatever the graph gives.
    pub score: f64,
}

/// The answer to one text.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Classification {
    /// Labels with scores, best first; as many as were asked for.
    pub labels: Vec<LabelScore>,
    /// Tokens that were cut off because the text was too long; 0 when all of it was read.
    pub truncated: usize,
    /// Windows the text was read in; 1 unless it was long and `overflow` says so.
    pub windows: usize,
}

/// The answers to a call, in the order of its texts, and the receipt.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Classified {
    /// One answer for each text.
    pub answers: Vec<Classification>,
    /// What the call used.
    pub usage: Usage,
}

/// What a call may say otherwise than the package.
#[derive(Debug, Clone, Default)]
pub struct ClassifyOptions {
    /// How many labels of each text to give, best first; all when absent.
    pub top_k: Option<usize>,
    /// What turns raw outputs into scores; the package's function when absent.
    pub function_to_apply: Option<Function>,
    /// What happens to texts that are too long; the package's word when absent.
    pub overflow: Option<Overflow>,
    /// By when, how urgent, and a flag to cancel it.
    pub call: Call,
}

impl Route {
    /// Classifies each text; every label, best first.
    ///
    /// # Errors
    /// `Unsupported` when the model has another task; `InputTooLong` for a text over the limit;
    /// and as [`Route::run`].
    pub fn classify<T: AsRef<str> + Sync>(&self, texts: &[T]) -> Result<Vec<Classification>> {
        Ok(self
            .classify_with(texts, &ClassifyOptions::default())?
            .answers)
    }

    /// Classifies each text, with options of this call.
    ///
    /// # Errors
    /// As [`Route::classify`].
    pub fn classify_with<T: AsRef<str> + Sync>(
        &self,
        texts: &[T],
        options: &ClassifyOptions,
    ) -> Result<Classified> {
        let copy = || {
            let texts: Vec<_> = texts.iter().map(|text| text.as_ref().to_owned()).collect();
            classify_again(texts.into(), options)
        };
        let classify = |model: &Arc<LoadedModel>| classify(model, texts, options);
        self.answer(&options.call, classify, copy)
    }

    /// As [`Route::classify_with`], without waiting: the texts are tokenised on this thread, and
    /// what comes of them comes through the ticket.
    pub fn submit_classify<T: AsRef<str> + Send + Sync + 'static>(
        &self,
        texts: Vec<T>,
        options: &ClassifyOptions,
    ) -> Ticket<Classified> {
        let texts: Arc<[T]> = texts.into();
        let (own, again) = (options.clone(), (Arc::clone(&texts), options.clone()));
        let work = |model: Arc<LoadedModel>, call: Call| async move {
            let options = ClassifyOptions { call, ..own };
            let task = model.task::<Classifier>(KIND)?;
            task.run_later(&model, &texts, &options).await
        };
        let copy = move || classify_again(again.0, &again.1);
        self.ticket(&options.call, work, copy)
    }
}

fn classify<T: AsRef<str> + Sync>(
    model: &LoadedModel,
    texts: &[T],
    options: &ClassifyOptions,
) -> Result<Classified> {
    model.task::<Classifier>(KIND)?.run(model, texts, options)
}

/// The same request once more, as another call.
fn classify_again<T: AsRef<str> + Send + Sync + 'static>(
    texts: Arc<[T]>,
    options: &ClassifyOptions,
) -> impl FnOnce(&Arc<LoadedModel>, Call) -> Result<Classified> + Send + 'static + use<T> {
    let options = options.clone();
    move |model, call| classify(model, &texts, &ClassifyOptions { call, ..options })
}

impl Answer for Classified {
    fn usage(&self) -> &Usage {
        &self.usage
    }

    fn usage_mut(&mut self) -> &mut Usage {
        &mut self.usage
    }

    /// The share of texts with another first label.
    fn apart(&self, other: &Self) -> f64 {
        let first = |one: &Classification| one.labels.first().map(|label| label.label.clone());
        let pairs = self.answers.iter().zip(&other.answers);
        let differ = pairs
            .filter(|(one, other)| first(one) != first(other))
            .count();
        differ as f64 / self.answers.len().max(1) as f64
    }
}

/// The task, ready for one version.
#[derive(Debug)]
pub(super) struct Classifier {
    settings: TextClassification,
    runner: TextRunner,
    output: String,
}

impl Classifier {
    pub(super) fn prepare(
        settings: &TextClassification,
        package: &Package,
        signature: &Signature,
    ) -> Result<Arc<dyn PreparedTask>> {
        Ok(Arc::new(Self {
            runner: TextRunner::prepare(KIND, package, signature)?,
            output: score_output(settings, signature)?,
            settings: settings.clone(),
        }))
    }

    fn run<T: AsRef<str> + Sync>(
        &self,
        model: &LoadedModel,
        texts: &[T],
        options: &ClassifyOptions,
    ) -> Result<Classified> {
        let begun = &model.begin(&options.call)?;
        let (encoded, mut reading) = self.reading(model, texts, options)?;
        let read = |group: &Group<'_>| reading.read(self, group);
        let usage = self
            .runner
            .run(model, &encoded, &self.output, begun, read)?;
        Ok(self.classified(&encoded, &reading.scores, options.top_k, usage))
    }

    async fn run_later<T: AsRef<str> + Sync>(
        &self,
        model: &LoadedModel,
        texts: &[T],
        options: &ClassifyOptions,
    ) -> Result<Classified> {
        let begun = &model.begin(&options.call)?;
        let (encoded, mut reading) = self.reading(model, texts, options)?;
        let read = |group: &Group<'_>| reading.read(self, group);
        let later = self
            .runner
            .run_later(model, &encoded, &self.output, begun, read);
        let usage = later.await?;
        Ok(self.classified(&encoded, &reading.scores, options.top_k, usage))
    }

    fn reading<T: AsRef<str> + Sync>(
        &self,
        model: &LoadedModel,
        texts: &[T],
        options: &ClassifyOptions,
    ) -> Result<(Vec<Encoded>, Reading)> {
        let function = self.function(options)?;
        let encoded = self.runner.encode(model, texts, options.overflow)?;
        let reading = Reading {
            shares: runner::shares(&encoded),
            scores: vec![vec![0.0; self.settings.labels.len()]; encoded.len()],
            function,
        };
        Ok((encoded, reading))
    }

    fn classified(
        &self,
        encoded: &[Encoded],
        scores: &[Vec<f64>],
        top_k: Option<usize>,
        usage: Usage,
    ) -> Classified {
        let answer = |(text, scores): (&Encoded, &Vec<f64>)| Classification {
            labels: scores::rank(&self.settings.labels, scores, top_k),
            truncated: text.truncated,
            windows: text.rows.len(),
        };
        let answers = encoded.iter().zip(scores).map(answer).collect();
        Classified { answers, usage }
    }

    fn function(&self, options: &ClassifyOptions) -> Result<Function> {
        scores::check_top_k(options.top_k)?;
        Ok(options
            .function_to_apply
            .unwrap_or(self.settings.function_to_apply))
    }

    /// The scores of each row of one run.
    fn read(&self, tensor: &Tensor, function: Function) -> Result<Vec<Vec<f64>>> {
        let shape = tensor.shape();
        let width = match **shape {
            [_] => 1,
            [_, width] if width > 0 => width,
            _ => return Err(self.unreadable(&shape.to_string())),
        };
        let values = tensor.to_f64()?;
        values
            .chunks_exact(width)
            .map(|row| self.read_row(row.to_vec(), function))
            .collect()
    }

    fn read_row(&self, mut row: Vec<f64>, function: Function) -> Result<Vec<f64>> {
        scores::check_numbers(&self.output, &row)?;
        let binary = row.len() == 1 && self.settings.labels.len() == 2;
        if binary && function == Function::Softmax {
            return Err(Error::new(
                ErrorKind::InvalidArgument,
                "softmax over one output is always 1",
            )
            .advise("use `sigmoid`, or `none` when the graph ends in one"));
        }
        scores::apply(function, &mut row);
        match row[..] {
            [second] if binary => Ok(vec![1.0 - second, second]),
            _ if row.len() == self.settings.labels.len() => Ok(row),
            _ => Err(self.unreadable(&format!("{} scores a row", row.len()))),
        }
    }

    fn unreadable(&self, found: &str) -> Error {
        let message = format!("output `{}` gave {found}", self.output);
        Error::new(ErrorKind::InvalidPackage, message).advise(format!(
            "the manifest names {} labels: export one score a label, or one score for two labels",
            self.settings.labels.len()
        ))
    }
}

/// What was read of the texts of one call so far.
struct Reading {
    shares: Vec<(usize, f64)>,
    scores: Vec<Vec<f64>>,
    function: Function,
}

impl Reading {
    /// Adds the scores of one group to those of their texts.
    fn read(&mut self, task: &Classifier, group: &Group<'_>) -> Result<()> {
        let rows = task.read(group.output, self.function)?;
        for (member, row) in group.members.iter().zip(rows) {
            let (text, share) = self.shares[*member];
            let sums = self.scores[text].iter_mut().zip(row);
            sums.for_each(|(sum, score)| *sum += share * score);
        }
        Ok(())
    }
}

impl PreparedTask for Classifier {
    fn check(&self, model: &LoadedModel, golden: &Golden) -> Result<()> {
        let text = golden.text.iter().collect::<Vec<_>>();
        let classified = self.run(model, &text, &ClassifyOptions::default())?;
        for Expected { label, score } in &golden.expect {
            let labels = classified.answers.iter().flat_map(|answer| &answer.labels);
            let found = labels.into_iter().find(|found| found.label == *label);
            let distance = found.map_or(f64::INFINITY, |found| (found.score - score).abs());
            if distance > golden.tolerance {
                let message =
                    format!("a golden text gets `{label}` with a score off by `{distance}`");
                return Err(Error::new(ErrorKind::GoldenMismatch, message)
                    .with("tolerance", golden.tolerance)
                    .advise(
                        "the model answers differently here than at its author's; do not serve it",
                    ));
            }
        }
        Ok(())
    }

    fn rehearsal(&self, rows: usize, share: f64) -> Result<Rehearsal> {
        self.runner.rehearsal(&self.output, rows, share)
    }

    fn answer(&self, model: &LoadedModel, text: &str, call: &Call) -> Result<()> {
        let options = ClassifyOptions {
            call: call.clone(),
            ..ClassifyOptions::default()
        };
        self.run(model, &[text], &options).map(drop)
    }
}

/// The output with the scores; refuses, before anything runs, one that cannot hold them.
fn score_output(settings: &TextClassification, signature: &Signature) -> Result<String> {
    let port = runner::output(settings.output.as_deref(), signature)?;
    let name = &port.name;
    let labels = settings.labels.len();
    let holds = |width: usize| width == labels || (width == 1 && labels == 2);
    let fits = match &port.kind {
        PortKind::Tensor(_, Some(dimensions)) => match &dimensions[..] {
            [_] => holds(1),
            [_, Dimension::Fixed(width)] => holds(*width),
            [_, _] => true,
            _ => false,
        },
        PortKind::Tensor(_, None) => true,
        PortKind::Other(_) => false,
    };
    if fits {
        return Ok(name.clone());
    }
    let message = format!(
        "output `{name}` is {} where {labels} labels need scores",
        port.kind
    );
    Err(Error::new(ErrorKind::InvalidPackage, message)
        .advise("name as many labels as the output has, or two labels for a single output"))
}
