//! What can go wrong with the view, and what to do about it. A view holds nothing of its own, so
//! the last remedy is always the same: delete the directory, it will be rebuilt.

use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};

use model::BatchNo;
use thiserror::Error as ThisError;

use crate::VERSION;

/// Why the view cannot be opened, read or made durable.
#[derive(Debug, ThisError)]
pub enum HistoryError {
    /// Another process has it.
    #[error(
        "the history in {} is in use by another process: stop that one, or give this one another data directory",
        dir.display()
    )]
    Locked {
        /// The view's directory.
        dir: PathBuf,
    },
    /// The directory holds something that is not this view. Nothing in it was touched.
    #[error("{} is not a history view ({why}): give another directory, or empty this one", dir.display())]
    Foreign {
        /// The directory.
        dir: PathBuf,
        /// What was found there.
        why: String,
    },
    /// Another version of this program wrote it.
    #[error(
        "the history in {} has version {found}, this program has version {VERSION}: delete {}, it will be rebuilt",
        dir.display(), dir.display()
    )]
    Version {
        /// The view's directory.
        dir: PathBuf,
        /// The version found.
        found: u32,
    },
    /// Its files do not fit together, or a row does not decode.
    #[error("the history in {} is damaged ({why}): delete {}, it will be rebuilt", dir.display(), dir.display())]
    Damaged {
        /// The view's directory.
        dir: PathBuf,
        /// What was found.
        why: String,
    },
    /// The disk said no.
    #[error("the history in {}: {source}; look at the disk and its permissions", dir.display())]
    Io {
        /// The view's directory.
        dir: PathBuf,
        /// What the disk said.
        source: io::Error,
    },
    /// An earlier write failed, so the store takes no more.
    #[error("the history in {} takes no more writes since one failed: look at the disk and start again", dir.display())]
    Poisoned {
        /// The view's directory.
        dir: PathBuf,
    },
}

/// Why [`History::apply`](crate::History::apply) did not apply.
#[derive(Debug, ThisError)]
pub enum ApplyError {
    /// A batch is missing in between; nothing of the call was applied.
    #[error(
        "batch {found} cannot follow here, {expected} is next: follow the journal from the cursor on, and hand in what it lost as a hole"
    )]
    Gap {
        /// The batch that would have been taken.
        expected: BatchNo,
        /// The batch that came.
        found: BatchNo,
    },
    /// The store failed. What it holds is the fold of some prefix, as its cursor says.
    #[error(transparent)]
    History(#[from] HistoryError),
}

impl HistoryError {
    /// What the engine says, in our words.
    pub(crate) fn of(dir: &Path, error: fjall::Error) -> Self {
        let damaged = |error: &dyn Error| Self::damaged(dir, format!("the store says: {error}"));
        match error {
            fjall::Error::Locked => Self::Locked { dir: dir.to_owned() },
            fjall::Error::Poisoned => Self::Poisoned { dir: dir.to_owned() },
            fjall::Error::Io(source) | fjall::Error::Storage(fjall::LsmError::Io(source)) => {
                if says_a_file_is_not_as_it_was_left(&source) {
                    damaged(&source)
                } else {
                    Self::io(dir, source)
                }
            }
            error @ (fjall::Error::Storage(_)
            | fjall::Error::JournalRecovery(_)
            | fjall::Error::InvalidVersion(_)
            | fjall::Error::Decompress(_)
            | fjall::Error::InvalidTrailer
            | fjall::Error::InvalidTag(_)
            | fjall::Error::KeyspaceDeleted
            | fjall::Error::Unrecoverable
            | _) => damaged(&error),
        }
    }

    pub(crate) fn damaged(dir: &Path, why: impl Into<String>) -> Self {
        Self::Damaged { dir: dir.to_owned(), why: why.into() }
    }

    pub(crate) fn io(dir: &Path, source: io::Error) -> Self {
        Self::Io { dir: dir.to_owned(), source }
    }
}

/// Missing, cut or overwritten: not the disk's refusal, but someone's hand or a lost write.
fn says_a_file_is_not_as_it_was_left(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound
            | io::ErrorKind::AlreadyExists
            | io::ErrorKind::UnexpectedEof
            | io::ErrorKind::InvalidData
            | io::ErrorKind::InvalidInput
    )
}
