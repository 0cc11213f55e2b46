//! What a model takes and gives, as Python objects.

use amaas_core::model::{self, Dimension, PortKind};
use pyo3::prelude::*;

/// The inputs and outputs of a model, in the model's own order.
#[pyclass(frozen, eq, str, module = "amaas")]
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Signature(model::Signature);

impl From<&model::Signature> for Signature {
    fn from(signature: &model::Signature) -> Self {
        Self(signature.clone())
    }
}

impl std::fmt::Display for Signature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let list = |ports: &[model::Port]| {
            ports
                .iter()
                .map(|port| format!("{}: {}", port.name, port.kind))
                .collect::<Vec<_>>()
                .join(", ")
        };
        write!(
            f,
            "({}) -> ({})",
            list(&self.0.inputs),
            list(&self.0.outputs)
        )
    }
}

#[pymethods]
impl Signature {
    /// What ``run`` must be given.
    #[getter]
    fn inputs(&self) -> Vec<Port> {
        self.0.inputs.iter().cloned().map(Port).collect()
    }

    /// What ``run`` can answer.
    #[getter]
    fn outputs(&self) -> Vec<Port> {
        self.0.outputs.iter().cloned().map(Port).collect()
    }

    fn __repr__(&self) -> String {
        format!("<Signature {self}>")
    }
}

/// One input or output of a model.
#[pyclass(frozen, eq, str, module = "amaas")]
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Port(model::Port);

impl std::fmt::Display for Port {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.0.name, self.0.kind)
    }
}

/// A dimension: its length, its name, or ``None`` where the model says neither.
#[derive(Debug, IntoPyObject)]
enum Length {
    Fixed(usize),
    Named(String),
    Any(Option<usize>),
}

impl From<&Dimension> for Length {
    fn from(dimension: &Dimension) -> Self {
        match dimension {
            Dimension::Fixed(length) => Self::Fixed(*length),
            Dimension::Named(name) => Self::Named(name.clone()),
            Dimension::Any => Self::Any(None),
        }
    }
}

#[pymethods]
impl Port {
    /// Its name in the graph.
    #[getter]
    fn name(&self) -> &str {
        &self.0.name
    }

    /// The element type, as ``"float32"``; ``None`` for what is no tensor.
    #[getter]
    fn dtype(&self) -> Option<&'static str> {
        match &self.0.kind {
            PortKind::Tensor(dtype, _) => Some(dtype.name()),
            _ => None,
        }
    }

    /// A length, a name or ``None`` for each dimension; ``None`` where the model states no rank.
    #[getter]
    fn shape(&self) -> Option<Vec<Length>> {
        match &self.0.kind {
            PortKind::Tensor(_, Some(dimensions)) => {
                Some(dimensions.iter().map(Length::from).collect())
            }
            _ => None,
        }
    }

    fn __repr__(&self) -> String {
        format!("<Port {self}>")
    }
}
