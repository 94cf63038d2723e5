//! The door: WebSockets of clients on one side, the link to the owner on the other.
//!
//! **Every subscription is only a pointer.** For each conversation that someone here follows the
//! gateway keeps one shared ring of the latest frames, each encoded once. A subscription holds the
//! next sequence number its client is to have. Is it inside the ring, the frames are taken from
//! there; is it below, a page is read from the owner, and again, until it reaches the ring. Handing
//! over from history to live, catching up after having been slow, and going on after the owner was
//! away are that one mechanism; a slow reader is a pointer that falls out of the ring: it slows
//! nobody and grows no memory.
//!
//! It decides nothing about messages: who may speak, what comes after what and what was said twice is
//! the owner's to say.
//!
//! # Invariants
//!
//! - What one subscription delivers is dense and ascending, each message once; where that cannot be,
//!   a `subscribed` frame with `recovered: false` stands between.
//! - Every send is answered exactly once: with the owner's word, `busy` when it was not handed over,
//!   or `outcome_unknown` when the link was lost under it.
//! - A cursor moves only on a client's acknowledgement of what was sent to it.
//! - Nothing waits for a slow connection, and everything that waits has a bound.

mod clock;
mod connection;
mod counters;
mod door;
mod framing;
mod gateway;
mod guest;
mod http;
mod latency;
mod mailbox;
mod opening;
mod options;
mod owner;
mod people;
mod pointer;
mod rate;
mod ring;
mod small_map;
mod topics;
mod trace;
pub mod transport;
mod words;

pub use counters::Counters;
pub use door::{Dice, Door};
pub use gateway::Gateway;
pub use http::{BODY_MAX_BYTES, COMMANDS_MAX, Peer, Route, respond, routes_of_clients};
pub use latency::{Latencies, Latency};
pub use options::{
    NO_FRAMES_MAX, Options, READS_WAITING_MAX, REPLAY_PAGE_MESSAGES, ROWS_IN_FLIGHT_MAX,
    SEND_OVERHEAD_BYTES, SENDS_IN_FLIGHT_MAX,
};
pub use owner::{Report, Rows};
pub use rate::RateLimit;
pub use ring::{RING_BYTES_MAX, RING_FRAMES_MAX};
pub use trace::{Begun, SPANS_MAX, Span, Tracer};
