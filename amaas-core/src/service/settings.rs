//! How a version is loaded.

use super::threads;
use crate::runtime::DevicePolicy;
use crate::scheduler::PoolLimits;

/// How a version is loaded.
///
/// ```
/// use amaas_core::LoadSettings;
///
/// let settings = LoadSettings { devices: "cuda:0,cpu".parse()?, ..LoadSettings::default() };
/// assert_eq!(settings.instances, 1);
/// # Ok::<(), amaas_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct LoadSettings {
    /// Where it may run; the CPU when nothing is said.
    pub devices: DevicePolicy,
    /// How many requests run at once; at least 1.
    pub instances: usize,
    /// Threads that one run may use; at least 1. All processors when nothing is said.
    pub threads: usize,
    /// Bounds of the queue before the instances.
    pub limits: PoolLimits,
}

impl Default for LoadSettings {
    fn default() -> Self {
        Self {
            devices: DevicePolicy::default(),
            instances: 1,
            threads: threads::budget(),
            limits: PoolLimits::default(),
        }
    }
}
