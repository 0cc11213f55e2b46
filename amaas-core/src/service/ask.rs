//! A request in tensors: run on the version whose turn it is, with its receipt.

use super::loaded::bytes;
use super::veil::Veil;
use super::{Call, LoadedModel, Outputs};
use crate::Result;
use crate::tensor::Tensor;
use crate::usage::Usage;

pub(super) type Owned = (Vec<(String, Tensor)>, Vec<String>);

/// A request to keep; the tensors are shared, not copied.
pub(super) fn own(inputs: &[(&str, &Tensor)], outputs: &[&str]) -> Owned {
    let own = |(name, tensor): &(&str, &Tensor)| ((*name).to_owned(), (*tensor).clone());
    let inputs = inputs.iter().map(own).collect();
    (inputs, outputs.iter().map(ToString::to_string).collect())
}

pub(super) fn borrow(inputs: &[(String, Tensor)]) -> Vec<(&str, &Tensor)> {
    inputs
        .iter()
        .map(|(name, tensor)| (name.as_str(), tensor))
        .collect()
}

pub(super) fn strs(names: &[String]) -> Vec<&str> {
    names.iter().map(String::as_str).collect()
}

pub(super) fn run(
    model: &LoadedModel,
    inputs: &[(&str, &Tensor)],
    outputs: &[&str],
    call: &Call,
) -> Result<Outputs> {
    let mut answer = Outputs::awaited(model, outputs);
    let (tensors, usage) = answer.parts_mut();
    count(usage, inputs.iter().map(|(_, tensor)| *tensor));
    *tensors = veiled(model, inputs, outputs, call, usage)?;
    Ok(answer)
}

/// Runs tensors, whose texts the model sees redacted.
pub(super) fn veiled(
    model: &LoadedModel,
    inputs: &[(&str, &Tensor)],
    outputs: &[&str],
    call: &Call,
    usage: &mut Usage,
) -> Result<Vec<Tensor>> {
    match Veil::over(model.redactor(), inputs)? {
        Some(veil) => veil.lift(model.run(&veil.inputs(inputs), outputs, call, usage)?),
        None => model.run(inputs, outputs, call, usage),
    }
}

/// Enters a request over as many rows as its first input has into its receipt.
pub(super) fn count<'a>(usage: &mut Usage, mut inputs: impl Iterator<Item = &'a Tensor>) {
    let first = inputs.next();
    usage.rows = first.and_then(|tensor| tensor.shape().rows()).unwrap_or(1) as u64;
    usage.bytes_in = first.into_iter().chain(inputs).map(bytes).sum();
}

/// As [`run`], without a thread that waits.
pub(super) async fn run_later(
    model: &LoadedModel,
    (inputs, outputs): &Owned,
    call: &Call,
) -> Result<Outputs> {
    let mut answer = Outputs::awaited(model, outputs);
    let (tensors, usage) = answer.parts_mut();
    count(usage, inputs.iter().map(|(_, tensor)| tensor));
    *tensors = veiled_later(model, &borrow(inputs), outputs, call, usage).await?;
    Ok(answer)
}

/// As [`veiled`], without a thread that waits.
pub(super) async fn veiled_later(
    model: &LoadedModel,
    inputs: &[(&str, &Tensor)],
    outputs: &[String],
    call: &Call,
    usage: &mut Usage,
) -> Result<Vec<Tensor>> {
    match Veil::over(model.redactor(), inputs)? {
        Some(veil) => {
            let shown = veil.inputs(inputs);
            veil.lift(model.run_later(&shown, outputs, call, usage).await?)
        }
        None => model.run_later(inputs, outputs, call, usage).await,
    }
}
