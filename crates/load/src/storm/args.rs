//! What `hubbub load storm` is told.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use serde::Serialize;
use session::Backoff;

use super::server::CLIENTS_MAX;
use crate::measure::{Refusal, duration};
use crate::swarm::RosterArgs;

/// `hubbub load storm`
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Exit code: 0 all were back, and all was delivered once; 1 not so; 2 these arguments cannot be meant; 3 the \
                  measurement is invalid (the generator began tries later than one column after they were due); 69 the server cannot be \
                  reached; 74 a file cannot be read or written; 130 interrupted.\n\nExamples:\n  \
                  hubbub load storm --clients 5000 --down 2s\n  \
                  hubbub load storm --clients 5000 --cut kill --policy none --html herd.html\n  \
                  hubbub load storm --clients 5000 --cut term --spread 10s\n  \
                  hubbub load storm ws://127.0.0.1:8080/v1/ws --clients 5000 --rate 500 --times 10"
)]
pub struct StormArgs {
    /// A gateway, ws://HOST:PORT/v1/ws; without it a server of its own is begun and ended
    pub(super) url: Option<String>,
    /// Clients, each a user of its own
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=60_000))]
    pub(super) clients: u32,
    /// What takes their connections away
    #[arg(long, value_enum, default_value_t = Cut::Network)]
    pub(super) cut: Cut,
    /// How long it is away; a server also takes its time to start
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = duration)]
    pub(super) down: Duration,
    /// When they try again
    #[arg(long, value_enum, default_value_t = Policy::Backoff)]
    pub(super) policy: Policy,
    /// With --cut term: the time within which the server asks them to come back, each at another moment
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(super) spread: Option<Duration>,
    /// How many times it is taken away
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(super) times: u32,
    /// From its return to the next time; after a minute, clients are patient anew
    #[arg(long, value_name = "TIME", default_value = "65s", value_parser = duration)]
    pub(super) between: Duration,
    /// How long everyone may take to be back
    #[arg(long, value_name = "TIME", default_value = "3m", value_parser = duration)]
    pub(super) within: Duration,
    /// Conversations; each client follows one of them
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(super) conversations: u32,
    /// Messages a second, said by the clients in turns, also while they are cut off; what each is to hear is then counted
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=100_000))]
    pub(super) rate: u32,
    #[command(flatten)]
    pub(super) roster: RosterArgs,
    /// Where the dice begin
    #[arg(long, default_value_t = 1)]
    pub(super) seed: u64,
    /// Write one page that needs nothing else
    #[arg(long, value_name = "FILE")]
    pub(super) html: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// What takes connections away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Cut {
    /// The network: connections are reset, tries are refused
    Network,
    /// The server is killed (SIGKILL), and started again
    Kill,
    /// The server is asked to stop (SIGTERM), tells each client when to come back, and is started again
    Term,
}

/// When to try again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Policy {
    /// As our clients do: 1-2, 2-4, 4-8, 8-16, then 60-70 s
    Backoff,
    /// No patience and no dice: at once, then every 100 ms
    None,
}

/// From one try to the next, where there is no policy: a refusal has to come back from the server, too.
const ROUND_TRIP: Duration = Duration::from_millis(100);

/// Within this a server that stops asks its clients to come back (`drain_window_ms`).
const SPREAD: Duration = Duration::from_secs(10);

impl StormArgs {
    /// What goes together.
    ///
    /// # Errors
    /// What does not.
    pub(super) fn check(&self) -> Result<(), Refusal> {
        if self.url.is_some() && self.cut != Cut::Network {
            return Err(Refusal::usage(
                "--cut kill and --cut term are of a server that this command starts itself: leave out the URL",
            ));
        }
        if self.url.is_none() && self.clients > CLIENTS_MAX {
            return Err(Refusal::usage(format!(
                "--clients {}: a server of its own takes {CLIENTS_MAX}; give the URL of one that takes more",
                self.clients
            )));
        }
        if self.spread.is_some() && self.cut != Cut::Term {
            return Err(Refusal::usage(
                "--spread is what a server asks for that stops: it needs --cut term",
            ));
        }
        Ok(())
    }

    /// Within which the server asks everyone to come back, if it does.
    pub(super) fn window(&self) -> Option<Duration> {
        (self.cut == Cut::Term).then(|| self.spread.unwrap_or(SPREAD))
    }
}

impl Policy {
    pub(super) fn backoff(self) -> Backoff {
        match self {
            Self::Backoff => Backoff::default(),
            Self::None => Backoff {
                steps: vec![Duration::ZERO],
                ceiling: ROUND_TRIP,
                ceiling_spread: Duration::ZERO,
                anew_after: Duration::ZERO,
            },
        }
    }
}
