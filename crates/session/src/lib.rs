//! One user's side of the protocol, as a pure machine: it is told the time, handed frames and what
//! became of its connection, and answers with commands and events. A shell (`client`, or a test)
//! does the waiting.
//!
//! ```text
//! loop {
//!     while let Some(it) = session.next_command() { do it }      1 run commands
//!     while let Some(event) = session.next_event() { tell it }
//!     something came, or poll_timeout() passed → session.handle_…(now)
//! }
//! ```
//!
//! # Invariants
//!
//! - A message is in the outbox from [`Session::say`] until the server said `sent` or never, exactly
//!   as it was first stamped.
//! - Of one conversation, messages are sent in the order they were said; after a lost connection or
//!   a refusal nothing new is sent there until what was sent before is through.
//! - A stamp given is above every stamp given or received before, in any conversation.
//! - Of a subscription each message is heard once, in order; what is missing is said ([`Event::Gap`]).
//! - Every queue and map has a bound in [`Options`], or is emptied by the caller after each input.

mod backoff;
mod event;
mod line;
mod options;
mod outbox;
mod reads;
mod session;
mod subscriptions;

pub use backoff::Backoff;
pub use event::{Do, Event, Lost, OutboxFull, ReadId, TooManyReads, TooManySubscriptions};
pub use options::Options;
pub use session::Session;
