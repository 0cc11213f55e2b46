//! A decoder that adds up its tokens: the next one is the sum of all before it, by the size of the
//! vocabulary. One token of the cache that is lost, shifted or another row's changes all that follow.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use amaas_core::model::{Dimension, Port, Signature};
use amaas_core::runtime::fake::FakeBackend;
use amaas_core::service::WarmUp;
use amaas_core::{
    Call, Dtype, Error, ErrorKind, GenerateOptions, LoadSettings, Result, Route, Service,
    ServiceBuilder, Tensor,
};
use tempfile::TempDir;

const GRAPH: &[u8] = include_bytes!("../../../tests/fixtures/noop.onnx");
const WORDS: i64 = 11;
const TOKENIZER: &str = r#"{
    "version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null,
    "pre_tokenizer": {"type": "WhitespaceSplit"}, "post_processor": null, "decoder": null,
    "model": {"type": "WordLevel", "unk_token": "?", "vocab": {"?": 0, "a": 1, "b": 2, "c": 3, "d": 4,
        "e": 5, "f": 6, "g": 7, "h": 8, "i": 9, "j": 10}}
}"#;

pub(crate) fn signature() -> Signature {
    let named = Dimension::named;
    let numbers = |name, second| Port::tensor(name, Dtype::Int64, [named("batch"), named(second)]);
    let cache = |name| {
        let dimensions = [
            named("batch"),
            Dimension::Fixed(2),
            named("past"),
            Dimension::Fixed(1),
        ];
        Port::tensor(name, Dtype::Float32, dimensions)
    };
    let scores = [
        named("batch"),
        named("tokens"),
        Dimension::Fixed(WORDS as usize),
    ];
    Signature {
        inputs: vec![
            numbers("input_ids", "tokens"),
            numbers("attention_mask", "total"),
            cache("past_key_values.0.key"),
        ],
        outputs: vec![
            Port::tensor("logits", Dtype::Float32, scores),
            cache("present.0.key"),
        ],
    }
}

/// One run of the decoder; `shared` says how it treats its cache.
pub(crate) fn add_up(inputs: &[(&str, &Tensor)], shared: bool) -> Result<Vec<Tensor>> {
    let of = |wanted: &str| inputs.iter().find(|(name, _)| *name == wanted).unwrap().1;
    let ids = of("input_ids").view::<i64>()?;
    let mask = of("attention_mask").view::<i64>()?;
    let past = of("past_key_values.0.key").view::<f32>()?;
    let (rows, each) = (ids.shape()[0], ids.shape()[1]);
    let before = past.shape()[2];
    let total = if shared { before } else { before + each };
    let mut present = ndarray::Array4::<f32>::zeros((rows, 2, total, 1));
    let mut scores = ndarray::Array3::<f32>::zeros((rows, each, WORDS as usize));
    for row in 0..rows {
        let own = mask.row_of(row).iter().sum::<i64>() as usize;
        for head in 0..2 {
            for place in 0..before {
                present[[row, head, place, 0]] = past[[row, head, place, 0]];
            }
            for token in 0..each {
                let place = if shared {
                    own - each + token
                } else {
                    before + token
                };
                present[[row, head, place, 0]] = ids[[row, token]] as f32;
            }
        }
        let seen = if shared { 0..own } else { total - own..total };
        for token in 0..each {
            let seen = seen.start..seen.end - (each - 1 - token);
            let sum: f32 = seen.clone().map(|place| present[[row, 1, place, 0]]).sum();
            let other: f32 = seen.map(|place| present[[row, 0, place, 0]]).sum();
            assert_eq!(sum, other, "heads are mixed up");
            scores[[row, token, (sum as i64 % WORDS) as usize]] = 1.0;
        }
    }
    Ok(vec![
        Tensor::from_array(scores)?,
        Tensor::from_array(present)?,
    ])
}

trait RowOf {
    fn row_of(&self, row: usize) -> Vec<i64>;
}

impl RowOf for ndarray::ArrayViewD<'_, i64> {
    fn row_of(&self, row: usize) -> Vec<i64> {
        self.index_axis(ndarray::Axis(0), row)
            .iter()
            .copied()
            .collect()
    }
}

/// What the decoder writes after these words.
pub(crate) fn expected(prompt: &str, most: usize) -> String {
    let id = |word: &str| i64::from(word.as_bytes()[0] - b'a' + 1);
    let mut sum: i64 = prompt.split(' ').map(id).sum();
    let mut words = Vec::new();
    while words.len() < most && sum % WORDS != 0 {
        let next = sum % WORDS;
        words.push(char::from(b'a' + next as u8 - 1).to_string());
        sum += next;
    }
    words.join(" ")
}

/// A package of the decoder, gone when it is dropped.
pub(crate) struct World(TempDir);

impl World {
    pub(crate) fn new(kind: &str, version: &str) -> Self {
        let world = Self(tempfile::tempdir().unwrap());
        world.package(kind, version);
        world
    }

    pub(crate) fn package(&self, kind: &str, version: &str) -> String {
        let folder = self.0.path().join(version);
        std::fs::create_dir_all(&folder).unwrap();
        let manifest = format!(
            r#"
                schema = 1
                package = {{ name = "adder", version = "{version}", license = "MIT" }}
                [task]
                kind = "text-generation"
                max_length = 700
                eos_ids = [0]
                cache = "{kind}"
                sequences = 5
                [tokenizer]
                file = "tokenizer.json"
                max_tokens = 600
            "#
        );
        for (name, bytes) in [
            ("amaas.toml", manifest.as_bytes()),
            ("tokenizer.json", TOKENIZER.as_bytes()),
            ("model.onnx", GRAPH),
        ] {
            std::fs::write(folder.join(name), bytes).unwrap();
        }
        folder.to_str().unwrap().to_owned()
    }

    pub(crate) fn folder(&self) -> &std::path::Path {
        self.0.path()
    }

    pub(crate) fn load(&self, backend: &FakeBackend) -> Route {
        self.load_with(backend, |builder| builder).1
    }

    pub(crate) fn load_with(
        &self,
        backend: &FakeBackend,
        with: impl FnOnce(ServiceBuilder) -> ServiceBuilder,
    ) -> (Service, Route) {
        let settings = LoadSettings {
            instances: Some(1),
            warm_up: WarmUp::off(),
            ..LoadSettings::default()
        };
        let builder = Service::builder()
            .settings(settings)
            .backend(Arc::new(backend.clone()));
        let service = with(builder).build().unwrap();
        let path = self.0.path().join("1.0.0");
        let route = service.load(path.to_str().unwrap()).unwrap();
        (service, route)
    }
}

pub(crate) fn adder(shared: bool) -> FakeBackend {
    FakeBackend::new(signature()).computing(move |inputs| add_up(inputs, shared))
}

pub(crate) fn most(count: usize) -> GenerateOptions {
    GenerateOptions {
        max_new_tokens: Some(count),
        ..GenerateOptions::default()
    }
}

/// Prompts of very different lengths, more than run at once.
fn prompts() -> Vec<String> {
    let long = |count: usize, step: usize| {
        let word = |place: usize| char::from(b'a' + (place * step % 10) as u8).to_string();
        (0..count).map(word).collect::<Vec<_>>().join(" ")
    };
    [1, 2, 300, 7, 140, 3, 520, 1, 33, 8]
        .into_iter()
        .zip(1..)
        .map(|(count, step)| long(count, step))
        .collect()
}

#[test]
fn rows_that_come_and_go_keep_their_caches() {
    for (kind, shared) in [("growing", false), ("shared", true)] {
        let route = World::new(kind, "1.0.0").load(&adder(shared));
        let prompts = prompts();
        for count in [1, 5, 60] {
            let generated = route.generate_with(&prompts, &most(count)).unwrap();
            for (prompt, answer) in prompts.iter().zip(&generated.answers) {
                assert_eq!(
                    answer.text,
                    expected(prompt, count),
                    "{kind}, {} words",
                    prompt.len()
                );
            }
        }
    }
}

#[test]
fn a_failed_step_ends_only_those_that_fail_alone() {
    for (kind, shared) in [("growing", false), ("shared", true)] {
        // It fails, or panics, wherever a row's last token is `j`, whoever runs beside it.
        let backend = FakeBackend::new(signature()).computing(move |inputs| {
            let ids = inputs
                .iter()
                .find(|(name, _)| *name == "input_ids")
                .unwrap()
                .1;
            let ids = ids.view::<i64>()?;
            if ids.shape()[1] == 1 && ids.iter().any(|id| *id == 10) {
                assert!(shared, "a run that panics");
                return Err(Error::new(ErrorKind::InferenceFailed, "a run that fails"));
            }
            add_up(inputs, shared)
        });
        let route = World::new(kind, "1.0.0").load(&backend);
        let all: Vec<_> = ["a", "b", "c", "d", "e", "f"].into_iter().collect();
        let tickets: Vec<_> = all
            .iter()
            .map(|prompt| route.submit_generate(vec![*prompt], &most(4)))
            .collect();
        let mut failed = 0;
        for (prompt, ticket) in all.iter().zip(tickets) {
            let wanted = expected(prompt, 4);
            let reads_j = wanted.trim_end_matches(" j").contains('j') || wanted.ends_with("j j");
            match ticket.wait() {
                Ok(generated) => {
                    assert!(!reads_j, "{prompt}: {wanted}");
                    assert_eq!(generated.answers[0].text, wanted);
                }
                Err(error) => {
                    failed += 1;
                    assert!(reads_j, "{prompt}: {wanted}: {error}");
                    let kinds = [ErrorKind::InferenceFailed, ErrorKind::Internal];
                    assert!(kinds.contains(&error.kind()), "{error}");
                }
            }
        }
        assert!(failed > 0 && failed < all.len(), "{failed}");
        assert_eq!(
            route.generate_with(&["a"], &most(3)).unwrap().answers[0].text,
            expected("a", 3)
        );
    }
}

#[test]
fn scores_that_are_no_numbers_end_their_own_text() {
    let calls = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&calls);
    let backend = FakeBackend::new(signature()).computing(move |inputs| {
        seen.fetch_add(1, Relaxed);
        let mut all = add_up(inputs, false)?;
        let ids = inputs
            .iter()
            .find(|(name, _)| *name == "input_ids")
            .unwrap()
            .1
            .view::<i64>()?;
        let mut scores = all[0].view::<f32>()?.to_owned();
        for row in 0..ids.shape()[0] {
            if ids[[row, 0]] == 7 {
                scores.index_axis_mut(ndarray::Axis(0), row).fill(f32::NAN);
            }
        }
        all[0] = Tensor::from_array(scores)?;
        Ok(all)
    });
    let route = World::new("growing", "1.0.0").load(&backend);
    let bad = route.submit_generate(vec!["g"], &most(4));
    let good = route.submit_generate(vec!["a"], &most(4));
    assert_eq!(bad.wait().unwrap_err().kind(), ErrorKind::InferenceFailed);
    assert_eq!(good.wait().unwrap().answers[0].text, expected("a", 4));
    assert!(calls.load(Relaxed) >= 4);
    assert_eq!((route.usage().requests, route.usage().failures), (1, 1));
}

#[test]
fn texts_that_wait_are_given_up_at_once() {
    let backend = adder(false);
    let route = World::new("growing", "1.0.0").load(&backend);
    let gate = backend.hold();
    let first = route.submit_generate(vec!["a"], &most(4));
    backend.wait_for_held(1);
    let second = route.submit_generate(vec!["b"], &most(4));
    let third = route.submit_generate(
        vec!["c"],
        &GenerateOptions {
            call: Call::within(std::time::Duration::from_millis(1)),
            ..most(4)
        },
    );
    second.cancel();
    first.cancel();
    drop(gate);
    assert_eq!(first.wait().unwrap_err().kind(), ErrorKind::Cancelled);
    assert_eq!(second.wait().unwrap_err().kind(), ErrorKind::Cancelled);
    let third = third.wait();
    assert!(third.is_ok() || third.unwrap_err().kind() == ErrorKind::DeadlineExceeded);
}
