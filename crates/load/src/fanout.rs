//! One speaks, many listen: how many deliveries a second, at what cost, how late, and to how many of
//! those who should have heard.
//!
//! The same listeners for any server that speaks one of the dialects, so that servers can be held
//! against each other. All of them live in one thread, and look for a stamp in each frame instead of
//! parsing it: a generator that costs more than the server measures itself.
//!
//! # Invariants
//!
//! - At a rate it is an open loop: latency counts from when a message was due. Without one, at most a
//!   window of messages is under way; what is lost holds it up for two seconds and shows in the reach.
//! - Every message is expected by every listener, in order.

mod board;
mod dialect;
mod figures;
mod publisher;

use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use tokio::task::{JoinSet, LocalSet};
use tokio::time::{Instant, sleep_until, timeout};

use crate::stamp::STAMP_BYTES;
use board::Board;
use dialect::{Dialect, Guest, Role};
use figures::{Moment, Total};
use publisher::{Pace, Speech};

/// Exit code: the server cannot be reached (sysexits `EX_UNAVAILABLE`).
const EXIT_UNAVAILABLE: u8 = 69;

/// Connections that are made at a time.
const ENTERING: usize = 32;

/// How long one may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// From the last connection to the first message.
const BREATH: Duration = Duration::from_millis(500);

/// `hubbub load fanout`
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Exit code: 0 each message came to each listener once and in order, 1 not so, 69 the server cannot be reached.\n\n\
                  Example:\n  hubbub load fanout --url ws://127.0.0.1:8080/v1/ws --rate 100"
)]
pub struct FanoutArgs {
    /// Where: ws://HOST:PORT/PATH
    #[arg(long)]
    url: String,
    /// What the server speaks
    #[arg(long, value_enum, default_value_t = Dialect::Hubbub)]
    dialect: Dialect,
    /// Name of the room; a new one, for everything in it is heard
    #[arg(long, default_value = "fanout")]
    room: String,
    /// Connections that listen
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=19_000))]
    listeners: u32,
    /// Bytes of a message's text
    #[arg(long, default_value_t = 280, value_parser = clap::value_parser!(u16).range(STAMP_BYTES as i64..=8_192))]
    body_bytes: u16,
    /// Messages a second; without it as fast as they are heard
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    rate: Option<u64>,
    /// Without --rate: messages that not everyone has heard, at most; each half is said at once
    #[arg(long, default_value_t = 128, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    window: u64,
    /// How long it is measured; signs of life are sent only when the server asks for them
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=40))]
    seconds: u64,
    /// Before: so long everyone warms up
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u64).range(0..=20))]
    warm_up_seconds: u64,
    /// The server's process, on this machine: what it costs is told, too
    #[arg(long)]
    pid: Option<u32>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Speaks to many listeners, and measures what comes.
///
/// # Errors
/// A system that gives no runtime or no `/proc`; a publisher that loses its connection.
pub fn fanout(args: &FanoutArgs) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(LocalSet::new().run_until(run(args)))
}

async fn run(args: &FanoutArgs) -> Result<ExitCode> {
    let place = (args.dialect, args.url.as_str(), args.room.as_str());
    let enter = |role| timeout(PATIENCE, Guest::enter(place, role));
    let entering = stream::iter(0..args.listeners).map(|number| {
        let entered = enter(Role::Listener(number));
        async move { entered.await?.with_context(|| format!("listener {number}")) }
    });
    let entered = async {
        let guests: Vec<Guest> = entering.buffer_unordered(ENTERING).try_collect().await?;
        let publisher = enter(Role::Publisher).await?.context("the publisher")?;
        anyhow::Ok((guests, publisher))
    };
    let (guests, mut publisher) = match entered.await {
        Ok(entered) => entered,
        Err(why) => {
            complain(&format!("{why:#}"));
            return Ok(ExitCode::from(EXIT_UNAVAILABLE));
        }
    };
    let warm_up = Duration::from_secs(args.warm_up_seconds);
    let board = Rc::new(Board::new(Instant::now() + BREATH, warm_up)?);
    let mut listening = JoinSet::new();
    for guest in guests {
        listening.spawn_local(listen(guest, args.dialect, Rc::clone(&board)));
    }
    let length = warm_up + Duration::from_secs(args.seconds);
    let listeners = u64::from(args.listeners);
    let speech = Speech {
        dialect: args.dialect,
        pace: args.rate.map_or(Pace::Window(args.window), Pace::Rate),
        listeners,
        body_bytes: usize::from(args.body_bytes),
        length,
    };
    let watched = watch(&board, args.pid, (warm_up, length));
    let (said, moments) = tokio::join!(speech.give(&mut publisher, &board), watched);
    let said = said.context("the publisher")?;
    board.reaches(said * listeners).await;
    let total = Total::new((listeners, said), moments?, &board, broken(&mut listening));
    say(&if args.json { total.to_json().to_string() } else { total.to_string() });
    Ok(if total.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Looks at the end of warming up, and at the end.
async fn watch(
    board: &Board,
    server: Option<u32>,
    (warm_up, length): (Duration, Duration),
) -> Result<(Moment, Moment)> {
    sleep_until(board.start + warm_up).await;
    let first = Moment::now(board, server)?;
    sleep_until(board.start + length).await;
    Ok((first, Moment::now(board, server)?))
}

/// Hears until the connection ends.
async fn listen(mut guest: Guest, dialect: Dialect, board: Rc<Board>) -> Result<()> {
    let mut next = 0;
    loop {
        let mut answer = None;
        let read = guest.socket.read(|frame| {
            if board.heard(frame, &mut next) {
                return;
            }
            answer = dialect.answer(frame).or(answer);
            if dialect.is_complaint(frame) {
                board.complain(frame);
            }
        });
        read.await?;
        guest.socket.say(answer).await?;
    }
}

/// Why listeners ended early: nobody has told them to.
fn broken(listening: &mut JoinSet<Result<()>>) -> Vec<String> {
    let mut broken = Vec::new();
    while let Some(ended) = listening.try_join_next() {
        match ended {
            Ok(Ok(())) => {}
            Ok(Err(why)) => broken.push(format!("{why:#}")),
            Err(why) => broken.push(why.to_string()),
        }
    }
    broken
}

#[expect(clippy::print_stdout, reason = "a command's result")]
fn say(line: &str) {
    println!("{line}");
}

#[expect(clippy::print_stderr, reason = "errors go to standard error, once, for people")]
fn complain(text: &str) {
    eprintln!("hubbub: {text}");
}

#[cfg(test)]
mod tests;
