//! The route's calls with images.

use amaas_core::Result;
use amaas_core::tasks::Image;

use crate::arguments::{At, Place, object, slice};
use crate::boundary::{call, give};
use crate::classification::amaas_classification;
use crate::detection::amaas_detection;
use crate::error::amaas_error;
use crate::image::amaas_image;
use crate::image_options::amaas_image_options;
use crate::reading::amaas_reading;
use crate::route::amaas_route;
use crate::status::amaas_status;
use crate::ticket::{Kind, amaas_ticket};

/// Classifies `count` images. Blocks until all have their answer.
///
/// `options` may be NULL for what the package says. All are borrowed for the call only. The caller
/// owns `out`; where it speaks of texts it means images, of which none is cut off.
///
/// `AMAAS_STATUS_UNSUPPORTED` when the model has another task; `AMAAS_STATUS_INVALID_ARGUMENT` for what
/// is no image or a broken one, naming it by its place; `AMAAS_STATUS_INPUT_TOO_LONG` for one with too
/// many pixels.
///
/// # Safety
/// `route` and the images are live, `images` holds as many as stated, `options` is NULL or live,
/// `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_route_classify_images(
    route: *const amaas_route,
    images: *const *const amaas_image,
    count: usize,
    options: *const amaas_image_options,
    out: *mut *mut amaas_classification,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let classify = || unsafe {
        let (route, out) = (&object(route, "route")?.route, Place::new(out, "out")?);
        let (images, none) = (all(images, count)?, amaas_image_options::default());
        let options = options.as_ref().unwrap_or(&none).classify();
        let found = route.classify_images_with(&images, &options)?;
        out.write(give(amaas_classification::of_images(found)));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, classify) }
}

/// Finds things on `count` images. Blocks until all have their answer.
///
/// Images, `options` and what goes wrong are as for `amaas_route_classify_images`. The caller owns
/// `out`.
///
/// # Safety
/// As for `amaas_route_classify_images`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_route_detect(
    route: *const amaas_route,
    images: *const *const amaas_image,
    count: usize,
    options: *const amaas_image_options,
    out: *mut *mut amaas_detection,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let detect = || unsafe {
        let (route, out) = (&object(route, "route")?.route, Place::new(out, "out")?);
        let (images, none) = (all(images, count)?, amaas_image_options::default());
        let options = options.as_ref().unwrap_or(&none).detect();
        out.write(give(amaas_detection::new(
            route.detect_with(&images, &options)?,
        )));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, detect) }
}

/// Reads the text on `count` images. Blocks until all have their answer.
///
/// Images, `options` and what goes wrong are as for `amaas_route_classify_images`. The caller owns
/// `out`.
///
/// # Safety
/// As for `amaas_route_classify_images`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_route_read_images(
    route: *const amaas_route,
    images: *const *const amaas_image,
    count: usize,
    options: *const amaas_image_options,
    out: *mut *mut amaas_reading,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let read = || unsafe {
        let (route, out) = (&object(route, "route")?.route, Place::new(out, "out")?);
        let (images, none) = (all(images, count)?, amaas_image_options::default());
        let options = options.as_ref().unwrap_or(&none).read();
        out.write(give(amaas_reading::new(
            route.read_images_with(&images, &options)?,
        )));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, read) }
}

/// As `amaas_route_classify_images`, without waiting: the images are decoded on threads of amaas's own, and
/// they and `options` may be freed at once. What comes of them comes through the ticket, also that one
/// is broken, by `amaas_ticket_classification`. The caller owns `out`.
///
/// # Safety
/// As for `amaas_route_classify_images`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_route_submit_classify_images(
    route: *const amaas_route,
    images: *const *const amaas_image,
    count: usize,
    options: *const amaas_image_options,
    out: *mut *mut amaas_ticket,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let submit = || unsafe {
        let (route, out) = (&object(route, "route")?.route, Place::new(out, "out")?);
        let (images, none) = (all(images, count)?, amaas_image_options::default());
        let options = options.as_ref().unwrap_or(&none).classify();
        let ticket = route.submit_classify_images(images, &options);
        out.write(give(amaas_ticket(Kind::ClassifyImages(ticket))));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, submit) }
}

/// As `amaas_route_detect`, without waiting: the images are decoded on threads of amaas's own, and
/// they and `options` may be freed at once. What comes of them comes through the ticket, also that one
/// is broken, by `amaas_ticket_detection`. The caller owns `out`.
///
/// # Safety
/// As for `amaas_route_classify_images`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_route_submit_detect(
    route: *const amaas_route,
    images: *const *const amaas_image,
    count: usize,
    options: *const amaas_image_options,
    out: *mut *mut amaas_ticket,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let submit = || unsafe {
        let (route, out) = (&object(route, "route")?.route, Place::new(out, "out")?);
        let (images, none) = (all(images, count)?, amaas_image_options::default());
        let options = options.as_ref().unwrap_or(&none).detect();
        let ticket = route.submit_detect(images, &options);
        out.write(give(amaas_ticket(Kind::Detect(ticket))));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, submit) }
}

/// As `amaas_route_read_images`, without waiting: the images are decoded on threads of amaas's own, and
/// they and `options` may be freed at once. What comes of them comes through the ticket, also that one
/// is broken, by `amaas_ticket_reading`. The caller owns `out`.
///
/// # Safety
/// As for `amaas_route_classify_images`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_route_submit_read_images(
    route: *const amaas_route,
    images: *const *const amaas_image,
    count: usize,
    options: *const amaas_image_options,
    out: *mut *mut amaas_ticket,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let submit = || unsafe {
        let (route, out) = (&object(route, "route")?.route, Place::new(out, "out")?);
        let (images, none) = (all(images, count)?, amaas_image_options::default());
        let options = options.as_ref().unwrap_or(&none).read();
        let ticket = route.submit_read_images(images, &options);
        out.write(give(amaas_ticket(Kind::ReadImages(ticket))));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, submit) }
}

/// Blocks until the ticket of `amaas_route_submit_detect` is done and takes its answers, once. The
/// caller owns `out`.
///
/// # Safety
/// `ticket` is live, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_ticket_detection(
    ticket: *const amaas_ticket,
    out: *mut *mut amaas_detection,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let take = || unsafe {
        let (ticket, out) = (object(ticket, "ticket")?, Place::new(out, "out")?);
        let Kind::Detect(under_way) = &ticket.0 else {
            return Err(ticket.other("detection"));
        };
        out.write(give(amaas_detection::new(under_way.wait()?)));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, take) }
}

/// Blocks until the ticket of `amaas_route_submit_read_images` is done and takes its answers, once. The
/// caller owns `out`.
///
/// # Safety
/// `ticket` is live, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_ticket_reading(
    ticket: *const amaas_ticket,
    out: *mut *mut amaas_reading,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let take = || unsafe {
        let (ticket, out) = (object(ticket, "ticket")?, Place::new(out, "out")?);
        let Kind::ReadImages(under_way) = &ticket.0 else {
            return Err(ticket.other("reading"));
        };
        out.write(give(amaas_reading::new(under_way.wait()?)));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, take) }
}

/// The images, which share their bytes with C's.
///
/// # Safety
/// `images` is NULL or holds `count` pointers, each NULL or live.
unsafe fn all(images: *const *const amaas_image, count: usize) -> Result<Vec<Image>> {
    // SAFETY: the caller's promise.
    let images = unsafe { slice(images, count, "images") }?;
    let one = |(index, image): (usize, &*const amaas_image)| {
        // SAFETY: the caller's promise.
        let image = unsafe { object(*image, At("images", index)) }?;
        Ok(image.0.clone())
    };
    images.iter().enumerate().map(one).collect()
}
