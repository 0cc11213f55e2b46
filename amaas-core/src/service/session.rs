//! What a stream has come to: its version, its state, and what a task remembers.
//!
//! A call takes the session out of its stream and puts a new one back when it has succeeded. Until
//! then the old one is what the stream has: a call that fails, is cancelled or panics leaves the
//! stream as it was, and the same input can be given again.

use std::any::Any;
use std::sync::{Arc, Mutex, PoisonError};

use super::LoadedModel;
use super::loaded::describe;
use crate::tensor::Tensor;
use crate::{Error, ErrorKind, Result};

/// What a task remembers of a stream.
pub(crate) trait Memory: Any + Send + Sync + std::fmt::Debug {
    /// What is left of it when the stream begins anew.
    fn anew(&self) -> Arc<dyn Memory>;
}

/// One state of a stream. It never changes; the next call makes another.
#[derive(Debug, Clone)]
pub(super) struct Session {
    pub(super) model: Arc<LoadedModel>,
    pub(super) state: Vec<Tensor>,
    /// What a task remembers beside the graph's state.
    pub(super) memory: Option<Arc<dyn Memory>>,
}

impl Session {
    /// Before the first call.
    pub(super) fn begin(model: Arc<LoadedModel>) -> Self {
        Self {
            state: model.state().initial(),
            model,
            memory: None,
        }
    }

    /// Before the first call of the next recording, on `model`.
    pub(super) fn anew(&self, model: Arc<LoadedModel>) -> Self {
        Self {
            memory: self.memory.as_ref().map(|memory| memory.anew()),
            ..Self::begin(model)
        }
    }

    /// The same with another version.
    ///
    /// # Errors
    /// `Unsupported` when that version does not keep the same state.
    pub(super) fn carried_to(&self, next: &Arc<LoadedModel>) -> Result<Self> {
        let (ours, theirs) = (self.model.state(), next.state());
        if let Some(why) = ours.differs_from(theirs).or_else(|| self.hears_else(next)) {
            let (from, to) = (describe(self.model.manifest()), describe(next.manifest()));
            let message = format!("the stream cannot go on with `{to}`: {why}");
            return Err(Error::new(ErrorKind::Unsupported, message).advise(format!(
                "go on with `{from}`, or reset the stream to begin anew"
            )));
        }
        Ok(Self {
            state: theirs.reorder(ours, &self.state),
            model: Arc::clone(next),
            memory: self.memory.clone(),
        })
    }

    /// Why another version would hear otherwise what is remembered.
    fn hears_else(&self, next: &LoadedModel) -> Option<String> {
        let (ours, theirs) = (self.model.manifest(), next.manifest());
        let kinds = [ours, theirs].map(|one| one.task.as_ref().map(crate::model::Task::kind));
        if kinds[0] != kinds[1] {
            return Some("it has another task".to_owned());
        }
        (ours.audio != theirs.audio).then(|| "its `[audio]` settings differ".to_owned())
    }
}

/// Where a stream keeps its session between calls.
#[derive(Debug)]
pub(super) struct Place(Mutex<Option<Session>>);

impl Place {
    pub(super) fn new(session: Session) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Some(session))))
    }

    /// Takes the session out for a call.
    ///
    /// # Errors
    /// `Conflict` while another call has it.
    pub(super) fn take(self: &Arc<Self>) -> Result<Held> {
        let session = self.lock().take().ok_or_else(busy)?;
        Ok(Held {
            place: Arc::clone(self),
            session: Some(session),
        })
    }

    /// A copy of the session.
    ///
    /// # Errors
    /// As [`Place::take`].
    pub(super) fn look(&self) -> Result<Session> {
        self.lock().clone().ok_or_else(busy)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is done once an answer is settled.
pub(crate) type Then = Box<dyn FnOnce() + Send>;

/// A session that a call has taken out; it goes back as it is unless another takes its place.
#[derive(Debug)]
pub(crate) struct Held {
    place: Arc<Place>,
    session: Option<Session>,
}

impl Held {
    /// The session; it is there until this goes.
    pub(super) fn session(&self) -> Result<&Session> {
        let lost = || Error::new(ErrorKind::Internal, "a stream lost its session");
        self.session.as_ref().ok_or_else(lost)
    }

    /// The version that answers.
    pub(crate) fn model(&self) -> Result<&Arc<LoadedModel>> {
        Ok(&self.session()?.model)
    }

    /// The graph's state.
    #[cfg(feature = "audio")]
    pub(crate) fn state(&self) -> Result<&[Tensor]> {
        Ok(&self.session()?.state)
    }

    /// What a task remembers, if it has begun.
    #[cfg(feature = "audio")]
    pub(crate) fn memory<T: Any>(&self) -> Option<&T> {
        let memory: &dyn Any = &**self.session.as_ref()?.memory.as_ref()?;
        memory.downcast_ref()
    }

    /// Puts this in the session's place.
    pub(super) fn replace(&mut self, session: Session) {
        self.session = Some(session);
    }

    /// What ends the call: the stream then has this state.
    pub(crate) fn then_keep(mut self, state: Vec<Tensor>, memory: Option<Arc<dyn Memory>>) -> Then {
        Box::new(move || {
            if let Some(session) = &mut self.session {
                session.state = state;
                session.memory = memory.or(session.memory.take());
            }
        })
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        *self.place.lock() = self.session.take();
    }
}

fn busy() -> Error {
    Error::new(ErrorKind::Conflict, "the stream has a call under way")
        .advise("give it one piece after the other, or fork it before")
}
