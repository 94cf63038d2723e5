//! Two profiles of a process: what its threads wait for, and what the processors do for it.
//!
//! The first is asked of the kernel (`/proc/PID/task/*/wchan`), the second of `perf`, where that is installed and allowed.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::rc::Rc;

use anyhow::Result;

use crate::bench::process::{Output, Process};
use crate::guardian::Guardian;

/// Samples a second; odd, so that nothing that ticks hides from it.
const HERTZ: u32 = 197;
/// Lines of what is hot.
const HOT: usize = 6;

/// How many threads of a process are where: running, or the function of the kernel in which they sleep.
pub(super) fn threads(pid: u32) -> Result<BTreeMap<String, usize>> {
    let mut found = BTreeMap::new();
    for task in std::fs::read_dir(format!("/proc/{pid}/task"))? {
        // A thread may end meanwhile.
        let Ok(place) = std::fs::read_to_string(task?.path().join("wchan")) else { continue };
        let place = if place == "0" { "running".to_owned() } else { place };
        *found.entry(place).or_default() += 1;
    }
    Ok(found)
}

/// `perf record` of a process for so long; nothing where there is none.
pub(super) fn record(
    guardian: &Rc<Guardian>,
    pid: u32,
    seconds: u64,
    folder: &Path,
) -> Option<Process> {
    let line = format!(
        "record -q -F {HERTZ} -g -o {} -p {pid} -- sleep {seconds}",
        folder.join("perf.data").display()
    );
    let arguments: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    let log = folder.join("perf.log");
    Process::start(guardian, Path::new("perf"), &arguments, &log, &Output::Log).ok()
}

/// The functions that took most of the processors' time in a recording: share in percent and name.
pub(super) fn hot(folder: &Path) -> Vec<(f64, String)> {
    let said = Command::new("perf")
        .args(["report", "--stdio", "--no-children", "-g", "none", "--sort", "symbol", "-i"])
        .arg(folder.join("perf.data"))
        .output();
    let said = said.map(|said| String::from_utf8_lossy(&said.stdout).into_owned());
    said.map_or_else(|_| Vec::new(), |said| parse(&said))
}

/// `    12.34%  [k] tcp_sendmsg`, most first.
fn parse(said: &str) -> Vec<(f64, String)> {
    let line = |line: &str| {
        let (share, rest) = line.trim().split_once('%')?;
        let (kind, name) = rest.trim().split_once(' ')?;
        let of = if kind == "[k]" { "kernel" } else { "service" };
        // Behind the name there may be more columns.
        let name = without_hash(name.trim().split("  ").next()?);
        Some((share.parse().ok()?, format!("{name} ({of})")))
    };
    said.lines().filter_map(line).take(HOT).collect()
}

/// Rust's mangled names end with `::h` and a hash.
fn without_hash(name: &str) -> &str {
    let cut = name.rsplit_once("::h");
    let cut = cut.filter(|(_, hash)| hash.chars().all(|digit| digit.is_ascii_hexdigit()));
    cut.map_or(name, |(name, _)| name)
}

#[test]
fn what_is_hot_is_read_as_perf_says_it() {
    let said = "# comment\n\n    41.50%  [k] finish_task_switch     -      - \n     7.25%  [.] hyper::proto::h1::role::parse::h0123\n";
    let kernel = (41.5, "finish_task_switch (kernel)".to_owned());
    let service = (7.25, "hyper::proto::h1::role::parse (service)".to_owned());
    assert_eq!(parse(said), [kernel, service]);
}

#[test]
fn the_threads_of_this_process_are_seen() {
    let threads = threads(std::process::id()).unwrap();
    assert!(threads.values().sum::<usize>() >= 1, "{threads:?}");
}
