//! What records have in common: plain objects that compare by value and print as they are made.
//!
//! The trap: fields are shown by their own `repr`, so a record is asked for them as Python asks.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

/// Declares a frozen class whose fields Python reads, with `==` and `repr`.
macro_rules! record {
    ($(#[$about:meta])* $name:ident { $($(#[$field_about:meta])* $field:ident: $kind:ty,)* }) => {
        $(#[$about])*
        #[pyclass(frozen, get_all, eq, module = "amaas")]
        #[derive(Debug, Clone, PartialEq)]
        pub(crate) struct $name {
            $($(#[$field_about])* pub(crate) $field: $kind,)*
        }

        #[pymethods]
        impl $name {
            fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
                $crate::record::shown(slf.as_any(), &[$(stringify!($field)),*])
            }
        }
    };
}

pub(crate) use record;

/// `Name(field=value, …)`.
pub(crate) fn shown(record: &Bound<'_, PyAny>, fields: &[&str]) -> PyResult<String> {
    let one = |field: &&str| Ok(format!("{field}={}", record.getattr(*field)?.repr()?));
    let fields = fields.iter().map(one).collect::<PyResult<Vec<_>>>()?;
    Ok(format!(
        "{}({})",
        record.get_type().name()?,
        fields.join(", ")
    ))
}

/// What `pickle` is told: the class, called with these fields as keyword arguments.
pub(crate) fn rebuilt<'py>(
    record: &Bound<'py, PyAny>,
    fields: &[&str],
) -> PyResult<Bound<'py, PyAny>> {
    let py = record.py();
    let keywords = PyDict::new(py);
    for field in fields {
        keywords.set_item(field, record.getattr(*field)?)?;
    }
    let partial = py.import("functools")?.getattr("partial")?;
    let make = partial.call((record.get_type(),), Some(&keywords))?;
    Ok((make, PyTuple::empty(py)).into_pyobject(py)?.into_any())
}
