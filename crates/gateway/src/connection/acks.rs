//! Acknowledgements on their way to the owner: cumulative, so of those that come close together only
//! the last of each subscription is passed on.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::Instant;

/// Acknowledgements are passed on at most so often: the first at once, the rest together.
pub(super) const ACK_FLUSH_EVERY: Duration = Duration::from_millis(100);

/// Which subscriptions have one to pass on.
#[derive(Debug, Default)]
pub(super) struct Acks {
    waiting: BTreeSet<u64>,
    flushed: Option<Instant>,
}

impl Acks {
    pub(super) fn add(&mut self, number: u64) {
        self.waiting.insert(number);
    }

    pub(super) fn remove(&mut self, number: u64) {
        self.waiting.remove(&number);
    }

    /// When the next ones are to be passed on.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let flushed = self.flushed?;
        (!self.waiting.is_empty()).then(|| flushed + ACK_FLUSH_EVERY)
    }

    /// Whether it is time.
    pub(super) fn are_due(&self, now: Instant) -> bool {
        !self.waiting.is_empty() && self.deadline().is_none_or(|deadline| deadline <= now)
    }

    /// All of them, to be passed on now.
    pub(super) fn flush(&mut self, now: Instant) -> BTreeSet<u64> {
        self.flushed = Some(now);
        std::mem::take(&mut self.waiting)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_goes_at_once_and_the_rest_together() {
        let mut acks = Acks::default();
        let start = Instant::now();
        assert!(!acks.are_due(start));
        acks.add(1);
        assert!(acks.are_due(start));
        assert_eq!(acks.flush(start), BTreeSet::from([1]));
        acks.add(2);
        acks.add(1);
        acks.add(1);
        assert!(!acks.are_due(start + Duration::from_millis(99)));
        assert_eq!(acks.deadline(), Some(start + ACK_FLUSH_EVERY));
        assert!(acks.are_due(start + ACK_FLUSH_EVERY));
        assert_eq!(acks.flush(start + ACK_FLUSH_EVERY), BTreeSet::from([1, 2]));
        assert_eq!(acks.deadline(), None);
    }
}
