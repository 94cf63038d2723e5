//! One question, one answer, whatever a slot is.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Bytes;
use serde::Serialize;
use thiserror::Error;

use super::batches::Batches;
use super::gauges::Gauges;
use super::streams::Streams;
use super::threads::Threads;
use super::{ANSWER_MAX_BYTES, CALL_MAX, Slot, SlotsArgs, SlotsError};

/// The page of the outside service that is asked.
pub(super) const PATH: &str = "/v1/analyze";

/// Who asks the outside service.
pub(super) enum Calls {
    Threads(Threads),
    Streams(Arc<Streams>, Arc<Gauges>),
    Batches(Batches),
}

/// What came of a call.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) body: Bytes,
    /// Waiting for a slot.
    pub(super) pool: Duration,
    /// Waiting for the outside service.
    pub(super) call: Duration,
}

/// Why there is no answer.
#[derive(Debug, Clone, Error)]
pub(super) enum CallError {
    /// The queue of the pool is full, or the service ends.
    #[error("no slot, and no place to wait for one")]
    NoPlace,
    #[error("the outside service cannot be asked: {0}")]
    Io(Arc<io::Error>),
    #[error("the outside service cannot be asked: {0}")]
    Http(Arc<hyper::Error>),
    #[error("the outside service did not answer within {} s", CALL_MAX.as_secs())]
    Late,
    #[error("the outside service answered {0}")]
    Refused(u16),
    #[error("the answer of the outside service is none: {0}")]
    Wrong(&'static str),
}

/// A question, as the outside service wants it.
#[derive(Serialize)]
pub(super) struct One<'a> {
    text: &'a str,
}

impl Calls {
    /// Starts the slots.
    ///
    /// # Errors
    /// [`SlotsError::Thread`]: a thread cannot be started.
    pub(super) fn start(args: &SlotsArgs) -> Result<Self, SlotsError> {
        let gauges = Arc::new(Gauges::default());
        let streams = || Arc::new(Streams::new(args.outside, args.slots));
        Ok(match args.slot {
            Slot::Thread => Self::Threads(Threads::start(args, gauges)?),
            Slot::Stream => Self::Streams(streams(), gauges),
            Slot::Batch => Self::Batches(Batches::start(streams(), gauges)),
        })
    }

    pub(super) fn gauges(&self) -> &Arc<Gauges> {
        match self {
            Self::Threads(threads) => threads.gauges(),
            Self::Streams(_, gauges) => gauges,
            Self::Batches(batches) => batches.gauges(),
        }
    }

    /// Asks about a text.
    pub(super) async fn ask(&self, text: String) -> Result<Answered, CallError> {
        match self {
            Self::Threads(threads) => threads.ask(text).await,
            Self::Streams(streams, gauges) => streams.ask(gauges, &text).await,
            Self::Batches(batches) => batches.ask(text).await,
        }
    }

    /// Ends the slots.
    pub(super) async fn close(&self) {
        match self {
            Self::Threads(threads) => threads.close().await,
            Self::Streams(streams, _) => streams.close().await,
            Self::Batches(batches) => batches.close().await,
        }
    }
}

impl From<io::Error> for CallError {
    fn from(why: io::Error) -> Self {
        // What a read says after its time, depends on the system.
        if matches!(why.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) {
            Self::Late
        } else {
            Self::Io(Arc::new(why))
        }
    }
}

impl From<hyper::Error> for CallError {
    fn from(why: hyper::Error) -> Self {
        Self::Http(Arc::new(why))
    }
}

/// The body of a question. Strings cannot fail to be JSON.
pub(super) fn question(text: &str) -> Vec<u8> {
    serde_json::to_vec(&One { text }).unwrap_or_default()
}

/// Whether an answer of so many bytes is taken.
pub(super) fn checked(bytes: usize) -> Result<usize, CallError> {
    if bytes <= ANSWER_MAX_BYTES { Ok(bytes) } else { Err(CallError::Wrong("too long")) }
}
