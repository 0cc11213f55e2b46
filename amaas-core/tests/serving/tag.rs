//! Token classification against the fake backend: padding, redaction, transitions, what is refused.

use std::sync::Arc;

use amaas_core::clock::SystemClock;
use amaas_core::model::{Dimension, Port, Signature};
use amaas_core::privacy::Redactor;
use amaas_core::runtime::fake::FakeBackend;
use amaas_core::{Dtype, Entity, ErrorKind, LoadSettings, Result, Route, Tensor};

use super::support::{World, bare, signature};

const TASK: &str = "kind = \"token-classification\"\nlabels = [\"O\", \"B-X\", \"I-X\"]";

fn tagging(dtype: Dtype, dimensions: &[Dimension]) -> Signature {
    Signature {
        outputs: vec![Port::tensor("logits", dtype, dimensions)],
        ..signature()
    }
}

fn of_tokens() -> Signature {
    let named = Dimension::named;
    let dimensions = [named("batch"), named("tokens"), Dimension::Fixed(3)];
    tagging(Dtype::Float32, &dimensions)
}

/// The label of the token `id` is its rest by three; of padding it is whatever 7 has.
fn by_id(inputs: &[(&str, &Tensor)]) -> Result<Vec<Tensor>> {
    let ids = inputs[0].1.view::<i64>()?;
    let logits = ids.iter().flat_map(|id| {
        let mut logits = [0.0_f32; 3];
        logits[(id % 3) as usize] = 4.0;
        logits
    });
    let shape = [ids.shape()[0], ids.shape()[1], 3];
    Ok(vec![Tensor::from_vec(shape, logits.collect())?])
}

fn load(backend: &FakeBackend, task: &str, extra: &str, tail: &str) -> Result<Route> {
    let world = World::new();
    let package = world.package_of(task, "1.0.0", extra, tail);
    world.service(backend).load(package.to_str().unwrap())
}

fn tagger(extra: &str) -> Route {
    let backend = FakeBackend::new(of_tokens()).computing(by_id);
    load(&backend, TASK, extra, "").unwrap()
}

fn words(entities: &[Entity]) -> Vec<&str> {
    entities.iter().map(|entity| entity.word.as_str()).collect()
}

#[test]
fn padding_has_no_label_on_either_side() {
    for side in ["left", "right"] {
        let route = tagger(&format!("pad_id = 7\npadding_side = \"{side}\""));
        // The ids of a to e are 1 to 5: B, I, O, B, I.
        let answers = route.tag(&["a b c d", "e", ""]).unwrap();
        assert_eq!(words(&answers[0].entities), ["a b", "d"], "{side}");
        assert_eq!(words(&answers[1].entities), ["e"], "{side}");
        assert!(answers[2].entities.is_empty());
    }
}

#[test]
fn transitions_of_the_package_choose_whole_sequences() {
    let forbid =
        "[task.transitions]\nbetween = [[0, 0, -inf], [0, 0, 0], [0, 0, 0]]\nstart = [0, 0, -inf]";
    let backend = FakeBackend::new(of_tokens()).computing(by_id);
    let route = load(&backend, TASK, "", forbid).unwrap();
    let answers = route.tag(&["e c e", "c e"]).unwrap();
    // Nothing may go on from what is not there: `e` begins a span, or is none.
    assert!(
        answers
            .iter()
            .flat_map(|answer| &answer.entities)
            .all(|entity| entity.score < 0.5)
    );
}

#[test]
fn what_was_taken_out_has_its_place_in_the_callers_text() {
    let backend = FakeBackend::new(of_tokens()).computing(by_id);
    let redactor = Redactor::builder();
    let settings = bare(LoadSettings {
        redactor: Some(Arc::new(redactor.build().unwrap())),
        ..LoadSettings::default()
    });
    let world = World::new();
    let package = world.package_of(TASK, "1.0.0", "overflow = \"window\"", "");
    let service = world.service_with(&backend, Arc::new(SystemClock::default()), settings);
    let route = service.load(package.to_str().unwrap()).unwrap();
    let text = "ü ada@example.org a b c d";
    let answer = route.tag(&[text]).unwrap().remove(0);
    assert_eq!(words(&answer.entities), ["a b", "d"]);
    for entity in &answer.entities {
        assert_eq!(text[entity.start_byte..entity.end_byte], entity.word);
        let characters = text
            .chars()
            .skip(entity.start)
            .take(entity.end - entity.start);
        assert_eq!(characters.collect::<String>(), entity.word);
    }
}

#[test]
fn scores_that_are_no_numbers_fail_and_harm_nobody_else() {
    let backend = FakeBackend::new(of_tokens()).computing(|inputs| {
        let [tensor] = <[Tensor; 1]>::try_from(by_id(inputs)?).unwrap();
        let mut logits = tensor.as_slice::<f32>()?.to_vec();
        if inputs[0].1.view::<i64>()?.iter().any(|id| *id == 5) {
            logits[0] = f32::NAN;
        }
        Ok(vec![Tensor::from_vec(&**tensor.shape(), logits)?])
    });
    let route = load(&backend, TASK, "", "").unwrap();
    let error = route.tag(&["e"]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InferenceFailed);
    assert_eq!(words(&route.tag(&["a"]).unwrap()[0].entities), ["a"]);
}

#[test]
fn outputs_that_hold_no_labels_of_tokens_are_refused() {
    let any = || Dimension::Any;
    for signature in [
        tagging(Dtype::Float32, &[any(), any(), Dimension::Fixed(4)]),
        tagging(Dtype::Float32, &[any(), Dimension::Fixed(3)]),
        tagging(Dtype::Int64, &[any(), any(), Dimension::Fixed(3)]),
    ] {
        let error = load(&FakeBackend::new(signature), TASK, "", "").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidPackage);
        assert!(
            error.to_string().contains("logits") && error.remedy().is_some(),
            "{error}"
        );
    }
    let backend = FakeBackend::new(of_tokens()).computing(|inputs| {
        let rows = inputs[0].1.shape()[0];
        Ok(vec![Tensor::from_vec(
            [rows, 1, 2],
            vec![0.0_f32; 2 * rows],
        )?])
    });
    let error = load(&backend, TASK, "", "")
        .unwrap()
        .tag(&["a b"])
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidPackage);
}

#[test]
fn golden_spans_are_checked_before_the_package_serves() {
    let golden = |start: usize, end: usize| {
        format!(
            "[[golden]]\ntext = \"c a b\"\nentities = [{{ label = \"X\", start = {start}, end = {end}, score = 0.9647 }}]"
        )
    };
    let backend = FakeBackend::new(of_tokens()).computing(by_id);
    assert!(load(&backend, TASK, "", &golden(2, 5)).is_ok());
    let error = load(&backend, TASK, "", &golden(0, 5)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::GoldenMismatch);
    let wrong = "[[golden]]\ntext = \"a\"\nexpect = [{ label = \"X\", score = 1 }]";
    assert_eq!(
        load(&backend, TASK, "", wrong).unwrap_err().kind(),
        ErrorKind::InvalidPackage
    );
}

#[test]
fn settings_that_fit_nothing_are_refused() {
    for task in [
        "kind = \"token-classification\"\nlabels = [\"O\"]",
        "kind = \"token-classification\"\nlabels = [\"O\", \"O\"]",
        "kind = \"token-classification\"\nlabels = [\"O\", \"X\"]\naggregation = \"some\"",
        "kind = \"token-classification\"\nlabels = [\"O\", \"X\"]\ntransitions = { between = [[0, 0]] }",
        "kind = \"token-classification\"\nlabels = [\"O\", \"X\"]\ntransitions = { between = [[0, nan], [0, 0]] }",
        "kind = \"zero-shot-classification\"\nlabels = [\"no\", \"yes\"]",
        "kind = \"zero-shot-classification\"\nlabels = [\"contradiction\", \"entailment\"]\nhypothesis_template = \"x\"",
        "kind = \"text-ranking\"\nlabels = [\"a\", \"b\"]",
    ] {
        let error = load(&FakeBackend::new(of_tokens()), task, "", "").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidPackage, "{task}");
    }
}
