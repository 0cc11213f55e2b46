//! From a call to its receipt, through a service.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use amaas_core::clock::{Day, ManualClock};
use amaas_core::runtime::fake::FakeBackend;
use amaas_core::usage::{Book, Entry, PriceTable, Quota, Quotas, Standing};
use amaas_core::{
    Call, ClassifyOptions, Error, ErrorKind, LoadSettings, Result, Route, Service, ServiceBuilder,
    Tensor,
};

use crate::prices::HEAD;
use crate::support::{World, bare, summing};

/// A world, its clock and its backend.
struct Shop {
    world: World,
    clock: Arc<ManualClock>,
    backend: FakeBackend,
}

impl Shop {
    fn new() -> Self {
        let clock = Arc::new(ManualClock::new());
        let during = Arc::clone(&clock);
        let backend = FakeBackend::new(crate::support::signature()).computing(move |inputs| {
            during.advance(Duration::from_millis(10));
            let rows = inputs[0].1.shape()[0];
            Ok(vec![Tensor::from_vec([rows, 2], vec![0_f32; rows * 2])?])
        });
        Self {
            world: World::new(),
            clock,
            backend,
        }
    }

    fn open(&self, with: impl FnOnce(ServiceBuilder) -> ServiceBuilder) -> (Service, Route) {
        let settings = bare(LoadSettings::default());
        let builder = self
            .world
            .builder(&self.backend, self.clock.clone(), settings);
        let service = with(builder).build().unwrap();
        let path = self.world.package("1.0.0", "", "");
        let route = service.load(path.to_str().unwrap()).unwrap();
        (service, route)
    }
}

fn prices(rates: &str) -> PriceTable {
    PriceTable::parse(&format!("{HEAD}{rates}")).unwrap()
}

fn by(tenant: &str) -> ClassifyOptions {
    let call = Call {
        tenant: Some(tenant.into()),
        ..Call::default()
    };
    ClassifyOptions {
        call,
        ..ClassifyOptions::default()
    }
}

fn keyed(tenant: &str, key: &str) -> ClassifyOptions {
    let mut options = by(tenant);
    options.call.idempotency = Some(key.into());
    options
}

fn quotas(quota: Quota) -> Quotas {
    Quotas::default().with("acme", quota)
}

/// What a call of `acme` ends with.
fn refused(route: &Route) -> Error {
    route.classify_with(&["a"], &by("acme")).unwrap_err()
}

/// A book in memory, which may be broken.
#[derive(Debug, Clone, Default)]
struct Notebook(Arc<Mutex<Vec<Entry>>>, Arc<Mutex<bool>>);

impl Book for Notebook {
    fn settle(&self, entry: Entry) -> Result<bool> {
        if *self.1.lock().unwrap() {
            return Err(Error::new(ErrorKind::Io, "the pages are wet"));
        }
        let mut entries = self.0.lock().unwrap();
        let is_new = entry.idempotency.is_none()
            || !entries.iter().any(|other| {
                (other.tenant(), &other.idempotency) == (entry.tenant(), &entry.idempotency)
            });
        if is_new {
            entries.push(entry);
        }
        Ok(is_new)
    }

    /// It has a bad memory: what was charged shows only when it is written down.
    fn knows(&self, _tenant: &str, _key: &str) -> Result<bool> {
        Ok(false)
    }

    fn standing(&self, tenant: &str, day: Day) -> Result<Standing> {
        let entries = self.0.lock().unwrap();
        let mut standing = Standing::default();
        let month = entries
            .iter()
            .filter(|entry| Day::of(entry.at).month() == day.month());
        for entry in month.filter(|entry| entry.tenant() == tenant) {
            standing.add(&entry.usage);
        }
        Ok(standing)
    }
}

#[test]
fn a_receipt_says_for_whom_what_and_how_much() {
    let shop = Shop::new();
    let (_service, route) = shop.open(|builder| {
        builder.prices(prices(
            "[[rate]]\nname = \"words\"\nrequest = \"1\"\ntokens_in = \"1\"\ncompute = \"1\"",
        ))
    });
    let usage = route
        .classify_with(&["a b", "c"], &by("acme"))
        .unwrap()
        .usage;
    assert_eq!(usage.tenant.as_deref(), Some("acme"));
    assert_eq!(
        (usage.task, usage.requests),
        (Some("text-classification"), 1)
    );
    assert_eq!((usage.rows, usage.tokens, usage.tokens_out), (2, 3, 0));
    assert_eq!((usage.bytes_in, usage.bytes_out), (4, 16));
    assert_eq!(&*usage.placement, "FakeExecutionProvider");
    assert_eq!(usage.computed, Duration::from_millis(10));
    let price = usage.price.unwrap();
    assert_eq!(price.to_string(), "1.013000 EUR");
    assert_eq!((&*price.terms.rate, &*price.terms.table), ("words", "7"));
    let ids = Tensor::from_vec([2, 1], vec![1_i64, 2]).unwrap();
    let outputs = route.run(&[("input_ids", &ids)]).unwrap();
    let usage = outputs.usage();
    assert_eq!((usage.tenant.as_deref(), usage.task), (None, None));
    assert_eq!((usage.bytes_in, usage.bytes_out), (16, 16));
    assert_eq!(usage.price.as_ref().unwrap().amount.to_string(), "1.010000");
}

#[test]
fn without_prices_a_receipt_has_none() {
    let world = World::new();
    let service = world.service(&summing());
    let route = service
        .load(world.package("1.0.0", "", "").to_str().unwrap())
        .unwrap();
    let usage = route.classify_with(&["a"], &by("acme")).unwrap().usage;
    assert_eq!((usage.tenant.as_deref(), usage.price), (Some("acme"), None));
    assert_eq!(service.standing(Some("acme")).unwrap(), Standing::default());
}

#[test]
fn a_listener_hears_of_each_receipt_and_may_panic() {
    let (shop, heard) = (Shop::new(), Arc::new(Mutex::new(Vec::new())));
    let ears = Arc::clone(&heard);
    let (_service, route) = shop.open(|builder| {
        let builder = builder.prices(prices("[[rate]]\nname = \"a\"\nrequest = \"2\""));
        builder.on_receipt(move |usage| {
            ears.lock().unwrap().push(usage.clone());
            assert!(usage.tenant.as_deref() != Some("bad"), "a listener");
        })
    });
    let first = route.classify_with(&["a"], &by("acme")).unwrap().usage;
    let ticket = route.submit_classify(vec!["a"], &by("bad"));
    let second = ticket.wait().unwrap().usage;
    refused_tensor(&route);
    let third = route.keep_for("acme").unwrap().settle().unwrap();
    let heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
    assert_eq!(heard[..3], [first, second, third]);
    assert_eq!(heard.len(), 4, "the tenancy settled once more when it went");
}

/// A request that has no receipt.
fn refused_tensor(route: &Route) {
    let error = route.run(&[("other", &Tensor::from_vec([1], vec![1_i64]).unwrap())]);
    assert_eq!(error.unwrap_err().kind(), ErrorKind::InvalidArgument);
}

#[test]
fn a_tenant_that_cannot_be_written_down_is_refused() {
    let shop = Shop::new();
    // With something to charge, and without.
    let (_metered, route) = shop.open(|builder| builder.quotas(Quotas::default()));
    refuse_hostile_names(&route);
    let (_plain, route) = shop.open(|builder| builder);
    refuse_hostile_names(&route);
}

fn refuse_hostile_names(route: &Route) {
    let long = "x".repeat(129);
    for hostile in ["", " a", "a\n", "a\u{0}b", "\u{1b}[31m", &long] {
        for options in [by(hostile), keyed("acme", hostile)] {
            let error = route.classify_with(&["a"], &options).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument);
            assert!(
                hostile.len() < 3 || !error.report().contains(hostile),
                "{error}"
            );
        }
        assert_eq!(
            route.keep_for(hostile).unwrap_err().kind(),
            ErrorKind::InvalidArgument
        );
    }
}

#[test]
fn one_key_is_charged_once_for_each_tenant() {
    let (shop, book) = (Shop::new(), Notebook::default());
    let (service, route) = shop.open(|builder| {
        let prices = prices("[[rate]]\nname = \"a\"\nrequest = \"2\"");
        builder.prices(prices).ledger(book.clone())
    });
    let amount = |options: &ClassifyOptions| {
        let usage = route.classify_with(&["a"], options).unwrap().usage;
        (usage.price.unwrap().amount.to_string(), usage.repeated)
    };
    assert_eq!(amount(&keyed("acme", "k")), ("2.000000".to_owned(), false));
    assert_eq!(amount(&keyed("acme", "k")), ("0".to_owned(), true));
    assert_eq!(amount(&keyed("other", "k")), ("2.000000".to_owned(), false));
    assert_eq!(amount(&by("acme")), ("2.000000".to_owned(), false));
    assert_eq!(book.0.lock().unwrap().len(), 3);
    let spent = service.standing(Some("acme")).unwrap().spent_this_month;
    assert_eq!(spent.to_string(), "4.000000");
}

#[test]
fn what_cannot_be_entered_is_not_answered() {
    let (shop, book) = (Shop::new(), Notebook::default());
    let (_service, route) = shop.open(|builder| builder.ledger(book.clone()));
    *book.1.lock().unwrap() = true;
    assert_eq!(refused(&route).kind(), ErrorKind::Io);
    let ticket = route.submit_classify(vec!["a"], &by("acme"));
    assert_eq!(ticket.wait().unwrap_err().kind(), ErrorKind::Io);
    *book.1.lock().unwrap() = false;
    route
        .submit_classify(vec!["a"], &by("acme"))
        .wait()
        .unwrap();
    assert_eq!(book.0.lock().unwrap().len(), 1);
    assert_eq!(route.usage().failures, 2);
}

#[test]
fn failed_and_cancelled_work_costs_nothing() {
    let shop = Shop::new();
    let (service, route) = shop.open(|builder| {
        let prices = prices("[[rate]]\nname = \"a\"\nrequest = \"2\"");
        let quota = Quota {
            in_flight: Some(1),
            ..Quota::default()
        };
        builder.prices(prices).quotas(quotas(quota))
    });
    shop.backend
        .fail_next_run(Error::new(ErrorKind::InferenceFailed, "no"));
    assert_eq!(refused(&route).kind(), ErrorKind::InferenceFailed);
    let gate = shop.backend.hold();
    let ticket = route.submit_classify(vec!["a"], &by("acme"));
    shop.backend.wait_for_held(1);
    assert_eq!(refused(&route).kind(), ErrorKind::QuotaExceeded);
    ticket.cancel();
    assert_eq!(ticket.wait().unwrap_err().kind(), ErrorKind::Cancelled);
    drop(gate);
    assert_eq!(service.standing(Some("acme")).unwrap(), Standing::default());
    // The place of the cancelled one comes back when its thread has put it down.
    while route.classify_with(&["a"], &by("acme")).is_err() {
        std::thread::yield_now();
    }
    assert_eq!(
        service
            .standing(Some("acme"))
            .unwrap()
            .spent_today
            .to_string(),
        "2.000000"
    );
}

#[test]
fn requests_a_second_come_back_with_time_and_only_for_their_tenant() {
    let shop = Shop::new();
    let quota = Quota {
        requests_per_second: Some(2.0),
        ..Quota::default()
    };
    let (_service, route) = shop.open(|builder| builder.quotas(quotas(quota)));
    for _ in 0..2 {
        route.classify_with(&["a"], &by("acme")).unwrap();
    }
    let error = refused(&route);
    assert_eq!(error.kind(), ErrorKind::QuotaExceeded);
    assert!(error.is_retryable());
    route.classify_with(&["a"], &by("other")).unwrap();
    let reset = refused(&route).retry_after().unwrap();
    assert!(reset <= Duration::from_millis(500), "{reset:?}");
    shop.clock.advance(reset);
    route.classify_with(&["a"], &by("acme")).unwrap();
    assert_eq!(refused(&route).kind(), ErrorKind::QuotaExceeded);
}

#[test]
fn tokens_may_be_overdrawn_once_and_are_paid_back() {
    let shop = Shop::new();
    let quota = Quota {
        tokens_per_second: Some(4.0),
        ..Quota::default()
    };
    let (_service, route) = shop.open(|builder| builder.quotas(quotas(quota)));
    let many = ["a b c", "a b c", "a b c"];
    route.classify_with(&many, &by("acme")).unwrap();
    let reset = refused(&route).retry_after().unwrap();
    assert!(
        reset > Duration::from_secs(1),
        "9 of 4 were taken: {reset:?}"
    );
    shop.clock.advance(reset);
    route.classify_with(&["a"], &by("acme")).unwrap();
}

#[test]
fn a_quota_of_nothing_lets_nothing_through() {
    for quota in [
        Quota {
            requests_per_second: Some(0.0),
            ..Quota::default()
        },
        Quota {
            tokens_per_second: Some(-1.0),
            ..Quota::default()
        },
        Quota {
            in_flight: Some(0),
            ..Quota::default()
        },
        Quota {
            rows_per_day: Some(0),
            ..Quota::default()
        },
    ] {
        let shop = Shop::new();
        let (_service, route) = shop.open(|builder| builder.quotas(quotas(quota.clone())));
        assert_eq!(
            refused(&route).kind(),
            ErrorKind::QuotaExceeded,
            "{quota:?}"
        );
    }
}

#[test]
fn budgets_and_rows_come_back_with_the_day_and_the_month() {
    let day = Duration::from_secs(86_400);
    let shop = Shop::new();
    let (service, route) = shop.open(|builder| {
        let quota = Quota {
            money_per_day: Some("4".parse().unwrap()),
            money_per_month: Some("6".parse().unwrap()),
            rows_per_day: Some(9),
            ..Quota::default()
        };
        builder
            .prices(prices("[[rate]]\nname = \"a\"\nrequest = \"2\""))
            .quotas(quotas(quota))
    });
    let pay = || route.classify_with(&["a"], &by("acme")).unwrap();
    (0..2).for_each(|_| drop(pay()));
    let error = refused(&route);
    assert_eq!(error.kind(), ErrorKind::BudgetExhausted);
    assert!(!error.is_retryable());
    assert!(error.message().contains("a day"), "{error}");
    let reset = error.retry_after().unwrap();
    assert!(reset < day, "{reset:?}");
    shop.clock.advance(reset);
    pay();
    let error = refused(&route);
    assert!(error.message().contains("a month"), "{error}");
    assert_eq!(
        service
            .standing(Some("acme"))
            .unwrap()
            .spent_this_month
            .to_string(),
        "6.000000"
    );
    shop.clock.advance(error.retry_after().unwrap());
    pay();
    // Nothing more is spent, but nine rows a day are nine rows a day.
    shop.clock.advance(day);
    route.classify_with(&["a"; 9], &by("acme")).unwrap();
    let error = refused(&route);
    assert_eq!(error.kind(), ErrorKind::QuotaExceeded);
    assert!(error.message().contains("rows a day"), "{error}");
}

#[test]
fn what_is_under_way_is_held_against_the_budget() {
    let shop = Shop::new();
    let (_service, route) = shop.open(|builder| {
        let quota = Quota {
            money_per_day: Some("10".parse().unwrap()),
            ..Quota::default()
        };
        builder
            .prices(prices("[[rate]]\nname = \"a\"\nrequest = \"2\""))
            .quotas(quotas(quota))
    });
    for _ in 0..3 {
        route.classify_with(&["a"], &by("acme")).unwrap();
    }
    let gate = shop.backend.hold();
    let mut tickets = Vec::new();
    let refusal = loop {
        let ticket = route.submit_classify(vec!["a"], &by("acme"));
        if ticket.is_done() {
            break ticket.wait().unwrap_err();
        }
        tickets.push(ticket);
    };
    assert_eq!(refusal.kind(), ErrorKind::BudgetExhausted);
    assert!(tickets.len() < 6, "{} were let in for 4", tickets.len());
    drop(gate);
    tickets
        .iter()
        .for_each(|ticket| drop(ticket.wait().unwrap()));
}

#[test]
fn sums_are_taken_up_again_from_the_book() {
    let (shop, book) = (Shop::new(), Notebook::default());
    let rate = "[[rate]]\nname = \"a\"\nrequest = \"2\"\nfree = { request = 2 }";
    let amounts = |count: usize| -> Vec<String> {
        let (_service, route) =
            shop.open(|builder| builder.prices(prices(rate)).ledger(book.clone()));
        let pay = |_| route.classify_with(&["a"], &by("acme")).unwrap().usage;
        (0..count)
            .map(pay)
            .map(|usage| usage.price.unwrap().amount.to_string())
            .collect()
    };
    assert_eq!(amounts(1), ["0.000000"]);
    assert_eq!(
        amounts(2),
        ["0.000000", "2.000000"],
        "another service knows of the first"
    );
}

#[test]
fn time_that_a_version_is_kept_loaded_is_charged_to_its_tenant() {
    let (shop, book) = (Shop::new(), Notebook::default());
    let (service, route) = shop.open(|builder| {
        builder
            .prices(prices("[[rate]]\nname = \"a\"\nloaded = \"0.01\""))
            .ledger(book.clone())
    });
    let tenancy = route.keep_for("acme").unwrap();
    shop.clock.advance(Duration::from_secs(100));
    let usage = tenancy.settle().unwrap();
    assert_eq!(
        (usage.requests, usage.loaded),
        (0, Duration::from_secs(100))
    );
    assert_eq!(usage.price.unwrap().amount.to_string(), "1.000000");
    shop.clock.advance(Duration::from_secs(50));
    *book.1.lock().unwrap() = true;
    assert_eq!(tenancy.settle().unwrap_err().kind(), ErrorKind::Io);
    *book.1.lock().unwrap() = false;
    drop(tenancy);
    assert_eq!(
        service
            .standing(Some("acme"))
            .unwrap()
            .spent_today
            .to_string(),
        "1.500000"
    );
    assert_eq!(book.0.lock().unwrap().len(), 2);
    assert_eq!(route.usage().requests, 0);
}

#[test]
fn tenants_on_many_threads_are_counted_apart_and_in_full() {
    let (shop, book) = (Shop::new(), Notebook::default());
    let (service, route) = shop.open(|builder| {
        builder
            .prices(prices("[[rate]]\nname = \"a\"\nrow = \"0.1\""))
            .ledger(book.clone())
    });
    let tenants = ["a", "b", "c", "d"];
    std::thread::scope(|scope| {
        for tenant in tenants {
            let route = &route;
            scope.spawn(move || {
                for _ in 0..50 {
                    route.classify_with(&["a", "b"], &by(tenant)).unwrap();
                }
            });
        }
    });
    for tenant in tenants {
        let standing = service.standing(Some(tenant)).unwrap();
        assert_eq!(standing.spent_today.to_string(), "10.000000");
        assert_eq!(standing.rows_today, 100);
    }
    assert_eq!(book.0.lock().unwrap().len(), 200);
}

/// Counts how it is asked, and says that its disk is busy.
#[derive(Debug, Clone, Default)]
struct Busy(Arc<Mutex<[usize; 2]>>);

impl Busy {
    fn asked(&self) -> [usize; 2] {
        *self.0.lock().unwrap()
    }
}

impl Book for Busy {
    fn settle(&self, _: Entry) -> Result<bool> {
        Ok(true)
    }

    fn knows(&self, _: &str, _: &str) -> Result<bool> {
        Ok(false)
    }

    fn standing(&self, _: &str, _: Day) -> Result<Standing> {
        self.0.lock().unwrap()[0] += 1;
        Ok(Standing::default())
    }

    fn standing_soon(&self, _: &str, _: Day) -> Result<Option<Standing>> {
        self.0.lock().unwrap()[1] += 1;
        Ok(None)
    }
}

#[test]
fn a_tenant_waits_for_no_disk_once_it_is_known() {
    let (shop, book) = (Shop::new(), Busy::default());
    let quota = Quota {
        rows_per_day: Some(3),
        ..Quota::default()
    };
    let (_service, route) = shop.open(|builder| builder.quotas(quotas(quota)).ledger(book.clone()));
    route.classify_with(&["a"], &by("acme")).unwrap();
    assert_eq!(book.asked(), [1, 0]);
    shop.clock.advance(Duration::from_secs(2));
    // What it used stays known, though the book cannot say it now; the next request asks again.
    route.classify_with(&["a", "b"], &by("acme")).unwrap();
    assert_eq!(refused(&route).kind(), ErrorKind::QuotaExceeded);
    let [waited, soon] = book.asked();
    assert!(waited == 1 && soon >= 2, "{waited} {soon}");
    shop.clock.advance(Duration::from_secs(86_400));
    route.classify_with(&["a"], &by("acme")).unwrap();
    assert_eq!(
        book.asked()[0],
        2,
        "a new day begins with what is in the book"
    );
}

#[test]
fn tenants_that_are_gone_are_forgotten() {
    let (shop, book) = (Shop::new(), Busy::default());
    let (service, _route) = shop.open(|builder| builder.ledger(book.clone()));
    let ask = |number: usize| drop(service.standing(Some(&format!("t{number}"))).unwrap());
    let many = 2_000;
    (0..many).for_each(ask);
    assert_eq!(book.asked()[0], many, "each is asked for once");
    (0..many).for_each(ask);
    assert_eq!(book.asked()[0], many, "all of them are known");
    shop.clock.advance(Duration::from_secs(7_200));
    ask(0);
    (many..2 * many).for_each(ask); // on the way room is made
    let before = book.asked()[0];
    ask(0);
    assert_eq!(book.asked()[0], before, "who came lately is known");
    ask(1);
    assert_eq!(book.asked()[0], before + 1, "who did not is asked for anew");
}
