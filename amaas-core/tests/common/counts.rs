//! What a test says past the harness, for the summary of a whole run.

/// Whether there is time for everything: `make soak` says so.
pub(crate) fn soaks() -> bool {
    std::env::var("AMAAS_SOAK").is_ok_and(|value| value == "1")
}

/// Says how many named hostile cases were tried. `tests/summary.sh` adds them up.
pub(crate) fn report(what: &str, cases: usize) {
    say(&format!("hostile: {cases} cases, {what}"));
}

/// Past the test harness, which would keep it to itself.
pub(crate) fn say(text: &str) {
    use std::io::Write as _;
    std::io::stderr()
        .write_all(format!("{text}\n").as_bytes())
        .unwrap();
}
