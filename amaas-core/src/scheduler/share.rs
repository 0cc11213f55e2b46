//! Whose tenant's turn it is: the one who was served least while it waited.
//!
//! Each tenant has a mark that moves on by what its runs compute, and the lowest mark is next. One
//! that comes anew begins at the mark of the last turn: it goes before those who had theirs, and has
//! saved nothing up. So tenants who wait share alike, and how much one of them sends is its own
//! affair. Calls that name no tenant are one tenant.
//!
//! The trap: priorities hold among the requests of one tenant. Between tenants they would let
//! one take all.

use std::collections::HashMap;
use std::sync::Arc;

/// The marks of those who wait, or did lately.
#[derive(Debug, Default)]
pub struct Shares {
    marks: HashMap<Arc<str>, u64>,
    /// The mark of the last turn.
    now: u64,
}

impl Shares {
    /// The first of `waiting` with the lowest mark; nothing where all are of one tenant, and so
    /// there is nothing to choose.
    pub fn favoured<'a>(
        &self,
        mut waiting: impl Iterator<Item = Option<&'a Arc<str>>>,
    ) -> Option<Option<&'a Arc<str>>> {
        let first = waiting.next()?;
        let (mut best, mut lowest) = (first, self.mark(first));
        let (mut last, mut is_choice) = (first, false);
        for tenant in waiting {
            if tenant == last {
                continue; // as most often: a look at its mark is saved
            }
            (last, is_choice) = (tenant, true);
            let mark = self.mark(tenant);
            if mark < lowest {
                (best, lowest) = (tenant, mark);
            }
        }
        is_choice.then_some(best)
    }

    /// Who led had its turn.
    pub fn led(&mut self, tenant: Option<&Arc<str>>) {
        self.now = self.mark(tenant);
    }

    /// A tenant was served so much.
    pub fn serve(&mut self, tenant: Option<&Arc<str>>, cost: usize) {
        let mark = self.mark(tenant).saturating_add(cost.max(1) as u64);
        let name = tenant.map_or_else(|| "".into(), Arc::clone);
        self.marks.insert(name, mark);
        // Who is not ahead of the last turn is like one who comes anew.
        let now = self.now;
        self.marks.retain(|_, mark| *mark > now);
    }

    fn mark(&self, tenant: Option<&Arc<str>>) -> u64 {
        let name = tenant.map_or("", |tenant| tenant);
        let mark = self.marks.get(name).copied();
        mark.unwrap_or(0).max(self.now)
    }
}
