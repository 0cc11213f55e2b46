//! `Route.map`, which is written in Python: see `amaas/_map.py`.

use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors::Result;
use crate::route::Route;

#[pymethods]
impl Route {
    /// Answer row after row of anything that can be iterated, in its order: a generator.
    ///
    /// ``rows`` are texts, or dicts as ``run`` takes them; a column of pandas, polars or pyarrow, a
    /// generator, the lines of a file. ``batch`` is how many are asked for at once at the most, and no more
    /// are held, whatever the length: it begins with 16, and the sooner those are answered the more follow,
    /// up to sixteen times as many; no more where it took two seconds. The next rows are read when the
    /// answers before them were taken. A stream of Arrow's is read chunk by chunk. ``options`` are those of
    /// calling the route, of ``embed`` or of ``run``. Each row gets what it would get in a list.
    ///
    /// ``errors="raise"`` ends at the first row that the model does not take; ``"return"`` puts the
    /// exception in the place of that row's answer and goes on. ``progress`` is a function that is
    /// called with a ``RowProgress``, ``False`` for nothing, or ``None`` for a bar on a terminal.
    ///
    /// Raises ``InvalidArgument`` for what is no ``batch`` or ``errors``, at once; then, from the
    /// generator, as the calls raise.
    ///
    /// >>> for answer in reviews.map(open("reviews.txt")):
    /// ...     print(answer["label"])
    #[pyo3(signature = (rows, *, batch = 16_384, errors = "raise", progress = None, **options))]
    fn map<'py>(
        slf: &Bound<'py, Self>,
        rows: &Bound<'py, PyAny>,
        batch: i64,
        errors: &str,
        progress: Option<&Bound<'py, PyAny>>,
        options: Option<&Bound<'py, PyDict>>,
    ) -> Result<Bound<'py, PyAny>> {
        let py = slf.py();
        let options = options.map_or_else(|| PyDict::new(py), Clone::clone);
        let arguments = (slf, rows, batch, errors, progress, options);
        Ok(py
            .import("amaas._map")?
            .call_method1("answers", arguments)?)
    }
}
