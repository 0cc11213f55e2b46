//! Which provider really got which nodes.

use std::fmt;

/// Where the nodes of one instance run, and why not elsewhere.
///
/// ```
/// use amaas_core::runtime::{PlacedNodes, Placement};
///
/// let placement = Placement {
///     providers: vec![PlacedNodes { provider: "CPUExecutionProvider".into(), nodes: vec!["LSTM".into()] }],
///     skipped: vec![("cuda:0".into(), "this build of ONNX Runtime has no CUDA".into())],
/// };
/// assert_eq!(placement.to_string(), "CPUExecutionProvider: 1 node (without cuda:0: this build of ONNX Runtime has no CUDA)");
/// assert!(placement.is_degraded());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Placement {
    /// The providers that got nodes, in the order of the policy. Counted after the runtime's
    /// own optimisation: a fused node is one node.
    pub providers: Vec<PlacedNodes>,
    /// Preferred devices that took no part, each with the cause.
    pub skipped: Vec<(String, String)>,
}

/// The nodes that one provider got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedNodes {
    /// ONNX Runtime's name of the provider.
    pub provider: String,
    /// The operator types, one entry a node.
    pub nodes: Vec<String>,
}

impl Placement {
    /// Takes in where the nodes of another graph run.
    pub(crate) fn append(&mut self, other: &Self) {
        for placed in &other.providers {
            let mut known = self.providers.iter_mut();
            match known.find(|known| known.provider == placed.provider) {
                Some(known) => known.nodes.extend_from_slice(&placed.nodes),
                None => self.providers.push(placed.clone()),
            }
        }
        for skipped in &other.skipped {
            if !self.skipped.contains(skipped) {
                self.skipped.push(skipped.clone());
            }
        }
    }

    /// Whether a preferred device took no part.
    pub fn is_degraded(&self) -> bool {
        !self.skipped.is_empty()
    }

    /// The names of the providers, joined by `+`.
    pub fn names(&self) -> String {
        let names = self.providers.iter().map(|placed| placed.provider.as_str());
        names.collect::<Vec<_>>().join("+")
    }

    /// How many nodes the provider with ONNX Runtime's name `provider` got.
    pub fn nodes_on(&self, provider: &str) -> usize {
        self.providers
            .iter()
            .filter(|placed| placed.provider == provider)
            .map(|placed| placed.nodes.len())
            .sum()
    }
}

impl fmt::Display for Placement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |placed: &PlacedNodes| {
            let plural = if placed.nodes.len() == 1 { "" } else { "s" };
            format!("{}: {} node{plural}", placed.provider, placed.nodes.len())
        };
        let parts: Vec<_> = self.providers.iter().map(count).collect();
        f.write_str(&parts.join(", "))?;
        for (device, cause) in &self.skipped {
            write!(f, " (without {device}: {cause})")?;
        }
        Ok(())
    }
}
