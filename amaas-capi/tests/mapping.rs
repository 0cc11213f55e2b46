//! Whatever the core lets Rust do has a function in C, or a line in `docs/c-mapping.md` that says
//! why not.
//!
//! The core's source is read line by line, as rustfmt leaves it: what is public in an `impl` of one of
//! the types below, and the public fields of those that are options.

#![expect(clippy::unwrap_used, reason = "a test may end there")]

#[path = "source/read.rs"]
mod read;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use read::{repository, texts};

/// What hosts hold.
const TYPES: [&str; 27] = [
    "Audio",
    "Call",
    "Invoice",
    "Kept",
    "Keys",
    "Ledger",
    "LoadSettings",
    "PriceTable",
    "PublishOptions",
    "Quotas",
    "Redaction",
    "Redactor",
    "RedactorBuilder",
    "Registry",
    "Remote",
    "RemoteBuilder",
    "Route",
    "Service",
    "ServiceBuilder",
    "Signer",
    "Stream",
    "Tenancy",
    "Ticket",
    "Trust",
    "Chat",
    "Image",
    "TextStream",
];
/// What hosts fill in.
const OPTIONS: [&str; 20] = [
    "Call",
    "ClassifyOptions",
    "DetectSpeechOptions",
    "EmbedOptions",
    "ExportOptions",
    "GcOptions",
    "GenerateOptions",
    "ImportLimits",
    "ImportOptions",
    "LoadSettings",
    "MoveOptions",
    "PoolLimits",
    "RankOptions",
    "SimilarityOptions",
    "StreamOptions",
    "TagOptions",
    "ZeroShotOptions",
    "ClassifyImagesOptions",
    "DetectOptions",
    "ReadImagesOptions",
];

fn word(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_');
    &text[..end.unwrap_or(text.len())]
}

/// Whose public lines follow, and how their names begin.
fn opens(line: &str) -> Option<(&str, &'static str)> {
    if let Some(rest) = line.strip_prefix("pub struct ") {
        let name = word(rest);
        return OPTIONS.contains(&name).then_some((name, "pub "));
    }
    let rest = line.strip_prefix("impl")?;
    let named = match rest.strip_prefix('<') {
        Some(generic) => generic.split_once("> ")?.1,
        None => rest.trim_start(),
    };
    let name = word(named);
    let is_trait = rest.contains(" for ");
    (TYPES.contains(&name) && !is_trait).then_some((name, "pub fn "))
}

/// Every public function and field, as `Service::load`.
fn offered() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for text in texts("amaas-core/src") {
        let mut within = None;
        for line in text.lines() {
            match (line, within) {
                ("}", _) => within = None,
                (_, None) => within = opens(line),
                (_, Some((name, start))) => {
                    let member = line
                        .strip_prefix("    ")
                        .and_then(|line| line.strip_prefix(start));
                    found.extend(member.map(|rest| format!("{name}::{}", word(rest))));
                }
            }
        }
    }
    found
}

/// The rows of the table: what Rust has, and what is said of it.
fn table() -> BTreeMap<String, String> {
    let text = fs::read_to_string(repository().join("docs/c-mapping.md")).unwrap();
    let rows = text.lines().filter_map(|line| {
        let (item, said) = line.strip_prefix("| `")?.split_once("` | ")?;
        Some((item.to_owned(), said.strip_suffix(" |")?.to_owned()))
    });
    rows.collect()
}

#[test]
fn everything_has_a_function_or_a_reason() {
    let (offered, table) = (offered(), table());
    for known in [
        "Service::load",
        "Ticket::wait",
        "Remote::pull",
        "Call::deadline",
    ] {
        assert!(
            offered.contains(known),
            "the source is not read as it should be: {known}"
        );
    }
    let missing: Vec<_> = offered
        .iter()
        .filter(|item| !table.contains_key(*item))
        .collect();
    assert!(
        missing.is_empty(),
        "add a function, or a reason to docs/c-mapping.md: {missing:#?}"
    );
    let gone: Vec<_> = table
        .keys()
        .filter(|item| !offered.contains(*item))
        .collect();
    assert!(
        gone.is_empty(),
        "docs/c-mapping.md names what the core lacks: {gone:#?}"
    );
}

#[test]
fn the_functions_of_the_table_are_in_the_header() {
    let header = fs::read_to_string(repository().join("include/amaas.h")).unwrap();
    for (item, said) in table() {
        let functions = said
            .split('`')
            .skip(1)
            .step_by(2)
            .filter(|name| name.starts_with("amaas_"));
        let mut count = 0;
        for name in functions {
            assert!(
                header.contains(&format!("{name}(")),
                "{item}: the header has no {name}"
            );
            count += 1;
        }
        let reason = said.strip_prefix("none: ").unwrap_or_default();
        assert!(
            count > 0 || reason.len() > 10,
            "{item}: neither a function nor a reason"
        );
    }
}
