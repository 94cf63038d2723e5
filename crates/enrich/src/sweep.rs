//! When what is degraded is asked again: in sweeps, each a walk along the journal from the first that is to be asked
//! again to the end.

use std::time::Duration;

use model::{BatchNo, Mono};
use resilience::Backoff;

/// Between two sweeps at most.
const APART_MAX: Duration = Duration::from_secs(60);

/// How often a sweep that found no place looks again.
const REST: Duration = Duration::from_millis(50);

/// Calls of a sweep that may be made at once after a rest.
const BURST_MS: u64 = 20;

/// Where the sweep is.
#[derive(Debug)]
pub(crate) struct Sweep {
    /// At least so long.
    after: Duration,
    apart: Backoff,
    per_s: u32,
    is_running: bool,
    /// Calls of this sweep that got something done.
    done: u64,
    /// Sweeps one after the other that got nothing done.
    vain: u32,
    next_at: Mono,
    rest_until: Mono,
    /// When the next call is due, at the rate that is allowed.
    due: Mono,
}

impl Sweep {
    pub(crate) fn new(after: Duration, per_s: u32) -> Self {
        Self {
            after,
            apart: Backoff::new(after, APART_MAX),
            per_s,
            is_running: false,
            done: 0,
            vain: 0,
            next_at: Mono(0),
            rest_until: Mono(0),
            due: Mono(0),
        }
    }

    /// There is something to ask again, from this batch on: begin, if it is time.
    pub(crate) fn begin(
        &mut self,
        first: impl FnOnce() -> Option<u64>,
        now: Mono,
    ) -> Option<BatchNo> {
        if self.is_running || now < self.next_at || self.per_s == 0 {
            return None;
        }
        let first = first()?;
        self.is_running = true;
        self.done = 0;
        Some(BatchNo(first.saturating_sub(1)))
    }

    /// It has come to the journal's end.
    pub(crate) fn end(&mut self, now: Mono, dice: u64) {
        self.is_running = false;
        self.vain = if self.done > 0 { 0 } else { self.vain.saturating_add(1) };
        // Not shorter than the first step: what was degraded a moment ago still has its call out.
        self.next_at = now + self.apart.delay(self.vain, None, dice).max(self.after);
    }

    /// Something that was asked again got its answer.
    pub(crate) fn got(&mut self) {
        self.done += 1;
    }

    /// There was no place for a call: rest.
    pub(crate) fn rest(&mut self, now: Mono) {
        self.rest_until = now + REST;
    }

    /// Calls that the rate allows now.
    pub(crate) fn room(&self, now: Mono) -> u32 {
        if now < self.rest_until || self.per_s == 0 {
            return 0;
        }
        let allowed = now.0.saturating_sub(self.due.0) / self.apart_ns();
        let burst = (u64::from(self.per_s) * BURST_MS / 1_000).max(1);
        u32::try_from(allowed.min(burst)).unwrap_or(u32::MAX)
    }

    /// A call is made.
    pub(crate) fn called(&mut self, now: Mono) {
        let burst = Duration::from_millis(BURST_MS);
        let earliest = Mono(now.0.saturating_sub(u64::try_from(burst.as_nanos()).unwrap_or(0)));
        self.due = self.due.max(earliest) + Duration::from_nanos(self.apart_ns());
    }

    fn apart_ns(&self) -> u64 {
        1_000_000_000 / u64::from(self.per_s.max(1))
    }
}
