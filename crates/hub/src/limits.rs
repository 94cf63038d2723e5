//! How much the hub may hold, and what it says when it would be more.

use std::time::Duration;

use model::Refusal;

/// The bounds of one hub.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Bytes of everything it keeps: conversations, authors, cursors, tails, what waits, who is
    /// attached. Cold conversations are evicted to stay below it; `memory` when that does not help.
    pub memory_bytes: usize,
    /// Records handed to the journal and not yet durable: `undurable`. Flushes of cursors may come
    /// on top, at most one record for each cursor in memory.
    pub undurable_max: usize,
    /// Bytes of messages that history has not passed yet, over all conversations: `view_behind`.
    pub tail_max_bytes: usize,
    /// Inputs that wait for a load, a lookup or an undurable message, over all: `loads`.
    pub loads_waiting_max: usize,
    /// Reads of history that the shell has not finished: `reads`.
    pub reads_in_flight_max: usize,
    /// How long a moved cursor may stay unjournaled, and how often one cursor is journaled at most
    /// (an eviction may come sooner).
    pub cursor_flush: Duration,
    /// The promise to break.
    #[cfg(feature = "mutants")]
    pub mutant: Option<model::Mutant>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory_bytes: 256 << 20,
            undurable_max: 16_384,
            tail_max_bytes: 64 << 20,
            loads_waiting_max: 16_384,
            reads_in_flight_max: 256,
            cursor_flush: Duration::from_secs(5),
            #[cfg(feature = "mutants")]
            mutant: None,
        }
    }
}

/// A bound that was met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bound {
    Undurable,
    ViewBehind,
    Loads,
    Memory,
    Reads,
    /// Not the hub's own: others are behind.
    Backlog,
}

impl Bound {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Undurable => "undurable",
            Self::ViewBehind => "view_behind",
            Self::Loads => "loads",
            Self::Memory => "memory",
            Self::Reads => "reads",
            Self::Backlog => "backlog",
        }
    }

    /// A few turns of what frees it: a commit takes milliseconds, a view catches up in tens, a backlog of
    /// millions of messages in minutes.
    const fn retry_after_ms(self) -> u32 {
        match self {
            Self::Undurable => 10,
            Self::Loads | Self::Reads => 20,
            Self::ViewBehind | Self::Memory => 50,
            Self::Backlog => 1_000,
        }
    }

    pub(crate) fn refusal(self) -> Refusal {
        Refusal::Busy { bound: self.name().to_owned(), retry_after_ms: self.retry_after_ms() }
    }
}
