//! The graph's inputs of sound: rows of samples, and the rate where the graph asks for it.

use crate::model::{
    AudioSettings, Dimension, Manifest, Package, Port, PortKind, Signature, StateSettings,
};
use crate::service::{Axes, StateLayout};
use crate::tensor::{Dtype, Tensor, join_along};
use crate::{Error, ErrorKind, Result};

/// How rows of sound become the inputs of one graph.
#[derive(Debug)]
pub(super) struct Inputs {
    pub(super) settings: AudioSettings,
    /// The samples of a row, where they are always as many.
    pub(super) width: Option<usize>,
    /// The rate, for a graph that asks for it.
    rate: Option<(String, Tensor)>,
    /// Whether a run takes any number of rows.
    pub(super) takes_many: bool,
}

impl Inputs {
    /// Checks the manifest against the graph.
    ///
    /// # Errors
    /// `InvalidPackage` when an input is not there or of another kind, and when nothing fills one.
    pub(super) fn prepare(package: &Package, signature: &Signature) -> Result<Self> {
        let manifest = &package.manifest;
        let settings = manifest.audio.clone().ok_or_else(|| {
            invalid("the package has no settings of sound").advise("add an `[audio]` table")
        })?;
        let dimensions = samples(&settings, signature)?;
        let fixed = match dimensions.get(1) {
            Some(Dimension::Fixed(length)) => Some(*length),
            _ => None,
        };
        let said = settings.window.map(|window| window + settings.context);
        if let (Some(fixed), Some(said)) = (fixed, said)
            && fixed != said
        {
            let message = format!("the graph takes `{fixed}` samples a row, not {said}");
            return Err(invalid(message).advise("set `audio.window` and `audio.context` to fit"));
        }
        let is_one = matches!(dimensions.first(), Some(Dimension::Fixed(1)));
        let axes = Axes::of(manifest, signature)?;
        let state_has_rows = manifest
            .state
            .iter()
            .all(|state| axes.input(&state.input).is_some());
        let inputs = Self {
            rate: rate(&settings, signature)?,
            width: said.or(fixed),
            takes_many: !is_one && state_has_rows && manifest.batching.enabled,
            settings,
        };
        inputs.check_filled(manifest, signature)?;
        Ok(inputs)
    }

    /// Samples of a window: those of a row but the context.
    pub(super) fn window(&self) -> Option<usize> {
        self.width.map(|width| width - self.settings.context)
    }

    /// The inputs of one run over rows of `width` samples, without state.
    pub(super) fn tensors(&self, rows: Vec<f32>, width: usize) -> Result<Vec<(String, Tensor)>> {
        let count = rows.len() / width.max(1);
        let samples = Tensor::from_vec([count, width], rows)?;
        let named = (self.settings.inputs.samples.clone(), samples);
        Ok(std::iter::once(named).chain(self.rate.clone()).collect())
    }

    /// The inputs of a run over so many rows of silence.
    pub(super) fn silence(
        &self,
        rows: usize,
        width: usize,
        state: &StateLayout,
    ) -> Result<Vec<(String, Tensor)>> {
        let rows = if self.takes_many { rows.max(1) } else { 1 };
        let mut inputs = self.tensors(vec![0.0; rows * width], width)?;
        for (place, initial) in state.places().iter().zip(state.initial()) {
            let joined = match place.axis {
                Some(axis) => join_along(&vec![&initial; rows], axis)?,
                None => initial,
            };
            inputs.push((place.input.clone(), joined));
        }
        Ok(inputs)
    }

    fn check_filled(&self, manifest: &Manifest, signature: &Signature) -> Result<()> {
        let names = &self.settings.inputs;
        let is_state = |port: &Port, state: &StateSettings| state.input == port.name;
        let unfilled = |port: &&Port| {
            port.name != names.samples
                && names.sampling_rate.as_ref() != Some(&port.name)
                && !manifest.state.iter().any(|state| is_state(port, state))
        };
        match signature.inputs.iter().find(unfilled) {
            Some(port) => {
                let message = format!("nothing fills the graph's input `{}`", port.name);
                Err(invalid(message).advise(
                    "name it in `[audio.inputs]` or `[[state]]`, or export the graph without it",
                ))
            }
            None => Ok(()),
        }
    }
}

/// The dimensions of the input of samples.
fn samples<'a>(settings: &AudioSettings, signature: &'a Signature) -> Result<&'a [Dimension]> {
    let name = &settings.inputs.samples;
    let port = signature
        .input(name)
        .ok_or_else(|| missing(name, signature))?;
    match &port.kind {
        PortKind::Tensor(Dtype::Float32, Some(dimensions)) if dimensions.len() == 2 => {
            Ok(dimensions)
        }
        PortKind::Tensor(Dtype::Float32, None) => Ok(&[]),
        kind => Err(
            invalid(format!("input `{name}` is {kind}, which takes no samples"))
                .advise("samples go into float32 of [batch, samples]"),
        ),
    }
}

/// The input of the rate, and what goes into it.
fn rate(settings: &AudioSettings, signature: &Signature) -> Result<Option<(String, Tensor)>> {
    let Some(name) = &settings.inputs.sampling_rate else {
        return Ok(None);
    };
    let port = signature
        .input(name)
        .ok_or_else(|| missing(name, signature))?;
    let hertz = settings.sampling_rate;
    let tensor = match &port.kind {
        PortKind::Tensor(Dtype::Int64, Some(none)) if none.is_empty() => {
            Tensor::scalar(i64::from(hertz))
        }
        PortKind::Tensor(Dtype::Int32, Some(none)) if none.is_empty() => {
            Tensor::scalar(i32::try_from(hertz).unwrap_or(i32::MAX))
        }
        kind => {
            return Err(
                invalid(format!("input `{name}` is {kind}, which takes no rate"))
                    .advise("a rate goes into an int64 or int32 scalar"),
            );
        }
    };
    Ok(Some((name.clone(), tensor)))
}

fn missing(name: &str, signature: &Signature) -> Error {
    let known: Vec<_> = signature
        .inputs
        .iter()
        .map(|port| port.name.as_str())
        .collect();
    invalid(format!("the graph has no input `{name}`")).advise(format!(
        "set `[audio.inputs]`; its inputs are: {}",
        known.join(", ")
    ))
}

pub(super) fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidPackage, message)
}
