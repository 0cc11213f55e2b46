//! Whether requests of a version run together: what can be seen of it before it serves.
//!
//! Rows that run together answer each for itself only if the graph computes each row alone. That it
//! has one batch dimension in all it takes and gives is seen in its signature, and that it
//! takes a scale over all rows, by its operators. That it looks at other rows in another way, as by a
//! mean over the batch, is not to be seen there: such a package says `batching.enabled = false`.
//! Where the graph fails with more rows than one, the pool learns it when it serves.
//!
//! The trap: state that goes in and comes out again is one more input; it is joined like the others
//! where a dimension counts its rows, and keeps requests apart where none does.

use std::collections::BTreeSet;
use std::fmt;

use super::interface::Interface;
use crate::model::{Dimension, Manifest, Port, PortKind, Signature};

/// Operators that quantise what they are given by a scale over all of it, so that the rows of a run
/// have a part in each other's answers.
const DYNAMIC: [&str; 6] = [
    "DynamicQuantizeLinear",
    "DynamicQuantizeMatMul",
    "DynamicQuantizeLSTM",
    "MatMulIntegerToFloat",
    "MatMulInteger",
    "ConvInteger",
];

/// Whether requests of a version run together, and what there is to know about it.
///
/// ```
/// use amaas_core::service::Together;
///
/// assert!(Together::Yes.runs() && !Together::Forbidden.runs());
/// assert_eq!(Together::Forbidden.to_string(), "apart: the package forbids batching");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Together {
    /// Those that wait run together, where they fit.
    Yes,
    /// They do, and an answer differs a little with what runs beside it: this operator takes its scale
    /// over all rows of a run.
    Roughly(String),
    /// Each runs alone: the package says so.
    Forbidden,
    /// Each runs alone: this input or output has not the batch dimension of the others, or one of fixed
    /// length.
    Shape(String),
    /// Each runs alone: joined runs failed, and what was in them ran well apart.
    Failed,
}

impl Together {
    /// What is seen of a version before it serves.
    pub(super) fn of(manifest: &Manifest, graph: &Interface, operators: &BTreeSet<String>) -> Self {
        if !manifest.batching.enabled {
            return Self::Forbidden;
        }
        // A task that fills inputs with tokens joins rows itself.
        let odd = match manifest.task.is_some() && manifest.tokenizer.is_some() {
            true => fixed(graph.signature()),
            false => graph.axes().odd(),
        };
        if let Some(odd) = odd {
            return Self::Shape(odd.to_owned());
        }
        let dynamic = DYNAMIC.iter().find(|name| operators.contains(**name));
        dynamic.map_or(Self::Yes, |name| Self::Roughly((*name).to_owned()))
    }

    /// Whether any run together.
    pub fn runs(&self) -> bool {
        matches!(self, Self::Yes | Self::Roughly(_))
    }
}

impl fmt::Display for Together {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Yes => f.write_str("together"),
            Self::Roughly(operator) => write!(
                f,
                "together, and answers differ a little with what runs beside: `{operator}` takes its \
                 scale over all rows; `batching.enabled = false` keeps them apart"
            ),
            Self::Forbidden => f.write_str("apart: the package forbids batching"),
            Self::Shape(port) => {
                write!(f, "apart: `{port}` has no batch dimension like the others")
            }
            Self::Failed => f.write_str("apart: what was run together failed, and ran well apart"),
        }
    }
}

/// What has no dimension in front, or one of fixed length.
fn fixed(signature: &Signature) -> Option<&str> {
    let mut ports = signature.inputs.iter().chain(&signature.outputs);
    let odd = ports.find(|port| matches!(front(port), Some(Dimension::Fixed(_)) | None));
    odd.map(|port| port.name.as_str())
}

fn front(port: &Port) -> Option<&Dimension> {
    match &port.kind {
        PortKind::Tensor(_, Some(dimensions)) => dimensions.first(),
        _ => None,
    }
}
