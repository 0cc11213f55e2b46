//! How a package is stored, from the keyword arguments of `publish`.

use std::path::PathBuf;

use amaas_core::privacy::{Recipients, Signer};
use amaas_core::service::PublishOptions;

use crate::errors::Result;

/// The options that say this.
pub(crate) fn options(
    recipients: &[String],
    passphrase: Option<String>,
    sign_with: Option<PathBuf>,
    generation: u64,
) -> Result<PublishOptions> {
    let passphrase = passphrase.map(Recipients::passphrase);
    let keys = (!recipients.is_empty()).then(|| Recipients::keys(recipients));
    let sealed = match (keys.transpose()?, passphrase) {
        (Some(keys), Some(passphrase)) => Some(keys.and(passphrase)?),
        (keys, passphrase) => keys.or(passphrase),
    };
    let options = match sealed {
        Some(recipients) => PublishOptions::default().encrypted_for(recipients),
        None => PublishOptions::default(),
    };
    Ok(match sign_with {
        Some(path) => options.signed_by(Signer::open(path)?.generation(generation)),
        None => options,
    })
}
