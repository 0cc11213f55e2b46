//! Every kind of file and array becomes the same picture, and a trained network tells digits.

use std::fs;
use std::sync::Arc;
use std::thread;

use amaas_core::runtime::Stop;
use amaas_core::tasks::{ClassifyImagesOptions, Image, LabelScore};
use amaas_core::{Call, ErrorKind, Tensor};
use image::ImageReader;

use super::support::{load, path, picture};

const ALIKE: [&str; 15] = [
    "rgb.png",
    "rgb.bmp",
    "rgb.jpg",
    "cmyk.jpg",
    "lossless.webp",
    "lossy.webp",
    "palette.png",
    "rgba.png",
    "orientation2.jpg",
    "orientation3.jpg",
    "orientation4.jpg",
    "orientation5.jpg",
    "orientation6.jpg",
    "orientation7.jpg",
    "orientation8.jpg",
];

fn score(labels: &[LabelScore], label: &str) -> f64 {
    labels.iter().find(|one| one.label == label).unwrap().score
}

#[test]
fn every_format_and_orientation_shows_red_above() {
    let route = load("tests/fixtures/colours");
    let images: Vec<_> = ALIKE.iter().map(|name| picture(name)).collect();
    let answers = route.classify_images(&images).unwrap();
    assert_eq!(answers.len(), ALIKE.len());
    for (name, labels) in ALIKE.iter().zip(&answers) {
        assert_eq!(labels[0].label, "red", "{name}");
        assert!(score(labels, "red") > 0.95, "{name} {labels:?}");
        assert!(score(labels, "blue") < 0.05, "{name} {labels:?}");
    }
}

#[test]
fn grey_of_any_depth_has_all_channels_alike() {
    let route = load("tests/fixtures/colours");
    for name in ["grey.png", "grey16.png"] {
        let labels = route.classify_images(&[picture(name)]).unwrap().remove(0);
        // The rows in the middle of the picture see a little of the black below.
        let scores = ["red", "green", "blue"].map(|channel| score(&labels, channel));
        assert!(scores[0] > 0.95, "{name} {labels:?}");
        assert_eq!(scores, [scores[0]; 3], "{name}");
    }
}

#[test]
fn arrays_are_images_too() {
    let route = load("tests/fixtures/colours");
    let green = |channels: usize| {
        let pixel = [0_u8, 255, 0, 77];
        let values = (0..6).flat_map(|_| pixel[..channels].to_vec()).collect();
        Image::pixels(Tensor::from_vec([2, 3, channels], values).unwrap()).unwrap()
    };
    let grey = Tensor::from_vec([1, 1], vec![51_u8]).unwrap();
    let images = [green(3), green(4), Image::pixels(grey).unwrap()];
    let options = ClassifyImagesOptions {
        top_k: Some(1),
        ..ClassifyImagesOptions::default()
    };
    let found = route.classify_images_with(&images, &options).unwrap();
    for labels in &found.answers[..2] {
        assert_eq!((labels.len(), &*labels[0].label), (1, "green"));
        assert_eq!(labels[0].score, 1.0);
    }
    assert!((found.answers[2][0].score - 0.2).abs() < 1e-6);
    let usage = &found.usage;
    assert_eq!((usage.rows, usage.task), (3, Some("image-classification")));
    assert_eq!(usage.bytes_in, 18 + 24 + 1);
    assert!(usage.bytes_out >= 3 * 12);
}

/// The held-out digits as images, and what they are.
fn digits() -> (Vec<Image>, String) {
    let folder = path("models/digits");
    let sheet = ImageReader::open(folder.join("held-out.png")).unwrap();
    let sheet = sheet.decode().unwrap().into_luma8();
    let labels = fs::read_to_string(folder.join("held-out.txt")).unwrap();
    let labels = labels.trim().to_owned();
    let tile = |place: u32| {
        let (left, top) = (place % 20 * 8, place / 20 * 8);
        let pixels = (0..64).map(|at| sheet.get_pixel(left + at % 8, top + at / 8)[0]);
        let tensor = Tensor::from_vec([8, 8], pixels.collect()).unwrap();
        Image::pixels(tensor).unwrap()
    };
    let count = u32::try_from(labels.len()).unwrap();
    ((0..count).map(tile).collect(), labels)
}

#[test]
fn the_digits_are_told_as_well_as_their_manifest_says() {
    let route = load("models/digits/1.0.0");
    let (images, labels) = digits();
    let answers = route.classify_images(&images).unwrap();
    let right = answers.iter().zip(labels.chars());
    let right = right
        .filter(|(found, label)| found[0].label == label.to_string())
        .count();
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    let accuracy = right as f64 / labels.len() as f64;
    let said = route.lease().manifest().metrics["held_out_accuracy"];
    assert!(
        (accuracy - said).abs() < 1e-3,
        "{accuracy} where {said} is said"
    );
    // Alone, an image gets the answer that it gets among many.
    let alone = route.classify_images(&images[..1]).unwrap();
    assert!((alone[0][0].score - answers[0][0].score).abs() < 1e-5);
}

#[test]
fn a_ticket_gives_the_same_answers() {
    let route = load("models/digits/1.0.0");
    let (images, _) = digits();
    let images = images[..40].to_vec();
    let now = route.classify_images(&images).unwrap();
    let options = ClassifyImagesOptions::default();
    let ticket = route.submit_classify_images(images, &options);
    let later = ticket.wait().unwrap();
    assert_eq!(later.usage.rows, 40);
    for (one, other) in now.iter().zip(&later.answers) {
        assert_eq!(one[0].label, other[0].label);
    }
}

#[test]
fn callers_side_by_side_do_not_mix_their_images() {
    let route = Arc::new(load("models/digits/1.0.0"));
    let (images, _) = digits();
    let alone: Vec<_> = route.classify_images(&images[..8]).unwrap();
    thread::scope(|scope| {
        for (image, wanted) in images[..8].iter().zip(&alone) {
            let route = Arc::clone(&route);
            scope.spawn(move || {
                for _ in 0..20 {
                    let found = route.classify_images(std::slice::from_ref(image)).unwrap();
                    assert_eq!(found[0][0].label, wanted[0].label);
                    assert!((found[0][0].score - wanted[0].score).abs() < 1e-5);
                }
            });
        }
    });
}

#[test]
fn a_raised_flag_ends_a_call_of_many_images() {
    let route = load("models/digits/1.0.0");
    let stop = Stop::new();
    stop.raise();
    let options = ClassifyImagesOptions {
        call: Call::until(&stop),
        ..ClassifyImagesOptions::default()
    };
    let (images, _) = digits();
    let error = route.classify_images_with(&images, &options).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    assert!(route.classify_images(&images[..1]).is_ok());
}

#[test]
fn no_images_have_no_answers_and_texts_have_no_task() {
    let route = load("models/digits/1.0.0");
    assert!(route.classify_images(&[]).unwrap().is_empty());
    assert_eq!(
        route.classify(&["seven"]).unwrap_err().kind(),
        ErrorKind::Unsupported
    );
    assert_eq!(
        route.detect(&[]).unwrap_err().kind(),
        ErrorKind::Unsupported
    );
    let options = ClassifyImagesOptions {
        top_k: Some(0),
        ..ClassifyImagesOptions::default()
    };
    let error = route.classify_images_with(&[], &options).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
}
