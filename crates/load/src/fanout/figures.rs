//! What a run has shown.

use std::fmt;
use std::time::Duration;

use anyhow::Result;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::board::Board;
use crate::cpu;
use crate::quantiles::{Quantiles, per_second};

/// One moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    at: Instant,
    received: u64,
    own_cpu: f64,
    server: Option<Server>,
}

/// What the server's process has cost so far.
#[derive(Debug, Clone, Copy)]
struct Server {
    cpu: f64,
    memory_bytes: u64,
}

/// The whole run. Rates and CPU are of the time between two moments, after warming up.
#[derive(Debug)]
pub(super) struct Total {
    pub(super) listeners: u64,
    pub(super) said: u64,
    pub(super) received: u64,
    bytes: u64,
    misplaced: u64,
    deliveries: u64,
    elapsed: Duration,
    own_cpu: f64,
    server: Option<(f64, u64)>,
    from_due: Quantiles,
    slip: Quantiles,
    complaints: u64,
    complained: Vec<String>,
    broken: Vec<String>,
}

impl Moment {
    pub(super) fn now(board: &Board, server: Option<u32>) -> Result<Self> {
        let look = |pid| -> Result<Server> {
            Ok(Server { cpu: cpu::seconds_of(pid)?, memory_bytes: cpu::memory_bytes(pid)? })
        };
        Ok(Self {
            at: Instant::now(),
            received: board.received.get(),
            own_cpu: cpu::seconds()?,
            server: server.map(look).transpose()?,
        })
    }
}

impl Total {
    pub(super) fn new(
        (listeners, said): (u64, u64),
        (first, last): (Moment, Moment),
        board: &Board,
        broken: Vec<String>,
    ) -> Self {
        let server = |(first, last): (Server, Server)| (last.cpu - first.cpu, last.memory_bytes);
        Self {
            listeners,
            said,
            received: board.received.get(),
            bytes: board.bytes.get(),
            misplaced: board.misplaced.get(),
            deliveries: last.received - first.received,
            elapsed: last.at - first.at,
            own_cpu: last.own_cpu - first.own_cpu,
            server: first.server.zip(last.server).map(server),
            from_due: Quantiles::of(&board.from_due.borrow()),
            slip: Quantiles::of(&board.slip.borrow()),
            complaints: board.complaints.get(),
            complained: board.complained.borrow().clone(),
            broken,
        }
    }

    /// Each message came to each listener, once and in order.
    pub(super) fn is_clean(&self) -> bool {
        self.received == self.said * self.listeners && self.misplaced == 0
    }

    /// Received / expected.
    fn reach(&self) -> f64 {
        ratio(self.received, self.said * self.listeners)
    }

    fn per_second(&self) -> f64 {
        per_second(self.deliveries, self.elapsed)
    }

    /// CPU time a delivery, in microseconds.
    fn micros_a_delivery(&self, cpu_seconds: f64) -> f64 {
        cpu_seconds * 1e6 * ratio(1, self.deliveries)
    }

    pub(super) fn to_json(&self) -> Value {
        let server = self.server.map(|(cpu, memory_bytes)| {
            json!({
                "cpu_seconds": cpu,
                "cpu_us_per_delivery": self.micros_a_delivery(cpu),
                "memory_bytes": memory_bytes,
            })
        });
        json!({
            "type": "total",
            "listeners": self.listeners,
            "messages": self.said,
            "expected": self.said * self.listeners,
            "received": self.received,
            "reach": self.reach(),
            "misplaced": self.misplaced,
            "seconds": self.elapsed.as_secs_f64(),
            "deliveries_per_second": self.per_second(),
            "bytes_per_delivery": ratio(self.bytes, self.received),
            "from_due_ms": self.from_due.to_json(),
            "slip_ms": self.slip.to_json(),
            "server": server,
            "client": {
                "cpu_seconds": self.own_cpu,
                "cpu_us_per_delivery": self.micros_a_delivery(self.own_cpu),
            },
            "complaints": self.complaints,
            "complained": self.complained,
            "broken": self.broken,
        })
    }
}

impl fmt::Display for Total {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (received, expected) = (self.received, self.said * self.listeners);
        writeln!(f, "delivered     {received} of {expected}, {:.0}/s", self.per_second())?;
        writeln!(f, "from due      {}", self.from_due)?;
        writeln!(f, "slip          p99 {:.2}  max {:.2} ms", self.slip.p99, self.slip.max)?;
        if let Some((cpu, bytes)) = self.server {
            let mib = bytes / (1024 * 1024);
            let each = self.micros_a_delivery(cpu);
            writeln!(f, "server        {each:.2} µs of CPU a delivery, {mib} MiB")?;
        }
        write!(f, "own CPU       {:.2} µs a delivery", self.micros_a_delivery(self.own_cpu))?;
        if self.misplaced > 0 {
            write!(f, "\nmisplaced     {}", self.misplaced)?;
        }
        if self.complaints > 0 {
            write!(f, "\ncomplaints    {}: {}", self.complaints, self.complained.join("; "))?;
        }
        self.broken.iter().try_for_each(|why| write!(f, "\nbroken        {why}"))
    }
}

/// 0 of nothing.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}
