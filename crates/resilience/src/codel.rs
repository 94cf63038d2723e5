//! Which of those who wait are to wait no longer: controlled delay (CoDel; Nichols and Jacobson, RFC 8289), in the form
//! for requests of Facebook's folly (Maurer, "Fail at Scale", ACM Queue 2015).
//!
//! A queue that is empty now and then is a good one, however long it is at times. When for 100 ms even the oldest had
//! always waited longer than the target, it is not: then who has waited more than twice the target is sloughed. Sloughing
//! is not dropping: the event gets its degraded answer at once and its full one later. While it is overloaded the newest
//! are best served first: they still have time.

use std::time::Duration;

use model::Mono;

/// A wait that is well.
const TARGET: Duration = Duration::from_millis(20);
/// How long the oldest's wait must be too long.
const INTERVAL: Duration = Duration::from_millis(100);

/// Watches one queue.
#[derive(Debug, Clone, Default)]
pub struct Codel {
    overloaded: bool,
    /// The shortest wait of an oldest in this interval.
    shortest: Option<Duration>,
    interval_end: Mono,
}

impl Codel {
    /// One of a queue in which nobody waits.
    pub fn new() -> Self {
        Self::default()
    }

    /// Must the oldest, who has waited so long, be sloughed? Ask before each serving, and again until it is no; then
    /// serve whom you like.
    #[must_use]
    pub fn sloughs(&mut self, now: Mono, waited: Duration) -> bool {
        if now >= self.interval_end {
            self.overloaded = self.shortest > Some(TARGET);
            self.shortest = Some(waited);
            self.interval_end = now + INTERVAL;
        }
        self.shortest = self.shortest.min(Some(waited));
        self.overloaded && waited > 2 * TARGET
    }

    /// Whether the queue has been too long for a while.
    pub fn is_overloaded(&self) -> bool {
        self.overloaded
    }
}

#[cfg(test)]
mod tests;
