//! What a model is, before anything runs it: its bytes, its signature, its package.

mod graph;
mod signature;

pub use self::graph::Graph;
pub use self::signature::{Dimension, Port, PortKind, Signature};
