//! What amaas tells while it works, as records of Python's `logging`: see `amaas/_log.py`.
//!
//! The trap: an event comes from any thread, and logging wants the interpreter. So events are for what
//! happens now and then, as a load; nothing tells of each request.

use std::fmt;

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use crate::{interrupt, outside};

/// Hears of every event of amaas and of ONNX Runtime.
#[derive(Debug)]
struct Bridge;

/// From now on events of this extension go to `logging`.
pub(crate) fn install() {
    // It is the first: the module is made once, and no other code of this library installs one.
    let _first = tracing::subscriber::set_global_default(Bridge);
}

impl Subscriber for Bridge {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let ours = [
            amaas_core::observe::TARGET,
            amaas_core::observe::RUNTIME_TARGET,
        ];
        metadata.is_event()
            && *metadata.level() <= Level::DEBUG
            && ours.contains(&metadata.target())
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::DEBUG)
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut told = Told::default();
        event.record(&mut told);
        // An interpreter that is ending is told nothing.
        outside::attached(|py| {
            // A handler of signals may have run meanwhile: what it raises is for whoever called amaas.
            let told = emit(py, event.metadata(), &told).or_else(interrupt::keep);
            if let Err(error) = told {
                error.write_unraisable(py, None);
            }
        });
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

fn emit(py: Python<'_>, metadata: &Metadata<'_>, told: &Told) -> PyResult<()> {
    static EMIT: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let fields = PyDict::new(py);
    for (name, value) in &told.fields {
        fields.set_item(name, value)?;
    }
    let level = match *metadata.level() {
        Level::ERROR => 40,
        Level::WARN => 30,
        Level::INFO => 20,
        _ => 10,
    };
    let arguments = (metadata.target(), level, &told.message, fields);
    EMIT.import(py, "amaas._log", "emit")?.call1(arguments)?;
    Ok(())
}

/// An event's message and fields, as text.
#[derive(Debug, Default)]
struct Told {
    message: String,
    fields: Vec<(&'static str, String)>,
}

impl Visit for Told {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        match field.name() {
            "message" => self.message = format!("{value:?}"),
            name => self.fields.push((name, format!("{value:?}"))),
        }
    }
}
