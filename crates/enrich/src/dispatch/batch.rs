//! Calls that wait for others, to be sent as one request: so many, or so long.

use std::time::Duration;

use model::Mono;

use super::Item;

#[derive(Debug)]
pub(super) struct Batch {
    max: usize,
    wait: Duration,
    items: Vec<Item>,
    /// When the first has waited long enough.
    due: Mono,
}

impl Batch {
    pub(super) fn new(max: usize, wait: Duration) -> Self {
        Self { max: max.max(1), wait, items: Vec::new(), due: Mono(0) }
    }

    /// One more; all of them, if they are enough.
    pub(super) fn push(&mut self, item: Item, now: Mono) -> Option<Vec<Item>> {
        if self.items.is_empty() {
            if self.max == 1 {
                return Some(vec![item]);
            }
            self.due = now + self.wait;
            self.items.reserve_exact(self.max);
        }
        self.items.push(item);
        (self.items.len() >= self.max).then(|| std::mem::take(&mut self.items))
    }

    /// Those that have waited long enough.
    pub(super) fn due(&mut self, now: Mono) -> Option<Vec<Item>> {
        let is_due = self.due_at().is_some_and(|due| due <= now);
        is_due.then(|| std::mem::take(&mut self.items))
    }

    /// When that is.
    pub(super) fn due_at(&self) -> Option<Mono> {
        (!self.items.is_empty()).then_some(self.due)
    }
}
