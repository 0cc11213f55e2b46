//! Metrics: their names are those of the manual, they tell what happened, and nothing of what models are
//! given or answer, nor of tenants, is in them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

#[path = "observing/asked.rs"]
mod asked;
#[expect(dead_code, reason = "the tests of the service use the rest")]
#[path = "serving/support.rs"]
mod serving;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use amaas_core::clock::ManualClock;
use amaas_core::observe::names::{ATTRIBUTES, METRICS, SPANS};
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry_sdk::metrics::data::{ResourceMetrics, ScopeMetrics};
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, PeriodicReader, SdkMeterProvider};

use asked::{CANARIES, answer, words};
use serving::World;

/// The samples of a page, by name and labels; a line that is none ends the test.
fn samples(page: &str) -> BTreeMap<String, f64> {
    let mut families = BTreeSet::new();
    let mut found = BTreeMap::new();
    for line in page.lines() {
        if let Some(family) = line.strip_prefix("# TYPE ") {
            assert!(families.insert(family.to_owned()), "twice: {family}");
        } else if !line.starts_with("# HELP ") {
            let (sample, value) = line.rsplit_once(' ').unwrap();
            let name = sample.split('{').next().unwrap();
            let is_known = families.iter().any(|family| {
                let family = family.split(' ').next().unwrap();
                name.strip_prefix(family)
                    .is_some_and(|end| ["", "_bucket", "_sum", "_count"].contains(&end))
            });
            assert!(is_known, "{line}");
            found.insert(sample.to_owned(), value.parse().unwrap());
        }
    }
    found
}

#[test]
fn a_page_of_metrics_tells_what_was_answered() {
    let world = World::new();
    let (service, route) = words(&world, Arc::new(ManualClock::new()));
    answer(&route);
    let page = service.metrics_text();
    for canary in CANARIES.iter().chain(&["closed"]) {
        assert!(!page.contains(canary), "{page}");
    }
    let found = samples(&page);
    let model = "gen_ai_request_model=\"words\"";
    for (sample, expected) in [
        (format!("amaas_requests_total{{{model}}}"), 3.0),
        (format!("amaas_rows_total{{{model}}}"), 7.0),
        (
            format!("amaas_request_failures_total{{{model},error_type=\"quota_exceeded\"}}"),
            1.0,
        ),
        (
            format!("gen_ai_server_request_duration_seconds_bucket{{{model},le=\"0.0001\"}}"),
            3.0,
        ),
        (
            format!("gen_ai_server_request_duration_seconds_bucket{{{model},le=\"+Inf\"}}"),
            3.0,
        ),
        (
            format!("amaas_request_run_duration_seconds_count{{{model}}}"),
            3.0,
        ),
        (
            format!("amaas_request_queue_duration_seconds_sum{{{model}}}"),
            0.0,
        ),
        (
            format!("amaas_tokens_total{{{model},gen_ai_token_type=\"input\"}}"),
            6.0,
        ),
        (
            format!("amaas_model_loaded{{{model},amaas_model_version=\"1.0.0\"}}"),
            1.0,
        ),
    ] {
        assert_eq!(found.get(&sample), Some(&expected), "{sample} in\n{page}");
    }
    drop(route);
    let later = samples(&service.metrics_text());
    assert_eq!(later[&format!("amaas_requests_total{{{model}}}")], 3.0);
}

/// The first columns of the tables below a heading of the manual.
fn table(heading: &str) -> Vec<Vec<String>> {
    let manual = include_str!("../../docs/metering.md");
    let section = manual.split(heading).nth(1).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.map(|row| {
        let cells = format!("`{row}");
        let cells = cells.split('|').map(|cell| cell.trim().trim_matches('`'));
        cells.map(str::to_owned).collect()
    })
    .collect()
}

#[test]
fn the_names_are_those_of_the_manual() {
    let metrics: Vec<_> = table("### Metrics");
    let split = metrics.iter().position(|row| row[0] == SPANS[0]).unwrap();
    let (metrics, rest) = metrics.split_at(split);
    let expected: Vec<_> = METRICS
        .iter()
        .map(|metric| [metric.prometheus, metric.name, metric.kind])
        .collect();
    let found: Vec<_> = metrics
        .iter()
        .map(|row| [row[0].as_str(), row[1].as_str(), row[2].as_str()])
        .collect();
    assert_eq!(found, expected);
    let found: Vec<_> = rest.iter().map(|row| row[0].as_str()).collect();
    let expected: Vec<_> = SPANS.iter().chain(&ATTRIBUTES).copied().collect();
    assert_eq!(found, expected);
}

#[test]
fn opentelemetry_is_told_the_same() {
    let exporter = InMemoryMetricExporter::default();
    let reader = PeriodicReader::builder(exporter.clone())
        .with_interval(Duration::from_secs(3600))
        .build();
    let provider = SdkMeterProvider::builder().with_reader(reader).build();
    let world = World::new();
    let (service, route) = words(&world, Arc::new(ManualClock::new()));
    service.observe(&provider.meter("amaas"));
    service.observe(&provider.meter("again"));
    answer(&route);
    provider.force_flush().unwrap();
    let told = exporter.get_finished_metrics().unwrap();
    let names: BTreeSet<_> = told
        .iter()
        .flat_map(ResourceMetrics::scope_metrics)
        .flat_map(ScopeMetrics::metrics)
        .map(|metric| metric.name().to_owned())
        .collect();
    let expected: BTreeSet<_> = METRICS
        .iter()
        .map(|metric| metric.name.to_owned())
        .collect();
    assert_eq!(names, expected);
    let text = format!("{told:?}");
    for canary in CANARIES {
        assert!(!text.contains(canary), "{text}");
    }
    provider.shutdown().unwrap();
}
