//! What the machine says of itself and of a process: load, CPU, memory, bytes to the disk.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

/// Linux tells processes in hundredths of a second, whatever its own tick (`USER_HZ`, proc(5)).
const TICKS_PER_SECOND: f64 = 100.0;

/// Bytes of a sector in `/proc/diskstats`, whatever the disk's own.
const SECTOR_BYTES: u64 = 512;

/// The load average of the last minute.
pub(super) fn load() -> f64 {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().and_then(|load| load.parse().ok()).unwrap_or(f64::NAN)
}

/// CPU seconds of a process, in user and in kernel mode.
pub(super) fn cpu_seconds(pid: u32) -> Result<f64> {
    // utime and stime are 14 and 15.
    ticks(&pid.to_string(), 11)
}

/// Two neighbours of the times in `/proc/PID/stat`, in seconds; `skip` counts the fields between them and the name.
fn ticks(process: &str, skip: usize) -> Result<f64> {
    let stat = read(&format!("/proc/{process}/stat"))?;
    // The name, field 2, may have blanks in it.
    let rest = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks: Vec<f64> =
        rest.split_whitespace().skip(skip).take(2).filter_map(|tick| tick.parse().ok()).collect();
    anyhow::ensure!(ticks.len() == 2, "/proc/{process}/stat has no times");
    Ok((ticks[0] + ticks[1]) / TICKS_PER_SECOND)
}

/// CPU seconds of all processes that this one has started and seen the end of.
pub(super) fn children_cpu_seconds() -> Result<f64> {
    // cutime and cstime are 16 and 17.
    ticks("self", 13)
}

/// The processes that a process has started and that still run.
pub(super) fn children(pid: u32) -> Result<Vec<u32>> {
    let text = read(&format!("/proc/{pid}/task/{pid}/children"))?;
    Ok(text.split_whitespace().filter_map(|pid| pid.parse().ok()).collect())
}

/// Bytes of memory that a process has held at most so far.
pub(super) fn peak_memory_bytes(pid: u32) -> Result<u64> {
    let status = read(&format!("/proc/{pid}/status"))?;
    Ok(field(&status, "VmHWM:").context("/proc: no VmHWM")? * 1024)
}

/// Bytes of memory that a process holds (resident set).
pub(super) fn memory_bytes(pid: u32) -> Result<u64> {
    let status = read(&format!("/proc/{pid}/status"))?;
    Ok(field(&status, "VmRSS:").context("/proc: no VmRSS")? * 1024)
}

/// Bytes that a device took, whoever wrote them. (What `/proc/PID/io` says of one process is no use
/// here: of a large folio it counts all bytes when one page of it is written.)
pub(super) fn device_bytes(device: &str) -> Result<u64> {
    let stats = read("/proc/diskstats")?;
    sectors_written(&stats, device)
        .map(|sectors| sectors * SECTOR_BYTES)
        .with_context(|| format!("/proc/diskstats does not know {device}"))
}

/// The device on which a folder lies, as `/proc/diskstats` names it; none for a file system without one.
pub(super) fn device_of(folder: &Path) -> Option<String> {
    let said = Command::new("df").args(["--output=source"]).arg(folder).output().ok()?;
    let said = String::from_utf8(said.stdout).ok()?;
    let device = said.lines().nth(1)?.trim().strip_prefix("/dev/")?.to_owned();
    device_bytes(&device).ok().map(|_| device)
}

/// Date, processors and commit: the conditions of a figure.
pub(super) fn conditions() -> serde_json::Value {
    let said = |program: &str, arguments: &[&str]| {
        let said = Command::new(program)
            .args(arguments)
            .current_dir(crate::binary::root())
            .output()
            .ok()
            .filter(|said| said.status.success())?;
        Some(String::from_utf8_lossy(&said.stdout).trim().to_owned())
    };
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    serde_json::json!({
        "date": said("date", &["-u", "+%Y-%m-%dT%H:%MZ"]),
        "commit": said("git", &["describe", "--always", "--dirty"]),
        "kernel": said("uname", &["-r"]),
        "cpu": model.map(|(_, model)| model),
        "cpus": std::thread::available_parallelism().map_or(0, usize::from),
        "load": load(),
    })
}

fn read(path: &str) -> Result<String> {
    fs::read_to_string(path).with_context(|| path.to_owned())
}

/// The number behind a name, one a line.
fn field(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Field 10 of a line: major, minor, name, reads …, writes, merged, sectors written.
fn sectors_written(stats: &str, device: &str) -> Option<u64> {
    let mut lines = stats.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    lines.find(|line| line.get(2) == Some(&device))?.get(9)?.parse().ok()
}

#[test]
fn the_kernel_is_read_as_it_writes() {
    assert_eq!(field("Name:\ta\nVmRSS:\t   1024 kB\n", "VmRSS:"), Some(1024));
    let stats = " 254 0 vda 1 2 3 4 5 6 77 8 0 9 10\n 254 1 vda1 1 2 3 4 5 6 78 8 0 9 10\n";
    assert_eq!(sectors_written(stats, "vda1"), Some(78));
    assert_eq!(sectors_written(stats, "sda"), None);
}

#[test]
fn this_process_is_seen() {
    let me = std::process::id();
    assert!(cpu_seconds(me).unwrap() >= 0.0);
    assert!(memory_bytes(me).unwrap() > 0);
    assert!(load() >= 0.0);
}
