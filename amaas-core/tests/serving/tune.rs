//! Tuning, by a clock that only the model moves, and the choice among what was measured.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use amaas_core::clock::{Clock, ManualClock};
use amaas_core::runtime::Stop;
use amaas_core::runtime::fake::FakeBackend;
use amaas_core::service::{
    Objective, Sample, TuneCache, TuneOptions, TuneProgress, TuneRow, Tuned, WarmUp, rank,
};
use amaas_core::{Error, ErrorKind, LoadSettings, Result, Service, Tensor};
use proptest::prelude::*;

use super::support::{World, signature};

const SECOND: Duration = Duration::from_secs(1);
const MILLISECOND: Duration = Duration::from_millis(1);

/// A package whose model takes 10 ms a request, as its clock tells.
struct Bench {
    world: World,
    backend: FakeBackend,
    service: Service,
    package: String,
    runs: Arc<AtomicUsize>,
}

impl Bench {
    fn new() -> Self {
        Self::with(LoadSettings {
            warm_up: WarmUp::off(),
            ..LoadSettings::default()
        })
    }

    fn with(settings: LoadSettings) -> Self {
        let (world, clock) = (World::new(), Arc::new(ManualClock::new()));
        let runs = Arc::new(AtomicUsize::new(0));
        let backend = {
            let (clock, runs) = (clock.clone(), runs.clone());
            FakeBackend::new(signature()).computing(move |inputs| {
                runs.fetch_add(1, Ordering::Relaxed);
                clock.advance(10 * MILLISECOND);
                let rows = inputs[0].1.shape()[0];
                Ok(vec![Tensor::from_vec([rows, 2], vec![0_f32; rows * 2])?])
            })
        };
        let clock: Arc<dyn Clock> = clock;
        let service = world.builder(&backend, clock, settings).build().unwrap();
        let package = world.package("1.0.0", "", "");
        Self {
            package: package.to_str().unwrap().to_owned(),
            world,
            backend,
            service,
            runs,
        }
    }

    fn tune(&self, options: &TuneOptions) -> Result<Tuned> {
        self.service
            .tune(&self.package, &texts(&["a b", "c"]), options, &mut |_| ())
    }
}

fn texts(texts: &[&str]) -> Sample {
    Sample::Texts(texts.iter().map(ToString::to_string).collect())
}

/// One client, so that every measurement is the same.
fn alone(objective: Objective) -> TuneOptions {
    TuneOptions {
        objective,
        budget: 10 * SECOND,
        clients: vec![1],
        stop: None,
    }
}

#[test]
fn every_arrangement_is_measured_within_the_budget_and_the_best_comes_first() {
    let bench = Bench::new();
    let mut told: Vec<TuneProgress> = Vec::new();
    let sample = texts(&["a b", "c"]);
    let mut progress = |progress: &TuneProgress| told.push(progress.clone());
    let options = alone(Objective::Latency);
    let tuned = bench
        .service
        .tune(&bench.package, &sample, &options, &mut progress)
        .unwrap();
    assert_eq!(tuned.untried, 0);
    assert!(tuned.table.len() >= 2, "{:?}", tuned.table);
    for trial in &tuned.table {
        assert_eq!((trial.p50, trial.p99), (10 * MILLISECOND, 10 * MILLISECOND));
        assert_eq!(trial.requests_per_second.round(), 100.0);
        assert_eq!((trial.clients, trial.rows), (1, 64));
        assert!(trial.requests > 0);
    }
    assert_eq!(tuned.best(), tuned.table.first());
    // The model alone moves the clock: ten seconds are a thousand runs.
    assert!(bench.runs.load(Ordering::Relaxed) <= 1000);
    assert!(told.windows(2).all(|pair| pair[0].share <= pair[1].share));
    assert!(
        told.windows(2)
            .all(|pair| pair[0].candidates >= pair[1].candidates)
    );
    assert!(told.last().unwrap().best.is_some());
    assert_eq!(bench.backend.counts().live, 0, "candidates are unloaded");
}

#[test]
fn clients_send_at_once_and_bounds_are_tried() {
    let bench = Bench::new();
    let options = TuneOptions {
        clients: vec![4],
        ..alone(Objective::Throughput)
    };
    let tuned = bench.tune(&options).unwrap();
    for rows in [1, 16, 64] {
        assert!(tuned.table.iter().any(|trial| trial.rows == rows));
    }
    let settings = tuned.settings().unwrap();
    let best = tuned.best().unwrap();
    assert_eq!(
        (settings.instances, settings.limits.rows),
        (best.instances, best.rows)
    );
}

#[test]
fn an_objective_that_nothing_reaches_is_an_error_that_names_the_nearest() {
    let bench = Bench::new();
    let tuned = bench
        .tune(&alone(Objective::P99Under(10 * MILLISECOND)))
        .unwrap();
    assert!(tuned.settings().is_ok());
    let tuned = bench
        .tune(&alone(Objective::P99Under(9 * MILLISECOND)))
        .unwrap();
    assert!(tuned.best().is_none());
    assert!(
        !tuned.table.is_empty(),
        "what was measured can still be seen"
    );
    let error = tuned.settings().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let text = error.to_string();
    assert!(text.contains("`p99<9`") && text.contains("10"), "{text}");
}

#[test]
fn a_sample_may_be_tensors() {
    let bench = Bench::new();
    let ids = Tensor::from_vec([1, 2], vec![1_i64, 2]).unwrap();
    let sample = Sample::Tensors(vec![vec![("input_ids".to_owned(), ids)]]);
    let options = alone(Objective::Latency);
    let tune = |sample: &Sample| {
        bench
            .service
            .tune(&bench.package, sample, &options, &mut |_| ())
    };
    assert!(tune(&sample).unwrap().best().is_some());
    let kind = |sample: Sample| tune(&sample).unwrap_err().kind();
    assert_eq!(kind(texts(&[])), ErrorKind::InvalidArgument);
    assert_eq!(
        kind(Sample::Tensors(vec![vec![]])),
        ErrorKind::InvalidArgument
    );
    assert_eq!(kind(texts(&["a b c d e"])), ErrorKind::InputTooLong);
    let model = format!("{}/model.onnx", bench.package);
    let raw = bench
        .service
        .tune(&model, &texts(&["a"]), &options, &mut |_| ());
    assert_eq!(raw.unwrap_err().kind(), ErrorKind::Unsupported);
}

#[test]
fn a_budget_too_small_for_one_answer_is_a_deadline() {
    let bench = Bench::new();
    let options = TuneOptions {
        budget: Duration::ZERO,
        ..alone(Objective::Latency)
    };
    let error = bench.tune(&options).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded, "{error}");
    // One answer is enough for an answer.
    let options = TuneOptions {
        budget: 11 * MILLISECOND,
        ..alone(Objective::Latency)
    };
    assert!(!bench.tune(&options).unwrap().table.is_empty());
}

#[test]
fn tuning_can_be_given_up() {
    let bench = Bench::new();
    let stop = Stop::new();
    let options = TuneOptions {
        stop: Some(stop.clone()),
        ..alone(Objective::Latency)
    };
    let mut turns = 0;
    let mut progress = |_: &TuneProgress| {
        turns += 1;
        stop.raise();
    };
    let sample = texts(&["a"]);
    let tuned = bench
        .service
        .tune(&bench.package, &sample, &options, &mut progress);
    assert_eq!(tuned.unwrap_err().kind(), ErrorKind::Cancelled);
    assert_eq!(turns, 1);
    assert_eq!(bench.backend.counts().live, 0);
}

#[test]
fn loading_takes_half_of_the_budget_and_what_is_left_out_is_counted() {
    // One run of 10 ms on each instance: a wide one, where there are processors for it, and narrow ones.
    let warm_up = WarmUp {
        rows: vec![1],
        lengths: vec![1.0],
        ..WarmUp::of(1000 * SECOND)
    };
    let bench = Bench::with(LoadSettings {
        warm_up,
        ..LoadSettings::default()
    });
    let instances = match std::thread::available_parallelism().unwrap().get() {
        1 => 1,
        processors => processors as u32 + 1,
    };
    let options = TuneOptions {
        budget: 2 * instances * 10 * MILLISECOND - MILLISECOND,
        ..alone(Objective::Latency)
    };
    let tuned = bench.tune(&options).unwrap();
    assert!(tuned.untried > 0);
    assert_eq!(tuned.table.len(), 1, "what is loaded is measured");
}

#[test]
fn a_model_that_fails_is_not_tuned() {
    let bench = Bench::new();
    let failed = || Error::new(ErrorKind::InferenceFailed, "a defect");
    for clients in [1, 3] {
        bench.backend.fail_next_run(failed());
        let options = TuneOptions {
            clients: vec![clients],
            ..alone(Objective::Latency)
        };
        let error = bench.tune(&options).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InferenceFailed);
    }
    bench
        .backend
        .fail_next_load(Error::new(ErrorKind::LoadFailed, "no memory today"));
    let error = bench.tune(&alone(Objective::Latency)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LoadFailed);
}

#[test]
fn settings_of_the_service_hold_where_nothing_is_tried() {
    let base = LoadSettings {
        deadline: Some(MILLISECOND),
        warm_up: WarmUp::off(),
        ..LoadSettings::default()
    };
    let bench = Bench::with(base);
    // While measuring nothing is given up for taking longer than a call may.
    let settings = bench
        .tune(&alone(Objective::Latency))
        .unwrap()
        .settings()
        .unwrap();
    assert_eq!(settings.deadline, Some(MILLISECOND));
}

#[test]
fn what_was_found_is_kept_and_used_only_when_asked_for() {
    let bench = Bench::new();
    let home = tempfile::tempdir().unwrap();
    let cache = TuneCache::at(home.path().join("some/folder/tuned.json"));
    let base = LoadSettings {
        warm_up: WarmUp::off(),
        ..LoadSettings::default()
    };
    let options = TuneOptions {
        clients: vec![4],
        ..alone(Objective::Throughput)
    };
    let mut tuned = bench.tune(&options).unwrap();
    assert_eq!(cache.find(&tuned.digest, &base).unwrap(), None);
    assert!(bench.service.load_tuned(&bench.package, &cache).is_ok());
    // Whatever won, let it be what nobody gets without asking.
    tuned.table[0].instances = Some(3);
    tuned.table[0].rows = 5;
    cache.keep(&tuned).unwrap();
    cache.keep(&tuned).unwrap();
    let found = cache.find(&tuned.digest, &base).unwrap().unwrap();
    assert_eq!((found.instances, found.limits.rows), (Some(3), 5));
    let text = std::fs::read_to_string(cache.path()).unwrap();
    assert_eq!(text.matches("digest").count(), 1, "{text}");
    bench.service.publish(&bench.package).unwrap();
    for reference in [&bench.package[..], "words"] {
        let route = bench.service.load_tuned(reference, &cache).unwrap();
        assert_eq!(route.lease().capacity(), 3);
    }
    let devices = LoadSettings {
        devices: "cuda:0,cpu".parse().unwrap(),
        ..base
    };
    assert_eq!(cache.find(&tuned.digest, &devices).unwrap(), None);
    drop(bench.world);
}

#[test]
fn only_what_reaches_the_objective_is_kept() {
    let bench = Bench::new();
    let home = tempfile::tempdir().unwrap();
    let cache = TuneCache::at(home.path().join("tuned.json"));
    let tuned = bench
        .tune(&alone(Objective::P99Under(MILLISECOND)))
        .unwrap();
    assert_eq!(cache.keep(&tuned).unwrap_err().kind(), ErrorKind::NotFound);
    assert!(!cache.path().exists());
}

#[test]
fn a_cache_that_is_damaged_or_cannot_be_written_says_so() {
    let bench = Bench::new();
    let tuned = bench.tune(&alone(Objective::Latency)).unwrap();
    let home = tempfile::tempdir().unwrap();
    let cache = TuneCache::at(home.path().join("tuned.json"));
    std::fs::write(cache.path(), "{").unwrap();
    assert_eq!(cache.keep(&tuned).unwrap_err().kind(), ErrorKind::Corrupt);
    let error = bench
        .service
        .load_tuned(&bench.package, &cache)
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    let below = TuneCache::at(cache.path().join("tuned.json"));
    assert_eq!(below.keep(&tuned).unwrap_err().kind(), ErrorKind::Io);
    assert_eq!(
        std::fs::read_dir(home.path()).unwrap().count(),
        2,
        "no waste: file and lock"
    );
}

#[test]
fn objectives_are_words() {
    for text in ["throughput", "latency", "p99<20", "p99<0.5", "p99<0.0001"] {
        assert_eq!(text.parse::<Objective>().unwrap().to_string(), text);
    }
    for text in [
        "", "p99", "p99<", "p99<0", "p99<-1", "p99<x", "p99<inf", "speed",
    ] {
        let error = text.parse::<Objective>().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{text}");
    }
}

fn trials() -> impl Strategy<Value = Vec<TuneRow>> {
    // Few values, so that there are ties.
    let trial = (1_u32..6, 1_u32..6, 0_u32..4).prop_map(|(rate, p50, more)| TuneRow {
        instances: None,
        threads: None,
        rows: 64,
        clients: 1,
        requests: 1,
        requests_per_second: f64::from(rate),
        p50: MILLISECOND * p50,
        p99: MILLISECOND * (p50 + more),
    });
    prop::collection::vec(trial, 1..12)
}

fn objectives() -> impl Strategy<Value = Objective> {
    prop_oneof![
        Just(Objective::Throughput),
        Just(Objective::Latency),
        (1_u32..8).prop_map(|most| Objective::P99Under(MILLISECOND * most)),
    ]
}

/// At least as good in everything, and better in something.
fn dominates(a: &TuneRow, b: &TuneRow) -> bool {
    let as_good =
        a.requests_per_second >= b.requests_per_second && a.p50 <= b.p50 && a.p99 <= b.p99;
    let same = a.requests_per_second == b.requests_per_second && a.p50 == b.p50 && a.p99 == b.p99;
    as_good && !same
}

proptest! {
    #[test]
    fn the_best_is_never_dominated_and_keeps_its_bound(
        trials in trials(),
        objective in objectives(),
    ) {
        let order = rank(&objective, &trials);
        let mut places = order.clone();
        places.sort_unstable();
        prop_assert_eq!(places, (0..trials.len()).collect::<Vec<_>>());
        let best = &trials[order[0]];
        prop_assert!(!trials.iter().any(|other| dominates(other, best)));
        let some_fit = trials.iter().any(|trial| objective.accepts(trial));
        prop_assert_eq!(objective.accepts(best), some_fit);
        if let Objective::P99Under(most) = objective && some_fit {
            let fitting = trials.iter().filter(|trial| trial.p99 <= most);
            let fastest = fitting.map(|trial| trial.requests_per_second).fold(0.0, f64::max);
            prop_assert_eq!(best.requests_per_second, fastest);
        }
    }
}
