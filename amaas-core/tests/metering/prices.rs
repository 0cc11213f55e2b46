//! Which rate holds, and what it comes to: held against whole numbers of the smallest coin.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use amaas_core::clock::Day;
use amaas_core::model::Digest;
use amaas_core::usage::{PriceTable, Unit, Usage, Volumes};
use proptest::prelude::*;
use rust_decimal::Decimal;

pub(crate) const HEAD: &str = "schema = 1\nversion = \"7\"\ncurrency = \"EUR\"\n";

pub(crate) fn usage(model: &str, version: &str, tenant: Option<&str>) -> Usage {
    let (name, version) = (model.parse().unwrap(), version.parse().unwrap());
    let mut usage = Usage::new(name, version, Digest::of(b"package"), "CPU".into());
    usage.tenant = tenant.map(Arc::from);
    usage
}

fn table(rates: &str) -> PriceTable {
    PriceTable::parse(&format!("{HEAD}{rates}")).unwrap()
}

fn on(day: &str) -> SystemTime {
    day.parse::<Day>().unwrap().begins()
}

fn amount(table: &PriceTable, usage: &Usage, used: &Volumes) -> String {
    let price = table.price(usage, UNIX_EPOCH, used).unwrap();
    price.unwrap().amount.to_string()
}

#[test]
fn the_most_particular_rate_holds() {
    let table = table(
        r#"
        [[rate]]
        name = "all"
        row = "1"
        [[rate]]
        name = "old"
        model = "ner"
        versions = "<1"
        row = "1"
        [[rate]]
        name = "ner"
        model = "ner"
        row = "1"
        [[rate]]
        name = "ner-again"
        model = "ner"
        row = "2"
        [[rate]]
        name = "acme"
        tenant = "acme"
        row = "1"
        [[rate]]
        name = "acme-spring"
        tenant = "acme"
        model = "ner"
        from = "2026-03-01"
        until = "2026-06-01"
        row = "1"
        "#,
    );
    let rate = |model, version, tenant, day| {
        let rate = table.rate(&usage(model, version, tenant), on(day));
        rate.unwrap().to_string()
    };
    assert_eq!(rate("other", "1.0.0", None, "2026-01-01"), "all");
    assert_eq!(rate("ner", "1.0.0", None, "2026-01-01"), "ner");
    assert_eq!(rate("ner", "0.9.0", Some("other"), "2026-01-01"), "old");
    assert_eq!(rate("ner", "0.9.0", Some("acme"), "2026-02-28"), "acme");
    assert_eq!(
        rate("ner", "0.9.0", Some("acme"), "2026-03-01"),
        "acme-spring"
    );
    assert_eq!(
        rate("ner", "0.9.0", Some("acme"), "2026-05-31"),
        "acme-spring"
    );
    assert_eq!(rate("ner", "0.9.0", Some("acme"), "2026-06-01"), "acme");
}

#[test]
fn nothing_is_charged_where_no_rate_fits() {
    let table = table("[[rate]]\nname = \"a\"\nmodel = \"ner\"\nrow = \"1\"");
    let other = usage("other", "1.0.0", None);
    assert_eq!(
        table
            .price(&other, UNIX_EPOCH, &Volumes::default())
            .unwrap(),
        None
    );
}

#[test]
fn allowances_tiers_and_minimum_hold_by_what_was_used() {
    let table = table(
        r#"
        [[rate]]
        name = "a"
        minimum = "0.05"
        tokens_in = "2"
        free = { tokens_in = 1000 }
        [[rate.tier]]
        unit = "tokens_in"
        above = 3000
        price = "1"
        "#,
    );
    let priced = |used, tokens| {
        let mut receipt = usage("ner", "1.0.0", None);
        receipt.tokens = tokens;
        let mut volumes = Volumes::default();
        volumes.set(Unit::TokensIn, used);
        amount(&table, &receipt, &volumes)
    };
    assert_eq!(priced(0, 1000), "0.000000");
    assert_eq!(priced(0, 1001), "0.050000", "the minimum");
    assert_eq!(priced(0, 2000), "2.000000");
    assert_eq!(priced(2500, 1000), "1.500000");
    assert_eq!(priced(0, 5000), "6.000000");
    assert_eq!(priced(9000, 1000), "1.000000");
    assert_eq!(priced(9000, 0), "0.000000");
}

#[test]
fn time_is_charged_to_the_nanosecond_and_has_no_minimum() {
    let table = table(
        "places = 12\n[[rate]]\nname = \"a\"\nminimum = \"5\"\ncompute = \"3\"\nloaded = \"0.001\"",
    );
    let mut receipt = usage("ner", "1.0.0", None);
    receipt.computed = Duration::from_nanos(1);
    receipt.requests = 0;
    assert_eq!(
        amount(&table, &receipt, &Volumes::default()),
        "0.000000003000"
    );
    receipt.loaded = Duration::from_secs(3600);
    assert_eq!(
        amount(&table, &receipt, &Volumes::default()),
        "3.600000003000"
    );
}

#[test]
fn roundings_are_what_they_say() {
    let priced = |rounding: &str, price: &str| {
        let rates = format!(
            "places = 2\nrounding = \"{rounding}\"\n[[rate]]\nname = \"a\"\nrequest = \"{price}\""
        );
        amount(
            &table(&rates),
            &usage("ner", "1.0.0", None),
            &Volumes::default(),
        )
    };
    for (rounding, found) in [
        ("half-even", ["0.12", "0.14", "0.13"]),
        ("half-up", ["0.13", "0.14", "0.13"]),
        ("up", ["0.13", "0.14", "0.13"]),
        ("down", ["0.12", "0.13", "0.12"]),
    ] {
        assert_eq!(
            ["0.125", "0.135", "0.1251"].map(|price| priced(rounding, price)),
            found
        );
    }
}

#[test]
fn what_is_too_large_to_count_is_an_error() {
    let table = table("[[rate]]\nname = \"a\"\nrow = \"999999999.999999999999\"");
    let mut receipt = usage("ner", "1.0.0", None);
    receipt.rows = 1_001;
    let error = table
        .price(&receipt, UNIX_EPOCH, &Volumes::default())
        .unwrap_err();
    assert_eq!(error.kind(), amaas_core::ErrorKind::InvalidArgument);
}

/// Micro-cents: what a table without more than twelve places counts in.
fn coins(amount: Decimal) -> i128 {
    let mut amount = amount;
    amount.rescale(12);
    amount.mantissa()
}

proptest! {
    /// However a month's tokens fall into requests, and whatever the bands: the sum of exact prices
    /// is that of the whole, counted here token by token.
    #[test]
    fn bands_split_nothing_and_lose_nothing(
        requests in prop::collection::vec(0_u64..400, 1..20),
        free in 1_u64..500,
        above in 1_u64..500,
        [base, tier] in prop::array::uniform2(0_u32..1_000_000),
    ) {
        let table = table(&format!(
            "places = 12\n[[rate]]\nname = \"a\"\ntokens_in = \"0.{base:06}\"\n\
             free = {{ tokens_in = {free} }}\n\
             [[rate.tier]]\nunit = \"tokens_in\"\nabove = {}\nprice = \"0.{tier:06}\"\n",
            free + above,
        ));
        let (mut used, mut sum) = (Volumes::default(), Decimal::ZERO);
        for tokens in &requests {
            let mut receipt = usage("ner", "1.0.0", None);
            receipt.tokens = *tokens;
            sum += table.price(&receipt, UNIX_EPOCH, &used).unwrap().unwrap().amount;
            used.add(&Volumes::of(&receipt));
        }
        let per_token = |place: u64| match place {
            place if place < free => 0,
            place if place < free + above => i128::from(base),
            _ => i128::from(tier),
        };
        // A millionth a thousand is a billionth a token: a thousand coins.
        let expected: i128 = (0..requests.iter().sum()).map(|place| per_token(place) * 1000).sum();
        prop_assert_eq!(coins(sum), expected);
    }

    /// One receipt over all units, rounded by hand in whole numbers.
    #[test]
    fn a_receipt_is_rounded_once(
        [rows, tokens, nanoseconds] in prop::array::uniform3(0_u64..1_000_000_000),
        [row, thousand, second] in prop::array::uniform3(0_u64..1_000_000_000),
        places in 0_u32..=6,
    ) {
        let money = |millionths: u64| format!("{}.{:06}", millionths / 1_000_000, millionths % 1_000_000);
        let table = table(&format!(
            "places = {places}\n[[rate]]\nname = \"a\"\nrow = \"{}\"\ntokens_in = \"{}\"\ncompute = \"{}\"",
            money(row), money(thousand), money(second),
        ));
        let mut receipt = usage("ner", "1.0.0", None);
        (receipt.rows, receipt.tokens) = (rows, tokens);
        receipt.computed = Duration::from_nanos(nanoseconds);
        let found = table.price(&receipt, UNIX_EPOCH, &Volumes::default()).unwrap().unwrap().amount;
        let wide = |a: u64, b: u64| i128::from(a) * i128::from(b);
        let exact = wide(rows, row) * 1_000_000_000 + wide(tokens, thousand) * 1_000_000
            + wide(nanoseconds, second);
        let unit = 10_i128.pow(15 - places);
        let (whole, rest) = (exact / unit, exact % unit);
        let up = rest * 2 > unit || (rest * 2 == unit && whole % 2 == 1);
        prop_assert_eq!(found.scale(), places);
        prop_assert_eq!(found.mantissa(), whole + i128::from(up));
    }
}
