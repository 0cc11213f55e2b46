//! What a request used, and what all requests together used.

mod meter;
mod receipt;

pub use self::meter::{Meter, Totals};
pub use self::receipt::Usage;
