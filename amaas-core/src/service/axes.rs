//! What counts the rows of each input and output, and so whether requests may run together.
//!
//! A graph names its dimensions, and the first dimension of its first input (of those that are no
//! state) counts the rows; wherever that name stands in another input or output, that dimension counts
//! them too. An input of one element without the name has no rows and must be equal to run together.
//! Of graphs that name nothing the author says it, in `[batching.axes]`.
//!
//! The trap: what the name does not say may mean anything. A graph with a larger input or any output
//! without rows, or with the name twice in one, is never run for several requests at once.

use std::sync::Arc;

use crate::model::{Dimension, Manifest, Port, PortKind, Signature, StateSettings};
use crate::scheduler::{Along, Join};
use crate::{Error, ErrorKind, Result};

/// The dimension that counts the rows, of each input and output that has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Axes {
    inputs: Vec<(String, Option<usize>)>,
    outputs: Vec<(String, Option<usize>)>,
    /// An input of which that is not all there is to know, so that requests must not run together.
    unclear: Option<String>,
}

impl Axes {
    /// Of a graph, by the names of its dimensions or what the author says.
    ///
    /// # Errors
    /// `InvalidPackage` where the author names an input, output or dimension that is not there.
    pub(crate) fn of(manifest: &Manifest, signature: &Signature) -> Result<Self> {
        let said = &manifest.batching.axes;
        let mut axes = if said.is_empty() {
            Self::named(&manifest.state, signature)
        } else {
            check(manifest, signature)?;
            let find = |port: &Port| (port.name.clone(), said.get(&port.name).copied());
            Self {
                inputs: signature.inputs.iter().map(find).collect(),
                outputs: signature.outputs.iter().map(find).collect(),
                unclear: None,
            }
        };
        for state in &manifest.state {
            axes.carry(&state.output, &state.input);
        }
        Ok(axes)
    }

    /// Of a graph that its author says nothing of, by the names of its dimensions.
    pub(super) fn of_part(signature: &Signature) -> Self {
        Self::named(&[], signature)
    }

    fn named(state: &[StateSettings], signature: &Signature) -> Self {
        let is_state = |port: &&Port| state.iter().any(|state| state.input == port.name);
        let first = signature.inputs.iter().find(|port| !is_state(port));
        let name = match first.and_then(dimensions).and_then(<[_]>::first) {
            Some(Dimension::Named(name)) => Some(name),
            _ => None,
        };
        let find = |port: &Port| (port.name.clone(), name.and_then(|name| place(port, name)));
        let is_clear = |port: &Port| match name.map(|name| places(port, name).count()) {
            Some(1) => true,
            Some(0) => is_single(port),
            _ => false,
        };
        let unclear = signature.inputs.iter().find(|port| !is_clear(port));
        Self {
            inputs: signature.inputs.iter().map(find).collect(),
            outputs: signature.outputs.iter().map(find).collect(),
            unclear: unclear.map(|port| port.name.clone()),
        }
    }

    /// The dimension that counts the rows of this input.
    pub(crate) fn input(&self, name: &str) -> Option<usize> {
        let known = self.inputs.iter().find(|(known, _)| known == name);
        known.and_then(|(_, axis)| *axis)
    }

    /// An output that comes back as an input has its rows where that has them.
    fn carry(&mut self, output: &str, input: &str) {
        let axis = self.input(input);
        let known = self.outputs.iter_mut().find(|(known, _)| known == output);
        if let Some((_, place)) = known {
            *place = place.or(axis);
        }
    }

    /// The input or output that keeps requests apart, where one does.
    pub(super) fn odd(&self) -> Option<&str> {
        let outputs = || {
            self.outputs
                .iter()
                .map(|(name, axis)| (name.as_str(), *axis))
        };
        let inputs = || {
            self.inputs
                .iter()
                .map(|(name, axis)| (name.as_str(), *axis))
        };
        let without = || outputs().find(|(_, axis)| axis.is_none());
        let rowless = || match inputs().any(|(_, axis)| axis.is_some()) {
            true => None,
            false => inputs().chain(outputs()).next(),
        };
        let odd = || without().or_else(rowless).map(|(name, _)| name);
        self.unclear.as_deref().or_else(odd)
    }

    /// How requests run together; `None` where they must not.
    pub(crate) fn join(&self, manifest: &Manifest) -> Option<Arc<Join>> {
        if !manifest.batching.enabled || self.odd().is_some() {
            return None;
        }
        let outputs = self.outputs.iter();
        let outputs = outputs.map(|(name, axis)| Some((name.clone(), (*axis)?)));
        let input = |(name, axis): &(String, Option<usize>)| {
            (name.clone(), axis.map_or(Along::Shared, Along::Dimension))
        };
        Some(Arc::new(Join {
            inputs: self.inputs.iter().map(input).collect(),
            outputs: outputs.collect::<Option<_>>()?,
            ..Join::default()
        }))
    }
}

/// Refuses what `[batching.axes]` says of inputs, outputs or dimensions that are not there.
fn check(manifest: &Manifest, signature: &Signature) -> Result<()> {
    let ports = || signature.inputs.iter().chain(&signature.outputs);
    let is_wrong = |(name, axis): &(&String, &usize)| {
        let port = ports().find(|port| port.name == **name);
        let fits = |port| dimensions(port).is_none_or(|dimensions| **axis < dimensions.len());
        !port.is_some_and(fits)
    };
    let Some((name, axis)) = manifest.batching.axes.iter().find(is_wrong) else {
        return Ok(());
    };
    let message = format!("`batching.axes` says that dimension `{axis}` of `{name}` counts rows");
    let known: Vec<_> = ports().map(|port| format!("`{}`", port.name)).collect();
    Err(
        Error::new(ErrorKind::InvalidPackage, message).advise(format!(
            "count dimensions from 0, of what the graph has: {}",
            known.join(", ")
        )),
    )
}

/// Where a port has a dimension of this name.
fn place(port: &Port, name: &str) -> Option<usize> {
    places(port, name).next()
}

fn places<'a>(port: &'a Port, name: &'a str) -> impl Iterator<Item = usize> + 'a {
    let is_it =
        move |dimension: &Dimension| matches!(dimension, Dimension::Named(own) if own == name);
    let all = dimensions(port).unwrap_or_default().iter().enumerate();
    all.filter(move |(_, dimension)| is_it(dimension))
        .map(|(place, _)| place)
}

/// Whether a port has one element, whatever is asked of the model.
fn is_single(port: &Port) -> bool {
    let one = |dimension: &Dimension| *dimension == Dimension::Fixed(1);
    dimensions(port).is_some_and(|dimensions| dimensions.iter().all(one))
}

fn dimensions(port: &Port) -> Option<&[Dimension]> {
    match &port.kind {
        PortKind::Tensor(_, dimensions) => dimensions.as_deref(),
        PortKind::Other(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor::Dtype;

    fn port(name: &str, dimensions: &[&str]) -> Port {
        let dimension = |text: &&str| match (text.parse(), *text) {
            (Ok(length), _) => Dimension::Fixed(length),
            (_, "?") => Dimension::Any,
            (_, name) => Dimension::named(name),
        };
        let dimensions: Vec<_> = dimensions.iter().map(dimension).collect();
        Port::tensor(name, Dtype::Float32, dimensions)
    }

    fn signature<const I: usize, const O: usize>(
        inputs: [(&str, &[&str]); I],
        outputs: [(&str, &[&str]); O],
    ) -> Signature {
        let port = |(name, dimensions): (&str, &[&str])| port(name, dimensions);
        Signature {
            inputs: inputs.map(port).into(),
            outputs: outputs.map(port).into(),
        }
    }

    fn manifest() -> Manifest {
        Manifest::bare("model".parse().unwrap())
    }

    fn with_state() -> Manifest {
        let state = StateSettings {
            input: "state".to_owned(),
            output: "next".to_owned(),
            initial: 0.0,
        };
        Manifest {
            state: vec![state],
            ..manifest()
        }
    }

    fn join(manifest: &Manifest, signature: &Signature) -> Option<Arc<Join>> {
        Axes::of(manifest, signature).unwrap().join(manifest)
    }

    #[test]
    fn rows_are_counted_wherever_the_name_stands() {
        let signature = signature(
            [
                ("state", &["2", "batch", "128"]),
                ("input", &["batch", "samples"]),
                ("sr", &[]),
            ],
            [("output", &["batch", "1"]), ("next", &["2", "?", "128"])],
        );
        assert!(join(&manifest(), &signature).is_none());
        let join = join(&with_state(), &signature).unwrap();
        let along = [Along::Dimension(1), Along::Dimension(0), Along::Shared];
        assert!(join.inputs.iter().map(|(_, along)| *along).eq(along));
        assert_eq!(join.outputs[1], ("next".to_owned(), 1));
    }

    #[test]
    fn whatever_is_not_clear_keeps_requests_apart() {
        for signature in [
            signature([("x", &["n"])], [("y", &["1"])]),
            signature([("x", &["1", "n"])], [("y", &["1", "n"])]),
            signature([("x", &["?"])], [("y", &["?"])]),
            signature([("x", &["n"]), ("edges", &["2", "m"])], [("y", &["n"])]),
            signature([("x", &["n"]), ("near", &["n", "n"])], [("y", &["n"])]),
        ] {
            assert!(join(&manifest(), &signature).is_none(), "{signature:?}");
        }
    }

    #[test]
    fn of_a_graph_without_names_the_author_says_it() {
        let signature = signature(
            [
                ("input", &["?", "?"]),
                ("state", &["2", "?", "128"]),
                ("sr", &[]),
            ],
            [("output", &["?", "1"]), ("next", &["?", "?", "?"])],
        );
        let mut manifest = with_state();
        assert!(join(&manifest, &signature).is_none());
        let said = |name: &str, axis| (name.to_owned(), axis);
        let axes = [said("input", 0), said("state", 1), said("output", 0)];
        manifest.batching.axes = axes.into();
        let joined = join(&manifest, &signature).unwrap();
        assert_eq!(joined.outputs[1], said("next", 1));
        assert_eq!(joined.inputs[2].1, Along::Shared);
        for wrong in [said("nothing", 0), said("input", 2)] {
            let mut manifest = manifest.clone();
            manifest.batching.axes.extend([wrong]);
            let error = Axes::of(&manifest, &signature).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidPackage, "{error}");
        }
    }

    #[test]
    fn a_package_may_forbid_it() {
        let signature = signature([("x", &["n"])], [("y", &["n"])]);
        let mut manifest = manifest();
        assert!(join(&manifest, &signature).is_some());
        manifest.batching.enabled = false;
        assert!(join(&manifest, &signature).is_none());
    }
}
