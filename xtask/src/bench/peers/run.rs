//! `hubbub load fanout` against one server.

use std::io::Read as _;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;

use super::peer::Peer;
use super::{BODY_BYTES, Extent, RATE};
use crate::bench::machine;
use crate::bench::process::{Output, Process};
use crate::bench::workshop::Workshop;

/// After it has printed what it found.
const ENDED_WITHIN: Duration = Duration::from_secs(10);

/// How much is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mode {
    /// So many messages a second that each is a wake-up of its own.
    Moderate,
    /// As many as are heard.
    Saturated,
}

impl Mode {
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Moderate => "moderate",
            Self::Saturated => "saturated",
        }
    }
}

/// Starts the server, measures, and ends it. What the client said.
pub(super) fn measure(
    workshop: &Workshop,
    peer: &Peer,
    mode: Mode,
    extent: Extent,
) -> Result<Value> {
    let running = peer.start(workshop)?;
    let (url, dialect) = running.place();
    let Extent { rounds: _, listeners, seconds, warm_up_seconds } = extent;
    let pid = running.id();
    let mut line = format!(
        "load fanout --json --url {url} --dialect {dialect} --listeners {listeners} --body-bytes {BODY_BYTES} \
         --seconds {seconds} --warm-up-seconds {warm_up_seconds} --pid {pid}"
    );
    if mode == Mode::Moderate {
        line.push_str(&format!(" --rate {RATE}"));
    }
    let arguments: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    let log = workshop.folder().join("fanout.log");
    let output = Output::Pipe;
    let mut client =
        Process::start(&workshop.guardian, &workshop.binary, &arguments, &log, &output)?;
    let mut said = String::new();
    client.output().context("its output is taken")?.read_to_string(&mut said)?;
    client.wait(ENDED_WITHIN)?.context("`hubbub load fanout` does not end")?;
    running.stop()?;
    serde_json::from_str(&said).with_context(|| {
        let log = std::fs::read_to_string(log).unwrap_or_default();
        format!("`hubbub load fanout` found nothing; it said: {}", log.trim())
    })
}

/// What a run has shown, in one line.
pub(super) fn line(round: u64, name: &str, mode: Mode, total: &Value) -> String {
    let number = |pointer: &str| total.pointer(pointer).and_then(Value::as_f64).unwrap_or(f64::NAN);
    let mut line = format!(
        "round {round}: {name:<10} {:<9} {:>9.0}/s, server {:.2} us, client {:.2} us, p50 {:.2} p99 {:.2} ms, reach {:.4}, load {:.1}",
        mode.text(),
        number("/deliveries_per_second"),
        number("/server/cpu_us_per_delivery"),
        number("/client/cpu_us_per_delivery"),
        number("/from_due_ms/p50"),
        number("/from_due_ms/p99"),
        number("/reach"),
        machine::load(),
    );
    for what in ["complained", "broken"] {
        if let Some(first) = total[what].get(0) {
            line.push_str(&format!("; {what}: {first}"));
        }
    }
    line
}
