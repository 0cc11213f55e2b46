//! Devices and the contract about them: what is required, what is preferred.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::{Error, ErrorKind, Result};

/// A kind of execution provider.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Provider {
    /// ONNX Runtime's own kernels for the CPU.
    Cpu,
    /// NVIDIA GPUs.
    Cuda,
    /// NVIDIA GPUs through TensorRT.
    TensorRt,
    /// Apple's Core ML.
    CoreMl,
    /// DirectX 12 devices on Windows.
    DirectMl,
    /// Intel's OpenVINO.
    OpenVino,
    /// AMD GPUs.
    Rocm,
    /// A plug-in execution provider: the path of its library.
    Plugin(PathBuf),
}

/// The named providers: amaas's word, ONNX Runtime's word.
const NAMES: [(Provider, &str, &str); 7] = [
    (Provider::Cpu, "cpu", "CPUExecutionProvider"),
    (Provider::Cuda, "cuda", "CUDAExecutionProvider"),
    (Provider::TensorRt, "tensorrt", "TensorrtExecutionProvider"),
    (Provider::CoreMl, "coreml", "CoreMLExecutionProvider"),
    (Provider::DirectMl, "directml", "DmlExecutionProvider"),
    (Provider::OpenVino, "openvino", "OpenVINOExecutionProvider"),
    (Provider::Rocm, "rocm", "ROCMExecutionProvider"),
];

impl Provider {
    /// ONNX Runtime's name for it; `None` for a plug-in, which names itself when it is loaded.
    pub fn runtime_name(&self) -> Option<&'static str> {
        NAMES
            .iter()
            .find(|(provider, ..)| provider == self)
            .map(|(_, _, name)| *name)
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match NAMES.iter().find(|(provider, ..)| provider == self) {
            Some((_, name, _)) => f.write_str(name),
            None => match self {
                Self::Plugin(path) => write!(f, "plugin:{}", path.display()),
                _ => Err(fmt::Error),
            },
        }
    }
}

/// One device of one provider, written `cpu`, `cuda:0`, `tensorrt:1` or `plugin:/path/to/lib.so`.
///
/// ```
/// use amaas_core::runtime::{Device, Provider};
///
/// let device: Device = "cuda:1".parse()?;
/// assert_eq!(device, Device { provider: Provider::Cuda, index: 1 });
/// assert_eq!(device.to_string(), "cuda:1");
/// assert!("gpu".parse::<Device>().is_err());
/// # Ok::<(), amaas_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Device {
    /// Which provider.
    pub provider: Provider,
    /// Which of its devices, from 0.
    pub index: u32,
}

impl Device {
    /// The CPU.
    pub const CPU: Self = Self {
        provider: Provider::Cpu,
        index: 0,
    };
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.provider {
            Provider::Cpu | Provider::CoreMl | Provider::Plugin(_) => self.provider.fmt(f),
            provider => write!(f, "{provider}:{}", self.index),
        }
    }
}

impl FromStr for Device {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if let Some(path) = text.strip_prefix("plugin:") {
            return Ok(Self {
                provider: Provider::Plugin(path.into()),
                index: 0,
            });
        }
        let (name, index) = text.split_once(':').unwrap_or((text, "0"));
        let provider = NAMES
            .iter()
            .find(|(_, known, _)| *known == name)
            .map(|(known, ..)| known);
        match (provider, index.parse()) {
            (Some(provider), Ok(index)) => Ok(Self {
                provider: provider.clone(),
                index,
            }),
            _ => {
                let known: Vec<_> = NAMES.iter().map(|(_, name, _)| *name).collect();
                let message = format!("`{text}` is not a device");
                Err(Error::new(ErrorKind::InvalidArgument, message).advise(format!(
                    "use one of {}, each with an index as in `cuda:0`, or `plugin:` and the path of a library",
                    known.join(", ")
                )))
            }
        }
    }
}

/// A device that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceInfo {
    /// ONNX Runtime's name of the provider.
    pub provider: String,
    /// `cpu`, `gpu` or `npu`.
    pub kind: String,
    /// Who made it, as the provider says.
    pub vendor: String,
}

/// Where a graph may run. Never a silent fall-back: see each variant.
///
/// In text, `+` joins devices that are required together and `,` lists a preference:
///
/// ```
/// use amaas_core::runtime::{Device, DevicePolicy};
///
/// let required: DevicePolicy = "cuda:0".parse()?;
/// assert_eq!(required, DevicePolicy::Require(vec!["cuda:0".parse()?]));
/// let shared: DevicePolicy = "cuda:0+cpu".parse()?;
/// assert_eq!(shared, DevicePolicy::Require(vec!["cuda:0".parse()?, Device::CPU]));
/// let preferred: DevicePolicy = "cuda:0,cpu".parse()?;
/// assert_eq!(preferred, DevicePolicy::Prefer(vec!["cuda:0".parse()?, Device::CPU]));
/// assert_eq!(preferred.to_string(), "cuda:0,cpu");
/// # Ok::<(), amaas_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DevicePolicy {
    /// The first device must be there and take part, and every node must land on one of the
    /// devices named. Anything else is `DeviceUnavailable`.
    Require(Vec<Device>),
    /// The devices that are there are used, in this order; what is not there is left out, said
    /// in the placement and in one warning event. None there is `DeviceUnavailable`.
    Prefer(Vec<Device>),
}

impl DevicePolicy {
    /// The devices named, in order.
    pub fn devices(&self) -> &[Device] {
        match self {
            Self::Require(devices) | Self::Prefer(devices) => devices,
        }
    }
}

impl Default for DevicePolicy {
    /// The CPU, and nothing else.
    fn default() -> Self {
        Self::Require(vec![Device::CPU])
    }
}

impl fmt::Display for DevicePolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let separator = match self {
            Self::Require(_) => "+",
            Self::Prefer(_) => ",",
        };
        let names: Vec<_> = self.devices().iter().map(ToString::to_string).collect();
        f.write_str(&names.join(separator))
    }
}

impl FromStr for DevicePolicy {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let parse = |separator: char| -> Result<Vec<Device>> {
            text.split(separator)
                .map(|part| part.trim().parse())
                .collect()
        };
        if text.contains(',') {
            parse(',').map(Self::Prefer)
        } else {
            parse('+').map(Self::Require)
        }
    }
}
