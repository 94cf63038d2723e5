//! Rules 3 to 8: what the server did, once the generator and what is between are out of the question.

use super::client::is_busy;
use super::words::{What, ms, percent, processors};
use super::{
    Cause, Confidence, Evidence, FLAT, Finding, GROWS, KEPT_UP, LATE_OF_SERVICE, LATE_US,
    MACHINE_FULL, MACHINE_PART, NATURE, ONE_CORE, QUEUES, RUN_QUEUE_WAIT, Ruling, SERVER_BUSY,
    SERVER_IDLE, STALL_MS, STALL_OF_MAX, TAIL, TURNED_AWAY,
};
use crate::littles_law::connections;

const US_PER_S: f64 = 1e6;

/// Rule 3.
pub(super) fn shedding(evidence: &Evidence) -> Ruling {
    let share = evidence.traffic.turned_away.filter(|share| *share > TURNED_AWAY)?;
    let confidence =
        if held_back(evidence) == Some(true) { Confidence::Clear } else { Confidence::Likely };
    let told = evidence.traffic.achieved_rate.map_or_else(String::new, |rate| {
        format!("; {:.0} a second were served", rate * (1.0 - share))
    });
    let told = format!("{} were turned away (429, 503, reset){told}", percent(share));
    let next = "the server's limit is what it serves: ask for less, or raise its limit and look what is behind";
    Some((Cause::Shedding, confidence, vec![What::TurnedAway.found(told, next)]))
}

/// Rule 4: all connections in use, and nothing that shows the server slower for it.
pub(super) fn capped(evidence: &Evidence) -> Ruling {
    let shows_server = flat(evidence) == Some(true)
        || queueing(evidence) == Some(true)
        || at_maximum(evidence) == Some(true);
    if !all_in_use(evidence) || shows_server {
        return None;
    }
    let proved = flat(evidence).or(queueing(evidence)).is_some();
    let confidence = if proved { Confidence::Clear } else { Confidence::Possible };
    Some((Cause::ConcurrencyCapped, confidence, vec![in_use(evidence)]))
}

/// Rule 5: throughput was held, by the server.
pub(super) fn held(evidence: &Evidence) -> Ruling {
    let held = if all_in_use(evidence) { Some(true) } else { held_back(evidence) };
    let full = at_maximum(evidence);
    let confidence = match (held, full) {
        (Some(true), Some(_)) => Confidence::Clear,
        // Full processors speak for themselves, also where a rate was just kept or it is not clear whether more
        // connections would do more; idle ones do not.
        (Some(false) | None, Some(true)) => Confidence::Likely,
        (Some(_) | None, _) => return None,
    };
    if is_full_too(evidence) {
        return Some((Cause::BothAtMaximum, confidence, vec![machine_full(evidence)]));
    }
    let used = used(evidence);
    if full == Some(true) {
        let next = "use 1 to 2 requests in flight a processor; more only wait. Give it processors, or less work a request";
        return Some((Cause::ServerCpu, confidence, vec![What::ServerBusy.found(used, next)]));
    }
    let next = "look at what is downstream, at pools and at locks; it may be driven with thousands in flight";
    let queued = evidence.server.queued.filter(|queued| *queued >= 1.0);
    let queued =
        queued.map_or_else(String::new, |queued| format!(", and {queued:.0} waited in its queues"));
    let idle = What::ServerIdle.found(format!("throughput was held while {used}{queued}"), next);
    let findings = [Some(idle), one_processor(evidence)].into_iter().flatten().collect();
    Some((Cause::ServerWaiting, confidence, findings))
}

/// Rule 6: a tail that the generator does not explain, unless the objectives allow it.
pub(super) fn stood_still(evidence: &Evidence) -> Ruling {
    if evidence.slos_kept == Some(true) {
        return None;
    }
    Some((Cause::ServerWaiting, Confidence::Likely, vec![still(evidence)?]))
}

/// Rule 7.
pub(super) fn headroom(evidence: &Evidence) -> Ruling {
    if held_back(evidence) != Some(false) || evidence.slos_kept == Some(false) {
        return None;
    }
    let traffic = &evidence.traffic;
    let told = [
        traffic.kept_up().map(|share| format!("{} of the asked rate was done", percent(share))),
        evidence.growth.map(|growth| {
            format!(
                "{:.1} × the connections did {:.1} × as much",
                growth.connections, growth.throughput
            )
        }),
        traffic.queueing().map(|times| format!("service took {times:.1} × what it takes alone")),
    ];
    let told = told.into_iter().flatten().collect::<Vec<_>>().join("; ");
    let known = at_maximum(evidence) == Some(false) || evidence.growth.is_some();
    let confidence = if known { Confidence::Clear } else { Confidence::Likely };
    let next = "raise the rate or the connections to find the limit (`hubbub load ladder`)";
    Some((Cause::Headroom, confidence, vec![What::KeptUp.found(told, next)]))
}

/// Rule 8: what would have to be known.
pub(super) fn unknown(evidence: &Evidence) -> (Cause, Confidence, Vec<Finding>) {
    let findings = match held_back(evidence) {
        Some(false) => {
            let told = "an objective was missed, and nothing that was measured was at its limit";
            vec![What::ObjectiveMissed.found(
                told.to_owned(),
                "look at the slowest requests: this latency is not made by load",
            )]
        }
        Some(true) => vec![What::NotEnoughKnown.found(
            why_not(evidence),
            "see the server's processors: run \
            on its machine or give the address of its /metrics, and let nothing else run there",
        )],
        None => {
            let told = "what was done does not show whether more connections would do more";
            let next = "run a ladder (`hubbub load ladder`), or ask for a rate";
            vec![What::NotEnoughKnown.found(told.to_owned(), next)]
        }
    };
    (Cause::Unknown, Confidence::Possible, findings)
}

/// What else is worth knowing: a stop, a machine that others use, and what kind of work it is.
pub(super) fn remarks(evidence: &Evidence) -> Vec<Finding> {
    [still(evidence), starved(evidence), nature(evidence)].into_iter().flatten().collect()
}

/// Whether generator and server are both at their maximum.
pub(super) fn is_full_too(evidence: &Evidence) -> bool {
    let (client, server) = (&evidence.client, &evidence.server);
    let part = match (client.cpu_cores, server.allowed_cores) {
        (Some(used), Some(all)) => used >= MACHINE_PART * all,
        (None, _) | (_, None) => false,
    };
    at_maximum(evidence) == Some(true)
        && (is_busy(client) || (server.is_local && machine_is_full(evidence) && part))
}

/// Whether something held throughput back: it is flat, behind what was asked, or requests queue.
fn held_back(evidence: &Evidence) -> Option<bool> {
    let behind = evidence.traffic.kept_up().map(|share| share < KEPT_UP);
    let signs = [flat(evidence), behind, queueing(evidence)];
    if signs.contains(&Some(true)) {
        return Some(true);
    }
    signs.contains(&Some(false)).then_some(false)
}

/// Flat, or growing; in between is not known.
fn flat(evidence: &Evidence) -> Option<bool> {
    let elasticity = evidence.growth?.elasticity();
    (elasticity <= FLAT || elasticity >= GROWS).then_some(elasticity <= FLAT)
}

/// Slower than alone, by requests that are there at the same time. A machine that is slower than it was a moment ago
/// looks alike, but for the queue.
fn queueing(evidence: &Evidence) -> Option<bool> {
    let traffic = &evidence.traffic;
    traffic.queueing().map(|times| times >= QUEUES && !traffic.is_sparse())
}

/// Requests wait for a connection, and each connection has a request in flight.
fn all_in_use(evidence: &Evidence) -> bool {
    let traffic = &evidence.traffic;
    let small_us = (LATE_OF_SERVICE * traffic.service_p50_us.unwrap_or(0.0)).max(LATE_US);
    traffic.is_full() == Some(true) && traffic.wait_p99_us.is_some_and(|wait_us| wait_us > small_us)
}

/// Whether the server's processors are full. A full machine is as good, if the server filled a part of it.
fn at_maximum(evidence: &Evidence) -> Option<bool> {
    let share = evidence.server.cpu_share()?;
    if share >= SERVER_BUSY {
        return Some(true);
    }
    if machine_is_full(evidence) {
        return (share >= MACHINE_PART).then_some(true);
    }
    (share < SERVER_IDLE && !waits_for_processors(evidence)).then_some(false)
}

/// A thread of it was ready to run and did not: what it waited for were processors.
fn waits_for_processors(evidence: &Evidence) -> bool {
    evidence.server.run_queue_wait.is_some_and(|wait| wait > RUN_QUEUE_WAIT)
}

/// Whether others had the processors that it wanted.
fn is_starved(evidence: &Evidence) -> bool {
    at_maximum(evidence) != Some(true)
        && (machine_is_full(evidence) || waits_for_processors(evidence))
}

fn machine_is_full(evidence: &Evidence) -> bool {
    evidence.server.machine_busy.is_some_and(|share| share >= MACHINE_FULL)
}

/// Why a throughput that was held says nothing about the server.
fn why_not(evidence: &Evidence) -> String {
    let used = used(evidence);
    let why = if evidence.server.cpu_share().is_none() {
        ""
    } else if machine_is_full(evidence) {
        ", and others filled its machine"
    } else if waits_for_processors(evidence) {
        ", and others had those it waited for"
    } else {
        ": neither full nor idle"
    };
    format!("throughput was held, but {used}{why}")
}

fn in_use(evidence: &Evidence) -> Finding {
    let traffic = &evidence.traffic;
    let have = traffic.achieved_connections.or(traffic.asked_connections).unwrap_or(0.0);
    let told = format!(
        "{:.1} of {have:.0} connections had a request in flight; requests waited up to {} (p99) for one",
        traffic.in_flight.unwrap_or(0.0),
        ms(traffic.wait_p99_us.unwrap_or(0.0)),
    );
    let needed = traffic.asked_rate.zip(traffic.service_p99_us);
    let next = needed.map_or_else(
        || "raise the connections (-c)".to_owned(),
        |(rate, p99_us)| {
            let needed = connections(rate, p99_us / US_PER_S);
            format!("raise the connections to {needed} (-c): the rate times the p99 of service, by Little's law")
        },
    );
    What::ConnectionsInUse.found(told, format!("{next}; if throughput stays, it is the server"))
}

fn used(evidence: &Evidence) -> String {
    let server = &evidence.server;
    match (server.cpu_cores, server.allowed_cores) {
        (Some(used), Some(all)) => format!("the server used {used:.2} of {}", processors(all)),
        (Some(_) | None, _) => "the server's processors were not seen".to_owned(),
    }
}

fn machine_full(evidence: &Evidence) -> Finding {
    let mine = evidence.client.cpu_cores.unwrap_or(0.0);
    let told = format!("{}, and the generator {mine:.2}", used(evidence));
    let next = "this is what both can do together: to know the server alone, use another machine for the generator";
    What::MachineFull.found(told, next)
}

/// One processor of several: a single thread, or a global lock.
fn one_processor(evidence: &Evidence) -> Option<Finding> {
    let (used, all) = (evidence.server.cpu_cores?, evidence.server.allowed_cores?);
    ((used - 1.0).abs() <= ONE_CORE && all >= 2.0).then(|| {
        let told = format!("the server used {used:.2} of {}", processors(all));
        What::OneProcessor.found(told, "look for a single thread or a global lock")
    })
}

fn still(evidence: &Evidence) -> Option<Finding> {
    let traffic = &evidence.traffic;
    let (p50_us, p99_us) = (traffic.response_p50_us?, traffic.response_p99_us?);
    let gap_us = evidence.client.watchdog_gap_ms? * 1_000.0;
    let long = p99_us >= STALL_MS * 1_000.0 && p99_us >= TAIL * p50_us;
    (long && gap_us < STALL_OF_MAX * p99_us && !is_starved(evidence)).then(|| {
        let told = format!(
            "the 99th percentile is {} and the median {}, while the generator's watchdog missed {} at most",
            ms(p99_us),
            ms(p50_us),
            ms(gap_us)
        );
        What::ServerStoodStill.found(told, "look at the server at the time of the slowest requests: a stop, a lock, a flush")
    })
}

fn starved(evidence: &Evidence) -> Option<Finding> {
    let wait = evidence.server.run_queue_wait.filter(|wait| *wait > RUN_QUEUE_WAIT);
    is_starved(evidence).then(|| {
        let told = match wait {
            Some(wait) => {
                let share = percent(wait);
                format!("a thread of the server was ready to run and did not {share} of the time")
            }
            None => "others filled the server's machine".to_owned(),
        };
        What::ServerStarved.found(told, "run the server where nothing else does")
    })
}

/// Processors or waiting: what a request uses of processors, against its time alone.
fn nature(evidence: &Evidence) -> Option<Finding> {
    let used_us = evidence.server.cpu_cores? / evidence.traffic.achieved_rate? * US_PER_S;
    let alone_us = evidence.traffic.alone_p50_us?;
    let share = used_us / alone_us;
    let told =
        format!("a request uses {used_us:.0} µs of processor and takes {alone_us:.0} µs alone");
    if share >= NATURE {
        let all = evidence.server.allowed_cores?;
        let next = format!(
            "{} can do {:.0} a second at most; use 1 to 2 requests in flight a processor",
            processors(all),
            all * US_PER_S / used_us
        );
        return Some(What::ProcessorWork.found(told, next));
    }
    let next = "its concurrency may be in the thousands: waiting costs it no processor";
    (share <= 1.0 - NATURE).then(|| What::WaitingWork.found(told, next))
}
