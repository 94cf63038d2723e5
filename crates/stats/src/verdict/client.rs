//! Rule 1: whether the generator measured itself.

use super::words::{What, ms, percent, processors};
use super::{
    CLIENT_BUSY, Cause, Client, Confidence, Evidence, Finding, LATE_BY_FAR, LATE_OF_SERVICE,
    LATE_US, RUN_QUEUE_WAIT, Ruling, STALL_BEYOND_MAX, STALL_DUE, STALL_MS, STALL_OF_MAX, STEAL,
    server,
};

const MORE_PROCESSORS: &str = "give the generator more processors, fewer connections or a lower rate, or a machine of its own";
const QUIET: &str = "run on a quiet machine, or stop what else runs on this one";

/// The run is invalid: late with a reason, late by far, standing still; or, in a closed loop, without processors.
pub(super) fn invalid(evidence: &Evidence) -> Ruling {
    let client = &evidence.client;
    let (busy, starved) = (busy(client), starved(client));
    if let Some(still) = stood_still(evidence) {
        let cause = if starved.is_some() { Cause::HostStarved } else { Cause::ClientBound };
        let findings = [Some(still), late(evidence), starved, busy];
        return Some((cause, Confidence::Clear, findings.into_iter().flatten().collect()));
    }
    let closed = evidence.traffic.asked_rate.is_none();
    if closed && server::is_full_too(evidence) {
        return None;
    }
    let late = late(evidence);
    let unknown = client.late_us().is_none();
    let cause = match (&busy, &starved) {
        (Some(_), _) if late.is_some() || unknown || closed => Cause::ClientBound,
        (None, Some(_)) if late.is_some() || unknown => Cause::HostStarved,
        (None, None) if is_late_by(evidence, LATE_BY_FAR) || nothing_else_known(client) => {
            Cause::ClientBound
        }
        (Some(_) | None, Some(_) | None) => return None,
    };
    let confidence = match (late.is_some(), busy.is_some() || starved.is_some()) {
        (true, true) => Confidence::Clear,
        (false, true) => Confidence::Likely,
        (true, false) => Confidence::Possible,
        (false, false) => return None,
    };
    let findings = [late, starved, busy];
    Some((cause, confidence, findings.into_iter().flatten().collect()))
}

/// What of that is there, but did not decide.
pub(super) fn remarks(evidence: &Evidence) -> Vec<Finding> {
    let client = &evidence.client;
    [late(evidence), starved(client), busy(client)].into_iter().flatten().collect()
}

/// Whether the generator used nearly all that it may use.
pub(super) fn is_busy(client: &Client) -> bool {
    client.cpu_share().is_some_and(|share| share > CLIENT_BUSY)
}

fn stood_still(evidence: &Evidence) -> Option<Finding> {
    let gap_ms = evidence.client.watchdog_gap_ms?;
    let longest_us = evidence.traffic.response_max_us?;
    let explains = gap_ms * 1_000.0 >= STALL_OF_MAX * longest_us;
    (gap_ms >= STALL_MS && explains && !is_of_the_watchdog_alone(evidence)).then(|| {
        let longest = ms(longest_us);
        let evidence = format!(
            "the generator's own watchdog did not tick for {gap_ms:.0} ms; the slowest response took {longest}"
        );
        What::GeneratorStoodStill.found(evidence, QUIET)
    })
}

/// Whether requests were there to meet the gap and none took nearly as long: then only the watchdog missed its turn.
fn is_of_the_watchdog_alone(evidence: &Evidence) -> bool {
    let gap_ms = evidence.client.watchdog_gap_ms.unwrap_or(0.0);
    let longest_us = evidence.traffic.response_max_us.unwrap_or(f64::INFINITY);
    // In a closed loop there is always one in flight.
    let due = evidence.traffic.asked_rate.map_or(f64::INFINITY, |rate| rate * gap_ms / 1_000.0);
    due >= STALL_DUE && gap_ms * 1_000.0 > STALL_BEYOND_MAX * longest_us
}

/// How late a generator may be, in microseconds.
fn allowed_us(evidence: &Evidence) -> f64 {
    let service_us = evidence.traffic.service_p50_us.unwrap_or(0.0);
    (LATE_OF_SERVICE * service_us).max(LATE_US)
}

fn is_late_by(evidence: &Evidence, times: f64) -> bool {
    evidence.client.late_us().is_some_and(|late_us| late_us > times * allowed_us(evidence))
}

fn late(evidence: &Evidence) -> Option<Finding> {
    let late_us = evidence.client.late_us().filter(|_| is_late_by(evidence, 1.0))?;
    let what = if evidence.client.slip_p99_us.is_some() { "slip" } else { "loop lag" };
    let allowed = ms(allowed_us(evidence));
    let evidence = format!("{what} p99 {}, above {allowed}", ms(late_us));
    Some(What::GeneratorLate.found(evidence, MORE_PROCESSORS))
}

fn busy(client: &Client) -> Option<Finding> {
    let (used, may) = (client.cpu_cores?, client.cpu_allowed_cores?);
    is_busy(client).then(|| {
        let evidence =
            format!("the generator used {used:.2} of the {} it may use", processors(may));
        What::GeneratorBusy.found(evidence, MORE_PROCESSORS)
    })
}

fn starved(client: &Client) -> Option<Finding> {
    let signs = [
        (client.run_queue_wait, RUN_QUEUE_WAIT, "waited in the run queue"),
        (client.throttled, 0.0, "was throttled by its cgroup"),
        (client.steal, STEAL, "lost to the hypervisor (steal)"),
    ];
    let mut told: Vec<String> = signs
        .into_iter()
        .filter_map(|(share, most, how)| Some((share.filter(|share| *share > most)?, how)))
        .map(|(share, how)| format!("{how} {} of the time", percent(share)))
        .collect();
    if told.is_empty() {
        return None;
    }
    told.extend(client.pressure.map(|share| format!("CPU pressure was {}", percent(share))));
    let evidence = format!("the generator {}", told.join(", "));
    Some(What::HostStarved.found(evidence, QUIET))
}

/// Late, and no figure that could say why or deny it.
fn nothing_else_known(client: &Client) -> bool {
    client.cpu_share().is_none() && client.run_queue_wait.is_none()
}
