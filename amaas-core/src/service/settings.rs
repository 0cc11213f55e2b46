//! How a version is loaded.

use std::sync::Arc;
use std::time::Duration;

use super::WarmUp;
use crate::privacy::Redactor;
use crate::runtime::{Device, DevicePolicy};
use crate::scheduler::PoolLimits;

/// How a version is loaded.
///
/// ```
/// use amaas_core::LoadSettings;
///
/// let settings = LoadSettings { devices: "cuda:0,cpu".parse()?, ..LoadSettings::default() };
/// assert_eq!(settings.instances, None);
/// # Ok::<(), amaas_core::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LoadSettings {
    /// Where it may run; the CPU when nothing is said.
    pub devices: DevicePolicy,
    /// How many requests run at once; see [`Plan`] for what holds when nothing is said.
    pub instances: Option<usize>,
    /// Whether the instances for a crowd are made before the version serves, rather than when the
    /// first crowd comes; see [`Plan`].
    pub eager: bool,
    /// Threads that one run may use; see [`Plan`] for what holds when nothing is said.
    pub threads: Option<usize>,
    /// Bounds of the queue before the instances, and of what runs together.
    pub limits: PoolLimits,
    /// How long a call may take that does not say so itself; for ever when absent.
    pub deadline: Option<Duration>,
    /// How it is made ready before it serves.
    pub warm_up: WarmUp,
    /// After how long without a request the instances are let go, until the next request; never
    /// when absent. Versions that were loaded from a path, and those of pinned routes, stay.
    pub idle_unload: Option<Duration>,
    /// What is taken out of texts before the model's tokenizer sees them; nothing when absent.
    /// Golden examples are checked as they are.
    pub redactor: Option<Arc<Redactor>>,
}

/// The instances that settings ask for, as threads of each.
///
/// On the CPU, with nothing said, there is one instance with all processors, for a request that is
/// alone, and one with a single thread for each processor, for a crowd. They share their weights.
/// Those for a crowd are made in the background when a request first finds another under way; before
/// the version serves where [`LoadSettings::eager`] asks for it, or where it takes over from a
/// version that has them.
/// With a number of instances, the processors are divided among them; with a number of threads
/// alone, there is one instance. With an accelerator and nothing said there is one instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Threads of the instance for a request that is alone.
    pub wide: Option<usize>,
    /// Threads of each instance for a crowd.
    pub narrow: Vec<usize>,
}

impl LoadSettings {
    /// The instances these settings ask for on `processors`.
    ///
    /// ```
    /// use amaas_core::service::Plan;
    /// use amaas_core::LoadSettings;
    ///
    /// let plan = LoadSettings::default().plan(2);
    /// assert_eq!(plan, Plan { wide: Some(2), narrow: vec![1, 1] });
    /// let plan = LoadSettings { instances: Some(3), ..LoadSettings::default() }.plan(8);
    /// assert_eq!(plan, Plan { wide: None, narrow: vec![2, 2, 2] });
    /// ```
    pub fn plan(&self, processors: usize) -> Plan {
        let on_cpu = self
            .devices
            .devices()
            .iter()
            .all(|device| *device == Device::CPU);
        match (self.instances, self.threads) {
            (None, None) if on_cpu && processors > 1 => Plan {
                wide: Some(processors),
                narrow: vec![1; processors],
            },
            (instances, threads) => {
                let instances = instances.unwrap_or(1).max(1);
                let share = (processors / instances).max(1);
                Plan {
                    wide: None,
                    narrow: vec![threads.unwrap_or(share).max(1); instances],
                }
            }
        }
    }
}
