//! Many connections that mostly wait: what does one cost a server, and what does it cost us.
//!
//! Each is a user of its own with one subscription and one cursor. The crowd goes through stages and
//! rests after each, so that whoever watches the server can read its memory: `first` (every
//! conversation has a message, nobody is there), `open` (all are there and have heard it), `spoken` (each
//! has said and heard so many messages), and in the end each is asked whether it is still there.

mod member;

use std::process::ExitCode;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use clap::Args;
use model::ConversationId;
use serde_json::json;
use session::Backoff;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use self::member::{Member, Opener};
use crate::cpu;
use crate::measure::Refusal;
use crate::swarm::{self, Act, Order, Peer, Place, Roster, RosterArgs};

/// `hubbub load crowd`
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "A process has 20,000 descriptors at most, an address some 28,000 ports: for more, run several with a \
                  --name and a --source (127.0.0.2, ...) each.\n\nExit code: 0 all were there from beginning to end, 1 not so, 2 these \
                  arguments cannot be meant, 69 the server cannot be reached, 74 the tokens cannot be read.\n\nExample:\n  hubbub token --user crowd --count 15001 --secret-file token.secret > tokens\n  \
                  hubbub load crowd --url ws://127.0.0.1:8080/v1/ws --connections 15000 --tokens tokens --messages 10"
)]
pub struct CrowdArgs {
    /// A gateway: ws://HOST:PORT/v1/ws, or wss://; may be given several times: connections take turns
    #[arg(long = "url", required = true)]
    urls: Vec<String>,
    /// Connections, each a user of its own; one more comes first and goes
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=60_000))]
    connections: u32,
    #[command(flatten)]
    roster: RosterArgs,
    /// Conversations, named NAME-0, NAME-1, …: connections take turns
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    conversations: u32,
    /// Messages that each says, and hears, one after another
    #[arg(long, default_value_t = 0)]
    messages: u32,
    /// Connections that are made at the same time
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    opening: u32,
    /// Seconds of rest after each stage
    #[arg(long, default_value_t = 0)]
    rest_seconds: u64,
    /// Seconds to wait before everyone is asked whether they are still there
    #[arg(long, default_value_t = 0)]
    hold_seconds: u64,
    /// How long a stage may take
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..))]
    stage_seconds: u64,
}

/// How many have done it.
#[derive(Debug, Default)]
struct Tally {
    /// First messages that are durable.
    begun: AtomicU32,
    open: AtomicU32,
    spoken: AtomicU32,
    answered: AtomicU32,
    /// Connections that were there, and were lost.
    lost: AtomicU32,
    /// The first thing that a server refused.
    refused: OnceLock<String>,
}

/// Opens the crowd and takes it through its stages, one line of JSON each.
///
/// # Errors
/// Arguments that cannot be meant; a server that cannot be reached.
pub fn crowd(args: &CrowdArgs) -> Result<ExitCode, Refusal> {
    swarm::runtime()?.block_on(go(args))
}

async fn go(args: &CrowdArgs) -> Result<ExitCode, Refusal> {
    let mut places = Vec::new();
    for url in &args.urls {
        places.push(Place::reached(url, &args.roster).await?);
    }
    // The one that comes first is the last user.
    let clients = args.connections + 1;
    let name = args.roster.name.clone().unwrap_or_else(|| "crowd".to_owned());
    let roster =
        Arc::new(Roster::new(&args.roster, (clients, name), places, (Backoff::default(), 1))?);
    let names = conversations(roster.name(), args.conversations)?;
    let tally = Arc::new(Tally::default());
    let (orders, _) = watch::channel(Order::rest());

    let began = Instant::now();
    first(args, &roster, &names, &tally).await?;
    stage(args, "first", 0, began).await;

    let mut members = JoinSet::new();
    let began = Instant::now();
    let until = began + Duration::from_secs(args.stage_seconds);
    let all = args.connections;
    let at_once = (args.opening, until);
    swarm::enter(&mut members, all, &tally.open, at_once, |number| {
        Peer::new(&roster, number, orders.subscribe(), |options| {
            let conversation = names[number as usize % names.len()].clone();
            Member::join(options, conversation, args.messages, &tally)
        })
    })
    .await?;
    reach(args, &tally.open).await;
    stage(args, "open", tally.open.load(Relaxed), began).await;

    if args.messages > 0 {
        let began = Instant::now();
        orders.send_modify(|order| order.act = Act::Speak(began));
        reach(args, &tally.spoken).await;
        stage(args, "spoken", tally.spoken.load(Relaxed), began).await;
    }

    sleep(Duration::from_secs(args.hold_seconds)).await;
    let began = Instant::now();
    orders.send_modify(|order| order.act = Act::Answer);
    reach(args, &tally.answered).await;
    let answered = tally.answered.load(Relaxed);
    stage(args, "answered", answered, began).await;
    Ok(ended(answered == all, &tally))
}

fn conversations(name: &str, count: u32) -> Result<Vec<ConversationId>, Refusal> {
    let named = |number| ConversationId::new(&format!("{name}-{number}"));
    let names: Result<_, _> = (0..count).map(named).collect();
    names.map_err(|why| Refusal::usage(format!("--name: {why}")))
}

/// One who is not of the crowd says the first message in every conversation, so that there is
/// something to acknowledge.
async fn first(
    args: &CrowdArgs,
    roster: &Arc<Roster>,
    names: &[ConversationId],
    tally: &Arc<Tally>,
) -> Result<(), Refusal> {
    let (orders, heard) = watch::channel(Order::rest());
    let opener =
        Peer::new(roster, args.connections, heard, |options| Opener::join(options, names, tally))?;
    let mut opening = JoinSet::new();
    opening.spawn(opener.run());
    let until = Instant::now() + Duration::from_secs(args.stage_seconds);
    let is_done = swarm::reaches(&tally.begun, args.conversations, until).await;
    drop(orders);
    opening.join_all().await;
    if !is_done {
        let (begun, all) = (tally.begun.load(Relaxed), args.conversations);
        return Err(Refusal::unavailable(format!(
            "{begun} of {all} first messages were taken; does the server run with --dev, or were --tokens given?"
        )));
    }
    Ok(())
}

/// Whoever has not done it by then is missing from the figure.
async fn reach(args: &CrowdArgs, done: &AtomicU32) {
    let until = Instant::now() + Duration::from_secs(args.stage_seconds);
    swarm::reaches(done, args.connections, until).await;
}

#[expect(clippy::print_stdout, reason = "a command's result")]
async fn stage(args: &CrowdArgs, name: &str, connections: u32, began: Instant) {
    let line = json!({
        "type": name,
        "connections": connections,
        "seconds": began.elapsed().as_secs_f64(),
        "generator_bytes": cpu::memory_bytes(std::process::id()).unwrap_or_default(),
    });
    println!("{line}");
    sleep(Duration::from_secs(args.rest_seconds)).await;
}

fn ended(have_answered: bool, tally: &Tally) -> ExitCode {
    let lost = tally.lost.load(Relaxed);
    if lost > 0 {
        complain(&format!("{lost} connections were lost and made again"));
    }
    if let Some(why) = tally.refused.get() {
        complain(&format!("something was refused: {why}"));
    }
    if have_answered && lost == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[expect(clippy::print_stderr, reason = "errors go to standard error, once, for people")]
fn complain(text: &str) {
    eprintln!("hubbub: {text}");
}
