//! What `hubbub load run ws://…` is told of the chat.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;

use super::scenario;
use super::tokens::Tokens;
use super::wanted::{Field, Wanted};
use crate::measure::refusal::Refusal;
use crate::measure::run::Act;

/// Flags of chat, and what they are without being given.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Chat (ws:// and wss://)")]
pub(crate) struct ChatArgs {
    /// What a request is [default: send]
    #[arg(long, conflicts_with = "scenario")]
    act: Option<Act>,
    /// How the names of users and conversations begin: NAME-0, NAME-1, … [default: load]
    #[arg(long, conflicts_with = "scenario")]
    name: Option<String>,
    /// Conversations; each request is of any of them [default: 1000]
    #[arg(long, conflicts_with = "scenario")]
    conversations: Option<u32>,
    /// Who listens to each conversation: how much of what is sent they hear, and when, is told [default: 0]
    #[arg(long, conflicts_with = "scenario")]
    listeners: Option<u32>,
    /// Bytes of a message [default: 100]
    #[arg(long, conflicts_with = "scenario")]
    body_bytes: Option<u32>,
    /// Messages of a page that is read [default: 50]
    #[arg(long, conflicts_with = "scenario")]
    page_messages: Option<u32>,
    /// A mixture of acts, in TOML: see docs/measuring.md
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
    /// A token: each connection is a device of the user it is for
    #[arg(long, conflicts_with = "tokens")]
    token: Option<String>,
    /// Tokens, one a line: each connection is a user of its own (`hubbub token --count`); those that listen come last
    #[arg(long, value_name = "FILE")]
    tokens: Option<PathBuf>,
}

impl ChatArgs {
    /// Each flag, and whether it was given.
    pub(crate) fn given(&self) -> [(&'static str, bool); 9] {
        [
            ("--act", self.act.is_some()),
            ("--name", self.name.is_some()),
            ("--conversations", self.conversations.is_some()),
            ("--listeners", self.listeners.is_some()),
            ("--body-bytes", self.body_bytes.is_some()),
            ("--page-messages", self.page_messages.is_some()),
            ("--scenario", self.scenario.is_some()),
            ("--token", self.token.is_some()),
            ("--tokens", self.tokens.is_some()),
        ]
    }

    /// What is wanted, checked.
    pub(super) fn wanted(&self) -> Result<Wanted, Refusal> {
        if let Some(path) = &self.scenario {
            return scenario::read(path);
        }
        let usual = Wanted::default();
        let wanted = Wanted {
            name: self.name.clone().unwrap_or(usual.name),
            acts: BTreeMap::from([(self.act.unwrap_or(Act::Send), 1)]),
            conversations: self.conversations.unwrap_or(usual.conversations),
            listeners: self.listeners.unwrap_or(usual.listeners),
            body_bytes: self.body_bytes.unwrap_or(usual.body_bytes),
            page_messages: self.page_messages.unwrap_or(usual.page_messages),
            ..usual
        };
        let checked = wanted.check();
        checked.map_err(|(field, why)| Refusal::usage(format!("{}: {why}", flag(field))))?;
        Ok(wanted)
    }

    pub(super) fn tokens(&self) -> Result<Tokens, Refusal> {
        match (&self.token, &self.tokens) {
            (Some(token), _) => Tokens::one(token),
            (None, Some(path)) => Tokens::read(path),
            (None, None) => Ok(Tokens::None),
        }
    }
}

fn flag(field: Field) -> &'static str {
    match field {
        Field::Connections => "--connections",
        Field::Streams => "--streams",
        Field::Name => "--name",
        Field::Acts => "--act",
        Field::Conversations => "--conversations",
        Field::Busiest => "--scenario",
        Field::Listeners | Field::Listening => "--listeners",
        Field::BodyBytes => "--body-bytes",
        Field::PageMessages => "--page-messages",
    }
}
