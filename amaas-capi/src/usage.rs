//! Receipts and their sums, as structs that may grow at their end.

use std::ffi::c_char;
use std::sync::OnceLock;

use amaas_core::Result;
use amaas_core::usage::{Price, Totals, Usage};

use crate::arguments::{object, refuse};
use crate::text::Text;
use crate::time::nanoseconds;

/// What one request used.
///
/// Set `size` to `sizeof(amaas_usage)` before it is passed:
/// `amaas_usage usage = {sizeof usage};`. Later releases may add fields at the end and fill as
/// many as `size` has room for. The texts belong to the result that was asked, and are valid
/// until it is freed.
#[repr(C)]
#[derive(Debug)]
pub struct amaas_usage {
    /// `sizeof(amaas_usage)` as the host was compiled.
    pub size: usize,
    /// The model that answered.
    pub model: *const c_char,
    /// The version that answered, from start to end, as `1.2.0`.
    pub version: *const c_char,
    /// The package that answered, as `sha256:…`.
    pub digest: *const c_char,
    /// Rows: texts, or the first dimension of the first input; 1 for a scalar.
    pub rows: u64,
    /// Tokens that the model read, padding not counted; 0 where no tokenizer took part.
    pub tokens: u64,
    /// Nanoseconds spent waiting for a free instance.
    pub queued_ns: u64,
    /// Nanoseconds spent running the model.
    pub computed_ns: u64,
    /// For whom it was; NULL when the call did not say.
    pub tenant: *const c_char,
    /// The task that read the answer; NULL where tensors were asked for.
    pub task: *const c_char,
    /// The providers that ran it, joined by `+`.
    pub placement: *const c_char,
    /// Tokens that the model wrote; 0 where it writes none.
    pub tokens_out: u64,
    /// Bytes of the texts or tensors that were asked.
    pub bytes_in: u64,
    /// Bytes of the tensors that the model answered.
    pub bytes_out: u64,
    /// The most requests that ran together with this one, itself included.
    pub together: u64,
    /// What it costs, as decimal digits; NULL without a price table, or where no rate fits.
    pub price: *const c_char,
    /// The currency of `price`, or NULL.
    pub currency: *const c_char,
    /// The rate of `price`, or NULL.
    pub rate: *const c_char,
    /// The version of the price table, or NULL.
    pub price_table: *const c_char,
    /// Whether its idempotency key was charged before, so that this receipt is not.
    pub repeated: bool,
    /// Answered requests: 1, or 0 on a receipt for time that a version was kept loaded.
    pub requests: u64,
    /// Nanoseconds that the version was kept loaded for the tenant; 0 on the receipt of a request.
    pub loaded_ns: u64,
}

/// The size that the struct had at first.
const FIRST: usize = std::mem::offset_of!(amaas_usage, tenant);

/// What the requests of a route used together.
///
/// Set `size` to `sizeof(amaas_totals)` before it is passed, as with `amaas_usage`.
#[repr(C)]
#[derive(Debug)]
pub struct amaas_totals {
    /// `sizeof(amaas_totals)` as the host was compiled.
    pub size: usize,
    /// Requests that were answered.
    pub requests: u64,
    /// Requests that ended in an error.
    pub failures: u64,
    /// Rows of the answered requests.
    pub rows: u64,
    /// Tokens of the answered requests.
    pub tokens: u64,
    /// Nanoseconds that the answered requests waited for an instance.
    pub queued_ns: u64,
    /// Nanoseconds that the answered requests ran.
    pub computed_ns: u64,
}

/// A receipt, kept beside the result it belongs to. Its texts are made when somebody asks for them.
#[derive(Debug)]
pub(crate) struct Receipt {
    usage: Usage,
    texts: OnceLock<Texts>,
}

/// The texts of a receipt, as C reads them.
#[derive(Debug)]
struct Texts {
    model: Text,
    version: Text,
    digest: Text,
    tenant: Option<Text>,
    task: Option<Text>,
    placement: Text,
    price: Option<[Text; 4]>,
}

impl Texts {
    fn of(usage: &Usage) -> Self {
        Self {
            model: Text::new(usage.model.as_str()),
            version: Text::new(usage.version.to_string()),
            digest: Text::new(usage.digest.to_string()),
            tenant: usage.tenant.as_deref().map(Text::new),
            task: usage.task.map(Text::new),
            placement: Text::new(&*usage.placement),
            price: usage.price.as_ref().map(price),
        }
    }
}

impl Receipt {
    pub(crate) fn new(usage: Usage) -> Self {
        let texts = OnceLock::new();
        Self { usage, texts }
    }

    /// Writes the receipt to `place`.
    ///
    /// # Safety
    /// `place` is NULL or a struct whose `size` is set.
    pub(crate) unsafe fn write(&self, place: *mut amaas_usage) -> Result<()> {
        // SAFETY: the caller's promise.
        let size = unsafe { room_for(place, FIRST, "usage") }?;
        let usage = amaas_usage {
            size,
            ..self.view()
        };
        let bytes = size.min(size_of::<amaas_usage>());
        // SAFETY: the caller's promise; no more is written than the place has room for, and every
        // byte of it was written above or is padding that nobody reads.
        unsafe {
            let from = std::ptr::from_ref(&usage).cast::<u8>();
            std::ptr::copy_nonoverlapping(from, place.cast::<u8>(), bytes);
        }
        Ok(())
    }

    /// The receipt as C reads it; its texts live as long as this.
    pub(crate) fn view(&self) -> amaas_usage {
        let texts = self.texts.get_or_init(|| Texts::of(&self.usage));
        let text = |text: &Option<Text>| text.as_ref().map_or(std::ptr::null(), Text::as_ptr);
        let price = |part: usize| {
            let price = texts.price.as_ref();
            price.map_or(std::ptr::null(), |parts| parts[part].as_ptr())
        };
        amaas_usage {
            size: size_of::<amaas_usage>(),
            model: texts.model.as_ptr(),
            version: texts.version.as_ptr(),
            digest: texts.digest.as_ptr(),
            rows: self.usage.rows,
            tokens: self.usage.tokens,
            queued_ns: nanoseconds(self.usage.queued),
            computed_ns: nanoseconds(self.usage.computed),
            tenant: text(&texts.tenant),
            task: text(&texts.task),
            placement: texts.placement.as_ptr(),
            tokens_out: self.usage.tokens_out,
            bytes_in: self.usage.bytes_in,
            bytes_out: self.usage.bytes_out,
            together: self.usage.together,
            price: price(0),
            currency: price(1),
            rate: price(2),
            price_table: price(3),
            repeated: self.usage.repeated,
            requests: self.usage.requests,
            loaded_ns: nanoseconds(self.usage.loaded),
        }
    }
}

/// Amount, currency, rate and table.
fn price(price: &Price) -> [Text; 4] {
    [
        Text::new(price.amount.to_string()),
        Text::new(&*price.terms.currency),
        Text::new(&*price.terms.rate),
        Text::new(&*price.terms.table),
    ]
}

/// Writes the sums to `place`.
///
/// # Safety
/// `place` is NULL or a struct whose `size` is set.
pub(crate) unsafe fn write_totals(totals: Totals, place: *mut amaas_totals) -> Result<()> {
    // SAFETY: the caller's promise.
    let size = unsafe { room(place, "totals") }?;
    let totals = amaas_totals {
        size,
        requests: totals.requests,
        failures: totals.failures,
        rows: totals.rows,
        tokens: totals.tokens,
        queued_ns: nanoseconds(totals.queued),
        computed_ns: nanoseconds(totals.computed),
    };
    // SAFETY: the caller's promise, and the place is large enough.
    unsafe { place.write(totals) };
    Ok(())
}

/// The `size` of a struct, of which no other field has to be set. Refuses one that is too small;
/// a struct that grows later keeps taking the first size it ever had.
///
/// # Safety
/// `place` is NULL or points to a struct that begins with its `size`, which is set.
pub(crate) unsafe fn room<T>(place: *const T, parameter: &str) -> Result<usize> {
    // SAFETY: the caller's promise.
    unsafe { room_for(place, size_of::<T>(), parameter) }
}

/// As [`room`], for a struct that had the size `first` when it was new.
///
/// # Safety
/// As [`room`].
unsafe fn room_for<T>(place: *const T, first: usize, parameter: &str) -> Result<usize> {
    // SAFETY: the caller's promise; nothing behind `size` is read.
    let size = *unsafe { object(place.cast::<usize>(), parameter) }?;
    if size >= first {
        return Ok(size);
    }
    let remedy = "set it to the `sizeof` of the struct before the call";
    Err(refuse(
        format_args!("{parameter}->size"),
        &format!("is `{size}`"),
        remedy,
    ))
}
