//! AI model as a service, inside your own process.

pub mod clock;
mod error;
pub mod model;
pub mod registry;
pub mod runtime;
pub mod tensor;

pub use error::{Error, ErrorKind, Result};
pub use tensor::{Buffer, Dtype, Element, Shape, Tensor};
