//! What do metering and privacy cost? Both sides of a question in turn, in one process; the medians of
//! pairs, and of their ratios, are printed and written to `charges.json`. A word on the command line
//! runs only the questions that have it in their name.
//!
//! - Metering: what prices, quotas and a ledger add to a request, in microseconds, as the median of the
//!   differences of many short pairs; the graph does next to nothing. And to embedding 2,000 real texts in
//!   one call.
//! - Loading 70 MB that are encrypted, beside the same in the clear.
//! - Redacting a text, beside classifying it; and classifying with a redactor, beside without.
#![expect(
    clippy::expect_used,
    reason = "a bench that cannot start has nothing to measure"
)]
#![expect(clippy::print_stdout, reason = "a bench reports to people")]

#[path = "registry/graph.rs"]
mod graph;

use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use amaas_benches::{median, write_rows};
use amaas_core::privacy::{Key, Keys, Recipients, Redactor};
use amaas_core::service::PublishOptions;
use amaas_core::usage::{Ledger, PriceTable, Quota, Quotas};
use amaas_core::{Call, EmbedOptions, LoadSettings, Route, Service, ServiceBuilder, Tensor};

const PAIRS: usize = 9;
/// So many square matrices of [`graph::WIDTH`] make 70 MB.
const MATRICES: usize = 17;
/// Pairs of short spans, and the requests of one.
const SHORT_PAIRS: usize = 201;
const REQUESTS: u32 = 1_000;
const PRICES: &str = "schema = 1\nversion = \"1\"\ncurrency = \"EUR\"\n[[rate]]\nname = \"all\"\n\
    request = \"0.0001\"\nrow = \"0.00001\"\ntokens_in = \"0.02\"\ncompute = \"0.002\"\n";
/// A pair made for this bench.
const RECIPIENT: &str = "age10e5320glq73kt0e95zqe9ayz6l4aje6zcuf5dw4gx52u09cnyguq97rlgr";
const IDENTITY: &str = include_str!("../examples/billing/identity.txt");

/// Answers questions in a folder of its own, a row for each.
type Ask = fn(&Path) -> Vec<String>;

fn main() {
    let mut words = std::env::args().skip(1);
    let wanted = words
        .find(|word| !word.starts_with("--"))
        .unwrap_or_default();
    let home = tempfile::tempdir().expect("a folder");
    let questions: [(&str, Ask); 4] = [
        ("metering", metering),
        ("embedding", embedding),
        ("decrypting", decrypting),
        ("redacting", redacting),
    ];
    let asked = questions.iter().filter(|(name, _)| name.contains(&wanted));
    let rows: Vec<_> = asked.flat_map(|(_, ask)| ask(home.path())).collect();
    write_rows("charges", &rows);
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Seconds that `call` takes.
fn seconds<T>(call: impl FnOnce() -> T) -> f64 {
    let began = Instant::now();
    black_box(call());
    began.elapsed().as_secs_f64()
}

/// Both sides in turn, in seconds, and the row for the result; the first pair warms up. The ratio is the
/// first side's time beside the other's.
fn compare(question: &str, with: impl Fn() -> f64, without: impl Fn() -> f64) -> String {
    compare_often(PAIRS, question, with, without)
}

fn compare_often(
    pairs: usize,
    question: &str,
    with: impl Fn() -> f64,
    without: impl Fn() -> f64,
) -> String {
    let pairs: Vec<_> = (0..=pairs).map(|_| (with(), without())).skip(1).collect();
    let of = |pick: fn(&(f64, f64)) -> f64| median(pairs.iter().map(pick));
    let (ratio, more) = (of(|(a, b)| a / b), of(|(a, b)| a - b) * 1e6);
    let (with, without) = (of(|(a, _)| *a) * 1e6, of(|(_, b)| *b) * 1e6);
    println!(
        "{question:56} {with:12.2} µs   without {without:12.2} µs   more {more:9.3} µs   ratio {ratio:.4}   speed {:.4}",
        1.0 / ratio
    );
    format!(
        "{{\"question\": \"{question}\", \"unit\": \"µs\", \"with\": {with:.3}, \"without\": {without:.3}, \"more\": {more:.4}, \"ratio\": {ratio:.5}}}"
    )
}

fn settings() -> LoadSettings {
    LoadSettings {
        threads: Some(1),
        ..LoadSettings::default()
    }
}

fn quotas() -> Quotas {
    Quotas::default().others(Quota {
        requests_per_second: Some(1e9),
        tokens_per_second: Some(1e12),
        money_per_month: Some(1_000_000_000.into()),
        ..Quota::default()
    })
}

/// A builder that meters, with a ledger in this folder.
fn metered(home: &Path) -> ServiceBuilder {
    let ledger = Ledger::open(home.join("usage.db")).expect("a ledger");
    let prices = PriceTable::parse(PRICES).expect("the table is good");
    Service::builder()
        .prices(prices)
        .quotas(quotas())
        .ledger(ledger)
}

fn acme() -> Call {
    Call {
        tenant: Some(Arc::from("acme")),
        ..Call::default()
    }
}

fn metering(home: &Path) -> Vec<String> {
    let path = root().join("tests/fixtures/noop.onnx");
    let load = |builder: ServiceBuilder| -> Route {
        let service = builder
            .settings(settings())
            .build()
            .expect("AMAAS_ORT_LIB is set");
        service
            .load(path.to_str().expect("a path"))
            .expect("it loads")
    };
    let priced = Service::builder()
        .prices(PriceTable::parse(PRICES).expect("the table is good"))
        .quotas(quotas());
    let (plain, priced, kept) = (load(Service::builder()), load(priced), load(metered(home)));
    let (call, tensor) = (
        acme(),
        Tensor::from_vec([1, 2], vec![1.0_f32; 2]).expect("a tensor"),
    );
    let span = |route: &Route| {
        let all = seconds(|| {
            for _ in 0..REQUESTS {
                drop(
                    route
                        .run_with(&[("x", &tensor)], &[], &call)
                        .expect("it runs"),
                );
            }
        });
        all / f64::from(REQUESTS)
    };
    vec![
        compare_often(
            SHORT_PAIRS,
            "a request with prices and quotas",
            || span(&priced),
            || span(&plain),
        ),
        compare_often(
            SHORT_PAIRS,
            "a request with prices, quotas and ledger",
            || span(&kept),
            || span(&plain),
        ),
    ]
}

/// Real snippets, in the order of the file.
fn texts() -> Vec<String> {
    let lines = fs::read_to_string(root().join("models/sentiment/held-out.tsv"));
    let lines = lines.expect("it is committed");
    let texts = lines.lines().skip(1);
    let texts = texts.filter_map(|line| Some(line.split('\t').nth(2)?.to_owned()));
    texts
        .collect::<Vec<_>>()
        .into_iter()
        .cycle()
        .take(2000)
        .collect()
}

fn embedding(home: &Path) -> Vec<String> {
    let path = root().join("models/minilm/all-minilm-l6-v2/1.0.0");
    let load = |builder: ServiceBuilder| -> Route {
        let service = builder.build().expect("AMAAS_ORT_LIB is set");
        service
            .load(path.to_str().expect("a path"))
            .expect("`make minilm` was run")
    };
    let folder = home.join("embedding");
    fs::create_dir_all(&folder).expect("a folder");
    let (plain, kept) = (load(Service::builder()), load(metered(&folder)));
    let (texts, options) = (
        texts(),
        EmbedOptions {
            call: acme(),
            ..EmbedOptions::default()
        },
    );
    let span = |route: &Route| seconds(|| route.embed_with(&texts, &options).expect("it runs"));
    vec![compare(
        "embedding 2,000 texts, metered",
        || span(&kept),
        || span(&plain),
    )]
}

fn decrypting(home: &Path) -> Vec<String> {
    let file = home.join("layers.onnx");
    fs::write(&file, graph::layers(MATRICES)).expect("the folder may be written");
    let publish = |name: &str, options: &PublishOptions| {
        let identities = Key::identities(IDENTITY).expect("it is one");
        let builder = Service::builder()
            .registry(home.join(name))
            .settings(settings());
        let service = builder.keys(Keys::of(identities)).build();
        let service = service.expect("AMAAS_ORT_LIB is set");
        let published = service.publish_with(&file, options).expect("it loads");
        (service, published.name.to_string())
    };
    let recipients = Recipients::keys([RECIPIENT]).expect("it is one");
    let hidden = publish(
        "hidden",
        &PublishOptions::default().encrypted_for(recipients),
    );
    let plain = publish("plain", &PublishOptions::default());
    let load = |(service, name): &(Service, String)| {
        seconds(|| drop(service.load(name).expect("it is there")))
    };
    vec![compare(
        "loading 70 MB, encrypted",
        || load(&hidden),
        || load(&plain),
    )]
}

fn redacting(_: &Path) -> Vec<String> {
    let path = root().join("models/sentiment/1.1.0");
    let redactor = || {
        let names = (0..100).map(|number| format!("Person {number}"));
        Redactor::builder().names(names).build().expect("it is one")
    };
    let load = |redactor: Option<Redactor>| -> Route {
        let settings = LoadSettings {
            redactor: redactor.map(Arc::new),
            ..settings()
        };
        let service = Service::builder().settings(settings).build();
        let service = service.expect("AMAAS_ORT_LIB is set");
        service
            .load(path.to_str().expect("a path"))
            .expect("it loads")
    };
    let (plain, masked, alone) = (load(None), load(Some(redactor())), redactor());
    let texts = texts();
    let classify = |route: &Route| seconds(|| route.classify(&texts).expect("it runs"));
    let redact = || {
        seconds(|| {
            for text in &texts {
                black_box(alone.redact(text).into_text());
            }
        })
    };
    vec![
        compare(
            "redacting 2,000 texts, beside classifying them",
            redact,
            || classify(&plain),
        ),
        compare(
            "classifying 2,000 texts with a redactor",
            || classify(&masked),
            || classify(&plain),
        ),
    ]
}
