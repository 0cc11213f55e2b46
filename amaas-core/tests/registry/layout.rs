//! The files on disk: valid for other OCI tools, steady against what a crash leaves.

use std::fs;
use std::path::Path;

use amaas_core::ErrorKind;
use amaas_core::registry::Registry;
use serde_json::Value;

use crate::support::{ANYWHERE, Home, package, snapshot};

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn blob(root: &Path, descriptor: &Value) -> Value {
    let digest = descriptor["digest"].as_str().unwrap();
    let path = root.join("blobs/sha256").join(&digest["sha256:".len()..]);
    assert_eq!(
        fs::metadata(&path).unwrap().len(),
        descriptor["size"].as_u64().unwrap()
    );
    json(&path)
}

#[test]
fn the_documents_are_those_of_oci_and_modelpack() {
    let home = Home::new();
    home.publish("ner", "1.0.0");
    let root = home.registry.root();
    assert_eq!(
        json(&root.join("oci-layout"))["imageLayoutVersion"],
        "1.0.0"
    );

    let top = json(&root.join("index.json"));
    assert_eq!(top["mediaType"], "application/vnd.oci.image.index.v1+json");
    assert_eq!(
        top["manifests"][0]["annotations"]["org.opencontainers.image.ref.name"],
        "ner"
    );
    let model = blob(root, &top["manifests"][0]);
    let entry = &model["manifests"][0]["annotations"];
    assert_eq!(entry["org.opencontainers.image.ref.name"], "ner:1.0.0");
    assert_eq!(
        entry["org.opencontainers.image.created"],
        "1970-01-01T00:00:00Z"
    );
    let manifest = blob(root, &model["manifests"][0]);
    assert_eq!(
        manifest["artifactType"],
        "application/vnd.cncf.model.manifest.v1+json"
    );
    let paths = manifest["layers"].as_array().unwrap().iter().map(|layer| {
        (
            layer["annotations"]["org.cncf.model.filepath"]
                .as_str()
                .unwrap(),
            layer["mediaType"].as_str().unwrap(),
        )
    });
    let weight = "application/vnd.cncf.model.weight.v1.raw";
    assert_eq!(
        paths.collect::<Vec<_>>(),
        [
            ("amaas.toml", "application/vnd.amaas.manifest.v1+toml"),
            ("model.onnx", weight),
            (
                "tokenizer.json",
                "application/vnd.cncf.model.weight.config.v1.raw"
            ),
            ("weights.bin", weight),
        ]
    );
    let config = blob(root, &manifest["config"]);
    assert_eq!(config["descriptor"]["name"], "ner");
    assert_eq!(config["modelfs"]["diffIds"].as_array().unwrap().len(), 4);
}

#[test]
fn digests_do_not_change_between_releases() {
    // Whoever changes this line changes the address of every package there is.
    let known = "sha256:8b963ac1ba896b397d5b709fb5224dfbc6a8ab6bf2af201105d2a33e1080dfcf";
    assert_eq!(package("ner", "1.0.0").digest.to_string(), known);
}

#[test]
fn each_model_has_a_layout_for_other_tools() {
    let home = Home::new();
    home.publish("ner", "1.0.0");
    home.publish("ner", "1.1.0");
    let (name, alias) = ("ner".parse().unwrap(), "champion".parse().unwrap());
    home.registry
        .set_alias(&name, &alias, &"1.0.0".parse().unwrap(), &ANYWHERE)
        .unwrap();
    let folder = home.registry.root().join("models/ner");
    let index = json(&folder.join("index.json"));
    let tags = index["manifests"].as_array().unwrap().iter().map(|entry| {
        entry["annotations"]["org.opencontainers.image.ref.name"]
            .as_str()
            .unwrap()
    });
    assert_eq!(tags.collect::<Vec<_>>(), ["1.0.0", "1.1.0", "champion"]);
    assert_eq!(
        index["manifests"][0]["digest"],
        index["manifests"][2]["digest"]
    );
    #[cfg(unix)]
    blob(&folder, &index["manifests"][0]);

    fs::remove_file(folder.join("index.json")).unwrap();
    home.publish("ner", "1.0.0");
    assert_eq!(json(&folder.join("index.json")), index);
}

#[test]
fn leftovers_of_a_crash_are_ignored() {
    let home = Home::new();
    home.publish("ner", "1.0.0");
    let root = home.registry.root();
    fs::write(root.join("temporary/.tmpAbCdEf"), "half a blo").unwrap();
    fs::write(root.join("blobs/sha256/.tmp"), "half a blo").unwrap();
    fs::write(
        root.join(format!("blobs/sha256/{}", "0".repeat(64))),
        "unlisted",
    )
    .unwrap();
    let registry = Registry::open(root).unwrap();
    registry.publish(&package("ner", "1.1.0")).unwrap();
    assert_eq!(registry.models().unwrap()[0].versions.len(), 2);
}

#[test]
fn a_creation_that_was_cut_off_is_finished() {
    let home = Home::new();
    let root = home.folder.path().join("cut");
    fs::create_dir_all(root.join("blobs/sha256")).unwrap();
    fs::write(root.join("lock"), "").unwrap();
    fs::write(root.join("oci-layout"), r#"{"imageLay"#).unwrap();
    Registry::open(&root)
        .unwrap()
        .publish(&package("ner", "1.0.0"))
        .unwrap();
}

#[test]
fn a_lost_list_is_not_taken_for_an_empty_registry() {
    let home = Home::new();
    home.publish("ner", "1.0.0");
    for file in ["oci-layout", "index.json"] {
        let path = home.registry.root().join(file);
        let bytes = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        let error = Registry::open(home.registry.root()).unwrap_err();
        let refused = [ErrorKind::Corrupt, ErrorKind::InvalidArgument];
        assert!(refused.contains(&error.kind()), "{error}");
        assert!(!path.exists());
        fs::write(&path, bytes).unwrap();
    }
    home.registry
        .resolve(&"ner".parse().unwrap(), &"*".parse().unwrap())
        .unwrap();
}

#[test]
fn entries_of_other_tools_are_kept() {
    let home = Home::new();
    home.publish("ner", "1.0.0");
    let path = home.registry.root().join("index.json");
    let mut index = json(&path);
    let entry = serde_json::json!({
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "digest": format!("sha256:{}", "a".repeat(64)),
        "size": 7,
        "platform": {"architecture": "amd64", "os": "linux"},
    });
    index["manifests"]
        .as_array_mut()
        .unwrap()
        .push(entry.clone());
    fs::write(&path, index.to_string()).unwrap();
    home.publish("ner", "1.1.0");
    assert!(
        json(&path)["manifests"]
            .as_array()
            .unwrap()
            .contains(&entry)
    );
    assert_eq!(home.registry.models().unwrap().len(), 1);
}

#[test]
fn a_store_that_cannot_be_written_says_so_and_stays() {
    let home = Home::new();
    home.publish("ner", "1.0.0");
    let folder = home.registry.root().join("temporary");
    fs::remove_dir(&folder).unwrap();
    fs::write(&folder, "in the way").unwrap();
    let before = snapshot(home.registry.root());
    let error = home.registry.publish(&package("ner", "1.1.0")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io, "{error}");
    assert!(std::error::Error::source(&error).is_some());
    assert_eq!(snapshot(home.registry.root()), before);
    fs::remove_file(&folder).unwrap();
    home.publish("ner", "1.1.0");
}

#[cfg(unix)]
#[test]
fn writing_follows_no_link_and_waits_at_no_pipe() {
    let home = Home::new();
    home.publish("ner", "1.0.0");
    let root = home.registry.root();
    let elsewhere = home.folder.path().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    fs::remove_dir_all(root.join("models")).unwrap();
    std::os::unix::fs::symlink(&elsewhere, root.join("models")).unwrap();
    home.publish("ner", "1.1.0");
    assert!(fs::read_dir(&elsewhere).unwrap().next().is_none());

    fs::remove_file(root.join("lock")).unwrap();
    let made = std::process::Command::new("mkfifo")
        .arg(root.join("lock"))
        .status();
    assert!(made.unwrap().success());
    let error = home.registry.publish(&package("ner", "1.2.0")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
}
