//! What another tool makes of a store: it reads the layouts on the disk and the archives, and what it
//! copies is imported again.

use std::fs;
use std::path::Path;
use std::process::Command;

use amaas_core::model::Digest;
use amaas_core::registry::{ExportOptions, ModelEntry, Registry};

use crate::archive::filled;
use crate::support::{Home, package};

/// Whether the tool is here; with `STRICT=1` it has to be.
fn is_here() -> bool {
    let found = Command::new("skopeo").arg("--version").output().is_ok();
    let strict = std::env::var_os("STRICT").is_some_and(|value| value == "1");
    assert!(
        found || !strict,
        "skopeo is missing: apt-get install skopeo"
    );
    found
}

/// What `skopeo` prints with these arguments.
fn skopeo(arguments: &[&str], folder: &Path) -> Vec<u8> {
    let run = Command::new("skopeo")
        .arg("--insecure-policy")
        .args(arguments)
        .current_dir(folder)
        .output();
    let run = run.expect("skopeo must be there: install it (on Debian: apt-get install skopeo)");
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "skopeo {arguments:?}: {said}");
    run.stdout
}

/// The one version that a store got.
fn only(registry: &Registry) -> ModelEntry {
    let models = registry.models().unwrap();
    assert_eq!(models.len(), 1);
    assert_eq!(models[0].versions.len(), 1);
    models[0].clone()
}

#[test]
fn an_export_is_read_and_what_is_written_of_it_is_imported() {
    if !is_here() {
        return;
    }
    let (home, there) = (filled(), Home::new());
    let folder = home.folder.path();
    let everything = ExportOptions::default();
    let archive = folder.join("models.tar");
    home.registry.export_file(&everything, &archive).unwrap();
    for tag in ["ner:1.1.0", "ner:champion"] {
        let from = format!("oci-archive:models.tar:{tag}");
        skopeo(&["copy", &from, "oci-archive:one.tar:anything"], folder);
        let imported = there.registry.import(&folder.join("one.tar")).unwrap();
        assert_eq!(imported.versions[0].digest, package("ner", "1.1.0").digest);
        fs::remove_file(folder.join("one.tar")).unwrap();
    }
    assert_eq!(only(&there.registry).name.as_str(), "ner");
}

/// The layout of a model is on the disk at all times, without any export.
#[test]
fn a_store_is_read_where_it_lies_by_version_and_by_alias() {
    if !is_here() {
        return;
    }
    let home = filled();
    let published = package("ner", "1.1.0").digest;
    for tag in ["1.1.0", "champion"] {
        let layout = format!(
            "oci:{}:{tag}",
            home.registry.root().join("models/ner").display()
        );
        let raw = skopeo(&["inspect", "--raw", &layout], home.folder.path());
        assert_eq!(Digest::of(&raw), published, "{tag}");

        let (there, name) = (Home::new(), "ner".parse().unwrap());
        let folder = there.folder.path();
        skopeo(&["copy", &layout, "oci-archive:copied.tar:any"], folder);
        there.registry.import(&folder.join("copied.tar")).unwrap();
        assert_eq!(only(&there.registry).versions[0].digest, published, "{tag}");
        let loaded = there.registry.package(&published).unwrap();
        assert_eq!(loaded.manifest.package.name, name);
        assert_eq!(loaded.files.len(), package("ner", "1.1.0").files.len());
    }
}
