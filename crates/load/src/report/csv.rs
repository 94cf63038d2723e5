//! `.csv`: each second of a run is a row, for spreadsheets and notebooks.

use anyhow::Result;

use crate::measure::run::{Run, Second};

/// The columns. Tools know them by name: new ones go to the end.
pub(crate) const COLUMNS: [&str; 36] = [
    "at_s",
    "offered",
    "started",
    "done",
    "failed",
    "in_flight",
    "bytes_in",
    "response_p50_us",
    "response_p90_us",
    "response_p99_us",
    "response_max_us",
    "slip_p99_us",
    "wait_p99_us",
    "client_cpu",
    "client_run_queue_wait",
    "client_psi_some_avg10",
    "client_steal",
    "client_throttled",
    "client_involuntary_switches",
    "client_watchdog_gap_ms",
    "client_loop_lag_ms",
    "client_open_files",
    "server_processes",
    "server_cpu",
    "server_busiest_thread_cpu",
    "server_run_queue_wait",
    "server_memory_bytes",
    "server_open_files",
    "server_queued",
    "is_warm_up",
    "asked_rate",
    "run",
    "target",
    "heard",
    "delivery_p50_us",
    "delivery_p99_us",
];

/// The content of the file: a heading and a row a second. What is not known is empty.
///
/// # Errors
/// A writer in memory that fails, which is a bug.
pub(crate) fn csv(run: &Run) -> Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(COLUMNS)?;
    for second in &run.seconds {
        writer.write_record(row(run, second))?;
    }
    Ok(writer.into_inner()?)
}

fn row(run: &Run, second: &Second) -> [String; COLUMNS.len()] {
    let [p50, p90, p99, max] = second.response_us;
    let [delivery_p50, _, delivery_p99, _] = second.delivery_us;
    let of_heard = |figure: u64| known(run.totals.reach.map(|_| figure));
    let client = &second.client;
    let server = second.server.as_ref();
    let is_warm_up = second.at_s <= run.totals.warm_up_excluded_s;
    [
        second.at_s.to_string(),
        second.offered.to_string(),
        second.started.to_string(),
        second.done.to_string(),
        second.failed.to_string(),
        second.in_flight.to_string(),
        second.bytes_in.to_string(),
        p50.to_string(),
        p90.to_string(),
        p99.to_string(),
        max.to_string(),
        second.slip_p99_us.to_string(),
        second.wait_p99_us.to_string(),
        client.cpu_of_process.to_string(),
        client.run_queue_wait.to_string(),
        client.psi_some_avg10.to_string(),
        client.steal.to_string(),
        client.throttled.to_string(),
        client.involuntary_switches.to_string(),
        client.watchdog_gap_ms.to_string(),
        client.loop_lag_ms.to_string(),
        client.open_files.to_string(),
        known(server.map(|server| server.processes)),
        known(server.map(|server| server.cpu)),
        known(server.and_then(|server| server.busiest_thread_cpu)),
        known(server.and_then(|server| server.run_queue_wait)),
        known(server.map(|server| server.memory_bytes)),
        known(server.and_then(|server| server.open_files)),
        known(server.and_then(|server| server.queued)),
        u8::from(is_warm_up).to_string(),
        known(run.totals.asked_rate),
        run.id.clone(),
        run.plan.target.clone(),
        of_heard(second.heard),
        of_heard(delivery_p50),
        of_heard(delivery_p99),
    ]
}

fn known(value: Option<impl ToString>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

#[cfg(test)]
mod tests;
