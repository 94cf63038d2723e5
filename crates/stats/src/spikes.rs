//! Whether slow requests come periodically: every so many requests, or every so many seconds.
//!
//! An *event* is a latency far above the median, `median · exp(5 · MAD of logarithms)`, and events close together are
//! one. Their positions are tested for a period by the H-test (de Jager, Raubenheimer, Swanepoel, Astronomy and
//! Astrophysics 221, 1989; its tail `exp(-0.4 H)`: de Jager, Büsching, A&A 517, 2010), which needs no shape of the
//! pulse: jitter, missing spikes and foreign ones are tolerated. The scan looks at many frequencies, so its best is
//! multiplied by their number.
//!
//! Both axes are tested. A period in requests comes from what counts requests (pools, `keepalive_requests`, a
//! collection every so many), one in seconds from what has a clock (cron, flushes, checkpoints). At a steady rate they
//! are the same, and both are told. For a period in each connection, give each request's number *in its connection* as
//! its index.

mod h_test;
mod phase;

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use crate::histogram::{latencies, quantile_us};
use h_test::scan;

/// An event is so many median absolute deviations (of logarithms) above the median ...
pub const DEVIATIONS: f64 = 5.0;

/// ... and at least so many times the median, since what hardly varies has no deviations.
pub const TIMES_MEDIAN: f64 = 1.5;

/// Events within so many requests of each other are one: a pause hits all that come while it lasts.
pub const MERGED_WITHIN: u64 = 20;

/// The fewest events in which a period is looked for.
pub const EVENTS_MIN: usize = 5;

/// The most events that are looked at: the first. It bounds the work, which grows with the square.
pub const EVENTS_MAX: usize = 400;

/// A period is reported when chance would make one as good in less than this share of runs.
pub const SIGNIFICANT: f64 = 0.01;

const NS_PER_S: f64 = 1e9;
const NS_PER_US: u64 = 1_000;

/// One request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// Its number: in the run, or in its connection.
    pub index: u64,
    /// When it was due (or sent, in a closed loop), in nanoseconds since the beginning.
    pub at_ns: u64,
    /// How long it took, in nanoseconds.
    pub latency_ns: u64,
}

/// What a period counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Axis {
    /// Requests.
    Index,
    /// Seconds.
    Time,
}

/// A period of slow requests.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Period {
    /// What it counts.
    pub axis: Axis,
    /// How long it is: requests, or seconds.
    pub period: f64,
    /// How many events follow it.
    pub count: u64,
    /// How many events there are.
    pub events: u64,
    /// The chance of one as good in events that have no period, over all frequencies and axes that were tried.
    pub p: f64,
    /// Whether the true period may be this, divided by a small whole number.
    pub is_multiple_possible: bool,
}

/// Above which latency a request is an event, in nanoseconds, from a histogram of microseconds. `None` when that is
/// empty.
#[must_use]
pub fn threshold_ns(latencies: &Histogram<u64>) -> Option<u64> {
    let median = quantile_us(latencies, 0.5)?.max(1) as f64;
    let mut deviations: Vec<(f64, u64)> = latencies
        .iter_recorded()
        .map(|step| {
            let value = step.value_iterated_to().max(1) as f64;
            ((value / median).ln().abs(), step.count_since_last_iteration())
        })
        .collect();
    deviations.sort_by(|a, b| a.0.total_cmp(&b.0));
    let half = latencies.len().div_ceil(2);
    let mut seen = 0;
    let (mad, _) = deviations.into_iter().find(|(_, count)| {
        seen += count;
        seen >= half
    })?;
    let times = (DEVIATIONS * mad).exp().max(TIMES_MEDIAN);
    Some(crate::round::whole(median * times).saturating_mul(NS_PER_US))
}

/// The periods among all requests of a run, the surest first.
#[must_use]
pub fn find(samples: &[Sample]) -> Vec<Period> {
    let mut all = latencies();
    samples.iter().for_each(|sample| all.saturating_record(sample.latency_ns / NS_PER_US));
    let Some(threshold_ns) = threshold_ns(&all) else { return Vec::new() };
    let slow = samples.iter().filter(|sample| sample.latency_ns > threshold_ns);
    find_among(&slow.copied().collect::<Vec<_>>())
}

/// The periods among requests that were all slow: what [`find`] does once it knows which are events. A run that keeps
/// only requests above the [`threshold_ns`] of its beginning uses this.
#[must_use]
pub fn find_among(slow: &[Sample]) -> Vec<Period> {
    let events = merged(slow);
    if events.len() < EVENTS_MIN {
        return Vec::new();
    }
    let axes = [
        (Axis::Index, events.iter().map(|event| event.index as f64).collect::<Vec<_>>()),
        (Axis::Time, events.iter().map(|event| event.at_ns as f64 / NS_PER_S).collect()),
    ];
    let trials = axes.len() as f64;
    let mut periods: Vec<Period> = axes
        .into_iter()
        .filter_map(|(axis, positions)| period(axis, &positions, trials))
        .filter(|period| period.p < SIGNIFICANT)
        .collect();
    periods.sort_by(|a, b| a.p.total_cmp(&b.p));
    periods
}

impl Period {
    /// What is known to make such a period.
    #[must_use]
    pub fn likely_causes(&self) -> &'static str {
        let near = |known: &f64| (self.period / known - 1.0).abs() < 0.05;
        match self.axis {
            Axis::Index if near(&1_000.0) => {
                "connections that end after 1,000 requests (nginx keepalive_requests), or work every 1,000 requests"
            }
            Axis::Index if near(&100.0) => {
                "connections that end after 100 requests (Apache MaxKeepAliveRequests), or work every 100 requests"
            }
            Axis::Index => {
                "what counts requests: a limit of requests a connection or worker, a batch, a collection every so many"
            }
            Axis::Time if [60.0, 300.0, 3_600.0].iter().any(near) => {
                "cron, or a metrics or log job on the minute"
            }
            Axis::Time if near(&5.0) => {
                "the kernel's writeback (dirty_writeback_centisecs is 5 s), or a 5 s timer"
            }
            Axis::Time => {
                "what has a clock: a flush, a checkpoint, a collection, a scrape, a health check"
            }
        }
    }
}

/// Chains of events that are near each other, each told by its first; at most [`EVENTS_MAX`].
fn merged(slow: &[Sample]) -> Vec<Sample> {
    let mut slow = slow.to_vec();
    slow.sort_by_key(|sample| (sample.index, sample.at_ns));
    let mut before = None;
    slow.retain(|sample| {
        let is_near = before.is_some_and(|before: u64| sample.index - before <= MERGED_WITHIN);
        before = Some(sample.index);
        !is_near
    });
    slow.truncate(EVENTS_MAX);
    slow
}

fn period(axis: Axis, positions: &[f64], trials: f64) -> Option<Period> {
    let best = scan(positions)?;
    let line = phase::refine(positions, best.frequency);
    Some(Period {
        axis,
        period: line.period,
        count: line.count,
        events: positions.len() as u64,
        p: (trials * best.p).min(1.0),
        is_multiple_possible: best.is_multiple_possible,
    })
}

#[cfg(test)]
mod tests;
