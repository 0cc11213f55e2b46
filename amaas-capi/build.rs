//! How the linker makes `libamaas.so` on Linux.
//!
//! Which symbols leave it needs no word here: rustc exports what is `no_mangle` and hides the
//! rest, `src/hidden.rs` hides what others named so, and a test compares the result with
//! `tests/c/symbols.txt`.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() != Ok("linux") {
        return;
    }
    // Hosts record this name when they link: its number is `AMAAS_ABI_VERSION`.
    println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libamaas.so.0");
    // Threads of ours and of ONNX Runtime outlive any handle, so unloading would pull the code
    // away under them.
    println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
    // A symbol that is missing is an error here, not in the host.
    println!("cargo:rustc-cdylib-link-arg=-Wl,-z,defs");
}
