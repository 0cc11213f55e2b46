//! The route: what requests go through.

use std::ffi::c_char;

use amaas_core::{ClassifyOptions, EmbedOptions, Result, Route, Tensor};

use crate::arguments::{At, Few, Place, flag, name, names, object, slice, texts};
use crate::boundary::{call, free, give, read};
use crate::call::{amaas_call, said};
use crate::classification::amaas_classification;
use crate::classify_options::amaas_classify_options;
use crate::embed_options::amaas_embed_options;
use crate::embedding::amaas_embedding;
use crate::error::amaas_error;
use crate::model_info::amaas_model_info;
use crate::outputs::amaas_outputs;
use crate::status::amaas_status;
use crate::tensor::amaas_tensor;
use crate::text::Text;
use crate::usage::{amaas_totals, write_totals};

/// Follows a reference and answers requests, each on one version from start to end.
///
/// Made by `amaas_service_load`, owned by its caller, ended with `amaas_route_free`. Any number
/// of threads may use one route at once; none may use it while or after it is freed. It keeps
/// its service alive.
#[derive(Debug)]
pub struct amaas_route {
    pub(crate) route: Route,
    reference: Text,
}

impl amaas_route {
    /// A route for C to hold.
    pub(crate) fn new(route: Route) -> Self {
        let reference = Text::new(route.reference().to_string());
        Self { route, reference }
    }
}

/// A second handle to the same route, for another owner. Nothing is loaded. The caller owns
/// `out`.
///
/// # Safety
/// `route` is live, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_route_clone(
    route: *const amaas_route,
    out: *mut *mut amaas_route,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let clone = || unsafe {
        let route = &object(route, "route")?.route;
        Place::new(out, "out")?.write(give(amaas_route::new(route.clone())));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, clone) }
}

/// Ends a handle to a route; NULL is allowed. With the last handle, once no request is under
/// way, the version is unloaded.
///
/// # Safety
/// `route` is NULL or live, no thread uses it, and it is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_route_free(route: *mut amaas_route) {
    // SAFETY: the caller's promise.
    unsafe { free(route) };
}

/// The reference that the route follows, as `sentiment@^1`; NULL for NULL. Valid until the
/// handle is freed.
///
/// # Safety
/// `route` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_route_reference(route: *const amaas_route) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe {
        read(route, std::ptr::null(), |route| {
            Some(route.reference.as_ptr())
        })
    }
}

/// Describes the version that the route serves now: name, version, digest, placement, signature.
/// The caller owns `out`.
///
/// # Safety
/// `route` is live, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_route_info(
    route: *const amaas_route,
    out: *mut *mut amaas_model_info,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let describe = || unsafe {
        let route = &object(route, "route")?.route;
        Place::new(out, "out")?.write(give(amaas_model_info::new(&route.lease())));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, describe) }
}

/// Resolves the reference again and moves the route to the version that it selects now.
///
/// Blocks while that version is loaded and checked; requests go on meanwhile, and those under
/// way end on the version they began with. If anything fails the old version goes on serving.
/// `changed` says whether it is another version; NULL is allowed.
///
/// # Safety
/// `route` is live, `changed` is NULL or can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_route_update(
    route: *const amaas_route,
    changed: *mut bool,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let update = || unsafe {
        let moved = object(route, "route")?.route.update()?;
        // NULL is allowed here: there is nothing to refuse.
        let _ = Place::new(changed, "changed").map(|place| place.write(moved));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, update) }
}

/// Sets whether the version that the route serves stays in memory whatever idle time and memory
/// budget say: 0 for no, 1 for yes. It says nothing about which version that is.
///
/// # Safety
/// `route` is live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_route_pin(
    route: *const amaas_route,
    pinned: i32,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    let pin = || unsafe {
        object(route, "route")?.route.pin(flag(pinned, "pinned")?);
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, pin) }
}

/// Writes the sums over all requests of the route to `totals`, whose `size` must be set.
///
/// Requests under way on other threads may be in some sums and not yet in others.
///
/// # Safety
/// `route` is live, `totals` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_route_totals(
    route: *const amaas_route,
    totals: *mut amaas_totals,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    unsafe {
        call(error, || {
            write_totals(object(route, "route")?.route.usage(), totals)
        })
    }
}

/// Classifies `count` texts. Blocks until all have their answer.
///
/// `lengths` are their lengths in bytes, or NULL where each text ends in NUL. The texts are
/// UTF-8; one of length 0 may be NULL. `options` may be NULL for what the package says. All are
/// borrowed for the call only. The caller owns `out`.
///
/// `AMAAS_STATUS_UNSUPPORTED` when the model has another task.
///
/// # Safety
/// `route` is live, `options` is NULL or live, `texts` and `lengths` point to as much as stated,
/// `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_route_classify(
    route: *const amaas_route,
    texts: *const *const c_char,
    lengths: *const usize,
    count: usize,
    options: *const amaas_classify_options,
    out: *mut *mut amaas_classification,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let classify = || unsafe {
        let (route, out) = (&object(route, "route")?.route, Place::new(out, "out")?);
        let texts = self::texts(texts, lengths, count, "texts")?;
        let none = ClassifyOptions::default();
        let options = options.as_ref().map_or(&none, |options| &options.0);
        out.write(give(amaas_classification::new(
            route.classify_with(&texts, options)?,
        )));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, classify) }
}

/// Embeds `count` texts. Blocks until all have their vector.
///
/// Texts and `options` are passed as to `amaas_route_classify`. The caller owns `out`.
///
/// `AMAAS_STATUS_UNSUPPORTED` when the model has another task; `AMAAS_STATUS_INVALID_ARGUMENT`
/// for a prompt the package does not have, or for more dimensions than the model has.
///
/// # Safety
/// `route` is live, `options` is NULL or live, `texts` and `lengths` point to as much as stated,
/// `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_route_embed(
    route: *const amaas_route,
    texts: *const *const c_char,
    lengths: *const usize,
    count: usize,
    options: *const amaas_embed_options,
    out: *mut *mut amaas_embedding,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let embed = || unsafe {
        let (route, out) = (&object(route, "route")?.route, Place::new(out, "out")?);
        let texts = self::texts(texts, lengths, count, "texts")?;
        let none = EmbedOptions::default();
        let options = options.as_ref().map_or(&none, |options| &options.0);
        out.write(give(amaas_embedding::new(
            route.embed_with(&texts, options)?,
        )));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, embed) }
}

/// As `amaas_route_run`, by when, how urgent and until what `call` says; NULL says nothing.
///
/// `AMAAS_STATUS_DEADLINE_EXCEEDED` when its time was up, `AMAAS_STATUS_CANCELLED` when its flag was
/// raised.
///
/// # Safety
/// As for `amaas_route_run`; `call` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_route_run_with(
    route: *const amaas_route,
    input_names: *const *const c_char,
    inputs: *const *const amaas_tensor,
    input_count: usize,
    output_names: *const *const c_char,
    output_count: usize,
    call: *const amaas_call,
    out: *mut *mut amaas_outputs,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let run = || unsafe {
        let (route, out) = (&object(route, "route")?.route, Place::new(out, "out")?);
        let inputs = named(input_names, inputs, input_count)?;
        let wanted = names(output_names, output_count, "output_names")?;
        let outputs = route.run_with(&inputs, &wanted, &said(call))?;
        out.write(give(amaas_outputs::new(outputs)));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { crate::boundary::call(error, run) }
}

/// Runs the model once. Blocks until it has answered.
///
/// Input `i` of `input_count` is the tensor `inputs[i]` under the name `input_names[i]`, in any
/// order. `output_names` are the `output_count` outputs wanted; NULL and 0 for all, in the
/// model's order. All are borrowed for the call only. The caller owns `out`.
///
/// `AMAAS_STATUS_INVALID_ARGUMENT` names the input that is missing, unknown, or of the wrong
/// dtype, rank or dimension.
///
/// # Safety
/// `route` and the inputs are live, the arrays hold as much as stated, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_route_run(
    route: *const amaas_route,
    input_names: *const *const c_char,
    inputs: *const *const amaas_tensor,
    input_count: usize,
    output_names: *const *const c_char,
    output_count: usize,
    out: *mut *mut amaas_outputs,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    unsafe {
        amaas_route_run_with(
            route,
            input_names,
            inputs,
            input_count,
            output_names,
            output_count,
            std::ptr::null(),
            out,
            error,
        )
    }
}

/// Pairs names and tensors.
///
/// # Safety
/// Both arrays hold `count` pointers, each NULL or valid for `'a`.
pub(crate) unsafe fn named<'a>(
    input_names: *const *const c_char,
    inputs: *const *const amaas_tensor,
    count: usize,
) -> Result<Few<(&'a str, &'a Tensor)>> {
    // SAFETY: the caller's promise.
    let (input_names, inputs) = unsafe {
        (
            slice(input_names, count, "input_names")?,
            slice(inputs, count, "inputs")?,
        )
    };
    let pairs = input_names.iter().zip(inputs).enumerate();
    let pairs = pairs.map(|(index, (text, input))| {
        // SAFETY: the caller's promise.
        let (name, input) = unsafe {
            (
                name(*text, At("input_names", index))?,
                object(*input, At("inputs", index))?,
            )
        };
        Ok((name, &input.tensor))
    });
    pairs.collect()
}
