//! The ledger: what is kept, by whom, and what it is asked.

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use amaas_core::ErrorKind;
use amaas_core::clock::{Day, ManualClock};
use amaas_core::usage::{
    Book, By, Commit, Entry, Filter, Ledger, LedgerOptions, PriceTable, Volumes,
};
use proptest::prelude::*;
use rust_decimal::Decimal;
use tempfile::TempDir;

use crate::receipts::{FIRST_FORM, is_refusal, keyed, november, prices, receipt, state};

fn folder() -> TempDir {
    TempDir::new().unwrap()
}

fn strict() -> LedgerOptions {
    LedgerOptions {
        commit: Commit::Strict,
        ..LedgerOptions::default()
    }
}

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

/// How many receipts another process would find now.
fn settled(path: &std::path::Path) -> i64 {
    let connection = rusqlite::Connection::open(path).unwrap();
    let count = "SELECT count(*) FROM receipts";
    connection.query_row(count, [], |row| row.get(0)).unwrap()
}

#[test]
fn receipts_are_summed_by_tenant_model_and_day() {
    let folder = folder();
    let ledger = Ledger::open(folder.path().join("usage.db")).unwrap();
    for (tenant, rows, hours) in [
        ("a", 1, 0),
        ("a", 2, 23),
        ("a", 3, 24),
        ("b", 4, 24),
        ("", 5, 0),
    ] {
        assert!(ledger.settle(receipt(tenant, rows, hours)).unwrap());
    }
    let sums = |filter: &Filter, by: &[By]| -> Vec<(Vec<String>, u64, String)> {
        let sums = ledger.sums(filter, by).unwrap().into_iter();
        sums.map(|sum| {
            let names = [sum.tenant, sum.model, sum.day, sum.rate];
            (
                names.into_iter().flatten().collect(),
                sum.rows,
                sum.amount.to_string(),
            )
        })
        .collect()
    };
    let names = |names: &[&str]| {
        names
            .iter()
            .map(|name| (*name).to_owned())
            .collect::<Vec<_>>()
    };
    let all = sums(&Filter::default(), &[]);
    assert_eq!(all, [(vec![], 15, "1.500000".to_owned())]);
    let by_tenant = sums(&Filter::default(), &[By::Tenant]);
    assert_eq!(
        by_tenant,
        [
            (names(&[""]), 5, "0.500000".to_owned()),
            (names(&["a"]), 6, "0.600000".to_owned()),
            (names(&["b"]), 4, "0.400000".to_owned()),
        ]
    );
    let filter = Filter {
        tenant: Some("a".to_owned()),
        ..Filter::default()
    };
    let by_day = sums(&filter, &[By::Day, By::Rate]);
    assert_eq!(
        by_day[0],
        (names(&["2026-11-01", "rows"]), 3, "0.300000".to_owned())
    );
    let filter = Filter {
        model: Some("ner".to_owned()),
        from: Some(day("2026-11-02")),
        until: Some(day("2026-11-03")),
        ..Filter::default()
    };
    assert_eq!(
        sums(&filter, &[By::Model]),
        [(names(&["ner"]), 7, "0.700000".to_owned())]
    );
    let none = Filter {
        model: Some("' OR 1 --".to_owned()),
        ..Filter::default()
    };
    assert_eq!(sums(&none, &[]), []);
}

#[test]
fn a_group_is_settled_when_its_time_has_come_and_not_before() {
    let (folder, clock) = (folder(), Arc::new(ManualClock::new()));
    let path = folder.path().join("usage.db");
    let options = LedgerOptions {
        clock: clock.clone(),
        ..LedgerOptions::default()
    };
    let ledger = Ledger::open_with(&path, options).unwrap();
    for rows in 1..=3 {
        ledger.settle(receipt("acme", rows, 0)).unwrap();
        assert_eq!(
            ledger
                .standing("acme", day("2026-11-01"))
                .unwrap()
                .rows_today,
            (1..=rows).sum::<u64>()
        );
    }
    clock.advance(Duration::from_millis(99));
    assert_eq!(settled(&path), 0);
    clock.advance(Duration::from_millis(1));
    while settled(&path) < 3 {
        std::thread::yield_now();
    }
    ledger.settle(receipt("acme", 4, 0)).unwrap();
    assert_eq!(settled(&path), 3);
    drop(ledger);
    assert_eq!(
        settled(&path),
        4,
        "with the last of its holders all is settled"
    );
}

#[test]
fn a_strict_ledger_settles_before_it_answers() {
    let folder = folder();
    let path = folder.path().join("usage.db");
    let ledger = Ledger::open_with(&path, strict()).unwrap();
    for count in 1..=3 {
        assert!(ledger.settle(receipt("acme", 1, 0)).unwrap());
        assert_eq!(settled(&path), count);
    }
}

#[test]
fn a_key_charges_once_in_each_mode_and_over_processes() {
    for options in [strict(), LedgerOptions::default()] {
        let folder = folder();
        let path = folder.path().join("usage.db");
        let [one, other] = [(); 2].map(|()| Ledger::open_with(&path, options.clone()).unwrap());
        assert!(!one.knows("acme", "k").unwrap());
        assert!(one.settle(keyed("acme", 1, "k")).unwrap());
        assert!(one.knows("acme", "k").unwrap());
        assert!(!one.settle(keyed("acme", 2, "k")).unwrap());
        assert!(one.settle(keyed("other", 3, "k")).unwrap());
        // Another process sees it once it is settled, and is not charged even if it did not look.
        other.settle(keyed("acme", 4, "k")).unwrap();
        one.flush().unwrap();
        other.flush().unwrap();
        assert!(other.knows("acme", "k").unwrap());
        assert_eq!(
            state(&one).unwrap(),
            (2, 4, "0.400000".to_owned()),
            "{options:?}"
        );
    }
}

#[test]
fn two_processes_write_one_file_at_once() {
    let folder = folder();
    let path = folder.path().join("usage.db");
    let children: Vec<_> = ["a", "b", "c"]
        .into_iter()
        .map(|tenant| {
            Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "ledger::child", "--ignored", "--quiet"])
                .envs([
                    ("AMAAS_TEST_LEDGER", path.as_os_str()),
                    ("AMAAS_TEST_TENANT", tenant.as_ref()),
                ])
                .stdout(std::process::Stdio::null())
                .spawn()
                .unwrap()
        })
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let ledger = Ledger::read(&path).unwrap();
    assert_eq!(
        state(&ledger).unwrap().0,
        3 * 200 + 50,
        "50 keys were shared by all"
    );
}

#[test]
#[ignore = "run by the test of two processes"]
fn child() {
    let path = std::env::var_os("AMAAS_TEST_LEDGER").unwrap();
    let tenant = std::env::var("AMAAS_TEST_TENANT").unwrap();
    let ledger = Ledger::open_with(path, strict()).unwrap();
    for count in 0..200 {
        assert!(ledger.settle(receipt(&tenant, 1, 0)).unwrap());
        if count % 4 == 0 {
            ledger
                .settle(keyed("shared", 1, &count.to_string()))
                .unwrap();
        }
    }
}

#[test]
fn an_older_form_is_brought_up_and_keeps_its_receipts() {
    let folder = folder();
    let path = folder.path().join("usage.db");
    rusqlite::Connection::open(&path)
        .unwrap()
        .execute_batch(FIRST_FORM)
        .unwrap();
    let error = Ledger::read(&path).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    let ledger = Ledger::open(&path).unwrap();
    assert_eq!(state(&ledger).unwrap(), (2, 3, "0.300000".to_owned()));
    assert!(ledger.settle(keyed("acme", 1, "k")).unwrap());
    assert_eq!(state(&ledger).unwrap(), (3, 4, "0.400000".to_owned()));
    assert_eq!(state(&Ledger::read(&path).unwrap()).unwrap().0, 3);
}

#[test]
fn what_is_no_ledger_is_refused_and_left_alone() {
    let folder = folder();
    let path = folder.path().join("usage.db");
    let kind = || Ledger::open(&path).unwrap_err().kind();
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.execute_batch("CREATE TABLE theirs (x)").unwrap();
    assert_eq!(kind(), ErrorKind::InvalidArgument);
    connection.execute_batch("DROP TABLE theirs").unwrap();
    drop(connection);
    Ledger::open(&path).unwrap();
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection
        .execute_batch("PRAGMA user_version = 99")
        .unwrap();
    drop(connection);
    assert_eq!(kind(), ErrorKind::Unsupported);
    std::fs::write(
        &path,
        "a text of more than a hundred bytes, which is no database. ".repeat(99),
    )
    .unwrap();
    let before = std::fs::read(&path).unwrap();
    assert_eq!(kind(), ErrorKind::Corrupt);
    assert_eq!(std::fs::read(&path).unwrap(), before);
    let error = Ledger::read(folder.path().join("none.db")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let error = Ledger::open(folder.path().join("no/folder/usage.db")).unwrap_err();
    assert!(is_refusal(&error), "{}", error.report());
    let error = Ledger::open(folder.path()).unwrap_err();
    assert!(is_refusal(&error) && error.kind() == ErrorKind::Io);
}

#[test]
fn a_ledger_that_is_read_only_cannot_be_settled_in() {
    let folder = folder();
    let path = folder.path().join("usage.db");
    drop(Ledger::open(&path).unwrap());
    let ledger = Ledger::read(&path).unwrap();
    ledger.settle(receipt("acme", 1, 0)).unwrap();
    let error = ledger.flush().unwrap_err();
    assert!(
        is_refusal(&error) && error.kind() == ErrorKind::Io,
        "{}",
        error.report()
    );
}

#[test]
fn receipts_that_cannot_be_written_wait_until_there_are_too_many() {
    let folder = folder();
    let path = folder.path().join("usage.db");
    drop(Ledger::open(&path).unwrap());
    let ledger = Ledger::read(&path).unwrap();
    let one = receipt("acme", 1, 0);
    ledger.settle(one.clone()).unwrap();
    for _ in 0..2 {
        assert_eq!(ledger.flush().unwrap_err().kind(), ErrorKind::Io);
        let standing = ledger.standing("acme", day("2026-11-01")).unwrap();
        assert_eq!(standing.rows_today, 1, "it waits on");
    }
    let error = (0..1_000_000).find_map(|_| ledger.settle(one.clone()).err());
    let error = error.unwrap();
    assert_eq!(error.kind(), ErrorKind::Overloaded);
    assert!(
        error.report().contains("cannot be written"),
        "{}",
        error.report()
    );
}

#[test]
fn amounts_that_nobody_wrote_are_damage() {
    let folder = folder();
    let path = folder.path().join("usage.db");
    let ledger = Ledger::open_with(&path, strict()).unwrap();
    ledger.settle(receipt("acme", 1, 0)).unwrap();
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection
        .execute_batch("UPDATE days SET amount = 'much'; UPDATE receipts SET amount = 'much'")
        .unwrap();
    let error = ledger.standing("acme", day("2026-11-01")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    let error = ledger.sums(&Filter::default(), &[]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt, "{}", error.report());
}

#[test]
fn exports_have_every_column_of_every_receipt() {
    let folder = folder();
    let ledger = Ledger::open(folder.path().join("usage.db")).unwrap();
    let hostile = "a \"b\", <c>; é";
    ledger.settle(receipt(hostile, 2, 25)).unwrap();
    ledger.settle(keyed("b", 1, "k")).unwrap();
    let mut bytes = Vec::new();
    assert_eq!(
        ledger.export_csv(&Filter::default(), &mut bytes).unwrap(),
        2
    );
    let mut reader = csv::Reader::from_reader(&*bytes);
    let heads = reader.headers().unwrap().clone();
    let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
    let cell = |row: usize, name: &str| {
        rows[row][heads.iter().position(|head| head == name).unwrap()].to_owned()
    };
    assert_eq!(cell(0, "tenant"), hostile);
    assert_eq!(cell(0, "at"), "2026-11-02T01:00:00.000000Z");
    assert_eq!(cell(0, "amount"), "0.200000");
    assert_eq!(
        (cell(0, "idempotency"), cell(1, "idempotency")),
        (String::new(), "k".to_owned())
    );
    let mut bytes = Vec::new();
    assert_eq!(
        ledger.export_json(&Filter::default(), &mut bytes).unwrap(),
        2
    );
    let json: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(json[0]["tenant"], hostile);
    assert_eq!(json[1]["amount"], "0.100000");
    assert_eq!(json[0].as_object().unwrap().len(), heads.len());
    let none = Filter {
        tenant: Some("c".to_owned()),
        ..Filter::default()
    };
    let mut bytes = Vec::new();
    assert_eq!(ledger.export_json(&none, &mut bytes).unwrap(), 0);
    assert_eq!(
        serde_json::from_slice::<serde_json::Value>(&bytes).unwrap(),
        serde_json::json!([])
    );
}

#[test]
fn an_invoice_is_a_page_that_runs_nobodys_code() {
    let folder = folder();
    let ledger = Ledger::open(folder.path().join("usage.db")).unwrap();
    let hostile = "<script>alert('x')</script>&\"";
    ledger.settle(receipt(hostile, 7, 0)).unwrap();
    ledger.settle(receipt(hostile, 1, 24)).unwrap();
    let invoice = ledger
        .invoice(hostile, day("2026-11-01"), day("2026-11-02"))
        .unwrap();
    assert_eq!(invoice.totals["EUR"].to_string(), "0.700000");
    let page = invoice.to_html();
    assert!(!page.contains("<script"), "{page}");
    assert!(page.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;&quot;"));
    assert!(page.contains("0.700000 EUR"));
    assert!(!page.contains("http"), "it needs nothing from elsewhere");
    let error = ledger
        .invoice("a", day("2026-11-01"), day("2026-11-01"))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Any receipts, of any tenants: the total of each invoice is the sum of the prices on its
    /// receipts, and so are its lines, its CSV, and the sums of the ledger.
    #[test]
    fn the_total_of_any_receipts_is_the_invoice(
        receipts in prop::collection::vec((0_usize..3, 0_u64..1000, 0_u64..50, any::<bool>()), 0..60),
        price in 0_u64..1_000_000_000_000,
        places in 0_u32..=12,
    ) {
        let table = PriceTable::parse(&format!(
            "schema = 1\nversion = \"7\"\ncurrency = \"EUR\"\nplaces = {places}\n[[rate]]\nname = \"a\"\n\
             tokens_in = \"3.{price:012}\"\ncompute = \"0.{price:012}\"\n[[rate]]\nname = \"b\"\n\
             model = \"other\"\nrow = \"1.{price:012}\"\nfree = {{ row = 500 }}"
        )).unwrap();
        let tenants = ["a", "b", "c"];
        let folder = folder();
        let ledger = Ledger::open(folder.path().join("usage.db")).unwrap();
        let mut expected = [Decimal::ZERO; 3];
        for (tenant, amount, hours, is_other) in receipts {
            let Entry { at, mut usage, .. } = receipt(tenants[tenant], amount, hours);
            usage.tokens = amount;
            if is_other {
                usage.model = "other".parse().unwrap();
            }
            let rate = table.rate(&usage, at).unwrap();
            let used = ledger.standing(tenants[tenant], Day::of(at)).unwrap().used(rate);
            usage.price = table.price(&usage, at, &used).unwrap();
            expected[tenant] += usage.price.as_ref().unwrap().amount;
            ledger.settle(Entry::new(at, usage, None)).unwrap();
        }
        for (tenant, expected) in tenants.into_iter().zip(expected) {
            let invoice = ledger.invoice(tenant, day("2026-11-01"), day("2026-12-01")).unwrap();
            let total = invoice.totals.get("EUR").copied().unwrap_or_default();
            prop_assert_eq!(total, expected);
            prop_assert_eq!(invoice.lines.iter().map(|line| line.amount).sum::<Decimal>(), expected);
            let text = invoice.to_csv().unwrap();
            let mut reader = csv::Reader::from_reader(text.as_bytes());
            let amounts = reader.records().map(|row| row.unwrap()[8].parse::<Decimal>().unwrap());
            prop_assert_eq!(amounts.sum::<Decimal>(), expected);
            let filter = Filter { tenant: Some(tenant.to_owned()), ..Filter::default() };
            let days = ledger.sums(&filter, &[By::Day, By::Model]).unwrap();
            prop_assert_eq!(days.iter().map(|sum| sum.amount).sum::<Decimal>(), expected);
        }
    }
}

#[test]
fn a_table_prices_what_the_ledger_keeps() {
    let at = november();
    let usage = receipt("acme", 3, 0).usage;
    let again = prices().price(&usage, at, &Volumes::default()).unwrap();
    assert_eq!(usage.price, again);
}
