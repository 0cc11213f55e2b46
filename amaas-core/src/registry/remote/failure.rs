//! What a remote did wrong, as errors: what to branch on, and never a secret.
//!
//! The trap: addresses of requests may carry signatures and headers carry tokens, so no error
//! of the HTTP library is passed on whole; only what the system below it said.

use std::io;
use std::time::Duration;

use crate::model::Digest;
use crate::{Error, ErrorKind};

/// An error, and how long the remote wants to be left alone.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) error: Error,
    pub(super) after: Option<Duration>,
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self { error, after: None }
    }
}

/// The remote could not be reached, or went away in between.
pub(super) fn unreachable(host: &str, cause: ureq::Error) -> Error {
    let unreachable = |message: &str| {
        Error::new(ErrorKind::RemoteUnavailable, format!("`{host}` {message}"))
            .advise("check the network and try again; what has come is kept")
    };
    match cause {
        ureq::Error::Io(cause) if cause.kind() == io::ErrorKind::InvalidData => {
            untrusted(host).because(cause)
        }
        ureq::Error::Rustls(cause) => untrusted(host).because(cause),
        ureq::Error::Tls(_) | ureq::Error::Pem(_) => untrusted(host),
        ureq::Error::Io(cause) => unreachable("broke the connection off").because(cause),
        ureq::Error::Timeout(_) => unreachable("takes too long to answer"),
        ureq::Error::HostNotFound => unreachable("has no address"),
        ureq::Error::Protocol(_) | ureq::Error::LargeResponseHeader(..) => {
            nonsense(host, "an answer that is not HTTP")
        }
        _ => unreachable("cannot be reached"),
    }
}

fn untrusted(host: &str) -> Error {
    let message = format!("no trusted connection to `{host}`");
    Error::new(ErrorKind::InvalidArgument, message)
        .advise("give the certificate of its authority, or allow plain HTTP if it speaks that")
}

/// The remote refused by a status that is not worth another try.
pub(super) fn refused(host: &str, status: u16, action: &str, code: Option<&str>) -> Error {
    let message = format!("`{host}` refused to {action} with status `{status}`");
    let error = Error::new(ErrorKind::Unsupported, message);
    let error = match code {
        Some(code) => error.with("code", code),
        None => error,
    };
    error.advise("see what this registry allows")
}

/// The refusal of a manifest whose digest is right, as we made it: some registries say it of a blob that
/// they are writing down for somebody else just then, which a moment later is there.
pub(super) fn unsettled(refused: Error) -> Failed {
    let is_digest = |(key, value): (&str, &str)| key == "code" && value == "DIGEST_INVALID";
    let is_not_yet = refused.context().any(is_digest);
    let error = match is_not_yet {
        true => Error::new(
            ErrorKind::RemoteUnavailable,
            "the remote does not take a manifest yet",
        )
        .because(refused)
        .advise("try again a little later"),
        false => refused,
    };
    error.into()
}

/// The remote wants to know who asks, or does not like who asks.
pub(super) fn denied(host: &str, action: &str, anonymous: bool) -> Error {
    let (what, remedy) = if anonymous {
        (
            "without credentials",
            format!("log in with `docker login {host}`"),
        )
    } else {
        (
            "with these credentials",
            format!("ask for access, or log in again with `docker login {host}`"),
        )
    };
    let message = format!("`{host}` does not let you {action} {what}");
    Error::new(ErrorKind::AccessDenied, message).advise(remedy)
}

/// The remote is busy or broken for the moment.
pub(super) fn busy(host: &str, status: u16, after: Option<Duration>) -> Failed {
    let kind = match status {
        429 => ErrorKind::Overloaded,
        _ => ErrorKind::RemoteUnavailable,
    };
    let message = format!("`{host}` answers with status `{status}`");
    let error = Error::new(kind, message).advise("try again a little later");
    Failed { error, after }
}

/// The remote answered what no registry may answer.
pub(super) fn nonsense(host: &str, what: &str) -> Error {
    Error::new(ErrorKind::Corrupt, format!("`{host}` sent {what}"))
        .advise("nothing of it was kept; ask who runs the registry")
}

/// The remote holds or sent other bytes than the digest names.
pub(super) fn damaged(host: &str, digest: &Digest, found: &str) -> Error {
    Error::new(
        ErrorKind::Corrupt,
        format!("`{digest}` came damaged from `{host}`"),
    )
    .with("found", found)
    .advise("nothing of it was kept; push the version again, or ask who runs the registry")
}

/// The caller wanted no more.
pub(super) fn cancelled() -> Error {
    Error::new(ErrorKind::Cancelled, "the transfer was cancelled")
        .advise("start it again; it goes on where it was")
}
