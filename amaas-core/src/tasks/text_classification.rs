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

mod pairs;

use std::sync::Arc;

use super::encode::Encoded;
use super::labels::{self, Labels};
use super::runner::{self, Group};
use super::scores;
use super::texts::Texts;
use crate::Result;
use crate::model::{
    Function, Golden, Graphs, Overflow, Package, PairTruncation, Signature, TextClassification,
};
use crate::service::{
    Answer, Call, Interface, LoadedModel, PreparedTask, Rehearsal, Route, Ticket,
};
use crate::usage::Usage;

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
    /// Which text of a pair is cut; the package's word when absent.
    pub pair_truncation: Option<PairTruncation>,
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
            let encode = || task.runner.encode(&model, &texts, options.overflow);
            task.run_later(&model, &options, encode).await
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
    let task = model.task::<Classifier>(KIND)?;
    task.run(model, options, || {
        task.runner.encode(model, texts, options.overflow)
    })
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
    runner: Texts,
    labels: Labels,
}

impl Classifier {
    pub(super) fn prepare(
        settings: &TextClassification,
        package: &Package,
        graphs: &Graphs<Interface>,
    ) -> Result<Arc<dyn PreparedTask>> {
        let texts = Texts::prepare(KIND, package, graphs)?;
        let prepared = Self::over(texts, settings, graphs.main.signature())?;
        Ok(Arc::new(prepared))
    }

    /// Over texts that become rows this way.
    pub(super) fn over(
        texts: Texts,
        settings: &TextClassification,
        signature: &Signature,
    ) -> Result<Self> {
        Ok(Self {
            runner: texts,
            labels: Labels::prepare(&settings.labels, settings.output.as_deref(), signature)?,
            settings: settings.clone(),
        })
    }

    fn run(
        &self,
        model: &LoadedModel,
        options: &ClassifyOptions,
        encode: impl FnOnce() -> Result<Vec<Encoded>>,
    ) -> Result<Classified> {
        let begun = &model.begin(&options.call)?;
        let (encoded, mut reading) = self.reading(options, encode)?;
        let read = |group: &Group<'_>| reading.read(self, group);
        let usage = self
            .runner
            .run(model, &encoded, &self.labels.output, begun, read)?;
        Ok(self.classified(&encoded, &reading.scores, options.top_k, usage))
    }

    async fn run_later(
        &self,
        model: &LoadedModel,
        options: &ClassifyOptions,
        encode: impl FnOnce() -> Result<Vec<Encoded>>,
    ) -> Result<Classified> {
        let begun = &model.begin(&options.call)?;
        let (encoded, mut reading) = self.reading(options, encode)?;
        let read = |group: &Group<'_>| reading.read(self, group);
        let later = self
            .runner
            .run_later(model, &encoded, &self.labels.output, begun, read);
        let usage = later.await?;
        Ok(self.classified(&encoded, &reading.scores, options.top_k, usage))
    }

    fn reading(
        &self,
        options: &ClassifyOptions,
        encode: impl FnOnce() -> Result<Vec<Encoded>>,
    ) -> Result<(Vec<Encoded>, Reading)> {
        let function = self.function(options)?;
        let encoded = encode()?;
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
            labels: self.labels.rank(scores, top_k),
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
        let rows = task.labels.read(group.output, self.function)?;
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
        let (text, options) = (
            golden.text.iter().collect::<Vec<_>>(),
            ClassifyOptions::default(),
        );
        let classified = match &golden.text_pair {
            None => classify(model, &text, &options)?,
            Some(second) => {
                let pairs: Vec<_> = text.iter().map(|first| (first, second)).collect();
                pairs::classify(model, &pairs, &options)?
            }
        };
        let answers = classified.answers.iter();
        let found: Vec<_> = answers.flat_map(|answer| answer.labels.clone()).collect();
        labels::check_golden(golden, &found)
    }

    fn rehearsal(&self, rows: usize, share: f64) -> Result<Rehearsal> {
        self.runner.rehearsal(&self.labels.output, rows, share)
    }

    fn answer(&self, model: &LoadedModel, text: &str, call: &Call) -> Result<()> {
        let options = ClassifyOptions {
            call: call.clone(),
            ..ClassifyOptions::default()
        };
        classify(model, &[text], &options).map(drop)
    }
}
