//! Rule 2: limits that are neither of the generator's nor of the server's processors.

use super::words::{What, percent};
use super::{
    BANDWIDTH, CONNECT_FAILURES, CONNECTIONS, Cause, Confidence, Evidence, FILES, Finding, Ruling,
    SENT_AGAIN,
};

/// Each limit that was reached is a finding.
pub(super) fn held(evidence: &Evidence) -> Ruling {
    let found: Vec<Finding> = [
        files(evidence),
        server_files(evidence),
        ports(evidence),
        backlog(evidence),
        timeouts(evidence),
        missing(evidence),
        lost(evidence),
        link(evidence),
    ]
    .into_iter()
    .flatten()
    .collect();
    (!found.is_empty()).then_some((Cause::NetworkOrLimit, Confidence::Clear, found))
}

fn files(evidence: &Evidence) -> Option<Finding> {
    let (open, most) = (evidence.limits.open_files?, evidence.limits.open_files_max?);
    (open >= FILES * most).then(|| {
        let evidence = format!("{open:.0} of {most:.0} descriptors were open");
        What::FilesUsedUp
            .found(evidence, "raise the limit (`ulimit -n`), or use several generator processes")
    })
}

fn server_files(evidence: &Evidence) -> Option<Finding> {
    let limits = &evidence.limits;
    let (open, most) = (limits.server_files?, limits.server_files_max?);
    (open >= FILES * most).then(|| {
        let evidence = format!("{open:.0} of {most:.0} descriptors of the server were open");
        What::ServerFilesUsedUp
            .found(evidence, "raise the server's limit (`ulimit -n`), or use several processes")
    })
}

fn ports(evidence: &Evidence) -> Option<Finding> {
    let failed = evidence.limits.no_port.filter(|failed| *failed > 0)?;
    let evidence = format!("{failed} connections found no free local port");
    Some(What::PortsUsedUp.found(evidence, "keep connections open, or use more source addresses"))
}

fn backlog(evidence: &Evidence) -> Option<Finding> {
    let dropped = counts(evidence, evidence.limits.backlog_overflows)?;
    let evidence =
        format!("the server's kernel dropped {dropped} connections: its backlog was full");
    Some(What::BacklogFull.found(
        evidence,
        "raise the server's backlog and net.core.somaxconn, or connect more slowly",
    ))
}

fn timeouts(evidence: &Evidence) -> Option<Finding> {
    let failed = counts(evidence, evidence.limits.connect_timeouts)?;
    let evidence = format!("{failed} connections were not accepted in time");
    Some(What::ConnectTimeouts.found(
        evidence,
        "look at the server's backlog and at what is between, or connect more slowly",
    ))
}

/// Failures to connect, when they are many enough beside the connections that were asked.
fn counts(evidence: &Evidence, failures: Option<u64>) -> Option<u64> {
    let asked = evidence.traffic.asked_connections.unwrap_or(0.0);
    failures.filter(|failures| *failures > 0 && *failures as f64 >= CONNECT_FAILURES * asked)
}

fn missing(evidence: &Evidence) -> Option<Finding> {
    let asked = evidence.traffic.asked_connections?;
    let open = evidence.traffic.achieved_connections?;
    (open < CONNECTIONS * asked).then(|| {
        let evidence = format!("{open:.0} of {asked:.0} connections were open");
        What::ConnectionsMissing
            .found(evidence, "look at the errors of the connections, and at limits on both sides")
    })
}

fn lost(evidence: &Evidence) -> Option<Finding> {
    let share = evidence.limits.sent_again.filter(|share| *share > SENT_AGAIN)?;
    let evidence = format!("{} of all segments were sent again", percent(share));
    Some(What::SegmentsLost.found(evidence, "look at the network between generator and server"))
}

fn link(evidence: &Evidence) -> Option<Finding> {
    let share = evidence.limits.bandwidth.filter(|share| *share >= BANDWIDTH)?;
    let evidence = format!("{} of what the link can carry was used", percent(share));
    Some(What::LinkFull.found(evidence, "use a faster link, or smaller bodies"))
}
