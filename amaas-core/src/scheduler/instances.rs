//! The instances of a pool: which are free, which of them is taken next, and how many run.

use crate::runtime::Instance;

/// The instances of one version, all over the same weights.
#[derive(Debug, Default)]
pub struct Instances {
    /// Takes all threads: for a request that is alone.
    pub wide: Option<Box<dyn Instance>>,
    /// Take few threads each: for a crowd, side by side.
    pub narrow: Vec<Box<dyn Instance>>,
}

/// An instance that was taken out of the pool.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) instance: Box<dyn Instance>,
    pub(super) is_wide: bool,
}

impl Instances {
    /// An instance for the next run. Alone, the wide one; in a crowd, a narrow one.
    fn take(&mut self, alone: bool) -> Option<Slot> {
        if alone {
            self.take_wide().or_else(|| self.take_narrow())
        } else {
            self.take_narrow().or_else(|| self.take_wide())
        }
    }

    fn put(&mut self, slot: Slot) {
        match slot.is_wide {
            true => self.wide = Some(slot.instance),
            false => self.narrow.push(slot.instance),
        }
    }

    fn take_wide(&mut self) -> Option<Slot> {
        Some(Slot {
            instance: self.wide.take()?,
            is_wide: true,
        })
    }

    fn take_narrow(&mut self) -> Option<Slot> {
        Some(Slot {
            instance: self.narrow.pop()?,
            is_wide: false,
        })
    }
}

/// So many requests in a row must find nobody else before the wide instance is taken: beside narrow
/// ones it would fight them for the processors, and two callers miss each other by chance at times.
const CALM: usize = 4;

/// The instances of a pool: those that are free, and how many run.
#[derive(Debug)]
pub(super) struct Stock {
    free: Instances,
    running: usize,
    /// How many run at once when it is crowded.
    capacity: usize,
    has_narrow: bool,
    /// Requests in a row that found nobody else, up to [`CALM`].
    calm: usize,
}

impl Stock {
    pub(super) fn of(free: Instances) -> Self {
        Self {
            running: 0,
            capacity: free.narrow.len().max(1),
            has_narrow: !free.narrow.is_empty(),
            // Who begins without a wide instance was made for a crowd.
            calm: if free.wide.is_some() { CALM } else { 0 },
            free,
        }
    }

    /// Adds the instances that it began without.
    pub(super) fn add(&mut self, more: Instances) {
        let Instances { wide, mut narrow } = more;
        self.free.wide = self.free.wide.take().or(wide);
        // Where there was none, one request could run, on the wide one.
        let before = if self.has_narrow { self.capacity } else { 0 };
        self.has_narrow |= !narrow.is_empty();
        self.capacity = (before + narrow.len()).max(1);
        self.free.narrow.append(&mut narrow);
    }

    pub(super) fn running(&self) -> usize {
        self.running
    }

    pub(super) fn capacity(&self) -> usize {
        self.capacity
    }

    /// Whether one more may run.
    pub(super) fn has_room(&self) -> bool {
        self.running < self.capacity
    }

    /// Whether requests have been alone for a while.
    pub(super) fn calm(&self) -> bool {
        self.calm == CALM
    }

    /// Takes in that a request came, which found nobody else or did; whether it is alone, and
    /// requests have been for a while.
    pub(super) fn is_calm(&mut self, found_nobody: bool) -> bool {
        self.calm = if found_nobody {
            CALM.min(self.calm + 1)
        } else {
            0
        };
        self.calm()
    }

    pub(super) fn take(&mut self, alone: bool) -> Option<Slot> {
        let slot = self.free.take(alone);
        self.running += usize::from(slot.is_some());
        slot
    }

    pub(super) fn put(&mut self, slot: Slot) {
        self.running -= 1;
        self.free.put(slot);
    }
}
