//! The network goes away for two seconds for everyone at once, ten times: is all delivered, once, and
//! when is everyone back?

use std::io::Read as _;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;

use super::figure::Report;
use super::process::{Output, Process};
use super::server::Server;
use super::workshop::Workshop;

/// Clients, each with the protocol's own patience (1–2 s, 2–4 s, ...; anew after a minute).
const CLIENTS: u64 = 5_000;

/// From the network's coming back until the last client has heard what it missed.
const BACK_MAX_S: f64 = 5.0;

pub(super) fn run(workshop: &Workshop, is_quick: bool, report: &mut Report) -> Result<()> {
    let (clients, drops, between) = if is_quick { (100, 1, 3) } else { (CLIENTS, 10, 65) };
    let server = Server::start(workshop)?;
    let arguments = format!(
        "load storm {} --json --clients {clients} --conversations {} --rate 500 --down 2s --times {drops} --between {between}s",
        server.url(),
        clients / 10
    );
    let arguments: Vec<String> = arguments.split_whitespace().map(str::to_owned).collect();
    let log = workshop.folder().join("drops.log");
    let mut process =
        Process::start(&workshop.guardian, &workshop.binary, &arguments, &log, &Output::Pipe)?;
    let mut said = String::new();
    process.output().context("its output is taken")?.read_to_string(&mut said)?;
    process.wait(Duration::from_secs(10))?.context("`hubbub load storm` does not end")?;
    let outcome: Value = serde_json::from_str(&said).with_context(|| {
        let log = std::fs::read_to_string(log).unwrap_or_default();
        format!("`hubbub load storm` ended without a result; it said:\n{log}")
    })?;
    server.stop()?;
    report.detail(outcome.clone());
    let figure = |pointer: &str| {
        let value = outcome.pointer(pointer).and_then(Value::as_f64);
        value.with_context(|| format!("no {pointer}: {outcome}"))
    };
    let note = format!("of {} deliveries", figure("/delivery/expected")?);
    report.figure("missing", (figure("/delivery/missing")?, ""), Some(0.0), note);
    report.figure("doubled", (figure("/delivery/doubled")?, ""), Some(0.0), "");
    report.figure("gaps", (figure("/delivery/gaps")?, ""), Some(0.0), "");
    let mut worst = 0.0_f64;
    for number in 0..drops {
        let cut = |name: &str| figure(&format!("/cuts/{number}/{name}"));
        worst = worst.max(cut("seen/back_last_s")? - cut("away_s")?);
        anyhow::ensure!(
            outcome["cuts"][number]["all_back"] == true,
            "not all came back: {outcome}"
        );
    }
    let note = format!("worst of {drops} drops, {clients} clients, all of what was missed heard");
    report.figure("back_worst", (worst, "s"), Some(BACK_MAX_S), note);
    report.figure(
        "client_bytes",
        (figure("/client_bytes")?, "B"),
        None,
        "RSS of the generator, each",
    );
    Ok(())
}
