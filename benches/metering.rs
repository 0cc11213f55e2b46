//! What does it cost to price a receipt and enter it? The same request through a service that meters
//! nothing, one with prices and quotas, and one with a ledger besides; the graph does next to nothing.
//!
//! The prediction: all of it adds at most 0.5 µs to a request.
#![expect(
    clippy::expect_used,
    reason = "a bench that cannot start has nothing to measure"
)]

use std::sync::Arc;

use amaas_core::usage::{Ledger, PriceTable, Quota, Quotas};
use amaas_core::{Call, LoadSettings, Service, Tensor};
use criterion::{Criterion, criterion_group, criterion_main};

const GRAPH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/noop.onnx");
const PRICES: &str = "schema = 1\nversion = \"1\"\ncurrency = \"EUR\"\n[[rate]]\nname = \"all\"\n\
    request = \"0.0001\"\nrow = \"0.00001\"\ncompute = \"0.002\"\n";

fn metering(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder for the ledger");
    let prices = || PriceTable::parse(PRICES).expect("the table is good");
    let quota = Quota {
        requests_per_second: Some(1e9),
        money_per_month: Some(1_000_000_000.into()),
        ..Quota::default()
    };
    let quotas = || Quotas::default().others(quota.clone());
    let ledger = Ledger::open(folder.path().join("usage.db")).expect("a ledger");
    let metered = || Service::builder().prices(prices()).quotas(quotas());
    let services = [
        ("unmetered", Service::builder()),
        ("prices and quotas", metered()),
        ("prices, quotas and ledger", metered().ledger(ledger)),
    ];
    let settings = LoadSettings {
        threads: Some(1),
        ..LoadSettings::default()
    };
    let call = Call {
        tenant: Some(Arc::from("acme")),
        ..Call::default()
    };
    let tensor = Tensor::from_vec([1, 2], vec![1.0_f32; 2]).expect("a tensor");
    let inputs = [("x", &tensor)];
    for (name, builder) in services {
        let service = builder
            .settings(settings.clone())
            .build()
            .expect("ONNX Runtime is there");
        let route = service.load(GRAPH).expect("the graph loads");
        criterion.bench_function(name, |bencher| {
            bencher.iter(|| route.run_with(&inputs, &[], &call).expect("it runs"));
        });
    }
}

criterion_group!(benches, metering);
criterion_main!(benches);
