//! What to say when nothing was found: what is there, the closest first.
//!
//! The trap: a registry may hold thousands of names; only the first few are worth reading.

use semver::Version;

use super::index::ModelIndex;
use super::select;
use crate::model::{AliasName, ModelName, Selector};
use crate::{Error, ErrorKind};

const SHOWN: usize = 10;

/// The error for a name that no model has.
pub(super) fn no_model<'a>(name: &ModelName, there: impl Iterator<Item = &'a ModelName>) -> Error {
    let remedy = match closest(name.as_str(), there.map(ModelName::as_str)) {
        names if names.is_empty() => "the registry is empty; publish a model first".to_owned(),
        names => format!("publish it, or pick one of: {}", list(&names)),
    };
    Error::new(ErrorKind::NotFound, format!("no model is called `{name}`")).advise(remedy)
}

/// The error for a selector that selects nothing of `model`.
pub(super) fn no_version(model: &ModelIndex, selector: &Selector) -> Error {
    let versions = model.versions.iter();
    let listed = versions.map(|(version, stored)| (version, stored.yanked.is_some()));
    let aliases = model.aliases.targets().map(|(alias, _)| alias.as_str());
    nothing_selected(&model.name, selector, listed, aliases)
}

/// The error for a selector that selects none of these versions, the lowest of which is first;
/// of each it is told whether it was yanked.
pub(super) fn nothing_selected<'a>(
    name: &ModelName,
    selector: &Selector,
    versions: impl Iterator<Item = (&'a Version, bool)>,
    aliases: impl Iterator<Item = &'a str>,
) -> Error {
    let message = format!("no version of `{name}` is selected by `{selector}`");
    let versions: Vec<_> = versions.collect();
    let shown: Vec<_> = versions.iter().rev().map(listed).collect();
    let error = Error::new(ErrorKind::NotFound, message)
        .with("versions", list(&shown))
        .with("aliases", list(&closest(&selector.to_string(), aliases)));
    let mut all = versions.iter().map(|(version, _)| *version);
    error.advise(match selector {
        Selector::Range(range) if select::highest(all.clone(), range).is_some() => {
            "what would fit was yanked: name one exactly, as `@1.0.0`, or publish another"
        }
        Selector::Range(_) if all.all(|version| !version.pre.is_empty()) => {
            "every version is a pre-release: name one exactly, as `@1.0.0-rc.1`"
        }
        _ => "pick one of these, or publish what is missing",
    })
}

/// The error for an alias that `model` does not have.
pub(super) fn no_alias(model: &ModelIndex, alias: &AliasName) -> Error {
    no_version(model, &Selector::Alias(alias.clone()))
}

fn listed((version, yanked): &(&Version, bool)) -> String {
    match yanked {
        true => format!("{version} (yanked)"),
        false => version.to_string(),
    }
}

fn list(items: &[impl AsRef<str>]) -> String {
    let shown: Vec<_> = items.iter().take(SHOWN).map(AsRef::as_ref).collect();
    match (items.len(), items.len().saturating_sub(SHOWN)) {
        (0, _) => "none".to_owned(),
        (_, 0) => shown.join(", "),
        (_, more) => format!("{}, and {more} more", shown.join(", ")),
    }
}

fn closest<'a>(wanted: &str, there: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut ranked: Vec<_> = there.map(|name| (distance(wanted, name), name)).collect();
    ranked.sort_unstable();
    ranked.into_iter().map(|(_, name)| name).collect()
}

/// How many characters must be put in, taken out or replaced (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (index, left) in one.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], index + 1);
        for (column, right) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(left != *right);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closest_name_comes_first() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(
            closest("sentimant", ["ner", "sentiment"].into_iter()),
            ["sentiment", "ner"]
        );
    }

    #[test]
    fn long_lists_are_cut() {
        let names: Vec<_> = (0..12).map(|number| number.to_string()).collect();
        assert!(list(&names).ends_with("9, and 2 more"));
    }
}
