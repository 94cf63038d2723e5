//! Who was at the limit, with the evidence: the table of rules that names one cause for a run.
//!
//! The rules are asked in order, and the first that holds names the cause:
//!
//! 1. the generator was late or stood still, and it or its host was short of processors: the run is **invalid**;
//! 2. descriptors, ports, a backlog or the network held it;
//! 3. the server turned requests away;
//! 4. all connections were in use, and the server was not slower for it: more connections would do more;
//! 5. the server's processors were full, or throughput was held and they were not;
//! 6. the server stood still for a time while the generator did not, and others had not taken its processors;
//! 7. nothing held it: headroom;
//! 8. else *unknown*, with what is missing.
//!
//! What is not known is not claimed: without the server's processors there is no verdict about the server. Run-queue
//! wait comes before CPU percent, since a starved generator shows a low CPU (saturation before utilization: Brendan
//! Gregg, *Systems Performance*, 2nd edition, chapter 6; measured here too, see `docs/adr/0011-the-run-is-the-unit.md`).

mod client;
mod evidence;
mod limits;
mod server;
mod words;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use evidence::{Client, Evidence, Growth, Limits, Server, Traffic};
pub use words::What;

/// A generator is late when its slip is above this, in microseconds, and above [`LATE_OF_SERVICE`].
pub const LATE_US: f64 = 1_000.0;

/// A generator is late when its slip is above this share of the median service time, and above [`LATE_US`].
pub const LATE_OF_SERVICE: f64 = 0.1;

/// So many times beyond what is late, a generator is to blame whatever else is known.
pub const LATE_BY_FAR: f64 = 10.0;

/// A thread that waits longer than this share of a second for a processor is starved.
pub const RUN_QUEUE_WAIT: f64 = 0.1;

/// More than this share of a second stolen by the hypervisor is too much.
pub const STEAL: f64 = 0.05;

/// A generator that uses more than this share of its processors is busy.
pub const CLIENT_BUSY: f64 = 0.85;

/// The shortest gap of the watchdog that counts as having stood still, in milliseconds.
pub const STALL_MS: f64 = 100.0;

/// A gap of the watchdog explains the slowest response when it is at least this share of it.
pub const STALL_OF_MAX: f64 = 0.5;

/// A gap of the watchdog so many times the slowest response was of the watchdog alone: a generator that stands still
/// answers for no request meanwhile.
pub const STALL_BEYOND_MAX: f64 = 1.5;

/// So many requests due in a gap, and one of them meets nearly all of it.
pub const STALL_DUE: f64 = 10.0;

/// A 99th percentile this many times the median, and above [`STALL_MS`], shows that something stood still.
pub const TAIL: f64 = 10.0;

/// Descriptors are used up from this share on.
pub const FILES: f64 = 0.95;

/// Connections are missing below this share of those that were asked.
pub const CONNECTIONS: f64 = 0.99;

/// Failures to connect count from this share of the connections on.
pub const CONNECT_FAILURES: f64 = 0.01;

/// More segments sent again than this share of all is a bad network.
pub const SENT_AGAIN: f64 = 0.01;

/// A link is full from this share on.
pub const BANDWIDTH: f64 = 0.9;

/// More turned away than this share is shedding.
pub const TURNED_AWAY: f64 = 0.01;

/// Connections are all in use when this share of them has a request in flight on average.
pub const FULL: f64 = 0.95;

/// A rate was kept from this share on.
pub const KEPT_UP: f64 = 0.95;

/// Throughput is flat up to this elasticity (0: more connections do nothing; 1: as much as they are more).
pub const FLAT: f64 = 0.1;

/// Throughput still grows from this elasticity on.
pub const GROWS: f64 = 0.5;

/// Requests queue in the server when service takes so many times what it takes alone.
pub const QUEUES: f64 = 2.0;

/// Fewer in flight than this on average, and a request finds none before it: none queues.
pub const QUEUES_IN_FLIGHT: f64 = 1.0;

/// A server is at the maximum of its processors from this share on.
pub const SERVER_BUSY: f64 = 0.85;

/// A server waits for something else below this share of its processors.
pub const SERVER_IDLE: f64 = 0.7;

/// A machine is full from this share on.
pub const MACHINE_FULL: f64 = 0.9;

/// Of a full machine, who uses at least this share has filled it.
pub const MACHINE_PART: f64 = 0.25;

/// A server uses about one processor of several when it uses 1 ± this.
pub const ONE_CORE: f64 = 0.15;

/// Requests use a processor from this share of their time alone on, and wait up to 1 less it.
pub const NATURE: f64 = 0.7;

/// Who or what was at the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Nothing: more would have been possible.
    Headroom,
    /// The generator itself. The run is invalid.
    ClientBound,
    /// The generator's host gave it too little. The run is invalid.
    HostStarved,
    /// Too few connections were asked for.
    ConcurrencyCapped,
    /// Descriptors, ports, a backlog, the network.
    NetworkOrLimit,
    /// The server's processors.
    ServerCpu,
    /// The server waits: for something downstream, a pool, a lock.
    ServerWaiting,
    /// The server turns requests away.
    Shedding,
    /// Generator and server share a machine, and it is full.
    BothAtMaximum,
    /// Not enough is known to say.
    Unknown,
}

/// How sure a cause is, in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// It fits, and so might something else that was not measured.
    Possible,
    /// The evidence points to it, and one figure that would prove it is missing.
    Likely,
    /// Every figure that the rule asks for is there.
    Clear,
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What it is.
    pub what: What,
    /// The figures that show it.
    pub evidence: String,
    /// What to do next.
    pub next: String,
}

/// The verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    /// Who or what was at the limit.
    pub cause: Cause,
    /// How sure that is.
    pub confidence: Confidence,
    /// The first are of the cause; the others are remarks.
    pub findings: Vec<Finding>,
}

/// What a rule says when it holds.
type Ruling = Option<(Cause, Confidence, Vec<Finding>)>;

const RULES: [fn(&Evidence) -> Ruling; 7] = [
    client::invalid,
    limits::held,
    server::shedding,
    server::capped,
    server::held,
    server::stood_still,
    server::headroom,
];

/// Names the cause. The same evidence always gives the same judgement.
#[must_use]
pub fn judge(evidence: &Evidence) -> Judgement {
    let (cause, confidence, mut findings) =
        RULES.iter().find_map(|rule| rule(evidence)).unwrap_or_else(|| server::unknown(evidence));
    for remark in client::remarks(evidence).into_iter().chain(server::remarks(evidence)) {
        if findings.iter().all(|finding| finding.what != remark.what) {
            findings.push(remark);
        }
    }
    Judgement { cause, confidence, findings }
}

impl Judgement {
    /// Whether the figures of the run may be used. If not, the exit code is 3, whatever the objectives say.
    #[must_use]
    pub const fn is_valid(&self) -> bool {
        !matches!(self.cause, Cause::ClientBound | Cause::HostStarved)
    }
}

impl Cause {
    /// What it means, in one sentence without a full stop.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Headroom => "nothing was at its limit: there is headroom",
            Self::ClientBound => {
                "the generator was at its limit: these figures are its own, not the server's"
            }
            Self::HostStarved => {
                "the generator's host was starved: these figures are not the server's"
            }
            Self::ConcurrencyCapped => "the number of connections was the limit",
            Self::NetworkOrLimit => "the network, descriptors, ports or a backlog were the limit",
            Self::ServerCpu => "the server's processors were the limit",
            Self::ServerWaiting => "the server waited: for something downstream, a pool or a lock",
            Self::Shedding => "the server turned requests away",
            Self::BothAtMaximum => "generator and server were both at their maximum",
            Self::Unknown => "not enough is known to name the limit",
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.sentence())
    }
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Possible => "possible",
            Self::Likely => "likely",
            Self::Clear => "clear",
        })
    }
}

impl fmt::Display for Judgement {
    /// One sentence: `The server's processors were the limit (clear): 1.9 of 2 processors …`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", words::capital(self.cause.sentence()), self.confidence)?;
        match self.findings.first() {
            Some(first) => write!(f, ": {}.", first.evidence),
            None => write!(f, "."),
        }
    }
}

#[cfg(test)]
mod tests;
