//! Images that C gives to a model.

use std::ffi::c_char;

use amaas_core::Tensor;
use amaas_core::tasks::Image;

use crate::arguments::{Place, name, slice};
use crate::boundary::{call, free, give};
use crate::error::amaas_error;
use crate::status::amaas_status;

/// An image: the bytes of a PNG, JPEG, WebP or BMP file, or pixels.
///
/// Made by `amaas_image_encoded`, `amaas_image_open` or `amaas_image_pixels`, owned by its caller,
/// ended with `amaas_image_free`. It never changes: any number of threads may use it.
#[derive(Debug)]
pub struct amaas_image(pub(crate) Image);

/// Makes an image from a copy of the `byte_length` bytes of a file. They are not looked at before
/// a model reads them. The caller owns `out`.
///
/// # Safety
/// `data` points to as much as stated, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_image_encoded(
    data: *const u8,
    byte_length: usize,
    out: *mut *mut amaas_image,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let make = || unsafe {
        let out = Place::new(out, "out")?;
        let bytes = slice(data, byte_length, "data")?;
        out.write(give(amaas_image(Image::encoded(bytes))));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, make) }
}

/// Reads the file at `path`, which is UTF-8, as an image. The caller owns `out`.
///
/// # Safety
/// `path` ends in NUL, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_image_open(
    path: *const c_char,
    out: *mut *mut amaas_image,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let open = || unsafe {
        let out = Place::new(out, "out")?;
        out.write(give(amaas_image(Image::open(name(path, "path")?)?)));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, open) }
}

/// Makes an image from a copy of its pixels, row by row, each of `channels` bytes: 1 for
/// brightness, 3 for red, green and blue, 4 for those and alpha, which is dropped. `data` are `height`
/// times `width` times `channels` bytes. The caller owns `out`.
///
/// # Safety
/// `data` points to as much as stated, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_image_pixels(
    data: *const u8,
    height: usize,
    width: usize,
    channels: usize,
    out: *mut *mut amaas_image,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let make = || unsafe {
        let out = Place::new(out, "out")?;
        let length = height.saturating_mul(width).saturating_mul(channels);
        let pixels = slice(data, length, "data")?.to_vec();
        let tensor = Tensor::from_vec([height, width, channels], pixels)?;
        out.write(give(amaas_image(Image::pixels(tensor)?)));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, make) }
}

/// Ends an image; NULL is allowed.
///
/// # Safety
/// `image` is NULL or live, and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_image_free(image: *mut amaas_image) {
    // SAFETY: the caller's promise.
    unsafe { free(image) };
}
