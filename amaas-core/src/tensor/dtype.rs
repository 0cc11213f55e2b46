//! Element types, with the names that numpy and ONNX users know.

use std::fmt;

use bytemuck::{CheckedBitPattern, NoUninit};
use half::{bf16, f16};

/// The element type of a tensor: every one that ONNX Runtime's tensor API takes.
///
/// The narrow ones (four and two bits) are packed, lowest bits first, as ONNX lays them out.
///
/// ```
/// use amaas_core::Dtype;
///
/// assert_eq!(Dtype::Float16.name(), "float16");
/// assert_eq!("int64".parse::<Dtype>()?, Dtype::Int64);
/// assert_eq!(Dtype::Int4.byte_length(3), Some(2));
/// # Ok::<(), amaas_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the names are the documentation")]
pub enum Dtype {
    Bool,
    Int8,
    Int16,
    Int32,
    Int64,
    Uint8,
    Uint16,
    Uint32,
    Uint64,
    Float16,
    Bfloat16,
    Float32,
    Float64,
    Complex64,
    Complex128,
    Float8E4m3fn,
    Float8E4m3fnuz,
    Float8E5m2,
    Float8E5m2fnuz,
    Float8E8m0,
    Float4E2m1,
    Int4,
    Uint4,
    Int2,
    Uint2,
    /// UTF-8 text, one per element.
    String,
}

/// Name and width in bits of each dtype; a text has no width.
const TABLE: [(Dtype, &str, usize); 26] = [
    (Dtype::Bool, "bool", 8),
    (Dtype::Int8, "int8", 8),
    (Dtype::Int16, "int16", 16),
    (Dtype::Int32, "int32", 32),
    (Dtype::Int64, "int64", 64),
    (Dtype::Uint8, "uint8", 8),
    (Dtype::Uint16, "uint16", 16),
    (Dtype::Uint32, "uint32", 32),
    (Dtype::Uint64, "uint64", 64),
    (Dtype::Float16, "float16", 16),
    (Dtype::Bfloat16, "bfloat16", 16),
    (Dtype::Float32, "float32", 32),
    (Dtype::Float64, "float64", 64),
    (Dtype::Complex64, "complex64", 64),
    (Dtype::Complex128, "complex128", 128),
    (Dtype::Float8E4m3fn, "float8_e4m3fn", 8),
    (Dtype::Float8E4m3fnuz, "float8_e4m3fnuz", 8),
    (Dtype::Float8E5m2, "float8_e5m2", 8),
    (Dtype::Float8E5m2fnuz, "float8_e5m2fnuz", 8),
    (Dtype::Float8E8m0, "float8_e8m0fnu", 8),
    (Dtype::Float4E2m1, "float4_e2m1fn", 4),
    (Dtype::Int4, "int4", 4),
    (Dtype::Uint4, "uint4", 4),
    (Dtype::Int2, "int2", 2),
    (Dtype::Uint2, "uint2", 2),
    (Dtype::String, "string", 0),
];

impl Dtype {
    /// Every dtype, in the order of declaration.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|(dtype, _, _)| *dtype)
    }

    /// The name numpy (with `ml_dtypes` for what numpy lacks) and the manifest use.
    pub const fn name(self) -> &'static str {
        TABLE[self as usize].1
    }

    /// Bits one element takes; `None` for text.
    pub const fn bits(self) -> Option<usize> {
        match TABLE[self as usize].2 {
            0 => None,
            bits => Some(bits),
        }
    }

    /// Bytes `elements` take together, packed; `None` for text or when the count overflows.
    pub fn byte_length(self, elements: usize) -> Option<usize> {
        elements
            .checked_mul(self.bits()?)
            .map(|bits| bits.div_ceil(8))
    }
}

impl fmt::Display for Dtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for Dtype {
    type Err = crate::Error;

    fn from_str(name: &str) -> crate::Result<Self> {
        TABLE
            .iter()
            .find(|(_, known, _)| *known == name)
            .map(|(dtype, _, _)| *dtype)
            .ok_or_else(|| {
                let known: Vec<_> = Self::all().map(Self::name).collect();
                crate::Error::new(
                    crate::ErrorKind::InvalidArgument,
                    format!("`{name}` is not a dtype"),
                )
                .advise(format!("use one of {}", known.join(", ")))
            })
    }
}

mod sealed {
    pub trait Sealed {}
}

/// A Rust type that is the element of a tensor.
///
/// Implemented for `bool`, the integers of 8 to 64 bits, `f32`, `f64`, and [`struct@f16`] and [`struct@bf16`]
/// of the crate `half`.
pub trait Element:
    sealed::Sealed + NoUninit + CheckedBitPattern + fmt::Debug + Send + Sync + 'static
{
    /// Its dtype.
    const DTYPE: Dtype;
}

macro_rules! elements {
    ($($rust:ty => $dtype:ident),* $(,)?) => {$(
        impl sealed::Sealed for $rust {}
        impl Element for $rust {
            const DTYPE: Dtype = Dtype::$dtype;
        }
    )*};
}

elements! {
    bool => Bool, i8 => Int8, i16 => Int16, i32 => Int32, i64 => Int64,
    u8 => Uint8, u16 => Uint16, u32 => Uint32, u64 => Uint64,
    f16 => Float16, bf16 => Bfloat16, f32 => Float32, f64 => Float64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_follows_the_order_of_declaration() {
        for (index, (dtype, name, _)) in TABLE.iter().enumerate() {
            assert_eq!(*dtype as usize, index);
            assert_eq!(name.parse::<Dtype>().unwrap(), *dtype);
        }
    }
}
