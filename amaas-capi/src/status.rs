//! How a call ended, as a number that never changes its meaning.

use std::ffi::{CStr, c_char};

use amaas_core::ErrorKind;

/// How a call ended: `AMAAS_STATUS_OK` or the kind of the error.
///
/// Later releases may add numbers: treat one that you do not know as `AMAAS_STATUS_INTERNAL`.
pub type amaas_status = i32;

/// The call succeeded and its outputs are written.
pub const AMAAS_STATUS_OK: amaas_status = 0;
/// The call is wrong: a name, dtype, shape, option or reference. Fix the call.
pub const AMAAS_STATUS_INVALID_ARGUMENT: amaas_status = 1;
/// A text is longer than the model takes. Shorten it or choose an overflow.
pub const AMAAS_STATUS_INPUT_TOO_LONG: amaas_status = 2;
/// Nothing is there under this name, version, alias, digest or path.
pub const AMAAS_STATUS_NOT_FOUND: amaas_status = 3;
/// The version exists already with other content. Publish a new version.
pub const AMAAS_STATUS_ALREADY_EXISTS: amaas_status = 4;
/// Somebody else moved it first. Read the present state and decide again.
pub const AMAAS_STATUS_CONFLICT: amaas_status = 5;
/// A package or its manifest breaks the rules. The author must fix it.
pub const AMAAS_STATUS_INVALID_PACKAGE: amaas_status = 6;
/// Stored bytes are not those that were published. Restore the store from a good copy.
pub const AMAAS_STATUS_CORRUPT: amaas_status = 7;
/// No usable ONNX Runtime was found. Install one or name its path.
pub const AMAAS_STATUS_RUNTIME_UNAVAILABLE: amaas_status = 8;
/// The required device cannot take the model. Install what is missing or relax the policy.
pub const AMAAS_STATUS_DEVICE_UNAVAILABLE: amaas_status = 9;
/// ONNX Runtime refuses the model. Check the export.
pub const AMAAS_STATUS_LOAD_FAILED: amaas_status = 10;
/// The model was run and failed. Other requests are not affected.
pub const AMAAS_STATUS_INFERENCE_FAILED: amaas_status = 11;
/// The model answered, but not as its golden examples say. Do not serve it here.
pub const AMAAS_STATUS_GOLDEN_MISMATCH: amaas_status = 12;
/// The deadline passed. Retry with more time, or when there is less load.
pub const AMAAS_STATUS_DEADLINE_EXCEEDED: amaas_status = 13;
/// The caller cancelled the request.
pub const AMAAS_STATUS_CANCELLED: amaas_status = 14;
/// Too much is waiting. Retry a little later.
pub const AMAAS_STATUS_OVERLOADED: amaas_status = 15;
/// The service or route was closed. Open a new one.
pub const AMAAS_STATUS_CLOSED: amaas_status = 16;
/// This build or this model cannot do that. The message says what can.
pub const AMAAS_STATUS_UNSUPPORTED: amaas_status = 17;
/// The operating system refused.
pub const AMAAS_STATUS_IO: amaas_status = 18;
/// A bug in amaas. Please report it.
pub const AMAAS_STATUS_INTERNAL: amaas_status = 19;
/// A remote registry wants other credentials. Log in to it.
pub const AMAAS_STATUS_ACCESS_DENIED: amaas_status = 20;
/// A remote registry cannot be reached or fails. Retry a little later.
pub const AMAAS_STATUS_REMOTE_UNAVAILABLE: amaas_status = 21;
/// The package is encrypted, and no key at hand opens it. Give one that does.
pub const AMAAS_STATUS_KEY_DENIED: amaas_status = 22;
/// The package is not signed by a key that this service trusts, or older than one it has seen.
pub const AMAAS_STATUS_UNTRUSTED: amaas_status = 23;
/// The tenant used as much as it may for now. Retry after the time that is named.
pub const AMAAS_STATUS_QUOTA_EXCEEDED: amaas_status = 24;
/// The tenant spent its money for the day or month. Raise the budget or wait for the next.
pub const AMAAS_STATUS_BUDGET_EXHAUSTED: amaas_status = 25;
/// The alias points elsewhere than the caller believed. Read where it points and decide again.
pub const AMAAS_STATUS_ALIAS_CONFLICT: amaas_status = 26;

/// The names, each at the place of its number.
const NAMES: [&CStr; 27] = [
    c"ok",
    c"invalid_argument",
    c"input_too_long",
    c"not_found",
    c"already_exists",
    c"conflict",
    c"invalid_package",
    c"corrupt",
    c"runtime_unavailable",
    c"device_unavailable",
    c"load_failed",
    c"inference_failed",
    c"golden_mismatch",
    c"deadline_exceeded",
    c"cancelled",
    c"overloaded",
    c"closed",
    c"unsupported",
    c"io",
    c"internal",
    c"access_denied",
    c"remote_unavailable",
    c"key_denied",
    c"untrusted",
    c"quota_exceeded",
    c"budget_exhausted",
    c"alias_conflict",
];

/// The number of a kind.
pub(crate) fn of(kind: ErrorKind) -> amaas_status {
    match kind {
        ErrorKind::InvalidArgument => AMAAS_STATUS_INVALID_ARGUMENT,
        ErrorKind::InputTooLong => AMAAS_STATUS_INPUT_TOO_LONG,
        ErrorKind::NotFound => AMAAS_STATUS_NOT_FOUND,
        ErrorKind::AlreadyExists => AMAAS_STATUS_ALREADY_EXISTS,
        ErrorKind::Conflict => AMAAS_STATUS_CONFLICT,
        ErrorKind::InvalidPackage => AMAAS_STATUS_INVALID_PACKAGE,
        ErrorKind::Corrupt => AMAAS_STATUS_CORRUPT,
        ErrorKind::RuntimeUnavailable => AMAAS_STATUS_RUNTIME_UNAVAILABLE,
        ErrorKind::DeviceUnavailable => AMAAS_STATUS_DEVICE_UNAVAILABLE,
        ErrorKind::LoadFailed => AMAAS_STATUS_LOAD_FAILED,
        ErrorKind::InferenceFailed => AMAAS_STATUS_INFERENCE_FAILED,
        ErrorKind::GoldenMismatch => AMAAS_STATUS_GOLDEN_MISMATCH,
        ErrorKind::DeadlineExceeded => AMAAS_STATUS_DEADLINE_EXCEEDED,
        ErrorKind::Cancelled => AMAAS_STATUS_CANCELLED,
        ErrorKind::Overloaded => AMAAS_STATUS_OVERLOADED,
        ErrorKind::Closed => AMAAS_STATUS_CLOSED,
        ErrorKind::Unsupported => AMAAS_STATUS_UNSUPPORTED,
        ErrorKind::Io => AMAAS_STATUS_IO,
        ErrorKind::AccessDenied => AMAAS_STATUS_ACCESS_DENIED,
        ErrorKind::RemoteUnavailable => AMAAS_STATUS_REMOTE_UNAVAILABLE,
        ErrorKind::KeyDenied => AMAAS_STATUS_KEY_DENIED,
        ErrorKind::Untrusted => AMAAS_STATUS_UNTRUSTED,
        ErrorKind::QuotaExceeded => AMAAS_STATUS_QUOTA_EXCEEDED,
        ErrorKind::BudgetExhausted => AMAAS_STATUS_BUDGET_EXHAUSTED,
        ErrorKind::AliasConflict => AMAAS_STATUS_ALIAS_CONFLICT,
        _ => AMAAS_STATUS_INTERNAL,
    }
}

/// The name of a status, as logs and the other languages spell it: `not_found`.
///
/// Never NULL, `unknown` for a number that is no status; valid for ever. Any thread.
#[unsafe(no_mangle)]
pub extern "C" fn amaas_status_name(status: amaas_status) -> *const c_char {
    let place = usize::try_from(status).ok();
    place
        .and_then(|place| NAMES.get(place))
        .unwrap_or(&c"unknown")
        .as_ptr()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_own_number_and_the_name_of_the_core() {
        use ErrorKind as Kind;
        let kinds = [
            Kind::InvalidArgument,
            Kind::InputTooLong,
            Kind::NotFound,
            Kind::AlreadyExists,
            Kind::Conflict,
            Kind::InvalidPackage,
            Kind::Corrupt,
            Kind::RuntimeUnavailable,
            Kind::DeviceUnavailable,
            Kind::LoadFailed,
            Kind::InferenceFailed,
            Kind::GoldenMismatch,
            Kind::DeadlineExceeded,
            Kind::Cancelled,
            Kind::Overloaded,
            Kind::Closed,
            Kind::Unsupported,
            Kind::Io,
            Kind::Internal,
            Kind::AccessDenied,
            Kind::RemoteUnavailable,
            Kind::KeyDenied,
            Kind::Untrusted,
            Kind::QuotaExceeded,
            Kind::BudgetExhausted,
            Kind::AliasConflict,
        ];
        assert_eq!(kinds.len() + 1, NAMES.len());
        for (index, kind) in kinds.into_iter().enumerate() {
            assert_eq!(of(kind), amaas_status::try_from(index + 1).unwrap());
            assert_eq!(NAMES[index + 1].to_str().unwrap(), kind.name());
        }
    }
}
