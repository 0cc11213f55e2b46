//! A service that answers some requests and refuses one.

use std::sync::Arc;

use amaas_core::clock::Clock;
use amaas_core::usage::{Quota, Quotas};
use amaas_core::{Call, ClassifyOptions, LoadSettings, Route, Service, Tensor};

use super::serving::{World, bare, summing};

/// What must not be found anywhere.
pub(crate) const CANARIES: [&str; 4] = ["canarytext", "canarytenant", "canarykey", "canaryonce"];

fn asks() -> ClassifyOptions {
    let call = Call {
        tenant: Some("canarytenant".into()),
        key: Some("canarykey".into()),
        idempotency: Some("canaryonce".into()),
        ..Call::default()
    };
    ClassifyOptions {
        call,
        ..ClassifyOptions::default()
    }
}

pub(crate) fn words(world: &World, clock: Arc<dyn Clock>) -> (Service, Route) {
    let quota = Quota {
        in_flight: Some(0),
        ..Quota::default()
    };
    let builder = world.builder(&summing(), clock, bare(LoadSettings::default()));
    let quotas = Quotas::default().with("closed", quota);
    let service = builder.quotas(quotas).build().unwrap();
    service.publish(world.package("1.0.0", "", "")).unwrap();
    let route = service.load("words").unwrap();
    (service, route)
}

/// Answers three requests, one of them through a ticket, and refuses one.
pub(crate) fn answer(route: &Route) {
    let texts = ["canarytext b", "c"];
    route.classify_with(&texts, &asks()).unwrap();
    let ticket = route.submit_classify(texts.to_vec(), &asks());
    ticket.wait().unwrap();
    let ids = Tensor::from_vec([3, 2], vec![1_i64; 6]).unwrap();
    route.run(&[("input_ids", &ids)]).unwrap();
    let mut closed = asks();
    closed.call.tenant = Some("closed".into());
    route.classify_with(&texts, &closed).unwrap_err();
}
