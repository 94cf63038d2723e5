//! What clients and the server say to each other: `docs/protocol.md` as types.
//!
//! A [`Command`] is what a client says, a [`Frame`] what the server says. Both carry `model`'s
//! types: they are valid or do not exist. Their shape is private to this crate, so that a change
//! of the domain does not leak into the protocol by accident, nor the other way round. It is written
//! in one of two [`Encoding`]s, with the same names.
//!
//! # Invariants
//!
//! - Decoding never panics, whatever the bytes, and allocates no more than the bytes justify.
//! - What a decoder refuses, it names: the field, its value, and what would be right.
//! - Encoding what was decoded gives a frame that decodes to the same.

mod binary;
mod close;
mod command;
mod content;
mod encoding;
mod field;
mod frame;
mod problem;
mod shape;

pub use binary::is_map;
pub use close::{CloseCode, busy_reason, retry_after_of, retry_after_of_header};
pub use command::{
    Birth, Command, New, Post, Proof, SubscribeFrom, decode_binary_command, decode_command,
    is_json_object,
};
pub use encoding::Encoding;
pub use frame::{
    Frame, FrameError, Presence, decode_binary_frame, decode_frame, encode_binary_message,
    encode_message,
};
pub use problem::{About, Code, Problem};

/// Where the WebSocket is.
pub const PATH: &str = "/v1/ws";

/// Bytes of one command, in either encoding: a body of the most bytes fits even if JSON escapes each
/// of them.
pub const FRAME_MAX_BYTES: usize = 64 * 1024;

/// Bytes of the largest frame a server says: a page of the most messages of the largest bodies, all
/// of them edited, each byte escaped.
pub const PAGE_FRAME_MAX_BYTES: usize = 24 * 1024 * 1024;

/// Users whose presence one connection watches.
pub const WATCHED_MAX: usize = 200;

/// Bytes of a token, or of a ticket.
pub const PROOF_MAX_BYTES: usize = 8 * 1024;
