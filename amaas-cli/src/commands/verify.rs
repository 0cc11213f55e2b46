//! `amaas verify`: are the bytes those that were published, and do the models answer as they
//! should here?

use std::io::{self, Write};

use amaas_core::model::{Digest, ModelName, Reference};
use amaas_core::registry::{Damage, VerifyReport};
use amaas_core::runtime::DevicePolicy;
use amaas_core::service::Checked;
use clap::Args;
use semver::Version;
use serde::Serialize;

use crate::context::Context;
use crate::exit;
use crate::failure::{Result, Told};
use crate::output::{Answer, Table, bytes, count};

/// Check every digest and every golden example, of everything or of the models named
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  amaas verify sentiment@champion")]
pub(crate) struct Verify {
    /// What to check; without any, the whole registry
    #[arg(value_name = "REFERENCE")]
    references: Vec<Reference>,
    /// Only read the bytes: nothing is loaded, and no ONNX Runtime is needed
    #[arg(long, conflicts_with = "references")]
    digests_only: bool,
}

#[derive(Debug, Default, Serialize)]
struct Verified {
    healthy: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    store: Option<Store>,
    versions: Vec<One>,
}

/// What came of reading every blob.
#[derive(Debug, Serialize)]
struct Store {
    blobs: u64,
    bytes: u64,
    damaged: Vec<Damaged>,
}

#[derive(Debug, Serialize)]
struct Damaged {
    digest: Digest,
    needed_by: Vec<String>,
    problem: Told,
}

/// What came of loading one version.
#[derive(Debug, Serialize)]
struct One {
    model: ModelName,
    version: Version,
    digest: Digest,
    golden: usize,
    healthy: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<Told>,
}

impl Verify {
    pub(super) fn run(&self, context: &mut Context<'_>) -> Result<u8> {
        let mut verified = match self.references.as_slice() {
            [] => self.everything(context)?,
            references => named(references, context)?,
        };
        let whole = verified.store.iter().all(|store| store.damaged.is_empty());
        verified.healthy = whole && verified.versions.iter().all(|one| one.healthy);
        context.answer(&verified)?;
        Ok(match verified.healthy {
            true => exit::SUCCESS,
            false => exit::FOUND_FAULTS,
        })
    }

    fn everything(&self, context: &Context<'_>) -> Result<Verified> {
        let registry = context.registry()?;
        let bar = context.bar();
        let mut progress = |state: &amaas_core::registry::Progress| {
            bar.set_length(state.all_bytes);
            bar.set_position(state.bytes);
        };
        let (store, versions) = if self.digests_only {
            (registry.verify(&mut progress)?, Vec::new())
        } else {
            let verified = context.service()?.verify_all(&mut progress)?;
            (verified.store, verified.versions)
        };
        bar.finish_and_clear();
        Ok(Verified {
            store: Some(Store::from(store)),
            versions: versions.into_iter().map(One::from).collect(),
            ..Verified::default()
        })
    }
}

fn named(references: &[Reference], context: &Context<'_>) -> Result<Verified> {
    let check = |reference: &Reference| {
        let service = context.service_for(reference, DevicePolicy::default())?;
        Ok(One::from(service.verify(&reference.to_string())?))
    };
    Ok(Verified {
        versions: references.iter().map(check).collect::<Result<_>>()?,
        ..Verified::default()
    })
}

impl From<VerifyReport> for Store {
    fn from(report: VerifyReport) -> Self {
        Self {
            blobs: report.blobs,
            bytes: report.bytes,
            damaged: report.damaged.into_iter().map(Damaged::from).collect(),
        }
    }
}

impl From<Damage> for Damaged {
    fn from(damage: Damage) -> Self {
        Self {
            digest: damage.digest,
            needed_by: damage.needed_by.iter().map(ToString::to_string).collect(),
            problem: Told::from(&damage.error),
        }
    }
}

impl From<Checked> for One {
    fn from(checked: Checked) -> Self {
        Self {
            model: checked.name,
            version: checked.version,
            digest: checked.digest,
            golden: checked.golden,
            healthy: checked.error.is_none(),
            problem: checked.error.as_ref().map(Told::from),
        }
    }
}

impl Answer for Verified {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        if let Some(store) = &self.store {
            store.print(out)?;
        }
        let mut table = Table::plain();
        for one in &self.versions {
            let word = if one.healthy { "ok" } else { "WRONG" };
            let golden = count(one.golden, "golden example");
            table.row([
                word.into(),
                format!("{}@{}", one.model, one.version),
                golden,
            ]);
        }
        table.print("", out)?;
        for one in &self.versions {
            let about = format!("{}@{}", one.model, one.version);
            one.problem
                .iter()
                .try_for_each(|problem| tell(&about, problem, out))?;
        }
        Ok(())
    }
}

impl Store {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let word = if self.damaged.is_empty() {
            "ok"
        } else {
            "WRONG"
        };
        let damaged = self.damaged.len();
        let read = bytes(self.bytes);
        writeln!(
            out,
            "{word}  {} blobs, {read}, {damaged} damaged",
            self.blobs
        )?;
        for damage in &self.damaged {
            let about = format!(
                "{}, needed by {}",
                damage.digest,
                damage.needed_by.join(", ")
            );
            tell(&about, &damage.problem, out)?;
        }
        Ok(())
    }
}

fn tell(about: &str, problem: &Told, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n{about}\n  {}", problem.lines().join("\n  "))
}
