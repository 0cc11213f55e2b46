//! Boxes of a graph made by a script, from its canvas back to the image.

use amaas_core::tasks::{DetectOptions, Image};
use amaas_core::{ErrorKind, Tensor};

use super::support::load;

/// White, of this height and width.
fn white(height: usize, width: usize) -> Image {
    let pixels = vec![255_u8; height * width];
    Image::pixels(Tensor::from_vec([height, width], pixels).unwrap()).unwrap()
}

#[test]
fn overlapping_boxes_become_one_and_come_back_to_the_image() {
    let route = load("tests/fixtures/boxes");
    // A square of 128 is half as large on the canvas of 64.
    let found = route.detect(&[white(128, 128)]).unwrap().remove(0);
    let labels: Vec<_> = found.iter().map(|one| &*one.label).collect();
    assert_eq!(labels, ["bright", "bright"]);
    assert_eq!(found[0].bounds, [16.0, 48.0, 48.0, 80.0]);
    assert_eq!(found[1].bounds, [80.0, 48.0, 112.0, 80.0]);
    assert!((found[0].score - 0.9).abs() < 1e-6 && (found[1].score - 0.7).abs() < 1e-6);
}

#[test]
fn a_wide_image_is_padded_and_its_boxes_are_not_moved() {
    let route = load("tests/fixtures/boxes");
    // 128 × 32 becomes 64 × 16 in rows 24 to 40 of the canvas: a quarter of it is white.
    let options = DetectOptions {
        threshold: Some(0.6),
        ..DetectOptions::default()
    };
    let found = route.detect_with(&[white(32, 128)], &options).unwrap();
    let found = &found.answers[0];
    assert_eq!(found[0].label, "dark");
    assert!((found[0].score - 0.9 * 0.75).abs() < 1e-6);
    // The box lies exactly on the image's own rows.
    assert_eq!(found[0].bounds, [16.0, 0.0, 48.0, 32.0]);
}

#[test]
fn options_of_a_call_stand_before_the_package() {
    let route = load("tests/fixtures/boxes");
    let count = |options: &DetectOptions| {
        let found = route.detect_with(&[white(64, 64)], options).unwrap();
        found.answers[0].len()
    };
    let of = |threshold, overlap| DetectOptions {
        threshold,
        overlap,
        ..DetectOptions::default()
    };
    assert_eq!(count(&of(None, None)), 2);
    assert_eq!(count(&of(None, Some(1.0))), 3);
    assert_eq!(count(&of(Some(0.85), None)), 1);
    assert_eq!(count(&of(Some(1.0), None)), 0);
    let error = route.detect_with(&[], &of(Some(1.5), None)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
}

#[test]
fn many_images_keep_their_order_and_a_ticket_says_the_same() {
    let route = load("tests/fixtures/boxes");
    let images: Vec<_> = (1..30).map(|edge| white(16 * edge, 16 * edge)).collect();
    let now = route.detect(&images).unwrap();
    for (edge, found) in (1..30).zip(&now) {
        let scale = 16.0 * f64::from(edge) / 64.0;
        assert!((found[0].bounds[0] - 8.0 * scale).abs() < 1e-9, "{edge}");
    }
    let ticket = route.submit_detect(images, &DetectOptions::default());
    assert_eq!(ticket.wait().unwrap().answers, now);
}
