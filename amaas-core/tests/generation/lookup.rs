//! Guesses at what a text goes on with, over the decoder that adds up: its texts come round after ten
//! words.

use std::sync::{Arc, Mutex};

use amaas_core::model::{Dimension, Port};
use amaas_core::runtime::fake::FakeBackend;
use amaas_core::{
    Dtype, Error, ErrorKind, Finish, GenerateOptions, Result, Route, Service, Tensor,
};

use crate::fake::{World, add_up, adder, expected, most, signature};

const KINDS: [(&str, bool); 2] = [("growing", false), ("shared", true)];

/// How many tokens each run read, of how many rows, and of how many tokens it was asked for scores.
type Runs = Arc<Mutex<Vec<(usize, usize, Option<i64>)>>>;

/// The decoder, which `answer` may answer for.
fn watched(
    shared: bool,
    answer: impl Fn(usize, Vec<Tensor>) -> Result<Vec<Tensor>> + Send + Sync + 'static,
) -> (FakeBackend, Runs) {
    with_signature(signature(), shared, answer)
}

fn with_signature(
    signature: amaas_core::model::Signature,
    shared: bool,
    answer: impl Fn(usize, Vec<Tensor>) -> Result<Vec<Tensor>> + Send + Sync + 'static,
) -> (FakeBackend, Runs) {
    let runs = Runs::default();
    let list = Arc::clone(&runs);
    let backend = FakeBackend::new(signature).computing(move |inputs| {
        let of = |wanted| inputs.iter().find(|(name, _)| *name == wanted);
        let shape = of("input_ids").unwrap().1.shape();
        let (rows, tokens) = (shape[0], shape[1]);
        let keep = of("num_logits_to_keep").map(|(_, keep)| keep.as_slice::<i64>().unwrap()[0]);
        list.lock().unwrap().push((rows, tokens, keep));
        answer(tokens, add_up(inputs, shared)?)
    });
    (backend, runs)
}

/// The scores of these tokens alone.
fn last(scores: &Tensor, count: usize) -> Tensor {
    let scores = scores.view::<f32>().unwrap();
    let first = scores.shape()[1] - count;
    let kept = scores.slice(ndarray::s![.., first.., ..]).to_owned();
    Tensor::from_array(kept).unwrap()
}

fn write(route: &Route, prompt: &str, options: &GenerateOptions) -> String {
    let mut answers = route.generate_with(&[prompt], options).unwrap().answers;
    answers.remove(0).text
}

fn guessing(most_guessed: usize, options: GenerateOptions) -> GenerateOptions {
    GenerateOptions {
        prompt_lookup_num_tokens: Some(most_guessed),
        ..options
    }
}

#[test]
fn a_text_that_comes_round_takes_fewer_runs() {
    for (kind, shared) in KINDS {
        let (backend, runs) = watched(shared, |_, answer| Ok(answer));
        let route = World::new(kind, "1.0.0").load(&backend);
        let generated = route.generate_with(&["a"], &most(100)).unwrap();
        assert_eq!(generated.answers[0].text, expected("a", 100), "{kind}");
        assert_eq!(generated.answers[0].finish, Finish::Length);
        assert_eq!(generated.usage.tokens_out, 100, "{kind}");
        let count = runs.lock().unwrap().len();
        assert!((10..30).contains(&count), "{kind}: {count} runs");
        runs.lock().unwrap().clear();
        let text = write(&route, "a", &guessing(0, most(100)));
        assert_eq!(text, expected("a", 100), "{kind}");
        assert_eq!(runs.lock().unwrap().len(), 100, "{kind}: nothing guessed");
    }
}

/// The prompts say what then does not come: guesses are wrong, after one token or at once.
#[test]
fn wrong_guesses_leave_no_trace() {
    for (kind, shared) in KINDS {
        let (backend, runs) = watched(shared, |_, answer| Ok(answer));
        let route = World::new(kind, "1.0.0").load(&backend);
        let words = |seed: usize, count: usize| {
            let word = |place: usize| char::from(b'a' + (place * place * seed % 7) as u8);
            let words: Vec<_> = (0..count).map(|place| word(place).to_string()).collect();
            words.join(" ")
        };
        for (seed, count) in (1..12).zip([40, 3, 90, 17, 8, 250, 31, 64, 5, 120, 11]) {
            let prompt = words(seed, count);
            for length in [2, 7, 40] {
                let text = write(&route, &prompt, &most(length));
                assert_eq!(text, expected(&prompt, length), "{kind}: {prompt}");
            }
        }
        let guessed = runs.lock().unwrap().iter().any(|run| run.1 == 3);
        assert!(guessed, "{kind}: nothing was guessed");
    }
}

#[test]
fn a_guess_ends_where_the_text_does() {
    for (kind, shared) in KINDS {
        let route = World::new(kind, "1.0.0").load(&adder(shared));
        let whole = expected("a", 90);
        for count in 30..50 {
            assert_eq!(write(&route, "a", &most(count)), expected("a", count));
        }
        // The third time round; what was guessed beyond it is not written.
        let options = GenerateOptions {
            stop: vec![expected("a", 90)[40..60].to_owned()],
            ..most(90)
        };
        let generated = route.generate_with(&["a"], &options).unwrap();
        let end = whole.find(&whole[40..60]).unwrap();
        assert_eq!(generated.answers[0].text, whole[..end], "{kind}");
        assert_eq!(generated.answers[0].finish, Finish::Stop, "{kind}");
    }
}

/// The cache has its newcomer behind the row that reads ahead, and grows meanwhile.
#[test]
fn a_prompt_is_read_in_pieces_beside_a_text_that_guesses() {
    for (kind, shared) in KINDS {
        let (backend, runs) = watched(shared, |_, answer| Ok(answer));
        let route = World::new(kind, "1.0.0").load(&backend);
        let mut stream = route.stream_generate("a", &most(400)).unwrap();
        let mut written = String::new();
        while written.len() < 90 {
            written += &stream.next().unwrap().unwrap();
        }
        let gate = backend.hold();
        backend.wait_for_held(1);
        let long = ["b c"; 260].join(" ");
        let ticket = route.submit_generate(vec![long.clone()], &most(30));
        runs.lock().unwrap().clear();
        drop(gate);
        assert_eq!(ticket.wait().unwrap().answers[0].text, expected(&long, 30));
        written.extend(stream.map(|piece| piece.unwrap()));
        assert_eq!(written, expected("a", 400), "{kind}");
        let runs = runs.lock().unwrap();
        let pieces = runs.iter().filter(|run| run.1 > 100).count();
        let guesses = runs.iter().filter(|run| (2..=13).contains(&run.1)).count();
        assert!(pieces >= 4 && guesses >= 4, "{kind}: {pieces}, {guesses}");
    }
}

#[test]
fn texts_that_are_written_together_guess_nothing() {
    let (backend, runs) = watched(true, |_, answer| Ok(answer));
    let route = World::new("shared", "1.0.0").load(&backend);
    let generated = route.generate_with(&["a", "b"], &most(40)).unwrap();
    assert_eq!(generated.answers[0].text, expected("a", 40));
    assert_eq!(generated.answers[1].text, expected("b", 40));
    let runs = runs.lock().unwrap();
    assert!(runs.iter().all(|run| run.1 == 1), "{runs:?}");
}

#[test]
fn a_seed_draws_the_same_with_guesses_and_without() {
    for (kind, shared) in KINDS {
        let (backend, runs) = watched(shared, |_, answer| Ok(answer));
        let route = World::new(kind, "1.0.0").load(&backend);
        for seed in 0..20 {
            let draws = GenerateOptions {
                do_sample: Some(true),
                temperature: Some(0.3),
                seed: Some(seed),
                ..most(60)
            };
            let plain = write(&route, "a b c", &guessing(0, draws.clone()));
            let guessed = write(&route, "a b c", &guessing(9, draws));
            assert_eq!(guessed, plain, "{kind}, seed {seed}");
        }
        // The prompts have three tokens.
        let guessed = runs.lock().unwrap().iter().any(|run| run.1 > 3);
        assert!(guessed, "{kind}: nothing was guessed");
    }
}

/// What such a graph gives is no use; it is asked once, and the text is what it would be.
#[test]
fn a_graph_that_scores_the_last_token_alone_is_asked_no_more() {
    for (kind, shared) in KINDS {
        let (backend, runs) = watched(shared, |_, mut answer| {
            answer[0] = last(&answer[0], 1);
            Ok(answer)
        });
        let route = World::new(kind, "1.0.0").load(&backend);
        assert_eq!(write(&route, "a", &most(60)), expected("a", 60), "{kind}");
        let more = runs.lock().unwrap().iter().filter(|run| run.1 > 1).count();
        assert_eq!(more, 1, "{kind}");
    }
}

#[test]
fn a_graph_that_says_it_scores_one_token_is_never_asked() {
    let mut signature = signature();
    let scores = [
        Dimension::named("batch"),
        Dimension::Fixed(1),
        Dimension::Fixed(11),
    ];
    signature.outputs[0] = Port::tensor("logits", Dtype::Float32, scores);
    let (backend, runs) = with_signature(signature, true, |_, mut answer| {
        answer[0] = last(&answer[0], 1);
        Ok(answer)
    });
    let route = World::new("shared", "1.0.0").load(&backend);
    assert_eq!(write(&route, "a", &most(60)), expected("a", 60));
    assert!(runs.lock().unwrap().iter().all(|run| run.1 == 1));
}

#[test]
fn a_run_of_guesses_that_fails_is_run_without_them() {
    for (kind, shared) in KINDS {
        for panics in [false, true] {
            let (backend, runs) = watched(shared, move |tokens, answer| {
                assert!(tokens == 1 || !panics, "several tokens");
                match tokens {
                    1 => Ok(answer),
                    _ => Err(Error::new(ErrorKind::InferenceFailed, "several tokens")),
                }
            });
            let route = World::new(kind, "1.0.0").load(&backend);
            assert_eq!(write(&route, "a", &most(60)), expected("a", 60), "{kind}");
            let more = runs.lock().unwrap().iter().filter(|run| run.1 > 1).count();
            assert_eq!(more, 1, "{kind}");
        }
    }
}

/// It is given up while a guess is being read: nothing that comes of it is written.
#[test]
fn a_text_is_cancelled_within_a_guess() {
    let (backend, runs) = watched(true, |_, answer| Ok(answer));
    let route = World::new("shared", "1.0.0").load(&backend);
    let mut stream = route.stream_generate("a", &most(600)).unwrap();
    let mut written = String::new();
    while written.len() < 90 {
        written += &stream.next().unwrap().unwrap();
    }
    let gate = backend.hold();
    backend.wait_for_held(1);
    stream.cancel();
    drop(gate);
    let error = loop {
        match stream.next().unwrap() {
            Ok(piece) => written += &piece,
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    assert!(expected("a", 600).starts_with(&written));
    assert!(written.len() < expected("a", 600).len());
    assert!(runs.lock().unwrap().iter().any(|run| run.1 > 1));
    assert_eq!(write(&route, "b", &most(40)), expected("b", 40));
}

#[test]
fn a_graph_is_told_of_how_many_tokens_scores_are_wanted() {
    for dimensions in [vec![], vec![Dimension::Fixed(1)]] {
        let mut signature = signature();
        let keep = Port::tensor("num_logits_to_keep", Dtype::Int64, dimensions);
        signature.inputs.push(keep);
        let scores = [
            Dimension::named("batch"),
            Dimension::Fixed(1),
            Dimension::Fixed(11),
        ];
        signature.outputs[0] = Port::tensor("logits", Dtype::Float32, scores);
        let (backend, runs) = with_signature(signature, true, |tokens, mut answer| {
            let wanted = if tokens == 30 { 1 } else { tokens };
            answer[0] = last(&answer[0], wanted);
            Ok(answer)
        });
        let route = World::new("shared", "1.0.0").load(&backend);
        let prompt = ["a"; 30].join(" ");
        assert_eq!(write(&route, &prompt, &most(60)), expected(&prompt, 60));
        let runs = runs.lock().unwrap();
        let (first, rest) = runs.split_first().unwrap();
        assert_eq!(*first, (1, 30, Some(1)), "the prompt");
        assert!(rest.iter().any(|run| run.1 > 1));
        for (_, tokens, keep) in rest {
            assert_eq!(*keep, Some(*tokens as i64));
        }
    }
}

#[test]
fn an_input_that_is_no_count_is_refused() {
    let mut signature = signature();
    let keep = Port::tensor("num_logits_to_keep", Dtype::Float32, [Dimension::Fixed(1)]);
    signature.inputs.push(keep);
    let world = World::new("shared", "1.0.0");
    let service = Service::builder()
        .backend(Arc::new(FakeBackend::new(signature)))
        .build()
        .unwrap();
    let path = world.folder().join("1.0.0");
    let error = service.load(path.to_str().unwrap()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidPackage);
    assert!(error.to_string().contains("num_logits_to_keep"), "{error}");
}

/// What a schema leaves no choice about takes no run of its own, whatever the model would rather write.
#[test]
fn what_a_schema_forces_is_guessed() {
    let word = |word: &str| serde_json::json!({ "const": word });
    let schema = serde_json::json!({
        "type": "object",
        "properties": {
            "department": word("planning"),
            "answer": {"type": "string", "minLength": 4, "maxLength": 4},
            "responsible": word("nobody"),
        },
        "required": ["department", "answer", "responsible"],
        "additionalProperties": false,
    });
    let with = |most_guessed| GenerateOptions {
        schema: Some(schema.clone()),
        ..guessing(most_guessed, most(120))
    };
    let service = Service::builder().build().unwrap();
    let route = service
        .load(crate::writer::folder().to_str().unwrap())
        .unwrap();
    let plain = write(&route, "count:", &with(0));
    serde_json::from_str::<serde_json::Value>(&plain).unwrap();
    for most_guessed in [1, 5, 64] {
        assert_eq!(write(&route, "count:", &with(most_guessed)), plain);
    }
    let (backend, runs) = spelling();
    let world = World::new("growing", "1.0.0");
    let tokenizer = crate::writer::folder().join("tokenizer.json");
    std::fs::copy(tokenizer, world.folder().join("1.0.0/tokenizer.json")).unwrap();
    let route = world.load(&backend);
    let plain = write(&route, "count:", &with(0));
    serde_json::from_str::<serde_json::Value>(&plain).unwrap();
    let without = std::mem::take(&mut *runs.lock().unwrap()).len();
    assert_eq!(write(&route, "count:", &with(12)), plain);
    let with = runs.lock().unwrap().len();
    assert!(without > 60 && with < 25, "{with} runs beside {without}");
}

/// A decoder over bytes that would always write the byte after its last one.
fn spelling() -> (FakeBackend, Runs) {
    let mut signature = signature();
    let scores = [
        Dimension::named("batch"),
        Dimension::named("tokens"),
        Dimension::Fixed(259),
    ];
    signature.outputs[0] = Port::tensor("logits", Dtype::Float32, scores);
    let runs = Runs::default();
    let list = Arc::clone(&runs);
    let backend = FakeBackend::new(signature).computing(move |inputs| {
        let ids = inputs.iter().find(|(name, _)| *name == "input_ids");
        let ids = ids.unwrap().1.view::<i64>()?;
        let (rows, tokens) = (ids.shape()[0], ids.shape()[1]);
        list.lock().unwrap().push((rows, tokens, None));
        let mut scores = ndarray::Array3::<f32>::zeros((rows, tokens, 259));
        for ((row, token), id) in ids.indexed_iter().map(|(at, id)| ((at[0], at[1]), *id)) {
            for other in 0..259 {
                scores[[row, token, other]] = -((other as i64 - id - 1).rem_euclid(259) as f32);
            }
        }
        let mut answer = add_up(inputs, false)?;
        answer[0] = Tensor::from_array(scores)?;
        Ok(answer)
    });
    (backend, runs)
}

#[test]
fn more_guesses_than_there_may_be_are_refused() {
    let route = World::new("shared", "1.0.0").load(&adder(true));
    let error = route
        .generate_with(&["a"], &guessing(65, most(4)))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert!(error.to_string().contains("`65`"), "{error}");
    assert_eq!(
        write(&route, "a", &guessing(64, most(40))),
        expected("a", 40)
    );
}
