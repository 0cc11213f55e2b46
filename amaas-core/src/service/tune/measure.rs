//! One turn of one candidate: clients that send requests until its slice of time is over.
//!
//! The trap: a turn ends when its last request has ended, so a slow model takes longer than its
//! slice. The budget's flag ends even that.

use std::sync::Arc;
use std::time::Duration;

use super::{LoadedModel, Sample, TuneRow};
use crate::clock::Clock;
use crate::runtime::Stop;
use crate::service::Call;
use crate::{Error, ErrorKind, Result};

/// A client sends no more in one turn: enough for any median.
const MOST: usize = 20_000;

/// An arrangement, loaded, and its turns so far.
#[derive(Debug)]
pub(super) struct Candidate {
    arrangement: TuneRow,
    model: Arc<LoadedModel>,
    turns: Vec<Turn>,
}

#[derive(Debug)]
struct Turn {
    requests: usize,
    per_second: f64,
    p50: Duration,
    p99: Duration,
}

impl Candidate {
    pub(super) fn new(arrangement: TuneRow, model: Arc<LoadedModel>) -> Self {
        Self {
            arrangement,
            model,
            turns: Vec::new(),
        }
    }

    /// What was measured so far; `None` before the first answer.
    pub(super) fn trial(&self) -> Option<TuneRow> {
        let mut rates: Vec<_> = self.turns.iter().map(|turn| turn.per_second).collect();
        rates.sort_by(f64::total_cmp);
        let median = |of: fn(&Turn) -> Duration| {
            let mut all: Vec<_> = self.turns.iter().map(of).collect();
            all.sort_unstable();
            quantile(&all, 0.5)
        };
        Some(TuneRow {
            requests: self.turns.iter().map(|turn| turn.requests).sum(),
            requests_per_second: quantile(&rates, 0.5)?,
            p50: median(|turn| turn.p50)?,
            p99: median(|turn| turn.p99)?,
            ..self.arrangement.clone()
        })
    }

    /// Sends requests for `slice`, or until `stop` is raised.
    ///
    /// # Errors
    /// What a request ends with, unless it was stopped.
    pub(super) fn take_turn(
        &mut self,
        clock: &dyn Clock,
        sample: &Sample,
        slice: Duration,
        stop: &Stop,
    ) -> Result<()> {
        let client = Client {
            clock,
            sample,
            slice,
            stop,
            model: &self.model,
        };
        let started = clock.now();
        let mut times = client.together(self.arrangement.clients)?;
        let elapsed = clock.since(started).max(Duration::from_nanos(1));
        times.sort_unstable();
        if let (Some(p50), Some(p99)) = (quantile(&times, 0.5), quantile(&times, 0.99)) {
            self.turns.push(Turn {
                requests: times.len(),
                per_second: times.len() as f64 / elapsed.as_secs_f64(),
                p50,
                p99,
            });
        }
        Ok(())
    }
}

struct Client<'a> {
    clock: &'a dyn Clock,
    sample: &'a Sample,
    slice: Duration,
    stop: &'a Stop,
    model: &'a LoadedModel,
}

impl Client<'_> {
    /// The times of all requests of so many clients.
    fn together(&self, clients: usize) -> Result<Vec<Duration>> {
        // Each begins elsewhere in the sample.
        let start = |client: usize| client * self.sample.len() / clients;
        if clients == 1 {
            return self.send(0);
        }
        std::thread::scope(|scope| {
            let spawn = |client| {
                let builder = std::thread::Builder::new().name("amaas-tune".to_owned());
                let client = builder.spawn_scoped(scope, move || self.send(start(client)));
                client.map_err(no_thread)
            };
            let threads = (0..clients).map(spawn).collect::<Result<Vec<_>>>()?;
            let mut times = Vec::new();
            for thread in threads {
                times.extend(thread.join().unwrap_or_else(|_| Err(panicked()))?);
            }
            Ok(times)
        })
    }

    fn send(&self, first: usize) -> Result<Vec<Duration>> {
        let call = Call::until(self.stop);
        let started = self.clock.now();
        let mut times = Vec::new();
        while times.len() < MOST && (times.is_empty() || self.clock.since(started) < self.slice) {
            let began = self.clock.now();
            match self.sample.send(self.model, first + times.len(), &call) {
                Ok(()) => times.push(self.clock.since(began)),
                Err(_) if self.stop.is_raised() => break,
                Err(error) => return Err(error),
            }
        }
        Ok(times)
    }
}

/// The value that a share of the sorted values do not exceed.
fn quantile<T: Copy>(sorted: &[T], share: f64) -> Option<T> {
    let place = (sorted.len() as f64 * share).ceil() as usize;
    sorted.get(place.saturating_sub(1)).copied()
}

fn no_thread(cause: std::io::Error) -> Error {
    Error::new(ErrorKind::Io, "no thread can be started for a client")
        .because(cause)
        .advise("raise the limit of threads, or tune with fewer `clients`")
}

fn panicked() -> Error {
    Error::new(ErrorKind::Internal, "a request panicked")
}
