//! `docs/quotas.schema.json` and `Quotas::parse` state the same rules.

use amaas_core::ErrorKind;
use amaas_core::usage::{Quota, Quotas};

use crate::schema::{accepts, validator};

const SCHEMA: &str = include_str!("../../../docs/quotas.schema.json");

fn valid() -> Vec<String> {
    let tails = [
        "",
        "[others]",
        "[others]\nrequests_per_second = 10\ntokens_per_second = 0.5",
        "[tenant.acme]\nin_flight = 0\nrows_per_day = 1000000000000",
        "[tenant.\"Ärzte & Söhne\"]\nmoney_per_day = \"5.00\"\nmoney_per_month = \"0\"",
        "[tenant.a]\n[tenant.b]\n[tenant.\"\u{7684}\"]",
    ];
    tails.map(|tail| format!("schema = 1\n{tail}\n")).to_vec()
}

/// What is refused, and the line that is named.
fn invalid() -> Vec<(String, &'static str)> {
    let tails = [
        ("other = 1", "2"),
        ("[others]\nin_flight = -1", "3"),
        ("[others]\nin_flight = 1.5", "3"),
        ("[others]\nin_flight = 1000000000001", "3"),
        ("[others]\nrequests_per_second = -0.5", "3"),
        ("[others]\nrequests_per_second = inf", "3"),
        ("[others]\nrequests_per_second = nan", "3"),
        ("[others]\ntokens_per_second = \"1\"", "3"),
        ("[others]\nmoney_per_day = 5.0", "3"),
        ("[others]\nmoney_per_day = \"-5\"", "3"),
        ("[others]\nmoney_per_year = \"5\"", "3"),
        ("[tenant.\"\"]\nin_flight = 1", "2"),
        ("[tenant.\" a\"]\nin_flight = 1", "2"),
        ("[tenant.\"a\\u0007\"]\nin_flight = 1", "2"),
        ("tenant = []", "2"),
    ];
    let mut all = tails
        .map(|(tail, line)| (format!("schema = 1\n{tail}"), line))
        .to_vec();
    all.extend([(String::new(), "1"), ("schema = 2".to_owned(), "1")]);
    all
}

#[test]
fn parser_and_schema_agree() {
    let schema = validator(SCHEMA);
    for text in valid() {
        Quotas::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert!(accepts(&schema, &text), "the schema refuses\n{text}");
    }
    for (text, line) in invalid() {
        let error = Quotas::parse(&text).expect_err(&text);
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        assert!(error.message().contains("quota table"), "{error}");
        let found = error.context().find(|(key, _)| *key == "line");
        assert_eq!(found, Some(("line", line)), "{error}\n{text}");
        assert!(!accepts(&schema, &text), "the schema accepts\n{text}");
    }
}

#[test]
fn a_table_says_what_each_tenant_may_use() {
    let text = "schema = 1\n[tenant.acme]\nmoney_per_day = \"5.00\"\n[others]\nin_flight = 4\n";
    let quotas = Quotas::parse(text).unwrap();
    let acme = Quota {
        money_per_day: Some("5.00".parse().unwrap()),
        ..Quota::default()
    };
    let others = Quota {
        in_flight: Some(4),
        ..Quota::default()
    };
    assert_eq!(quotas, Quotas::default().with("acme", acme).others(others));

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("quotas.toml");
    std::fs::write(&path, text).unwrap();
    assert_eq!(Quotas::open(&path).unwrap(), quotas);
    let error = Quotas::open(folder.path()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    std::fs::write(&path, "schema = 3").unwrap();
    let error = Quotas::open(&path).unwrap_err();
    assert!(error.context().any(|(key, _)| key == "file"), "{error}");
}

#[test]
fn the_quotas_of_the_manual_are_some() {
    let manual = include_str!("../../../docs/metering.md");
    let tables = manual.split("```toml\n").skip(2);
    let table = tables.map(|rest| rest.split("```").next().unwrap()).next();
    let quotas = Quotas::parse(table.unwrap()).unwrap();
    assert!(quotas.of("acme").money_per_month.is_some());
    assert!(accepts(&validator(SCHEMA), table.unwrap()));
}
