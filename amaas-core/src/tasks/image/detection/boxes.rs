//! From a graph's outputs to boxes on its canvas, whichever layout they come in.
//!
//! The trap: a graph with one class more than there are labels says by the last that there is
//! nothing. It takes part in `softmax` and is never an answer.

use std::borrow::Cow;

use super::overlap::Candidate;
use crate::model::{BoxFormat, BoxOutputs, Function, ObjectDetection};
use crate::tasks::scores;
use crate::tensor::{Dtype, Tensor};
use crate::{Error, ErrorKind, Result};

/// The numbers of one image: boxes of four, a row of scores each, and perhaps a class each.
struct Rows<'a> {
    boxes: Cow<'a, [f32]>,
    scores: Cow<'a, [f32]>,
    width: usize,
    classes: Option<Cow<'a, [f32]>>,
}

/// The boxes of the image in this row of the outputs whose score is high enough.
///
/// # Errors
/// `InvalidPackage` for outputs of other shapes, `InferenceFailed` for what is not a number.
pub(super) fn candidates(
    settings: &ObjectDetection,
    outputs: &[Tensor],
    row: usize,
    canvas: (u32, u32),
    threshold: f64,
) -> Result<Vec<Candidate>> {
    let rows = match (&settings.outputs, outputs) {
        (BoxOutputs::Separate { .. }, [boxes, scores]) => separate(boxes, scores, row)?,
        (BoxOutputs::Decoded { .. }, [boxes, scores, classes]) => {
            decoded(boxes, scores, classes, row)?
        }
        (
            BoxOutputs::Yolo {
                transposed,
                objectness,
                ..
            },
            [output],
        ) => yolo(output, row, *transposed, *objectness)?,
        _ => return Err(unfit("a run gave another number of outputs")),
    };
    let labels = settings.labels.len();
    if rows.classes.is_none() && rows.width != labels && rows.width != labels + 1 {
        let message = format!("the graph tells `{}` classes apart", rows.width);
        return Err(unfit(&message).with("labels", labels));
    }
    let mut found = Vec::new();
    for (place, four) in rows.boxes.chunks_exact(4).enumerate() {
        let Some((class, score)) = class(&rows, place, settings) else {
            continue;
        };
        if score >= threshold {
            let bounds = bounds(four, settings, canvas)?;
            found.push(Candidate {
                class,
                score,
                bounds,
            });
        }
    }
    Ok(found)
}

/// The best class of a box; `None` where there is nothing.
fn class(rows: &Rows<'_>, place: usize, settings: &ObjectDetection) -> Option<(usize, f64)> {
    let labels = settings.labels.len();
    let own = rows
        .scores
        .get(place * rows.width..(place + 1) * rows.width)?;
    let mut own: Vec<f64> = own.iter().map(|score| f64::from(*score)).collect();
    scores::apply(settings.function_to_apply, &mut own);
    if let Some(classes) = &rows.classes {
        let class = classes.get(place).filter(|class| **class >= 0.0)?;
        return Some((*class as usize, *own.first()?)).filter(|(class, _)| *class < labels);
    }
    let all = own.into_iter().enumerate();
    let best = all.max_by(|one, other| one.1.total_cmp(&other.1))?;
    Some(best).filter(|(class, _)| *class < labels)
}

/// Left, top, right and bottom edge on the canvas.
fn bounds(four: &[f32], settings: &ObjectDetection, canvas: (u32, u32)) -> Result<[f64; 4]> {
    let scale = match settings.relative {
        true => [f64::from(canvas.0), f64::from(canvas.1)],
        false => [1.0, 1.0],
    };
    let four: Vec<f64> = four
        .iter()
        .zip(scale.iter().cycle())
        .map(|(value, scale)| f64::from(*value) * scale)
        .collect();
    let [a, b, c, d] = four[..] else {
        return Err(unfit("a box has other than four numbers"));
    };
    if ![a, b, c, d].into_iter().all(f64::is_finite) {
        return Err(
            Error::new(ErrorKind::InferenceFailed, "a box is not a number")
                .advise("check the model: its weights or the input make it overflow"),
        );
    }
    Ok(match settings.boxes {
        BoxFormat::Xyxy => [a, b, c, d],
        BoxFormat::Xywh => [a, b, a + c, b + d],
        BoxFormat::Cxcywh => [a - c / 2.0, b - d / 2.0, a + c / 2.0, b + d / 2.0],
    })
}

fn separate<'a>(boxes: &'a Tensor, scores: &'a Tensor, row: usize) -> Result<Rows<'a>> {
    let ([_, count, 4], [_, rows, width]) = (&**boxes.shape(), &**scores.shape()) else {
        return Err(unfit_shapes(&[boxes, scores]));
    };
    if count != rows || *width == 0 {
        return Err(unfit_shapes(&[boxes, scores]));
    }
    Ok(Rows {
        boxes: part(boxes, row, 4 * count)?,
        scores: part(scores, row, rows * width)?,
        width: *width,
        classes: None,
    })
}

fn decoded<'a>(
    boxes: &'a Tensor,
    scores: &'a Tensor,
    classes: &'a Tensor,
    row: usize,
) -> Result<Rows<'a>> {
    let all = [boxes, scores, classes];
    let ([_, count, 4], [_, scored], [_, classed]) =
        (&**boxes.shape(), &**scores.shape(), &**classes.shape())
    else {
        return Err(unfit_shapes(&all));
    };
    if count != scored || count != classed {
        return Err(unfit_shapes(&all));
    }
    Ok(Rows {
        boxes: part(boxes, row, 4 * count)?,
        scores: part(scores, row, *count)?,
        width: 1,
        classes: Some(part(classes, row, *count)?),
    })
}

fn yolo(output: &Tensor, row: usize, transposed: bool, objectness: bool) -> Result<Rows<'_>> {
    let [_, first, second] = **output.shape() else {
        return Err(unfit_shapes(&[output]));
    };
    let (count, length) = if transposed {
        (second, first)
    } else {
        (first, second)
    };
    let before = 4 + usize::from(objectness);
    if length <= before {
        return Err(unfit_shapes(&[output]));
    }
    let values = part(output, row, count * length)?;
    let at = |place: usize, number: usize| match transposed {
        true => values[number * count + place],
        false => values[place * length + number],
    };
    let weight = |place: usize| if objectness { at(place, 4) } else { 1.0 };
    let boxes = (0..count).flat_map(|place| (0..4).map(move |number| (place, number)));
    let scores = (0..count).flat_map(|place| (before..length).map(move |number| (place, number)));
    Ok(Rows {
        boxes: boxes.map(|(place, number)| at(place, number)).collect(),
        scores: scores
            .map(|(place, number)| at(place, number) * weight(place))
            .collect(),
        width: length - before,
        classes: None,
    })
}

/// The numbers of one image.
fn part(tensor: &Tensor, row: usize, length: usize) -> Result<Cow<'_, [f32]>> {
    let range = row * length..(row + 1) * length;
    let short = || unfit_shapes(&[tensor]);
    if tensor.dtype() == Dtype::Float32 {
        return Ok(Cow::Borrowed(
            tensor.as_slice::<f32>()?.get(range).ok_or_else(short)?,
        ));
    }
    let values = tensor.to_f64()?;
    let own = values.get(range).ok_or_else(short)?;
    Ok(own.iter().map(|value| *value as f32).collect())
}

fn unfit_shapes(found: &[&Tensor]) -> Error {
    let shapes: Vec<_> = found.iter().map(|one| one.shape().to_string()).collect();
    unfit(&format!("the outputs are of {}", shapes.join(", ")))
}

fn unfit(message: &str) -> Error {
    Error::new(ErrorKind::InvalidPackage, message)
        .advise("check `task.outputs` against the graph; see docs/manifest.md for the layouts")
}

/// Refuses functions that the layout leaves no room for.
pub(super) fn check_function(settings: &ObjectDetection) -> Result<()> {
    let single = matches!(settings.outputs, BoxOutputs::Decoded { .. });
    match settings.function_to_apply {
        Function::Softmax if single => Err(unfit("softmax over one score is always 1")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(outputs: BoxOutputs) -> ObjectDetection {
        ObjectDetection {
            labels: vec!["cat".into(), "dog".into()],
            outputs,
            boxes: BoxFormat::Cxcywh,
            relative: false,
            function_to_apply: Function::None,
            threshold: 0.5,
            overlap: 0.5,
            max_boxes: 10,
        }
    }

    fn tensor<const N: usize>(shape: [usize; N], values: Vec<f32>) -> Tensor {
        Tensor::from_vec(shape, values).unwrap()
    }

    const CAT: Candidate = Candidate {
        class: 0,
        score: 0.75,
        bounds: [1.0, 1.0, 3.0, 5.0],
    };

    fn read(settings: &ObjectDetection, outputs: &[Tensor]) -> Result<Vec<Candidate>> {
        candidates(settings, outputs, 0, (10, 10), settings.threshold)
    }

    #[test]
    fn all_layouts_say_the_same() {
        let names = || ("b".to_owned(), "s".to_owned());
        let layout = |transposed, objectness| BoxOutputs::Yolo {
            output: None,
            transposed,
            objectness,
        };
        let plain = tensor(
            [1, 2, 6],
            vec![2., 3., 2., 4., 0.75, 0., 9., 9., 1., 1., 0.1, 0.2],
        );
        assert_eq!(
            read(&settings(layout(false, false)), &[plain]).unwrap(),
            [CAT]
        );
        let turned = tensor(
            [1, 6, 2],
            vec![2., 9., 3., 9., 2., 1., 4., 1., 0.75, 0.1, 0., 0.2],
        );
        assert_eq!(
            read(&settings(layout(true, false)), &[turned]).unwrap(),
            [CAT]
        );
        let object = tensor([1, 1, 7], vec![2., 3., 2., 4., 0.75, 1., 0.]);
        assert_eq!(
            read(&settings(layout(false, true)), &[object]).unwrap(),
            [CAT]
        );
        let (boxes, scores) = names();
        let apart = settings(BoxOutputs::Separate { boxes, scores });
        let four = || tensor([1, 1, 4], vec![2., 3., 2., 4.]);
        let outputs = [four(), tensor([1, 1, 3], vec![0.75, 0., 0.25])];
        assert_eq!(read(&apart, &outputs).unwrap(), [CAT]);
        let nothing = [four(), tensor([1, 1, 3], vec![0.1, 0., 0.9])];
        assert_eq!(read(&apart, &nothing).unwrap(), []);
        let (boxes, scores) = names();
        let classes = "c".to_owned();
        let chosen = settings(BoxOutputs::Decoded {
            boxes,
            scores,
            classes,
        });
        let class = |class: i64| Tensor::from_vec([1, 1], vec![class]).unwrap();
        let outputs = |number| [four(), tensor([1, 1], vec![0.75]), class(number)];
        assert_eq!(read(&chosen, &outputs(0)).unwrap(), [CAT]);
        assert_eq!(read(&chosen, &outputs(-1)).unwrap(), []);
        assert_eq!(read(&chosen, &outputs(7)).unwrap(), []);
    }

    #[test]
    fn formats_and_shares_say_where_a_box_is() {
        let mut settings = settings(BoxOutputs::default());
        settings.relative = true;
        let found = bounds(&[0.2, 0.3, 0.2, 0.4], &settings, (10, 10)).unwrap();
        for (found, wanted) in found.iter().zip(CAT.bounds) {
            assert!((found - wanted).abs() < 1e-6, "{found:?}");
        }
        settings.relative = false;
        settings.boxes = BoxFormat::Xywh;
        assert_eq!(
            bounds(&[1., 1., 2., 4.], &settings, (10, 10)).unwrap(),
            CAT.bounds
        );
        settings.boxes = BoxFormat::Xyxy;
        assert_eq!(
            bounds(&[1., 1., 3., 5.], &settings, (10, 10)).unwrap(),
            CAT.bounds
        );
        let error = bounds(&[1., f32::NAN, 3., 5.], &settings, (10, 10)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InferenceFailed);
    }

    #[test]
    fn outputs_of_other_shapes_are_refused() {
        let settings = settings(BoxOutputs::default());
        for output in [
            tensor([1, 2], vec![0.; 2]),
            tensor([1, 1, 4], vec![0.; 4]),
            tensor([1, 1, 9], vec![1.; 9]),
        ] {
            assert_eq!(
                read(&settings, &[output]).unwrap_err().kind(),
                ErrorKind::InvalidPackage
            );
        }
        assert!(read(&settings, &[]).is_err());
    }
}
