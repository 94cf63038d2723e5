//! What is said of a run, whatever it is said in: text, HTML, XML.

mod audits;
mod processes;
mod words;

use std::process::ExitCode;

use stats::verdict::Cause;

use super::units;
use crate::measure::run::{
    Act, ActTotals, Arrivals, ChatPlan, Distribution, Kind, Plan, Reach, Run, Totals,
};

pub(crate) use audits::{Audit, Outcome, audits};
pub(crate) use processes::{PROCESS, processes};
pub(crate) use words::{judged, knee, next_command, period};

/// Exit code: an objective was missed.
pub(crate) const EXIT_SLO: u8 = 1;
/// Exit code: the figures are not the server's.
pub(crate) const EXIT_INVALID: u8 = 3;

/// Exit code: it was ended early by a signal.
pub(crate) const EXIT_INTERRUPTED: u8 = 130;

/// A quantile has so many measurements beyond it, or it is not told as one.
const BEYOND_MIN: f64 = 10.0;

/// Told of each distribution.
pub(crate) const QUANTILES: [(&str, f64); 7] = [
    ("p50", 0.5),
    ("p75", 0.75),
    ("p90", 0.9),
    ("p95", 0.95),
    ("p99", 0.99),
    ("p99.9", 0.999),
    ("p99.99", 0.999_9),
];

/// How good the news is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    /// Valid, and no objective was missed.
    Good,
    /// Valid, and something was at its limit.
    Mixed,
    /// Invalid, or an objective was missed.
    Bad,
}

/// One of the parts of a request's time, or how late it was heard.
pub(crate) struct Part<'a> {
    /// Its name.
    pub(crate) name: &'static str,
    /// From when to when.
    pub(crate) meaning: &'static str,
    /// How long it took.
    pub(crate) times: &'a Distribution,
}

/// All parts, the sum first. A closed loop has two.
pub(crate) fn parts(run: &Run) -> Vec<Part<'_>> {
    let all = &run.histograms;
    let parts = [
        Part { name: "response", meaning: "from due to the last byte", times: &all.response },
        Part { name: "service", meaning: "from sent to the last byte", times: &all.service },
        Part {
            name: "wait",
            meaning: "from noticed to sent: no connection was free",
            times: &all.wait,
        },
        Part {
            name: "slip",
            meaning: "from due to noticed: the generator's own lateness",
            times: &all.slip,
        },
        Part {
            name: "delivery",
            meaning: "from due to heard by one who listens",
            times: &all.delivery,
        },
    ];
    let is_told = |part: &Part<'_>| part.name == "response" || !part.times.0.is_empty();
    parts.into_iter().filter(is_told).collect()
}

/// The verdict in one sentence, without figures.
pub(crate) fn headline(run: &Run) -> String {
    let missed = run.slos.iter().filter(|slo| !slo.passed).count();
    let sentence = capital(run.judgement.cause.sentence());
    let validity = if run.judgement.is_valid() { "" } else { "Invalid: " };
    let objectives = match (run.judgement.is_valid(), missed, run.slos.len()) {
        (false, ..) | (true, 0, 0) => String::new(),
        (true, 0, _) => "; every objective was kept".to_owned(),
        (true, missed, all) => format!("; {missed} of {all} objectives missed"),
    };
    format!("{validity}{sentence}{objectives}.")
}

/// How good that is.
pub(crate) fn mood(run: &Run) -> Mood {
    let missed = run.slos.iter().any(|slo| !slo.passed);
    if !run.judgement.is_valid() || missed {
        return Mood::Bad;
    }
    match run.judgement.cause {
        Cause::Headroom => Mood::Good,
        Cause::ClientBound
        | Cause::HostStarved
        | Cause::ConcurrencyCapped
        | Cause::NetworkOrLimit
        | Cause::ServerCpu
        | Cause::ServerWaiting
        | Cause::Shedding
        | Cause::BothAtMaximum
        | Cause::Unknown => Mood::Mixed,
    }
}

/// What a pipeline is told: 3 before 130 before 1 before 0.
pub(crate) fn exit_code(run: &Run) -> u8 {
    if !run.judgement.is_valid() {
        EXIT_INVALID
    } else if run.totals.was_interrupted {
        EXIT_INTERRUPTED
    } else if run.slos.iter().any(|slo| !slo.passed) {
        EXIT_SLO
    } else {
        0
    }
}

/// Of several runs: the one that matters most.
pub(crate) fn exit_code_of(runs: &[Run]) -> ExitCode {
    let codes: Vec<u8> = runs.iter().map(exit_code).collect();
    let worst =
        [EXIT_INVALID, EXIT_INTERRUPTED, EXIT_SLO].into_iter().find(|code| codes.contains(code));
    ExitCode::from(worst.unwrap_or_default())
}

/// What was done, in half a line: `HTTP/1.1, open loop, evenly spaced`.
pub(crate) fn manner(plan: &Plan) -> String {
    let kind = match plan.kind {
        Kind::Http1 => "HTTP/1.1",
        Kind::Http2 => "HTTP/2",
        Kind::Chat => "chat over WebSocket",
    };
    let arrivals = match plan.arrivals {
        Arrivals::Closed => "closed loop",
        Arrivals::Uniform => "open loop, evenly spaced",
        Arrivals::Poisson => "open loop, Poisson",
    };
    format!("{kind}, {arrivals}")
}

/// What was asked of a chat, in a line: `send 9 : ping 1, in 100 conversations (1 % carry 30 %), …`.
pub(crate) fn scenario(chat: &ChatPlan) -> String {
    let acts = chat.acts.iter().filter(|(_, weight)| **weight > 0);
    let acts: Vec<_> = match chat.acts.len() {
        1 => acts.map(|(act, _)| act.name().to_owned()).collect(),
        _ => acts.map(|(act, weight)| format!("{} {weight}", act.name())).collect(),
    };
    let conversations = units::count(chat.conversations.into());
    let busiest = chat.busiest.map_or_else(String::new, |busiest| {
        format!(" ({} carry {})", units::share(busiest.share), units::share(busiest.carry))
    });
    let listeners = match chat.listeners {
        0 => "nobody listens".to_owned(),
        each => format!("{each} listen to each, on {} connections", chat.listening),
    };
    let bytes = chat.body_bytes;
    format!(
        "{}; {conversations} conversations{busiest}; {listeners}; messages of {bytes} bytes, pages of {}",
        acts.join(" : "),
        chat.page_messages
    )
}

/// Asked and achieved: what of, the one, the other.
pub(crate) fn asked_and_achieved(run: &Run) -> Vec<(&'static str, String, String)> {
    let totals = &run.totals;
    let asked = totals.asked_rate.map_or_else(|| "as fast as answered".to_owned(), units::rate);
    let kept = totals.asked_rate.filter(|asked| *asked > 0.0);
    let kept = kept.map_or_else(String::new, |asked| {
        format!(" ({})", units::share(totals.achieved_rate / asked))
    });
    let open = units::count(u64::from(totals.achieved_connections));
    let opened = match totals.connects {
        0 => String::new(),
        opened => format!(", {} opened in all", units::count(opened)),
    };
    let mut rows = vec![
        ("rate", asked, format!("{}{kept}", units::rate(totals.achieved_rate))),
        (
            "connections",
            units::count(u64::from(totals.asked_connections)),
            format!("{open} at once{opened}"),
        ),
    ];
    rows.extend(totals.reach.map(|reach| heard(&reach)));
    rows
}

/// Of a mixture each act: done, failed, p50, p99, max.
pub(crate) fn acts(run: &Run) -> Vec<[String; 6]> {
    let told = |(act, totals): (&Act, &ActTotals)| {
        let ActTotals { done, failed, response } = totals;
        let [p50, p99, max] =
            [response.p50_us, response.p99_us, response.max_us].map(units::time_us);
        [act.name().to_owned(), units::count(*done), units::count(*failed), p50, p99, max]
    };
    run.totals.by_act.iter().map(told).collect()
}

/// What stands above [`acts`].
pub(crate) const ACT_COLUMNS: [&str; 6] = ["act", "done", "failed", "p50", "p99", "max"];

/// Deliveries that should be, and those that were.
fn heard(reach: &Reach) -> (&'static str, String, String) {
    let share = reach.share().map_or_else(String::new, |share| {
        // A share near one tells more by what is missing.
        let missing = reach.expected.saturating_sub(reach.heard);
        let missing = match missing {
            0 => String::new(),
            missing => format!(", {} missing", units::count(missing)),
        };
        format!(" (reach {}{missing})", units::share(share))
    });
    let lost = match reach.lost {
        0 => String::new(),
        lost => format!("; {} connections that listen were lost", units::count(lost)),
    };
    (
        "deliveries",
        units::count(reach.expected),
        format!("{}{share}{lost}", units::count(reach.heard)),
    )
}

/// What was left out and what was corrected, and why.
pub(crate) fn notes(run: &Run) -> Vec<String> {
    let totals = &run.totals;
    let excluded = if totals.warm_up_excluded_s > 0.0 {
        let warm_up = units::seconds(totals.warm_up_excluded_s);
        let of = if run.ladder.is_some() { " of each step" } else { "" };
        format!(
            "The first {warm_up}{of} count for nothing (warm-up): caches and connections were cold."
        )
    } else {
        "Nothing was excluded: there was no warm-up.".to_owned()
    };
    let corrected = match run.plan.arrivals {
        Arrivals::Closed => {
            "Nothing was corrected. Closed loop: while the server is slow it is asked less, so slow moments are \
             under-sampled; an open loop (--rate) shows what people would feel."
        }
        Arrivals::Uniform | Arrivals::Poisson => {
            "Nothing was corrected, nothing dropped: each latency counts from when its request was due, so what waited \
             behind a slow answer is in it. A packet trace shows service only."
        }
    };
    let mut notes = vec![excluded, corrected.to_owned()];
    let unanswered = totals.offered.saturating_sub(totals.done + totals.failed);
    if unanswered > 0 {
        let unanswered = units::count(unanswered);
        notes.push(format!("{unanswered} requests were due and had no answer when the run ended; no latency has them."));
    }
    if totals.was_interrupted {
        notes.push("It was interrupted: this is what there was by then.".to_owned());
    }
    if !run.processes.is_empty() {
        notes.push(format!(
            "Made by {} processes on one schedule; what they counted was added, histograms too.",
            run.processes.len()
        ));
    }
    if let Some(aborted) = &totals.aborted {
        notes.push(format!("It was {aborted}: this is what there was by then."));
    }
    let timeout = units::seconds(run.plan.timeout_ms as f64 / 1e3);
    notes.push(format!(
        "A request without an answer after {timeout} has failed, and counts with the time that was waited for it; an \
         answer of 400 and above has failed and is in no latency."
    ));
    notes.push(format!(
        "Latencies are exact to three digits, from 1 µs to 1 h; {} of them.",
        units::count(run.histograms.response.0.len())
    ));
    notes
}

/// A quantile, unless too few measurements lie beyond it.
pub(crate) fn quantile(times: &Distribution, quantile: f64) -> Option<u64> {
    let beyond = times.0.len() as f64 * (1.0 - quantile);
    (beyond >= BEYOND_MIN).then(|| times.at_us(quantile))
}

/// With a capital in front.
pub(crate) fn capital(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Failed of all that ended.
pub(crate) fn failed_share(run: &Run) -> f64 {
    let ended = run.totals.done + run.totals.failed;
    if ended == 0 { 0.0 } else { run.totals.failed as f64 / ended as f64 }
}

/// Each status and each error, how often, and which share that is; the most frequent first.
pub(crate) fn answers(totals: &Totals) -> Vec<(String, u64, f64)> {
    let word = |status: u16| match status_word(status) {
        "" => status.to_string(),
        word => format!("{status} {word}"),
    };
    let statuses = totals.by_status.iter().map(|(&status, &count)| (word(status), count));
    let errors = totals.by_error.iter().map(|(error, &count)| (error.clone(), count));
    let mut rows: Vec<_> = statuses.chain(errors).collect();
    rows.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let all: u64 = rows.iter().map(|(_, count)| count).sum();
    rows.into_iter().map(|(what, count)| (what, count, count as f64 / all.max(1) as f64)).collect()
}

/// 0 of none.
pub(crate) fn mean(values: &[f64]) -> f64 {
    if values.is_empty() { 0.0 } else { values.iter().sum::<f64>() / values.len() as f64 }
}

/// What a status means, in a word or two, where it matters here.
pub(crate) const fn status_word(status: u16) -> &'static str {
    match status {
        100..=199 => "informational",
        200..=299 => "answered well",
        300..=399 => "redirected",
        429 => "too many requests: shed",
        503 => "unavailable: shed",
        400..=499 => "the request was refused",
        500..=599 => "the server failed",
        _ => "",
    }
}

#[cfg(test)]
mod tests;
