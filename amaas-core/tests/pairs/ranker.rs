//! The model that was trained to rank passages, on passages that it never saw.

use std::collections::HashMap;
use std::path::Path;

use amaas_core::Service;

/// Of a snippet: its id, its label, its text.
fn id_and_text(line: &str) -> (&str, &str) {
    let mut columns = line.splitn(3, '\t');
    (columns.next().unwrap(), columns.nth(1).unwrap())
}

#[test]
fn passages_are_found_as_well_as_the_manifest_says() {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models");
    let service = Service::builder().build().unwrap();
    let package = models.join("ranker/1.0.0");
    let route = service.load(package.to_str().unwrap()).unwrap();
    let snippets = std::fs::read_to_string(models.join("sentiment/held-out.tsv")).unwrap();
    let snippets: HashMap<_, _> = snippets.lines().skip(1).map(id_and_text).collect();
    let lines = std::fs::read_to_string(models.join("ranker/held-out.tsv")).unwrap();
    let (mut best, mut reciprocal, mut count) = (0.0, 0.0, 0.0);
    for line in lines.lines() {
        // A query, the snippet that it was made of, and nine others.
        let (query, ids) = line.split_once('\t').unwrap();
        let documents: Vec<_> = ids.split('\t').map(|id| snippets[id]).collect();
        let found = route.rank(query, &documents).unwrap();
        let place = found.iter().position(|found| found.index == 0).unwrap();
        best += f64::from(u8::from(place == 0));
        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        let share = 1.0 / (place + 1) as f64;
        reciprocal += share;
        count += 1.0;
    }
    let model = route.lease();
    let metrics = &model.manifest().metrics;
    for (name, sum) in [
        ("accuracy_at_1", best),
        ("mean_reciprocal_rank", reciprocal),
    ] {
        let (found, said) = (sum / count, metrics[name]);
        assert!(
            (found - said).abs() < 0.006,
            "{name}: {found} where {said} is said"
        );
    }
}
