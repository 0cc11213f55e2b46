//! Whose packages a service runs.

use std::ffi::c_char;

use amaas_core::Result;
use amaas_core::privacy::PublicKey;
use amaas_core::service::{Trust, TrustPolicy};

use crate::arguments::{names, optional_name, refuse};
use crate::error::amaas_error;
use crate::service_options::{amaas_service_options, set};
use crate::status::amaas_status;

/// What becomes of a version that no trusted key vouches for: one of `AMAAS_TRUST_…`.
pub type amaas_trust_policy = i32;
/// Nobody looks, as when nothing is set.
pub const AMAAS_TRUST_OFF: amaas_trust_policy = 0;
/// It runs, and an event says so.
pub const AMAAS_TRUST_WARN: amaas_trust_policy = 1;
/// It is refused.
pub const AMAAS_TRUST_REQUIRE: amaas_trust_policy = 2;

/// Sets whose packages run, and what becomes of others: one of `AMAAS_TRUST_…`.
///
/// `keys` are `count` public keys of P-256, each the text of a PEM file. `generations` is the path of a
/// file that remembers the highest signed generation of each model, so that older ones are refused
/// by later processes too; NULL for `generations` remembers them in this process alone.
///
/// A version that no key vouches for, or that is older than one that has served, is
/// `AMAAS_STATUS_UNTRUSTED`.
///
/// # Safety
/// `options` is live and used by no other thread, `keys` points to `count` texts that end in NUL,
/// `generations` is NULL or ends in NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_options_set_trust(
    options: *mut amaas_service_options,
    policy: amaas_trust_policy,
    keys: *const *const c_char,
    count: usize,
    generations: *const c_char,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    unsafe {
        set(options, error, |options| {
            let policy = parse(policy)?;
            let keys = names(keys, count, "keys")?.into_iter();
            let keys = keys.map(PublicKey::from_pem).collect::<Result<Vec<_>>>()?;
            let trust = Trust::new(policy, keys);
            options.trust = Some(match optional_name(generations, "generations")? {
                Some(path) => trust.remember(path),
                None => trust,
            });
            Ok(())
        })
    }
}

fn parse(policy: amaas_trust_policy) -> Result<TrustPolicy> {
    match policy {
        AMAAS_TRUST_OFF => Ok(TrustPolicy::Off),
        AMAAS_TRUST_WARN => Ok(TrustPolicy::Warn),
        AMAAS_TRUST_REQUIRE => Ok(TrustPolicy::Require),
        other => {
            let what = format!("is `{other}`");
            Err(refuse("policy", &what, "use one of `AMAAS_TRUST_…`"))
        }
    }
}
