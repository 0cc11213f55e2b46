//! Writes the help of every command into docs/cli.md: `cargo run -p amaas-cli --example help`.

use std::fmt::Write as _;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/cli.md");
const MARK: &str = "<!-- help -->\n";

fn main() -> std::io::Result<()> {
    let page = std::fs::read_to_string(PAGE)?;
    let above = page.split(MARK).next().unwrap_or_default();
    let mut text = format!("{above}{MARK}");
    write(&amaas_cli::command(), "amaas", &mut text);
    std::fs::write(PAGE, text)
}

/// One command and all below it.
fn write(command: &clap::Command, line: &str, text: &mut String) {
    let words = line.split(' ').chain(["--help"]);
    let (mut help, mut err) = (Vec::new(), Vec::new());
    amaas_cli::run(words, &mut help, &mut err);
    let help = String::from_utf8_lossy(&help);
    let _ = write!(text, "\n## {line}\n\n```text\n{}\n```\n", help.trim_end());
    for inner in command.get_subcommands() {
        write(inner, &format!("{line} {}", inner.get_name()), text);
    }
}
