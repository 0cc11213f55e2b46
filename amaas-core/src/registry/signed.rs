//! Packages that somebody vouches for: signing one, and holding one against its signature.
//!
//! The trap: a signature covers files, not a name or an address. `amaas.toml`, which says name and
//! version and names every other file, is one of those files, so all of it hangs together.

use std::sync::Arc;

use super::pack::seal_with;
use crate::model::Package;
use crate::privacy::{PublicKey, Signer, Vouched, verify};
use crate::{Error, ErrorKind, Result};

impl Package {
    /// The same package, vouched for by `signer`; it has another address.
    ///
    /// # Errors
    /// `Internal` when it cannot be signed.
    pub fn signed_by(&self, signer: &Signer) -> Result<Self> {
        let digests: Vec<_> = self.digests().collect();
        let files: Vec<_> = digests
            .iter()
            .map(|(path, digest)| (path.as_str(), *digest))
            .collect();
        let bundle = signer.sign(self.manifest.package.name.as_str(), &files)?;
        seal_with(
            self.manifest.clone(),
            self.files.clone(),
            Some(Arc::new(bundle)),
        )
    }

    /// What the package's signature says, once one of `keys` was found to have made it and every
    /// file is as it was signed. Other files may have been signed with them.
    ///
    /// # Errors
    /// `Untrusted` when the package is not signed, not by one of these keys, or not as it is.
    pub fn vouched(&self, keys: &[PublicKey]) -> Result<Vouched> {
        let bundle = self.bundle().ok_or_else(|| {
            Error::new(ErrorKind::Untrusted, "the package is not signed")
                .advise("have it signed by somebody this service trusts")
        })?;
        let vouched = verify(bundle, keys)?;
        for (path, digest) in self.digests() {
            if vouched.files.get(path.as_str()) != Some(&digest) {
                let message = format!("`{path}` is not the file that was signed");
                return Err(Error::new(ErrorKind::Untrusted, message)
                    .advise("take the package as its author signed it, or sign it again"));
            }
        }
        Ok(vouched)
    }
}
