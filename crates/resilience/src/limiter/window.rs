//! What a short while of answers says.

use std::time::Duration;

use model::Mono;

use crate::histogram::Histogram;

/// The shortest window. A round trip if that is longer: calls go out in bursts and come back in bursts, in order of
/// their latency, so a shorter window sees a rate or a median that is none.
const SPAN_MIN: Duration = Duration::from_millis(50);
/// With fewer answers it goes on.
const SAMPLES_MIN: u64 = 20;
/// After so long without any it begins anew: a silence says nothing of a rate.
const SILENCE: Duration = Duration::from_secs(1);
/// A share of overloads up to this, of all answers, says nothing of the limit: services fail for other reasons, too.
const OVERLOADS_PERCENT: f64 = 10.0;
/// Nor does more than that by chance: so many standard deviations (of the binomial distribution) above are evidence.
/// It is looked at with each overload, so one deviation would be reached sooner or later by half as large a share.
const OVERLOADS_DEVIATIONS: f64 = 2.0;

/// A window that is open.
#[derive(Debug, Clone)]
pub(crate) struct Window {
    since: Mono,
    last: Mono,
    latencies: Histogram,
    /// Answers to calls that were sent after the last cut.
    fresh: u64,
    fresh_overloads: u64,
    /// Answers, whatever they are, and those of them that came while the limit was reached.
    answers: u64,
    full: u64,
}

/// What a closed one says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    pub(crate) span: Duration,
    pub(crate) successes: u64,
    pub(crate) median: Option<Duration>,
    /// Whether the limit was reached in it.
    pub(crate) reached: bool,
    /// Whether it was reached most of the time: now and then a heap of calls reaches any limit.
    pub(crate) held_back: bool,
}

impl Window {
    pub(crate) fn new() -> Self {
        Self {
            since: Mono(0),
            last: Mono(0),
            latencies: Histogram::new(),
            fresh: 0,
            fresh_overloads: 0,
            answers: 0,
            full: 0,
        }
    }

    /// An answer comes.
    pub(crate) fn begin(&mut self, now: Mono, full: bool) {
        if now.since(self.last) >= SILENCE {
            self.clear(now);
        }
        self.last = now;
        self.answers += 1;
        self.full += u64::from(full);
    }

    pub(crate) fn success(&mut self, latency: Duration, fresh: bool) {
        self.latencies.record(latency);
        self.fresh += u64::from(fresh);
    }

    pub(crate) fn overload(&mut self, fresh: bool) {
        self.fresh += u64::from(fresh);
        self.fresh_overloads += u64::from(fresh);
    }

    /// Whether enough of the calls sent since the last cut say that it is too much.
    pub(crate) fn is_overloaded(&self) -> bool {
        let (fresh, share) = (self.fresh as f64, OVERLOADS_PERCENT / 100.0);
        let deviation = (fresh * share * (1.0 - share)).sqrt();
        self.fresh >= SAMPLES_MIN
            && self.fresh_overloads as f64 >= fresh * share + OVERLOADS_DEVIATIONS * deviation
    }

    /// Whether most of them do.
    pub(crate) fn is_refused(&self) -> bool {
        self.fresh_overloads * 2 > self.fresh
    }

    /// The limit was cut: what was sent before does not count again.
    pub(crate) fn cut(&mut self) {
        self.fresh = 0;
        self.fresh_overloads = 0;
    }

    pub(crate) fn is_over(&self, now: Mono, base: Option<Duration>) -> bool {
        let span = now.since(self.since);
        let least = base.map_or(SPAN_MIN, |base| SPAN_MIN.max(base));
        self.latencies.count() >= SAMPLES_MIN && span >= least
    }

    pub(crate) fn close(&mut self, now: Mono) -> Seen {
        let seen = Seen {
            span: now.since(self.since),
            successes: self.latencies.count(),
            median: self.latencies.at(0.5),
            reached: self.full > 0,
            held_back: self.full * 2 > self.answers,
        };
        self.clear(now);
        seen
    }

    fn clear(&mut self, now: Mono) {
        self.since = now;
        self.latencies.clear();
        self.cut();
        self.answers = 0;
        self.full = 0;
    }
}

#[cfg(test)]
mod tests;
