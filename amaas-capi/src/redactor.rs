//! Takes what is sensitive out of texts, before a model, a log or a trace sees them.

use std::ffi::{c_char, c_void};
use std::sync::Arc;

use amaas_core::Result;
use amaas_core::privacy::{Action, Redactor, RedactorBuilder, Sensitive};

use crate::arguments::{Place, name, object, object_mut, refuse, slice};
use crate::boundary::{call, free, give};
use crate::error::amaas_error;
use crate::redaction::amaas_redaction;
use crate::service_options::{self, amaas_service_options};
use crate::status::amaas_status;

/// What is looked for: one of `AMAAS_SENSITIVE_…`.
pub type amaas_sensitive = i32;
/// Nothing: what a getter answers where there is none.
pub const AMAAS_SENSITIVE_NONE: amaas_sensitive = 0;
/// A name that the host gave.
pub const AMAAS_SENSITIVE_NAME: amaas_sensitive = 1;
/// An e-mail address.
pub const AMAAS_SENSITIVE_EMAIL: amaas_sensitive = 2;
/// A phone number.
pub const AMAAS_SENSITIVE_PHONE: amaas_sensitive = 3;
/// The number of a payment card, with a right check digit.
pub const AMAAS_SENSITIVE_CARD: amaas_sensitive = 4;
/// An IBAN, with right check digits.
pub const AMAAS_SENSITIVE_IBAN: amaas_sensitive = 5;
/// A social security number of the US.
pub const AMAAS_SENSITIVE_SSN: amaas_sensitive = 6;
/// An identity number of China.
pub const AMAAS_SENSITIVE_CHINA_ID: amaas_sensitive = 7;
/// An address of IPv4 or IPv6.
pub const AMAAS_SENSITIVE_IP: amaas_sensitive = 8;

/// What becomes of what was found: one of `AMAAS_ACTION_…`.
pub type amaas_action = i32;
/// `[EMAIL]`: nothing of it stays.
pub const AMAAS_ACTION_MASK: amaas_action = 0;
/// `[EMAIL:…]` with a keyed hash: equal values stay equal.
pub const AMAAS_ACTION_HASH: amaas_action = 1;
/// `<EMAIL_1>`, which can be turned back.
pub const AMAAS_ACTION_PLACEHOLDER: amaas_action = 2;
/// It stays.
pub const AMAAS_ACTION_KEEP: amaas_action = 3;

/// What a redactor does; everything is looked for and masked, unless said otherwise.
///
/// Made by `amaas_redactor_options_new`, owned by its caller, ended with
/// `amaas_redactor_options_free`. Used by one thread at a time.
#[derive(Debug, Default)]
pub struct amaas_redactor_options(RedactorBuilder);

/// Takes what is sensitive out of texts.
///
/// Made by `amaas_redactor_new`, owned by its caller, ended with `amaas_redactor_free`. Any number of
/// threads may use it at once.
#[derive(Debug)]
pub struct amaas_redactor(pub(crate) Arc<Redactor>);

/// Applies `set` to options.
///
/// # Safety
/// `options` is NULL or live and used by nobody else; `error` is NULL or can be written to.
unsafe fn set(
    options: *mut amaas_redactor_options,
    error: *mut *mut amaas_error,
    set: impl FnOnce(RedactorBuilder) -> Result<RedactorBuilder>,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe {
        call(error, || {
            let options = object_mut(options, "options")?;
            options.0 = set(options.0.clone())?;
            Ok(())
        })
    }
}

/// Makes options with nothing set. The caller owns `out`.
///
/// # Safety
/// `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_redactor_options_new(
    out: *mut *mut amaas_redactor_options,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    let make = || unsafe {
        Place::new(out, "out")?.write(give(amaas_redactor_options::default()));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, make) }
}

/// Looks for this name too, as whole words, in capitals or not (for letters of ASCII).
///
/// # Safety
/// `options` is live and used by no other thread, `text` ends in NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_redactor_options_add_name(
    options: *mut amaas_redactor_options,
    text: *const c_char,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    unsafe {
        set(options, error, |builder| {
            Ok(builder.names([name(text, "text")?]))
        })
    }
}

/// Sets what becomes of a kind, one of `AMAAS_SENSITIVE_…`: one of `AMAAS_ACTION_…`.
///
/// # Safety
/// `options` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_redactor_options_set_action(
    options: *mut amaas_redactor_options,
    kind: amaas_sensitive,
    action: amaas_action,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe {
        set(options, error, |builder| {
            Ok(builder.act(parse_kind(kind)?, parse_action(action)?))
        })
    }
}

/// Sets what becomes of every kind: one of `AMAAS_ACTION_…`.
///
/// # Safety
/// `options` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_redactor_options_set_actions(
    options: *mut amaas_redactor_options,
    action: amaas_action,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe {
        set(options, error, |builder| {
            Ok(builder.act_on_all(parse_action(action)?))
        })
    }
}

/// Sets the secret that hashes are made with: `length` bytes, which are copied.
///
/// # Safety
/// `options` is live and used by no other thread, `key` points to `length` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_redactor_options_set_key(
    options: *mut amaas_redactor_options,
    key: *const c_void,
    length: usize,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    unsafe {
        set(options, error, |builder| {
            Ok(builder.key(slice(key.cast::<u8>(), length, "key")?))
        })
    }
}

/// Ends options; NULL is allowed.
///
/// # Safety
/// `options` is NULL or live, and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_redactor_options_free(options: *mut amaas_redactor_options) {
    // SAFETY: the caller's promise.
    unsafe { free(options) };
}

/// Makes a redactor. `options` may be NULL, which masks everything but names. The caller owns `out`.
///
/// `AMAAS_STATUS_INVALID_ARGUMENT` for an empty name, and for hashes without a key.
///
/// # Safety
/// `options` is NULL or live, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_redactor_new(
    options: *const amaas_redactor_options,
    out: *mut *mut amaas_redactor,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let make = || unsafe {
        let out = Place::new(out, "out")?;
        let builder = options.as_ref().map(|options| options.0.clone());
        let redactor = builder.unwrap_or_default().build()?;
        out.write(give(amaas_redactor(Arc::new(redactor))));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, make) }
}

/// Takes what is sensitive out of `text`. The caller owns `out`.
///
/// # Safety
/// `redactor` is live, `text` ends in NUL, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_redactor_redact(
    redactor: *const amaas_redactor,
    text: *const c_char,
    out: *mut *mut amaas_redaction,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let redact = || unsafe {
        let (redactor, out) = (&object(redactor, "redactor")?.0, Place::new(out, "out")?);
        let redaction = redactor.redact(name(text, "text")?);
        out.write(give(amaas_redaction::new(redaction)));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, redact) }
}

/// Ends a redactor; NULL is allowed. Services that were made with it keep a share of it.
///
/// # Safety
/// `redactor` is NULL or live, no thread uses it, and it is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_redactor_free(redactor: *mut amaas_redactor) {
    // SAFETY: the caller's promise.
    unsafe { free(redactor) };
}

/// Has texts redacted before any model sees them, those in tensors of strings among them; placeholders
/// in texts that a model answers are turned back.
///
/// # Safety
/// `options` is live and used by no other thread, `redactor` is live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_options_set_redactor(
    options: *mut amaas_service_options,
    redactor: *const amaas_redactor,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    unsafe {
        service_options::set(options, error, |options| {
            let redactor = &object(redactor, "redactor")?.0;
            options.settings.redactor = Some(Arc::clone(redactor));
            Ok(())
        })
    }
}

/// Each kind and its number.
const KINDS: [(amaas_sensitive, Sensitive); 8] = [
    (AMAAS_SENSITIVE_NAME, Sensitive::Name),
    (AMAAS_SENSITIVE_EMAIL, Sensitive::Email),
    (AMAAS_SENSITIVE_PHONE, Sensitive::Phone),
    (AMAAS_SENSITIVE_CARD, Sensitive::Card),
    (AMAAS_SENSITIVE_IBAN, Sensitive::Iban),
    (AMAAS_SENSITIVE_SSN, Sensitive::Ssn),
    (AMAAS_SENSITIVE_CHINA_ID, Sensitive::ChinaId),
    (AMAAS_SENSITIVE_IP, Sensitive::Ip),
];

/// The number of a kind.
pub(crate) fn number(kind: Sensitive) -> amaas_sensitive {
    let mut kinds = KINDS.iter();
    let known = kinds.find(|(_, known)| *known == kind);
    known.map_or(AMAAS_SENSITIVE_NONE, |(number, _)| *number)
}

fn parse_kind(kind: amaas_sensitive) -> Result<Sensitive> {
    let mut kinds = KINDS.iter();
    let known = kinds.find(|(number, _)| *number == kind);
    known.map(|(_, kind)| *kind).ok_or_else(|| {
        let what = format!("is `{kind}`");
        refuse("kind", &what, "use one of `AMAAS_SENSITIVE_…`")
    })
}

fn parse_action(action: amaas_action) -> Result<Action> {
    match action {
        AMAAS_ACTION_MASK => Ok(Action::Mask),
        AMAAS_ACTION_HASH => Ok(Action::Hash),
        AMAAS_ACTION_PLACEHOLDER => Ok(Action::Placeholder),
        AMAAS_ACTION_KEEP => Ok(Action::Keep),
        other => {
            let what = format!("is `{other}`");
            Err(refuse("action", &what, "use one of `AMAAS_ACTION_…`"))
        }
    }
}
