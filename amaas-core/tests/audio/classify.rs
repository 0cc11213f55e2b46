//! Labels of recordings, read whole or window by window.

use amaas_core::model::{Dimension, Function, Port, Signature};
use amaas_core::runtime::fake::FakeBackend;
use amaas_core::{Audio, ClassifyOptions, Dtype, ErrorKind, Tensor};

use super::support::{World, refused};

const SOUNDS: &str = r#"
    [task]
    kind = "audio-classification"
    labels = ["quiet", "loud"]

    [audio]
    sampling_rate = 1000
"#;

/// Scores of `[1 - mean, mean]` of the samples of each row; the log of row widths is the answer's.
fn sounds() -> FakeBackend {
    let batch = || Dimension::named("batch");
    let samples = [batch(), Dimension::named("samples")];
    let scores = [batch(), Dimension::Fixed(2)];
    let signature = Signature {
        inputs: vec![Port::tensor("input", Dtype::Float32, samples)],
        outputs: vec![Port::tensor("logits", Dtype::Float32, scores)],
    };
    FakeBackend::new(signature).computing(|inputs| {
        let samples = inputs[0].1.view::<f32>()?;
        let mean = |row: ndarray::ArrayViewD<'_, f32>| row.sum() / row.len() as f32;
        let scores = samples
            .outer_iter()
            .map(mean)
            .flat_map(|mean| [1.0 - mean, mean]);
        Ok(vec![Tensor::from_vec(
            [samples.shape()[0], 2],
            scores.collect(),
        )?])
    })
}

fn of(level: f32, length: usize) -> Audio {
    Audio::samples(vec![level; length], 1000)
}

#[test]
fn a_recording_is_read_whole_where_there_is_no_window() {
    let world = World::new(&sounds());
    let route = world.load(SOUNDS).unwrap();
    let answers = route
        .classify_audio(&[of(0.25, 10), of(1.0, 3), of(0.75, 10)])
        .unwrap();
    let first = |place: usize| {
        (
            &*answers[place].labels[0].label,
            answers[place].labels[0].score,
        )
    };
    assert_eq!(first(0), ("quiet", 0.75));
    assert_eq!(first(1), ("loud", 1.0));
    assert_eq!(first(2), ("loud", 0.75));
    let options = ClassifyOptions {
        top_k: Some(1),
        function_to_apply: Some(Function::Softmax),
        ..ClassifyOptions::default()
    };
    let ticket = route.submit_classify_audio(vec![of(1.0, 4)], &options);
    let later = ticket.wait().unwrap();
    assert_eq!(later.answers[0].labels.len(), 1);
    assert!((later.answers[0].labels[0].score - 1.0 / (1.0 + (-1.0_f64).exp())).abs() < 1e-6);
    assert_eq!(later.usage.task, Some("audio-classification"));
}

#[test]
fn windows_count_by_their_samples() {
    let world = World::new(&sounds());
    let route = world.load(&format!("{SOUNDS}window = 4\n")).unwrap();
    let recording = [vec![1.0; 4], vec![0.0; 4], vec![1.0; 2]].concat();
    let answer = &route
        .classify_audio(&[Audio::samples(recording, 1000)])
        .unwrap()[0];
    assert_eq!(answer.windows, 3);
    // 1, 0 and, filled up with silence, 0.5, of 4, 4 and 2 samples.
    let loud = answer
        .labels
        .iter()
        .find(|label| label.label == "loud")
        .unwrap();
    assert!((loud.score - (4.0 + 0.5 * 2.0) / 10.0).abs() < 1e-9);
}

#[test]
fn samples_are_standardised_where_the_package_says_so() {
    let world = World::new(&sounds());
    let route = world.load(&format!("{SOUNDS}normalize = true\n")).unwrap();
    let answer = &route
        .classify_audio(&[Audio::samples(vec![0.9, 0.1], 1000)])
        .unwrap()[0];
    let loud = answer
        .labels
        .iter()
        .find(|label| label.label == "loud")
        .unwrap();
    assert!(loud.score.abs() < 1e-6, "the mean is 0");
}

#[test]
fn what_is_wrong_is_refused() {
    let world = World::new(&sounds());
    let route = world.load(SOUNDS).unwrap();
    refused(
        route.classify_audio(&[of(0.0, 0)]),
        ErrorKind::InvalidArgument,
        "no samples",
    );
    let none = ClassifyOptions {
        top_k: Some(0),
        ..ClassifyOptions::default()
    };
    let asked = route.classify_audio_with(&[of(0.0, 1)], &none);
    refused(asked, ErrorKind::InvalidArgument, "`top_k`");
    let texts = ClassifyOptions {
        overflow: Some(amaas_core::model::Overflow::Truncate),
        ..ClassifyOptions::default()
    };
    let asked = route.classify_audio_with(&[of(0.0, 1)], &texts);
    refused(asked, ErrorKind::InvalidArgument, "`overflow`");
    refused(
        route.classify(&["words"]),
        ErrorKind::Unsupported,
        "text-classification",
    );
    refused(route.stream(), ErrorKind::Unsupported, "keeps no state");
    for (tail, words) in [
        (SOUNDS.replace("\"loud\"", "\"quiet\""), "repeated label"),
        (SOUNDS.replace("[\"quiet\", \"loud\"]", "[]"), "`0` labels"),
        (SOUNDS.replace("[audio]", "[labels]"), "cannot be read"),
    ] {
        refused(world.load(&tail), ErrorKind::InvalidPackage, words);
    }
    let three = SOUNDS.replace("\"loud\"", "\"loud\", \"louder\"");
    let answered = world.load(&three).unwrap().classify_audio(&[of(0.0, 4)]);
    refused(answered, ErrorKind::InvalidPackage, "`logits`");
}
