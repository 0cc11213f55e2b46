//! A package of two real graphs over one file of weights, from a folder to a registry and back.
//!
//! These tests need ONNX Runtime: `AMAAS_ORT_LIB` is its path, which `make test` sets.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::fs;
use std::path::{Path, PathBuf};

use amaas_core::registry::read_package;
use amaas_core::service::LoadedModel;
use amaas_core::{Call, ErrorKind, Service, Tensor};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/parts")
}

fn service(home: &Path) -> Service {
    Service::builder().registry(home).build().unwrap()
}

/// A copy that a test may damage.
fn copy(to: &Path) -> PathBuf {
    for entry in fs::read_dir(folder()).unwrap() {
        let file = entry.unwrap().path();
        fs::copy(&file, to.join(file.file_name().unwrap())).unwrap();
    }
    to.to_owned()
}

/// Both graphs, one after the other.
fn translate(model: &LoadedModel, x: [f32; 2]) -> Vec<f32> {
    let (x, mut usage) = (
        Tensor::from_vec([1, 2], x.to_vec()).unwrap(),
        model.receipt(),
    );
    let call = Call::default();
    let states = model
        .main()
        .run(&[("x", &x)], &[], &call, &mut usage)
        .unwrap();
    let decoder = model.part("decoder").unwrap();
    let inputs = [("states", &states[0])];
    let y = decoder.run(&inputs, &["y"], &call, &mut usage).unwrap();
    assert_eq!(usage.bytes_out, 12 + 8); // three floats, then two
    y[0].as_slice::<f32>().unwrap().to_vec()
}

#[test]
fn both_graphs_of_a_published_version_answer() {
    let home = tempfile::tempdir().unwrap();
    let service = service(home.path());
    service.publish(folder()).unwrap();
    let route = service.load("parts@^1").unwrap();
    let model = route.lease();
    // [1, 2] becomes [1, 2, 3] and then [1 + 3, 2 - 3] + [10, 20].
    assert_eq!(translate(&model, [1.0, 2.0]), [14.0, 19.0]);
    let decoder = model.part("decoder").unwrap();
    assert_eq!(
        decoder.metadata(),
        [("alphabet".to_owned(), "ab".to_owned())]
    );
    assert!(model.metadata().is_empty());
    let on_cpu =
        |placement: &amaas_core::runtime::Placement| placement.nodes_on("CPUExecutionProvider");
    let parts = on_cpu(model.main().placement()) + on_cpu(decoder.placement());
    assert_eq!(on_cpu(model.placement()), parts);
    assert!(service.verify("parts").unwrap().error.is_none());
}

#[test]
fn weights_that_graphs_share_are_read_and_counted_once() {
    let package = read_package(&folder()).unwrap();
    let graphs = package.graphs().unwrap();
    let decoder = graphs.part("decoder").unwrap();
    assert_eq!(graphs.main.weights[0].0, "shared.bin");
    assert!(std::ptr::addr_eq(
        graphs.main.weights[0].1.bytes().as_ptr(),
        decoder.weights[0].1.bytes().as_ptr()
    ));
    let home = tempfile::tempdir().unwrap();
    let service = service(home.path());
    let _route = service.load(folder().to_str().unwrap()).unwrap();
    let files = ["encoder.onnx", "decoder.onnx", "shared.bin"];
    let length = |file: &&str| fs::metadata(folder().join(file)).unwrap().len();
    assert_eq!(
        service.versions()[0].bytes,
        files.iter().map(length).sum::<u64>()
    );
}

#[test]
fn a_part_that_does_not_load_is_named() {
    let home = tempfile::tempdir().unwrap();
    let service = service(&home.path().join("registry"));
    let path = copy(home.path());
    let weights = fs::read(path.join("shared.bin")).unwrap();
    fs::write(path.join("shared.bin"), &weights[..24]).unwrap(); // the encoder's are whole
    let error = service.publish(&path).unwrap_err();
    assert!(error.to_string().contains("part: decoder"), "{error}");
    fs::remove_file(path.join("shared.bin")).unwrap();
    let error = service.publish(&path).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidPackage);
    assert!(error.to_string().contains("shared.bin"), "{error}");
}
