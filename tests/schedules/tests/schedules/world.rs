//! A pool over models that answer each row with itself.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use amaas_schedules::clock::ManualClock;
use amaas_schedules::runtime::{Instance, Stop};
use amaas_schedules::scheduler::{
    Budget, Growth, Instances, Join, Pool, PoolLimits, Queued, Ran, Request, Share, Wanted,
};
use amaas_schedules::{Error, Result, Tensor};
use shuttle::thread;

/// What a run does before it answers, given its rows.
pub(crate) type Does = dyn Fn(&[i64], Option<&Stop>) -> Result<()> + Send + Sync;

pub(crate) struct World {
    pub(crate) pool: Pool,
    pub(crate) clock: Arc<ManualClock>,
    join: Arc<Join>,
    seen: Arc<Seen>,
}

/// What the models were asked; not for the order of events, so with the system's locks.
#[derive(Default)]
struct Seen {
    rows: Mutex<Vec<i64>>,
    live: AtomicUsize,
}

impl World {
    /// A pool of so many narrow instances, and a wide one besides where there are several.
    pub(crate) fn of(
        narrow: usize,
        limits: PoolLimits,
        does: impl Fn(&[i64], Option<&Stop>) -> Result<()> + Send + Sync + 'static,
    ) -> Arc<Self> {
        let (does, seen): (Arc<Does>, Arc<Seen>) = (Arc::new(does), Arc::default());
        let make = || Box::new(Model::new(&does, &seen)) as Box<dyn Instance>;
        let instances = Instances {
            wide: (narrow > 1).then(make),
            narrow: (0..narrow).map(|_| make()).collect(),
        };
        let clock = Arc::new(ManualClock::new());
        Arc::new(Self {
            pool: Pool::new(instances, limits, clock.clone()),
            clock,
            join: Arc::default(),
            seen,
        })
    }

    /// A pool of one wide instance that gets two narrow ones in a crowd, or of these that gets the wide
    /// one when it is calm; it fails to the first `failures` times.
    pub(crate) fn growing(wanted: Wanted, failures: usize) -> Arc<Self> {
        let (does, seen): (Arc<Does>, Arc<Seen>) = (Arc::new(|_, _| Ok(())), Arc::default());
        let model = {
            let seen = Arc::clone(&seen);
            move || Box::new(Model::new(&does, &seen)) as Box<dyn Instance>
        };
        let of = move |is_wide| match is_wide {
            true => Instances {
                wide: Some(model()),
                narrow: Vec::new(),
            },
            false => Instances {
                wide: None,
                narrow: vec![model(), model()],
            },
        };
        let is_wide = wanted == Wanted::Crowded;
        let (instances, tries) = (of(is_wide), AtomicUsize::new(0));
        let growth = Growth {
            wanted,
            count: if is_wide { 2 } else { 0 },
            make: Box::new(move || {
                let tries = tries.fetch_add(1, Ordering::Relaxed);
                thread::yield_now(); // making takes a while
                (tries >= failures).then(|| of(!is_wide))
            }),
        };
        let clock = Arc::new(ManualClock::new());
        let limits = PoolLimits::default();
        Arc::new(Self {
            pool: Pool::growing(instances, growth, limits, clock.clone()),
            clock,
            join: Arc::default(),
            seen,
        })
    }

    /// A pool of two narrow instances that share these threads with other pools.
    pub(crate) fn within(budget: &Arc<Budget>) -> Arc<Self> {
        let (does, seen): (Arc<Does>, Arc<Seen>) = (Arc::new(|_, _| Ok(())), Arc::default());
        let model = || Box::new(Model::new(&does, &seen)) as Box<dyn Instance>;
        let instances = Instances {
            wide: None,
            narrow: vec![model(), model()],
        };
        let share = Share {
            budget: Arc::clone(budget),
            wide: 0,
            narrow: 1,
            most: 2,
        };
        let clock = Arc::new(ManualClock::new());
        let limits = PoolLimits::default();
        Arc::new(Self {
            pool: Pool::sharing(instances, None, Some(share), limits, clock.clone()),
            clock,
            join: Arc::default(),
            seen,
        })
    }

    /// Models that only answer.
    pub(crate) fn plain(narrow: usize) -> Arc<Self> {
        Self::of(narrow, PoolLimits::default(), |_, _| Ok(()))
    }

    pub(crate) fn run(&self, id: i64, stop: Option<&Stop>) -> Result<()> {
        let own = |ran| is_own(id, &ran);
        self.ask(id, stop, |request| self.pool.run(request))
            .map(own)
    }

    pub(crate) fn submit(&self, id: i64, stop: Option<&Stop>) -> Result<Queued> {
        self.ask(id, stop, |request| self.pool.submit(request))
    }

    fn ask<T>(&self, id: i64, stop: Option<&Stop>, ask: impl FnOnce(&Request<'_>) -> T) -> T {
        ask(&Request {
            stop,
            join: Some(&self.join),
            ..Request::new(&[("x", &row(id))], &[])
        })
    }

    /// Another thread that runs this request.
    pub(crate) fn caller(self: &Arc<Self>, id: i64, stop: Option<&Stop>) -> Answer {
        let (world, stop) = (Arc::clone(self), stop.cloned());
        thread::spawn(move || world.run(id, stop.as_ref()))
    }

    /// Another thread that waits for a ticket.
    pub(crate) fn ticket(self: &Arc<Self>, id: i64, stop: Option<&Stop>) -> Answer {
        let (world, stop) = (Arc::clone(self), stop.cloned());
        thread::spawn(move || {
            let queued = world.submit(id, stop.as_ref())?;
            shuttle::future::block_on(queued).map(|ran| is_own(id, &ran))
        })
    }

    /// The rows that models were asked for, sorted.
    pub(crate) fn rows(&self) -> Vec<i64> {
        let mut rows = self.seen.rows.lock().unwrap().clone();
        rows.sort_unstable();
        rows
    }

    /// All is as at the beginning: nobody waits, nothing runs, the next call is served, and with the
    /// pool its models go.
    pub(crate) fn rests(self: Arc<Self>) {
        until(|| self.pool.running() == 0);
        assert_eq!(self.pool.waiting(), 0);
        let run = self.pool.run(&Request::new(&[("x", &row(-1))], &[]));
        is_own(-1, &run.unwrap());
        let seen = Arc::clone(&self.seen);
        drop(self);
        until(|| seen.live.load(Ordering::Relaxed) == 0);
    }
}

fn row(id: i64) -> Tensor {
    Tensor::from_vec([1, 1], vec![id]).unwrap()
}

pub(crate) type Answer = thread::JoinHandle<Result<()>>;

pub(crate) fn all(answers: impl IntoIterator<Item = Answer>) -> Vec<Result<()>> {
    let answers = answers.into_iter();
    answers.map(|answer| answer.join().unwrap()).collect()
}

pub(crate) fn is_own(id: i64, ran: &Ran) {
    assert_eq!(ran.outputs[0].as_slice::<i64>().unwrap(), [id]);
}

pub(crate) fn until(reached: impl Fn() -> bool) {
    while !reached() {
        thread::yield_now();
    }
}

/// The kind of what a request that failed ended with.
pub(crate) fn kind(answer: &Result<()>) -> Option<amaas_schedules::ErrorKind> {
    answer.as_ref().err().map(Error::kind)
}

struct Model {
    does: Arc<Does>,
    seen: Arc<Seen>,
}

impl Model {
    fn new(does: &Arc<Does>, seen: &Arc<Seen>) -> Self {
        seen.live.fetch_add(1, Ordering::Relaxed);
        Self {
            does: Arc::clone(does),
            seen: Arc::clone(seen),
        }
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        self.seen.live.fetch_sub(1, Ordering::Relaxed);
    }
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Model")
    }
}

impl Instance for Model {
    fn run(
        &mut self,
        inputs: &[(&str, &Tensor)],
        _outputs: &[&str],
        stop: Option<&Stop>,
    ) -> Result<Vec<Tensor>> {
        let rows = inputs[0].1.as_slice::<i64>()?;
        thread::yield_now(); // a run takes a while
        (self.does)(rows, stop)?;
        self.seen.rows.lock().unwrap().extend(rows);
        Ok(vec![inputs[0].1.clone()])
    }
}
