//! Speech in recordings and in streams of sound.

use amaas_core::{
    Audio, Call, DetectSpeechOptions, ErrorKind, Route, StreamOptions, Tensor, feed_together,
};
use proptest::prelude::*;

use super::support::{VOICES, World, expected, hearing, refused};

fn audio(samples: &[f32]) -> Audio {
    Audio::samples(samples, 1000)
}

/// Silence, loud, silence: of so many windows each.
fn speech(before: usize, loud: usize, after: usize) -> Vec<f32> {
    let windows = [(0.0, before), (1.0, loud), (0.0, after)];
    let samples = windows
        .iter()
        .flat_map(|(level, count)| vec![*level; count * 8]);
    samples.collect()
}

fn route() -> (World, Route) {
    let world = World::new(&hearing());
    let route = world.load(VOICES).unwrap();
    (world, route)
}

#[test]
fn every_window_is_heard_behind_those_before_it() {
    let (_world, route) = route();
    let samples: Vec<f32> = (0..1003).map(|place| (place % 17) as f32 / 17.0).collect();
    let answer = &route.detect_speech(&[audio(&samples)]).unwrap()[0];
    assert_eq!(answer.probabilities, expected(&samples));
    assert_eq!((answer.window, answer.duration), (0.008, 1.003));
}

#[test]
fn speech_has_a_start_an_end_and_a_score() {
    let (_world, route) = route();
    let samples = speech(5, 10, 10);
    let options = DetectSpeechOptions {
        release: Some(0.1),
        ..DetectSpeechOptions::default()
    };
    let found = route.detect_speech_with(&[audio(&samples)], &options);
    let found = found.unwrap();
    let [one] = &found.answers[0].speech[..] else {
        panic!("{:?}", found.answers[0].speech);
    };
    // Half of the first loud window is the threshold; three windows of silence are below 0.1.
    assert!((one.start - 0.036).abs() < 1e-9, "{}", one.start);
    assert!((one.end - 0.148).abs() < 1e-9, "{}", one.end);
    assert!(one.score > 0.7 && one.score < 1.0, "{}", one.score);
    assert_eq!(found.usage.rows, 1);
    assert_eq!(found.usage.task, Some("voice-activity-detection"));
    let strict = DetectSpeechOptions {
        threshold: Some(1.0),
        ..DetectSpeechOptions::default()
    };
    let none = route
        .detect_speech_with(&[audio(&samples)], &strict)
        .unwrap();
    assert!(none.answers[0].speech.is_empty());
    let wrong = DetectSpeechOptions {
        threshold: Some(f64::NAN),
        ..DetectSpeechOptions::default()
    };
    let refusal = route.detect_speech_with(&[audio(&samples)], &wrong);
    refused(refusal, ErrorKind::InvalidArgument, "`threshold`");
}

#[test]
fn recordings_of_one_call_get_what_each_would_get_alone() {
    let (_world, route) = route();
    let recordings: Vec<Vec<f32>> = (1..40_usize)
        .map(|length| {
            (0..length * 13)
                .map(|place| ((place * length) % 7) as f32 / 7.0)
                .collect()
        })
        .collect();
    let all: Vec<_> = recordings.iter().map(|samples| audio(samples)).collect();
    let answers = route.detect_speech(&all).unwrap();
    for (answer, samples) in answers.iter().zip(&recordings) {
        assert_eq!(answer.probabilities, expected(samples));
    }
    let ticket = route.submit_detect_speech(all, &DetectSpeechOptions::default());
    let later = ticket.wait().unwrap();
    assert_eq!(later.answers, answers);
    assert_eq!(route.detect_speech(&[]).unwrap(), []);
}

#[test]
fn bad_sound_is_refused_and_others_are_answered() {
    let (_world, route) = route();
    let good = audio(&speech(1, 5, 1));
    for (bad, kind, words) in [
        (audio(&[]), ErrorKind::InvalidArgument, "no samples"),
        (
            audio(&[0.0, f32::NAN]),
            ErrorKind::InvalidArgument,
            "frame `1`",
        ),
        (
            audio(&[f32::INFINITY]),
            ErrorKind::InvalidArgument,
            "frame `0`",
        ),
        (
            audio(&vec![0.0; 10_001]),
            ErrorKind::InputTooLong,
            "`10` seconds",
        ),
        (
            Audio::samples(vec![0.0; 8], 0),
            ErrorKind::InvalidArgument,
            "`0` samples a second",
        ),
        (
            Audio::integers(vec![0; 8], u32::MAX),
            ErrorKind::InvalidArgument,
            "samples a second",
        ),
        (
            good.clone().with_channels(0),
            ErrorKind::InvalidArgument,
            "`0` channels",
        ),
        (
            good.clone().with_channels(usize::MAX),
            ErrorKind::InvalidArgument,
            "channels",
        ),
        (
            good.clone().with_channels(9),
            ErrorKind::InvalidArgument,
            "whole frames",
        ),
        (Audio::file(vec![]), ErrorKind::InvalidArgument, "empty"),
        (
            Audio::file(b"hello, world".to_vec()),
            ErrorKind::InvalidArgument,
            "no sound",
        ),
    ] {
        refused(route.detect_speech(&[good.clone(), bad]), kind, words);
        assert_eq!(
            route
                .detect_speech(std::slice::from_ref(&good))
                .unwrap()
                .len(),
            1
        );
    }
}

#[test]
fn a_model_that_says_no_number_is_told_of() {
    let backend = hearing().computing(|inputs| {
        let rows = inputs[0].1.shape().rows().unwrap();
        Ok(vec![
            Tensor::from_vec([rows, 1], vec![f32::NAN; rows])?,
            Tensor::from_vec([2, rows, 1], vec![0.0_f32; 2 * rows])?,
        ])
    });
    let route = World::new(&backend).load(VOICES).unwrap();
    let found = route.detect_speech(&[audio(&[0.0; 8])]);
    refused(found, ErrorKind::InferenceFailed, "not a number");
}

#[test]
fn a_package_that_does_not_fit_its_graph_is_not_served() {
    for (from, to, words) in [
        (
            "sampling_rate = 1000",
            "sampling_rate = 10",
            "`audio.sampling_rate`",
        ),
        ("context = 2", "context = 9", "`audio.context`"),
        ("window = 8", "", "`audio.context`"),
        (
            "max_seconds = 10.0",
            "max_seconds = nan",
            "`audio.max_seconds`",
        ),
        ("max_seconds = 10.0", "channels = 2", "`audio.channels`"),
        (
            "sampling_rate = \"sr\"",
            "",
            "nothing fills the graph's input `sr`",
        ),
        (
            "sampling_rate = \"sr\"",
            "samples = \"sound\"",
            "no input `sound`",
        ),
        (
            "sampling_rate = \"sr\"",
            "samples = \"sr\"",
            "takes no samples",
        ),
        (
            "sampling_rate = \"sr\"",
            "sampling_rate = \"state\"",
            "takes no rate",
        ),
        ("padding_ms = 4", "threshold = 2.0", "`task.threshold`"),
        ("padding_ms = 4", "release = 0.9", "`task.release`"),
        (
            "padding_ms = 4",
            "output = \"speech\"",
            "no output `speech`",
        ),
        ("output = \"next\"", "output = \"output\"", "gave"),
    ] {
        let world = World::new(&hearing());
        let loaded = world.load(&VOICES.replace(from, to));
        let answered = loaded.and_then(|route| route.detect_speech(&[audio(&[0.0; 8])]));
        refused(answered, ErrorKind::InvalidPackage, words);
    }
}

#[test]
fn a_stream_tells_of_speech_once_it_is_certain_and_begins_anew_at_its_end() {
    let (_world, route) = route();
    let stream = route.stream().unwrap();
    let samples = speech(5, 10, 2);
    let heard = stream.feed(&audio(&samples)).unwrap();
    assert!(heard.speech.is_empty() && heard.speaking);
    assert_eq!(heard.probabilities, expected(&samples));
    let rest = stream.finish().unwrap();
    assert_eq!(rest.speech.len(), 1);
    assert!(!rest.speaking);
    let whole = &route.detect_speech(&[audio(&samples)]).unwrap()[0];
    assert_eq!(rest.speech, whole.speech);
    let again = stream.feed(&audio(&samples)).unwrap();
    assert_eq!(again.probabilities, expected(&samples));
    let fork = stream.fork().unwrap();
    assert_eq!(
        fork.finish().unwrap().speech,
        stream.finish().unwrap().speech
    );
}

#[test]
fn a_piece_that_cannot_be_taken_leaves_the_stream_as_it_was() {
    let backend = hearing();
    let route = World::new(&backend).load(VOICES).unwrap();
    let stream = route.stream().unwrap();
    let samples: Vec<f32> = (0..40_u8).map(|place| f32::from(place) / 40.0).collect();
    stream.feed(&audio(&samples[..13])).unwrap();
    let file = Audio::file(b"RIFF".to_vec());
    refused(stream.feed(&file), ErrorKind::InvalidArgument, "a file");
    let other = Audio::samples(vec![0.0; 8], 8000);
    refused(stream.feed(&other), ErrorKind::InvalidArgument, "`8000`");
    let broken = stream.feed(&audio(&[f32::NAN]));
    refused(broken, ErrorKind::InvalidArgument, "frame `0`");
    let fault = amaas_core::Error::new(ErrorKind::InferenceFailed, "lost").advise("again");
    backend.fail_next_run(fault);
    let lost = stream.feed(&audio(&samples[13..]));
    refused(lost, ErrorKind::InferenceFailed, "lost");
    let heard = stream.feed(&audio(&samples[13..])).unwrap();
    assert_eq!(heard.probabilities, expected(&samples)[1..]);
}

#[test]
fn a_stream_has_a_rule_of_its_own_that_outlives_a_reset() {
    let (_world, route) = route();
    let deaf = DetectSpeechOptions {
        threshold: Some(1.0),
        ..DetectSpeechOptions::default()
    };
    let stream = route.listen(&deaf, &StreamOptions::default()).unwrap();
    let loud = audio(&speech(0, 10, 0));
    for _ in 0..2 {
        assert!(!stream.feed(&loud).unwrap().speaking);
        stream.reset().unwrap();
    }
    assert!(route.stream().unwrap().feed(&loud).unwrap().speaking);
}

#[test]
fn streams_fed_together_hear_what_each_would_hear_alone() {
    let (_world, route) = route();
    let streams: Vec<_> = (0..20).map(|_| route.stream().unwrap()).collect();
    let recordings: Vec<Vec<f32>> = (1..=20_u8)
        .map(|step| {
            (0..100_u8)
                .map(|place| f32::from(place.wrapping_mul(step)) / 255.0)
                .collect()
        })
        .collect();
    let mut found = vec![Vec::new(); 20];
    for part in 0..4 {
        let pieces: Vec<_> = recordings
            .iter()
            .map(|samples| audio(&samples[part * 25..(part + 1) * 25]))
            .collect();
        let feeds: Vec<_> = streams.iter().zip(&pieces).collect();
        let heard = feed_together(&feeds, &Call::default()).unwrap();
        let lists = found.iter_mut().zip(heard);
        lists.for_each(|(list, heard)| list.extend(heard.probabilities));
    }
    for (found, samples) in found.iter().zip(&recordings) {
        assert_eq!(found, &expected(&samples[..96]));
    }
    let (one, piece) = (&streams[0], audio(&[0.0; 8]));
    let twice = feed_together(&[(one, &piece), (one, &piece)], &Call::default());
    refused(twice, ErrorKind::Conflict, "under way");
    assert!(one.feed(&piece).is_ok());
    assert!(feed_together(&[], &Call::default()).unwrap().is_empty());
    assert_eq!(route.usage().rows, 4 * 20 + 1);
}

#[test]
fn a_model_of_another_task_hears_nothing() {
    let world = World::new(&hearing());
    let (_, tail) = VOICES.split_once("[audio]").unwrap();
    let route = world.load(&format!("[audio]{tail}")).unwrap();
    let found = route.detect_speech(&[audio(&[0.0])]);
    refused(found, ErrorKind::Unsupported, "voice-activity-detection");
    let stream = route.stream().unwrap();
    refused(
        stream.feed(&audio(&[0.0])),
        ErrorKind::Unsupported,
        "voice-activity-detection",
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// However a recording is cut into pieces, it is heard the same.
    #[test]
    fn pieces_do_not_matter(
        levels in prop::collection::vec(prop::sample::select(vec![0.0_f32, 0.3, 0.6, 1.0]), 1..60),
        cuts in prop::collection::vec(0_usize..500, 0..12), short in 0_usize..8,
    ) {
        let (_world, route) = route();
        let samples: Vec<f32> = levels.iter().flat_map(|level| [*level; 8]).collect();
        let samples = &samples[..samples.len() - short];
        let whole = &route.detect_speech(&[audio(samples)]).unwrap()[0];
        let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(samples.len())).collect();
        cuts.extend([0, samples.len()]);
        cuts.sort_unstable();
        let stream = route.stream().unwrap();
        let (mut probabilities, mut speech) = (Vec::new(), Vec::new());
        for pair in cuts.windows(2) {
            let heard = stream.feed(&audio(&samples[pair[0]..pair[1]])).unwrap();
            probabilities.extend(heard.probabilities);
            speech.extend(heard.speech);
        }
        let rest = stream.finish().unwrap();
        probabilities.extend(rest.probabilities);
        speech.extend(rest.speech);
        prop_assert_eq!(&probabilities, &whole.probabilities);
        prop_assert_eq!(&speech, &whole.speech);
    }
}
