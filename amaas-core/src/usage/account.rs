//! A tenant's account: what it used, what is held for requests under way, and whether one more may
//! come.
//!
//! A request is reserved before and settled after. One that fails or is cancelled counts as a
//! request of its second, and costs nothing else.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use rust_decimal::Decimal;

use super::quota::Bucket;
use super::{Book, Entry, PriceTable, Quota, Standing, Usage};
use crate::clock::Day;
use crate::{Error, ErrorKind, Result};

/// After so long it is asked again what other processes entered.
const STALE: Duration = Duration::from_secs(1);
/// After so long without a request an account may be forgotten.
const OLD: Duration = Duration::from_secs(3600);
/// The weight of the newest request in what the next is held to take.
const NEWEST: f64 = 0.2;

/// One tenant.
#[derive(Debug)]
pub(super) struct Account {
    tenant: Arc<str>,
    quota: Quota,
    requests: Option<Bucket>,
    tokens: Option<Bucket>,
    /// Money a day and a month.
    budgets: [Option<Budget>; 2],
    in_flight: u64,
    expected: Expected,
    day: Day,
    standing: Standing,
    read: Option<Instant>,
    /// When somebody last asked.
    seen: Instant,
}

/// Money that may be spent.
#[derive(Debug, Clone, Copy)]
struct Budget {
    /// As its author wrote it.
    said: Decimal,
    /// The same, with the places of what is spent: alike, two amounts are compared at once.
    most: Decimal,
}

impl Budget {
    fn new(said: Decimal, prices: Option<&PriceTable>) -> Self {
        let mut most = said;
        most.rescale(prices.map_or(0, PriceTable::places).max(said.scale()));
        Self { said, most }
    }
}

/// What a request is held to take until it has ended.
#[derive(Debug, Default)]
struct Expected {
    tokens: f64,
    rows: f64,
    /// In the last of so many places, as all prices of a table have them. An estimate, so that binary
    /// digits do; what is charged never passes here.
    money: f64,
    places: u32,
}

/// By what a receipt is priced and where it is entered.
pub(super) struct Desk<'a> {
    pub(super) prices: Option<&'a PriceTable>,
    pub(super) book: Option<&'a dyn Book>,
    pub(super) at: SystemTime,
    /// That of `at`.
    pub(super) day: Day,
    pub(super) now: Instant,
}

impl Account {
    pub(super) fn open(tenant: Arc<str>, quota: Quota, desk: &Desk<'_>) -> Self {
        let bucket = |rate: Option<f64>| rate.map(|rate| Bucket::new(rate, desk.now));
        let budgets = [quota.money_per_day, quota.money_per_month];
        Self {
            tenant,
            budgets: budgets.map(|budget| Some(Budget::new(budget?, desk.prices))),
            requests: bucket(quota.requests_per_second),
            tokens: bucket(quota.tokens_per_second),
            quota,
            in_flight: 0,
            expected: Expected::default(),
            day: desk.day,
            standing: Standing::default(),
            read: None,
            seen: desk.now,
        }
    }

    /// Holds a place for one request.
    pub(super) fn reserve(&mut self, desk: &Desk<'_>) -> Result<()> {
        self.refresh(desk)?;
        self.check_in_flight()?;
        self.check_rows(desk.at)?;
        self.check_money(desk.at)?;
        let held = self.expected.tokens * self.in_flight as f64;
        if let Some(tokens) = &mut self.tokens {
            let has = tokens.has(held.max(f64::MIN_POSITIVE), desk.now);
            has.map_err(|wait| exceeded("tokens a second", &self.quota.tokens_per_second, wait))?;
        }
        if let Some(requests) = &mut self.requests {
            let has = requests.has(1.0, desk.now);
            has.map_err(|wait| {
                exceeded("requests a second", &self.quota.requests_per_second, wait)
            })?;
            requests.take(1.0);
        }
        self.in_flight += 1;
        Ok(())
    }

    /// Gives a place back, whatever became of the request.
    pub(super) fn release(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
    }

    /// Prices a receipt and enters it.
    pub(super) fn settle(
        &mut self,
        usage: &mut Usage,
        idempotency: Option<&Arc<str>>,
        desk: &Desk<'_>,
    ) -> Result<()> {
        self.refresh(desk)?;
        if let (Some(book), Some(key)) = (desk.book, idempotency) {
            usage.repeated = book.knows(&self.tenant, key)?;
        }
        if let Some(prices) = desk.prices
            && let Some(rate) = prices.find(usage, desk.day)
        {
            let used = self.standing.used(rate.name());
            usage.price = Some(rate.price(usage, &used)?);
        }
        if let Some(book) = desk.book.filter(|_| !usage.repeated) {
            let entry = Entry::new(desk.at, usage.clone(), idempotency.cloned());
            usage.repeated = !book.settle(entry)?;
        }
        self.learn(usage);
        if usage.repeated {
            let nothing = usage.price.iter_mut();
            nothing.for_each(|price| price.amount = Decimal::ZERO);
        } else {
            self.standing.add(usage);
        }
        Ok(())
    }

    /// Whether a request may go on that has used so much, `new` tokens of it since it was asked last.
    #[cfg(feature = "generation")]
    pub(super) fn go_on(&mut self, usage: &Usage, new: u64, desk: &Desk<'_>) -> Result<()> {
        self.refresh(desk)?;
        if let Some(tokens) = &mut self.tokens {
            let has = tokens.has(f64::MIN_POSITIVE, desk.now);
            tokens.take(new as f64);
            has.map_err(|wait| exceeded("tokens a second", &self.quota.tokens_per_second, wait))?;
        }
        match desk.prices.and_then(|prices| prices.find(usage, desk.day)) {
            None => Ok(()),
            Some(rate) => {
                let price = rate.price(usage, &self.standing.used(rate.name()))?;
                self.check_spent(price.amount, desk.at)
            }
        }
    }

    /// Gives tokens back that a request took on its way, before all of them are taken at its end.
    pub(super) fn give_back(&mut self, tokens: u64) {
        if let Some(bucket) = &mut self.tokens {
            bucket.take(-(tokens as f64));
        }
    }

    /// What it used so far.
    pub(super) fn standing(&mut self, desk: &Desk<'_>) -> Result<Standing> {
        self.refresh(desk)?;
        Ok(self.standing.clone())
    }

    /// Takes the tokens, and remembers what a request takes.
    fn learn(&mut self, usage: &Usage) {
        let tokens = usage.tokens.saturating_add(usage.tokens_out) as f64;
        if let Some(bucket) = &mut self.tokens {
            bucket.take(tokens);
        }
        let expected = &mut self.expected;
        expected.tokens += NEWEST * (tokens - expected.tokens);
        expected.rows += NEWEST * (usage.rows as f64 - expected.rows);
        if let Some(price) = &usage.price {
            // Small amounts need no 128 bits, which a processor converts in software.
            let digits = price.amount.mantissa();
            let digits =
                i64::try_from(digits).map_or_else(|_| digits as f64, |digits| digits as f64);
            expected.money += NEWEST * (digits - expected.money);
            expected.places = price.amount.scale();
        }
    }

    /// Begins a new day or month, and asks what others entered.
    fn refresh(&mut self, desk: &Desk<'_>) -> Result<()> {
        let today = desk.day;
        let is_new = today != self.day;
        if is_new {
            self.standing.begin(today.month() != self.day.month());
            self.day = today;
        }
        self.seen = desk.now;
        let Some(book) = desk.book else { return Ok(()) };
        let found = match self.read {
            Some(read) if desk.now.saturating_duration_since(read) < STALE && !is_new => None,
            // What this process entered is known: what others did may come a little later.
            Some(_) if !is_new => book.standing_soon(&self.tenant, today)?,
            _ => Some(book.standing(&self.tenant, today)?),
        };
        if let Some(standing) = found {
            self.standing = standing;
            self.read = Some(desk.now);
        }
        Ok(())
    }

    /// Whether a new account would say the same: nobody asked for long, nothing is held or owed, and
    /// what was used stands in the book, if anywhere.
    pub(super) fn is_forgettable(&mut self, desk: &Desk<'_>) -> bool {
        let is_old = desk.now.saturating_duration_since(self.seen) >= OLD;
        let is_kept = desk.book.is_some() || self.standing == Standing::default();
        let buckets = [&mut self.requests, &mut self.tokens].into_iter().flatten();
        let mut full = buckets.map(|bucket| bucket.has(f64::MAX, desk.now).is_ok());
        is_old && is_kept && self.in_flight == 0 && full.all(|is_full| is_full)
    }

    fn check_in_flight(&self) -> Result<()> {
        match self.quota.in_flight {
            Some(most) if self.in_flight >= most => {
                let message = format!("`{most}` requests of the tenant are under way already");
                Err(Error::new(ErrorKind::QuotaExceeded, message)
                    .advise("wait for one of them to end, or raise the quota"))
            }
            _ => Ok(()),
        }
    }

    fn check_rows(&self, at: SystemTime) -> Result<()> {
        let held = (self.expected.rows * self.in_flight as f64) as u64;
        match self.quota.rows_per_day {
            Some(most) if self.standing.rows_today.saturating_add(held) >= most => Err(exceeded(
                "rows a day",
                &Some(most),
                until(self.day.next(), at),
            )),
            _ => Ok(()),
        }
    }

    fn check_money(&self, at: SystemTime) -> Result<()> {
        let held = match self.in_flight {
            0 => Decimal::ZERO,
            others => {
                let digits = (self.expected.money * others as f64) as i128;
                let held = Decimal::try_from_i128_with_scale(digits, self.expected.places);
                held.unwrap_or(Decimal::MAX)
            }
        };
        self.check_spent(held, at)
    }

    fn check_spent(&self, held: Decimal, at: SystemTime) -> Result<()> {
        let is_spent = |budget: Option<Budget>, spent: Decimal| {
            let with_held = || match held.is_zero() {
                true => spent,
                false => spent.saturating_add(held),
            };
            budget.filter(|budget| with_held() >= budget.most)
        };
        let standing = &self.standing;
        let day = is_spent(self.budgets[0], standing.spent_today);
        let month = is_spent(self.budgets[1], standing.spent_this_month);
        match (day, month) {
            (_, Some(budget)) => Err(exhausted(
                "month",
                budget.said,
                until(self.day.next_month(), at),
            )),
            (Some(budget), None) => Err(exhausted("day", budget.said, until(self.day.next(), at))),
            (None, None) => Ok(()),
        }
    }
}

fn until(day: Day, at: SystemTime) -> Duration {
    day.begins().duration_since(at).unwrap_or_default()
}

fn exceeded<T: std::fmt::Display>(what: &str, most: &Option<T>, wait: Duration) -> Error {
    let most = most.as_ref().map_or_else(String::new, T::to_string);
    let message = format!("the tenant may use `{most}` {what}");
    Error::new(ErrorKind::QuotaExceeded, message)
        .retry_in(wait)
        .advise("retry after that time, or raise the quota")
}

fn exhausted(period: &str, budget: Decimal, wait: Duration) -> Error {
    let message = format!("the tenant's budget of `{budget}` a {period} is spent");
    Error::new(ErrorKind::BudgetExhausted, message)
        .retry_in(wait)
        .advise(format!("raise the budget, or wait for the next {period}"))
}
