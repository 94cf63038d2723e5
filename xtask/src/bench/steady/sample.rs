//! One window of a steady run: what the senders felt, and what the server and its disk did meanwhile.

use std::fmt;
use std::time::Instant;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::bench::machine;
use crate::bench::pace::{ms, number};
use crate::bench::server::{Metrics, Server};
use crate::bench::workshop::Workshop;

/// One window.
#[derive(Debug, Clone)]
pub(super) struct Sample {
    /// Its end, in seconds from the beginning.
    pub(super) at: f64,
    seconds: f64,
    pub(super) acknowledged: f64,
    pub(super) errors: f64,
    /// Of its worst second: percentiles cannot be added.
    pub(super) p99_ms: f64,
    pub(super) memory_mb: f64,
    /// `None`: the file system has no device that counts.
    pub(super) device_mb_s: Option<f64>,
    pub(super) append_ms: f64,
    pub(super) history_behind: f64,
    pub(super) tables_behind: f64,
    /// Messages called, waiting or answered and not durable.
    pub(super) enriching: f64,
    /// The longest step of history since the start.
    pub(super) slowest_step_s: f64,
    pub(super) server_cores: f64,
    pub(super) nlp_cores: Option<f64>,
    pub(super) load: f64,
}

/// Takes samples; remembers what the counters said last.
#[derive(Debug)]
pub(super) struct Sampler {
    device: Option<String>,
    began: Instant,
    last: Counters,
}

#[derive(Debug)]
struct Counters {
    at: Instant,
    cpu: f64,
    nlp_cpu: Option<f64>,
    device: Option<f64>,
    metrics: Metrics,
}

impl Sampler {
    pub(super) fn new(workshop: &Workshop, server: &Server) -> Result<Self> {
        let device = machine::device_of(workshop.folder());
        let last = Counters::read(server, device.as_deref())?;
        Ok(Self { device, began: last.at, last })
    }

    /// What happened since the last one.
    pub(super) fn take(&mut self, server: &Server) -> Result<Sample> {
        let now = Counters::read(server, self.device.as_deref())?;
        let last = &self.last;
        let seconds = (now.at - last.at).as_secs_f64();
        let since = |name: &str| now.metrics.get(name) - last.metrics.get(name);
        let batches = since("hubbub_journal_batches_total").max(1.0);
        let both =
            |now: Option<f64>, last: Option<f64>| now.zip(last).map(|(now, last)| now - last);
        let sample = Sample {
            at: (now.at - self.began).as_secs_f64(),
            seconds,
            acknowledged: 0.0,
            errors: 0.0,
            p99_ms: 0.0,
            memory_mb: mega(machine::memory_bytes(server.id())?),
            device_mb_s: both(now.device, last.device).map(|mb| mb / seconds),
            append_ms: since("hubbub_journal_append_seconds_total") / batches * 1e3,
            history_behind: now.metrics.get("hubbub_history_behind_batches"),
            tables_behind: now.metrics.get("hubbub_tables_behind_batches"),
            enriching: now.metrics.get("hubbub_enrich_outstanding"),
            slowest_step_s: now.metrics.get("hubbub_history_slowest_step_seconds"),
            server_cores: (now.cpu - last.cpu) / seconds,
            nlp_cores: both(now.nlp_cpu, last.nlp_cpu).map(|cpu| cpu / seconds),
            load: machine::load(),
        };
        self.last = now;
        Ok(sample)
    }
}

impl Counters {
    fn read(server: &Server, device: Option<&str>) -> Result<Self> {
        Ok(Self {
            at: Instant::now(),
            cpu: machine::cpu_seconds(server.id())?,
            nlp_cpu: server.nlp_id().map(machine::cpu_seconds).transpose()?,
            device: device.map(machine::device_bytes).transpose()?.map(mega),
            metrics: server.metrics()?,
        })
    }
}

impl Sample {
    /// What the senders felt in it, by the saved run.
    pub(super) fn hear(&mut self, run: &Value) -> Result<()> {
        let seconds = run["seconds"].as_array().context("the run has no seconds")?;
        for second in seconds {
            let at = number(second, "/at_s")?;
            if at > self.at - self.seconds && at <= self.at {
                self.acknowledged += number(second, "/done")?;
                self.errors += number(second, "/failed")?;
                self.p99_ms = self.p99_ms.max(ms(second, "/response_us/2")?);
            }
        }
        Ok(())
    }

    pub(super) const HEAD: &str = "   at s  acked/s  p99 ms  RSS MB  device MB/s  append ms  history  tables  enriching  core  load";

    pub(super) fn to_json(&self) -> Value {
        json!({
            "at_seconds": self.at,
            "acknowledged": self.acknowledged,
            "errors": self.errors,
            "p99_ms": self.p99_ms,
            "memory_mb": self.memory_mb,
            "device_mb_s": self.device_mb_s,
            "append_ms": self.append_ms,
            "history_behind": self.history_behind,
            "tables_behind": self.tables_behind,
            "enriching": self.enriching,
            "history_slowest_step_seconds": self.slowest_step_s,
            "server_cores": self.server_cores,
            "nlp_cores": self.nlp_cores,
            "load": self.load,
        })
    }
}

impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:7.0}  {:7.0}  {:6.1}  {:6.0}  {:>11}  {:9.2}  {:7.0}  {:6.0}  {:9.0}  {:4.2}  {:4.1}",
            self.at,
            self.acknowledged / self.seconds,
            self.p99_ms,
            self.memory_mb,
            self.device_mb_s.map_or("–".to_owned(), |mb| format!("{mb:.1}")),
            self.append_ms,
            self.history_behind,
            self.tables_behind,
            self.enriching,
            self.server_cores,
            self.load
        )?;
        if self.errors > 0.0 { write!(f, "  {} refused", self.errors) } else { Ok(()) }
    }
}

#[expect(clippy::cast_precision_loss, reason = "bytes are far below 2^53")]
fn mega(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
