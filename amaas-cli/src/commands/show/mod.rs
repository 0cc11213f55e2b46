//! `amaas show`: a model with all its versions, or one version in full.

mod one;
mod whole;

use amaas_core::model::{Digest, ModelName, Reference};
use amaas_core::runtime::DevicePolicy;
use amaas_core::{Error, ErrorKind};
use clap::Args;

use self::one::{One, Ports};
use self::whole::Whole;
use crate::context::Context;
use crate::exit;
use crate::failure::Result;

/// Show a model with its versions and aliases, or one version in full
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  amaas show sentiment@^1 --signature")]
pub(crate) struct Show {
    /// A name shows the model; name@selector (a range, a version, an alias, a digest) one version
    #[arg(value_name = "MODEL[@SELECTOR]")]
    reference: String,
    /// Inputs and outputs too, of a version that was stored without: it is loaded to tell them
    #[arg(long)]
    signature: bool,
}

impl Show {
    pub(super) fn run(&self, context: &mut Context<'_>) -> Result<u8> {
        let reference = self.reference.parse()?;
        let Reference::Named { name, selector } = &reference else {
            return Err(no_name().into());
        };
        let registry = context.registry()?;
        if !self.signature && !self.reference.contains('@') {
            context.answer(&Whole::read(&registry, name)?)?;
            return Ok(exit::SUCCESS);
        }
        let mut one = One::read(&registry, name, selector)?;
        if self.signature && one.signature.is_none() {
            let service = context.service_for(&reference, DevicePolicy::default())?;
            let route = service.load(&exactly(name, &one.digest))?;
            one.signature = Some(Ports::from(route.lease().signature()));
        }
        context.answer(&one)?;
        Ok(exit::SUCCESS)
    }
}

/// The version that was read, whatever the selector picks meanwhile.
fn exactly(name: &ModelName, digest: &Digest) -> String {
    format!("{name}@{digest}")
}

fn no_name() -> Error {
    let message = "a path is not in the registry, which is what `show` reads";
    Error::new(ErrorKind::InvalidArgument, message)
        .advise("name a model, or run the path with `amaas run`")
}
