//! A price table as its author writes it, in TOML.
//!
//! The same rules stand as a JSON Schema in `docs/prices.schema.json`, and a test holds the two
//! together. Money is text, for a number of TOML is a binary fraction.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use rust_decimal::Decimal;
use semver::VersionReq;
use serde::{Deserialize, Deserializer, de};
use toml::Spanned;

use super::Inner;
use super::rate::{Band, Rate};
use crate::clock::Day;
use crate::model::ModelName;
use crate::usage::{Rounding, Unit, tenant};
use crate::{Error, ErrorKind, Result};

/// The format this build reads.
const SCHEMA: u32 = 1;
/// A table may not be larger.
const MAX_BYTES: usize = 1 << 20;
/// The most digits of a price before and behind the point.
const DIGITS: (usize, usize) = (9, 12);
/// The most that an allowance or a tier may say.
const MAX_AMOUNT: u64 = 1_000_000_000;
/// What the table rounds to when it says nothing.
const PLACES: u32 = 6;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    schema: Spanned<u32>,
    version: Spanned<String>,
    currency: Spanned<String>,
    places: Option<Spanned<u32>>,
    #[serde(default)]
    rounding: Rounding,
    #[serde(default)]
    rate: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: Spanned<Text<ModelName>>,
    tenant: Option<Spanned<String>>,
    model: Option<Text<ModelName>>,
    versions: Option<Text<VersionReq>>,
    from: Option<Text<Day>>,
    until: Option<Text<Day>>,
    minimum: Option<Money>,
    request: Option<Money>,
    row: Option<Money>,
    tokens_in: Option<Money>,
    tokens_out: Option<Money>,
    compute: Option<Money>,
    loaded: Option<Money>,
    #[serde(default)]
    free: BTreeMap<UnitName, Spanned<u64>>,
    #[serde(default)]
    tier: Vec<Tier>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tier {
    unit: Spanned<UnitName>,
    above: Spanned<u64>,
    price: Money,
}

/// Text that says a `T`.
#[derive(Debug)]
struct Text<T>(T);

impl<'de, T: FromStr<Err: std::fmt::Display>> Deserialize<'de> for Text<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map(Self).map_err(de::Error::custom)
    }
}

/// An amount that is not negative.
#[derive(Debug, Clone, Copy)]
struct Money(Decimal);

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, "0"));
        let within = |digits: &str, most: usize| {
            (1..=most).contains(&digits.len()) && digits.bytes().all(|c| c.is_ascii_digit())
        };
        let is_money = within(whole, DIGITS.0) && within(fraction, DIGITS.1);
        let money = text.parse().ok().filter(|_| is_money);
        money.map(Self).ok_or_else(|| {
            de::Error::custom("an amount is digits and at most one point, in quotes, as \"0.02\"")
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct UnitName(Unit);

impl<'de> Deserialize<'de> for UnitName {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let found = Unit::ALL.into_iter().find(|unit| unit.name() == text);
        let names = || Unit::ALL.map(Unit::name).join("`, `");
        found
            .map(Self)
            .ok_or_else(|| de::Error::custom(format!("a unit is one of `{}`", names())))
    }
}

/// What is wrong, and where.
struct Fault(String, usize);

type Checked<T> = std::result::Result<T, Fault>;

fn fault<T, U>(at: &Spanned<U>, message: impl Into<String>) -> Checked<T> {
    Err(Fault(message.into(), at.span().start))
}

pub(super) fn parse(text: &str) -> Result<Inner> {
    if text.len() > MAX_BYTES {
        let message = format!("the price table has `{}` bytes", text.len());
        return Err(Error::new(ErrorKind::InvalidArgument, message).advise("keep it under 1 MiB"));
    }
    let table: Table = toml::from_str(text).map_err(|cause| {
        let at = cause.span().map_or(0, |span| span.start);
        refuse(text, Fault(cause.message().to_owned(), at))
    })?;
    table.check().map_err(|fault| refuse(text, fault))
}

fn refuse(text: &str, Fault(message, at): Fault) -> Error {
    let before = &text.as_bytes()[..at.min(text.len())];
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let message = format!("the price table cannot be used: {message}");
    Error::new(ErrorKind::InvalidArgument, message)
        .with("line", line)
        .advise("see docs/metering.md for every key")
}

impl Table {
    fn check(self) -> Checked<Inner> {
        if *self.schema.get_ref() != SCHEMA {
            return fault(&self.schema, "this version of amaas reads schema 1");
        }
        let version = self.version.get_ref();
        if !tenant::is_word(version) {
            return fault(
                &self.version,
                "`version` is 1 to 128 characters that can be printed",
            );
        }
        let currency = self.currency.get_ref();
        if currency.len() != 3 || !currency.bytes().all(|c| c.is_ascii_uppercase()) {
            return fault(
                &self.currency,
                "`currency` is three capital letters, as `EUR`",
            );
        }
        let places = self
            .places
            .as_ref()
            .map_or(PLACES, |places| *places.get_ref());
        if let Some(places) = self.places.filter(|places| *places.get_ref() > 12) {
            return fault(&places, "`places` is at most 12");
        }
        let (version, currency) = (version.as_str().into(), currency.as_str().into());
        let mut names = BTreeSet::new();
        for entry in &self.rate {
            if !names.insert(entry.name.get_ref().0.as_str()) {
                let name = &entry.name.get_ref().0;
                return fault(&entry.name, format!("two rates are called `{name}`"));
            }
        }
        let rates = self.rate.into_iter().map(Entry::check);
        Ok(Inner {
            version,
            currency,
            places,
            rounding: self.rounding,
            rates: rates.collect::<Checked<_>>()?,
        })
    }
}

impl Entry {
    fn check(self) -> Checked<Rate> {
        let days = (self.from.as_ref(), self.until.as_ref());
        if matches!(days, (Some(from), Some(until)) if from.0 >= until.0) {
            return fault(
                &self.name,
                "`until` is the day after its last, and comes after `from`",
            );
        }
        if let Some(tenant) = self
            .tenant
            .as_ref()
            .filter(|name| !tenant::is_word(name.get_ref()))
        {
            return fault(
                tenant,
                "`tenant` is 1 to 128 characters that can be printed",
            );
        }
        let units = self.units()?;
        if units.is_empty() {
            return fault(
                &self.name,
                "the rate has no price; set one to \"0\" if it is free",
            );
        }
        Ok(Rate {
            name: self.name.get_ref().0.as_str().into(),
            tenant: self.tenant.map(|tenant| tenant.into_inner().into()),
            model: self.model.map(|model| model.0),
            versions: self.versions.map(|versions| versions.0),
            from: self.from.map(|day| day.0),
            until: self.until.map(|day| day.0),
            minimum: self.minimum.map_or(Decimal::ZERO, |minimum| minimum.0),
            units,
        })
    }

    fn price(&self, unit: Unit) -> Option<Money> {
        match unit {
            Unit::Request => self.request,
            Unit::Row => self.row,
            Unit::TokensIn => self.tokens_in,
            Unit::TokensOut => self.tokens_out,
            Unit::Compute => self.compute,
            Unit::Loaded => self.loaded,
        }
    }

    fn units(&self) -> Checked<Vec<(Unit, Vec<Band>)>> {
        let unpriced = |unit: &UnitName| self.price(unit.0).is_none();
        let message = |unit: Unit| format!("`{}` has no price of its own", unit.name());
        if let Some((unit, at)) = self.free.iter().find(|(unit, _)| unpriced(unit)) {
            return fault(at, message(unit.0));
        }
        if let Some(tier) = self.tier.iter().find(|tier| unpriced(tier.unit.get_ref())) {
            return fault(&tier.unit, message(tier.unit.get_ref().0));
        }
        let priced = Unit::ALL.into_iter();
        let priced = priced.filter_map(|unit| Some((unit, self.price(unit)?)));
        priced
            .map(|(unit, price)| Ok((unit, self.bands(unit, price)?)))
            .collect()
    }

    /// What is free, the price, and the tiers, in ascending order.
    fn bands(&self, unit: Unit, Money(price): Money) -> Checked<Vec<Band>> {
        let mut bands = vec![Band { above: 0, price }];
        if let Some(free) = self.free.get(&UnitName(unit)) {
            bands[0].price = Decimal::ZERO;
            let above = parts(unit, free)?;
            bands.push(Band { above, price });
        }
        for tier in self
            .tier
            .iter()
            .filter(|tier| tier.unit.get_ref().0 == unit)
        {
            let (above, Money(price)) = (parts(unit, &tier.above)?, tier.price);
            if bands.last().is_some_and(|band| above <= band.above) {
                let message = "the tiers of a unit ascend, from above what is free";
                return fault(&tier.above, message);
            }
            bands.push(Band { above, price });
        }
        Ok(bands)
    }
}

/// An allowance in the smallest parts of its unit.
fn parts(unit: Unit, number: &Spanned<u64>) -> Checked<u64> {
    let within = Some(*number.get_ref()).filter(|number| (1..=MAX_AMOUNT).contains(number));
    match within.and_then(|number| unit.parts(number)) {
        Some(parts) => Ok(parts),
        None => fault(number, format!("an allowance or tier is 1 to {MAX_AMOUNT}")),
    }
}
