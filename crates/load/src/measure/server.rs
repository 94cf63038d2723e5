//! How the server fares: by its processes when it is on this machine, by its `/metrics` when it is told where.

mod find;
mod metrics;

use std::time::Instant;

use super::health::{Threads, allowed_cores, files_of, of_time, threads_of};
use super::run::{ServerHealth, ServerSource};
use super::target::Target;
use crate::cpu;

pub(crate) use find::listeners;
pub(crate) use metrics::{Page, Scraper};

/// Processes of a server that are looked at.
pub(crate) const PROCESSES_MAX: usize = 256;

/// A server that is looked at, in one way or in both.
pub(crate) struct Watched {
    pub(crate) processes: Option<Processes>,
    pub(crate) metrics: Option<Scraper>,
}

/// Looks at the processes of a server, again and again.
pub(crate) struct Processes {
    pids: Vec<u32>,
    last: Vec<Option<Threads>>,
    at: Instant,
}

impl Watched {
    /// How it fared since the last look: what its processes show, and what only it can say.
    pub(crate) fn look(&mut self) -> Option<ServerHealth> {
        let shown = self.processes.as_mut().and_then(Processes::look);
        let said = self.metrics.as_mut().and_then(Scraper::look);
        match (shown, said) {
            (Some(shown), said) => {
                Some(ServerHealth { queued: said.and_then(|said| said.queued), ..shown })
            }
            (None, said) => said,
        }
    }
}

impl Processes {
    /// Those that were named, or those that listen where the target is, if that is on this machine. Nothing if there
    /// are none; this process is none of them.
    pub(crate) fn find(target: &Target, named: &[u32]) -> Option<Self> {
        let found = if named.is_empty() && target.is_local() {
            target.addresses.first().map(|address| listeners(address.port())).unwrap_or_default()
        } else {
            named.to_vec()
        };
        let own = std::process::id();
        let pids: Vec<u32> =
            found.into_iter().filter(|&pid| pid != own).take(PROCESSES_MAX).collect();
        if pids.is_empty() {
            return None;
        }
        let last = pids.iter().map(|&pid| threads_of(pid)).collect();
        Some(Self { pids, last, at: Instant::now() })
    }

    /// How they fared since the last look; nothing if none is left.
    pub(crate) fn look(&mut self) -> Option<ServerHealth> {
        let now = Instant::now();
        let seconds = (now - std::mem::replace(&mut self.at, now)).as_secs_f64().max(1e-9);
        let mut seen = ServerHealth { source: ServerSource::Process, ..ServerHealth::default() };
        let (mut busiest, mut wait, mut longest) = (0.0_f64, 0.0, 0.0_f64);
        for (pid, last) in self.pids.iter().zip(&mut self.last) {
            let threads = threads_of(*pid);
            if let (Some(threads), Some(last)) = (&threads, &last) {
                let spent = threads.since(last);
                seen.processes += 1;
                seen.cpu += spent.cpu_s / seconds;
                busiest = busiest.max(spent.busiest_cpu_s / seconds);
                wait += spent.wait_s / seconds;
                longest = longest.max(of_time(spent.longest_wait_s, seconds));
                seen.memory_bytes += cpu::memory_bytes(*pid).unwrap_or(0);
                seen.allowed_cores = seen.allowed_cores.max(allowed_cores(*pid));
                if let Some((open, most)) = files_of(*pid) {
                    seen.open_files = seen.open_files.max(Some(open));
                    seen.open_files_max = seen.open_files_max.max(Some(most));
                }
            }
            *last = threads;
        }
        seen.busiest_thread_cpu = Some(busiest);
        seen.run_queue_wait = Some(wait);
        seen.longest_wait = Some(longest);
        (seen.processes > 0).then_some(seen)
    }
}
