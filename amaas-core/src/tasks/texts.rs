//! How the texts of a task become the inputs of its graph: by a tokenizer, or by a graph of the
//! package.
//!
//! The trap: a graph that prepares texts says nothing of how long they may be, of pairs or of
//! windows. Calls that ask for those are refused.

use std::sync::Arc;

use super::encode::Encoded;
use super::prepared::GraphRunner;
use super::runner::{Group, TextRunner};
use crate::model::{Graphs, Overflow, Package, PairTruncation};
use crate::service::{Begun, Interface, LoadedModel, Preprocessing, Rehearsal};
use crate::usage::Usage;
use crate::{Error, ErrorKind, Result};

/// What runs the texts of a task.
#[derive(Debug)]
pub(super) enum Texts {
    Tokenizer(Arc<TextRunner>),
    Graph(GraphRunner),
}

impl Texts {
    /// As the manifest says.
    ///
    /// # Errors
    /// `InvalidPackage` when tokenizer, manifest and graphs do not fit together.
    pub(super) fn prepare(
        kind: &str,
        package: &Package,
        graphs: &Graphs<Interface>,
    ) -> Result<Self> {
        let manifest = &package.manifest;
        match Preprocessing::prepare(manifest, graphs)? {
            None => {
                let runner = TextRunner::prepare(kind, package, graphs.main.signature())?;
                Ok(Self::Tokenizer(Arc::new(runner)))
            }
            Some(preprocessing) => {
                let signature = preprocessing.signature();
                let runner = GraphRunner::prepare(kind, &manifest.batching, signature)?;
                Ok(Self::Graph(runner))
            }
        }
    }

    /// Texts as rows; `overflow` stands in for the manifest's.
    ///
    /// # Errors
    /// `InputTooLong`, naming the text by its place, where overflow is an error; `InvalidArgument`
    /// where there is no tokenizer to cut.
    pub(super) fn encode<T: AsRef<str> + Sync>(
        &self,
        model: &LoadedModel,
        texts: &[T],
        overflow: Option<Overflow>,
    ) -> Result<Vec<Encoded>> {
        match (self, overflow) {
            (Self::Tokenizer(runner), _) => runner.encode(model, texts, overflow),
            (Self::Graph(runner), None) => Ok(runner.encode(model, texts)),
            (Self::Graph(_), Some(_)) => {
                Err(without_tokenizer("`overflow`").advise("leave it out: no tokenizer cuts texts"))
            }
        }
    }

    /// As [`TextRunner::encode_pairs`].
    ///
    /// # Errors
    /// As [`TextRunner::encode_pairs`]; `InvalidArgument` where there is no tokenizer.
    pub(super) fn encode_pairs<T: AsRef<str> + Sync, U: AsRef<str> + Sync>(
        &self,
        model: &LoadedModel,
        pairs: &[(T, U)],
        how: (Option<Overflow>, Option<PairTruncation>),
    ) -> Result<Vec<Encoded>> {
        match self {
            Self::Tokenizer(runner) => runner.encode_pairs(model, pairs, how),
            Self::Graph(_) => {
                Err(without_tokenizer("a pair of texts").advise("give single texts, or call `run`"))
            }
        }
    }

    /// Runs every row for `output` and hands each group to `read`.
    ///
    /// # Errors
    /// As [`TextRunner::run`].
    pub(super) fn run(
        &self,
        model: &LoadedModel,
        encoded: &[Encoded],
        output: &str,
        begun: &Begun,
        read: impl FnMut(&Group<'_>) -> Result<()>,
    ) -> Result<Usage> {
        match self {
            Self::Tokenizer(runner) => runner.run(model, encoded, output, begun, read),
            Self::Graph(runner) => runner.run(model, encoded, output, begun, read),
        }
    }

    /// As [`Texts::run`], without a thread that waits.
    pub(super) async fn run_later(
        &self,
        model: &LoadedModel,
        encoded: &[Encoded],
        output: &str,
        begun: &Begun,
        read: impl FnMut(&Group<'_>) -> Result<()>,
    ) -> Result<Usage> {
        match self {
            Self::Tokenizer(runner) => runner.run_later(model, encoded, output, begun, read).await,
            Self::Graph(runner) => runner.run_later(model, encoded, output, begun, read).await,
        }
    }

    /// A run for `output` over rows like those of users.
    pub(super) fn rehearsal(&self, output: &str, rows: usize, share: f64) -> Result<Rehearsal> {
        match self {
            Self::Tokenizer(runner) => runner.rehearsal(output, rows, share),
            Self::Graph(runner) => runner.rehearsal(output, rows),
        }
    }
}

fn without_tokenizer(what: &str) -> Error {
    let message =
        format!("{what} needs a tokenizer, and a graph prepares the texts of this package");
    Error::new(ErrorKind::InvalidArgument, message)
}
