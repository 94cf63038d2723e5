//! How generator and server fared in a while, as a saved run tells it.

use serde::{Deserialize, Serialize};

/// How the generator fared in a while. What the kernel does not tell is 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Health {
    /// CPU seconds of its process in a second: 1 is a core.
    pub cpu_of_process: f64,
    /// Seconds in a second that its busiest thread was ready to run and did not.
    pub run_queue_wait: f64,
    /// Percent of the last 10 s in which some thread of the machine waited for a core (`/proc/pressure/cpu`).
    pub psi_some_avg10: f64,
    /// Share of the machine's CPU time that its hypervisor gave to others.
    pub steal: f64,
    /// Share of the machine's CPU time in which something ran, whatever it was.
    #[serde(default)]
    pub machine_busy: f64,
    /// Seconds in a second that its control group was throttled.
    pub throttled: f64,
    /// How often a thread of it was made to give its core away.
    pub involuntary_switches: u64,
    /// The longest time between two ticks of a thread that only ticks, each ms, beyond that ms.
    pub watchdog_gap_ms: f64,
    /// The longest time that an event waited for a worker to come round.
    pub loop_lag_ms: f64,
    /// From due to noticed.
    pub slip_p99_us: u64,
    /// Files and sockets.
    pub open_files: u64,
}

/// One of several processes that made the requests of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Process {
    /// Its number in the kernel.
    pub pid: u32,
    /// The most that were open at once.
    pub connections: u32,
    /// Requests of the measured part that became due.
    pub offered: u64,
    /// Requests that were answered well.
    pub done: u64,
    /// Requests that were not.
    pub failed: u64,
    /// Its CPU seconds in the measured part.
    pub cpu_s: f64,
    /// Each figure at its worst second of the measured part.
    pub worst: Health,
}

/// How the server fared in a while.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct ServerHealth {
    /// Where this is known from.
    pub source: ServerSource,
    /// Its processes; 0 if known from metrics.
    pub processes: u32,
    /// CPU seconds of its processes in a second: 1 is a core.
    pub cpu: f64,
    /// CPU seconds of its busiest thread in a second, if known: one that is near 1 is a ceiling on any number of cores.
    pub busiest_thread_cpu: Option<f64>,
    /// Seconds in a second that its threads together were ready to run and did not, if known.
    pub run_queue_wait: Option<f64>,
    /// The same, of its thread that waited longest.
    #[serde(default)]
    pub longest_wait: Option<f64>,
    /// Memory that it holds.
    pub memory_bytes: u64,
    /// Cores that it may use, if known.
    #[serde(default)]
    pub allowed_cores: Option<u32>,
    /// Files and sockets, if known: of several processes, those of the one that has most.
    #[serde(default)]
    pub open_files: Option<u64>,
    /// Those it may have.
    #[serde(default)]
    pub open_files_max: Option<u64>,
    /// What waits in its queues, all together, if it says so.
    #[serde(default)]
    pub queued: Option<f64>,
}

/// Where figures of a server come from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ServerSource {
    /// Its process, on this machine.
    #[default]
    Process,
    /// Its `/metrics`.
    Metrics,
}

impl Health {
    /// Each figure at its worse one.
    pub(crate) fn or_worse(self, other: Self) -> Self {
        Self {
            cpu_of_process: self.cpu_of_process.max(other.cpu_of_process),
            run_queue_wait: self.run_queue_wait.max(other.run_queue_wait),
            psi_some_avg10: self.psi_some_avg10.max(other.psi_some_avg10),
            steal: self.steal.max(other.steal),
            machine_busy: self.machine_busy.max(other.machine_busy),
            throttled: self.throttled.max(other.throttled),
            involuntary_switches: self.involuntary_switches.max(other.involuntary_switches),
            watchdog_gap_ms: self.watchdog_gap_ms.max(other.watchdog_gap_ms),
            loop_lag_ms: self.loop_lag_ms.max(other.loop_lag_ms),
            slip_p99_us: self.slip_p99_us.max(other.slip_p99_us),
            open_files: self.open_files.max(other.open_files),
        }
    }

    /// Of two processes in the same second: what they used is added, what they suffered is that of the worse.
    pub(crate) fn beside(self, other: Self) -> Self {
        Self {
            cpu_of_process: self.cpu_of_process + other.cpu_of_process,
            involuntary_switches: self.involuntary_switches + other.involuntary_switches,
            ..self.or_worse(other)
        }
    }
}

impl Process {
    /// What it did in another step.
    pub(crate) fn add(&mut self, next: &Self) {
        self.connections = self.connections.max(next.connections);
        self.offered += next.offered;
        self.done += next.done;
        self.failed += next.failed;
        self.cpu_s += next.cpu_s;
        self.worst = self.worst.or_worse(next.worst);
    }
}
