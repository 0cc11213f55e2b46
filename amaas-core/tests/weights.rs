//! Weights that instances share: the answers stay what they are, and the memory stays one.
//!
//! Models are written here field by field, since each is there for one way to use a weight. The
//! plain session to compare with is one whose weight is an input: nothing of it can be shared.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use amaas_core::model::{Graph, PortKind};
use amaas_core::runtime::ort::{OrtBackend, RuntimeOptions};
use amaas_core::runtime::{Backend, Instance, LoadOptions};
use amaas_core::{Buffer, Dtype, ErrorKind, Tensor};

fn load(graph: &Graph) -> Box<dyn Instance> {
    let options = LoadOptions {
        devices: "cpu".parse().unwrap(),
        threads: 1,
    };
    let backend = OrtBackend::open(&RuntimeOptions::default()).unwrap();
    backend.load(graph, &options).unwrap()
}

/// A field of protobuf that holds bytes.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    [
        vec![number << 3 | 2],
        number_of(bytes.len()),
        bytes.to_vec(),
    ]
    .concat()
}

/// A field of protobuf that holds a number.
fn count(number: u8, value: usize) -> Vec<u8> {
    [vec![number << 3], number_of(value)].concat()
}

fn number_of(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(u8::try_from(value & 0x7f).unwrap() | 0x80);
        value >>= 7;
    }
    bytes.push(u8::try_from(value).unwrap());
    bytes
}

fn port(name: &str, element: usize, shape: &[usize]) -> Vec<u8> {
    let lengths = shape.iter().flat_map(|length| field(1, &count(1, *length)));
    let shape = field(2, &lengths.collect::<Vec<_>>());
    let tensor = [count(1, element), shape].concat();
    [field(1, name.as_bytes()), field(2, &field(1, &tensor))].concat()
}

fn node(operator: &str, inputs: &[&str], output: &str) -> Vec<u8> {
    let inputs = inputs.iter().flat_map(|name| field(1, name.as_bytes()));
    let node = [
        inputs.collect(),
        field(2, output.as_bytes()),
        field(4, operator.as_bytes()),
    ];
    field(1, &node.concat())
}

/// A graph of `nodes` from `x` to `y`, with the weight `w`, which is an input too if asked for.
fn graph(nodes: &[Vec<u8>], x: (usize, &[usize]), w: &[usize], is_input: bool) -> Graph {
    let elements = w.iter().product::<usize>();
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    let raw = (0..elements).flat_map(|index| ((index * 37 % 101) as f32 / 50.0).to_le_bytes());
    let dims = w.iter().flat_map(|length| count(1, *length));
    let tensor = [
        dims.collect(),
        count(2, 1),
        field(8, b"w"),
        field(9, &raw.collect::<Vec<_>>()),
    ];
    let mut parts = vec![nodes.concat(), field(2, b"g"), field(5, &tensor.concat())];
    parts.push(field(11, &port("x", x.0, x.1)));
    if is_input {
        parts.push(field(11, &port("w", 1, w)));
    }
    let y = [field(1, b"y"), field(2, &field(1, &count(1, 1)))].concat();
    parts.push(field(12, &y));
    let opset = field(8, &count(2, 17));
    Graph::new([count(1, 8), opset, field(7, &parts.concat())].concat())
}

fn zigzag(shape: &[usize]) -> Tensor {
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    let values = (0..shape.iter().product()).map(|index: usize| (index * 29 % 83) as f32 - 41.0);
    Tensor::from_vec(shape, values.collect::<Vec<_>>()).unwrap()
}

fn answer(model: &mut dyn Instance, x: &Tensor) -> Vec<u8> {
    let outputs = model.run(&[("x", x)], &[], None).unwrap();
    outputs[0].bytes().unwrap().to_vec()
}

/// Two instances that share answer as the plain one does, also when the first has gone.
fn same(nodes: &[Vec<u8>], x: (usize, &Tensor), w: &[usize]) {
    let shape = x.1.shape().to_vec();
    let plain = graph(nodes, (x.0, &shape), w, true);
    let expected = answer(&mut *load(&plain), x.1);
    let shared = graph(nodes, (x.0, &shape), w, false);
    let mut first = load(&shared);
    let mut second = load(&shared.clone());
    drop(shared);
    assert_eq!(answer(&mut *first, x.1), expected);
    drop(first);
    assert_eq!(answer(&mut *second, x.1), expected);
}

#[test]
fn a_packed_weight_answers_as_a_plain_one() {
    let nodes = [node("MatMul", &["x", "w"], "y")];
    same(&nodes, (1, &zigzag(&[3, 24])), &[24, 40]);
}

#[test]
fn a_table_answers_as_a_plain_one() {
    let indices = Tensor::from_vec([2, 3], vec![5_i64, 0, 39, 7, 7, 1]).unwrap();
    same(
        &[node("Gather", &["w", "x"], "y")],
        (7, &indices),
        &[40, 24],
    );
}

/// From a MiB on ONNX Runtime does not see the table while it reads the model.
#[test]
fn a_large_table_answers_as_a_plain_one() {
    let indices = Tensor::from_vec([2, 2], vec![5_i64, 0, 1023, 7]).unwrap();
    let gather = node("Gather", &["w", "x"], "y");
    same(&[gather], (7, &indices), &[1024, 300]);
    // Looked up at load, since the shape of `x` is known by then.
    let folded = [node("Shape", &["x"], "s"), node("Gather", &["w", "s"], "y")];
    same(&folded, (7, &indices), &[1024, 300]);
}

#[test]
fn a_table_that_is_a_term_too_answers_as_a_plain_one() {
    let nodes = [
        node("Abs", &["w"], "a"),
        node("Gather", &["w", "x"], "g"),
        node("MatMul", &["g", "a"], "y"),
    ];
    let indices = Tensor::from_vec([3], vec![5_i64, 0, 7]).unwrap();
    same(&nodes, (7, &indices), &[32, 32]);
}

/// ONNX Runtime moves the transposes together, and transposes the weight between them in place.
#[test]
fn a_weight_that_an_optimiser_rewrites_answers_as_a_plain_one() {
    for operator in ["Add", "Mul", "MatMul"] {
        let nodes = [
            node("Transpose", &["x"], "a"),
            node(operator, &["a", "w"], "b"),
            node("Transpose", &["b"], "y"),
        ];
        same(&nodes, (1, &zigzag(&[32, 32])), &[32, 32]);
    }
}

#[test]
fn a_weight_that_is_folded_answers_as_a_plain_one() {
    let nodes = [
        node("Neg", &["w"], "n"),
        node("Exp", &["n"], "e"),
        node("MatMul", &["x", "e"], "y"),
    ];
    same(&nodes, (1, &zigzag(&[3, 24])), &[24, 40]);
}

#[test]
fn a_weight_that_is_an_input_too_is_left_to_the_model() {
    let nodes = [node("Gather", &["w", "x"], "y")];
    let mut model = load(&graph(&nodes, (7, &[1]), &[32, 16], true));
    assert_eq!(model.signature().inputs.len(), 1);
    let index = Tensor::from_vec([1], vec![0_i64]).unwrap();
    assert_eq!(answer(&mut *model, &index)[..4], 0.0_f32.to_le_bytes());
}

#[test]
fn a_model_cut_anywhere_is_refused() {
    let nodes = [node("MatMul", &["x", "w"], "y")];
    let whole = graph(&nodes, (1, &[2, 16]), &[16, 17], false);
    let whole = whole.model.bytes();
    let backend = OrtBackend::open(&RuntimeOptions::default()).unwrap();
    let options = LoadOptions {
        devices: "cpu".parse().unwrap(),
        threads: 1,
    };
    for end in (5..whole.len()).step_by(13) {
        let error = backend.load(&Graph::new(whole[..end].to_vec()), &options);
        assert_eq!(error.unwrap_err().kind(), ErrorKind::LoadFailed);
    }
}

#[test]
fn packages_answer_the_same_from_every_instance() {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/sentiment");
    for version in ["1.0.0", "1.1.0"] {
        let bytes = std::fs::read(models.join(version).join("model.onnx")).unwrap();
        let shared = Graph::new(bytes.clone());
        // A graph of its own shares nothing with the other two.
        let mut all = [load(&Graph::new(bytes)), load(&shared), load(&shared)];
        let answers = all.each_mut().map(|model| {
            let signature = Arc::clone(model.signature());
            let inputs = signature.inputs.iter().map(|port| {
                let PortKind::Tensor(dtype, _) = &port.kind else {
                    unreachable!("the models take tensors")
                };
                let ids = (0..100_u8).map(|index| index % 7 + 1);
                let tensor = match dtype {
                    Dtype::Int32 => Tensor::from_vec([1, 100], ids.map(i32::from).collect()),
                    _ => Tensor::from_vec([1, 100], ids.map(i64::from).collect()),
                };
                (port.name.as_str(), tensor.unwrap())
            });
            let inputs: Vec<_> = inputs.collect();
            let inputs: Vec<_> = inputs
                .iter()
                .map(|(name, tensor)| (*name, tensor))
                .collect();
            let outputs = model.run(&inputs, &[], None).unwrap();
            outputs[0].bytes().unwrap().to_vec()
        });
        assert_eq!(answers[0], answers[1]);
        assert_eq!(answers[1], answers[2]);
    }
}

/// Bytes that say when they go.
#[derive(Debug)]
struct Watched(Vec<u8>, Arc<AtomicBool>);

impl Buffer for Watched {
    fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.1.store(true, Ordering::SeqCst);
    }
}

#[test]
fn instances_do_not_keep_the_model_s_bytes() {
    let gone = Arc::new(AtomicBool::new(false));
    let nodes = [node("Gather", &["w", "x"], "y")];
    let mut watched = graph(&nodes, (7, &[1]), &[64, 64], false);
    watched.model = Arc::new(Watched(watched.model.bytes().to_vec(), Arc::clone(&gone)));
    let mut model = load(&watched);
    drop(watched);
    assert!(gone.load(Ordering::SeqCst));
    let index = Tensor::from_vec([1], vec![63_i64]).unwrap();
    assert_eq!(answer(&mut *model, &index).len(), 256);
}

#[test]
fn memory_is_shared_and_given_back() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "alone_in_memory", "--ignored", "--nocapture"])
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
}

#[test]
fn an_unloaded_version_gives_its_memory_back() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "unloaded", "--ignored", "--nocapture"])
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
}

#[test]
#[cfg(target_os = "linux")]
#[ignore = "run by `an_unloaded_version_gives_its_memory_back`, since it looks at the whole process"]
fn unloaded() {
    use amaas_core::clock::ManualClock;
    use amaas_core::service::State;
    use amaas_core::{LoadSettings, Service};

    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("package");
    std::fs::create_dir(&folder).unwrap();
    let nodes = [node("MatMul", &["x", "w"], "y")];
    let large = graph(&nodes, (1, &[1, 4096]), &[4096, 4096], false); // 64 MiB
    std::fs::write(folder.join("model.onnx"), large.model.bytes()).unwrap();
    let manifest =
        "schema = 1\n[package]\nname = \"large\"\nversion = \"1.0.0\"\nlicense = \"MIT\"\n";
    std::fs::write(folder.join("amaas.toml"), manifest).unwrap();
    drop(large);

    let (clock, idle) = (
        Arc::new(ManualClock::new()),
        std::time::Duration::from_secs(60),
    );
    let settings = LoadSettings {
        idle_unload: Some(idle),
        ..LoadSettings::default()
    };
    let builder = Service::builder().registry(home.path().join("registry"));
    let builder = builder.clock(clock.clone()).settings(settings);
    let service = builder.build().unwrap();
    service.publish(&folder).unwrap();
    let route = service.load("large").unwrap();
    let x = zigzag(&[1, 4096]);
    // An answer that is held keeps what computed it.
    let first = route.run(&[("x", &x)]).unwrap()[0].to_f64().unwrap();
    let loaded = resident();
    clock.advance(idle);
    while service.versions()[0].state != State::Unloaded {
        std::thread::yield_now();
    }
    let after = resident();
    assert!(loaded >= after + 32, "{loaded} MiB loaded, {after} after");
    let again = route.run(&[("x", &x)]).unwrap();
    assert_eq!(first, again[0].to_f64().unwrap());
}

/// MiB of memory in use.
#[cfg(target_os = "linux")]
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS"));
    let kib = line.and_then(|line| line.split_whitespace().nth(1));
    kib.unwrap().parse::<usize>().unwrap() / 1024
}

#[test]
#[cfg(target_os = "linux")]
#[ignore = "run by `memory_is_shared_and_given_back`, since it looks at the whole process"]
fn alone_in_memory() {
    drop(load(&graph(
        &[node("MatMul", &["x", "w"], "y")],
        (1, &[1, 16]),
        &[16, 16],
        false,
    )));
    let before = resident();
    let index = Tensor::from_vec([1], vec![63_i64]).unwrap();
    let cases = [
        (node("MatMul", &["x", "w"], "y"), 1, zigzag(&[1, 2048])),
        (node("Gather", &["w", "x"], "y"), 7, index),
    ];
    for (node, element, x) in cases {
        // 32 MiB of weights.
        let shape = x.shape().to_vec();
        let large = graph(&[node], (element, &shape), &[2048, 4096], false);
        let mut models: Vec<_> = (0..4).map(|_| load(&large)).collect();
        drop(large);
        let answers: Vec<_> = models
            .iter_mut()
            .map(|model| answer(&mut **model, &x))
            .collect();
        assert!(answers.iter().all(|answer| *answer == answers[0]));
        let four = resident() - before;
        assert!(four < 32 * 5 / 4 + 8, "four instances take {four} MiB");
        drop((models, answers));
        let after = resident().saturating_sub(before);
        assert!(after < 8, "{after} MiB are left");
    }
}
