//! How patient to be, and how much may be in hand.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::dead::LETTERS_MAX;
use crate::privacy::Privacy;

/// How the room behaves.
#[derive(Debug, Clone)]
pub struct Settings {
    /// From a message's stamp to its result, durable and counted.
    pub deadline: Duration,
    /// Of that, what we need ourselves once an answer is there: the journal's commit and the fold of the tables.
    pub own: Duration,
    /// Messages in hand: being called, waiting to be, or answered and not yet durable.
    pub in_hand_max: usize,
    /// Calls in flight, whatever the concurrency limit finds.
    pub calls_max: u32,
    /// The limit that was found before, to begin with.
    pub calls_before: Option<u32>,
    /// Calls a second for what is asked again.
    pub again_per_s: u32,
    /// Between two sweeps over what is degraded, at first; it doubles while they get nothing done.
    pub again_after: Duration,
    /// Tries of one message in sweeps; after the last it is dead.
    pub tries_max: u8,
    /// Messages that may wait to be asked again; when there are more, senders are told to slow down.
    pub backlog_max: usize,
    /// Dead letters that are kept: those beyond are counted by their reasons, until there is room for them.
    pub letters_max: usize,
    /// How long a refused append waits before it is handed over again.
    pub append_again_after: Duration,
    /// What may leave.
    pub privacy: Privacy,
    /// What is switched off, to see what it is good for.
    pub without: BTreeSet<Protection>,
    /// Where the dice begin.
    pub seed: u64,
    /// The promise to break.
    #[cfg(feature = "mutants")]
    pub mutant: Option<model::Mutant>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            deadline: Duration::from_millis(400),
            own: Duration::from_millis(25),
            in_hand_max: 65_536,
            calls_max: 4_000,
            calls_before: None,
            again_per_s: 2_000,
            again_after: Duration::from_millis(500),
            tries_max: 20,
            backlog_max: 5_000_000,
            letters_max: LETTERS_MAX,
            append_again_after: Duration::from_secs(1),
            privacy: Privacy::default(),
            without: BTreeSet::new(),
            seed: 1,
            #[cfg(feature = "mutants")]
            mutant: None,
        }
    }
}

/// What protects the answers in time, and the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Protection {
    /// The circuit breaker.
    Breaker,
    /// The budget of second calls.
    Budget,
    /// The adaptive concurrency limit: without it, [`Settings::calls_max`].
    Limit,
    /// A second call beside a slow first.
    Hedge,
    /// The guess when time is up: without it a message waits for its call.
    Deadline,
    /// Turns between those who send: without it, who sends first is called for first.
    Fairness,
}

impl Protection {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Breaker, Self::Budget, Self::Limit, Self::Hedge, Self::Deadline, Self::Fairness];

    /// Its name in the configuration.
    pub fn text(self) -> &'static str {
        match self {
            Self::Breaker => "breaker",
            Self::Budget => "budget",
            Self::Limit => "limit",
            Self::Hedge => "hedge",
            Self::Deadline => "deadline",
            Self::Fairness => "fairness",
        }
    }
}
