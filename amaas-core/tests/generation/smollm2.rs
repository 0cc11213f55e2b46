//! The real model, which `make smollm2` writes and `make test` calls.

use amaas_core::{Call, Chat, Service, Tensor};
use ndarray::Array4;

const LAYERS: usize = 30;

/// The most probable token after these, computed at once over an empty cache.
fn next_without_cache(route: &amaas_core::Route, ids: &[i64]) -> i64 {
    let numbers = |values: Vec<i64>| Tensor::from_vec([1, ids.len()], values).unwrap();
    let (tokens, mask) = (numbers(ids.to_vec()), numbers(vec![1; ids.len()]));
    let one = Tensor::from_vec([], vec![1_i64]).unwrap();
    let nothing = Tensor::from_array(Array4::<f32>::zeros((1, 3, 0, 64))).unwrap();
    let names = (0..LAYERS)
        .flat_map(|layer| ["key", "value"].map(|kind| format!("past_key_values.{layer}.{kind}")));
    let names: Vec<_> = names.collect();
    let mut inputs = vec![("input_ids", &tokens), ("attention_mask", &mask)];
    inputs.push(("num_logits_to_keep", &one));
    inputs.extend(names.iter().map(|name| (name.as_str(), &nothing)));
    let outputs = route
        .run_with(&inputs, &["logits"], &Call::default())
        .unwrap();
    let scores = outputs[0].as_slice::<f32>().unwrap();
    let best = scores.iter().enumerate();
    best.max_by(|one, other| one.1.total_cmp(other.1))
        .unwrap()
        .0 as i64
}

#[test]
fn the_capital_of_france_is_paris_with_and_without_cache() {
    let repository = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let path = repository.join("models/smollm2/smollm2/1.0.0");
    assert!(
        path.exists(),
        "{} is not there: run `make smollm2`, as `make test` does",
        path.display()
    );
    let service = Service::builder().build().unwrap();
    let route = service.load(path.to_str().unwrap()).unwrap();
    let tokenizer = std::fs::read(path.join("tokenizer.json")).unwrap();
    let vocabulary: serde_json::Value = serde_json::from_slice(&tokenizer).unwrap();
    let id = |token: &str| vocabulary["model"]["vocab"][token].as_i64().unwrap();
    let mut ids: Vec<i64> = ["The", "Ġcapital", "Ġof", "ĠFrance", "Ġis"]
        .map(id)
        .to_vec();
    let paris = next_without_cache(&route, &ids);
    assert_eq!(paris, id("ĠParis"));
    ids.push(paris);
    let after = next_without_cache(&route, &ids);
    let options = amaas_core::GenerateOptions {
        max_new_tokens: Some(2),
        ..amaas_core::GenerateOptions::default()
    };
    let prompt = "The capital of France is";
    let written = route.generate_with(&[prompt], &options).unwrap();
    assert_eq!(after, id("."), "without cache");
    assert_eq!(written.answers[0].text, " Paris.", "with cache");
    // Beside others of other lengths it writes the same.
    let many = [prompt, "One, two, three,", prompt, "Once upon a time"];
    let many = route.generate_with(&many, &options).unwrap().answers;
    assert_eq!((&*many[0].text, &*many[2].text), (" Paris.", " Paris."));
    let chat = Chat::new([("user", "What is the capital of France?")]);
    assert!(route.chat(&chat).unwrap().text.contains("Paris"));
}
