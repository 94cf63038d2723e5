//! What was measured, in histograms of constant size.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Result;
use hdrhistogram::Histogram;
use serde_json::{Value, json};
use tokio::time::Instant;
use wire::Code;

use crate::quantiles::{self, Quantiles, micros, per_second};

/// Everything that is counted while messages are under way.
#[derive(Debug)]
pub(super) struct Figures(Mutex<Counts>);

#[derive(Debug)]
struct Counts {
    from_due: Histogram<u64>,
    from_sent: Histogram<u64>,
    slip: Histogram<u64>,
    errors: BTreeMap<Code, u64>,
    start: Instant,
    /// When the last answer came.
    last: Instant,
    /// Since the last window.
    window: Histogram<u64>,
    window_errors: u64,
    window_start: Instant,
}

/// Since the last time.
#[derive(Debug)]
pub(super) struct Window {
    at: Duration,
    length: Duration,
    acknowledged: u64,
    errors: u64,
    from_due: Quantiles,
}

/// The whole run.
#[derive(Debug)]
pub(super) struct Total {
    offered: u64,
    acknowledged: u64,
    elapsed: Duration,
    errors: BTreeMap<Code, u64>,
    from_due: Quantiles,
    from_sent: Quantiles,
    slip: Quantiles,
    cpu_seconds: f64,
    /// Why connections ended before they were through.
    broken: Vec<String>,
}

impl Figures {
    pub(super) fn new(start: Instant) -> Result<Self> {
        Ok(Self(Mutex::new(Counts {
            from_due: quantiles::histogram()?,
            from_sent: quantiles::histogram()?,
            slip: quantiles::histogram()?,
            errors: BTreeMap::new(),
            start,
            last: start,
            window: quantiles::histogram()?,
            window_errors: 0,
            window_start: start,
        })))
    }

    /// A message is on its way.
    pub(super) fn sent(&self, due: Instant, sent: Instant) {
        self.lock().slip.saturating_record(micros(sent - due));
    }

    /// It is durable.
    pub(super) fn acknowledged(&self, due: Instant, sent: Instant, now: Instant) {
        let mut counts = self.lock();
        counts.from_due.saturating_record(micros(now - due));
        counts.window.saturating_record(micros(now - due));
        counts.from_sent.saturating_record(micros(now - sent));
        counts.last = counts.last.max(now);
    }

    /// It is not.
    pub(super) fn refused(&self, code: Code, now: Instant) {
        let mut counts = self.lock();
        *counts.errors.entry(code).or_default() += 1;
        counts.window_errors += 1;
        counts.last = counts.last.max(now);
    }

    /// What came since the last window.
    pub(super) fn window(&self, now: Instant) -> Window {
        let mut counts = self.lock();
        let window = Window {
            at: now - counts.start,
            length: now - counts.window_start,
            acknowledged: counts.window.len(),
            errors: counts.window_errors,
            from_due: Quantiles::of(&counts.window),
        };
        counts.window.reset();
        counts.window_errors = 0;
        counts.window_start = now;
        window
    }

    pub(super) fn total(&self, offered: u64, cpu_seconds: f64, broken: Vec<String>) -> Total {
        let counts = self.lock();
        Total {
            offered,
            acknowledged: counts.from_due.len(),
            elapsed: counts.last - counts.start,
            errors: counts.errors.clone(),
            from_due: Quantiles::of(&counts.from_due),
            from_sent: Quantiles::of(&counts.from_sent),
            slip: Quantiles::of(&counts.slip),
            cpu_seconds,
            broken,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Window {
    pub(super) fn to_json(&self) -> Value {
        json!({
            "type": "window",
            "at_seconds": self.at.as_secs_f64(),
            "seconds": self.length.as_secs_f64(),
            "acknowledged": self.acknowledged,
            "errors": self.errors,
            "from_due_ms": self.from_due.to_json(),
        })
    }
}

impl Total {
    /// All that was due was acknowledged.
    pub(super) fn is_clean(&self) -> bool {
        self.acknowledged == self.offered
    }

    fn per_second(&self) -> f64 {
        per_second(self.acknowledged, self.elapsed)
    }

    fn refused(&self) -> u64 {
        self.errors.values().sum()
    }

    fn unanswered(&self) -> u64 {
        self.offered.saturating_sub(self.acknowledged + self.refused())
    }

    pub(super) fn to_json(&self) -> Value {
        let errors: BTreeMap<_, _> =
            self.errors.iter().map(|(code, count)| (code.text(), count)).collect();
        json!({
            "type": "total",
            "offered": self.offered,
            "acknowledged": self.acknowledged,
            "acknowledged_per_second": self.per_second(),
            "seconds": self.elapsed.as_secs_f64(),
            "errors": errors,
            "unanswered": self.unanswered(),
            "from_due_ms": self.from_due.to_json(),
            "from_sent_ms": self.from_sent.to_json(),
            "slip_ms": self.slip.to_json(),
            "cpu_seconds": self.cpu_seconds,
            "broken": self.broken,
        })
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rate = per_second(self.acknowledged, self.length);
        write!(f, "{:5.0} s  {rate:.0}/s  {}", self.at.as_secs_f64(), self.from_due)?;
        if self.errors > 0 { write!(f, "  {} refused", self.errors) } else { Ok(()) }
    }
}

impl fmt::Display for Total {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (acknowledged, offered) = (self.acknowledged, self.offered);
        writeln!(f, "acknowledged  {acknowledged} of {offered}, {:.0}/s", self.per_second())?;
        writeln!(f, "from due      {}", self.from_due)?;
        writeln!(f, "from sent     {}", self.from_sent)?;
        writeln!(f, "slip          p99 {:.2}  max {:.2} ms", self.slip.p99, self.slip.max)?;
        write!(f, "own CPU       {:.2} s", self.cpu_seconds)?;
        for (code, count) in &self.errors {
            write!(f, "\nrefused       {count} {code}")?;
        }
        if self.unanswered() > 0 {
            write!(f, "\nunanswered    {}", self.unanswered())?;
        }
        self.broken.iter().try_for_each(|why| write!(f, "\nbroken        {why}"))
    }
}

#[cfg(test)]
mod tests;
