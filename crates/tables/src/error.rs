//! What can go wrong with the view, and what to do about it. A view holds nothing of its own, so
//! the last remedy is always the same: delete the file, it will be rebuilt.

use std::path::{Path, PathBuf};

use model::BatchNo;
use rusqlite::ErrorCode;
use thiserror::Error as ThisError;

use crate::VERSION;

/// Why the view cannot be opened, read or written.
#[derive(Debug, ThisError)]
pub enum TablesError {
    /// Another process has it locked, or has written to it.
    #[error(
        "the tables in {} are being written by another process: stop that one, or give this one another data directory",
        file.display()
    )]
    InUse {
        /// The view's file.
        file: PathBuf,
    },
    /// The file is something else. Nothing in it was touched.
    #[error(
        "{} is not a tables view ({why}): give another path; or delete it, if nobody needs it, and a new one will be built",
        file.display()
    )]
    Foreign {
        /// The file.
        file: PathBuf,
        /// What was found there.
        why: String,
    },
    /// Another version of this program wrote it.
    #[error(
        "the tables in {} have version {found}, this program has version {VERSION}: delete {}, it will be rebuilt",
        file.display(), file.display()
    )]
    Version {
        /// The view's file.
        file: PathBuf,
        /// The version found.
        found: i64,
    },
    /// It does not fit together, or a row does not decode.
    #[error("the tables in {} are damaged ({why}): delete {}, it will be rebuilt", file.display(), file.display())]
    Damaged {
        /// The view's file.
        file: PathBuf,
        /// What was found.
        why: String,
    },
    /// The disk said no.
    #[error("the tables in {}: {why}; look at the disk, its room and its permissions", file.display())]
    Io {
        /// The view's file.
        file: PathBuf,
        /// What the disk said.
        why: String,
    },
}

/// Why [`Tables::apply`](crate::Tables::apply) did not apply.
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
    /// The file failed. What it holds is the fold of some prefix, as its cursor says; the next call
    /// goes on from there.
    #[error(transparent)]
    Tables(#[from] TablesError),
}

impl TablesError {
    /// What the engine says, in our words.
    pub(crate) fn of(file: &Path, error: &rusqlite::Error) -> Self {
        let code = error.sqlite_error_code();
        let says = |codes: &[ErrorCode]| code.is_some_and(|code| codes.contains(&code));
        if says(&[ErrorCode::DatabaseBusy, ErrorCode::DatabaseLocked]) {
            Self::InUse { file: file.to_owned() }
        } else if says(&[
            ErrorCode::CannotOpen,
            ErrorCode::DiskFull,
            ErrorCode::FileLockingProtocolFailed,
            ErrorCode::OutOfMemory,
            ErrorCode::PermissionDenied,
            ErrorCode::ReadOnly,
            ErrorCode::SystemIoFailure,
        ]) {
            Self::io(file, error.to_string())
        } else {
            Self::damaged(file, format!("SQLite says: {error}"))
        }
    }

    pub(crate) fn damaged(file: &Path, why: impl Into<String>) -> Self {
        Self::Damaged { file: file.to_owned(), why: why.into() }
    }

    pub(crate) fn io(file: &Path, why: impl Into<String>) -> Self {
        Self::Io { file: file.to_owned(), why: why.into() }
    }
}
