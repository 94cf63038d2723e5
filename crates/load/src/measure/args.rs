//! What `hubbub load run` is told.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::report::Outputs;

use super::chat::ChatArgs;
use super::part::Part;
use super::plan::{Kilo, PROCESSES_MAX, StageText, duration, duration_or_none};

/// Connections of all processes; descriptors may allow fewer.
pub(crate) const CONNECTIONS_MAX: u32 = 60_000;

/// What is asked and how; the same for one load and for a ladder of them.
#[derive(Debug, Clone, Args)]
pub struct TargetArgs {
    /// What is asked: http://HOST:PORT/PATH or https://…; ws://HOST:PORT/v1/ws or wss://… for chat
    pub(crate) url: String,
    /// GET, or POST if there is a body
    #[arg(short, long)]
    pub(crate) method: Option<String>,
    /// A header, 'Name: value'; may be given several times
    #[arg(short = 'H', long = "header", value_name = "HEADER")]
    pub(crate) headers: Vec<String>,
    /// The body of each request; {{index}} becomes its number, {{random}} 16 random digits
    #[arg(short = 'b', long, conflicts_with = "body_file")]
    pub(crate) body: Option<String>,
    /// Bodies, one a line; they take turns, and are filled as --body is
    #[arg(short = 'B', long, value_name = "FILE")]
    pub(crate) body_file: Option<PathBuf>,
    /// HTTP/2, without TLS by prior knowledge
    #[arg(long, conflicts_with = "no_reuse")]
    pub(crate) http2: bool,
    /// Requests that a connection has in flight at most [default: 10 of HTTP/2, 1 of chat]
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(crate) streams: Option<u32>,
    /// A new connection for each request
    #[arg(long)]
    pub(crate) no_reuse: bool,
    /// After so long a request has failed
    #[arg(short = 'T', long, value_name = "TIME", default_value = "10s", value_parser = duration)]
    pub(crate) timeout: Duration,
    /// Processes that make requests, of one schedule [default: as many as the descriptors for all connections need]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=i64::from(PROCESSES_MAX)))]
    pub(crate) processes: Option<u32>,
    /// Which of them this is
    #[arg(long, hide = true)]
    pub(crate) part: Option<Part>,
    /// Addresses of this machine to connect from, in turns: each has some 28,000 ports
    #[arg(long, value_name = "ADDRESS", value_delimiter = ',')]
    pub(crate) source: Vec<IpAddr>,
    /// Threads of a process that make requests [default: half the cores for a target on this machine, else all]
    #[arg(short = 't', long, value_parser = clap::value_parser!(u32).range(1..=256))]
    pub(crate) workers: Option<u32>,
    /// Where the dice begin
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Trust the certificates of this file, not those of the machine
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
    /// Trust any certificate
    #[arg(long, conflicts_with = "ca")]
    pub(crate) insecure: bool,
    /// Processes of the server; those that listen there are found if they are on this machine
    #[arg(long, value_name = "PID")]
    pub(crate) server_pid: Vec<u32>,
    /// Where the server says how it fares, in Prometheus' text form [default: /metrics of the target, if that is hubbub
    /// and its processes cannot be seen]
    #[arg(long, value_name = "URL")]
    pub(crate) server_metrics: Option<String>,
    /// Write the run there, for `load report`, `load compare` and `load knee`
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) outputs: Outputs,
    #[command(flatten)]
    pub(crate) chat: ChatArgs,
    /// An objective, such as 'p99<300ms', 'error_rate<1%', 'rps>=5000', 'slip.p99<1ms'; may be given several times; with
    /// 'abort 10s' behind it, it ends a run that has broken it for so long
    #[arg(long, value_name = "OBJECTIVE")]
    pub(crate) slo: Vec<String>,
    /// Exit code when an objective is not kept
    #[arg(long, default_value_t = 1, value_name = "CODE")]
    pub(crate) exit_slo: u8,
}

/// `hubbub load run`
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Exit code: 0 all kept, 1 an objective is not, 2 these arguments cannot be meant, 3 the measurement \
                  is invalid (the generator was the limit), 69 the target cannot be reached, 74 a file cannot be \
                  written, 130 interrupted.\n\nExamples:\n  hubbub load run http://127.0.0.1:8080/ -c 50 -d 10s\n  \
                  hubbub load run http://127.0.0.1:8080/ --rate 1k -d 30s --slo 'p99<300ms' -o run.json\n  \
                  hubbub load run http://127.0.0.1:8080/ --stages 100:10s,100-1k:30s --arrivals poisson\n  \
                  hubbub load run http://127.0.0.1:8080/ -c 50000 --processes 4 --source 127.0.0.2,127.0.0.3"
)]
pub struct RunArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    /// Connections: at once in flight [default: 50]
    #[arg(short, long, value_parser = clap::value_parser!(u32).range(1..=i64::from(CONNECTIONS_MAX)))]
    pub(crate) connections: Option<u32>,
    /// Requests, as fast as they are answered
    #[arg(short = 'n', long, conflicts_with_all = ["duration", "rate", "stages"])]
    pub(crate) requests: Option<Kilo>,
    /// How long: 500ms, 10s, 5m [default: 10s]
    #[arg(short, long, value_name = "TIME", value_parser = duration, conflicts_with = "stages")]
    pub(crate) duration: Option<Duration>,
    /// Requests a second, whatever the server does; without it each connection waits for its answer
    #[arg(short, long, conflicts_with = "stages")]
    pub(crate) rate: Option<Kilo>,
    /// Rates, one after the other: RATE:TIME, or FROM-TO:TIME for a ramp
    #[arg(long, value_name = "STAGE", value_delimiter = ',')]
    pub(crate) stages: Vec<StageText>,
    /// How requests come at a rate
    #[arg(long, default_value = "uniform")]
    pub(crate) arrivals: OpenArrivals,
    /// Leave out the requests that are made one after the other before the run, to see how long one takes alone
    #[arg(long)]
    pub(crate) no_probe: bool,
    /// Left out at the beginning, in whole seconds [default: 1s of 5s and more]
    #[arg(long, value_name = "TIME", value_parser = duration_or_none)]
    pub(crate) warm_up: Option<Duration>,
}

/// How requests come at a rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum OpenArrivals {
    /// Evenly spaced.
    Uniform,
    /// At random, as independent people come.
    Poisson,
}
