//! Time by which a tenant is charged: a version that is kept loaded for it.

use std::ffi::c_char;

use amaas_core::service::Tenancy;

use crate::arguments::{Place, name, object};
use crate::boundary::{call, free, give};
use crate::error::amaas_error;
use crate::receipt::amaas_receipt;
use crate::route::amaas_route;
use crate::status::amaas_status;
use crate::usage::Receipt;

/// Keeps what a route serves in memory on behalf of a tenant, who pays for the time.
///
/// Made by `amaas_route_keep_for`, owned by its caller, ended with `amaas_tenancy_free`, which charges
/// for what was not settled. Any number of threads may use it at once.
#[derive(Debug)]
pub struct amaas_tenancy(Tenancy);

/// Keeps what the route serves in memory for `tenant`, from now on. It pins the route, and leaves it
/// pinned. The caller owns `out`.
///
/// # Safety
/// `route` is live, `tenant` ends in NUL, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_route_keep_for(
    route: *const amaas_route,
    tenant: *const c_char,
    out: *mut *mut amaas_tenancy,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let keep = || unsafe {
        let (route, out) = (object(route, "route")?, Place::new(out, "out")?);
        let tenancy = route.route.keep_for(name(tenant, "tenant")?)?;
        out.write(give(amaas_tenancy(tenancy)));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, keep) }
}

/// Charges for the time since it began or was last settled. The caller owns `out`.
///
/// # Safety
/// `tenancy` is live, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_tenancy_settle(
    tenancy: *const amaas_tenancy,
    out: *mut *mut amaas_receipt,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let settle = || unsafe {
        let (tenancy, out) = (&object(tenancy, "tenancy")?.0, Place::new(out, "out")?);
        out.write(give(amaas_receipt(Receipt::new(tenancy.settle()?))));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, settle) }
}

/// Ends a tenancy, and charges for what was not settled; NULL is allowed. An error of that is logged.
///
/// # Safety
/// `tenancy` is NULL or live, no thread uses it, and it is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_tenancy_free(tenancy: *mut amaas_tenancy) {
    // SAFETY: the caller's promise.
    unsafe { free(tenancy) };
}
