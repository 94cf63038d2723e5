//! What a worker counts between two looks of the collector, who swaps it for an empty one.
//!
//! # Invariants
//!
//! - Its size does not grow with the number of requests.
//! - A request that was due before [`Counts::from_ns`] counts for nothing: it belongs to the warm-up, which is over.

mod failures;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::fault::Fault;
use super::http1::BODY_START_MAX;
use super::queue::Job;
use super::run::{Act, Distribution, Failure, Health, Second, Spike, Timeline};

/// Of the requests that took longest, in a tally.
pub(crate) const SLOWEST_MAX: usize = 24;

/// Requests far slower than most, of one worker in one second.
pub(crate) const SPIKES_MAX: usize = 2_000;

/// Of one worker.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Tally {
    pub(crate) counts: Counts,
    pub(crate) slip: Distribution,
    pub(crate) wait: Distribution,
    pub(crate) service: Distribution,
    pub(crate) response: Distribution,
    /// From due to heard.
    pub(crate) delivery: Distribution,
    /// Of a mixture, each act for itself.
    pub(crate) by_act: BTreeMap<Act, OfAct>,
}

/// What became of one act.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct OfAct {
    pub(crate) done: u64,
    pub(crate) failed: u64,
    /// From due to answered, of what was.
    pub(crate) response: Distribution,
}

/// All but the histograms.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Counts {
    /// What was due earlier counts for nothing.
    pub(crate) from_ns: u64,
    pub(crate) offered: u64,
    pub(crate) started: u64,
    pub(crate) done: u64,
    pub(crate) failed: u64,
    pub(crate) bytes_in: u64,
    pub(crate) connects: u64,
    pub(crate) by_status: BTreeMap<u16, u64>,
    pub(crate) by_fault: BTreeMap<Fault, u64>,
    pub(crate) failures: Vec<Failure>,
    pub(crate) slowest: Vec<Timeline>,
    pub(crate) spikes: Vec<Spike>,
    pub(crate) loop_lag_ns: u64,
    /// What took no longer is not among the slowest.
    #[serde(skip)]
    slowest_floor_us: u64,
}

/// Stamps of a request that was begun, in ns from the beginning.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stamps {
    pub(crate) job: Job,
    pub(crate) sent_ns: u64,
    pub(crate) first_byte_ns: u64,
    pub(crate) done_ns: u64,
}

impl Tally {
    pub(crate) fn offer(&mut self, due_ns: u64) {
        if due_ns >= self.counts.from_ns {
            self.counts.offered += 1;
        }
    }

    /// A request is about to be written. Open loops tell how late they are.
    pub(crate) fn start(&mut self, job: &Job, sent_ns: u64, is_open: bool) {
        if job.due_ns < self.counts.from_ns {
            return;
        }
        self.counts.started += 1;
        if is_open {
            self.slip.record_us(micros(job.picked_ns.saturating_sub(job.due_ns)));
            self.wait.record_us(micros(sent_ns.saturating_sub(job.picked_ns)));
        }
    }

    /// An answer came whole. What is slower than `spike_ns` is kept.
    pub(crate) fn answer(&mut self, stamps: &Stamps, status: u16, body: &[u8], spike_ns: u64) {
        if stamps.job.due_ns < self.counts.from_ns {
            return;
        }
        *self.counts.by_status.entry(status).or_default() += 1;
        if status >= 400 {
            self.counts.failed += 1;
            let body = &body[..body.len().min(BODY_START_MAX)];
            let body_start = String::from_utf8_lossy(body).into_owned();
            return self.keep_failure(stamps.job.index, Some(status), None, body_start);
        }
        self.counts.done += 1;
        self.service.record_us(micros(stamps.done_ns.saturating_sub(stamps.sent_ns)));
        let response_ns = stamps.done_ns.saturating_sub(stamps.job.due_ns);
        self.response.record_us(micros(response_ns));
        if response_ns > spike_ns && self.counts.spikes.len() < SPIKES_MAX {
            self.counts.spikes.push(Spike(stamps.job.index, stamps.job.due_ns, response_ns));
        }
        self.keep_slow(stamps);
    }

    /// No answer came. One that was given up has taken as long as it was waited for: left out, the slowest requests
    /// would be missing among the latencies.
    pub(crate) fn fail(&mut self, stamps: &Stamps, fault: Fault, detail: &str) {
        if stamps.job.due_ns < self.counts.from_ns {
            return;
        }
        self.counts.failed += 1;
        *self.counts.by_fault.entry(fault).or_default() += 1;
        if fault.is_given_up() {
            self.service.record_us(micros(stamps.done_ns.saturating_sub(stamps.sent_ns)));
            self.response.record_us(micros(stamps.done_ns.saturating_sub(stamps.job.due_ns)));
            self.keep_slow(stamps);
        }
        self.keep_failure(stamps.job.index, None, Some(detail), String::new());
    }

    /// Was due, and is still waiting at the end.
    pub(crate) fn never_started(&mut self, due_ns: u64, end_ns: u64) {
        if due_ns < self.counts.from_ns {
            return;
        }
        self.counts.failed += 1;
        *self.counts.by_fault.entry(Fault::NotStarted).or_default() += 1;
        self.response.record_us(micros(end_ns.saturating_sub(due_ns)));
    }

    /// What became of a request is counted under its act, too: how long it took if it was done, nothing if it failed.
    pub(crate) fn count_act(&mut self, act: Act, due_ns: u64, done_ns: Option<u64>) {
        if due_ns < self.counts.from_ns {
            return;
        }
        let of_act = self.by_act.entry(act).or_default();
        match done_ns {
            Some(done_ns) => {
                of_act.done += 1;
                of_act.response.record_us(micros(done_ns.saturating_sub(due_ns)));
            }
            None => of_act.failed += 1,
        }
    }

    /// Somebody heard what was due then.
    pub(crate) fn deliver(&mut self, due_ns: u64, now_ns: u64) {
        if due_ns >= self.counts.from_ns {
            self.delivery.record_us(micros(now_ns.saturating_sub(due_ns)));
        }
    }

    /// Tells of something that failed and is no request.
    pub(crate) fn note_failure(&mut self, why: &str) {
        self.keep_failure(0, None, Some(why), String::new());
    }

    /// A second of a run in which this was counted.
    pub(crate) fn second(&self, at_s: f64, in_flight: u64, client: Health) -> Second {
        let counts = &self.counts;
        let slip_p99_us = self.slip.at_us(0.99);
        let loop_lag_ms = Duration::from_nanos(counts.loop_lag_ns).as_secs_f64() * 1e3;
        Second {
            at_s,
            offered: counts.offered,
            started: counts.started,
            done: counts.done,
            failed: counts.failed,
            in_flight,
            bytes_in: counts.bytes_in,
            response_us: self.response.marks_us(),
            slip_p99_us,
            wait_p99_us: self.wait.at_us(0.99),
            client: Health { loop_lag_ms, slip_p99_us, ..client },
            server: None,
            heat: self.response.heat(),
            heard: self.delivery.0.len(),
            delivery_us: self.delivery.marks_us(),
        }
    }

    /// Counts all of another, too.
    pub(crate) fn add(&mut self, other: &Self) {
        self.slip.add(&other.slip);
        self.wait.add(&other.wait);
        self.service.add(&other.service);
        self.response.add(&other.response);
        self.delivery.add(&other.delivery);
        for (act, more) in &other.by_act {
            let of_act = self.by_act.entry(*act).or_default();
            of_act.done += more.done;
            of_act.failed += more.failed;
            of_act.response.add(&more.response);
        }
        self.counts.add(&other.counts);
    }

    /// Makes it empty, with the memory it has. What is due before `from_ns` counts for nothing from now on.
    pub(crate) fn clear(&mut self, from_ns: u64) {
        let Self { slip, wait, service, response, delivery, .. } = self;
        for times in [slip, wait, service, response, delivery] {
            times.0.reset();
        }
        self.by_act.clear();
        let empty = Counts { from_ns, ..Counts::default() };
        self.counts = empty;
    }

    fn keep_failure(
        &mut self,
        index: u64,
        status: Option<u16>,
        error: Option<&str>,
        body_start: String,
    ) {
        let error = error.map(str::to_owned);
        failures::keep(&mut self.counts.failures, [Failure { index, status, error, body_start }]);
    }

    fn keep_slow(&mut self, stamps: &Stamps) {
        let line = Timeline {
            index: stamps.job.index,
            due_us: stamps.job.due_ns / 1_000,
            picked_us: stamps.job.picked_ns / 1_000,
            sent_us: stamps.sent_ns / 1_000,
            first_byte_us: stamps.first_byte_ns / 1_000,
            done_us: stamps.done_ns / 1_000,
        };
        if self.counts.slowest.len() < SLOWEST_MAX {
            return self.counts.slowest.push(line);
        }
        let took = |line: &Timeline| line.done_us - line.due_us;
        if took(&line) <= self.counts.slowest_floor_us {
            return;
        }
        if let Some(fastest) = self.counts.slowest.iter_mut().min_by_key(|kept| took(kept)) {
            *fastest = line;
        }
        self.counts.slowest_floor_us = self.counts.slowest.iter().map(took).min().unwrap_or(0);
    }
}

impl Counts {
    fn add(&mut self, other: &Self) {
        self.from_ns = self.from_ns.max(other.from_ns);
        self.offered += other.offered;
        self.started += other.started;
        self.done += other.done;
        self.failed += other.failed;
        self.bytes_in += other.bytes_in;
        self.connects += other.connects;
        for (status, count) in &other.by_status {
            *self.by_status.entry(*status).or_default() += count;
        }
        for (fault, count) in &other.by_fault {
            *self.by_fault.entry(*fault).or_default() += count;
        }
        failures::keep(&mut self.failures, other.failures.iter().cloned());
        self.slowest.extend_from_slice(&other.slowest);
        self.slowest.sort_by_key(|line| std::cmp::Reverse(line.done_us - line.due_us));
        self.slowest.truncate(SLOWEST_MAX);
        self.spikes.extend_from_slice(&other.spikes);
        self.loop_lag_ns = self.loop_lag_ns.max(other.loop_lag_ns);
    }
}

/// Rounded to the nearest: cutting off would make all half a µs faster.
pub(crate) fn micros(ns: u64) -> u64 {
    ns.saturating_add(500) / 1_000
}

#[cfg(test)]
mod tests;
