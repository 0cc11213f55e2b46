//! A loaded model and the way of one run through it.
//!
//! This is the hot path: no name is converted, no element copied, and nothing is asked that was
//! known at load.

use std::ffi::{CString, c_char};
use std::ptr;
use std::sync::Arc;

use super::describe;
use super::output;
use super::policy::CPU;
use super::session::Session;
use super::status::Refusal;
use super::stopper::Stopper;
use super::value::{Few, Values};
use crate::model::{Port, PortKind, Signature};
use crate::runtime::{Bound, Instance, Placement, Stop, Weights};
use crate::{Error, ErrorKind, Phase, Result, Tensor};

/// An instance of ONNX Runtime's.
#[derive(Debug)]
pub(super) struct OrtInstance {
    session: Arc<Session>,
    signature: Arc<Signature>,
    placement: Arc<Placement>,
    weights: Weights,
    /// Whether no node runs where an output could lie in the memory of a device.
    on_host: bool,
    /// The names as C takes them, in the order of the signature.
    inputs: Vec<CString>,
    outputs: Vec<CString>,
    /// Made at the first run that can be stopped.
    stopper: Option<Arc<Stopper>>,
}

impl OrtInstance {
    /// An instance of the graph whose files have so many `bytes`.
    pub(super) fn new(session: Session, placement: Placement, bytes: u64) -> Result<Self> {
        let signature = describe::signature(&session).map_err(|refusal| {
            refusal.into_error(
                ErrorKind::LoadFailed,
                "ONNX Runtime does not describe the model",
            )
        })?;
        Ok(Self {
            inputs: names(&signature.inputs)?,
            outputs: names(&signature.outputs)?,
            weights: session.weights(bytes),
            session: Arc::new(session),
            signature: Arc::new(signature),
            on_host: placement
                .providers
                .iter()
                .all(|placed| placed.provider == CPU),
            placement: Arc::new(placement),
            stopper: None,
        })
    }

    /// Where each wanted output stands in the signature.
    fn wanted(&self, outputs: &[&str]) -> Result<Few<usize>> {
        let ports = &self.signature.outputs;
        let wanted: Few<usize> = if outputs.is_empty() {
            (0..ports.len()).collect()
        } else {
            let find = |(hint, name): (usize, &&str)| {
                position(ports, hint, name).ok_or_else(|| unknown("output", name, ports))
            };
            outputs
                .iter()
                .enumerate()
                .map(find)
                .collect::<Result<_>>()?
        };
        match wanted
            .iter()
            .map(|index| &ports[*index])
            .find(|port| matches!(port.kind, PortKind::Other(_)))
        {
            Some(port) => Err(not_a_tensor(port, ports)),
            None => Ok(wanted),
        }
    }

    /// The name of an input as C takes it.
    fn input(&self, hint: usize, name: &str) -> Result<*const c_char> {
        let ports = &self.signature.inputs;
        let index = position(ports, hint, name).ok_or_else(|| unknown("input", name, ports))?;
        Ok(self.inputs[index].as_ptr())
    }

    /// The name of an output as C takes it.
    fn output(&self, hint: usize, name: &str) -> Result<*const c_char> {
        let ports = &self.signature.outputs;
        let index = position(ports, hint, name).ok_or_else(|| unknown("output", name, ports))?;
        Ok(self.outputs[index].as_ptr())
    }

    /// The switch for a run that can be stopped.
    fn stopper(&mut self) -> Result<&Arc<Stopper>> {
        let stopper = match self.stopper.take() {
            Some(stopper) => stopper,
            None => Arc::new(Stopper::new(&self.session.process).map_err(failed)?),
        };
        Ok(self.stopper.insert(stopper))
    }

    fn call(
        &mut self,
        inputs: &Feed<'_>,
        outputs: &mut Fetch<'_>,
        stop: Option<&Stop>,
    ) -> Result<()> {
        let Some(stop) = stop else {
            return self.invoke(ptr::null(), inputs, outputs).map_err(failed);
        };
        let stopper = Arc::clone(self.stopper()?);
        let switch = Arc::clone(&stopper);
        let Some(guard) = stop.on_raise(move || switch.stop()) else {
            return Err(stop.error(Phase::Run));
        };
        let done = self.invoke(stopper.get(), inputs, outputs);
        // A flag that is down after this throws the switch no more, so that the next run may use
        // it; one that is up may still be at it, so the switch is given up.
        drop(guard);
        let raised = stop.is_raised();
        if raised {
            self.stopper = None;
        }
        done.map_err(|refusal| {
            if raised {
                stop.error(Phase::Run)
            } else {
                failed(refusal)
            }
        })
    }

    fn invoke(
        &self,
        options: *const ort::sys::OrtRunOptions,
        inputs: &Feed<'_>,
        outputs: &mut Fetch<'_>,
    ) -> Result<(), Refusal> {
        let process = &self.session.process;
        // SAFETY: the session and the options are live; each list of names is as long as its list
        // of values; `&mut self` of `run` keeps other runs out; the inputs' memory outlives the
        // call, since the tensors are borrowed for longer.
        let status = unsafe {
            (process.api.Run)(
                self.session.get(),
                options,
                inputs.names.as_ptr(),
                inputs.values.read(),
                inputs.values.len(),
                outputs.names.as_ptr(),
                outputs.names.len(),
                outputs.values.write(),
            )
        };
        // SAFETY: the call above returned it.
        unsafe { process.check(status) }
    }
}

/// What goes into a run.
struct Feed<'a> {
    names: Few<*const c_char>,
    values: Values<'a>,
}

/// What comes out of a run.
struct Fetch<'a> {
    names: Few<*const c_char>,
    values: Values<'a>,
}

impl Instance for OrtInstance {
    fn signature(&self) -> &Arc<Signature> {
        &self.signature
    }

    fn placement(&self) -> &Arc<Placement> {
        &self.placement
    }

    fn weights(&self) -> Weights {
        self.weights
    }

    fn metadata(&self) -> Result<Vec<(String, String)>> {
        describe::metadata(&self.session).map_err(|refusal| {
            refusal.into_error(
                ErrorKind::Internal,
                "ONNX Runtime does not show the metadata",
            )
        })
    }

    fn run(
        &mut self,
        inputs: &[(&str, &Tensor)],
        outputs: &[&str],
        stop: Option<&Stop>,
    ) -> Result<Vec<Tensor>> {
        self.run_bound(inputs, &mut [], outputs, stop)
    }

    fn run_bound(
        &mut self,
        inputs: &[(&str, &Tensor)],
        bound: &mut [Bound<'_>],
        outputs: &[&str],
        stop: Option<&Stop>,
    ) -> Result<Vec<Tensor>> {
        let wanted = self.wanted(outputs)?;
        let session = Arc::clone(&self.session);
        let process = &*session.process;
        let count = inputs.len() + bound.len();
        let mut feed = Feed {
            names: Few::with_capacity(count),
            values: Values::inputs(process, count),
        };
        let mut fetch = Fetch {
            names: wanted
                .iter()
                .map(|index| self.outputs[*index].as_ptr())
                .collect(),
            values: Values::outputs(process, wanted.len()),
        };
        for (hint, (name, tensor)) in inputs.iter().enumerate() {
            feed.names.push(self.input(hint, name)?);
            feed.values.push(name, tensor)?;
        }
        for (place, bound) in bound.iter_mut().enumerate() {
            feed.names
                .push(self.input(inputs.len() + place, bound.input)?);
            feed.values.lend_mut(bound)?;
            fetch
                .names
                .push(self.output(outputs.len() + place, bound.output)?);
            fetch.values.lend_mut(bound)?;
        }
        self.call(&feed, &mut fetch, stop)?;
        let taken = wanted.iter().enumerate().map(|(place, index)| {
            let name = &self.signature.outputs[*index].name;
            let value = fetch.values.take(place);
            let lent = (&feed.values, inputs);
            output::tensor((&session, self.on_host), name, value, lent)
        });
        taken.collect()
    }
}

fn names(ports: &[Port]) -> Result<Vec<CString>> {
    let name = |port: &Port| {
        CString::new(port.name.as_str()).map_err(|error| {
            Error::new(
                ErrorKind::LoadFailed,
                format!("the name `{}` holds a zero", port.name),
            )
            .because(error)
        })
    };
    ports.iter().map(name).collect()
}

/// Where `name` stands, most likely at `hint`, since callers mostly keep the model's order.
fn position(ports: &[Port], hint: usize, name: &str) -> Option<usize> {
    match ports.get(hint) {
        Some(port) if port.name == name => Some(hint),
        _ => ports.iter().position(|port| port.name == name),
    }
}

fn unknown(what: &str, name: &str, ports: &[Port]) -> Error {
    let known: Vec<_> = ports
        .iter()
        .map(|port| format!("`{}`", port.name))
        .collect();
    Error::new(
        ErrorKind::InvalidArgument,
        format!("the model has no {what} `{name}`"),
    )
    .advise(format!("its {what}s are {}", known.join(", ")))
}

fn not_a_tensor(port: &Port, ports: &[Port]) -> Error {
    let tensors = ports
        .iter()
        .filter(|port| matches!(port.kind, PortKind::Tensor(..)));
    let tensors: Vec<_> = tensors.map(|port| format!("`{}`", port.name)).collect();
    let remedy = if tensors.is_empty() {
        "export the model with tensor outputs".to_owned()
    } else {
        format!("ask for its tensor outputs only: {}", tensors.join(", "))
    };
    let message = format!("output `{}` is {} and not a tensor", port.name, port.kind);
    Error::new(ErrorKind::Unsupported, message).advise(remedy)
}

fn failed(refusal: Refusal) -> Error {
    refusal
        .into_error(
            ErrorKind::InferenceFailed,
            "ONNX Runtime failed to run the model",
        )
        .advise("check the shapes and values of the inputs")
}
