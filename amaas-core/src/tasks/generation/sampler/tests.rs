use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

fn sampler(mut options: SamplingOptions) -> Sampler {
    options.seed = options.seed.or(Some(7));
    Sampler::new(&options).unwrap()
}

fn options() -> SamplingOptions {
    SamplingOptions::default()
}

/// What may be drawn, by the definitions and with everything sorted.
fn allowed(logits: &[f32], options: &SamplingOptions) -> BTreeSet<u32> {
    let weight = |logit: f32| libm::exp(f64::from(logit) / f64::from(options.temperature));
    let mut order: Vec<u32> = (0..logits.len() as u32).collect();
    order.sort_by(|one, other| logits[*other as usize].total_cmp(&logits[*one as usize]));
    if options.top_k > 0 {
        order.truncate(options.top_k);
    }
    let weights: Vec<_> = order
        .iter()
        .map(|id| weight(logits[*id as usize]))
        .collect();
    let mass: f64 = weights.iter().sum();
    let mut before = 0.0;
    let mut kept = BTreeSet::new();
    for (id, weight) in order.iter().zip(&weights) {
        let needed = options.top_p == 1.0 || before < f64::from(options.top_p) * mass;
        if needed && *weight >= f64::from(options.min_p) * weights[0] {
            kept.insert(*id);
        }
        before += weight;
    }
    kept
}

#[test]
fn greedy_takes_the_greatest_and_the_lower_id_of_equals() {
    for greedy in [
        SamplingOptions {
            temperature: 0.0,
            ..options()
        },
        SamplingOptions {
            do_sample: false,
            ..options()
        },
    ] {
        let chosen = sampler(greedy)
            .next(&mut [0.5, 2.0, -1.0, 2.0], &[])
            .unwrap();
        assert_eq!(chosen, 1);
    }
}

#[test]
fn the_penalty_holds_back_each_token_of_the_text_once() {
    let held = SamplingOptions {
        do_sample: false,
        repetition_penalty: 2.0,
        ..options()
    };
    let mut logits = [3.0, -1.0, 2.0, f32::NEG_INFINITY];
    let chosen = sampler(held).next(&mut logits, &[0, 0, 1, 3, 99]).unwrap();
    assert_eq!((chosen, logits), (2, [1.5, -2.0, 2.0, f32::NEG_INFINITY]));
}

#[test]
fn no_run_of_tokens_stands_twice() {
    let unlike = SamplingOptions {
        do_sample: false,
        no_repeat_ngram: 2,
        ..options()
    };
    let mut sampler = sampler(unlike);
    // After 5 came 1 and 2 before.
    let history = [5, 1, 5, 2, 5];
    assert_eq!(
        sampler.next(&mut [0.0, 9.0, 8.0, 7.0], &history).unwrap(),
        3
    );
    assert_eq!(sampler.next(&mut [0.0, 9.0], &[5]).unwrap(), 1);
    let unigrams = SamplingOptions {
        do_sample: false,
        no_repeat_ngram: 1,
        ..options()
    };
    let error = Sampler::new(&unigrams)
        .unwrap()
        .next(&mut [1.0, 2.0], &[0, 1])
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InferenceFailed);
}

#[test]
fn options_out_of_range_are_refused_with_a_remedy() {
    for refused in [
        SamplingOptions {
            temperature: -0.1,
            ..options()
        },
        SamplingOptions {
            temperature: f32::NAN,
            ..options()
        },
        SamplingOptions {
            temperature: f32::INFINITY,
            ..options()
        },
        SamplingOptions {
            top_p: 0.0,
            ..options()
        },
        SamplingOptions {
            top_p: 1.1,
            ..options()
        },
        SamplingOptions {
            min_p: f32::NAN,
            ..options()
        },
        SamplingOptions {
            repetition_penalty: 0.0,
            ..options()
        },
    ] {
        let error = Sampler::new(&refused).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        assert!(error.remedy().is_some(), "{error}");
    }
}

#[test]
fn scores_that_are_no_numbers_fail_and_nothing_else_does() {
    for logits in [
        vec![1.0, f32::NAN],
        vec![f32::INFINITY, 1.0],
        vec![f32::NEG_INFINITY],
        vec![],
    ] {
        for mut sampler in [
            sampler(options()),
            sampler(SamplingOptions {
                temperature: 0.0,
                ..options()
            }),
        ] {
            let error = sampler.next(&mut logits.clone(), &[]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InferenceFailed);
            assert_eq!(sampler.next(&mut [f32::NEG_INFINITY, 1.0], &[]).unwrap(), 1);
        }
    }
}

#[test]
fn a_seed_draws_these_tokens_on_every_machine() {
    let draw = |seed, options: SamplingOptions| {
        let mut sampler = sampler(SamplingOptions {
            seed: Some(seed),
            ..options
        });
        let logits: Vec<f32> = (0..50).map(|id| (id % 7) as f32 / 3.0).collect();
        let drawn = (0..8).map(|_| sampler.next(&mut logits.clone(), &[]).unwrap());
        drawn.collect::<Vec<_>>()
    };
    // From a second implementation, by the definitions of ChaCha12 and of the seed's expansion.
    assert_eq!(draw(1, options()), [48, 34, 21, 10, 13, 48, 20, 34]);
    let narrow = SamplingOptions {
        top_k: 20,
        top_p: 0.9,
        ..options()
    };
    assert_eq!(draw(1, narrow), [25, 26, 48, 20, 27, 18, 41, 33]);
}

#[test]
fn a_seed_that_was_not_given_is_told_and_draws_the_same_again() {
    let first = Sampler::new(&options()).unwrap();
    let again = SamplingOptions {
        seed: Some(first.seed()),
        ..options()
    };
    let draw = |mut sampler: Sampler| {
        let drawn = (0..64).map(|_| sampler.next(&mut [0.0; 100], &[]).unwrap());
        drawn.collect::<Vec<_>>()
    };
    assert_eq!(draw(first), draw(Sampler::new(&again).unwrap()));
    assert_ne!(
        draw(Sampler::new(&options()).unwrap()),
        draw(Sampler::new(&options()).unwrap())
    );
}

#[test]
fn tokens_are_drawn_as_often_as_they_are_probable() {
    let mut sampler = sampler(SamplingOptions {
        temperature: 2.0,
        ..options()
    });
    let logits: Vec<f32> = [0.5_f32, 0.3, 0.2]
        .iter()
        .map(|share| 2.0 * share.ln())
        .collect();
    let mut counts = [0_u32; 3];
    for _ in 0..30_000 {
        counts[sampler.next(&mut logits.clone(), &[]).unwrap() as usize] += 1;
    }
    // Four standard deviations of 30,000 draws are under 350.
    for (count, expected) in counts.iter().zip([15_000, 9_000, 6_000_u32]) {
        assert!(count.abs_diff(expected) < 350, "{counts:?}");
    }
}

proptest! {
    #[test]
    fn what_is_drawn_is_what_the_definitions_leave(
        scores in prop::collection::vec(0_u16..2000, 1..80),
        temperature in 0.2_f32..3.0,
        top_k in 0_usize..90,
        top_p in prop_oneof![Just(1.0_f32), 0.05_f32..0.95],
        min_p in prop_oneof![Just(0.0_f32), 0.01_f32..0.9],
    ) {
        // All scores differ, so that no rounding decides what is in.
        let scores: BTreeSet<_> = scores.into_iter().collect();
        let mut logits: Vec<f32> = scores.iter().map(|score| f32::from(*score) / 200.0).collect();
        logits.sort_by_key(|logit| (logit * 1e4) as u32 % 97);
        let options = SamplingOptions { temperature, top_k, top_p, min_p, ..options() };
        let mut sampler = sampler(options.clone());
        let drawn = sampler.next(&mut logits.clone(), &[]).unwrap();
        let left: BTreeSet<u32> = sampler.candidates.iter().map(|kept| kept.id).collect();
        let wanted = allowed(&logits, &options);
        prop_assert!(left.contains(&drawn));
        // A sum may reach top-p one token earlier or later in its last digit.
        prop_assert!(left.symmetric_difference(&wanted).count() <= usize::from(top_p < 1.0), "{left:?} {wanted:?}");
    }
}
