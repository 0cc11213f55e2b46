//! Publishing, looking, naming.

use crate::support::{Home, keys, sentiment};

#[test]
fn publishing_twice_changes_nothing() {
    let home = Home::empty();
    let path = sentiment("1.0.0");
    let first = home.json(&["publish", &path]);
    assert_eq!(keys(&first), ["created", "digest", "model", "version"]);
    assert_eq!(first["created"], true);
    let again = home.json(&["publish", &path]);
    assert_eq!(again["created"], false);
    assert_eq!(again["digest"], first["digest"]);
    let text = home.says(&["publish", &path]);
    let digest = first["digest"].as_str().unwrap();
    assert_eq!(
        text,
        format!("sentiment@1.0.0 is there already, unchanged\n{digest}\n")
    );
}

#[test]
fn ls_lists_models_in_columns() {
    let home = Home::published();
    home.says(&["alias", "set", "sentiment@champion", "1.0.0"]);
    let text = home.says(&["ls"]);
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 4, "{text}");
    assert_eq!(lines[0], "MODEL      HIGHEST  VERSIONS      SIZE  ALIASES");
    assert_eq!(
        lines[1],
        "sentiment  1.1.0           2  7.27 MiB  champion → 1.0.0"
    );
    assert_eq!(lines[3], format!("1 model in {}", home.registry()));

    let json = home.json(&["ls"]);
    assert_eq!(keys(&json), ["models", "registry"]);
    let model = &json["models"][0];
    assert_eq!(keys(model), ["aliases", "name", "versions"]);
    let version = &model["versions"][1];
    assert_eq!(
        keys(version),
        ["bytes", "digest", "published", "version", "yanked"]
    );
    assert_eq!(version["version"], "1.1.0");
    let published = version["published"].as_str().unwrap();
    assert!(
        published.starts_with("20") && published.ends_with('Z'),
        "{published}"
    );
    assert_eq!(model["aliases"][0]["alias"], "champion");
    assert_eq!(
        model["aliases"][0]["digest"],
        model["versions"][0]["digest"]
    );
}

#[test]
fn a_command_that_reads_makes_no_registry() {
    let home = Home::empty();
    for arguments in [
        &["ls"][..],
        &["show", "sentiment"],
        &["run", "sentiment", "x"],
        &["alias", "list", "sentiment"],
        &["rollback", "sentiment@champion"],
    ] {
        let (code, error) = home.refuses(arguments);
        assert_eq!((code, &error["kind"]), (3, &"not_found".into()));
        assert!(error["remedy"].as_str().unwrap().contains("publish"));
    }
    assert!(!home.path("registry").exists());
}

#[test]
fn an_empty_registry_says_so() {
    let home = Home::empty();
    amaas_core::registry::Registry::open(home.path("registry")).unwrap();
    assert_eq!(
        home.says(&["ls"]),
        format!("no models in {}\n", home.registry())
    );
    assert_eq!(home.json(&["ls"])["models"].as_array().unwrap().len(), 0);
}

#[test]
fn show_tells_a_model_with_its_past() {
    let home = Home::published();
    for version in ["1.0.0", "1.1.0"] {
        home.says(&["alias", "set", "sentiment@champion", version]);
    }
    let text = home.says(&["show", "sentiment"]);
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[0], "sentiment");
    assert!(lines[2].starts_with("VERSION  PUBLISHED"), "{text}");
    assert!(
        lines[3].starts_with("1.1.0") && lines[3].ends_with("champion"),
        "{text}"
    );
    assert!(lines[4].starts_with("1.0.0"), "{text}");
    assert_eq!(lines[6], "champion has pointed at");
    assert!(
        lines[7].ends_with("1.0.0") && lines[8].ends_with("1.1.0"),
        "{text}"
    );

    let json = home.json(&["show", "sentiment"]);
    assert_eq!(keys(&json), ["aliases", "name", "versions"]);
    let alias = &json["aliases"][0];
    assert_eq!(alias["alias"], "champion");
    let past = alias["history"].as_array().unwrap();
    let past: Vec<_> = past
        .iter()
        .map(|one| one["version"].as_str().unwrap())
        .collect();
    assert_eq!(past, ["1.0.0", "1.1.0"]);
}

#[test]
fn show_tells_a_version_in_full() {
    let home = Home::published();
    let text = home.says(&["show", "sentiment@^1"]);
    for part in [
        "sentiment@1.1.0\n",
        "\ntask         text-classification\n",
        "\nlicence      MIT OR Apache-2.0\n",
        "\nmetrics\n  accuracy  0.8017\n",
        "\ninputs\n  input_ids  ",
        "\noutputs\n  logits  float32[batch, 2]\n",
    ] {
        assert!(text.contains(part), "{part:?} in {text}");
    }
    let json = home.json(&["show", "sentiment@1.1.0"]);
    assert_eq!(json["version"], "1.1.0");
    assert_eq!(json["task"], "text-classification");
    assert_eq!(json["files"][0]["path"], "amaas.toml");
    assert_eq!(json["signature"]["inputs"][0]["name"], "input_ids");
    let digest = json["digest"].as_str().unwrap();
    let same = home.json(&["show", &format!("sentiment@{digest}"), "--signature"]);
    assert_eq!(same["version"], "1.1.0");
    assert_eq!(same["signature"]["outputs"][0]["name"], "logits");
    assert_eq!(same["signature"]["outputs"][0]["kind"], "float32[batch, 2]");
}

#[test]
fn aliases_move_and_go_back() {
    let home = Home::published();
    let alias = "sentiment@champion";
    assert_eq!(
        home.says(&["alias", "list", "sentiment"]),
        "no aliases of sentiment\n"
    );
    let set = home.json(&["alias", "set", alias, "1.0.0", "--expect", "none"]);
    assert_eq!(keys(&set), ["alias", "model", "version"]);
    let moved = home.says(&["alias", "set", alias, "^1", "--expect", "1.0.0"]);
    assert_eq!(moved, "sentiment@champion → 1.1.0\n");

    let listed = home.says(&["alias", "list", "sentiment"]);
    assert!(listed.starts_with("ALIAS     VERSION  DIGEST\nchampion  1.1.0    sha256:"));
    let listed = home.json(&["alias", "list", "sentiment"]);
    assert_eq!(listed["aliases"][0]["version"], "1.1.0");

    assert_eq!(
        home.says(&["rollback", alias]),
        "sentiment@champion → 1.0.0\n"
    );
    let past = home.json(&["alias", "history", alias]);
    let past: Vec<_> = past["changes"].as_array().unwrap().iter().collect();
    assert_eq!(past.len(), 3);
    assert_eq!(past[2]["version"], "1.0.0");
    assert_eq!(home.says(&["alias", "history", alias]).lines().count(), 4);

    home.says(&["alias", "set", alias, "1.1.0"]);
    assert_eq!(home.json(&["rollback", alias])["version"], "1.0.0");
}

#[test]
fn an_alias_moves_only_from_where_it_is_believed_to_be() {
    let home = Home::published();
    let set = |version, expected| {
        home.refuses(&[
            "alias",
            "set",
            "sentiment@champion",
            version,
            "--expect",
            expected,
        ])
    };
    let (code, error) = set("1.1.0", "1.0.0");
    assert_eq!((code, &error["kind"]), (9, &"alias_conflict".into()));
    assert_eq!(error["retryable"], true);
    home.says(&["alias", "set", "sentiment@champion", "1.0.0"]);
    assert_eq!(set("1.1.0", "none").0, 9);
    assert_eq!(set("1.1.0", "newest").0, 2);
    assert_eq!(
        home.json(&["alias", "list", "sentiment"])["aliases"][0]["version"],
        "1.0.0"
    );
}

/// As other tools leave it, which store without loading.
#[test]
fn a_version_without_a_recorded_signature_is_loaded_to_tell_it() {
    let home = Home::empty();
    let registry = amaas_core::registry::Registry::open(home.path("registry")).unwrap();
    let package = amaas_core::registry::read_package(sentiment("1.1.0").as_ref()).unwrap();
    registry.publish(&package).unwrap();
    assert!(
        home.json(&["show", "sentiment@^1"])
            .get("signature")
            .is_none()
    );
    let shown = home.json(&["show", "sentiment", "--signature"]);
    assert_eq!(
        shown["signature"]["outputs"][0]["kind"],
        "float32[batch, 2]"
    );
}
