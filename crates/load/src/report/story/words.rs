//! Conclusions as sentences: objectives, the knee, periods, and what to run next.

use stats::knee::Knee;
use stats::slo::{Judged, Metric};
use stats::spikes::{Axis, Period};
use stats::verdict::Cause;

use crate::measure::run::Run;
use crate::report::units;

/// Above this misfit the steps are no hinge.
const MISFIT_MAX: f64 = 0.25;

/// An objective: `p99<300ms: 212 ms, 29 % to spare`.
pub(crate) fn judged(judged: &Judged) -> String {
    let text = &judged.slo.text;
    let Some(measured) = judged.measured else {
        return format!("{text}: no data, so it is missed");
    };
    let measured = match judged.slo.metric {
        Metric::Latency(..) => units::seconds(measured / 1e3),
        Metric::ErrorRate => units::share(measured),
        Metric::Rps => units::rate(measured),
    };
    match judged.margin {
        Some(margin) if judged.passed => {
            format!("{text}: {measured}, {} to spare", units::share(margin))
        }
        Some(margin) => {
            format!("{text}: {measured}, {} beyond the limit", units::share(margin.abs()))
        }
        None => format!("{text}: {measured}"),
    }
}

/// Where throughput ends to grow.
pub(crate) fn knee(knee: Option<&Knee>) -> String {
    let Some(knee) = knee else {
        return "There is no knee: too few steps had answers.".to_owned();
    };
    let plateau = units::rate(knee.plateau);
    if !knee.is_reached {
        let at = units::whole(knee.at);
        return format!(
            "The knee was not reached: up to {at} connections throughput still grew, to {plateau}."
        );
    }
    let [at, low, high] = [knee.at, knee.low, knee.high].map(units::whole);
    let misfit = if knee.misfit > MISFIT_MAX {
        " The steps are far from a hinge: read the chart rather than the number."
    } else {
        ""
    };
    format!(
        "The knee is at {at} connections (95 % interval {low} to {high}): up to there each adds {}, from there on it \
         is {plateau}.{misfit}",
        units::rate(knee.rate),
    )
}

/// A period: `every 1,000 requests: 58 of 60 slow moments (p < 0.001). Likely: …`.
pub(crate) fn period(period: &Period) -> String {
    let every = match period.axis {
        Axis::Index => format!("every {} requests", units::whole(period.period)),
        Axis::Time => format!("every {}", units::seconds(period.period)),
    };
    let multiple = if period.is_multiple_possible { " or a fraction of it" } else { "" };
    let p = if period.p < 0.001 { "p < 0.001".to_owned() } else { format!("p = {:.3}", period.p) };
    let [count, events] = [period.count, period.events].map(units::count);
    format!(
        "{every}{multiple}: {count} of {events} slow moments ({p}). Likely: {}.",
        period.likely_causes()
    )
}

/// The command that would say more, if one would.
pub(crate) fn next_command(run: &Run) -> Option<String> {
    let target = &run.plan.target;
    let is_plain =
        target.chars().all(|c| c.is_ascii_alphanumeric() || "-._~:/?#[]@!+,;=%".contains(c));
    let target = if is_plain { target.clone() } else { "URL".to_owned() };
    let connections = run.totals.asked_connections.max(1);
    let rate = run.totals.achieved_rate;
    Some(match run.judgement.cause {
        Cause::Headroom if run.ladder.is_none() => format!("hubbub load ladder '{target}'"),
        Cause::Headroom => return None,
        Cause::ClientBound => {
            format!("hubbub load run '{target}' --rate {:.0}", (rate / 2.0).max(1.0))
        }
        Cause::HostStarved => "hubbub load selftest".to_owned(),
        Cause::ConcurrencyCapped => {
            format!("hubbub load run '{target}' -c {}", connections.saturating_mul(4))
        }
        Cause::NetworkOrLimit => {
            format!("ulimit -n; hubbub load run '{target}' -c {}", (connections / 2).max(1))
        }
        Cause::ServerCpu
        | Cause::ServerWaiting
        | Cause::Shedding
        | Cause::BothAtMaximum
        | Cause::Unknown => {
            format!("hubbub load ladder '{target}'")
        }
    })
}
