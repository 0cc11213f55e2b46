//! No panic passes to C: every function is one of the calls of `boundary` around its work.
//!
//! What these calls make of a panic is tested where they are. Here the source is read, as rustfmt
//! leaves it, so that none is forgotten.

#![expect(clippy::unwrap_used, reason = "a test may end there")]

#[path = "source/read.rs"]
mod read;

use read::{repository, texts};

/// What catches: the calls of `boundary`, what is made of them, and functions that are checked too.
const CATCHES: [&str; 7] = [
    "call(",
    "read(",
    "get(",
    "free(",
    "view(",
    "set(",
    "amaas_route_run_with(",
];
/// What helpers of that name must do.
const SET: &str = "unsafe { call(error, || ";
/// Functions over constants, which read no pointer.
const CONSTANT: [&str; 5] = [
    "amaas_abi_version",
    "amaas_dtype_bits",
    "amaas_dtype_name",
    "amaas_status_name",
    "amaas_version",
];

#[test]
fn every_function_catches() {
    let (mut functions, mut forgotten) = (0, Vec::new());
    for text in texts("amaas-capi/src") {
        for helper in text.split("unsafe fn set(").skip(1) {
            let body = helper.split("\n}\n").next().unwrap();
            let words: Vec<_> = body.split_whitespace().collect();
            assert!(words.join(" ").contains(SET), "{helper}");
        }
        for function in text.split("extern \"C\" fn ").skip(1) {
            // A type of function has no name.
            let name = function.split('(').next().unwrap();
            if !name.starts_with("amaas_") {
                continue;
            }
            functions += 1;
            let body = function.split("\n}\n").next().unwrap();
            let body = body
                .split_once(") -> ")
                .or(body.split_once(") {"))
                .unwrap()
                .1;
            let catches = CATCHES.iter().any(|call| body.contains(call));
            if !catches && !CONSTANT.contains(&name) {
                forgotten.push(name.to_owned());
            }
        }
    }
    let symbols = std::fs::read_to_string(repository().join("tests/c/symbols.txt")).unwrap();
    let symbols = symbols.lines().count();
    assert_eq!(functions, symbols, "the source is not read as it should be");
    assert!(
        forgotten.is_empty(),
        "not behind the boundary: {forgotten:?}"
    );
}
