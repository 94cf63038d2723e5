//! Frames as bytes, in the encoding of whoever hears them.
//!
//! # Invariants
//!
//! - What is for many is encoded once for each encoding that someone listens in when it comes;
//!   nothing is encoded that nobody asked for.
//! - Whoever asks later translates for itself: only what came before the first of its kind.

use axum::extract::ws::{Message, Utf8Bytes};
use bytes::Bytes;
use model::Epoch;
use wire::{Encoding, Frame, decode_frame};

/// One frame, cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Words {
    /// JSON.
    Text(Utf8Bytes),
    /// MessagePack.
    Binary(Bytes),
}

/// One frame for all who listen.
#[derive(Debug)]
pub(crate) struct Said {
    text: Utf8Bytes,
    binary: Option<Bytes>,
}

impl Words {
    /// A frame.
    pub(crate) fn of(frame: &Frame, encoding: Encoding) -> Self {
        match encoding {
            Encoding::Json => Self::Text(frame.encode().into()),
            Encoding::MessagePack => Self::Binary(frame.encode_binary().into()),
        }
    }

    /// A `message` frame.
    pub(crate) fn of_message(epoch: Epoch, message: &model::Message, encoding: Encoding) -> Self {
        match encoding {
            Encoding::Json => Self::Text(wire::encode_message(epoch, message).into()),
            Encoding::MessagePack => {
                Self::Binary(wire::encode_binary_message(epoch, message).into())
            }
        }
    }

    /// Bytes.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Binary(bytes) => bytes.len(),
        }
    }

    /// As a connection of this encoding writes it.
    pub(crate) fn into_message(self, encoding: Encoding) -> Message {
        match (self, encoding) {
            (Self::Text(text), Encoding::Json) => Message::Text(text),
            (Self::Text(text), Encoding::MessagePack) => {
                let frame = decode_frame(&text).expect("what was encoded here reads back");
                Message::Binary(frame.encode_binary().into())
            }
            (Self::Binary(bytes), _) => Message::Binary(bytes),
        }
    }

    /// The JSON text of a connection that speaks JSON.
    pub(crate) fn into_text(self) -> Utf8Bytes {
        match self {
            Self::Text(text) => text,
            Self::Binary(_) => unreachable!("nobody asked for MessagePack here"),
        }
    }
}

impl Said {
    /// In JSON alone.
    pub(crate) fn new(mut text: String) -> Self {
        text.shrink_to_fit(); // Rings keep it.
        Self { text: text.into(), binary: None }
    }

    /// In MessagePack, too.
    pub(crate) fn with_binary(self, bytes: Vec<u8>) -> Self {
        Self { binary: Some(bytes.into()), ..self }
    }

    /// Bytes of all its encodings.
    pub(crate) fn len(&self) -> usize {
        self.text.len() + self.binary.as_ref().map_or(0, Bytes::len)
    }

    /// For one listener.
    pub(crate) fn words(&self, encoding: Encoding) -> Words {
        match (encoding, &self.binary) {
            (Encoding::MessagePack, Some(bytes)) => Words::Binary(bytes.clone()),
            (Encoding::MessagePack, None) | (Encoding::Json, _) => Words::Text(self.text.clone()),
        }
    }
}

#[cfg(test)]
mod tests;
