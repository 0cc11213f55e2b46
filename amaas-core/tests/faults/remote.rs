//! A remote to pull from, in a thread of the parent.

use std::path::Path;
use std::sync::OnceLock;

use amaas_core::Result;
use amaas_core::registry::Registry;

use crate::site::Site;
use crate::support::builder;

/// Where a child finds it.
pub(crate) const PORT: &str = "AMAAS_TEST_PORT";

pub(crate) fn port() -> u16 {
    static FOUND: OnceLock<u16> = OnceLock::new();
    *FOUND.get_or_init(|| match std::env::var(PORT) {
        Ok(port) => port.parse().unwrap(),
        Err(_) => Site::new().serve().port,
    })
}

/// With one worker, so that the calls come in one order.
pub(crate) fn pull(root: &Path) -> Result<()> {
    let registry = Registry::open(root)?;
    let remote = builder(port()).parallel(1).open()?;
    remote
        .pull(&registry, &"ner".parse()?, &"*".parse()?)
        .map(drop)
}
