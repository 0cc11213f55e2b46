//! The till of a service: every request passes it twice, to be admitted and to be charged.
//!
//! The trap: a receipt is priced and entered under its tenant's lock, so that each finds the sums of
//! those before it. A strict ledger makes a tenant's requests wait there for the disk, one after the
//! other. And a receipt is dated by the time of day at which its request came and by what passed since: a
//! clock that is set meanwhile dates the next one.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Instant, SystemTime};

use ahash::RandomState;

use super::account::{Account, Desk};
use super::{Book, PriceTable, Quotas, Standing, Usage};
use crate::Result;
use crate::clock::{Clock, Day};

/// Prices, quotas and the book of one service, and the accounts of its tenants.
#[derive(Debug)]
pub(crate) struct Till {
    prices: Option<PriceTable>,
    quotas: Quotas,
    book: Option<Arc<dyn Book>>,
    clock: Arc<dyn Clock>,
    accounts: RwLock<Accounts>,
}

/// Hashed with keys of this process, so that no names of tenants can be made to collide.
type Accounts = HashMap<Arc<str>, Arc<Mutex<Account>>, RandomState>;

/// From so many on, accounts are looked through before their number doubles.
const MANY: usize = 1024;

/// A place that is held for one request; given back when it is settled, or dropped.
#[derive(Debug)]
pub(crate) struct Reserved {
    account: Arc<Mutex<Account>>,
    is_held: AtomicBool,
    /// When that was, by either clock.
    at: (SystemTime, Instant),
    /// Tokens that were taken from the account already, while the request went on.
    taken: AtomicU64,
}

impl Drop for Reserved {
    fn drop(&mut self) {
        if *self.is_held.get_mut() {
            lock(&self.account).release();
        }
    }
}

impl Till {
    /// A till, unless there is nothing for it to do.
    pub(crate) fn new(
        prices: Option<PriceTable>,
        quotas: Option<Quotas>,
        book: Option<Arc<dyn Book>>,
        clock: Arc<dyn Clock>,
    ) -> Option<Self> {
        let is_idle = prices.is_none() && quotas.is_none() && book.is_none();
        (!is_idle).then(|| Self {
            prices,
            quotas: quotas.unwrap_or_default(),
            book,
            clock,
            accounts: RwLock::default(),
        })
    }

    /// Holds a place for a request of a tenant that came at `now`.
    ///
    /// # Errors
    /// `QuotaExceeded`, `BudgetExhausted`, and what the book ends with.
    pub(crate) fn reserve(&self, tenant: Option<&Arc<str>>, now: Instant) -> Result<Reserved> {
        let desk = self.desk_at(self.clock.calendar(), now);
        let account = self.account(tenant, &desk);
        lock(&account).reserve(&desk)?;
        Ok(Reserved {
            account,
            is_held: AtomicBool::new(true),
            at: (desk.at, now),
            taken: AtomicU64::new(0),
        })
    }

    /// Prices the receipt of a request that was answered at `now`, and enters it.
    ///
    /// # Errors
    /// What the book ends with; `InvalidArgument` for a price that is too large.
    pub(crate) fn settle(
        &self,
        reserved: &Reserved,
        usage: &mut Usage,
        idempotency: Option<&Arc<str>>,
        now: Instant,
    ) -> Result<()> {
        let desk = self.desk_after(reserved, now);
        let mut account = lock(&reserved.account);
        if reserved.is_held.swap(false, Relaxed) {
            account.release();
        }
        account.give_back(reserved.taken.swap(0, Relaxed));
        account.settle(usage, idempotency, &desk)
    }

    /// Whether a request may go on that has used so much; takes the tokens from the account.
    ///
    /// # Errors
    /// `QuotaExceeded`, `BudgetExhausted`, and what the book ends with.
    #[cfg(feature = "generation")]
    pub(crate) fn go_on(&self, reserved: &Reserved, usage: &Usage) -> Result<()> {
        let used = usage.tokens.saturating_add(usage.tokens_out);
        let desk = self.desk_after(reserved, self.clock.now());
        let mut account = lock(&reserved.account);
        let new = used.saturating_sub(reserved.taken.load(Relaxed));
        reserved.taken.fetch_add(new, Relaxed);
        account.go_on(usage, new, &desk)
    }

    /// Prices a receipt that no place was held for, and enters it.
    ///
    /// # Errors
    /// As [`Till::settle`].
    pub(crate) fn charge(&self, usage: &mut Usage) -> Result<()> {
        let desk = self.desk();
        let account = self.account(usage.tenant.clone().as_ref(), &desk);
        lock(&account).settle(usage, None, &desk)
    }

    /// What a tenant used so far today and this month.
    ///
    /// # Errors
    /// What the book ends with.
    pub(crate) fn standing(&self, tenant: Option<&Arc<str>>) -> Result<Standing> {
        let desk = self.desk();
        let account = self.account(tenant, &desk);
        lock(&account).standing(&desk)
    }

    /// Whether settling waits for a book.
    pub(crate) fn waits(&self) -> bool {
        self.book.as_ref().is_some_and(|book| book.waits())
    }

    fn desk(&self) -> Desk<'_> {
        self.desk_at(self.clock.calendar(), self.clock.now())
    }

    /// The time of day is that of the reservation and what has passed since, so that it is read once.
    fn desk_after(&self, reserved: &Reserved, now: Instant) -> Desk<'_> {
        let (at, then) = reserved.at;
        self.desk_at(at + now.saturating_duration_since(then), now)
    }

    fn desk_at(&self, at: SystemTime, now: Instant) -> Desk<'_> {
        Desk {
            prices: self.prices.as_ref(),
            book: self.book.as_deref(),
            at,
            day: Day::of(at),
            now,
        }
    }

    fn account(&self, tenant: Option<&Arc<str>>, desk: &Desk<'_>) -> Arc<Mutex<Account>> {
        let name = tenant.map_or("", |tenant| tenant);
        let accounts = self.accounts.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(account) = accounts.get(name) {
            return Arc::clone(account);
        }
        drop(accounts);
        let mut accounts = self
            .accounts
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        forget(&mut accounts, desk);
        let name: Arc<str> = tenant.map_or_else(|| "".into(), Arc::clone);
        let open = || {
            let quota = self.quotas.of(&name).clone();
            Arc::new(Mutex::new(Account::open(Arc::clone(&name), quota, desk)))
        };
        Arc::clone(accounts.entry(Arc::clone(&name)).or_insert_with(open))
    }
}

/// Lets go of accounts that a new one would equal, whenever there is room for no more of them.
fn forget(accounts: &mut Accounts, desk: &Desk<'_>) {
    if accounts.len() < MANY || accounts.len() < accounts.capacity() {
        return;
    }
    let stays = |account: &Arc<Mutex<Account>>| {
        Arc::strong_count(account) > 1 || !lock(account).is_forgettable(desk)
    };
    accounts.retain(|_, account| stays(account));
}

fn lock(account: &Mutex<Account>) -> MutexGuard<'_, Account> {
    account.lock().unwrap_or_else(PoisonError::into_inner)
}
