//! The committed header is the one that the crate's source gives.

#[path = "header/generate.rs"]
mod generate;

#[test]
fn the_committed_header_is_current() {
    let committed = std::fs::read_to_string(generate::path()).unwrap_or_default();
    let current = generate::header().unwrap();
    let first = current
        .lines()
        .zip(committed.lines())
        .find(|(now, then)| now != then);
    assert!(
        committed == current,
        "include/amaas.h is not what the source says, first at {first:?}; \
         run `cargo run -p amaas-capi --example header` and commit the result"
    );
}
