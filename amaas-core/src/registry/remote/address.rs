//! Where a remote is: `oci://host[:port]/namespace`, and the repositories below it.
//!
//! The trap: people paste passwords into addresses. One with an `@` is refused without being
//! quoted.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::model::ModelName;
use crate::{Error, ErrorKind, Result};

const SCHEME: &str = "oci://";
/// What OCI allows for a repository's name.
const LONGEST: usize = 255;
/// Docker's own registry answers under another name than its users write.
const HUB: [&str; 2] = ["docker.io", "index.docker.io"];

/// A host and the namespace in which models are repositories.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    host: String,
    namespace: String,
}

impl Address {
    pub(super) fn parse(text: &str) -> Result<Self> {
        let rest = text.strip_prefix(SCHEME).unwrap_or_default();
        let (host, namespace) = rest.split_once('/').unwrap_or((rest, ""));
        let namespace = namespace.trim_end_matches('/');
        if is_host(host) && (namespace.is_empty() || namespace.split('/').all(is_component)) {
            return Ok(Self {
                host: host.to_ascii_lowercase(),
                namespace: namespace.to_owned(),
            });
        }
        let shown = if text.contains('@') || text.len() > 300 {
            "the text".to_owned()
        } else {
            format!("`{}`", text.escape_debug())
        };
        let message = format!("{shown} is no address of a remote registry");
        Err(Error::new(ErrorKind::InvalidArgument, message)
            .advise("write `oci://host/namespace`; credentials are given apart"))
    }

    /// As people write it, for messages.
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// Where the interface is.
    pub(super) fn authority(&self) -> &str {
        if HUB.contains(&self.host.as_str()) {
            return "registry-1.docker.io";
        }
        &self.host
    }

    /// Under which name `docker login` keeps the credentials.
    pub(super) fn credentials_key(&self) -> &str {
        if HUB.contains(&self.host.as_str()) {
            return "https://index.docker.io/v1/";
        }
        &self.host
    }

    /// Whether the host is this machine.
    pub(super) fn is_loopback(&self) -> bool {
        let (name, _) = split_port(&self.host);
        let bare = name.trim_start_matches('[').trim_end_matches(']');
        name == "localhost"
            || bare.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_loopback())
            || bare.parse::<Ipv6Addr>().is_ok_and(|ip| ip.is_loopback())
    }

    /// The repository of a model.
    pub(super) fn repository(&self, name: &ModelName) -> Result<String> {
        let path = match self.namespace.as_str() {
            "" => name.to_string(),
            namespace => format!("{namespace}/{name}"),
        };
        if path.len() <= LONGEST {
            return Ok(path);
        }
        let message = format!("the repository of `{name}` would have a name too long");
        Err(Error::new(ErrorKind::InvalidArgument, message)
            .with("limit", LONGEST)
            .advise("use a shorter namespace"))
    }
}

fn split_port(host: &str) -> (&str, Option<&str>) {
    let after = host.rfind(']').map_or(0, |end| end + 1);
    match host.get(after..).and_then(|rest| rest.rfind(':')) {
        Some(colon) => (&host[..after + colon], host.get(after + colon + 1..)),
        None => (host, None),
    }
}

fn is_host(host: &str) -> bool {
    let (name, port) = split_port(host);
    let label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && label
                .bytes()
                .all(|c| c.is_ascii_alphanumeric() || c == b'-')
    };
    let is_address = name
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .is_some_and(|inner| inner.parse::<Ipv6Addr>().is_ok());
    let is_name = name.len() <= 253 && name.split('.').all(label);
    (is_name || is_address)
        && port.is_none_or(|port| {
            port.bytes().all(|c| c.is_ascii_digit()) && port.parse::<u16>().is_ok()
        })
}

/// Letters and digits, joined by one dot, one or two underscores, or dashes.
fn is_component(text: &str) -> bool {
    let plain = |part: &str| {
        part.bytes()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    };
    let words = text.replace("__", "_");
    let words: Vec<_> = words.split(['.', '_']).collect();
    words.iter().all(|word| {
        !word.starts_with('-')
            && !word.ends_with('-')
            && !word.is_empty()
            && word.split('-').all(plain)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_name_host_and_namespace() {
        for (text, host, repository) in [
            ("oci://ghcr.io/acme", "ghcr.io", "acme/ner"),
            ("oci://localhost:5000", "localhost:5000", "ner"),
            ("oci://[::1]:5000/a/b-c__d/", "[::1]:5000", "a/b-c__d/ner"),
        ] {
            let address = Address::parse(text).unwrap();
            assert_eq!(address.host(), host);
            let name = "ner".parse().unwrap();
            assert_eq!(address.repository(&name).unwrap(), repository);
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "ghcr.io/acme",
            "https://ghcr.io/acme",
            "oci://",
            "oci:///acme",
            "oci://ghcr.io/../x",
            "oci://ghcr.io/a//b",
            "oci://ghcr.io/Acme",
            "oci://ghcr.io/a?b",
            "oci://ghcr.io/a#b",
            "oci://ghcr.io/a b",
            "oci://ghcr.io:/a",
            "oci://ghcr.io:99999/a",
            "oci://ghcr.io:+80/a",
            "oci://[::1/a",
            "oci://-x/a",
            "oci://a..b/c",
            "oci://ghcr.io/a-",
            "oci://ghcr.io/a___b",
            "oci://ghcr.io/a._b",
        ] {
            let error = Address::parse(text).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{text}");
        }
    }

    #[test]
    fn a_password_in_an_address_is_not_repeated() {
        let error = Address::parse("oci://me:secret@ghcr.io/acme").unwrap_err();
        assert!(!error.report().contains("secret"));
    }

    #[test]
    fn loopback_is_told_from_elsewhere() {
        for (text, expected) in [
            ("oci://localhost:5000/a", true),
            ("oci://127.0.0.2/a", true),
            ("oci://[::1]:5000/a", true),
            ("oci://localhost.example.com/a", false),
            ("oci://127.0.0.1.example.com/a", false),
        ] {
            assert_eq!(
                Address::parse(text).unwrap().is_loopback(),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn the_hub_goes_by_three_names() {
        let hub = Address::parse("oci://docker.io/acme").unwrap();
        assert_eq!(hub.authority(), "registry-1.docker.io");
        assert_eq!(hub.credentials_key(), "https://index.docker.io/v1/");
    }

    #[test]
    fn a_repository_has_a_longest_name() {
        let address = Address::parse(&format!("oci://ghcr.io/{}", "a".repeat(255))).unwrap();
        let error = address.repository(&"ner".parse().unwrap()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    }
}
