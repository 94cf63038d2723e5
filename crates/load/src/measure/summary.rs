//! What is told while it is measured: steps of a ladder, line by line.

use super::evidence::number;
use super::run::{Direction, Step};

/// One step in one line.
pub(crate) fn of_step(step: &Step) -> String {
    let batches = &step.throughput_batches;
    let mean = batches.iter().sum::<f64>() / number(batches.len().max(1) as u64);
    let [p50, _, p99, max] = step.response_us.map(millis);
    let direction = match step.direction {
        Direction::Up => "up",
        Direction::Down => "down",
        Direction::Around => "around",
    };
    let server = step.server.map(|server| format!("  server {:.2} cores", server.cpu));
    format!(
        "{direction:<6} {:>6} connections  {mean:>10.1}/s  failed {:>8.1}/s  p50 {p50:.2}  p99 {p99:.2}  \
         max {max:.2} ms  generator {:.2} cores{}\n",
        step.connections,
        step.failed_rate,
        step.client.cpu_of_process,
        server.unwrap_or_default()
    )
}

fn millis(us: u64) -> f64 {
    std::time::Duration::from_micros(us).as_secs_f64() * 1e3
}

/// To standard output.
#[expect(clippy::print_stdout, reason = "a command's result")]
pub(crate) fn say(text: &str) {
    print!("{text}");
}
