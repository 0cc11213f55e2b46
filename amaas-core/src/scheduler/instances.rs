//! The instances that are free, and which of them is taken.

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
    is_wide: bool,
}

impl Instances {
    /// An instance for the next run. Alone, the wide one; in a crowd, a narrow one.
    pub(super) fn take(&mut self, alone: bool) -> Option<Slot> {
        if alone {
            self.take_wide().or_else(|| self.take_narrow())
        } else {
            self.take_narrow().or_else(|| self.take_wide())
        }
    }

    pub(super) fn put(&mut self, slot: Slot) {
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
