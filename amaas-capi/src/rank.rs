//! Ranking: a query and documents in, the documents by how well they answer it out.

use std::ffi::c_char;

use amaas_core::RankOptions;

use crate::arguments::{Place, object, texts};
use crate::boundary::{call, give};
use crate::error::amaas_error;
use crate::rank_options::amaas_rank_options;
use crate::ranking::amaas_ranking;
use crate::route::amaas_route;
use crate::status::amaas_status;
use crate::ticket::{Kind, amaas_ticket};

/// Ranks `count` documents by how well they answer `query`, best first. Blocks until all are read.
///
/// `query_length` is NULL or points to the length of `query` in bytes; without one it ends in NUL. Documents
/// and `options` are passed as texts to `amaas_route_classify`. The caller owns `out`.
///
/// `AMAAS_STATUS_UNSUPPORTED` when the model has another task.
///
/// # Safety
/// `route` is live, `options` is NULL or live, `query`, `query_length`, `documents` and `lengths` point to
/// as much as stated, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_route_rank(
    route: *const amaas_route,
    query: *const c_char,
    query_length: *const usize,
    documents: *const *const c_char,
    lengths: *const usize,
    count: usize,
    options: *const amaas_rank_options,
    out: *mut *mut amaas_ranking,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let ask = || unsafe {
        let (route, out) = (&object(route, "route")?.route, Place::new(out, "out")?);
        let query = texts(&raw const query, query_length, 1, "query")?[0];
        let documents = texts(documents, lengths, count, "documents")?;
        let none = RankOptions::default();
        let options = options.as_ref().map_or(&none, |options| &options.0);
        out.write(give(amaas_ranking::new(
            route.rank_with(query, &documents, options)?,
        )));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, ask) }
}

/// As `amaas_route_rank`, without waiting: the texts are copied and tokenised before it returns. What
/// comes of them comes through the ticket. The caller owns `out`.
///
/// # Safety
/// As for `amaas_route_rank`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_route_submit_rank(
    route: *const amaas_route,
    query: *const c_char,
    query_length: *const usize,
    documents: *const *const c_char,
    lengths: *const usize,
    count: usize,
    options: *const amaas_rank_options,
    out: *mut *mut amaas_ticket,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let ask = || unsafe {
        let (route, out) = (&object(route, "route")?.route, Place::new(out, "out")?);
        let query = texts(&raw const query, query_length, 1, "query")?[0];
        let documents = texts(documents, lengths, count, "documents")?;
        let none = RankOptions::default();
        let options = options.as_ref().map_or(&none, |options| &options.0);
        let ticket = route.submit_rank(query, &documents, options);
        out.write(give(amaas_ticket(Kind::Rank(ticket))));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, ask) }
}

/// Blocks until the ticket of `amaas_route_submit_rank` is done and takes its answer, once. The caller
/// owns `out`.
///
/// # Safety
/// `ticket` is live, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_ticket_ranking(
    ticket: *const amaas_ticket,
    out: *mut *mut amaas_ranking,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let take = || unsafe {
        let (ticket, out) = (object(ticket, "ticket")?, Place::new(out, "out")?);
        let Kind::Rank(under_way) = &ticket.0 else {
            return Err(ticket.other("ranking"));
        };
        out.write(give(amaas_ranking::new(under_way.wait()?)));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, take) }
}
