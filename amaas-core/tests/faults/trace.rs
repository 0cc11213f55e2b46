//! A child under `strace`.
//!
//! The trap: `strace` counts the calls of each name and thread by themselves. So a call is known by
//! its name and number, and the child must make the same calls each time up to there. Whether it
//! did, its record says.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::child::{ANSWER, BEGIN, END, MORE_CALLS, OPERATION, ROOT, environment};

/// The calls by which files are read, written, named and locked.
const CALLS: &str = "openat,read,pread64,write,pwrite64,writev,lseek,stat,lstat,fstat,newfstatat,statx,\
    access,faccessat,faccessat2,mkdir,mkdirat,rename,renameat,renameat2,link,linkat,unlink,unlinkat,\
    rmdir,symlink,symlinkat,readlink,readlinkat,getdents64,flock,fsync,fdatasync,ftruncate,fallocate,\
    copy_file_range,sendfile,chmod,fchmod,fchmodat,utimensat";

#[derive(Debug, Clone, Copy)]
pub(crate) enum Fault {
    Kill,
    Full,
    Broken,
}

impl Fault {
    /// A call that is refused does nothing, and neither does one whose process is killed.
    fn injection(self, (name, number): &Call) -> String {
        let what = match self {
            Self::Kill => "signal=KILL",
            Self::Full => "error=ENOSPC",
            Self::Broken => "error=EIO",
        };
        format!("inject={name}:{what}:when={number}")
    }
}

pub(crate) fn is_possible() -> Result<(), String> {
    let mut command = Command::new("strace");
    command
        .args(["-qq", "-o", "/dev/null", "true"])
        .stderr(Stdio::piped());
    match command.output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
        Err(cause) => Err(format!("strace cannot be run: {cause}")),
    }
}

/// The name of a call, and its number among those of that name in its thread, from 1.
pub(crate) type Call = (String, usize);

/// How a child ended: its answer, unless it was killed.
pub(crate) struct Ended {
    pub(crate) answer: Option<String>,
    record: Vec<String>,
}

impl Ended {
    /// The calls of the operation.
    pub(crate) fn calls(&self) -> Vec<Call> {
        let mut counts = BTreeMap::new();
        let calls = self
            .record
            .iter()
            .filter_map(|line| name(line))
            .map(|name| {
                let count = counts.entry(name).or_insert(0);
                *count += 1;
                (name.to_owned(), *count)
            });
        let calls: Vec<_> = calls.collect();
        calls[self.place(BEGIN).unwrap() + 1..self.place(END).unwrap()].to_vec()
    }

    /// Whether a fault came while the operation ran.
    pub(crate) fn was_hit(&self) -> bool {
        let hit = self.place("(INJECTED)").or(self.place("killed by SIGKILL"));
        match (self.place(BEGIN), hit, self.place(END)) {
            (Some(begin), Some(hit), Some(end)) => begin < hit && hit < end,
            (Some(begin), Some(hit), None) => begin < hit,
            _ => false,
        }
    }

    fn place(&self, word: &str) -> Option<usize> {
        self.record.iter().position(|call| call.contains(word))
    }
}

/// Runs an operation in a child, with a fault in place of one call.
pub(crate) fn run(operation: &str, root: &Path, fault: Option<(Fault, &Call)>) -> Ended {
    let home = root.parent().unwrap();
    let (answer, record) = (home.join("answer"), home.join("record"));
    let _none_yet = fs::remove_file(&answer);
    let mut command = Command::new("strace");
    command.args(["-q", "-f", "-s", "128", "-o"]).arg(&record);
    command.args(["-e", &format!("trace={CALLS}{MORE_CALLS}")]);
    if let Some((fault, call)) = fault {
        command.args(["-e", &fault.injection(call)]);
    }
    command.arg(std::env::current_exe().unwrap());
    command.args([
        "--exact",
        "child::child",
        "--ignored",
        "--quiet",
        "--test-threads=1",
    ]);
    command.envs([
        (OPERATION, operation.as_ref()),
        (ROOT, root.as_os_str()),
        (ANSWER, answer.as_os_str()),
    ]);
    command.envs(environment());
    // Cargo's is long, and the loader looks into every folder of it.
    command
        .env_remove("LD_LIBRARY_PATH")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status().unwrap();
    Ended {
        answer: fs::read_to_string(answer).ok(),
        record: thread_of_operation(&fs::read_to_string(record).unwrap()),
    }
}

/// What is called in a line such as `7 fsync(3) = 0`.
fn name(line: &str) -> Option<&str> {
    let (before, _) = line.split_once('(')?;
    before.split_whitespace().nth(1)
}

/// The calls of the thread that ran the operation, each in one line.
fn thread_of_operation(record: &str) -> Vec<String> {
    let thread = |line: &str| line.split(' ').next().unwrap_or_default().to_owned();
    let begin = record.lines().find(|line| line.contains(BEGIN));
    let ours = begin.map(thread).unwrap_or_default();
    let calls = record
        .lines()
        .filter(|line| thread(line) == ours && !line.contains(" resumed>"));
    calls.map(str::to_owned).collect()
}
