//! One thing of each graph that a version has: its main graph, and its parts by name.
//!
//! ```
//! use amaas_core::model::Graphs;
//!
//! let files = Graphs { main: "encoder.onnx", parts: [("decoder".into(), "decoder.onnx")].into() };
//! assert_eq!(*files.part("decoder")?, "decoder.onnx");
//! assert_eq!(files.iter().count(), 2);
//! assert!(files.part("recogniser").is_err());
//! # Ok::<(), amaas_core::Error>(())
//! ```
//!
//! The trap: a part's name says what it is for in its own package and means nothing elsewhere; what
//! asks for one by name belongs to a task that needs it.

use std::collections::BTreeMap;

use crate::{Error, ErrorKind, Result};

/// One `T` for the main graph and for each part.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Graphs<T> {
    /// Of the graph that `run` runs.
    pub main: T,
    /// Of the others, by their names in the manifest.
    pub parts: BTreeMap<String, T>,
}

impl<T> Graphs<T> {
    /// That of a part.
    ///
    /// # Errors
    /// `InvalidPackage`, listing the parts there are.
    pub fn part(&self, name: &str) -> Result<&T> {
        let part = self.parts.get(name);
        part.ok_or_else(|| no_part(name, self.parts.keys()))
    }

    /// That of the main graph, or of a part.
    ///
    /// # Errors
    /// As [`Graphs::part`].
    pub fn of(&self, part: Option<&str>) -> Result<&T> {
        part.map_or(Ok(&self.main), |name| self.part(name))
    }

    /// One reference for each.
    pub fn as_ref(&self) -> Graphs<&T> {
        let parts = self.parts.iter();
        Graphs {
            main: &self.main,
            parts: parts.map(|(name, one)| (name.clone(), one)).collect(),
        }
    }

    /// All of them, the main graph's first, with the names of the parts.
    pub fn iter(&self) -> impl Iterator<Item = (Option<&str>, &T)> {
        let parts = self.parts.iter();
        std::iter::once((None, &self.main)).chain(parts.map(|(name, one)| (Some(&**name), one)))
    }

    /// What `make` makes of each, until it fails.
    ///
    /// # Errors
    /// Whatever `make` ends with.
    pub fn try_map<U>(
        self,
        mut make: impl FnMut(Option<&str>, T) -> Result<U>,
    ) -> Result<Graphs<U>> {
        let main = make(None, self.main)?;
        let one =
            |(name, one): (String, T)| make(Some(&name), one).map(|made| (name.clone(), made));
        let parts = self.parts.into_iter().map(one).collect::<Result<_>>()?;
        Ok(Graphs { main, parts })
    }
}

pub(super) fn no_part<'a>(name: &str, there: impl Iterator<Item = &'a String>) -> Error {
    let there: Vec<_> = there.map(|name| format!("`{name}`")).collect();
    let message = format!("the package has no part `{name}`");
    Error::new(ErrorKind::InvalidPackage, message).advise(match there.is_empty() {
        true => "add a `[parts]` table with its graph's file".to_owned(),
        false => format!("add it to `[parts]`, or name one of: {}", there.join(", ")),
    })
}
