//! Publishing through a service: what is stored was loaded and asked its golden examples before.

use std::path::Path;

#[cfg(feature = "sign")]
use std::sync::Arc;

use super::Service;
use crate::Result;
use crate::model::Package;
#[cfg(feature = "encrypt")]
use crate::privacy::Recipients;
#[cfg(feature = "sign")]
use crate::privacy::Signer;
use crate::registry::{Published, read_package};

/// How a package is stored.
///
/// ```
/// # #[cfg(feature = "encrypt")] {
/// use amaas_core::privacy::Recipients;
/// use amaas_core::service::PublishOptions;
///
/// let alice = Recipients::keys(["age1t7rxyev2z3rw82stdlrrepyc39nvn86l5078zqkf5uasdy86jp6svpy7pa"])?;
/// let options = PublishOptions::default().encrypted_for(alice);
/// # let _ = options;
/// # }
/// # Ok::<(), amaas_core::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct PublishOptions {
    #[cfg(feature = "encrypt")]
    recipients: Option<Recipients>,
    #[cfg(feature = "sign")]
    signer: Option<Arc<Signer>>,
}

impl PublishOptions {
    /// Encrypted, so that only `recipients` can read its files and load it.
    #[cfg(feature = "encrypt")]
    #[must_use]
    pub fn encrypted_for(mut self, recipients: Recipients) -> Self {
        self.recipients = Some(recipients);
        self
    }

    /// Vouched for by `signer`. Each signature is another, so that a version which is there is
    /// published again only as it is there.
    #[cfg(feature = "sign")]
    #[must_use]
    pub fn signed_by(mut self, signer: Signer) -> Self {
        self.signer = Some(Arc::new(signer));
        self
    }
}

impl Service {
    /// Checks the package at `path` (a folder or an `.onnx` file), runs its golden examples and
    /// stores it in the registry. Publishing the same content again changes nothing.
    ///
    /// # Errors
    /// As [`Service::load`], and `AlreadyExists` when the version is there with other content.
    pub fn publish(&self, path: impl AsRef<Path>) -> Result<Published> {
        self.publish_with(path, &PublishOptions::default())
    }

    /// As [`Service::publish`], with a say in how it is stored.
    ///
    /// # Errors
    /// As [`Service::publish`].
    pub fn publish_with(
        &self,
        path: impl AsRef<Path>,
        options: &PublishOptions,
    ) -> Result<Published> {
        self.registry()?;
        self.publish_package_with(&read_package(path.as_ref())?, options)
    }

    /// As [`Service::publish`], for a package that was made elsewhere, as by
    /// [`import`](crate::registry::import).
    ///
    /// # Errors
    /// As [`Service::publish`].
    pub fn publish_package(&self, package: &Package) -> Result<Published> {
        self.publish_package_with(package, &PublishOptions::default())
    }

    /// As [`Service::publish_package`], with a say in how it is stored.
    ///
    /// # Errors
    /// As [`Service::publish`].
    pub fn publish_package_with(
        &self,
        package: &Package,
        options: &PublishOptions,
    ) -> Result<Published> {
        let registry = self.registry()?;
        #[cfg(feature = "sign")]
        let signed = options.signer.as_ref();
        #[cfg(feature = "sign")]
        let signed = signed.map(|signer| package.signed_by(signer)).transpose()?;
        #[cfg(feature = "sign")]
        let package = signed.as_ref().unwrap_or(package);
        let model = self.try_out(package)?;
        #[cfg(feature = "encrypt")]
        if let Some(recipients) = &options.recipients {
            return registry.publish_encrypted(package, recipients);
        }
        let PublishOptions { .. } = options;
        registry.publish_with_signature(package, model.signature())
    }
}
