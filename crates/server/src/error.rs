//! Why the server did not start, or stopped, and the exit code that says so.

use std::net::SocketAddr;
use std::path::PathBuf;

use thiserror::Error;

use crate::config::ConfigError;
pub use crate::owner::FollowError;

/// Exit code: a flag or a setting is wrong (sysexits `EX_USAGE`).
pub const EXIT_USAGE: u8 = 64;

/// Exit code: the disk, the data directory or the port (sysexits `EX_IOERR`).
pub const EXIT_IO: u8 = 74;

/// Why `serve` ended in another way than by being asked to.
#[derive(Debug, Error)]
pub enum ServeError {
    /// The settings cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The data directory cannot be used.
    #[error("data directory {}: {what}", path.display())]
    DataDir {
        /// Which one.
        path: PathBuf,
        /// What was tried, what came of it, what to do.
        what: String,
    },
    /// Someone else serves it.
    #[error(
        "data directory {} is in use by another hubbub: stop that one, or give another --data",
        path.display()
    )]
    Locked {
        /// Which one.
        path: PathBuf,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {why}; give another --listen, or port 0 for any free one")]
    Listen {
        /// Which one.
        address: SocketAddr,
        /// What the system says.
        why: std::io::Error,
    },
    /// The link's socket cannot be used.
    #[error("link socket {}: {why}", path.display())]
    Link {
        /// Which one.
        path: PathBuf,
        /// What the system says.
        why: std::io::Error,
    },
    /// A file of keys or certificates cannot be used.
    #[error("{key} {}: {why}", path.display())]
    Keys {
        /// The setting that names it.
        key: &'static str,
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The journal cannot be opened.
    #[error("journal: {0}")]
    Journal(#[from] journal::OpenError),
    /// A view cannot be opened.
    #[error("view history: {0}")]
    History(#[from] history::HistoryError),
    /// A view cannot be opened.
    #[error("view tables: {0}")]
    Tables(#[from] tables::TablesError),
    /// A view cannot follow the journal.
    #[error(transparent)]
    Follow(#[from] FollowError),
    /// A thread ended that must not end.
    #[error(
        "{what}; stopped at once, so that nothing is acknowledged that is not safe. Start again: recovery reads what the disk really has"
    )]
    Poisoned {
        /// What happened.
        what: String,
    },
    /// The system refused something else.
    #[error("{what}: {why}")]
    System {
        /// What was tried.
        what: &'static str,
        /// What the system says.
        why: std::io::Error,
    },
}

impl ServeError {
    /// The exit code of the process.
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Config(_) => EXIT_USAGE,
            Self::DataDir { .. }
            | Self::Locked { .. }
            | Self::Listen { .. }
            | Self::Link { .. }
            | Self::Keys { .. }
            | Self::Journal(_)
            | Self::History(_)
            | Self::Tables(_)
            | Self::Follow(_)
            | Self::Poisoned { .. }
            | Self::System { .. } => EXIT_IO,
        }
    }
}
