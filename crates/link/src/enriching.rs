//! What operators ask of enriching, and what they are told.

use model::{Body, ConversationId, LetterId, MessageId, Reason, Seq, UserId, Wall};
use serde::{Deserialize, Serialize};

/// A question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum EnrichAsk {
    /// Which messages were given up? Answered by `Letters`.
    Letters {
        /// For this reason; `None` = for any.
        reason: Option<Reason>,
        /// Only those after this one; the oldest come first.
        after: Option<LetterId>,
        /// At most so many, and never more than
        /// [`PAGE_MAX_MESSAGES`](model::bounds::PAGE_MAX_MESSAGES).
        limit: u32,
    },
    /// What is known of one of them? Answered by `Letter`.
    Letter {
        /// Which.
        id: LetterId,
    },
    /// What would a replay do? Answered by `Preview`.
    Preview {
        /// Of letters of this reason; `None` = of all.
        reason: Option<Reason>,
        /// Letters a second.
        per_second: u32,
    },
    /// Have them asked for again. Answered by `Replay`.
    Replay {
        /// Letters of this reason; `None` = all.
        reason: Option<Reason>,
        /// Letters a second.
        per_second: u32,
    },
    /// No more of that. Answered by `Replay`.
    CancelReplay,
    /// What happened to a message? Answered by `Why`.
    Why {
        /// Which.
        of: MessageRef,
    },
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum EnrichAnswer {
    /// Some of the letters.
    Letters {
        /// They.
        letters: Vec<Letter>,
        /// All that there are, by why, whatever was asked for.
        reasons: Vec<(Reason, u64)>,
        /// The replay that runs, or the last one.
        replay: Option<Replay>,
    },
    /// One letter.
    Letter {
        /// It.
        letter: Letter,
        /// What was said, where everyone may hear it and it is still kept.
        text: Option<Body>,
    },
    /// What a replay would do.
    Preview(Preview),
    /// How a replay goes.
    Replay(Replay),
    /// What happened to a message.
    Why(Box<Why>),
    /// Nothing of the kind, and why.
    Not(EnrichNot),
}

/// Why there is nothing of what was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum EnrichNot {
    /// Messages are not enriched here.
    NoService,
    /// There is no such letter, or no longer.
    NoSuchLetter,
    /// A replay runs already.
    Running,
    /// No replay ran since the start.
    NoReplay,
    /// Nothing is ever asked again here, so a replay would only make it wait.
    NothingAgain,
    /// The rate is none.
    Rate,
    /// There is no such message, or not where was looked: lately, and in the journal as far as there was time.
    NoSuchMessage,
}

/// A message, by its id or by its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum MessageRef {
    /// Its id.
    Id(MessageId),
    /// Its place.
    Place {
        /// In which conversation.
        conversation: ConversationId,
        /// Where there.
        seq: Seq,
    },
}

/// What happened to a message, and how it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Why {
    /// Its id.
    pub id: MessageId,
    /// Its conversation.
    pub conversation: ConversationId,
    /// Its place there.
    pub seq: Seq,
    /// When it was received.
    pub received_at: Wall,
    /// How it stands now, in a sentence.
    pub standing: String,
    /// What is remembered of it, in order.
    pub steps: Vec<Step>,
    /// What the journal has of it, in order.
    pub facts: Vec<Decision>,
    /// The journal was read up to there, for want of time; `None` = as far as there is anything.
    pub read_to: Option<Wall>,
}

/// Something that happened to a message, and is remembered for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// When.
    pub at: Wall,
    /// What, in a word.
    pub what: String,
    /// Which of its calls, from 1.
    pub call: Option<u8>,
    /// More of it, for people.
    pub detail: String,
}

/// A result of a message that is durable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// When it was written.
    pub at: Wall,
    /// `pending`, `full`, `degraded` or `dead`.
    pub result: String,
    /// Why, of the last two.
    pub reason: Option<Reason>,
}

/// A message that was given up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// Its name.
    pub id: LetterId,
    /// Where it was said.
    pub conversation: ConversationId,
    /// Its place there.
    pub seq: Seq,
    /// Who said it.
    pub sender: Option<UserId>,
    /// Why it was given up.
    pub reason: Reason,
}

/// What a replay would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// Letters by why they were given up.
    pub reasons: Vec<(Reason, u64)>,
    /// When the oldest and the newest of them were said.
    pub span: Option<(Wall, Wall)>,
    /// Calls that one letter may take, each; the least is one.
    pub tries_max: u8,
    /// Letters a second.
    pub per_second: u32,
    /// How long it lasts at least, seconds.
    pub lasts_s: u64,
}

/// How a replay goes, or went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replay {
    /// Letters of this reason; `None` = all.
    pub reason: Option<Reason>,
    /// Letters a second.
    pub per_second: u32,
    /// Letters that were there when it began.
    pub of: u64,
    /// Letters that it had asked for again.
    pub done: u64,
    /// Letters that it left as they are: whose they are is not known.
    pub left: u64,
    /// Whether it goes on.
    pub runs: bool,
}
