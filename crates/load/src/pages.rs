//! The last messages of any of many conversations, again and again: how long does a page take?

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;
use hdrhistogram::Histogram;
use model::{ConversationId, DeviceId, InstanceId, ReadFrom, UserId};
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::Instant;
use wire::{Command, Frame, decode_frame};

use crate::dice::Dice;
use crate::raw::Raw;

/// The longest time told apart, microseconds.
const TOOK_MAX_US: u64 = 60_000_000;

/// `hubbub load pages`
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Each connection asks for one page, waits for it, and asks for the next: latencies are those of a \
                  server that is as busy as so many clients make it.\n\nExit code: 0.\n\nExample:\n  hubbub load pages --url ws://127.0.0.1:8080/v1/ws --conversations 10000 --prefix pace"
)]
pub struct PagesArgs {
    /// A gateway that asks for no tokens: ws://HOST:PORT/v1/ws
    #[arg(long)]
    url: String,
    /// Connections, each a user of its own
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    connections: u64,
    /// Conversations, named PREFIX-0, PREFIX-1, …: each page is of any of them
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..))]
    conversations: u32,
    /// How their names begin
    #[arg(long, default_value = "pace")]
    prefix: String,
    /// Messages of a page
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=200))]
    limit: u32,
    /// How long
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
    /// Where the dice begin
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// What one connection saw.
struct Seen {
    took: Histogram<u64>,
    messages: u64,
    bytes: u64,
}

/// Reads pages, and prints how long they took, as JSON.
///
/// # Errors
/// A server that does not welcome, or answers something else than a page.
pub async fn pages(args: PagesArgs) -> Result<ExitCode> {
    let args = Arc::new(args);
    let mut readers = JoinSet::new();
    for number in 0..args.connections {
        readers.spawn(read(Arc::clone(&args), number));
    }
    let mut all =
        Seen { took: Histogram::new_with_bounds(1, TOOK_MAX_US, 3)?, messages: 0, bytes: 0 };
    while let Some(ended) = readers.join_next().await {
        let seen = ended??;
        all.took.add(&seen.took)?;
        all.messages += seen.messages;
        all.bytes += seen.bytes;
    }
    let ms =
        |quantile| Duration::from_micros(all.took.value_at_quantile(quantile)).as_secs_f64() * 1e3;
    let pages = all.took.len();
    say(&json!({
        "type": "total",
        "pages": pages,
        "messages": all.messages,
        "bytes_per_page": all.bytes.checked_div(pages),
        "pages_per_second": pages / args.seconds,
        "took_ms": { "p50": ms(0.5), "p90": ms(0.9), "p99": ms(0.99), "max": ms(1.0) },
    }));
    Ok(ExitCode::SUCCESS)
}

async fn read(args: Arc<PagesArgs>, number: u64) -> Result<Seen> {
    let instance = InstanceId(getrandom::u64().context("the system gives no randomness")?);
    let hello = Command::Hello {
        reference: None,
        user: UserId::new(&format!("pages-{number}"))?,
        device: DeviceId::new("d0")?,
        instance,
        proof: None,
    };
    let mut nobody = ();
    let mut raw = Raw::open(&args.url, &hello.encode(), number, &mut nobody).await?;
    let mut dice = Dice::new(args.seed ^ number.rotate_left(32));
    let took = Histogram::new_with_bounds(1, TOOK_MAX_US, 3)?;
    let mut seen = Seen { took, messages: 0, bytes: 0 };
    let until = Instant::now() + Duration::from_secs(args.seconds);
    while Instant::now() < until {
        let which = dice.below(usize::try_from(args.conversations)?);
        let conversation = ConversationId::new(&format!("{}-{which}", args.prefix))?;
        let (from, limit) = (ReadFrom::Latest, args.limit);
        let ask = Command::Read { reference: None, conversation, from, limit }.encode();
        let began = Instant::now();
        raw.say(&ask).await?;
        let text = raw.hear().await?;
        let took = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
        let Frame::Page { messages, .. } = decode_frame(&text)? else {
            anyhow::bail!("no page: {text}");
        };
        seen.took.saturating_record(took.max(1));
        seen.messages += messages.len() as u64;
        seen.bytes += text.len() as u64;
    }
    Ok(seen)
}

#[expect(clippy::print_stdout, reason = "a command's result")]
fn say(line: &serde_json::Value) {
    println!("{line}");
}
