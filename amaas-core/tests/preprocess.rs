//! Packages whose inputs a graph of their own prepares: pixels and words, by ONNX's own operators.
//!
//! These tests need ONNX Runtime: `AMAAS_ORT_LIB` is its path, which `make test` sets.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use amaas_core::runtime::Stop;
use amaas_core::runtime::ort::{OrtBackend, RuntimeOptions};
use amaas_core::{
    Call, ClassifyOptions, EmbedOptions, Error, ErrorKind, Outputs, Route, Service, Tensor,
};

fn folder(name: &str) -> PathBuf {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures");
    fixtures.join("preprocess").join(name)
}

fn service(home: &Path) -> Service {
    Service::builder().registry(home).build().unwrap()
}

fn load(name: &str) -> Route {
    let service = Service::builder().build().unwrap();
    service.load(folder(name).to_str().unwrap()).unwrap()
}

/// What publishing a package says whose manifest was changed.
fn publish_changed(name: &str, from: &str, to: &str) -> Error {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join(name);
    fs::create_dir(&path).unwrap();
    for entry in fs::read_dir(folder(name)).unwrap() {
        let file = entry.unwrap().path();
        fs::copy(&file, path.join(file.file_name().unwrap())).unwrap();
    }
    let manifest = fs::read_to_string(path.join("amaas.toml")).unwrap();
    assert!(manifest.contains(from), "{manifest}");
    fs::write(path.join("amaas.toml"), manifest.replace(from, to)).unwrap();
    let service = service(&home.path().join("registry"));
    service.publish(&path).unwrap_err()
}

fn photo(level: u8, size: usize) -> Tensor {
    Tensor::from_vec([1, size, size], vec![level; size * size]).unwrap()
}

fn threshold() -> Tensor {
    Tensor::from_vec([1], vec![0.5_f32]).unwrap()
}

fn brightness(outputs: &Outputs) -> f32 {
    outputs
        .get("brightness")
        .unwrap()
        .as_slice::<f32>()
        .unwrap()[0]
}

#[test]
fn photos_of_any_size_go_in_and_what_is_not_fed_beside_them() {
    let home = tempfile::tempdir().unwrap();
    let service = service(home.path());
    service.publish(folder("pixels")).unwrap();
    let route = service.load("pixels@^1").unwrap();
    let model = route.lease();
    let names: Vec<_> = model
        .signature()
        .inputs
        .iter()
        .map(|port| &*port.name)
        .collect();
    assert_eq!(names, ["photo", "threshold"]);
    for (level, size, expected) in [(255, 2, 1.0), (0, 7, -1.0), (255, 64, 1.0)] {
        let inputs = [("threshold", &threshold()), ("photo", &photo(level, size))];
        let outputs = route.run(&inputs).unwrap();
        assert_eq!(brightness(&outputs), expected);
        let bright = outputs.get("bright").unwrap().as_slice::<bool>().unwrap();
        assert_eq!(bright, [level > 0]);
        let usage = outputs.usage();
        let given = 4 + (size * size) as u64;
        assert_eq!((usage.bytes_in, usage.bytes_out), (given, 4 + 1));
    }
    assert!(service.verify("pixels").unwrap().error.is_none());
}

#[test]
fn a_ticket_prepares_too_and_gives_what_was_asked_for() {
    let route = load("pixels");
    let inputs = [("photo", &photo(255, 3)), ("threshold", &threshold())];
    let ticket = route.submit(&inputs, &["brightness"], &Call::default());
    let outputs = ticket.wait().unwrap();
    assert_eq!((outputs.len(), brightness(&outputs)), (1, 1.0));
}

#[test]
fn inputs_are_checked_against_the_whole() {
    let route = load("pixels");
    let floats = Tensor::from_vec([1, 2, 2], vec![0_f32; 4]).unwrap();
    let fed = Tensor::from_vec([1, 1, 2, 2], vec![0_f32; 4]).unwrap();
    let (photo, threshold) = (photo(1, 2), threshold());
    for (inputs, told) in [
        (vec![("photo", &photo)], "input `threshold` is missing"),
        (
            vec![("photo", &floats), ("threshold", &threshold)],
            "`photo` is float32",
        ),
        (
            vec![("photo", &photo), ("threshold", &threshold), ("x", &fed)],
            "no input `x`; its inputs are `photo`, `threshold`",
        ),
    ] {
        let error = route.run(&inputs).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        assert!(error.to_string().contains(told), "{error}");
    }
}

#[test]
fn a_call_that_is_cancelled_or_late_ends_before_the_second_graph() {
    let route = load("pixels");
    let inputs = [("photo", &photo(1, 2)), ("threshold", &threshold())];
    let stop = Stop::new();
    stop.raise();
    let error = route
        .run_with(&inputs, &[], &Call::until(&stop))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    let late = Call::within(Duration::ZERO);
    let error = route.run_with(&inputs, &[], &late).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded);
    assert_eq!(brightness(&route.run(&inputs).unwrap()), 1.0 / 127.5 - 1.0);
}

#[test]
fn words_are_looked_up_by_a_graph_and_counted_by_its_mask() {
    let route = load("words");
    let texts = ["A GOOD film", "dull", "bad bad good", ""];
    let answer = route
        .classify_with(&texts, &ClassifyOptions::default())
        .unwrap();
    let first = |place: usize| &answer.answers[place].labels[0];
    assert_eq!(first(0).label, "positive");
    assert!((first(0).score - 0.880_797).abs() < 1e-5);
    assert_eq!(
        (first(1).label.as_str(), first(2).label.as_str()),
        ("negative", "negative")
    );
    assert!((first(3).score - 0.5).abs() < 1e-6); // no word speaks for anything
    let usage = answer.usage;
    assert_eq!((usage.rows, usage.tokens), (4, 3 + 1 + 3));
    assert_eq!(usage.task, Some("text-classification"));
    assert_eq!(usage.bytes_in, 11 + 4 + 12);
}

#[test]
fn many_texts_answer_as_each_alone_and_so_does_a_ticket() {
    let route = load("words");
    let pattern = ["good", "bad film", "great great dull", "film"];
    let texts: Vec<_> = (0..300).map(|place| pattern[place % 4]).collect();
    let alone: Vec<_> = pattern
        .iter()
        .map(|text| route.classify(&[text]).unwrap().remove(0))
        .collect();
    let together = route.classify(&texts).unwrap();
    let ticket = route.submit_classify(texts, &ClassifyOptions::default());
    let later = ticket.wait().unwrap();
    assert_eq!(later.usage.tokens, 75 * (1 + 2 + 3 + 1));
    for (place, (one, other)) in together.iter().zip(&later.answers).enumerate() {
        assert_eq!((one, other), (&alone[place % 4], &alone[place % 4]));
    }
}

#[test]
fn vectors_are_pooled_over_what_the_mask_says() {
    let route = load("vectors");
    let embedded = route
        .embed_with(
            &["good", "great good bad", "film"],
            &EmbedOptions::default(),
        )
        .unwrap();
    let third = |sum: f32| sum / 3.0;
    let expected = [[0.0, 2.0], [third(2.0), third(5.0)], [0.0, 0.0]];
    for (row, expected) in embedded.vectors.outer_iter().zip(expected) {
        let far = row
            .iter()
            .zip(expected)
            .map(|(one, other)| (one - other).abs());
        assert!(far.fold(0.0, f32::max) < 1e-6, "{row}");
    }
    assert_eq!(embedded.usage.tokens, 5);
}

#[test]
fn a_task_without_tokenizer_refuses_what_needs_one() {
    let route = load("words");
    let options = ClassifyOptions {
        overflow: Some(amaas_core::model::Overflow::Truncate),
        ..ClassifyOptions::default()
    };
    let error = route.classify_with(&["good"], &options).unwrap_err();
    assert!(
        error.to_string().contains("`overflow` needs a tokenizer"),
        "{error}"
    );
    let error = route.classify_pairs(&[("good", "bad")]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert!(error.to_string().contains("a pair of texts"), "{error}");
}

#[test]
fn manifests_that_do_not_fit_are_refused_before_they_are_published() {
    let part = "[preprocess]\npart = \"pixels\"";
    let feeds = "feeds = { x = \"scaled\" }";
    let tokenizer = "[tokenizer]\nfile = \"t.json\"\nmax_tokens = 8\ninputs = { ids = \"ids\" }";
    for (name, from, to, told) in [
        (
            "pixels",
            part,
            "[preprocess]\npart = \"other\"",
            "no part `other`",
        ),
        (
            "pixels",
            feeds,
            "feeds = { z = \"scaled\" }",
            "no input `z`",
        ),
        ("pixels", feeds, "feeds = { x = \"z\" }", "no output `z`"),
        ("pixels", feeds, "", "no output of the part `pixels`"),
        (
            "pixels",
            feeds,
            "feeds = { threshold = \"scaled\" }",
            "goes into `threshold`",
        ),
        (
            "pixels",
            feeds,
            "feeds = { x = \"scaled\" }\nmore = 1",
            "unknown field `more`",
        ),
        (
            "pixels",
            "[[golden]]",
            "[[state]]\ninput = \"x\"\noutput = \"x\"\n[[golden]]",
            "fed by `[preprocess]` and by `[[state]]`",
        ),
        ("words", "\"mask\"", "\"ids2\"", "no output `ids2`"),
        (
            "vectors",
            "kind = \"text-embedding\"
pooling = \"mean\"
normalize = false",
            "kind = \"text-ranking\"",
            "`text-ranking` takes no `[preprocess]`",
        ),
        (
            "words",
            "[task]",
            &format!("{tokenizer}\n[task]"),
            "both `[tokenizer]` and",
        ),
        (
            "words",
            "attention_mask = \"mask\"",
            "attention_mask = \"mask\"\nfeeds = { ids = \"ids\" }",
            "the graphs take `text`, `mask`",
        ),
    ] {
        let error = publish_changed(name, from, to);
        assert_eq!(error.kind(), ErrorKind::InvalidPackage, "{error}");
        assert!(error.to_string().contains(told), "{told}: {error}");
    }
}

#[test]
fn an_operator_that_nobody_has_is_named_with_the_remedy() {
    let service = Service::builder().build().unwrap();
    let error = service.load(folder("bert").to_str().unwrap()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LoadFailed);
    let text = error.to_string();
    assert!(text.contains("`ai.onnx.contrib:BertTokenizer`"), "{text}");
    assert!(text.contains("part: tokenizer") && text.contains("give the service the library"));
}

#[test]
fn libraries_of_operators_are_checked_before_any_model() {
    let home = tempfile::tempdir().unwrap();
    let text = home.path().join("liboperators.so");
    fs::write(&text, "no library").unwrap();
    let runtime = std::env::var("AMAAS_ORT_LIB").unwrap();
    for (path, told) in [
        (
            "/nowhere/liboperators.so",
            "`/nowhere/liboperators.so` does not exist",
        ),
        (home.path().to_str().unwrap(), "is not a regular file"),
        (text.to_str().unwrap(), "cannot be loaded"),
        (&runtime, "exports no `RegisterCustomOps`"),
    ] {
        let options = RuntimeOptions {
            operators: vec![path.into()],
            ..RuntimeOptions::default()
        };
        let error = OrtBackend::open(&options).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::RuntimeUnavailable);
        let text = error.to_string();
        assert!(
            text.contains(told) && text.contains("name a library"),
            "{text}"
        );
    }
    assert!(OrtBackend::open(&RuntimeOptions::default()).is_ok());
}
