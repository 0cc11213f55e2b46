//! What a ranking answered with: documents, best first.

use amaas_core::{Ranked, RankedDocument};

use crate::arguments::object;
use crate::boundary::{call, free, read};
use crate::error::amaas_error;
use crate::status::amaas_status;
use crate::usage::{Receipt, amaas_usage};

/// The documents of one call, best first, and the receipt.
///
/// Made by `amaas_route_rank`, owned by its caller, ended with `amaas_ranking_free`. It never changes:
/// any number of threads may read it.
#[derive(Debug)]
pub struct amaas_ranking {
    documents: Vec<RankedDocument>,
    receipt: Receipt,
}

impl amaas_ranking {
    /// Documents as C reads them.
    pub(crate) fn new(ranked: Ranked) -> Self {
        Self {
            documents: ranked.documents,
            receipt: Receipt::new(ranked.usage),
        }
    }
}

/// How many documents it has; 0 for NULL.
///
/// # Safety
/// `ranking` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_ranking_count(ranking: *const amaas_ranking) -> usize {
    // SAFETY: the caller's promise.
    unsafe { read(ranking, 0, |ranking| Some(ranking.documents.len())) }
}

/// The place among the documents that were passed of that at `rank`: rank 0 is the best. `SIZE_MAX`
/// where there is none and for NULL.
///
/// # Safety
/// `ranking` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_ranking_index(ranking: *const amaas_ranking, rank: usize) -> usize {
    // SAFETY: the caller's promise.
    unsafe {
        read(ranking, usize::MAX, |ranking| {
            Some(ranking.documents.get(rank)?.index)
        })
    }
}

/// The score of that document, the greater the better. Not a number where there is none and for NULL.
///
/// # Safety
/// `ranking` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_ranking_score(ranking: *const amaas_ranking, rank: usize) -> f64 {
    // SAFETY: the caller's promise.
    unsafe {
        read(ranking, f64::NAN, |ranking| {
            Some(ranking.documents.get(rank)?.score)
        })
    }
}

/// How many tokens were cut off because query and document were too long together; 0 where all was
/// read, where there is none and for NULL.
///
/// # Safety
/// `ranking` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_ranking_truncated(
    ranking: *const amaas_ranking,
    rank: usize,
) -> usize {
    // SAFETY: the caller's promise.
    unsafe {
        read(ranking, 0, |ranking| {
            Some(ranking.documents.get(rank)?.truncated)
        })
    }
}

/// Writes what the call used to `usage`, whose `size` must be set.
///
/// # Safety
/// `ranking` is live, `usage` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_ranking_usage(
    ranking: *const amaas_ranking,
    usage: *mut amaas_usage,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    unsafe { call(error, || object(ranking, "ranking")?.receipt.write(usage)) }
}

/// Ends a ranking, with all it answered with; NULL is allowed.
///
/// # Safety
/// `ranking` is NULL or live, and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_ranking_free(ranking: *mut amaas_ranking) {
    // SAFETY: the caller's promise.
    unsafe { free(ranking) };
}
