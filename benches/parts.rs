//! What do the pure parts of a request cost: reading a reference, choosing a batch among those that wait?
//! Criterion's figures, for finding which change made one slower; nothing stands beside them.
#![expect(
    clippy::expect_used,
    reason = "a bench that cannot start has nothing to measure"
)]

use std::hint::black_box;

use amaas_core::model::Reference;
use amaas_core::scheduler::{Bounds, Size, choose};
use criterion::{BenchmarkId, Criterion};

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    for text in ["sentiment@^1", "sentiment@>=1.2, <2", "sentiment@champion"] {
        criterion.bench_with_input(
            BenchmarkId::new("reference", text),
            &text,
            |bencher, text| {
                bencher.iter(|| black_box(text).parse::<Reference>().expect("it is one"));
            },
        );
    }
    let bounds = Bounds {
        rows: 64,
        tokens: 16_384,
        requests: 64,
        passed: 8,
        start: 40.0,
    };
    for waiting in [8, 128, 1024] {
        // Lengths as of texts: many short ones, few long ones.
        let length = |place: usize| 8 + place * 37 % 97;
        let others: Vec<_> = (0..waiting)
            .map(|place| {
                Some(Size {
                    rows: 1,
                    length: length(place),
                })
            })
            .collect();
        let leader = Size {
            rows: 1,
            length: 20,
        };
        criterion.bench_function(&format!("choose among {waiting}"), |bencher| {
            bencher.iter(|| choose(black_box(leader), black_box(&others), &bounds));
        });
    }
    criterion.final_summary();
}
