//! A price table as its author writes it, in TOML.
//!
//! The same rules stand as a JSON Schema in `docs/prices.schema.json`, and a test holds the two
//! together. Money is text, for a number of TOML is a binary fraction.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rust_decimal::Decimal;
use semver::VersionReq;
use serde::{Deserialize, Deserializer, de};
use toml::Spanned;

use super::Inner;
use super::rate::{Band, Bands, Charge, Rate};
use crate::Result;
use crate::clock::Day;
use crate::model::ModelName;
use crate::usage::sheet::{self, Checked, Money, Text, check_schema, fault};
use crate::usage::{Rounding, Terms, Unit, tenant};

/// As errors call it.
pub(super) const WHAT: &str = "price table";
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

pub(super) fn parse(text: &str) -> Result<Inner> {
    sheet::parse(WHAT, text, Table::check)
}

impl Table {
    fn check(self) -> Checked<Inner> {
        self.check_head()?;
        self.check_names()?;
        let mut table = Inner {
            version: self.version.into_inner().into(),
            currency: self.currency.into_inner().into(),
            places: self.places.map_or(PLACES, Spanned::into_inner),
            rounding: self.rounding,
            rates: Vec::new(),
        };
        let rates = self.rate.into_iter().map(|entry| entry.check(&table));
        table.rates = rates.collect::<Checked<_>>()?;
        Ok(table)
    }

    fn check_head(&self) -> Checked<()> {
        check_schema(&self.schema)?;
        let (version, currency) = (self.version.get_ref(), self.currency.get_ref());
        if !tenant::is_word(version) {
            let message = "`version` is 1 to 128 characters that can be printed";
            return fault(&self.version, message);
        }
        if currency.len() != 3 || !currency.bytes().all(|c| c.is_ascii_uppercase()) {
            let message = "`currency` is three capital letters, as `EUR`";
            return fault(&self.currency, message);
        }
        match &self.places {
            Some(places) if *places.get_ref() > 12 => fault(places, "`places` is at most 12"),
            _ => Ok(()),
        }
    }

    fn check_names(&self) -> Checked<()> {
        let mut names = BTreeSet::new();
        let mut entries = self.rate.iter();
        match entries.find(|entry| !names.insert(entry.name.get_ref().0.as_str())) {
            Some(twice) => {
                let name = &twice.name.get_ref().0;
                fault(&twice.name, format!("two rates are called `{name}`"))
            }
            None => Ok(()),
        }
    }
}

impl Entry {
    fn check(self, table: &Inner) -> Checked<Rate> {
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
        let bands = self.units()?;
        if bands.is_empty() {
            return fault(
                &self.name,
                "the rate has no price; set one to \"0\" if it is free",
            );
        }
        let minimum = self.minimum.map_or(Decimal::ZERO, |minimum| minimum.0);
        let terms = Terms {
            currency: Arc::clone(&table.currency),
            rate: self.name.get_ref().0.as_str().into(),
            table: Arc::clone(&table.version),
        };
        Ok(Rate {
            terms: Arc::new(terms),
            tenant: self.tenant.map(|tenant| tenant.into_inner().into()),
            model: self.model.map(|model| model.0),
            versions: self.versions.map(|versions| versions.0),
            from: self.from.map(|day| day.0),
            until: self.until.map(|day| day.0),
            charge: Charge::new(bands, minimum, (table.places, table.rounding)),
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

    fn units(&self) -> Checked<Bands> {
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
