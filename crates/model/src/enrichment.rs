//! What is understood of messages: by an outside service, or for the time being by ourselves.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::bounds::{LANGUAGE_MAX_BYTES, TOPIC_LABEL_MAX_BYTES};
use crate::{ConversationId, Offset, Seq, UserId, Wall};

/// One million: a share, or a sentiment, of 1.
pub const ONE_MICROS: u32 = 1_000_000;

/// What is understood of one message has changed. A fold takes [`before`](Self::before) off and adds
/// [`after`](Self::after), and needs to look up nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrichment {
    /// The message's conversation.
    pub conversation: ConversationId,
    /// The message's place in it.
    pub seq: Seq,
    /// The message's record.
    pub target: Offset,
    /// Who said it, and when; records of the first version do not say it.
    pub said: Option<Said>,
    /// How it stood: what the journal's last fact about this message has as `after`, or pending.
    pub before: Understood,
    /// How it stands.
    pub after: Understood,
}

/// Who said something, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// Who.
    pub sender: UserId,
    /// When it was received: the stamp of its batch.
    pub at: Wall,
}

/// How a message stands with the outside service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Understood {
    /// Nothing is understood of it yet. So every message begins, and one that is replayed.
    #[default]
    Pending,
    /// The service answered.
    Full(Understanding),
    /// It did not in time; this is our own guess, and the service is asked again.
    Degraded {
        /// Why it did not.
        why: Reason,
        /// The guess.
        guess: Understanding,
    },
    /// Given up, until somebody replays it.
    Dead(Reason),
}

impl Understood {
    /// What counts of it in sums; nothing of what is pending or dead.
    pub fn understanding(&self) -> Option<&Understanding> {
        match self {
            Self::Full(understanding) | Self::Degraded { guess: understanding, .. } => {
                Some(understanding)
            }
            Self::Pending | Self::Dead(_) => None,
        }
    }
}

/// Why a message has no answer of the service. Stored as numbers: never reuse one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The call was out, and its answer did not come before the deadline.
    Deadline,
    /// The call failed, and there was no time for another.
    Failed,
    /// The call failed, and retries and hedges had used up their budget.
    Budget,
    /// The circuit breaker is open.
    Breaker,
    /// No place within the concurrency limit came free in time.
    Limit,
    /// It waited longer than the queue allows while more came.
    Overload,
    /// The service allows no more requests or tokens now.
    RateLimit,
    /// The service refuses this message for good.
    Refused,
    /// The service answers in words that are not known.
    Unreadable,
    /// All tries are used up.
    Exhausted,
}

impl Reason {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 10] = [
        Self::Deadline,
        Self::Failed,
        Self::Budget,
        Self::Breaker,
        Self::Limit,
        Self::Overload,
        Self::RateLimit,
        Self::Refused,
        Self::Unreadable,
        Self::Exhausted,
    ];

    /// Its stored number, from 1.
    pub fn number(self) -> u8 {
        match self {
            Self::Deadline => 1,
            Self::Failed => 2,
            Self::Budget => 3,
            Self::Breaker => 4,
            Self::Limit => 5,
            Self::Overload => 6,
            Self::RateLimit => 7,
            Self::Refused => 8,
            Self::Unreadable => 9,
            Self::Exhausted => 10,
        }
    }

    /// The one of this number.
    pub fn of(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.number() == number)
    }

    /// For metrics, pages and commands.
    pub fn text(self) -> &'static str {
        match self {
            Self::Deadline => "deadline",
            Self::Failed => "failed",
            Self::Budget => "budget",
            Self::Breaker => "breaker",
            Self::Limit => "limit",
            Self::Overload => "overload",
            Self::RateLimit => "rate_limit",
            Self::Refused => "refused",
            Self::Unreadable => "unreadable",
            Self::Exhausted => "exhausted",
        }
    }
}

/// What was understood of one message. Integers, so that sums of them rebuild equal to the bit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Understanding {
    /// ISO 639-3 code, at most [`LANGUAGE_MAX_BYTES`] bytes; empty = not known.
    pub language: String,
    /// Compound sentiment in millionths, −1,000,000 to 1,000,000.
    pub sentiment_micros: i32,
    /// A label of `a-z 0-9 _`, at most [`TOPIC_LABEL_MAX_BYTES`] bytes; empty = not known.
    pub topic: String,
    /// How toxic, in millionths, 0 to 1,000,000.
    pub toxicity_micros: u32,
    /// How urgent, in millionths, 0 to 1,000,000.
    pub urgency_micros: u32,
}

/// What is wrong with an understanding.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum UnderstandingError {
    /// A language of more than three bytes.
    #[error("language {0:?}: an ISO 639-3 code has three letters")]
    Language(String),
    /// A sentiment outside its range.
    #[error("sentiment {0} millionths: it lies from -1 to 1")]
    Sentiment(i32),
    /// A topic that is no label.
    #[error("topic {0:?}: a label has at most {TOPIC_LABEL_MAX_BYTES} of a-z 0-9 _")]
    Topic(String),
    /// A share outside its range.
    #[error("{name} {micros} millionths: it lies from 0 to 1")]
    Share {
        /// Which.
        name: &'static str,
        /// Its value.
        micros: u32,
    },
}

impl Understanding {
    /// Itself, if it keeps to its bounds.
    ///
    /// # Errors
    /// [`UnderstandingError`]: what does not.
    pub fn checked(self) -> Result<Self, UnderstandingError> {
        if self.language.len() > LANGUAGE_MAX_BYTES {
            return Err(UnderstandingError::Language(self.language));
        }
        if self.sentiment_micros.unsigned_abs() > ONE_MICROS {
            return Err(UnderstandingError::Sentiment(self.sentiment_micros));
        }
        let is_label = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_';
        if self.topic.len() > TOPIC_LABEL_MAX_BYTES || !self.topic.bytes().all(is_label) {
            return Err(UnderstandingError::Topic(self.topic));
        }
        for (name, micros) in [("toxicity", self.toxicity_micros), ("urgency", self.urgency_micros)]
        {
            if micros > ONE_MICROS {
                return Err(UnderstandingError::Share { name, micros });
            }
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests;
