//! What a tenant owes.

use std::collections::BTreeMap;
use std::ffi::c_char;

use amaas_core::usage::Invoice;

use crate::arguments::{Place, name, object};
use crate::boundary::{call, free, give, read};
use crate::error::amaas_error;
use crate::status::amaas_status;
use crate::text::{Text, amaas_text, view};

/// What a tenant owes for some days.
///
/// Made by `amaas_ledger_invoice`, owned by its caller, ended with `amaas_invoice_free`. It never
/// changes: any number of threads may read it. Totals, one a currency, are counted from 0.
#[derive(Debug)]
pub struct amaas_invoice {
    invoice: Invoice,
    totals: Vec<(Text, Text)>,
}

impl amaas_invoice {
    pub(crate) fn new(invoice: Invoice) -> Self {
        let text = |(currency, amount): (&String, &_)| {
            (Text::new(currency.as_str()), Text::new(format!("{amount}")))
        };
        let totals: &BTreeMap<_, _> = &invoice.totals;
        Self {
            totals: totals.iter().map(text).collect(),
            invoice,
        }
    }
}

/// How many currencies it has totals in; 0 for NULL.
///
/// # Safety
/// `invoice` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_invoice_total_count(invoice: *const amaas_invoice) -> usize {
    // SAFETY: the caller's promise.
    unsafe { read(invoice, 0, |invoice| Some(invoice.totals.len())) }
}

/// The total at `index`, as decimal digits; NULL where there is none and for NULL. Valid until the
/// invoice is freed.
///
/// # Safety
/// `invoice` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_invoice_total(
    invoice: *const amaas_invoice,
    index: usize,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe { view(invoice, |invoice| Some(&invoice.totals.get(index)?.1)) }
}

/// The currency of the total at `index`; NULL where there is none and for NULL. Valid until the invoice
/// is freed.
///
/// # Safety
/// `invoice` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_invoice_currency(
    invoice: *const amaas_invoice,
    index: usize,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe { view(invoice, |invoice| Some(&invoice.totals.get(index)?.0)) }
}

/// The lines as CSV, with names above. The caller owns `out`.
///
/// # Safety
/// `invoice` is live, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_invoice_csv(
    invoice: *const amaas_invoice,
    out: *mut *mut amaas_text,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let tell = || unsafe {
        let invoice = &object(invoice, "invoice")?.invoice;
        let out = Place::new(out, "out")?;
        out.write(give(amaas_text(Text::new(invoice.to_csv()?))));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, tell) }
}

/// A page in HTML that people can read and print. The caller owns `out`.
///
/// # Safety
/// `invoice` is live, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_invoice_html(
    invoice: *const amaas_invoice,
    out: *mut *mut amaas_text,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let tell = || unsafe {
        let invoice = &object(invoice, "invoice")?.invoice;
        let out = Place::new(out, "out")?;
        out.write(give(amaas_text(Text::new(invoice.to_html()))));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, tell) }
}

/// Writes the invoice to `path`, as its ending says: a page as `.html`, or `.csv`.
///
/// # Safety
/// `invoice` is live, `path` ends in NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_invoice_write(
    invoice: *const amaas_invoice,
    path: *const c_char,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let write = || unsafe {
        let invoice = &object(invoice, "invoice")?.invoice;
        invoice.write(name(path, "path")?)
    };
    // SAFETY: as above.
    unsafe { call(error, write) }
}

/// Ends an invoice; NULL is allowed.
///
/// # Safety
/// `invoice` is NULL or live, and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_invoice_free(invoice: *mut amaas_invoice) {
    // SAFETY: the caller's promise.
    unsafe { free(invoice) };
}
