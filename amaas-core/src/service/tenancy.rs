//! Time by which a tenant is charged: a version that is kept loaded for it.
//!
//! ```no_run
//! use amaas_core::Service;
//! use amaas_core::usage::PriceTable;
//!
//! let prices = PriceTable::open("prices.toml")?;
//! let route = Service::builder().registry("models/").prices(prices).build()?.load("ner@^1")?;
//! let tenancy = route.keep_for("acme")?;
//! // … each hour, so that a crash loses no more than that:
//! println!("{:?}", tenancy.settle()?.price);
//! # Ok::<(), amaas_core::Error>(())
//! ```
//!
//! The trap: what was not settled when the process dies is never charged. What is left when the
//! tenancy is dropped is charged then, and an error of that is told in an event only.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use super::Route;
use crate::usage::{Usage, tenant};
use crate::{Result, observe};

/// Keeps what a route serves in memory on behalf of a tenant, who pays for the time. It pins the
/// route, and leaves it pinned.
#[derive(Debug)]
pub struct Tenancy {
    route: Route,
    tenant: Arc<str>,
    since: Mutex<Instant>,
}

impl Route {
    /// Keeps what the route serves in memory for `tenant`, from now on.
    ///
    /// # Errors
    /// `InvalidArgument` for a name that cannot be written down; as [`Service::load`] when the
    /// version had left the memory and cannot be loaded again.
    ///
    /// [`Service::load`]: super::Service::load
    pub fn keep_for(&self, tenant: impl Into<Arc<str>>) -> Result<Tenancy> {
        let tenant = tenant.into();
        tenant::check("tenant", Some(&tenant))?;
        self.pin(true);
        self.load_if_gone()?;
        Ok(Tenancy {
            since: Mutex::new(self.clock().now()),
            route: self.clone(),
            tenant,
        })
    }
}

impl Tenancy {
    /// Charges for the time since it began or was last settled, by the version that answers now.
    ///
    /// # Errors
    /// What the ledger ends with; the time is then charged with the next receipt.
    pub fn settle(&self) -> Result<Usage> {
        let mut since = self.since.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.route.clock().now();
        let loaded = now.saturating_duration_since(*since);
        let mut usage = self.route.lease().receipt().kept(loaded);
        usage.tenant = Some(Arc::clone(&self.tenant));
        self.route.charge(&mut usage)?;
        *since = now;
        Ok(usage)
    }
}

impl Drop for Tenancy {
    fn drop(&mut self) {
        if let Err(error) = self.settle() {
            observe::not_charged(&error);
        }
    }
}
