//! Who owns the bytes of a tensor.

use super::Element;

/// Memory that holds elements and does not change while it is shared.
///
/// Implemented for `Vec`; the runtime implements it for its outputs, the Python face for numpy.
///
/// ```
/// use amaas_core::{Buffer, Dtype, Tensor};
/// use std::sync::Arc;
///
/// #[derive(Debug)]
/// struct Page(&'static [u8]);
/// impl Buffer for Page {
///     fn bytes(&self) -> &[u8] {
///         self.0
///     }
/// }
///
/// let tensor = Tensor::from_buffer(Dtype::Uint8, [2, 2], Arc::new(Page(&[1, 2, 3, 4])))?;
/// assert_eq!(tensor.view::<u8>()?[[1, 1]], 4);
/// # Ok::<(), amaas_core::Error>(())
/// ```
pub trait Buffer: Send + Sync + std::fmt::Debug {
    /// The same bytes at the same address at every call.
    fn bytes(&self) -> &[u8];
}

impl<T: Element> Buffer for Vec<T> {
    fn bytes(&self) -> &[u8] {
        bytemuck::cast_slice(self)
    }
}

/// Bytes at an address that suits elements of every dtype.
///
/// ```
/// use amaas_core::Buffer;
/// use amaas_core::tensor::AlignedBytes;
///
/// let mut bytes = AlignedBytes::zeroed(3);
/// bytes.as_mut_slice().copy_from_slice(&[1, 2, 3]);
/// assert_eq!(bytes.bytes(), [1, 2, 3]);
/// assert!(bytes.bytes().as_ptr().addr().is_multiple_of(8));
/// ```
#[derive(Debug)]
pub struct AlignedBytes {
    words: Vec<u64>,
    length: usize,
}

impl AlignedBytes {
    /// So many zeros.
    pub fn zeroed(length: usize) -> Self {
        Self {
            words: vec![0; length.div_ceil(8)],
            length,
        }
    }

    /// The same bytes, at another address.
    pub fn copy(bytes: &[u8]) -> Self {
        let mut copy = Self::zeroed(bytes.len());
        copy.as_mut_slice().copy_from_slice(bytes);
        copy
    }

    /// The bytes, to fill before they are shared.
    pub fn as_mut_slice(&mut self) -> &mut [u8] {
        &mut bytemuck::cast_slice_mut(&mut self.words)[..self.length]
    }
}

impl Buffer for AlignedBytes {
    fn bytes(&self) -> &[u8] {
        &bytemuck::cast_slice(&self.words)[..self.length]
    }
}
