//! Spans, pairs, rankings and zero-shot labels through ONNX Runtime, held against numbers that others
//! computed: `tests/fixtures/tagger_reference.py` and `make_pairs.py`.
//!
//! These tests need the real library: `AMAAS_ORT_LIB` is its path, which `make test` sets.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::path::Path;

use amaas_core::model::{Aggregation, Overflow, PairTruncation};
use amaas_core::{
    ClassifyOptions, Entity, ErrorKind, RankOptions, Route, Service, SimilarityFunction,
    SimilarityOptions, TagOptions, ZeroShotOptions,
};
use serde::Deserialize;

fn path(folder: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .join(folder);
    path.to_str().unwrap().to_owned()
}

fn load(folder: &str) -> Route {
    let service = Service::builder().build().unwrap();
    service.load(&path(folder)).unwrap()
}

fn fixture(name: &str) -> Route {
    load(&format!("tests/fixtures/{name}"))
}

fn read<T: serde::de::DeserializeOwned>(file: &str) -> Vec<T> {
    let text = std::fs::read(path(file)).unwrap();
    serde_json::from_slice(&text).unwrap()
}

#[derive(Debug, Deserialize)]
struct TagCase {
    text: String,
    aggregation: String,
    ignore: Vec<String>,
    spans: Vec<Span>,
}

#[derive(Debug, Deserialize)]
struct Span {
    label: String,
    score: f64,
    start: usize,
    end: usize,
    index: Option<usize>,
}

fn is(found: &Entity, span: &Span) -> bool {
    (&found.label, found.start, found.end, found.index)
        == (&span.label, span.start, span.end, span.index)
        && (found.score - span.score).abs() < 2e-6
}

#[test]
fn spans_are_those_of_the_pipeline() {
    let (route, cases) = (
        fixture("tagger"),
        read::<TagCase>("tests/fixtures/tagger/reference.json"),
    );
    assert!(cases.len() > 60 && cases.iter().map(|case| case.spans.len()).sum::<usize>() > 300);
    for case in cases {
        let options = TagOptions {
            aggregation: Some(case.aggregation.parse().unwrap()),
            ignore_labels: Some(case.ignore.clone()),
            ..TagOptions::default()
        };
        let found = route
            .tag_with(&[&case.text], &options)
            .unwrap()
            .answers
            .remove(0)
            .entities;
        let same = found.len() == case.spans.len()
            && found
                .iter()
                .zip(&case.spans)
                .all(|(one, other)| is(one, other));
        assert!(same, "{case:?}\n{found:?}");
    }
}

#[test]
fn places_are_those_of_the_callers_text_in_characters_and_bytes() {
    let route = fixture("tagger");
    let texts = [
        "ÉCOLE Zürich naïve",
        "日本 tea ☃",
        "e\u{301}te\u{301} x",
        "plain",
    ];
    let options = TagOptions {
        aggregation: Some(Aggregation::None),
        ignore_labels: Some(Vec::new()),
        ..TagOptions::default()
    };
    let tagged = route.tag_with(&texts, &options).unwrap();
    for (text, answer) in texts.iter().zip(tagged.answers) {
        let mut covered = String::new();
        for entity in answer.entities {
            assert_eq!(entity.word, text[entity.start_byte..entity.end_byte]);
            let characters = text
                .chars()
                .skip(entity.start)
                .take(entity.end - entity.start);
            assert_eq!(entity.word, characters.collect::<String>());
            covered.push_str(&entity.word);
        }
        let blank = |letter: &char| !letter.is_whitespace() && *letter != '\u{301}';
        let seen: String = covered.chars().filter(blank).collect();
        assert_eq!(seen, text.chars().filter(blank).collect::<String>());
    }
    assert_eq!(tagged.usage.task, Some("token-classification"));
}

#[test]
fn windows_lose_no_token_and_repeat_none() {
    let route = fixture("tagger");
    let text = "words ".repeat(40);
    for (aggregation, count) in [(Aggregation::None, 200), (Aggregation::First, 0)] {
        let options = TagOptions {
            aggregation: Some(aggregation),
            ignore_labels: Some(Vec::new()),
            ..TagOptions::default()
        };
        let answer = route
            .tag_with(&[&text], &options)
            .unwrap()
            .answers
            .remove(0);
        assert!(answer.windows > 5 && answer.truncated == 0);
        assert!(
            answer
                .entities
                .windows(2)
                .all(|pair| pair[0].end <= pair[1].start)
        );
        assert!(
            count == 0 || answer.entities.len() == count,
            "{}",
            answer.entities.len()
        );
    }
    let cut = TagOptions {
        overflow: Some(Overflow::Truncate),
        ..TagOptions::default()
    };
    assert_eq!(
        route.tag_with(&[&text], &cut).unwrap().answers[0].truncated,
        170
    );
    let error = TagOptions {
        overflow: Some(Overflow::Error),
        ..TagOptions::default()
    };
    assert_eq!(
        route.tag_with(&[&text], &error).unwrap_err().kind(),
        ErrorKind::InputTooLong
    );
}

#[test]
fn many_texts_and_tickets_answer_as_one_text_does() {
    let route = fixture("tagger");
    let texts: Vec<String> = (0..150)
        .map(|number| format!("text {number} {}", "ab ".repeat(number % 20)))
        .collect();
    let all = route.tag(&texts).unwrap();
    let later = route
        .submit_tag(texts.clone(), &TagOptions::default())
        .wait()
        .unwrap();
    assert_eq!(all, later.answers);
    for (text, answer) in texts.iter().zip(&all).step_by(17) {
        assert_eq!(&route.tag(&[text]).unwrap()[0], answer);
    }
    assert!(route.tag::<&str>(&[]).unwrap().is_empty());
}

#[test]
fn names_are_found_in_plain_sentences() {
    let route = load("models/names/1.0.0");
    let text = "Marta Kowalska met Peter Jones in Germany.";
    let answer = route.tag(&[text]).unwrap().remove(0);
    let found: Vec<_> = answer
        .entities
        .iter()
        .map(|entity| (entity.label.as_str(), entity.word.as_str()))
        .collect();
    assert_eq!(
        found,
        [
            ("PER", "Marta Kowalska"),
            ("PER", "Peter Jones"),
            ("LOC", "Germany")
        ]
    );
    let long = format!("{text} ").repeat(60);
    let answer = route.tag(&[&long]).unwrap().remove(0);
    assert!(answer.windows > 1);
    // At the borders of sentences, which it was not trained on, it may take a full stop along.
    assert!(
        answer.entities.len().abs_diff(180) <= 6,
        "{}",
        answer.entities.len()
    );
    for entity in &answer.entities {
        assert_eq!(entity.word, long[entity.start_byte..entity.end_byte]);
        let known = found.iter().any(|(_, word)| entity.word.starts_with(word));
        assert!(known, "{entity:?}");
    }
}

#[derive(Debug, Deserialize)]
struct PairCase {
    pair: (String, String),
    truncation: String,
    scores: Vec<f64>,
}

const LABELS: [&str; 3] = ["contradiction", "neutral", "entailment"];

#[test]
fn pairs_are_read_and_cut_as_the_tokenizers_library_does() {
    let route = fixture("inference");
    let cases: Vec<PairCase> = read("tests/fixtures/inference/reference.json");
    for case in &cases {
        let options = ClassifyOptions {
            pair_truncation: Some(case.truncation.parse().unwrap()),
            ..ClassifyOptions::default()
        };
        let answer = route
            .classify_pairs_with(std::slice::from_ref(&case.pair), &options)
            .unwrap();
        for found in &answer.answers[0].labels {
            let place = LABELS
                .iter()
                .position(|label| *label == found.label)
                .unwrap();
            assert!(
                (found.score - case.scores[place]).abs() < 2e-6,
                "{case:?} {found:?}"
            );
        }
    }
    let pairs: Vec<_> = cases.iter().map(|case| case.pair.clone()).collect();
    let together = route.classify_pairs(&pairs).unwrap();
    let later = route.submit_classify_pairs(pairs.clone(), &ClassifyOptions::default());
    assert_eq!(later.wait().unwrap().answers, together);
    assert!(together.iter().any(|answer| answer.truncated > 0));
}

#[test]
fn pairs_too_long_are_refused_or_read_in_windows() {
    let route = fixture("inference");
    let (short, long) = ("a premise", "words ".repeat(30));
    let with = |pair: (&str, &str), overflow| {
        let options = ClassifyOptions {
            overflow: Some(overflow),
            ..ClassifyOptions::default()
        };
        route.classify_pairs_with(&[pair], &options)
    };
    assert_eq!(
        with((short, &long), Overflow::Error).unwrap_err().kind(),
        ErrorKind::InputTooLong
    );
    let windows = with((short, &long), Overflow::Window).unwrap();
    assert!(windows.answers[0].windows > 3 && windows.answers[0].truncated == 0);
    let error = with((&long, short), Overflow::Window).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InputTooLong);
    assert!(error.remedy().is_some() && !error.report().contains("words"));
    let second = ClassifyOptions {
        overflow: Some(Overflow::Truncate),
        pair_truncation: Some(PairTruncation::OnlySecond),
        ..ClassifyOptions::default()
    };
    let error = route
        .classify_pairs_with(&[(&long, "")], &second)
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InputTooLong);
}

#[test]
fn documents_are_ranked_best_first() {
    let route = fixture("ranker");
    let documents = ["a cat sleeps", "berlin is in germany", ""];
    let ranked = route.rank("where is berlin?", &documents).unwrap();
    assert!(ranked.windows(2).all(|pair| pair[0].score >= pair[1].score));
    let mut places: Vec<_> = ranked.iter().map(|document| document.index).collect();
    places.sort_unstable();
    assert_eq!(places, [0, 1, 2]);
    let best = RankOptions {
        top_k: Some(1),
        ..RankOptions::default()
    };
    let found = route
        .rank_with("where is berlin?", &documents, &best)
        .unwrap();
    assert_eq!(found.documents, ranked[..1]);
    assert_eq!(
        (found.usage.rows, found.usage.task),
        (3, Some("text-ranking"))
    );
    let later = route
        .submit_rank("where is berlin?", &documents, &best)
        .wait()
        .unwrap();
    assert_eq!(later.documents, found.documents);
    assert!(route.rank::<&str>("x", &[]).unwrap().is_empty());
    let none = RankOptions {
        top_k: Some(0),
        ..RankOptions::default()
    };
    assert_eq!(
        route.rank_with("x", &documents, &none).unwrap_err().kind(),
        ErrorKind::InvalidArgument
    );
}

#[test]
fn labels_that_a_call_names_get_scores() {
    let route = fixture("zero_shot");
    let texts = ["A match", "A song"];
    let one = route
        .classify_zero_shot(&texts, &["sport", "music"])
        .unwrap();
    for answer in &one {
        assert!((answer.labels.iter().map(|label| label.score).sum::<f64>() - 1.0).abs() < 1e-9);
        assert!(answer.labels[0].score >= answer.labels[1].score);
    }
    let several = ZeroShotOptions {
        multi_label: Some(true),
        ..ZeroShotOptions::default()
    };
    let found = route
        .classify_zero_shot_with(&texts, &["sport", "music"], &several)
        .unwrap();
    assert_eq!(
        (found.usage.rows, found.usage.task),
        (4, Some("zero-shot-classification"))
    );
    let alone = route
        .classify_zero_shot(&["A match"], &["sport"])
        .unwrap()
        .remove(0);
    let same = found.answers[0]
        .labels
        .iter()
        .find(|label| label.label == "sport")
        .unwrap();
    assert_eq!(alone.labels[0].label, same.label);
    assert!((alone.labels[0].score - same.score).abs() < 1e-6); // rows beside it cost digits
    let later =
        route.submit_classify_zero_shot(&texts, &["sport", "music"], &ZeroShotOptions::default());
    assert_eq!(later.wait().unwrap().answers, one);
    let error = route
        .classify_zero_shot::<_, &str>(&texts, &[])
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    for template in ["no place", "{} and {}"] {
        let options = ZeroShotOptions {
            hypothesis_template: Some(template.to_owned()),
            ..ZeroShotOptions::default()
        };
        let error = route
            .classify_zero_shot_with(&texts, &["a"], &options)
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        assert!(error.to_string().contains("hypothesis_template"));
    }
}

#[test]
fn similar_texts_have_similar_vectors() {
    let route = fixture("encoder");
    let (texts, others) = (
        ["A cat sleeps.", ""],
        ["A cat sleeps.", "Stocks fell.", "x"],
    );
    let table = route.similarity(&texts, &others).unwrap();
    assert_eq!(table.dim(), (2, 3));
    assert!((table[[0, 0]] - 1.0).abs() < 1e-5 && table[[0, 1]] < 0.9999);
    let dot = SimilarityOptions {
        function: SimilarityFunction::Dot,
        ..SimilarityOptions::default()
    };
    let found = route.similarity_with(&texts, &others, &dot).unwrap();
    assert!(
        found
            .table
            .iter()
            .zip(&table)
            .all(|(dot, cosine)| (dot - cosine).abs() < 1e-5)
    );
    assert_eq!(found.usage.rows, 5);
}

#[test]
fn other_tasks_are_refused_by_name() {
    let (tagger, encoder) = (fixture("tagger"), fixture("encoder"));
    for (error, task) in [
        (encoder.tag(&["x"]).unwrap_err(), "token-classification"),
        (encoder.rank("x", &["y"]).unwrap_err(), "text-ranking"),
        (
            encoder.classify_pairs(&[("x", "y")]).unwrap_err(),
            "text-classification",
        ),
        (
            encoder.classify_zero_shot(&["x"], &["y"]).unwrap_err(),
            "zero-shot-classification",
        ),
        (
            tagger.similarity(&["x"], &["y"]).unwrap_err(),
            "text-embedding",
        ),
    ] {
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.to_string().contains(task), "{error}");
    }
}
