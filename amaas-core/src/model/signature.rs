//! What a model takes and gives: names, dtypes, dimensions.
//!
//! ```
//! use amaas_core::model::{Dimension, Port, Signature};
//! use amaas_core::{Dtype, Tensor};
//!
//! let signature = Signature {
//!     inputs: vec![Port::tensor("x", Dtype::Float32, [Dimension::named("batch"), Dimension::Fixed(2)])],
//!     outputs: vec![],
//! };
//! let wrong = Tensor::from_vec([1, 3], vec![0_f32; 3])?;
//! let error = signature.check(&[("x", &wrong)]).unwrap_err();
//! assert_eq!(
//!     error.to_string(),
//!     "input `x` has shape [1, 3] where the model expects [batch, 2]; pass float32[batch, 2]"
//! );
//! # Ok::<(), amaas_core::Error>(())
//! ```

use std::fmt;

use crate::tensor::{Dtype, Tensor};
use crate::{Error, ErrorKind, Result};

/// The inputs and outputs of a model, in the model's own order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// What `run` must be given.
    pub inputs: Vec<Port>,
    /// What `run` can answer.
    pub outputs: Vec<Port>,
}

/// One input or output of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// Its name in the graph.
    pub name: String,
    /// What passes through it.
    pub kind: PortKind,
}

/// What passes through a port.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PortKind {
    /// A tensor; `None` for the dimensions when the model does not state them.
    Tensor(Dtype, Option<Vec<Dimension>>),
    /// A sequence, map or optional, which `run` does not take; described as ONNX names it.
    Other(String),
}

/// One dimension of a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dimension {
    /// Always this long.
    Fixed(usize),
    /// Of any length; equal names need equal lengths.
    Named(String),
    /// Of any length.
    Any,
}

impl Dimension {
    /// A dimension with a name.
    pub fn named(name: impl Into<String>) -> Self {
        Self::Named(name.into())
    }
}

impl fmt::Display for Dimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(length) => length.fmt(f),
            Self::Named(name) => f.write_str(name),
            Self::Any => f.write_str("?"),
        }
    }
}

impl Port {
    /// A tensor port.
    pub fn tensor(
        name: impl Into<String>,
        dtype: Dtype,
        dimensions: impl Into<Vec<Dimension>>,
    ) -> Self {
        Self {
            name: name.into(),
            kind: PortKind::Tensor(dtype, Some(dimensions.into())),
        }
    }

    /// Refuses a tensor of the wrong dtype, rank or fixed dimension, naming all three.
    fn check(&self, tensor: &Tensor) -> Result<()> {
        let PortKind::Tensor(dtype, dimensions) = &self.kind else {
            return Err(self.refuse(format!("input `{}` is {}", self.name, self.kind)));
        };
        if *dtype != tensor.dtype() {
            let given = tensor.dtype();
            let message = format!(
                "input `{}` is {given} where the model expects {dtype}",
                self.name
            );
            return Err(self.refuse(message));
        }
        match dimensions {
            Some(expected) if !fits(expected, tensor.shape()) => Err(self.refuse(format!(
                "input `{}` has shape {} where the model expects {}",
                self.name,
                tensor.shape(),
                list(expected),
            ))),
            _ => Ok(()),
        }
    }

    fn refuse(&self, message: String) -> Error {
        match &self.kind {
            PortKind::Tensor(..) => Error::new(ErrorKind::InvalidArgument, message)
                .advise(format!("pass {}", self.kind)),
            PortKind::Other(_) => Error::new(ErrorKind::Unsupported, message)
                .advise("`run` takes tensors only; export the model with tensor inputs"),
        }
    }
}

impl fmt::Display for PortKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tensor(dtype, Some(dimensions)) => write!(f, "{dtype}{}", list(dimensions)),
            Self::Tensor(dtype, None) => write!(f, "{dtype}[...]"),
            Self::Other(kind) => f.write_str(kind),
        }
    }
}

fn fits(expected: &[Dimension], shape: &[usize]) -> bool {
    let matches = |(expected, given): (&Dimension, &usize)| match expected {
        Dimension::Fixed(length) => length == given,
        Dimension::Named(_) | Dimension::Any => true,
    };
    expected.len() == shape.len() && expected.iter().zip(shape).all(matches)
}

fn list(dimensions: &[Dimension]) -> String {
    let parts: Vec<_> = dimensions.iter().map(ToString::to_string).collect();
    format!("[{}]", parts.join(", "))
}

impl Signature {
    /// Refuses inputs that the model would refuse: missing, extra, repeated, of the wrong
    /// dtype, rank or fixed dimension.
    ///
    /// # Errors
    /// `InvalidArgument` naming the input, what was expected and what came.
    pub fn check(&self, inputs: &[(&str, &Tensor)]) -> Result<()> {
        for port in &self.inputs {
            let mut given = inputs.iter().filter(|(name, _)| *name == port.name);
            let Some((_, tensor)) = given.next() else {
                return Err(self.missing(port, inputs));
            };
            if given.next().is_some() {
                let message = format!("input `{}` was given twice", port.name);
                return Err(Error::new(ErrorKind::InvalidArgument, message).advise("pass it once"));
            }
            port.check(tensor)?;
        }
        match inputs.iter().find(|(name, _)| self.input(name).is_none()) {
            Some((name, _)) => Err(self.extra(name)),
            None => Ok(()),
        }
    }

    /// Refuses outputs that the model does not have.
    ///
    /// # Errors
    /// `InvalidArgument` naming the output and those there are.
    pub fn check_outputs(&self, outputs: &[&str]) -> Result<()> {
        let Some(unknown) = outputs.iter().find(|name| self.output(name).is_none()) else {
            return Ok(());
        };
        let names: Vec<_> = self
            .outputs
            .iter()
            .map(|port| format!("`{}`", port.name))
            .collect();
        let message = format!("the model has no output `{unknown}`");
        Err(Error::new(ErrorKind::InvalidArgument, message)
            .advise(format!("its outputs are {}", names.join(", "))))
    }

    /// The input of this name.
    pub fn input(&self, name: &str) -> Option<&Port> {
        self.inputs.iter().find(|port| port.name == name)
    }

    /// The output of this name.
    pub fn output(&self, name: &str) -> Option<&Port> {
        self.outputs.iter().find(|port| port.name == name)
    }

    fn missing(&self, port: &Port, inputs: &[(&str, &Tensor)]) -> Error {
        let given: Vec<_> = inputs.iter().map(|(name, _)| format!("`{name}`")).collect();
        let given = if given.is_empty() {
            "none".to_owned()
        } else {
            given.join(", ")
        };
        let message = format!("input `{}` is missing", port.name);
        Error::new(ErrorKind::InvalidArgument, message)
            .with("expected", &port.kind)
            .with("given", given)
            .advise(format!("pass `{}`", port.name))
    }

    fn extra(&self, name: &str) -> Error {
        let names: Vec<_> = self
            .inputs
            .iter()
            .map(|port| format!("`{}`", port.name))
            .collect();
        let message = format!("the model has no input `{name}`");
        let remedy = match names.len() {
            0 => "the model takes no inputs".to_owned(),
            _ => format!("its inputs are {}", names.join(", ")),
        };
        Error::new(ErrorKind::InvalidArgument, message).advise(remedy)
    }
}
