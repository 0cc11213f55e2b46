//! Files of sound: every format holds the same tone, and what is no whole file is refused.

use amaas_core::{Audio, ErrorKind, Result, SpeechDetection};
use proptest::prelude::*;

use super::support::{World, refused};

/// A window is a sample: the probabilities are the samples themselves, of one channel at 16 kHz.
const SAMPLES: &str = r#"
    [task]
    kind = "voice-activity-detection"

    [audio]
    sampling_rate = 16000
    window = 1
    max_seconds = 1.0
"#;

/// A backend that says of each window its one sample.
fn echo() -> amaas_core::runtime::fake::FakeBackend {
    use amaas_core::Dtype;
    use amaas_core::model::{Dimension, Port, Signature};
    let port = |name| {
        let dimensions = [Dimension::named("batch"), Dimension::Fixed(1)];
        Port::tensor(name, Dtype::Float32, dimensions)
    };
    let (inputs, outputs) = (vec![port("input")], vec![port("output")]);
    amaas_core::runtime::fake::FakeBackend::new(Signature { inputs, outputs })
}

fn fixture(name: &str) -> Vec<u8> {
    let path = format!("{}/../tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(path).unwrap()
}

fn detect(bytes: Vec<u8>) -> Result<SpeechDetection> {
    let route = World::new(&echo()).load(SAMPLES).unwrap();
    let mut answers = route.detect_speech(&[Audio::file(bytes)])?;
    Ok(answers.remove(0))
}

/// The tone of `make_sound.py`, mixed into one channel at 16 kHz.
fn tone() -> Vec<f32> {
    let sine = |hertz: f64, at: f64| (std::f64::consts::TAU * hertz * at).sin();
    let one = |place: usize| {
        let at = place as f64 / 16_000.0;
        let fade = (at.min(0.25 - at) / 0.05).min(1.0);
        (0.25 * fade * (sine(440.0, at) + sine(880.0, at))) as f32
    };
    (0..4000).map(one).collect()
}

/// The mean of the squares of differences.
fn apart(one: &[f32], other: &[f32]) -> f64 {
    let squares = one.iter().zip(other).map(|(a, b)| f64::from(a - b).powi(2));
    (squares.sum::<f64>() / one.len() as f64).sqrt()
}

#[test]
fn every_format_holds_the_same_tone() {
    for (name, most) in [
        ("tone.wav", 2e-3),
        ("tone_float.wav", 2e-3),
        ("tone.flac", 2e-3),
        ("tone.ogg", 1e-2),
        ("tone.mp3", 1e-2),
    ] {
        let found = detect(fixture(name)).unwrap();
        assert!(
            (found.duration - 0.25).abs() < 1e-3,
            "{name}: {}",
            found.duration
        );
        let distance = apart(&found.probabilities[..3900], &tone()[..3900]);
        assert!(distance < most, "{name} is off by {distance}");
    }
}

#[test]
fn a_file_that_ends_early_is_told_from_a_short_one() {
    for name in ["tone.wav", "tone_float.wav", "tone.flac"] {
        let bytes = fixture(name);
        for length in [bytes.len() / 2, bytes.len() - 500] {
            let cut = detect(bytes[..length].to_vec());
            refused(cut, ErrorKind::InvalidArgument, "damaged");
        }
    }
    for name in ["tone.wav", "tone.flac", "tone.ogg", "tone.mp3"] {
        let head = detect(fixture(name)[..20].to_vec());
        refused(head, ErrorKind::InvalidArgument, "damaged");
    }
}

#[test]
fn a_file_that_claims_to_be_long_is_refused_before_it_is_decoded() {
    let mut bytes = fixture("tone.wav");
    let data = bytes.windows(4).position(|four| four == b"data").unwrap() + 4;
    bytes[data..data + 4].copy_from_slice(&2_000_000_000_u32.to_le_bytes());
    bytes[4..8].copy_from_slice(&2_000_000_036_u32.to_le_bytes());
    refused(
        detect(bytes),
        ErrorKind::InputTooLong,
        "longer than `1` seconds",
    );
}

#[test]
fn a_flipped_bit_is_found_where_the_format_can_tell() {
    let mut bytes = fixture("tone.flac");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x10;
    refused(detect(bytes), ErrorKind::InvalidArgument, "damaged");
}

#[test]
fn a_path_is_read() {
    let path = format!("{}/../tests/fixtures/tone.flac", env!("CARGO_MANIFEST_DIR"));
    let audio = Audio::open(path).unwrap();
    assert!(!format!("{audio:?}").contains("102"), "no bytes are shown");
    let route = World::new(&echo()).load(SAMPLES).unwrap();
    assert_eq!(route.detect_speech(&[audio]).unwrap().len(), 1);
    refused(
        Audio::open("no/such/file.wav"),
        ErrorKind::Io,
        "no/such/file.wav",
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever becomes of a file, it is heard or refused; and the next one is heard.
    #[test]
    fn damaged_files_are_heard_or_refused(
        name in prop::sample::select(vec!["tone.wav", "tone.flac", "tone.ogg", "tone.mp3"]),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20),
        length in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = fixture(name);
        for (place, value) in flips {
            let place = place.index(bytes.len().min(600));
            bytes[place] = value;
        }
        if let Some(length) = length {
            bytes.truncate(length.index(bytes.len()) + 1);
        }
        if let Err(error) = detect(bytes) {
            let kinds = [ErrorKind::InvalidArgument, ErrorKind::InputTooLong, ErrorKind::Unsupported];
            prop_assert!(kinds.contains(&error.kind()), "{}", error);
            prop_assert!(error.remedy().is_some());
        }
        prop_assert!(detect(fixture("tone.flac")).is_ok());
    }
}
