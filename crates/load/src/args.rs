//! What the two commands are told.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use client::Gateway;
use model::ConversationId;

/// Where the servers are, and which conversations there are.
#[derive(Debug, Clone, Args)]
pub(crate) struct Place {
    /// A gateway: ws://HOST:PORT/v1/ws; may be given several times
    #[arg(long = "url", required = true)]
    urls: Vec<String>,
    /// Conversations, named PREFIX-0, PREFIX-1, …
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) conversations: u32,
    /// How their names begin
    #[arg(long, default_value = "c")]
    prefix: String,
    /// Folder for histories; it is made if it is not there
    #[arg(long, value_name = "DIR", default_value = "histories")]
    pub(crate) histories: PathBuf,
}

impl Place {
    pub(crate) fn gateways(&self) -> Result<Vec<Gateway>> {
        self.urls.iter().map(|url| Ok(Gateway::new(url, url)?)).collect()
    }

    pub(crate) fn urls(&self) -> &[String] {
        &self.urls
    }

    /// All conversations, by number.
    pub(crate) fn names(&self) -> Result<Vec<ConversationId>> {
        let name = |number| Ok(ConversationId::new(&format!("{}-{number}", self.prefix))?);
        (0..self.conversations).map(name).collect()
    }
}

/// `hubbub load talk`
#[derive(Debug, Clone, Args)]
pub struct TalkArgs {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Name of this process: users and histories are named after it
    #[arg(long, default_value = "talk")]
    pub(crate) name: String,
    /// Sessions, each a user of its own
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) sessions: u32,
    /// Where the dice begin
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// How long they speak
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) seconds: u64,
    /// Messages a second, over all sessions
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rate: u32,
    /// Connect again within a second, not as politely as the protocol asks
    #[arg(long)]
    pub(crate) fast_backoff: bool,
}

/// `hubbub load sweep`
#[derive(Debug, Clone, Args)]
pub struct SweepArgs {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Name of the history
    #[arg(long, default_value = "final")]
    pub(crate) name: String,
    /// How long it may take
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) seconds: u64,
}
