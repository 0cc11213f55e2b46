//! The instances of one loaded version, and the callers that wait for one.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::turn::Turn;
use crate::clock::Clock;
use crate::runtime::{Instance, Stop};
use crate::tensor::Tensor;
use crate::{Error, ErrorKind, Result};

/// Bounds of a pool.
#[derive(Debug, Clone)]
pub struct PoolLimits {
    /// How many callers may wait at once; one more is refused with `Overloaded`.
    pub waiting: usize,
}

impl Default for PoolLimits {
    fn default() -> Self {
        Self { waiting: 1024 }
    }
}

/// Instances of one version that any number of threads share.
#[derive(Debug)]
pub struct Pool {
    state: Mutex<State>,
    limits: PoolLimits,
    clock: Arc<dyn Clock>,
}

#[derive(Debug)]
struct State {
    free: Vec<Box<dyn Instance>>,
    waiting: VecDeque<Arc<Turn>>,
}

/// What a run gave and took.
#[derive(Debug)]
pub struct Ran {
    /// The outputs, in the order asked for.
    pub outputs: Vec<Tensor>,
    /// Time spent waiting for an instance.
    pub queued: Duration,
    /// Time spent running.
    pub computed: Duration,
}

impl Pool {
    /// A pool of `instances`, of which there must be at least one.
    pub fn new(
        instances: Vec<Box<dyn Instance>>,
        limits: PoolLimits,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let state = Mutex::new(State {
            free: instances,
            waiting: VecDeque::new(),
        });
        Self {
            state,
            limits,
            clock,
        }
    }

    /// Runs once, on the calling thread, as soon as an instance is free.
    ///
    /// # Errors
    /// `Overloaded` when too many wait already, `Cancelled` when `stop` is raised, and whatever
    /// the run ends with.
    pub fn run(
        &self,
        inputs: &[(&str, &Tensor)],
        outputs: &[&str],
        stop: Option<&Stop>,
    ) -> Result<Ran> {
        let arrived = self.clock.now();
        let mut lease = self.lease(stop)?;
        let started = self.clock.now();
        let outputs = lease.instance()?.run(inputs, outputs, stop)?;
        let queued = started.saturating_duration_since(arrived);
        Ok(Ran {
            outputs,
            queued,
            computed: self.clock.since(started),
        })
    }

    /// How many callers wait now.
    pub fn waiting(&self) -> usize {
        self.state().waiting.len()
    }

    fn lease(&self, stop: Option<&Stop>) -> Result<Lease<'_>> {
        let turn = {
            let mut state = self.state();
            if let Some(instance) = state.free.pop() {
                return Ok(Lease {
                    pool: self,
                    instance: Some(instance),
                });
            }
            if state.waiting.len() >= self.limits.waiting {
                return Err(self.overloaded());
            }
            let turn = Arc::new(Turn::default());
            state.waiting.push_back(Arc::clone(&turn));
            turn
        };
        match turn.wait(stop) {
            Ok(instance) => Ok(Lease {
                pool: self,
                instance: Some(instance),
            }),
            Err(error) => {
                self.state()
                    .waiting
                    .retain(|other| !Arc::ptr_eq(other, &turn));
                Err(error)
            }
        }
    }

    /// Hands a freed instance to the oldest caller that still waits.
    fn free(&self, mut instance: Box<dyn Instance>) {
        let mut state = self.state();
        while let Some(turn) = state.waiting.pop_front() {
            match turn.give(instance) {
                None => return,
                Some(returned) => instance = returned,
            }
        }
        state.free.push(instance);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn overloaded(&self) -> Error {
        let message = format!("`{}` requests wait already", self.limits.waiting);
        Error::new(ErrorKind::Overloaded, message)
            .advise("retry a little later, or give the model more instances")
    }
}

/// An instance on loan; it goes back even if the run panics.
struct Lease<'a> {
    pool: &'a Pool,
    instance: Option<Box<dyn Instance>>,
}

impl Lease<'_> {
    fn instance(&mut self) -> Result<&mut Box<dyn Instance>> {
        self.instance
            .as_mut()
            .ok_or_else(|| Error::new(ErrorKind::Internal, "a lease is empty"))
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        if let Some(instance) = self.instance.take() {
            self.pool.free(instance);
        }
    }
}
