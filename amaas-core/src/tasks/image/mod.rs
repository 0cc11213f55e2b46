//! Tasks over images: labels of a whole image, boxes in it, the text on it.
//!
//! An [`Image`] is a file's bytes or pixels that the caller has. It is decoded and brought to the
//! graph's size beside the runs of others, on threads of amaas's own.
//!
//! The trap: a small file can hold an enormous image. What is in its head is read first, and held
//! against the package's `max_pixels` before anything is allocated for it.

mod classification;
mod decode;
mod detection;
mod input;
mod ocr;
mod pixels;
mod plan;
mod prepare;
mod runner;

use std::sync::Arc;

pub use self::classification::{ClassifyImagesOptions, ImagesClassified};
pub use self::detection::{DetectOptions, Detected, Detection};
pub use self::input::Image;
pub use self::ocr::{Line, ReadImagesOptions, ReadLines};
use crate::model::{Golden, Graphs, Package, PackagePath, Task};
use crate::service::{Interface, PreparedTask};
use crate::{Error, ErrorKind, Result};

/// Makes a task over images ready for one version.
pub(super) fn prepare(
    task: &Task,
    package: &Package,
    graphs: &Graphs<Interface>,
) -> Result<Arc<dyn PreparedTask>> {
    match task {
        Task::ImageClassification(settings) => {
            classification::Classifier::prepare(settings, package, graphs.main.signature())
        }
        Task::ObjectDetection(settings) => {
            detection::Detector::prepare(settings, package, graphs.main.signature())
        }
        Task::Ocr(settings) => ocr::Reader::prepare(settings, package, graphs),
        other => Err(Error::new(
            ErrorKind::Internal,
            format!("the task `{}` reads no images", other.kind()),
        )),
    }
}

/// The images of a package's golden examples, by their files.
#[derive(Debug)]
struct GoldenImages(Vec<(String, Image)>);

impl GoldenImages {
    fn of(package: &Package) -> Result<Self> {
        let paths = package
            .manifest
            .golden
            .iter()
            .filter_map(|golden| golden.image.as_ref());
        let image = |path: &PackagePath| {
            Ok((
                path.to_string(),
                Image::shared(Arc::clone(package.file(path)?)),
            ))
        };
        Ok(Self(paths.map(image).collect::<Result<_>>()?))
    }

    fn get(&self, golden: &Golden) -> Result<Image> {
        let path = golden.image.as_ref().map(ToString::to_string);
        let mut all = self.0.iter();
        let found = all.find(|(known, _)| Some(known) == path.as_ref());
        found.map(|(_, image)| image.clone()).ok_or_else(|| {
            Error::new(ErrorKind::InvalidPackage, "a golden example has no image")
                .advise("give `image`, or `inputs` and `outputs`")
        })
    }
}

/// A task over images cannot answer a text.
fn no_texts(kind: &str) -> Error {
    let message = format!("the task `{kind}` takes no texts");
    Error::new(ErrorKind::Unsupported, message).advise("give tensors")
}
