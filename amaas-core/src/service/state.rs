//! The state of a version: what its graph gives to its own next call, as its manifest says.
//!
//! The trap: the graph must say how large the state is. Of its dimensions only the one that counts
//! rows may be open, and one stream is one row.

use super::axes::Axes;
use crate::model::{Dimension, Manifest, Port, PortKind, Signature, StateSettings, TensorLiteral};
use crate::tensor::{Dtype, Tensor};
use crate::{Error, ErrorKind, Result};

/// What one version keeps between the calls of a stream, in the order of its manifest.
#[derive(Debug, Default)]
pub(crate) struct StateLayout {
    places: Vec<Place>,
}

/// One tensor of the state.
#[derive(Debug)]
pub(crate) struct Place {
    /// The input that it goes into.
    pub(crate) input: String,
    /// The output that it comes out of.
    pub(crate) output: String,
    /// The dimension that counts its rows, if any does.
    #[cfg_attr(
        not(feature = "audio"),
        expect(dead_code, reason = "tasks over sound join state themselves")
    )]
    pub(crate) axis: Option<usize>,
    /// What it is at first.
    initial: Tensor,
}

impl StateLayout {
    /// Checks the manifest against the graph.
    ///
    /// # Errors
    /// `InvalidPackage` when an input or output is not there, when they do not fit together, or when
    /// the graph does not say how large they are.
    pub(crate) fn prepare(manifest: &Manifest, signature: &Signature, axes: &Axes) -> Result<Self> {
        let place = |state| prepare(state, signature, axes);
        let places = manifest.state.iter().map(place).collect::<Result<_>>()?;
        Ok(Self { places })
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The tensors of the state.
    pub(crate) fn places(&self) -> &[Place] {
        &self.places
    }

    /// Whether it goes into this input.
    pub(super) fn takes(&self, input: &str) -> bool {
        self.places.iter().any(|place| place.input == input)
    }

    /// Whether it comes out of this output.
    pub(super) fn gives(&self, output: &str) -> bool {
        self.places.iter().any(|place| place.output == output)
    }

    /// The state before the first call.
    pub(crate) fn initial(&self) -> Vec<Tensor> {
        self.places
            .iter()
            .map(|place| place.initial.clone())
            .collect()
    }

    /// Why a stream with the state of `self` cannot go on with `next`; nothing where it can.
    pub(super) fn differs_from(&self, next: &Self) -> Option<String> {
        let (ours, theirs) = (self.places.len(), next.places.len());
        if ours != theirs {
            return Some(format!(
                "it has {theirs} tensors of state instead of {ours}"
            ));
        }
        let differs = |place: &&Place| !next.places.iter().any(|other| other.is_like(place));
        let place = self.places.iter().find(differs)?;
        let (input, output) = (&place.input, &place.output);
        let (dtype, shape) = (place.initial.dtype(), place.initial.shape());
        Some(format!(
            "it has no state `{input}` of {dtype}{shape} from `{output}`"
        ))
    }

    /// The tensors of `state`, which are those of `before`, in the order of `self`.
    pub(super) fn reorder(&self, before: &Self, state: &[Tensor]) -> Vec<Tensor> {
        let find = |place: &Place| {
            let mut old = before.places.iter().zip(state);
            let found = old.find(|(old, _)| old.input == place.input);
            found.map_or_else(|| place.initial.clone(), |(_, tensor)| tensor.clone())
        };
        self.places.iter().map(find).collect()
    }

    /// Refuses state that the graph gave in another form than it takes.
    pub(crate) fn check(&self, state: &[Tensor]) -> Result<()> {
        let fits = |(place, tensor): &(&Place, &Tensor)| place.fits(tensor);
        let Some((place, found)) = self.places.iter().zip(state).find(|pair| !fits(pair)) else {
            return Ok(());
        };
        let (dtype, shape) = (found.dtype(), found.shape());
        let message = format!("output `{}` gave a state of {dtype}{shape}", place.output);
        let (dtype, shape) = (place.initial.dtype(), place.initial.shape());
        Err(
            Error::new(ErrorKind::InvalidPackage, message).advise(format!(
                "input `{}` takes {dtype}{shape}; export a graph whose state keeps its form",
                place.input
            )),
        )
    }
}

impl Place {
    fn is_like(&self, other: &Self) -> bool {
        self.input == other.input && self.output == other.output && self.fits(&other.initial)
    }

    fn fits(&self, tensor: &Tensor) -> bool {
        self.initial.dtype() == tensor.dtype() && self.initial.shape() == tensor.shape()
    }
}

fn prepare(state: &StateSettings, signature: &Signature, axes: &Axes) -> Result<Place> {
    let input = find(&signature.inputs, &state.input, "input")?;
    let output = find(&signature.outputs, &state.output, "output")?;
    let axis = axes.input(&state.input);
    let (PortKind::Tensor(dtype, Some(dimensions)), PortKind::Tensor(given, _)) =
        (&input.kind, &output.kind)
    else {
        return Err(open(input));
    };
    if dtype != given {
        return Err(unlike(output, *given, input, *dtype));
    }
    let length = |(place, dimension): (usize, &Dimension)| match dimension {
        Dimension::Fixed(length) => Ok(*length),
        _ if Some(place) == axis => Ok(1),
        _ => Err(open(input)),
    };
    let shape = dimensions
        .iter()
        .enumerate()
        .map(length)
        .collect::<Result<Vec<_>>>()?;
    let literal = TensorLiteral {
        dtype: dtype.to_string(),
        values: vec![state.initial; count(&shape, input)?],
        shape,
    };
    Ok(Place {
        input: state.input.clone(),
        output: state.output.clone(),
        axis,
        initial: literal.to_tensor().map_err(|error| unkept(input, error))?,
    })
}

fn find<'a>(ports: &'a [Port], name: &str, what: &str) -> Result<&'a Port> {
    ports.iter().find(|port| port.name == name).ok_or_else(|| {
        let known: Vec<_> = ports
            .iter()
            .map(|port| format!("`{}`", port.name))
            .collect();
        let message = format!("`[[state]]` names the {what} `{name}`, which the graph has not");
        Error::new(ErrorKind::InvalidPackage, message)
            .advise(format!("its {what}s are {}", known.join(", ")))
    })
}

/// The elements of a state, which must be few enough to be kept for each stream.
fn count(shape: &[usize], input: &Port) -> Result<usize> {
    const MOST: usize = 1 << 22;
    let count = shape
        .iter()
        .try_fold(1_usize, |count, length| count.checked_mul(*length));
    count.filter(|count| *count <= MOST).ok_or_else(|| {
        let message = format!(
            "the state `{}` is {}, which is too large",
            input.name, input.kind
        );
        Error::new(ErrorKind::InvalidPackage, message)
            .advise(format!("a stream keeps at most {MOST} elements of each"))
    })
}

fn unlike(output: &Port, given: Dtype, input: &Port, taken: Dtype) -> Error {
    let message = format!("output `{}` is {given} where state is kept", output.name);
    let remedy = format!("input `{}` takes {taken}; name what fits it", input.name);
    Error::new(ErrorKind::InvalidPackage, message).advise(remedy)
}

fn open(input: &Port) -> Error {
    let message = format!("the state `{}` is {}, of open size", input.name, input.kind);
    Error::new(ErrorKind::InvalidPackage, message).advise(
        "export it with fixed dimensions; of one that counts rows say so in `[batching.axes]`",
    )
}

fn unkept(input: &Port, cause: Error) -> Error {
    let message = format!("the state `{}` cannot be begun", input.name);
    Error::new(ErrorKind::InvalidPackage, message)
        .because(cause)
        .advise("keep state in float32, float64 or integers of 8 to 64 bits")
}
