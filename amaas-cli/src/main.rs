//! The program `amaas`: hands its arguments to the library.

use std::process::ExitCode;

use amaas_cli::{Host, program};

fn main() -> ExitCode {
    ExitCode::from(program(
        Host::environment(),
        Vec::new(),
        std::env::args_os(),
    ))
}
