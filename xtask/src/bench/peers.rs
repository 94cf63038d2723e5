//! One speaks to a thousand: hubbub beside other servers, measured by one client in one run.
//!
//! The others live in `bench/peers`, each as a script that installs it below the target folder and
//! one that starts it. What cannot be installed on this machine is said and left out. Rounds take the
//! servers in turn, so that what the machine does meanwhile falls on all of them.

mod peer;
mod run;
mod table;

use std::time::Duration;

use anyhow::Result;
use serde_json::json;

use self::peer::Peer;
use self::run::Mode;
use self::table::Rows;
use super::BenchArgs;
use super::figure::Report;
use super::page;
use super::workshop::Workshop;

pub(super) use self::peer::{PeerName, install_from};

/// Who listens, and what they hear.
const LISTENERS: u64 = 1_000;
const BODY_BYTES: u64 = 280;

/// Messages a second of the moderate mode.
const RATE: u64 = 100;

/// What the server may take a delivery, in microseconds of CPU: alone, and when saturated.
const CPU_MAX_US: f64 = 6.0;
const SATURATED_CPU_MAX_US: f64 = 1.0;

/// How much is measured.
#[derive(Debug, Clone, Copy)]
struct Extent {
    rounds: u64,
    listeners: u64,
    seconds: u64,
    warm_up_seconds: u64,
}

pub(super) fn run(workshop: &Workshop, args: &BenchArgs, report: &mut Report) -> Result<()> {
    let mut extent = if args.quick {
        Extent { rounds: 1, listeners: 100, seconds: 2, warm_up_seconds: 1 }
    } else {
        Extent { rounds: 3, listeners: LISTENERS, seconds: 10, warm_up_seconds: 3 }
    };
    extent.rounds = args.rounds.unwrap_or(extent.rounds);
    let load_before = super::machine::load();
    let mut peers = vec![Peer::Hubbub];
    for name in PeerName::chosen(&args.peers) {
        match peer::install(workshop, name) {
            Ok(folder) => peers.push(Peer::Other { name, folder }),
            Err(why) => report.say(&format!("{}: not here: {why:#}", name.text())),
        }
    }
    let mut rows = Rows::default();
    for round in 1..=extent.rounds {
        for peer in &peers {
            for mode in [Mode::Moderate, Mode::Saturated] {
                let name = peer.name();
                match run::measure(workshop, peer, mode, extent) {
                    Ok(total) => {
                        report.say(&run::line(round, name, mode, &total));
                        report
                            .detail(json!({ "peer": name, "mode": mode.text(), "fanout": total }));
                        rows.add(name, mode, total);
                    }
                    Err(why) => report.say(&format!("{name}, {}: {why:#}", mode.text())),
                }
            }
        }
    }
    figures(&peers, &rows, report);
    let table = rows.table(&peers, load_before, report);
    report.say(&format!("\n{table}"));
    if args.plot && !args.quick {
        page::write("peers", &table)?;
        report.say(&format!("written to {}", page::PAGE));
    }
    Ok(())
}

fn figures(peers: &[Peer], rows: &Rows, report: &mut Report) {
    for peer in peers {
        let name = peer.name();
        let target = |most| matches!(peer, Peer::Hubbub).then_some(most);
        for (mode, most) in [(Mode::Moderate, CPU_MAX_US), (Mode::Saturated, SATURATED_CPU_MAX_US)]
        {
            if let Some(cpu) = rows.median(name, mode, "/server/cpu_us_per_delivery") {
                let figure = format!("{name}_{}_cpu_per_delivery", mode.text());
                report.figure(&figure, (cpu, "us"), target(most), "");
            }
        }
    }
}

/// From the start of a process to its open port.
const OPEN_WITHIN: Duration = Duration::from_secs(30);
