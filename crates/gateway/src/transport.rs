//! How the two enums of `link` get from a gateway to its owner and back: over a Unix socket between
//! processes, or handed over inside one.
//!
//! Both give each side the same pair, a bounded sender and a receiver, so that nobody above can tell
//! them apart; one test suite runs over both.
//!
//! # Invariants
//!
//! - What is sent on one link arrives in the order it was sent, or the link is gone: the receiver
//!   says `None`.
//! - A link holds at most [`QUEUE_MAX`] messages a direction (and what the kernel holds of a socket).

mod socket;

use std::io;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use link::{FromOwner, ToOwner, VERSION};
use thiserror::Error;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;
use tokio::time::timeout;

pub use socket::{Pump, over_socket};

/// Messages that wait in one direction of a link. A side that finds it full drops the link.
pub const QUEUE_MAX: usize = 32 * 1024;

/// Links that wait to be accepted inside one process.
const DIALS_MAX: usize = 16;

/// How long either side waits for the other's first word.
pub const GREETING_TIMEOUT: Duration = Duration::from_secs(5);

/// Where a gateway finds its owner.
#[derive(Debug)]
pub enum OwnerLink {
    /// A Unix socket of this machine.
    Socket(PathBuf),
    /// In this process: the other end of [`in_process`].
    InProcess(Dialer),
}

/// Opens links inside one process.
#[derive(Debug)]
pub struct Dialer(mpsc::Sender<OwnerEnd>);

/// Where an owner waits for its gateways.
#[derive(Debug)]
pub enum Acceptor {
    /// On a Unix socket.
    Socket(UnixListener),
    /// Inside this process.
    InProcess(mpsc::Receiver<OwnerEnd>),
}

/// A gateway's end of one link.
#[derive(Debug)]
pub struct GatewayEnd {
    /// What it says.
    pub to_owner: mpsc::Sender<ToOwner>,
    /// What it hears; `None` = the link is gone.
    pub from_owner: mpsc::Receiver<FromOwner>,
    /// Carries it all; dropped = the link is gone at once.
    pub pump: Pump,
}

/// An owner's end of one link. Begin with [`OwnerEnd::greet`].
#[derive(Debug)]
pub struct OwnerEnd {
    /// What it says. `try_send` may be called from any thread.
    pub to_gateway: mpsc::Sender<FromOwner>,
    /// What it hears; `None` = the link is gone.
    pub from_gateway: mpsc::Receiver<ToOwner>,
    /// Carries it all; dropped = the link is gone at once, so keep it while the link is wanted.
    pub pump: Pump,
}

/// Why a link did not come about.
#[derive(Debug, Error)]
pub enum GreetError {
    /// The socket could not be reached.
    #[error("the owner cannot be reached: {0}")]
    Io(#[from] io::Error),
    /// Nothing was said for [`GREETING_TIMEOUT`].
    #[error("the other side of the link has said nothing for {} s", GREETING_TIMEOUT.as_secs())]
    Silent,
    /// The link ended before the greeting.
    #[error("the other side closed the link before the greeting")]
    Closed,
    /// It speaks another version.
    #[error(
        "the other side of the link speaks version {theirs}, this one {VERSION}: run the same release on both"
    )]
    Version {
        /// Its version.
        theirs: u32,
    },
    /// The first word was no greeting.
    #[error("the first message on the link was no greeting: is this socket an owner's link?")]
    NoGreeting,
}

/// A link inside this process: the gateway's side and the owner's.
pub fn in_process() -> (OwnerLink, Acceptor) {
    let (dial, accept) = mpsc::channel(DIALS_MAX);
    (OwnerLink::InProcess(Dialer(dial)), Acceptor::InProcess(accept))
}

impl OwnerLink {
    /// Opens a link and greets.
    ///
    /// # Errors
    /// [`GreetError`] says what was in the way.
    pub async fn dial(&self, gateway: &str) -> Result<GatewayEnd, GreetError> {
        let mut end = match self {
            Self::Socket(path) => {
                let (to_owner, from_owner, pump) = over_socket(UnixStream::connect(path).await?);
                GatewayEnd { to_owner, from_owner, pump }
            }
            Self::InProcess(Dialer(dial)) => {
                let (gateway_end, owner_end) = pair();
                dial.send(owner_end).await.map_err(|_| GreetError::Closed)?;
                gateway_end
            }
        };
        let hello = ToOwner::Hello { version: VERSION, gateway: gateway.to_owned() };
        end.to_owner.send(hello).await.map_err(|_| GreetError::Closed)?;
        let FromOwner::Welcome { version } = first(&mut end.from_owner).await? else {
            return Err(GreetError::NoGreeting);
        };
        if version == VERSION { Ok(end) } else { Err(GreetError::Version { theirs: version }) }
    }
}

impl Acceptor {
    /// Listens on a Unix socket. One that a dead owner left behind is removed.
    ///
    /// # Errors
    /// Someone listens there (`AddrInUse`), or something stands there that is no socket
    /// (`AlreadyExists`): neither is touched. Else what the system says.
    pub fn bind(path: &Path) -> io::Result<Self> {
        match std::fs::symlink_metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
            Ok(there) if !there.file_type().is_socket() => {
                return Err(io::Error::new(io::ErrorKind::AlreadyExists, "it is not a socket"));
            }
            Ok(_) if std::os::unix::net::UnixStream::connect(path).is_ok() => {
                let why = "another owner listens there";
                return Err(io::Error::new(io::ErrorKind::AddrInUse, why));
            }
            Ok(_) => std::fs::remove_file(path)?,
        }
        Ok(Self::Socket(UnixListener::bind(path)?))
    }

    /// The next gateway. Cancel safe.
    ///
    /// # Errors
    /// What the system says of the socket; in one process, that the gateway is gone for good.
    pub async fn accept(&mut self) -> io::Result<OwnerEnd> {
        match self {
            Self::Socket(listener) => {
                let (stream, _) = listener.accept().await?;
                let (to_gateway, from_gateway, pump) = over_socket(stream);
                Ok(OwnerEnd { to_gateway, from_gateway, pump })
            }
            Self::InProcess(dials) => dials.recv().await.ok_or_else(|| {
                io::Error::new(io::ErrorKind::NotConnected, "the gateway of this process has ended")
            }),
        }
    }
}

impl OwnerEnd {
    /// Hears the gateway's `Hello`, checks its version and answers `Welcome`. Gives its name.
    ///
    /// # Errors
    /// [`GreetError`]: drop this end, which closes the link.
    pub async fn greet(&mut self) -> Result<String, GreetError> {
        let ToOwner::Hello { version, gateway } = first(&mut self.from_gateway).await? else {
            return Err(GreetError::NoGreeting);
        };
        // Also to another version: so it learns which one it should have been.
        let welcome = FromOwner::Welcome { version: VERSION };
        self.to_gateway.send(welcome).await.map_err(|_| GreetError::Closed)?;
        if version == VERSION { Ok(gateway) } else { Err(GreetError::Version { theirs: version }) }
    }
}

fn pair() -> (GatewayEnd, OwnerEnd) {
    let (to_owner, from_gateway) = mpsc::channel(QUEUE_MAX);
    let (to_gateway, from_owner) = mpsc::channel(QUEUE_MAX);
    let gateway = GatewayEnd { to_owner, from_owner, pump: Pump::none() };
    (gateway, OwnerEnd { to_gateway, from_gateway, pump: Pump::none() })
}

async fn first<T>(from: &mut mpsc::Receiver<T>) -> Result<T, GreetError> {
    let heard = timeout(GREETING_TIMEOUT, from.recv()).await.map_err(|_| GreetError::Silent)?;
    heard.ok_or(GreetError::Closed)
}
