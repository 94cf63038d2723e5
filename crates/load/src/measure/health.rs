//! How the generator itself fares: a measurement is as good as the machine that makes it.
//!
//! CPU use alone is the wrong alarm: a generator that gets a fifth of a core because others have the rest looks idle.
//! What tells is how long its threads were ready to run and did not (`schedstat`), and what of it the kernel says:
//! pressure, steal, throttling.

mod kernel;
mod watchdog;

use std::time::Instant;

use super::run::{Health, Host};

pub(crate) use kernel::{
    Segments, Threads, allowed_cores, files_of, local_ports, segments, threads_of,
};
use kernel::{involuntary_switches, open_files, psi_some_avg10, throttled_us};
use watchdog::Watchdog;

/// Looks at this process, again and again.
pub(crate) struct Sampler {
    watchdog: Watchdog,
    last: Seen,
}

struct Seen {
    at: Instant,
    threads: Threads,
    switches: u64,
    throttled_us: u64,
    machine: kernel::Ticks,
}

impl Seen {
    fn now() -> Self {
        Self {
            at: Instant::now(),
            threads: threads_of(std::process::id()).unwrap_or_default(),
            switches: involuntary_switches(),
            throttled_us: throttled_us(),
            machine: kernel::machine_ticks(),
        }
    }
}

impl Sampler {
    /// Begins to watch.
    pub(crate) fn new() -> Self {
        Self { watchdog: Watchdog::begin(), last: Seen::now() }
    }

    /// How it went since the last look; slip and lag are known elsewhere.
    pub(crate) fn look(&mut self) -> Health {
        let now = Seen::now();
        let last = std::mem::replace(&mut self.last, now);
        let now = &self.last;
        let seconds = (now.at - last.at).as_secs_f64().max(1e-9);
        let spent = now.threads.since(&last.threads);
        // The watchdog's waits are its gaps: on one core it waits at each tick behind those that make requests.
        let asking = now.threads.clone().without(self.watchdog.number()).since(&last.threads);
        let machine = now.machine.since(last.machine);
        Health {
            cpu_of_process: spent.cpu_s / seconds,
            run_queue_wait: of_time(asking.longest_wait_s, seconds),
            psi_some_avg10: psi_some_avg10(),
            steal: share(machine.stolen, machine.all),
            machine_busy: share(machine.all - machine.idle, machine.all),
            throttled: micros(now.throttled_us.saturating_sub(last.throttled_us)) / seconds,
            involuntary_switches: now.switches.saturating_sub(last.switches),
            watchdog_gap_ms: self.watchdog.longest_gap_ms(),
            loop_lag_ms: 0.0,
            slip_p99_us: 0,
            open_files: open_files(),
        }
    }
}

/// The machine, as far as it tells.
pub(crate) fn host() -> Host {
    Host {
        cpus: std::thread::available_parallelism()
            .map_or(1, |cpus| u32::try_from(cpus.get()).unwrap_or(u32::MAX)),
        cpu_model: kernel::cpu_model(),
        kernel: kernel::release(),
        memory_bytes: kernel::memory_bytes(),
        open_files_max: open_files_max(),
    }
}

/// Descriptors that this process may have.
pub(crate) fn open_files_max() -> u64 {
    rustix::process::getrlimit(rustix::process::Resource::Nofile).current.unwrap_or(u64::MAX)
}

/// A share of a time. The kernel books a wait when it ends, also what of it was before the last look: no thread waits
/// longer than time passes.
pub(crate) fn of_time(wait_s: f64, seconds: f64) -> f64 {
    (wait_s / seconds).min(1.0)
}

#[expect(clippy::cast_precision_loss, reason = "ticks and µs are far below 2^53")]
fn share(part: u64, all: u64) -> f64 {
    if all == 0 { 0.0 } else { part as f64 / all as f64 }
}

#[expect(clippy::cast_precision_loss, reason = "ticks and µs are far below 2^53")]
fn micros(us: u64) -> f64 {
    us as f64 / 1e6
}

#[test]
fn a_wait_that_began_before_the_last_look_is_no_more_than_all_of_the_time() {
    assert!((of_time(0.1, 0.25) - 0.4).abs() < 1e-12);
    assert!((of_time(0.7, 0.25) - 1.0).abs() < 1e-12);
}
