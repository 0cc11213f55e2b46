//! The program `amaas`: hands its arguments to the library and listens for the interrupt key.

use std::io::{IsTerminal as _, stderr, stdout};
use std::process::ExitCode;

use amaas_cli::{Host, run_on};
use amaas_core::runtime::Stop;

fn main() -> ExitCode {
    let host = Host {
        hints: Host::environment(),
        watch: &stop_on_interrupt,
        progress: stderr().is_terminal(),
    };
    let code = run_on(&host, std::env::args_os(), &mut stdout(), &mut stderr());
    ExitCode::from(code)
}

/// From here on the first Ctrl-C ends the run under way and the second one the process. Commands
/// that cannot be stopped are left to the system, which ends them at the first.
fn stop_on_interrupt(stop: &Stop) {
    let stop = stop.clone();
    let raise = move || match stop.is_raised() {
        false => stop.raise(),
        true => std::process::exit(130),
    };
    // Without a handler Ctrl-C still ends the process, as it does everywhere.
    let _ = ctrlc::set_handler(raise);
}
