//! The encoder and decoder that were trained to write out numbers, on numbers that they never saw.

use std::path::Path;

use amaas_core::{GenerateOptions, Service};

#[test]
fn numbers_are_written_out_as_well_as_the_manifest_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/numerals");
    let service = Service::builder().build().unwrap();
    let package = folder.join("1.0.0");
    let route = service.load(package.to_str().unwrap()).unwrap();
    let lines = std::fs::read_to_string(folder.join("held-out.tsv")).unwrap();
    let pairs: Vec<_> = lines
        .lines()
        .map(|line| line.split_once('\t').unwrap())
        .collect();
    let numbers: Vec<_> = pairs.iter().map(|pair| pair.0).collect();
    let options = GenerateOptions::default();
    let written = route.generate_with(&numbers, &options).unwrap();
    assert_eq!(written.usage.task, Some("text2text-generation"));
    // As the README has it.
    let answer = route.generate(&["4017"]).unwrap().remove(0);
    assert_eq!(answer.text, "four thousand seventeen");
    let right = written.answers.iter().zip(&pairs);
    let right = right.filter(|(answer, pair)| answer.text == pair.1).count();
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    let accuracy = right as f64 / pairs.len() as f64;
    let said = route.lease().manifest().metrics["held_out_accuracy"];
    assert!(
        (accuracy - said).abs() < 0.006,
        "{accuracy} where {said} is said"
    );
}
