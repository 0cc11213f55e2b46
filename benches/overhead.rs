//! What does a route add to a model that does nothing?
//!
//! Both sides run in one process on one thread with the same input, in turns of many calls; `raw` is the
//! crate `ort` with its input made anew for each call, as a service has to. amaas runs with the settings
//! that a user gets without asking. The medians are printed and written to `overhead.json`.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench that cannot start has nothing to measure, and says what it found"
)]

use std::path::Path;
use std::time::Instant;

use amaas_benches::{median, write_rows};
use amaas_core::{Service, Tensor};
use ort::value::TensorRef;

const NOOP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/noop.onnx");
const TURNS: usize = 201;
const CALLS: u32 = 1_000;

/// Nanoseconds of one of many calls.
fn turn(mut call: impl FnMut() -> f32) -> f64 {
    let started = Instant::now();
    for _ in 0..CALLS {
        std::hint::black_box(call());
    }
    started.elapsed().as_secs_f64() * 1e9 / f64::from(CALLS)
}

fn main() {
    let environment = amaas_benches::environment().expect("AMAAS_ORT_LIB is set");
    let service = Service::builder().build().expect("AMAAS_ORT_LIB is set");
    let route = service.load(NOOP).expect("the fixture loads");
    let input = Tensor::from_vec([1, 2], vec![1.0_f32, 2.0]).expect("two elements");
    let mut session =
        amaas_benches::session(&environment, Path::new(NOOP), 1).expect("the fixture loads");
    let array = [1.0_f32, 2.0];
    let mut raw = || {
        let tensor = TensorRef::from_array_view(([1_usize, 2], &array[..])).expect("two elements");
        let outputs = session.run(ort::inputs!["x" => tensor]);
        let outputs = outputs.expect("the model runs");
        outputs[0].try_extract_tensor::<f32>().expect("float32").1[0]
    };
    let ours = || {
        let outputs = route.run(&[("x", &input)]).expect("the model runs");
        outputs[0].as_slice::<f32>().expect("float32")[0]
    };
    assert!((raw() - ours()).abs() < f32::EPSILON);
    let pairs: Vec<_> = (0..TURNS).map(|_| (turn(&mut raw), turn(ours))).collect();
    let of = |pick: fn(&(f64, f64)) -> f64| median(pairs.iter().map(pick));
    let (by_hand, through, more) = (of(|(a, _)| *a), of(|(_, b)| *b), of(|(a, b)| b - a));
    println!("no-op run: {by_hand:.0} ns by hand, {through:.0} ns through a route, {more:.0} more");
    let row = format!(
        "{{\"question\": \"no-op run, Rust\", \"amaas_ns\": {through:.1}, \"by_hand_ns\": {by_hand:.1}, \"more_ns\": {more:.1}}}"
    );
    write_rows("overhead", &[row]);
}
