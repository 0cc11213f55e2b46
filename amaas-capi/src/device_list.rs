//! The devices that models can be placed on.

use std::ffi::c_char;

use amaas_core::runtime::DeviceInfo;

use crate::arguments::{Place, object};
use crate::boundary::{call, free, give, read};
use crate::error::amaas_error;
use crate::service::amaas_service;
use crate::status::amaas_status;
use crate::text::{Text, view};

/// The devices that the runtime found.
///
/// Made by `amaas_service_devices`, owned by its caller, ended with `amaas_device_list_free`. It
/// never changes: any number of threads may read it. Everything it answers with is valid until it
/// is freed. Devices are counted from 0.
#[derive(Debug)]
pub struct amaas_device_list(Vec<Device>);

#[derive(Debug)]
struct Device {
    provider: Text,
    kind: Text,
    vendor: Text,
}

impl Device {
    fn new(info: DeviceInfo) -> Self {
        Self {
            provider: Text::new(info.provider),
            kind: Text::new(info.kind),
            vendor: Text::new(info.vendor),
        }
    }
}

/// Lists the devices that models can be placed on. The caller owns `out`.
///
/// # Safety
/// `service` is live, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_devices(
    service: *const amaas_service,
    out: *mut *mut amaas_device_list,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let list = || unsafe {
        let (service, out) = (&object(service, "service")?.0, Place::new(out, "out")?);
        let devices = service.devices()?.into_iter().map(Device::new);
        out.write(give(amaas_device_list(devices.collect())));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, list) }
}

/// How many devices there are; 0 for NULL.
///
/// # Safety
/// `list` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_device_list_count(list: *const amaas_device_list) -> usize {
    // SAFETY: the caller's promise.
    unsafe { read(list, 0, |list| Some(list.0.len())) }
}

/// ONNX Runtime's name of a device's provider, as `CPUExecutionProvider`; NULL where there is none
/// and for NULL.
///
/// # Safety
/// `list` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_device_list_provider(
    list: *const amaas_device_list,
    index: usize,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe { view(list, |list| Some(&list.0.get(index)?.provider)) }
}

/// `cpu`, `gpu` or `npu`; NULL where there is no such device and for NULL.
///
/// # Safety
/// `list` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_device_list_kind(
    list: *const amaas_device_list,
    index: usize,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe { view(list, |list| Some(&list.0.get(index)?.kind)) }
}

/// Who made a device, as its provider says; NULL where there is none and for NULL.
///
/// # Safety
/// `list` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_device_list_vendor(
    list: *const amaas_device_list,
    index: usize,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe { view(list, |list| Some(&list.0.get(index)?.vendor)) }
}

/// Ends a list, with all it answered with; NULL is allowed.
///
/// # Safety
/// `list` is NULL or live, and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_device_list_free(list: *mut amaas_device_list) {
    // SAFETY: the caller's promise.
    unsafe { free(list) };
}
