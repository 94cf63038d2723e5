//! Why a measurement does not begin: one sentence, and the exit code of `docs/operations.md`.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Flags or files that cannot be meant.
pub const EXIT_USAGE: u8 = 2;
/// The generator was the limit: the figures are not the server's.
pub(crate) const EXIT_INVALID: u8 = 3;
/// The target cannot be reached (sysexits `EX_UNAVAILABLE`).
pub(crate) const EXIT_UNAVAILABLE: u8 = 69;
/// A file cannot be read or written (sysexits `EX_IOERR`).
pub(crate) const EXIT_IO: u8 = 74;

/// Why it does not begin, or why its result is lost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// For the process.
    pub exit_code: u8,
    text: String,
}

impl Refusal {
    /// What was asked for cannot be meant.
    pub(crate) fn usage(text: impl Into<String>) -> Self {
        Self { exit_code: EXIT_USAGE, text: text.into() }
    }

    /// The target cannot be reached.
    pub(crate) fn unavailable(text: impl Into<String>) -> Self {
        Self { exit_code: EXIT_UNAVAILABLE, text: text.into() }
    }

    /// A file or something else of the machine does not do.
    pub(crate) fn io(text: impl Into<String>) -> Self {
        Self { exit_code: EXIT_IO, text: text.into() }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Refusal {}
