//! What an embedding answered with.

use amaas_core::{Embedded, Similarities};

use crate::arguments::{copy, object};
use crate::boundary::{call, free, read};
use crate::error::amaas_error;
use crate::status::amaas_status;
use crate::usage::{Receipt, amaas_usage};

/// The vectors of the texts of one call, in their order, and the receipt.
///
/// Made by `amaas_route_embed`, owned by its caller, ended with `amaas_embedding_free`. It never
/// changes: any number of threads may read it. Everything it answers with is valid until it is
/// freed.
#[derive(Debug)]
pub struct amaas_embedding {
    /// Row by row, without a gap.
    numbers: Vec<f32>,
    dimensions: usize,
    truncated: Vec<usize>,
    receipt: Receipt,
}

impl amaas_embedding {
    /// Vectors as C reads them.
    pub(crate) fn new(embedded: Embedded) -> Self {
        let dimensions = embedded.vectors.ncols();
        // Arrays of the core own what they show, row by row: nothing is copied or cut here.
        let (numbers, _) = embedded.vectors.into_raw_vec_and_offset();
        Self {
            numbers,
            dimensions,
            truncated: embedded.truncated,
            receipt: Receipt::new(embedded.usage),
        }
    }

    /// A table as C reads it: each row a vector.
    pub(crate) fn of_table(found: Similarities) -> Self {
        let (rows, dimensions) = found.table.dim();
        let (numbers, _) = found.table.into_raw_vec_and_offset();
        Self {
            numbers,
            dimensions,
            truncated: vec![0; rows],
            receipt: Receipt::new(found.usage),
        }
    }
}

/// How many texts were embedded; 0 for NULL.
///
/// # Safety
/// `embedding` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_embedding_count(embedding: *const amaas_embedding) -> usize {
    // SAFETY: the caller's promise.
    unsafe { read(embedding, 0, |embedding| Some(embedding.truncated.len())) }
}

/// How many numbers each vector has; 0 for NULL.
///
/// # Safety
/// `embedding` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_embedding_dimensions(embedding: *const amaas_embedding) -> usize {
    // SAFETY: the caller's promise.
    unsafe { read(embedding, 0, |embedding| Some(embedding.dimensions)) }
}

/// All vectors, one after the other without a gap: `amaas_embedding_count` times
/// `amaas_embedding_dimensions` numbers. NULL for NULL, and where there is no text.
///
/// # Safety
/// `embedding` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_embedding_data(embedding: *const amaas_embedding) -> *const f32 {
    // SAFETY: the caller's promise.
    unsafe {
        read(embedding, std::ptr::null(), |embedding| {
            (!embedding.numbers.is_empty()).then_some(embedding.numbers.as_ptr())
        })
    }
}

/// The vector of the text at `text`: `amaas_embedding_dimensions` numbers. NULL where there is no
/// such text and for NULL.
///
/// # Safety
/// `embedding` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_embedding_vector(
    embedding: *const amaas_embedding,
    text: usize,
) -> *const f32 {
    // SAFETY: the caller's promise.
    unsafe {
        read(embedding, std::ptr::null(), |embedding| {
            let start = text.checked_mul(embedding.dimensions)?;
            let rest = embedding.numbers.get(start..)?;
            (!rest.is_empty()).then_some(rest.as_ptr())
        })
    }
}

/// Copies all vectors, one after the other without a gap, into memory of the host's.
///
/// `count` is how many numbers `buffer` has room for, at least `amaas_embedding_count` times
/// `amaas_embedding_dimensions`; where it is less the call fails and nothing is written. `buffer`
/// may be NULL where there is no text.
///
/// # Safety
/// `embedding` is live; `buffer` can be written to for `count` numbers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_embedding_copy(
    embedding: *const amaas_embedding,
    count: usize,
    buffer: *mut f32,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    unsafe {
        call(error, || {
            let numbers = &object(embedding, "embedding")?.numbers;
            copy(numbers, buffer, count, "buffer")
        })
    }
}

/// How many tokens of the text at `text` were cut off because it was too long; 0 where all was
/// read, where there is no such text and for NULL.
///
/// # Safety
/// `embedding` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_embedding_truncated(
    embedding: *const amaas_embedding,
    text: usize,
) -> usize {
    // SAFETY: the caller's promise.
    unsafe {
        read(embedding, 0, |embedding| {
            embedding.truncated.get(text).copied()
        })
    }
}

/// Writes what the call used to `usage`, whose `size` must be set.
///
/// # Safety
/// `embedding` is live, `usage` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_embedding_usage(
    embedding: *const amaas_embedding,
    usage: *mut amaas_usage,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    unsafe {
        call(error, || {
            object(embedding, "embedding")?.receipt.write(usage)
        })
    }
}

/// Ends an embedding, with all its vectors; NULL is allowed.
///
/// # Safety
/// `embedding` is NULL or live, and neither it nor what it answered with is used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_embedding_free(embedding: *mut amaas_embedding) {
    // SAFETY: the caller's promise.
    unsafe { free(embedding) };
}
