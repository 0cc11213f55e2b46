//! What keeping models in a registry costs, beside doing without one.
//!
//! Both sides of a question run in turn in one process; the medians of the pairs are printed and
//! written to `registry.json`. A word on the command line runs only the questions that have it in
//! their name.
//!
//! - Resolving and opening, among 1,000 models of 100 versions, beside reading `index.json` by hand.
//!   One model is published; the others are the same documents under other names, written as the
//!   format says, since publishing 100,000 versions one by one measures something else. Everything
//!   but the graph, which all share, is there: any of the versions can be loaded.
//! - Publishing 70 MB, beside `cp` and `sha256sum`, without and with `sync` of the copy. What is
//!   measured is the registry's part, reading the file included: no runtime opens the model. amaas
//!   flushes what it stores either way. Once more through a service, as users publish: ONNX Runtime
//!   opens the model before it is stored.
//! - From a name to the first result, beside a session of ONNX Runtime by hand on the plain file:
//!   with the instances that a user gets without asking, and with one.
//! - A second version that shares its weights, beside the first, in bytes on the disk.
#![expect(
    clippy::expect_used,
    reason = "a bench that cannot start has nothing to measure"
)]
#![expect(clippy::print_stdout, reason = "a bench reports to people")]

#[path = "registry/graph.rs"]
mod graph;
#[path = "registry/many.rs"]
mod many;

use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use amaas_benches::{environment, session};
use amaas_core::model::{ModelName, Selector};
use amaas_core::registry::{Registry, read_package};
use amaas_core::{LoadSettings, Service, Tensor};
use ort::environment::Environment;
use ort::value::TensorRef;

const PAIRS: usize = 7;
/// So many square matrices of [`graph::WIDTH`] make 70 MB.
const MATRICES: usize = 17;
/// A list that changed this long ago is relied on.
const SETTLED: Duration = Duration::from_millis(2_500);

/// Answers questions in a folder of its own, a row for each.
type Ask = fn(&Path) -> Vec<String>;
/// A program and its arguments.
type Run<'a> = (&'a str, &'a [&'a Path]);

fn main() {
    let wanted = std::env::args()
        .skip(1)
        .find(|word| !word.starts_with("--"))
        .unwrap_or_default();
    let home = tempfile::tempdir().expect("a folder");
    let questions: [(&str, Ask); 4] = [
        ("many", many),
        ("publish", publish),
        ("load", loads),
        ("share", share),
    ];
    let asked = questions.iter().filter(|(name, _)| name.contains(&wanted));
    let rows: Vec<_> = asked.flat_map(|(_, ask)| ask(home.path())).collect();
    let json = format!("[\n  {}\n]\n", rows.join(",\n  "));
    fs::write(root().join("benches/registry.json"), json).expect("the folder may be written");
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Seconds that `call` takes.
fn seconds<T>(call: impl FnOnce() -> T) -> f64 {
    let began = Instant::now();
    black_box(call());
    began.elapsed().as_secs_f64()
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Both sides in turn, and the row for the result; the first pair warms up.
fn compare(question: &str, ours: impl Fn() -> f64, theirs: impl Fn() -> f64) -> String {
    let pairs: Vec<_> = (0..=PAIRS).map(|_| (ours(), theirs())).skip(1).collect();
    let of = |pick: fn(&(f64, f64)) -> f64| median(pairs.iter().map(pick));
    let (mine, other, ratio) = (of(|(a, _)| *a), of(|(_, b)| *b), of(|(a, b)| a / b));
    row(question, (mine * 1e6, "µs"), other * 1e6, ratio)
}

fn row(question: &str, (ours, unit): (f64, &str), theirs: f64, ratio: f64) -> String {
    println!("{question:64} {ours:12.1} {unit}   by hand {theirs:12.1} {unit}   ratio {ratio:.4}");
    format!(
        "{{\"question\": \"{question}\", \"unit\": \"{unit}\", \"ours\": {ours:.2}, \"by_hand\": {theirs:.2}, \"ratio\": {ratio:.5}}}"
    )
}

/// Resolving and opening among many.
fn many(home: &Path) -> Vec<String> {
    let root = home.join("many");
    let names = many::write(&root);
    thread::sleep(SETTLED);
    let registry = Registry::open(&root).expect("it was written well");
    let versions = registry.models().expect("it was written well");
    let versions: usize = versions.iter().map(|model| model.versions.len()).sum();
    println!("{} models, {versions} versions", names.len());
    let range: Selector = "^1".parse().expect("a range");
    let last = registry.resolve(&names[names.len() - 1], &range);
    registry
        .package(&last.expect("it is there").digest)
        .expect("it is whole");

    let resolve = |registry: &Registry, name: &ModelName| {
        black_box(registry.resolve(name, &range).expect("it is there"));
    };
    let list = || fs::read(root.join("index.json")).expect("it is there");
    let all = || seconds(|| names.iter().for_each(|name| resolve(&registry, name)));
    let each = |total: f64| total / names.len() as f64;
    vec![
        compare(
            "many: resolve, warm, beside reading the list",
            || each(all()),
            || seconds(list),
        ),
        compare(
            "many: open, beside reading the list",
            || seconds(|| Registry::open(&root).expect("it is there")),
            || seconds(list),
        ),
        compare(
            "many: open and resolve once, beside reading the list",
            || seconds(|| resolve(&Registry::open(&root).expect("it is there"), &names[7])),
            || seconds(list),
        ),
    ]
}

fn large(home: &Path) -> PathBuf {
    let file = home.join("large.onnx");
    fs::write(&file, graph::layers(MATRICES)).expect("room for it");
    file
}

/// The graph alone, without a tokenizer.
fn plain_minilm(home: &Path) -> PathBuf {
    let file = home.join("minilm.onnx");
    let package = root().join("models/minilm/all-minilm-l6-v2/1.0.0/model.onnx");
    fs::copy(package, &file).expect("`make minilm` has fetched it");
    file
}

fn publish(home: &Path) -> Vec<String> {
    let file = large(home);
    let store = home.join("published");
    let ours = || {
        let registry = Registry::open(&store).expect("a new folder");
        let took = seconds(|| {
            let package = read_package(&file).expect("it was written well");
            registry.publish(&package).expect("room for it")
        });
        fs::remove_dir_all(&store).expect("it is ours");
        took
    };
    let service = Service::builder().registry(&store).build();
    let service = service.expect("AMAAS_ORT_LIB is set");
    let tried_out = || {
        let made = Registry::open(&store).expect("a new folder");
        let took = seconds(|| service.publish(&file).expect("it loads"));
        fs::remove_dir_all(made.root()).expect("it is ours");
        took
    };
    let copy = home.join("copy.onnx");
    let theirs = |commands: &[Run<'_>]| {
        let run = |(program, arguments): &Run<'_>| {
            let output = Command::new(program).args(*arguments).output();
            assert!(output.expect("it is installed").status.success());
        };
        let took = seconds(|| commands.iter().for_each(run));
        fs::remove_file(&copy).expect("it is ours");
        took
    };
    let cp: Run<'_> = ("cp", &[&file, &copy]);
    let hash: Run<'_> = ("sha256sum", &[&copy]);
    let sync: Run<'_> = ("sync", &[&copy]);
    vec![
        compare("publish 70 MB, beside cp and sha256sum", ours, || {
            theirs(&[cp, hash])
        }),
        compare("publish 70 MB, beside cp, sync and sha256sum", ours, || {
            theirs(&[cp, sync, hash])
        }),
        compare(
            "publish 70 MB through a service, beside cp and sha256sum",
            tried_out,
            || theirs(&[cp, hash]),
        ),
    ]
}

fn loads(home: &Path) -> Vec<String> {
    let environment = environment().expect("AMAAS_ORT_LIB is set");
    let large = load(&environment, "load float32", &large(home), "x");
    let small = load(&environment, "load int8", &plain_minilm(home), "input_ids");
    [large, small].concat()
}

fn load(environment: &Environment, question: &str, file: &Path, input: &str) -> Vec<String> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let store = tempfile::tempdir().expect("a folder");
    let service = Service::builder()
        .registry(store.path())
        .build()
        .expect("AMAAS_ORT_LIB is set");
    let name = service.publish(file).expect("it loads").name.to_string();
    // What stands for a token, a mask and a type alike.
    let (floats, ids) = (vec![0.5_f32; graph::WIDTH], vec![1_i64, 0, 1]);
    let ours = |settings: LoadSettings| {
        let tensor = |values: &Vec<i64>| Tensor::from_vec([1, 3], values.clone()).expect("three");
        let inputs = match input {
            "x" => vec![(
                "x",
                Tensor::from_vec([1, graph::WIDTH], floats.clone()).expect("a row"),
            )],
            _ => ["input_ids", "attention_mask", "token_type_ids"]
                .map(|name| (name, tensor(&ids)))
                .into(),
        };
        let inputs: Vec<_> = inputs.iter().map(|(name, value)| (*name, value)).collect();
        seconds(|| {
            let route = service.load_with(&name, settings).expect("it is there");
            drop(route.run(&inputs).expect("the model runs"));
            route
        })
    };
    let theirs = || {
        seconds(|| {
            let mut session = session(environment, file, cores).expect("it loads");
            let outputs = match input {
                "x" => {
                    let row = TensorRef::from_array_view(([1, graph::WIDTH], &floats[..]));
                    session.run(ort::inputs!["x" => row.expect("a row")])
                }
                _ => {
                    let row = || TensorRef::from_array_view(([1_usize, 3], &ids[..]));
                    session.run(ort::inputs![
                        "input_ids" => row().expect("three"),
                        "attention_mask" => row().expect("three"),
                        "token_type_ids" => row().expect("three"),
                    ])
                }
            };
            drop(outputs.expect("the model runs"));
            session
        })
    };
    let one = LoadSettings {
        instances: Some(1),
        ..LoadSettings::default()
    };
    vec![
        compare(
            &format!("{question} from the registry to a result, instances as they come"),
            || ours(LoadSettings::default()),
            theirs,
        ),
        compare(
            &format!("{question} from the registry to a result, one instance"),
            || ours(one.clone()),
            theirs,
        ),
    ]
}

fn share(home: &Path) -> Vec<String> {
    let folder = home.join("shared");
    let registry = Registry::open(home.join("sharing")).expect("a new folder");
    fs::create_dir(&folder).expect("a new folder");
    fs::write(folder.join("model.onnx"), graph::layers(MATRICES)).expect("room for it");
    let bytes = |version: &str| {
        let text = format!(
            "schema = 1\n[package]\nname = \"large\"\nversion = \"{version}\"\nlicense = \"MIT\"\n"
        );
        fs::write(folder.join("amaas.toml"), text).expect("room for it");
        let before = occupied(registry.root());
        registry
            .publish(&read_package(&folder).expect("it is whole"))
            .expect("room for it");
        (occupied(registry.root()) - before) as f64
    };
    let (first, second) = (bytes("1.0.0"), bytes("1.0.1"));
    vec![row(
        "share: a second version with the same weights, beside the first",
        (second, "bytes"),
        first,
        second / first,
    )]
}

/// What lies below a folder, in bytes.
fn occupied(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).expect("a folder");
    let sizes = entries.map(|entry| {
        let entry = entry.expect("it is there");
        let kind = entry.file_type().expect("it is there");
        match () {
            () if kind.is_dir() => occupied(&entry.path()),
            () if kind.is_file() => entry.metadata().expect("it is there").len(),
            () => 0,
        }
    });
    sizes.sum()
}
