//! Many connections that mostly wait: what does one cost a server.
//!
//! Each is a user of its own with one subscription and one cursor. The crowd goes through stages and
//! rests after each, so that whoever watches the server can read its memory: `first` (every
//! conversation has a message, nobody is there), `open` (all are there and have acknowledged), `spoken` (each
//! has said and heard so many messages), and in the end each is asked whether it is still there.

mod member;

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Args;
use model::ConversationId;
use serde_json::json;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use self::member::Member;

/// Exit code: the server cannot be reached (sysexits `EX_UNAVAILABLE`).
const EXIT_UNAVAILABLE: u8 = 69;

/// How often it looks how far everyone is.
const LOOK: Duration = Duration::from_millis(50);

/// `hubbub load crowd`
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "A process has 20,000 descriptors at most, an address some 28,000 ports: for more, run several with a \
                  --name and a --source (127.0.0.2, ...) each.\n\nExit code: 0 all were there in the end, 1 not all, 69 the \
                  server cannot be reached.\n\nExample:\n  hubbub token --user crowd --count 15001 --secret-file token.secret > tokens\n  \
                  hubbub load crowd --url ws://127.0.0.1:8080/v1/ws --connections 15000 --tokens tokens --messages 10"
)]
pub struct CrowdArgs {
    /// A gateway: ws://HOST:PORT/v1/ws; may be given several times: connections take turns
    #[arg(long = "url", required = true)]
    urls: Vec<String>,
    /// Connections, each a user of its own: NAME-0, NAME-1, …
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=19_900))]
    connections: u32,
    /// How the names of users begin
    #[arg(long, default_value = "crowd")]
    name: String,
    /// Tokens, one a line, in the order of the users and one more (`hubbub token --count`)
    #[arg(long, value_name = "FILE")]
    tokens: Option<PathBuf>,
    /// An address to connect from
    #[arg(long, value_name = "ADDRESS")]
    source: Option<IpAddr>,
    /// Conversations, named NAME-0, NAME-1, …: connections take turns
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..))]
    conversations: u32,
    /// Messages that each says, and hears, one after another
    #[arg(long, default_value_t = 0)]
    messages: u32,
    /// Connections that are made at the same time
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..))]
    opening: u16,
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

/// What everyone is to do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Wait,
    Speak,
    Answer,
}

/// How many have done it.
#[derive(Debug, Default)]
struct Tally {
    open: AtomicU64,
    spoken: AtomicU64,
    answered: AtomicU64,
}

/// Opens the crowd and takes it through its stages, one line of JSON each.
///
/// # Errors
/// Arguments that are none.
pub async fn crowd(args: CrowdArgs) -> Result<ExitCode> {
    let tokens = args.tokens.as_deref().map(|path| tokens(path, args.connections)).transpose()?;
    let tokens = tokens.unwrap_or_default();
    let conversations = (0..args.conversations)
        .map(|number| Ok(ConversationId::new(&format!("{}-{number}", args.name))?))
        .collect::<Result<Vec<_>>>()?;
    let began = Instant::now();
    if let Err(why) = first(&args, &tokens, &conversations).await {
        complain(&format!("{why:#}"));
        return Ok(ExitCode::from(EXIT_UNAVAILABLE));
    }
    stage(&args, "first", 0, began).await;
    let tally = Arc::new(Tally::default());
    let (phase, _) = watch::channel(Phase::Wait);
    let mut members = JoinSet::new();
    let all = u64::from(args.connections);
    let began = Instant::now();
    enter(&args, &tokens, &conversations, &phase, &tally, &mut members).await?;
    wait_for(&args, &tally.open, all).await;
    stage(&args, "open", tally.open.load(Relaxed), began).await;
    if args.messages > 0 {
        let began = Instant::now();
        phase.send_replace(Phase::Speak);
        wait_for(&args, &tally.spoken, all).await;
        stage(&args, "spoken", tally.spoken.load(Relaxed), began).await;
    }
    sleep(Duration::from_secs(args.hold_seconds)).await;
    let began = Instant::now();
    phase.send_replace(Phase::Answer);
    wait_for(&args, &tally.answered, all).await;
    let answered = tally.answered.load(Relaxed);
    stage(&args, "answered", answered, began).await;
    while let Some(Ok(ended)) = members.try_join_next() {
        complain(&format!("{ended:#}"));
    }
    Ok(if answered == all { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn tokens(path: &Path, connections: u32) -> Result<Vec<String>> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let tokens: Vec<String> = text.lines().map(str::to_owned).collect();
    let wanted = connections as usize + 1;
    let found = tokens.len();
    ensure!(found >= wanted, "{}: {found} tokens for {wanted} users", path.display());
    Ok(tokens)
}

/// One who is not of the crowd says the first message in every conversation, so that there is
/// something to acknowledge.
async fn first(args: &CrowdArgs, tokens: &[String], names: &[ConversationId]) -> Result<()> {
    let number = args.connections;
    let mut member = Member::open(args, number, tokens.get(number as usize)).await?;
    member.say_once(names).await
}

/// Opens all, so many at a time.
async fn enter(
    args: &CrowdArgs,
    tokens: &[String],
    conversations: &[ConversationId],
    phase: &watch::Sender<Phase>,
    tally: &Arc<Tally>,
    members: &mut JoinSet<anyhow::Error>,
) -> Result<()> {
    let doors = Arc::new(Semaphore::new(args.opening.into()));
    let args = Arc::new(args.clone());
    for number in 0..args.connections {
        let door = Arc::clone(&doors).acquire_owned().await?;
        let token = tokens.get(number as usize).cloned();
        let conversation = conversations[number as usize % conversations.len()].clone();
        let (args, phase, tally) = (Arc::clone(&args), phase.subscribe(), Arc::clone(tally));
        members.spawn(async move {
            let entered = async {
                let mut member = Member::open(&args, number, token.as_ref()).await?;
                member.follow(&conversation).await?;
                anyhow::Ok(member)
            };
            let entered = Box::pin(entered).await;
            drop((door, token));
            match entered {
                Ok(member) => {
                    tally.open.fetch_add(1, Relaxed);
                    member.stay(conversation, args.messages, phase, &tally).await
                }
                Err(why) => why.context(format!("connection {number}")),
            }
        });
    }
    Ok(())
}

async fn wait_for(args: &CrowdArgs, done: &AtomicU64, all: u64) {
    let waiting = async {
        while done.load(Relaxed) < all {
            sleep(LOOK).await;
        }
    };
    // Whoever has not done it by then is missing from the figure.
    let _late = timeout(Duration::from_secs(args.stage_seconds), waiting).await;
}

#[expect(clippy::print_stdout, reason = "a command's result")]
async fn stage(args: &CrowdArgs, name: &str, connections: u64, began: Instant) {
    let seconds = began.elapsed().as_secs_f64();
    println!("{}", json!({ "type": name, "connections": connections, "seconds": seconds }));
    sleep(Duration::from_secs(args.rest_seconds)).await;
}

#[expect(clippy::print_stderr, reason = "errors go to standard error, once, for people")]
fn complain(text: &str) {
    eprintln!("hubbub: {text}");
}
