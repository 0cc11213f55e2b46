//! From the scores of tokens to labels, one for each token or word.
//!
//! With transitions it is the sequence of labels that is best as a whole (Viterbi, 1967): the sum of
//! the logarithms of its probabilities and of the scores of what follows what.

use crate::model::{Aggregation, Transitions};

/// A token, or a word of several: what gets one label.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Unit {
    /// The probability of each label.
    pub(super) scores: Vec<f64>,
    /// Its place in the text, in bytes.
    pub(super) start: usize,
    pub(super) end: usize,
    /// The place of its first token in its row.
    pub(super) index: usize,
}

impl Unit {
    fn best(&self) -> usize {
        best(&self.scores)
    }

    fn surest(&self) -> f64 {
        self.scores
            .iter()
            .copied()
            .fold(f64::NEG_INFINITY, f64::max)
    }
}

/// The greatest score's place, the first of equals.
fn best(scores: &[f64]) -> usize {
    let mut best = 0;
    for (place, score) in scores.iter().enumerate() {
        if *score > scores[best] {
            best = place;
        }
    }
    best
}

/// What gets a label where tokens are those of `units`, and `continues` says which go on with a
/// word: each token, or each word.
pub(super) fn units(tokens: Vec<(Unit, bool)>, aggregation: Aggregation) -> Vec<Unit> {
    let whole = !matches!(aggregation, Aggregation::None | Aggregation::Simple);
    let mut words: Vec<Vec<Unit>> = Vec::new();
    for (token, continues) in tokens {
        match words.last_mut() {
            Some(word) if whole && continues => word.push(token),
            _ => words.push(vec![token]),
        }
    }
    words
        .into_iter()
        .filter_map(|word| join(word, aggregation))
        .collect()
}

/// One word of its tokens.
fn join(word: Vec<Unit>, aggregation: Aggregation) -> Option<Unit> {
    let end = word.last()?.end;
    let (start, index) = (word.first()?.start, word.first()?.index);
    let scores = match aggregation {
        Aggregation::None | Aggregation::Simple | Aggregation::First => {
            word.into_iter().next()?.scores
        }
        Aggregation::Max => {
            let mut surest = 0;
            for (place, token) in word.iter().enumerate() {
                if token.surest() > word[surest].surest() {
                    surest = place;
                }
            }
            word.into_iter().nth(surest)?.scores
        }
        Aggregation::Average => average(&word),
    };
    Some(Unit {
        scores,
        start,
        end,
        index,
    })
}

fn average(word: &[Unit]) -> Vec<f64> {
    let mut sums = vec![0.0; word.first().map_or(0, |token| token.scores.len())];
    for token in word {
        sums.iter_mut()
            .zip(&token.scores)
            .for_each(|(sum, score)| *sum += score);
    }
    sums.iter_mut().for_each(|sum| *sum /= word.len() as f64);
    sums
}

/// The label of each unit.
pub(super) fn choose(units: &[Unit], transitions: Option<&Transitions>) -> Vec<usize> {
    match transitions {
        None => units.iter().map(Unit::best).collect(),
        Some(transitions) => viterbi(units, transitions),
    }
}

/// The best sequence of labels; of equals, that with the lower labels from its end.
fn viterbi(units: &[Unit], transitions: &Transitions) -> Vec<usize> {
    let Some((first, rest)) = units.split_first() else {
        return Vec::new();
    };
    let at = |scores: &[f64], label: usize| scores.get(label).copied().unwrap_or(0.0);
    let begin = |(label, score): (usize, &f64)| score.ln() + at(&transitions.start, label);
    let mut sums: Vec<f64> = first.scores.iter().enumerate().map(begin).collect();
    // For each unit but the first, and each label of it, the label before on the best way there.
    let mut came_from: Vec<Vec<usize>> = Vec::with_capacity(rest.len());
    for unit in rest {
        let step = |(label, score): (usize, &f64)| {
            let ways = sums.iter().zip(&transitions.between);
            let ways: Vec<f64> = ways.map(|(sum, row)| sum + at(row, label)).collect();
            let from = best(&ways);
            (ways[from] + score.ln(), from)
        };
        let steps: (Vec<f64>, Vec<usize>) = unit.scores.iter().enumerate().map(step).unzip();
        sums = steps.0;
        came_from.push(steps.1);
    }
    let end = |(label, sum): (usize, &f64)| sum + at(&transitions.end, label);
    let ends: Vec<f64> = sums.iter().enumerate().map(end).collect();
    let mut path = vec![best(&ends)];
    for from in came_from.iter().rev() {
        path.push(from[path[path.len() - 1]]);
    }
    path.reverse();
    path
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn unit(scores: &[f64], start: usize) -> Unit {
        Unit {
            scores: scores.to_vec(),
            start,
            end: start + 1,
            index: start,
        }
    }

    /// Three tokens, of which the last two are one word.
    fn tokens() -> Vec<(Unit, bool)> {
        let scores = [[0.6, 0.4, 0.0], [0.5, 0.3, 0.2], [0.0, 0.2, 0.8]];
        let unit = |(place, scores): (usize, &[f64; 3])| (unit(scores, place), place == 2);
        scores.iter().enumerate().map(unit).collect()
    }

    #[test]
    fn words_get_the_label_that_their_tokens_say() {
        for (aggregation, labels) in [
            (Aggregation::None, vec![0, 0, 2]),
            (Aggregation::Simple, vec![0, 0, 2]),
            (Aggregation::First, vec![0, 0]),
            (Aggregation::Average, vec![0, 2]),
            (Aggregation::Max, vec![0, 2]),
        ] {
            let units = units(tokens(), aggregation);
            assert_eq!(choose(&units, None), labels, "{aggregation:?}");
            let ends: Vec<_> = units.iter().map(|unit| (unit.start, unit.end)).collect();
            let words = if units.len() == 2 {
                vec![(0, 1), (1, 3)]
            } else {
                vec![(0, 1), (1, 2), (2, 3)]
            };
            assert_eq!(ends, words);
        }
    }

    #[test]
    fn what_must_not_follow_does_not() {
        let mut between = vec![vec![0.0; 3]; 3];
        between[0][2] = f64::NEG_INFINITY;
        let transitions = Transitions {
            between,
            start: Vec::new(),
            end: Vec::new(),
        };
        let units = units(tokens(), Aggregation::Simple);
        assert_eq!(choose(&units, Some(&transitions)), [0, 1, 2]);
        assert!(choose(&[], Some(&transitions)).is_empty());
    }

    proptest! {
        #[test]
        fn the_path_is_the_best_of_all(
            scores in prop::collection::vec(prop::array::uniform3(0.01_f64..1.0), 1..5),
            between in prop::array::uniform3(prop::array::uniform3(-2.0_f64..2.0)),
            start in prop::array::uniform3(-2.0_f64..2.0),
            end in prop::array::uniform3(-2.0_f64..2.0),
        ) {
            let units: Vec<_> = scores.iter().enumerate().map(|(place, scores)| unit(scores, place)).collect();
            let transitions = Transitions {
                between: between.iter().map(|row| row.to_vec()).collect(),
                start: start.to_vec(),
                end: end.to_vec(),
            };
            let score = |path: &[usize]| {
                let own: f64 = path.iter().zip(&scores).map(|(label, scores)| scores[*label].ln()).sum();
                let between: f64 = path.windows(2).map(|pair| between[pair[0]][pair[1]]).sum();
                own + between + start[path[0]] + end[path[path.len() - 1]]
            };
            let all = (0..3_usize.pow(units.len() as u32)).map(|number| {
                (0..units.len()).map(|place| number / 3_usize.pow(place as u32) % 3).collect::<Vec<_>>()
            });
            let best = all.map(|path| score(&path)).fold(f64::NEG_INFINITY, f64::max);
            prop_assert!((score(&choose(&units, Some(&transitions))) - best).abs() < 1e-9);
        }
    }
}
