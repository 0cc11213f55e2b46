//! The Python face of amaas: the extension module `amaas._amaas`.
//!
//! Nothing is decided here. A function converts what Python gave, calls `amaas-core` detached
//! from the interpreter, so that other Python threads go on meanwhile, and converts the answer.
//! What reads better in Python is written in Python, in `python/amaas`.
//!
//! The trap: importing this module must stay cheap, so it imports neither numpy nor ONNX
//! Runtime. numpy is imported by the first `run` or `embed`, ONNX Runtime is loaded by the first `Service`.

#![expect(
    clippy::needless_pass_by_value,
    reason = "what Python hands over comes by value"
)]

mod arrays;
mod arrow;
mod call;
mod cards;
mod checks;
mod classification;
mod devices;
mod embedding;
mod errors;
mod exchange;
mod following;
mod generation;
mod held;
mod images;
mod interrupt;
mod kept;
mod keys;
mod later;
mod ledger;
mod lifecycle;
mod log;
mod map;
mod memory;
mod metrics;
mod names;
mod narrow;
mod origin;
mod outside;
mod pairs;
mod program;
mod progress;
mod publishing;
mod receipt;
mod record;
mod records;
mod redactor;
mod registry;
mod remote;
mod route;
mod service;
mod settings;
mod signature;
mod sound;
mod speech;
mod stored;
mod stream;
mod tagging;
mod tenancy;
mod text_stream;
mod texts;
mod trial;
mod trust;
mod tune;
mod vision;
mod watch;

use pyo3::prelude::*;

#[pymodule(gil_used = false)]
mod _amaas {
    #[pymodule_export]
    use crate::checks::{Checked, Damage, Verified, VerifyReport};
    #[pymodule_export]
    use crate::exchange::{Exported, ExportedArchive, Imported, ImportedAlias, ImportedArchive};
    #[pymodule_export]
    use crate::held::forked;
    #[pymodule_export]
    use crate::kept::Kept;
    #[pymodule_export]
    use crate::keys::{KeyRequest, Keys};
    #[pymodule_export]
    use crate::later::later;
    #[pymodule_export]
    use crate::ledger::{Invoice, InvoiceLine, Ledger, Sum};
    #[pymodule_export]
    use crate::lifecycle::{Moved, Unmoved, Updated, VersionStatus, Warmed};
    #[pymodule_export]
    use crate::outside::ending;
    #[pymodule_export]
    use crate::program::main;
    #[pymodule_export]
    use crate::progress::Progress;
    #[pymodule_export]
    use crate::receipt::Receipt;
    #[pymodule_export]
    use crate::records::{Device, Model, Placement, Published, Usage, Weights};
    #[pymodule_export]
    use crate::redactor::{Redaction, Redactor};
    #[pymodule_export]
    use crate::registry::Registry;
    #[pymodule_export]
    use crate::remote::{Pulled, Pushed, Remote, RemoteModel};
    #[pymodule_export]
    use crate::route::Route;
    #[pymodule_export]
    use crate::service::Service;
    #[pymodule_export]
    use crate::settings::WarmUp;
    #[pymodule_export]
    use crate::signature::{Port, Signature};
    #[pymodule_export]
    use crate::stored::{
        AliasChange, GcReport, Resolved, Statistics, VersionEntry, VersionStatistics, Yanked,
    };
    #[pymodule_export]
    use crate::stream::{Stream, feed_together};
    #[pymodule_export]
    use crate::tenancy::{Standing, Tenancy};
    #[pymodule_export]
    use crate::text_stream::TextStream;
    #[pymodule_export]
    use crate::texts::{Chunks, Part, chunks};
    #[pymodule_export]
    use crate::trial::{Guard, Trial};
    #[pymodule_export]
    use crate::trust::Trust;
    #[pymodule_export]
    use crate::tune::{TuneProgress, TuneRow, Tuned};
    #[pymodule_export]
    use crate::watch::Watcher;
    use pyo3::prelude::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::log::install();
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
