//! Where the keys to encrypted packages come from: a file, an environment variable or the host.
//!
//! ```
//! use amaas_core::privacy::{Key, Keys};
//!
//! let from_a_file = Keys::from_file("/etc/amaas/identity.txt");
//! let from_a_vault = Keys::ask(|request| {
//!     println!("a key is wanted for {}@{}", request.name, request.version);
//!     Ok(vec![Key::passphrase("correct horse battery staple")])
//! });
//! assert_eq!(format!("{from_a_file:?}"), "Keys(the file `/etc/amaas/identity.txt`)");
//! # let _ = from_a_vault;
//! ```
//!
//! Keys are asked for each time a package is read, and wiped when it has been: a file that was
//! replaced, or a variable that was set later, holds from the next load on.
//!
//! The trap: who reads the environment of a process (its children, a crash reporter) reads the
//! variable too. A file that only the service's user can read is better.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use semver::Version;
use zeroize::Zeroizing;

use crate::model::{Digest, ModelName};
use crate::{Error, ErrorKind, Result};

const IDENTITY: &str = "AGE-SECRET-KEY-1";

/// A secret that opens encrypted packages; wiped from memory when it is dropped.
#[derive(Clone)]
pub struct Key(pub(super) Secret);

#[derive(Clone)]
pub(super) enum Secret {
    #[cfg_attr(
        not(feature = "encrypt"),
        expect(dead_code, reason = "nothing can be opened")
    )]
    Identity(Zeroizing<String>),
    #[cfg_attr(
        not(feature = "encrypt"),
        expect(dead_code, reason = "nothing can be opened")
    )]
    Passphrase(Zeroizing<String>),
}

impl Key {
    /// A passphrase, as a person chose it.
    pub fn passphrase(text: impl Into<String>) -> Self {
        Self(Secret::Passphrase(Zeroizing::new(text.into())))
    }

    /// The identities in `text`, one a line, in the form in which `age-keygen` writes them; lines
    /// that begin with `#` are comments.
    ///
    /// # Errors
    /// `KeyDenied` when there is none, or a line is something else. The text is not shown.
    pub fn identities(text: &str) -> Result<Vec<Self>> {
        let lines = text.lines().map(str::trim).enumerate();
        let stated = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        let keys: Vec<_> = stated
            .map(|(place, line)| match line.starts_with(IDENTITY) {
                true => Ok(Self(Secret::Identity(Zeroizing::new(line.to_owned())))),
                false => Err(unreadable("a line is no identity").with("line", place + 1)),
            })
            .collect::<Result<_>>()?;
        match keys.is_empty() {
            true => Err(unreadable("there is no identity in it")),
            false => Ok(keys),
        }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Secret::Identity(_) => "Key(an identity)",
            Secret::Passphrase(_) => "Key(a passphrase)",
        })
    }
}

/// Which package a key is wanted for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRequest {
    /// The model.
    pub name: ModelName,
    /// The version.
    pub version: Version,
    /// The address of the encrypted package.
    pub digest: Digest,
}

type Give = dyn Fn(&KeyRequest) -> Result<Vec<Key>> + Send + Sync;

/// Who is asked for keys; nobody, unless said otherwise. Cheap to clone.
#[derive(Clone)]
pub struct Keys {
    from: Arc<str>,
    give: Arc<Give>,
}

impl Default for Keys {
    fn default() -> Self {
        Self::new("nowhere", |_| Ok(Vec::new()))
    }
}

impl Keys {
    fn new(
        from: impl Into<Arc<str>>,
        give: impl Fn(&KeyRequest) -> Result<Vec<Key>> + Send + Sync + 'static,
    ) -> Self {
        Self {
            from: from.into(),
            give: Arc::new(give),
        }
    }

    /// These keys, which stay in memory for as long as the source does.
    pub fn of(keys: Vec<Key>) -> Self {
        Self::new("the host", move |_| Ok(keys.clone()))
    }

    /// Whatever `give` answers; an error of its own ends the load.
    pub fn ask(give: impl Fn(&KeyRequest) -> Result<Vec<Key>> + Send + Sync + 'static) -> Self {
        Self::new("the host", give)
    }

    /// The identities in a file, as `age-keygen -o` makes it.
    pub fn from_file(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        let from = format!("the file `{}`", path.display());
        Self::new(from, move |_| {
            let refused = |cause| unreadable("the file cannot be read").because(cause);
            let bytes = Zeroizing::new(std::fs::read(&path).map_err(refused)?);
            let text = std::str::from_utf8(&bytes);
            Key::identities(text.map_err(|_| unreadable("the file is no text"))?)
        })
    }

    /// The identities in an environment variable, one a line.
    pub fn from_environment(variable: impl Into<String>) -> Self {
        let variable = variable.into();
        let from = format!("the variable `{variable}`");
        Self::new(from, move |_| {
            let text = std::env::var(&variable);
            let text = text.map_err(|_| unreadable("the variable is not set to a text"))?;
            Key::identities(&Zeroizing::new(text))
        })
    }

    /// The keys for a package.
    ///
    /// # Errors
    /// `KeyDenied` when the source has none that can be read; what the host's function ends with.
    pub fn give(&self, request: &KeyRequest) -> Result<Vec<Key>> {
        (self.give)(request).map_err(|error| error.with("keys from", &self.from))
    }

    /// Where keys are looked for, as errors say it.
    pub(crate) fn origin(&self) -> &str {
        &self.from
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys({})", self.from)
    }
}

fn unreadable(message: &str) -> Error {
    Error::new(
        ErrorKind::KeyDenied,
        format!("no key can be read: {message}"),
    )
    .advise("give identities as `age-keygen` writes them, one a line")
}
