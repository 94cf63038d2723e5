//! What each protection of enriching is good for: the same fault with it and without it, side by side. Turns between
//! senders are not here: that they are needed is shown in virtual time (`enrich`'s tests), where senders are told apart.

use anyhow::{Context, Result};

use super::enrich::{mended, percentile_ms};
use super::figure::Report;
use super::pace::Load;
use super::server::{Metrics, Server};
use super::workshop::Workshop;

const RATE: u64 = 2_000;
const CONVERSATIONS: u64 = 100;

/// A protection, the fault that it is for, and what is worse without it.
struct Trial {
    name: &'static str,
    faults: &'static str,
    /// What else is switched off in both, for it would help, too.
    without: &'static str,
    worse: Worse,
}

/// What is counted.
#[derive(Clone, Copy)]
enum Worse {
    /// Calls of live messages, a message.
    Calls,
    /// Calls that fail, a message.
    Failures,
    /// Messages that have a guess first, in percent.
    Guesses,
    /// The 99th percentile of first results, in ms.
    Latency,
}

const TRIALS: [Trial; 5] = [
    Trial {
        name: "breaker",
        faults: r#"{"fail_slow_share": 1.0}"#,
        without: "limit",
        worse: Worse::Calls,
    },
    Trial {
        name: "budget",
        faults: r#"{"fail_fast_share": 0.4}"#,
        without: "breaker,limit",
        worse: Worse::Calls,
    },
    Trial {
        name: "limit",
        faults: r#"{"too_many": {"share": 0.6, "retry_after_ms": 0}}"#,
        without: "breaker",
        worse: Worse::Failures,
    },
    Trial {
        name: "hedge",
        faults: r#"{"latency": {"distribution": "lognormal", "mean_ms": 100, "sigma": 0.1}, "hang_share": 0.02}"#,
        without: "breaker,limit",
        worse: Worse::Guesses,
    },
    Trial {
        name: "deadline",
        faults: r#"{"hang_share": 0.05}"#,
        without: "breaker,limit,hedge",
        worse: Worse::Latency,
    },
];

pub(super) fn run(workshop: &Workshop, is_quick: bool, report: &mut Report) -> Result<()> {
    let seconds = if is_quick { 3 } else { 15 };
    for trial in &TRIALS {
        report.say(&format!("{}: {}", trial.name, trial.faults));
        let with = measure(workshop, trial, trial.without, seconds).context(trial.name)?;
        let off = format!("{},{}", trial.without, trial.name);
        let without = measure(workshop, trial, &off, seconds).context(trial.name)?;
        let (unit, what) = match trial.worse {
            Worse::Calls => ("/message", "live calls"),
            Worse::Failures => ("/message", "calls that failed"),
            Worse::Guesses => ("%", "had a guess first"),
            Worse::Latency => ("ms", "first results, p99"),
        };
        report.figure(&format!("with_{}", trial.name), (with, unit), None, what);
        report.figure(&format!("without_{}", trial.name), (without, unit), None, what);
    }
    Ok(())
}

fn measure(workshop: &Workshop, trial: &Trial, without: &str, seconds: u64) -> Result<f64> {
    workshop.clear()?;
    let server = Server::start_with(workshop, &format!("--nlp-without {without}"))?;
    Load::steady(RATE / 2, 5, CONVERSATIONS).measure(workshop, &server)?;
    mended(&server)?;
    server.put_faults(trial.faults)?;
    let before = server.metrics()?;
    Load::steady(RATE, seconds, CONVERSATIONS).measure(workshop, &server)?;
    let after = server.metrics()?;
    server.stop()?;
    Ok(worse(trial.worse, &before, &after))
}

fn worse(worse: Worse, before: &Metrics, after: &Metrics) -> f64 {
    let since = |name: &str| {
        let name = format!("hubbub_enrich_{name}_total");
        after.get(&name) - before.get(&name)
    };
    let received = since("received").max(1.0);
    match worse {
        Worse::Calls => (since("calls") + since("hedges") + since("retries")) / received,
        Worse::Failures => since("failures") / received,
        Worse::Guesses => since("guessed") / received * 100.0,
        Worse::Latency => percentile_ms(before, after, "hubbub_enrich_durable_seconds", 0.99),
    }
}
