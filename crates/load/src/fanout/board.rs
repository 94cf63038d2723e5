//! What all listeners have heard. One thread, so no lock.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use anyhow::Result;
use hdrhistogram::Histogram;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

use crate::quantiles::{self, micros};
use crate::stamp::{Stamp, Stamps};

/// What has not come for so long is lost: the publisher goes on, and reach shows it.
const LOST_AFTER: Duration = Duration::from_secs(2);

/// Complaints that are kept; all are counted.
const COMPLAINTS_KEPT: usize = 3;

/// What has been heard.
#[derive(Debug)]
pub(super) struct Board {
    pub(super) start: Instant,
    /// Messages due before do not count for latency: everyone warms up.
    measured_micros: u64,
    stamps: Stamps,
    pub(super) from_due: RefCell<Histogram<u64>>,
    pub(super) slip: RefCell<Histogram<u64>>,
    /// Messages, over all listeners.
    pub(super) received: Cell<u64>,
    /// Bytes of the frames they came in, without the WebSocket's own.
    pub(super) bytes: Cell<u64>,
    /// Messages that were not the next one of their listener.
    pub(super) misplaced: Cell<u64>,
    /// How many are waited for.
    wanted: Cell<u64>,
    enough: Notify,
    pub(super) complaints: Cell<u64>,
    pub(super) complained: RefCell<Vec<String>>,
}

impl Board {
    /// Nothing yet. `start`: when message 0 is due.
    pub(super) fn new(start: Instant, warm_up: Duration) -> Result<Self> {
        Ok(Self {
            start,
            measured_micros: micros(warm_up),
            stamps: Stamps::new(),
            from_due: RefCell::new(quantiles::histogram()?),
            slip: RefCell::new(quantiles::histogram()?),
            received: Cell::new(0),
            bytes: Cell::new(0),
            misplaced: Cell::new(0),
            wanted: Cell::new(u64::MAX),
            enough: Notify::new(),
            complaints: Cell::new(0),
            complained: RefCell::default(),
        })
    }

    /// A frame came to a listener whose next message is `next`. False: there was no message in it.
    pub(super) fn heard(&self, frame: &[u8], next: &mut u64) -> bool {
        let now = micros(self.start.elapsed());
        let before = self.received.get();
        self.stamps.each(frame, |Stamp { number, due_micros }| {
            self.received.set(self.received.get() + 1);
            if number != *next {
                self.misplaced.set(self.misplaced.get() + 1);
            }
            *next = number + 1;
            if due_micros >= self.measured_micros {
                let late = now.saturating_sub(due_micros);
                self.from_due.borrow_mut().saturating_record(late);
            }
        });
        let came = self.received.get() > before;
        if came {
            self.bytes.set(self.bytes.get() + frame.len() as u64);
            if self.received.get() >= self.wanted.get() {
                self.wanted.set(u64::MAX);
                self.enough.notify_one();
            }
        }
        came
    }

    /// A message is written that was due.
    pub(super) fn said(&self, due_micros: u64) {
        if due_micros >= self.measured_micros {
            let slip = micros(self.start.elapsed()).saturating_sub(due_micros);
            self.slip.borrow_mut().saturating_record(slip);
        }
    }

    /// The server says that something was not done.
    pub(super) fn complain(&self, frame: &[u8]) {
        self.complaints.set(self.complaints.get() + 1);
        let mut kept = self.complained.borrow_mut();
        if kept.len() < COMPLAINTS_KEPT {
            kept.push(String::from_utf8_lossy(frame).into_owned());
        }
    }

    /// Waits until so many have come. False: nothing has come any more for [`LOST_AFTER`]. Cancel
    /// safe.
    pub(super) async fn reaches(&self, count: u64) -> bool {
        while self.received.get() < count {
            self.wanted.set(count);
            let before = self.received.get();
            let waited = timeout(LOST_AFTER, self.enough.notified()).await;
            if waited.is_err() && self.received.get() == before {
                return false;
            }
        }
        true
    }
}

#[cfg(test)]
mod tests;
