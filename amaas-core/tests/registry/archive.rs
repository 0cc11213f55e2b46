//! Export and import: what goes along, what other tools read, what is refused.

use std::fs;
use std::path::PathBuf;

use amaas_core::ErrorKind;
use amaas_core::model::{ModelName, Signature};
use amaas_core::registry::{
    ExportOptions, Guard, ImportLimits, ImportedArchive, ModelEntry, MoveOptions, Pick, Registry,
};

use crate::support::{ANYWHERE, Home, package, package_with, snapshot};

/// Two models with all there is to know of them.
pub(crate) fn filled() -> Home {
    let home = Home::new();
    let signature = Signature {
        inputs: vec![],
        outputs: vec![],
    };
    for version in ["1.0.0", "1.1.0", "2.0.0-rc.1"] {
        home.registry
            .publish_with_signature(&package("ner", version), &signature)
            .unwrap();
    }
    home.publish("other", "1.0.0");
    let (name, alias) = ("ner".parse().unwrap(), "champion".parse().unwrap());
    for version in ["1.0.0", "1.1.0"] {
        let options = MoveOptions {
            guard: Guard::Anywhere,
            reason: Some(version),
        };
        home.registry
            .set_alias(&name, &alias, &version.parse().unwrap(), &options)
            .unwrap();
    }
    home.registry
        .yank(&name, &"1.0.0".parse().unwrap(), Some("wrong"))
        .unwrap();
    home
}

fn export(home: &Home, options: &ExportOptions) -> PathBuf {
    let path = home.folder.path().join("models.tar");
    home.registry.export_file(options, &path).unwrap();
    path
}

fn created(imported: &ImportedArchive) -> (usize, usize) {
    let versions = imported.versions.iter().filter(|one| one.created);
    let aliases = imported.aliases.iter().filter(|one| one.created);
    (versions.count(), aliases.count())
}

fn listed(registry: &Registry) -> Vec<ModelEntry> {
    registry.models().unwrap()
}

fn pick(name: &str, selector: Option<&str>) -> Pick {
    let selector = selector.map(|text| format!("@{text}"));
    let text = format!("{name}{}", selector.unwrap_or_default());
    text.parse().unwrap()
}

#[test]
fn everything_comes_back() {
    let (home, there) = (filled(), Home::new());
    let path = export(&home, &ExportOptions::default());
    let imported = there.registry.import(&path).unwrap();
    assert_eq!(created(&imported), (4, 1));
    assert_eq!(listed(&there.registry), listed(&home.registry));
    let (name, alias): (ModelName, _) = ("ner".parse().unwrap(), "champion".parse().unwrap());
    let history = |home: &Home| home.registry.alias_history(&name, &alias).unwrap();
    assert_eq!(history(&there), history(&home));
    let any = "^1".parse().unwrap();
    assert!(there.registry.signature(&name, &any).unwrap().is_some());
    assert!(there.registry.verify(&mut |_| ()).unwrap().is_good());
    assert!(there.registry.root().join("models/ner/index.json").exists());
    for model in listed(&there.registry) {
        for entry in model.versions {
            there.registry.package(&entry.digest).unwrap();
        }
    }

    let before = snapshot(there.registry.root());
    let again = there.registry.import(&path).unwrap();
    assert_eq!((again.versions.len(), created(&again)), (4, (0, 0)));
    assert_eq!(snapshot(there.registry.root()), before);
    assert_eq!(
        fs::read(export(&there, &ExportOptions::default())).unwrap(),
        fs::read(&path).unwrap()
    );
}

#[test]
fn an_unpacked_export_is_a_registry() {
    let home = filled();
    let path = export(&home, &ExportOptions::default());
    let folder = home.folder.path().join("unpacked");
    tar::Archive::new(fs::File::open(path).unwrap())
        .unpack(&folder)
        .unwrap();
    let opened = Registry::open(&folder).unwrap();
    assert_eq!(listed(&opened), listed(&home.registry));
    assert!(opened.verify(&mut |_| ()).unwrap().is_good());
}

#[test]
fn a_subset_has_what_was_picked_and_no_more() {
    let home = filled();
    let cases = [
        (vec![pick("ner", Some("^1"))], true, vec!["ner@1.1.0"], 1),
        (vec![pick("ner", Some("1.0.0"))], true, vec!["ner@1.0.0"], 0),
        (
            vec![pick("ner", Some("champion"))],
            false,
            vec!["ner@1.1.0"],
            0,
        ),
        (
            vec![
                pick("other", None),
                pick("ner", Some("1.0.0")),
                pick("ner", Some("2.0.0-rc.1")),
            ],
            true,
            vec!["ner@1.0.0", "ner@2.0.0-rc.1", "other@1.0.0"],
            0,
        ),
        (vec![pick("other", None)], true, vec!["other@1.0.0"], 0),
    ];
    for (only, aliases, expected, known) in cases {
        let there = Home::new();
        let path = export(&home, &ExportOptions { only, aliases });
        let imported = there.registry.import(&path).unwrap();
        let found: Vec<_> = imported
            .versions
            .iter()
            .map(|one| format!("{}@{}", one.name, one.version))
            .collect();
        assert_eq!(found, expected);
        assert_eq!(imported.aliases.len(), known);
        assert!(there.registry.verify(&mut |_| ()).unwrap().is_good());
    }
    let options = ExportOptions {
        only: vec![pick("ner", Some("^7"))],
        aliases: true,
    };
    let path = home.folder.path().join("none.tar");
    let error = home.registry.export_file(&options, &path).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(!path.exists());
}

#[test]
fn what_is_here_is_not_changed_by_what_comes() {
    let (home, there) = (filled(), Home::new());
    let path = export(&home, &ExportOptions::default());
    there
        .registry
        .publish(&package_with("ner", "1.1.0", b"other"))
        .unwrap();
    let before = snapshot(there.registry.root());
    let error = there.registry.import(&path).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{error}");
    assert_eq!(snapshot(there.registry.root()), before);

    let there = Home::new();
    there.publish("ner", "1.0.0");
    let (name, alias) = ("ner".parse().unwrap(), "champion".parse().unwrap());
    there
        .registry
        .set_alias(&name, &alias, &"1.0.0".parse().unwrap(), &ANYWHERE)
        .unwrap();
    let imported = there.registry.import(&path).unwrap();
    assert_eq!(created(&imported), (3, 0));
    let model = there.registry.model(&name).unwrap();
    assert_eq!(model.aliases[0].version.to_string(), "1.0.0");
    assert_eq!(model.versions[0].yanked, None);
}

#[test]
fn damage_is_not_exported() {
    let home = filled();
    let weights = home
        .registry
        .root()
        .join("blobs/sha256")
        .join(amaas_core::model::Digest::of(&[7; 100]).hex());
    fs::write(weights, [8; 100]).unwrap();
    let path = home.folder.path().join("damaged.tar");
    let error = home
        .registry
        .export_file(&ExportOptions::default(), &path)
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    assert!(!path.exists());
}

#[test]
fn limits_are_checked_before_anything_is_written() {
    let (home, there) = (filled(), Home::new());
    let path = export(&home, &ExportOptions::default());
    let before = snapshot(there.registry.root());
    let (entries, bytes) = (3, 1000);
    let usual = ImportLimits::default();
    for limits in [
        ImportLimits { entries, ..usual },
        ImportLimits { bytes, ..usual },
    ] {
        let error = there.registry.import_within(&path, &limits).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidPackage, "{error}");
        assert!(error.to_string().contains("limit"), "{error}");
        assert_eq!(snapshot(there.registry.root()), before);
    }
    there.registry.import_within(&path, &usual).unwrap();
}
