//! Canaries and shadows: who answers, what is counted, and when a version is taken back.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use amaas_core::clock::{Day, ManualClock};
use amaas_core::runtime::fake::FakeBackend;
use amaas_core::service::{Arm, Guard, Outcome, Reason, Tally, TrialKind, judge};
use amaas_core::usage::{Book, Entry, Quota, Quotas, Standing};
use amaas_core::{Call, ClassifyOptions, EmbedOptions, Error, ErrorKind, LoadSettings};
use amaas_core::{Route, Service, Tensor};
use proptest::prelude::*;

use super::support::{World, bare, summing};

/// The labels of the other version in the other order: it always disagrees.
const CONTRARY: &str = r#"
    kind = "text-classification"
    labels = ["yes", "no"]
    function_to_apply = "none"
"#;
const EMBEDDING: &str = r#"
    kind = "text-embedding"
    pooling = "none"
"#;

fn two_versions(world: &World, backend: &FakeBackend) -> (Service, Route) {
    let service = world.service(backend);
    service.publish(world.package("1.0.0", "", "")).unwrap();
    let route = service.load("words").unwrap();
    service.publish(world.package("1.1.0", "", "")).unwrap();
    (service, route)
}

fn strict() -> Guard {
    Guard {
        max_disagreement: Some(0.0),
        min_requests: 4,
        ..untimed()
    }
}

/// The clock is the system's: how long a run takes is not for these tests to judge.
fn untimed() -> Guard {
    Guard {
        max_latency_ratio: None,
        ..Guard::default()
    }
}

fn version(route: &Route, key: Option<&str>) -> String {
    let call = Call {
        key: key.map(str::to_owned),
        ..Call::default()
    };
    let options = ClassifyOptions {
        call,
        ..ClassifyOptions::default()
    };
    let answer = route.classify_with(&["a"], &options).unwrap();
    answer.usage.version.to_string()
}

#[test]
fn a_canary_answers_its_share() {
    let (world, backend) = (World::new(), summing());
    let (service, route) = two_versions(&world, &backend);
    assert_eq!(route.trial_status(), None);
    route.canary("words@1.1.0", 0.25, untimed()).unwrap();
    let mut answers = HashMap::new();
    for _ in 0..40 {
        *answers.entry(version(&route, None)).or_insert(0) += 1;
    }
    assert_eq!((answers["1.0.0"], answers["1.1.0"]), (30, 10));
    let status = route.trial_status().unwrap();
    assert_eq!((status.kind, status.outcome), (TrialKind::Canary, None));
    assert_eq!((status.current.requests, status.tried.requests), (30, 10));
    assert_eq!(
        (status.tally.current.rows, status.tally.tried.rows),
        (30, 10)
    );
    assert_eq!(route.usage().requests, 40);
    assert_eq!(route.version().to_string(), "1.0.0");
    // Both are told of, and one key meets one version, though not all keys meet the same.
    assert!(
        service
            .versions()
            .iter()
            .all(|one| one.routes == ["words@*"])
    );
    let keys: Vec<_> = (0..40).map(|number| format!("user {number}")).collect();
    let met = || keys.iter().map(|key| version(&route, Some(key)));
    let first: Vec<_> = met().collect();
    assert_eq!(first, met().collect::<Vec<_>>());
    let canaries = first.iter().filter(|version| *version == "1.1.0").count();
    assert!((1..20).contains(&canaries), "{canaries}");
}

#[test]
fn a_trial_is_promoted_aborted_or_replaced() {
    let (world, backend) = (World::new(), summing());
    let (service, route) = two_versions(&world, &backend);
    assert_eq!(route.promote().unwrap_err().kind(), ErrorKind::NotFound);
    assert!(!route.abort());
    route.canary("words@1.1.0", 1.0, untimed()).unwrap();
    assert_eq!(version(&route, None), "1.1.0");
    assert!(route.abort() && !route.abort());
    assert_eq!(
        route.trial_status().unwrap().outcome,
        Some(Outcome::Aborted)
    );
    assert_eq!(version(&route, None), "1.0.0");
    assert_eq!(backend.counts().live, 1);
    route.shadow("words@1.1.0", 0.0, untimed()).unwrap();
    route.canary("words@1.1.0", 0.0, untimed()).unwrap();
    assert_eq!(version(&route, None), "1.0.0");
    assert_eq!(route.promote().unwrap().to_string(), "1.1.0");
    assert_eq!(
        route.trial_status().unwrap().outcome,
        Some(Outcome::Promoted)
    );
    assert_eq!(version(&route, None), "1.1.0");
    assert_eq!(route.promote().unwrap_err().kind(), ErrorKind::NotFound);
    // It follows the other reference now.
    assert_eq!(route.reference().to_string(), "words@1.1.0");
    service.publish(world.package("1.2.0", "", "")).unwrap();
    assert!(service.update().is_quiet());
    assert_eq!(backend.counts().live, 1);
}

#[test]
fn what_cannot_be_tried_is_refused() {
    let (world, backend) = (World::new(), summing());
    let (service, route) = two_versions(&world, &backend);
    service
        .publish(world.package_of(EMBEDDING, "2.0.0", "", ""))
        .unwrap();
    for (reference, share, kind) in [
        ("words@1.1.0", f64::NAN, ErrorKind::InvalidArgument),
        ("words@1.1.0", 1.1, ErrorKind::InvalidArgument),
        ("words@2.0.0", 0.5, ErrorKind::InvalidArgument),
        ("words@3.0.0", 0.5, ErrorKind::NotFound),
    ] {
        let error = route.canary(reference, share, untimed()).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
    }
    assert_eq!(route.trial_status(), None);
    assert_eq!(backend.counts().live, 1);
}

#[test]
fn a_canary_that_fails_is_taken_back() {
    let (world, backend) = (World::new(), summing());
    let (_service, route) = two_versions(&world, &backend);
    route.canary("words@1.1.0", 1.0, strict()).unwrap();
    // What the caller got wrong is not the version's fault.
    for _ in 0..10 {
        let error = route.run(&[]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    }
    assert_eq!(route.trial_status().unwrap().outcome, None);
    for _ in 0..4 {
        backend.fail_next_run(Error::new(ErrorKind::InferenceFailed, "no"));
        assert!(route.classify(&["a"]).is_err());
    }
    let status = route.trial_status().unwrap();
    let Some(Outcome::Reverted(reason)) = status.outcome else {
        panic!("{status:?}");
    };
    assert_eq!(
        reason,
        Reason::Errors {
            rate: 1.0,
            allowed: 0.05
        }
    );
    assert!(reason.to_string().contains("1.000"), "{reason}");
    assert_eq!((status.tally.tried.errors, status.tried.failures), (4, 14));
    assert_eq!(version(&route, None), "1.0.0");
    assert_eq!(backend.counts().live, 1);
}

/// A ledger whose disk is gone.
#[derive(Debug)]
struct Gone;

impl Book for Gone {
    fn settle(&self, _: Entry) -> amaas_core::Result<bool> {
        Err(Error::new(ErrorKind::Io, "the disk is gone"))
    }

    fn knows(&self, _: &str, _: &str) -> amaas_core::Result<bool> {
        Ok(false)
    }

    fn standing(&self, _: &str, _: Day) -> amaas_core::Result<Standing> {
        Ok(Standing::default())
    }
}

#[test]
fn what_a_tenant_may_not_or_a_ledger_cannot_takes_no_version_back() {
    let (world, backend) = (World::new(), summing());
    let (nothing, broke) = (Some(0.0), Some(0.into()));
    let quotas = Quotas::default()
        .with(
            "idle",
            Quota {
                requests_per_second: nothing,
                ..Quota::default()
            },
        )
        .with(
            "broke",
            Quota {
                money_per_day: broke,
                ..Quota::default()
            },
        );
    let clock = Arc::new(ManualClock::new());
    let builder = world.builder(&backend, clock, bare(LoadSettings::default()));
    let service = builder.quotas(quotas).ledger(Gone).build().unwrap();
    service.publish(world.package("1.0.0", "", "")).unwrap();
    let route = service.load("words").unwrap();
    service.publish(world.package("1.1.0", "", "")).unwrap();
    route.canary("words@1.1.0", 1.0, strict()).unwrap();
    let kinds = [
        ("idle", ErrorKind::QuotaExceeded),
        ("broke", ErrorKind::BudgetExhausted),
        ("acme", ErrorKind::Io),
    ];
    for (tenant, kind) in kinds {
        let call = Call {
            tenant: Some(tenant.into()),
            ..Call::default()
        };
        let options = ClassifyOptions {
            call,
            ..ClassifyOptions::default()
        };
        for _ in 0..10 {
            let error = route.classify_with(&["a"], &options).unwrap_err();
            assert_eq!(error.kind(), kind);
            let ticket = route.submit_classify(vec!["a"], &options);
            assert_eq!(ticket.wait().unwrap_err().kind(), kind);
        }
    }
    let status = route.trial_status().unwrap();
    assert_eq!(status.outcome, None);
    // The version answered those of the third, and they were lost behind it.
    assert_eq!(
        (status.tally.tried.requests, status.tally.tried.errors),
        (20, 0)
    );
    assert_eq!(route.usage().failures, 60);
}

#[test]
fn counting_begins_anew_with_each_window() {
    let (world, backend, clock) = (World::new(), summing(), Arc::new(ManualClock::new()));
    let service = world.service_with(&backend, clock.clone(), LoadSettings::default());
    service.publish(world.package("1.0.0", "", "")).unwrap();
    let route = service.load("words").unwrap();
    route.canary("words", 1.0, strict()).unwrap();
    for _ in 0..3 {
        backend.fail_next_run(Error::new(ErrorKind::InferenceFailed, "no"));
        assert!(route.classify(&["a"]).is_err());
    }
    clock.advance(strict().window);
    backend.fail_next_run(Error::new(ErrorKind::InferenceFailed, "no"));
    assert!(route.classify(&["a"]).is_err());
    let status = route.trial_status().unwrap();
    assert_eq!((status.outcome, status.tally.tried.errors), (None, 1));
    assert_eq!(status.tried.failures, 4);
}

#[test]
fn a_shadow_that_disagrees_is_taken_back_and_nobody_meets_it() {
    let (world, backend) = (World::new(), summing());
    let (service, route) = two_versions(&world, &backend);
    service
        .publish(world.package_of(CONTRARY, "2.0.0", "", ""))
        .unwrap();
    route.shadow("words@2.0.0", 1.0, strict()).unwrap();
    while route.trial_status().unwrap().outcome.is_none() {
        assert_eq!(version(&route, None), "1.0.0");
        thread::yield_now();
    }
    let status = route.trial_status().unwrap();
    let reason = Reason::Disagreement {
        mean: 1.0,
        allowed: 0.0,
    };
    assert_eq!(status.outcome, Some(Outcome::Reverted(reason)));
    // What was under way when it was judged may be counted as well.
    assert!(status.tally.compared >= 4 && status.tried.requests >= 4);
    assert_eq!(status.tally.furthest, 1.0);
    while backend.counts().live != 1 {
        thread::yield_now();
    }
}

#[test]
fn a_shadow_compares_whatever_is_asked() {
    let (world, backend) = (World::new(), summing());
    let (service, route) = two_versions(&world, &backend);
    let compared = |route: &Route, count| {
        while route.trial_status().unwrap().tally.compared != count {
            thread::yield_now();
        }
        let status = route.trial_status().unwrap();
        assert_eq!((status.outcome, status.tally.apart), (None, 0.0));
    };
    route.shadow("words@1.1.0", 1.0, strict()).unwrap();
    let ids = Tensor::from_vec([1, 2], vec![1_i64, 2]).unwrap();
    let inputs = [("input_ids", &ids)];
    route.run(&inputs).unwrap();
    route
        .submit(&inputs, &["logits"], &Call::default())
        .wait()
        .unwrap();
    route.classify(&["a"]).unwrap();
    let options = ClassifyOptions::default();
    route.submit_classify(vec!["a"], &options).wait().unwrap();
    compared(&route, 4);

    for version in ["2.0.0", "2.1.0"] {
        let package = world.package_of(EMBEDDING, version, "", "");
        service.publish(package).unwrap();
    }
    let route = service.load("words@2.0.0").unwrap();
    route.shadow("words@2.1.0", 1.0, strict()).unwrap();
    route.embed(&["a"]).unwrap();
    let options = EmbedOptions::default();
    route.submit_embed(vec!["a"], &options).wait().unwrap();
    compared(&route, 2);
}

#[test]
fn a_canary_answers_tickets() {
    let (world, backend) = (World::new(), summing());
    let (_service, route) = two_versions(&world, &backend);
    route.canary("words@1.1.0", 1.0, untimed()).unwrap();
    let ticket = route.submit_classify(vec!["a"], &ClassifyOptions::default());
    assert_eq!(ticket.wait().unwrap().usage.version.to_string(), "1.1.0");
    assert_eq!(route.trial_status().unwrap().tried.requests, 1);
}

#[test]
fn copies_that_a_busy_shadow_cannot_take_are_dropped() {
    let world = World::new();
    // Runs on the shadow's thread wait; the callers' do not.
    let gate = Arc::new((Mutex::new(true), Condvar::new()));
    let closed = Arc::clone(&gate);
    let backend = summing().computing(move |inputs| {
        if thread::current().name() == Some("amaas-shadow") {
            let (gate, changed) = &*closed;
            let waiting = changed.wait_while(gate.lock().unwrap(), |closed| *closed);
            drop(waiting.unwrap());
        }
        let rows = inputs[0].1.shape().rows().unwrap();
        Ok(vec![Tensor::from_vec([rows, 2], vec![0.0_f32; 2 * rows])?])
    });
    let (_service, route) = two_versions(&world, &backend);
    route.shadow("words@1.1.0", 1.0, untimed()).unwrap();
    for _ in 0..20 {
        route.classify(&["a"]).unwrap();
    }
    // One is at it at most, and 16 wait.
    let dropped = route.trial_status().unwrap().dropped;
    assert!((3..=4).contains(&dropped), "{dropped}");
    *gate.0.lock().unwrap() = false;
    gate.1.notify_all();
    while route.trial_status().unwrap().tally.compared != 20 - dropped {
        thread::yield_now();
    }
}

fn arms() -> impl Strategy<Value = Arm> {
    (0_u64..50, 0_u64..50, 1_u64..100, 1_u64..1_000).prop_map(|(requests, errors, rows, time)| {
        Arm {
            requests,
            errors: errors.min(requests),
            rows,
            computed: Duration::from_millis(time),
        }
    })
}

proptest! {
    #[test]
    fn a_guard_judges_by_its_numbers(
        (current, tried) in (arms(), arms()),
        (compared, apart) in (0_u64..50, 0.0..50.0_f64),
        (rate, ratio, mean) in (0.0..1.0_f64, 0.5..3.0_f64, 0.0..1.0_f64),
        min_requests in 0_u64..40,
    ) {
        let tally = Tally { current, tried, compared, apart, furthest: apart };
        let guard = Guard {
            max_error_rate: Some(rate),
            max_latency_ratio: Some(ratio),
            max_disagreement: Some(mean),
            min_requests,
            ..Guard::default()
        };
        let least = min_requests.max(1);
        let time = |arm: &Arm| arm.computed.as_secs_f64() / arm.rows as f64;
        let answered = |arm: &Arm| arm.requests - arm.errors;
        let fails = tried.requests >= least && tried.errors as f64 > rate * tried.requests as f64;
        let slow = answered(&tried) >= least
            && answered(&current) >= least
            && time(&tried) / time(&current) > ratio;
        let other = compared >= least && apart / compared as f64 > mean;
        match judge(&guard, &tally) {
            Some(Reason::Errors { .. }) => prop_assert!(fails),
            Some(Reason::Latency { .. }) => prop_assert!(slow && !fails),
            Some(Reason::Disagreement { .. }) => prop_assert!(other && !slow && !fails),
            None => prop_assert!(!fails && !slow && !other),
        }
        // Whoever asks for nothing gets nothing.
        let lax = Guard {
            max_error_rate: None,
            max_latency_ratio: None,
            max_disagreement: None,
            ..guard
        };
        prop_assert_eq!(judge(&lax, &tally), None);
    }
}

#[test]
fn reasons_say_what_was_allowed() {
    let latency = Reason::Latency {
        ratio: 3.0,
        allowed: 2.0,
    };
    assert_eq!(
        latency.to_string(),
        "it takes 3.00 times as long where 2 is allowed"
    );
    let apart = Reason::Disagreement {
        mean: 0.25,
        allowed: 0.1,
    };
    assert_eq!(
        apart.to_string(),
        "answers lie 0.2500 apart where 0.1 is allowed"
    );
}
