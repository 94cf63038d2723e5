//! The servers, and how they come here.

use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::ValueEnum;

use super::OPEN_WITHIN;
use crate::bench::process::{Output, Process};
use crate::bench::server::{Server, free_address};
use crate::bench::workshop::Workshop;
use crate::binary;

/// How long an installation may take: Sockudo is 474 crates.
const INSTALLED_WITHIN: Duration = Duration::from_secs(90 * 60);

/// How often an opening port is looked for.
const LOOK: Duration = Duration::from_millis(20);

/// Another server than ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::bench) enum PeerName {
    /// uWebSockets.js.
    Uws,
    /// ws, of Node.
    Ws,
    /// Socket.IO.
    Socketio,
    /// Centrifuge, the engine of Centrifugo.
    Centrifuge,
    /// Sockudo, a Pusher server in Rust.
    Sockudo,
}

/// A server that is here.
#[derive(Debug)]
pub(super) enum Peer {
    Hubbub,
    Other { name: PeerName, folder: PathBuf },
}

/// One that runs.
#[derive(Debug)]
pub(super) enum Running {
    Hubbub(Server),
    Other { process: Process, url: String, dialect: &'static str },
}

impl PeerName {
    /// Those asked for, or all.
    pub(super) fn chosen(asked: &[Self]) -> Vec<Self> {
        if asked.is_empty() { Self::value_variants().to_vec() } else { asked.to_vec() }
    }

    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Uws => "uws",
            Self::Ws => "ws",
            Self::Socketio => "socketio",
            Self::Centrifuge => "centrifuge",
            Self::Sockudo => "sockudo",
        }
    }

    /// What `hubbub load fanout` calls its protocol, and where it is spoken.
    fn dialect(self) -> (&'static str, &'static str) {
        match self {
            Self::Uws | Self::Ws => ("plain", "/"),
            Self::Socketio => ("socket-io", "/socket.io/?EIO=4&transport=websocket"),
            Self::Centrifuge => ("centrifuge", "/"),
            Self::Sockudo => ("pusher", "/app/fanout-key?protocol=7&client=fanout&version=1"),
        }
    }
}

/// Installs it below the target folder, if it is not there. Gives the folder.
pub(super) fn install(workshop: &Workshop, name: PeerName) -> Result<PathBuf> {
    install_from(workshop, name.text())
}

/// The same, of a folder in `bench/peers`.
pub(in crate::bench) fn install_from(workshop: &Workshop, name: &str) -> Result<PathBuf> {
    let folder = workshop.results().join("peers").join(name);
    std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let log = folder.join("install.log");
    // Only what this run says.
    std::fs::write(&log, "").with_context(|| log.display().to_string())?;
    let mut process = script(workshop, name, "install.sh", &[&folder.display().to_string()], &log)?;
    match process.wait(INSTALLED_WITHIN)? {
        Some(status) if status.success() => Ok(folder),
        Some(status) => bail!("{status}: {}", last_line(&log)),
        None => bail!("not done after {} min", INSTALLED_WITHIN.as_secs() / 60),
    }
}

impl Peer {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Hubbub => "hubbub",
            Self::Other { name, .. } => name.text(),
        }
    }

    /// Starts it on a free port and waits until that is open.
    pub(super) fn start(&self, workshop: &Workshop) -> Result<Running> {
        let Self::Other { name, folder } = self else {
            workshop.clear()?;
            return Ok(Running::Hubbub(Server::start(workshop)?));
        };
        let address = free_address()?;
        let log = workshop.folder().join(format!("{}.log", name.text()));
        let arguments = [folder.display().to_string(), address.port().to_string()];
        let mut process = script(
            workshop,
            name.text(),
            "start.sh",
            &arguments.each_ref().map(String::as_str),
            &log,
        )?;
        let until = Instant::now() + OPEN_WITHIN;
        while TcpStream::connect(address).is_err() {
            if let Some(status) = process.ended()? {
                bail!("it ended with {status}: {}", last_line(&log));
            }
            if Instant::now() > until {
                bail!("its port is not open after {} s", OPEN_WITHIN.as_secs());
            }
            std::thread::sleep(LOOK);
        }
        let (dialect, path) = name.dialect();
        Ok(Running::Other { process, url: format!("ws://{address}{path}"), dialect })
    }
}

impl Running {
    pub(super) fn id(&self) -> u32 {
        match self {
            Self::Hubbub(server) => server.id(),
            Self::Other { process, .. } => process.id(),
        }
    }

    /// Its address and its protocol, as `hubbub load fanout` is told them.
    pub(super) fn place(&self) -> (String, &'static str) {
        match self {
            Self::Hubbub(server) => (server.url(), "hubbub"),
            Self::Other { url, dialect, .. } => (url.clone(), dialect),
        }
    }

    pub(super) fn stop(self) -> Result<()> {
        match self {
            Self::Hubbub(server) => server.stop().map(drop),
            // Nothing of theirs is kept.
            Self::Other { mut process, .. } => process.kill(),
        }
    }
}

fn script(
    workshop: &Workshop,
    name: &str,
    script: &str,
    arguments: &[&str],
    log: &Path,
) -> Result<Process> {
    let script = binary::root().join("bench/peers").join(name).join(script);
    let mut all = vec![script.display().to_string()];
    all.extend(arguments.iter().map(|&argument| argument.to_owned()));
    Process::start(&workshop.guardian, Path::new("sh"), &all, log, &Output::Log)
}

/// What a process said last.
fn last_line(log: &Path) -> String {
    let said = std::fs::read_to_string(log).unwrap_or_default();
    let last = said.lines().rev().find(|line| !line.trim().is_empty());
    last.unwrap_or("it said nothing").to_owned()
}

#[test]
fn each_peer_has_its_scripts() {
    for name in PeerName::value_variants() {
        let folder = binary::root().join("bench/peers").join(name.text());
        for script in ["install.sh", "start.sh"] {
            assert!(folder.join(script).is_file(), "{}/{script}", folder.display());
        }
    }
}
