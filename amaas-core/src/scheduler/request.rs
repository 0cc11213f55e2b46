//! One request on its way to an instance.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tracing::Span;

use super::choose::Size;
use super::priority::Priority;
use crate::observe::spans;
use crate::runtime::Stop;
use crate::tensor::{Fill, Tensor, alike, alike_along};

/// An input that must be equal is compared up to so many bytes; larger ones are not joined.
const COMPARED: usize = 4096;

/// A request, borrowed from its caller.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Named inputs; they have passed the model's signature.
    pub inputs: &'a [(&'a str, &'a Tensor)],
    /// The outputs wanted, in order; none means all.
    pub outputs: &'a [&'a str],
    /// Raised to cancel it, or when its deadline passes.
    pub stop: Option<&'a Stop>,
    /// How urgent it is beside others that wait.
    pub priority: Priority,
    /// For whom it is: in the queue tenants take turns.
    pub tenant: Option<&'a Arc<str>>,
    /// How it may be joined with others; `None` when it may not.
    pub join: Option<&'a Arc<Join>>,
    /// One of many parts of a larger call: it takes a narrow instance though nobody else is there.
    pub part: bool,
}

impl<'a> Request<'a> {
    /// A request that runs alone and cannot be cancelled.
    pub fn new(inputs: &'a [(&'a str, &'a Tensor)], outputs: &'a [&'a str]) -> Self {
        Self {
            inputs,
            outputs,
            stop: None,
            priority: Priority::Normal,
            tenant: None,
            join: None,
            part: false,
        }
    }
}

/// When a request came, with its span and that of its wait. They are made before any lock is taken: whoever
/// listens to them is somebody else's code.
#[derive(Debug)]
pub(super) struct Arrival {
    pub(super) at: Instant,
    pub(super) request: Span,
    pub(super) queue: Span,
}

impl Arrival {
    pub(super) fn at(now: Instant) -> Self {
        Self {
            at: now,
            request: spans::current(),
            queue: spans::queue(),
        }
    }
}

/// How requests of one kind are joined. Requests are of one kind when they share this.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Join {
    /// Inputs whose rows may differ in length, and what fills the shorter ones. Without any, only
    /// requests of equal shape are joined.
    pub fills: Vec<(String, Fill)>,
    /// What of an input counts its rows, where that is not the first dimension.
    pub inputs: Vec<(String, Along)>,
    /// The same of outputs, in the model's order; either of all of them or of none.
    pub outputs: Vec<(String, usize)>,
}

/// What of an input counts the rows that are run together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Along {
    /// This dimension.
    Dimension(usize),
    /// Nothing: it has no rows, and only requests with an equal one run together.
    Shared,
}

impl Join {
    /// What counts the rows of this input.
    pub(super) fn along(&self, input: &str) -> Along {
        let known = self.inputs.iter().find(|(name, _)| name == input);
        known.map_or(Along::Dimension(0), |(_, along)| *along)
    }

    /// The dimension that counts the rows of the output at this place among those asked for.
    pub(super) fn output(&self, place: usize, wanted: &[&str]) -> usize {
        let named = |name: &&str| self.outputs.iter().find(|(known, _)| known == name);
        let known = match wanted {
            [] => self.outputs.get(place),
            _ => wanted.get(place).and_then(named),
        };
        known.map_or(0, |(_, dimension)| *dimension)
    }

    /// How many rows this input has; `None` where it has none of its own.
    pub(super) fn rows_of(&self, input: &str, tensor: &Tensor) -> Option<usize> {
        match self.along(input) {
            Along::Dimension(dimension) => tensor.shape().get(dimension).copied(),
            Along::Shared => None,
        }
    }

    /// Whether these two run together as one input.
    fn fits(&self, input: &str, one: &Tensor, other: &Tensor) -> bool {
        match self.along(input) {
            Along::Dimension(0) => alike(one, other, self.fill(input).is_some()),
            Along::Dimension(dimension) => alike_along(one, other, dimension),
            Along::Shared => one.is_same(other, COMPARED),
        }
    }

    /// What fills this input.
    pub(super) fn fill(&self, input: &str) -> Option<Fill> {
        self.fills
            .iter()
            .find(|(name, _)| name == input)
            .map(|(_, fill)| *fill)
    }
}

/// What a run gave and took.
#[derive(Debug)]
pub struct Ran {
    /// The outputs, in the order asked for.
    pub outputs: Vec<Tensor>,
    /// Time spent waiting for an instance.
    pub queued: Duration,
    /// Time spent running; in a shared run the share of this request's rows.
    pub computed: Duration,
    /// How many requests ran together, this one included.
    pub together: usize,
}

/// What somebody made of an instance that was lent, and what that took.
#[derive(Debug)]
pub struct Lent<T> {
    /// What came of it.
    pub made: T,
    /// Time spent waiting for an instance.
    pub queued: Duration,
    /// Time the instance was lent.
    pub computed: Duration,
}

/// A request that had to wait, owned, so that another caller's thread can run it.
#[derive(Debug)]
pub(super) struct Work {
    pub(super) inputs: Vec<(String, Tensor)>,
    pub(super) outputs: Vec<String>,
    pub(super) join: Option<Arc<Join>>,
    pub(super) stop: Option<Stop>,
    pub(super) priority: Priority,
    pub(super) tenant: Option<Arc<str>>,
    pub(super) arrived: Instant,
    /// That of the request, on whatever thread it is run.
    pub(super) span: Span,
}

impl Work {
    pub(super) fn of(request: &Request<'_>, arrival: &Arrival) -> Self {
        let own = |(name, tensor): &(&str, &Tensor)| ((*name).to_owned(), (*tensor).clone());
        Self {
            inputs: request.inputs.iter().map(own).collect(),
            outputs: request.outputs.iter().map(ToString::to_string).collect(),
            join: request.join.cloned(),
            stop: request.stop.cloned(),
            priority: request.priority,
            tenant: request.tenant.cloned(),
            arrived: arrival.at,
            span: arrival.request.clone(),
        }
    }

    pub(super) fn inputs(&self) -> Vec<(&str, &Tensor)> {
        self.inputs
            .iter()
            .map(|(name, tensor)| (name.as_str(), tensor))
            .collect()
    }

    pub(super) fn outputs(&self) -> Vec<&str> {
        self.outputs.iter().map(String::as_str).collect()
    }

    pub(super) fn rows(&self) -> usize {
        let rows = |(name, tensor): &(String, Tensor)| match &self.join {
            Some(join) => join.rows_of(name, tensor),
            None => tensor.shape().rows(),
        };
        self.inputs.iter().find_map(rows).unwrap_or(1)
    }

    /// Its size for the choice of a batch.
    pub(super) fn size(&self) -> Size {
        let filled = self
            .join
            .as_ref()
            .is_some_and(|join| !join.fills.is_empty());
        let length = self
            .inputs
            .first()
            .and_then(|(_, tensor)| tensor.shape().get(1));
        let length = length.copied().filter(|_| filled).unwrap_or(1);
        Size {
            rows: self.rows(),
            length,
        }
    }

    /// Its size if it can run together with `leader`.
    pub(super) fn beside(&self, leader: &Self) -> Option<Size> {
        let join = leader.join.as_ref()?;
        let same_kind = self
            .join
            .as_ref()
            .is_some_and(|own| Arc::ptr_eq(own, join) || own == join);
        let pairs = || self.inputs.iter().zip(&leader.inputs);
        let same_inputs = self.inputs.len() == leader.inputs.len()
            && pairs().all(|((name, tensor), (other, theirs))| {
                name == other && join.fits(name, tensor, theirs)
            });
        (same_kind && same_inputs && self.outputs == leader.outputs).then(|| self.size())
    }
}
