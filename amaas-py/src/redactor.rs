//! `amaas.Redactor`: takes what is sensitive out of texts.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use amaas_core::privacy::{Redaction as CoreRedaction, Redactor as CoreRedactor, Sensitive};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;

use crate::errors::Result;

/// Takes what is sensitive out of texts, before a model, a log or a trace sees them.
///
/// ``names`` are looked for as whole words. ``default`` is what becomes of what is found:
/// ``"mask"``, ``"hash"``, which needs a ``key``, ``"placeholder"``, which ``restore`` turns back, or
/// ``"keep"``; ``actions`` says otherwise for one of ``"name"``, ``"email"``, ``"phone"``, ``"card"``,
/// ``"iban"``, ``"ssn"``, ``"china_id"`` and ``"ip"``.
///
/// Raises ``InvalidArgument`` for an unknown kind or action, an empty name, and hashes without a key.
///
/// >>> redactor = amaas.Redactor(["Ada Lovelace"], actions={"name": "placeholder"})
/// >>> redaction = redactor.redact("Ada Lovelace, ada@example.org")
/// >>> redaction.text
/// '<NAME_1>, [EMAIL]'
/// >>> redaction.restore("Dear <NAME_1>")
/// 'Dear Ada Lovelace'
#[pyclass(frozen, module = "amaas", from_py_object)]
#[derive(Debug, Clone)]
pub(crate) struct Redactor(pub(crate) Arc<CoreRedactor>);

#[pymethods]
impl Redactor {
    #[new]
    #[pyo3(signature = (names = Vec::new(), *, actions = BTreeMap::new(), default = "mask", key = None),
           text_signature = "(names=(), *, actions={}, default='mask', key=None)")]
    fn new(
        names: Vec<String>,
        actions: BTreeMap<String, String>,
        default: &str,
        key: Option<PyBackedBytes>,
    ) -> Result<Self> {
        let mut builder = CoreRedactor::builder().names(names);
        builder = builder.act_on_all(default.parse()?);
        for (kind, action) in &actions {
            builder = builder.act(kind.parse()?, action.parse()?);
        }
        if let Some(key) = &key {
            builder = builder.key(key);
        }
        Ok(Self(Arc::new(builder.build()?)))
    }

    /// ``text`` without what is sensitive in it.
    ///
    /// >>> redactor.redact("ada@example.org").text
    /// '[EMAIL]'
    fn redact(&self, py: Python<'_>, text: &str) -> Redaction {
        let redaction = py.detach(|| self.0.redact(text));
        let found = characters(text, redaction.found());
        Redaction { redaction, found }
    }

    fn __repr__(&self) -> String {
        format!("<{:?}>", self.0)
    }
}

/// A text without what was sensitive in it, and the way back for what placeholders stand for: it
/// holds what was sensitive, and should live no longer than the answer takes.
#[pyclass(frozen, module = "amaas")]
#[derive(Debug)]
pub(crate) struct Redaction {
    redaction: CoreRedaction,
    found: Vec<(String, usize, usize)>,
}

#[pymethods]
impl Redaction {
    /// The text, as it may be shown.
    #[getter]
    fn text(&self) -> &str {
        self.redaction.text()
    }

    /// What was found: kind, begin and end in the text that was given.
    #[getter]
    fn found(&self) -> Vec<(String, usize, usize)> {
        self.found.clone()
    }

    /// ``output`` with every placeholder of this text turned back into what it stood for.
    ///
    /// >>> redaction.restore("Dear <NAME_1>")
    /// 'Dear Ada Lovelace'
    fn restore(&self, output: &str) -> String {
        self.redaction.restore(output)
    }

    fn __repr__(&self) -> String {
        format!("<{:?}>", self.redaction)
    }
}

/// Places in characters, as Python counts, for places in bytes, which ascend.
fn characters(text: &str, found: &[(Sensitive, Range<usize>)]) -> Vec<(String, usize, usize)> {
    let (mut at, mut count) = (0, 0);
    let mut place = |byte: usize| {
        count += text[at..byte].chars().count();
        at = byte;
        count
    };
    let one = |(kind, range): &(Sensitive, Range<usize>)| {
        let name = kind.name().to_ascii_lowercase();
        (name, place(range.start), place(range.end))
    };
    found.iter().map(one).collect()
}
