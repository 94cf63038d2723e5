//! Uses a core, in a process of its own, so that little of it is left for the generator.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use crate::measure::refusal::Refusal;

/// Longer than requests are made, should nobody end it.
const SECONDS: &str = "15";

/// Threads that share the core with the generator: it gets a quarter.
const THREADS: usize = 3;

/// Ends with what it is for.
pub(super) struct Burning(Child);

/// Keeps this thread, and what it starts from now on, to the first core that it may use.
pub(super) fn keep_to_one_core() -> Result<(), Refusal> {
    let wrong = |why: rustix::io::Errno| Refusal::io(format!("no core to share: {why}"));
    let allowed = sched_getaffinity(None).map_err(wrong)?;
    let first = (0..CpuSet::MAX_CPU).find(|&core| allowed.is_set(core)).unwrap_or(0);
    let mut one = CpuSet::new();
    one.set(first);
    sched_setaffinity(None, &one).map_err(wrong)
}

/// Starts it.
pub(super) fn begin() -> Result<Burning, Refusal> {
    let wrong = |why: std::io::Error| Refusal::io(format!("nothing starves the generator: {why}"));
    let program = std::env::current_exe().map_err(wrong)?;
    let burning = Command::new(program)
        .args(["load", "selftest", "--burn", SECONDS])
        .stdout(Stdio::null())
        .spawn();
    burning.map(Burning).map_err(wrong)
}

impl Drop for Burning {
    fn drop(&mut self) {
        // If it is gone already, so much the better.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Uses what cores it may for so long.
pub(super) fn burn(time: Duration) {
    let until = Instant::now() + time;
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(move || while Instant::now() < until {});
        }
    });
}
