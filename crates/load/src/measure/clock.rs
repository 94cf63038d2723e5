//! Time of a run: nanoseconds since its beginning, which workers agree on.

use std::time::{Duration, Instant};

/// Counts from one moment; earlier ones are 0.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock(Instant);

impl Clock {
    pub(crate) fn from(beginning: Instant) -> Self {
        Self(beginning)
    }

    /// Nanoseconds since the beginning.
    pub(crate) fn now_ns(self) -> u64 {
        nanos(self.0.elapsed())
    }

    /// The moment it counts from; it may be to come.
    pub(crate) fn beginning(self) -> Instant {
        self.0
    }
}

/// Five centuries fit.
pub(crate) fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
