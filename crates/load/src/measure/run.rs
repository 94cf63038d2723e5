//! The saved run: one JSON file with everything that a measurement saw.
//!
//! # Invariants
//!
//! - A reader refuses another [`VERSION`]; within one, fields are only added, each with a default.
//! - Its size is bounded by its length in seconds and its steps, not by the number of requests.

mod chat;
mod distribution;
mod fared;
mod percentiles;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use stats::knee::Knee;
use stats::slo::Judged;
use stats::spikes::Period;
use stats::verdict::Judgement;

pub use chat::{Act, ActTotals, Busiest, ChatPlan, Reach};
pub use distribution::{Distribution, HEAT_FROM_US, HEAT_LEN, HEAT_PER_DECADE, LATENCY_MAX_US};
pub use fared::{Health, Process, ServerHealth, ServerSource};
pub use percentiles::{Marks, Percentiles};

/// Of the format. Stored: never reuse.
pub const VERSION: u32 = 1;

/// A measurement.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Run {
    /// [`VERSION`].
    pub version: u32,
    /// Names this run among others: when it began and some dice.
    pub id: String,
    /// Milliseconds since 1970.
    pub began_at_ms: u64,
    /// From the first moment to the last, warm-up and waiting for the last answers included.
    pub took_ms: u64,
    /// Where the generator ran.
    pub host: Host,
    /// What was asked for.
    pub plan: Plan,
    /// What each second was like, warm-up included.
    pub seconds: Vec<Second>,
    /// Of the measured part: what was due after the warm-up.
    pub histograms: Histograms,
    /// Of the histograms.
    #[serde(default)]
    pub percentiles: Percentiles,
    /// Of the measured part.
    pub totals: Totals,
    /// Some of those that took longest, the slowest first.
    pub slowest: Vec<Timeline>,
    /// Requests that took far longer than most, in order of their index.
    pub spikes_sample: Vec<Spike>,
    /// Steps of more and more connections and back, for `load ladder`.
    pub ladder: Option<Vec<Step>>,
    /// Who was at the limit.
    pub judgement: Judgement,
    /// Where more connections do no more, if there was a ladder that shows it.
    pub knee: Option<Knee>,
    /// Whether slow requests come periodically.
    pub periods: Vec<Period>,
    /// The objectives, judged.
    pub slos: Vec<Judged>,
    /// Of several that made the requests, each.
    #[serde(default)]
    pub processes: Vec<Process>,
}

/// The machine of the generator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Host {
    /// Cores that this process may use.
    pub cpus: u32,
    /// As `/proc/cpuinfo` names it.
    pub cpu_model: String,
    /// Its release.
    pub kernel: String,
    /// Of the machine.
    pub memory_bytes: u64,
    /// Files and sockets that this process may have open.
    pub open_files_max: u64,
}

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The URL.
    pub target: String,
    /// How it is spoken to.
    pub kind: Kind,
    /// Who decides when a request is made.
    pub arrivals: Arrivals,
    /// One after the other.
    pub stages: Vec<Stage>,
    /// Seconds at the beginning that count for nothing.
    pub warm_up_s: f64,
    /// After which a request counts as failed.
    pub timeout_ms: u64,
    /// Whether a connection serves more than one request.
    pub reuse: bool,
    /// Requests that a connection may have in flight.
    #[serde(default = "one")]
    pub streams: u32,
    /// Threads that make requests, of all processes.
    pub workers: u32,
    /// Processes that make them.
    #[serde(default = "one")]
    pub processes: u32,
    /// Where the dice began.
    pub seed: u64,
    /// Of chat, what was asked.
    #[serde(default)]
    pub chat: Option<ChatPlan>,
    /// The command line, so that it can be run again.
    pub args: Vec<String>,
}

/// How the target is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// HTTP/1.1, one request at a time on a connection.
    Http1,
    /// HTTP/2, many at a time.
    Http2,
    /// Chat of hubbub over WebSocket.
    Chat,
}

/// Who decides when a request is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Arrivals {
    /// Each connection makes the next when the last is answered: a slow server is asked less.
    Closed,
    /// Evenly spaced at a rate, whatever the server does.
    Uniform,
    /// At random with a mean rate, as independent people come.
    Poisson,
}

/// A part of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Stage {
    /// Requests a second at its end. Nothing for a closed loop.
    pub rate: Option<f64>,
    /// Requests a second at its beginning; from there it goes in a straight line.
    #[serde(default)]
    pub from_rate: Option<f64>,
    /// Open at once.
    pub connections: u32,
    /// How long it lasts.
    pub seconds: f64,
}

/// One second of a run. A part of a second at the end is left out.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Second {
    /// When it ended, from the beginning of the run.
    pub at_s: f64,
    /// Requests that became due.
    pub offered: u64,
    /// Requests that were written to a connection.
    pub started: u64,
    /// Requests that were answered well (status below 400).
    pub done: u64,
    /// Requests that were not.
    pub failed: u64,
    /// Requests that were due and not answered at its end, waiting ones included.
    pub in_flight: u64,
    /// Bytes read.
    pub bytes_in: u64,
    /// From due to answered: p50, p90, p99 and the maximum, in µs. Zeros if nothing was answered.
    pub response_us: [u64; 4],
    /// From due to noticed by the generator.
    pub slip_p99_us: u64,
    /// From noticed to sent: no connection was free.
    pub wait_p99_us: u64,
    /// How the generator itself fared.
    pub client: Health,
    /// How the server fared, if that can be seen.
    pub server: Option<ServerHealth>,
    /// Answers by how long they took from due, as [`Distribution::heat`] has it.
    #[serde(default)]
    pub heat: Vec<u64>,
    /// Messages that those who listen heard.
    #[serde(default)]
    pub heard: u64,
    /// From due to heard: p50, p90, p99 and the maximum, in µs. Zeros if nothing was heard.
    #[serde(default)]
    pub delivery_us: [u64; 4],
}

/// Times of the measured part, in µs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Histograms {
    /// From due to noticed: the generator's own lateness. Empty for a closed loop.
    pub slip: Distribution,
    /// From noticed to sent: no connection was free. Empty for a closed loop.
    pub wait: Distribution,
    /// From sent to the last byte.
    pub service: Distribution,
    /// From due to the last byte.
    pub response: Distribution,
    /// From due to heard by one who listens. Empty if nobody does.
    #[serde(default)]
    pub delivery: Distribution,
}

/// Counts of the measured part.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Totals {
    /// Requests that became due.
    pub offered: u64,
    /// Requests that were written to a connection.
    pub started: u64,
    /// Requests that were answered well.
    pub done: u64,
    /// Requests that were not: status of 400 and above, and what has no status.
    pub failed: u64,
    /// Bytes read.
    pub bytes_in: u64,
    /// Answers by their status.
    pub by_status: BTreeMap<u16, u64>,
    /// Requests without an answer, by why.
    pub by_error: BTreeMap<String, u64>,
    /// Some of what failed first.
    pub first_failures: Vec<Failure>,
    /// Requests a second that were asked for: the mean over the measured part; nothing for a closed loop.
    pub asked_rate: Option<f64>,
    /// Requests a second that were answered well.
    pub achieved_rate: f64,
    /// The most connections that were asked for.
    pub asked_connections: u32,
    /// The most that were open at once.
    pub achieved_connections: u32,
    /// Connections opened, those of the warm-up and those that replace closed ones included.
    pub connects: u64,
    /// Seconds at the beginning that count for nothing.
    pub warm_up_excluded_s: f64,
    /// Seconds of the measured part.
    pub measured_s: f64,
    /// CPU seconds of the generator in the measured part.
    pub client_cpu_s: f64,
    /// Whether it was ended early by a signal.
    pub was_interrupted: bool,
    /// Why it was ended early, if an objective did that.
    #[serde(default)]
    pub aborted: Option<String>,
    /// From sent to answered with one connection alone, the median in µs, if it was tried before.
    #[serde(default)]
    pub alone_p50_us: Option<u64>,
    /// Connections that this machine's kernel dropped because a backlog was full, for a server on this machine.
    #[serde(default)]
    pub backlog_overflows: Option<u64>,
    /// Share of segments that this machine's kernel sent again.
    #[serde(default)]
    pub sent_again: Option<f64>,
    /// What those who listen heard, if anybody does.
    #[serde(default)]
    pub reach: Option<Reach>,
    /// Of a mixture, each act for itself.
    #[serde(default)]
    pub by_act: BTreeMap<Act, ActTotals>,
}

/// One request that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Its number.
    pub index: u64,
    /// If it was answered.
    pub status: Option<u16>,
    /// If it was not.
    pub error: Option<String>,
    /// The first bytes of the answer's body, as text.
    pub body_start: String,
}

/// The life of one request, in µs from the beginning of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeline {
    /// Its number.
    pub index: u64,
    /// When it should have been sent.
    pub due_us: u64,
    /// When the generator noticed.
    pub picked_us: u64,
    /// When it was written to a connection.
    pub sent_us: u64,
    /// When the first byte of its answer came.
    pub first_byte_us: u64,
    /// When the last came.
    pub done_us: u64,
}

/// A request that took far longer than most: index, nanoseconds from the beginning of the run to when it was due,
/// nanoseconds it took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spike(pub u64, pub u64, pub u64);

/// A step of a ladder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Open at once.
    pub connections: u32,
    /// Which way it was reached.
    pub direction: Direction,
    /// Requests a second that were answered well, in parts of the step after its warm-up.
    pub throughput_batches: Vec<f64>,
    /// Requests a second that failed.
    pub failed_rate: f64,
    /// From sent to answered: p50, p90, p99 and the maximum, in µs.
    pub response_us: [u64; 4],
    /// How the generator fared: the worst of its seconds.
    pub client: Health,
    /// How the server fared, if that can be seen: the mean.
    pub server: Option<ServerHealth>,
}

/// Which way a step was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// From fewer connections.
    Up,
    /// From more.
    Down,
    /// Around the knee that the others showed.
    Around,
}

/// Why a saved run cannot be read.
#[derive(Debug)]
pub enum Unreadable {
    /// Not JSON, or not of a run.
    Malformed(serde_json::Error),
    /// Of another version of the format.
    Version(u64),
}

fn one() -> u32 {
    1
}

impl Run {
    /// The content of its file, in one line: a run is as long as its seconds, and indented it is nearly twice as large.
    ///
    /// # Errors
    /// A histogram that cannot be told, which is a bug.
    pub fn to_json(&self) -> serde_json::Result<String> {
        Ok(serde_json::to_string(self)? + "\n")
    }

    /// Reads what [`Run::to_json`] wrote.
    ///
    /// # Errors
    /// What is no run, or one of another version.
    pub fn from_json(text: &str) -> Result<Self, Unreadable> {
        let value: serde_json::Value = serde_json::from_str(text).map_err(Unreadable::Malformed)?;
        match value.get("version").and_then(serde_json::Value::as_u64) {
            Some(version) if version != u64::from(VERSION) => Err(Unreadable::Version(version)),
            _ => serde_json::from_value(value).map_err(Unreadable::Malformed),
        }
    }
}

impl std::fmt::Display for Unreadable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Malformed(why) => write!(f, "not a saved run of `hubbub load`: {why}"),
            Self::Version(version) => {
                write!(f, "a saved run of version {version}; this program reads version {VERSION}")
            }
        }
    }
}

impl std::error::Error for Unreadable {}

#[cfg(test)]
mod tests;
