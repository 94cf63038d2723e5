//! One call of an outside service for each message: hubbub beside what one would write with the usual libraries.
//!
//! All get the same messages at the same rates, ask the same `hubbub nlp --no-models` on the same machine, and append
//! what it answered to a synced file. Counted is from when a message was due to when its answer was safe. The others live
//! in `bench/peers/enrich`; they keep nothing but the file, hubbub keeps the chat as well.

mod feeder;
mod peer;
mod times;

use anyhow::Result;
use serde_json::{Value, json};

use super::BenchArgs;
use super::enrich;
use super::figure::Report;
use super::pace::Load;
use super::server::Server;
use super::workshop::Workshop;
use super::{machine, page};

/// Messages a second: who does not hold one is asked no higher.
const RATES: [u64; 4] = [1_000, 2_500, 5_000, 10_000];
/// What "held" means, with nothing lost.
const HELD_MS: f64 = 400.0;

/// hubbub's conversations.
const CONVERSATIONS: u64 = 1_000;

/// How long each rate is asked.
#[derive(Debug, Clone, Copy)]
struct Extent {
    /// Left out: connections are opened, compilers warm up.
    warm_up_seconds: u64,
    seconds: u64,
}

/// What one has shown at one rate.
#[derive(Debug, Clone, Copy)]
struct Shown {
    rate: u64,
    p50_ms: f64,
    p99_ms: f64,
    lost: u64,
    /// In percent: a guess was written in time, the answer after it.
    guessed: f64,
    cpu_us: f64,
    memory_mib: f64,
}

pub(super) fn run(workshop: &Workshop, args: &BenchArgs, report: &mut Report) -> Result<()> {
    let (rates, extent) = if args.quick {
        (&RATES[..1], Extent { warm_up_seconds: 1, seconds: 2 })
    } else {
        (&RATES[..], Extent { warm_up_seconds: 4, seconds: 6 })
    };
    let load_before = machine::load();
    let mut rows = vec![("hubbub", climb(rates, report, |rate| hubbub(workshop, rate, extent)))];
    for peer in peer::ALL {
        match peer.install(workshop) {
            Ok(folder) => {
                let shown =
                    climb(rates, report, |rate| peer.measure(workshop, &folder, rate, extent));
                rows.push((peer.name, shown));
            }
            Err(why) => report.say(&format!("{}: not here: {why:#}", peer.name)),
        }
    }
    for (name, shown) in &rows {
        report.detail(
            json!({ "peer": name, "rates": shown.iter().copied().map(Shown::to_json).collect::<Vec<_>>() }),
        );
        let held = shown.iter().filter(|shown| shown.is_held()).map(|shown| shown.rate).max();
        let held = held.and_then(|rate| u32::try_from(rate).ok()).unwrap_or(0);
        report.figure(&format!("{name}_held"), (f64::from(held), "/s"), None, "");
    }
    let table = table(&rows, &report.conditions_line(load_before, 1));
    report.say(&format!("\n{table}"));
    if args.plot && !args.quick {
        page::write("enrich-peers", &table)?;
        report.say(&format!("written to {}", page::PAGE));
    }
    Ok(())
}

/// One rate after the other, until one is not held or does not come about.
fn climb(
    rates: &[u64],
    report: &Report,
    mut measure: impl FnMut(u64) -> Result<(Shown, String)>,
) -> Vec<Shown> {
    let mut all = Vec::new();
    for &rate in rates {
        match measure(rate) {
            Ok((shown, name)) => {
                report.say(&format!("{name}: {}", shown.line()));
                all.push(shown);
                if !shown.is_held() {
                    break;
                }
            }
            Err(why) => {
                report.say(&format!("at {rate}/s: {why:#}"));
                break;
            }
        }
    }
    all
}

/// Messages are sent over WebSockets, acknowledged when durable, and counted in the tables meanwhile.
fn hubbub(workshop: &Workshop, rate: u64, extent: Extent) -> Result<(Shown, String)> {
    workshop.clear()?;
    let server = Server::start(workshop)?;
    Load::steady(rate, extent.warm_up_seconds, CONVERSATIONS).measure(workshop, &server)?;
    enrich::mended(&server)?;
    let (before, cpu_before) = (server.metrics()?, machine::cpu_seconds(server.id())?);
    Load::steady(rate, extent.seconds, CONVERSATIONS).measure(workshop, &server)?;
    let cpu = machine::cpu_seconds(server.id())? - cpu_before;
    enrich::mended(&server)?;
    let after = server.metrics()?;
    let since = |name: &str| after.get(name) - before.get(name);
    let percentile =
        |share| enrich::percentile_ms(&before, &after, "hubbub_enrich_durable_seconds", share);
    let sent = rate * extent.seconds;
    let received = since("hubbub_enrich_received_total").max(1.0);
    let memory = machine::peak_memory_bytes(server.id())?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
    let full = since("hubbub_enrich_full") as u64;
    let shown = Shown {
        rate,
        p50_ms: percentile(0.5),
        p99_ms: percentile(0.99),
        lost: sent.saturating_sub(full),
        guessed: since("hubbub_enrich_guessed_total") / received * 100.0,
        cpu_us: cpu / received * 1e6,
        memory_mib: mib(memory),
    };
    server.stop()?;
    Ok((shown, "hubbub".to_owned()))
}

#[expect(clippy::cast_precision_loss, reason = "memory is far below 2^52 bytes")]
fn mib(bytes: u64) -> f64 {
    bytes as f64 / 1_048_576.0
}

fn table(rows: &[(&str, Vec<Shown>)], conditions: &str) -> String {
    let mut table = format!(
        "{conditions}\n\n| | rate held | p50, p99 there | guessed first | CPU a message | memory | one rate higher: p50, p99, lost |\n\
         |---|---|---|---|---|---|---|\n"
    );
    for (name, all) in rows {
        let held = all.iter().rfind(|shown| shown.is_held());
        let at_it = held.map_or("none | – | – | – | –".to_owned(), |shown| {
            let Shown { rate, p50_ms, p99_ms, guessed, cpu_us, memory_mib, .. } = shown;
            format!("{rate}/s | {p50_ms:.0}, {p99_ms:.0} ms | {guessed:.2} % | {cpu_us:.0} µs | {memory_mib:.0} MiB")
        });
        let above = all.iter().find(|shown| !shown.is_held());
        let above = above.map_or("–".to_owned(), |shown| {
            let Shown { rate, p50_ms, p99_ms, lost, .. } = shown;
            format!("{rate}/s: {p50_ms:.0}, {p99_ms:.0} ms, {lost}")
        });
        table.push_str(&format!("| {name} | {at_it} | {above} |\n"));
    }
    table
}

impl Shown {
    fn is_held(&self) -> bool {
        self.p99_ms <= HELD_MS && self.lost == 0
    }

    fn line(&self) -> String {
        let Self { rate, p50_ms, p99_ms, lost, guessed, cpu_us, memory_mib } = self;
        format!(
            "{rate}/s: p50 {p50_ms:.0} ms, p99 {p99_ms:.0} ms, {lost} lost, {guessed:.2} % guessed first, {cpu_us:.0} µs a message, {memory_mib:.0} MiB"
        )
    }

    fn to_json(self) -> Value {
        json!({
            "rate": self.rate,
            "p50_ms": self.p50_ms,
            "p99_ms": self.p99_ms,
            "lost": self.lost,
            "guessed_percent": self.guessed,
            "cpu_us": self.cpu_us,
            "memory_mib": self.memory_mib,
        })
    }
}

#[test]
fn the_table_tells_what_was_held_and_what_was_not() {
    let shown = |rate, p99_ms, lost| Shown {
        rate,
        p50_ms: 195.0,
        p99_ms,
        lost,
        guessed: 0.0,
        cpu_us: 90.0,
        memory_mib: 64.0,
    };
    let rows = [
        ("one", vec![shown(1_000, 350.0, 0), shown(2_500, 900.0, 0)]),
        ("two", vec![shown(1_000, 350.0, 1)]),
        ("three", vec![shown(1_000, 350.0, 0)]),
    ];
    let told = table(&rows, "here");
    assert!(told.contains(
        "| one | 1000/s | 195, 350 ms | 0.00 % | 90 µs | 64 MiB | 2500/s: 195, 900 ms, 0 |"
    ));
    assert!(told.contains("| two | none | – | – | – | – | 1000/s: 195, 350 ms, 1 |"), "{told}");
    assert!(
        told.contains("| three | 1000/s | 195, 350 ms | 0.00 % | 90 µs | 64 MiB | – |"),
        "{told}"
    );
}
