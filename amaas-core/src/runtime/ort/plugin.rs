//! Plug-in execution providers: libraries that bring devices of their own.
//!
//! A plug-in is registered once per path and process and stays, since sessions may use it at any
//! time. Its devices are those that the environment knows after the registration and not before.

use std::ffi::CString;
use std::path::{Path, PathBuf};
use std::ptr;
use std::sync::PoisonError;

use ort::sys;

use super::library;
use super::process::Process;
use super::status::{Refusal, text};

/// A library that was registered.
#[derive(Debug)]
pub(super) struct Plugin {
    path: PathBuf,
    registration: String,
    devices: Vec<EpDevice>,
}

/// One device as ONNX Runtime describes it; it lives as long as the environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct EpDevice(*const sys::OrtEpDevice);

// SAFETY: a description that never changes once it is there, and is never unregistered by us.
unsafe impl Send for EpDevice {}

impl EpDevice {
    pub(super) fn get(self) -> *const sys::OrtEpDevice {
        self.0
    }

    /// ONNX Runtime's name of its provider.
    pub(super) fn provider(self, process: &Process) -> String {
        // SAFETY: the device lives as long as the environment, and so does its name.
        unsafe { text((process.api.EpDevice_EpName)(self.0)) }
    }

    /// Who made the provider.
    pub(super) fn vendor(self, process: &Process) -> String {
        // SAFETY: as in `provider`.
        unsafe { text((process.api.EpDevice_EpVendor)(self.0)) }
    }

    /// `cpu`, `gpu` or `npu`.
    pub(super) fn kind(self, process: &Process) -> &'static str {
        type Type = unsafe extern "system" fn(*const sys::OrtHardwareDevice) -> i32;
        // SAFETY: the enumeration is 32 bits wide; a number read as a number may be one that a
        // newer ONNX Runtime added.
        let read: Type = unsafe { std::mem::transmute(process.api.HardwareDevice_Type) };
        // SAFETY: the device lives as long as the environment, and so does its hardware.
        match unsafe { read((process.api.EpDevice_Device)(self.0)) } {
            0 => "cpu",
            1 => "gpu",
            2 => "npu",
            _ => "other",
        }
    }
}

/// Every device that the environment knows.
pub(super) fn known_devices(process: &Process) -> Result<Vec<EpDevice>, Refusal> {
    let (mut devices, mut count) = (ptr::null(), 0);
    // SAFETY: the environment is live; the answer is a list that the environment owns.
    let status = unsafe {
        (process.api.GetEpDevices)(process.environment, &raw mut devices, &raw mut count)
    };
    // SAFETY: the call above returned it.
    unsafe { process.check(status) }?;
    if devices.is_null() {
        return Ok(Vec::new());
    }
    // SAFETY: so many devices lie there, and a registration, which would move them, happens only
    // behind the lock of `Process::plugins` or before this library is used.
    let devices = unsafe { std::slice::from_raw_parts(devices, count) };
    Ok(devices.iter().copied().map(EpDevice).collect())
}

/// The devices of the plug-in at `path`, registered now if it was not before.
///
/// # Errors
/// What is wrong with the file, or what ONNX Runtime says about it.
pub(super) fn devices_of(process: &Process, path: &Path) -> Result<Vec<EpDevice>, String> {
    let file = library::regular(path).map_err(|cause| format!("`{}` {cause}", path.display()))?;
    let mut plugins = process
        .plugins
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    if let Some(plugin) = plugins.iter().find(|plugin| plugin.path == file) {
        return Ok(plugin.devices.clone());
    }
    check(&file)?;
    let taken: Vec<_> = plugins
        .iter()
        .map(|plugin| plugin.registration.as_str())
        .collect();
    let registration = registration(&file, &taken);
    let devices = register(process, &file, &registration).map_err(|refusal| refusal.to_string())?;
    plugins.push(Plugin {
        path: file,
        registration,
        devices: devices.clone(),
    });
    Ok(devices)
}

/// Refuses what ONNX Runtime could not use as a plug-in. A good one stays loaded.
fn check(file: &Path) -> Result<(), String> {
    let refuse = |cause: &dyn std::fmt::Display| format!("`{}` {cause}", file.display());
    let loaded = library::load(file).map_err(|cause| refuse(&cause))?;
    // SAFETY: the symbol is only looked for, never called through this type.
    match unsafe { loaded.get::<unsafe extern "C" fn()>(b"CreateEpFactories\0") } {
        Ok(_) => {
            // Providers keep threads and thread-local data: unloading one in between is not safe.
            std::mem::forget(loaded);
            Ok(())
        }
        Err(_) => Err(refuse(
            &"is a library but not an execution provider, since it does not export `CreateEpFactories`",
        )),
    }
}

fn register(process: &Process, file: &Path, name: &str) -> Result<Vec<EpDevice>, Refusal> {
    let before = known_devices(process)?;
    let registration = CString::new(name).map_err(|error| Refusal(error.to_string()))?;
    let path = system_path(file);
    // SAFETY: both texts end in zero and live during the call, which copies them.
    let status = unsafe {
        (process.api.RegisterExecutionProviderLibrary)(
            process.environment,
            registration.as_ptr(),
            path.as_ptr(),
        )
    };
    // SAFETY: the call above returned it.
    unsafe { process.check(status) }?;
    let mut devices = known_devices(process)?;
    devices.retain(|device| !before.contains(device));
    Ok(devices)
}

/// A name that nobody else has, after the file: `libonnxruntime_ggml.so` becomes `ggml`.
fn registration(file: &Path, taken: &[&str]) -> String {
    let stem = file
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    let stem = stem.split('.').next().unwrap_or_default();
    let mut name = stem.strip_prefix("lib").unwrap_or(stem);
    for prefix in ["onnxruntime_", "providers_"] {
        name = name.strip_prefix(prefix).unwrap_or(name);
    }
    let name = if name.is_empty() { "plugin" } else { name };
    let mut names =
        std::iter::once(name.to_owned()).chain((2..).map(|count| format!("{name}-{count}")));
    names
        .find(|name| !taken.contains(&name.as_str()))
        .unwrap_or_default()
}

/// A path as ONNX Runtime takes it: bytes, or UTF-16 on Windows, ending in zero.
pub(super) fn system_path(path: &Path) -> Vec<sys::os_char> {
    #[cfg(windows)]
    {
        use std::os::windows::ffi::OsStrExt as _;
        path.as_os_str().encode_wide().chain([0]).collect()
    }
    #[cfg(not(windows))]
    {
        let bytes = path.as_os_str().as_encoded_bytes().iter().copied();
        // `c_char` is signed on some machines and unsigned on others.
        bytes.chain([0]).map(|byte| byte as sys::os_char).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registration_is_named_after_its_file() {
        let name = |path: &str, taken: &[&str]| registration(Path::new(path), taken);
        assert_eq!(name("/a/libonnxruntime_ggml.so", &[]), "ggml");
        assert_eq!(name("/a/onnxruntime_providers_cuda.dll", &[]), "cuda");
        assert_eq!(
            name("/b/libonnxruntime_ggml.so", &["ggml", "ggml-2"]),
            "ggml-3"
        );
        assert_eq!(name("/b/lib.so", &[]), "plugin");
    }
}
