//! The encoder and decoder that spell a text backwards, with capitals for letters that were written
//! before.

use std::path::{Path, PathBuf};
use std::time::Duration;

use amaas_core::runtime::Stop;
use amaas_core::service::WarmUp;
use amaas_core::{
    Call, Chat, ErrorKind, Finish, GenerateOptions, LoadSettings, Result, Route, Service,
};
use tempfile::TempDir;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/reverser")
}

fn reverser() -> Route {
    let service = Service::builder().build().unwrap();
    service.load(folder().to_str().unwrap()).unwrap()
}

/// What it writes, worked out without it.
fn backwards(text: &str) -> String {
    let mut written = String::new();
    for letter in text.to_lowercase().chars().rev() {
        let again = written.to_lowercase().contains(letter);
        written.push(if again {
            letter.to_ascii_uppercase()
        } else {
            letter
        });
    }
    written
}

/// The same package with other words in its manifest.
fn changed(edits: &[(&str, &str)]) -> (TempDir, Result<Route>) {
    let home = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(folder()).unwrap() {
        let file = entry.unwrap().path();
        std::fs::copy(&file, home.path().join(file.file_name().unwrap())).unwrap();
    }
    let path = home.path().join("amaas.toml");
    let mut manifest = std::fs::read_to_string(&path).unwrap();
    for (from, to) in edits {
        assert!(manifest.contains(from), "{from}");
        manifest = manifest.replace(from, to);
    }
    std::fs::write(path, manifest).unwrap();
    let service = Service::builder().build().unwrap();
    let route = service.load(home.path().to_str().unwrap());
    (home, route)
}

/// The decoder in two files, and without a cache.
const SPLIT: (&str, &str) = (
    "file = \"decoder_model_merged.onnx\"",
    "file = \"decoder_model.onnx\"\n[parts.decoder_with_past]\nfile = \"decoder_with_past_model.onnx\"",
);
const MIXED: (&str, &str) = (
    "file = \"decoder_model_merged.onnx\"",
    "file = \"decoder_model.onnx\"\n[parts.decoder_with_past]\nfile = \"decoder_model_merged.onnx\"",
);
const UNCACHED: (&str, &str) = ("decoder_model_merged.onnx", "decoder_model.onnx");

#[test]
fn it_answers_with_its_words_backwards() {
    let route = reverser();
    let generated = route
        .generate_with(&["banana"], &GenerateOptions::default())
        .unwrap();
    assert_eq!(generated.answers[0].text, "anANAb");
    assert_eq!(generated.answers[0].finish, Finish::Stop);
    let usage = generated.usage;
    assert_eq!(usage.task, Some("text2text-generation"));
    assert_eq!((usage.tokens, usage.tokens_out), (7, 7), "with the ends");
    assert_eq!((usage.rows, usage.bytes_in), (1, 6));
    assert!(usage.computed.as_nanos() > 0);
}

#[test]
fn with_and_without_cache_alike() {
    let texts = ["hello", "a", "never odd or even", "the end of all things"];
    let wanted: Vec<_> = texts.iter().map(|text| backwards(text)).collect();
    for edits in [&[][..], &[SPLIT], &[MIXED], &[UNCACHED]] {
        let (_home, route) = changed(edits);
        let route = route.unwrap();
        for count in 1..=texts.len() {
            let answers = route.generate(&texts[..count]).unwrap();
            let found: Vec<_> = answers.into_iter().map(|answer| answer.text).collect();
            assert_eq!(found, wanted[..count], "{edits:?}");
        }
        let beams = GenerateOptions {
            num_beams: Some(3),
            ..GenerateOptions::default()
        };
        let searched = route.generate_with(&texts, &beams).unwrap();
        for (answer, wanted) in searched.answers.iter().zip(&wanted) {
            assert_eq!(&answer.text, wanted, "{edits:?}");
        }
        assert!(searched.usage.together >= 3, "beams run together");
    }
}

#[test]
fn texts_that_come_and_go_keep_to_their_own() {
    let route = reverser();
    let texts: Vec<String> = (1..40_usize)
        .map(|count| {
            let letter = |place: usize| char::from(b'a' + (place * count % 23) as u8);
            (0..1 + count * 7 % 31).map(letter).collect()
        })
        .collect();
    let tickets: Vec<_> = texts
        .iter()
        .map(|text| route.submit_generate(vec![text.clone()], &GenerateOptions::default()))
        .collect();
    for (text, ticket) in texts.iter().zip(tickets) {
        assert_eq!(ticket.wait().unwrap().answers[0].text, backwards(text));
    }
}

#[test]
fn a_text_ends_where_the_call_says() {
    let route = reverser();
    let most = GenerateOptions {
        max_new_tokens: Some(3),
        ..GenerateOptions::default()
    };
    let answer = route.generate_with(&["hello"], &most).unwrap();
    assert_eq!(answer.answers[0].text, "olL");
    assert_eq!(answer.answers[0].finish, Finish::Length);
    assert_eq!(answer.usage.tokens_out, 3);
    let stop = GenerateOptions {
        stop: vec!["Le".to_owned()],
        ..GenerateOptions::default()
    };
    let answer = route.generate_with(&["hello"], &stop).unwrap();
    assert_eq!(answer.answers[0].text, "ol");
    assert_eq!(answer.answers[0].finish, Finish::Stop);
    let (_home, short) = changed(&[("max_length = 64", "max_length = 4")]);
    let error = short.unwrap_err();
    assert_eq!(
        error.kind(),
        ErrorKind::InputTooLong,
        "the golden text: {error}"
    );
}

#[test]
fn draws_repeat_by_their_seed() {
    let route = reverser();
    let draw = |seed| {
        let options = GenerateOptions {
            do_sample: Some(true),
            temperature: Some(9.0),
            seed: Some(seed),
            ..GenerateOptions::default()
        };
        let answers = route.generate_with(&["hello"], &options).unwrap().answers;
        (answers[0].text.clone(), answers[0].seed)
    };
    assert_eq!(draw(7), draw(7));
    let texts: std::collections::BTreeSet<_> = (0..9).map(draw).collect();
    assert!(texts.len() > 5, "{texts:?}");
}

#[test]
fn a_stream_gives_letter_after_letter() {
    let route = reverser();
    let mut stream = route
        .stream_generate("banana", &GenerateOptions::default())
        .unwrap();
    let pieces: Vec<_> = (&mut stream).collect::<Result<_>>().unwrap();
    assert_eq!(pieces.concat(), "anANAb");
    assert!(pieces.len() > 3, "{pieces:?}");
    assert_eq!(stream.generated().unwrap().usage.tokens_out, 7);
}

#[test]
fn a_text_is_given_up_between_two_tokens() {
    let route = reverser();
    let mut stream = route
        .stream_generate(&"a".repeat(60), &GenerateOptions::default())
        .unwrap();
    let first = stream.next().unwrap().unwrap();
    assert_eq!(first, "a");
    stream.cancel();
    let end = stream.find_map(Result::err);
    if let Some(error) = end {
        assert_eq!(error.kind(), ErrorKind::Cancelled);
    }
    let stop = Stop::new();
    stop.raise();
    let options = GenerateOptions {
        call: Call {
            stop: Some(stop),
            ..Call::default()
        },
        ..GenerateOptions::default()
    };
    let error = route.generate_with(&["hello"], &options).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    assert_eq!(route.generate(&["hello"]).unwrap()[0].text, "olLeh");
}

#[test]
fn what_it_cannot_do_is_refused() {
    let route = reverser();
    let long = "a".repeat(70);
    let refused = [
        (
            route.generate(&[long.as_str()]).unwrap_err(),
            ErrorKind::InputTooLong,
        ),
        (
            route.chat(&Chat::new([("user", "hello")])).unwrap_err(),
            ErrorKind::Unsupported,
        ),
        (
            route.classify(&["hello"]).unwrap_err(),
            ErrorKind::Unsupported,
        ),
    ];
    for (error, kind) in refused {
        assert_eq!(error.kind(), kind, "{error}");
    }
}

#[test]
fn packages_that_cannot_write_are_refused() {
    let cases = [
        (("[parts.decoder]", "[parts.writer]"), "no part `decoder`"),
        (("start_ids = [0]", "start_ids = []"), "`task.start_ids`"),
        (("start_ids = [0]", ""), "start_ids"),
        (("max_length = 64", "max_length = 1"), "`task.max_length`"),
        (
            ("start_ids = [0]", "start_ids = [0]\nstates = \"other\""),
            "`other`",
        ),
        (
            (
                "[tokenizer]",
                "[tokenizer.inputs]\nids = \"words\"\n[tokenizer]",
            ),
            "`words`",
        ),
        (
            ("decoder_model_merged.onnx", "decoder_with_past_model.onnx"),
            "present.0.encoder",
        ),
    ];
    for (edit, word) in cases {
        let (_home, route) = changed(&[edit]);
        let error = route.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidPackage, "{error}");
        assert!(error.to_string().contains(word), "{error}");
    }
}

#[test]
fn it_warms_up_with_all_of_its_graphs() {
    for edits in [&[][..], &[SPLIT]] {
        let (home, _route) = changed(edits);
        let settings = LoadSettings {
            warm_up: WarmUp {
                first: Some(Duration::from_secs(20)),
                budget: Duration::from_secs(20),
                ..WarmUp::default()
            },
            ..LoadSettings::default()
        };
        let service = Service::builder().settings(settings).build().unwrap();
        let route = service.load(home.path().to_str().unwrap()).unwrap();
        let model = route.lease();
        assert!(model.warmed().is_complete(), "{:?}", model.warmed());
        assert!(model.warmed().runs > 0);
    }
}
