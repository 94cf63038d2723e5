//! WebSocket frames (RFC 6455) from bytes to text and back, for the server's side.
//!
//! A connection that waits holds nothing here: bytes stay only while a frame is not whole, and
//! what is to be written stays where it is encoded until the socket takes it. Frames' heads are read and
//! written by `tungstenite`.
//!
//! # Invariants
//!
//! - Whatever comes, no more than [`wire::FRAME_MAX_BYTES`] of one message are kept.
//! - After [`Broken`] nothing is heard any more.

mod inlet;
mod outlet;

use thiserror::Error;

pub(crate) use self::inlet::{Heard, Inlet};
pub(crate) use self::outlet::Outlet;

/// Bytes of the content of a control frame (RFC 6455, 5.5).
const CONTROL_MAX_BYTES: usize = 125;

/// Why a stream of frames cannot be heard any further.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum Broken {
    /// A frame, or the frames of one message together.
    #[error("a frame larger than {} bytes", wire::FRAME_MAX_BYTES)]
    TooLarge,
    /// A text, or the reason of a close.
    #[error("a text that is not UTF-8")]
    NotUtf8,
    /// Not as RFC 6455 has it.
    #[error("{0}")]
    Protocol(&'static str),
}

#[cfg(test)]
mod tests;
