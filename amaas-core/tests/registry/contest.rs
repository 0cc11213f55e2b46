//! Two processes that move one alias at the same instant, each from where it points to a version of
//! its own: one wins, and the other is told `alias_conflict`.
//!
//! The instant is a file that both look for. Each writes one first to say that it is ready.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use amaas_core::model::{AliasName, ModelName};
use amaas_core::registry::{Guard, Registry};
use semver::Version;

use crate::support::{ANYWHERE, Home, guarded};

const FOLDER: &str = "AMAAS_TEST_CONTEST";
const PLAYER: &str = "AMAAS_TEST_PLAYER";
const PLAYERS: [&str; 2] = ["1", "2"];
const ROUNDS: u64 = 20;
const PATIENCE: Duration = Duration::from_secs(60);

fn alias() -> (ModelName, AliasName) {
    ("ner".parse().unwrap(), "champion".parse().unwrap())
}

/// Where a player wants the alias in a round: its own number is the major one.
fn wanted(player: &str, round: u64) -> Version {
    Version::new(player.parse().unwrap(), round, 0)
}

/// Until there is a file; a player that fell is not waited for without end.
fn await_file(path: &Path) {
    let began = Instant::now();
    while !path.exists() {
        assert!(began.elapsed() < PATIENCE, "nobody wrote {path:?}");
        std::thread::yield_now();
    }
}

/// Puts a file there whole, so that nobody reads half of it.
fn say_in(path: &Path, text: &str) {
    let unfinished = path.with_extension("unfinished");
    fs::write(&unfinished, text).unwrap();
    fs::rename(unfinished, path).unwrap();
}

#[test]
fn of_two_processes_that_move_an_alias_at_once_one_wins() {
    let home = Home::new();
    for round in 0..ROUNDS {
        for player in PLAYERS {
            home.publish("ner", &wanted(player, round).to_string());
        }
    }
    home.publish("ner", "0.1.0");
    let (name, alias) = alias();
    let (registry, first) = (&home.registry, Version::new(0, 1, 0));
    registry
        .set_alias(&name, &alias, &first, &ANYWHERE)
        .unwrap();
    let folder = home.folder.path();
    let mut players = PLAYERS.map(|player| play(folder, player));
    let path = |what: &str, player: &str, round| folder.join(format!("{what}-{player}-{round}"));
    for round in 0..ROUNDS {
        for player in PLAYERS {
            await_file(&path("ready", player, round));
        }
        say_in(&folder.join(format!("start-{round}")), "");
        let answers = PLAYERS.map(|player| {
            await_file(&path("answer", player, round));
            fs::read_to_string(path("answer", player, round)).unwrap()
        });
        let mut sorted = answers.clone();
        sorted.sort();
        assert_eq!(sorted, ["alias_conflict", "won"], "round {round}");
        let winner = PLAYERS[answers.iter().position(|answer| answer == "won").unwrap()];
        let now = registry.resolve(&name, &alias.as_str().parse().unwrap());
        assert_eq!(now.unwrap().version, wanted(winner, round));
    }
    for player in &mut players {
        assert!(player.wait().unwrap().success());
    }
    let moves = registry.alias_history(&name, &alias).unwrap();
    assert_eq!(moves.len() as u64, 1 + ROUNDS);
}

fn play(folder: &Path, player: &str) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "contest::player", "--ignored", "--quiet"]);
    command.env(FOLDER, folder).env(PLAYER, player);
    command.spawn().unwrap()
}

#[test]
#[ignore = "run by the test above, in a process of its own"]
fn player() {
    let folder = PathBuf::from(std::env::var_os(FOLDER).unwrap());
    let player = std::env::var(PLAYER).unwrap();
    let registry = Registry::open(folder.join("models")).unwrap();
    let (name, alias) = alias();
    let path = |what: &str, round| folder.join(format!("{what}-{player}-{round}"));
    for round in 0..ROUNDS {
        let now = registry.resolve(&name, &alias.as_str().parse().unwrap());
        let (now, mine) = (now.unwrap().version, wanted(&player, round));
        say_in(&path("ready", round), "");
        await_file(&folder.join(format!("start-{round}")));
        let moved = registry.set_alias(&name, &alias, &mine, &guarded(Guard::At(&now)));
        let answer = moved.map_or_else(|error| error.kind().name(), |()| "won");
        say_in(&path("answer", round), answer);
    }
}
