//! Why a small command did not work, with the exit code that says so.

use std::fmt::Display;
use std::path::Path;
use std::process::ExitCode;

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

    /// A file cannot be read or written, or is not what it should be.
    pub(crate) fn file(path: &Path, why: impl Display) -> Self {
        Self { code: server::error::EXIT_IO, text: format!("{}: {why}", path.display()) }
    }
}

/// Says it once.
pub(crate) fn exit_code(ended: Result<(), Failure>) -> ExitCode {
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            crate::complain(&why.text);
            ExitCode::from(why.code)
        }
    }
}
