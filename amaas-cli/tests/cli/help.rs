//! Help: complete, with an example for each command, and the same as in docs/cli.md.

use clap::Command;

use crate::support::run;

const PAGE: &str = include_str!("../../../docs/cli.md");

/// Every command line that has help of its own.
fn lines(command: &Command, above: &[String]) -> Vec<Vec<String>> {
    let inner = command.get_subcommands().flat_map(|inner| {
        let line = [above, &[inner.get_name().to_owned()]].concat();
        [vec![line.clone()], lines(inner, &line)].concat()
    });
    inner.collect()
}

fn help(line: &[String]) -> String {
    let words = ["amaas".to_owned()].into_iter().chain(line.iter().cloned());
    let ended = run(words.chain(["--help".to_owned()]));
    assert_eq!((ended.code, &*ended.err), (0, ""));
    ended.out
}

#[test]
fn every_command_has_an_example_and_stands_in_the_documentation() {
    let lines = lines(&amaas_cli::command(), &[]);
    assert!(lines.len() >= 10, "{lines:?}");
    for line in [vec![vec![]], lines].concat() {
        let help = help(&line);
        let example = help.split("Example:\n").nth(1).unwrap_or_default();
        let wanted = ["amaas".to_owned()].into_iter().chain(line.clone());
        let wanted: Vec<_> = wanted.collect();
        let (wanted, name) = (wanted.join(" "), line.join(" "));
        assert!(
            example.trim_start().starts_with(&wanted),
            "{name}: {example}"
        );
        let block = format!("```text\n{}```", help.trim_end().to_owned() + "\n");
        assert!(
            PAGE.contains(&block),
            "docs/cli.md is behind in `{name}`: run `cargo run -p amaas-cli --example help`"
        );
    }
}

#[test]
fn version_and_help_are_answers() {
    for (flag, start) in [
        ("--version", "amaas 0."),
        ("-V", "amaas 0."),
        ("-h", "Publish,"),
    ] {
        let ended = run(["amaas", flag].iter().map(ToString::to_string));
        assert_eq!((ended.code, &*ended.err), (0, ""));
        assert!(ended.out.starts_with(start), "{}", ended.out);
    }
}
