//! The thread that writes the texts of one version, all of them a token at a time.
//!
//! **Texts come and go between steps.** As many of those that wait are taken in as there is room for:
//! the newcomers' prompts are read, those of one length in one run and long ones in pieces where others
//! are being written, and then they step with the others. One that ends leaves its place at once. So a
//! step always runs over all there are, and nobody waits for a batch to fill or to empty.
//!
//! ```text
//! waiting ─► newcomers ─► rows ─► ended
//!  (queue)    (prompts)   (a token each step)
//! ```
//!
//! Between tenants the one who was served least is taken in next, as in the scheduler's queue. A prompt
//! counts when its text is taken in, so that nobody takes all places where others wait. The thread begins
//! with the first text and ends with the last; its runs go through the version's pool, beside those of
//! `run`.
//!
//! The trap: the thread holds the instances only through its texts. A version that is swapped away ends
//! when the last text that began on it has ended.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::cache::Layout;
use super::desk::Desk;
use super::sequence::Sequence;
use crate::scheduler::{Shares, foremost};
use crate::{Error, ErrorKind, Phase, Result};

/// No more may wait.
const WAITING: usize = 1024;
/// After each such time of waiting a text counts as one priority higher.
const AGEING: Duration = Duration::from_millis(500);

/// What writes the texts of one version.
#[derive(Debug)]
pub(super) struct Engine {
    layout: Layout,
    rows: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    waiting: Vec<Sequence>,
    /// Whether a thread is at work.
    working: bool,
    shares: Shares,
}

impl Engine {
    /// An engine for `rows` texts at once.
    pub(super) fn new(layout: Layout, rows: usize) -> Arc<Self> {
        Arc::new(Self {
            layout,
            rows,
            state: Mutex::default(),
        })
    }

    /// Lets texts be written: all of them, or none. Those of one call come at once, so that their prompts
    /// can be read together.
    ///
    /// # Errors
    /// `Overloaded` when too many wait; `Io` when no thread can be started.
    pub(super) fn submit(self: &Arc<Self>, mut sequences: Vec<Sequence>) -> Result<()> {
        let mut state = self.state();
        let waiting = state.waiting.len();
        if waiting + sequences.len() > WAITING {
            let message = format!("`{waiting}` texts wait already, of at most {WAITING}");
            return Err(Error::new(ErrorKind::Overloaded, message)
                .with("texts", sequences.len())
                .advise("retry a little later, with fewer texts a call where these are many"));
        }
        if !state.working {
            let engine = Arc::clone(self);
            let thread = std::thread::Builder::new().name("amaas-write".to_owned());
            thread.spawn(move || engine.work()).map_err(|cause| {
                Error::new(ErrorKind::Io, "no thread can be started to write")
                    .because(cause)
                    .advise("raise the limit of threads")
            })?;
            state.working = true;
        }
        state.waiting.append(&mut sequences);
        Ok(())
    }

    fn work(&self) {
        let mut desk = Desk::new(self.layout.empty(), self.rows);
        // What a panic leaves behind is dropped, and answers for itself.
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| self.serve(&mut desk))) {
            std::mem::forget(panic); // dropping it could panic again
            let mut state = self.state();
            state.working = false;
            let waiting = std::mem::take(&mut state.waiting);
            drop(state);
            drop(waiting);
        }
    }

    fn serve(&self, desk: &mut Desk) {
        loop {
            self.dismiss();
            while desk.has_room()
                && let Some(next) = self.next()
            {
                desk.take_in(next, || self.layout.empty());
            }
            if desk.is_empty() && self.is_done() {
                return;
            }
            for (tenant, tokens) in desk.turn() {
                self.state().shares.serve(tenant.as_ref(), tokens);
            }
        }
    }

    /// Ends those texts that wait and that nobody wants any more.
    fn dismiss(&self) {
        let unwanted = |sequence: &mut Sequence| sequence.check(Phase::Queue).is_err();
        let gone: Vec<_> = self.state().waiting.extract_if(.., unwanted).collect();
        for sequence in gone {
            if let Err(error) = sequence.check(Phase::Queue) {
                sequence.handover.end(Err(error));
            }
        }
    }

    /// The text that is taken in next.
    fn next(&self) -> Option<Sequence> {
        let mut state = self.state();
        let favoured = state
            .shares
            .favoured(state.waiting.iter().map(Sequence::tenant));
        let favoured = favoured.map(Option::<&Arc<str>>::cloned);
        let places = (0..state.waiting.len()).filter(|place| {
            let tenant = state.waiting[*place].tenant();
            favoured
                .as_ref()
                .is_none_or(|wanted| wanted.as_ref() == tenant)
        });
        let places: Vec<_> = places.collect();
        let rank = |place: &usize| {
            let sequence = &state.waiting[*place];
            (sequence.priority(), sequence.age())
        };
        let place = places[foremost(places.iter().map(rank), AGEING)?];
        let next = state.waiting.remove(place);
        state.shares.led(next.tenant());
        state.shares.serve(next.tenant(), next.unread());
        Some(next)
    }

    /// Whether there is nothing more to do, so that the thread ends.
    fn is_done(&self) -> bool {
        let mut state = self.state();
        state.working = !state.waiting.is_empty();
        !state.working
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
