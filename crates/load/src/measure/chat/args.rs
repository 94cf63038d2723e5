//! What `hubbub load run ws://…` is told of the chat.

use clap::Args;

/// Flags of chat, and what they are without being given.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Chat")]
pub(crate) struct ChatArgs {
    /// How the names of users and conversations begin: NAME-0, NAME-1, … [default: load]
    #[arg(long)]
    name: Option<String>,
    /// Conversations; each message goes to any of them [default: 1000]
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    conversations: Option<u32>,
    /// Bytes of a message [default: 100]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=8_192))]
    body_bytes: Option<u16>,
}

impl ChatArgs {
    /// Each flag, and whether it was given.
    pub(crate) fn given(&self) -> [(&'static str, bool); 3] {
        [
            ("--name", self.name.is_some()),
            ("--conversations", self.conversations.is_some()),
            ("--body-bytes", self.body_bytes.is_some()),
        ]
    }

    pub(super) fn name(&self) -> &str {
        self.name.as_deref().unwrap_or("load")
    }

    pub(super) fn conversations(&self) -> u32 {
        self.conversations.unwrap_or(1_000)
    }

    pub(super) fn body_bytes(&self) -> u16 {
        self.body_bytes.unwrap_or(100)
    }
}
