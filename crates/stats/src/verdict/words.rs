//! The names of what is found, and figures as people read them.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Finding;

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// Requests were sent later than they were due.
    GeneratorLate,
    /// The generator's watchdog did not tick for a while.
    GeneratorStoodStill,
    /// The generator used nearly all its processors.
    GeneratorBusy,
    /// The generator was ready to run and did not.
    HostStarved,
    /// Descriptors are used up.
    FilesUsedUp,
    /// Descriptors of the server are used up.
    ServerFilesUsedUp,
    /// No local port was free.
    PortsUsedUp,
    /// The server's backlog of connections overflowed.
    BacklogFull,
    /// Connections were not accepted in time.
    ConnectTimeouts,
    /// Fewer connections than asked for.
    ConnectionsMissing,
    /// Segments had to be sent again.
    SegmentsLost,
    /// The link is full.
    LinkFull,
    /// Requests were turned away.
    TurnedAway,
    /// Every connection was in use.
    ConnectionsInUse,
    /// The server's processors were full.
    ServerBusy,
    /// Throughput was held though the server's processors were not full.
    ServerIdle,
    /// The server used about one processor of several.
    OneProcessor,
    /// The server stood still for a time.
    ServerStoodStill,
    /// The server was ready to run and did not.
    ServerStarved,
    /// Generator and server filled their machine together.
    MachineFull,
    /// Throughput kept up or still grew.
    KeptUp,
    /// An objective was missed though nothing was at its limit.
    ObjectiveMissed,
    /// What would be needed to say more.
    NotEnoughKnown,
    /// Requests use processors for most of their time.
    ProcessorWork,
    /// Requests wait for most of their time.
    WaitingWork,
}

impl What {
    /// A short title.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::GeneratorLate => "the generator was late",
            Self::GeneratorStoodStill => "the generator stood still",
            Self::GeneratorBusy => "the generator was busy",
            Self::HostStarved => "the host gave the generator too little",
            Self::FilesUsedUp => "descriptors are used up",
            Self::ServerFilesUsedUp => "the server's descriptors are used up",
            Self::PortsUsedUp => "local ports are used up",
            Self::BacklogFull => "the server's backlog overflowed",
            Self::ConnectTimeouts => "connections were not accepted in time",
            Self::ConnectionsMissing => "connections are missing",
            Self::SegmentsLost => "the network lost segments",
            Self::LinkFull => "the link is full",
            Self::TurnedAway => "requests were turned away",
            Self::ConnectionsInUse => "every connection was in use",
            Self::ServerBusy => "the server's processors were full",
            Self::ServerIdle => "the server waited",
            Self::OneProcessor => "the server used one processor",
            Self::ServerStoodStill => "the server stood still",
            Self::ServerStarved => "the server's host gave it too little",
            Self::MachineFull => "the machine was full",
            Self::KeptUp => "it kept up",
            Self::ObjectiveMissed => "an objective was missed without load",
            Self::NotEnoughKnown => "not enough is known",
            Self::ProcessorWork => "requests use processors",
            Self::WaitingWork => "requests wait",
        }
    }

    /// A finding of this kind.
    pub(super) fn found(self, evidence: String, next: impl Into<String>) -> Finding {
        Finding { what: self, evidence, next: next.into() }
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title())
    }
}

/// Microseconds as milliseconds.
pub(super) fn ms(micros: f64) -> String {
    format!("{:.1} ms", micros / 1_000.0)
}

pub(super) fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

/// So many processors, or parts of one.
pub(super) fn processors(count: f64) -> String {
    let digits = if count.fract() == 0.0 { 0 } else { 2 };
    let plural = if count == 1.0 { "" } else { "s" };
    format!("{count:.digits$} processor{plural}")
}

/// With a capital in front.
pub(super) fn capital(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
