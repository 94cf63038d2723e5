//! The two ways in which commands and frames are written.

/// How a connection writes what it says, in both directions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encoding {
    /// JSON, each in a WebSocket text message. Who asks for nothing gets this.
    #[default]
    Json,
    /// MessagePack, each in a WebSocket binary message.
    MessagePack,
}

impl Encoding {
    /// All there are.
    pub const ALL: [Self; 2] = [Self::Json, Self::MessagePack];

    /// The WebSocket sub-protocol (RFC 6455 §1.9) that asks for it.
    pub const fn subprotocol(self) -> &'static str {
        match self {
            Self::Json => "hubbub.v1.json",
            Self::MessagePack => "hubbub.v1.msgpack",
        }
    }

    /// The encoding that a sub-protocol asks for.
    pub fn of_subprotocol(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|encoding| encoding.subprotocol() == name)
    }
}
