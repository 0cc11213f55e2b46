//! A child that is one test of this program, and what the system says of a process.

use std::io::Write;
use std::process::{Command, Output};

/// Has the allocator give back what is freed, in place of learning to keep ever larger blocks: what
/// is resident is then what is in use.
const GIVE_BACK: (&str, &str) = ("MALLOC_TRIM_THRESHOLD_", "131072");

/// Runs the ignored test `name` in a process of its own.
pub(crate) fn child(name: &str, setting: Option<(&str, &str)>) -> Output {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", name, "--ignored", "--nocapture"]);
    command.envs([GIVE_BACK]).envs(setting);
    command.output().unwrap()
}

/// As [`child`], which must end well; what it said in its line is shown.
pub(crate) fn good_child(name: &str) {
    let output = child(name, None);
    let (said, stderr) = (String::from_utf8_lossy(&output.stdout), &output.stderr);
    assert!(
        output.status.success(),
        "{name}: {}\n{said}{}",
        output.status,
        String::from_utf8_lossy(stderr)
    );
    let mut console = std::io::stderr(); // past the harness, which would keep it to itself
    let line = |line: &&str| line.starts_with(SAYS);
    let lines: Vec<_> = said.lines().filter(line).collect();
    lines
        .iter()
        .for_each(|line| writeln!(console, "{line}").unwrap());
}

const SAYS: &str = "soak: ";

/// What a child's line begins with.
pub(crate) fn say(text: &str) {
    println!("\n{SAYS}{text}");
}

/// Resident memory of this process, in bytes.
pub(crate) fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: usize = pages.split_whitespace().nth(1).unwrap().parse().unwrap();
    pages * 4096 // of all that this runs on
}

/// Open files and threads of this process.
pub(crate) fn open_files_and_threads() -> (usize, usize) {
    let count = |folder| std::fs::read_dir(folder).unwrap().count();
    (count("/proc/self/fd"), count("/proc/self/task"))
}
