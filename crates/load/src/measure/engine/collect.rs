//! Takes the tallies of the workers each second: swaps them for empty ones, and adds them up.

use std::sync::MutexGuard;
use std::time::Duration;

use stats::spikes;

use crate::cpu;
use crate::measure::clock::{Clock, nanos};
use crate::measure::desk::Desk;
use crate::measure::engine::{Load, Measured, Watch};
use crate::measure::health::Sampler;
use crate::measure::run::{Reach, Second};
use crate::measure::server::Watched;
use crate::measure::tally::Tally;
use crate::measure::worker::Worker;

/// How often it is seen whether all is done.
const GLANCE: Duration = Duration::from_millis(10);

/// Who looks on is told of the time so often, between seconds.
const MOMENT: Duration = Duration::from_millis(200);

/// Requests far slower than most that a run keeps.
pub(crate) const SPIKES_MAX: usize = 20_000;

/// Answers from which it can be told what is far slower than most.
const ENOUGH: u64 = 200;

/// What may still be answered after an interruption.
const LEAVE_TAKING: Duration = Duration::from_secs(1);

pub(super) struct Collector<'a> {
    load: &'a Load,
    workers: &'a [Worker],
    clock: Clock,
    server: Option<&'a mut Watched>,
    sampler: Sampler,
    seconds: Vec<Second>,
    /// Of the measured part.
    total: Tally,
    /// Of one second.
    sum: Tally,
    /// Swapped in for a full one.
    spare: Tally,
    /// Whether the warm-up is over, and the CPU seconds of this process at its end.
    is_warm: bool,
    cpu_before: f64,
    /// When every request was answered.
    answered_ns: Option<u64>,
}

impl<'a> Collector<'a> {
    pub(super) fn begin(
        load: &'a Load,
        workers: &'a [Worker],
        clock: Clock,
        mut server: Option<&'a mut Watched>,
    ) -> Self {
        if let Some(server) = &mut server {
            // What went before is none of this.
            server.look();
        }
        Self {
            load,
            workers,
            clock,
            server,
            sampler: Sampler::new(),
            seconds: Vec::new(),
            total: Tally::default(),
            sum: Tally::default(),
            spare: Tally::default(),
            is_warm: load.warm_up.is_zero(),
            cpu_before: cpu::seconds().unwrap_or(0.0),
            answered_ns: None,
        }
    }

    /// Looks on until all is done, or time is up; whether it was interrupted.
    pub(super) async fn watch(
        &mut self,
        watch: &mut (dyn Watch + Send),
        interrupted: impl Future<Output = ()>,
    ) -> bool {
        let mut interrupted = std::pin::pin!(interrupted);
        let mut was_interrupted = false;
        let mut last_ns = nanos(self.load.length.saturating_add(self.load.timeout));
        let tick_ns = nanos(self.load.tick);
        let (mut next_ns, mut moment_ns) = (tick_ns, 0);
        loop {
            let now_ns = self.clock.now_ns();
            if now_ns >= next_ns {
                let second = self.second(now_ns);
                watch.second(&second, &self.sum, &self.total);
                self.seconds.push(second);
                // After a stall of this process a second is longer: what happened in it cannot be told apart.
                next_ns = (now_ns / tick_ns + 1) * tick_ns;
            } else if now_ns >= moment_ns {
                watch.moment(Duration::from_nanos(now_ns).as_secs_f64());
                moment_ns = now_ns + nanos(MOMENT);
            }
            if self.is_done() {
                let answered_ns = *self.answered_ns.get_or_insert(now_ns);
                // What was said may still be on its way to those who listen.
                last_ns = last_ns.min(answered_ns + nanos(self.load.timeout));
                if self.reach().is_all() {
                    return was_interrupted;
                }
            }
            if now_ns >= last_ns {
                return was_interrupted;
            }
            let wake = GLANCE.min(Duration::from_nanos(next_ns - now_ns));
            tokio::select! {
                () = &mut interrupted, if !was_interrupted => {
                    was_interrupted = true;
                    last_ns = last_ns.min(now_ns + nanos(LEAVE_TAKING));
                    self.desks().for_each(|mut desk| desk.end());
                }
                () = tokio::time::sleep(wake) => {}
            }
        }
    }

    /// Whatever is open has failed.
    pub(super) fn close(&mut self) {
        let now_ns = self.clock.now_ns();
        self.desks().for_each(|mut desk| desk.close(now_ns));
    }

    pub(super) fn measured(mut self, was_interrupted: bool) -> Measured {
        let now_ns = self.clock.now_ns();
        self.take(now_ns);
        let has_schedule = self.load.schedule.is_some() && !was_interrupted;
        let answered_ns = self.answered_ns.unwrap_or(now_ns);
        let length_ns = nanos(self.load.length);
        let end_ns = if has_schedule { answered_ns.max(length_ns) } else { answered_ns };
        let measured_ns = end_ns.saturating_sub(nanos(self.load.warm_up));
        Measured {
            measured_s: Duration::from_nanos(measured_ns).as_secs_f64(),
            took: Duration::from_nanos(now_ns),
            open_most: self.desks().map(|desk| desk.open_most).sum(),
            reach: self.reach(),
            cpu_s: cpu::seconds().unwrap_or(0.0) - self.cpu_before,
            was_interrupted,
            seconds: self.seconds,
            total: self.total,
            processes: Vec::new(),
        }
    }

    fn desks(&self) -> impl Iterator<Item = MutexGuard<'a, Desk>> + use<'a> {
        self.workers.iter().map(|worker| worker.shared.desk())
    }

    fn reach(&self) -> Reach {
        self.desks().fold(Reach::default(), |mut reach, desk| {
            reach.add(desk.reach);
            reach
        })
    }

    fn is_done(&self) -> bool {
        self.desks().all(|mut desk| desk.is_done()) || self.workers.iter().all(Worker::is_finished)
    }

    fn second(&mut self, now_ns: u64) -> Second {
        let in_flight = self.take(now_ns);
        let client = self.sampler.look();
        let at_s = Duration::from_nanos(now_ns).as_secs_f64();
        let second = self.sum.second(at_s, in_flight, client);
        Second { server: self.server.as_mut().and_then(|server| server.look()), ..second }
    }

    /// Takes what the workers counted into `sum`, and into `total` what is of the measured part; what is in flight.
    fn take(&mut self, now_ns: u64) -> u64 {
        let warm_up_ns = nanos(self.load.warm_up);
        let is_over = now_ns >= warm_up_ns;
        if is_over && !self.is_warm {
            self.is_warm = true;
            self.cpu_before = cpu::seconds().unwrap_or(0.0);
        }
        let from_ns = if is_over { warm_up_ns } else { 0 };
        let spike_ns = self.spike_ns();
        self.sum.clear(0);
        let mut in_flight = 0;
        for worker in self.workers {
            self.spare.clear(from_ns);
            let warm_up = {
                let mut desk = worker.shared.desk();
                std::mem::swap(&mut desk.tally, &mut self.spare);
                desk.spike_ns = spike_ns;
                in_flight += desk.offered - desk.returned;
                desk.warm_up.over.take()
            };
            let room = SPIKES_MAX.saturating_sub(self.total.counts.spikes.len());
            self.spare.counts.spikes.truncate(room);
            for tally in std::iter::once(&self.spare).chain(&warm_up) {
                self.sum.add(tally);
                if tally.counts.from_ns == warm_up_ns {
                    self.total.add(tally);
                } else {
                    // Connections stay open, whenever they were opened.
                    self.total.counts.connects += tally.counts.connects;
                }
            }
        }
        in_flight
    }

    /// What is far slower than most.
    fn spike_ns(&self) -> u64 {
        let seen = if self.total.response.0.is_empty() { &self.sum } else { &self.total };
        let is_enough = seen.response.0.len() >= ENOUGH;
        is_enough.then(|| spikes::threshold_ns(&seen.response.0)).flatten().unwrap_or(u64::MAX)
    }
}
