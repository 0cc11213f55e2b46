//! Reading the text on images: an image in, its lines of text out, with where they are.
//!
//! ```no_run
//! # fn main() -> amaas_core::Result<()> {
//! use amaas_core::tasks::Image;
//!
//! let service = amaas_core::Service::builder().registry("models/").build()?;
//! let reader = service.load("ocr@^1")?;
//! for line in &reader.read_images(&[Image::open("page.png")?])?[0] {
//!     println!("{} ({:.2}) at {:?}", line.text, line.score, line.corners[0]);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Three graphs of one version take part: the main one finds lines, the part `classifier`, where
//! there is one, says which are upside down, the part `recogniser` reads each. One deadline, one flag
//! and one receipt stand for all of them.
//!
//! The trap: lines come in the order of a plain page, from top to bottom. Columns side by side are
//! read across.

mod alphabet;
mod cut;
mod detect;
mod geometry;
mod pipeline;
mod reader;

use std::sync::Arc;

use self::geometry::Quad;
use self::pipeline::{How, now};
pub(super) use self::reader::Reader;
use self::reader::{CLASSIFIER, RECOGNISER, Reading};
use super::runner::receipt;
use super::{Image, no_texts};
use crate::model::{Golden, Graphs, Ocr, Package};
use crate::service::{
    Answer, Call, Interface, LoadedModel, PreparedTask, Rehearsal, Route, Ticket,
};
use crate::tasks::labels::mismatch;
use crate::usage::Usage;
use crate::{Error, ErrorKind, Result};

const KIND: &str = "ocr";

/// A line of text on an image.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Line {
    /// What it says.
    pub text: String,
    /// The mean probability of its characters, 0 to 1.
    pub score: f64,
    /// The corners around it in pixels `[x, y]` of the image as it is looked at, clockwise, the upper
    /// left one first.
    pub corners: Quad,
}

/// The answers to a call, in the order of its images, and the receipt.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ReadLines {
    /// For each image its lines, in the order in which they are read.
    pub answers: Vec<Vec<Line>>,
    /// What the call used, over all graphs.
    pub usage: Usage,
}

/// What a call may say otherwise than the package.
#[derive(Debug, Clone, Default)]
pub struct ReadImagesOptions {
    /// Leave out lines with a lower score, 0 to 1; the package's threshold when absent.
    pub threshold: Option<f64>,
    /// By when, how urgent, and a flag to cancel it.
    pub call: Call,
}

impl Route {
    /// Reads the text on each image.
    ///
    /// # Errors
    /// `Unsupported` when the model has another task; `InvalidArgument` for what is no image or a
    /// broken one, naming it by its place; `InputTooLong` for one with too many pixels; and as
    /// [`Route::run`].
    pub fn read_images(&self, images: &[Image]) -> Result<Vec<Vec<Line>>> {
        Ok(self
            .read_images_with(images, &ReadImagesOptions::default())?
            .answers)
    }

    /// Reads the text on each image, with options of this call.
    ///
    /// # Errors
    /// As [`Route::read_images`].
    pub fn read_images_with(
        &self,
        images: &[Image],
        options: &ReadImagesOptions,
    ) -> Result<ReadLines> {
        let copy = || again(images.into(), options);
        let read = |model: &Arc<LoadedModel>| read(model, images, options);
        self.answer(&options.call, read, copy)
    }

    /// As [`Route::read_images_with`], without waiting: what comes of it comes through the ticket.
    pub fn submit_read_images(
        &self,
        images: Vec<Image>,
        options: &ReadImagesOptions,
    ) -> Ticket<ReadLines> {
        let images: Arc<[Image]> = images.into();
        let (own, once_more) = (options.clone(), (Arc::clone(&images), options.clone()));
        let work = |model: Arc<LoadedModel>, call: Call| async move {
            let options = ReadImagesOptions { call, ..own };
            let task = model.task::<Reader>(KIND)?;
            task.read(&model, &images, &options, How::Later).await
        };
        self.ticket(&options.call, work, move || {
            again(once_more.0, &once_more.1)
        })
    }
}

fn read(model: &LoadedModel, images: &[Image], options: &ReadImagesOptions) -> Result<ReadLines> {
    let task = model.task::<Reader>(KIND)?;
    now(task.read(model, images, options, How::Now))
}

/// The same request once more, as another call.
fn again(
    images: Arc<[Image]>,
    options: &ReadImagesOptions,
) -> impl FnOnce(&Arc<LoadedModel>, Call) -> Result<ReadLines> + Send + 'static + use<> {
    let options = options.clone();
    move |model, call| read(model, &images, &ReadImagesOptions { call, ..options })
}

impl Answer for ReadLines {
    fn usage(&self) -> &Usage {
        &self.usage
    }

    fn usage_mut(&mut self) -> &mut Usage {
        &mut self.usage
    }

    /// The share of images on which another text is read.
    fn apart(&self, other: &Self) -> f64 {
        let texts = |lines: &[Line]| {
            lines
                .iter()
                .map(|line| line.text.clone())
                .collect::<Vec<_>>()
        };
        let pairs = self.answers.iter().zip(&other.answers);
        let differ = pairs.filter(|(one, other)| texts(one) != texts(other));
        differ.count() as f64 / self.answers.len().max(1) as f64
    }
}

impl Reader {
    pub(super) fn prepare(
        settings: &Ocr,
        package: &Package,
        graphs: &Graphs<Interface>,
    ) -> Result<Arc<dyn PreparedTask>> {
        Ok(Arc::new(Self::new(settings, package, graphs)?))
    }

    async fn read(
        &self,
        model: &LoadedModel,
        images: &[Image],
        options: &ReadImagesOptions,
        how: How,
    ) -> Result<ReadLines> {
        let least = options.threshold.unwrap_or(self.settings.text_threshold);
        check_threshold(least)?;
        let begun = &model.begin(&options.call)?;
        let reading = Reading { model, begun, how };
        let mut usage = receipt(model, images);
        let mut answers = Vec::with_capacity(images.len());
        for (place, image) in images.iter().enumerate() {
            let lines = self.page(image, reading, &mut usage).await;
            let mut lines = lines.map_err(|error| error.with("image", place))?;
            lines.retain(|line| line.score >= least);
            answers.push(lines);
        }
        Ok(ReadLines { answers, usage })
    }
}

fn check_threshold(least: f64) -> Result<()> {
    match (0.0..=1.0).contains(&least) {
        true => Ok(()),
        false => Err(Error::new(
            ErrorKind::InvalidArgument,
            format!("the threshold is `{least}`"),
        )
        .advise("use a number from 0 to 1")),
    }
}

impl PreparedTask for Reader {
    fn check(&self, model: &LoadedModel, golden: &Golden) -> Result<()> {
        let image = self.golden.get(golden)?;
        let options = ReadImagesOptions::default();
        let read = now(self.read(model, &[image], &options, How::Now))?;
        let found: Vec<_> = read
            .answers
            .into_iter()
            .flatten()
            .map(|line| line.text)
            .collect();
        if found == golden.lines {
            return Ok(());
        }
        let pairs = found.iter().zip(&golden.lines);
        let same = pairs.take_while(|(one, other)| one == other).count();
        let message = format!("a golden image is read otherwise from its line `{same}` on");
        Err(mismatch(message).with("lines", found.len()))
    }

    fn rehearsal(&self, rows: usize, _share: f64) -> Result<Rehearsal> {
        self.rehearse(None, rows.min(1))
    }

    fn rehearses(&self, part: &str) -> bool {
        part == RECOGNISER || part == CLASSIFIER
    }

    fn rehearsal_of(&self, part: &str, rows: usize, _share: f64) -> Result<Rehearsal> {
        self.rehearse(Some(part), rows)
    }

    fn answer(&self, _model: &LoadedModel, _text: &str, _call: &Call) -> Result<()> {
        Err(no_texts(KIND))
    }
}

impl Reader {
    fn rehearse(&self, part: Option<&str>, rows: usize) -> Result<Rehearsal> {
        let (preparer, extent) = self.blank(part);
        Ok(Rehearsal {
            inputs: vec![(preparer.input.clone(), preparer.blanks(rows, extent)?)],
            outputs: Vec::new(),
        })
    }
}
