//! What was measured becomes a run that can be saved: totals, evidence, judgement.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use stats::slo::{Figures, Slo};
use stats::spikes::{self, Period, Sample};
use stats::verdict;

use super::abort::Aborted;
use super::engine::{Load, Measured};
use super::evidence;
use super::health;
use super::health::{Segments, segments};
use super::run::{
    Act, ActTotals, Histograms, Marks, Percentiles, Plan, Run, Spike, Totals, VERSION,
};
use super::tally::{Counts, OfAct, Tally};

/// Names a run.
fn id(began_at_ms: u64) -> String {
    // Without dice two runs of one millisecond have one name, and nothing else goes wrong.
    let random = getrandom::u32().unwrap_or_default();
    format!("{began_at_ms:011x}-{random:08x}")
}

/// Milliseconds since 1970.
fn wall_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// What is known beside a load.
pub(crate) struct Beside {
    began_at_ms: u64,
    before: Segments,
    is_local: bool,
    /// From sent to answered with one connection alone, the median in µs.
    pub(crate) alone_p50_us: Option<u64>,
    /// What ended it early, if an objective did.
    pub(crate) aborted: Option<Aborted>,
}

impl Beside {
    /// From now on.
    pub(crate) fn begin(is_local: bool) -> Self {
        Self {
            began_at_ms: wall_ms(),
            before: segments(),
            is_local,
            alone_p50_us: None,
            aborted: None,
        }
    }

    fn tell(&self, totals: &mut Totals) {
        let now = segments();
        let sent = now.sent.saturating_sub(self.before.sent);
        let sent_again = now.sent_again.saturating_sub(self.before.sent_again);
        // On one machine nothing gets lost: what was sent again is others'.
        let is_ours = sent > 0 && !self.is_local;
        totals.sent_again = is_ours.then(|| evidence::share(sent_again, sent));
        let overflows = now.overflows.saturating_sub(self.before.overflows);
        totals.backlog_overflows = self.is_local.then_some(overflows);
        totals.alone_p50_us = self.alone_p50_us;
        totals.aborted = self.aborted.as_ref().map(Aborted::told);
        totals.was_interrupted &= self.aborted.is_none();
    }
}

/// The run of one load.
pub(crate) fn run(
    load: &Load,
    plan: Plan,
    slos: &[Slo],
    measured: Measured,
    beside: &Beside,
) -> Run {
    let mut totals = totals(load, &plan, &measured);
    beside.tell(&mut totals);
    let took_ms = u64::try_from(measured.took.as_millis()).unwrap_or(u64::MAX);
    let Measured { seconds, total, processes, .. } = measured;
    let histograms = Histograms {
        slip: total.slip,
        wait: total.wait,
        service: total.service,
        response: total.response,
        delivery: total.delivery,
    };
    let mut run = Run {
        version: VERSION,
        id: id(beside.began_at_ms),
        began_at_ms: beside.began_at_ms,
        took_ms,
        host: health::host(),
        plan,
        seconds,
        percentiles: Percentiles::from(&histograms),
        histograms,
        totals,
        slowest: total.counts.slowest,
        spikes_sample: total.counts.spikes,
        ladder: None,
        judgement: verdict::judge(&verdict::Evidence::default()),
        knee: None,
        periods: Vec::new(),
        slos: Vec::new(),
        processes,
    };
    run.spikes_sample.sort_by_key(|spike| spike.0);
    run.slos = slos.iter().map(|slo| slo.judge(&figures(&run))).collect();
    if let Some(aborted) = &beside.aborted {
        aborted.replace(&mut run.slos);
    }
    run.periods = periods(&run.spikes_sample);
    run.judgement = verdict::judge(&evidence::of(&run));
    run
}

/// Periods among the largest spikes; if those have none, among more: on a busy machine many small ones are noise.
fn periods(spikes: &[Spike]) -> Vec<Period> {
    let largest = spikes.iter().map(|spike| spike.2).max().unwrap_or(0);
    let found = |least: u64| {
        let large = spikes.iter().filter(|spike| spike.2 >= least);
        spikes::find_among(&large.map(sample).collect::<Vec<_>>())
    };
    let mut periods = [largest / 2, largest / 10, 0].into_iter().map(found);
    periods.find(|periods| !periods.is_empty()).unwrap_or_default()
}

fn sample(spike: &Spike) -> Sample {
    let Spike(index, at_ns, latency_ns) = *spike;
    Sample { index, at_ns, latency_ns }
}

fn totals(load: &Load, plan: &Plan, measured: &Measured) -> Totals {
    let counts = &measured.total.counts;
    let is_heard = plan.chat.as_ref().is_some_and(|chat| chat.listeners > 0);
    Totals {
        asked_rate: asked_rate(load, counts.offered),
        achieved_rate: per_second(counts.done, measured.measured_s),
        asked_connections: load.connections,
        achieved_connections: measured.open_most,
        warm_up_excluded_s: plan.warm_up_s,
        measured_s: measured.measured_s,
        client_cpu_s: measured.cpu_s,
        was_interrupted: measured.was_interrupted,
        reach: is_heard.then_some(measured.reach),
        by_act: by_act(&measured.total),
        ..counted(counts)
    }
}

fn by_act(total: &Tally) -> BTreeMap<Act, ActTotals> {
    let told = |of_act: &OfAct| ActTotals {
        done: of_act.done,
        failed: of_act.failed,
        response: Marks::from(&of_act.response),
    };
    total.by_act.iter().map(|(&act, of_act)| (act, told(of_act))).collect()
}

/// What a tally alone tells of them.
pub(crate) fn counted(counts: &Counts) -> Totals {
    let mut by_error: BTreeMap<String, u64> = BTreeMap::new();
    for (fault, count) in &counts.by_fault {
        *by_error.entry(fault.name().to_owned()).or_default() += count;
    }
    Totals {
        offered: counts.offered,
        started: counts.started,
        done: counts.done,
        failed: counts.failed,
        bytes_in: counts.bytes_in,
        by_status: counts.by_status.clone(),
        by_error,
        first_failures: counts.failures.clone(),
        connects: counts.connects,
        ..Totals::default()
    }
}

/// The mean of the plan after the warm-up: what became due in it, in its time. That counts what is due, not what was
/// done, and is of the plan whatever the server did.
fn asked_rate(load: &Load, offered: u64) -> Option<f64> {
    load.schedule.as_ref()?;
    let measured = load.length.saturating_sub(load.warm_up).as_secs_f64();
    Some(per_second(offered, measured))
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
pub(crate) fn per_second(count: u64, seconds: f64) -> f64 {
    if seconds > 0.0 { count as f64 / seconds } else { 0.0 }
}

fn figures(run: &Run) -> Figures<'_> {
    let all = run.totals.done + run.totals.failed;
    let has_data = all > 0;
    Figures {
        response: Some(&run.histograms.response.0),
        slip: Some(&run.histograms.slip.0),
        wait: Some(&run.histograms.wait.0),
        service: Some(&run.histograms.service.0),
        error_rate: has_data.then(|| evidence::share(run.totals.failed, all)),
        rps: has_data.then_some(run.totals.achieved_rate),
    }
}

#[cfg(test)]
mod tests;
