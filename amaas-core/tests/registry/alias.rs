//! Aliases: set, compare and set, history, rollback.

use std::time::{Duration, UNIX_EPOCH};

use amaas_core::ErrorKind;
use amaas_core::model::{AliasName, ModelName};
use amaas_core::registry::{Guard, MoveOptions};
use semver::Version;

use crate::support::{ANYWHERE, Home, guarded};

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
            .set_alias(&name, &alias, version, &ANYWHERE)
            .unwrap();
        assert_eq!(champion(&home), version.to_string());
    }
    let history = home.registry.alias_history(&name, &alias).unwrap();
    let seen: Vec<_> = history
        .iter()
        .map(|change| (change.version.as_ref(), change.at))
        .collect();
    let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
    assert_eq!(
        seen,
        [
            (Some(&first), at(1)),
            (Some(&second), at(2)),
            (Some(&third), at(4))
        ]
    );
    let entry = home.registry.model(&name).unwrap();
    assert_eq!(entry.aliases[0].digest, entry.versions[2].digest);
}

#[test]
fn rollback_goes_further_back_each_time() {
    let (home, name, alias, [first, second, third]) = ready();
    for version in [&first, &second, &third] {
        home.registry
            .set_alias(&name, &alias, version, &ANYWHERE)
            .unwrap();
    }
    assert_eq!(home.registry.rollback(&name, &alias, None).unwrap(), second);
    assert_eq!(home.registry.rollback(&name, &alias, None).unwrap(), first);
    assert_eq!(
        home.registry
            .rollback(&name, &alias, None)
            .unwrap_err()
            .kind(),
        ErrorKind::Conflict
    );
    home.registry
        .set_alias(&name, &alias, &third, &ANYWHERE)
        .unwrap();
    assert_eq!(home.registry.rollback(&name, &alias, None).unwrap(), first);
    let history = home.registry.alias_history(&name, &alias).unwrap();
    let versions: Vec<_> = history
        .iter()
        .map(|change| change.version.as_ref().unwrap().to_string())
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
    let set = |version, guard| {
        home.registry
            .set_alias(&name, &alias, version, &guarded(guard))
    };
    let conflict = |version, guard| {
        let error = set(version, guard).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AliasConflict, "{error}");
        assert!(error.is_retryable());
    };
    conflict(&first, Guard::At(&second));
    set(&first, Guard::New).unwrap();
    conflict(&second, Guard::New);
    conflict(&third, Guard::At(&second));
    set(&second, Guard::At(&first)).unwrap();
    assert_eq!(champion(&home), "1.1.0");
}

#[test]
fn an_alias_needs_a_version_and_a_model() {
    let (home, name, alias, [first, ..]) = ready();
    let missing = "9.0.0".parse().unwrap();
    let other: ModelName = "other".parse().unwrap();
    let errors = [
        home.registry
            .set_alias(&name, &alias, &missing, &ANYWHERE)
            .unwrap_err(),
        home.registry
            .set_alias(&other, &alias, &first, &ANYWHERE)
            .unwrap_err(),
        home.registry.alias_history(&name, &alias).unwrap_err(),
        home.registry.rollback(&name, &alias, None).unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    }
    assert!(home.registry.model(&other).is_err());
}

#[test]
fn history_says_why() {
    let (home, name, alias, [first, second, _]) = ready();
    let registry = &home.registry;
    let because = |reason| MoveOptions {
        guard: Guard::Anywhere,
        reason: Some(reason),
    };
    registry
        .set_alias(&name, &alias, &first, &because("the first"))
        .unwrap();
    registry
        .set_alias(&name, &alias, &second, &because(" "))
        .unwrap();
    registry
        .rollback(&name, &alias, Some("too slow; ünïcode, too"))
        .unwrap();
    let history = registry.alias_history(&name, &alias).unwrap();
    let seen: Vec<_> = history
        .iter()
        .map(|change| (change.reason.as_deref(), change.rollback))
        .collect();
    assert_eq!(
        seen,
        [
            (Some("the first"), false),
            (None, false),
            (Some("too slow; ünïcode, too"), true)
        ]
    );
}

#[test]
fn a_reason_is_one_line() {
    let (home, name, alias, [first, ..]) = ready();
    let long = "x".repeat(1001);
    for reason in ["two\nlines", "\u{1b}[31m", "a\0b", &long] {
        let options = MoveOptions {
            guard: Guard::Anywhere,
            reason: Some(reason),
        };
        let errors = [
            home.registry
                .set_alias(&name, &alias, &first, &options)
                .unwrap_err(),
            home.registry
                .remove_alias(&name, &alias, &options)
                .unwrap_err(),
            home.registry
                .rollback(&name, &alias, Some(reason))
                .unwrap_err(),
            home.registry.yank(&name, &first, Some(reason)).unwrap_err(),
        ];
        for error in errors {
            assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
        }
    }
    assert!(home.registry.alias_history(&name, &alias).is_err());
}

#[test]
fn a_removed_alias_keeps_its_history_and_comes_back() {
    let (home, name, alias, [first, second, _]) = ready();
    let registry = &home.registry;
    for version in [&first, &second] {
        registry
            .set_alias(&name, &alias, version, &ANYWHERE)
            .unwrap();
    }
    let elsewhere = registry.remove_alias(&name, &alias, &guarded(Guard::At(&first)));
    assert_eq!(elsewhere.unwrap_err().kind(), ErrorKind::AliasConflict);
    registry.remove_alias(&name, &alias, &ANYWHERE).unwrap();
    assert!(registry.model(&name).unwrap().aliases.is_empty());
    let gone = registry.resolve(&name, &alias.as_str().parse().unwrap());
    assert_eq!(gone.unwrap_err().kind(), ErrorKind::NotFound);
    let again = registry.remove_alias(&name, &alias, &ANYWHERE);
    assert_eq!(again.unwrap_err().kind(), ErrorKind::NotFound);
    let history = registry.alias_history(&name, &alias).unwrap();
    assert_eq!((history.len(), &history[2].version), (3, &None));

    assert_eq!(registry.rollback(&name, &alias, None).unwrap(), second);
    assert_eq!(registry.rollback(&name, &alias, None).unwrap(), first);
    registry.remove_alias(&name, &alias, &ANYWHERE).unwrap();
    registry
        .set_alias(&name, &alias, &second, &guarded(Guard::New))
        .unwrap();
    assert_eq!(champion(&home), "1.1.0");
}

#[test]
fn a_rollback_passes_over_what_was_deleted() {
    let (home, name, alias, versions) = ready();
    for version in &versions {
        home.registry
            .set_alias(&name, &alias, version, &ANYWHERE)
            .unwrap();
    }
    home.registry.delete(&name, &versions[1]).unwrap();
    let back = || home.registry.rollback(&name, &alias, None);
    assert_eq!(back().unwrap(), versions[0]);
    assert_eq!(back().unwrap_err().kind(), ErrorKind::Conflict);
    let history = home.registry.alias_history(&name, &alias).unwrap();
    assert_eq!(history[1].version.as_ref(), Some(&versions[1]));
}
