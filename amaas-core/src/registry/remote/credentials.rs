//! Who asks: a user with a password, a token that stands for both, or nobody.
//!
//! The trap: these are secrets. They are sent to the registry that they are for, to the place
//! that it names for tokens, and appear nowhere else; `Debug` shows that there are some.

use std::fmt;
use std::fs::File;
use std::path::Path;

use docker_credential::{CredentialRetrievalError, DockerCredential};

use crate::{Error, ErrorKind, Result};

/// What proves to a registry who asks.
///
/// ```
/// use amaas_core::registry::remote::Credentials;
///
/// let credentials = Credentials::new("me", "secret");
/// assert_eq!(format!("{credentials:?}"), "Credentials(…)");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials(pub(super) Secret);

#[derive(Clone, PartialEq, Eq)]
pub(super) enum Secret {
    Anonymous,
    Password {
        user: String,
        password: String,
    },
    /// Exchanged for a token at each use.
    Identity(String),
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Secret::Anonymous => "Credentials(none)",
            _ => "Credentials(…)",
        })
    }
}

impl Credentials {
    /// A user with a password, or with an access token in its place.
    pub fn new(user: impl Into<String>, password: impl Into<String>) -> Self {
        Self(Secret::Password {
            user: user.into(),
            password: password.into(),
        })
    }

    /// No credentials, whatever the files say.
    pub fn anonymous() -> Self {
        Self(Secret::Anonymous)
    }

    pub(super) fn is_anonymous(&self) -> bool {
        self.0 == Secret::Anonymous
    }

    /// What `docker login` or `podman login` left for the registry `key`; anonymous where
    /// neither left anything. A file that `REGISTRY_AUTH_FILE` names is asked alone.
    pub(super) fn find(key: &str) -> Result<Self> {
        if std::env::var_os("REGISTRY_AUTH_FILE").is_some() {
            return take(key, docker_credential::get_podman_credential(key));
        }
        match docker_credential::get_credential(key) {
            Err(
                CredentialRetrievalError::NoCredentialConfigured
                | CredentialRetrievalError::ConfigNotFound
                | CredentialRetrievalError::ConfigReadError,
            ) => match docker_credential::get_podman_credential(key) {
                Err(_) => Ok(Self::anonymous()),
                found => take(key, found),
            },
            found => take(key, found),
        }
    }

    /// What the file at `path`, in the form of Docker's `config.json`, has for `key`.
    pub(super) fn read(path: &Path, key: &str) -> Result<Self> {
        let file = File::open(path).map_err(|cause| {
            let message = format!("cannot read `{}`", path.display());
            Error::new(ErrorKind::Io, message)
                .because(cause)
                .advise("name the file that `docker login` wrote")
        })?;
        take(
            key,
            docker_credential::get_credential_from_reader(file, key),
        )
    }
}

fn take(
    key: &str,
    found: Result<DockerCredential, CredentialRetrievalError>,
) -> Result<Credentials> {
    use CredentialRetrievalError as Cause;
    let what = match found {
        Ok(DockerCredential::UsernamePassword(user, password)) => {
            return Ok(Credentials::new(user, password));
        }
        Ok(DockerCredential::IdentityToken(token)) => {
            return Ok(Credentials(Secret::Identity(token)));
        }
        Err(Cause::NoCredentialConfigured) => return Ok(Credentials::anonymous()),
        // What a helper printed may hold the secret.
        Err(Cause::HelperFailure { helper, .. }) => format!("`{helper}` failed"),
        Err(Cause::HelperCommunicationError) => "the credential helper cannot be run".to_owned(),
        Err(Cause::MalformedHelperResponse) => "the credential helper cannot be read".to_owned(),
        Err(_) => "the credentials file cannot be read".to_owned(),
    };
    Err(Error::new(ErrorKind::AccessDenied, what)
        .with("registry", key)
        .advise(format!("log in again with `docker login {key}`")))
}
