//! Seconds of several processes become one: counts and histograms are added, percentiles are taken of the sums.
//!
//! A second is whole once each process has told it or a later one: one that stood still tells two seconds as one, and
//! what happened in them cannot be told apart.

use std::collections::BTreeMap;

use super::words::Done;
use crate::measure::engine::{Load, Measured, SPIKES_MAX};
use crate::measure::run::{Health, Process, Second};
use crate::measure::tally::Tally;

/// What processes have told so far.
pub(super) struct Merge {
    tick_s: f64,
    warm_up_s: f64,
    open: BTreeMap<u64, Open>,
    parts: Vec<Told>,
}

/// A second that not all have told yet.
struct Open {
    second: Second,
    counted: Box<Tally>,
}

/// Of one process.
struct Told {
    /// The last second that it told.
    reached: u64,
    /// The measured part so far.
    total: Box<Tally>,
    worst: Health,
    done: Option<Box<Done>>,
}

impl Merge {
    pub(super) fn new(load: &Load, processes: usize) -> Self {
        let told =
            || Told { reached: 0, total: Box::default(), worst: Health::default(), done: None };
        Self {
            tick_s: load.tick.as_secs_f64(),
            warm_up_s: load.warm_up.as_secs_f64(),
            open: BTreeMap::new(),
            parts: std::iter::repeat_with(told).take(processes).collect(),
        }
    }

    /// A process tells a second.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a number of seconds since the beginning"
    )]
    pub(super) fn second(&mut self, part: usize, second: Second, counted: &Tally, total: Tally) {
        // It ends at a whole one or a little after.
        let number = (second.at_s / self.tick_s + 1e-6) as u64;
        let told = &mut self.parts[part];
        told.reached = number;
        *told.total = total;
        if second.at_s > self.warm_up_s + self.tick_s / 2.0 {
            told.worst = told.worst.or_worse(second.client);
        }
        match self.open.get_mut(&number) {
            Some(open) => {
                open.counted.add(counted);
                open.second.in_flight += second.in_flight;
                open.second.at_s = open.second.at_s.max(second.at_s);
                open.second.client = open.second.client.beside(second.client);
            }
            None => {
                let mut all = Box::<Tally>::default();
                all.add(counted);
                self.open.insert(number, Open { second, counted: all });
            }
        }
    }

    /// A process has ended.
    pub(super) fn done(&mut self, part: usize, done: Box<Done>) {
        let told = &mut self.parts[part];
        told.reached = u64::MAX;
        told.done = Some(done);
    }

    /// Whether all have.
    pub(super) fn is_done(&self) -> bool {
        self.parts.iter().all(|told| told.done.is_some())
    }

    /// The next second that is whole, and what was counted in it.
    pub(super) fn next(&mut self) -> Option<(Second, Box<Tally>)> {
        let reached = self.parts.iter().map(|told| told.reached).min()?;
        let first = self.open.first_entry()?;
        if *first.key() > reached {
            return None;
        }
        let Open { second, counted } = first.remove();
        let Second { at_s, in_flight, client, .. } = second;
        Some((counted.second(at_s, in_flight, client), counted))
    }

    /// The measured part of all, so far.
    pub(super) fn total(&self) -> Tally {
        let mut total = Tally::default();
        self.parts.iter().for_each(|told| total.add(&told.total));
        total
    }

    /// What came of all, once all have ended.
    pub(super) fn measured(self, seconds: Vec<Second>, pids: &[u32]) -> Measured {
        let mut all = Measured { seconds, ..Measured::nothing() };
        for (told, &pid) in self.parts.into_iter().zip(pids) {
            let Some(done) = told.done else { continue };
            let Done { total, measured_s, took, open_most, cpu_s, was_interrupted } = *done;
            all.processes.push(Process {
                pid,
                connections: open_most,
                offered: total.counts.offered,
                done: total.counts.done,
                failed: total.counts.failed,
                cpu_s,
                worst: told.worst,
            });
            all.total.add(&total);
            all.measured_s = all.measured_s.max(measured_s);
            all.took = all.took.max(took);
            all.open_most += open_most;
            all.cpu_s += cpu_s;
            all.was_interrupted |= was_interrupted;
        }
        let spikes = &mut all.total.counts.spikes;
        spikes.sort_by_key(|spike| spike.1);
        spikes.truncate(SPIKES_MAX);
        all
    }
}

#[cfg(test)]
mod tests;
