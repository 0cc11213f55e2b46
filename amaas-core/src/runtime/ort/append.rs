//! Asking ONNX Runtime for one device.
//!
//! Each provider has a door of its own: some a call with a struct of options, some a name and
//! texts, plug-ins the devices that they registered. All answer with a cause when they are not
//! there, in ONNX Runtime's words.

use std::ffi::{CString, c_char};
use std::ptr;

use ort::sys;

use super::handle::{Handle, Release};
use super::options::SessionOptions;
use super::plugin::{self, EpDevice};
use super::policy::CPU;
use super::status::Refusal;
use crate::runtime::{Device, Provider};

type Status = sys::OrtStatusPtr;

/// Adds `device` to what the session may use; answers with ONNX Runtime's name of its provider.
///
/// # Errors
/// Why it cannot be used, in words.
pub(super) fn append(options: &SessionOptions<'_>, device: &Device) -> Result<String, String> {
    let index = device.index;
    let appended = match &device.provider {
        Provider::Cpu => Ok(()),
        Provider::Plugin(path) => return append_plugin(options, path, index),
        Provider::Cuda => append_cuda(options, index),
        Provider::TensorRt => append_tensorrt(options, index),
        Provider::Rocm => append_rocm(options, index),
        Provider::DirectMl => append_named(options, "DML", &[("device_id", &index.to_string())]),
        Provider::CoreMl => only_first(index).and_then(|()| append_named(options, "CoreML", &[])),
        Provider::OpenVino => {
            only_first(index).and_then(|()| append_named(options, "OpenVINO", &[]))
        }
    };
    let name = device.provider.runtime_name().unwrap_or(CPU).to_owned();
    appended
        .map(|()| name)
        .map_err(|refusal| refusal.first_line().to_owned())
}

/// For providers that choose their hardware themselves.
fn only_first(index: u32) -> Result<(), Refusal> {
    match index {
        0 => Ok(()),
        _ => Err(Refusal(format!(
            "this provider has no device `{index}`: it chooses its hardware itself"
        ))),
    }
}

fn append_plugin(
    options: &SessionOptions<'_>,
    path: &std::path::Path,
    index: u32,
) -> Result<String, String> {
    let devices = plugin::devices_of(options.process, path)?;
    let device = usize::try_from(index)
        .ok()
        .and_then(|index| devices.get(index))
        .copied();
    let device = device.ok_or_else(|| {
        format!(
            "the plug-in offers {} devices on this machine and none is number `{index}`",
            devices.len()
        )
    })?;
    append_device(options, device).map_err(|refusal| refusal.first_line().to_owned())?;
    Ok(device.provider(options.process))
}

fn append_device(options: &SessionOptions<'_>, device: EpDevice) -> Result<(), Refusal> {
    let process = options.process;
    // SAFETY: the options, the environment and the one device are live; no keys, no values.
    let status = unsafe {
        (process.api.SessionOptionsAppendExecutionProvider_V2)(
            options.get(),
            process.environment,
            &device.get(),
            1,
            ptr::null(),
            ptr::null(),
            0,
        )
    };
    // SAFETY: the call above returned it.
    unsafe { process.check(status) }
}

fn append_named(
    options: &SessionOptions<'_>,
    name: &str,
    pairs: &[(&str, &str)],
) -> Result<(), Refusal> {
    let name = CString::new(name).map_err(|error| Refusal(error.to_string()))?;
    let pairs = Pairs::new(pairs)?;
    // SAFETY: the options are live, the texts live during the call, which copies them.
    let status = unsafe {
        (options.process.api.SessionOptionsAppendExecutionProvider)(
            options.get(),
            name.as_ptr(),
            pairs.keys.as_ptr(),
            pairs.values.as_ptr(),
            pairs.keys.len(),
        )
    };
    // SAFETY: the call above returned it.
    unsafe { options.process.check(status) }
}

fn append_cuda(options: &SessionOptions<'_>, index: u32) -> Result<(), Refusal> {
    let api = options.process.api;
    let calls = Calls {
        create: api.CreateCUDAProviderOptions,
        update: api.UpdateCUDAProviderOptions,
        append: api.SessionOptionsAppendExecutionProvider_CUDA_V2,
        release: api.ReleaseCUDAProviderOptions,
    };
    calls.append(options, index)
}

fn append_tensorrt(options: &SessionOptions<'_>, index: u32) -> Result<(), Refusal> {
    let api = options.process.api;
    let calls = Calls {
        create: api.CreateTensorRTProviderOptions,
        update: api.UpdateTensorRTProviderOptions,
        append: api.SessionOptionsAppendExecutionProvider_TensorRT_V2,
        release: api.ReleaseTensorRTProviderOptions,
    };
    calls.append(options, index)
}

fn append_rocm(options: &SessionOptions<'_>, index: u32) -> Result<(), Refusal> {
    let rocm = sys::OrtROCMProviderOptions {
        device_id: i32::try_from(index).unwrap_or(i32::MAX),
        miopen_conv_exhaustive_search: 0,
        gpu_mem_limit: usize::MAX,
        arena_extend_strategy: 0,
        do_copy_in_default_stream: 1,
        has_user_compute_stream: 0,
        user_compute_stream: ptr::null_mut(),
        default_memory_arena_cfg: ptr::null_mut(),
        enable_hip_graph: 0,
        tunable_op_enable: 0,
        tunable_op_tuning_enable: 0,
        tunable_op_max_tuning_duration_ms: 0,
    };
    // SAFETY: the options are live; the struct is ONNX Runtime's own with its documented defaults,
    // and is copied.
    let status = unsafe {
        (options
            .process
            .api
            .SessionOptionsAppendExecutionProvider_ROCM)(options.get(), &raw const rocm)
    };
    // SAFETY: the call above returned it.
    unsafe { options.process.check(status) }
}

/// The four calls of a provider whose options are an object of ONNX Runtime's.
struct Calls<T> {
    create: unsafe extern "system" fn(*mut *mut T) -> Status,
    update: unsafe extern "system" fn(
        *mut T,
        *const *const c_char,
        *const *const c_char,
        usize,
    ) -> Status,
    append: unsafe extern "system" fn(*mut sys::OrtSessionOptions, *const T) -> Status,
    release: Release<T>,
}

impl<T> Calls<T> {
    fn append(&self, options: &SessionOptions<'_>, index: u32) -> Result<(), Refusal> {
        let process = options.process;
        let index = index.to_string();
        let pairs = Pairs::new(&[("device_id", &index)])?;
        let mut provider = ptr::null_mut();
        // SAFETY: one new object out.
        let status = unsafe { (self.create)(&raw mut provider) };
        // SAFETY: the call above returned it.
        unsafe { process.check(status) }?;
        // SAFETY: made for us alone.
        let provider = unsafe { Handle::own(provider, self.release) };
        let provider = provider.ok_or_else(|| Refusal("the provider's options are null".into()))?;
        // SAFETY: the object is live, the texts live during the call, which copies them.
        let status = unsafe {
            (self.update)(
                provider.get(),
                pairs.keys.as_ptr(),
                pairs.values.as_ptr(),
                pairs.keys.len(),
            )
        };
        // SAFETY: the call above returned it.
        unsafe { process.check(status) }?;
        // SAFETY: both objects are live; the session's options copy what they need.
        let status = unsafe { (self.append)(options.get(), provider.get()) };
        // SAFETY: the call above returned it.
        unsafe { process.check(status) }
    }
}

/// Keys and values as C takes them.
struct Pairs {
    keys: Vec<*const c_char>,
    values: Vec<*const c_char>,
    _texts: Vec<CString>,
}

impl Pairs {
    fn new(pairs: &[(&str, &str)]) -> Result<Self, Refusal> {
        let texts = pairs
            .iter()
            .flat_map(|(key, value)| [*key, *value])
            .map(CString::new);
        let texts: Vec<_> = texts
            .collect::<Result<_, _>>()
            .map_err(|error| Refusal(error.to_string()))?;
        let keys = texts.iter().step_by(2).map(|text| text.as_ptr()).collect();
        let values = texts
            .iter()
            .skip(1)
            .step_by(2)
            .map(|text| text.as_ptr())
            .collect();
        Ok(Self {
            keys,
            values,
            _texts: texts,
        })
    }
}
