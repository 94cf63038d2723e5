//! Why a small command did not work, with the exit code that says so.

use std::fmt::Display;
use std::path::Path;
use std::process::ExitCode;

/// Exit code: it came to a bad end.
const EXIT_FAILED: u8 = 1;

/// Exit code: the server cannot be reached (sysexits `EX_UNAVAILABLE`).
const EXIT_UNAVAILABLE: u8 = 69;

/// One message, one exit code.
pub(crate) struct Failure {
    code: u8,
    text: String,
}

impl Failure {
    /// What was asked for cannot be meant.
    pub(crate) fn usage(text: impl Display) -> Self {
        Self { code: server::error::EXIT_USAGE, text: text.to_string() }
    }

    /// The server cannot be reached, or cannot answer now.
    pub(crate) fn unavailable(text: impl Display) -> Self {
        Self { code: EXIT_UNAVAILABLE, text: text.to_string() }
    }

    /// The server says no.
    pub(crate) fn refused(text: impl Display) -> Self {
        Self { code: EXIT_FAILED, text: text.to_string() }
    }

    /// A file cannot be read or written, or is not what it should be.
    pub(crate) fn file(path: &Path, why: impl Display) -> Self {
        Self { code: server::error::EXIT_IO, text: format!("{}: {why}", path.display()) }
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

/// Says it once.
pub(crate) fn exit_code(ended: Result<(), Failure>) -> ExitCode {
    code(ended.map(|()| ExitCode::SUCCESS))
}

/// The same of what has codes of its own.
pub(crate) fn code(ended: Result<ExitCode, Failure>) -> ExitCode {
    match ended {
        Ok(code) => code,
        Err(why) => {
            crate::complain(&why.text);
            ExitCode::from(why.code)
        }
    }
}
