//! The detector that was trained to find digits on pages, on digits that it never saw.

use std::collections::BTreeMap;
use std::fs;
use std::io::Cursor;

use amaas_core::tasks::{DetectOptions, Detection, Image};
use image::ImageFormat;

use super::support::{load, path};

/// What a thing is, and its left, top, right and bottom edge.
type Marked = (String, [f64; 4]);

const EDGE: u32 = 96;
const COLUMNS: u32 = 8;

/// The held-out pages as PNG files, and what is on each.
fn pages() -> (Vec<Image>, Vec<Vec<Marked>>) {
    let folder = path("models/digit-boxes");
    let sheet = image::open(folder.join("held-out.png")).unwrap();
    let lines = fs::read_to_string(folder.join("held-out.tsv")).unwrap();
    let mut marks: BTreeMap<u32, Vec<Marked>> = BTreeMap::new();
    for line in lines.lines() {
        let fields: Vec<_> = line.split('\t').collect();
        let edges = fields[2..].iter().map(|edge| edge.parse().unwrap());
        let edges: Vec<f64> = edges.collect();
        let mark = (fields[1].to_owned(), edges.try_into().unwrap());
        let page = fields[0].parse().unwrap();
        marks.entry(page).or_default().push(mark);
    }
    let file = |page: &u32| {
        let (left, top) = (page % COLUMNS * EDGE, page / COLUMNS * EDGE);
        let tile = sheet.crop_imm(left, top, EDGE, EDGE);
        let mut bytes = Cursor::new(Vec::new());
        tile.write_to(&mut bytes, ImageFormat::Png).unwrap();
        Image::encoded(bytes.into_inner())
    };
    (
        marks.keys().map(file).collect(),
        marks.into_values().collect(),
    )
}

/// The area that two boxes share over the area that they cover together.
fn share(one: &[f64; 4], other: &[f64; 4]) -> f64 {
    let area = |b: &[f64; 4]| (b[2] - b[0]).max(0.0) * (b[3] - b[1]).max(0.0);
    let both = area(&[
        one[0].max(other[0]),
        one[1].max(other[1]),
        one[2].min(other[2]),
        one[3].min(other[3]),
    ]);
    both / (area(one) + area(other) - both)
}

/// The label of all that was found, best first, and whether it is right: by at least half on a
/// thing of its label that nothing better is on.
fn judged(found: Vec<Vec<Detection>>, marks: &[Vec<Marked>]) -> Vec<(String, bool)> {
    let mut left = marks.to_vec();
    let flat = found.into_iter().enumerate();
    let mut flat: Vec<_> = flat
        .flat_map(|(page, some)| some.into_iter().map(move |one| (page, one)))
        .collect();
    flat.sort_by(|one, other| other.1.score.total_cmp(&one.1.score));
    let judge = |(page, one): (usize, Detection)| {
        let like = left[page].iter().enumerate();
        let like = like.filter(|(_, mark)| mark.0 == one.label);
        let shares = like.map(|(place, mark)| (place, share(&one.bounds, &mark.1)));
        let best = shares.max_by(|one, other| one.1.total_cmp(&other.1));
        let best = best.filter(|(_, share)| *share >= 0.5);
        if let Some((place, _)) = best {
            left[page].remove(place);
        }
        (one.label, best.is_some())
    };
    flat.into_iter().map(judge).collect()
}

/// The area below precision over recall, its mean over the labels.
#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn average_precision(judged: &[(String, bool)], marks: &[Vec<Marked>]) -> f64 {
    let area = |digit: usize| {
        let label = digit.to_string();
        let there = marks.iter().flatten().filter(|mark| mark.0 == label);
        let own = judged.iter().filter(|one| one.0 == label);
        let points = own.scan((0.0, 0.0), |(found, right), one| {
            *found += 1.0;
            *right += f64::from(u8::from(one.1));
            Some((*right / *found, one.1))
        });
        let points: Vec<(f64, bool)> = points.collect();
        let mut best = 0.0_f64;
        let sum = points.iter().rev().map(|(precision, right)| {
            best = best.max(*precision);
            if *right { best } else { 0.0 }
        });
        sum.sum::<f64>() / there.count() as f64
    };
    (0..10).map(area).sum::<f64>() / 10.0
}

#[test]
#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn the_digits_on_a_page_are_found_as_well_as_the_manifest_says() {
    let route = load("models/digit-boxes/1.0.0");
    let (images, marks) = pages();
    let said = |name: &str| route.lease().manifest().metrics[name];
    let near = |measured: f64, name: &str| {
        let said = said(name);
        assert!(
            (measured - said).abs() < 0.006,
            "{name}: {measured} where {said} is said"
        );
    };
    let found = route.detect(&images).unwrap();
    let alone = route.detect(&images[1..2]).unwrap();
    // A page alone has what it has among many.
    let labels = |some: &[Detection]| some.iter().map(|one| one.label.clone()).collect::<Vec<_>>();
    assert_eq!(labels(&alone[0]), labels(&found[1]));
    let sure = judged(found, &marks);
    let right = sure.iter().filter(|one| one.1).count() as f64;
    let there = marks.iter().flatten().count() as f64;
    near(right / sure.len() as f64, "held_out_precision");
    near(right / there, "held_out_recall");
    let options = DetectOptions {
        threshold: Some(0.05),
        ..DetectOptions::default()
    };
    let all = route.detect_with(&images, &options).unwrap().answers;
    let average = average_precision(&judged(all, &marks), &marks);
    near(average, "held_out_average_precision");
}
