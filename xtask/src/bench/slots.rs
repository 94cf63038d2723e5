//! The case `docs/cases/slots.md`: a service whose clients wait three seconds while its processors have nothing to do,
//! and three changes, each proved by a benchmark, a profile and a trace.
//!
//! The outside service is `hubbub nlp`, the service is `hubbub lab slots`, the clients are `hubbub load`; all on this
//! machine. The memory limit is kept by this bench: a service that holds more is killed, as a kernel does it.

mod measure;
mod profile;
mod running;
mod told;
mod trace;

use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::json;

use self::measure::Measured;
use self::running::Running;
use super::BenchArgs;
use super::chart::{self, Line, Panel};
use super::figure::Report;
use super::workshop::Workshop;
use super::{machine, page};
use crate::binary;

/// The document, and its drawing.
const PAGE: &str = "docs/cases/slots.md";
const DRAWING: &str = "docs/cases/slots.svg";

/// Bytes of memory that the service may hold (resident set).
const LIMIT_MIB: f64 = 450.0;

/// What a service is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Setting {
    slot: &'static str,
    slots: u64,
    /// Texts of a call.
    texts: u64,
}

const fn threads(slots: u64) -> Setting {
    Setting { slot: "thread", slots, texts: 1 }
}

const fn streams(slots: u64) -> Setting {
    Setting { slot: "stream", slots, texts: 1 }
}

const fn batches(slots: u64) -> Setting {
    Setting { slot: "batch", slots, texts: 16 }
}

/// Before, and after each change.
const STEPS: [(&str, Setting); 4] = [
    ("before", threads(1_000)),
    ("1: more slots", threads(3_000)),
    ("2: a slot is a stream", streams(3_000)),
    ("3: a call carries what waits", batches(400)),
];

/// Concurrency against memory.
const SWEEP: [Setting; 7] = [
    threads(500),
    threads(2_000),
    threads(4_000),
    streams(1_000),
    streams(2_000),
    streams(4_000),
    batches(200),
];

/// How much is measured.
#[derive(Debug, Clone, Copy)]
struct Extent {
    /// One who waits for the answer before the next question each.
    clients: u64,
    /// Questions a second of the run at a rate.
    rate: u64,
    /// Until connections are open and queues are as long as they get.
    warm_up: Duration,
    seconds: u64,
    /// What slots are divided by.
    smaller: u64,
}

const WHOLE: Extent = Extent {
    clients: 15_000,
    rate: 5_000,
    warm_up: Duration::from_secs(5),
    seconds: 8,
    smaller: 1,
};
const QUICK: Extent =
    Extent { clients: 500, rate: 150, warm_up: Duration::from_secs(2), seconds: 3, smaller: 30 };

/// How clients come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Clients {
    /// Each asks again when it was answered.
    Closed,
    /// At a rate, whatever the service does.
    Open,
}

/// What a step has shown.
#[derive(Debug)]
struct Shown {
    title: &'static str,
    setting: Setting,
    closed: Measured,
    open: Measured,
}

pub(super) fn run(workshop: &Workshop, args: &BenchArgs, report: &mut Report) -> Result<()> {
    let extent = if args.quick { QUICK } else { WHOLE };
    let load_before = machine::load();
    let mut shown = Vec::new();
    for (title, setting) in STEPS {
        let setting = setting.smaller(extent);
        report.say(&format!("{title}: {setting}"));
        let closed = measure(workshop, setting, extent, Clients::Closed).context(title)?;
        let open = measure(workshop, setting, extent, Clients::Open).context(title)?;
        figures(title, extent, &closed, &open, report);
        shown.push(Shown { title, setting, closed, open });
    }
    let mut swept: Vec<(Setting, Measured)> = Vec::new();
    for setting in SWEEP.map(|setting| setting.smaller(extent)) {
        let measured = measure(workshop, setting, extent, Clients::Closed)?;
        report.say(&format!("{setting}: {measured}"));
        report.detail(json!({ "setting": setting.to_string(), "closed": measured.to_json() }));
        swept.push((setting, measured));
    }
    swept.extend(shown.iter().map(|step| (step.setting, step.closed.clone())));
    let table = told::page(&shown, &swept, &report.conditions_line(load_before, 1));
    report.say(&format!("\n{table}"));
    if args.plot && !args.quick {
        page::write_to(PAGE, "slots", &table)?;
        draw(&swept)?;
        report.say(&format!("written to {PAGE} and {DRAWING}"));
    }
    Ok(())
}

fn measure(
    workshop: &Workshop,
    setting: Setting,
    extent: Extent,
    clients: Clients,
) -> Result<Measured> {
    workshop.clear()?;
    let mut running = Running::start(workshop, setting)?;
    let measured = measure::measure(workshop, &mut running, extent, clients)?;
    running.stop()?;
    Ok(measured)
}

fn figures(title: &str, extent: Extent, closed: &Measured, open: &Measured, report: &mut Report) {
    let short = title.split(':').next().unwrap_or(title);
    let mut figure = |name: &str, measured, unit| {
        report.figure(&format!("{short}_{name}"), (measured, unit), None, "");
    };
    figure("answered", closed.per_second, "/s");
    figure("p50", closed.p50_ms, "ms");
    figure("service_cpu", closed.service_cores, "core");
    figure("memory", closed.memory_mib, "MiB");
    figure("calls_in_flight", closed.inside[2], "");
    figure("at_rate_p99", open.p99_ms, "ms");
    report.say(&format!("at {}/s: {open}", extent.rate));
    report.detail(json!({ "step": title, "closed": closed.to_json(), "open": open.to_json() }));
}

fn draw(swept: &[(Setting, Measured)]) -> Result<()> {
    let lines = |get: fn(&Measured) -> f64| {
        let of = |slot: &'static str, name| {
            let of_it = swept.iter().filter(|(setting, _)| setting.slot == slot);
            let mut points: Vec<(f64, f64)> =
                of_it.map(|(setting, measured)| (setting.at_once(), get(measured))).collect();
            points.sort_by(|one, other| one.0.total_cmp(&other.0));
            Line { name, points }
        };
        vec![
            of("thread", "a thread each"),
            of("stream", "a stream each"),
            of("batch", "streams of 16"),
        ]
    };
    let mut memory = lines(|measured| measured.memory_mib);
    let widest = swept.iter().map(|(setting, _)| setting.at_once()).fold(0.0, f64::max);
    memory.push(Line { name: "limit", points: vec![(0.0, LIMIT_MIB), (widest, LIMIT_MIB)] });
    let panels = [
        Panel { title: "memory of the service", unit: "MiB", lines: memory },
        Panel { title: "answered", unit: "/s", lines: lines(|measured| measured.per_second) },
        Panel {
            title: "half are answered within",
            unit: "ms",
            lines: lines(|measured| measured.p50_ms),
        },
        Panel {
            title: "CPU of the service", unit: "µs a request", lines: lines(Measured::cpu_us)
        },
    ];
    let title = "Concurrency against memory: 15,000 clients, an outside call of 200 ms each";
    let drawn = chart::svg(title, "texts that can be with the outside service at once", &panels);
    std::fs::write(binary::root().join(DRAWING), drawn).context(DRAWING)
}

impl Setting {
    fn smaller(self, extent: Extent) -> Self {
        Self { slots: (self.slots / extent.smaller).max(1), ..self }
    }

    /// Texts that can be with the outside service at once.
    #[expect(clippy::cast_precision_loss, reason = "thousands")]
    fn at_once(self) -> f64 {
        (self.slots * self.texts) as f64
    }
}

impl std::fmt::Display for Setting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`--slot {} --slots {}`", self.slot, self.slots)
    }
}

#[test]
fn the_document_has_a_place_for_what_is_measured() {
    let text = std::fs::read_to_string(binary::root().join(PAGE)).unwrap();
    assert!(page::has_place(&text, "slots"));
    assert!(binary::root().join(DRAWING).is_file());
}
