//! Reading what C passed: pointers that may be NULL, texts that may not be UTF-8, counts that
//! may be anything.
//!
//! Every function here takes the parameter's name, for the error to name it.

use std::ffi::{CStr, c_char};
use std::fmt;

use amaas_core::model::{ModelName, Reference, Selector};
use amaas_core::{Error, ErrorKind, Result};
use semver::Version;
use smallvec::SmallVec;

/// As many as most calls name: lists of so many need no memory of their own.
pub(crate) type Few<T> = SmallVec<[T; 4]>;

/// An error that names the parameter.
pub(crate) fn refuse(parameter: impl fmt::Display, what: &str, remedy: &str) -> Error {
    Error::new(ErrorKind::InvalidArgument, format!("`{parameter}` {what}")).advise(remedy)
}

fn null(parameter: impl fmt::Display) -> Error {
    refuse(
        parameter,
        "is NULL",
        "pass a pointer to what the header says",
    )
}

/// An object of ours.
///
/// # Safety
/// `object` is NULL or points to a live `T` that nobody writes to for `'a`.
pub(crate) unsafe fn object<'a, T>(
    object: *const T,
    parameter: impl fmt::Display,
) -> Result<&'a T> {
    // SAFETY: the caller's promise.
    unsafe { object.as_ref() }.ok_or_else(|| null(parameter))
}

/// An object of ours that is changed.
///
/// # Safety
/// `object` is NULL or points to a live `T` that nobody else uses for `'a`.
pub(crate) unsafe fn object_mut<'a, T>(
    object: *mut T,
    parameter: impl fmt::Display,
) -> Result<&'a mut T> {
    // SAFETY: the caller's promise.
    unsafe { object.as_mut() }.ok_or_else(|| null(parameter))
}

/// A place for an output, checked before any work is done.
#[derive(Debug)]
pub(crate) struct Place<T>(*mut T);

impl<T> Place<T> {
    /// The place at `pointer`.
    ///
    /// # Safety
    /// `pointer` is NULL or may be written to until the call returns.
    pub(crate) unsafe fn new(pointer: *mut T, parameter: impl fmt::Display) -> Result<Self> {
        if pointer.is_null() {
            Err(null(parameter))
        } else {
            Ok(Self(pointer))
        }
    }

    /// Writes the output.
    pub(crate) fn write(self, value: T) {
        // SAFETY: the promise made to `new`, which has refused NULL.
        unsafe { self.0.write(value) };
    }
}

/// Copies `values` into memory of the caller's that has room for `room` of them.
///
/// # Safety
/// `into` is NULL or may be written to for `room` values, and does not overlap `values`.
pub(crate) unsafe fn copy<T: Copy>(
    values: &[T],
    into: *mut T,
    room: usize,
    parameter: &str,
) -> Result<()> {
    if room < values.len() {
        let what = format!("has room for `{room}`");
        let remedy = format!("give it room for {}", values.len());
        return Err(refuse(parameter, &what, &remedy));
    }
    if values.is_empty() {
        return Ok(());
    }
    // SAFETY: the caller's promise.
    let place = unsafe { Place::new(into, parameter) }?;
    // SAFETY: the caller's promise, and there is room for as many as are written.
    unsafe { std::ptr::copy_nonoverlapping(values.as_ptr(), place.0, values.len()) };
    Ok(())
}

/// `count` values side by side. NULL is allowed where there are none.
///
/// # Safety
/// `values` is NULL or points to `count` values that nobody writes to for `'a`.
pub(crate) unsafe fn slice<'a, T>(
    values: *const T,
    count: usize,
    parameter: impl fmt::Display,
) -> Result<&'a [T]> {
    if count == 0 {
        return Ok(&[]);
    }
    if values.is_null() {
        return Err(null(parameter));
    }
    if count > isize::MAX as usize / size_of::<T>().max(1) {
        let what = format!("cannot hold `{count}` values");
        return Err(refuse(
            parameter,
            &what,
            "check the count: no memory is that large",
        ));
    }
    // SAFETY: the caller's promise, and the size fits.
    Ok(unsafe { std::slice::from_raw_parts(values, count) })
}

/// A text that ends in NUL.
///
/// # Safety
/// `text` is NULL or ends in NUL and nobody writes to it for `'a`.
pub(crate) unsafe fn name<'a>(
    text: *const c_char,
    parameter: impl fmt::Display,
) -> Result<&'a str> {
    if text.is_null() {
        return Err(null(parameter));
    }
    // SAFETY: the caller's promise.
    utf8(unsafe { CStr::from_ptr(text) }.to_bytes(), parameter)
}

/// As [`name`], where NULL means none.
///
/// # Safety
/// As [`name`].
pub(crate) unsafe fn optional_name<'a>(
    text: *const c_char,
    parameter: &str,
) -> Result<Option<&'a str>> {
    if text.is_null() {
        return Ok(None);
    }
    // SAFETY: the caller's promise.
    unsafe { name(text, parameter) }.map(Some)
}

/// `count` texts that end in NUL.
///
/// # Safety
/// `texts` is NULL or points to `count` pointers, each as [`name`] takes them.
pub(crate) unsafe fn names<'a>(
    texts: *const *const c_char,
    count: usize,
    parameter: &str,
) -> Result<Few<&'a str>> {
    // SAFETY: the caller's promise.
    let pointers = unsafe { slice(texts, count, parameter) }?;
    let each = pointers.iter().enumerate().map(|(index, text)| {
        // SAFETY: the caller's promise.
        unsafe { name(*text, At(parameter, index)) }
    });
    each.collect()
}

/// `count` texts with their lengths in bytes; without lengths each ends in NUL.
///
/// # Safety
/// `lengths` is NULL or points to `count` lengths. `texts` is NULL or points to `count` pointers,
/// each NULL or to as many bytes as its length says, or to a text that ends in NUL.
pub(crate) unsafe fn texts<'a>(
    texts: *const *const c_char,
    lengths: *const usize,
    count: usize,
    parameter: &str,
) -> Result<Vec<&'a str>> {
    if lengths.is_null() {
        // SAFETY: the caller's promise.
        return unsafe { names(texts, count, parameter) }.map(Few::into_vec);
    }
    // SAFETY: the caller's promise.
    let (pointers, lengths) = unsafe {
        (
            slice(texts, count, parameter)?,
            slice(lengths, count, "lengths")?,
        )
    };
    let each = pointers
        .iter()
        .zip(lengths)
        .enumerate()
        .map(|(index, (text, length))| {
            let parameter = At(parameter, index);
            // SAFETY: the caller's promise.
            let bytes = unsafe { slice(text.cast::<u8>(), *length, parameter) }?;
            utf8(bytes, parameter)
        });
    each.collect()
}

/// A count of which there must be one at least.
pub(crate) fn positive<T: Default + PartialEq>(count: T, parameter: &str) -> Result<T> {
    match count == T::default() {
        true => Err(refuse(parameter, "is `0`", "pass 1 or more")),
        false => Ok(count),
    }
}

/// A yes or no. Of C's own `bool` nobody could say what a wrong value does.
pub(crate) fn flag(value: i32, parameter: &str) -> Result<bool> {
    match value {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(refuse(parameter, &format!("is `{value}`"), "pass 0 or 1")),
    }
}

/// A version.
pub(crate) fn version(text: &str, parameter: impl fmt::Display) -> Result<Version> {
    text.parse().map_err(|cause: semver::Error| {
        refuse(parameter, "is not a version", "write it as `1.2.0`").because(cause)
    })
}

/// A reference to a version of a registry, as `name@selector`.
pub(crate) fn entry(reference: &str) -> Result<(ModelName, Selector)> {
    match reference.parse()? {
        Reference::Named { name, selector } => Ok((name, selector)),
        Reference::Path(_) => Err(refuse(
            "reference",
            "is a path",
            "name a version of a registry, as `name@selector`",
        )),
    }
}

fn utf8(bytes: &[u8], parameter: impl fmt::Display) -> Result<&str> {
    std::str::from_utf8(bytes).map_err(|cause| {
        refuse(parameter, "is not UTF-8", "convert the text to UTF-8 first").because(cause)
    })
}

/// The parameter at a place of an array. It is written out for an error only: a call that goes well makes
/// no text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct At<'a>(pub(crate) &'a str, pub(crate) usize);

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[{}]", self.0, self.1)
    }
}
