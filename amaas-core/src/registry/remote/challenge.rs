//! `WWW-Authenticate`: how a registry wants to be told who asks.
//!
//! Format: RFC 9110, section 11.6.1; the bearer scheme as the distribution project describes it.
//!
//! The trap: the text comes from the remote. What does not parse is no challenge, and the place
//! for tokens that it names must be one that credentials may be sent to.

/// What is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Challenge {
    /// User and password with each request.
    Basic,
    /// A token, to be had at `realm`.
    Bearer {
        realm: String,
        service: Option<String>,
    },
}

impl Challenge {
    /// The one to answer; a token is preferred over sending the password each time.
    pub(super) fn choose<'a>(headers: impl Iterator<Item = &'a str>) -> Option<Self> {
        let mut all: Vec<_> = headers.filter_map(Self::parse).collect();
        let bearer = all.iter().position(|one| *one != Self::Basic);
        match bearer {
            Some(place) => Some(all.swap_remove(place)),
            None => all.pop(),
        }
    }

    fn parse(header: &str) -> Option<Self> {
        let (scheme, rest) = header.trim().split_once(' ').unwrap_or((header.trim(), ""));
        if scheme.eq_ignore_ascii_case("basic") {
            return Some(Self::Basic);
        }
        if !scheme.eq_ignore_ascii_case("bearer") {
            return None;
        }
        let (mut realm, mut service) = (None, None);
        for (key, value) in parameters(rest)? {
            match key.to_ascii_lowercase().as_str() {
                "realm" => realm = Some(value),
                "service" => service = Some(value),
                _ => {}
            }
        }
        Some(Self::Bearer {
            realm: realm?,
            service,
        })
    }
}

/// `key="value", key=value`; `None` where it is something else.
fn parameters(mut rest: &str) -> Option<Vec<(&str, String)>> {
    let mut found = Vec::new();
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        if rest.is_empty() {
            return Some(found);
        }
        let (key, after) = rest.split_once('=')?;
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => unquote(quoted)?,
            None => {
                let end = after.find([',', ' ']).unwrap_or(after.len());
                (after[..end].to_owned(), &after[end..])
            }
        };
        found.push((key.trim(), value));
        rest = after;
    }
}

fn unquote(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, one)) = characters.next() {
        match one {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => value.push(characters.next()?.1),
            _ => value.push(one),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bearer(realm: &str, service: Option<&str>) -> Challenge {
        Challenge::Bearer {
            realm: realm.to_owned(),
            service: service.map(str::to_owned),
        }
    }

    #[test]
    fn challenges_are_read() {
        for (header, expected) in [
            ("Basic realm=\"x\"", Some(Challenge::Basic)),
            ("basic", Some(Challenge::Basic)),
            (
                "Bearer realm=\"https://a/t\",service=\"b\",scope=\"c:d:e,f\"",
                Some(bearer("https://a/t", Some("b"))),
            ),
            (
                "bearer  realm=https://a/t , x=y",
                Some(bearer("https://a/t", None)),
            ),
            ("Bearer realm=\"a\\\"b\"", Some(bearer("a\"b", None))),
            ("Bearer service=\"b\"", None),
            ("Bearer realm=\"open", None),
            ("Bearer nonsense", None),
            ("Negotiate", None),
            ("", None),
        ] {
            assert_eq!(Challenge::parse(header), expected, "{header}");
        }
    }

    #[test]
    fn a_token_is_preferred() {
        let headers = ["Basic", "Bearer realm=\"r\"", "Negotiate"];
        assert_eq!(
            Challenge::choose(headers.into_iter()),
            Some(bearer("r", None))
        );
        assert_eq!(
            Challenge::choose(["Basic"].into_iter()),
            Some(Challenge::Basic)
        );
        assert_eq!(Challenge::choose([].into_iter()), None);
    }
}
