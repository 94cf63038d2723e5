//! What gateways and owners say to each other.
//!
//! Plain values, nothing shared: the same enums cross a bounded queue inside one process and a
//! socket between two. [`encode`] and [`decode`] are the form they have on a socket; its bytes are
//! in `docs/formats.md`.
//!
//! # Invariants
//!
//! - What one side sends on one link arrives in the order it was sent, or the link is gone.
//! - For each attached conversation: `Attached { head }` comes first, then every `Deliver` above
//!   `head`, in `Seq` order, each once. `Page` answers may come at any time.
//! - A decoder allocates no more than the frame it was given, and a frame has at most
//!   [`FRAME_MAX_BYTES`].

mod codec;
mod enriching;
mod message;

/// Users of one message about presence.
pub const USERS_MAX: usize = 1_000;

pub use codec::{DecodeError, FRAME_MAX_BYTES, FrameReader, VERSION, decode, encode};
pub use enriching::{
    Decision, EnrichAnswer, EnrichAsk, EnrichNot, Letter, MessageRef, Preview, Replay, Step, Why,
};
pub use message::{FromOwner, NotReady, Reason, RequestId, Row, RowQuery, ToOwner};
