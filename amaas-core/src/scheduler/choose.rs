//! Which of the waiting requests run together with the oldest: a pure function.
//!
//! The oldest leads. Whoever joins saves one start of a run and costs padding, since every row of a
//! batch costs as much as the longest. So a batch has a length, a little above or at the leader's
//! own, and is joined by those whose rows are nearly as long, the oldest first. Nobody is skipped
//! for good: whoever does not join now is nearer to leading at the next turn.
//!
//! The trap: a batch that is larger than pays makes its rows wait for each other and those in the
//! queue for all of them. It grows only while the start, shared by one row more, still weighs.

/// The size of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// How many rows it has.
    pub rows: usize,
    /// How long its rows are; 1 where rows have one length.
    pub length: usize,
}

/// What a batch may be at the most, and what makes it worth while.
#[derive(Debug, Clone, PartialEq)]
pub struct Bounds {
    /// Rows of all requests together.
    pub rows: usize,
    /// Rows times the longest length: what is computed, padding included.
    pub tokens: usize,
    /// Requests, so that other instances find work too.
    pub requests: usize,
    /// Older requests that may be passed over, so that those of an odd length do not wait for long.
    pub passed: usize,
    /// What the start of a run costs, as the tokens that could be computed in its time.
    pub start: f64,
}

/// The share of a row's own cost that its part of the start may have; below it no row is added.
const LIGHT: f64 = 0.04;
/// The share of a start that the padding of one row may cost: so much, and the row still saves more
/// than twice of it. Where less is allowed too few join, where more is, padding eats what they save.
const PADDING: f64 = 0.35;

impl Bounds {
    /// How much shorter than the longest a row may be.
    fn reach(&self) -> usize {
        (self.start * PADDING) as usize
    }

    /// The most rows of that length which run together.
    fn most(&self, length: usize) -> usize {
        let worth = (self.start / (LIGHT * length.max(1) as f64)).ceil() as usize;
        let fit = self.tokens / length.max(1);
        self.rows.min(worth).min(fit)
    }
}

/// The places in `others` of those that join `leader`, ascending. `None` marks a request that
/// cannot be joined to it at all.
///
/// ```
/// use amaas_core::scheduler::{Bounds, Size, choose};
///
/// let one = |length| Some(Size { rows: 1, length });
/// let bounds = Bounds { rows: 8, tokens: 1000, requests: 8, passed: 8, start: 6.0 };
/// let leader = Size { rows: 1, length: 10 };
/// // 9 and 11 are close; 50 would make everyone wait for its padding; None is another model.
/// assert_eq!(choose(leader, &[one(9), one(50), None, one(11)], &bounds), [0, 3]);
/// ```
pub fn choose(leader: Size, others: &[Option<Size>], bounds: &Bounds) -> Vec<usize> {
    let highest = leader.length.saturating_add(bounds.reach());
    let within = leader.length..=highest;
    let mut lengths: Vec<_> = others.iter().flatten().map(|size| size.length).collect();
    lengths.retain(|length| within.contains(length));
    lengths.push(leader.length);
    lengths.sort_unstable();
    lengths.dedup();
    let mut best = Batch::default();
    for length in lengths {
        let batch = gather(leader, others, length, bounds);
        if batch.gain > best.gain {
            best = batch;
        }
    }
    best.members
}

/// Those that join, and the tokens that this saves.
#[derive(Default)]
struct Batch {
    members: Vec<usize>,
    gain: f64,
}

/// The batch whose rows are padded to `length`, the oldest first.
fn gather(leader: Size, others: &[Option<Size>], length: usize, bounds: &Bounds) -> Batch {
    let padding = |size: Size| (length - size.length).saturating_mul(size.rows) as f64;
    let (most, reach) = (bounds.most(length), bounds.reach());
    let (mut rows, mut passed) = (leader.rows, 0);
    let mut batch = Batch {
        members: Vec::new(),
        gain: -padding(leader),
    };
    for (place, size) in others.iter().enumerate() {
        let is_full = batch.members.len() + 1 >= bounds.requests || rows >= most;
        if is_full || passed > bounds.passed {
            break;
        }
        let Some(size) = size else { continue };
        let is_near = size.length <= length && length - size.length <= reach;
        if is_near && rows.saturating_add(size.rows) <= most {
            rows += size.rows;
            batch.gain += bounds.start - padding(*size);
            batch.members.push(place);
        } else {
            passed += 1;
        }
    }
    batch
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sizes() -> impl Strategy<Value = Vec<Option<Size>>> {
        let size = (1_usize..5, 1_usize..200).prop_map(|(rows, length)| Size { rows, length });
        prop::collection::vec(prop::option::weighted(0.9, size), 0..60)
    }

    fn one(length: usize) -> Size {
        Size { rows: 1, length }
    }

    fn bounds(start: f64) -> Bounds {
        Bounds {
            rows: 16,
            tokens: 10_000,
            requests: 1000,
            passed: 1000,
            start,
        }
    }

    proptest! {
        #[test]
        fn a_batch_keeps_its_bounds(
            others in sizes(), rows in 1_usize..5, length in 1_usize..200,
            max_rows in 5_usize..40, tokens in 1000_usize..4000, requests in 1_usize..20,
            passed in 0_usize..60, start in 0.0_f64..300.0,
        ) {
            let bounds = Bounds { rows: max_rows, tokens, requests, passed, start };
            let leader = Size { rows, length };
            let chosen = choose(leader, &others, &bounds);
            let sizes: Vec<_> = chosen.iter().map(|place| others[*place].unwrap()).collect();
            let all: Vec<_> = std::iter::once(leader).chain(sizes).collect();
            let rows: usize = all.iter().map(|size| size.rows).sum();
            let longest = all.iter().map(|size| size.length).max().unwrap();
            prop_assert!(all.len() <= requests.max(1));
            prop_assert!(all.len() == 1 || rows <= max_rows);
            prop_assert!(all.len() == 1 || rows * longest <= tokens);
            prop_assert!(all.iter().all(|size| (longest - size.length) as f64 <= start / 2.0));
            prop_assert!(chosen.is_sorted());
            let last = chosen.last().map_or(0, |place| place + 1);
            let older = others[..last].iter().flatten().count();
            prop_assert!(older - chosen.len() <= passed, "so many were passed over");
        }

        #[test]
        fn joining_never_costs_more_than_it_saves(
            others in sizes(), length in 1_usize..200, start in 0.0_f64..300.0,
        ) {
            let bounds = Bounds { rows: 64, ..bounds(start) };
            let chosen = choose(one(length), &others, &bounds);
            let sizes = chosen.iter().map(|place| others[*place].unwrap());
            let all: Vec<_> = std::iter::once(one(length)).chain(sizes).collect();
            let longest = all.iter().map(|size| size.length).max().unwrap();
            let padding: usize = all.iter().map(|size| size.rows * (longest - size.length)).sum();
            prop_assert!(padding as f64 <= (all.len() - 1) as f64 * start);
        }

        #[test]
        fn equal_rows_fill_the_batch(count in 0_usize..100, length in 1_usize..50) {
            let chosen = choose(one(length), &vec![Some(one(length)); count], &bounds(1000.0));
            prop_assert_eq!(chosen.len(), count.min(15));
        }

        #[test]
        fn of_equal_ones_the_older_joins(count in 8_usize..40, length in 1_usize..50) {
            let chosen = choose(one(length), &vec![Some(one(length)); count], &Bounds { requests: 8, ..bounds(1000.0) });
            prop_assert_eq!(chosen, (0..7).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_start_that_costs_nothing_leaves_everybody_alone() {
        assert!(choose(one(10), &[Some(one(10)); 5], &bounds(0.0)).is_empty());
    }

    #[test]
    fn a_batch_grows_only_while_the_start_weighs() {
        // Eight tokens of start weigh less than 4 % of 34 once six rows share them.
        let chosen = choose(one(34), &[Some(one(34)); 15], &bounds(8.0));
        assert_eq!(chosen.len(), 5);
    }

    #[test]
    fn the_length_with_the_most_company_is_taken() {
        let others = [9, 12, 12, 12, 8].map(|length| Some(one(length)));
        assert_eq!(choose(one(10), &others, &bounds(9.0)), [0, 1, 2, 3]);
    }
}
