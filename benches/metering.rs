//! What does it cost to price a receipt and enter it? The same request through a service that meters
//! nothing, one with prices and quotas, and one with a ledger besides; the graph does next to nothing.
//!
//! The prediction: all of it adds at most 0.5 µs to a request.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench that cannot start has nothing to measure, and says what it found"
)]

use std::sync::Arc;
use std::time::Instant;

use amaas_benches::{median, write_rows};
use amaas_core::usage::{Ledger, PriceTable, Quota, Quotas};
use amaas_core::{Call, Route, Service, Tensor};

const GRAPH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/noop.onnx");
const TURNS: usize = 101;
const CALLS: u32 = 1_000;
const PRICES: &str = "schema = 1\nversion = \"1\"\ncurrency = \"EUR\"\n[[rate]]\nname = \"all\"\n\
    request = \"0.0001\"\nrow = \"0.00001\"\ncompute = \"0.002\"\n";

fn main() {
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
    let call = Call {
        tenant: Some(Arc::from("acme")),
        ..Call::default()
    };
    let tensor = Tensor::from_vec([1, 2], vec![1.0_f32; 2]).expect("a tensor");
    let inputs = [("x", &tensor)];
    let routes = services.map(|(name, builder)| {
        let service = builder.build().expect("ONNX Runtime is there");
        (name, service.load(GRAPH).expect("the graph loads"))
    });
    let turn = |route: &Route| {
        let started = Instant::now();
        for _ in 0..CALLS {
            drop(route.run_with(&inputs, &[], &call).expect("it runs"));
        }
        started.elapsed().as_secs_f64() * 1e9 / f64::from(CALLS)
    };
    // In turns, so that what else the machine does falls on all of them alike.
    let turns: Vec<_> = (0..TURNS)
        .map(|_| routes.each_ref().map(|(_, route)| turn(route)))
        .collect();
    let row = |place: usize| {
        let took = median(turns.iter().map(|turn| turn[place]));
        let more = median(turns.iter().map(|turn| turn[place] - turn[0]));
        let name = routes[place].0;
        println!("{name:28} {took:8.0} ns a request, {more:6.0} more");
        format!("{{\"question\": \"{name}\", \"ns\": {took:.1}, \"more_ns\": {more:.1}}}")
    };
    write_rows("metering", &[0, 1, 2].map(row));
}
