//! Why there is no backup, or nothing was restored, and the exit code that says so.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::error::{EXIT_IO, EXIT_USAGE};

/// What was wrong, with which file, and what to do.
#[derive(Debug, Error)]
pub enum BackupError {
    /// One directory is inside the other.
    #[error("{} is inside {}: give a directory elsewhere, best on another disk", inner.display(), outer.display())]
    Inside {
        /// What was to be made.
        inner: PathBuf,
        /// What it must not be in.
        outer: PathBuf,
    },
    /// A directory is not what it must be.
    #[error("{} {what}", path.display())]
    Refused {
        /// Which one.
        path: PathBuf,
        /// What it is, and what to do.
        what: String,
    },
    /// A file of a backup is not what its manifest says.
    #[error(
        "{}: bytes {from}..{to} are not what was backed up ({what}); nothing was restored. Take another copy of this file, \
         or another backup", path.display()
    )]
    Damaged {
        /// Which one.
        path: PathBuf,
        /// Where the damage begins.
        from: u64,
        /// Where it ends.
        to: u64,
        /// What shows it.
        what: &'static str,
    },
    /// The disk failed, is full, or does not let us.
    #[error("{}: {why}", path.display())]
    Io {
        /// Which file or directory.
        path: PathBuf,
        /// What the system says.
        why: io::Error,
    },
    /// The journal cannot be read.
    #[error("journal: {0}")]
    Onlook(#[from] journal::OnlookError),
    /// The restored journal does not open.
    #[error("journal: {0}")]
    Open(#[from] journal::OpenError),
    /// The restored journal does not take its new epochs.
    #[error("journal: {0}")]
    Append(#[from] journal::AppendError),
}

impl BackupError {
    /// The exit code of the process.
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Inside { .. } => EXIT_USAGE,
            Self::Refused { .. }
            | Self::Damaged { .. }
            | Self::Io { .. }
            | Self::Onlook(_)
            | Self::Open(_)
            | Self::Append(_) => EXIT_IO,
        }
    }
}

/// Names the file of an error.
pub(super) fn failed(path: &Path) -> impl FnOnce(io::Error) -> BackupError {
    let path = path.to_owned();
    move |why| BackupError::Io { path, why }
}
