//! Why a request has no answer.

use std::io;

use serde::{Deserialize, Serialize};

use super::http1::Broken;

/// Few enough to be counted each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Fault {
    /// Nobody listens.
    Refused,
    /// This process may have no more descriptors.
    TooManyFiles,
    /// This machine has no more ports to that address.
    NoPort,
    /// Connecting failed in another way, or TLS did.
    Connect,
    /// Connecting took too long.
    ConnectTimeout,
    /// The other side reset the connection.
    Reset,
    /// The other side closed before its answer was whole.
    ClosedEarly,
    /// The answer took too long.
    Timeout,
    /// The answer is none.
    Malformed,
    /// It was due, and no connection was free until the end of the run.
    NotStarted,
    /// It was sent, and not answered by the end of the run.
    NotAnswered,
}

impl Fault {
    /// As it is saved and shown.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Refused => "connection refused",
            Self::TooManyFiles => "too many open files",
            Self::NoPort => "no free port",
            Self::Connect => "cannot connect",
            Self::ConnectTimeout => "connecting timed out",
            Self::Reset => "connection reset",
            Self::ClosedEarly => "closed before the answer was whole",
            Self::Timeout => "timed out",
            Self::Malformed => "not an answer",
            Self::NotStarted => "not started by the end",
            Self::NotAnswered => "not answered by the end",
        }
    }

    /// Whether it was waited for until someone's patience ended: then how long that was is a latency, at least.
    pub(crate) fn is_given_up(self) -> bool {
        match self {
            Self::ConnectTimeout | Self::Timeout | Self::NotStarted | Self::NotAnswered => true,
            Self::Refused
            | Self::TooManyFiles
            | Self::NoPort
            | Self::Connect
            | Self::Reset
            | Self::ClosedEarly
            | Self::Malformed => false,
        }
    }

    /// Of an error while connecting.
    pub(crate) fn of_connecting(why: &io::Error) -> Self {
        match why.raw_os_error() {
            Some(EMFILE | ENFILE) => Self::TooManyFiles,
            Some(EADDRNOTAVAIL) => Self::NoPort,
            Some(ECONNREFUSED) => Self::Refused,
            Some(ECONNRESET) => Self::Reset,
            Some(ETIMEDOUT) => Self::ConnectTimeout,
            Some(_) | None => Self::Connect,
        }
    }

    /// Of an error while reading or writing.
    pub(crate) fn of_talking(why: &io::Error) -> Self {
        let is_early = why.kind() == io::ErrorKind::UnexpectedEof;
        if is_early { Self::ClosedEarly } else { Self::Reset }
    }
}

/// Why a request failed, in words, too.
#[derive(Debug)]
pub(crate) struct Failed {
    pub(crate) fault: Fault,
    pub(crate) detail: String,
}

impl Failed {
    pub(crate) fn new(fault: Fault, detail: impl ToString) -> Self {
        Self { fault, detail: detail.to_string() }
    }
}

impl From<Broken> for Failed {
    fn from(why: Broken) -> Self {
        Self::new(Fault::Malformed, why)
    }
}

const EMFILE: i32 = rustix::io::Errno::MFILE.raw_os_error();
const ENFILE: i32 = rustix::io::Errno::NFILE.raw_os_error();
const EADDRNOTAVAIL: i32 = rustix::io::Errno::ADDRNOTAVAIL.raw_os_error();
const ECONNREFUSED: i32 = rustix::io::Errno::CONNREFUSED.raw_os_error();
const ECONNRESET: i32 = rustix::io::Errno::CONNRESET.raw_os_error();
const ETIMEDOUT: i32 = rustix::io::Errno::TIMEDOUT.raw_os_error();
