//! What is known of a run when it is judged: plain numbers. What is `None` is not known, and nothing is claimed from it.

use serde::{Deserialize, Serialize};

/// All evidence. Times of requests are over the whole measured part; shares are from 0 to 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// The client and its host.
    pub client: Client,
    /// What was asked for and what came of it.
    pub traffic: Traffic,
    /// What is between: descriptors, ports, backlogs, the network.
    pub limits: Limits,
    /// The server, if it can be seen.
    pub server: Server,
    /// How it changed with the number of connections, if there was a ladder.
    pub growth: Option<Growth>,
    /// Whether every objective was kept; `None` when none was given.
    pub slos_kept: Option<bool>,
}

/// The generator's own health.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Client {
    /// From due to picked, 99th percentile, in microseconds. Only an open loop has it.
    pub slip_p99_us: Option<f64>,
    /// How late its event loops came round, 99th percentile, in microseconds.
    pub loop_lag_p99_us: Option<f64>,
    /// The largest gap between two ticks of the watchdog thread, in milliseconds.
    pub watchdog_gap_ms: Option<f64>,
    /// Processors it used, on average (1.5: one and a half).
    pub cpu_cores: Option<f64>,
    /// Processors it was allowed to use: the machine's, its affinity's, or its cgroup's quota.
    pub cpu_allowed_cores: Option<f64>,
    /// Of each second, how long its busiest thread was ready to run and did not.
    pub run_queue_wait: Option<f64>,
    /// Of each second, how long the hypervisor gave the processors to others.
    pub steal: Option<f64>,
    /// Of each second, how long its cgroup was throttled.
    pub throttled: Option<f64>,
    /// Pressure of the processors, `some avg10`, as a share. Told, never judged: it is of the whole machine.
    pub pressure: Option<f64>,
}

/// Requests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Traffic {
    /// Requests a second that were to be sent; `None` in a closed loop.
    pub asked_rate: Option<f64>,
    /// Requests a second that were done.
    pub achieved_rate: Option<f64>,
    /// Connections that were to be open: the most requests that can be in flight.
    pub asked_connections: Option<f64>,
    /// Connections that were.
    pub achieved_connections: Option<f64>,
    /// In flight, the mean.
    pub in_flight: Option<f64>,
    /// From picked to sent, 99th percentile, in microseconds.
    pub wait_p99_us: Option<f64>,
    /// From sent to done, median, in microseconds.
    pub service_p50_us: Option<f64>,
    /// From sent to done, 99th percentile, in microseconds.
    pub service_p99_us: Option<f64>,
    /// From due to done, median, in microseconds.
    pub response_p50_us: Option<f64>,
    /// From due to done, 99th percentile, in microseconds.
    pub response_p99_us: Option<f64>,
    /// From due to done, the largest, in microseconds.
    pub response_max_us: Option<f64>,
    /// From sent to done with one connection alone, median, in microseconds.
    pub alone_p50_us: Option<f64>,
    /// Of all that were done, how many were turned away: 429, 503, reset.
    pub turned_away: Option<f64>,
}

/// Limits that are neither of the client's nor of the server's processors.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    /// Descriptors that the client had open, at most.
    pub open_files: Option<f64>,
    /// Descriptors it may open.
    pub open_files_max: Option<f64>,
    /// Descriptors that the server had open, at most.
    pub server_files: Option<f64>,
    /// Descriptors it may open.
    pub server_files_max: Option<f64>,
    /// Connections that found no free port (`EADDRNOTAVAIL`).
    pub no_port: Option<u64>,
    /// Connections that were not accepted in time.
    pub connect_timeouts: Option<u64>,
    /// Connections that the server's kernel dropped, its backlog being full (`ListenOverflows`).
    pub backlog_overflows: Option<u64>,
    /// Segments that were sent again, of all that were sent.
    pub sent_again: Option<f64>,
    /// Bytes of what the link can carry.
    pub bandwidth: Option<f64>,
}

/// The server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Server {
    /// Processors it used, on average.
    pub cpu_cores: Option<f64>,
    /// Processors it may use.
    pub allowed_cores: Option<f64>,
    /// How busy all processors of its machine were, whoever used them.
    pub machine_busy: Option<f64>,
    /// Of each second, how long its thread that waited longest was ready to run and did not.
    pub run_queue_wait: Option<f64>,
    /// What waited in its queues, the mean, as it says itself. Told, never judged: a queue may be meant.
    pub queued: Option<f64>,
    /// Whether it runs on the generator's machine.
    pub is_local: bool,
}

/// Two steps of a ladder, the higher over the lower.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Growth {
    /// Connections: above 1.
    pub connections: f64,
    /// Throughput.
    pub throughput: f64,
}

impl Client {
    /// Of the processors it may use, how much it used.
    pub(super) fn cpu_share(&self) -> Option<f64> {
        Some(self.cpu_cores? / self.cpu_allowed_cores?)
    }

    /// How late it was: the slip, or in a closed loop, which has none, the lag of its loops.
    pub(super) fn late_us(&self) -> Option<f64> {
        self.slip_p99_us.or(self.loop_lag_p99_us)
    }
}

impl Server {
    /// Of the processors it may use, how much it used.
    pub(super) fn cpu_share(&self) -> Option<f64> {
        Some(self.cpu_cores? / self.allowed_cores?)
    }
}

impl Traffic {
    /// Done of what was asked; `None` in a closed loop.
    pub(super) fn kept_up(&self) -> Option<f64> {
        Some(self.achieved_rate? / self.asked_rate?)
    }

    /// Whether on average nearly every connection had a request in flight.
    pub(super) fn is_full(&self) -> Option<bool> {
        let connections = self.achieved_connections.or(self.asked_connections)?;
        Some(self.in_flight? >= super::FULL * connections)
    }

    /// How many times longer service takes than with one connection alone.
    pub(super) fn queueing(&self) -> Option<f64> {
        Some(self.service_p50_us? / self.alone_p50_us?)
    }

    /// Whether there are so few requests at a time that none finds another before it.
    pub(super) fn is_sparse(&self) -> bool {
        self.in_flight.is_some_and(|in_flight| in_flight < super::QUEUES_IN_FLIGHT)
    }
}

impl Growth {
    /// 1: throughput grows as connections do; 0: not at all.
    pub(super) fn elasticity(&self) -> f64 {
        self.throughput.ln() / self.connections.ln()
    }
}
