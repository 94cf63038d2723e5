//! What a request costs the one who makes it: `hubbub load` beside wrk, oha and hey, against one nginx.
//!
//! nginx counts the requests, not the tools; the CPU time is the kernel's, of the tool alone. Rounds take the
//! tools in turn, so that what the machine does meanwhile falls on all of them.

use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::figure::{Report, median};
use super::process::{Output, Process};
use super::server::{free_address, get};
use super::workshop::Workshop;
use super::{BenchArgs, machine, pace, page};
use crate::binary;

/// Connections of every tool.
const CONNECTIONS: u64 = 50;

/// Requests a second, of tools that can be told.
const RATE: u64 = 50_000;

/// What is promised of `hubbub load`: requests a second of its CPU, as fast as answered and at the rate; and the slip.
const CLOSED_PER_CPU_S: f64 = 90_000.0;
const OPEN_PER_CPU_S: f64 = 80_000.0;
const SLIP_P99_MS: f64 = 1.0;
/// And its memory: of the process, and of a connection.
const MEMORY_MIB: f64 = 40.0 + 50.0 * 10.0 / 1024.0;

/// From the start of nginx to its open port.
const OPEN_WITHIN: Duration = Duration::from_secs(10);
/// How long oha may take to be built.
const INSTALLED_WITHIN: Duration = Duration::from_secs(40 * 60);
/// How often a running tool is looked at.
const LOOK: Duration = Duration::from_millis(50);

/// Who asks, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Hubbub,
    HubbubAtRate,
    Wrk,
    Oha,
    OhaAtRate,
    Hey,
}

/// All of them, in the order of the table.
const WAYS: [Way; 6] =
    [Way::Hubbub, Way::HubbubAtRate, Way::Wrk, Way::Oha, Way::OhaAtRate, Way::Hey];

/// What one run of a tool took.
#[derive(Debug, Clone, Copy)]
struct Taken {
    requests: f64,
    seconds: f64,
    client_cpu_s: f64,
    nginx_cpu_s: f64,
    peak_bytes: f64,
    /// Only `hubbub load` says it.
    slip_p99_ms: Option<f64>,
}

impl Way {
    /// As the table calls it.
    fn text(self) -> &'static str {
        match self {
            Self::Hubbub => "hubbub load",
            Self::HubbubAtRate => "hubbub load, at a rate",
            Self::Wrk => "wrk",
            Self::Oha => "oha",
            Self::OhaAtRate => "oha, at a rate",
            Self::Hey => "hey",
        }
    }

    fn is_hubbub(self) -> bool {
        matches!(self, Self::Hubbub | Self::HubbubAtRate)
    }

    /// Its program and its arguments.
    fn line(self, workshop: &Workshop, tools: &Path, url: &str, seconds: u64) -> (PathBuf, String) {
        let all = format!("-c {CONNECTIONS}");
        let run = run_file(workshop).display().to_string();
        let hubbub =
            format!("load run {url} {all} -d {seconds}s --warm-up 0s --plain --no-probe -o {run}");
        let oha = format!("--no-tui --output-format json -z {seconds}s {all}");
        let (program, line) = match self {
            Self::Hubbub => (workshop.binary.clone(), hubbub),
            Self::HubbubAtRate => (workshop.binary.clone(), format!("{hubbub} --rate {RATE}")),
            Self::Wrk => ("wrk".into(), format!("-t 1 {all} -d {seconds}s --latency {url}")),
            Self::Oha => (tools.join("bin/oha"), format!("{oha} {url}")),
            Self::OhaAtRate => {
                (tools.join("bin/oha"), format!("{oha} -q {RATE} --latency-correction {url}"))
            }
            Self::Hey => ("hey".into(), format!("-z {seconds}s {all} {url}")),
        };
        (program, line)
    }
}

pub(super) fn run(workshop: &Workshop, args: &BenchArgs, report: &mut Report) -> Result<()> {
    let (rounds, seconds) = if args.quick { (1, 1) } else { (3, 10) };
    let rounds = args.rounds.unwrap_or(rounds);
    let tools = install(workshop)?;
    let load_before = machine::load();
    let nginx = Nginx::start(workshop)?;
    let mut taken: Vec<(Way, Taken)> = Vec::new();
    for round in 1..=rounds {
        for way in WAYS {
            let one = measure(workshop, &nginx, &tools, way, seconds)
                .with_context(|| way.text().to_owned())?;
            report.say(&format!("round {round}: {}", row(way, &[one])));
            report.detail(one.to_json(way));
            taken.push((way, one));
        }
    }
    let of = |way: Way| -> Vec<Taken> {
        taken.iter().filter(|(of, _)| *of == way).map(|(_, one)| *one).collect()
    };
    figures(report, of);
    let mut table = format!("{}\n\n{HEAD}", report.conditions_line(load_before, rounds));
    for way in WAYS {
        table.push_str(&format!("{}\n", row(way, &of(way))));
    }
    report.say(&format!("\n{table}"));
    if args.plot && !args.quick {
        page::write("tools", &table)?;
        report.say(&format!("written to {}", page::PAGE));
    }
    Ok(())
}

const HEAD: &str = "\
| tool | requests/s | requests a second of its CPU | nginx' CPU a request | peak RSS | slip p99 |
|---|---|---|---|---|---|
";

fn figures(report: &mut Report, of: impl Fn(Way) -> Vec<Taken>) {
    // The harness knows only "at most": what a request may cost says the same.
    for (way, name, most) in [
        (Way::Hubbub, "closed_cpu_per_request", CLOSED_PER_CPU_S),
        (Way::HubbubAtRate, "open_cpu_per_request", OPEN_PER_CPU_S),
    ] {
        let cost = 1e6 / middle(&of(way), Taken::per_cpu_second);
        report.figure(
            name,
            (cost, "us"),
            Some(1e6 / most),
            format!("{:.0} a CPU second", 1e6 / cost),
        );
    }
    let open = of(Way::HubbubAtRate);
    let slip = middle(&open, |one| one.slip_p99_ms.unwrap_or_default());
    report.figure("slip_p99", (slip, "ms"), Some(SLIP_P99_MS), format!("at {RATE}/s"));
    let peak = middle(&open, |one| one.peak_bytes / 1_048_576.0);
    report.figure(
        "peak_memory",
        (peak, "MiB"),
        Some(MEMORY_MIB),
        format!("{CONNECTIONS} connections"),
    );
}

/// A line of the table.
fn row(way: Way, taken: &[Taken]) -> String {
    let slip = taken
        .iter()
        .all(|one| one.slip_p99_ms.is_some())
        .then(|| middle(taken, |one| one.slip_p99_ms.unwrap_or_default()));
    format!(
        "| {} | {:.0} | {:.0} | {:.1} µs | {:.0} MiB | {} |",
        way.text(),
        middle(taken, |one| one.requests / one.seconds),
        middle(taken, Taken::per_cpu_second),
        middle(taken, |one| one.nginx_cpu_s / one.requests * 1e6),
        middle(taken, |one| one.peak_bytes / 1_048_576.0),
        slip.map_or("–".to_owned(), |slip| format!("{slip:.2} ms")),
    )
}

fn middle(taken: &[Taken], of: impl Fn(&Taken) -> f64) -> f64 {
    median(&taken.iter().map(of).collect::<Vec<_>>())
}

impl Taken {
    fn per_cpu_second(&self) -> f64 {
        self.requests / self.client_cpu_s
    }

    fn to_json(self, way: Way) -> Value {
        json!({
            "tool": way.text(),
            "requests": self.requests,
            "seconds": self.seconds,
            "client_cpu_s": self.client_cpu_s,
            "nginx_cpu_s": self.nginx_cpu_s,
            "peak_bytes": self.peak_bytes,
            "slip_p99_ms": self.slip_p99_ms,
        })
    }
}

/// Runs a tool once.
fn measure(
    workshop: &Workshop,
    nginx: &Nginx,
    tools: &Path,
    way: Way,
    seconds: u64,
) -> Result<Taken> {
    let url = format!("http://{}/", nginx.address);
    let (program, line) = way.line(workshop, tools, &url, seconds);
    let arguments: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    let log = workshop.folder().join("tool.log");
    let (before, nginx_before) = (nginx.requests()?, nginx.cpu_seconds()?);
    let children_before = machine::children_cpu_seconds()?;
    let began = Instant::now();
    let mut process = Process::start(&workshop.guardian, &program, &arguments, &log, &Output::Log)?;
    let until = began + Duration::from_secs(seconds + 30);
    let mut peak_bytes = 0;
    let ended = loop {
        if let Some(ended) = process.wait(LOOK)? {
            break ended;
        }
        // The last look before it ends is near enough: it grows at its beginning.
        peak_bytes = machine::peak_memory_bytes(process.id()).unwrap_or(peak_bytes);
        anyhow::ensure!(Instant::now() < until, "it does not end");
    };
    let took = began.elapsed().as_secs_f64();
    // `load run` ends with 3 where it calls itself invalid; its figures are told all the same.
    if !ended.success() && !way.is_hubbub() {
        bail!("{ended}: {}", std::fs::read_to_string(&log).unwrap_or_default());
    }
    Ok(Taken {
        // One of them is the question itself.
        requests: (nginx.requests()? - before - 1) as f64,
        seconds: took,
        client_cpu_s: machine::children_cpu_seconds()? - children_before,
        nginx_cpu_s: nginx.cpu_seconds()? - nginx_before,
        peak_bytes: peak_bytes as f64,
        slip_p99_ms: if way.is_hubbub() { Some(slip_p99_ms(workshop)?) } else { None },
    })
}

fn run_file(workshop: &Workshop) -> PathBuf {
    workshop.folder().join("run.json")
}

fn slip_p99_ms(workshop: &Workshop) -> Result<f64> {
    let text = std::fs::read_to_string(run_file(workshop)).context("the run was not saved")?;
    pace::ms(&serde_json::from_str(&text)?, "/percentiles/slip/p99_us")
}

/// The target of all.
struct Nginx {
    address: SocketAddr,
    master: Process,
    /// The one that answers.
    worker: u32,
}

impl Nginx {
    fn start(workshop: &Workshop) -> Result<Self> {
        let address = free_address()?;
        let conf = std::fs::read_to_string(binary::root().join("bench/tools/nginx.conf"))?;
        let folder = workshop.folder().canonicalize()?;
        std::fs::write(folder.join("nginx.conf"), conf.replace("ADDRESS", &address.to_string()))?;
        let arguments =
            ["-p", &folder.display().to_string(), "-c", "nginx.conf", "-e", "error.log"];
        let log = folder.join("nginx.log");
        let program = Path::new("/usr/sbin/nginx");
        let program = if program.exists() { program } else { Path::new("nginx") };
        let guardian = Rc::clone(&workshop.guardian);
        let arguments = arguments.map(str::to_owned);
        let mut master = Process::start(&guardian, program, &arguments, &log, &Output::Log)?;
        let until = Instant::now() + OPEN_WITHIN;
        while TcpStream::connect(address).is_err() {
            if let Some(status) = master.ended()? {
                let said = std::fs::read_to_string(&log).unwrap_or_default();
                bail!("nginx ended with {status}: {said}");
            }
            anyhow::ensure!(Instant::now() < until, "nginx does not open its port");
            std::thread::sleep(LOOK);
        }
        let worker = machine::children(master.id())?;
        let worker = *worker.first().context("nginx has no worker")?;
        Ok(Self { address, master, worker })
    }

    /// Requests that it has taken, this question among them.
    fn requests(&self) -> Result<u64> {
        let (status, page) = get(self.address, "/status")?;
        anyhow::ensure!(status == 200, "nginx answered {status} for its status");
        requests_in(&page).with_context(|| format!("nginx' status has no requests: {page}"))
    }

    fn cpu_seconds(&self) -> Result<f64> {
        Ok(machine::cpu_seconds(self.master.id())? + machine::cpu_seconds(self.worker)?)
    }
}

/// The third number of the third line of `stub_status`.
fn requests_in(page: &str) -> Option<u64> {
    page.lines().nth(2)?.split_whitespace().nth(2)?.parse().ok()
}

/// Installs what is missing and may be, below the target folder. Gives that folder.
fn install(workshop: &Workshop) -> Result<PathBuf> {
    let folder = workshop.results().join("tools");
    std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let log = folder.join("install.log");
    std::fs::write(&log, "").with_context(|| log.display().to_string())?;
    let script = binary::root().join("bench/tools/install.sh").display().to_string();
    let arguments = [script, folder.display().to_string()];
    let sh = Path::new("sh");
    let mut process = Process::start(&workshop.guardian, sh, &arguments, &log, &Output::Log)?;
    match process.wait(INSTALLED_WITHIN)? {
        Some(status) if status.success() => Ok(folder),
        Some(_) => bail!("{}", std::fs::read_to_string(&log).unwrap_or_default().trim()),
        None => bail!("oha is not built after {} min", INSTALLED_WITHIN.as_secs() / 60),
    }
}

#[cfg(test)]
mod tests;
