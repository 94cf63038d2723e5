//! Windows of event time, and how long they are kept.

use model::Wall;

const MINUTE_MS: u64 = 60_000;
const HOUR_MS: u64 = 60 * MINUTE_MS;
const DAY_MS: u64 = 24 * HOUR_MS;

/// Different names in one window of one scope: room for 50,000 bots.
pub const NAMES_MAX: u64 = 65_536;

/// The name of all who came when a window had its [`NAMES_MAX`]. No id and no label has such a character.
pub const OTHER: &str = "~other";

/// How long a window is. Stored as these numbers: never reuse one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// A minute.
    Minute = 1,
    /// An hour.
    Hour = 2,
    /// A day, UTC.
    Day = 3,
}

/// Of what a row is. Stored as these numbers: never reuse one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// All messages; the only name is the empty one.
    Overall = 0,
    /// Messages with the same topic. They are counted when something is understood of them.
    Topic = 1,
    /// Messages of a conversation.
    Conversation = 2,
    /// Messages of a sender.
    Sender = 3,
}

/// How many rows a scope has: those of a wide one are few, so they can be written often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Breadth {
    /// All messages, and topics.
    Wide,
    /// Conversations and senders.
    Deep,
}

/// The rows of one scope for one time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Window {
    /// How long.
    pub level: Level,
    /// Of what.
    pub scope: Scope,
    /// Its first millisecond.
    pub start: u64,
}

impl Level {
    /// Milliseconds.
    pub fn length_ms(self) -> u64 {
        match self {
            Self::Minute => MINUTE_MS,
            Self::Hour => HOUR_MS,
            Self::Day => DAY_MS,
        }
    }

    /// The first millisecond of the window with this moment in it.
    pub fn start(self, at: Wall) -> u64 {
        at.0 - at.0 % self.length_ms()
    }
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Overall, Self::Topic, Self::Conversation, Self::Sender];

    /// Whether it has few rows or many.
    pub fn breadth(self) -> Breadth {
        match self {
            Self::Overall | Self::Topic => Breadth::Wide,
            Self::Conversation | Self::Sender => Breadth::Deep,
        }
    }

    /// The windows that its messages count in, the shortest first. There are many conversations and
    /// senders: they have no minutes.
    pub fn levels(self) -> &'static [Level] {
        match self {
            Self::Overall | Self::Topic => &[Level::Minute, Level::Hour, Level::Day],
            Self::Conversation | Self::Sender => &[Level::Hour, Level::Day],
        }
    }

    /// How long rows are kept after their window began, in milliseconds: minutes for two days; of all
    /// and of topics hours for five weeks and days for 400; of conversations and senders hours for two
    /// days and days for five weeks.
    pub fn kept_ms(self, level: Level) -> u64 {
        let days = match (self, level) {
            (_, Level::Minute) | (Self::Conversation | Self::Sender, Level::Hour) => 2,
            (Self::Overall | Self::Topic, Level::Hour)
            | (Self::Conversation | Self::Sender, Level::Day) => 35,
            (Self::Overall | Self::Topic, Level::Day) => 400,
        };
        days * DAY_MS
    }

    /// Windows that began before this are not kept any more.
    pub fn horizon(self, level: Level, watermark: Wall) -> u64 {
        level.start(Wall(watermark.0.saturating_sub(self.kept_ms(level))))
    }
}

#[cfg(test)]
mod tests;
