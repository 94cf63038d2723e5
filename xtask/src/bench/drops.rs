//! The network goes away for two seconds for everyone at once, ten times: is all delivered, once, and
//! when is everyone back?

use std::io::{BufRead, BufReader};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::figure::Report;
use super::pace::number;
use super::process::{Output, Process};
use super::server::Server;
use super::workshop::Workshop;

/// Clients, each with the protocol's own patience (1–2 s, 2–4 s, ...; anew after a minute).
const CLIENTS: u64 = 5_000;

/// From the network's coming back until the last client has heard what it missed.
const BACK_MAX_MS: f64 = 5_000.0;

pub(super) fn run(workshop: &Workshop, is_quick: bool, report: &mut Report) -> Result<()> {
    let (clients, drops, between) = if is_quick { (100, 1, 3) } else { (CLIENTS, 10, 65) };
    let server = Server::start(workshop)?;
    let arguments = format!(
        "load drops --url {} --clients {clients} --conversations {} --rate 500 --drops {drops} --between-seconds {between}",
        server.url(),
        clients / 10
    );
    let arguments: Vec<String> = arguments.split_whitespace().map(str::to_owned).collect();
    let log = workshop.folder().join("drops.log");
    let mut process =
        Process::start(&workshop.guardian, &workshop.binary, &arguments, &log, &Output::Pipe)?;
    let output = process.output().context("its output is taken")?;
    let mut total = None;
    for line in BufReader::new(output).lines() {
        let said: Value = serde_json::from_str(&line?)?;
        report.say(&said.to_string());
        report.detail(said.clone());
        total = Some(said);
    }
    process.wait(Duration::from_secs(10))?.context("`hubbub load drops` does not end")?;
    let Some(total) = total.filter(|total| total["type"] == "total") else {
        let log = std::fs::read_to_string(log).unwrap_or_default();
        bail!("`hubbub load drops` ended without a result; it said:\n{log}");
    };
    server.stop()?;
    let figure = |pointer| number(&total, pointer);
    let note = format!("of {} deliveries", total["expected"]);
    report.figure("missing", (figure("/missing")?, ""), Some(0.0), note);
    report.figure("doubled", (figure("/doubled")?, ""), Some(0.0), "");
    report.figure("gaps", (figure("/gaps")?, ""), Some(0.0), "");
    let note = format!("worst of {drops} drops, {clients} clients, all of what was missed heard");
    report.figure("back_worst", (figure("/back_worst_ms")?, "ms"), Some(BACK_MAX_MS), note);
    Ok(())
}
