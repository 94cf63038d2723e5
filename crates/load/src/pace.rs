//! Messages at a fixed rate, and how long each takes to be acknowledged.
//!
//! An open loop: message `k` is due at `k / rate`, whatever became of the ones before, and its
//! latency counts from that moment. A sender that waited for answers would measure a slow server
//! seldom when it is slow (Gil Tene, "How NOT to measure latency"). Raw sockets, not the client's
//! session: what is measured is the server, and a refused message is not sent again.
//!
//! # Invariants
//!
//! - What is due is sent, however late; nothing is left out to come back into step.
//! - Memory does not grow with the number of messages.

mod figures;
mod line;
mod schedule;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;
use model::ConversationId;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use figures::Figures;
use line::{Line, Plan};
use schedule::Schedule;

use crate::cpu;

/// Exit code: the server cannot be reached (sysexits `EX_UNAVAILABLE`).
const EXIT_UNAVAILABLE: u8 = 69;

/// A little below what the server reads of one connection before it waits, so that it is this side
/// that counts the wait.
const IN_FLIGHT_MAX: u16 = 1_000;

/// From the last connection to the first message.
const BREATH: Duration = Duration::from_millis(200);

/// `hubbub load pace`
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Exit code: 0 all acknowledged, 1 not all, 69 the server cannot be reached."
)]
pub struct PaceArgs {
    /// A gateway: ws://HOST:PORT/v1/ws; may be given several times: connections take turns
    #[arg(long = "url", required = true)]
    urls: Vec<String>,
    /// Messages a second, over all connections
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    rate: u64,
    /// How long messages are due
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    seconds: u64,
    /// Connections, each a user of its own; they take turns
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u64).range(1..=19_000))]
    connections: u64,
    /// Conversations, named PREFIX-0, PREFIX-1, …; each message goes to any of them
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..))]
    conversations: u32,
    /// How their names begin
    #[arg(long, default_value = "pace")]
    prefix: String,
    /// Bytes of a body
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=8_192))]
    body_bytes: u16,
    /// Messages of a connection that are not answered yet; at the bound what is due waits, and its
    /// latency counts on
    #[arg(long, default_value_t = IN_FLIGHT_MAX, value_parser = clap::value_parser!(u16).range(1..))]
    in_flight: u16,
    /// How long answers may take after the last message was due
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..))]
    grace_seconds: u64,
    /// Say how it goes, every so many seconds
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    every: Option<u64>,
    /// Where the dice begin
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Print JSON, one object a line
    #[arg(long)]
    json: bool,
}

/// Sends messages when they are due, and measures how long they take.
///
/// # Errors
/// Arguments that are none; a server that does not welcome.
pub async fn pace(args: PaceArgs) -> Result<ExitCode> {
    let schedule = Schedule::new(args.rate, args.seconds, args.connections)?;
    let lines = match connect(&args).await {
        Ok(lines) => lines,
        Err(why) => {
            complain(&format!("{why:#}"));
            return Ok(ExitCode::from(EXIT_UNAVAILABLE));
        }
    };
    let conversations = (0..args.conversations)
        .map(|number| Ok(ConversationId::new(&format!("{}-{number}", args.prefix))?))
        .collect::<Result<Vec<_>>>()?;
    let start = Instant::now() + BREATH;
    let cpu_before = cpu::seconds()?;
    let figures = Arc::new(Figures::new(start)?);
    let plan = Arc::new(Plan {
        schedule,
        start,
        conversations,
        body_bytes: usize::from(args.body_bytes),
        in_flight: usize::from(args.in_flight),
        seed: args.seed,
        figures: Arc::clone(&figures),
    });
    let until = start + schedule.length() + Duration::from_secs(args.grace_seconds);
    let talking = talk(lines, &plan);
    let told = async {
        tokio::select! {
            broken = timeout(until - Instant::now(), talking) => broken.unwrap_or_default(),
            never = tell(&figures, start, args.every, args.json) => match never {},
        }
    };
    let broken = told.await;
    let total = figures.total(schedule.total(), cpu::seconds()? - cpu_before, broken);
    say(&if args.json { total.to_json().to_string() } else { total.to_string() });
    Ok(if total.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn connect(args: &PaceArgs) -> Result<Vec<Line>> {
    let mut lines = Vec::new();
    for number in 0..args.connections {
        let turn = usize::try_from(number)? % args.urls.len();
        let url = &args.urls[turn];
        let line = Line::open(url, number).await;
        lines.push(line.with_context(|| format!("connection {number} to {url}"))?);
    }
    Ok(lines)
}

/// Runs all connections to their end; why some ended early.
async fn talk(lines: Vec<Line>, plan: &Arc<Plan>) -> Vec<String> {
    let mut talking = JoinSet::new();
    for line in lines {
        talking.spawn(line.run(Arc::clone(plan)));
    }
    let mut broken = Vec::new();
    while let Some(ended) = talking.join_next().await {
        match ended {
            Ok(Ok(())) => {}
            Ok(Err(why)) => broken.push(format!("{why:#}")),
            Err(why) => broken.push(why.to_string()),
        }
    }
    broken
}

/// Says every so often how the time since the last time went.
async fn tell(
    figures: &Figures,
    start: Instant,
    every: Option<u64>,
    json: bool,
) -> std::convert::Infallible {
    let Some(every) = every else { return std::future::pending().await };
    let mut at = start;
    loop {
        at += Duration::from_secs(every);
        tokio::time::sleep_until(at).await;
        let window = figures.window(at);
        say(&if json { window.to_json().to_string() } else { window.to_string() });
    }
}

#[expect(clippy::print_stdout, reason = "a command's result")]
fn say(line: &str) {
    println!("{line}");
}

#[expect(clippy::print_stderr, reason = "errors go to standard error, once, for people")]
fn complain(text: &str) {
    eprintln!("hubbub: {text}");
}
