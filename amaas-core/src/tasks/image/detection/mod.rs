//! Object detection: an image in, labels with scores and boxes out.
//!
//! ```no_run
//! # fn main() -> amaas_core::Result<()> {
//! use amaas_core::tasks::Image;
//!
//! let service = amaas_core::Service::builder().registry("models/").build()?;
//! let street = service.load("street@^1")?;
//! for found in &street.detect(&[Image::open("street.jpg")?])?[0] {
//!     println!("{} {:.2} {:?}", found.label, found.score, found.bounds);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! The trap: boxes are in pixels of the image as it is looked at. A file that a camera turned by an
//! EXIF orientation has other pixels when it is opened by what does not turn it back.

mod boxes;
mod overlap;

use std::sync::Arc;

use super::plan::Plan;
use super::prepare::Preparer;
use super::runner::{Group, ImageRunner};
use super::{GoldenImages, Image, no_texts};
use crate::model::{BoxOutputs, Expected, Golden, ObjectDetection, Package, Signature};
use crate::service::{Answer, Call, LoadedModel, PreparedTask, Rehearsal, Route, Ticket};
use crate::tasks::labels::mismatch;
use crate::tasks::runner;
use crate::usage::Usage;
use crate::{Error, ErrorKind, Result};

const KIND: &str = "object-detection";

/// A thing on an image.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Detection {
    /// What it is, as the package names it.
    pub label: String,
    /// How sure the model is, 0 to 1.
    pub score: f64,
    /// Its left, top, right and bottom edge in pixels of the image.
    pub bounds: [f64; 4],
}

/// The answers to a call, in the order of its images, and the receipt.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Detected {
    /// For each image what was found, best first.
    pub answers: Vec<Vec<Detection>>,
    /// What the call used.
    pub usage: Usage,
}

/// What a call may say otherwise than the package.
#[derive(Debug, Clone, Default)]
pub struct DetectOptions {
    /// Leave out boxes with a lower score, 0 to 1; the package's threshold when absent.
    pub threshold: Option<f64>,
    /// Of boxes of one label that overlap by more than this share the best is kept; the package's
    /// when absent.
    pub overlap: Option<f64>,
    /// By when, how urgent, and a flag to cancel it.
    pub call: Call,
}

impl Route {
    /// Finds things on each image, best first.
    ///
    /// # Errors
    /// `Unsupported` when the model has another task; `InvalidArgument` for what is no image or a
    /// broken one, naming it by its place; `InputTooLong` for one with too many pixels; and as
    /// [`Route::run`].
    pub fn detect(&self, images: &[Image]) -> Result<Vec<Vec<Detection>>> {
        Ok(self.detect_with(images, &DetectOptions::default())?.answers)
    }

    /// Finds things on each image, with options of this call.
    ///
    /// # Errors
    /// As [`Route::detect`].
    pub fn detect_with(&self, images: &[Image], options: &DetectOptions) -> Result<Detected> {
        let copy = || again(images.into(), options);
        let detect = |model: &Arc<LoadedModel>| detect(model, images, options);
        self.answer(&options.call, detect, copy)
    }

    /// As [`Route::detect_with`], without waiting for runs: the images are decoded on threads of
    /// amaas's own, and what comes of them comes through the ticket.
    pub fn submit_detect(&self, images: Vec<Image>, options: &DetectOptions) -> Ticket<Detected> {
        let images: Arc<[Image]> = images.into();
        let (own, once_more) = (options.clone(), (Arc::clone(&images), options.clone()));
        let work = |model: Arc<LoadedModel>, call: Call| async move {
            let options = DetectOptions { call, ..own };
            let task = model.task::<Detector>(KIND)?;
            task.run_later(&model, &images, &options).await
        };
        self.ticket(&options.call, work, move || {
            again(once_more.0, &once_more.1)
        })
    }
}

fn detect(model: &LoadedModel, images: &[Image], options: &DetectOptions) -> Result<Detected> {
    model.task::<Detector>(KIND)?.run(model, images, options)
}

/// The same request once more, as another call.
fn again(
    images: Arc<[Image]>,
    options: &DetectOptions,
) -> impl FnOnce(&Arc<LoadedModel>, Call) -> Result<Detected> + Send + 'static + use<> {
    let options = options.clone();
    move |model, call| detect(model, &images, &DetectOptions { call, ..options })
}

impl Answer for Detected {
    fn usage(&self) -> &Usage {
        &self.usage
    }

    fn usage_mut(&mut self) -> &mut Usage {
        &mut self.usage
    }

    /// The share of images with other labels.
    fn apart(&self, other: &Self) -> f64 {
        let labels = |found: &[Detection]| {
            let mut labels: Vec<_> = found.iter().map(|one| one.label.clone()).collect();
            labels.sort();
            labels
        };
        let pairs = self.answers.iter().zip(&other.answers);
        let differ = pairs.filter(|(one, other)| labels(one) != labels(other));
        differ.count() as f64 / self.answers.len().max(1) as f64
    }
}

/// The task, ready for one version.
#[derive(Debug)]
pub(super) struct Detector {
    settings: ObjectDetection,
    runner: ImageRunner,
    golden: GoldenImages,
}

impl Detector {
    pub(super) fn prepare(
        settings: &ObjectDetection,
        package: &Package,
        signature: &Signature,
    ) -> Result<Arc<dyn PreparedTask>> {
        boxes::check_function(settings)?;
        let image = package.manifest.image.clone().unwrap_or_default();
        let preparer = Preparer::prepare(&image, signature)?;
        Ok(Arc::new(Self {
            runner: ImageRunner::new(preparer, outputs(&settings.outputs, signature)?),
            settings: settings.clone(),
            golden: GoldenImages::of(package)?,
        }))
    }

    fn run(
        &self,
        model: &LoadedModel,
        images: &[Image],
        options: &DetectOptions,
    ) -> Result<Detected> {
        let limits = self.limits(options)?;
        let begun = &model.begin(&options.call)?;
        let mut answers = vec![Vec::new(); images.len()];
        let read = |group: &Group| self.read(group, limits, &mut answers);
        let usage = self.runner.run(model, images, begun, read)?;
        Ok(Detected { answers, usage })
    }

    async fn run_later(
        &self,
        model: &LoadedModel,
        images: &[Image],
        options: &DetectOptions,
    ) -> Result<Detected> {
        let limits = self.limits(options)?;
        let begun = &model.begin(&options.call)?;
        let mut answers = vec![Vec::new(); images.len()];
        let read = |group: &Group| self.read(group, limits, &mut answers);
        let usage = self.runner.run_later(model, images, begun, read).await?;
        Ok(Detected { answers, usage })
    }

    /// Threshold and overlap of a call.
    fn limits(&self, options: &DetectOptions) -> Result<(f64, f64)> {
        let threshold = options.threshold.unwrap_or(self.settings.threshold);
        let overlap = options.overlap.unwrap_or(self.settings.overlap);
        for (name, value) in [("threshold", threshold), ("overlap", overlap)] {
            if !(0.0..=1.0).contains(&value) {
                let message = format!("`{name}` is `{value}`");
                return Err(Error::new(ErrorKind::InvalidArgument, message)
                    .advise("use a number from 0 to 1"));
            }
        }
        Ok((threshold, overlap))
    }

    fn read(
        &self,
        group: &Group,
        (threshold, overlap): (f64, f64),
        answers: &mut [Vec<Detection>],
    ) -> Result<()> {
        for (row, (member, plan)) in group.members.iter().zip(&group.plans).enumerate() {
            let all =
                boxes::candidates(&self.settings, &group.outputs, row, plan.canvas, threshold)?;
            let kept = overlap::best(all, overlap, self.settings.max_boxes);
            let detection = |one| self.detection(one, plan);
            answers[*member] = kept.into_iter().map(detection).collect();
        }
        Ok(())
    }

    fn detection(&self, found: overlap::Candidate, plan: &Plan) -> Detection {
        let [left, top, right, bottom] = found.bounds;
        let ((left, top), (right, bottom)) = (plan.back(left, top), plan.back(right, bottom));
        Detection {
            label: self.settings.labels[found.class].clone(),
            score: found.score,
            bounds: [left, top, right, bottom],
        }
    }
}

/// The names of the outputs that are read, in the order in which they are read.
fn outputs(layout: &BoxOutputs, signature: &Signature) -> Result<Vec<String>> {
    let names: Vec<Option<&str>> = match layout {
        BoxOutputs::Separate { boxes, scores } => vec![Some(boxes), Some(scores)],
        BoxOutputs::Decoded {
            boxes,
            scores,
            classes,
        } => vec![Some(boxes), Some(scores), Some(classes)],
        BoxOutputs::Yolo { output, .. } => vec![output.as_deref()],
    };
    let port = |name| runner::output(name, signature).map(|port| port.name.clone());
    names.into_iter().map(port).collect()
}

impl PreparedTask for Detector {
    fn check(&self, model: &LoadedModel, golden: &Golden) -> Result<()> {
        let image = self.golden.get(golden)?;
        let found = self.run(model, &[image], &DetectOptions::default())?;
        let found = found.answers.concat();
        for expected in &golden.expect {
            if !found
                .iter()
                .any(|one| is_like(one, expected, golden.tolerance))
            {
                let message = format!("a golden image has no `{}` where it must", expected.label);
                return Err(mismatch(message).with("tolerance", golden.tolerance));
            }
        }
        Ok(())
    }

    fn rehearsal(&self, rows: usize, _share: f64) -> Result<Rehearsal> {
        self.runner.rehearsal(rows)
    }

    fn answer(&self, _model: &LoadedModel, _text: &str, _call: &Call) -> Result<()> {
        Err(no_texts(KIND))
    }
}

fn is_like(found: &Detection, expected: &Expected, tolerance: f64) -> bool {
    const PIXEL: f64 = 1.0;
    let near = |bounds: [f64; 4]| {
        let mut pairs = bounds.iter().zip(found.bounds);
        pairs.all(|(one, other)| (one - other).abs() <= PIXEL)
    };
    found.label == expected.label
        && (found.score - expected.score).abs() <= tolerance
        && expected.bounds.is_none_or(near)
}
