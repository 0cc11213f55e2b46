//! The route that moves between two versions while threads use it, and what either must answer.

use std::collections::BTreeMap;

use amaas_core::registry::MoveOptions;
use amaas_core::{Classified, Route, Service};
use semver::Version;

use crate::repository;

const VERSIONS: [Version; 2] = [Version::new(1, 0, 0), Version::new(1, 1, 0)];
const TEXTS: [&str; 4] = [
    "Wonderful!",
    "A warm, funny and moving film, and one of the best of the year.",
    "The plot is a mess, the jokes fall flat and I wanted my money back.",
    "A long evening, and nothing much to remember of it.",
];
/// What rows that run together may change in a score; the versions are further apart than that.
const TOLERANCE: f64 = 1e-4;

pub(crate) struct Swaps {
    service: Service,
    pub(crate) route: Route,
    /// The score of `positive` of each text, by version.
    expected: BTreeMap<Version, Vec<f64>>,
}

impl Swaps {
    pub(crate) fn new(service: &Service) -> Self {
        let expected = VERSIONS.map(|version| {
            let path = repository(&format!("models/sentiment/{version}"));
            service.publish(path).unwrap();
            let route = service.load(&format!("sentiment@{version}")).unwrap();
            let scores = TEXTS
                .map(|text| positive(&route.classify_with(&[text], &Default::default()).unwrap()));
            (version, scores.to_vec())
        });
        let apart = |place: usize| (expected[0].1[place] - expected[1].1[place]).abs();
        assert!((0..TEXTS.len()).all(|place| apart(place) > 10.0 * TOLERANCE));
        point(service, &VERSIONS[0]);
        Self {
            route: service.load("sentiment@live").unwrap(),
            service: service.clone(),
            expected: expected.into(),
        }
    }

    /// Both versions, so that a swap loads nothing while they are held.
    pub(crate) fn hold(&self) -> Vec<Route> {
        let load = |version| self.service.load(&format!("sentiment@{version}")).unwrap();
        VERSIONS.iter().map(load).collect()
    }

    /// Moves the route to the other version, which is loaded anew where nobody holds it.
    pub(crate) fn swap(&self, turn: usize) {
        point(&self.service, &VERSIONS[(turn + 1) % 2]);
        assert!(self.route.update().unwrap());
    }

    pub(crate) fn text(turn: usize) -> &'static str {
        TEXTS[turn % TEXTS.len()]
    }

    /// The answer must be that of the version which the receipt names.
    pub(crate) fn check(&self, turn: usize, found: &Classified) {
        let expected = self.expected[&found.usage.version][turn % TEXTS.len()];
        let found = positive(found);
        assert!(
            (found - expected).abs() <= TOLERANCE,
            "{found} is not {expected}"
        );
    }
}

fn positive(found: &Classified) -> f64 {
    let mut labels = found.answers[0].labels.iter();
    labels
        .find(|label| label.label == "positive")
        .unwrap()
        .score
}

fn point(service: &Service, version: &Version) {
    let (name, alias) = ("sentiment".parse().unwrap(), "live".parse().unwrap());
    let registry = service.registry().unwrap();
    registry
        .set_alias(&name, &alias, version, &MoveOptions::default())
        .unwrap();
}
