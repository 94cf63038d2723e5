//! The network goes away for everyone at once, again and again: is everything delivered all the
//! same, and how long until everyone is back?
//!
//! Clients are the session's own, with its own patience: they find out, wait as long as the protocol asks,
//! come back and go on from where they were, sending again what was not acknowledged. Between them
//! and the server stands a relay that can be cut.

mod listener;
mod relay;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;
use client::{Gateway, Handle};
use model::{Body, ConversationId};
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use wire::SubscribeFrom;

use self::listener::{Board, Listener};
use self::relay::Relay;
use crate::dice::Dice;

/// How often it looks how far everyone is.
const LOOK: Duration = Duration::from_millis(20);

/// How long everyone may take to come in, and in the end to hear the last message.
const ALL_WITHIN: Duration = Duration::from_secs(120);

/// `hubbub load drops`
#[derive(Debug, Clone, Args)]
#[command(after_help = "Exit code: 0 everything was delivered, once; 1 not.\n\nExample:\n  \
                  hubbub load drops --url ws://127.0.0.1:8080/v1/ws --clients 5000 --drops 10")]
pub struct DropsArgs {
    /// A gateway that asks for no tokens: ws://HOST:PORT/v1/ws
    #[arg(long)]
    url: String,
    /// Clients, each a user of its own; each takes three descriptors of this process
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=6_000))]
    clients: u32,
    /// Conversations, named PREFIX-0, PREFIX-1, …: clients take turns
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    conversations: u32,
    /// How their names begin: of conversations that are not there yet
    #[arg(long, default_value = "drops")]
    prefix: String,
    /// Messages a second, said by any of the clients, also while there is no network
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..))]
    rate: u32,
    /// How many times the network goes away
    #[arg(long, default_value_t = 10)]
    drops: u32,
    /// Seconds it is away
    #[arg(long, default_value_t = 2)]
    drop_seconds: u64,
    /// Seconds between its coming back and its going away again: after a minute, clients are patient anew
    #[arg(long, default_value_t = 65)]
    between_seconds: u64,
    /// Where the dice begin
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Drops everyone's connections, and says how everyone came back: one line of JSON a drop, and one in the
/// end.
///
/// # Errors
/// Arguments that are none; a server that is not there.
pub async fn drops(args: DropsArgs) -> Result<ExitCode> {
    let (relay, address) = Relay::open(&args.url).await?;
    let board = Arc::new(Board::new(args.conversations)?);
    let mut listening = JoinSet::new();
    let mut handles = Vec::new();
    for number in 0..args.clients {
        let conversation = number % args.conversations;
        let name = ConversationId::new(&format!("{}-{conversation}", args.prefix))?;
        let gateway = Gateway::at(address)?;
        let (listener, handle) = Listener::open(number, gateway, name.clone(), conversation)?;
        listening.spawn(listener.listen(Arc::clone(&board)));
        handle.subscribe(name.clone(), SubscribeFrom::Start).await?;
        handles.push((handle, name));
    }
    wait_for(&board.back, args.clients).await.context("not everyone came in")?;
    let mut speaking = tokio::spawn(speak(handles.clone(), args.rate, args.seed));
    for drop in 1..=args.drops {
        tokio::select! {
            () = sleep(Duration::from_secs(args.between_seconds)) => {}
            spoken = &mut speaking => spoken?,
        }
        board.dropped();
        relay.cut();
        sleep(Duration::from_secs(args.drop_seconds)).await;
        board.restored();
        relay.mend();
        let all = wait_for(&board.back, args.clients).await.is_ok();
        say(&json!({ "type": "drop", "drop": drop, "all_back": all, "back_ms": board.back_ms() }));
    }
    speaking.abort();
    let all_heard = finish(&handles, &board, args.clients).await;
    let result = board.result(all_heard);
    say(&result);
    for (handle, _) in handles {
        let _stopped = handle.stop().await;
    }
    while listening.join_next().await.is_some() {}
    let clean =
        result["missing"] == 0 && result["doubled"] == 0 && result["gaps"] == 0 && all_heard;
    Ok(if clean { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Anyone says something, so many times a second, whether there is a network or not.
async fn speak(handles: Vec<(Handle, ConversationId)>, rate: u32, seed: u64) {
    let mut dice = Dice::new(seed);
    let start = Instant::now();
    for number in 0.. {
        sleep_until(start + Duration::from_secs(1) * number / rate).await;
        let (handle, name) = &handles[dice.below(handles.len())];
        let Ok(body) = Body::new(&format!("message {number}")) else { return };
        // A full outbox is an answer, too: what was not said is not waited for.
        let _said = handle.say(name.clone(), body).await;
    }
}

/// Waits until outboxes are empty and everyone has heard all of its conversation.
async fn finish(handles: &[(Handle, ConversationId)], board: &Board, clients: u32) -> bool {
    let emptying = async {
        for (handle, _) in handles {
            while handle.outbox_len().await.unwrap_or(0) > 0 {
                sleep(LOOK).await;
            }
        }
        while board.have_heard_all() < clients {
            sleep(LOOK).await;
        }
    };
    timeout(ALL_WITHIN, emptying).await.is_ok()
}

async fn wait_for(count: &std::sync::atomic::AtomicU32, all: u32) -> Result<()> {
    let waiting = async {
        while count.load(Relaxed) < all {
            sleep(LOOK).await;
        }
    };
    Ok(timeout(ALL_WITHIN, waiting).await?)
}

#[expect(clippy::print_stdout, reason = "a command's result")]
fn say(line: &serde_json::Value) {
    println!("{line}");
}
