//! The body of an answer: whole, byte after byte, or cut off in its midst.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame, SizeHint};
use thiserror::Error;
use tokio::time::{Instant, Sleep, sleep};

/// How long the first half of a body has to go out before the connection (HTTP/1.1) or the stream
/// (HTTP/2) is cut off.
const CUT_AFTER: Duration = Duration::from_millis(5);

/// The body of an answer.
pub(crate) enum Reply {
    /// As it should be.
    Whole(Bytes),
    /// Byte after byte.
    Drip { left: Bytes, pace: Duration, next: Pin<Box<Sleep>> },
    /// Promised whole; `left` comes, and then nothing.
    Cut { left: Bytes, promised: u64, end: Pin<Box<Sleep>> },
}

/// The body was drawn to be cut off.
#[derive(Debug, Error)]
#[error("drawn to be cut off")]
pub(crate) struct CutOff;

impl Reply {
    pub(crate) fn drip(left: Bytes, pace: Duration) -> Self {
        Self::Drip { left, pace, next: Box::pin(sleep(pace)) }
    }

    pub(crate) fn cut(mut whole: Bytes) -> Self {
        let promised = bytes(&whole);
        whole.truncate(whole.len() / 2);
        Self::Cut { left: whole, promised, end: Box::pin(sleep(CUT_AFTER)) }
    }
}

impl Body for Reply {
    type Data = Bytes;
    type Error = CutOff;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, CutOff>>> {
        match self.get_mut() {
            Self::Whole(left) | Self::Cut { left, .. } if !left.is_empty() => {
                Poll::Ready(Some(Ok(Frame::data(std::mem::take(left)))))
            }
            Self::Whole(_) => Poll::Ready(None),
            Self::Drip { left, .. } if left.is_empty() => Poll::Ready(None),
            Self::Drip { left, pace, next } => {
                ready!(next.as_mut().poll(cx));
                next.as_mut().reset(Instant::now() + *pace);
                Poll::Ready(Some(Ok(Frame::data(left.split_to(1)))))
            }
            Self::Cut { end, .. } => {
                ready!(end.as_mut().poll(cx));
                Poll::Ready(Some(Err(CutOff)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(left) | Self::Drip { left, .. } => left.is_empty(),
            Self::Cut { .. } => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(match self {
            Self::Whole(left) | Self::Drip { left, .. } => bytes(left),
            Self::Cut { promised, .. } => *promised,
        })
    }
}

fn bytes(of: &Bytes) -> u64 {
    u64::try_from(of.len()).unwrap_or(u64::MAX)
}
