//! Which libamaas this is.

use std::ffi::{CStr, c_char};

/// The version of the binary interface, which is the number in `libamaas.so.0` too. It moves
/// when a function changes or goes; functions that are added, and fields at the end of a struct
/// that begins with `size`, leave it as it is.
pub const AMAAS_ABI_VERSION: u32 = 0;

const VERSION: Option<&CStr> =
    match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
        Ok(version) => Some(version),
        Err(_) => None,
    };

/// The binary interface of the library that is loaded.
///
/// A host that opens the library at run time compares this with `AMAAS_ABI_VERSION` before it
/// calls anything else. Any thread.
#[unsafe(no_mangle)]
pub extern "C" fn amaas_abi_version() -> u32 {
    AMAAS_ABI_VERSION
}

/// The release of the library that is loaded, as `0.1.0`.
///
/// Never NULL; valid for ever. Any thread.
#[unsafe(no_mangle)]
pub extern "C" fn amaas_version() -> *const c_char {
    VERSION.unwrap_or_default().as_ptr()
}
