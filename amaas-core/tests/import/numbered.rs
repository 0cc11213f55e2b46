//! A lone graph, a package folder, and numbered versions.

use amaas_core::ErrorKind;
use amaas_core::registry::{Format, ImportOptions, import};

use crate::support::{Place, answer, fixtures, notes};

#[test]
fn a_lone_graph_brings_its_weights() {
    let place = Place::new();
    place
        .copy("external.onnx", "external.onnx")
        .copy("external.bin", "external.bin");
    let imported = place.one("external.onnx");
    assert_eq!(imported.format, Format::Onnx);
    assert_eq!(
        imported.package.manifest.package.version.to_string(),
        "1.0.0"
    );
    assert!(notes(&imported, "1 files of its weights"));
    assert_eq!(answer(&place.serve(&imported), [1.0, 0.0]), [1.0, 2.0]);
}

#[test]
fn a_package_is_taken_as_it_is_or_under_another_name() {
    let place = Place::new();
    let imported = import(&fixtures().join("encoder"), &ImportOptions::default()).unwrap();
    assert_eq!(imported[0].format, Format::Package);
    assert!(imported[0].notes.is_empty());
    let options = ImportOptions {
        name: Some("other".parse().unwrap()),
        ..ImportOptions::default()
    };
    let renamed = &import(&fixtures().join("encoder"), &options).unwrap()[0];
    assert_eq!(renamed.package.manifest.package.name.as_str(), "other");
    assert_ne!(renamed.package.digest, imported[0].package.digest);
    assert!(notes(renamed, "written anew"));
    assert_eq!(place.serve(renamed).embed(&["a"]).unwrap().dim(), (1, 16));
}

#[test]
fn each_number_is_a_version() {
    let place = Place::new();
    for number in ["1", "2", "10"] {
        place.copy("noop.onnx", &format!("noop/{number}/model.onnx"));
    }
    place
        .copy("noop.onnx", "noop/01/model.onnx")
        .write("noop/notes.txt", "no version");
    let imported = place.import("noop").unwrap();
    let version =
        |one: &amaas_core::registry::Imported| one.package.manifest.package.version.to_string();
    let versions: Vec<_> = imported.iter().map(version).collect();
    assert_eq!(versions, ["1.0.0", "2.0.0", "10.0.0"]);
    assert!(imported.iter().all(|one| one.format == Format::Serving));
    assert_eq!(answer(&place.serve(&imported[2]), [3.0, 4.0]), [3.0, 4.0]);
}

#[test]
fn a_folder_of_models_is_imported_whole() {
    let place = Place::new();
    place
        .copy("noop.onnx", "all/first/1/model.onnx")
        .copy("add.onnx", "all/second/3/model.onnx")
        .write("all/README.md", "mine");
    let imported = place.import("all").unwrap();
    let names: Vec<_> = imported
        .iter()
        .map(|one| one.package.manifest.package.name.as_str())
        .collect();
    assert_eq!(names, ["first", "second"]);
    for options in [
        ImportOptions {
            name: Some("x".parse().unwrap()),
            ..ImportOptions::default()
        },
        ImportOptions {
            version: Some("1.0.0".parse().unwrap()),
            ..ImportOptions::default()
        },
    ] {
        let error = import(&place.path("all"), &options).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    }
}

#[test]
fn formats_have_names_that_read_back() {
    for format in Format::all() {
        assert_eq!(format.name().parse::<Format>().unwrap(), format);
    }
    let error = "pickle".parse::<Format>().unwrap_err();
    assert!(error.remedy().unwrap().contains("hugging-face"));
}
