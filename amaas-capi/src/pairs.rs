//! Classification of pairs of texts, and of texts by labels that a call names.

use std::ffi::c_char;

use amaas_core::{ClassifyOptions, Result, ZeroShotOptions};

use crate::arguments::{Place, names, object, texts};
use crate::boundary::{call, give};
use crate::classification::amaas_classification;
use crate::classify_options::amaas_classify_options;
use crate::error::amaas_error;
use crate::route::amaas_route;
use crate::status::amaas_status;
use crate::ticket::{Kind, amaas_ticket};
use crate::zero_shot_options::amaas_zero_shot_options;

/// Classifies `count` pairs of texts, of which pair `i` is `firsts[i]` and `seconds[i]`, each read as one
/// row. Blocks until all have their answer.
///
/// Texts and `options` are passed as to `amaas_route_classify`: `first_lengths` may be NULL and
/// `second_lengths` may be NULL where texts end in NUL. The caller owns `out`.
///
/// `AMAAS_STATUS_UNSUPPORTED` when the model has another task.
///
/// # Safety
/// `route` is live, `options` is NULL or live, the texts and lengths point to as much as stated, `out`
/// can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_route_classify_pairs(
    route: *const amaas_route,
    firsts: *const *const c_char,
    first_lengths: *const usize,
    seconds: *const *const c_char,
    second_lengths: *const usize,
    count: usize,
    options: *const amaas_classify_options,
    out: *mut *mut amaas_classification,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let ask = || unsafe {
        let (route, out) = (&object(route, "route")?.route, Place::new(out, "out")?);
        let pairs = pairs([firsts, seconds], [first_lengths, second_lengths], count)?;
        let none = ClassifyOptions::default();
        let options = options.as_ref().map_or(&none, |options| &options.0);
        out.write(give(amaas_classification::new(
            route.classify_pairs_with(&pairs, options)?,
        )));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, ask) }
}

/// As `amaas_route_classify_pairs`, without waiting: the texts are copied and tokenised before it
/// returns. What comes of them comes through the ticket, by `amaas_ticket_classification`. The caller
/// owns `out`.
///
/// # Safety
/// As for `amaas_route_classify_pairs`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_route_submit_classify_pairs(
    route: *const amaas_route,
    firsts: *const *const c_char,
    first_lengths: *const usize,
    seconds: *const *const c_char,
    second_lengths: *const usize,
    count: usize,
    options: *const amaas_classify_options,
    out: *mut *mut amaas_ticket,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let ask = || unsafe {
        let (route, out) = (&object(route, "route")?.route, Place::new(out, "out")?);
        let pairs = pairs([firsts, seconds], [first_lengths, second_lengths], count)?;
        let owned = |(first, second): (&str, &str)| (first.to_owned(), second.to_owned());
        let pairs = pairs.into_iter().map(owned).collect();
        let none = ClassifyOptions::default();
        let options = options.as_ref().map_or(&none, |options| &options.0);
        let ticket = route.submit_classify_pairs(pairs, options);
        out.write(give(amaas_ticket(Kind::Classify(ticket))));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, ask) }
}

/// Scores each of `label_count` labels for each of `count` texts, best first. Blocks until all have their
/// answer.
///
/// Texts and `options` are passed as to `amaas_route_classify`; labels end in NUL. The caller owns `out`.
///
/// `AMAAS_STATUS_UNSUPPORTED` when the model has another task.
///
/// # Safety
/// `route` is live, `options` is NULL or live, `texts`, `lengths` and `labels` point to as much as stated,
/// `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_route_classify_zero_shot(
    route: *const amaas_route,
    texts: *const *const c_char,
    lengths: *const usize,
    count: usize,
    labels: *const *const c_char,
    label_count: usize,
    options: *const amaas_zero_shot_options,
    out: *mut *mut amaas_classification,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let ask = || unsafe {
        let (route, out) = (&object(route, "route")?.route, Place::new(out, "out")?);
        let texts = self::texts(texts, lengths, count, "texts")?;
        let labels = names(labels, label_count, "labels")?;
        let none = ZeroShotOptions::default();
        let options = options.as_ref().map_or(&none, |options| &options.0);
        let classified = route.classify_zero_shot_with(&texts, &labels, options)?;
        out.write(give(amaas_classification::new(classified)));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, ask) }
}

/// As `amaas_route_classify_zero_shot`, without waiting: the texts are copied and tokenised before it
/// returns. What comes of them comes through the ticket, by `amaas_ticket_classification`. The caller
/// owns `out`.
///
/// # Safety
/// As for `amaas_route_classify_zero_shot`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_route_submit_classify_zero_shot(
    route: *const amaas_route,
    texts: *const *const c_char,
    lengths: *const usize,
    count: usize,
    labels: *const *const c_char,
    label_count: usize,
    options: *const amaas_zero_shot_options,
    out: *mut *mut amaas_ticket,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let ask = || unsafe {
        let (route, out) = (&object(route, "route")?.route, Place::new(out, "out")?);
        let texts = self::texts(texts, lengths, count, "texts")?;
        let labels = names(labels, label_count, "labels")?;
        let none = ZeroShotOptions::default();
        let options = options.as_ref().map_or(&none, |options| &options.0);
        let ticket = route.submit_classify_zero_shot(&texts, &labels, options);
        out.write(give(amaas_ticket(Kind::Classify(ticket))));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, ask) }
}

/// Pairs of texts, read where they lie.
///
/// # Safety
/// As [`texts`], for both arrays.
unsafe fn pairs<'a>(
    given: [*const *const c_char; 2],
    lengths: [*const usize; 2],
    count: usize,
) -> Result<Vec<(&'a str, &'a str)>> {
    // SAFETY: the caller's promise.
    let (firsts, seconds) = unsafe {
        (
            texts(given[0], lengths[0], count, "firsts")?,
            texts(given[1], lengths[1], count, "seconds")?,
        )
    };
    Ok(firsts.into_iter().zip(seconds).collect())
}
