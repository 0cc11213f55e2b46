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
