//! What a process costs: CPU time and memory, as Linux tells them.

use std::fs;

use anyhow::{Context, Result};

/// Linux tells processes in hundredths of a second, whatever its own tick (`USER_HZ`, proc(5)).
const TICKS_PER_SECOND: f64 = 100.0;

/// CPU seconds of this process, in user and in kernel mode.
pub(crate) fn seconds() -> Result<f64> {
    seconds_of(std::process::id())
}

/// CPU seconds of a process, all its threads, in user and in kernel mode.
pub(crate) fn seconds_of(pid: u32) -> Result<f64> {
    let path = format!("/proc/{pid}/stat");
    let stat = fs::read_to_string(&path).with_context(|| path.clone())?;
    ticks(&stat).with_context(|| format!("{path}: no utime and stime"))
}

/// Bytes of memory that a process holds (resident set).
pub(crate) fn memory_bytes(pid: u32) -> Result<u64> {
    let path = format!("/proc/{pid}/status");
    let status = fs::read_to_string(&path).with_context(|| path.clone())?;
    resident(&status).with_context(|| format!("{path}: no VmRSS"))
}

/// `utime` and `stime` are the fields 14 and 15; the name, field 2, may have blanks in it.
fn ticks(stat: &str) -> Option<f64> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some((user + system) / TICKS_PER_SECOND)
}

fn resident(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib * 1024)
}

#[test]
fn a_name_with_blanks_confuses_nobody() {
    let stat = "7 (a b) c) S 1 7 7 0 -1 4194560 100 0 0 0 150 50 0 0 20 0 1 0 100";
    assert_eq!(ticks(stat), Some(2.0));
    assert_eq!(ticks("7 (a) S 1"), None);
    assert_eq!(resident("Name:\ta\nVmRSS:\t   3 kB\n"), Some(3072));
}
