//! Each of several processes that made the requests, with how it fared.

use crate::measure::run::Run;
use crate::report::units;

/// What is told of each.
pub(crate) const PROCESS: [&str; 8] = [
    "generator process",
    "connections",
    "due",
    "done",
    "CPU",
    "run queue",
    "stood still",
    "slip p99",
];

/// A row each; none if there was one process. Shares and times are of its worst second.
pub(crate) fn processes(run: &Run) -> Vec<[String; PROCESS.len()]> {
    let rows = run.processes.iter().enumerate().map(|(place, process)| {
        let [connections, due, done] =
            [process.connections.into(), process.offered, process.done].map(units::count);
        [
            format!("{} (pid {})", place + 1, process.pid),
            connections,
            due,
            done,
            units::seconds(process.cpu_s),
            units::share(process.worst.run_queue_wait),
            units::seconds(process.worst.watchdog_gap_ms / 1e3),
            units::time_us(process.worst.slip_p99_us),
        ]
    });
    rows.collect()
}

#[test]
fn each_process_is_told_with_its_worst_second() {
    let mut run = crate::report::sample::healthy();
    assert!(processes(&run).is_empty());
    let worst = crate::measure::run::Health { run_queue_wait: 0.25, ..Default::default() };
    let process = crate::measure::run::Process {
        pid: 7,
        connections: 20_000,
        offered: 9,
        done: 8,
        failed: 1,
        cpu_s: 1.5,
        worst,
    };
    run.processes = vec![process; 2];
    let rows = processes(&run);
    assert_eq!(rows[1][..6], ["2 (pid 7)", "20,000", "9", "8", "1.50 s", "25.0 %"]);
    let text = crate::report::text::text(&run, crate::report::text::Look::Bare);
    assert!(text.contains("2 (pid 7)") && text.contains("by 2 processes"), "{text}");
    let html = crate::report::html::html(&run);
    assert!(html.contains("2 (pid 7)"), "{html}");
}
