//! Zero-shot classification: a text and labels in, the labels with scores out.
//!
//! ```no_run
//! # fn main() -> amaas_core::Result<()> {
//! let service = amaas_core::Service::builder().registry("models/").build()?;
//! let topics = service.load("inference@^1")?;
//! let answers = topics.classify_zero_shot(&["The match ended in a draw."], &["sport", "music"])?;
//! println!("{}", answers[0].labels[0].label);
//! # Ok(())
//! # }
//! ```
//!
//! A model of inference reads each text with a sentence about each label, one row each (Yin et al.,
//! 2019, arXiv:1909.00161). Exactly one label holds: their scores are the softmax over how well each
//! sentence follows. With `multi_label`, or a single label, each holds for itself: the softmax over
//! whether its sentence follows or is contradicted.
//!
//! The trap: the sentence is part of the question. `This text is about {}.` may answer better than
//! the package's own template.

use std::sync::Arc;

use super::pair_scores::{PairCall, PairRunner, PairScores};
use super::scores;
use super::text_classification::{Classification, Classified, Classifier, LabelScore};
use crate::model::{
    Function, Golden, Overflow, Package, PairTruncation, Signature, TextClassification,
    ZeroShotClassification, check_template,
};
use crate::service::{Call, LoadedModel, PreparedTask, Rehearsal, Route, Ticket, numbers};
use crate::{Error, ErrorKind, Result};

pub(super) const KIND: &str = "zero-shot-classification";

/// What a call may say otherwise than the package.
#[derive(Debug, Clone, Default)]
pub struct ZeroShotOptions {
    /// The sentence about a label, with `{}` where the label stands; the package's when absent.
    pub hypothesis_template: Option<String>,
    /// Whether labels hold independently; the package's word when absent.
    pub multi_label: Option<bool>,
    /// What happens to texts that are too long; the package's word when absent.
    pub overflow: Option<Overflow>,
    /// Which text of a pair is cut; the package's word when absent.
    pub pair_truncation: Option<PairTruncation>,
    /// By when, how urgent, and a flag to cancel it.
    pub call: Call,
}

impl Route {
    /// Scores each of `labels` for each text, best first.
    ///
    /// # Errors
    /// `Unsupported` when the model has another task; `InvalidArgument` without a label;
    /// `InputTooLong` for a text over the limit; and as [`Route::run`].
    pub fn classify_zero_shot<T: AsRef<str>, L: AsRef<str>>(
        &self,
        texts: &[T],
        labels: &[L],
    ) -> Result<Vec<Classification>> {
        let options = ZeroShotOptions::default();
        Ok(self
            .classify_zero_shot_with(texts, labels, &options)?
            .answers)
    }

    /// Scores each of `labels` for each text, with options of this call. The receipt counts a row for
    /// each text and label.
    ///
    /// # Errors
    /// As [`Route::classify_zero_shot`], and `InvalidArgument` for a template without its `{}`.
    pub fn classify_zero_shot_with<T: AsRef<str>, L: AsRef<str>>(
        &self,
        texts: &[T],
        labels: &[L],
        options: &ZeroShotOptions,
    ) -> Result<Classified> {
        let request = Arc::new(Request::new(texts, labels, options));
        let copy = || again(Arc::clone(&request));
        let classify = |model: &Arc<LoadedModel>| classify(model, &request, &options.call);
        self.answer(&options.call, classify, copy)
    }

    /// As [`Route::classify_zero_shot_with`], without waiting: the texts are tokenised on this thread,
    /// and what comes of them comes through the ticket.
    pub fn submit_classify_zero_shot<T: AsRef<str>, L: AsRef<str>>(
        &self,
        texts: &[T],
        labels: &[L],
        options: &ZeroShotOptions,
    ) -> Ticket<Classified> {
        let request = Arc::new(Request::new(texts, labels, options));
        let copied = Arc::clone(&request);
        let work = |model: Arc<LoadedModel>, call: Call| async move {
            let task = model.task::<ZeroShot>(KIND)?;
            let pairs = task.pairs(&request)?;
            let how = how(&request.options, &call);
            let scores = task
                .runner
                .run_later(&model, &pairs, how, |_| Ok(()))
                .await?;
            Ok(task.classified(&request, scores))
        };
        self.ticket(&options.call, work, move || again(copied))
    }
}

/// A request as it was made.
#[derive(Debug)]
struct Request {
    texts: Vec<String>,
    labels: Vec<String>,
    options: ZeroShotOptions,
}

impl Request {
    fn new<T: AsRef<str>, L: AsRef<str>>(
        texts: &[T],
        labels: &[L],
        options: &ZeroShotOptions,
    ) -> Self {
        Self {
            texts: texts.iter().map(|text| text.as_ref().to_owned()).collect(),
            labels: labels
                .iter()
                .map(|label| label.as_ref().to_owned())
                .collect(),
            options: options.clone(),
        }
    }
}

fn how<'a>(options: &ZeroShotOptions, call: &'a Call) -> PairCall<'a> {
    PairCall {
        overflow: options.overflow,
        truncation: options.pair_truncation,
        call,
    }
}

fn classify(model: &LoadedModel, request: &Request, call: &Call) -> Result<Classified> {
    let task = model.task::<ZeroShot>(KIND)?;
    let pairs = task.pairs(request)?;
    let scores = task
        .runner
        .run(model, &pairs, how(&request.options, call), |_| Ok(()))?;
    Ok(task.classified(request, scores))
}

/// The same request once more, as another call.
fn again(
    request: Arc<Request>,
) -> impl FnOnce(&Arc<LoadedModel>, Call) -> Result<Classified> + Send + 'static + use<> {
    move |model, call| classify(model, &request, &call)
}

/// The task, ready for one version.
#[derive(Debug)]
pub(super) struct ZeroShot {
    settings: ZeroShotClassification,
    runner: PairRunner,
    /// What it says of a pair.
    inference: Classifier,
    entailment: usize,
    contradiction: usize,
}

impl ZeroShot {
    pub(super) fn prepare(
        settings: &ZeroShotClassification,
        package: &Package,
        signature: &Signature,
    ) -> Result<Arc<dyn PreparedTask>> {
        let place = |wanted: &String| settings.labels.iter().position(|label| label == wanted);
        let (output, width) = (settings.output.as_deref(), vec![settings.labels.len()]);
        let runner = PairRunner::prepare(KIND, output, width, (package, signature))?;
        let of_pairs = TextClassification {
            output: settings.output.clone(),
            labels: settings.labels.clone(),
            function_to_apply: Function::Softmax,
        };
        Ok(Arc::new(Self {
            inference: Classifier::over(runner.texts(), &of_pairs, signature)?,
            runner,
            entailment: place(&settings.entailment).unwrap_or(0),
            contradiction: place(&settings.contradiction).unwrap_or(0),
            settings: settings.clone(),
        }))
    }

    /// Whether a second text follows from a first.
    pub(super) fn inference(&self) -> &Classifier {
        &self.inference
    }

    /// Each text with a sentence about each label.
    fn pairs<'a>(&self, request: &'a Request) -> Result<Vec<(&'a str, String)>> {
        if request.labels.is_empty() {
            return Err(Error::new(ErrorKind::InvalidArgument, "no label was given")
                .advise("name the labels to choose from"));
        }
        let own = request.options.hypothesis_template.as_ref();
        let template = own.unwrap_or(&self.settings.hypothesis_template);
        check_template(template).map_err(|remedy| {
            let message = "`hypothesis_template` has no one place for a label";
            Error::new(ErrorKind::InvalidArgument, message).advise(remedy)
        })?;
        let sentences = request
            .labels
            .iter()
            .map(|label| template.replacen("{}", label, 1));
        let sentences: Vec<_> = sentences.collect();
        let pair = |text: &'a String| {
            let each = sentences.iter().cloned();
            each.map(move |sentence| (text.as_str(), sentence))
        };
        Ok(request.texts.iter().flat_map(pair).collect())
    }

    fn classified(&self, request: &Request, scores: PairScores) -> Classified {
        let several = request
            .options
            .multi_label
            .unwrap_or(self.settings.multi_label);
        let several = several || request.labels.len() == 1;
        let count = request.labels.len().max(1);
        let texts = scores
            .rows
            .chunks(count)
            .zip(scores.truncated.chunks(count));
        let answer = |(rows, truncated): (&[Vec<f64>], &[usize])| Classification {
            labels: rank(&request.labels, self.probabilities(rows, several)),
            truncated: truncated.iter().copied().max().unwrap_or(0),
            windows: 1,
        };
        Classified {
            answers: texts.map(answer).collect(),
            usage: scores.usage,
        }
    }

    /// How well each label fits a text whose rows these are.
    fn probabilities(&self, rows: &[Vec<f64>], several: bool) -> Vec<f64> {
        let follows = rows.iter().map(|row| row[self.entailment]);
        if !several {
            let mut scores: Vec<_> = follows.collect();
            scores::apply(Function::Softmax, &mut scores);
            return scores;
        }
        let against = rows.iter().map(|row| row[self.contradiction]);
        let each = follows.zip(against).map(|(follows, against)| {
            let mut both = [follows, against];
            scores::apply(Function::Softmax, &mut both);
            both[0]
        });
        each.collect()
    }
}

fn rank(labels: &[String], scores: Vec<f64>) -> Vec<LabelScore> {
    let pair = |(label, score): (&String, f64)| LabelScore {
        label: label.clone(),
        score,
    };
    let mut ranked: Vec<_> = labels.iter().zip(scores).map(pair).collect();
    ranked.sort_by(|one, other| other.score.total_cmp(&one.score));
    ranked
}

impl PreparedTask for ZeroShot {
    /// The labels that are expected are those to choose from.
    fn check(&self, model: &LoadedModel, golden: &Golden) -> Result<()> {
        let text: Vec<_> = golden.text.iter().collect();
        let labels: Vec<_> = golden
            .expect
            .iter()
            .map(|expected| &expected.label)
            .collect();
        let request = Request::new(&text, &labels, &ZeroShotOptions::default());
        let classified = classify(model, &request, &Call::default())?;
        let found = classified.answers.iter().flat_map(|answer| &answer.labels);
        let pairs = found.filter_map(|found| {
            let expected = golden.expect.iter().find(|one| one.label == found.label)?;
            Some((found.score, expected.score))
        });
        let distance = numbers(pairs);
        if distance <= golden.tolerance {
            return Ok(());
        }
        let message = format!("a golden text gets a label with a score off by `{distance}`");
        Err(Error::new(ErrorKind::GoldenMismatch, message)
            .with("tolerance", golden.tolerance)
            .advise("the model answers differently here than at its author's; do not serve it"))
    }

    fn rehearsal(&self, rows: usize, share: f64) -> Result<Rehearsal> {
        self.runner.rehearsal(rows, share)
    }

    fn answer(&self, model: &LoadedModel, text: &str, call: &Call) -> Result<()> {
        let request = Request::new(&[text], &["this"], &ZeroShotOptions::default());
        classify(model, &request, call).map(drop)
    }
}
