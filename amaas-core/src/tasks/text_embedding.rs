//! Text embedding: a text in, a vector out.
//!
//! ```no_run
//! # fn main() -> amaas_core::Result<()> {
//! use amaas_core::{EmbedOptions, Service};
//!
//! let service = Service::builder().registry("models/").build()?;
//! let route = service.load("all-minilm-l6-v2@^1")?;
//! let vectors = route.embed(&["A cat sleeps.", "A dog barks."])?;
//! println!("{}", vectors.row(0).dot(&vectors.row(1)));
//!
//! let short = EmbedOptions { dimensions: Some(128), ..EmbedOptions::default() };
//! assert_eq!(route.embed_with(&["A cat sleeps."], &short)?.vectors.dim(), (1, 128));
//! # Ok(())
//! # }
//! ```
//!
//! The trap: a graph quantised with scales taken at run time gives a text other numbers beside
//! other texts. Its package says `[batching] enabled = false` when that matters.

use std::sync::Arc;

use ndarray::Array2;

use super::encode::Encoded;
use super::pooling;
use super::runner::{self, Group};
use super::texts::Texts;
use crate::model::{
    Dimension, Golden, Graphs, Overflow, Package, Pooling, Port, PortKind, TextEmbedding,
};
use crate::service::{
    Answer, Call, Interface, LoadedModel, PreparedTask, Rehearsal, Route, Ticket, numbers,
};
use crate::usage::Usage;
use crate::{Error, ErrorKind, Result};

const KIND: &str = "text-embedding";

/// The answers to a call, in the order of its texts, and the receipt.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Embedded {
    /// One row for each text, `[texts, dimensions]`.
    pub vectors: Array2<f32>,
    /// For each text the tokens that were cut off because it was too long; 0 when all of it was
    /// read.
    pub truncated: Vec<usize>,
    /// What the call used.
    pub usage: Usage,
}

/// What a call may say otherwise than the package.
#[derive(Debug, Clone, Default)]
pub struct EmbedOptions {
    /// The name of the prompt to put before each text, whose tokens count as the text's own; the
    /// package's default when absent, none when empty.
    pub prompt: Option<String>,
    /// What happens to texts that are too long; the package's word when absent. Windows are
    /// averaged by their tokens, before normalising.
    pub overflow: Option<Overflow>,
    /// How many numbers to keep from the front of each vector; as many as the package says when
    /// absent.
    pub dimensions: Option<usize>,
    /// Whether vectors are scaled to length 1; the package's word when absent.
    pub normalize: Option<bool>,
    /// By when, how urgent, and a flag to cancel it.
    pub call: Call,
}

impl Route {
    /// Embeds each text: `[texts, dimensions]`.
    ///
    /// # Errors
    /// `Unsupported` when the model has another task; `InputTooLong` for a text over the limit;
    /// `InferenceFailed` when a vector is not finite; and as [`Route::run`].
    pub fn embed<T: AsRef<str> + Sync>(&self, texts: &[T]) -> Result<Array2<f32>> {
        Ok(self.embed_with(texts, &EmbedOptions::default())?.vectors)
    }

    /// Embeds each text, with options of this call.
    ///
    /// # Errors
    /// As [`Route::embed`], and `InvalidArgument` for a prompt the package does not have or for
    /// more dimensions than the model has.
    pub fn embed_with<T: AsRef<str> + Sync>(
        &self,
        texts: &[T],
        options: &EmbedOptions,
    ) -> Result<Embedded> {
        let copy = || {
            let texts: Vec<_> = texts.iter().map(|text| text.as_ref().to_owned()).collect();
            embed_again(texts.into(), options)
        };
        let embed = |model: &Arc<LoadedModel>| embed(model, texts, options);
        self.answer(&options.call, embed, copy)
    }

    /// As [`Route::embed_with`], without waiting: the texts are tokenised on this thread, and what
    /// comes of them comes through the ticket.
    pub fn submit_embed<T: AsRef<str> + Send + Sync + 'static>(
        &self,
        texts: Vec<T>,
        options: &EmbedOptions,
    ) -> Ticket<Embedded> {
        let texts: Arc<[T]> = texts.into();
        let (own, again) = (options.clone(), (Arc::clone(&texts), options.clone()));
        let work = |model: Arc<LoadedModel>, call: Call| async move {
            let options = EmbedOptions { call, ..own };
            let task = model.task::<Embedder>(KIND)?;
            task.run_later(&model, &texts, &options).await
        };
        let copy = move || embed_again(again.0, &again.1);
        self.ticket(&options.call, work, copy)
    }
}

fn embed<T: AsRef<str> + Sync>(
    model: &LoadedModel,
    texts: &[T],
    options: &EmbedOptions,
) -> Result<Embedded> {
    model.task::<Embedder>(KIND)?.run(model, texts, options)
}

/// The same request once more, as another call.
fn embed_again<T: AsRef<str> + Send + Sync + 'static>(
    texts: Arc<[T]>,
    options: &EmbedOptions,
) -> impl FnOnce(&Arc<LoadedModel>, Call) -> Result<Embedded> + Send + 'static + use<T> {
    let options = options.clone();
    move |model, call| embed(model, &texts, &EmbedOptions { call, ..options })
}

impl Answer for Embedded {
    fn usage(&self) -> &Usage {
        &self.usage
    }

    fn usage_mut(&mut self) -> &mut Usage {
        &mut self.usage
    }

    /// The greatest difference of any two numbers.
    fn apart(&self, other: &Self) -> f64 {
        if self.vectors.dim() != other.vectors.dim() {
            return f64::INFINITY;
        }
        let pairs = self.vectors.iter().zip(&other.vectors);
        numbers(pairs.map(|(one, other)| (f64::from(*one), f64::from(*other))))
    }
}

/// The task, ready for one version.
#[derive(Debug)]
pub(super) struct Embedder {
    settings: TextEmbedding,
    runner: Texts,
    output: String,
    /// The length of the model's own vectors, where the graph states it.
    width: Option<usize>,
}

impl Embedder {
    pub(super) fn prepare(
        settings: &TextEmbedding,
        package: &Package,
        graphs: &Graphs<Interface>,
    ) -> Result<Arc<dyn PreparedTask>> {
        let signature = graphs.main.signature();
        let port = runner::output(settings.output.as_deref(), signature)?;
        let width = stated_width(settings.pooling, port)?;
        let embedder = Self {
            settings: settings.clone(),
            runner: Texts::prepare(KIND, package, graphs)?,
            output: port.name.clone(),
            width,
        };
        embedder.check_dimensions(settings.dimensions, width, ErrorKind::InvalidPackage)?;
        Ok(Arc::new(embedder))
    }

    fn run<T: AsRef<str> + Sync>(
        &self,
        model: &LoadedModel,
        texts: &[T],
        options: &EmbedOptions,
    ) -> Result<Embedded> {
        let begun = &model.begin(&options.call)?;
        let encoded = self.encode(model, texts, options)?;
        let (shares, mut vectors) = self.reading(&encoded, options);
        let read = |group: &Group<'_>| self.read(group, options, &shares, &mut vectors);
        let usage = self
            .runner
            .run(model, &encoded, &self.output, begun, read)?;
        Ok(self.embedded(&encoded, vectors, options, usage))
    }

    async fn run_later<T: AsRef<str> + Sync>(
        &self,
        model: &LoadedModel,
        texts: &[T],
        options: &EmbedOptions,
    ) -> Result<Embedded> {
        let begun = &model.begin(&options.call)?;
        let encoded = self.encode(model, texts, options)?;
        let (shares, mut vectors) = self.reading(&encoded, options);
        let read = |group: &Group<'_>| self.read(group, options, &shares, &mut vectors);
        let later = self
            .runner
            .run_later(model, &encoded, &self.output, begun, read);
        let usage = later.await?;
        Ok(self.embedded(&encoded, vectors, options, usage))
    }

    fn encode<T: AsRef<str> + Sync>(
        &self,
        model: &LoadedModel,
        texts: &[T],
        options: &EmbedOptions,
    ) -> Result<Vec<Encoded>> {
        self.check_dimensions(options.dimensions, self.width, ErrorKind::InvalidArgument)?;
        match self.prefix(options)? {
            "" => self.runner.encode(model, texts, options.overflow),
            prefix => {
                let prompted = texts
                    .iter()
                    .map(|text| format!("{prefix}{}", text.as_ref()));
                let prompted: Vec<_> = prompted.collect();
                self.runner.encode(model, &prompted, options.overflow)
            }
        }
    }

    /// The share of each row in its text's vector, and the place for the vectors.
    fn reading(
        &self,
        encoded: &[Encoded],
        options: &EmbedOptions,
    ) -> (Vec<(usize, f64)>, Array2<f32>) {
        let known = self.wanted(options).or(self.width).unwrap_or(0);
        let vectors = Array2::zeros((encoded.len(), known));
        (runner::shares(encoded), vectors)
    }

    /// The answer: each vector the mean of its text's windows by their tokens, and then normalised.
    fn embedded(
        &self,
        encoded: &[Encoded],
        mut vectors: Array2<f32>,
        options: &EmbedOptions,
        usage: Usage,
    ) -> Embedded {
        if options.normalize.unwrap_or(self.settings.normalize) {
            let rows = vectors.outer_iter_mut();
            rows.filter_map(ndarray::ArrayViewMut1::into_slice)
                .for_each(pooling::normalize);
        }
        Embedded {
            vectors,
            truncated: encoded.iter().map(|text| text.truncated).collect(),
            usage,
        }
    }

    /// Adds the vectors of one group to those of their texts.
    fn read(
        &self,
        group: &Group<'_>,
        options: &EmbedOptions,
        shares: &[(usize, f64)],
        vectors: &mut Array2<f32>,
    ) -> Result<()> {
        let pooling = self.settings.pooling;
        let width = pooling::width(pooling, group)
            .ok_or_else(|| runner::unreadable(&self.output, group.output, wanted_shape(pooling)))?;
        let keep = self.keep(width, options)?;
        if vectors.ncols() == 0 {
            *vectors = Array2::zeros((vectors.nrows(), keep));
        }
        if vectors.ncols() != keep {
            let wanted = format!("vectors of {}", vectors.ncols());
            return Err(runner::unreadable(&self.output, group.output, &wanted));
        }
        let mut finite = true;
        pooling::pool(pooling, group, width, keep, |row, vector| {
            let (text, share) = shares[row];
            for (sum, value) in vectors.row_mut(text).iter_mut().zip(vector) {
                *sum += (share * value) as f32;
                finite &= sum.is_finite();
            }
        })?;
        if finite {
            return Ok(());
        }
        let message = format!("output `{}` gave a vector that is not finite", self.output);
        Err(Error::new(ErrorKind::InferenceFailed, message)
            .advise("check the model: its weights or the input make it overflow"))
    }

    fn wanted(&self, options: &EmbedOptions) -> Option<usize> {
        options.dimensions.or(self.settings.dimensions)
    }

    /// How many of a vector's `width` numbers to keep.
    fn keep(&self, width: usize, options: &EmbedOptions) -> Result<usize> {
        let fault = match options.dimensions {
            Some(_) => ErrorKind::InvalidArgument,
            None => ErrorKind::InvalidPackage,
        };
        let wanted = self.wanted(options);
        self.check_dimensions(wanted, Some(width), fault)?;
        Ok(wanted.unwrap_or(width))
    }

    fn check_dimensions(
        &self,
        wanted: Option<usize>,
        width: Option<usize>,
        fault: ErrorKind,
    ) -> Result<()> {
        let most = width.unwrap_or(usize::MAX);
        match wanted {
            Some(wanted) if wanted == 0 || wanted > most => {
                let message = format!("`dimensions` is `{wanted}`");
                let remedy = match width {
                    Some(width) => format!("the model has {width}; keep 1 to {width} of them"),
                    None => "keep at least 1".to_owned(),
                };
                Err(Error::new(fault, message).advise(remedy))
            }
            _ => Ok(()),
        }
    }

    /// The text of the prompt that the call or the package names.
    fn prefix(&self, options: &EmbedOptions) -> Result<&str> {
        let default = self.settings.default_prompt.as_ref();
        match options.prompt.as_ref().or(default) {
            Some(name) if !name.is_empty() => self.settings.prompts.get(name).map_or_else(
                || {
                    let message = format!("no prompt is called `{name}`");
                    Err(Error::new(ErrorKind::InvalidArgument, message)
                        .advise(self.settings.choices()))
                },
                |prefix| Ok(prefix.as_str()),
            ),
            _ => Ok(""),
        }
    }
}

impl PreparedTask for Embedder {
    fn check(&self, model: &LoadedModel, golden: &Golden) -> Result<()> {
        let texts: Vec<_> = golden.text.iter().collect();
        let options = EmbedOptions {
            prompt: golden.prompt.clone(),
            ..EmbedOptions::default()
        };
        let vectors = self.run(model, &texts, &options)?.vectors;
        if golden.embedding.len() > vectors.ncols() {
            let message = format!(
                "a golden embedding has `{}` numbers",
                golden.embedding.len()
            );
            return Err(
                Error::new(ErrorKind::InvalidPackage, message).advise(format!(
                    "the model gives {}; write as many or fewer",
                    vectors.ncols()
                )),
            );
        }
        let pairs = golden.embedding.iter().zip(&vectors);
        let distances = pairs.map(|(expected, found)| (expected - f64::from(*found)).abs());
        let distance = distances.fold(0.0, f64::max);
        if distance <= golden.tolerance {
            return Ok(());
        }
        let message = format!("the vector of a golden text is off by `{distance}`");
        Err(Error::new(ErrorKind::GoldenMismatch, message)
            .with("tolerance", golden.tolerance)
            .advise("the model answers differently here than at its author's; do not serve it"))
    }

    fn rehearsal(&self, rows: usize, share: f64) -> Result<Rehearsal> {
        self.runner.rehearsal(&self.output, rows, share)
    }

    fn answer(&self, model: &LoadedModel, text: &str, call: &Call) -> Result<()> {
        let options = EmbedOptions {
            call: call.clone(),
            ..EmbedOptions::default()
        };
        self.run(model, &[text], &options).map(drop)
    }
}

/// The length of the vectors in `port`, where the graph states it; refuses, before anything runs,
/// an output that holds none.
fn stated_width(pooling: Pooling, port: &Port) -> Result<Option<usize>> {
    let rank = if pooling == Pooling::None { 2 } else { 3 };
    match &port.kind {
        PortKind::Tensor(dtype, None) if pooling::FLOATS.contains(dtype) => Ok(None),
        PortKind::Tensor(dtype, Some(dimensions))
            if pooling::FLOATS.contains(dtype) && dimensions.len() == rank =>
        {
            match dimensions.last() {
                Some(Dimension::Fixed(width)) => Ok(Some(*width)),
                _ => Ok(None),
            }
        }
        kind => {
            let name = &port.name;
            let wanted = wanted_shape(pooling);
            let message = format!("output `{name}` is {kind} where {wanted} were expected");
            Err(Error::new(ErrorKind::InvalidPackage, message)
                .with("pooling", pooling.name())
                .advise("set `task.output` to another output, or `task.pooling` as the output is"))
        }
    }
}

fn wanted_shape(pooling: Pooling) -> &'static str {
    match pooling {
        Pooling::None => "floats of [batch, dimensions]",
        Pooling::Mean | Pooling::Cls | Pooling::Last => "floats of [batch, tokens, dimensions]",
    }
}
