//! Metrics as OpenTelemetry takes them.
//!
//! ```no_run
//! use opentelemetry::global;
//!
//! let service = amaas_core::Service::builder().registry("models/").build()?;
//! service.observe(&global::meter("amaas"));
//! # Ok::<(), amaas_core::Error>(())
//! ```
//!
//! Counters and gauges are read when the host's reader asks; times are recorded with each request, which
//! costs what the host's pipeline costs. Spans go through [`tracing`]: the crate `tracing-opentelemetry`
//! takes them.
//!
//! The trap: a service tells one meter. A second call changes nothing.

use std::sync::{Arc, Weak};
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{AsyncInstrument, Histogram, Meter};

use super::{Service, ServiceInner, State};
use crate::model::ModelName;
use crate::observe::names::{
    COMPUTED, DURATION, ERROR, FAILURES, LOADED, MODEL, Metric, QUEUED, REQUESTS, ROWS, SIZE,
    TOKEN_TYPE, TOKENS, VERSION,
};
use crate::usage::{Metered, Spread, Usage};

/// What each request is recorded with.
#[derive(Debug)]
pub(super) struct Instruments {
    whole: Histogram<f64>,
    queued: Histogram<f64>,
    computed: Histogram<f64>,
}

impl Instruments {
    fn of(meter: &Meter) -> Self {
        let make = |metric: &Metric| {
            let bounds = Spread::default();
            let bounds = bounds.counts().map(|(bound, _)| bound);
            meter
                .f64_histogram(metric.name)
                .with_unit(metric.unit)
                .with_description(metric.help)
                .with_boundaries(bounds.filter(|bound| bound.is_finite()).collect())
                .build()
        };
        Self {
            whole: make(&DURATION),
            queued: make(&QUEUED),
            computed: make(&COMPUTED),
        }
    }

    pub(super) fn record(&self, usage: &Usage, whole: Duration) {
        let attributes = [of_model(&usage.model)];
        let times = [
            (&self.whole, whole),
            (&self.queued, usage.queued),
            (&self.computed, usage.computed),
        ];
        for (histogram, time) in times {
            histogram.record(time.as_secs_f64(), &attributes);
        }
    }
}

fn of_model(model: &ModelName) -> KeyValue {
    KeyValue::new(MODEL, model.as_str().to_owned())
}

type Asked<'a> = &'a dyn AsyncInstrument<u64>;

impl Service {
    /// Tells `meter` of what this service answers from now on, and of what is in memory.
    pub fn observe(&self, meter: &Meter) {
        if self.0.instruments.set(Instruments::of(meter)).is_err() {
            return;
        }
        self.counter(meter, &REQUESTS, |sum, tell| {
            tell(sum.totals.requests, None);
        });
        self.counter(meter, &ROWS, |sum, tell| tell(sum.totals.rows, None));
        self.counter(meter, &TOKENS, |sum, tell| {
            tell(sum.totals.tokens, Some(KeyValue::new(TOKEN_TYPE, "input")));
            tell(sum.tokens_out, Some(KeyValue::new(TOKEN_TYPE, "output")));
        });
        self.counter(meter, &FAILURES, |sum, tell| {
            for (kind, count) in &sum.failures {
                tell(*count, Some(KeyValue::new(ERROR, *kind)));
            }
        });
        self.gauge(meter, &LOADED, |state, _| {
            u64::from(!matches!(state, State::Unloaded | State::Failed))
        });
        self.gauge(meter, &SIZE, |_, bytes| bytes);
    }

    /// A counter that is read from the sums of each model.
    fn counter(
        &self,
        meter: &Meter,
        metric: &Metric,
        read: impl Fn(&Metered, &mut dyn FnMut(u64, Option<KeyValue>)) + Send + Sync + 'static,
    ) {
        let service = Arc::downgrade(&self.0);
        let tell = move |asked: Asked<'_>| {
            let Some(service) = alive(&service) else {
                return;
            };
            for (model, sum) in service.metered() {
                read(&sum, &mut |value, more| {
                    let attributes: Vec<_> = more.into_iter().chain([of_model(&model)]).collect();
                    asked.observe(value, &attributes);
                });
            }
        };
        let counter = meter.u64_observable_counter(metric.name);
        let counter = counter.with_unit(metric.unit).with_description(metric.help);
        let _counter = counter.with_callback(tell).build();
    }

    /// A gauge that is read from each version.
    fn gauge(
        &self,
        meter: &Meter,
        metric: &Metric,
        read: impl Fn(State, u64) -> u64 + Send + Sync + 'static,
    ) {
        let service = Arc::downgrade(&self.0);
        let tell = move |asked: Asked<'_>| {
            let Some(service) = alive(&service) else {
                return;
            };
            for status in service.versions() {
                let version = KeyValue::new(VERSION, status.version.to_string());
                let attributes = [of_model(&status.name), version];
                asked.observe(read(status.state, status.bytes), &attributes);
            }
        };
        let gauge = meter.u64_observable_gauge(metric.name);
        let gauge = gauge.with_unit(metric.unit).with_description(metric.help);
        let _gauge = gauge.with_callback(tell).build();
    }
}

fn alive(service: &Weak<ServiceInner>) -> Option<Service> {
    service.upgrade().map(Service)
}
