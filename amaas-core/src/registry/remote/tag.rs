//! Versions and aliases as tags: `1.0.0+gpu` is `1.0.0_gpu`, as tags have no plus sign.
//!
//! The trap: other tools put tags of their own beside ours, such as `sha256-…` for signatures.
//! What is neither a version nor an alias is passed over.

use semver::Version;

use crate::model::AliasName;
use crate::{Error, ErrorKind, Result};

/// What OCI allows.
const LONGEST: usize = 128;

/// The tag of a version.
pub(super) fn of(version: &Version) -> Result<String> {
    let tag = version.to_string().replace('+', "_");
    if tag.len() <= LONGEST {
        return Ok(tag);
    }
    let message = format!("`{version}` is too long for a tag");
    Err(Error::new(ErrorKind::InvalidArgument, message)
        .with("limit", LONGEST)
        .advise("publish it under a shorter version"))
}

/// The version that a tag stands for, if any.
pub(super) fn version(tag: &str) -> Option<Version> {
    let version = Version::parse(&tag.replace('_', "+")).ok()?;
    (of(&version).ok()? == tag).then_some(version)
}

/// The alias that a tag stands for, if any.
pub(super) fn alias(tag: &str) -> Option<AliasName> {
    let is_ours = version(tag).is_none() && !tag.starts_with("sha256-") && tag.len() <= LONGEST;
    is_ours.then(|| tag.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_come_back_from_their_tags() {
        for text in ["1.0.0", "1.0.0-rc.1", "1.0.0-rc.1+gpu.5", "1.0.0+a-b"] {
            let version: Version = text.parse().unwrap();
            let tag = of(&version).unwrap();
            assert!(!tag.contains('+'));
            assert_eq!(super::version(&tag), Some(version));
        }
    }

    #[test]
    fn junk_is_neither_version_nor_alias() {
        let long = "a".repeat(200);
        for tag in [
            "", "1.0", "v1.0.0", "1.0.0__a", "1.0.0+a", "..", "A", "a/b", &long,
        ] {
            assert_eq!(version(tag), None, "{tag}");
        }
        for tag in ["", "1.0.0", "1.0", "a/b", "../x", "sha256-abc", "A", &long] {
            assert_eq!(alias(tag), None, "{tag}");
        }
        assert_eq!(alias("champion").unwrap().as_str(), "champion");
    }

    #[test]
    fn a_version_too_long_for_a_tag_is_refused() {
        let version = format!("1.0.0-{}", "a".repeat(130)).parse().unwrap();
        assert_eq!(of(&version).unwrap_err().kind(), ErrorKind::InvalidArgument);
    }
}
