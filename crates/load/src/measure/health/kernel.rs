//! What Linux tells of processes and of the machine (proc(5), cgroups(7)). What it does not tell is 0.

use std::collections::BTreeMap;
use std::fs;

/// CPU time and run-queue wait of each thread of a process, in ns.
#[derive(Debug, Clone, Default)]
pub(crate) struct Threads(BTreeMap<u32, (u64, u64)>);

/// What threads spent between two looks.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Spent {
    /// CPU seconds of all.
    pub(crate) cpu_s: f64,
    /// CPU seconds of the busiest.
    pub(crate) busiest_cpu_s: f64,
    /// Seconds that all were ready to run and did not.
    pub(crate) wait_s: f64,
    /// The same, of the one that waited longest.
    pub(crate) longest_wait_s: f64,
}

/// The threads of a process; nothing if it is gone or not ours to see.
pub(crate) fn threads_of(pid: u32) -> Option<Threads> {
    let mut threads = BTreeMap::new();
    for entry in fs::read_dir(format!("/proc/{pid}/task")).ok()?.flatten() {
        let Some(number) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        // A thread may end between the list and the look.
        if let Ok(text) = fs::read_to_string(entry.path().join("schedstat")) {
            threads.extend(schedstat(&text).map(|spent| (number, spent)));
        }
    }
    Some(Threads(threads))
}

impl Threads {
    /// All but that one.
    pub(super) fn without(mut self, number: u32) -> Self {
        self.0.remove(&number);
        self
    }

    /// What was spent since; threads that ended meanwhile are left out.
    pub(crate) fn since(&self, before: &Self) -> Spent {
        let mut spent = Spent::default();
        for (number, (cpu_ns, wait_ns)) in &self.0 {
            let (cpu_before, wait_before) = before.0.get(number).copied().unwrap_or_default();
            let cpu_s = seconds(cpu_ns.saturating_sub(cpu_before));
            let wait_s = seconds(wait_ns.saturating_sub(wait_before));
            spent.cpu_s += cpu_s;
            spent.busiest_cpu_s = spent.busiest_cpu_s.max(cpu_s);
            spent.wait_s += wait_s;
            spent.longest_wait_s = spent.longest_wait_s.max(wait_s);
        }
        spent
    }
}

#[expect(clippy::cast_precision_loss, reason = "differences of seconds are far below 2^53 ns")]
fn seconds(ns: u64) -> f64 {
    ns as f64 / 1e9
}

fn schedstat(text: &str) -> Option<(u64, u64)> {
    let mut fields = text.split_whitespace().map(str::parse);
    Some((fields.next()?.ok()?, fields.next()?.ok()?))
}

/// How often threads of this process were made to give their core away.
pub(super) fn involuntary_switches() -> u64 {
    let Ok(tasks) = fs::read_dir("/proc/self/task") else { return 0 };
    let of = |text: String| value(&text, "nonvoluntary_ctxt_switches:").unwrap_or(0);
    tasks
        .flatten()
        .filter_map(|task| fs::read_to_string(task.path().join("status")).ok())
        .map(of)
        .sum()
}

/// Percent of the last 10 s in which some thread of the machine waited for a core.
pub(super) fn psi_some_avg10() -> f64 {
    psi(&read("/proc/pressure/cpu")).unwrap_or(0.0)
}

fn psi(text: &str) -> Option<f64> {
    let some = text.lines().find_map(|line| line.strip_prefix("some "))?;
    some.split_whitespace().find_map(|field| field.strip_prefix("avg10="))?.parse().ok()
}

/// Ticks of the whole machine.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Ticks {
    /// Nothing ran.
    pub(super) idle: u64,
    /// Its hypervisor gave them to others.
    pub(super) stolen: u64,
    pub(super) all: u64,
}

impl Ticks {
    pub(super) fn since(self, before: Self) -> Self {
        Self {
            idle: self.idle.saturating_sub(before.idle),
            stolen: self.stolen.saturating_sub(before.stolen),
            all: self.all.saturating_sub(before.all),
        }
    }
}

/// Since the machine's start.
pub(super) fn machine_ticks() -> Ticks {
    ticks(&read("/proc/stat")).unwrap_or_default()
}

fn ticks(text: &str) -> Option<Ticks> {
    let cpu = text.lines().next()?.strip_prefix("cpu ")?;
    // The last two, guests', are in the first two already.
    let fields: Vec<u64> =
        cpu.split_whitespace().take(8).filter_map(|text| text.parse().ok()).collect();
    let idle = fields.get(3)? + fields.get(4)?;
    Some(Ticks { idle, stolen: *fields.get(7)?, all: fields.iter().sum() })
}

/// µs that this control group was throttled, since ever.
pub(super) fn throttled_us() -> u64 {
    let group = read("/proc/self/cgroup");
    let path = group.lines().find_map(|line| line.strip_prefix("0::")).unwrap_or("/");
    let of_group = read(&format!("/sys/fs/cgroup{}/cpu.stat", path.trim_end_matches('/')));
    // In a container the group's own path may not be seen, and its root is what limits.
    let text = if of_group.is_empty() { read("/sys/fs/cgroup/cpu.stat") } else { of_group };
    value(&text, "throttled_usec").unwrap_or(0)
}

/// Files and sockets of this process.
pub(super) fn open_files() -> u64 {
    open_files_at("/proc/self/fd")
}

fn open_files_at(path: &str) -> u64 {
    // Since Linux 6.2 the size of the folder is their number; before, it is 0.
    match fs::metadata(path).map(|folder| folder.len()) {
        Ok(0) | Err(_) => fs::read_dir(path).map_or(0, |files| files.count() as u64),
        Ok(count) => count,
    }
}

/// Files and sockets of a process, and how many it may have; nothing if it is not ours to see.
pub(crate) fn files_of(pid: u32) -> Option<(u64, u64)> {
    let open = fs::read_dir(format!("/proc/{pid}/fd")).ok()?.count() as u64;
    let limits = read(&format!("/proc/{pid}/limits"));
    Some((open, value(&limits, "Max open files")?))
}

/// Cores that a process may run on.
pub(crate) fn allowed_cores(pid: u32) -> Option<u32> {
    let status = read(&format!("/proc/{pid}/status"));
    let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
    listed(list.trim())
}

/// How many are in a list such as `0-3,8`.
fn listed(list: &str) -> Option<u32> {
    let count = |range: &str| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (first, last): (u32, u32) = (first.parse().ok()?, last.parse().ok()?);
        Some(last.checked_sub(first)? + 1)
    };
    list.split(',').map(count).sum()
}

/// Ports that connections of one address may have.
pub(crate) fn local_ports() -> Option<u32> {
    let text = read("/proc/sys/net/ipv4/ip_local_port_range");
    let mut ends = text.split_whitespace().map(str::parse::<u32>);
    let (first, last) = (ends.next()?.ok()?, ends.next()?.ok()?);
    Some(last.checked_sub(first)? + 1)
}

/// What the kernel counts of all TCP of this machine.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Segments {
    pub(crate) sent: u64,
    pub(crate) sent_again: u64,
    /// Connections that were dropped because a backlog was full.
    pub(crate) overflows: u64,
}

/// Since the machine's start.
pub(crate) fn segments() -> Segments {
    let (basic, more) = (read("/proc/net/snmp"), read("/proc/net/netstat"));
    let of_tcp = |name| column(&basic, "Tcp:", name).unwrap_or(0);
    Segments {
        sent: of_tcp("OutSegs"),
        sent_again: of_tcp("RetransSegs"),
        overflows: column(&more, "TcpExt:", "ListenOverflows").unwrap_or(0),
    }
}

/// Of two lines that begin alike: the first has names, the second numbers.
fn column(text: &str, begins: &str, name: &str) -> Option<u64> {
    let mut lines = text.lines().filter(|line| line.starts_with(begins));
    let names = lines.next()?.split_whitespace();
    let (_, number) =
        names.zip(lines.next()?.split_whitespace()).find(|(found, _)| *found == name)?;
    number.parse().ok()
}

pub(super) fn cpu_model() -> String {
    let text = read("/proc/cpuinfo");
    let model = text.lines().find_map(|line| line.strip_prefix("model name"));
    model.map_or_else(String::new, |model| model.trim_start_matches([' ', '\t', ':']).to_owned())
}

pub(super) fn release() -> String {
    read("/proc/sys/kernel/osrelease").trim().to_owned()
}

pub(super) fn memory_bytes() -> u64 {
    value(&read("/proc/meminfo"), "MemTotal:").unwrap_or(0) * 1024
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// The number after a name at the beginning of a line.
fn value(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests;
