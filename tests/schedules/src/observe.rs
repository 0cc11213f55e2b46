//! What the rooms name of `observe`: the spans, of which nobody hears here.

#[expect(
    dead_code,
    unreachable_pub,
    reason = "rooms that are not compiled here use the rest"
)]
#[path = "../../../amaas-core/src/observe/names.rs"]
mod names;
#[expect(dead_code, reason = "rooms that are not compiled here use the rest")]
#[path = "../../../amaas-core/src/observe/spans.rs"]
pub(crate) mod spans;

/// The `target` of spans.
const TARGET: &str = "amaas";

/// Nobody listens here.
pub(crate) const fn not_joined() {}
