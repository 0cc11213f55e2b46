//! A backend without a runtime.
