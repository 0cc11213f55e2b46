//! Reading a page as `rapidocr-onnxruntime` itself reads it.

use std::fs;

use amaas_core::runtime::Stop;
use amaas_core::tasks::{Image, ReadImagesOptions};
use amaas_core::{Call, ErrorKind, Route, Tensor};
use image::imageops;
use serde_json::Value;

use super::support::{load, path, picture};

const PACKAGE: &str = "models/ocr/rapidocr/1.0.0";

fn reader() -> Route {
    let manifest = path(PACKAGE).join("amaas.toml");
    assert!(
        manifest.exists(),
        "the package is not there: run `make ocr`"
    );
    load(PACKAGE)
}

fn page() -> Image {
    Image::open(path(PACKAGE).join("page.png")).unwrap()
}

fn reference() -> Vec<Value> {
    let text = fs::read_to_string(path("models/ocr/page.json")).unwrap();
    let known: Value = serde_json::from_str(&text).unwrap();
    known["page"].as_array().unwrap().clone()
}

#[test]
fn the_page_says_what_the_reference_reads() {
    let route = reader();
    let read = route
        .read_images_with(&[page()], &ReadImagesOptions::default())
        .unwrap();
    let (lines, reference) = (&read.answers[0], reference());
    let texts: Vec<_> = lines.iter().map(|line| &*line.text).collect();
    let wanted: Vec<_> = reference
        .iter()
        .map(|line| line["text"].as_str().unwrap())
        .collect();
    assert_eq!(texts, wanted);
    for (line, known) in lines.iter().zip(&reference) {
        let score = known["score"].as_f64().unwrap();
        assert!((line.score - score).abs() < 0.05, "{line:?} {known}");
        let corners = known["corners"].as_array().unwrap();
        for (corner, known) in line.corners.iter().zip(corners) {
            for (axis, found) in corner.iter().enumerate() {
                let known = known[axis].as_f64().unwrap();
                assert!((found - known).abs() <= 4.0, "{line:?} {known}");
            }
        }
    }
    let usage = &read.usage;
    assert_eq!(
        (usage.rows, usage.task, usage.requests),
        (1, Some("ocr"), 1)
    );
    // The receipt covers the map of the detector and more: the scores of the recogniser.
    let map = 4 * 736 * 1472;
    assert!(usage.bytes_out > map, "{usage:?}");
}

#[test]
fn a_ticket_reads_the_same_and_one_page_stays_apart_from_another() {
    let route = reader();
    let blank = Tensor::from_vec([64, 64], vec![255_u8; 64 * 64]).unwrap();
    let blank = Image::pixels(blank).unwrap();
    let now = route.read_images(&[blank.clone(), page()]).unwrap();
    assert!(now[0].is_empty(), "{:?}", now[0]);
    assert_eq!(now[1].len(), reference().len());
    let ticket = route.submit_read_images(vec![blank, page()], &ReadImagesOptions::default());
    let texts = |pages: &[Vec<amaas_core::tasks::Line>]| -> Vec<Vec<String>> {
        let of_page = |lines: &Vec<amaas_core::tasks::Line>| {
            lines.iter().map(|line| line.text.clone()).collect()
        };
        pages.iter().map(of_page).collect()
    };
    assert_eq!(texts(&ticket.wait().unwrap().answers), texts(&now));
}

#[test]
fn a_line_that_stands_on_its_head_is_turned() {
    let route = reader();
    let pixels = image::open(path(PACKAGE).join("page.png"))
        .unwrap()
        .into_luma8();
    let turned = imageops::rotate180(&pixels);
    let shape = [turned.height() as usize, turned.width() as usize];
    let turned = Tensor::from_vec(shape, turned.into_raw()).unwrap();
    let lines = route
        .read_images(&[Image::pixels(turned).unwrap()])
        .unwrap()
        .remove(0);
    let known = "Let us first determine markers of the coins and the";
    assert!(lines.iter().any(|line| line.text == known), "{lines:?}");
}

#[test]
fn bad_input_is_an_error_and_small_or_odd_images_are_not() {
    let route = reader();
    let error = route
        .read_images(&[page(), Image::encoded(b"no page".to_vec())])
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert!(error.to_string().contains("image: 1"), "{error}");
    for (height, width) in [(1, 1), (1, 2000), (2000, 1), (10, 100)] {
        let pixels = Tensor::from_vec([height, width], vec![0_u8; height * width]).unwrap();
        let lines = route
            .read_images(&[Image::pixels(pixels).unwrap()])
            .unwrap();
        assert!(lines[0].is_empty(), "{height} × {width}: {:?}", lines[0]);
    }
    assert!(route.read_images(&[picture("rgb.png")]).is_ok());
    let options = ReadImagesOptions {
        threshold: Some(2.0),
        ..ReadImagesOptions::default()
    };
    let error = route.read_images_with(&[], &options).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
}

#[test]
fn one_flag_ends_the_call_whichever_graph_runs() {
    let route = reader();
    let stop = Stop::new();
    stop.raise();
    let options = ReadImagesOptions {
        call: Call::until(&stop),
        ..ReadImagesOptions::default()
    };
    let error = route.read_images_with(&[page()], &options).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
}
