//! Whether runs may be compared: valid, and of the same thing on the same machine.

use crate::measure::run::Run;

/// Why they should not be; empty if they may.
pub(super) fn doubts(before: &[Run], after: &[Run], again: &[Run]) -> Vec<String> {
    let mut doubts = Vec::new();
    let Some(first) = before.first() else { return doubts };
    for run in before.iter().chain(after).chain(again) {
        if !run.judgement.is_valid() {
            doubts.push(format!("run {} is invalid: {}", run.id, run.judgement.cause));
        }
        if let Some(difference) = difference(first, run) {
            doubts.push(format!("run {} is unlike run {}: {difference}", run.id, first.id));
        }
    }
    doubts
}

/// Whether one set was made before the other began: then what changed on the machine meanwhile is in the difference.
pub(super) fn is_one_after_the_other(before: &[Run], after: &[Run]) -> bool {
    let ends = |runs: &[Run]| runs.iter().map(|run| run.began_at_ms).max().unwrap_or_default();
    let begins = |runs: &[Run]| runs.iter().map(|run| run.began_at_ms).min().unwrap_or_default();
    before.len() + after.len() > 2 && (ends(before) < begins(after) || ends(after) < begins(before))
}

/// The target may be another: that is what two builds side by side are.
fn difference(one: &Run, other: &Run) -> Option<String> {
    let (plan, others) = (&one.plan, &other.plan);
    let facts = [
        ("another kind of target", plan.kind == others.kind),
        ("another kind of arrivals", plan.arrivals == others.arrivals),
        ("other stages", plan.stages == others.stages),
        ("another warm-up", plan.warm_up_s.to_bits() == others.warm_up_s.to_bits()),
        ("another timeout", plan.timeout_ms == others.timeout_ms),
        ("other use of connections", plan.reuse == others.reuse),
        ("another number of streams", plan.streams == others.streams),
        ("another chat", plan.chat == others.chat),
        ("another number of workers", plan.workers == others.workers),
        ("another number of processors", one.host.cpus == other.host.cpus),
        ("another processor", one.host.cpu_model == other.host.cpu_model),
        ("another kernel", one.host.kernel == other.host.kernel),
    ];
    let unlike: Vec<_> =
        facts.into_iter().filter(|(_, same)| !same).map(|(what, _)| what).collect();
    (!unlike.is_empty()).then(|| unlike.join(", "))
}
