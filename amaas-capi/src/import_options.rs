//! What the caller of an import knows better than the folder.

use std::ffi::c_char;

use amaas_core::Result;
use amaas_core::model::Pooling;
use amaas_core::registry::{Format, ImportOptions};

use crate::arguments::{Place, name, object_mut, refuse, version};
use crate::boundary::{call, free, give};
use crate::error::amaas_error;
use crate::status::amaas_status;

/// What a model lies in: one of `AMAAS_FORMAT_…`. Later releases may add numbers.
pub type amaas_format = i32;
/// None, or one that this release has no number for.
pub const AMAAS_FORMAT_NONE: amaas_format = 0;
/// A folder with an `amaas.toml`.
pub const AMAAS_FORMAT_PACKAGE: amaas_format = 1;
/// One `.onnx` file.
pub const AMAAS_FORMAT_ONNX: amaas_format = 2;
/// A snapshot of a Hugging Face repository.
pub const AMAAS_FORMAT_HUGGING_FACE: amaas_format = 3;
/// A folder that MLflow wrote.
pub const AMAAS_FORMAT_MLFLOW: amaas_format = 4;
/// A Triton model repository, or a model in one.
pub const AMAAS_FORMAT_TRITON: amaas_format = 5;
/// Folders called by numbers, as TensorFlow Serving has them.
pub const AMAAS_FORMAT_SERVING: amaas_format = 6;

/// How the vectors of tokens become the vector of a text: one of `AMAAS_POOLING_…`.
pub type amaas_pooling = i32;
/// Their mean, special tokens included.
pub const AMAAS_POOLING_MEAN: amaas_pooling = 0;
/// The first token's.
pub const AMAAS_POOLING_CLS: amaas_pooling = 1;
/// The last token's.
pub const AMAAS_POOLING_LAST: amaas_pooling = 2;
/// The graph pools already.
pub const AMAAS_POOLING_NONE: amaas_pooling = 3;

/// Options of `amaas_service_import_model`. What is not set is as the source says.
///
/// Made by `amaas_import_options_new`, owned by its caller, ended with
/// `amaas_import_options_free`. While one thread sets it no other may use it; from then on any
/// number of threads may.
#[derive(Debug)]
pub struct amaas_import_options(pub(crate) ImportOptions);

/// Applies `set` to options.
///
/// # Safety
/// `options` is NULL or live and used by nobody else; `error` is NULL or can be written to.
unsafe fn set(
    options: *mut amaas_import_options,
    error: *mut *mut amaas_error,
    set: impl FnOnce(&mut amaas_import_options) -> Result<()>,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe { call(error, || set(object_mut(options, "options")?)) }
}

/// Makes options with nothing set. The caller owns `out`.
///
/// # Safety
/// `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_import_options_new(
    out: *mut *mut amaas_import_options,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    let make = || unsafe {
        Place::new(out, "out")?.write(give(amaas_import_options(ImportOptions::default())));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, make) }
}

/// Sets the model's name.
///
/// # Safety
/// `options` is live and used by no other thread, `model` ends in NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_import_options_set_name(
    options: *mut amaas_import_options,
    model: *const c_char,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    unsafe {
        set(options, error, |options| {
            options.0.name = Some(name(model, "model")?.parse()?);
            Ok(())
        })
    }
}

/// Sets the version. Where the source says none either it is 1.0.0.
///
/// # Safety
/// `options` is live and used by no other thread, `version` ends in NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_import_options_set_version(
    options: *mut amaas_import_options,
    version: *const c_char,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    unsafe {
        set(options, error, |options| {
            options.0.version = Some(self::version(name(version, "version")?, "version")?);
            Ok(())
        })
    }
}

/// Sets the licence, an SPDX expression.
///
/// # Safety
/// `options` is live and used by no other thread, `license` ends in NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_import_options_set_license(
    options: *mut amaas_import_options,
    license: *const c_char,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    unsafe {
        set(options, error, |options| {
            options.0.license = Some(name(license, "license")?.to_owned());
            Ok(())
        })
    }
}

/// Sets what the source is: one of `AMAAS_FORMAT_…` but `AMAAS_FORMAT_NONE`. What the files tell
/// when it is not set.
///
/// # Safety
/// `options` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_import_options_set_format(
    options: *mut amaas_import_options,
    format: amaas_format,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe {
        set(options, error, |options| {
            options.0.format = Some(parse_format(format)?);
            Ok(())
        })
    }
}

/// Sets which graph of a Hugging Face snapshot is taken, as `onnx/model_quantized.onnx`.
///
/// # Safety
/// `options` is live and used by no other thread, `graph` ends in NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_import_options_set_graph(
    options: *mut amaas_import_options,
    graph: *const c_char,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    unsafe {
        set(options, error, |options| {
            options.0.graph = Some(name(graph, "graph")?.parse()?);
            Ok(())
        })
    }
}

/// Makes a text embedding of a Hugging Face snapshot that does not say how it pools.
///
/// # Safety
/// `options` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_import_options_set_pooling(
    options: *mut amaas_import_options,
    pooling: amaas_pooling,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe {
        set(options, error, |options| {
            options.0.pooling = Some(parse_pooling(pooling)?);
            Ok(())
        })
    }
}

/// Ends options; NULL is allowed.
///
/// # Safety
/// `options` is NULL or live, and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_import_options_free(options: *mut amaas_import_options) {
    // SAFETY: the caller's promise.
    unsafe { free(options) };
}

const FORMATS: [(amaas_format, Format); 6] = [
    (AMAAS_FORMAT_PACKAGE, Format::Package),
    (AMAAS_FORMAT_ONNX, Format::Onnx),
    (AMAAS_FORMAT_HUGGING_FACE, Format::HuggingFace),
    (AMAAS_FORMAT_MLFLOW, Format::Mlflow),
    (AMAAS_FORMAT_TRITON, Format::Triton),
    (AMAAS_FORMAT_SERVING, Format::Serving),
];

/// The number of a format.
pub(crate) fn format(of: Format) -> amaas_format {
    let known = FORMATS.iter().find(|(_, format)| *format == of);
    known.map_or(AMAAS_FORMAT_NONE, |(number, _)| *number)
}

fn parse_format(format: amaas_format) -> Result<Format> {
    let known = FORMATS.iter().find(|(number, _)| *number == format);
    known.map(|(_, format)| *format).ok_or_else(|| {
        refuse(
            "format",
            &format!("is `{format}`"),
            "use one of `AMAAS_FORMAT_…`",
        )
    })
}

fn parse_pooling(pooling: amaas_pooling) -> Result<Pooling> {
    match pooling {
        AMAAS_POOLING_MEAN => Ok(Pooling::Mean),
        AMAAS_POOLING_CLS => Ok(Pooling::Cls),
        AMAAS_POOLING_LAST => Ok(Pooling::Last),
        AMAAS_POOLING_NONE => Ok(Pooling::None),
        other => Err(refuse(
            "pooling",
            &format!("is `{other}`"),
            "use one of `AMAAS_POOLING_…`",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_of_the_core_has_a_number() {
        for known in Format::all() {
            assert_eq!(parse_format(format(known)).unwrap(), known);
        }
    }
}
