//! Time of a run: nanoseconds since its beginning, which workers agree on.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

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

/// The machine's monotonic clock, which all its processes share, in ns.
pub(crate) fn machine_ns() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    let seconds = u64::try_from(now.tv_sec).unwrap_or(0);
    seconds * 1_000_000_000 + u64::try_from(now.tv_nsec).unwrap_or(0)
}

/// The moment at which that clock shows so many ns.
pub(crate) fn at(at_ns: u64) -> Instant {
    let (now, now_ns) = (Instant::now(), machine_ns());
    let to_come = Duration::from_nanos(at_ns.saturating_sub(now_ns));
    now.checked_sub(Duration::from_nanos(now_ns.saturating_sub(at_ns))).unwrap_or(now) + to_come
}

/// Five centuries fit.
pub(crate) fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[test]
fn a_moment_of_the_machines_clock_is_the_same_moment_here() {
    let off = |at_ns: u64, wanted: Instant| {
        let at = at(at_ns);
        at.saturating_duration_since(wanted) + wanted.saturating_duration_since(at)
    };
    let (now, now_ns) = (Instant::now(), machine_ns());
    let hour = Duration::from_secs(3_600);
    assert!(off(now_ns + nanos(hour), now + hour) < Duration::from_secs(1));
    assert!(off(now_ns, now) < Duration::from_secs(1));
}
