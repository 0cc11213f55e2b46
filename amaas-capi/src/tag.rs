//! Tagging: texts in, their spans out.

use std::ffi::c_char;

use amaas_core::TagOptions;

use crate::arguments::{Place, object, texts};
use crate::boundary::{call, give};
use crate::error::amaas_error;
use crate::route::amaas_route;
use crate::status::amaas_status;
use crate::tag_options::amaas_tag_options;
use crate::tagging::amaas_tagging;
use crate::ticket::{Kind, amaas_ticket, owned};

/// Finds the spans of `count` texts. Blocks until all have their answer.
///
/// Texts and `options` are passed as to `amaas_route_classify`. The caller owns `out`.
///
/// `AMAAS_STATUS_UNSUPPORTED` when the model has another task.
///
/// # Safety
/// `route` is live, `options` is NULL or live, `texts` and `lengths` point to as much as stated,
/// `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_route_tag(
    route: *const amaas_route,
    texts: *const *const c_char,
    lengths: *const usize,
    count: usize,
    options: *const amaas_tag_options,
    out: *mut *mut amaas_tagging,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let ask = || unsafe {
        let (route, out) = (&object(route, "route")?.route, Place::new(out, "out")?);
        let texts = self::texts(texts, lengths, count, "texts")?;
        let none = TagOptions::default();
        let options = options.as_ref().map_or(&none, |options| &options.0);
        out.write(give(amaas_tagging::new(route.tag_with(&texts, options)?)));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, ask) }
}

/// As `amaas_route_tag`, without waiting: the texts are copied and tokenised before it returns. What
/// comes of them comes through the ticket. The caller owns `out`.
///
/// # Safety
/// As for `amaas_route_tag`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_route_submit_tag(
    route: *const amaas_route,
    texts: *const *const c_char,
    lengths: *const usize,
    count: usize,
    options: *const amaas_tag_options,
    out: *mut *mut amaas_ticket,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let ask = || unsafe {
        let (route, out) = (&object(route, "route")?.route, Place::new(out, "out")?);
        let texts = owned(texts, lengths, count, "texts")?;
        let none = TagOptions::default();
        let options = options.as_ref().map_or(&none, |options| &options.0);
        out.write(give(amaas_ticket(Kind::Tag(
            route.submit_tag(texts, options),
        ))));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, ask) }
}

/// Blocks until the ticket of `amaas_route_submit_tag` is done and takes its answer, once. The caller
/// owns `out`.
///
/// # Safety
/// `ticket` is live, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_ticket_tagging(
    ticket: *const amaas_ticket,
    out: *mut *mut amaas_tagging,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let take = || unsafe {
        let (ticket, out) = (object(ticket, "ticket")?, Place::new(out, "out")?);
        let Kind::Tag(under_way) = &ticket.0 else {
            return Err(ticket.other("tagging"));
        };
        out.write(give(amaas_tagging::new(under_way.wait()?)));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, take) }
}
