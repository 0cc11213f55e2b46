//! Which of the waiting requests run together with the oldest: a pure function.
//!
//! The oldest leads. Others join it when their rows are about as long as its own, since every row of
//! a batch costs as much as the longest. Nobody is skipped for good: whoever does not join now is
//! nearer to leading at the next turn.

/// The size of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// How many rows it has.
    pub rows: usize,
    /// How long its rows are; 1 where rows have one length.
    pub length: usize,
}

/// What a batch may be at the most.
#[derive(Debug, Clone, PartialEq)]
pub struct Bounds {
    /// Rows of all requests together.
    pub rows: usize,
    /// Rows times the longest length: what is computed, padding included.
    pub tokens: usize,
    /// The share of what is computed that may be padding, 0 to 1.
    pub waste: f64,
    /// Requests, so that other instances find work too.
    pub requests: usize,
}

/// The places in `others` of those that join `leader`, ascending. `None` marks a request that
/// cannot be joined to it at all.
///
/// ```
/// use amaas_core::scheduler::{Bounds, Size, choose};
///
/// let one = |length| Some(Size { rows: 1, length });
/// let bounds = Bounds { rows: 8, tokens: 1000, waste: 0.2, requests: 8 };
/// let leader = Size { rows: 1, length: 10 };
/// // 9 and 11 are close; 50 would make everyone wait for its padding; None is another model.
/// assert_eq!(choose(leader, &[one(9), one(50), None, one(11)], &bounds), [0, 3]);
/// ```
pub fn choose(leader: Size, others: &[Option<Size>], bounds: &Bounds) -> Vec<usize> {
    let candidate = |(place, size): (usize, &Option<Size>)| size.map(|size| (place, size));
    let mut candidates: Vec<_> = others.iter().enumerate().filter_map(candidate).collect();
    // The closest first; of equally close ones the older.
    candidates.sort_by_key(|(place, size)| (size.length.abs_diff(leader.length), *place));
    let mut batch = Batch::of(leader);
    let mut chosen = Vec::new();
    for (place, size) in candidates {
        if chosen.len() + 1 >= bounds.requests {
            break;
        }
        let grown = batch.with(size);
        if grown.fits(bounds) {
            batch = grown;
            chosen.push(place);
        }
    }
    chosen.sort_unstable();
    chosen
}

/// What a batch would cost.
#[derive(Clone, Copy)]
struct Batch {
    rows: usize,
    longest: usize,
    tokens: usize,
}

impl Batch {
    fn of(size: Size) -> Self {
        let tokens = size.rows.saturating_mul(size.length);
        Self {
            rows: size.rows,
            longest: size.length,
            tokens,
        }
    }

    fn with(self, size: Size) -> Self {
        Self {
            rows: self.rows.saturating_add(size.rows),
            longest: self.longest.max(size.length),
            tokens: self
                .tokens
                .saturating_add(size.rows.saturating_mul(size.length)),
        }
    }

    fn fits(self, bounds: &Bounds) -> bool {
        let padded = self.rows.saturating_mul(self.longest);
        let wasted = padded.saturating_sub(self.tokens) as f64;
        self.rows <= bounds.rows
            && padded <= bounds.tokens
            && wasted <= bounds.waste * padded as f64
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sizes() -> impl Strategy<Value = Vec<Option<Size>>> {
        let size = (1_usize..5, 1_usize..200).prop_map(|(rows, length)| Size { rows, length });
        prop::collection::vec(prop::option::weighted(0.9, size), 0..60)
    }

    proptest! {
        #[test]
        fn a_batch_keeps_its_bounds(
            others in sizes(), rows in 1_usize..5, length in 1_usize..200,
            max_rows in 5_usize..40, tokens in 1000_usize..4000, requests in 1_usize..20,
        ) {
            let bounds = Bounds { rows: max_rows, tokens, waste: 0.2, requests };
            let leader = Size { rows, length };
            let chosen = choose(leader, &others, &bounds);
            let sizes: Vec<_> = chosen.iter().map(|place| others[*place].unwrap()).collect();
            let all: Vec<_> = std::iter::once(leader).chain(sizes).collect();
            let rows: usize = all.iter().map(|size| size.rows).sum();
            let longest = all.iter().map(|size| size.length).max().unwrap();
            let used: usize = all.iter().map(|size| size.rows * size.length).sum();
            prop_assert!(all.len() <= requests.max(1));
            prop_assert!(all.len() == 1 || rows <= max_rows);
            prop_assert!(all.len() == 1 || rows * longest <= tokens);
            prop_assert!((rows * longest - used) as f64 <= 0.2 * (rows * longest) as f64 + 1e-9);
            prop_assert!(chosen.is_sorted());
        }

        #[test]
        fn equal_rows_fill_the_batch(count in 0_usize..100, length in 1_usize..50) {
            let bounds = Bounds { rows: 16, tokens: 10_000, waste: 0.2, requests: 1000 };
            let one = Size { rows: 1, length };
            let chosen = choose(one, &vec![Some(one); count], &bounds);
            prop_assert_eq!(chosen.len(), count.min(15));
        }
    }
}
