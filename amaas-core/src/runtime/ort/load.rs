//! From bytes to an instance, keeping the devices contract.
//!
//! A device can refuse when it is asked for (this build does not have it) or when the session is
//! made (there is no such GPU). The second looks like a refusal of the model, so the model is
//! tried without the device to tell the two apart.

use std::ffi::CString;
use std::sync::Arc;

use super::append::append;
use super::external;
use super::inside;
use super::instance::OrtInstance;
use super::leaving::Making;
use super::memory::{self, GiveBack};
use super::operators::{self, Operators};
use super::options::SessionOptions;
use super::policy::{self, Granted};
use super::process::Process;
use super::proven::shares_weights;
use super::session::Session;
use super::shared::SharedWeights;
use super::skeleton;
use super::status::Refusal;
use super::uses::Uses;
use super::weight::Weight;
use crate::model::Graph;
use crate::runtime::{Device, DevicePolicy, LoadOptions, Placement};
use crate::{Error, ErrorKind, Result};

/// Makes an instance of `graph`.
pub(super) fn load(
    process: &Arc<Process>,
    operators: &Operators,
    graph: &Graph,
    options: &LoadOptions,
) -> Result<OrtInstance> {
    if options.threads == 0 {
        let error = Error::new(ErrorKind::InvalidArgument, "`0` threads cannot run a model");
        return Err(error.advise("ask for 1 thread or more"));
    }
    let _making = Making::begin()?;
    let _give_back = GiveBack::after(graph);
    let files = external::weights(graph)?;
    let uses = Uses::of(graph)?;
    let mut tables = inside::tables(graph, &uses)?;
    tables.extend(files.into_iter().filter(|file| uses.is_table(&file.name)));
    // Without files nothing lies outside, so that ONNX Runtime has no file to look for.
    let skeleton = if graph.weights.is_empty() {
        skeleton::write(graph.model.bytes(), &tables)?
    } else {
        None
    };
    let loader = Loader {
        process,
        operators,
        graph,
        tables,
        skeleton,
        packed: uses.packed(),
        threads: options.threads,
    };
    match &options.devices {
        DevicePolicy::Require(_) => loader.required(&options.devices),
        DevicePolicy::Prefer(_) => loader.preferred(&options.devices),
    }
}

/// What stays the same over all tries.
struct Loader<'a> {
    process: &'a Arc<Process>,
    operators: &'a Operators,
    graph: &'a Graph,
    /// The weights that are read where they lie.
    tables: Vec<Weight>,
    /// The model without the tables.
    skeleton: Option<Vec<u8>>,
    /// The names of what kernels may pack.
    packed: Vec<CString>,
    threads: usize,
}

/// Why a try failed.
enum Failure {
    /// The device is not there.
    Device(Device, String),
    /// ONNX Runtime refuses to make the session.
    Session(Refusal),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Session(refusal)
    }
}

impl Loader<'_> {
    fn required(&self, policy: &DevicePolicy) -> Result<OrtInstance> {
        let devices = policy::accelerators(policy);
        let (session, granted) = match self.attempt(&devices) {
            Ok(made) => made,
            Err(Failure::Device(device, cause)) => {
                return Err(policy::unavailable(&device, &cause));
            }
            Err(Failure::Session(refusal)) => {
                let (device, cause) = self.culprit(&devices, refusal)?;
                return Err(policy::unavailable(&device, cause.first_line()));
            }
        };
        let placement = place(&session, &granted)?;
        policy::check_required(policy, &granted, &placement.providers)?;
        OrtInstance::new(session, placement, memory::size(self.graph))
    }

    fn preferred(&self, policy: &DevicePolicy) -> Result<OrtInstance> {
        let mut devices = policy::accelerators(policy);
        let mut skipped = Vec::new();
        let (session, granted) = loop {
            if devices.is_empty() && !policy::names_cpu(policy) {
                return Err(policy::none_available(&skipped));
            }
            let (device, cause) = match self.attempt(&devices) {
                Ok(made) => break made,
                Err(Failure::Device(device, cause)) => (device, cause),
                Err(Failure::Session(refusal)) => {
                    let (device, refusal) = self.culprit(&devices, refusal)?;
                    (device, refusal.first_line().to_owned())
                }
            };
            devices.retain(|kept| *kept != device);
            skipped.push((device.to_string(), cause));
        };
        let mut placement = place(&session, &granted)?;
        skipped.extend(policy::idle(&granted, &placement.providers));
        placement.skipped = skipped;
        warn(&placement);
        OrtInstance::new(session, placement, memory::size(self.graph))
    }

    /// One try with exactly these devices, and the CPU behind them.
    fn attempt(&self, devices: &[Device]) -> Result<(Session, Vec<Granted>), Failure> {
        let options = SessionOptions::new(self.process, self.threads)?;
        self.operators.add_to(&options)?;
        let (shared, bytes) = if devices.is_empty() && shares_weights(self.process) {
            self.share(&options)?
        } else {
            options.weights(&self.graph.weights)?;
            (None, self.graph.model.bytes())
        };
        let mut granted = Vec::new();
        for device in devices {
            let provider =
                append(&options, device).map_err(|cause| Failure::Device(device.clone(), cause))?;
            granted.push(Granted {
                device: device.clone(),
                provider,
            });
        }
        let session = Session::new(self.process, (self.graph, bytes), &options, shared)?;
        Ok((session, granted))
    }

    /// Lets the instances of one graph share its weights, which the CPU can read in place.
    fn share(
        &self,
        options: &SessionOptions<'_>,
    ) -> Result<(Option<Arc<SharedWeights>>, &[u8]), Refusal> {
        let shared = SharedWeights::of(self.process, self.graph, &self.tables)?;
        shared.add_to(options, &self.packed)?;
        let bytes = match &self.skeleton {
            Some(skeleton) => {
                shared.outside(options)?;
                skeleton
            }
            None => {
                options.weights(&self.graph.weights)?;
                self.graph.model.bytes()
            }
        };
        Ok((Some(shared), bytes))
    }

    /// Which device is behind a session that could not be made.
    ///
    /// # Errors
    /// `LoadFailed` when none is: the model is refused without them too.
    fn culprit(&self, devices: &[Device], refusal: Refusal) -> Result<(Device, Refusal)> {
        let Some(first) = devices.first() else {
            return Err(self.refused(refusal));
        };
        if let Err(Failure::Session(refusal)) = self.attempt(&[]) {
            return Err(self.refused(refusal));
        }
        let alone =
            devices
                .iter()
                .find_map(|device| match self.attempt(std::slice::from_ref(device)) {
                    Err(Failure::Session(refusal)) => Some((device.clone(), refusal)),
                    _ => None,
                });
        Ok(alone.unwrap_or((first.clone(), refusal)))
    }

    /// ONNX Runtime refuses the model, on whatever device.
    fn refused(&self, refusal: Refusal) -> Error {
        operators::missing(self.graph, &refusal).unwrap_or_else(|| {
            refusal
                .into_error(ErrorKind::LoadFailed, "ONNX Runtime refuses the model")
                .advise("check the export, and that all files of weights came along")
        })
    }
}

fn place(session: &Session, granted: &[Granted]) -> Result<Placement> {
    let placed = session.assignment();
    let mut providers = placed.map_err(|refusal| {
        refusal.into_error(
            ErrorKind::Internal,
            "ONNX Runtime does not say where the model runs",
        )
    })?;
    policy::sort(&mut providers, granted);
    Ok(Placement {
        providers,
        skipped: Vec::new(),
    })
}

/// One event for all that was left out.
fn warn(placement: &Placement) {
    if placement.is_degraded() {
        crate::observe::degraded(placement);
    }
}
