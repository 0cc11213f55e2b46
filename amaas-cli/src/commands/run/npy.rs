//! Reading numpy's `.npy` files, by the format's description in numpy's documentation
//! (`numpy.lib.format`), versions 1 to 3.
//!
//! A file is `\x93NUMPY`, two bytes of version, the length of the header, the header (a literal
//! of a Python dictionary) and the elements.
//!
//! The trap: arrays may lie column by column or in the other byte order. Both are refused rather
//! than read wrongly; numpy writes what is read here unless it is told otherwise.

use std::sync::Arc;

use amaas_core::tensor::AlignedBytes;
use amaas_core::{Dtype, Error, ErrorKind, Result, Tensor};

const MAGIC: &[u8] = b"\x93NUMPY";

/// numpy's codes; the byte order comes before them.
const CODES: [(&str, Dtype); 14] = [
    ("b1", Dtype::Bool),
    ("i1", Dtype::Int8),
    ("i2", Dtype::Int16),
    ("i4", Dtype::Int32),
    ("i8", Dtype::Int64),
    ("u1", Dtype::Uint8),
    ("u2", Dtype::Uint16),
    ("u4", Dtype::Uint32),
    ("u8", Dtype::Uint64),
    ("f2", Dtype::Float16),
    ("f4", Dtype::Float32),
    ("f8", Dtype::Float64),
    ("c8", Dtype::Complex64),
    ("c16", Dtype::Complex128),
];

/// The tensor in a file's bytes.
///
/// # Errors
/// `InvalidArgument` for what is no `.npy` file or is cut short, `Unsupported` for a dtype or an
/// order of elements that amaas does not read.
pub(super) fn read(file: &[u8]) -> Result<Tensor> {
    let (header, elements) = split(file).ok_or_else(malformed)?;
    let dtype = dtype(header)?;
    if value(header, "fortran_order")
        .ok_or_else(malformed)?
        .starts_with("True")
    {
        return Err(unsupported("the array lies column by column")
            .advise("save `numpy.ascontiguousarray(array)`"));
    }
    let shape = shape(header).ok_or_else(malformed)?;
    Tensor::from_buffer(dtype, shape, Arc::new(AlignedBytes::copy(elements)))
}

/// Header and elements.
fn split(file: &[u8]) -> Option<(&str, &[u8])> {
    let rest = file.strip_prefix(MAGIC)?;
    let (version, rest) = rest.split_first_chunk::<2>()?;
    let (length, rest) = match version[0] {
        1 => {
            let (length, rest) = rest.split_first_chunk()?;
            (usize::from(u16::from_le_bytes(*length)), rest)
        }
        2 | 3 => {
            let (length, rest) = rest.split_first_chunk()?;
            (usize::try_from(u32::from_le_bytes(*length)).ok()?, rest)
        }
        _ => return None,
    };
    let (header, elements) = rest.split_at_checked(length)?;
    Some((std::str::from_utf8(header).ok()?, elements))
}

/// What stands after `'key':`.
fn value<'a>(header: &'a str, key: &str) -> Option<&'a str> {
    let (_, rest) = header.split_once(&format!("'{key}':"))?;
    Some(rest.trim_start())
}

fn dtype(header: &str) -> Result<Dtype> {
    let code = value(header, "descr").and_then(|rest| rest.strip_prefix('\'')?.split('\'').next());
    let code = code.ok_or_else(malformed)?;
    let own_order = if cfg!(target_endian = "little") {
        '<'
    } else {
        '>'
    };
    let bare = code.strip_prefix([own_order, '|', '=']);
    let known = CODES.iter().find(|(known, _)| Some(*known) == bare);
    known.map(|(_, dtype)| *dtype).ok_or_else(|| {
        let code: String = code.chars().take(16).collect();
        unsupported(format!("the array has the dtype `{code}`"))
            .advise("save it in the machine's byte order, as bool, int, uint, float or complex")
    })
}

fn shape(header: &str) -> Option<Vec<usize>> {
    let list = value(header, "shape")?.strip_prefix('(')?;
    let (list, _) = list.split_once(')')?;
    let lengths = list.split(',').map(str::trim);
    let lengths = lengths.filter(|length| !length.is_empty());
    lengths.map(|length| length.parse().ok()).collect()
}

fn malformed() -> Error {
    Error::new(ErrorKind::InvalidArgument, "the file is not numpy's `.npy`")
        .advise("write it with `numpy.save`")
}

fn unsupported(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Unsupported, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `numpy.save` writes it.
    fn file(descr: &str, order: &str, shape: &str, elements: &[u8]) -> Vec<u8> {
        let header =
            format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}\n");
        let length = u16::try_from(header.len()).unwrap().to_le_bytes();
        [MAGIC, &[1, 0], &length, header.as_bytes(), elements].concat()
    }

    #[test]
    fn arrays_are_read_in_every_rank() {
        let elements: Vec<u8> = [1_i64, 2, 3].iter().flat_map(|x| x.to_le_bytes()).collect();
        for (shape, expected) in [("(1, 3)", vec![1, 3]), ("(3,)", vec![3])] {
            let tensor = read(&file("<i8", "False", shape, &elements)).unwrap();
            assert_eq!(tensor.shape().to_vec(), expected);
            assert_eq!(tensor.as_slice::<i64>().unwrap(), [1, 2, 3]);
        }
        let scalar = read(&file("|b1", "False", "()", &[1])).unwrap();
        assert_eq!(scalar.shape().rank(), 0);
        assert_eq!(scalar.as_slice::<bool>().unwrap(), [true]);
    }

    #[test]
    fn what_is_no_array_is_refused() {
        let whole = file("<f4", "False", "(2,)", &[0; 8]);
        for end in 0..whole.len() {
            assert!(read(&whole[..end]).is_err(), "{end}");
        }
        for bytes in [
            b"PK\x03\x04".to_vec(),
            file("<f4", "False", "(-2,)", &[0; 8]),
            file("<f4", "False", "(99999999999999999999,)", &[]),
            file("<f4", "False", "(3,)", &[0; 8]),
            [MAGIC, &[9, 0, 0, 0]].concat(),
        ] {
            let error = read(&bytes).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
        }
        for bytes in [
            file(">f4", "False", "(2,)", &[0; 8]),
            file("<U3", "False", "(2,)", &[0; 24]),
            file("<f4", "True", "(1, 2)", &[0; 8]),
        ] {
            let error = read(&bytes).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
        }
    }
}
