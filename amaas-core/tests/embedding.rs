//! Text embedding through ONNX Runtime, held against vectors that Python computed by hand, one
//! text at a time.
//!
//! These tests need the real library: `AMAAS_ORT_LIB` is its path, which `make test` sets. Those
//! with MiniLM need the package and the vectors that `make minilm` writes, which `make test` calls.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]
#![expect(
    clippy::print_stdout,
    reason = "how near the numbers are is worth seeing"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use amaas_core::model::Overflow;
use amaas_core::{EmbedOptions, Route, Service};
use ndarray::{Array2, ArrayView1};

/// The largest difference in one number that passes.
const TOLERANCE: f32 = 1e-5;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn load(folder: &str) -> Route {
    let path = repository().join(folder);
    assert!(
        path.exists(),
        "{folder} is not there: run `make minilm`, as `make test` does"
    );
    let service = Service::builder().build().unwrap();
    service.load(path.to_str().unwrap()).unwrap()
}

/// Reviews with the vectors that they must get.
fn expected(reference: &str) -> (Vec<String>, Array2<f32>) {
    let text = std::fs::read(repository().join(reference)).unwrap();
    let vectors: BTreeMap<String, Vec<f32>> = serde_json::from_slice(&text).unwrap();
    let reviews = repository().join("models/sentiment/held-out.tsv");
    let reviews = std::fs::read_to_string(reviews).unwrap();
    let rows = reviews.lines().filter_map(|line| {
        let mut cells = line.split('\t');
        let vector = vectors.get(cells.next()?)?;
        Some((cells.nth(1)?.to_owned(), vector))
    });
    let (texts, rows): (Vec<_>, Vec<_>) = rows.unzip();
    assert!(texts.len() >= 50 && texts.len() == vectors.len());
    let numbers: Vec<f32> = rows.iter().copied().flatten().copied().collect();
    let shape = (texts.len(), numbers.len() / texts.len());
    (texts, Array2::from_shape_vec(shape, numbers).unwrap())
}

fn distance(a: &ArrayView1<'_, f32>, b: &ArrayView1<'_, f32>) -> f32 {
    assert_eq!(a.len(), b.len());
    let pairs = a.iter().zip(b);
    pairs.fold(0.0, |most, (a, b)| most.max((a - b).abs()))
}

fn agrees_with_the_reference(folder: &str, reference: &str) {
    let route = load(folder);
    let (texts, expected) = expected(reference);
    let (mut alone, mut together) = (0.0_f32, 0.0_f32);
    let batch = route.embed(&texts).unwrap();
    for (place, text) in texts.iter().enumerate() {
        let found = route.embed(&[text]).unwrap();
        alone = alone.max(distance(&found.row(0), &expected.row(place)));
        together = together.max(distance(&batch.row(place), &expected.row(place)));
    }
    println!(
        "{folder}: {} texts, off by {alone:e} alone, {together:e} together",
        texts.len()
    );
    assert!(alone <= TOLERANCE, "alone: {alone}");
    assert!(together <= TOLERANCE, "together: {together}");
}

const ENCODER: &str = "tests/fixtures/encoder";
const MINILM: &str = "models/minilm/all-minilm-l6-v2/1.0.0";

#[test]
fn the_encoder_agrees_with_the_reference() {
    agrees_with_the_reference(ENCODER, "tests/fixtures/encoder/reference.json");
}

#[test]
fn minilm_agrees_with_the_reference() {
    agrees_with_the_reference(MINILM, "models/minilm/.cache/reference.json");
}

#[test]
fn minilm_knows_what_is_alike() {
    let texts = [
        "A cat sleeps.",
        "A kitten naps.",
        "Interest rates rose.",
        "",
    ];
    let vectors = load(MINILM).embed(&texts).unwrap();
    assert_eq!(vectors.dim(), (4, 384));
    let cosine = |a, b| vectors.row(a).dot(&vectors.row(b));
    assert!(cosine(0, 1) > cosine(0, 2) + 0.3);
    assert!((cosine(3, 3) - 1.0).abs() < TOLERANCE);
}

#[test]
fn a_prompt_is_words_before_the_text() {
    let route = load(ENCODER);
    let options = EmbedOptions {
        prompt: Some("query".to_owned()),
        ..EmbedOptions::default()
    };
    let prompted = route.embed_with(&["which way"], &options).unwrap();
    let written = route.embed(&["query: which way"]).unwrap();
    assert_eq!(prompted.vectors, written);
    assert_eq!(prompted.usage.tokens, 16);
}

#[test]
fn fewer_dimensions_are_the_front_of_the_vector_normalised() {
    let route = load(ENCODER);
    let raw = EmbedOptions {
        normalize: Some(false),
        ..EmbedOptions::default()
    };
    let short = EmbedOptions {
        dimensions: Some(5),
        ..EmbedOptions::default()
    };
    let whole = route.embed_with(&["a text"], &raw).unwrap().vectors;
    let front = route.embed_with(&["a text"], &short).unwrap().vectors;
    let kept = whole.row(0).slice_move(ndarray::s![..5]).to_owned();
    let scaled = &kept / kept.dot(&kept).sqrt();
    assert!(distance(&front.row(0), &scaled.view()) < 1e-6);
}

#[test]
fn a_long_text_is_cut_or_read_in_windows() {
    let route = load(ENCODER);
    let long = "abc ".repeat(200);
    let options = EmbedOptions {
        overflow: Some(Overflow::Window),
        ..EmbedOptions::default()
    };
    let cut = route
        .embed_with(&[&long], &EmbedOptions::default())
        .unwrap();
    let windows = route.embed_with(&[&long], &options).unwrap();
    assert_eq!((cut.usage.tokens, cut.truncated), (256, vec![600 - 254]));
    assert_eq!(
        (windows.usage.tokens, windows.truncated),
        (600 + 3 * 2, vec![0])
    );
    assert!(distance(&cut.vectors.row(0), &windows.vectors.row(0)) > 0.0);
}

#[test]
fn callers_that_run_together_get_what_each_gets_alone() {
    let route = load(ENCODER);
    let (texts, expected) = expected("tests/fixtures/encoder/reference.json");
    let embed = |caller: usize| {
        let (route, texts, expected) = (route.clone(), texts.clone(), expected.clone());
        std::thread::spawn(move || {
            for turn in 0..3 * texts.len() {
                let place = (turn + caller * 7) % texts.len();
                let found = route.embed(&[&texts[place]]).unwrap();
                let off = distance(&found.row(0), &expected.row(place));
                assert!(off <= TOLERANCE, "text {place} is off by {off}");
            }
        })
    };
    let callers: Vec<_> = (0..8).map(embed).collect();
    callers
        .into_iter()
        .for_each(|caller| caller.join().unwrap());
}
