//! Aliases: set, compare and set, history, rollback.

use std::time::{Duration, UNIX_EPOCH};

use amaas_core::ErrorKind;
use amaas_core::model::{AliasName, ModelName};
use semver::Version;

use crate::support::Home;

fn ready() -> (Home, ModelName, AliasName, [Version; 3]) {
    let home = Home::new();
    let versions = ["1.0.0", "1.1.0", "2.0.0"];
    versions
        .iter()
        .for_each(|version| home.publish("ner", version));
    let versions = versions.map(|version| version.parse().unwrap());
    (
        home,
        "ner".parse().unwrap(),
        "champion".parse().unwrap(),
        versions,
    )
}

fn champion(home: &Home) -> String {
    let resolved = home
        .registry
        .resolve(&"ner".parse().unwrap(), &"champion".parse().unwrap());
    resolved.unwrap().version.to_string()
}

#[test]
fn an_alias_follows_and_remembers() {
    let (home, name, alias, [first, second, third]) = ready();
    for version in [&first, &second, &second, &third] {
        home.clock.advance(Duration::from_secs(1));
        home.registry
            .set_alias(&name, &alias, version, None)
            .unwrap();
        assert_eq!(champion(&home), version.to_string());
    }
    let history = home.registry.alias_history(&name, &alias).unwrap();
    let seen: Vec<_> = history
        .iter()
        .map(|change| (&change.version, change.at))
        .collect();
    let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
    assert_eq!(seen, [(&first, at(1)), (&second, at(2)), (&third, at(4))]);
    let entry = home.registry.model(&name).unwrap();
    assert_eq!(entry.aliases[0].digest, entry.versions[2].digest);
}

#[test]
fn rollback_goes_further_back_each_time() {
    let (home, name, alias, [first, second, third]) = ready();
    for version in [&first, &second, &third] {
        home.registry
            .set_alias(&name, &alias, version, None)
            .unwrap();
    }
    assert_eq!(home.registry.rollback(&name, &alias).unwrap(), second);
    assert_eq!(home.registry.rollback(&name, &alias).unwrap(), first);
    assert_eq!(
        home.registry.rollback(&name, &alias).unwrap_err().kind(),
        ErrorKind::Conflict
    );
    home.registry
        .set_alias(&name, &alias, &third, None)
        .unwrap();
    assert_eq!(home.registry.rollback(&name, &alias).unwrap(), first);
    let history = home.registry.alias_history(&name, &alias).unwrap();
    let versions: Vec<_> = history
        .iter()
        .map(|change| change.version.to_string())
        .collect();
    assert_eq!(
        versions,
        [
            "1.0.0", "1.1.0", "2.0.0", "1.1.0", "1.0.0", "2.0.0", "1.0.0"
        ]
    );
}

#[test]
fn an_alias_moves_only_from_where_it_is_believed_to_be() {
    let (home, name, alias, [first, second, third]) = ready();
    let set = |version, expected| home.registry.set_alias(&name, &alias, version, expected);
    let conflict = |version, expected| {
        let error = set(version, expected).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
        assert!(error.is_retryable());
    };
    conflict(&first, Some(Some(&second)));
    set(&first, Some(None)).unwrap();
    conflict(&second, Some(None));
    conflict(&third, Some(Some(&second)));
    set(&second, Some(Some(&first))).unwrap();
    assert_eq!(champion(&home), "1.1.0");
}

#[test]
fn an_alias_needs_a_version_and_a_model() {
    let (home, name, alias, [first, ..]) = ready();
    let missing = "9.0.0".parse().unwrap();
    let other: ModelName = "other".parse().unwrap();
    let errors = [
        home.registry
            .set_alias(&name, &alias, &missing, None)
            .unwrap_err(),
        home.registry
            .set_alias(&other, &alias, &first, None)
            .unwrap_err(),
        home.registry.alias_history(&name, &alias).unwrap_err(),
        home.registry.rollback(&name, &alias).unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    }
    assert!(home.registry.model(&other).is_err());
}
