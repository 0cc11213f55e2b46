//! What one tenant sends or has never shows in what another is told, nor in any event: texts,
//! tensors, keys of calls, names of models and paths.
//!
//! In a process of its own: it listens to everything the process tells.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

#[path = "serving/support.rs"]
mod serving;

use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use amaas_core::clock::{Day, SystemClock};
use amaas_core::privacy::{Action, Redactor};
use amaas_core::runtime::Stop;
use amaas_core::usage::{Book, Entry, Quota, Quotas, Standing};
use amaas_core::{Call, ClassifyOptions, Error, ErrorKind, LoadSettings, Service, Tensor};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use serving::{World, bare, summing};

const ALICE: &str = "alicesecret";
const BOB: &str = "bobsecret";

/// Everything a tenant can do wrong with a model it shares with others.
fn wrongs(service: &Service, who: &str) -> Vec<Error> {
    let route = service.load("words").unwrap();
    let call = |deadline| Call {
        key: Some(who.to_owned()),
        ..Call::within(deadline)
    };
    let (soon, later) = (call(Duration::ZERO), call(Duration::from_secs(60)));
    let options = |call: &Call| ClassifyOptions {
        call: call.clone(),
        ..ClassifyOptions::default()
    };
    let text = format!("{who} b c");
    let long = format!("{who} ").repeat(50);
    let strings = Tensor::from_strings([1, 1], vec![who.to_owned()]).unwrap();
    let stopped = Stop::new();
    stopped.raise();
    let errors = [
        route.classify_with(&[&text], &options(&soon)).err(),
        route.classify_with(&[&long], &options(&later)).err(),
        route
            .classify_with(&[&text], &options(&Call::until(&stopped)))
            .err(),
        route.run(&[("input_ids", &strings)]).err(),
        route.embed(&[&text]).err(),
        Redactor::builder().names([who, ""]).build().err(),
        Redactor::builder()
            .names([who])
            .act_on_all(Action::Hash)
            .build()
            .err(),
    ];
    errors.into_iter().flatten().collect()
}

/// A ledger that has lost its disk, or has seen every key before.
#[derive(Debug)]
struct Strange;

impl Book for Strange {
    fn settle(&self, entry: Entry) -> amaas_core::Result<bool> {
        match entry.idempotency {
            Some(_) => Ok(false),
            None => Err(Error::new(ErrorKind::Io, "the disk is gone")),
        }
    }

    fn knows(&self, _: &str, _: &str) -> amaas_core::Result<bool> {
        Ok(true)
    }

    fn standing(&self, _: &str, _: Day) -> amaas_core::Result<Standing> {
        Ok(Standing::default())
    }
}

/// What a service that charges tells: errors of quotas, budgets and the ledger, and its metrics. Both
/// tenants use one idempotency key, and each its own names.
fn bills(world: &World) -> Vec<String> {
    let bound = |quota: Quota| {
        Quotas::default()
            .with(ALICE, quota.clone())
            .with(BOB, quota)
    };
    let bounds = [
        (
            Quota {
                in_flight: Some(0),
                ..Quota::default()
            },
            ErrorKind::QuotaExceeded,
        ),
        (
            Quota {
                rows_per_day: Some(0),
                ..Quota::default()
            },
            ErrorKind::QuotaExceeded,
        ),
        (
            Quota {
                tokens_per_second: Some(0.0),
                ..Quota::default()
            },
            ErrorKind::QuotaExceeded,
        ),
        (
            Quota {
                money_per_day: Some(0.into()),
                ..Quota::default()
            },
            ErrorKind::BudgetExhausted,
        ),
        (Quota::default(), ErrorKind::Io),
    ];
    let mut told = Vec::new();
    for (quota, kind) in bounds {
        let settings = bare(LoadSettings::default());
        let builder = world.builder(&summing(), Arc::new(SystemClock::default()), settings);
        let service = builder
            .quotas(bound(quota))
            .ledger(Strange)
            .build()
            .unwrap();
        let route = service.load("words").unwrap();
        for who in [ALICE, BOB, ALICE] {
            let mut options = ClassifyOptions::default();
            options.call.tenant = Some(who.into());
            options.call.key = Some(who.to_owned());
            let error = route.classify_with(&[who], &options).unwrap_err();
            assert_eq!(error.kind(), kind);
            told.push(format!("{} {error:?}", error.report()));
            options.call.idempotency = Some("shared".into());
            if let Ok(answer) = route.classify_with(&[who], &options) {
                assert!(kind == ErrorKind::Io && answer.usage.repeated);
                assert_eq!(answer.usage.tenant.as_deref(), Some(who));
            }
            let unprintable = format!("{who}\n");
            options.call.tenant = Some(unprintable.as_str().into());
            let error = route.classify_with(&["a"], &options).unwrap_err();
            told.push(format!("{} {error:?}", error.report()));
            options.call.tenant = Some("someone".into());
            options.call.idempotency = Some(unprintable.as_str().into());
            let error = route.classify_with(&["a"], &options).unwrap_err();
            told.push(format!("{} {error:?}", error.report()));
        }
        told.push(service.metrics_text());
    }
    told
}

#[test]
fn tenants_hear_nothing_of_each_other() {
    let log = Log::default();
    tracing::subscriber::set_global_default(log.clone()).unwrap();
    let shared = World::new();
    let backend = summing();
    let redactor = Redactor::builder().names([ALICE]).build().unwrap();
    let settings = LoadSettings {
        redactor: Some(Arc::new(redactor)),
        ..LoadSettings::default()
    };
    let builder = shared.builder(&backend, Arc::new(SystemClock::default()), bare(settings));
    let service = builder.build().unwrap();
    service
        .publish(shared.package("1.0.0", "overflow = \"error\"", ""))
        .unwrap();

    for (who, other) in [(ALICE, BOB), (BOB, ALICE), (ALICE, BOB)] {
        let errors = wrongs(&service, who);
        assert!(errors.len() >= 5, "{errors:?}");
        for error in errors {
            let report = format!("{} {error:?}", error.report());
            assert!(!report.contains(who) && !report.contains(other), "{report}");
        }
    }
    for who in [ALICE, BOB] {
        let words = vec![format!("{who} ").repeat(50)];
        let route = service.load("words").unwrap();
        let ticket = route.submit_classify(words, &ClassifyOptions::default());
        let report = ticket.wait().unwrap_err().report();
        assert!(!report.contains(ALICE) && !report.contains(BOB), "{report}");
    }

    // A registry each: neither names nor paths of one are told to the other.
    let (hers, his) = (World::new(), World::new());
    let (her, him) = (hers.service(&backend), his.service(&backend));
    her.publish(hers.package("7.7.7", "", "")).unwrap();
    her.load("words").unwrap();
    let error = him.load("words").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let root = her.registry().unwrap().root().display().to_string();
    assert!(!error.report().contains("7.7.7") && !error.report().contains(&root));

    for told in bills(&shared) {
        assert!(!told.contains(ALICE) && !told.contains(BOB), "{told}");
    }

    let log = log.0.lock().unwrap();
    assert!(log.contains("words"), "the log has heard of the model");
    assert!(log.contains("gen_ai.request.model"), "and of spans");
    assert!(!log.contains(ALICE) && !log.contains(BOB), "{log}");
}

/// Everything that is told at any level.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

impl Visit for Log {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let mut log = self.0.lock().unwrap();
        writeln!(log, "{}={value:?}", field.name()).unwrap();
    }
}

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut self.clone());
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut self.clone());
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        event.record(&mut self.clone());
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}
