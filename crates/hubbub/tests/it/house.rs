//! The binary as a process: started in a folder, asked over HTTP, signalled, and killed when it is
//! dropped. What it prints goes into files of the folder, so that no pipe can fill up.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering::Relaxed};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

/// Longer than anything here should take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// How often something is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Small files: a start writes two segments full of zeros.
pub(crate) const SMALL: &str = "--segment-bytes 524288 --history-cache-bytes 1048576";

/// The binary, to be run in this folder, with nothing of our environment.
pub(crate) fn hubbub(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hubbub"));
    command.current_dir(folder).env_clear().env("HUBBUB_DEV", "true");
    // Whoever is told to go comes back at once: no test waits for that.
    command.env("HUBBUB_DRAIN_WINDOW_MS", "0");
    command
}

/// Ports that one process of tests may take.
const PORTS: u16 = 64;

/// An address that a server can come back to. Ports of outgoing connections begin above 32,767
/// (Linux' `ip_local_port_range`), and each process of tests has its own, so nobody takes it by
/// accident while the server is away.
pub(crate) fn address() -> SocketAddr {
    static TAKEN: AtomicU16 = AtomicU16::new(0);
    let first = 10_000 + PORTS * u16::try_from(std::process::id() % 340).expect("below 340");
    loop {
        let step = TAKEN.fetch_add(1, Relaxed);
        assert!(step < PORTS, "all {PORTS} ports from {first} on are taken");
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, first + step));
        if TcpListener::bind(address).is_ok() {
            return address;
        }
    }
}

/// How a process ended, and what it said.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs it to its end.
pub(crate) async fn run(command: Command, folder: &Path) -> Ended {
    let mut house = House::spawn(command, folder, "run");
    let code = house.ended(PATIENCE).await;
    Ended { code, out: read(&house.out), err: house.err() }
}

/// A process of ours.
#[derive(Debug)]
pub(crate) struct House {
    process: Child,
    address: Option<SocketAddr>,
    out: PathBuf,
    err: PathBuf,
}

impl Drop for House {
    fn drop(&mut self) {
        self.kill();
    }
}

impl House {
    pub(crate) fn spawn(mut command: Command, folder: &Path, name: &str) -> Self {
        let [out, err] = ["out", "err"].map(|end| folder.join(format!("{name}.{end}")));
        let process = command
            .stdin(Stdio::null())
            .stdout(File::create(&out).unwrap())
            .stderr(File::create(&err).unwrap())
            .spawn()
            .unwrap_or_else(|why| panic!("{command:?}: {why}"));
        Self { process, address: None, out, err }
    }

    /// `hubbub LINE`, in this folder, ready.
    pub(crate) async fn start(folder: &Path, name: &str, line: &str) -> Self {
        let mut command = hubbub(folder);
        command.args(line.split_whitespace());
        let mut house = Self::spawn(command, folder, name);
        house.ready().await;
        house
    }

    /// One process for everything, at this address, with its data in `data`.
    pub(crate) async fn serve(folder: &Path, at: SocketAddr, more: &str) -> Self {
        Self::start(folder, "both", &format!("serve --data data --listen {at} {more}")).await
    }

    /// Waits until it says where it is.
    pub(crate) async fn ready(&mut self) {
        let until = Instant::now() + PATIENCE;
        loop {
            let said = read(&self.out);
            let address = said
                .split_once("ready: http")
                .filter(|_| said.ends_with('\n'))
                .and_then(|(_, rest)| rest.split_once("://")?.1.split_once('/'));
            if let Some((address, _)) = address {
                self.address = Some(address.parse().expect("an address is printed"));
                return;
            }
            let ended = self.process.try_wait().unwrap();
            assert!(ended.is_none(), "it ended with {ended:?} before it was ready: {}", self.err());
            assert!(Instant::now() < until, "it is not ready: {}", self.err());
            sleep(LOOK_EVERY).await;
        }
    }

    pub(crate) fn at(&self) -> SocketAddr {
        self.address.expect("it is ready")
    }

    /// Bytes of memory that it has now.
    pub(crate) fn resident_bytes(&self) -> u64 {
        let status = read(Path::new(&format!("/proc/{}/status", self.process.id())));
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
        kilobytes.expect("Linux says so").parse::<u64>().expect("a number") * 1024
    }

    /// What it wrote to standard output so far.
    pub(crate) fn out(&self) -> String {
        read(&self.out)
    }

    /// What it wrote to standard error so far.
    pub(crate) fn err(&self) -> String {
        read(&self.err)
    }

    /// Asks it over HTTP: status and body.
    pub(crate) async fn get(&self, path: &str) -> (u16, String) {
        timeout(PATIENCE, get(self.at(), path)).await.unwrap_or_else(|_| panic!("{path} hangs"))
    }

    /// One of its metrics, `hubbub_` left out.
    pub(crate) async fn metric(&self, name: &str) -> u64 {
        let (status, page) = self.get("/metrics").await;
        assert_eq!(status, 200);
        let prefix = format!("hubbub_{name} ");
        let value = page.lines().find_map(|line| line.strip_prefix(&prefix));
        let value = value.unwrap_or_else(|| panic!("no metric {name} in {page}"));
        value.parse().unwrap_or_else(|_| panic!("{name} is {value}"))
    }

    /// The lists of `/readyz`, with its status: why not (`code: detail`), and what else.
    pub(crate) async fn readiness(&self) -> (u16, Vec<String>, Vec<String>) {
        let (status, body) = self.get("/readyz").await;
        let said: serde_json::Value = serde_json::from_str(&body).expect("JSON");
        let list = |name: &str| {
            said[name].as_array().unwrap_or_else(|| panic!("no {name} in {body}")).iter()
        };
        assert_eq!(said["ready"].as_bool(), Some(status == 200), "{body}");
        let text = |value: &serde_json::Value| value.as_str().expect("text").to_owned();
        let reasons = list("reasons").map(|why| text(&why["code"]) + ": " + &text(&why["detail"]));
        (status, reasons.collect(), list("warnings").map(text).collect())
    }

    /// Waits until it can do its work; what it warns of.
    pub(crate) async fn able(&self) -> Vec<String> {
        let until = Instant::now() + PATIENCE;
        loop {
            let (status, reasons, warnings) = self.readiness().await;
            if status == 200 {
                assert!(reasons.is_empty(), "{reasons:?}");
                return warnings;
            }
            assert!(!reasons.is_empty(), "it says why not");
            assert!(Instant::now() < until, "{reasons:?}");
            sleep(LOOK_EVERY).await;
        }
    }

    pub(crate) fn signal(&self, name: &str) {
        let line = format!("kill -{name} {}", self.process.id());
        let done = Command::new("sh").args(["-c", &line]).status().unwrap();
        assert!(done.success(), "{line}");
    }

    /// Kills it: nothing is said, nothing is written.
    pub(crate) fn kill(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }

    /// Its exit code, once it has ended; `None` = a signal.
    pub(crate) async fn ended(&mut self, within: Duration) -> Option<i32> {
        let until = Instant::now() + within;
        loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                return status.code();
            }
            assert!(Instant::now() < until, "still there after {within:?}: {}", self.err());
            sleep(LOOK_EVERY).await;
        }
    }

    /// Asks it to stop, and sees that it does.
    pub(crate) async fn stop(&mut self) {
        self.signal("TERM");
        let code = self.ended(PATIENCE).await;
        assert_eq!(code, Some(0), "{}", self.err());
    }
}

async fn get(at: SocketAddr, path: &str) -> (u16, String) {
    let mut socket = TcpStream::connect(at).await.unwrap_or_else(|why| panic!("{at}: {why}"));
    let request = format!("GET {path} HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{answer:?}"));
    assert!(!head.to_ascii_lowercase().contains("chunked"), "not understood here: {head}");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    (status.unwrap_or_else(|| panic!("{head}")), body.to_owned())
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}
