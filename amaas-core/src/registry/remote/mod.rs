//! Any OCI registry as a remote: push what a store has, pull what it lacks.
//!
//! ```no_run
//! use amaas_core::registry::Registry;
//! use amaas_core::registry::remote::Remote;
//!
//! let registry = Registry::open("models/")?;
//! let remote = Remote::open("oci://ghcr.io/acme")?;
//! let pushed = remote.push(&registry, &"ner".parse()?, &"^1".parse()?)?;
//! remote.set_alias(&pushed.name, &"champion".parse()?, &"^1".parse()?)?;
//!
//! let elsewhere = Registry::open("copy/")?;
//! let pulled = remote.pull(&elsewhere, &"ner".parse()?, &"champion".parse()?)?;
//! assert_eq!(pulled.digest, pushed.digest);
//! # Ok::<(), amaas_core::Error>(())
//! ```
//!
//! # On the remote
//!
//! | here | there |
//! |---|---|
//! | the model `ner` | the repository `<namespace>/ner` |
//! | the version `1.0.0+gpu` | the tag `1.0.0_gpu`, since tags have no `+` |
//! | the alias `champion` | the tag `champion`, without history |
//! | the digest of a version | the same digest: the manifest is pushed byte for byte |
//!
//! Nothing here runs by itself and nothing is asynchronous: calls return when they are done, and
//! the threads that they start have ended by then.
//!
//! The trap: a remote is a stranger. Whatever comes from it is bounded, hashed and checked before
//! a store lists it, and credentials go to no other origin than the one that the user named and
//! the place for tokens that it names.

mod address;
mod auth;
mod builder;
mod challenge;
mod client;
mod credentials;
mod download;
mod failure;
mod find;
mod pull;
mod push;
mod repository;
mod tag;
mod transfer;
mod upload;
mod url;
mod wire;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use self::address::Address;
pub use self::builder::RemoteBuilder;
use self::client::Client;
pub use self::credentials::Credentials;
pub use self::find::RemoteModel;
pub use self::pull::Pulled;
pub use self::push::Pushed;
use self::repository::Repository;
use self::transfer::Listener;
pub use self::transfer::Progress;
use super::entry::Resolved;
use crate::Result;
use crate::model::{Digest, ModelName, Selector};

/// A namespace of an OCI registry. Cloning is cheap; clones share connections and tokens.
#[derive(Debug, Clone)]
pub struct Remote {
    client: Arc<Client>,
    address: Address,
    parallel: usize,
    chunk: u64,
    /// How many bytes a package may have that is pulled.
    limit: u64,
    listener: Option<Listener>,
    /// In which repository a blob was seen, so that it can be mounted from there.
    known: Arc<Mutex<HashMap<Digest, String>>>,
}

impl Remote {
    /// A remote with the usual settings; it is not asked yet.
    ///
    /// # Errors
    /// As [`RemoteBuilder::open`].
    pub fn open(address: &str) -> Result<Self> {
        Self::builder(address).open()
    }

    /// A remote with settings of its own, at `oci://host[:port]/namespace`.
    ///
    /// ```
    /// use amaas_core::registry::remote::{Credentials, Remote};
    ///
    /// let remote = Remote::builder("oci://registry.example:5000/models")
    ///     .credentials(Credentials::new("me", "secret"))
    ///     .parallel(8)
    ///     .on_progress(|progress| println!("{}/{}", progress.all_done, progress.all_total))
    ///     .open()?;
    /// assert!(!format!("{remote:?}").contains("secret"));
    /// # Ok::<(), amaas_core::Error>(())
    /// ```
    pub fn builder(address: &str) -> RemoteBuilder {
        RemoteBuilder::new(address)
    }

    /// This remote for one call, which tells `listener` how far it is.
    ///
    /// ```
    /// use amaas_core::registry::remote::Remote;
    ///
    /// let remote = Remote::open("oci://registry.example/models")?;
    /// let watched = remote.on_progress(|progress| println!("{}", progress.all_done));
    /// let stopped = watched.stop_when(|| true);
    /// # Ok::<(), amaas_core::Error>(())
    /// ```
    #[must_use]
    pub fn on_progress(&self, listener: impl Fn(&Progress) + Send + Sync + 'static) -> Self {
        Self {
            listener: Some(Listener(Arc::new(listener))),
            ..self.clone()
        }
    }

    /// This remote for one call, which ends with `Cancelled` once `stop` says so; it is asked
    /// again and again.
    #[must_use]
    pub fn stop_when(&self, stop: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        let mut client = (*self.client).clone();
        client.stop = Some(Arc::new(stop));
        Self {
            client: Arc::new(client),
            ..self.clone()
        }
    }

    /// The versions and aliases of a model.
    ///
    /// # Errors
    /// `NotFound` when there is no such model; otherwise as [`Remote::pull`].
    pub fn model(&self, name: &ModelName) -> Result<RemoteModel> {
        self.repository(name, false)?.model(name)
    }

    /// The version that a selector picks on the remote now.
    ///
    /// # Errors
    /// As [`Remote::pull`].
    pub fn resolve(&self, name: &ModelName, selector: &Selector) -> Result<Resolved> {
        let found = self.repository(name, false)?.find(name, selector)?;
        Ok(Resolved {
            name: name.clone(),
            version: found.version,
            digest: found.digest,
            notices: Vec::new(),
        })
    }

    fn repository(&self, name: &ModelName, writes: bool) -> Result<Repository<'_>> {
        let path = self.address.repository(name)?;
        Ok(Repository::new(&self.client, path, writes))
    }

    fn known_at(&self, digest: &Digest) -> Option<String> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(digest).cloned()
    }

    fn remember(&self, digest: &Digest, repository: &str) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(*digest, repository.to_owned());
    }
}
