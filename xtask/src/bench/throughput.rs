//! How many messages a second 32 connections can have acknowledged, and what one costs.
//!
//! More are due than the target, so that the server always has enough to do; every one of them is
//! durable before it is acknowledged, as ever. Figures of more is better have no target of the harness,
//! which knows only "at most": the time a message takes has it.

use std::time::Instant;

use anyhow::Result;
use serde_json::json;

use super::figure::{Report, median};
use super::machine;
use super::pace::{self, Load};
use super::server::Server;
use super::workshop::Workshop;

/// Messages a second that are due.
const RATE: u64 = 110_000;

/// What is promised.
const PROMISED: f64 = 100_000.0;

/// Conversations: one a connection, and those of `ack`.
const CONVERSATIONS: [u64; 2] = [32, 100];

/// Messages of a connection that are not answered yet.
const IN_FLIGHT: u64 = 128;

pub(super) fn run(workshop: &Workshop, is_quick: bool, report: &mut Report) -> Result<()> {
    let (count, seconds) = if is_quick { (1, 2) } else { (3, 20) };
    for conversations in CONVERSATIONS {
        let load = Load {
            in_flight: IN_FLIGHT,
            grace_seconds: 60,
            ..Load::steady(RATE, seconds, conversations)
        };
        report.say(&format!("{conversations} conversations:"));
        report.detail(json!({ "load": load.to_json() }));
        let (mut rates, mut server_us, mut client_us) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..count {
            workshop.clear()?;
            let server = Server::start(workshop)?;
            let (cpu, began) = (machine::cpu_seconds(server.id())?, Instant::now());
            let total = load.measure(workshop, &server)?;
            let cpu = machine::cpu_seconds(server.id())? - cpu;
            let cores = cpu / began.elapsed().as_secs_f64();
            server.stop()?;
            if let Some(complaint) = pace::complaint(&total) {
                report.say(&complaint);
            }
            let acknowledged = pace::number(&total, "/totals/done")?.max(1.0);
            let rate = pace::number(&total, "/totals/achieved_rate")?;
            let client = pace::number(&total, "/totals/client_cpu_s")?;
            report
                .say(&format!("{rate:.0}/s, server {cores:.2} core; load {:.1}", machine::load()));
            rates.push(rate);
            server_us.push(cpu / acknowledged * 1e6);
            client_us.push(client / acknowledged * 1e6);
            report.detail(json!({ "run": pace::told(&total), "server_cpu_seconds": cpu }));
        }
        let name = |figure: &str| format!("{figure}_in_{conversations}");
        let rate = median(&rates);
        let note = format!("median of {count}: {rate:.0}/s; {RATE}/s were due");
        let most = 1e6 / PROMISED;
        report.figure(&name("time_per_message"), (1e6 / rate, "us"), Some(most), note);
        report.figure(
            &name("server_cpu_per_message"),
            (median(&server_us), "us"),
            None,
            "views included",
        );
        report.figure(
            &name("client_cpu_per_message"),
            (median(&client_us), "us"),
            None,
            "on the same cores",
        );
    }
    Ok(())
}
