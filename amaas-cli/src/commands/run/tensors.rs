//! Tensors as nested lists of JSON, and back.
//!
//! The trap: JSON has no word for what is not a number. `NaN`, `Infinity` and `-Infinity` are
//! written as texts, and read as such where the dtype is a float.

use amaas_core::{Dtype, Element, Error, ErrorKind, Result, Tensor};
use half::{bf16, f16};
use serde_json::{Number, Value};

/// The tensor of `dtype` that nested lists hold; a single number is a tensor of rank 0.
///
/// # Errors
/// `InvalidArgument` when lists of one level differ in length or an element does not fit the
/// dtype; `Unsupported` for dtypes that JSON cannot spell.
pub(super) fn read(value: &Value, dtype: Dtype) -> Result<Tensor> {
    let shape = shape(value);
    let mut leaves = Vec::new();
    if !flatten(value, &shape, &mut leaves) {
        return Err(invalid("the lists differ in length or depth")
            .advise("write a rectangle: equally long lists on each level"));
    }
    match dtype {
        Dtype::Bool => typed(shape, &leaves, Value::as_bool),
        Dtype::Int8 => typed::<i8>(shape, &leaves, |leaf| leaf.as_i64()?.try_into().ok()),
        Dtype::Int16 => typed::<i16>(shape, &leaves, |leaf| leaf.as_i64()?.try_into().ok()),
        Dtype::Int32 => typed::<i32>(shape, &leaves, |leaf| leaf.as_i64()?.try_into().ok()),
        Dtype::Int64 => typed(shape, &leaves, Value::as_i64),
        Dtype::Uint8 => typed::<u8>(shape, &leaves, |leaf| leaf.as_u64()?.try_into().ok()),
        Dtype::Uint16 => typed::<u16>(shape, &leaves, |leaf| leaf.as_u64()?.try_into().ok()),
        Dtype::Uint32 => typed::<u32>(shape, &leaves, |leaf| leaf.as_u64()?.try_into().ok()),
        Dtype::Uint64 => typed(shape, &leaves, Value::as_u64),
        Dtype::Float16 => typed(shape, &leaves, |leaf| float(leaf).map(f16::from_f64)),
        Dtype::Bfloat16 => typed(shape, &leaves, |leaf| float(leaf).map(bf16::from_f64)),
        Dtype::Float32 => typed(shape, &leaves, |leaf| float(leaf).map(|value| value as f32)),
        Dtype::Float64 => typed(shape, &leaves, float),
        Dtype::String => {
            let texts = leaves.iter().map(|leaf| leaf.as_str());
            let texts: Option<Vec<_>> = texts.collect();
            Tensor::from_strings(shape, texts.ok_or_else(|| unfit(dtype))?)
        }
        _ => Err(unspeakable(
            dtype,
            "give it as INPUT=FILE.npy or call amaas from a program",
        )),
    }
}

/// The lists that spell `tensor`.
///
/// # Errors
/// `Unsupported` for dtypes that JSON cannot spell.
pub(super) fn write(tensor: &Tensor) -> Result<Value> {
    macro_rules! leaves {
        ($rust:ty, $spell:expr) => {
            tensor.as_slice::<$rust>()?.iter().map($spell).collect()
        };
    }
    let leaves: Vec<Value> = match tensor.dtype() {
        Dtype::Bool => leaves!(bool, |value| Value::from(*value)),
        Dtype::Int8 => leaves!(i8, |value| Value::from(*value)),
        Dtype::Int16 => leaves!(i16, |value| Value::from(*value)),
        Dtype::Int32 => leaves!(i32, |value| Value::from(*value)),
        Dtype::Int64 => leaves!(i64, |value| Value::from(*value)),
        Dtype::Uint8 => leaves!(u8, |value| Value::from(*value)),
        Dtype::Uint16 => leaves!(u16, |value| Value::from(*value)),
        Dtype::Uint32 => leaves!(u32, |value| Value::from(*value)),
        Dtype::Uint64 => leaves!(u64, |value| Value::from(*value)),
        Dtype::Float16 => leaves!(f16, |value| number(value.to_f64(), value)),
        Dtype::Bfloat16 => leaves!(bf16, |value| number(value.to_f64(), value)),
        Dtype::Float32 => leaves!(f32, |value| number(f64::from(*value), value)),
        Dtype::Float64 => leaves!(f64, |value| number(*value, value)),
        Dtype::String => tensor
            .strings()?
            .iter()
            .map(|text| Value::from(text.as_str()))
            .collect(),
        dtype => return Err(unspeakable(dtype, "ask for other outputs with `--output`")),
    };
    Ok(nest(&mut leaves.into_iter(), tensor.shape()))
}

/// The lengths of the levels, read along the first elements.
fn shape(value: &Value) -> Vec<usize> {
    let levels = std::iter::successors(Some(value), |level| level.as_array()?.first());
    levels
        .filter_map(|level| Some(level.as_array()?.len()))
        .collect()
}

/// Gathers the elements; false when some list is not as long or as deep as `shape` says.
fn flatten<'a>(value: &'a Value, shape: &[usize], leaves: &mut Vec<&'a Value>) -> bool {
    match (value, shape) {
        (Value::Array(list), [length, inner @ ..]) => {
            list.len() == *length && list.iter().all(|value| flatten(value, inner, leaves))
        }
        (Value::Array(_), []) | (_, [_, ..]) => false,
        (leaf, []) => {
            leaves.push(leaf);
            true
        }
    }
}

fn nest(leaves: &mut impl Iterator<Item = Value>, shape: &[usize]) -> Value {
    match shape {
        [] => leaves.next().unwrap_or_default(),
        [length, inner @ ..] => (0..*length).map(|_| nest(leaves, inner)).collect(),
    }
}

fn typed<T: Element>(
    shape: Vec<usize>,
    leaves: &[&Value],
    convert: impl Fn(&Value) -> Option<T>,
) -> Result<Tensor> {
    let elements: Option<Vec<T>> = leaves.iter().map(|leaf| convert(leaf)).collect();
    Tensor::from_vec(shape, elements.ok_or_else(|| unfit(T::DTYPE))?)
}

fn float(leaf: &Value) -> Option<f64> {
    match leaf.as_str() {
        Some("NaN") => Some(f64::NAN),
        Some("Infinity") => Some(f64::INFINITY),
        Some("-Infinity") => Some(f64::NEG_INFINITY),
        _ => leaf.as_f64(),
    }
}

/// A float in the fewest digits that tell it from its neighbours of the same width.
fn number(value: f64, spelled: &impl std::fmt::Display) -> Value {
    let shortest = || spelled.to_string().parse().ok().and_then(Number::from_f64);
    match shortest() {
        Some(number) => Value::Number(number),
        None if value.is_nan() => Value::from("NaN"),
        None if value > 0.0 => Value::from("Infinity"),
        None => Value::from("-Infinity"),
    }
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidArgument, message)
}

fn unfit(dtype: Dtype) -> Error {
    invalid(format!("an element does not fit {dtype}"))
        .advise(format!("write elements that a {dtype} can hold"))
}

fn unspeakable(dtype: Dtype, remedy: &str) -> Error {
    let message = format!("JSON cannot spell a tensor of {dtype}");
    Error::new(ErrorKind::Unsupported, message).advise(remedy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_written_is_read_back() {
        for (dtype, value) in [
            (Dtype::Bool, json!([[true], [false]])),
            (Dtype::Int8, json!([-128, 127])),
            (Dtype::Int16, json!([-32768])),
            (Dtype::Int32, json!([[[1, 2]]])),
            (Dtype::Int64, json!([i64::MIN, i64::MAX])),
            (Dtype::Uint8, json!(255)),
            (Dtype::Uint16, json!([65535])),
            (Dtype::Uint32, json!([4_294_967_295_u64])),
            (Dtype::Uint64, json!([u64::MAX])),
            (Dtype::Float16, json!([0.5, "NaN"])),
            (Dtype::Bfloat16, json!([1.0, "-Infinity"])),
            (Dtype::Float32, json!([[0.1, "Infinity"], [1e-30, 3.0]])),
            (Dtype::Float64, json!([0.1])),
            (Dtype::String, json!([["a", ""], ["ü", "b"]])),
            (Dtype::Float32, json!([[], []])),
        ] {
            let tensor = read(&value, dtype).unwrap();
            assert_eq!(tensor.dtype(), dtype);
            assert_eq!(write(&tensor).unwrap(), value, "{dtype}");
        }
        assert_eq!(
            read(&json!([[], []]), Dtype::Int8)
                .unwrap()
                .shape()
                .to_vec(),
            [2, 0]
        );
    }

    #[test]
    fn what_does_not_fit_is_refused_without_being_repeated() {
        for (dtype, value) in [
            (Dtype::Int8, json!([128])),
            (Dtype::Uint8, json!([-1])),
            (Dtype::Int64, json!([1.5])),
            (Dtype::Bool, json!([1])),
            (Dtype::Float32, json!(["secret"])),
            (Dtype::String, json!([7])),
            (Dtype::Int64, json!([[1, 2], [3]])),
            (Dtype::Int64, json!([1, [2]])),
            (Dtype::Int64, json!([[1], 2])),
            (Dtype::Int64, json!({"secret": 1})),
            (Dtype::Int64, json!(null)),
        ] {
            let error = read(&value, dtype).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{value}");
            assert!(!error.to_string().contains("secret") && error.remedy().is_some());
        }
        let error = read(&json!([1]), Dtype::Int4).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
    }
}
