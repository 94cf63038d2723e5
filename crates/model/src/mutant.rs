//! Ways to be wrong on purpose. Each breaks one promise; each must turn the crash run red.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// Which promise to break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutant {
    /// The journal says "durable" without a sync.
    NoSync,
    /// The hub acknowledges and delivers before the journal says "durable".
    AcknowledgeEarly,
    /// Recovery cuts one whole batch more than the torn tail.
    TailCutTooFar,
    /// A conversation that was evicted and loaded again has forgotten its authors' counters.
    DedupeForgotten,
    /// The delivery cursor advances on delivery, not on the client's acknowledgement.
    CursorAhead,
    /// A subscription is released to live delivery before its replay is through.
    ReleasedEarly,
    /// A ticket opens connections as long as it lives.
    TicketKept,
    /// After a restart every message is sent to the outside service again, as if none had a result.
    AskedTwice,
    /// After a restart messages that had no result before it are never sent to the outside service.
    PendingForgotten,
    /// An answer that comes after a guess does not take its place in the tables.
    GuessKept,
    /// What the tables read again after a crash counts again in the rows that had it already.
    CountedAgain,
}

impl Mutant {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::NoSync,
        Self::AcknowledgeEarly,
        Self::TailCutTooFar,
        Self::DedupeForgotten,
        Self::CursorAhead,
        Self::ReleasedEarly,
        Self::TicketKept,
        Self::AskedTwice,
        Self::PendingForgotten,
        Self::GuessKept,
        Self::CountedAgain,
    ];

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoSync => "no-sync",
            Self::AcknowledgeEarly => "acknowledge-early",
            Self::TailCutTooFar => "tail-cut-too-far",
            Self::DedupeForgotten => "dedupe-forgotten",
            Self::CursorAhead => "cursor-ahead",
            Self::ReleasedEarly => "released-early",
            Self::TicketKept => "ticket-kept",
            Self::AskedTwice => "asked-twice",
            Self::PendingForgotten => "pending-forgotten",
            Self::GuessKept => "guess-kept",
            Self::CountedAgain => "counted-again",
        }
    }
}

impl fmt::Display for Mutant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// No mutant has this name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("no mutant is named {0:?}")]
pub struct UnknownMutant(pub String);

impl FromStr for Mutant {
    type Err = UnknownMutant;
    fn from_str(text: &str) -> Result<Self, UnknownMutant> {
        Self::ALL
            .into_iter()
            .find(|m| m.name() == text)
            .ok_or_else(|| UnknownMutant(text.to_owned()))
    }
}
