//! Whatever ends a command early, and how it is told.
//!
//! The trap: a reader that has read enough closes the pipe. That is no failure: nothing is said,
//! and the code is 0.

use std::io::{self, ErrorKind as IoKind, Write};

use amaas_core::{Error, ErrorDetails, ErrorKind};
use serde::Serialize;

use crate::exit;

/// An error of the engine, or of writing the answer.
#[derive(Debug)]
pub(crate) enum Failure {
    Core(Error),
    Output(io::Error),
}

pub(crate) type Result<T, E = Failure> = std::result::Result<T, E>;

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Core(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl Failure {
    /// Tells it on `err`; returns the exit code.
    pub(crate) fn report(self, as_json: bool, err: &mut dyn Write) -> u8 {
        let error = match self {
            Self::Core(error) => error,
            Self::Output(cause) if cause.kind() == IoKind::BrokenPipe => return exit::SUCCESS,
            Self::Output(cause) => {
                Error::new(ErrorKind::Io, "the answer cannot be written").because(cause)
            }
        };
        tell(&error, as_json, err);
        exit::code(error.kind())
    }
}

/// Arguments that cannot be read, or a question for help, which is none.
pub(crate) fn usage(
    error: &clap::Error,
    as_json: bool,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> u8 {
    let text = error.render().to_string();
    if !error.use_stderr() {
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        return exit::SUCCESS;
    }
    if as_json {
        let error = Error::new(ErrorKind::InvalidArgument, first_paragraph(&text))
            .advise("`amaas --help` lists commands and options");
        tell(&error, true, err);
    } else {
        let _ = err.write_all(text.as_bytes());
    }
    exit::USAGE
}

/// What clap says before it goes on to usage, on one line.
fn first_paragraph(text: &str) -> String {
    let lines = text.trim_start_matches("error: ").lines();
    let lines: Vec<_> = lines.take_while(|line| !line.is_empty()).collect();
    lines
        .iter()
        .map(|line| line.trim())
        .collect::<Vec<_>>()
        .join(" ")
}

/// An error as it is told: in lines, or as JSON.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct Told(ErrorDetails);

impl From<&Error> for Told {
    fn from(error: &Error) -> Self {
        Self(error.details())
    }
}

impl Told {
    /// The same with every text that may hold a path passed through `rewrite`.
    pub(crate) fn rewritten(mut self, rewrite: impl Fn(&str) -> String) -> Self {
        let told = &mut self.0;
        let details = told.details.iter_mut().map(|detail| &mut detail.value);
        let texts = details.chain(&mut told.causes).chain(&mut told.remedy);
        for text in texts.chain([&mut told.message]) {
            *text = rewrite(text);
        }
        self
    }

    /// The error in lines: what, where, why, and what to do.
    pub(crate) fn lines(&self) -> Vec<String> {
        let told = &self.0;
        let mut lines = vec![told.message.clone()];
        let facts = told.details.iter();
        lines.extend(facts.map(|fact| format!("{}: {}", fact.name, fact.value)));
        lines.extend(
            told.causes
                .iter()
                .map(|cause| format!("caused by: {cause}")),
        );
        lines.extend(told.remedy.iter().map(|remedy| format!("remedy: {remedy}")));
        lines
    }
}

/// What cannot be told is left: there is nowhere else to say it.
fn tell(error: &Error, as_json: bool, err: &mut dyn Write) {
    let told = Told::from(error);
    let text = match as_json {
        true => told.0.to_json(),
        false => format!("error: {}", told.lines().join("\n  ")),
    };
    let _ = writeln!(err, "{text}");
}
