//! Text classification: what is padded, cut, windowed, refused.

use std::sync::{Arc, Mutex};

use amaas_core::model::{Dimension, Function, Overflow, Port, Signature};
use amaas_core::runtime::Stop;
use amaas_core::runtime::fake::FakeBackend;
use amaas_core::{Call, ClassifyOptions, Dtype, ErrorKind, Route, Tensor};

use super::pool::until;
use super::support::{World, signature, summing};

/// The ids of one run.
type Rows = Vec<Vec<i64>>;

/// A backend that keeps every batch of ids it is given, as rows.
fn recording(signature: Signature) -> (FakeBackend, Arc<Mutex<Vec<Rows>>>) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let backend = FakeBackend::new(signature).computing(move |inputs| {
        let ids = inputs[0].1.view::<i64>()?;
        let rows: Vec<Vec<i64>> = ids
            .outer_iter()
            .map(|row| row.iter().copied().collect())
            .collect();
        let count = rows.len();
        log.lock().unwrap().push(rows);
        Ok(vec![Tensor::from_vec(
            [count, 2],
            vec![0.5_f32; count * 2],
        )?])
    });
    (backend, seen)
}

fn route(world: &World, backend: &FakeBackend, extra: &str, tail: &str) -> Route {
    let package = world.package("1.0.0", extra, tail);
    world
        .service(backend)
        .load(package.to_str().unwrap())
        .unwrap()
}

fn refused(backend: &FakeBackend, extra: &str, tail: &str) -> amaas_core::Error {
    let world = World::new();
    let package = world.package("1.0.0", extra, tail);
    world
        .service(backend)
        .load(package.to_str().unwrap())
        .unwrap_err()
}

#[test]
fn rows_are_padded_to_the_longest_whatever_the_tokenizer_file_says() {
    let (world, (backend, seen)) = (World::new(), recording(signature()));
    route(&world, &backend, "pad_id = 7", "")
        .classify(&["a b c", "d"])
        .unwrap();
    assert_eq!(*seen.lock().unwrap(), [[[1, 2, 3], [4, 7, 7]]]);
}

#[test]
fn rows_are_padded_at_the_front_to_a_fixed_length() {
    let (world, (backend, seen)) = (World::new(), recording(signature()));
    let extra = "padding = \"fixed\"\npadding_side = \"left\"";
    route(&world, &backend, extra, "")
        .classify(&["a b", ""])
        .unwrap();
    assert_eq!(*seen.lock().unwrap(), [[[0, 0, 1, 2], [0, 0, 0, 0]]]);
}

#[test]
fn an_empty_text_is_one_token_of_padding() {
    let (world, (backend, seen)) = (World::new(), recording(signature()));
    route(&world, &backend, "", "").classify(&[""]).unwrap();
    assert_eq!(*seen.lock().unwrap(), [[[0]]]);
}

#[test]
fn no_text_is_no_answer_and_no_run() {
    let (world, backend) = (World::new(), summing());
    let answers = route(&world, &backend, "", "")
        .classify::<&str>(&[])
        .unwrap();
    assert!(answers.is_empty());
    assert_eq!(backend.counts().runs, 0);
}

#[test]
fn answers_come_in_the_order_of_the_texts() {
    let (world, backend) = (World::new(), summing());
    let tail = "[batching]\nmax_rows = 3";
    let route = route(&world, &backend, "", tail);
    let texts: Vec<_> = (0..200)
        .map(|n| ["e", "a b", "c c c", "a", ""][n % 5])
        .collect();
    let answers = route.classify(&texts).unwrap();
    let yes = |place: usize| {
        answers[place]
            .labels
            .iter()
            .find(|l| l.label == "yes")
            .unwrap()
            .score
    };
    for place in 0..200 {
        assert_eq!(
            yes(place),
            [5.0, 3.0, 9.0, 1.0, 0.0][place % 5],
            "text {place}"
        );
    }
}

#[test]
fn a_text_over_the_limit_is_refused_without_its_words() {
    let (world, backend) = (World::new(), summing());
    let route = route(&world, &backend, "", "");
    let error = route.classify(&["a", "a b c d e"]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InputTooLong);
    assert_eq!(
        error.to_string(),
        "text `1` has `5` tokens where the model takes 4 (text: text of 9 characters); \
         shorten it, or pass overflow `truncate` or `window`"
    );
    assert_eq!(backend.counts().runs, 0);
}

#[test]
fn a_text_that_is_cut_says_how_much_was_lost() {
    let (world, (backend, seen)) = (World::new(), recording(signature()));
    let extra = "overflow = \"truncate\"\ntruncation_side = \"left\"";
    let answers = route(&world, &backend, extra, "")
        .classify(&["a b c d e", "a"])
        .unwrap();
    assert_eq!((answers[0].truncated, answers[1].truncated), (1, 0));
    assert_eq!(seen.lock().unwrap()[0][0], [2, 3, 4, 5]);
}

#[test]
fn windows_overlap_and_their_scores_are_averaged_by_tokens() {
    let (world, backend) = (World::new(), summing());
    let extra = "overflow = \"window\"\nstride = 1";
    let answers = route(&world, &backend, extra, "")
        .classify(&["a b c d e e"])
        .unwrap();
    // [1 2 3 4] and [4 5 5]: sums 10 and 14, weights 4 and 3.
    assert_eq!((answers[0].windows, answers[0].truncated), (2, 0));
    let expected = (10.0 * 4.0 + 14.0 * 3.0) / 7.0;
    assert!((answers[0].labels[0].score - expected).abs() < 1e-9);
}

#[test]
fn a_call_may_say_otherwise_than_the_package() {
    let (world, backend) = (World::new(), summing());
    let route = route(&world, &backend, "", "");
    let options = ClassifyOptions {
        top_k: Some(1),
        function_to_apply: Some(Function::Softmax),
        overflow: Some(Overflow::Truncate),
        ..ClassifyOptions::default()
    };
    let classified = route.classify_with(&["a b c d e"], &options).unwrap();
    assert_eq!(classified.answers[0].labels.len(), 1);
    assert!((classified.answers[0].labels[0].score - 1.0 / (1.0 + (-10.0_f64).exp())).abs() < 1e-9);
}

#[test]
fn one_sigmoid_output_stands_for_two_labels() {
    let mut one = signature();
    one.outputs = vec![Port::tensor(
        "p",
        Dtype::Float32,
        [Dimension::named("batch"), Dimension::Fixed(1)],
    )];
    let backend = FakeBackend::new(one).computing(|inputs| {
        let rows = inputs[0].1.shape()[0];
        Ok(vec![Tensor::from_vec([rows, 1], vec![0.25_f32; rows])?])
    });
    let world = World::new();
    let route = route(&world, &backend, "", "");
    let answers = route.classify(&["a"]).unwrap();
    let pairs: Vec<_> = answers[0]
        .labels
        .iter()
        .map(|l| (l.label.as_str(), l.score))
        .collect();
    assert_eq!(pairs, [("no", 0.75), ("yes", 0.25)]);
    let options = ClassifyOptions {
        function_to_apply: Some(Function::Softmax),
        ..ClassifyOptions::default()
    };
    let error = route.classify_with(&["a"], &options).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
}

#[test]
fn a_score_that_is_no_number_is_an_error_and_the_route_goes_on() {
    let backend = FakeBackend::new(signature()).computing(|inputs| {
        let bad = inputs[0].1.as_slice::<i64>()?.contains(&5);
        let score = if bad { f32::NAN } else { 1.0 };
        Ok(vec![Tensor::from_vec([1, 2], vec![score, 0.0])?])
    });
    let world = World::new();
    let route = route(&world, &backend, "", "");
    assert_eq!(
        route.classify(&["e"]).unwrap_err().kind(),
        ErrorKind::InferenceFailed
    );
    assert!(route.classify(&["a"]).is_ok());
}

#[test]
fn graphs_with_a_fixed_batch_get_full_batches() {
    let mut fixed = signature();
    let two = [Dimension::Fixed(2), Dimension::Fixed(4)];
    fixed.inputs = vec![Port::tensor("input_ids", Dtype::Int64, two)];
    let (world, (backend, seen)) = (World::new(), recording(fixed));
    let answers = route(&world, &backend, "", "")
        .classify(&["a", "b", "c"])
        .unwrap();
    assert_eq!(answers.len(), 3);
    let seen = seen.lock().unwrap();
    assert_eq!(
        *seen,
        [[[1, 0, 0, 0], [2, 0, 0, 0]], [[3, 0, 0, 0], [0, 0, 0, 0]]]
    );
}

#[test]
fn int32_graphs_get_int32() {
    let mut narrow = signature();
    let any = [Dimension::Any, Dimension::Any];
    narrow.inputs = vec![Port::tensor("input_ids", Dtype::Int32, any)];
    let backend = FakeBackend::new(narrow).computing(|inputs| {
        assert_eq!(inputs[0].1.as_slice::<i32>()?, [1, 2]);
        Ok(vec![Tensor::from_vec([1, 2], vec![0.0_f32, 1.0])?])
    });
    let world = World::new();
    route(&world, &backend, "", "").classify(&["a b"]).unwrap();
}

#[test]
fn a_call_is_cancelled_from_another_thread() {
    let (world, backend) = (World::new(), summing());
    let route = route(&world, &backend, "", "");
    let gate = backend.hold();
    let stop = Stop::new();
    let options = ClassifyOptions {
        call: Call::until(&stop),
        ..ClassifyOptions::default()
    };
    let running = {
        let route = route.clone();
        std::thread::spawn(move || route.classify_with(&["a"], &options))
    };
    backend.wait_for_held(1);
    stop.raise();
    assert_eq!(
        running.join().unwrap().unwrap_err().kind(),
        ErrorKind::Cancelled
    );
    drop(gate);
    assert!(route.classify(&["a"]).is_ok());
}

#[test]
fn packages_that_do_not_fit_their_graph_never_serve() {
    let named =
        |inputs: Vec<Port>, outputs: Vec<Port>| FakeBackend::new(Signature { inputs, outputs });
    let (ids, logits) = (signature().inputs, signature().outputs);
    let any = || [Dimension::Any, Dimension::Any];
    let three = [Dimension::Any, Dimension::Fixed(3)];
    let cases = [
        (
            "float ids",
            named(
                vec![Port::tensor("input_ids", Dtype::Float32, any())],
                logits.clone(),
            ),
            "",
            "`input_ids` is float32",
        ),
        (
            "other name",
            named(
                vec![Port::tensor("ids", Dtype::Int64, any())],
                logits.clone(),
            ),
            "",
            "no input `input_ids`",
        ),
        (
            "rank one",
            named(
                vec![Port::tensor("input_ids", Dtype::Int64, [Dimension::Any])],
                logits.clone(),
            ),
            "",
            "cannot take tokens",
        ),
        (
            "unfilled input",
            named(
                [ids.clone(), vec![Port::tensor("mask", Dtype::Int64, any())]].concat(),
                logits.clone(),
            ),
            "",
            "input `mask`",
        ),
        (
            "three scores",
            named(
                ids.clone(),
                vec![Port::tensor("logits", Dtype::Float32, three)],
            ),
            "",
            "2 labels need scores",
        ),
        ("no output", named(ids.clone(), vec![]), "", "no output"),
        (
            "too few tokens",
            named(
                vec![Port::tensor(
                    "input_ids",
                    Dtype::Int64,
                    [Dimension::Any, Dimension::Fixed(2)],
                )],
                logits,
            ),
            "",
            "takes `2` tokens",
        ),
    ];
    for (name, backend, extra, words) in cases {
        let error = refused(&backend, extra, "");
        assert_eq!(error.kind(), ErrorKind::InvalidPackage, "{name}: {error}");
        assert!(error.to_string().contains(words), "{name}: {error}");
        assert!(error.remedy().is_some(), "{name}");
    }
}

#[test]
fn texts_of_different_callers_run_together_and_keep_their_answers() {
    let (world, backend) = (World::new(), summing());
    let route = route(&world, &backend, "", "");
    let gate = backend.hold();
    let call = |text: &'static str| {
        let route = route.clone();
        std::thread::spawn(move || route.classify_with(&[text], &ClassifyOptions::default()))
    };
    let first = call("a");
    backend.wait_for_held(1);
    let texts = ["a b c d", "e e e", "d d d d"];
    let waiting: Vec<_> = texts.into_iter().map(call).collect();
    until(|| route.lease().waiting() == texts.len());
    drop(gate);
    assert_eq!(first.join().unwrap().unwrap().usage.together, 1);
    for (thread, expected) in waiting.into_iter().zip([10.0, 15.0, 16.0]) {
        let classified = thread.join().unwrap().unwrap();
        assert_eq!(classified.answers[0].labels[0].score, expected);
        assert_eq!(classified.usage.together, 3);
    }
    assert_eq!(backend.counts().runs, 2);
}

#[test]
fn a_package_may_forbid_running_together() {
    let (world, backend) = (World::new(), summing());
    let route = route(&world, &backend, "", "[batching]\nenabled = false");
    route.classify(&["a", "b", "c"]).unwrap();
    assert_eq!(backend.counts().runs, 3);
    let gate = backend.hold();
    let call = || {
        let route = route.clone();
        std::thread::spawn(move || route.classify_with(&["a"], &ClassifyOptions::default()))
    };
    let calls = [call(), call(), call()];
    until(|| route.lease().waiting() == 2);
    drop(gate);
    for thread in calls {
        assert_eq!(thread.join().unwrap().unwrap().usage.together, 1);
    }
}
