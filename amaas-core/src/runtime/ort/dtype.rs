//! amaas's dtypes and the numbers by which ONNX Runtime knows them.

use ort::sys::ONNXTensorElementDataType as Element;

use crate::Dtype;

/// ONNX Runtime's word for a dtype.
pub(super) const fn to_onnx(dtype: Dtype) -> Element {
    match dtype {
        Dtype::Bool => Element::ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL,
        Dtype::Int8 => Element::ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8,
        Dtype::Int16 => Element::ONNX_TENSOR_ELEMENT_DATA_TYPE_INT16,
        Dtype::Int32 => Element::ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32,
        Dtype::Int64 => Element::ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64,
        Dtype::Uint8 => Element::ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8,
        Dtype::Uint16 => Element::ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT16,
        Dtype::Uint32 => Element::ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT32,
        Dtype::Uint64 => Element::ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT64,
        Dtype::Float16 => Element::ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16,
        Dtype::Bfloat16 => Element::ONNX_TENSOR_ELEMENT_DATA_TYPE_BFLOAT16,
        Dtype::Float32 => Element::ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT,
        Dtype::Float64 => Element::ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE,
        Dtype::Complex64 => Element::ONNX_TENSOR_ELEMENT_DATA_TYPE_COMPLEX64,
        Dtype::Complex128 => Element::ONNX_TENSOR_ELEMENT_DATA_TYPE_COMPLEX128,
        Dtype::Float8E4m3fn => Element::ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT8E4M3FN,
        Dtype::Float8E4m3fnuz => Element::ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT8E4M3FNUZ,
        Dtype::Float8E5m2 => Element::ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT8E5M2,
        Dtype::Float8E5m2fnuz => Element::ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT8E5M2FNUZ,
        Dtype::Float8E8m0 => Element::ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT8E8M0,
        Dtype::Float4E2m1 => Element::ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT4E2M1,
        Dtype::Int4 => Element::ONNX_TENSOR_ELEMENT_DATA_TYPE_INT4,
        Dtype::Uint4 => Element::ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT4,
        Dtype::Int2 => Element::ONNX_TENSOR_ELEMENT_DATA_TYPE_INT2,
        Dtype::Uint2 => Element::ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT2,
        Dtype::String => Element::ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING,
    }
}

/// The dtype of one of ONNX Runtime's numbers; `None` for what amaas has no word for. Numbers,
/// since a newer ONNX Runtime may know more than the enumeration.
pub(super) fn from_onnx(number: i32) -> Option<Dtype> {
    const COUNT: usize = 27;
    const DTYPES: [Option<Dtype>; COUNT] = [
        None,
        Some(Dtype::Float32),
        Some(Dtype::Uint8),
        Some(Dtype::Int8),
        Some(Dtype::Uint16),
        Some(Dtype::Int16),
        Some(Dtype::Int32),
        Some(Dtype::Int64),
        Some(Dtype::String),
        Some(Dtype::Bool),
        Some(Dtype::Float16),
        Some(Dtype::Float64),
        Some(Dtype::Uint32),
        Some(Dtype::Uint64),
        Some(Dtype::Complex64),
        Some(Dtype::Complex128),
        Some(Dtype::Bfloat16),
        Some(Dtype::Float8E4m3fn),
        Some(Dtype::Float8E4m3fnuz),
        Some(Dtype::Float8E5m2),
        Some(Dtype::Float8E5m2fnuz),
        Some(Dtype::Uint4),
        Some(Dtype::Int4),
        Some(Dtype::Float4E2m1),
        Some(Dtype::Uint2),
        Some(Dtype::Int2),
        Some(Dtype::Float8E8m0),
    ];
    *DTYPES.get(usize::try_from(number).ok()?)?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dtype_comes_back() {
        for dtype in Dtype::all() {
            assert_eq!(from_onnx(to_onnx(dtype) as i32), Some(dtype));
        }
        assert_eq!(from_onnx(0), None);
        assert_eq!(from_onnx(-1), None);
        assert_eq!(from_onnx(1000), None);
    }
}
