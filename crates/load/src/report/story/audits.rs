//! Whether the figures can be trusted: each reason not to, looked at and told, those that are fine too.
//!
//! The verdict is of `stats`; audits are for people who want to see why it may be believed.

use stats::verdict::{
    CLIENT_BUSY, CONNECTIONS, FILES, LATE_OF_SERVICE, LATE_US, RUN_QUEUE_WAIT, STALL_MS, STEAL,
};

use crate::measure::run::{Health, Run};
use crate::report::units;

/// A tail percentile (p99) of fewer requests than this is a guess.
const REQUESTS_FOR_P99: u64 = 1_000;

/// How an audit ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Fine.
    Passed,
    /// A reason to doubt.
    Doubtful,
}

/// One question about the measurement itself.
#[derive(Debug, Clone)]
pub(crate) struct Audit {
    /// As a statement that holds when it is passed.
    pub(crate) name: &'static str,
    /// How it ended.
    pub(crate) outcome: Outcome,
    /// What was measured, and what is allowed.
    pub(crate) told: String,
}

/// All of them.
pub(crate) fn audits(run: &Run) -> Vec<Audit> {
    let worst = worst(run);
    let mut audits = health(run, &worst);
    audits.extend(traffic(run));
    audits
}

/// The worst that the generator met in the measured part, figure by figure.
fn worst(run: &Run) -> Health {
    let measured = |at_s: f64| at_s > run.totals.warm_up_excluded_s;
    let seconds = run.seconds.iter().filter(|second| measured(second.at_s));
    let steps = run.ladder.iter().flatten().map(|step| step.client);
    seconds.map(|second| second.client).chain(steps).fold(Health::default(), Health::or_worse)
}

fn health(run: &Run, worst: &Health) -> Vec<Audit> {
    let cpus = f64::from(run.host.cpus.max(1));
    let used = worst.cpu_of_process / cpus;
    let files = worst.open_files as f64 / (run.host.open_files_max.max(1)) as f64;
    let mut audits = vec![
        at_most("The generator had processors to spare", used, CLIENT_BUSY, |used| {
            format!("{} of {}", units::share(used), units::processors(cpus))
        }),
        at_most(
            "Its threads ran when they were ready",
            worst.run_queue_wait,
            RUN_QUEUE_WAIT,
            |wait| format!("{} of a second in the run queue", units::share(wait)),
        ),
        at_most("The hypervisor took no processors away", worst.steal, STEAL, units::share),
        at_most("Its control group was not throttled", worst.throttled, 0.0, units::share),
        at_most("It never stood still", worst.watchdog_gap_ms, STALL_MS, |gap| {
            format!("{} without a tick", units::seconds(gap / 1e3))
        }),
        at_most("It had files and sockets to spare", files, FILES, units::share),
    ];
    let slip = &run.histograms.slip;
    if !slip.0.is_empty() {
        let service_us = run.histograms.service.at_us(0.5) as f64;
        let allowed_us = (LATE_OF_SERVICE * service_us).max(LATE_US);
        let slip_us = slip.at_us(0.99) as f64;
        let told = |us: f64| units::seconds(us / 1e6);
        audits.insert(
            0,
            at_most("Requests were sent when they were due (slip p99)", slip_us, allowed_us, told),
        );
    }
    audits
}

fn traffic(run: &Run) -> Vec<Audit> {
    let totals = &run.totals;
    let asked = f64::from(totals.asked_connections.max(1));
    let open = f64::from(totals.achieved_connections) / asked;
    let requests = run.histograms.response.0.len() as f64;
    let least = REQUESTS_FOR_P99 as f64;
    vec![
        at_least("All connections were open", open, CONNECTIONS, units::share),
        at_least("There are enough requests for a 99th percentile", requests, least, units::number),
    ]
}

fn at_most(name: &'static str, value: f64, limit: f64, tell: impl Fn(f64) -> String) -> Audit {
    let outcome = if value <= limit { Outcome::Passed } else { Outcome::Doubtful };
    let told = if limit > 0.0 {
        format!("{}; allowed {}", tell(value), units_of(&tell, limit))
    } else {
        tell(value)
    };
    Audit { name, outcome, told }
}

fn at_least(name: &'static str, value: f64, least: f64, tell: impl Fn(f64) -> String) -> Audit {
    let outcome = if value >= least { Outcome::Passed } else { Outcome::Doubtful };
    Audit { name, outcome, told: format!("{}; needed {}", tell(value), tell(least)) }
}

/// The limit as its first words: `85 %` of `85 % of 2 processors`.
fn units_of(tell: &impl Fn(f64) -> String, limit: f64) -> String {
    let told = tell(limit);
    told.split(' ').take(2).collect::<Vec<_>>().join(" ")
}
