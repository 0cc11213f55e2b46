//! Tasks over images: the methods of `amaas.Route` that take them, and their answers as lists of
//! dicts in the shape of the pipelines of `transformers`.

use amaas_core::model::Task;
use amaas_core::tasks::{ClassifyImagesOptions, DetectOptions, Detection, Line, ReadImagesOptions};
use amaas_core::{Call, LabelScore};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::call::{Seconds, call};
use crate::classification::{self, TopK};
use crate::errors::Result;
use crate::images::Images;
use crate::receipt::{Payer, give};
use crate::route::{Route, parse, refuse_labels};
use crate::{interrupt, later};

/// What a call of a route with images may say, whichever task it has.
pub(crate) struct Said<'a> {
    pub(crate) top_k: TopK,
    pub(crate) function_to_apply: Option<&'a str>,
    pub(crate) call: Call,
    pub(crate) receipt: Option<Payer>,
}

/// Whether a task reads images.
pub(crate) fn reads(task: Option<&Task>) -> bool {
    matches!(
        task,
        Some(Task::ImageClassification(_) | Task::ObjectDetection(_) | Task::Ocr(_))
    )
}

impl Route {
    /// Answers images by whichever task the route has.
    pub(crate) fn see<'py>(
        &self,
        py: Python<'py>,
        images: &Bound<'py, PyAny>,
        said: Said<'_>,
    ) -> Result<Bound<'py, PyAny>> {
        let model = self.held.get()?.lease();
        match &model.manifest().task {
            Some(task @ Task::ObjectDetection(_)) => {
                refuse_labels(task.kind(), said.top_k, said.function_to_apply)?;
                let options = DetectOptions::default();
                self.detect_of(py, images, options, (said.call, said.receipt))
            }
            Some(task @ Task::Ocr(_)) => {
                refuse_labels(task.kind(), said.top_k, said.function_to_apply)?;
                let options = ReadImagesOptions::default();
                self.read_of(py, images, options, (said.call, said.receipt))
            }
            _ => self.classify_of(py, images, said),
        }
    }

    fn classify_of<'py>(
        &self,
        py: Python<'py>,
        images: &Bound<'py, PyAny>,
        said: Said<'_>,
    ) -> Result<Bound<'py, PyAny>> {
        let route = self.held.get()?;
        let (options, images) = (
            options(said.top_k, said.function_to_apply, Call::default())?,
            Images::take(images)?,
        );
        let classified = interrupt::detached(py, said.call, |call| {
            let call = call.clone();
            route.classify_images_with(
                &images.all,
                &ClassifyImagesOptions {
                    call,
                    ..options.clone()
                },
            )
        })?;
        give(py, said.receipt.as_ref(), &classified.usage)?;
        labels(py, said.top_k, &classified.answers, images.is_one)
    }

    fn detect_of<'py>(
        &self,
        py: Python<'py>,
        images: &Bound<'py, PyAny>,
        options: DetectOptions,
        (call, receipt): (Call, Option<Payer>),
    ) -> Result<Bound<'py, PyAny>> {
        let (route, images) = (self.held.get()?, Images::take(images)?);
        let found = interrupt::detached(py, call, |call| {
            let call = call.clone();
            route.detect_with(
                &images.all,
                &DetectOptions {
                    call,
                    ..options.clone()
                },
            )
        })?;
        give(py, receipt.as_ref(), &found.usage)?;
        nest(py, &found.answers, images.is_one, detection)
    }

    fn read_of<'py>(
        &self,
        py: Python<'py>,
        images: &Bound<'py, PyAny>,
        options: ReadImagesOptions,
        (call, receipt): (Call, Option<Payer>),
    ) -> Result<Bound<'py, PyAny>> {
        let (route, images) = (self.held.get()?, Images::take(images)?);
        let found = interrupt::detached(py, call, |call| {
            let call = call.clone();
            route.read_images_with(
                &images.all,
                &ReadImagesOptions {
                    call,
                    ..options.clone()
                },
            )
        })?;
        give(py, receipt.as_ref(), &found.usage)?;
        nest(py, &found.answers, images.is_one, line)
    }
}

#[pymethods]
impl Route {
    /// Classify one image or a list of images.
    ///
    /// An image is the bytes of a PNG, JPEG, WebP or BMP file, a path to one, an array of uint8 with
    /// the shape ``[height, width]`` or ``[height, width, 1, 3 or 4]``, or an image of Pillow's.
    /// Answers are nested as those of a call with texts; ``timeout`` and the rest are as in ``run``.
    ///
    /// Raises ``TypeError`` for what is no image, ``InvalidArgument`` for a broken one, ``InputTooLong``
    /// for one with too many pixels and ``Unsupported`` for a model without the task.
    ///
    /// >>> digits = service.load("digits@^1")
    /// >>> digits.classify_images("seven.png")
    /// [{'label': '7', 'score': 0.99}]
    #[pyo3(signature = (images, *, top_k = TopK::Unsaid, function_to_apply = None, timeout = None, priority = None, key = None, tenant = None, idempotency = None, receipt = None))]
    #[expect(
        clippy::too_many_arguments,
        reason = "keyword arguments, as Python users expect"
    )]
    fn classify_images<'py>(
        &self,
        py: Python<'py>,
        images: &Bound<'py, PyAny>,
        top_k: TopK,
        function_to_apply: Option<&str>,
        timeout: Option<Seconds>,
        priority: Option<&str>,
        key: Option<String>,
        tenant: Option<&str>,
        idempotency: Option<&str>,
        receipt: Option<Payer>,
    ) -> Result<Bound<'py, PyAny>> {
        let call = call(timeout, priority, key, tenant, idempotency)?;
        self.classify_of(
            py,
            images,
            Said {
                top_k,
                function_to_apply,
                call,
                receipt,
            },
        )
    }

    /// As ``classify_images``, for ``await``: nothing blocks meanwhile but the reading of files.
    ///
    /// Cancelling what awaits it cancels the request.
    ///
    /// >>> await digits.classify_images_async("seven.png")
    #[pyo3(signature = (images, *, top_k = TopK::Unsaid, function_to_apply = None, timeout = None, priority = None, key = None, tenant = None, idempotency = None, receipt = None))]
    #[expect(
        clippy::too_many_arguments,
        reason = "keyword arguments, as Python users expect"
    )]
    fn classify_images_async<'py>(
        &self,
        py: Python<'py>,
        images: &Bound<'py, PyAny>,
        top_k: TopK,
        function_to_apply: Option<&str>,
        timeout: Option<Seconds>,
        priority: Option<&str>,
        key: Option<String>,
        tenant: Option<&str>,
        idempotency: Option<&str>,
        receipt: Option<Payer>,
    ) -> Result<Bound<'py, PyAny>> {
        let route = self.held.get()?;
        let call = call(timeout, priority, key, tenant, idempotency)?;
        let options = options(top_k, function_to_apply, call)?;
        let Images { all, is_one } = Images::take(images)?;
        later::future(
            py,
            move || route.submit_classify_images(all, &options),
            move |py, found| {
                give(py, receipt.as_ref(), &found.usage)?;
                Ok(labels(py, top_k, &found.answers, is_one)?.unbind())
            },
        )
    }

    /// Find things on one image or a list of images: for each a list of dicts, best first, with
    /// ``"label"``, ``"score"`` and ``"box"``, which has ``"xmin"``, ``"ymin"``, ``"xmax"`` and
    /// ``"ymax"`` in pixels.
    ///
    /// ``threshold`` leaves out lower scores; of boxes of one label that overlap by more than
    /// ``overlap`` the best is kept. Both are from 0 to 1, and the package's own when ``None``. Images
    /// and what is raised are as in ``classify_images``.
    ///
    /// >>> street.detect("street.jpg", threshold=0.5)
    #[pyo3(signature = (images, *, threshold = None, overlap = None, timeout = None, priority = None, key = None, tenant = None, idempotency = None, receipt = None))]
    #[expect(
        clippy::too_many_arguments,
        reason = "keyword arguments, as Python users expect"
    )]
    fn detect<'py>(
        &self,
        py: Python<'py>,
        images: &Bound<'py, PyAny>,
        threshold: Option<f64>,
        overlap: Option<f64>,
        timeout: Option<Seconds>,
        priority: Option<&str>,
        key: Option<String>,
        tenant: Option<&str>,
        idempotency: Option<&str>,
        receipt: Option<Payer>,
    ) -> Result<Bound<'py, PyAny>> {
        let options = DetectOptions {
            threshold,
            overlap,
            ..DetectOptions::default()
        };
        let call = call(timeout, priority, key, tenant, idempotency)?;
        self.detect_of(py, images, options, (call, receipt))
    }

    /// As ``detect``, for ``await``: nothing blocks meanwhile but the reading of files.
    ///
    /// Cancelling what awaits it cancels the request.
    ///
    /// >>> await street.detect_async("street.jpg")
    #[pyo3(signature = (images, *, threshold = None, overlap = None, timeout = None, priority = None, key = None, tenant = None, idempotency = None, receipt = None))]
    #[expect(
        clippy::too_many_arguments,
        reason = "keyword arguments, as Python users expect"
    )]
    fn detect_async<'py>(
        &self,
        py: Python<'py>,
        images: &Bound<'py, PyAny>,
        threshold: Option<f64>,
        overlap: Option<f64>,
        timeout: Option<Seconds>,
        priority: Option<&str>,
        key: Option<String>,
        tenant: Option<&str>,
        idempotency: Option<&str>,
        receipt: Option<Payer>,
    ) -> Result<Bound<'py, PyAny>> {
        let route = self.held.get()?;
        let call = call(timeout, priority, key, tenant, idempotency)?;
        let options = DetectOptions {
            threshold,
            overlap,
            call,
        };
        let Images { all, is_one } = Images::take(images)?;
        later::future(
            py,
            move || route.submit_detect(all, &options),
            move |py, found| {
                give(py, receipt.as_ref(), &found.usage)?;
                Ok(nest(py, &found.answers, is_one, detection)?.unbind())
            },
        )
    }

    /// Read the text on one image or a list of images: for each a list of dicts, from top to bottom,
    /// with ``"text"``, ``"score"`` and ``"corners"``, four ``[x, y]`` in pixels, clockwise from the
    /// upper left one.
    ///
    /// ``threshold`` leaves out lines with a lower score, 0 to 1; the package's own when ``None``.
    /// Images and what is raised are as in ``classify_images``.
    ///
    /// >>> [line["text"] for line in reader.read_images("page.png")]
    #[pyo3(signature = (images, *, threshold = None, timeout = None, priority = None, key = None, tenant = None, idempotency = None, receipt = None))]
    #[expect(
        clippy::too_many_arguments,
        reason = "keyword arguments, as Python users expect"
    )]
    fn read_images<'py>(
        &self,
        py: Python<'py>,
        images: &Bound<'py, PyAny>,
        threshold: Option<f64>,
        timeout: Option<Seconds>,
        priority: Option<&str>,
        key: Option<String>,
        tenant: Option<&str>,
        idempotency: Option<&str>,
        receipt: Option<Payer>,
    ) -> Result<Bound<'py, PyAny>> {
        let options = ReadImagesOptions {
            threshold,
            ..ReadImagesOptions::default()
        };
        let call = call(timeout, priority, key, tenant, idempotency)?;
        self.read_of(py, images, options, (call, receipt))
    }

    /// As ``read_images``, for ``await``: nothing blocks meanwhile but the reading of files.
    ///
    /// Cancelling what awaits it cancels the request.
    ///
    /// >>> await reader.read_images_async("page.png")
    #[pyo3(signature = (images, *, threshold = None, timeout = None, priority = None, key = None, tenant = None, idempotency = None, receipt = None))]
    #[expect(
        clippy::too_many_arguments,
        reason = "keyword arguments, as Python users expect"
    )]
    fn read_images_async<'py>(
        &self,
        py: Python<'py>,
        images: &Bound<'py, PyAny>,
        threshold: Option<f64>,
        timeout: Option<Seconds>,
        priority: Option<&str>,
        key: Option<String>,
        tenant: Option<&str>,
        idempotency: Option<&str>,
        receipt: Option<Payer>,
    ) -> Result<Bound<'py, PyAny>> {
        let route = self.held.get()?;
        let call = call(timeout, priority, key, tenant, idempotency)?;
        let options = ReadImagesOptions { threshold, call };
        let Images { all, is_one } = Images::take(images)?;
        later::future(
            py,
            move || route.submit_read_images(all, &options),
            move |py, found| {
                give(py, receipt.as_ref(), &found.usage)?;
                Ok(nest(py, &found.answers, is_one, line)?.unbind())
            },
        )
    }
}

fn options(
    top_k: TopK,
    function_to_apply: Option<&str>,
    call: Call,
) -> Result<ClassifyImagesOptions> {
    Ok(ClassifyImagesOptions {
        top_k: top_k.count(),
        function_to_apply: parse(function_to_apply)?,
        call,
    })
}

fn labels<'py>(
    py: Python<'py>,
    top_k: TopK,
    answers: &[Vec<LabelScore>],
    is_one: bool,
) -> Result<Bound<'py, PyAny>> {
    let row = |labels: &Vec<LabelScore>| {
        let entries = labels
            .iter()
            .map(|label| classification::entry(py, 0, label));
        entries.collect::<Result<Vec<_>>>()
    };
    let rows = answers.iter().map(row).collect::<Result<Vec<_>>>()?;
    top_k.nest_rows(py, rows, is_one)
}

/// A list of dicts for one image, a list of such lists for many.
fn nest<'py, T>(
    py: Python<'py>,
    answers: &[Vec<T>],
    is_one: bool,
    entry: impl Fn(Python<'py>, &T) -> Result<Bound<'py, PyDict>>,
) -> Result<Bound<'py, PyAny>> {
    let row = |found: &Vec<T>| {
        let entries = found.iter().map(|one| entry(py, one));
        Ok(PyList::new(py, entries.collect::<Result<Vec<_>>>()?)?.into_any())
    };
    let mut rows = answers.iter().map(row).collect::<Result<Vec<_>>>()?;
    match rows.pop() {
        Some(only) if is_one => Ok(only),
        last => {
            rows.extend(last);
            Ok(PyList::new(py, rows)?.into_any())
        }
    }
}

fn detection<'py>(py: Python<'py>, found: &Detection) -> Result<Bound<'py, PyDict>> {
    let bounds = PyDict::new(py);
    for (name, edge) in ["xmin", "ymin", "xmax", "ymax"].iter().zip(found.bounds) {
        bounds.set_item(name, edge)?;
    }
    let entry = PyDict::new(py);
    entry.set_item(intern!(py, "label"), &found.label)?;
    entry.set_item(intern!(py, "score"), found.score)?;
    entry.set_item(intern!(py, "box"), bounds)?;
    Ok(entry)
}

fn line<'py>(py: Python<'py>, found: &Line) -> Result<Bound<'py, PyDict>> {
    let entry = PyDict::new(py);
    entry.set_item(intern!(py, "text"), &found.text)?;
    entry.set_item(intern!(py, "score"), found.score)?;
    entry.set_item(
        intern!(py, "corners"),
        found.corners.map(|corner| corner.to_vec()).to_vec(),
    )?;
    Ok(entry)
}
