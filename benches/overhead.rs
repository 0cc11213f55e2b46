//! What does a route add to a model that does nothing?
//!
//! Both sides run in one process on one thread with the same input; `raw` is the crate `ort` with its
//! input made anew for each call, as a service has to.
#![expect(
    clippy::expect_used,
    reason = "a bench that cannot start has nothing to measure"
)]

use std::path::Path;

use amaas_core::{LoadSettings, Service, Tensor};
use criterion::{Criterion, criterion_group, criterion_main};
use ort::value::TensorRef;

const NOOP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/noop.onnx");

fn overhead(criterion: &mut Criterion) {
    let environment = amaas_benches::environment().expect("AMAAS_ORT_LIB is set");
    let settings = LoadSettings {
        threads: Some(1),
        ..LoadSettings::default()
    };
    let service = Service::builder()
        .settings(settings)
        .build()
        .expect("AMAAS_ORT_LIB is set");
    let route = service.load(NOOP).expect("the fixture loads");
    let input = Tensor::from_vec([1, 2], vec![1.0_f32, 2.0]).expect("two elements");
    let mut session =
        amaas_benches::session(&environment, Path::new(NOOP), 1).expect("the fixture loads");
    let array = [1.0_f32, 2.0];

    let mut group = criterion.benchmark_group("noop");
    group.bench_function("raw", |bencher| {
        bencher.iter(|| {
            let tensor =
                TensorRef::from_array_view(([1_usize, 2], &array[..])).expect("two elements");
            let outputs = session
                .run(ort::inputs!["x" => tensor])
                .expect("the model runs");
            outputs[0].try_extract_tensor::<f32>().expect("float32").1[0]
        });
    });
    group.bench_function("route", |bencher| {
        bencher.iter(|| {
            let outputs = route.run(&[("x", &input)]).expect("the model runs");
            outputs[0].as_slice::<f32>().expect("float32")[0]
        });
    });
    group.finish();
}

criterion_group!(benches, overhead);
criterion_main!(benches);
