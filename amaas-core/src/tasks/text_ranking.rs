//! Text ranking: a query and documents in, the documents by how well they answer it out.
//!
//! ```no_run
//! # fn main() -> amaas_core::Result<()> {
//! let service = amaas_core::Service::builder().registry("models/").build()?;
//! let ranker = service.load("ranker@^1")?;
//! let documents = ["Berlin is in Germany.", "A cat sleeps."];
//! for found in ranker.rank("Where is Berlin?", &documents)? {
//!     println!("{:.3} {}", found.score, documents[found.index]);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Each document is read together with the query, one row each: better than comparing vectors that
//! were made apart, and dearer. Rank what a search by vectors found, not everything.
//!
//! The trap: documents with equal scores stand in the order in which they were given.

use std::sync::Arc;

use super::pair_scores::{PairCall, PairRunner, PairScores};
use super::scores;
use crate::model::{Function, Golden, Overflow, Package, PairTruncation, Signature, TextRanking};
use crate::service::{Answer, Call, LoadedModel, PreparedTask, Rehearsal, Route, Ticket, numbers};
use crate::usage::Usage;
use crate::{Error, ErrorKind, Result};

const KIND: &str = "text-ranking";

/// A document and how well it answers the query.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RankedDocument {
    /// Its place among the documents that were given, from 0.
    pub index: usize,
    /// The greater the better: 0 to 1 after sigmoid or softmax, else whatever the graph gives.
    pub score: f64,
    /// Tokens that were cut off because query and document were too long together; 0 when all was
    /// read.
    pub truncated: usize,
}

/// The documents of a call, best first, and the receipt.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Ranked {
    /// The documents, as many as were asked for.
    pub documents: Vec<RankedDocument>,
    /// What the call used.
    pub usage: Usage,
}

/// What a call may say otherwise than the package.
#[derive(Debug, Clone, Default)]
pub struct RankOptions {
    /// How many documents to give, best first; all when absent.
    pub top_k: Option<usize>,
    /// What turns raw outputs into scores; the package's function when absent.
    pub function_to_apply: Option<Function>,
    /// What happens to documents that are too long; the package's word when absent. Windows are
    /// averaged by their tokens.
    pub overflow: Option<Overflow>,
    /// Which text is cut; the package's word when absent.
    pub pair_truncation: Option<PairTruncation>,
    /// By when, how urgent, and a flag to cancel it.
    pub call: Call,
}

impl Route {
    /// Ranks `documents` by how well they answer `query`, best first.
    ///
    /// # Errors
    /// `Unsupported` when the model has another task; `InputTooLong`, naming the document by its
    /// place, where it is over the limit; and as [`Route::run`].
    pub fn rank<T: AsRef<str> + Sync>(
        &self,
        query: &str,
        documents: &[T],
    ) -> Result<Vec<RankedDocument>> {
        Ok(self
            .rank_with(query, documents, &RankOptions::default())?
            .documents)
    }

    /// Ranks `documents`, with options of this call.
    ///
    /// # Errors
    /// As [`Route::rank`], and `InvalidArgument` when no document is asked for.
    pub fn rank_with<T: AsRef<str> + Sync>(
        &self,
        query: &str,
        documents: &[T],
        options: &RankOptions,
    ) -> Result<Ranked> {
        let pairs: Vec<(&str, &str)> = documents
            .iter()
            .map(|text| (query, text.as_ref()))
            .collect();
        let copy = || {
            let owned = |(query, text): &(&str, &str)| ((*query).to_owned(), (*text).to_owned());
            again(pairs.iter().map(owned).collect(), options)
        };
        let rank = |model: &Arc<LoadedModel>| rank(model, &pairs, options);
        self.answer(&options.call, rank, copy)
    }

    /// As [`Route::rank_with`], without waiting: the texts are tokenised on this thread, and what
    /// comes of them comes through the ticket.
    pub fn submit_rank<T: AsRef<str>>(
        &self,
        query: &str,
        documents: &[T],
        options: &RankOptions,
    ) -> Ticket<Ranked> {
        let pair = |text: &T| (query.to_owned(), text.as_ref().to_owned());
        let pairs: Arc<[_]> = documents.iter().map(pair).collect();
        let (own, copied) = (options.clone(), (Arc::clone(&pairs), options.clone()));
        let work = |model: Arc<LoadedModel>, call: Call| async move {
            let options = RankOptions { call, ..own };
            let task = model.task::<Ranker>(KIND)?;
            let function = task.function(&options)?;
            let read = |row: &mut Vec<f64>| read_row(row, function);
            let scores = task
                .runner
                .run_later(&model, &pairs, how(&options), read)
                .await?;
            Ok(ranked(scores, options.top_k))
        };
        let copy = move || again(copied.0, &copied.1);
        self.ticket(&options.call, work, copy)
    }
}

fn how(options: &RankOptions) -> PairCall<'_> {
    PairCall {
        overflow: options.overflow,
        truncation: options.pair_truncation,
        call: &options.call,
    }
}

fn rank<T: AsRef<str> + Sync, U: AsRef<str> + Sync>(
    model: &LoadedModel,
    pairs: &[(T, U)],
    options: &RankOptions,
) -> Result<Ranked> {
    let task = model.task::<Ranker>(KIND)?;
    Ok(ranked(task.scores(model, pairs, options)?, options.top_k))
}

/// The same request once more, as another call.
fn again(
    pairs: Arc<[(String, String)]>,
    options: &RankOptions,
) -> impl FnOnce(&Arc<LoadedModel>, Call) -> Result<Ranked> + Send + 'static + use<> {
    let options = options.clone();
    move |model, call| rank(model, &pairs, &RankOptions { call, ..options })
}

fn ranked(scores: PairScores, top_k: Option<usize>) -> Ranked {
    let each = scores.rows.iter().zip(&scores.truncated).enumerate();
    let document = |(index, (row, truncated)): (usize, (&Vec<f64>, &usize))| RankedDocument {
        index,
        score: row.first().copied().unwrap_or(f64::NAN),
        truncated: *truncated,
    };
    let mut documents: Vec<_> = each.map(document).collect();
    documents.sort_by(|one, other| other.score.total_cmp(&one.score));
    documents.truncate(top_k.unwrap_or(usize::MAX));
    Ranked {
        documents,
        usage: scores.usage,
    }
}

/// One score of a row: its only number, or that of the second of two.
fn read_row(row: &mut Vec<f64>, function: Function) -> Result<()> {
    if row.len() == 1 && function == Function::Softmax {
        return Err(Error::new(
            ErrorKind::InvalidArgument,
            "softmax over one output is always 1",
        )
        .advise("use `sigmoid`, or `none` for the graph's own scores"));
    }
    scores::apply(function, row);
    row.drain(..row.len() - 1);
    Ok(())
}

impl Answer for Ranked {
    fn usage(&self) -> &Usage {
        &self.usage
    }

    fn usage_mut(&mut self) -> &mut Usage {
        &mut self.usage
    }

    /// The greatest difference of any two scores of one document.
    fn apart(&self, other: &Self) -> f64 {
        let score = |ranked: &Self, index: usize| {
            let found = ranked.documents.iter().find(|found| found.index == index);
            found.map_or(f64::NAN, |found| found.score)
        };
        let pairs = self
            .documents
            .iter()
            .map(|one| (one.score, score(other, one.index)));
        numbers(pairs)
    }
}

/// The task, ready for one version.
#[derive(Debug)]
pub(super) struct Ranker {
    settings: TextRanking,
    runner: PairRunner,
}

impl Ranker {
    pub(super) fn prepare(
        settings: &TextRanking,
        package: &Package,
        signature: &Signature,
    ) -> Result<Arc<dyn PreparedTask>> {
        let output = settings.output.as_deref();
        Ok(Arc::new(Self {
            runner: PairRunner::prepare(KIND, output, vec![1, 2], (package, signature))?,
            settings: settings.clone(),
        }))
    }

    fn scores<T: AsRef<str> + Sync, U: AsRef<str> + Sync>(
        &self,
        model: &LoadedModel,
        pairs: &[(T, U)],
        options: &RankOptions,
    ) -> Result<PairScores> {
        let function = self.function(options)?;
        let read = |row: &mut Vec<f64>| read_row(row, function);
        self.runner.run(model, pairs, how(options), read)
    }

    fn function(&self, options: &RankOptions) -> Result<Function> {
        if options.top_k == Some(0) {
            return Err(Error::new(ErrorKind::InvalidArgument, "`top_k` is `0`")
                .advise("ask for at least one document"));
        }
        Ok(options
            .function_to_apply
            .unwrap_or(self.settings.function_to_apply))
    }
}

impl PreparedTask for Ranker {
    fn check(&self, model: &LoadedModel, golden: &Golden) -> Result<()> {
        let query = golden.text.as_deref().unwrap_or_default();
        let pairs: Vec<_> = golden.documents.iter().map(|text| (query, text)).collect();
        let found = self.scores(model, &pairs, &RankOptions::default())?;
        let found = found.rows.iter().flatten().copied();
        let distance = numbers(found.zip(golden.scores.iter().copied()));
        if distance <= golden.tolerance {
            return Ok(());
        }
        let message = format!("a golden document gets a score off by `{distance}`");
        Err(Error::new(ErrorKind::GoldenMismatch, message)
            .with("tolerance", golden.tolerance)
            .advise("the model answers differently here than at its author's; do not serve it"))
    }

    fn rehearsal(&self, rows: usize, share: f64) -> Result<Rehearsal> {
        self.runner.rehearsal(rows, share)
    }

    fn answer(&self, model: &LoadedModel, text: &str, call: &Call) -> Result<()> {
        let options = RankOptions {
            call: call.clone(),
            ..RankOptions::default()
        };
        self.scores(model, &[(text, text)], &options).map(drop)
    }
}
