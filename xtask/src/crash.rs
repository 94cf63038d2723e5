//! The crash run: do the promises hold while processes are killed, cut from power and stopped?
//!
//! Starts an owner and its gateways (or one process that is both), lets clients speak and listen,
//! and torments the servers after a seeded schedule, while backups are taken. Then the faults end,
//! every conversation is read whole through every gateway, `check` judges the histories, and the backup
//! is to be the journal. A run of a minute or more that never met a hard path is red as well: it has
//! shown nothing.
//!
//! The schedule follows from the seed; what the processes make of it does not, for they run in real
//! time. So a seed finds again what it found only as often as the machine lets it.

mod backups;
mod dice;
mod folders;
mod hard_paths;
mod http;
mod kills;
mod metrics;
mod mutants;
mod process;
mod round;
mod schedule;
mod server;
mod servers;
mod service;
mod shape;
mod sidecar;
mod verdict;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use clap::Args;

use round::Round;

use crate::binary;

/// A run of this many seconds must have met every hard path.
const FULL_RUN_SECONDS: u64 = 60;

/// Kill, cut from power and stop the servers while clients speak; then check the promises.
#[derive(Debug, Clone, Args)]
pub(crate) struct CrashArgs {
    /// How long faults go on; with --mutants, how long each mutant may take to be found.
    #[arg(long, default_value_t = 600, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    seconds: u64,
    /// Where the dice begin. [default: another one each time]
    #[arg(long)]
    seed: Option<u64>,
    /// Gateway processes; 0 = owner and gateway are one process.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(0..=8))]
    gateways: u16,
    /// Hub machines inside the owner.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=16))]
    hubs: u16,
    /// Break this promise on purpose: the run must be red.
    #[arg(long, conflicts_with = "mutants")]
    mutant: Option<String>,
    /// Break each promise in turn, and show which were found.
    #[arg(long)]
    mutants: bool,
    /// Keep logs, data and histories here, whatever the verdict.
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// Print the verdict as JSON, too.
    #[arg(long)]
    json: bool,
    /// A binary with feature `mutants`, instead of building one.
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
    /// Client sessions.
    #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u16).range(3..=1_000))]
    sessions: u16,
    /// Conversations they speak in.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..))]
    conversations: u32,
    /// Messages a second, over all sessions.
    #[arg(long, default_value_t = 400, value_parser = clap::value_parser!(u32).range(1..))]
    rate: u32,
    /// Bytes the hub may hold: about a tenth of the conversations. [default: by their number]
    #[arg(long)]
    memory_bytes: Option<u64>,
}

/// Runs it. Exit code 0: green (with --mutants: each was found); 1: red.
#[expect(clippy::print_stdout, reason = "the verdict is for the person who asked")]
pub(crate) fn run(args: &CrashArgs) -> Result<ExitCode> {
    let binary = match &args.binary {
        Some(binary) => binary.canonicalize().with_context(|| binary.display().to_string())?,
        None => binary::build(binary::Kind::Mutants)?,
    };
    let seed = args.seed.unwrap_or_else(any_seed);
    if args.mutants {
        return mutants::run(args, &binary, seed);
    }
    if args.mutant.as_ref().is_some_and(|name| !mutants::NAMES.contains(&name.as_str())) {
        bail!("--mutant {:?}: it is one of {}", args.mutant, mutants::NAMES.join(", "));
    }
    let round = Round::new(args, &binary, seed, args.seconds, args.mutant.as_deref());
    let verdict = round.run()?;
    print!("{verdict}");
    if args.json {
        println!("{}", serde_json::to_string(&verdict.to_json())?);
    }
    Ok(if verdict.is_green() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn any_seed() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_secs() ^ u64::from(since.subsec_nanos())
}
