//! A window of time that slides in slots: `N` of equal length, the newest holds `now`.
//!
//! What falls out is forgotten a slot at a time, so the window covers between `N - 1` and `N` slots.

use std::time::Duration;

use model::Mono;

use crate::round::nanos;

/// `N` slots of time with something summed in each.
#[derive(Debug, Clone)]
pub(crate) struct Slots<T, const N: usize> {
    slots: [T; N],
    slot_ns: u64,
    /// The number of the newest slot since the clock's start.
    newest: u64,
}

impl<T: Copy + Default, const N: usize> Slots<T, N> {
    pub(crate) fn new(slot: Duration) -> Self {
        Self { slots: [T::default(); N], slot_ns: nanos(slot).max(1), newest: 0 }
    }

    /// The slot of now. A clock that goes back stays in the newest.
    pub(crate) fn at(&mut self, now: Mono) -> &mut T {
        let number = now.0 / self.slot_ns;
        let passed = number.saturating_sub(self.newest).min(N as u64);
        for step in 1..=passed {
            let place = place::<N>(number - passed + step);
            self.slots[place] = T::default();
        }
        self.newest = self.newest.max(number);
        &mut self.slots[place::<N>(self.newest)]
    }

    /// All that is in the window of now.
    pub(crate) fn all(&mut self, now: Mono) -> &[T; N] {
        self.at(now);
        &self.slots
    }

    pub(crate) fn clear(&mut self) {
        self.slots = [T::default(); N];
    }
}

fn place<const N: usize>(number: u64) -> usize {
    usize::try_from(number % N as u64).unwrap_or(0)
}
