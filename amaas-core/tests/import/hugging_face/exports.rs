//! What Optimum exports, beside what `transformers` makes of the same weights; see
//! `tests/fixtures/make_exports.py`.

use std::collections::BTreeMap;

use amaas_core::model::{Task, ZeroShotClassification};
use amaas_core::{GenerateOptions, Service, ZeroShotOptions};
use serde::Deserialize;

use crate::support::{Place, fixtures, notes, read};

/// What `generate` wrote.
#[derive(Deserialize)]
struct Written {
    texts: Vec<String>,
    max_new_tokens: usize,
    /// After each text, by the number of beams.
    beams: BTreeMap<usize, Vec<String>>,
}

/// What the pipeline for zero-shot classification answered.
#[derive(Deserialize)]
struct Answers {
    answers: Vec<Answer>,
}

#[derive(Deserialize)]
struct Answer {
    text: String,
    multi_label: bool,
    scores: BTreeMap<String, f64>,
}

/// The folder of an export, as it was written.
fn export(name: &str) -> Place {
    let place = Place::new();
    for entry in std::fs::read_dir(fixtures().join("exports").join(name)).unwrap() {
        let file = entry.unwrap().file_name().into_string().unwrap();
        if file != "reference.json" {
            place.copy(&format!("exports/{name}/{file}"), &format!("{name}/{file}"));
        }
    }
    place
}

fn reference<T: serde::de::DeserializeOwned>(name: &str) -> T {
    serde_json::from_slice(&read(&format!("exports/{name}/reference.json"))).unwrap()
}

#[test]
fn decoders_and_pairs_write_what_transformers_writes() {
    for name in ["gpt2", "llama", "t5", "bart", "marian"] {
        let place = export(name);
        let imported = place.one(name);
        let route = place.serve(&imported);
        let Written {
            texts,
            max_new_tokens,
            beams,
        } = reference(name);
        assert_eq!(beams.keys().copied().collect::<Vec<_>>(), [1, 3], "{name}");
        for (num_beams, wanted) in beams {
            // Guesses are for texts that no beams search for.
            for guessed in [0, 12] {
                let options = GenerateOptions {
                    max_new_tokens: Some(max_new_tokens),
                    do_sample: Some(false),
                    num_beams: Some(num_beams),
                    prompt_lookup_num_tokens: Some(guessed),
                    ..GenerateOptions::default()
                };
                let alone = texts.iter().map(|text| {
                    let mut written = route.generate_with(&[text], &options).unwrap();
                    written.answers.remove(0).text
                });
                let alone: Vec<_> = alone.collect();
                assert_eq!(
                    alone, wanted,
                    "{name}, {num_beams} beams, {guessed} guessed"
                );
                let together = route.generate_with(&texts, &options).unwrap().answers;
                let together: Vec<_> = together.into_iter().map(|one| one.text).collect();
                assert_eq!(together, wanted, "{name}, {num_beams} beams, together");
            }
        }
    }
}

#[test]
fn an_inference_model_chooses_labels_as_the_pipeline_does() {
    let place = export("bert");
    let imported = place.one("bert");
    assert!(notes(&imported, "`zero-shot-classification`"));
    let mut manifest = imported.package.manifest;
    let Some(Task::TextClassification(settings)) = manifest.task.take() else {
        panic!("labels of its own come first");
    };
    manifest.task = Some(Task::ZeroShotClassification(ZeroShotClassification {
        labels: settings.labels,
        entailment: "entailment".to_owned(),
        contradiction: "contradiction".to_owned(),
        hypothesis_template: "This example is {}.".to_owned(),
        multi_label: false,
        output: settings.output,
    }));
    place.write("bert/amaas.toml", manifest.to_toml().unwrap());
    let service = Service::builder().build().unwrap();
    let route = service.load(place.path("bert").to_str().unwrap()).unwrap();
    let Answers { answers } = reference("bert");
    assert!(!answers.is_empty());
    for Answer {
        text,
        multi_label,
        scores,
    } in answers
    {
        let options = ZeroShotOptions {
            multi_label: Some(multi_label),
            ..ZeroShotOptions::default()
        };
        let labels: Vec<_> = scores.keys().collect();
        let found = route
            .classify_zero_shot_with(&[&text], &labels, &options)
            .unwrap();
        for found in &found.answers[0].labels {
            let off = (found.score - scores[&found.label]).abs();
            assert!(off < 1e-5, "{text}: {} is {off} off", found.label);
        }
    }
}
