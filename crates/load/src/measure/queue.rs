//! Requests that are due and not begun: their times queue, none is dropped.
//!
//! Due times follow from the schedule, so they are not stored: one cursor walks ahead and notices them, another follows
//! and hands them out. What is stored is when they were noticed, once for each bunch.
//!
//! # Invariants
//!
//! - Requests are handed out in the order they are due, each once.
//! - Memory is bounded: at [`BUNCHES_MAX`] a bunch is joined to the last one.

use std::collections::VecDeque;
use std::iter::Peekable;

/// Due times in ns from the beginning, rising.
pub(crate) type Dues = Box<dyn Iterator<Item = u64> + Send>;

/// Bunches of requests that may wait: at one each 100 µs, over six seconds of a stalled server. From then on the time at
/// which a request was noticed may be told too late by the length of a stall, and its wait too short; its response is
/// right all the same.
pub(crate) const BUNCHES_MAX: usize = 65_536;

/// Requests of one worker that are due.
pub(crate) struct Queue {
    noticing: Peekable<Dues>,
    handing: Dues,
    bunches: VecDeque<Bunch>,
    waiting: u64,
    /// Number of the next request that is handed out.
    next: u64,
    /// From one request of this worker to its next.
    stride: u64,
}

#[derive(Debug, Clone, Copy)]
struct Bunch {
    count: u64,
    noticed_ns: u64,
}

/// A request to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Job {
    /// Its number among all.
    pub(crate) index: u64,
    pub(crate) due_ns: u64,
    /// When the generator noticed.
    pub(crate) picked_ns: u64,
}

impl Queue {
    /// `dues` makes the same due times each time. Numbers begin at `first` and go on by `stride`.
    pub(crate) fn new(dues: impl Fn() -> Dues, first: u64, stride: u64) -> Self {
        Self {
            noticing: dues().peekable(),
            handing: dues(),
            bunches: VecDeque::new(),
            waiting: 0,
            next: first,
            stride,
        }
    }

    /// Notices what is due by now, and tells of each when it was due.
    pub(crate) fn notice(&mut self, now_ns: u64, mut each: impl FnMut(u64)) {
        let mut count = 0;
        while let Some(due_ns) = self.noticing.next_if(|&due_ns| due_ns <= now_ns) {
            each(due_ns);
            count += 1;
        }
        if count == 0 {
            return;
        }
        self.waiting += count;
        let is_full = self.bunches.len() >= BUNCHES_MAX;
        match self.bunches.back_mut() {
            Some(last) if is_full => last.count += count,
            _ => self.bunches.push_back(Bunch { count, noticed_ns: now_ns }),
        }
    }

    /// Hands out the one that waits longest.
    pub(crate) fn take(&mut self) -> Option<Job> {
        let bunch = self.bunches.front_mut()?;
        let picked_ns = bunch.noticed_ns;
        bunch.count -= 1;
        if bunch.count == 0 {
            self.bunches.pop_front();
        }
        self.waiting -= 1;
        let index = self.next;
        self.next += self.stride;
        let due_ns = self.handing.next()?;
        Some(Job { index, due_ns, picked_ns })
    }

    /// How many wait.
    pub(crate) fn waiting(&self) -> u64 {
        self.waiting
    }

    /// When the next is due that is not noticed yet; nothing if there are no more.
    pub(crate) fn next_due_ns(&mut self) -> Option<u64> {
        self.noticing.peek().copied()
    }

    /// Leaves out what is not noticed yet.
    pub(crate) fn end(&mut self) {
        let none: Dues = Box::new(std::iter::empty());
        self.noticing = none.peekable();
    }
}

#[cfg(test)]
mod tests;
