//! Addresses of requests, and where an answer may send them.
//!
//! The trap: a remote says where to go on, in `Location` and in links. Credentials go to the
//! origin that the user named and to no other, and nothing goes from HTTPS down to HTTP.

use std::fmt;

use ureq::http::Uri;

/// `http(s)://authority/path?query`.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Url {
    secure: bool,
    authority: String,
    /// With the query.
    path: String,
}

impl Url {
    pub(super) fn new(secure: bool, authority: &str, path: impl Into<String>) -> Self {
        Self {
            secure,
            authority: authority.to_owned(),
            path: path.into(),
        }
    }

    /// Reads an absolute address; `None` for one with a password or of another kind.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let uri: Uri = text.parse().ok()?;
        let secure = match uri.scheme_str()? {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let authority = uri
            .authority()
            .filter(|name| !name.as_str().contains('@'))?;
        Some(Self {
            secure,
            authority: authority.as_str().to_ascii_lowercase(),
            path: uri.path_and_query()?.as_str().to_owned(),
        })
    }

    /// Where `location`, found in an answer from here, leads to; `None` where it must not.
    pub(super) fn join(&self, location: &str) -> Option<Self> {
        if location.starts_with('/') && !location.starts_with("//") {
            let there = Self::new(self.secure, &self.authority, location);
            return Self::parse(&there.to_string());
        }
        Self::parse(location).filter(|there| there.secure || !self.secure)
    }

    /// The address with one more parameter, whose value is escaped.
    #[must_use]
    pub(super) fn with(mut self, key: &str, value: &str) -> Self {
        self.path
            .push(if self.path.contains('?') { '&' } else { '?' });
        self.path.push_str(&pair(key, value));
        self
    }

    pub(super) fn has_origin_of(&self, other: &Self) -> bool {
        self.secure == other.secure && self.host_and_port() == other.host_and_port()
    }

    pub(super) fn is_secure(&self) -> bool {
        self.secure
    }

    fn host_and_port(&self) -> &str {
        let port = if self.secure { ":443" } else { ":80" };
        self.authority.strip_suffix(port).unwrap_or(&self.authority)
    }
}

/// As it is sent. It may hold signatures, so it never goes into an error.
impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.secure { "https" } else { "http" };
        write!(f, "{scheme}://{}{}", self.authority, self.path)
    }
}

/// `key=value`, the value escaped as forms and queries want it.
pub(super) fn pair(key: &str, value: &str) -> String {
    let mut text = format!("{key}=");
    for byte in value.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                text.push(char::from(byte));
            }
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn locations_lead_where_they_may() {
        let here = url("https://a.example/v2/x?y=1");
        for (location, expected) in [
            ("/v2/z", Some("https://a.example/v2/z")),
            ("https://b.example/z?s=1", Some("https://b.example/z?s=1")),
            ("http://a.example/z", None),
            ("//b.example/z", None),
            ("z", None),
            ("", None),
            ("https://me:secret@b.example/", None),
            ("file:///etc/passwd", None),
            ("/v2/\r\nX: y", None),
            ("/a b", None),
        ] {
            let found = here.join(location).map(|there| there.to_string());
            assert_eq!(found.as_deref(), expected, "{location:?}");
        }
    }

    #[test]
    fn origins_are_scheme_host_and_port() {
        let here = url("https://a.example/");
        assert!(url("https://A.example:443/x").has_origin_of(&here));
        for other in [
            "http://a.example/",
            "https://a.example:444/",
            "https://b.example/",
        ] {
            assert!(!url(other).has_origin_of(&here), "{other}");
        }
    }

    #[test]
    fn values_are_escaped() {
        let there = url("https://a.example/t?x=1").with("scope", "repository:a/b:pull,push");
        assert!(
            there
                .to_string()
                .ends_with("/t?x=1&scope=repository%3Aa%2Fb%3Apull%2Cpush")
        );
    }
}
