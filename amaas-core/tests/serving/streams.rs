//! Streams: each keeps its own state, whoever it runs together with and whichever version it is on.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread;

use amaas_core::model::{Dimension, Port, Signature};
use amaas_core::runtime::fake::FakeBackend;
use amaas_core::service::Guard;
use amaas_core::{
    Call, Dtype, Error, ErrorKind, LoadSettings, Result, Route, Service, Stream, StreamOptions,
    Tensor,
};
use proptest::prelude::*;

use super::pool::until;
use super::support::{World, bare};

const STATE: &str = r#"
    [[state]]
    input = "state"
    output = "next"
"#;

/// Writes a package `words` of this version without task and tokenizer; `tail` ends its manifest.
fn package(world: &World, version: &str, tail: &str) -> PathBuf {
    let folder = world.folder.path().join(version);
    std::fs::create_dir_all(&folder).unwrap();
    let manifest = format!(
        r#"
            schema = 1
            [package]
            name = "words"
            version = "{version}"
            license = "MIT"
            {tail}
        "#
    );
    std::fs::write(folder.join("amaas.toml"), manifest).unwrap();
    std::fs::copy("../tests/fixtures/noop.onnx", folder.join("model.onnx")).unwrap();
    folder
}

/// A number of each row and what they are multiplied by in; the sums so far, kept on two layers, out.
fn signature() -> Signature {
    let batch = || Dimension::named("batch");
    let state = |name| {
        let layers = [Dimension::Fixed(2), batch(), Dimension::Fixed(1)];
        Port::tensor(name, Dtype::Float32, layers)
    };
    let x = Port::tensor("x", Dtype::Float32, [batch(), Dimension::Fixed(1)]);
    let y = Port::tensor("y", Dtype::Float32, [batch(), Dimension::Fixed(1)]);
    Signature {
        inputs: vec![x, state("state"), Port::tensor("times", Dtype::Int64, [])],
        outputs: vec![y, state("next")],
    }
}

/// Adds each row's number to the first layer of its state and counts calls on the second; keeps how
/// many rows each run had. Refuses 13.
fn summing() -> (FakeBackend, Arc<Mutex<Vec<usize>>>) {
    let runs = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&runs);
    let backend = FakeBackend::new(signature()).computing(move |inputs| {
        let named = |name| inputs.iter().find(|(known, _)| *known == name).unwrap().1;
        let (x, state) = (named("x").as_slice::<f32>()?, named("state"));
        let times = named("times").as_slice::<i64>()?[0] as f32;
        assert_eq!(state.shape().to_vec(), [2, x.len(), 1]);
        log.lock().unwrap().push(x.len());
        if x.contains(&13.0) {
            return Err(Error::new(ErrorKind::InferenceFailed, "unlucky").advise("give another"));
        }
        let (sums, calls) = state.as_slice::<f32>()?.split_at(x.len());
        let pairs = sums.iter().zip(x);
        let sums: Vec<f32> = pairs.map(|(sum, x)| sum + times * x).collect();
        let next = sums
            .iter()
            .copied()
            .chain(calls.iter().map(|calls| calls + 1.0));
        Ok(vec![
            Tensor::from_vec([x.len(), 1], sums.clone())?,
            Tensor::from_vec([2, x.len(), 1], next.collect())?,
        ])
    });
    (backend, runs)
}

struct Scene {
    backend: FakeBackend,
    runs: Arc<Mutex<Vec<usize>>>,
    service: Service,
    world: World,
}

impl Scene {
    fn new() -> Self {
        let (backend, runs) = summing();
        let world = World::new();
        Self {
            service: world.service(&backend),
            backend,
            runs,
            world,
        }
    }

    fn publish(&self, version: &str, tail: &str) {
        let package = package(&self.world, version, tail);
        self.service.publish(package).unwrap();
    }

    fn route(&self) -> Route {
        self.publish("1.0.0", STATE);
        self.service.load("words").unwrap()
    }
}

fn add_times(stream: &Stream, x: f32, times: i64) -> Result<f32> {
    let (x, times) = (Tensor::from_vec([1, 1], vec![x])?, Tensor::scalar(times));
    let found = stream.run(&[("x", &x), ("times", &times)])?;
    assert_eq!(found.len(), 1, "the state is hidden");
    Ok(found.get("y").unwrap().as_slice::<f32>()?[0])
}

fn add(stream: &Stream, x: f32) -> Result<f32> {
    add_times(stream, x, 1)
}

fn refused<T: std::fmt::Debug>(answer: Result<T>, kind: ErrorKind, words: &str) {
    let error = answer.unwrap_err();
    assert_eq!(error.kind(), kind, "{error}");
    assert!(error.to_string().contains(words), "{error}");
    assert!(error.remedy().is_some(), "{error}");
}

#[test]
fn a_stream_goes_on_from_its_last_call_and_no_other() {
    let scene = Scene::new();
    let route = scene.route();
    let (one, two) = (route.stream().unwrap(), route.stream().unwrap());
    assert_eq!(add(&one, 1.0).unwrap(), 1.0);
    assert_eq!(add(&two, 10.0).unwrap(), 10.0);
    assert_eq!(add(&one, 2.0).unwrap(), 3.0);
    let fork = one.fork().unwrap();
    assert_eq!(add(&one, 3.0).unwrap(), 6.0);
    assert_eq!(add(&fork, 30.0).unwrap(), 33.0);
    one.reset().unwrap();
    assert_eq!(add(&one, 5.0).unwrap(), 5.0);
    assert_eq!(add(&two, 20.0).unwrap(), 30.0);
    assert_eq!(route.usage().requests, 7);
}

#[test]
fn a_call_that_fails_leaves_the_stream_as_it_was() {
    let scene = Scene::new();
    let stream = scene.route().stream().unwrap();
    add(&stream, 1.0).unwrap();
    refused(add(&stream, 13.0), ErrorKind::InferenceFailed, "unlucky");
    let wrong = Tensor::from_vec([1, 2], vec![0.0_f32; 2]).unwrap();
    let (x, times) = (
        Tensor::from_vec([1, 1], vec![1.0_f32]).unwrap(),
        Tensor::scalar(1_i64),
    );
    let shaped = stream.run(&[("x", &wrong), ("times", &times)]);
    refused(shaped, ErrorKind::InvalidArgument, "`x`");
    let two = Tensor::from_vec([2, 1], vec![1.0_f32; 2]).unwrap();
    let rows = stream.run(&[("x", &two), ("times", &times)]);
    refused(rows, ErrorKind::InvalidArgument, "`2` rows");
    let state = Tensor::from_vec([2, 1, 1], vec![9.0_f32; 2]).unwrap();
    let given = stream.run(&[("x", &x), ("times", &times), ("state", &state)]);
    refused(given, ErrorKind::InvalidArgument, "`state` is state");
    let asked = stream.run_with(&[("x", &x), ("times", &times)], &["next"], &Call::default());
    refused(asked, ErrorKind::InvalidArgument, "`next` is state");
    assert_eq!(add(&stream, 1.0).unwrap(), 2.0);
}

#[test]
fn a_stream_has_one_call_at_a_time_and_a_ticket_that_is_dropped_changes_nothing() {
    let scene = Scene::new();
    let stream = scene.route().stream().unwrap();
    let (x, times) = (
        Tensor::from_vec([1, 1], vec![4.0_f32]).unwrap(),
        Tensor::scalar(1_i64),
    );
    let inputs = [("x", &x), ("times", &times)];
    let gate = scene.backend.hold();
    let ticket = stream.submit(&inputs, &[], &Call::default());
    scene.backend.wait_for_held(1);
    refused(add(&stream, 1.0), ErrorKind::Conflict, "under way");
    refused(stream.fork(), ErrorKind::Conflict, "under way");
    refused(stream.reset(), ErrorKind::Conflict, "under way");
    let second = stream.submit(&inputs, &[], &Call::default());
    refused(second.wait(), ErrorKind::Conflict, "under way");
    drop(ticket);
    drop(gate);
    until(|| stream.version().is_ok());
    let ticket = stream.submit(&inputs, &[], &Call::default());
    let found = ticket.wait().unwrap();
    assert_eq!(found[0].as_slice::<f32>().unwrap(), [4.0]);
    assert_eq!(add(&stream, 1.0).unwrap(), 5.0);
}

#[test]
fn streams_that_wait_run_together_if_what_they_share_is_equal() {
    let scene = Scene::new();
    let route = scene.route();
    let streams: Vec<_> = (0..9).map(|_| route.stream().unwrap()).collect();
    let gate = scene.backend.hold();
    let threads: Vec<_> = (0..9)
        .map(|place: usize| {
            let stream = streams[place].clone();
            // The last two multiply by another number.
            let times = if place < 7 { 2 } else { 3 };
            let thread = thread::spawn(move || add_times(&stream, place as f32, times).unwrap());
            match place {
                0 => scene.backend.wait_for_held(1),
                _ => until(|| route.lease().waiting() == place),
            }
            thread
        })
        .collect();
    drop(gate);
    let found: Vec<_> = threads
        .into_iter()
        .map(|thread| thread.join().unwrap())
        .collect();
    assert_eq!(found, [0.0, 2.0, 4.0, 6.0, 8.0, 10.0, 12.0, 21.0, 24.0]);
    assert_eq!(*scene.runs.lock().unwrap(), [1, 6, 2]);
    // Each has its own state still.
    for (stream, before) in streams.iter().zip(found) {
        assert_eq!(add(stream, 1.0).unwrap(), before + 1.0);
    }
}

#[test]
fn one_that_fails_in_a_batch_fails_alone() {
    let scene = Scene::new();
    let route = scene.route();
    let streams: Vec<_> = (0..4).map(|_| route.stream().unwrap()).collect();
    let gate = scene.backend.hold();
    let numbers = [0.0, 13.0, 2.0, 3.0];
    let threads: Vec<_> = (0..4)
        .map(|place: usize| {
            let stream = streams[place].clone();
            let thread = thread::spawn(move || add(&stream, numbers[place]));
            match place {
                0 => scene.backend.wait_for_held(1),
                _ => until(|| route.lease().waiting() == place),
            }
            thread
        })
        .collect();
    drop(gate);
    let found: Vec<_> = threads
        .into_iter()
        .map(|thread| thread.join().unwrap())
        .collect();
    assert_eq!(found[2].as_ref().unwrap(), &2.0);
    assert_eq!(found[3].as_ref().unwrap(), &3.0);
    assert_eq!(
        found[1].as_ref().unwrap_err().kind(),
        ErrorKind::InferenceFailed
    );
    assert_eq!(add(&streams[1], 1.0).unwrap(), 1.0);
}

#[test]
fn the_state_goes_along_to_a_version_that_keeps_the_same() {
    let scene = Scene::new();
    let route = scene.route();
    let stays = route.stream().unwrap();
    let follows = route.stream_with(&StreamOptions { follow: true }).unwrap();
    for stream in [&stays, &follows] {
        add(stream, 1.0).unwrap();
        assert!(!stream.update().unwrap());
    }
    scene.publish("1.1.0", STATE);
    assert!(route.update().unwrap());
    assert_eq!(add(&stays, 1.0).unwrap(), 2.0);
    assert_eq!(add(&follows, 1.0).unwrap(), 2.0);
    assert_eq!(stays.version().unwrap().to_string(), "1.0.0");
    assert_eq!(follows.version().unwrap().to_string(), "1.1.0");
    assert!(stays.update().unwrap());
    assert_eq!(stays.version().unwrap().to_string(), "1.1.0");
    assert_eq!(add(&stays, 1.0).unwrap(), 3.0);
}

#[test]
fn a_version_with_other_state_leaves_the_stream_on_its_own() {
    let scene = Scene::new();
    let route = scene.route();
    let stream = route.stream().unwrap();
    let follows = route.stream_with(&StreamOptions { follow: true }).unwrap();
    add(&stream, 1.0).unwrap();
    scene.publish("2.0.0", "");
    assert!(route.update().unwrap());
    refused(
        stream.update(),
        ErrorKind::Unsupported,
        "cannot go on with `words@2.0.0`",
    );
    assert_eq!(add(&stream, 1.0).unwrap(), 2.0);
    assert_eq!(add(&follows, 1.0).unwrap(), 1.0);
    assert_eq!(follows.version().unwrap().to_string(), "1.0.0");
    refused(route.stream(), ErrorKind::Unsupported, "keeps no state");
    scene.publish("3.0.0", STATE);
    assert!(route.update().unwrap());
    assert!(stream.update().unwrap());
    assert_eq!(add(&stream, 1.0).unwrap(), 3.0);
}

#[test]
fn a_stream_outlives_an_update_of_its_route_and_is_not_tried_out_on_another() {
    let scene = Scene::new();
    let route = scene.route();
    let stream = route.stream().unwrap();
    scene.publish("1.1.0", STATE);
    route.canary("words@1.1.0", 1.0, Guard::default()).unwrap();
    let (x, times) = (
        Tensor::from_vec([1, 1], vec![4.0_f32]).unwrap(),
        Tensor::scalar(1_i64),
    );
    let found = stream.run(&[("x", &x), ("times", &times)]).unwrap();
    assert_eq!(found.usage().version.to_string(), "1.0.0");
    assert_eq!(found.usage().rows, 1);
}

#[test]
fn what_a_manifest_says_of_state_is_held_against_the_graph() {
    let table = |input: &str, output: &str, more: &str| {
        format!("[[state]]\ninput = \"{input}\"\noutput = \"{output}\"\n{more}\n")
    };
    for (tail, words) in [
        (table("nothing", "next", ""), "the graph has not"),
        (table("state", "nothing", ""), "the graph has not"),
        (table("times", "next", ""), "`next` is float32"),
        (table("state", "next", "initial = nan"), "begins with"),
        (
            table("state", "next", "") + &table("state", "y", ""),
            "same input or output",
        ),
        (
            table("state", "next", "") + "[batching.axes]\nx = 5\n",
            "`batching.axes`",
        ),
        (
            table("state", "next", "") + "[batching.axes]\nx = 0\n",
            "of open size",
        ),
    ] {
        let scene = Scene::new();
        let package = package(&scene.world, "1.0.0", &tail);
        let loaded = scene.service.load(package.to_str().unwrap());
        refused(loaded, ErrorKind::InvalidPackage, words);
        assert_eq!(scene.backend.counts().live, 0);
    }
}

#[test]
fn a_thousand_streams_share_one_instance() {
    let scene = Scene::new();
    let route = scene.route();
    let streams: Vec<_> = (0..1000).map(|_| route.stream().unwrap()).collect();
    thread::scope(|scope| {
        for part in streams.chunks(125) {
            scope.spawn(move || {
                for round in 1..4 {
                    for (place, stream) in part.iter().enumerate() {
                        let number = place as f32 + 0.5; // none of them is 13
                        let expected = round as f32 * number;
                        assert_eq!(add(stream, number).unwrap(), expected);
                    }
                }
            });
        }
    });
    assert_eq!(route.usage().requests, 3000);
    assert!(scene.backend.counts().live <= 3);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Whatever streams do at once, each gets what it would get alone.
    #[test]
    fn streams_never_mix(numbers in prop::collection::vec(prop::collection::vec(-9_i8..9, 1..6), 1..12)) {
        let (backend, _) = summing();
        let world = World::new();
        let settings = bare(LoadSettings::default());
        let service = world.builder(&backend, Arc::new(amaas_core::clock::SystemClock::default()), settings);
        let service = service.build().unwrap();
        let package = package(&world, "1.0.0", STATE);
        let route = service.load(package.to_str().unwrap()).unwrap();
        thread::scope(|scope| {
            let speak = |numbers: &Vec<i8>| {
                let stream = route.stream().unwrap();
                let mut sum = 0.0;
                for number in numbers {
                    sum += f32::from(*number);
                    assert_eq!(add(&stream, f32::from(*number)).unwrap(), sum);
                }
            };
            for numbers in &numbers {
                scope.spawn(move || speak(numbers));
            }
        });
    }
}
