//! The conversations: one line of JSON each, compressed, inside the binary (`data/README.md`).

use std::io::Read;

use anyhow::{Context, Result};
use flate2::read::GzDecoder;
use model::{Body, ConversationId, UserId};
use serde::Deserialize;

const COMPRESSED: &[u8] = include_bytes!("../../data/chitchat.jsonl.gz");

/// More than the data has; what claims to be longer is not read on.
const TEXT_MAX_BYTES: u64 = 16 * 1024 * 1024;

/// A conversation as it was.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Script {
    pub(super) conversation: ConversationId,
    pub(super) messages: Vec<Cue>,
}

/// One message of it.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Cue {
    pub(super) sender: UserId,
    /// Milliseconds from the conversation's first message.
    pub(super) at_ms: u64,
    pub(super) text: Body,
}

/// All conversations.
pub(super) fn scripts() -> Result<Vec<Script>> {
    let mut text = String::new();
    let read = GzDecoder::new(COMPRESSED).take(TEXT_MAX_BYTES).read_to_string(&mut text);
    read.context("the conversations inside the binary cannot be unpacked")?;
    let script = |line| serde_json::from_str(line).context("a conversation inside the binary");
    text.lines().map(script).collect()
}

#[cfg(test)]
mod tests;
