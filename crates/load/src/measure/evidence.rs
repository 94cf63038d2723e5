//! What of a run speaks for or against whom: plain numbers for [`stats::verdict`]. What was not seen is not told.

use stats::verdict::{Client, Evidence, Limits, Server, Traffic};

use super::assemble::per_second;
use super::fault::Fault;
use super::run::{Arrivals, Health, Run, Second, ServerHealth, ServerSource, Step};

/// Of a run that is otherwise whole.
pub(crate) fn of(run: &Run) -> Evidence {
    let seconds = measured(run);
    Evidence {
        client: client(run, seconds),
        traffic: traffic(run),
        limits: limits(run, seconds),
        server: server(run, seconds),
        growth: None,
        slos_kept: (!run.slos.is_empty()).then(|| run.slos.iter().all(|slo| slo.passed)),
    }
}

/// The seconds after the warm-up; all, if there are none.
pub(crate) fn measured(run: &Run) -> &[Second] {
    // Seconds end at whole ones, or a little after.
    let first = run.seconds.partition_point(|second| second.at_s < run.plan.warm_up_s + 0.5);
    if first < run.seconds.len() { &run.seconds[first..] } else { &run.seconds }
}

fn client(run: &Run, seconds: &[Second]) -> Client {
    let is_open = run.plan.arrivals != Arrivals::Closed;
    let mean_of = |figure: fn(&Health) -> f64| mean(seconds, |second| figure(&second.client));
    let worst_of = |figure: fn(&Health) -> f64| worst(seconds, |second| figure(&second.client));
    Client {
        slip_p99_us: (is_open && !run.histograms.slip.0.is_empty())
            .then(|| number(run.histograms.slip.at_us(0.99))),
        loop_lag_p99_us: worst_of(|client| client.loop_lag_ms * 1e3),
        watchdog_gap_ms: worst_of(|client| client.watchdog_gap_ms),
        cpu_cores: mean_of(|client| client.cpu_of_process),
        // A worker cannot use more than its core.
        cpu_allowed_cores: Some(f64::from(run.host.cpus.min(run.plan.workers))),
        run_queue_wait: mean_of(|client| client.run_queue_wait),
        steal: mean_of(|client| client.steal),
        throttled: mean_of(|client| client.throttled),
        pressure: mean_of(|client| client.psi_some_avg10 / 100.0),
    }
}

fn traffic(run: &Run) -> Traffic {
    let times = &run.histograms;
    let of_service =
        |quantile| (!times.service.0.is_empty()).then(|| number(times.service.at_us(quantile)));
    let of_response =
        |quantile| (!times.response.0.is_empty()).then(|| number(times.response.at_us(quantile)));
    let count = |name: &Fault| run.totals.by_error.get(name.name()).copied().unwrap_or(0);
    let status = |status: u16| run.totals.by_status.get(&status).copied().unwrap_or(0);
    let turned_away = status(429) + status(503) + count(&Fault::Reset);
    let all = run.totals.done + run.totals.failed;
    let streams = f64::from(run.plan.streams);
    Traffic {
        asked_rate: run.totals.asked_rate,
        // Answers of any status: what was turned away is told beside it.
        achieved_rate: Some(per_second(run.totals.by_status.values().sum(), run.totals.measured_s)),
        asked_connections: Some(f64::from(run.totals.asked_connections) * streams),
        // Those that serve one request each are open as long as it takes.
        achieved_connections: run
            .plan
            .reuse
            .then(|| f64::from(run.totals.achieved_connections) * streams),
        // In service, by Little's law: what waits for a connection is in none.
        in_flight: (!times.service.0.is_empty())
            .then(|| run.totals.achieved_rate * times.service.0.mean() / 1e6),
        wait_p99_us: (!times.wait.0.is_empty()).then(|| number(times.wait.at_us(0.99))),
        service_p50_us: of_service(0.5),
        service_p99_us: of_service(0.99),
        response_p50_us: of_response(0.5),
        response_p99_us: of_response(0.99),
        response_max_us: of_response(1.0),
        alone_p50_us: run.totals.alone_p50_us.map(number),
        turned_away: (all > 0).then(|| share(turned_away, all)),
    }
}

fn limits(run: &Run, seconds: &[Second]) -> Limits {
    let count = |fault: Fault| run.totals.by_error.get(fault.name()).copied().unwrap_or(0);
    Limits {
        open_files: worst(seconds, |second| number(second.client.open_files)),
        open_files_max: Some(number(run.host.open_files_max)),
        server_files: of_server(seconds, |server| server.open_files.map(number)).reduce(f64::max),
        server_files_max: of_server(seconds, |server| server.open_files_max.map(number)).last(),
        no_port: Some(count(Fault::NoPort)),
        connect_timeouts: Some(count(Fault::ConnectTimeout)),
        backlog_overflows: run.totals.backlog_overflows,
        sent_again: run.totals.sent_again,
        bandwidth: None,
    }
}

fn server(run: &Run, seconds: &[Second]) -> Server {
    let seen: Vec<f64> = seconds.iter().filter_map(|second| Some(second.server?.cpu)).collect();
    let waits: Vec<f64> = of_server(seconds, |server| server.longest_wait).collect();
    let queued: Vec<f64> = of_server(seconds, |server| server.queued).collect();
    let allowed = seconds.iter().find_map(|second| second.server?.allowed_cores).map(f64::from);
    let is_process = |second: &Second| {
        second.server.is_some_and(|server| server.source == ServerSource::Process)
    };
    let is_local = !seconds.is_empty() && seconds.iter().all(is_process);
    Server {
        cpu_cores: average(&seen),
        allowed_cores: allowed.or_else(|| is_local.then(|| f64::from(run.host.cpus))),
        // Of another machine nothing is known but what it says of itself.
        machine_busy: is_local
            .then(|| mean(seconds, |second| second.client.machine_busy))
            .flatten(),
        run_queue_wait: average(&waits),
        queued: average(&queued),
        is_local,
    }
}

/// What is known of the server, second by second.
fn of_server(
    seconds: &[Second],
    figure: impl Fn(ServerHealth) -> Option<f64>,
) -> impl Iterator<Item = f64> {
    seconds.iter().filter_map(move |second| figure(second.server?))
}

/// What is of the whole run becomes what is of some steps of a ladder, all of one number of connections.
pub(crate) fn narrow(evidence: &mut Evidence, steps: &[&Step], streams: f64) {
    let mean = |figure: &dyn Fn(&Step) -> f64| {
        average(&steps.iter().map(|step| figure(step)).collect::<Vec<_>>())
    };
    let most =
        |figure: &dyn Fn(&Step) -> f64| steps.iter().map(|step| figure(step)).reduce(f64::max);
    let of_client = |figure: fn(&Health) -> f64| mean(&|step| figure(&step.client));
    let connections = steps.first().map(|step| f64::from(step.connections) * streams);
    let client = &mut evidence.client;
    client.loop_lag_p99_us = most(&|step| step.client.loop_lag_ms * 1e3);
    client.watchdog_gap_ms = most(&|step| step.client.watchdog_gap_ms);
    client.cpu_cores = of_client(|client| client.cpu_of_process);
    client.run_queue_wait = of_client(|client| client.run_queue_wait);
    client.steal = of_client(|client| client.steal);
    client.throttled = of_client(|client| client.throttled);
    let traffic = &mut evidence.traffic;
    traffic.achieved_rate =
        mean(&|step| average(&step.throughput_batches).unwrap_or(0.0) + step.failed_rate);
    traffic.asked_connections = connections;
    traffic.achieved_connections = connections;
    traffic.in_flight = connections;
    traffic.service_p50_us = mean(&|step| number(step.response_us[0]));
    traffic.service_p99_us = mean(&|step| number(step.response_us[2]));
    traffic.response_p50_us = traffic.service_p50_us;
    traffic.response_p99_us = traffic.service_p99_us;
    traffic.response_max_us = most(&|step| number(step.response_us[3]));
    let of_server: Vec<f64> = steps.iter().filter_map(|step| Some(step.server?.cpu)).collect();
    evidence.server.cpu_cores = average(&of_server);
    let waits: Vec<f64> = steps.iter().filter_map(|step| step.server?.longest_wait).collect();
    evidence.server.run_queue_wait = average(&waits);
    evidence.server.machine_busy =
        evidence.server.machine_busy.and_then(|_| of_client(|client| client.machine_busy));
}

fn mean(seconds: &[Second], figure: impl Fn(&Second) -> f64) -> Option<f64> {
    average(&seconds.iter().map(figure).collect::<Vec<f64>>())
}

fn worst(seconds: &[Second], figure: impl Fn(&Second) -> f64) -> Option<f64> {
    seconds.iter().map(figure).reduce(f64::max)
}

#[expect(clippy::cast_precision_loss, reason = "a run has few seconds")]
fn average(figures: &[f64]) -> Option<f64> {
    (!figures.is_empty()).then(|| figures.iter().sum::<f64>() / figures.len() as f64)
}

/// A share of it, of all.
pub(crate) fn share(part: u64, all: u64) -> f64 {
    if all == 0 { 0.0 } else { number(part) / number(all) }
}

#[expect(clippy::cast_precision_loss, reason = "counts and µs are far below 2^53")]
pub(crate) fn number(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests;
