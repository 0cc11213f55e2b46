//! What a notebook shows: see `amaas/_cards.py`.

use pyo3::prelude::*;

use crate::lifecycle::{Updated, VersionStatus};
use crate::records::{Model, Placement, Usage};
use crate::registry::Registry;
use crate::route::Route;
use crate::service::Service;
use crate::trial::Trial;
use crate::tune::Tuned;

macro_rules! cards {
    ($($kind:ty),*) => {$(
        #[pymethods]
        impl $kind {
            fn _repr_html_(slf: &Bound<'_, Self>) -> PyResult<String> {
                slf.py().import("amaas._cards")?.call_method1("card", (slf,))?.extract()
            }
        }
    )*};
}

cards!(
    Service,
    Route,
    Registry,
    Model,
    Placement,
    Usage,
    VersionStatus,
    Updated,
    Trial,
    Tuned
);
