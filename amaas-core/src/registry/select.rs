//! Which version a range picks: a pure function of the versions that are there.
//!
//! ```
//! use amaas_core::registry::highest;
//! use semver::Version;
//!
//! let versions = ["1.0.0", "1.4.0", "2.0.0-rc.1"].map(|text| text.parse::<Version>().unwrap());
//! assert_eq!(highest(&versions, &"^1".parse()?), Some(&versions[1]));
//! assert_eq!(highest(&versions, &"*".parse()?), Some(&versions[1]));
//! assert_eq!(highest(&versions, &">=2.0.0-rc.0".parse()?), Some(&versions[2]));
//! # Ok::<(), semver::Error>(())
//! ```
//!
//! The trap: `*` never picks a pre-release, even where nothing else is there. A range picks one
//! only if it names a pre-release of the same major, minor and patch number, as in Cargo.

use std::cmp::Ordering;

use semver::{Version, VersionReq};

/// The highest of `versions` that `range` takes. Build metadata plays no part.
pub fn highest<'a>(
    versions: impl IntoIterator<Item = &'a Version>,
    range: &VersionReq,
) -> Option<&'a Version> {
    versions
        .into_iter()
        .filter(|version| range.matches(version))
        .max_by(|one, other| one.cmp_precedence(other))
}

/// The one of `versions` that equals `wanted`, build metadata aside.
pub fn exact<'a>(
    versions: impl IntoIterator<Item = &'a Version>,
    wanted: &Version,
) -> Option<&'a Version> {
    versions
        .into_iter()
        .find(|version| version.cmp_precedence(wanted) == Ordering::Equal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn versions() -> impl Strategy<Value = Vec<Version>> {
        let one = (
            0_u64..3,
            0_u64..3,
            0_u64..3,
            prop::option::of(0_u8..3),
            any::<bool>(),
        );
        let version = one.prop_map(|(major, minor, patch, pre, build)| {
            let pre = pre
                .map(|number| format!("-rc.{number}"))
                .unwrap_or_default();
            let build = if build { "+build" } else { "" };
            format!("{major}.{minor}.{patch}{pre}{build}")
                .parse()
                .unwrap()
        });
        prop::collection::vec(version, 0..12)
    }

    fn ranges() -> impl Strategy<Value = VersionReq> {
        let comparator = (
            "(\\^|~|=|>|>=|<|<=)",
            0_u64..3,
            0_u64..3,
            0_u64..3,
            any::<bool>(),
        );
        let text = comparator.prop_map(|(sign, major, minor, patch, pre)| {
            format!(
                "{sign}{major}.{minor}.{patch}{}",
                if pre { "-rc.1" } else { "" }
            )
        });
        let list = prop::collection::vec(text, 1..3).prop_map(|list| list.join(", "));
        prop_oneof![Just("*".to_owned()), list].prop_map(|text| text.parse().unwrap())
    }

    proptest! {
        #[test]
        fn nothing_that_fits_is_higher(versions in versions(), range in ranges()) {
            match highest(&versions, &range) {
                None => prop_assert!(versions.iter().all(|version| !range.matches(version))),
                Some(chosen) => {
                    prop_assert!(range.matches(chosen));
                    let fitting = versions.iter().filter(|version| range.matches(version));
                    prop_assert!(fitting.clone().all(|one| one.cmp_precedence(chosen).is_le()));
                }
            }
        }

        #[test]
        fn order_does_not_matter(versions in versions(), range in ranges()) {
            let forward = highest(&versions, &range);
            let backward = highest(versions.iter().rev(), &range);
            prop_assert_eq!(forward.map(without_build), backward.map(without_build));
        }

        #[test]
        fn a_pre_release_is_picked_only_by_name(versions in versions(), range in ranges()) {
            if let Some(chosen) = highest(&versions, &range).filter(|one| !one.pre.is_empty()) {
                let named = range.comparators.iter().any(|comparator| {
                    !comparator.pre.is_empty()
                        && comparator.major == chosen.major
                        && comparator.minor == Some(chosen.minor)
                        && comparator.patch == Some(chosen.patch)
                });
                prop_assert!(named);
            }
        }

        #[test]
        fn build_metadata_plays_no_part(versions in versions(), range in ranges()) {
            let bare: Vec<_> = versions.iter().map(without_build).collect();
            let expected = highest(&bare, &range).cloned();
            prop_assert_eq!(highest(&versions, &range).map(without_build), expected);
        }

        #[test]
        fn exact_finds_what_is_there(versions in versions()) {
            for version in &versions {
                let found = exact(&versions, &without_build(version));
                prop_assert_eq!(found.map(without_build), Some(without_build(version)));
            }
        }
    }

    fn without_build(version: &Version) -> Version {
        Version {
            build: semver::BuildMetadata::EMPTY,
            ..version.clone()
        }
    }
}
