//! The command line `amaas`, as a library: the program, the tests and other faces call [`run`].
//!
//! ```
//! let (mut out, mut err) = (Vec::new(), Vec::new());
//! let code = amaas_cli::run(["amaas", "--version"], &mut out, &mut err);
//! assert_eq!(code, 0);
//! assert!(out.starts_with(b"amaas "));
//! assert!(err.is_empty());
//! ```
//!
//! A command is one file in `commands/`: its arguments, what it asks of [`amaas_core`], and its
//! answer, which is printed for people or as JSON. Nothing is decided here that another face
//! would have to decide again.
//!
//! The trap: answers go to `out`, and everything else (errors, notes, progress) to `err`, so that
//! what one command prints another program can read.

mod commands;
mod context;
pub mod exit;
mod failure;
mod output;
mod trust;

use std::ffi::OsString;
use std::io::{IsTerminal as _, Write, stderr, stdout};
use std::path::PathBuf;

use amaas_core::ErrorKind;
use amaas_core::runtime::Stop;
use clap::{CommandFactory, FromArgMatches, Parser};

use self::commands::Command;
use self::context::{Common, Context};

/// AI model as a service, inside your own process: the command line.
#[derive(Debug, Parser)]
#[command(name = "amaas", version, about = "Publish, select, run and look after models", long_about = None)]
#[command(
    after_help = "Example:\n  amaas publish models/sentiment/1.1.0 && amaas run sentiment 'I loved it'"
)]
#[command(subcommand_required = true, disable_help_subcommand = true)]
struct Arguments {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

/// What the program around the command line knows and does.
#[expect(
    missing_debug_implementations,
    reason = "it holds a function of the caller's"
)]
pub struct Host<'a> {
    /// Places to look for ONNX Runtime in, after those that the user names.
    pub hints: Vec<PathBuf>,
    /// What `doctor` tells of the language that the host is written in: name and value of each fact.
    pub about: Vec<(String, String)>,
    /// Called before something starts that can be stopped: whoever keeps the flag may raise it,
    /// and the command ends with code 130.
    pub watch: &'a dyn Fn(&Stop),
    /// Whether somebody looks at the standard error, who may be shown progress there.
    pub progress: bool,
}

impl Default for Host<'_> {
    fn default() -> Self {
        Self {
            hints: Vec::new(),
            about: Vec::new(),
            watch: &|_| {},
            progress: false,
        }
    }
}

impl Host<'_> {
    /// The package `onnxruntime` of the virtual environment of Python that is active, if any.
    pub fn environment() -> Vec<PathBuf> {
        let active = std::env::var_os("VIRTUAL_ENV").map(PathBuf::from);
        active.iter().flat_map(|root| packages(root)).collect()
    }
}

fn packages(root: &std::path::Path) -> Vec<PathBuf> {
    let folders = std::fs::read_dir(root.join("lib"))
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path().join("site-packages/onnxruntime")));
    let windows = root.join("Lib/site-packages/onnxruntime");
    folders
        .chain([windows])
        .filter(|path| path.is_dir())
        .collect()
}

/// Runs one command line, its first argument being the program's name. The answer goes to `out`,
/// what went wrong to `err`; returns the exit code, see [`exit`].
pub fn run<A, S>(arguments: A, out: &mut dyn Write, err: &mut dyn Write) -> u8
where
    A: IntoIterator<Item = S>,
    S: Into<OsString> + Clone,
{
    run_on(&Host::default(), arguments, out, err)
}

/// As [`run`], on a host that knows where ONNX Runtime lies or can stop a run.
pub fn run_on<A, S>(host: &Host<'_>, arguments: A, out: &mut dyn Write, err: &mut dyn Write) -> u8
where
    A: IntoIterator<Item = S>,
    S: Into<OsString> + Clone,
{
    let arguments: Vec<OsString> = arguments.into_iter().map(Into::into).collect();
    let wants_json = arguments.iter().any(|argument| argument == "--json");
    let parsed = command()
        .try_get_matches_from(arguments)
        .and_then(|matches| Arguments::from_arg_matches(&matches));
    let Arguments { common, command } = match parsed {
        Ok(arguments) => arguments,
        Err(error) => return failure::usage(&error, wants_json, out, err),
    };
    let mut context = Context::new(common, host, out, err);
    match command
        .run(&mut context)
        .and_then(|code| context.flush(code))
    {
        Ok(code) => code,
        Err(failure) => failure.report(wants_json, err),
    }
}

/// The program: [`run_on`] the streams of this process, which is the command line's own. `hints` and
/// `about` are those of the [`Host`].
///
/// Once something runs that can be stopped, the first Ctrl-C ends that and the second one the
/// process. Until then Ctrl-C is left to the system.
pub fn program<A, S>(hints: Vec<PathBuf>, about: Vec<(String, String)>, arguments: A) -> u8
where
    A: IntoIterator<Item = S>,
    S: Into<OsString> + Clone,
{
    let host = Host {
        hints,
        about,
        watch: &stop_on_interrupt,
        progress: stderr().is_terminal(),
    };
    let code = run_on(&host, arguments, &mut stdout(), &mut stderr());
    // After an error something may be left, which not every process flushes at its end.
    let _ = stdout().flush();
    code
}

fn stop_on_interrupt(stop: &Stop) {
    let stop = stop.clone();
    let raise = move || match stop.is_raised() {
        false => stop.raise(),
        true => std::process::exit(exit::code(ErrorKind::Cancelled).into()),
    };
    // Without a handler Ctrl-C still ends the process, as it does everywhere.
    let _ = ctrlc::set_handler(raise);
}

/// The whole command line, as clap knows it: for help, documentation and completion.
pub fn command() -> clap::Command {
    Arguments::command().after_long_help(exit::help())
}
