//! Settings of a remote.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::Remote;
use super::address::Address;
use super::auth::Auth;
use super::client::{Client, Stop};
use super::credentials::Credentials;
use super::transfer::{Listener, Progress};
use super::url::Url;
use super::wire::Wire;
use crate::clock::{Clock, SystemClock};
use crate::{Error, ErrorKind, Result};

const PARALLEL: usize = 4;
const MOST_PARALLEL: usize = 64;
/// Some registries take no larger ones.
const CHUNK: u64 = 4 << 20;
/// As much as an archive may hold.
const LIMIT: u64 = 1 << 40;

/// Settings of a remote; see [`Remote::builder`].
pub struct RemoteBuilder {
    address: String,
    plain_http: Option<bool>,
    credentials: Option<Credentials>,
    credentials_file: Option<PathBuf>,
    certificates: Option<PathBuf>,
    parallel: usize,
    chunk: u64,
    limit: u64,
    silence: Option<Duration>,
    listener: Option<Listener>,
    stop: Option<Stop>,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for RemoteBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RemoteBuilder").finish_non_exhaustive()
    }
}

impl RemoteBuilder {
    pub(super) fn new(address: &str) -> Self {
        Self {
            address: address.to_owned(),
            plain_http: None,
            credentials: None,
            credentials_file: None,
            certificates: None,
            parallel: PARALLEL,
            chunk: CHUNK,
            limit: LIMIT,
            silence: None,
            listener: None,
            stop: None,
            clock: Arc::new(SystemClock::default()),
        }
    }

    /// Whether to speak plain HTTP. Otherwise that is done with this machine alone, and only
    /// where no certificates are given.
    #[must_use]
    pub fn plain_http(mut self, plain: bool) -> Self {
        self.plain_http = Some(plain);
        self
    }

    /// Who asks. Otherwise what `docker login` or `podman login` has left is used.
    #[must_use]
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = Some(credentials);
        self
    }

    /// The file with credentials, in the form of Docker's `config.json`. Otherwise the file that
    /// `REGISTRY_AUTH_FILE` names, else those of Docker and Podman in their usual places.
    #[must_use]
    pub fn credentials_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.credentials_file = Some(path.into());
        self
    }

    /// A file with the certificates (PEM) to trust, in place of the public authorities.
    #[must_use]
    pub fn certificates(mut self, path: impl Into<PathBuf>) -> Self {
        self.certificates = Some(path.into());
        self
    }

    /// How many blobs are on their way at once: 4 unless told, 64 at most.
    #[must_use]
    pub fn parallel(mut self, count: usize) -> Self {
        self.parallel = count.clamp(1, MOST_PARALLEL);
        self
    }

    /// How many bytes are sent in one request: 4 MiB unless told, and more where the remote asks
    /// for more.
    #[must_use]
    pub fn chunk(mut self, bytes: u64) -> Self {
        self.chunk = bytes.max(2);
        self
    }

    /// How many bytes a package may have that is pulled: 1 TiB unless told. Checked by what its
    /// manifest says before the first blob is asked for.
    #[must_use]
    pub fn limit(mut self, bytes: u64) -> Self {
        self.limit = bytes;
        self
    }

    /// How long the remote may be silent: 30 seconds unless told, 10 minutes at most.
    #[must_use]
    pub fn silence(mut self, longest: Duration) -> Self {
        self.silence = Some(longest);
        self
    }

    /// Is told how far a transfer is, by several threads at once.
    #[must_use]
    pub fn on_progress(mut self, listener: impl Fn(&Progress) + Send + Sync + 'static) -> Self {
        self.listener = Some(Listener(Arc::new(listener)));
        self
    }

    /// Asked again and again; true ends the transfer with `Cancelled`.
    #[must_use]
    pub fn stop_when(mut self, stop: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        self.stop = Some(Arc::new(stop));
        self
    }

    /// Another source of time, which is what waits between attempts.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Reads the credentials and certificates. The remote itself is not asked yet.
    ///
    /// # Errors
    /// `InvalidArgument` for an address or certificates that are none, `Io` for a file that
    /// cannot be read, `AccessDenied` when a credential helper fails.
    pub fn open(self) -> Result<Remote> {
        let address = Address::parse(&self.address)?;
        let roots = self.certificates.as_deref().map(read).transpose()?;
        let is_local = address.is_loopback() && roots.is_none();
        let plain = self.plain_http.unwrap_or(is_local);
        let key = address.credentials_key();
        let credentials = match (self.credentials, self.credentials_file) {
            (Some(credentials), _) => credentials,
            (None, Some(path)) => Credentials::read(&path, key)?,
            (None, None) => Credentials::find(key)?,
        };
        let host = address.host();
        let direct = address.is_loopback();
        let client = Client {
            host: host.to_owned(),
            base: Url::new(!plain, address.authority(), "/"),
            wire: Wire::new(host, direct, roots.as_deref(), self.silence)?,
            auth: Arc::new(Auth::new(host, credentials)),
            clock: self.clock,
            stop: self.stop,
        };
        Ok(Remote {
            client: Arc::new(client),
            address,
            parallel: self.parallel,
            chunk: self.chunk,
            limit: self.limit,
            listener: self.listener,
            known: Arc::new(Mutex::new(HashMap::new())),
        })
    }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|cause| {
        let message = format!("cannot read `{}`", path.display());
        Error::new(ErrorKind::Io, message)
            .because(cause)
            .advise("name a file with certificates in PEM form")
    })
}
