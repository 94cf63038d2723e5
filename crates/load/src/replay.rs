//! Real conversations, spoken again by bots: the demo's life.
//!
//! The data (`data/README.md`) is inside the binary. Each person of a conversation is a session of
//! its own that follows the conversation it speaks in; the pauses between messages are the real ones,
//! sped up. Beside the demo it is a gentle load: closed loop, nobody speaks before the message before
//! theirs is acknowledged.
//!
//! # Invariants
//!
//! - A conversation is said in its real order, whatever breaks: who speaks next waits for the
//!   acknowledgement of what was said before.
//! - At most `bots_max` sessions at a time; every wait ends when it is told to stop.

mod bot;
mod data;
mod groups;
mod play;
mod tally;
mod tempo;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;
use client::Gateway;
use model::ConversationId;
use tokio::sync::watch;
use tokio::task::JoinSet;

use data::Script;
pub use tally::Replayed;
use tally::Tally;
pub use tempo::Tempo;

/// `hubbub load replay`
#[derive(Debug, Clone, Args)]
#[command(after_help = "Exit code: 0 everything was acknowledged, 1 not everything.")]
pub struct ReplayArgs {
    /// A gateway: ws://HOST:PORT/v1/ws; may be given several times
    #[arg(long = "url", required = true)]
    pub urls: Vec<String>,
    /// How many times faster than people were
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..))]
    pub speed: u32,
    /// No pause is longer than this: people sleep, bots do not
    #[arg(long, default_value_t = 3_000)]
    pub pause_max_ms: u64,
    /// So many messages a second, by all together, instead of the pauses of people
    #[arg(long, value_name = "PER_SECOND", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub rate: Option<u32>,
    /// Four conversations of two at a time in one of eight, with mentions: synthetic, and named so
    #[arg(long)]
    pub groups: bool,
    /// So many conversations; without it all there are
    #[arg(long)]
    pub conversations: Option<usize>,
    /// Begin again when all are through, under new names: chat-0001, then chat-0001.2, …
    #[arg(long)]
    pub repeat: bool,
    /// Put behind the names of conversations: a server that knows them already gets new ones
    #[arg(long, default_value = "", value_parser = suffix)]
    pub suffix: String,
    /// Sessions at a time, one a person of a conversation
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(2..=10_000))]
    pub bots_max: u16,
    /// No line on standard error each second
    #[arg(long)]
    pub quiet: bool,
}

impl ReplayArgs {
    /// Everything once at the usual speed, through this gateway.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            urls: vec![url.into()],
            speed: 60,
            pause_max_ms: 3_000,
            rate: None,
            groups: false,
            conversations: None,
            repeat: false,
            suffix: String::new(),
            bots_max: 64,
            quiet: false,
        }
    }
}

/// What all bots share.
#[derive(Debug)]
struct Settings {
    gateways: Vec<Gateway>,
    speed: u32,
    pause_max: Duration,
    tempo: Option<Tempo>,
    tally: Tally,
}

/// Speaks until all is acknowledged, or until `stop`: then nothing new is said, and what is under way
/// gets a few seconds.
///
/// # Errors
/// A URL that is none; a server that does not want the bots.
pub async fn replay(args: ReplayArgs, stop: impl Future<Output = ()>) -> Result<Replayed> {
    let tempo = args.rate.map(Tempo::new);
    replay_at(args, tempo, stop).await
}

/// As [`replay`], at a tempo that can be changed meanwhile.
///
/// # Errors
/// As for [`replay`].
pub async fn replay_at(
    args: ReplayArgs,
    tempo: Option<Tempo>,
    stop: impl Future<Output = ()>,
) -> Result<Replayed> {
    let mut scripts = data::scripts()?;
    if args.groups {
        scripts = groups::groups(scripts)?;
    }
    scripts.truncate(args.conversations.unwrap_or(usize::MAX));
    let gateway = |url: &String| Ok(Gateway::new(url, url)?);
    let settings = Arc::new(Settings {
        gateways: args.urls.iter().map(gateway).collect::<Result<_>>()?,
        speed: args.speed.max(1),
        pause_max: Duration::from_millis(args.pause_max_ms),
        tempo,
        tally: Tally::new(scripts.len(), args.repeat),
    });
    let (stopping, stopped) = watch::channel(false);
    let work = perform_all(&args, scripts, &settings, stopped);
    tokio::pin!(work, stop);
    let performed = tokio::select! {
        performed = &mut work => performed,
        never = settings.tally.report(args.quiet) => match never {},
        () = &mut stop => {
            stopping.send_replace(true);
            work.await
        }
    };
    performed.map(|()| settings.tally.replayed())
}

/// A bounded number of conversations at a time, one after the other.
async fn perform_all(
    args: &ReplayArgs,
    scripts: Vec<Script>,
    settings: &Arc<Settings>,
    stop: watch::Receiver<bool>,
) -> Result<()> {
    let scripts: Vec<Arc<Script>> = scripts.into_iter().map(Arc::new).collect();
    let people = scripts.iter().map(|script| groups::people(script).len()).max().unwrap_or(1);
    let at_a_time = (usize::from(args.bots_max) / people.max(1)).max(1);
    let laps = if args.repeat && !scripts.is_empty() { u64::MAX } else { 1 };
    let programme = (1..=laps).flat_map(|lap| scripts.iter().map(move |script| (lap, script)));
    let mut plays = JoinSet::new();
    for (lap, script) in programme {
        while plays.len() >= at_a_time
            && let Some(play) = plays.join_next().await
        {
            play??;
        }
        if *stop.borrow() {
            break;
        }
        let name = name(script, &args.suffix, lap)?;
        plays.spawn(play::perform(Arc::clone(script), name, Arc::clone(settings), stop.clone()));
    }
    while let Some(play) = plays.join_next().await {
        play??;
    }
    Ok(())
}

/// The name of a conversation in this lap.
fn name(script: &Script, suffix: &str, lap: u64) -> Result<ConversationId> {
    let base = &script.conversation;
    let name = if lap == 1 { format!("{base}{suffix}") } else { format!("{base}{suffix}.{lap}") };
    ConversationId::new(&name).with_context(|| format!("the suffix {suffix:?} makes no name"))
}

/// A suffix is a part of a name, and leaves room for the rest.
fn suffix(text: &str) -> Result<String, String> {
    const MOST: usize = 32;
    if text.len() > MOST {
        return Err(format!("it has {} bytes: the most is {MOST}", text.len()));
    }
    ConversationId::new(&format!("chat-0001{text}")).map_err(|why| why.to_string())?;
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests;
