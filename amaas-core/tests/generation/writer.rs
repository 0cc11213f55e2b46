//! The decoder that knows three texts.

use std::path::{Path, PathBuf};

use amaas_core::{
    Call, Chat, ErrorKind, Finish, GenerateOptions, Route, Service, Tensor, runtime::Stop,
};
use ndarray::Array4;

const COUNT: &str = " two three four five six seven.";

pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/writer")
}

fn writer() -> Route {
    let service = Service::builder().build().unwrap();
    service.load(folder().to_str().unwrap()).unwrap()
}

fn texts(route: &Route, prompts: &[&str], options: &GenerateOptions) -> Vec<String> {
    let answers = route.generate_with(prompts, options).unwrap().answers;
    answers.into_iter().map(|answer| answer.text).collect()
}

#[test]
fn it_writes_on_what_it_knows() {
    let route = writer();
    let generated = route
        .generate_with(&["count: one"], &GenerateOptions::default())
        .unwrap();
    assert_eq!(generated.answers[0].text, COUNT);
    assert_eq!(generated.answers[0].finish, Finish::Stop);
    assert_eq!(generated.usage.task, Some("text-generation"));
    assert_eq!(generated.usage.tokens, "count: one".len() as u64);
    assert_eq!(
        generated.usage.tokens_out,
        COUNT.len() as u64 + 1,
        "with the end"
    );
    assert_eq!((generated.usage.rows, generated.usage.together), (1, 1));
}

/// The same tokens come of the whole text at each step, without any cache.
#[test]
fn with_and_without_cache_alike() {
    let route = writer();
    let alphabet = route.generate(&["sea: das"]).unwrap().remove(0).text;
    let mut text = "sea: das".as_bytes().to_vec();
    let ids = byte_ids();
    loop {
        let row: Vec<i64> = text.iter().map(|byte| ids[usize::from(*byte)]).collect();
        let next = next_without_cache(&route, &row);
        match ids.iter().position(|id| *id == next) {
            Some(byte) => text.push(byte as u8),
            None => break,
        }
    }
    assert_eq!(
        String::from_utf8(text).unwrap(),
        format!("sea: das{alphabet}")
    );
}

/// The id of each byte, as the fixture's tokenizer numbers them.
fn byte_ids() -> Vec<i64> {
    let json = std::fs::read(folder().join("tokenizer.json")).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    let mut other = 0x100;
    let letter = |byte: u8| match byte {
        b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF => char::from(byte),
        _ => {
            other += 1;
            char::from_u32(other - 1).unwrap()
        }
    };
    let letters: Vec<char> = (0..=u8::MAX).map(letter).collect();
    letters
        .iter()
        .map(|letter| json["model"]["vocab"][letter.to_string()].as_i64().unwrap())
        .collect()
}

fn next_without_cache(route: &Route, row: &[i64]) -> i64 {
    let numbers = |values: Vec<i64>| Tensor::from_vec([1, row.len()], values).unwrap();
    let (ids, mask) = (numbers(row.to_vec()), numbers(vec![1; row.len()]));
    let places = numbers((0..row.len() as i64).collect());
    let nothing = Tensor::from_array(Array4::<f32>::zeros((1, 4, 0, 32))).unwrap();
    let past =
        [0, 1].map(|layer| ["key", "value"].map(|kind| format!("past_key_values.{layer}.{kind}")));
    let mut inputs = vec![
        ("input_ids", &ids),
        ("attention_mask", &mask),
        ("position_ids", &places),
    ];
    inputs.extend(past.iter().flatten().map(|name| (name.as_str(), &nothing)));
    let outputs = route
        .run_with(&inputs, &["logits"], &Call::default())
        .unwrap();
    let scores = outputs[0].view::<f32>().unwrap();
    let last = scores.slice(ndarray::s![0, -1, ..]);
    let best = last
        .iter()
        .enumerate()
        .max_by(|one, other| one.1.total_cmp(other.1));
    best.unwrap().0 as i64
}

#[test]
fn many_at_once_write_what_each_writes_alone() {
    let route = writer();
    let prompts = [
        "count: one two",
        "sea:",
        "count:",
        "<|user|>hello<|assistant|>",
        "count: o",
        "sea: d",
    ];
    let options = GenerateOptions::default();
    let generated = route.generate_with(&prompts, &options).unwrap();
    let alone: Vec<_> = prompts
        .iter()
        .flat_map(|prompt| texts(&route, &[prompt], &options))
        .collect();
    let together: Vec<_> = generated
        .answers
        .into_iter()
        .map(|answer| answer.text)
        .collect();
    assert_eq!(together, alone);
    assert_eq!(together[1], " das Meer ist groß, 海は青い 🙂.");
    assert_eq!(
        generated.usage.together, 4,
        "as many as the manifest allows"
    );
}

/// ONNX Runtime reads prompts of one length in one run, beside others.
#[test]
fn prompts_of_one_length_write_what_each_writes_alone() {
    let route = writer();
    let prompts = ["count:", "count: on", "sea: das ", "count: tw", "sea: ist "];
    let options = GenerateOptions::default();
    let together = texts(&route, &prompts, &options);
    let alone = prompts
        .iter()
        .flat_map(|prompt| texts(&route, &[prompt], &options));
    assert_eq!(together, alone.collect::<Vec<_>>());
}

#[test]
fn pieces_of_a_stream_never_split_a_character() {
    let route = writer();
    let mut stream = route
        .stream_generate("sea:", &GenerateOptions::default())
        .unwrap();
    let pieces: Vec<String> = stream.by_ref().map(Result::unwrap).collect();
    assert!(pieces.len() > 10, "{pieces:?}");
    assert!(
        pieces.iter().all(|piece| !piece.contains('\u{FFFD}')),
        "{pieces:?}"
    );
    let whole = stream.generated().unwrap();
    assert_eq!(whole.answers[0].text, pieces.concat());
    assert_eq!(pieces.concat(), " das Meer ist groß, 海は青い 🙂.");
    assert_eq!(route.usage().requests, 1);
}

#[test]
fn a_text_ends_where_it_is_told_to() {
    let route = writer();
    let options = GenerateOptions {
        stop: vec![" fo".to_owned(), "seven".to_owned()],
        ..GenerateOptions::default()
    };
    assert_eq!(texts(&route, &["count: one"], &options), [" two three"]);
    let options = GenerateOptions {
        max_new_tokens: Some(4),
        ..GenerateOptions::default()
    };
    let generated = route.generate_with(&["count: one"], &options).unwrap();
    assert_eq!(generated.answers[0].text, " two");
    assert_eq!(generated.answers[0].finish, Finish::Length);
    assert_eq!(generated.usage.tokens_out, 4);
}

#[test]
fn what_cannot_be_is_refused_with_its_kind() {
    let route = writer();
    let with = |options: GenerateOptions, prompt: &str| {
        let error = route.generate_with(&[prompt], &options).unwrap_err();
        assert!(error.remedy().is_some(), "{error}");
        error.kind()
    };
    let plain = GenerateOptions::default;
    assert_eq!(with(plain(), ""), ErrorKind::InvalidArgument);
    assert_eq!(with(plain(), &"x".repeat(130)), ErrorKind::InputTooLong);
    let most = |count| GenerateOptions {
        max_new_tokens: Some(count),
        ..plain()
    };
    assert_eq!(with(most(0), "count:"), ErrorKind::InvalidArgument);
    assert_eq!(with(most(125), "count:"), ErrorKind::InputTooLong);
    let top_p = GenerateOptions {
        top_p: Some(1.5),
        do_sample: Some(true),
        ..plain()
    };
    assert_eq!(with(top_p, "count:"), ErrorKind::InvalidArgument);
    let stop = GenerateOptions {
        stop: vec![String::new()],
        ..plain()
    };
    assert_eq!(with(stop, "count:"), ErrorKind::InvalidArgument);
    let schema = serde_json::json!({"type": "string", "maxLength": 1, "minLength": 2});
    let schema = GenerateOptions {
        schema: Some(schema),
        ..plain()
    };
    assert_eq!(with(schema, "count:"), ErrorKind::InvalidArgument);
    let beams = GenerateOptions {
        num_beams: Some(2),
        do_sample: Some(true),
        ..plain()
    };
    assert_eq!(with(beams, "count:"), ErrorKind::InvalidArgument);
    assert_eq!(
        route.classify(&["x"]).unwrap_err().kind(),
        ErrorKind::Unsupported
    );
}

#[test]
fn prompts_of_one_call_are_read_in_one_run() {
    let options = GenerateOptions {
        max_new_tokens: Some(1), // which reading the prompt gives
        ..GenerateOptions::default()
    };
    let prompts = ["sea: a", "sea: b", "sea: c", "sea: d"];
    let generated = writer().generate_with(&prompts, &options).unwrap();
    assert_eq!(generated.usage.together, 4);
}

#[test]
fn of_too_many_texts_none_is_written() {
    let route = writer();
    let error = route.generate(&["count:"; 1025]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Overloaded);
    assert_eq!((route.usage().rows, route.usage().failures), (0, 1));
    assert_eq!(route.generate(&["count: one"]).unwrap()[0].text, COUNT);
}

#[test]
fn a_seed_draws_the_same_text_again() {
    let route = writer();
    let drawn = |seed| {
        let options = GenerateOptions {
            do_sample: Some(true),
            temperature: Some(8.0),
            max_new_tokens: Some(30),
            seed: Some(seed),
            ..GenerateOptions::default()
        };
        texts(&route, &["count:"], &options).remove(0)
    };
    assert_eq!(drawn(7), drawn(7));
    assert!((8..12).any(|seed| drawn(seed) != drawn(7)));
}

#[test]
fn a_schema_holds_whatever_the_model_would_rather_write() {
    let route = writer();
    let schema = serde_json::json!({
        "type": "object",
        "properties": {"count": {"type": "integer", "minimum": 1, "maximum": 9}, "sea": {"enum": ["blue", "grey"]}},
        "required": ["count", "sea"],
        "additionalProperties": false,
    });
    let options = GenerateOptions {
        schema: Some(schema),
        ..GenerateOptions::default()
    };
    let text = texts(&route, &["count: one"], &options).remove(0);
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert!(
        (1..=9).contains(&value["count"].as_i64().unwrap()),
        "{text}"
    );
    assert!(
        ["blue", "grey"].contains(&value["sea"].as_str().unwrap()),
        "{text}"
    );
}

#[test]
fn a_chat_is_answered_as_its_template_asks() {
    let route = writer();
    let mut chat = Chat::new([("user", "hello")]);
    assert_eq!(
        route.chat_prompt(&chat).unwrap(),
        "<|user|>hello<|assistant|>"
    );
    assert_eq!(route.chat(&chat).unwrap().text, "Hello to you.");
    chat.tools = Some(serde_json::json!([{"type": "function", "function": {"name": "clock"}}]));
    assert_eq!(
        route.chat_prompt(&chat).unwrap(),
        "<|user|>hello[clock]<|assistant|>"
    );
    let pieces: String = route
        .stream_chat(&Chat::new([("user", "hello")]), &GenerateOptions::default())
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(pieces, "Hello to you.");
}

#[test]
fn beams_find_the_text_that_is_most_probable() {
    let route = writer();
    for width in [2, 4] {
        let options = GenerateOptions {
            num_beams: Some(width),
            max_new_tokens: Some(40),
            ..GenerateOptions::default()
        };
        let generated = route.generate_with(&["count: one"], &options).unwrap();
        assert_eq!(generated.answers[0].text, COUNT);
        assert_eq!(generated.answers[0].finish, Finish::Stop);
    }
}

#[test]
fn beams_hold_back_what_stands_in_the_text() {
    let route = writer();
    let with = |no_repeat_ngram_size| GenerateOptions {
        num_beams: Some(2),
        max_new_tokens: Some(40),
        no_repeat_ngram_size,
        ..GenerateOptions::default()
    };
    let text = |size| texts(&route, &["count: one"], &with(size)).remove(0);
    assert_eq!(text(None), COUNT);
    let once = text(Some(1));
    let (mut seen, mut letters) = (Vec::from("count: one"), once.bytes().filter(u8::is_ascii));
    assert!(
        letters.all(|letter| !seen.contains(&letter) && {
            seen.push(letter);
            true
        }),
        "{once}"
    );
}

#[test]
fn a_ticket_gives_what_a_call_gives() {
    let route = writer();
    let ticket = route.submit_generate(vec!["count: one", "sea:"], &GenerateOptions::default());
    let answers = ticket.wait().unwrap().answers;
    assert_eq!(answers[0].text, COUNT);
    let ticket = route.submit_chat(Chat::new([("user", "hello")]), &GenerateOptions::default());
    assert_eq!(ticket.wait().unwrap().answers[0].text, "Hello to you.");
}

#[test]
fn a_raised_flag_ends_a_text() {
    let route = writer();
    let stop = Stop::new();
    let options = GenerateOptions {
        call: Call::until(&stop),
        ..GenerateOptions::default()
    };
    let mut stream = route.stream_generate("count:", &options).unwrap();
    assert!(stream.next().unwrap().is_ok());
    stop.raise();
    let last = stream.by_ref().last();
    // It may have been faster than the flag.
    if let Some(Err(error)) = last {
        assert_eq!(error.kind(), ErrorKind::Cancelled);
    }
    assert!(stream.next().is_none());
    let error = route.generate_with(&["count:"], &options).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
}
