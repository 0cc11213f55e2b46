//! `amaas doctor`: is everything there that amaas needs, and if not, what to do.
//!
//! The trap: what it prints is pasted into public reports. Home folders are shortened, and of the
//! environment only what amaas reads is told.

use std::io::{self, Write};
use std::num::NonZeroUsize;

use amaas_core::registry::Registry;
use amaas_core::runtime::Backend as _;
use amaas_core::runtime::ort::OrtBackend;
use clap::Args;
use serde::Serialize;

use crate::context::Context;
use crate::exit;
use crate::failure::{Result, Told};
use crate::output::{Answer, Table, bytes};

/// The variables that decide what amaas finds.
const VARIABLES: [&str; 3] = ["AMAAS_HOME", "AMAAS_ORT_LIB", "VIRTUAL_ENV"];

/// Say what is found on this machine, what is wrong and what to do; made to be pasted in reports
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  amaas doctor || amaas doctor --json > report.json")]
pub(crate) struct Doctor {}

#[derive(Debug, Serialize)]
struct Report {
    healthy: bool,
    amaas: &'static str,
    system: String,
    checks: Vec<Check>,
}

/// One thing looked at.
#[derive(Debug, Serialize)]
struct Check {
    name: &'static str,
    healthy: bool,
    facts: Vec<Fact>,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<Told>,
}

#[derive(Debug, Serialize)]
struct Fact {
    name: String,
    value: String,
}

impl Doctor {
    #[expect(clippy::unused_self, reason = "every command is run in this way")]
    pub(super) fn run(&self, context: &mut Context<'_>) -> Result<u8> {
        let checks = vec![
            runtime(context),
            host(context),
            processors(),
            registry(context)?,
            environment(),
        ];
        let report = Report {
            healthy: checks.iter().all(|check| check.healthy),
            amaas: env!("CARGO_PKG_VERSION"),
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            checks,
        };
        context.answer(&report)?;
        Ok(match report.healthy {
            true => exit::SUCCESS,
            false => exit::FOUND_FAULTS,
        })
    }
}

impl Check {
    fn of(name: &'static str, found: amaas_core::Result<Vec<Fact>>) -> Self {
        match found {
            Ok(facts) => Self {
                name,
                healthy: true,
                facts,
                problem: None,
            },
            Err(error) => Self {
                name,
                healthy: false,
                facts: Vec::new(),
                problem: Some(Told::from(&error).rewritten(shorten)),
            },
        }
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "callers write values, not references to them"
)]
fn fact(name: impl ToString, value: impl ToString) -> Fact {
    let (name, value) = (name.to_string(), shorten(&value.to_string()));
    Fact { name, value }
}

fn runtime(context: &Context<'_>) -> Check {
    let find = || {
        let backend = OrtBackend::open(&context.runtime())?;
        let mut facts = vec![
            fact("version", backend.describe()),
            fact("library", backend.library().display()),
        ];
        for device in backend.devices()? {
            let vendor = Some(device.vendor).filter(|vendor| !vendor.is_empty());
            let vendor = vendor.map_or(String::new(), |vendor| format!(", {vendor}"));
            let text = format!("{} ({}{vendor})", device.provider, device.kind);
            facts.push(fact("device", text));
        }
        Ok(facts)
    };
    Check::of("runtime", find())
}

/// What the host says of itself, as the versions of Python and of its packages.
fn host(context: &Context<'_>) -> Check {
    let about = context.about().iter();
    let facts = about.map(|(name, value)| fact(name, value)).collect();
    Check::of("host", Ok(facts))
}

fn processors() -> Check {
    let usable = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    Check::of("processors", Ok(vec![fact("usable", usable)]))
}

fn registry(context: &Context<'_>) -> Result<Check> {
    let home = context.home()?;
    let mut facts = vec![
        fact("folder", home.folder.display()),
        fact("named by", home.named_by),
    ];
    if !home.folder.exists() {
        facts.push(fact("state", "not there yet: the first publish makes it"));
        return Ok(Check::of("registry", Ok(facts)));
    }
    let mut check = Check::of("registry", holdings(home.folder));
    check.facts.splice(0..0, facts);
    Ok(check)
}

fn holdings(folder: std::path::PathBuf) -> amaas_core::Result<Vec<Fact>> {
    let found = Registry::open(folder)?.statistics()?;
    Ok(vec![
        fact("models", found.models),
        fact("versions", found.versions.len()),
        fact(
            "size",
            format!("{} in {} blobs", bytes(found.bytes), found.blobs),
        ),
        fact("shared", bytes(found.shared)),
    ])
}

fn environment() -> Check {
    let value = |name| {
        let value = std::env::var_os(name).filter(|value| !value.is_empty())?;
        Some(fact(name, value.display()))
    };
    Check::of(
        "environment",
        Ok(VARIABLES.into_iter().filter_map(value).collect()),
    )
}

/// The user's folder as `~`.
fn shorten(text: &str) -> String {
    let home = std::env::home_dir().filter(|home| home.parent().is_some());
    match home.as_deref().and_then(|home| home.to_str()) {
        Some(home) if text == home => "~".to_owned(),
        Some(home) => text.replace(&format!("{home}/"), "~/"),
        None => text.to_owned(),
    }
}

impl Answer for Report {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "amaas {} on {}", self.amaas, self.system)?;
        for check in &self.checks {
            check.print(out)?;
        }
        let verdict = match self.healthy {
            true => "everything is in order",
            false => "something is wrong: see above",
        };
        writeln!(out, "\n{verdict}")
    }
}

impl Check {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.facts.is_empty() && self.healthy {
            return Ok(());
        }
        let mark = if self.healthy { "ok" } else { "WRONG" };
        writeln!(out, "\n{}: {mark}", self.name)?;
        let mut table = Table::plain();
        for Fact { name, value } in &self.facts {
            table.row([name.clone(), value.clone()]);
        }
        table.print("  ", out)?;
        let problem = self.problem.iter().flat_map(Told::lines);
        problem
            .into_iter()
            .try_for_each(|line| writeln!(out, "  {line}"))
    }
}
