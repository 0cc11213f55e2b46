//! Element types, by the numbers that ONNX gives them (`TensorProto.DataType`).

use std::ffi::{CStr, c_char};

use amaas_core::{Dtype, Result};

use crate::arguments::{name, refuse};
use crate::boundary::get;

/// The type of a tensor's elements: one of `AMAAS_DTYPE_…`, the numbers of ONNX.
pub type amaas_dtype = i32;

/// No dtype: what a getter answers where there is none.
pub const AMAAS_DTYPE_UNDEFINED: amaas_dtype = 0;
/// Floating-point number of 32 bits.
pub const AMAAS_DTYPE_FLOAT32: amaas_dtype = 1;
/// Unsigned integer of 8 bits.
pub const AMAAS_DTYPE_UINT8: amaas_dtype = 2;
/// Signed integer of 8 bits.
pub const AMAAS_DTYPE_INT8: amaas_dtype = 3;
/// Unsigned integer of 16 bits.
pub const AMAAS_DTYPE_UINT16: amaas_dtype = 4;
/// Signed integer of 16 bits.
pub const AMAAS_DTYPE_INT16: amaas_dtype = 5;
/// Signed integer of 32 bits.
pub const AMAAS_DTYPE_INT32: amaas_dtype = 6;
/// Signed integer of 64 bits.
pub const AMAAS_DTYPE_INT64: amaas_dtype = 7;
/// UTF-8 text.
pub const AMAAS_DTYPE_STRING: amaas_dtype = 8;
/// One byte, 0 or 1.
pub const AMAAS_DTYPE_BOOL: amaas_dtype = 9;
/// IEEE 754 half precision.
pub const AMAAS_DTYPE_FLOAT16: amaas_dtype = 10;
/// Floating-point number of 64 bits.
pub const AMAAS_DTYPE_FLOAT64: amaas_dtype = 11;
/// Unsigned integer of 32 bits.
pub const AMAAS_DTYPE_UINT32: amaas_dtype = 12;
/// Unsigned integer of 64 bits.
pub const AMAAS_DTYPE_UINT64: amaas_dtype = 13;
/// Two float32: real, imaginary.
pub const AMAAS_DTYPE_COMPLEX64: amaas_dtype = 14;
/// Two float64: real, imaginary.
pub const AMAAS_DTYPE_COMPLEX128: amaas_dtype = 15;
/// The upper half of a float32.
pub const AMAAS_DTYPE_BFLOAT16: amaas_dtype = 16;
/// Floating-point number of 8 bits, `float8_e4m3fn`.
pub const AMAAS_DTYPE_FLOAT8_E4M3FN: amaas_dtype = 17;
/// Floating-point number of 8 bits, `float8_e4m3fnuz`.
pub const AMAAS_DTYPE_FLOAT8_E4M3FNUZ: amaas_dtype = 18;
/// Floating-point number of 8 bits, `float8_e5m2`.
pub const AMAAS_DTYPE_FLOAT8_E5M2: amaas_dtype = 19;
/// Floating-point number of 8 bits, `float8_e5m2fnuz`.
pub const AMAAS_DTYPE_FLOAT8_E5M2FNUZ: amaas_dtype = 20;
/// Unsigned integer of 4 bits, packed, lowest bits first.
pub const AMAAS_DTYPE_UINT4: amaas_dtype = 21;
/// Signed integer of 4 bits, packed, lowest bits first.
pub const AMAAS_DTYPE_INT4: amaas_dtype = 22;
/// Floating-point number of 4 bits, `float4_e2m1fn`, packed, lowest bits first.
pub const AMAAS_DTYPE_FLOAT4_E2M1FN: amaas_dtype = 23;
/// Floating-point number of 8 bits, `float8_e8m0fnu`.
pub const AMAAS_DTYPE_FLOAT8_E8M0FNU: amaas_dtype = 24;
/// Unsigned integer of 2 bits, packed, lowest bits first.
pub const AMAAS_DTYPE_UINT2: amaas_dtype = 25;
/// Signed integer of 2 bits, packed, lowest bits first.
pub const AMAAS_DTYPE_INT2: amaas_dtype = 26;

/// The core's dtype and its name, each at the place of its number, from 1.
const TABLE: [(Dtype, &CStr); 26] = [
    (Dtype::Float32, c"float32"),
    (Dtype::Uint8, c"uint8"),
    (Dtype::Int8, c"int8"),
    (Dtype::Uint16, c"uint16"),
    (Dtype::Int16, c"int16"),
    (Dtype::Int32, c"int32"),
    (Dtype::Int64, c"int64"),
    (Dtype::String, c"string"),
    (Dtype::Bool, c"bool"),
    (Dtype::Float16, c"float16"),
    (Dtype::Float64, c"float64"),
    (Dtype::Uint32, c"uint32"),
    (Dtype::Uint64, c"uint64"),
    (Dtype::Complex64, c"complex64"),
    (Dtype::Complex128, c"complex128"),
    (Dtype::Bfloat16, c"bfloat16"),
    (Dtype::Float8E4m3fn, c"float8_e4m3fn"),
    (Dtype::Float8E4m3fnuz, c"float8_e4m3fnuz"),
    (Dtype::Float8E5m2, c"float8_e5m2"),
    (Dtype::Float8E5m2fnuz, c"float8_e5m2fnuz"),
    (Dtype::Uint4, c"uint4"),
    (Dtype::Int4, c"int4"),
    (Dtype::Float4E2m1, c"float4_e2m1fn"),
    (Dtype::Float8E8m0, c"float8_e8m0fnu"),
    (Dtype::Uint2, c"uint2"),
    (Dtype::Int2, c"int2"),
];

fn find(dtype: amaas_dtype) -> Option<&'static (Dtype, &'static CStr)> {
    TABLE.get(usize::try_from(dtype).ok()?.checked_sub(1)?)
}

/// The core's word for a number from C.
pub(crate) fn parse(dtype: amaas_dtype, parameter: &str) -> Result<Dtype> {
    let found = find(dtype).map(|(dtype, _)| *dtype);
    let what = || format!("is `{dtype}`, which is no dtype");
    found.ok_or_else(|| refuse(parameter, &what(), "use one of `AMAAS_DTYPE_…`"))
}

/// The number for C.
pub(crate) fn of(dtype: Dtype) -> amaas_dtype {
    let place = TABLE.iter().position(|(known, _)| *known == dtype);
    place
        .and_then(|place| amaas_dtype::try_from(place + 1).ok())
        .unwrap_or(AMAAS_DTYPE_UNDEFINED)
}

/// The name of a dtype as numpy and ONNX users know it: `float32`.
///
/// NULL for a number that is no dtype; valid for ever. Any thread.
#[unsafe(no_mangle)]
pub extern "C" fn amaas_dtype_name(dtype: amaas_dtype) -> *const c_char {
    find(dtype).map_or(std::ptr::null(), |(_, name)| name.as_ptr())
}

/// The dtype of a name; `AMAAS_DTYPE_UNDEFINED` for any other text and for NULL. Any thread.
///
/// # Safety
/// `dtype` is NULL or ends in NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_dtype_from_name(dtype: *const c_char) -> amaas_dtype {
    get(AMAAS_DTYPE_UNDEFINED, || {
        // SAFETY: the caller's promise.
        let name = unsafe { name(dtype, "dtype") };
        Some(of(name.ok()?.parse().ok()?))
    })
}

/// The bits that one element takes; 0 for `AMAAS_DTYPE_STRING` and for what is no dtype. Any
/// thread.
#[unsafe(no_mangle)]
pub extern "C" fn amaas_dtype_bits(dtype: amaas_dtype) -> usize {
    find(dtype).and_then(|(dtype, _)| dtype.bits()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_are_those_of_the_core() {
        assert_eq!(Dtype::all().count(), TABLE.len());
        for dtype in Dtype::all() {
            let number = of(dtype);
            assert_eq!(parse(number, "dtype").unwrap(), dtype);
            assert_eq!(find(number).unwrap().1.to_str().unwrap(), dtype.name());
        }
    }

    #[test]
    fn other_numbers_are_refused() {
        for number in [i32::MIN, -1, 0, 27, i32::MAX] {
            assert!(parse(number, "dtype").is_err());
            assert!(amaas_dtype_name(number).is_null());
        }
    }
}
