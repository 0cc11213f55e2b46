//! What a graph gives to its own next call.
//!
//! ```
//! use amaas_core::model::Manifest;
//!
//! let manifest = Manifest::parse(r#"
//!     schema = 1
//!     [package]
//!     name = "counter"
//!     version = "1.0.0"
//!     license = "MIT"
//!
//!     [[state]]
//!     input = "state"
//!     output = "next_state"
//! "#)?;
//! assert_eq!(manifest.state[0].initial, 0.0);
//! # Ok::<(), amaas_core::Error>(())
//! ```

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::invalid;
use crate::Result;

/// An output that is an input of the next call of the same stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StateSettings {
    /// The input that it goes into. Its dimensions are fixed but for the one that counts rows,
    /// which is 1.
    pub input: String,
    /// The output that it comes out of, of the input's dtype.
    pub output: String,
    /// What every element of it is at first.
    #[serde(default)]
    pub initial: f64,
}

pub(super) fn validate(all: &[StateSettings]) -> Result<()> {
    let inputs: BTreeSet<_> = all.iter().map(|state| &state.input).collect();
    let outputs: BTreeSet<_> = all.iter().map(|state| &state.output).collect();
    if inputs.len() != all.len() || outputs.len() != all.len() {
        return Err(
            invalid("two tables `[[state]]` have the same input or output")
                .advise("name each input and each output of the state once"),
        );
    }
    match all.iter().find(|state| !state.initial.is_finite()) {
        Some(state) => Err(invalid(format!(
            "the state of `{}` begins with `{}`",
            state.input, state.initial
        ))
        .advise("use a finite number")),
        None => Ok(()),
    }
}
