//! Making a service.

use std::path::PathBuf;
use std::sync::Arc;

use super::listener::Listener;
use super::members::Members;
use super::settings::LoadSettings;
use super::task::PrepareTask;
use super::threads::Threads;
#[cfg(feature = "sign")]
use super::trust::Trust;
use super::update::UpdateMode;
use super::versions::Versions;
use super::{Service, ServiceInner};
use crate::clock::{Clock, SystemClock};
use crate::privacy::Keys;
use crate::registry::{HOME, Registry};
use crate::runtime::Backend;
use crate::runtime::ort::{OrtBackend, RuntimeOptions};
use crate::usage::{Book, PriceTable, Quotas, Till, Usage};
use crate::{Error, ErrorKind, Result};

/// Settings of a service; see [`Service::builder`].
#[derive(Debug)]
pub struct ServiceBuilder {
    prepare: PrepareTask,
    registry: Option<PathBuf>,
    runtime: RuntimeOptions,
    backend: Option<Arc<dyn Backend>>,
    clock: Arc<dyn Clock>,
    settings: LoadSettings,
    mode: UpdateMode,
    budget: Option<u64>,
    keys: Keys,
    #[cfg(feature = "sign")]
    trust: Trust,
    prices: Option<PriceTable>,
    quotas: Option<Quotas>,
    book: Option<Arc<dyn Book>>,
    listener: Option<Listener>,
}

impl ServiceBuilder {
    /// A builder for a service that knows the tasks of `prepare`.
    pub(crate) fn new(prepare: PrepareTask) -> Self {
        Self {
            prepare,
            registry: None,
            runtime: RuntimeOptions::default(),
            backend: None,
            clock: Arc::new(SystemClock::default()),
            settings: LoadSettings::default(),
            mode: UpdateMode::default(),
            budget: None,
            keys: Keys::default(),
            #[cfg(feature = "sign")]
            trust: Trust::default(),
            prices: None,
            quotas: None,
            book: None,
            listener: None,
        }
    }

    /// The folder of the registry; made when it is not there. Without it the folder that
    /// `AMAAS_HOME` names; without that, only paths can be loaded.
    #[must_use]
    pub fn registry(mut self, root: impl Into<PathBuf>) -> Self {
        self.registry = Some(root.into());
        self
    }

    /// Where ONNX Runtime is looked for.
    #[must_use]
    pub fn runtime(mut self, options: RuntimeOptions) -> Self {
        self.runtime = options;
        self
    }

    /// Another inference engine in place of ONNX Runtime.
    #[must_use]
    pub fn backend(mut self, backend: Arc<dyn Backend>) -> Self {
        self.backend = Some(backend);
        self
    }

    /// Another source of time.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// How models are loaded unless a call says otherwise.
    #[must_use]
    pub fn settings(mut self, settings: LoadSettings) -> Self {
        self.settings = settings;
        self
    }

    /// How routes move to another version.
    #[must_use]
    pub fn update_mode(mut self, mode: UpdateMode) -> Self {
        self.mode = mode;
        self
    }

    /// How many bytes of models may be in memory before the least recently used are let go, until
    /// their next request; counted by the size of graph and weights on disk, which an instance
    /// exceeds. Versions that were loaded from a path, those of pinned routes and those with
    /// requests under way stay, so that the budget may be exceeded; that is told in an event.
    #[must_use]
    pub fn memory_budget(mut self, bytes: u64) -> Self {
        self.budget = Some(bytes);
        self
    }

    /// Where keys to encrypted packages come from.
    #[must_use]
    pub fn keys(mut self, keys: Keys) -> Self {
        self.keys = keys;
        self
    }

    /// Whose packages are run; anybody's, unless said otherwise.
    #[cfg(feature = "sign")]
    #[must_use]
    pub fn trust(mut self, trust: Trust) -> Self {
        self.trust = trust;
        self
    }

    /// What requests cost; every receipt then has a price.
    #[must_use]
    pub fn prices(mut self, prices: PriceTable) -> Self {
        self.prices = Some(prices);
        self
    }

    /// Where receipts are kept: a `Ledger`, or a host's own book. Without one, sums of tenants
    /// begin at nothing with the service.
    #[must_use]
    pub fn ledger(mut self, book: impl Book + 'static) -> Self {
        self.book = Some(Arc::new(book));
        self
    }

    /// How much each tenant may use.
    #[must_use]
    pub fn quotas(mut self, quotas: Quotas) -> Self {
        self.quotas = Some(quotas);
        self
    }

    /// Has `listen` told of each receipt once it is settled: of every answer, of a text that ended
    /// early, and of time that a version was kept loaded. It is called on the thread that settles, by
    /// several at once, and the answer waits for it; one that panics is told in an event.
    ///
    /// ```no_run
    /// use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    ///
    /// static TOKENS: AtomicU64 = AtomicU64::new(0);
    /// let service = amaas_core::Service::builder()
    ///     .on_receipt(|usage| drop(TOKENS.fetch_add(usage.tokens, Relaxed)))
    ///     .build()?;
    /// # Ok::<(), amaas_core::Error>(())
    /// ```
    #[must_use]
    pub fn on_receipt(mut self, listen: impl Fn(&Usage) + Send + Sync + 'static) -> Self {
        self.listener = Some(Listener::new(listen));
        self
    }

    /// Finds the runtime and opens the registry.
    ///
    /// # Errors
    /// `RuntimeUnavailable` when no usable ONNX Runtime is found; `Io` or `Corrupt` when the
    /// registry cannot be opened.
    pub fn build(self) -> Result<Service> {
        let root = self
            .registry
            .or_else(|| std::env::var_os(HOME).map(PathBuf::from));
        let open = |root| Registry::open_with(root, Arc::clone(&self.clock));
        let registry = root
            .filter(|root| !root.as_os_str().is_empty())
            .map(open)
            .transpose()?
            .map(|registry: Registry| registry.with_keys(self.keys));
        let backend = match self.backend {
            Some(backend) => backend,
            None => Arc::new(OrtBackend::open(&self.runtime)?),
        };
        let clock = Arc::clone(&self.clock);
        Ok(Service::new(ServiceInner {
            till: Till::new(self.prices, self.quotas, self.book, clock),
            listener: self.listener,
            prepare: self.prepare,
            registry,
            backend,
            clock: self.clock,
            settings: self.settings,
            mode: self.mode,
            budget: self.budget,
            versions: Versions::default(),
            members: Members::default(),
            threads: Arc::new(Threads::default()),
            #[cfg(feature = "sign")]
            trust: self.trust,
            #[cfg(feature = "otel")]
            instruments: std::sync::OnceLock::new(),
        }))
    }
}

/// What a service without a registry answers when it needs one.
pub(super) fn no_registry() -> Error {
    Error::new(ErrorKind::NotFound, "this service has no registry").advise(format!(
        "name its folder when the service is made, or set {HOME}; paths load without one"
    ))
}
