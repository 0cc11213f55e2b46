//! Those who wait: who leads next, who runs beside it, and who is taken out.
//!
//! The trap: places are counted in the queue as it is. Whoever finds some takes them out under the
//! same lock.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::batch::Joined;
use super::choose::{Bounds, choose};
use super::cost::Cost;
use super::limits::PoolLimits;
use super::priority::foremost;
use super::share::Shares;
use super::turn::{Caller, Company, Turn};

/// One in so many of those that wait may be passed over by younger ones that run before them. Who lets
/// more go by finds better company, and has the slowest of a hundred wait longer than it would alone.
const PASSED: usize = 5;
/// So many may always be passed over.
const AT_LEAST: usize = 8;
/// So often in a row must a joined run fail whose requests then run well apart, before no more are
/// joined.
const IN_VAIN: usize = 3;

/// The requests that wait for an instance, the oldest first.
#[derive(Debug)]
pub(super) struct Queue {
    waiting: VecDeque<Arc<Turn>>,
    /// Whose tenant's turn it is.
    shares: Shares,
    /// What runs cost in a crowd.
    cost: Cost,
    limits: PoolLimits,
    /// Joined runs in a row that failed where each request ran well apart, up to [`IN_VAIN`].
    in_vain: usize,
}

/// Places in the queue that run together: the one who leads, and those beside it.
#[derive(Debug)]
pub(super) struct Places {
    leader: usize,
    beside: Vec<usize>,
}

/// Who was taken out to run together, the oldest first.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) members: Vec<Arc<Turn>>,
    pub(super) company: Option<Arc<Company>>,
}

impl Queue {
    pub(super) fn new(limits: PoolLimits) -> Self {
        Self {
            waiting: VecDeque::new(),
            shares: Shares::default(),
            cost: Cost::default(),
            limits,
            in_vain: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(super) fn is_full(&self) -> bool {
        self.waiting.len() >= self.limits.waiting
    }

    /// Whether a named tenant holds as many places as are left, and so must leave these to others.
    pub(super) fn is_full_for(&self, tenant: Option<&Arc<str>>) -> bool {
        let left = self.limits.waiting.saturating_sub(self.waiting.len());
        let is_its = |turn: &&Arc<Turn>| turn.work.tenant.as_ref() == tenant;
        tenant.is_some()
            && self.waiting.len() >= left
            && self.waiting.iter().filter(is_its).count() >= left
    }

    pub(super) fn push(&mut self, turn: Arc<Turn>) {
        self.waiting.push_back(turn);
    }

    pub(super) fn remove(&mut self, turn: &Arc<Turn>) {
        self.waiting.retain(|other| !Arc::ptr_eq(other, turn));
    }

    /// Puts members of a lost batch in front again, for they are the oldest.
    pub(super) fn restore(&mut self, members: &[Arc<Turn>]) {
        for turn in members.iter().rev().filter(|turn| turn.wait_again()) {
            self.waiting.push_front(Arc::clone(turn));
        }
    }

    /// Learns from a run what the next ones cost.
    pub(super) fn learn(&mut self, tokens: usize, time: Duration) {
        self.cost.saw(tokens, time);
    }

    /// Learns from a joined run whether joining works; whether this is what ended it for good.
    pub(super) fn joined(&mut self, joined: Joined) -> bool {
        let before = self.in_vain;
        self.in_vain = match joined {
            Joined::Well if self.joins() => 0,
            Joined::InVain => IN_VAIN.min(before + 1),
            _ => before,
        };
        before < IN_VAIN && !self.joins()
    }

    /// Whether requests are joined at all: not where each try was in vain.
    pub(super) fn joins(&self) -> bool {
        self.in_vain < IN_VAIN
    }

    /// Those who run next where so many batches may run `at_once`; `None` when nobody waits, or all that
    /// do wait for company.
    pub(super) fn next(&self, now: Instant, at_once: usize) -> Option<Places> {
        let waiting = &self.waiting;
        let is_ready = |place: &usize| waiting[*place].lingers.is_none_or(|until| until <= now);
        let all: Vec<_> = (0..waiting.len()).collect();
        let ready: Vec<_> = all.iter().copied().filter(is_ready).collect();
        if let Some(leader) = self.foremost(&ready, now) {
            return Some(self.led_by(leader, at_once));
        }
        let places = self.led_by(self.foremost(&all, now)?, at_once);
        let rows = |place: &usize| waiting[*place].work.rows();
        let all = rows(&places.leader) + places.beside.iter().map(rows).sum::<usize>();
        (all >= self.limits.rows).then_some(places)
    }

    /// The one of `places` that leads before the others, of the tenant whose turn it is.
    fn foremost(&self, places: &[usize], now: Instant) -> Option<usize> {
        let tenant = |place: &usize| self.waiting[*place].work.tenant.as_ref();
        match self.shares.favoured(places.iter().map(tenant)) {
            Some(favoured) => {
                let its = places.iter().filter(|place| tenant(place) == favoured);
                self.eldest(&its.copied().collect::<Vec<_>>(), now)
            }
            None => self.eldest(places, now),
        }
    }

    /// The oldest of the highest priority among `places`.
    fn eldest(&self, places: &[usize], now: Instant) -> Option<usize> {
        let rank = |place: &usize| {
            let work = &self.waiting[*place].work;
            let age = now.saturating_duration_since(work.arrived);
            (work.priority, age)
        };
        let first = foremost(places.iter().map(rank), self.limits.ageing);
        first.map(|index| places[index])
    }

    /// The place of a leader and of those that run together with it, leaving work for as many as run at
    /// once.
    fn led_by(&self, leader: usize, at_once: usize) -> Places {
        let waiting = &self.waiting;
        let work = &waiting[leader].work;
        if work.join.is_none() || waiting.len() == 1 || !self.joins() {
            let beside = Vec::new();
            return Places { leader, beside };
        }
        let size = |(other, turn): (usize, &Arc<Turn>)| {
            let fits = || turn.work.beside(work);
            (other != leader).then(fits).flatten()
        };
        let sizes: Vec<_> = waiting.iter().enumerate().map(size).collect();
        let bounds = Bounds {
            rows: self.limits.rows,
            tokens: self.limits.tokens,
            requests: waiting.len().div_ceil(at_once),
            passed: (waiting.len() / PASSED).max(AT_LEAST),
            start: self.cost.start(),
        };
        let beside = choose(work.size(), &sizes, &bounds);
        Places { leader, beside }
    }

    /// Whether it is an instance that the leader waits for, on its own thread.
    pub(super) fn borrows(&self, places: &Places) -> bool {
        self.waiting[places.leader].caller == Caller::Borrows
    }

    /// Takes a batch out of the queue.
    pub(super) fn gather(&mut self, places: Places) -> Batch {
        let Places { leader, mut beside } = places;
        self.shares.led(self.waiting[leader].work.tenant.as_ref());
        beside.push(leader);
        beside.sort_unstable();
        let taken = beside.iter().rev();
        let mut members: Vec<_> = taken
            .filter_map(|place| self.waiting.remove(*place))
            .collect();
        members.reverse();
        for turn in &members {
            let size = turn.work.size();
            let cost = size.rows.saturating_mul(size.length);
            self.shares.serve(turn.work.tenant.as_ref(), cost);
        }
        let company = company(&members);
        members.retain(|turn| {
            let follows = turn.follow(company.as_ref());
            if let Some(company) = company.as_ref().filter(|_| !follows) {
                company.leave();
            }
            follows
        });
        // One may be all that is left: then it runs on its own after all.
        let company = company.filter(|_| !is_on_its_own(&members));
        Batch { members, company }
    }
}

/// What ends the run of these once the last has gone; `None` where one stays to the end.
fn company(members: &[Arc<Turn>]) -> Option<Arc<Company>> {
    let all_may_leave = members.iter().all(|turn| turn.may_leave());
    (all_may_leave && !is_on_its_own(members)).then(|| Company::of(members.len()))
}

/// One that runs on its own thread needs no company: its own flag ends its run.
fn is_on_its_own(members: &[Arc<Turn>]) -> bool {
    matches!(members, [only] if only.caller != Caller::Away)
}
