//! Who has the word in a conversation, and how long the one after them takes to answer.

use model::{UserId, Wall};

/// Silence after which a message begins a new talk and answers nothing: an hour.
pub const RESPONSE_MAX_MS: u64 = 60 * 60 * 1000;

/// Who spoke last, and since when nobody else did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// Who.
    pub sender: UserId,
    /// When they began.
    pub began: Wall,
}

impl Turn {
    /// Someone says something: how long they took, in milliseconds, from the first message of the turn
    /// before theirs. Only the first message of a turn answers.
    pub fn said(turn: &mut Option<Self>, sender: &UserId, at: Wall) -> Option<u64> {
        if turn.as_ref().is_some_and(|turn| turn.sender == *sender) {
            return None;
        }
        let before = turn.replace(Self { sender: sender.clone(), began: at })?;
        Some(at.0.saturating_sub(before.began.0)).filter(|took| *took <= RESPONSE_MAX_MS)
    }
}

#[cfg(test)]
mod tests;
