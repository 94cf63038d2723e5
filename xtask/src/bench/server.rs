//! A server that is measured, and what it shows of itself.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::process::{Output, Process};
use super::workshop::Workshop;

/// How long it may take to be ready: views may have to be rebuilt.
const READY_WITHIN: Duration = Duration::from_secs(300);
/// How long a port may take to be open, of what has nothing to do before.
const OPEN_WITHIN: Duration = Duration::from_secs(20);
/// How long it may take to stop.
const STOPPED_WITHIN: Duration = Duration::from_secs(60);
/// How long an HTTP question may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// Bytes of an answer that are read.
const ANSWER_MAX_BYTES: u64 = 1 << 20;
/// How often it is asked whether it is ready.
const LOOK: Duration = Duration::from_millis(10);

/// A running `hubbub serve`, and the `hubbub nlp` behind it, if there is one.
#[derive(Debug)]
pub(super) struct Server {
    address: SocketAddr,
    /// The file with the certificate that it shows, if it speaks TLS.
    certificate: Option<String>,
    process: Process,
    nlp: Option<(Process, SocketAddr)>,
    /// From start to `/readyz`, as its users see it.
    pub(super) ready_after: Duration,
}

/// A page of metrics: each series, and of those with labels also the sum under their name.
#[derive(Debug, Clone, Default)]
pub(super) struct Metrics(pub(super) BTreeMap<String, f64>);

impl Server {
    /// Starts it over the workshop's data directory, and waits until it is ready.
    pub(super) fn start(workshop: &Workshop) -> Result<Self> {
        Self::start_with(workshop, "")
    }

    /// The same with more flags.
    pub(super) fn start_with(workshop: &Workshop, flags: &str) -> Result<Self> {
        let data = workshop.data();
        let mut arguments =
            format!("--dev --commands-per-second 0 --data {} {flags}", data.display());
        let mut nlp = None;
        if workshop.has_nlp {
            let listen = free_address()?;
            let told = ["nlp", "--no-models", "--listen", &listen.to_string()].map(str::to_owned);
            nlp = Some((launch(workshop, "nlp.log", &told)?, listen));
            arguments.push_str(&format!(" --nlp http://{listen} --nlp-cache-bytes 0"));
        }
        let mut server = Self::start_as(workshop, "serve.log", &arguments)?;
        server.nlp = nlp;
        Ok(server)
    }

    /// Starts one with these arguments, and waits until it is ready.
    pub(super) fn start_as(workshop: &Workshop, log: &str, arguments: &str) -> Result<Self> {
        let address = free_address()?;
        let is_ready = || matches!(get(address, "/readyz"), Ok((200, _)));
        Self::start_at(workshop, address, log, arguments, is_ready)
    }

    /// The same for one that speaks TLS and shows this certificate: nothing over HTTP can be asked of it
    /// here, so its word counts.
    pub(super) fn start_secured(
        workshop: &Workshop,
        log: &str,
        arguments: &str,
        certificate: String,
    ) -> Result<Self> {
        let path = workshop.folder().join(log);
        let is_ready =
            || std::fs::read_to_string(&path).is_ok_and(|said| said.contains("ready: https://"));
        let server = Self::start_at(workshop, free_address()?, log, arguments, is_ready)?;
        Ok(Self { certificate: Some(certificate), ..server })
    }

    fn start_at(
        workshop: &Workshop,
        address: SocketAddr,
        log: &str,
        arguments: &str,
        is_ready: impl Fn() -> bool,
    ) -> Result<Self> {
        let arguments = format!("serve --listen {address} {arguments}");
        let arguments: Vec<String> = arguments.split_whitespace().map(str::to_owned).collect();
        let began = Instant::now();
        let process = launch(workshop, log, &arguments)?;
        let (certificate, nlp, ready_after) = (None, None, Duration::ZERO);
        let mut server = Self { address, certificate, process, nlp, ready_after };
        server.wait_ready(&workshop.folder().join(log), is_ready)?;
        server.ready_after = began.elapsed();
        Ok(server)
    }

    /// Where clients connect.
    pub(super) fn url(&self) -> String {
        let scheme = if self.certificate.is_some() { "wss" } else { "ws" };
        format!("{scheme}://{}/v1/ws", self.address)
    }

    /// The file with the certificate that clients have to trust.
    pub(super) fn trusted_by(&self) -> Option<&str> {
        self.certificate.as_deref()
    }

    pub(super) fn id(&self) -> u32 {
        self.process.id()
    }

    /// The process that understands messages, if one was asked for.
    pub(super) fn nlp_id(&self) -> Option<u32> {
        self.nlp.as_ref().map(|(nlp, _)| nlp.id())
    }

    /// Sets the faults of the NLP service, as its document describes them; `{}` is none.
    pub(super) fn put_faults(&self, faults: &str) -> Result<()> {
        let (_, address) = self.nlp.as_ref().context("there is no NLP service")?;
        match ask(*address, "PUT", "/v1/faults", faults)? {
            (200..=299, _) => Ok(()),
            (status, page) => bail!("/v1/faults answered {status}: {page}"),
        }
    }

    pub(super) fn metrics(&self) -> Result<Metrics> {
        match get(self.address, "/metrics")? {
            (200, page) => Ok(Metrics::parse(&page)),
            (status, page) => bail!("/metrics answered {status}: {page}"),
        }
    }

    /// Waits until history has taken all that is durable.
    pub(super) fn wait_views(&self) -> Result<()> {
        let until = Instant::now() + READY_WITHIN;
        while self.metrics()?.get("hubbub_history_behind_batches") > 0.0 {
            anyhow::ensure!(Instant::now() < until, "history does not catch up");
            std::thread::sleep(LOOK);
        }
        Ok(())
    }

    /// Asks it to end, and says how long that took.
    pub(super) fn stop(mut self) -> Result<Duration> {
        let began = Instant::now();
        self.process.terminate()?;
        match self.process.wait(STOPPED_WITHIN)? {
            Some(status) if status.success() => Ok(began.elapsed()),
            Some(status) => bail!("the server ended with {status} when it was asked to stop"),
            None => bail!("the server did not stop within {} s", STOPPED_WITHIN.as_secs()),
        }
    }

    /// SIGKILL.
    pub(super) fn kill(mut self) -> Result<()> {
        self.process.kill()
    }

    fn wait_ready(&mut self, log: &Path, is_ready: impl Fn() -> bool) -> Result<()> {
        let until = Instant::now() + READY_WITHIN;
        loop {
            if is_ready() {
                return Ok(());
            }
            if let Some(status) = self.process.ended()? {
                let log = std::fs::read_to_string(log).unwrap_or_default();
                bail!("the server ended with {status} before it was ready; it said:\n{log}");
            }
            if Instant::now() > until {
                bail!("the server is not ready after {} s", READY_WITHIN.as_secs());
            }
            std::thread::sleep(LOOK);
        }
    }
}

impl Metrics {
    pub(super) fn parse(page: &str) -> Self {
        let mut values = BTreeMap::new();
        for line in page.lines().filter(|line| !line.starts_with('#')) {
            let Some((series, value)) = line.rsplit_once(' ') else { continue };
            let name = series.split('{').next().unwrap_or(series);
            if let Ok(value) = value.parse::<f64>() {
                if name != series {
                    values.insert(series.to_owned(), value);
                }
                *values.entry(name.to_owned()).or_default() += value;
            }
        }
        Self(values)
    }

    /// 0 for what is not there.
    pub(super) fn get(&self, name: &str) -> f64 {
        self.0.get(name).copied().unwrap_or(0.0)
    }
}

fn launch(workshop: &Workshop, log: &str, arguments: &[String]) -> Result<Process> {
    let log = workshop.folder().join(log);
    Process::start(&workshop.guardian, &workshop.binary, arguments, &log, &Output::Log)
}

/// Waits until a process that was started has its port open.
pub(super) fn wait_open(address: SocketAddr, process: &mut Process, log: &Path) -> Result<()> {
    let until = Instant::now() + OPEN_WITHIN;
    while TcpStream::connect(address).is_err() {
        if let Some(status) = process.ended()? {
            let said = std::fs::read_to_string(log).unwrap_or_default();
            bail!("it ended with {status} before its port was open; it said:\n{said}");
        }
        anyhow::ensure!(
            Instant::now() < until,
            "{address} is not open after {} s",
            OPEN_WITHIN.as_secs()
        );
        std::thread::sleep(LOOK);
    }
    Ok(())
}

/// An address on which nobody listens now.
pub(super) fn free_address() -> Result<SocketAddr> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("no free port on 127.0.0.1")?;
    Ok(listener.local_addr()?)
}

/// Asks for a path; gives the status and the body.
pub(super) fn get(address: SocketAddr, path: &str) -> Result<(u16, String)> {
    ask(address, "GET", path, "")
}

fn ask(address: SocketAddr, method: &str, path: &str, body: &str) -> Result<(u16, String)> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = String::new();
    stream.take(ANSWER_MAX_BYTES).read_to_string(&mut answer)?;
    let parsed = answer.split_once("\r\n\r\n").and_then(|(head, body)| {
        let status = head.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
        Some((status, body.to_owned()))
    });
    parsed.with_context(|| format!("{address}{path} did not answer in HTTP"))
}

#[test]
fn metrics_of_one_name_are_added() {
    let page = "# TYPE a counter\na{of=\"x y\"} 1\na{of=\"z\"} 2.5\nb 7\nno number\n";
    let metrics = Metrics::parse(page);
    assert_eq!((metrics.get("a"), metrics.get("b"), metrics.get("c")), (3.5, 7.0, 0.0));
    assert_eq!(metrics.get("a{of=\"z\"}"), 2.5);
}
