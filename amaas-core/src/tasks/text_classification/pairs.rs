//! Classification of pairs: does the first text say the second, are they alike, does one answer the
//! other.
//!
//! The trap: which text comes first is the model's to say. A model of inference reads the premise
//! first and the hypothesis second.

use std::sync::Arc;

use super::{Classification, Classified, Classifier, ClassifyOptions, KIND};
use crate::Result;
use crate::service::{Call, LoadedModel, Route, Ticket};
use crate::tasks::zero_shot::{self, ZeroShot};

impl Route {
    /// Classifies each pair of texts, read as one row; every label, best first. A model for zero-shot
    /// classification says of pairs whether the second text follows from the first.
    ///
    /// ```no_run
    /// # fn main() -> amaas_core::Result<()> {
    /// let service = amaas_core::Service::builder().registry("models/").build()?;
    /// let inference = service.load("inference@^1")?;
    /// let pairs = [("A man plays a guitar.", "Somebody makes music.")];
    /// println!("{}", inference.classify_pairs(&pairs)?[0].labels[0].label);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Unsupported` when the model has another task; `InputTooLong` for a pair over the limit; and
    /// as [`Route::run`].
    pub fn classify_pairs<T: AsRef<str> + Sync, U: AsRef<str> + Sync>(
        &self,
        pairs: &[(T, U)],
    ) -> Result<Vec<Classification>> {
        let options = ClassifyOptions::default();
        Ok(self.classify_pairs_with(pairs, &options)?.answers)
    }

    /// Classifies each pair of texts, with options of this call. Windows run over the second text.
    ///
    /// # Errors
    /// As [`Route::classify_pairs`].
    pub fn classify_pairs_with<T: AsRef<str> + Sync, U: AsRef<str> + Sync>(
        &self,
        pairs: &[(T, U)],
        options: &ClassifyOptions,
    ) -> Result<Classified> {
        let copy = || {
            let owned = |(one, two): &(T, U)| (one.as_ref().to_owned(), two.as_ref().to_owned());
            let pairs: Vec<_> = pairs.iter().map(owned).collect();
            again(pairs.into(), options)
        };
        let classify = |model: &Arc<LoadedModel>| classify(model, pairs, options);
        self.answer(&options.call, classify, copy)
    }

    /// As [`Route::classify_pairs_with`], without waiting: the texts are tokenised on this thread, and
    /// what comes of them comes through the ticket.
    pub fn submit_classify_pairs<
        T: AsRef<str> + Send + Sync + 'static,
        U: AsRef<str> + Send + Sync + 'static,
    >(
        &self,
        pairs: Vec<(T, U)>,
        options: &ClassifyOptions,
    ) -> Ticket<Classified> {
        let pairs: Arc<[(T, U)]> = pairs.into();
        let (own, copied) = (options.clone(), (Arc::clone(&pairs), options.clone()));
        let work = |model: Arc<LoadedModel>, call: Call| async move {
            let options = ClassifyOptions { call, ..own };
            let task = classifier(&model)?;
            let how = (options.overflow, options.pair_truncation);
            let encode = || task.runner.encode_pairs(&model, &pairs, how);
            task.run_later(&model, &options, encode).await
        };
        let copy = move || again(copied.0, &copied.1);
        self.ticket(&options.call, work, copy)
    }
}

/// What classifies pairs: the task, or the inference that zero-shot classification rests on.
fn classifier(model: &LoadedModel) -> Result<&Classifier> {
    model.task::<Classifier>(KIND).or_else(|error| {
        let zero_shot = model.task::<ZeroShot>(zero_shot::KIND);
        zero_shot.map(ZeroShot::inference).map_err(|_| error)
    })
}

/// Classifies pairs on `model`.
pub(super) fn classify<T: AsRef<str> + Sync, U: AsRef<str> + Sync>(
    model: &LoadedModel,
    pairs: &[(T, U)],
    options: &ClassifyOptions,
) -> Result<Classified> {
    let task = classifier(model)?;
    let how = (options.overflow, options.pair_truncation);
    task.run(model, options, || {
        task.runner.encode_pairs(model, pairs, how)
    })
}

/// The same request once more, as another call.
fn again<T: AsRef<str> + Send + Sync + 'static, U: AsRef<str> + Send + Sync + 'static>(
    pairs: Arc<[(T, U)]>,
    options: &ClassifyOptions,
) -> impl FnOnce(&Arc<LoadedModel>, Call) -> Result<Classified> + Send + 'static + use<T, U> {
    let options = options.clone();
    move |model, call| classify(model, &pairs, &ClassifyOptions { call, ..options })
}
