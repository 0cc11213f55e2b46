//! A ledger from the command line.

use std::time::{Duration, SystemTime};

use amaas_core::clock::Day;
use amaas_core::model::Digest;
use amaas_core::usage::{Book, Entry, Ledger, PriceTable, Usage, Volumes};

use crate::support::{Home, keys};

const PRICES: &str =
    "schema = 1\nversion = \"7\"\ncurrency = \"EUR\"\n[[rate]]\nname = \"rows\"\nrow = \"0.1\"";

fn noon(day: &str) -> SystemTime {
    day.parse::<Day>().unwrap().begins() + Duration::from_secs(43_200)
}

/// A home with a ledger of four receipts, and its path.
fn ledger() -> (Home, String) {
    let home = Home::empty();
    let path = home.path("usage.db").display().to_string();
    let (ledger, prices) = (
        Ledger::open(&path).unwrap(),
        PriceTable::parse(PRICES).unwrap(),
    );
    for (tenant, model, day, rows) in [
        (Some("acme"), "ner", "2026-11-01", 1),
        (Some("acme"), "sentiment", "2026-11-02", 2),
        (Some("<zeta>"), "ner", "2026-11-02", 3),
        (None, "ner", "2026-12-01", 4),
    ] {
        let version = "1.0.0".parse().unwrap();
        let mut usage = Usage::new(
            model.parse().unwrap(),
            version,
            Digest::of(b"x"),
            "CPU".into(),
        );
        usage.tenant = tenant.map(Into::into);
        usage.rows = rows;
        usage.price = prices
            .price(&usage, noon(day), &Volumes::default())
            .unwrap();
        ledger.settle(Entry::new(noon(day), usage, None)).unwrap();
    }
    drop(ledger);
    (home, path)
}

#[test]
fn sums_stand_in_columns_and_in_json() {
    let (home, path) = ledger();
    let text = home.says(&["usage", "--ledger", &path, "--by", "tenant"]);
    let lines: Vec<Vec<_>> = text
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(lines[0][..3], ["TENANT", "REQUESTS", "ROWS"]);
    assert_eq!(
        lines[1],
        ["-", "1", "4", "0", "0", "0.000", "0.000", "0.400000", "EUR"]
    );
    assert_eq!(lines[3][..3], ["acme", "2", "3"]);
    let found = home.json(&[
        "usage",
        "--ledger",
        &path,
        "--by",
        "day,model,day",
        "--until",
        "2026-12-01",
    ]);
    let sums = found["sums"].as_array().unwrap();
    assert_eq!(sums.len(), 3);
    assert_eq!(
        (&sums[1]["day"], &sums[1]["model"]),
        (&"2026-11-02".into(), &"ner".into())
    );
    assert_eq!(sums[1]["amount"], "0.300000");
    assert!(!keys(&sums[0]).contains(&"tenant"));
    let none = home.says(&["usage", "--ledger", &path, "--model", "other"]);
    assert_eq!(none, "no receipts\n");
}

#[test]
fn an_invoice_is_a_page_or_a_table() {
    let (home, path) = ledger();
    for (name, holds) in [("a.html", "0.300000 EUR"), ("a.csv", "sentiment,rows,1,2")] {
        let file = home.path(name).display().to_string();
        let days = ["--from", "2026-11-01", "--until", "2026-12-01"];
        let line = [
            "usage",
            "--ledger",
            &path,
            "--tenant",
            "acme",
            "--invoice",
            &file,
        ];
        let text = home.says(&[&line[..], &days].concat());
        assert!(
            text.contains("2 lines in") && text.contains("total 0.300000 EUR"),
            "{text}"
        );
        let written = std::fs::read_to_string(&file).unwrap();
        assert!(written.contains(holds), "{written}");
        let json = home.json(&[&line[..], &days].concat());
        assert_eq!(json["totals"][0]["amount"], "0.300000");
    }
}

#[test]
fn receipts_go_into_a_file() {
    let (home, path) = ledger();
    for name in ["r.csv", "r.json"] {
        let file = home.path(name).display().to_string();
        let text = home.says(&["usage", "--ledger", &path, "--export", &file]);
        assert!(text.starts_with("4 lines in "), "{text}");
        assert_eq!(
            std::fs::read_to_string(&file)
                .unwrap()
                .matches("sentiment")
                .count(),
            1
        );
    }
}

#[test]
fn what_cannot_be_answered_is_refused() {
    let (home, path) = ledger();
    let code = |line: &[&str]| home.refuses(&[&["usage", "--ledger"], line].concat()).0;
    assert_eq!(code(&["none.db"]), 3);
    assert_eq!(code(&[&path, "--export", "receipts.xlsx"]), 2);
    assert_eq!(code(&[&path, "--export", "/no/folder/r.csv"]), 11);
    assert_eq!(code(&[&path, "--invoice", "a.html", "--tenant", "acme"]), 2);
    assert_eq!(code(&[&path, "--from", "2026-02-30"]), 2);
    let days = ["--from", "2026-11-01", "--until", "2026-11-01"];
    let line = [path.as_str(), "--invoice", "a.html", "--tenant", "acme"];
    assert_eq!(code(&[&line[..], &days].concat()), 2);
    let file = home.file("text.db", "no ledger ".repeat(100));
    assert_eq!(code(&[&file]), 6);
}
