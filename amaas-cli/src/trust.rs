//! Keys of signatures, as PEM files, and where generations are remembered.

use std::path::PathBuf;

use amaas_core::privacy::PublicKey;
use amaas_core::service::Trust;
use amaas_core::{Error, ErrorKind, Result};

/// Whose packages are loaded: anybody's without a key.
pub(crate) fn of(keys: &[PathBuf]) -> Result<Trust> {
    if keys.is_empty() {
        return Ok(Trust::default());
    }
    let keys = keys.iter().map(PublicKey::open);
    let trust = Trust::require(keys.collect::<Result<Vec<_>>>()?);
    Ok(trust.remember(generations()?))
}

/// The user's own: `$XDG_STATE_HOME/amaas/generations.json`, or below `~/.local/state`.
fn generations() -> Result<PathBuf> {
    let stated = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from);
    let folder = stated
        .filter(|folder| folder.is_absolute())
        .or_else(|| Some(std::env::home_dir()?.join(".local/state")));
    let folder = folder.ok_or_else(|| {
        Error::new(ErrorKind::NotFound, "the user has no folder for states")
            .advise("set XDG_STATE_HOME to one")
    })?;
    Ok(folder.join("amaas/generations.json"))
}
