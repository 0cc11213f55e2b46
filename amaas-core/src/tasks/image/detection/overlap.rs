//! Which boxes stand for one thing: of those of a class that overlap the best is kept.
//!
//! This is greedy non-maximum suppression; how much two boxes overlap is the area they share over
//! the area they cover together.
//!
//! The trap: two things of one class that stand close together overlap as well. A package that
//! expects crowds should say a larger `overlap`.

/// A box as the graph gave it, on the canvas.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Candidate {
    pub(super) class: usize,
    pub(super) score: f64,
    /// Left, top, right, bottom.
    pub(super) bounds: [f64; 4],
}

/// So many are compared with each other, the best ones.
const MOST: usize = 10_000;

/// The best of every group that overlaps by more than `overlap`, best first, `most` at most.
pub(super) fn best(mut all: Vec<Candidate>, overlap: f64, most: usize) -> Vec<Candidate> {
    all.sort_by(|one, other| other.score.total_cmp(&one.score));
    all.truncate(MOST);
    let mut kept: Vec<Candidate> = Vec::new();
    for one in all {
        let covers = |better: &Candidate| {
            better.class == one.class && share(&better.bounds, &one.bounds) > overlap
        };
        if !kept.iter().any(covers) {
            kept.push(one);
        }
        if kept.len() >= most {
            break;
        }
    }
    kept
}

/// The area that two boxes share over the area that they cover together, 0 to 1.
fn share(one: &[f64; 4], other: &[f64; 4]) -> f64 {
    let area =
        |bounds: &[f64; 4]| (bounds[2] - bounds[0]).max(0.0) * (bounds[3] - bounds[1]).max(0.0);
    let both = [
        one[0].max(other[0]),
        one[1].max(other[1]),
        one[2].min(other[2]),
        one[3].min(other[3]),
    ];
    let shared = area(&both);
    let covered = area(one) + area(other) - shared;
    if covered > 0.0 { shared / covered } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn candidate(class: usize, score: f64, bounds: [f64; 4]) -> Candidate {
        Candidate {
            class,
            score,
            bounds,
        }
    }

    #[test]
    fn the_better_of_two_on_each_other_stays() {
        let all = vec![
            candidate(0, 0.5, [0.0, 0.0, 10.0, 10.0]),
            candidate(0, 0.9, [1.0, 0.0, 11.0, 10.0]),
            candidate(1, 0.4, [0.0, 0.0, 10.0, 10.0]),
            candidate(0, 0.3, [20.0, 0.0, 30.0, 10.0]),
        ];
        let scores = |overlap, most| {
            let kept = best(all.clone(), overlap, most);
            kept.iter().map(|one| one.score).collect::<Vec<_>>()
        };
        assert_eq!(scores(0.5, 9), [0.9, 0.4, 0.3]);
        assert_eq!(scores(1.0, 9), [0.9, 0.5, 0.4, 0.3]);
        assert_eq!(scores(0.5, 2), [0.9, 0.4]);
    }

    fn bounds() -> impl Strategy<Value = [f64; 4]> {
        let edge = || 0.0..100.0;
        (edge(), edge(), edge(), edge()).prop_map(|(x, y, w, h)| [x, y, x + w, y + h])
    }

    proptest! {
        #[test]
        fn what_is_kept_does_not_overlap_and_what_is_not_does(
            boxes in proptest::collection::vec((0_usize..2, 0.0..1.0, bounds()), 0..30)
        ) {
            let all: Vec<_> = boxes.into_iter().map(|(c, s, b)| candidate(c, s, b)).collect();
            let kept = best(all.clone(), 0.4, usize::MAX);
            let clash = |one: &Candidate, other: &Candidate| {
                one.class == other.class && share(&one.bounds, &other.bounds) > 0.4
            };
            for (place, one) in kept.iter().enumerate() {
                prop_assert!(kept[place + 1..].iter().all(|other| !clash(one, other)));
            }
            for one in all.iter().filter(|one| !kept.contains(one)) {
                prop_assert!(kept.iter().any(|other| clash(one, other) && other.score >= one.score));
            }
        }

        #[test]
        fn a_share_is_the_same_both_ways_and_whole_with_itself(one in bounds(), other in bounds()) {
            prop_assert_eq!(share(&one, &other), share(&other, &one));
            prop_assert!((0.0..=1.0).contains(&share(&one, &other)));
        }
    }
}
