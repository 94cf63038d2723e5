//! What the kernel says of this process, by the names that Prometheus' client libraries share (proc(5)).

use std::fs;

use super::{Page, num, size};

/// Linux tells CPU time in hundredths of a second, whatever its own tick (`USER_HZ`).
const TICKS_PER_SECOND: f64 = 100.0;

/// What nobody says, as elsewhere than on Linux, is left out.
pub(crate) fn process(page: &mut Page) {
    if let Some(seconds) = cpu_seconds() {
        let help = "CPU time in user and in kernel mode.";
        page.plain("counter", "process_cpu_seconds_total", help, seconds);
    }
    if let Some(bytes) = resident_bytes(&read("/proc/self/status")) {
        page.plain("gauge", "process_resident_memory_bytes", "Memory in use.", num(bytes));
    }
    if let Ok(files) = fs::read_dir("/proc/self/fd") {
        page.plain("gauge", "process_open_fds", "Files and sockets.", size(files.count()));
    }
    if let Some(most) = rustix::process::getrlimit(rustix::process::Resource::Nofile).current {
        page.plain("gauge", "process_max_fds", "Files and sockets that it may have.", num(most));
    }
    if let Some(cores) = cores() {
        page.gauge("process_cores", "Processors that it may use.", cores);
    }
}

/// What the process has used of the processors.
pub(crate) fn cpu_seconds() -> Option<f64> {
    cpu_seconds_of(&read("/proc/self/stat"))
}

/// How many processors it may use.
pub(crate) fn cores() -> Option<f64> {
    std::thread::available_parallelism().ok().map(|cores| size(cores.get()))
}

/// `utime` and `stime` are the fields 14 and 15; the name, field 2, may have blanks in it.
fn cpu_seconds_of(stat: &str) -> Option<f64> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some((user + system) / TICKS_PER_SECOND)
}

/// The resident set.
pub(crate) fn resident_bytes(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

#[test]
fn a_process_tells_its_processors_memory_and_files() {
    let mut page = Page::default();
    process(&mut page);
    let text = page.into_text();
    for name in [
        "\nprocess_cpu_seconds_total ",
        "\nprocess_resident_memory_bytes ",
        "\nprocess_open_fds ",
        "\nprocess_max_fds ",
        "\nhubbub_process_cores ",
    ] {
        assert!(text.contains(name), "{name} in {text}");
    }
    assert_eq!(cpu_seconds_of("7 (a b) c) S 1 7 7 0 -1 4194560 100 0 0 0 150 50 0"), Some(2.0));
    assert_eq!(resident_bytes("Name:\ta\nVmRSS:\t   3 kB\n"), Some(3072));
}
