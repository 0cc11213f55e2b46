//! The network that was trained to tell readers apart, on what it never heard of them.

use std::fs;
use std::path::Path;

use amaas_core::{Audio, Service};

/// Samples of one channel of 16 bits and their rate, from a WAV file as `build.py` leaves it: a head
/// of 44 bytes.
fn samples(path: &Path) -> (Vec<i16>, u32) {
    let bytes = fs::read(path).unwrap();
    assert_eq!((&bytes[..4], &bytes[36..40]), (&b"RIFF"[..], &b"data"[..]));
    let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    let length = usize::try_from(word(40)).unwrap();
    let pairs = bytes[44..44 + length].chunks_exact(2);
    let samples = pairs.map(|pair| i16::from_le_bytes([pair[0], pair[1]]));
    (samples.collect(), word(24))
}

#[test]
fn readers_are_told_apart_as_well_as_the_manifest_says() {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models");
    let speech = models.join("silero-vad/.cache/speech");
    let service = Service::builder().build().unwrap();
    let package = models.join("readers/1.0.0");
    let route = service.load(package.to_str().unwrap()).unwrap();
    let lines = fs::read_to_string(models.join("readers/held-out.tsv")).unwrap();
    let mut pieces = Vec::new();
    let mut labels = Vec::new();
    for line in lines.lines() {
        let fields: Vec<_> = line.split('\t').collect();
        let (file, start, end, label) = (fields[0], fields[1], fields[2], fields[3]);
        let (samples, rate) = samples(&speech.join(file));
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "seconds of a short recording"
        )]
        let at = |seconds: &str| (seconds.parse::<f64>().unwrap() * f64::from(rate)) as usize;
        pieces.push(Audio::integers(&samples[at(start)..at(end)], rate));
        labels.push(label);
    }
    let answers = route.classify_audio(&pieces).unwrap();
    let right = answers.iter().zip(&labels);
    let right = right
        .filter(|(answer, label)| answer.labels[0].label == **label)
        .count();
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    let accuracy = right as f64 / labels.len() as f64;
    let said = route.lease().manifest().metrics["held_out_accuracy"];
    assert!(
        (accuracy - said).abs() < 0.05,
        "{accuracy} where {said} is said"
    );
    // A recording is read in windows of two seconds, of which the last is filled up with silence.
    let whole = Audio::open(speech.join("endgame_nagg_nell.wav")).unwrap();
    let answer = route.classify_audio(&[whole]).unwrap().remove(0);
    assert_eq!((&*answer.labels[0].label, answer.windows), ("nagg", 15));
    assert!(answer.labels[1].label == "nell" && answer.labels[1].score > 0.2);
}
