//! Tuning from the command line, within a short budget.

use crate::support::{Home, fixture, keys, sentiment};

#[test]
fn a_sample_of_texts_gives_a_table_and_settings_to_keep() {
    let home = Home::empty();
    let sample = home.file("sample.txt", "I loved it\n\nDull from start to end\n");
    let kept = home.path("tuned.json").display().to_string();
    let keep = format!("--keep={kept}");
    let model = sentiment("1.1.0");
    let line = ["tune", &model, "--sample", &sample, "--budget", "2", &keep];
    let found = home.json(&line);
    let expected = ["digest", "objective", "reached", "trials", "untried"];
    assert_eq!(keys(&found), expected);
    assert_eq!(
        (&found["objective"], &found["reached"]),
        (&"throughput".into(), &true.into())
    );
    let trial = &found["trials"][0];
    assert!(trial["requests"].as_u64().unwrap() > 0);
    assert!(trial["p50_ms"].as_f64().unwrap() <= trial["p99_ms"].as_f64().unwrap());
    let kept = std::fs::read_to_string(kept).unwrap();
    assert!(kept.contains(found["digest"].as_str().unwrap()), "{kept}");
}

#[test]
fn a_sample_may_be_tensors_and_people_get_columns() {
    let home = Home::empty();
    let sample = home.file("sample.json", r#"{"left": [[1, 2]], "right": [[3, 4]]}"#);
    let line = ["tune", &fixture("add.onnx"), "--sample", &sample];
    let text = home.says(&[&line[..], &["--budget", "1", "--objective", "latency"]].concat());
    let head: Vec<_> = text.lines().next().unwrap().split_whitespace().collect();
    assert_eq!(head[..4], ["INSTANCES", "THREADS", "ROWS", "CLIENTS"]);
    assert!(text.lines().count() > 1, "{text}");
}

#[test]
fn an_objective_out_of_reach_is_told_below_the_table() {
    let home = Home::empty();
    let sample = home.file("sample.txt", "I loved it\n");
    let line = [
        "tune",
        &sentiment("1.1.0"),
        "--sample",
        &sample,
        "--budget",
        "1",
    ];
    let ended = home.run(&[&line[..], &["--objective", "p99<0.0001"]].concat());
    assert_eq!(ended.code, 3, "{ended:?}");
    assert!(ended.out.starts_with("INSTANCES"), "{ended:?}");
    assert!(ended.err.contains("`p99<0.0001`"), "{ended:?}");
}

#[test]
fn a_sample_that_cannot_be_read_is_refused() {
    let home = Home::empty();
    let empty = home.file("empty.txt", "\n");
    let no_text = home.file("latin.txt", [0xff, 0xfe]);
    let (missing, model) = (home.path("missing.txt"), sentiment("1.1.0"));
    let kind = |sample: &str| {
        let (_, error) = home.refuses(&["tune", &model, "--sample", sample]);
        error["kind"].as_str().unwrap().to_owned()
    };
    assert_eq!(kind(&empty), "invalid_argument");
    assert_eq!(kind(&no_text), "invalid_argument");
    assert_eq!(kind(&missing.display().to_string()), "not_found");
}
