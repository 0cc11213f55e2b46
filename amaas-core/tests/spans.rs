//! Spans tell where a request was, to whatever layer of `tracing` takes them, and nothing of what models
//! are given or answer, nor of tenants, is in them.
//!
//! In a process of its own: it listens to everything the process tells.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

#[path = "observing/asked.rs"]
mod asked;
#[expect(dead_code, reason = "the tests of the service use the rest")]
#[path = "serving/support.rs"]
mod serving;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use amaas_core::clock::SystemClock;
use amaas_core::observe::names::SPANS;
use opentelemetry::trace::{SpanId, TracerProvider as _};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SpanData};
use tracing_subscriber::layer::SubscriberExt as _;

use asked::{CANARIES, answer, words};
use serving::World;

/// The spans, once there are so many: a ticket is done a little before the thread that ran it.
fn finished(exporter: &InMemorySpanExporter, count: usize) -> Vec<SpanData> {
    for _ in 0..1000 {
        if exporter.get_finished_spans().unwrap().len() >= count {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    exporter.get_finished_spans().unwrap()
}

fn parent(span: &SpanData) -> Option<SpanId> {
    Some(span.parent_span_id).filter(|id| *id != SpanId::INVALID)
}

#[test]
fn spans_tell_where_a_request_was() {
    let exporter = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder()
        .with_simple_exporter(exporter.clone())
        .build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("amaas"));
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer)).unwrap();
    let world = World::new();
    let (_service, route) = words(&world, Arc::new(SystemClock::default()));
    exporter.reset();
    answer(&route);
    let spans = finished(&exporter, 4 + 3 + 3 + 3 + 2);

    let of = |name: &str| {
        spans
            .iter()
            .filter(|span| span.name == name)
            .collect::<Vec<_>>()
    };
    let names: BTreeSet<_> = spans.iter().map(|span| span.name.to_string()).collect();
    assert_eq!(names, SPANS.map(str::to_owned).into());
    assert_eq!(
        [of("request").len(), of("run").len(), of("post").len()],
        [4, 3, 2]
    );
    let known: HashMap<_, _> = spans
        .iter()
        .map(|span| (span.span_context.span_id(), span.name.to_string()))
        .collect();
    for (name, within) in [
        ("queue", "request"),
        ("batch", "request"),
        ("run", "batch"),
        ("post", "request"),
    ] {
        for span in of(name) {
            let parent = parent(span).and_then(|id| known.get(&id).cloned());
            assert_eq!(parent.as_deref(), Some(within), "{name}");
        }
    }
    let attributes: BTreeSet<_> = spans
        .iter()
        .flat_map(|span| &span.attributes)
        .map(|pair| pair.key.to_string())
        .collect();
    for attribute in [
        "gen_ai.request.model",
        "gen_ai.usage.input_tokens",
        "error.type",
    ] {
        assert!(attributes.contains(attribute), "{attributes:?}");
    }
    let text = format!("{spans:?}");
    for canary in CANARIES {
        assert!(!text.contains(canary), "{text}");
    }
}
