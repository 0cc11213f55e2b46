//! The three models of reading a page, one after the other: a detector finds lines, a classifier
//! says which stand on their heads, a recogniser reads each.
//!
//! The trap: a network's answer about a line depends a little on how wide the rows beside it are, as
//! all are filled up to the widest. So lines are sorted by their proportions and run a few at a time.

use super::super::decode::decode;
use super::super::pixels::Pixels;
use super::super::prepare::Preparer;
use super::super::{GoldenImages, Image};
use super::alphabet::Alphabet;
use super::detect::{Map, Page};
use super::pipeline::{How, Step};
use super::{Line, cut};
use crate::model::{Extent, Graphs, ImageSettings, Ocr, Package, Signature};
use crate::service::{Begun, Interface, LoadedModel, Part};
use crate::tensor::Tensor;
use crate::usage::Usage;
use crate::{Error, ErrorKind, Result};

/// The part that reads a line.
pub(super) const RECOGNISER: &str = "recogniser";
/// The part that says which way up a line is.
pub(super) const CLASSIFIER: &str = "classifier";

/// So many lines run together.
const TOGETHER: usize = 6;

/// The task, ready for one version.
#[derive(Debug)]
pub(in crate::tasks::image) struct Reader {
    pub(super) settings: Ocr,
    pub(super) golden: GoldenImages,
    alphabet: Alphabet,
    detector: Preparer,
    recogniser: Preparer,
    classifier: Option<Preparer>,
}

/// A call under way.
#[derive(Clone, Copy)]
pub(super) struct Reading<'a> {
    pub(super) model: &'a LoadedModel,
    pub(super) begun: &'a Begun,
    pub(super) how: How,
}

impl<'a> Reading<'a> {
    fn step(self, part: Part<'a>, preparer: &'a Preparer) -> Step<'a> {
        Step {
            model: self.model,
            part,
            input: &preparer.input,
            begun: self.begun,
            how: self.how,
        }
    }
}

impl Reader {
    pub(super) fn new(
        settings: &Ocr,
        package: &Package,
        graphs: &Graphs<Interface>,
    ) -> Result<Self> {
        let image = image_settings(package)?;
        let prepare = |signature: &Signature| Preparer::prepare(&image, signature);
        let recogniser = graphs.part(RECOGNISER)?;
        let classifier = graphs.parts.get(CLASSIFIER);
        Ok(Self {
            settings: settings.clone(),
            golden: GoldenImages::of(package)?,
            alphabet: Alphabet::of(&settings.alphabet, recogniser.value("character"))?,
            detector: prepare(graphs.main.signature())?,
            recogniser: prepare(recogniser.signature())?,
            classifier: classifier.map(|one| prepare(one.signature())).transpose()?,
        })
    }

    /// The lines of one image, in the order in which they are read.
    ///
    /// # Errors
    /// `InvalidArgument` for what is no image, and whatever a run ends with.
    pub(super) async fn page(
        &self,
        image: &Image,
        reading: Reading<'_>,
        usage: &mut Usage,
    ) -> Result<Vec<Line>> {
        let pixels = decode(image, false, self.detector.settings.max_pixels)?;
        let page = Page::of(&pixels, &self.settings)?;
        let boxes = self.boxes(&page, reading, usage).await?;
        let canvas = cut::canvas(&page.pixels)?;
        let cut = boxes
            .into_iter()
            .filter_map(|quad| Some((quad, cut::line(&canvas, &quad)?)));
        let (boxes, mut lines): (Vec<_>, Vec<_>) = cut.unzip();
        self.turn(&mut lines, reading, usage).await?;
        let texts = self.texts(&lines, reading, usage).await?;
        let line = |(quad, (text, score))| Line {
            text,
            score,
            corners: page.back(&quad),
        };
        Ok(boxes.into_iter().zip(texts).map(line).collect())
    }

    async fn boxes(
        &self,
        page: &Page,
        reading: Reading<'_>,
        usage: &mut Usage,
    ) -> Result<Vec<super::geometry::Quad>> {
        let seen = page.seen(&self.settings)?;
        let input = self.detector.tensor(&[&seen])?;
        let step = reading.step(reading.model.main(), &self.detector);
        let maps = step.run(&[input], usage).await?;
        let values = maps.iter().map(Tensor::as_slice::<f32>).next();
        let map = Map::new(
            (seen.width, seen.height),
            values.transpose()?.unwrap_or(&[]),
        )?;
        Ok(map.boxes((page.pixels.width, page.pixels.height), &self.settings))
    }

    /// Turns the lines that stand on their heads.
    async fn turn(
        &self,
        lines: &mut [Pixels<'static>],
        reading: Reading<'_>,
        usage: &mut Usage,
    ) -> Result<()> {
        let Some(classifier) = &self.classifier else {
            return Ok(());
        };
        let Extent { height, width } = self.settings.turned_line;
        let groups = groups(lines);
        let stack = |group: &Vec<usize>| stack(classifier, lines, group, (height, width));
        let inputs = groups.iter().map(stack).collect::<Result<Vec<_>>>()?;
        let step = reading.step(reading.model.part(CLASSIFIER)?, classifier);
        let answers = step.run(&inputs, usage).await?;
        for (group, scores) in groups.iter().zip(&answers) {
            let rows = rows(scores, group.len(), 2)?;
            for (place, row) in group.iter().zip(rows) {
                if row[1] > row[0] && f64::from(row[1]) > self.settings.turn_threshold {
                    cut::turn(&mut lines[*place]);
                }
            }
        }
        Ok(())
    }

    async fn texts(
        &self,
        lines: &[Pixels<'static>],
        reading: Reading<'_>,
        usage: &mut Usage,
    ) -> Result<Vec<(String, f64)>> {
        let Extent { height, width } = self.settings.line;
        let groups = groups(lines);
        let least = f64::from(width) / f64::from(height);
        let stack = |group: &Vec<usize>| {
            let ratios = group.iter().map(|place| cut::ratio(&lines[*place]));
            let most = f64::from(height) * ratios.fold(least, f64::max);
            stack(&self.recogniser, lines, group, (height, most as u32))
        };
        let inputs = groups.iter().map(stack).collect::<Result<Vec<_>>>()?;
        let step = reading.step(reading.model.part(RECOGNISER)?, &self.recogniser);
        let answers = step.run(&inputs, usage).await?;
        let mut texts = vec![(String::new(), 0.0); lines.len()];
        for (group, scores) in groups.iter().zip(&answers) {
            let read = self.alphabet.read(scores)?;
            if read.len() != group.len() {
                return Err(unfit(scores, group.len()));
            }
            for (place, text) in group.iter().zip(read) {
                texts[*place] = text;
            }
        }
        Ok(texts)
    }

    /// A blank image of a line, or of a page for the detector.
    pub(super) fn blank(&self, part: Option<&str>) -> (&Preparer, Extent) {
        let edge = self.settings.shortest_edge.next_multiple_of(32);
        let page = Extent {
            height: edge,
            width: edge,
        };
        match (part, &self.classifier) {
            (None, _) => (&self.detector, page),
            (Some(CLASSIFIER), Some(classifier)) => (classifier, self.settings.turned_line),
            (Some(_), _) => (&self.recogniser, self.settings.line),
        }
    }
}

/// The places of lines that run together, sorted by their proportions.
fn groups(lines: &[Pixels<'_>]) -> Vec<Vec<usize>> {
    let mut places: Vec<_> = (0..lines.len()).collect();
    places.sort_by(|one, other| cut::ratio(&lines[*one]).total_cmp(&cut::ratio(&lines[*other])));
    places.chunks(TOGETHER).map(<[usize]>::to_vec).collect()
}

/// Lines brought to one height, each filled up to one width.
fn stack(
    preparer: &Preparer,
    lines: &[Pixels<'_>],
    group: &[usize],
    (height, width): (u32, u32),
) -> Result<Tensor> {
    let fit = |place: &usize| cut::at_height(&lines[*place], height, width);
    let fitted = group.iter().map(fit).collect::<Result<Vec<_>>>()?;
    preparer.padded(&fitted, (width, height))
}

/// The rows of scores that a run over lines gave.
fn rows(scores: &Tensor, lines: usize, width: usize) -> Result<impl Iterator<Item = &[f32]>> {
    if **scores.shape() != [lines, width] {
        return Err(unfit(scores, lines));
    }
    Ok(scores.as_slice::<f32>()?.chunks_exact(width))
}

fn unfit(found: &Tensor, lines: usize) -> Error {
    let message = format!(
        "a run over {lines} lines gave {}{}",
        found.dtype(),
        found.shape()
    );
    Error::new(ErrorKind::InvalidPackage, message)
        .advise("export the graph so that each line answers for itself")
}

/// How pixels become numbers, for all three graphs alike.
fn image_settings(package: &Package) -> Result<ImageSettings> {
    let image = package.manifest.image.clone().unwrap_or_default();
    if image.size.is_some() || image.crop.is_some() || image.input.is_some() {
        let message = "`image.size`, `image.crop` or `image.input` is set for the task `ocr`";
        return Err(Error::new(ErrorKind::InvalidPackage, message)
            .advise("leave it out: the sizes are in `[task]`, and each graph has one input"));
    }
    Ok(image)
}
