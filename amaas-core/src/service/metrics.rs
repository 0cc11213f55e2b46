//! A page of metrics, in the text format of Prometheus.
//!
//! ```no_run
//! let service = amaas_core::Service::builder().registry("models/").build()?;
//! // In the host's own web server, as the answer to `GET /metrics`:
//! println!("{}", service.metrics_text());
//! # Ok::<(), amaas_core::Error>(())
//! ```
//!
//! Names are in [`observe::names`](crate::observe::names). Nothing of what models are given or answer is
//! in them, and no tenant: sums by tenant are the ledger's to tell.
//!
//! The trap: requests under way on other threads may be in some numbers and not yet in others.

use std::collections::BTreeMap;

use super::{Service, State, VersionStatus};
use crate::model::ModelName;
use crate::observe::names::{
    COMPUTED, DURATION, ERROR, FAILURES, LOADED, MODEL, Metric, QUEUED, REQUESTS, ROWS, SIZE,
    TOKEN_TYPE, TOKENS, VERSION,
};
use crate::observe::prometheus::Page;
use crate::usage::{Metered, Spread};

type Sums = BTreeMap<ModelName, Metered>;

impl Service {
    /// What its routes answered and what is in memory, as Prometheus reads it.
    pub fn metrics_text(&self) -> String {
        let sums = self.metered();
        let mut page = Page::default();
        times(&mut page, &DURATION, &sums, |sum| &sum.whole);
        times(&mut page, &QUEUED, &sums, |sum| &sum.queued);
        times(&mut page, &COMPUTED, &sums, |sum| &sum.computed);
        counts(&mut page, &REQUESTS, &sums, |sum| sum.totals.requests);
        failures(&mut page, &sums);
        counts(&mut page, &ROWS, &sums, |sum| sum.totals.rows);
        tokens(&mut page, &sums);
        versions(&mut page, &self.versions());
        page.into_text()
    }

    /// The sums of all receipts of this service, for each model, and how they are spread.
    pub fn metered(&self) -> BTreeMap<ModelName, Metered> {
        self.0.members.sums.metered()
    }
}

fn times(page: &mut Page, metric: &Metric, sums: &Sums, of: impl Fn(&Metered) -> &Spread) {
    page.family(metric);
    for (model, sum) in sums {
        let (labels, spread) = ([(MODEL, model.as_str())], of(sum));
        page.histogram(metric, &labels, spread.counts(), spread.sum.as_secs_f64());
    }
}

fn counts(page: &mut Page, metric: &Metric, sums: &Sums, of: impl Fn(&Metered) -> u64) {
    page.family(metric);
    for (model, sum) in sums {
        page.sample(metric, &[(MODEL, model.as_str())], of(sum));
    }
}

fn failures(page: &mut Page, sums: &Sums) {
    page.family(&FAILURES);
    for (model, sum) in sums {
        for (kind, count) in &sum.failures {
            page.sample(&FAILURES, &[(MODEL, model.as_str()), (ERROR, kind)], count);
        }
    }
}

fn tokens(page: &mut Page, sums: &Sums) {
    page.family(&TOKENS);
    for (model, sum) in sums {
        for (kind, count) in [("input", sum.totals.tokens), ("output", sum.tokens_out)] {
            page.sample(
                &TOKENS,
                &[(MODEL, model.as_str()), (TOKEN_TYPE, kind)],
                count,
            );
        }
    }
}

/// Versions that are loaded with several settings are told once.
fn versions(page: &mut Page, statuses: &[VersionStatus]) {
    let mut known = BTreeMap::new();
    for status in statuses {
        let is_loaded = !matches!(status.state, State::Unloaded | State::Failed);
        let name = (status.name.as_str(), status.version.to_string());
        let entry = known.entry(name).or_insert((false, status.bytes));
        entry.0 |= is_loaded;
    }
    page.family(&LOADED);
    for ((model, version), (is_loaded, _)) in &known {
        let labels = [(MODEL, *model), (VERSION, version)];
        page.sample(&LOADED, &labels, u8::from(*is_loaded));
    }
    page.family(&SIZE);
    for ((model, version), (_, bytes)) in &known {
        page.sample(&SIZE, &[(MODEL, *model), (VERSION, version)], bytes);
    }
}
