//! Image classification: an image in, labels with scores out.
//!
//! ```no_run
//! # fn main() -> amaas_core::Result<()> {
//! use amaas_core::tasks::Image;
//!
//! let service = amaas_core::Service::builder().registry("models/").build()?;
//! let digits = service.load("digits@^1")?;
//! let answers = digits.classify_images(&[Image::open("seven.png")?])?;
//! println!("{} {:.2}", answers[0][0].label, answers[0][0].score);
//! # Ok(())
//! # }
//! ```
//!
//! The trap: a model says what it knows of an image that looks like those it was trained on. One of
//! white digits on black is at a loss with black ones on white, and says so with as high a score.

use std::sync::Arc;

use super::prepare::Preparer;
use super::runner::{Group, ImageRunner};
use super::{GoldenImages, Image, no_texts};
use crate::Result;
use crate::model::{Function, Golden, ImageClassification, Package, Signature};
use crate::service::{Answer, Call, LoadedModel, PreparedTask, Rehearsal, Route, Ticket};
use crate::tasks::LabelScore;
use crate::tasks::labels::{self, Labels};
use crate::tasks::scores;
use crate::usage::Usage;

const KIND: &str = "image-classification";

/// The answers to a call, in the order of its images, and the receipt.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ImagesClassified {
    /// For each image labels with scores, best first.
    pub answers: Vec<Vec<LabelScore>>,
    /// What the call used.
    pub usage: Usage,
}

/// What a call may say otherwise than the package.
#[derive(Debug, Clone, Default)]
pub struct ClassifyImagesOptions {
    /// How many labels of each image to give, best first; all when absent.
    pub top_k: Option<usize>,
    /// What turns raw outputs into scores; the package's function when absent.
    pub function_to_apply: Option<Function>,
    /// By when, how urgent, and a flag to cancel it.
    pub call: Call,
}

impl Route {
    /// Classifies each image; every label, best first.
    ///
    /// # Errors
    /// `Unsupported` when the model has another task; `InvalidArgument` for what is no image or a
    /// broken one, naming it by its place; `InputTooLong` for one with too many pixels; and as
    /// [`Route::run`].
    pub fn classify_images(&self, images: &[Image]) -> Result<Vec<Vec<LabelScore>>> {
        let options = ClassifyImagesOptions::default();
        Ok(self.classify_images_with(images, &options)?.answers)
    }

    /// Classifies each image, with options of this call.
    ///
    /// # Errors
    /// As [`Route::classify_images`].
    pub fn classify_images_with(
        &self,
        images: &[Image],
        options: &ClassifyImagesOptions,
    ) -> Result<ImagesClassified> {
        let copy = || again(images.into(), options);
        let classify = |model: &Arc<LoadedModel>| classify(model, images, options);
        self.answer(&options.call, classify, copy)
    }

    /// As [`Route::classify_images_with`], without waiting for runs: the images are decoded on
    /// threads of amaas's own, and what comes of them comes through the ticket.
    pub fn submit_classify_images(
        &self,
        images: Vec<Image>,
        options: &ClassifyImagesOptions,
    ) -> Ticket<ImagesClassified> {
        let images: Arc<[Image]> = images.into();
        let (own, once_more) = (options.clone(), (Arc::clone(&images), options.clone()));
        let work = |model: Arc<LoadedModel>, call: Call| async move {
            let options = ClassifyImagesOptions { call, ..own };
            let task = model.task::<Classifier>(KIND)?;
            task.run_later(&model, &images, &options).await
        };
        self.ticket(&options.call, work, move || {
            again(once_more.0, &once_more.1)
        })
    }
}

fn classify(
    model: &LoadedModel,
    images: &[Image],
    options: &ClassifyImagesOptions,
) -> Result<ImagesClassified> {
    model.task::<Classifier>(KIND)?.run(model, images, options)
}

/// The same request once more, as another call.
fn again(
    images: Arc<[Image]>,
    options: &ClassifyImagesOptions,
) -> impl FnOnce(&Arc<LoadedModel>, Call) -> Result<ImagesClassified> + Send + 'static + use<> {
    let options = options.clone();
    move |model, call| classify(model, &images, &ClassifyImagesOptions { call, ..options })
}

impl Answer for ImagesClassified {
    fn usage(&self) -> &Usage {
        &self.usage
    }

    fn usage_mut(&mut self) -> &mut Usage {
        &mut self.usage
    }

    /// The share of images with another first label.
    fn apart(&self, other: &Self) -> f64 {
        let first = |one: &[LabelScore]| one.first().map(|label| label.label.clone());
        let pairs = self.answers.iter().zip(&other.answers);
        let differ = pairs.filter(|(one, other)| first(one) != first(other));
        differ.count() as f64 / self.answers.len().max(1) as f64
    }
}

/// The task, ready for one version.
#[derive(Debug)]
pub(super) struct Classifier {
    function: Function,
    runner: ImageRunner,
    labels: Labels,
    golden: GoldenImages,
}

impl Classifier {
    pub(super) fn prepare(
        settings: &ImageClassification,
        package: &Package,
        signature: &Signature,
    ) -> Result<Arc<dyn PreparedTask>> {
        let image = package.manifest.image.clone().unwrap_or_default();
        let preparer = Preparer::prepare(&image, signature)?;
        let labels = Labels::prepare(&settings.labels, settings.output.as_deref(), signature)?;
        Ok(Arc::new(Self {
            function: settings.function_to_apply,
            runner: ImageRunner::new(preparer, vec![labels.output.clone()]),
            labels,
            golden: GoldenImages::of(package)?,
        }))
    }

    fn run(
        &self,
        model: &LoadedModel,
        images: &[Image],
        options: &ClassifyImagesOptions,
    ) -> Result<ImagesClassified> {
        scores::check_top_k(options.top_k)?;
        let begun = &model.begin(&options.call)?;
        let mut answers = vec![Vec::new(); images.len()];
        let read = |group: &Group| self.read(group, options, &mut answers);
        let usage = self.runner.run(model, images, begun, read)?;
        Ok(ImagesClassified { answers, usage })
    }

    async fn run_later(
        &self,
        model: &LoadedModel,
        images: &[Image],
        options: &ClassifyImagesOptions,
    ) -> Result<ImagesClassified> {
        scores::check_top_k(options.top_k)?;
        let begun = &model.begin(&options.call)?;
        let mut answers = vec![Vec::new(); images.len()];
        let read = |group: &Group| self.read(group, options, &mut answers);
        let usage = self.runner.run_later(model, images, begun, read).await?;
        Ok(ImagesClassified { answers, usage })
    }

    fn read(
        &self,
        group: &Group,
        options: &ClassifyImagesOptions,
        answers: &mut [Vec<LabelScore>],
    ) -> Result<()> {
        let function = options.function_to_apply.unwrap_or(self.function);
        for output in &group.outputs {
            let rows = self.labels.read(output, function)?;
            for (member, scores) in group.members.iter().zip(rows) {
                answers[*member] = self.labels.rank(&scores, options.top_k);
            }
        }
        Ok(())
    }
}

impl PreparedTask for Classifier {
    fn check(&self, model: &LoadedModel, golden: &Golden) -> Result<()> {
        let image = self.golden.get(golden)?;
        let classified = self.run(model, &[image], &ClassifyImagesOptions::default())?;
        labels::check_golden(golden, &classified.answers.concat())
    }

    fn rehearsal(&self, rows: usize, _share: f64) -> Result<Rehearsal> {
        self.runner.rehearsal(rows)
    }

    fn answer(&self, _model: &LoadedModel, _text: &str, _call: &Call) -> Result<()> {
        Err(no_texts(KIND))
    }
}
