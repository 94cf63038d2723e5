//! Wakes a worker when its next request is due: a timer of the kernel, for the runtime's own wheel turns each
//! millisecond only.
//!
//! It also sees how late the worker comes round to what has happened: that is the loop's lag.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::clock::Clock;
use super::desk::Desk;

/// With nothing due for longer, the loop's lag is looked at all the same.
const GLANCE_NS: u64 = 10_000_000;

/// Not more often: while no connection is free, or so much is due that each turn of the loop finds some, a timer for
/// each request would be work for nothing. It is the slip that this can cost.
const PAUSE_NS: u64 = 50_000;

/// A timer of the kernel.
pub(crate) struct Timer(AsyncFd<OwnedFd>);

impl Timer {
    /// Within a runtime.
    ///
    /// # Errors
    /// No more descriptors.
    pub(crate) fn new() -> io::Result<Self> {
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let timer = timerfd_create(TimerfdClockId::Monotonic, flags)?;
        #[expect(
            deprecated,
            reason = "its successor is unsafe; an `OwnedFd` stays open as long as it is owned"
        )]
        let timer = AsyncFd::with_interest(timer, Interest::READABLE)?;
        Ok(Self(timer))
    }

    /// Waits so long, to some microseconds.
    async fn wait(&self, time: Duration) -> io::Result<()> {
        let it_value = Timespec {
            tv_sec: i64::try_from(time.as_secs()).unwrap_or(i64::MAX),
            // 0 would disarm it.
            tv_nsec: i64::from(time.subsec_nanos()).max(1),
        };
        let once = Itimerspec { it_interval: Timespec::default(), it_value };
        timerfd_settime(self.0.get_ref(), TimerfdTimerFlags::empty(), &once)?;
        // Setting it again makes it unread: nothing needs to be read from it.
        self.0.readable().await?.clear_ready();
        Ok(())
    }
}

/// Paces a desk until it is dropped.
///
/// # Errors
/// What the kernel says of the timer.
pub(crate) async fn pace(timer: Timer, desk: Arc<Mutex<Desk>>, clock: Clock) -> io::Result<()> {
    loop {
        let now_ns = clock.now_ns();
        let next_ns = {
            let mut desk = desk.lock().unwrap_or_else(PoisonError::into_inner);
            desk.pace(now_ns).unwrap_or(u64::MAX)
        };
        let wake_ns = next_ns.clamp(now_ns + PAUSE_NS, now_ns + GLANCE_NS);
        timer.wait(Duration::from_nanos(wake_ns - now_ns)).await?;
        let lag_ns = clock.now_ns().saturating_sub(wake_ns);
        let mut desk = desk.lock().unwrap_or_else(PoisonError::into_inner);
        let counts = &mut desk.tally.counts;
        counts.loop_lag_ns = counts.loop_lag_ns.max(lag_ns);
    }
}
