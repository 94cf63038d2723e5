//! A user on tokio: sockets and clocks around a [`session::Session`], which decides.
//!
//! [`open`] gives three ends: a [`Handle`] to say things with, a receiver of what happens, and the
//! [`Client`], whose [`run`](Client::run) is one numbered loop that the caller spawns.
//!
//! # Invariants
//!
//! - A [`Tap`] sees each frame before the socket does, or before the session does: a history it
//!   writes knows everything that anyone could have acted on.
//! - Every channel has a bound. When the application does not take its events, the socket is not
//!   read: the server sees a slow reader. What the application asks for is done all the same.
//! - No lock, no task of its own: when `run` returns, nothing is left behind.

mod drive;
mod gateway;
mod handle;
mod socket;
mod tap;

pub use drive::{Client, Options, open};
pub use gateway::{BadGateway, Gateway};
pub use handle::{CallError, Gone, Handle};
pub use session::{Backoff, Event, OutboxFull, ReadId, TooManyReads, TooManySubscriptions};
pub use tap::Tap;
