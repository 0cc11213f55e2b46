//! The devices contract, as pure functions of what was asked for and what came of it.

use crate::runtime::{Device, DevicePolicy, PlacedNodes, Provider};
use crate::{Error, ErrorKind, Result};

/// ONNX Runtime's name of its own kernels, which every session has last.
pub(super) const CPU: &str = "CPUExecutionProvider";

/// A device that a session was given, and ONNX Runtime's name of its provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Granted {
    pub(super) device: Device,
    pub(super) provider: String,
}

/// The devices that a session has to ask for: those before the CPU. Behind it there is nothing
/// to get, since the CPU takes every node.
pub(super) fn accelerators(policy: &DevicePolicy) -> Vec<Device> {
    let before_cpu = policy
        .devices()
        .iter()
        .take_while(|device| device.provider != Provider::Cpu);
    let mut devices = Vec::new();
    for device in before_cpu {
        if !devices.contains(device) {
            devices.push(device.clone());
        }
    }
    devices
}

/// Whether the CPU is among the devices named.
pub(super) fn names_cpu(policy: &DevicePolicy) -> bool {
    policy
        .devices()
        .iter()
        .any(|device| device.provider == Provider::Cpu)
}

/// Sorts what was placed by the order of the policy, what nobody named last.
pub(super) fn sort(placed: &mut [PlacedNodes], granted: &[Granted]) {
    let rank = |placed: &PlacedNodes| {
        let named = granted
            .iter()
            .position(|granted| granted.provider == placed.provider);
        named.unwrap_or(granted.len())
    };
    placed.sort_by_key(rank);
}

/// Whether the placement keeps [`DevicePolicy::Require`].
///
/// # Errors
/// `DeviceUnavailable` when the first device got nothing, or when nodes landed on a provider that
/// was not named; it names their operators.
pub(super) fn check_required(
    policy: &DevicePolicy,
    granted: &[Granted],
    placed: &[PlacedNodes],
) -> Result<()> {
    let Some(first) = granted.first() else {
        return Ok(());
    };
    let named = |placed: &&PlacedNodes| {
        let granted = granted
            .iter()
            .any(|granted| granted.provider == placed.provider);
        granted || (placed.provider == CPU && names_cpu(policy))
    };
    let (inside, outside): (Vec<_>, Vec<_>) = placed.iter().partition(named);
    if !placed.is_empty()
        && !inside
            .iter()
            .any(|placed| placed.provider == first.provider)
    {
        return Err(takes_nothing(&first.device, placed));
    }
    match outside.first() {
        Some(_) => Err(takes_part(&first.device, &outside)),
        None => Ok(()),
    }
}

fn takes_nothing(device: &Device, placed: &[PlacedNodes]) -> Error {
    let message = format!("`{device}` takes no node of the model");
    Error::new(ErrorKind::DeviceUnavailable, message)
        .with("operators", operators(placed.iter()))
        .advise(format!(
            "use another device, or the policy `{device},cpu` to accept the CPU"
        ))
}

fn takes_part(device: &Device, outside: &[&PlacedNodes]) -> Error {
    let providers: Vec<_> = outside
        .iter()
        .map(|placed| placed.provider.as_str())
        .collect();
    let message = format!("`{device}` takes only a part of the model");
    Error::new(ErrorKind::DeviceUnavailable, message)
        .with("left on", providers.join(", "))
        .with("operators", operators(outside.iter().copied()))
        .advise(format!(
            "use the policy `{device}+cpu` to share the model with the CPU"
        ))
}

/// The operator types, each once, in order of first mention.
fn operators<'a>(placed: impl Iterator<Item = &'a PlacedNodes>) -> String {
    let mut operators: Vec<String> = Vec::new();
    for node in placed
        .flat_map(|placed| &placed.nodes)
        .map(|node| format!("`{node}`"))
    {
        if !operators.contains(&node) {
            operators.push(node);
        }
    }
    operators.join(", ")
}

/// The preferred devices that got nothing although something ranks behind them, each with the
/// cause. A device whose betters took everything is not missed.
pub(super) fn idle(granted: &[Granted], placed: &[PlacedNodes]) -> Vec<(String, String)> {
    let lowest = placed.iter().map(|placed| {
        let named = granted
            .iter()
            .position(|granted| granted.provider == placed.provider);
        named.unwrap_or(granted.len())
    });
    let lowest = lowest.max().unwrap_or(0);
    let missed = granted.iter().take(lowest);
    missed
        .filter(|granted| {
            placed
                .iter()
                .all(|placed| placed.provider != granted.provider)
        })
        .map(|granted| {
            (
                granted.device.to_string(),
                "it takes no node of the model".to_owned(),
            )
        })
        .collect()
}

/// A device that was required and is not there.
pub(super) fn unavailable(device: &Device, cause: &str) -> Error {
    Error::new(
        ErrorKind::DeviceUnavailable,
        format!("device `{device}` cannot be used: {cause}"),
    )
    .advise(format!(
        "{}, or use the policy `{device},cpu` to accept the CPU",
        remedy(&device.provider)
    ))
}

/// None of the preferred devices is there.
pub(super) fn none_available(skipped: &[(String, String)]) -> Error {
    let causes: Vec<_> = skipped
        .iter()
        .map(|(device, cause)| format!("`{device}`: {cause}"))
        .collect();
    let message = format!(
        "none of the preferred devices can be used: {}",
        causes.join(", ")
    );
    Error::new(ErrorKind::DeviceUnavailable, message)
        .advise("add `cpu` at the end to accept the CPU")
}

/// What makes a provider usable.
fn remedy(provider: &Provider) -> &'static str {
    match provider {
        Provider::Cuda => "install `onnxruntime-gpu` and a CUDA driver",
        Provider::TensorRt => "install `onnxruntime-gpu`, TensorRT and a CUDA driver",
        Provider::CoreMl => "use ONNX Runtime for macOS, which has Core ML built in",
        Provider::DirectMl => "install `onnxruntime-directml` on Windows",
        Provider::OpenVino => "install `onnxruntime-openvino`",
        Provider::Rocm => "install `onnxruntime-rocm` and the ROCm driver",
        Provider::Plugin(_) => {
            "check the path of the plug-in and that it is built for this ONNX Runtime"
        }
        Provider::Cpu => "install ONNX Runtime anew",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(provider: &str, nodes: &[&str]) -> PlacedNodes {
        PlacedNodes {
            provider: provider.into(),
            nodes: nodes.iter().map(ToString::to_string).collect(),
        }
    }

    fn granted(devices: &[&str]) -> Vec<Granted> {
        let grant = |text: &&str| {
            let device: Device = text.parse().unwrap();
            let provider = device.provider.runtime_name().unwrap().to_owned();
            Granted { device, provider }
        };
        devices.iter().map(grant).collect()
    }

    #[test]
    fn nothing_is_asked_for_behind_the_cpu() {
        let ask = |policy: &str| accelerators(&policy.parse().unwrap()).len();
        assert_eq!(ask("cuda:0,cpu"), 1);
        assert_eq!(ask("cuda:0+cuda:0"), 1);
        assert_eq!(ask("cpu,cuda:0"), 0);
        assert_eq!(ask("cpu"), 0);
    }

    #[test]
    fn a_requirement_is_kept_when_every_node_lies_on_a_named_device() {
        let policy = "cuda:0".parse().unwrap();
        let all = [placed("CUDAExecutionProvider", &["MatMul"])];
        assert!(check_required(&policy, &granted(&["cuda:0"]), &all).is_ok());
        assert!(check_required(&policy, &granted(&["cuda:0"]), &[]).is_ok());
    }

    #[test]
    fn a_part_on_the_cpu_breaks_a_requirement_unless_the_cpu_is_named() {
        let part = [
            placed("CUDAExecutionProvider", &["MatMul"]),
            placed(CPU, &["Det", "Det", "Loop"]),
        ];
        let error =
            check_required(&"cuda:0".parse().unwrap(), &granted(&["cuda:0"]), &part).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`cuda:0` takes only a part of the model (left on: CPUExecutionProvider, operators: `Det`, `Loop`); use the policy `cuda:0+cpu` to share the model with the CPU"
        );
        assert!(
            check_required(&"cuda:0+cpu".parse().unwrap(), &granted(&["cuda:0"]), &part).is_ok()
        );
    }

    #[test]
    fn a_first_device_without_a_node_breaks_a_requirement_even_with_the_cpu() {
        let none = [placed(CPU, &["Det"])];
        for policy in ["cuda:0", "cuda:0+cpu"] {
            let error =
                check_required(&policy.parse().unwrap(), &granted(&["cuda:0"]), &none).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::DeviceUnavailable);
            assert!(error.to_string().contains("takes no node"), "{error}");
        }
    }

    #[test]
    fn a_device_is_missed_only_if_something_ranks_behind_it() {
        let granted = granted(&["tensorrt:0", "cuda:0"]);
        let first = [placed("TensorrtExecutionProvider", &["MatMul"])];
        assert!(idle(&granted, &first).is_empty());
        let last = [placed(CPU, &["MatMul"])];
        assert_eq!(idle(&granted, &last).len(), 2);
        let second = [placed("CUDAExecutionProvider", &["MatMul"])];
        assert_eq!(idle(&granted, &second)[0].0, "tensorrt:0");
    }

    #[test]
    fn the_remedy_names_the_package() {
        let error = unavailable(&"cuda:0".parse().unwrap(), "no GPU");
        assert_eq!(
            error.to_string(),
            "device `cuda:0` cannot be used: no GPU; install `onnxruntime-gpu` and a CUDA driver, or use the policy `cuda:0,cpu` to accept the CPU"
        );
    }
}
