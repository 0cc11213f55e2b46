//! The model that was trained on reviews and plain sentences, on those that it never saw.

use std::path::Path;

use amaas_core::{Route, Service};

fn models() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../models")
}

/// The share of answers that are right, which the manifest says.
fn assert_share(name: &str, route: &Route, right: usize, of: usize) {
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    let share = right as f64 / of as f64;
    let said = route.lease().manifest().metrics[name];
    assert!(
        (share - said).abs() < 0.006,
        "{name}: {share} where {said} is said"
    );
}

/// The held-out reviews: `positive` or `negative`, and the text.
fn reviews() -> Vec<(String, String)> {
    let lines = std::fs::read_to_string(models().join("sentiment/held-out.tsv")).unwrap();
    let read = |line: &str| {
        let mut columns = line.splitn(3, '\t').skip(1).map(str::to_owned);
        (columns.next().unwrap(), columns.next().unwrap())
    };
    lines.lines().skip(1).map(read).collect()
}

#[test]
fn the_mood_of_reviews_is_told_as_well_as_the_manifest_says() {
    let service = Service::builder().build().unwrap();
    let package = models().join("inference/1.0.0");
    let route = service.load(package.to_str().unwrap()).unwrap();
    let reviews = reviews();
    let texts: Vec<_> = reviews.iter().map(|(_, text)| text.as_str()).collect();
    let labels = ["positive", "negative"];
    let found = route.classify_zero_shot(&texts, &labels).unwrap();
    let both = found.iter().zip(&reviews);
    let right = both.filter(|(answer, (label, _))| answer.labels[0].label == *label);
    assert_share("zero_shot_accuracy", &route, right.count(), reviews.len());
}

#[test]
fn what_follows_is_told_as_well_as_the_manifest_says() {
    let service = Service::builder().build().unwrap();
    let package = models().join("inference/1.0.0");
    let route = service.load(package.to_str().unwrap()).unwrap();

    let lines = std::fs::read_to_string(models().join("inference/held-out.tsv")).unwrap();
    let rows: Vec<Vec<_>> = lines
        .lines()
        .map(|line| line.split('\t').collect())
        .collect();
    let pairs: Vec<_> = rows.iter().map(|row| (row[0], row[1])).collect();
    let found = route.classify_pairs(&pairs).unwrap();
    let both = found.iter().zip(&rows);
    let right = both.filter(|(answer, row)| answer.labels[0].label == row[2]);
    assert_share("plain_accuracy", &route, right.count(), rows.len());

    let reviews = reviews();
    let moods = ["positive", "negative"];
    let asked = reviews.iter().flat_map(|(label, text)| {
        moods.map(|mood| {
            let right = if label == mood {
                "entailment"
            } else {
                "contradiction"
            };
            (text.as_str(), format!("This review is {mood}."), right)
        })
    });
    let asked: Vec<_> = asked.collect();
    let pairs: Vec<_> = asked.iter().map(|(text, said, _)| (*text, said)).collect();
    let found = route.classify_pairs(&pairs).unwrap();
    let both = found.iter().zip(&asked);
    let right = both.filter(|(answer, (_, _, label))| answer.labels[0].label == *label);
    assert_share("review_accuracy", &route, right.count(), asked.len());
}
