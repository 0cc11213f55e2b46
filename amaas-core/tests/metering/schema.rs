//! `docs/prices.schema.json` and `PriceTable::parse` state the same rules: on every table here both
//! accept or both refuse. The few rules that a schema cannot state have a list of their own.

use amaas_core::ErrorKind;
use amaas_core::usage::PriceTable;
use jsonschema::Validator;

const HEAD: &str = "schema = 1\nversion = \"7\"\ncurrency = \"EUR\"\n";

fn schema() -> Validator {
    validator(include_str!("../../../docs/prices.schema.json"))
}

pub(crate) fn validator(text: &str) -> Validator {
    jsonschema::draft202012::new(&serde_json::from_str(text).unwrap()).unwrap()
}

pub(crate) fn accepts(schema: &Validator, text: &str) -> bool {
    let value = toml::from_str::<toml::Table>(text);
    value.is_ok_and(|table| schema.is_valid(&serde_json::to_value(table).unwrap()))
}

fn with(tail: &str) -> String {
    format!("{HEAD}{tail}")
}

fn rate(tail: &str) -> String {
    with(&format!("[[rate]]\nname = \"a\"\n{tail}\n"))
}

fn valid() -> Vec<String> {
    vec![
        with(""),
        with("places = 0\nrounding = \"up\""),
        with("places = 12\nrounding = \"half-even\""),
        HEAD.replace("\"7\"", "\"as agreed in 2026 – §3\""),
        rate("request = \"0\""),
        rate("row = \"123456789.123456789012\"\nminimum = \"0.5\""),
        rate("tokens_in = \"1\"\ntokens_out = \"2\"\ncompute = \"3.0\"\nloaded = \"0.001\""),
        rate("row = \"1\"\ntenant = \"Ärzte & Söhne\"\nmodel = \"ner\"\nversions = \">=1, <3\""),
        rate("row = \"1\"\nfrom = \"2026-01-31\"\nuntil = \"2026-02-01\""),
        rate("row = \"1\"\nfree = { row = 1000000000 }"),
        rate("row = \"1\"\ntier = [{ unit = \"row\", above = 9, price = \"0.5\" }]"),
        format!("{}[[rate]]\nname = \"b\"\nrow = \"2\"", rate("row = \"1\"")),
    ]
}

fn invalid() -> Vec<String> {
    let mut cases = vec![
        String::new(),
        HEAD.replace("schema = 1", "schema = 2"),
        HEAD.replace("schema = 1\n", ""),
        HEAD.replace("version = \"7\"\n", ""),
        HEAD.replace("currency = \"EUR\"\n", ""),
        HEAD.replace("EUR", "eur"),
        HEAD.replace("EUR", "EURO"),
        HEAD.replace("\"7\"", "\"\""),
        HEAD.replace("\"7\"", "\" 7\""),
        HEAD.replace("\"7\"", "\"a\\u0007b\""),
        HEAD.replace("\"7\"", &format!("\"{}\"", "x".repeat(129))),
        with("places = 13"),
        with("places = -1"),
        with("rounding = \"bankers\""),
        with("rates = []"),
        with("[[rate]]\nrow = \"1\""),
        with("[[rate]]\nname = \"A b\"\nrow = \"1\""),
        rate(""),
        rate("prize = \"1\"\nrow = \"1\""),
        rate("row = \"1\"\ntenant = \"\""),
        rate("row = \"1\"\nmodel = \"../x\""),
        rate("row = \"1\"\nversions = 1"),
        rate("row = \"1\"\nfrom = \"2026-13-01\""),
        rate("row = \"1\"\nfrom = \"26-1-1\""),
        rate("row = \"1\"\nfrom = 2026-01-01"),
        rate("row = \"1\"\nfree = { row = 0 }"),
        rate("row = \"1\"\nfree = { rows = 1 }"),
        rate("row = \"1\"\nfree = { row = 1000000001 }"),
        rate("row = \"1\"\ntier = [{ unit = \"row\", above = 0, price = \"1\" }]"),
        rate("row = \"1\"\ntier = [{ unit = \"row\", above = 1 }]"),
        rate("row = \"1\"\ntier = [{ unit = \"row\", above = 1, price = 1 }]"),
    ];
    let amounts = [
        "1",
        "1.5",
        "\"\"",
        "\"-1\"",
        "\"+1\"",
        "\"1e3\"",
        "\"1.\"",
        "\".5\"",
        "\"1,5\"",
        "\" 1\"",
        "\"1_000\"",
        "\"NaN\"",
        "\"1234567890\"",
        "\"0.1234567890123\"",
        "\"٣\"",
        "\"1.2.3\"",
    ];
    cases.extend(amounts.map(|amount| rate(&format!("row = {amount}"))));
    cases
}

/// What is refused for a reason that the schema does not know, and the line that is named.
fn beyond() -> [(String, &'static str); 10] {
    [
        (
            format!("{}[[rate]]\nname = \"a\"\nrow = \"1\"", rate("row = \"1\"")),
            "8",
        ),
        (rate("row = \"1\"\nversions = \"one\""), "7"),
        (rate("row = \"1\"\nfrom = \"2026-02-30\""), "7"),
        (
            rate("row = \"1\"\nfrom = \"2026-02-03\"\nuntil = \"2026-02-03\""),
            "5",
        ),
        (rate("row = \"1\"\n\nfree = { tokens_in = 5 }"), "8"),
        (
            rate("row = \"1\"\n[[rate.tier]]\nunit = \"compute\"\nabove = 1\nprice = \"1\""),
            "8",
        ),
        (
            rate(
                "row = \"1\"\nfree = { row = 9 }\n[[rate.tier]]\nunit = \"row\"\nabove = 9\nprice = \"1\"",
            ),
            "10",
        ),
        (
            rate(
                "row = \"1\"\n[[rate.tier]]\nunit = \"row\"\nabove = 9\nprice = \"1\"\n[[rate.tier]]\nunit = \"row\"\nabove = 8\nprice = \"1\"",
            ),
            "13",
        ),
        (with("places = 1\nplaces = 2"), "5"),
        (with("[[rate]\nname = 1"), "4"),
    ]
}

#[test]
fn parser_and_schema_agree() {
    let schema = schema();
    for text in valid() {
        PriceTable::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert!(accepts(&schema, &text), "the schema refuses\n{text}");
    }
    for text in invalid() {
        let error = PriceTable::parse(&text).expect_err(&text);
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        assert!(error.remedy().is_some(), "{error}");
        assert!(!accepts(&schema, &text), "the schema accepts\n{text}");
    }
}

#[test]
fn what_a_schema_cannot_state_is_refused_with_its_line() {
    for (text, line) in beyond() {
        let error = PriceTable::parse(&text).expect_err(&text);
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{text}");
        let found = error.context().find(|(key, _)| *key == "line");
        assert_eq!(found, Some(("line", line)), "{error}\n{text}");
    }
}

#[test]
fn the_table_of_the_manual_is_one() {
    let manual = include_str!("../../../docs/metering.md");
    let table = manual
        .split("```toml\n")
        .nth(1)
        .unwrap()
        .split("```")
        .next()
        .unwrap();
    assert_eq!(PriceTable::parse(table).unwrap().version(), "2026-11");
    assert!(accepts(&schema(), table));
}

#[test]
fn a_table_that_is_too_large_or_not_there_says_so() {
    let error = PriceTable::parse(&"#".repeat(1 << 21)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    let error = PriceTable::open("/nowhere/prices.toml").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    assert!(error.message().contains("`/nowhere/prices.toml`"));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("prices.toml");
    std::fs::write(&path, HEAD).unwrap();
    assert_eq!(PriceTable::open(&path).unwrap().version(), "7");
    std::fs::write(&path, b"\xff").unwrap();
    assert_eq!(PriceTable::open(&path).unwrap_err().kind(), ErrorKind::Io);
    std::fs::write(&path, "schema = 3").unwrap();
    let error = PriceTable::open(&path).unwrap_err();
    assert!(error.context().any(|(key, _)| key == "file"), "{error}");
}
