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
