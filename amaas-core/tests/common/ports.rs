//! What a version says it takes and gives: something else for each, so that none passes for another's.

use amaas_core::Dtype;
use amaas_core::model::{Dimension, Port, Signature};

pub(crate) fn signature_of(version: &str) -> Signature {
    let port = |name: &str| Port::tensor(name, Dtype::Int64, [Dimension::named("batch")]);
    Signature {
        inputs: vec![port(&format!("ids of {version}"))],
        outputs: vec![port("scores")],
    }
}
