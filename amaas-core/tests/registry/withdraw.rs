//! Yank and delete: what stays for whom.

use std::time::{Duration, UNIX_EPOCH};

use amaas_core::ErrorKind;
use amaas_core::model::{ModelName, Selector};
use amaas_core::registry::{Notice, Yanked};
use semver::Version;

use crate::support::{ANYWHERE, Home, snapshot};

fn ready(versions: &[&str]) -> (Home, ModelName) {
    let home = Home::new();
    versions
        .iter()
        .for_each(|version| home.publish("ner", version));
    (home, "ner".parse().unwrap())
}

fn picks(home: &Home, selector: &str) -> Option<(String, Vec<Notice>)> {
    let name = "ner".parse().unwrap();
    let resolved = home.registry.resolve(&name, &selector.parse().unwrap());
    match resolved {
        Ok(resolved) => Some((resolved.version.to_string(), resolved.notices)),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
            None
        }
    }
}

fn version(text: &str) -> Version {
    text.parse().unwrap()
}

#[test]
fn ranges_pass_over_what_was_yanked() {
    let (home, name) = ready(&["1.0.0", "1.1.0", "1.2.0+cpu", "2.0.0-rc.1"]);
    let champion = "champion".parse().unwrap();
    home.registry
        .set_alias(&name, &champion, &version("1.2.0"), &ANYWHERE)
        .unwrap();
    home.clock.advance(Duration::from_secs(7));
    home.registry
        .yank(&name, &version("1.2.0"), Some("wrong labels"))
        .unwrap();
    let yanked = Yanked {
        at: UNIX_EPOCH + Duration::from_secs(7),
        reason: Some("wrong labels".to_owned()),
    };
    for range in ["*", "^1", ">=1, <2", "~1.1", "<1.2.0"] {
        assert_eq!(picks(&home, range), Some(("1.1.0".to_owned(), vec![])));
    }
    assert_eq!(picks(&home, "=1.2.0"), None);
    let digest = home.registry.model(&name).unwrap().versions[2].digest;
    for exact in ["1.2.0", "1.2.0+gpu", "champion", &digest.to_string()] {
        let notices = vec![Notice::Yanked(yanked.clone())];
        let found = picks(&home, exact);
        assert_eq!(found, Some(("1.2.0+cpu".to_owned(), notices)), "{exact}");
    }
    let notices = picks(&home, "2.0.0-rc.1").unwrap().1;
    assert_eq!(notices, [Notice::PreRelease]);
    let entry = &home.registry.model(&name).unwrap().versions[2];
    assert_eq!(entry.yanked, Some(yanked.clone()));
    assert_eq!(
        yanked.to_string(),
        "yanked at 1970-01-01T00:00:07Z: wrong labels"
    );

    home.registry.unyank(&name, &version("1.2.0")).unwrap();
    assert_eq!(picks(&home, "*"), Some(("1.2.0+cpu".to_owned(), vec![])));
}

#[test]
fn a_yank_says_why_and_again_changes_nothing() {
    let (home, name) = ready(&["1.0.0"]);
    let yank = |reason| {
        home.registry
            .yank(&name, &version("1.0.0"), reason)
            .unwrap()
    };
    let reason = || {
        let entry = home.registry.model(&name).unwrap();
        entry.versions[0].yanked.clone().unwrap().reason
    };
    yank(None);
    let before = snapshot(home.registry.root());
    home.clock.advance(Duration::from_secs(1));
    yank(None);
    assert_eq!(snapshot(home.registry.root()), before);
    yank(Some("leaks its training data"));
    assert_eq!(reason().as_deref(), Some("leaks its training data"));
    let error = home
        .registry
        .resolve(&name, &"*".parse().unwrap())
        .unwrap_err();
    assert!(error.to_string().contains("1.0.0 (yanked)"), "{error}");
    assert!(error.remedy().unwrap().contains("yanked"), "{error}");
    home.registry.unyank(&name, &version("1.0.0")).unwrap();
    home.registry.unyank(&name, &version("1.0.0")).unwrap();
    home.publish("ner", "1.0.0");
}

#[test]
fn what_an_alias_points_at_is_not_deleted() {
    let (home, name) = ready(&["1.0.0", "1.1.0"]);
    for alias in ["champion", "staging"] {
        let alias = alias.parse().unwrap();
        home.registry
            .set_alias(&name, &alias, &version("1.0.0"), &ANYWHERE)
            .unwrap();
    }
    let before = snapshot(home.registry.root());
    let error = home.registry.delete(&name, &version("1.0.0")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(
        error.to_string().contains("`champion`, `staging`"),
        "{error}"
    );
    assert_eq!(snapshot(home.registry.root()), before);
    for alias in ["champion", "staging"] {
        let alias = alias.parse().unwrap();
        home.registry
            .remove_alias(&name, &alias, &ANYWHERE)
            .unwrap();
    }
    home.registry.delete(&name, &version("1.0.0")).unwrap();
    assert_eq!(picks(&home, "*").unwrap().0, "1.1.0");
    assert_eq!(picks(&home, "1.0.0"), None);
    let history = home
        .registry
        .alias_history(&name, &"champion".parse().unwrap());
    assert_eq!(history.unwrap().len(), 2);
}

#[test]
fn the_last_version_takes_its_model_along() {
    let (home, name) = ready(&["1.0.0"]);
    home.publish("other", "1.0.0");
    let digest = home.registry.model(&name).unwrap().versions[0].digest;
    home.registry.delete(&name, &version("1.0.0")).unwrap();
    let models = home.registry.models().unwrap();
    assert_eq!(models.len(), 1);
    assert!(!home.registry.root().join("models/ner").exists());
    assert!(home.registry.root().join("models/other").exists());
    let error = home.registry.model(&name).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    // Whoever holds the digest is served until the bytes are cleaned up.
    home.registry.package(&digest).unwrap();
    home.publish("ner", "1.0.0");
    let again = home.registry.resolve(&name, &Selector::Digest(digest));
    assert_eq!(again.unwrap().digest, digest);
}

#[test]
fn what_is_not_there_is_not_withdrawn() {
    let (home, name) = ready(&["1.0.0"]);
    let (missing, other) = (version("9.0.0"), "other".parse().unwrap());
    let registry = &home.registry;
    let before = snapshot(registry.root());
    let errors = [
        registry.yank(&name, &missing, None).unwrap_err(),
        registry.yank(&other, &missing, None).unwrap_err(),
        registry.unyank(&name, &missing).unwrap_err(),
        registry.delete(&name, &missing).unwrap_err(),
        registry.delete(&other, &missing).unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    }
    assert_eq!(snapshot(registry.root()), before);
}
