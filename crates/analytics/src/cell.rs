//! One row of one window: sums and sketches, all of which merge by addition.

use model::{Understanding, Understood};

use crate::{Distinct, Quantiles};

/// How a message stands. Stored as these numbers: never reuse one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Nothing is understood of it yet.
    Pending = 0,
    /// The service answered.
    Full = 1,
    /// It has our own guess so far.
    Degraded = 2,
    /// It was given up.
    Dead = 3,
}

impl State {
    /// Which one this is.
    pub fn of(understood: &Understood) -> Self {
        match understood {
            Understood::Pending => Self::Pending,
            Understood::Full(_) => Self::Full,
            Understood::Degraded { .. } => Self::Degraded,
            Understood::Dead(_) => Self::Dead,
        }
    }

    /// Whether something of it counts in sums.
    pub fn is_understood(self) -> bool {
        matches!(self, Self::Full | Self::Degraded)
    }
}

/// What is counted of one name in one window, or what is to be added to it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cell {
    /// Messages; of a topic those of which it is understood.
    pub messages: i64,
    /// Those that the service answered.
    pub full: i64,
    /// Those that have our own guess so far.
    pub degraded: i64,
    /// Those that were given up.
    pub dead: i64,
    /// Sum of the compound sentiments of `full` and `degraded`, in millionths.
    pub sentiment_sum_micros: i64,
    /// Of how toxic they are.
    pub toxicity_sum_micros: i64,
    /// Of how urgent they are.
    pub urgency_sum_micros: i64,
    /// Different senders; of a sender different conversations.
    pub distinct: Distinct,
    /// How long full answers took, from the stamp of the message to that of the answer.
    pub latency: Quantiles,
    /// How long people took to answer each other ([`Turn`](crate::Turn)).
    pub response: Quantiles,
}

impl Cell {
    /// Adds what the other counts.
    pub fn merge(&mut self, other: &Self) {
        self.messages += other.messages;
        self.full += other.full;
        self.degraded += other.degraded;
        self.dead += other.dead;
        self.sentiment_sum_micros += other.sentiment_sum_micros;
        self.toxicity_sum_micros += other.toxicity_sum_micros;
        self.urgency_sum_micros += other.urgency_sum_micros;
        self.distinct.merge(&other.distinct);
        self.latency.merge(&other.latency);
        self.response.merge(&other.response);
    }

    /// One message more, or fewer, that stands so.
    pub(crate) fn count(&mut self, state: State, by: i64) {
        match state {
            State::Pending => {}
            State::Full => self.full += by,
            State::Degraded => self.degraded += by,
            State::Dead => self.dead += by,
        }
    }

    /// Adds what is understood of a message, or takes it off.
    pub(crate) fn sum(&mut self, of: &Understanding, by: i64) {
        self.sentiment_sum_micros += by * i64::from(of.sentiment_micros);
        self.toxicity_sum_micros += by * i64::from(of.toxicity_micros);
        self.urgency_sum_micros += by * i64::from(of.urgency_micros);
    }
}
