//! Who speaks next, and who may hear: the owner's side of live conversations, as a state machine.
//!
//! The hub is told what happened (`handle_*`) and answers with [`Command`]s, to be taken with
//! [`Hub::next_command`] and run in order. It never waits, reads no clock, knows no connection; the
//! shell in `server` does that for it, and is itself without decisions.
//!
//! # Invariants
//!
//! - **Nothing undurable is visible.** `Sent`, `Deliver`, `Attached.standing` and `Page` speak only
//!   of messages the journal has called durable; an answer that rests on an undurable message
//!   (duplicate, conflict) waits for it.
//! - **Dense and total.** The messages of a conversation are appended as `1, 2, 3, …`, and each
//!   attached gateway gets every one above the `head` of its `Attached` once, in that order.
//! - **An id is sequenced once for the life of the log**: above its author's highest counter it is
//!   new; else the recent tail knows it, or else history's index does.
//! - **History holds everything below the tail.** A message leaves the tail only when history has
//!   its batch, and a conversation is evicted only when its tail is empty.
//! - **Permission is decided where the sequence number is given**, by the roles that everything
//!   sequenced before has left; who may hear, by the durable ones.
//! - **A cursor never runs ahead** of what its device acknowledged, nor of the last durable message.
//! - **A refusal leaves no trace**: after `handle_append_refused` all is as the journal has it.
//! - **Everything the hub keeps is bounded** ([`Limits`]), and each bound has a name in its refusal.
//!   Commands are not kept: the shell takes them all after each thing it tells.
//!
//! Each has its tests in `tests/it/`; `property.rs` holds them all at once to a naive model.

mod attach;
mod author;
mod books;
mod command;
mod conversation;
mod cost;
mod cursor;
mod evict;
mod flush;
mod gauges;
mod house;
mod hub;
mod indexed;
mod input;
mod judge;
mod limits;
mod load;
mod lookup;
mod mutants;
mod notice;
mod poison;
mod presence;
mod read;
mod rights;
mod roster;
mod send;
mod tail;
mod undurable;

pub use command::{Command, GatewayId, LoadWant, Reply, Ticket};
pub use gauges::Gauges;
pub use hub::{Hub, Start};
pub use limits::Limits;
pub use notice::{Durable, Found, Head, Known, LoadGot, Loaded, LookedUp, Summary};
pub use presence::{LINGER, Presence, Told};
pub use roster::Whose;
