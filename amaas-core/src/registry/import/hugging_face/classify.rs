//! Labels, and what makes scores of the graph's numbers, as the text classification pipeline of
//! `transformers` decides it.

use super::super::super::contained::Folder;
use super::super::draft::Draft;
use super::super::read::fault;
use super::config::{Config, FILE, Labels};
use crate::model::{Dimension, Function, Port, PortKind, TextClassification};
use crate::{Error, Result};

/// The output that exporters call so.
pub(super) const LOGITS: &str = "logits";

/// The task of a classifier; `None`, with a note, where it is none.
pub(super) fn read(
    folder: &Folder,
    config: &Config,
    draft: &mut Draft,
) -> Result<Option<TextClassification>> {
    if !config.is_classifier() {
        let known = config.architectures.as_deref().unwrap_or_default();
        let known = known.first().map_or("", String::as_str);
        draft.note(format!(
            "no task: the architecture `{known}` is no sequence classifier, and nothing says how \
             tokens are pooled; pass a pooling to make it an embedding"
        ));
        return Ok(None);
    }
    scores(folder, config, draft)
}

/// Labels and what scores them; `None`, with a note, where there are none.
pub(super) fn scores(
    folder: &Folder,
    config: &Config,
    draft: &mut Draft,
) -> Result<Option<TextClassification>> {
    let signature = &draft.signature;
    let output = signature
        .output(LOGITS)
        .or(signature.outputs.first())
        .cloned();
    let Some(output) = output else {
        draft.note("no task: the graph has no output");
        return Ok(None);
    };
    let labels = labels(folder, config, &output, draft)?;
    if labels.len() < 2 {
        draft.note("no task: one score alone is a measure, not a label");
        return Ok(None);
    }
    let Some(function) = function(folder, config, draft)? else {
        return Ok(None);
    };
    draft.note(
        format!(
            "carried over: {} labels, scored by {function:?}",
            labels.len()
        )
        .to_lowercase(),
    );
    // So `transformers` knows them.
    let follows = |label: &String| label.to_lowercase().starts_with("entail");
    if labels.iter().any(follows) {
        draft.note(
            "the labels are those of inference: as `zero-shot-classification` in place of \
             `text-classification` it would choose among labels that a call names",
        );
    }
    Ok(Some(TextClassification {
        labels,
        function_to_apply: function,
        output: Some(output.name),
    }))
}

/// The labels of `output`, by their numbers in `config.json`, or guessed.
pub(super) fn labels(
    folder: &Folder,
    config: &Config,
    output: &Port,
    draft: &mut Draft,
) -> Result<Vec<String>> {
    let width = width(output);
    let Some(labels) = &config.id2label else {
        let count = width.unwrap_or(2);
        if count > MAX_LABELS {
            return Err(wrong(folder, &format!("has no labels for {count} scores")));
        }
        draft.note("guessed: the labels are `LABEL_0` and so on, as `config.json` has no others");
        return Ok((0..count).map(|number| format!("LABEL_{number}")).collect());
    };
    let labels = in_order(folder, labels)?;
    match width {
        Some(width) if width != labels.len() => Err(wrong(
            folder,
            &format!(
                "has {} labels where the graph's `{}` has {width} scores",
                labels.len(),
                output.name
            ),
        )),
        _ => Ok(labels),
    }
}

/// More labels than this are named, never guessed.
const MAX_LABELS: usize = 10_000;

/// The labels from 0 up, without a gap.
fn in_order(folder: &Folder, labels: &Labels) -> Result<Vec<String>> {
    let mut names = vec![None; labels.0.len()];
    for (number, label) in &labels.0 {
        let refuse = |what: &str| {
            Err(wrong(
                folder,
                &format!("has the label number `{number}`, {what}"),
            ))
        };
        let is_plain = number.bytes().all(|byte| byte.is_ascii_digit());
        let Some(place) = number.parse::<usize>().ok().filter(|_| is_plain) else {
            return refuse("which is none");
        };
        match names.get_mut(place) {
            Some(name @ None) => *name = Some(label.clone()),
            Some(Some(_)) => return refuse("which stands twice"),
            None => return refuse("which leaves a gap"),
        }
    }
    let names: Vec<String> = names.into_iter().flatten().collect();
    let mut sorted: Vec<_> = names.iter().collect();
    sorted.sort();
    if sorted.iter().any(|name| name.is_empty()) || sorted.windows(2).any(|pair| pair[0] == pair[1])
    {
        return Err(wrong(
            folder,
            "has an empty or repeated label in `id2label`",
        ));
    }
    if names.is_empty() {
        return Err(wrong(folder, "has no label in `id2label`"));
    }
    Ok(names)
}

fn function(folder: &Folder, config: &Config, draft: &mut Draft) -> Result<Option<Function>> {
    if let Some(name) = &config.function_to_apply {
        let unknown =
            |cause: Error| wrong(folder, "has a `function_to_apply` that is none").because(cause);
        return name.parse().map(Some).map_err(unknown);
    }
    match config.problem_type.as_deref() {
        Some("multi_label_classification") => Ok(Some(Function::Sigmoid)),
        Some("single_label_classification") => Ok(Some(Function::Softmax)),
        None => {
            draft.note("guessed: exactly one label holds, as `config.json` has no `problem_type`");
            Ok(Some(Function::Softmax))
        }
        Some("regression") => {
            draft.note("no task: a regression has measures, not labels");
            Ok(None)
        }
        Some(_) => Err(wrong(folder, "has a `problem_type` that is none")),
    }
}

/// How many scores an output has, where the graph says so.
fn width(port: &Port) -> Option<usize> {
    match &port.kind {
        PortKind::Tensor(_, Some(dimensions)) => match &dimensions[..] {
            [_, Dimension::Fixed(width)] | [_, _, Dimension::Fixed(width)] => Some(*width),
            _ => None,
        },
        _ => None,
    }
}

fn wrong(folder: &Folder, what: &str) -> Error {
    fault(folder, FILE, what).advise("number the labels from 0 up, one for each score")
}
