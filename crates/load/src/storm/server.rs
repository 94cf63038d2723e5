//! A server of our own: this program, begun in a folder of its own, ended and begun again on the same port.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep};

use crate::measure::Refusal;

/// How long it may take to be ready, or to end.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often that is looked at.
const LOOK: Duration = Duration::from_millis(10);
/// How long one answer may take.
const ANSWERS_WITHIN: Duration = Duration::from_secs(1);
/// Bytes of a journal segment: two are written full of zeros before it is ready.
const SEGMENT_BYTES: u32 = 8 << 20;

/// Connections that it takes (`connections_max`).
pub(super) const CLIENTS_MAX: u32 = 19_000;

/// A server, running or not. It ends with this value.
#[derive(Debug)]
pub(super) struct Server {
    folder: TempDir,
    address: SocketAddr,
    window: Duration,
    process: Option<Child>,
}

impl Server {
    /// Begins one that, when it stops, asks its clients to come back within this time.
    ///
    /// # Errors
    /// A system without folders, ports or processes; a server that is not ready in time.
    pub(super) async fn begin(window: Duration) -> Result<Self, Refusal> {
        let folder = TempDir::with_prefix("hubbub-storm-");
        let folder = folder.map_err(|why| wrong(&format!("no folder for it: {why}")))?;
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|free| free.local_addr());
        let address = free.map_err(|why| wrong(&format!("no port for it: {why}")))?;
        let mut server = Self { folder, address, window, process: None };
        server.start().await?;
        Ok(server)
    }

    /// Where clients connect.
    pub(super) fn url(&self) -> String {
        format!("ws://{}{}", self.address, wire::PATH)
    }

    /// Starts it, and waits until it is ready.
    ///
    /// # Errors
    /// It does not get ready.
    pub(super) async fn start(&mut self) -> Result<(), Refusal> {
        let program = std::env::current_exe().map_err(|why| wrong(&why.to_string()))?;
        let line = format!(
            "serve --dev --data data --listen {} --commands-per-second 0 --log error --segment-bytes {SEGMENT_BYTES} --drain-window-ms {}",
            self.address,
            self.window.as_millis()
        );
        let process = Command::new(program)
            .args(line.split_whitespace())
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .map_err(|why| wrong(&why.to_string()))?;
        self.process = Some(process);
        let until = Instant::now() + PATIENCE;
        let address = self.address;
        // Asking waits, and clients must not.
        while !spawn_blocking(move || is_ready(address)).await.unwrap_or(false) {
            if let Some(Ok(Some(status))) = self.process.as_mut().map(Child::try_wait) {
                return Err(wrong(&format!("it ended with {status}")));
            }
            if Instant::now() > until {
                return Err(wrong(&format!("it is not ready after {} s", PATIENCE.as_secs())));
            }
            sleep(LOOK).await;
        }
        Ok(())
    }

    /// SIGKILL: it is gone.
    ///
    /// # Errors
    /// The system knows no such process.
    pub(super) fn kill(&self) -> Result<(), Refusal> {
        self.signal(Signal::KILL)
    }

    /// SIGTERM: it tells everyone at once when to come back.
    ///
    /// # Errors
    /// The system knows no such process.
    pub(super) fn ask_to_stop(&self) -> Result<(), Refusal> {
        self.signal(Signal::TERM)
    }

    /// Waits until it has stopped.
    ///
    /// # Errors
    /// It does not stop in time.
    pub(super) async fn stopped(&mut self) -> Result<(), Refusal> {
        let until = Instant::now() + PATIENCE;
        while let Some(Ok(None)) = self.process.as_mut().map(Child::try_wait) {
            if Instant::now() > until {
                return Err(wrong(&format!("it does not stop within {} s", PATIENCE.as_secs())));
            }
            sleep(LOOK).await;
        }
        self.process = None;
        Ok(())
    }

    fn signal(&self, signal: Signal) -> Result<(), Refusal> {
        let id = self.process.as_ref().and_then(|process| i32::try_from(process.id()).ok());
        let Some(pid) = id.and_then(Pid::from_raw) else { return Ok(()) };
        kill_process(pid, signal).map_err(|why| wrong(&format!("{signal:?}: {why}")))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            // If it is gone already, so much the better.
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// Whether it says so itself.
fn is_ready(address: SocketAddr) -> bool {
    let asked = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect_timeout(&address, ANSWERS_WITHIN)?;
        stream.set_read_timeout(Some(ANSWERS_WITHIN))?;
        stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")?;
        let mut status = [0; 12];
        stream.read_exact(&mut status)?;
        Ok(&status == b"HTTP/1.1 200")
    };
    asked().unwrap_or(false)
}

fn wrong(why: &str) -> Refusal {
    Refusal::io(format!("the server of its own: {why}"))
}
