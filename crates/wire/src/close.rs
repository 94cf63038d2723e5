//! Why a connection was ended, in the codes of a WebSocket close frame (RFC 6455 §7.4).

use serde::{Deserialize, Serialize};

/// A close code, and with it whether to connect again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct CloseCode(pub u16);

impl CloseCode {
    /// The server is going away; connect again, after what the reason says, a [`busy_reason`]: another
    /// time for each client, so that they do not all come at once.
    pub const GOING_AWAY: Self = Self(1001);
    /// A frame that RFC 6455 does not allow.
    pub const PROTOCOL: Self = Self(1002);
    /// A text that is not UTF-8.
    pub const NOT_UTF8: Self = Self(1007);
    /// A frame larger than [`FRAME_MAX_BYTES`](crate::FRAME_MAX_BYTES).
    pub const TOO_LARGE: Self = Self(1009);
    /// Too busy to take this connection; the reason is a [`busy_reason`].
    pub const TOO_BUSY: Self = Self(1013);
    /// Nothing was heard for three heartbeats.
    pub const SILENT: Self = Self(3000);
    /// The owner behind this gateway was lost too long; connect again.
    pub const OWNER_LOST: Self = Self(3001);
    /// The token has expired: connect again with a new one.
    pub const EXPIRED: Self = Self(3002);
    /// No `hello` came in time: connect again.
    pub const HELLO_LATE: Self = Self(3003);
    /// A ticket that was used, is too old or of another gateway, or a token whose key is not known
    /// here yet: connect again, with a new ticket.
    pub const STALE: Self = Self(3004);
    /// A wrong `hello`.
    pub const NO_HELLO: Self = Self(3500);
    /// A binary frame or one that is no JSON object, ten times.
    pub const NO_FRAMES: Self = Self(3501);
    /// No token, or one that is not accepted.
    pub const UNAUTHORIZED: Self = Self(3502);
    /// More commands than the limit allows, again and again.
    pub const FLOOD: Self = Self(3503);

    /// Whether to connect again: not after 3500–3999.
    pub const fn connect_again(self) -> bool {
        !matches!(self.0, 3500..=3999)
    }
}

#[derive(Serialize, Deserialize)]
struct BusyReason {
    retry_after_ms: u32,
}

/// The reason that goes with [`CloseCode::TOO_BUSY`] and [`CloseCode::GOING_AWAY`].
pub fn busy_reason(retry_after_ms: u32) -> String {
    crate::shape::json(&BusyReason { retry_after_ms })
}

/// How long to wait, milliseconds, if a refused upgrade says so: its `Retry-After` in seconds
/// (RFC 9110 §10.2.3). One that is a date says nothing.
pub fn retry_after_of_header(value: &str) -> Option<u32> {
    let seconds: u64 = value.trim().parse().ok()?;
    Some(u32::try_from(seconds.saturating_mul(1_000)).unwrap_or(u32::MAX))
}

/// How long to wait, milliseconds, if the reason of a close frame says so.
pub fn retry_after_of(reason: &str) -> Option<u32> {
    serde_json::from_str::<BusyReason>(reason).ok().map(|reason| reason.retry_after_ms)
}
