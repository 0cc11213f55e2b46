//! Tools that a machine may lack.

use std::process::Command;

/// Whether a tool is here. One that is missing is named; with `STRICT=1` that is a failure.
#[expect(clippy::print_stderr, reason = "what was left out must be said")]
pub(crate) fn has(tool: &str) -> bool {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    if std::env::split_paths(&folders).any(|folder| folder.join(tool).is_file()) {
        return true;
    }
    let strict = std::env::var("STRICT").is_ok_and(|value| value == "1");
    assert!(
        !strict,
        "missing: {tool} (on Debian: apt-get install {tool})"
    );
    eprintln!("left out for the lack of a tool: {tool}");
    false
}

/// Runs a program that must succeed, and returns what it printed.
pub(crate) fn run(program: &str, arguments: &[&str]) -> String {
    crate::library::output(Command::new(program).args(arguments))
}
