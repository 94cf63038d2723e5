//! The benches: what does it cost, and how fast is it, beside what was promised.
//!
//! Each runs the shipped binary as its users do, over sockets, and its disk beside a bare
//! write-and-sync loop on the same disk. A figure is one line: name, measured, target, met or
//! missed, the machine's load. A missed target is shown and fails nothing: a shared machine must not
//! make a build red, and a figure that is hidden helps nobody. `docs/benchmarks.md` says what each
//! means.

mod ack;
mod chart;
mod crowd;
mod drops;
mod enrich;
mod enrich_peers;
mod figure;
mod history;
mod machine;
mod pace;
mod page;
mod peers;
mod process;
mod protections;
mod raw_disk;
mod restart;
mod server;
mod slots;
mod steady;
mod throughput;
mod tools;
mod workshop;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, ValueEnum};

use figure::Report;
use workshop::Workshop;

use crate::binary;

/// Measure, one line a figure: name, measured, target, met or missed, the machine's load.
#[derive(Debug, Clone, Args)]
pub(crate) struct BenchArgs {
    /// Which to run. [default: ack, restart, steady]
    #[arg(value_enum)]
    names: Vec<Name>,
    /// Write the figures and what they came from to target/bench/NAME.json, too.
    #[arg(long)]
    json: bool,
    /// Fewer runs, shorter and smaller: to see that it works, not to measure.
    #[arg(long)]
    quick: bool,
    /// How long `steady` runs, and the cases of `enrich` that are named with --case. [default: 600, with --quick 30]
    #[arg(long, value_parser = clap::value_parser!(u64).range(10..=86_400))]
    seconds: Option<u64>,
    /// Messages that the server of `restart` has, in millions. [default: 1]
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=100))]
    millions: Option<u32>,
    /// Messages a second that `enrich` sends. [default: 10000, with --quick 1000]
    #[arg(long, value_parser = clap::value_parser!(u64).range(100..=100_000))]
    rate: Option<u64>,
    /// Which cases `enrich` measures. [default: all]
    #[arg(long = "case", value_enum)]
    cases: Vec<enrich::CaseName>,
    /// Texts that `enrich` has asked about with one call, at most. [default: 1]
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=64))]
    batch: Option<u64>,
    /// Draw what `steady` saw into docs/benchmarks/steady.svg; write the tables of `peers`,
    /// `enrich-peers` and `tools` into docs/benchmarks.md, what `slots` saw into docs/cases.
    #[arg(long)]
    plot: bool,
    /// Let `hubbub nlp --no-models` understand each message meanwhile; `steady` always does.
    #[arg(long)]
    nlp: bool,
    /// Have the crowd of `crowd` reach one process over TLS, instead of all else that it measures; the
    /// certificate is made by `openssl`.
    #[arg(long)]
    tls: bool,
    /// Which other servers `peers` measures. [default: all]
    #[arg(long = "peer", value_enum)]
    peers: Vec<peers::PeerName>,
    /// How often `peers` and `tools` measure each. [default: 3, with --quick 1]
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=100))]
    rounds: Option<u64>,
}

/// What can be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Name {
    /// How long until a message is acknowledged, at 10,000 a second.
    Ack,
    /// How long until a server with a million messages, or --millions, is ready again.
    Restart,
    /// What ten minutes at 10,000 a second look like.
    Steady,
    /// One speaks to a thousand: hubbub beside other servers, which are installed for it.
    Peers,
    /// What a connection costs that waits: 15,000 of them, and three gateways of 16,700.
    Crowd,
    /// Whether all is delivered when 5,000 clients lose the network, ten times; and when they are back.
    Drops,
    /// How many messages have the answer of the NLP service in time, whatever befalls it.
    Enrich,
    /// What is worse without each protection of enriching.
    Protections,
    /// The same calls by aiohttp, httpx, undici and Flink, which are installed for it, at the same rates.
    EnrichPeers,
    /// How long the last 50 messages of any of 10,000 conversations take.
    History,
    /// The case docs/cases/slots.md: a service that is slow with idle processors, and three changes.
    Slots,
    /// What a request costs who makes it: `hubbub load` beside wrk, oha and hey.
    Tools,
    /// How many messages a second 32 connections can have acknowledged.
    Throughput,
}

impl Name {
    fn text(self) -> &'static str {
        match self {
            Self::Ack => "ack",
            Self::Restart => "restart",
            Self::Steady => "steady",
            Self::Peers => "peers",
            Self::Crowd => "crowd",
            Self::Enrich => "enrich",
            Self::EnrichPeers => "enrich-peers",
            Self::History => "history",
            Self::Protections => "protections",
            Self::Drops => "drops",
            Self::Slots => "slots",
            Self::Throughput => "throughput",
            Self::Tools => "tools",
        }
    }
}

/// Runs them. Exit code 0, whether targets are met or missed.
pub(crate) fn run(args: &BenchArgs) -> Result<ExitCode> {
    let binary = binary::build(binary::Kind::Shipped)?;
    let mut workshop = Workshop::open(binary)?;
    let unasked = [Name::Ack, Name::Restart, Name::Steady];
    let names = if args.names.is_empty() { unasked.to_vec() } else { args.names.clone() };
    for name in names {
        let mut report = Report::new(name.text(), args.quick)?;
        workshop.clear()?;
        workshop.has_nlp = args.nlp
            || matches!(name, Name::Steady | Name::Enrich | Name::EnrichPeers | Name::Protections);
        match name {
            Name::Ack => ack::run(&workshop, args.quick, &mut report)?,
            Name::Restart => restart::run(&workshop, args, &mut report)?,
            Name::Steady => steady::run(&workshop, args, &mut report)?,
            Name::Peers => peers::run(&workshop, args, &mut report)?,
            Name::Crowd => crowd::run(&workshop, args, &mut report)?,
            Name::Enrich => enrich::run(&workshop, args, &mut report)?,
            Name::Protections => protections::run(&workshop, args.quick, &mut report)?,
            Name::EnrichPeers => enrich_peers::run(&workshop, args, &mut report)?,
            Name::Drops => drops::run(&workshop, args.quick, &mut report)?,
            Name::History => history::run(&workshop, args.quick, &mut report)?,
            Name::Slots => slots::run(&workshop, args, &mut report)?,
            Name::Throughput => throughput::run(&workshop, args.quick, &mut report)?,
            Name::Tools => tools::run(&workshop, args, &mut report)?,
        }
        if args.json {
            report.write(workshop.results())?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
