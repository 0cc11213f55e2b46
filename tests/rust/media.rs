//! The conformance driver's requests with images and sound.

use amaas_core::tasks::{ClassifyImagesOptions, Detection, Image};
use amaas_core::{
    Audio, ClassifyOptions, DetectSpeechOptions, Result, Route, Speech, StreamOptions, Tensor,
};

use crate::{labels, list, malformed, number, scores};

/// `see`, `top_k`, and an image.
pub(crate) fn see(route: &Route, top_k: &str, image: &[&str]) -> Result<String> {
    let options = ClassifyImagesOptions {
        top_k: top_k.parse().ok(),
        ..ClassifyImagesOptions::default()
    };
    let found = route.classify_images_with(&[picture(image)?], &options)?;
    Ok(scores(found.answers.iter().flatten()))
}

/// `boxes` and an image.
pub(crate) fn boxes(route: &Route, image: &[&str]) -> Result<String> {
    let found = route.detect(&[picture(image)?])?;
    let one = |found: &Detection| {
        let numbers = found.bounds.iter().chain([&found.score]);
        let numbers = numbers.map(|value| format!(",{}", number(*value)));
        format!("\t{}{}", found.label, numbers.collect::<String>())
    };
    let all = found.iter().flatten().map(one);
    Ok(format!("ok{}", all.collect::<String>()))
}

/// `hear`, `top_k`, and a recording.
pub(crate) fn hear(route: &Route, top_k: &str, recording: &[&str]) -> Result<String> {
    let options = ClassifyOptions {
        top_k: top_k.parse().ok(),
        ..ClassifyOptions::default()
    };
    let heard = route.classify_audio_with(&[sound(recording)?], &options)?;
    Ok(labels(&heard))
}

/// `speech` and a recording.
pub(crate) fn speech(route: &Route, recording: &[&str]) -> Result<String> {
    let found = route.detect_speech(&[sound(recording)?])?;
    Ok(stretches(found.iter().flat_map(|answer| &answer.speech)))
}

/// `listen`, a sampling rate, and pieces of a recording: what a stream hears in them all.
pub(crate) fn listen(route: &Route, rate: &str, pieces: &[&str]) -> Result<String> {
    let stream = route.listen(&DetectSpeechOptions::default(), &StreamOptions::default())?;
    let mut found = Vec::new();
    for piece in pieces {
        found.extend(stream.feed(&sound(&[rate, piece])?)?.speech);
    }
    found.extend(stream.finish()?.speech);
    Ok(stretches(&found))
}

fn stretches<'a>(speech: impl IntoIterator<Item = &'a Speech>) -> String {
    let one = |Speech { start, end, score }: &Speech| {
        let numbers = [start, end, score].map(|value| number(*value));
        format!("\t{}", numbers.join(","))
    };
    format!("ok{}", speech.into_iter().map(one).collect::<String>())
}

/// A path, or a shape and its bytes.
fn picture(fields: &[&str]) -> Result<Image> {
    match fields {
        [path] => Image::open(path),
        [shape, bytes] => {
            let lengths = list(shape).into_iter().map(whole);
            let bytes = numbers(bytes)?.into_iter().map(|value| value as u8);
            let shape = lengths.collect::<Result<Vec<usize>>>()?;
            Image::pixels(Tensor::from_vec(shape, bytes.collect::<Vec<u8>>())?)
        }
        _ => Err(malformed("image")),
    }
}

/// A path, or a sampling rate and samples.
fn sound(fields: &[&str]) -> Result<Audio> {
    match fields {
        [path] => Audio::open(path),
        [rate, samples] => Ok(Audio::samples(numbers(samples)?, whole(rate)?)),
        _ => Err(malformed("recording")),
    }
}

fn whole<T: std::str::FromStr>(text: &str) -> Result<T> {
    text.parse().map_err(|_| malformed(text))
}

/// Numbers as `value*count`, joined by `,`.
fn numbers(text: &str) -> Result<Vec<f32>> {
    let mut all = Vec::new();
    for part in list(text) {
        let (value, count) = part.split_once('*').unwrap_or((part, "1"));
        all.extend(std::iter::repeat_n(whole::<f32>(value)?, whole(count)?));
    }
    Ok(all)
}
