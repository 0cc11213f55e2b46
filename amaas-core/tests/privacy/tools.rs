//! Keys for tests, and programs that a machine may lack.

use std::io::Write as _;
use std::process::{Command, Stdio};

use amaas_core::privacy::{Key, Keys, Recipients};
use amaas_core::registry::Registry;

use crate::support::{Home, say};

/// A recipient and its identity, made once with `age-keygen` for these tests.
pub(crate) const ALICE: (&str, &str) = (
    "age12rufrxp88d4praeu7pzmgu4n6qfv4emr9srhlf5lmx55j0448quqmsjpye",
    "AGE-SECRET-KEY-1SS3N6Z0UNX63CU0JA3VZHA99TGLHDPMXZZAYJDPFZXL8R3Y43MQS9HCMEH",
);
pub(crate) const BOB: (&str, &str) = (
    "age180fapv99a8gpyccrp2mf4qh28tvlwlc9xc4uy4pd3588qmuycqcs75zyun",
    "AGE-SECRET-KEY-192Q5Q388GNNGXXM7X355G0PKK39KQ2C6WQC62YGQ9Q5WUQ987H5QDPCKQL",
);

pub(crate) fn for_all(of: &[(&str, &str)]) -> Recipients {
    Recipients::keys(of.iter().map(|(recipient, _)| recipient)).unwrap()
}

pub(crate) fn keys(of: (&str, &str)) -> Keys {
    Keys::of(Key::identities(of.1).unwrap())
}

/// The registry, with a key to what is in it.
pub(crate) fn with_key(home: &Home, of: (&str, &str)) -> Registry {
    home.registry.clone().with_keys(keys(of))
}

/// Says how many places of something were flipped or cut off, each of which was refused. They are no
/// cases with a name, so the summary counts them by themselves.
pub(crate) fn report_places(what: &str, places: usize) {
    say(&format!("damaged places: {places}, of {what}"));
}

/// Whether a tool is here. One that is missing is named; with `STRICT=1` that is a failure.
#[expect(clippy::print_stderr, reason = "what was left out must be said")]
pub(crate) fn has(tool: &str) -> bool {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    if std::env::split_paths(&folders).any(|folder| folder.join(tool).is_file()) {
        return true;
    }
    let strict = std::env::var("STRICT").is_ok_and(|value| value == "1");
    assert!(
        !strict,
        "missing: {tool} (on Debian: apt-get install {tool})"
    );
    eprintln!("left out for the lack of a tool: {tool}");
    false
}

/// What a program that must succeed answers to `input`.
pub(crate) fn pipe(program: &str, arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped());
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let output = std::thread::scope(|scope| {
        scope.spawn(move || stdin.write_all(input).unwrap());
        child.wait_with_output().unwrap()
    });
    assert!(output.status.success(), "{program} {arguments:?}");
    output.stdout
}
