use proptest::prelude::*;

use super::*;

const END: u32 = 0;

/// The scores of the next token after `text`: a small model that is the same each time.
fn model(text: &[u32], vocabulary: usize, seed: u64) -> Vec<f32> {
    let mut state = text.iter().fold(seed, |state, token| {
        (state ^ u64::from(*token))
            .wrapping_mul(0x9E37_79B9_7F4A_7C15)
            .rotate_left(23)
    });
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1 << 22) as f32
    };
    (0..vocabulary).map(|_| next()).collect()
}

fn none() -> Penalties {
    Penalties::new(1.0, 0)
}

fn search(options: &BeamOptions, most: usize, vocabulary: usize, seed: u64) -> Vec<Hypothesis> {
    let mut search = BeamSearch::new(options, none(), &[END], most).unwrap();
    let mut texts: Vec<Vec<u32>> = vec![Vec::new()];
    while !search.is_done() {
        assert_eq!(search.beams().collect::<Vec<_>>(), texts);
        let mut logits: Vec<f32> = texts
            .iter()
            .flat_map(|text| model(text, vocabulary, seed))
            .collect();
        let step = search.step(&mut logits, &[]).unwrap();
        let ways = step.parents.iter().zip(&step.tokens);
        texts = ways
            .map(|(parent, token)| [texts[*parent].as_slice(), &[*token]].concat())
            .collect();
    }
    search.finish()
}

/// Every sequence of up to `most` tokens with its score.
fn all(most: usize, vocabulary: usize, seed: u64, penalty: f32) -> Vec<Hypothesis> {
    let (mut open, mut found) = (vec![(Vec::new(), 0.0)], Vec::new());
    for length in 1..=most {
        let score = |sum: f64| sum / (length as f64).powf(f64::from(penalty));
        let mut longer = Vec::new();
        for (tokens, sum) in open {
            let row = model(&tokens, vocabulary, seed);
            let whole = log_sum_exp(&row).unwrap();
            for (token, logit) in row.iter().enumerate() {
                let sum: f64 = sum + f64::from(*logit) - whole;
                if token as u32 == END {
                    found.push(Hypothesis {
                        tokens: tokens.clone(),
                        score: score(sum),
                        ended: true,
                    });
                } else {
                    longer.push(([tokens.as_slice(), &[token as u32]].concat(), sum));
                }
            }
        }
        open = longer;
        if length == most {
            found.extend(open.iter().map(|(tokens, sum)| Hypothesis {
                tokens: tokens.clone(),
                score: score(*sum),
                ended: false,
            }));
        }
    }
    found.sort_by(|one, other| other.score.total_cmp(&one.score));
    found
}

#[test]
fn options_out_of_range_are_refused() {
    for refused in [
        BeamOptions {
            width: 0,
            ..BeamOptions::default()
        },
        BeamOptions {
            width: 65,
            ..BeamOptions::default()
        },
        BeamOptions {
            length_penalty: f32::NAN,
            ..BeamOptions::default()
        },
    ] {
        let error = BeamSearch::new(&refused, none(), &[END], 5).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    }
}

#[test]
fn scores_that_are_no_numbers_fail() {
    for mut logits in [
        [0.0, f32::NAN],
        [f32::INFINITY, 0.0],
        [f32::NEG_INFINITY; 2],
    ] {
        let mut search = BeamSearch::new(&BeamOptions::default(), none(), &[END], 5).unwrap();
        assert_eq!(
            search.step(&mut logits, &[]).unwrap_err().kind(),
            ErrorKind::InferenceFailed
        );
    }
    let mut search = BeamSearch::new(&BeamOptions::default(), none(), &[END], 5).unwrap();
    assert_eq!(
        search.step(&mut [], &[]).unwrap_err().kind(),
        ErrorKind::Internal
    );
}

#[test]
fn the_search_ends_when_nothing_may_follow() {
    let mut search = BeamSearch::new(&BeamOptions::default(), none(), &[END], 5).unwrap();
    let step = search
        .step(&mut [0.0, f32::NEG_INFINITY, f32::NEG_INFINITY], &[])
        .unwrap();
    assert!(search.is_done() && step == Step::default());
    assert_eq!(search.step(&mut [1.0], &[]).unwrap(), Step::default());
    assert_eq!(
        search.finish(),
        [Hypothesis {
            tokens: vec![],
            score: 0.0,
            ended: true
        }]
    );
}

#[test]
fn stopping_early_keeps_what_ended_though_a_beam_is_better() {
    let early = BeamOptions {
        width: 1,
        length_penalty: 0.0,
        early_stopping: EarlyStopping::Always,
    };
    let mut search = BeamSearch::new(&early, none(), &[END], 5).unwrap();
    search.step(&mut [0.0, 1.0], &[]).unwrap();
    // Only the first of the ranks counts, so the end must be the more probable one.
    search.step(&mut [3.0, 0.0], &[]).unwrap();
    assert!(search.is_done());
    let found = search.finish();
    assert!(found.len() == 1 && found[0].ended && found[0].tokens == [1]);
}

#[test]
fn the_penalty_prefers_long_or_short() {
    let find = |length_penalty| {
        let options = BeamOptions {
            width: 40,
            length_penalty,
            early_stopping: EarlyStopping::Never,
        };
        search(&options, 3, 3, 5)[0].tokens.len()
    };
    assert!(find(4.0) >= find(-4.0));
    // Two tokens and an end are as long as three.
    assert!(find(9.0) >= 2 && find(-9.0) == 0);
}

#[test]
fn penalties_count_the_prompt_and_the_tokens_of_each_beam() {
    let options = BeamOptions {
        width: 2,
        ..BeamOptions::default()
    };
    let begin = |penalties| BeamSearch::new(&options, penalties, &[END], 9).unwrap();
    let tokens =
        |search: &mut BeamSearch, logits: &mut [f32]| search.step(logits, &[1]).unwrap().tokens;
    assert_eq!(tokens(&mut begin(none()), &mut [0.0, 1.0, 1.0]), [1, 2]);
    let mut held_back = begin(Penalties::new(1.5, 0));
    assert_eq!(tokens(&mut held_back, &mut [0.0, 1.0, 1.0]), [2, 1]);
    let mut once = begin(Penalties::new(1.0, 1));
    assert_eq!(tokens(&mut once, &mut [0.0, 2.0, 1.0, 0.5]), [2, 3]);
    // The beams of 2 and of 3 may each write what the other has, and nothing of the prompt.
    let mut rows = [[0.0, 2.0, 1.0, 0.5]; 2].concat();
    assert_eq!(tokens(&mut once, &mut rows), [3, 2]);
}

proptest! {
    #[test]
    fn beams_enough_find_the_very_best(seed: u64, most in 1_usize..4, penalty in 0.0_f32..2.0) {
        let options = BeamOptions { width: 64, length_penalty: penalty, early_stopping: EarlyStopping::Never };
        let found = search(&options, most, 4, seed);
        let best = all(most, 4, seed, penalty);
        for (one, other) in found.iter().zip(&best) {
            prop_assert!((one.score - other.score).abs() < 1e-9, "{one:?} {other:?}");
        }
        prop_assert_eq!(found.len(), best.len().min(64));
    }

    #[test]
    fn one_beam_is_greedy(seed: u64, most in 1_usize..8) {
        let options = BeamOptions { width: 1, early_stopping: EarlyStopping::Always, ..BeamOptions::default() };
        let mut greedy = Vec::new();
        while greedy.len() < most {
            let row = model(&greedy, 5, seed);
            let best = (0..5).max_by(|one, other| row[*one].total_cmp(&row[*other])).unwrap();
            if best as u32 == END {
                break;
            }
            greedy.push(best as u32);
        }
        let found = search(&options, most, 5, seed);
        prop_assert_eq!(&found[0].tokens, &greedy);
    }

    #[test]
    fn few_beams_find_ordered_sequences_that_exist(seed: u64, width in 1_usize..5) {
        let found = search(&BeamOptions { width, ..BeamOptions::default() }, 5, 4, seed);
        let all = all(5, 4, seed, 1.0);
        prop_assert!(!found.is_empty() && found.len() <= width);
        prop_assert!(found.windows(2).all(|pair| pair[0].score >= pair[1].score));
        for one in &found {
            let same = all.iter().find(|other| other.tokens == one.tokens && other.ended == one.ended).unwrap();
            prop_assert!((same.score - one.score).abs() < 1e-9);
        }
    }
}
