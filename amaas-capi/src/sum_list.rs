//! The sums of a ledger's receipts.

use std::ffi::c_char;

use amaas_core::usage::Sum;

use crate::arguments::{object, refuse};
use crate::boundary::{call, free, read};
use crate::error::amaas_error;
use crate::status::amaas_status;
use crate::text::Text;
use crate::time::nanoseconds;
use crate::usage::room;

/// The sums of receipts as they were when the ledger was asked.
///
/// Made by `amaas_ledger_sums`, owned by its caller, ended with `amaas_sum_list_free`. It never changes:
/// any number of threads may read it. Sums are counted from 0.
#[derive(Debug)]
pub struct amaas_sum_list(Vec<Entry>);

impl amaas_sum_list {
    pub(crate) fn new(sums: Vec<Sum>) -> Self {
        Self(sums.into_iter().map(Entry::new).collect())
    }
}

#[derive(Debug)]
struct Entry {
    sum: Sum,
    names: [Option<Text>; 4],
    amount: Text,
    currency: Text,
}

/// The sum of some receipts. Amounts of several currencies are never one sum.
///
/// Set `size` to `sizeof(amaas_sum)` before it is passed, as with `amaas_usage`. The texts belong to
/// the list, and are valid until it is freed.
#[repr(C)]
#[derive(Debug)]
pub struct amaas_sum {
    /// `sizeof(amaas_sum)` as the host was compiled.
    pub size: usize,
    /// The tenant, where sums are told apart by it; else NULL.
    pub tenant: *const c_char,
    /// The model, where sums are told apart by it; else NULL.
    pub model: *const c_char,
    /// The day as `2026-01-31`, where sums are told apart by it; else NULL.
    pub day: *const c_char,
    /// The rate, where sums are told apart by it; else NULL.
    pub rate: *const c_char,
    /// Answered requests.
    pub requests: u64,
    /// Rows.
    pub rows: u64,
    /// Tokens read.
    pub tokens_in: u64,
    /// Tokens written.
    pub tokens_out: u64,
    /// Bytes asked.
    pub bytes_in: u64,
    /// Bytes answered.
    pub bytes_out: u64,
    /// Nanoseconds of waiting.
    pub queued_ns: u64,
    /// Nanoseconds of running.
    pub computed_ns: u64,
    /// Nanoseconds of being kept loaded.
    pub loaded_ns: u64,
    /// Money, as decimal digits.
    pub amount: *const c_char,
    /// Of which currency; empty where nothing had a price.
    pub currency: *const c_char,
}

/// How many sums there are; 0 for NULL.
///
/// # Safety
/// `list` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_sum_list_count(list: *const amaas_sum_list) -> usize {
    // SAFETY: the caller's promise.
    unsafe { read(list, 0, |list| Some(list.0.len())) }
}

/// Writes the sum at `index` to `sum`, whose `size` must be set.
///
/// `AMAAS_STATUS_INVALID_ARGUMENT` where there is none.
///
/// # Safety
/// `list` is live, `sum` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_sum_list_get(
    list: *const amaas_sum_list,
    index: usize,
    sum: *mut amaas_sum,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let write = || unsafe {
        let sums = &object(list, "list")?.0;
        let size = room(sum, "sum")?;
        let missing = || {
            let what = format!("is `{index}` of `{}`", sums.len());
            refuse("index", &what, "ask `amaas_sum_list_count` first")
        };
        sum.write(sums.get(index).ok_or_else(missing)?.read(size));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, write) }
}

/// Ends a list of sums; NULL is allowed.
///
/// # Safety
/// `list` is NULL or live, and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_sum_list_free(list: *mut amaas_sum_list) {
    // SAFETY: the caller's promise.
    unsafe { free(list) };
}

impl Entry {
    fn new(sum: Sum) -> Self {
        let text = |name: &Option<String>| name.as_deref().map(Text::new);
        Self {
            names: [
                text(&sum.tenant),
                text(&sum.model),
                text(&sum.day),
                text(&sum.rate),
            ],
            amount: Text::new(sum.amount.to_string()),
            currency: Text::new(sum.currency.as_str()),
            sum,
        }
    }

    fn read(&self, size: usize) -> amaas_sum {
        let names = self.names.each_ref();
        let names = names.map(|name| name.as_ref().map_or(std::ptr::null(), Text::as_ptr));
        let [tenant, model, day, rate] = names;
        let sum = &self.sum;
        amaas_sum {
            size,
            tenant,
            model,
            day,
            rate,
            requests: sum.requests,
            rows: sum.rows,
            tokens_in: sum.tokens_in,
            tokens_out: sum.tokens_out,
            bytes_in: sum.bytes_in,
            bytes_out: sum.bytes_out,
            queued_ns: nanoseconds(sum.queued),
            computed_ns: nanoseconds(sum.computed),
            loaded_ns: nanoseconds(sum.loaded),
            amount: self.amount.as_ptr(),
            currency: self.currency.as_ptr(),
        }
    }
}
