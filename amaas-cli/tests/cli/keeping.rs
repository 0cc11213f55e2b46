//! Withdrawing, deleting, checking, cleaning up.

use serde_json::json;

use crate::support::{Home, keys};

#[test]
fn a_yanked_version_is_picked_only_by_name() {
    let home = Home::published();
    let text = home.says(&["yank", "sentiment@1.1.0", "--reason", "wrong labels"]);
    assert_eq!(text, "sentiment@1.1.0 is yanked\n");
    assert_eq!(
        home.json(&["run", "sentiment", "x"])["model"],
        "sentiment@1.0.0"
    );
    assert!(home.says(&["ls"]).contains("\nsentiment  1.0.0  "));

    let exact = home.run(&["run", "sentiment@1.1.0", "x"]);
    assert_eq!(exact.code, 0);
    assert!(
        exact.err.starts_with("note: sentiment@1.1.0: yanked 20"),
        "{}",
        exact.err
    );
    assert!(exact.err.ends_with("Z: wrong labels\n"), "{}", exact.err);
    let notices = &home.json(&["run", "sentiment@1.1.0", "x"])["notices"];
    assert!(notices[0].as_str().unwrap().ends_with(": wrong labels"));

    let stored = &home.json(&["show", "sentiment"])["versions"][1]["yanked"];
    assert_eq!(stored["reason"], "wrong labels");
    assert!(
        home.says(&["show", "sentiment"])
            .contains("Z: wrong labels\n")
    );
    assert!(
        home.says(&["show", "sentiment@1.1.0"])
            .contains("\nnotice       yanked 20")
    );

    let undone = home.json(&["yank", "sentiment@1.1.0", "--undo"]);
    assert_eq!(
        undone,
        json!({"model": "sentiment", "version": "1.1.0", "yanked": false})
    );
    assert_eq!(
        home.json(&["run", "sentiment", "x"])["model"],
        "sentiment@1.1.0"
    );
    assert_eq!(home.refuses(&["yank", "sentiment@^1"]).0, 2);
    assert_eq!(home.refuses(&["yank", "sentiment@3.0.0"]).0, 3);
    assert_eq!(
        home.refuses(&["yank", "sentiment@1.0.0", "--reason", "a\nb"])
            .0,
        2
    );
}

#[test]
fn reasons_stay_in_the_history() {
    let home = Home::published();
    let alias = "sentiment@champion";
    home.says(&["alias", "set", alias, "1.0.0", "--reason", "first"]);
    home.says(&["alias", "set", alias, "1.1.0"]);
    home.says(&["rollback", alias, "--reason", "worse"]);
    let gone = home.says(&["alias", "remove", alias, "--expect", "1.0.0"]);
    assert_eq!(gone, "sentiment@champion → nowhere\n");
    let past = &home.json(&["alias", "history", alias])["changes"];
    assert_eq!(keys(&past[0]), ["at", "reason", "rollback", "version"]);
    assert_eq!(past[0]["reason"], "first");
    assert_eq!(past[2]["rollback"], true);
    assert_eq!(past[3]["version"], json!(null));
    let text = home.says(&["alias", "history", alias]);
    let lines: Vec<_> = text.lines().collect();
    assert!(
        lines[3].ends_with("  1.0.0    rolled back: worse"),
        "{text}"
    );
    assert!(lines[4].ends_with("  nowhere"), "{text}");
    assert_eq!(home.refuses(&["alias", "remove", alias]).0, 3);
}

#[test]
fn what_is_deleted_is_cleaned_up() {
    let home = Home::published();
    home.says(&["alias", "set", "sentiment@champion", "1.0.0"]);
    let (code, error) = home.refuses(&["delete", "sentiment@1.0.0"]);
    assert_eq!((code, &error["kind"]), (9, &"conflict".into()));
    home.says(&["alias", "remove", "sentiment@champion"]);
    let deleted = home.json(&["delete", "sentiment@1.0.0"]);
    assert_eq!(deleted, json!({"model": "sentiment", "version": "1.0.0"}));
    assert_eq!(
        home.says(&["delete", "sentiment@1.1.0"]),
        "sentiment@1.1.0 is deleted\n"
    );

    let spared = home.json(&["gc"]);
    let all = [
        "bytes",
        "dry_run",
        "kept",
        "removed",
        "spared",
        "temporaries",
    ];
    assert_eq!(keys(&spared), all);
    assert_eq!(
        (&spared["removed"], &spared["bytes"]),
        (&json!([]), &json!(0))
    );
    let planned = home.json(&["gc", "--grace", "0s", "--dry-run"]);
    assert_eq!(planned["dry_run"], true);
    let text = home.says(&["gc", "--grace", "0s"]);
    let blobs = planned["removed"].as_array().unwrap().len();
    assert!(
        text.starts_with(&format!("removed {blobs} blobs: 7.2")),
        "{text}"
    );
    assert_eq!(home.json(&["gc", "--grace", "0s"])["removed"], json!([]));
    assert_eq!(home.refuses(&["gc", "--grace", "soon"]).0, 2);
}

#[test]
fn verify_finds_nothing_where_all_is_well() {
    let home = Home::published();
    let text = home.says(&["verify"]);
    let lines: Vec<_> = text.lines().collect();
    assert!(
        lines[0].starts_with("ok  ") && lines[0].ends_with(", 0 damaged"),
        "{text}"
    );
    assert_eq!(lines[2], "ok  sentiment@1.1.0  4 golden examples");
    assert_eq!(lines.len(), 3);
    let json = home.json(&["verify", "sentiment@^1"]);
    assert_eq!(keys(&json), ["healthy", "versions"]);
    assert_eq!(json["versions"][0]["golden"], 4);
    let bytes = home.json(&["verify", "--digests-only"]);
    assert_eq!(
        (&bytes["versions"], &bytes["store"]["damaged"]),
        (&json!([]), &json!([]))
    );
}

#[test]
fn verify_tells_what_is_damaged_and_who_needs_it() {
    let home = Home::published();
    home.damage();
    let ended = home.run(&["verify", "--json"]);
    assert_eq!((ended.code, &*ended.err), (1, ""));
    let json: serde_json::Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(json["healthy"], false);
    let damaged = &json["store"]["damaged"][0];
    assert_eq!(damaged["needed_by"], json!(["sentiment@1.1.0"]));
    assert_eq!(damaged["problem"]["kind"], "corrupt");
    assert_eq!(json["versions"][0]["healthy"], true);
    assert_eq!(json["versions"][1]["problem"]["kind"], "corrupt");

    let text = home.run(&["verify"]).out;
    assert!(text.starts_with("WRONG  "), "{text}");
    assert!(text.contains(", needed by sentiment@1.1.0\n  "), "{text}");
    assert!(text.contains("\nWRONG  sentiment@1.1.0  "), "{text}");
    assert_eq!(home.run(&["verify", "sentiment@1.1.0"]).code, 1);
    assert_eq!(home.run(&["verify", "sentiment@1.0.0"]).code, 0);
    assert_eq!(home.run(&["verify", "--digests-only"]).code, 1);
    assert_eq!(home.refuses(&["verify", "sentimant"]).0, 3);
}
