//! What can be set, and the named bounds that cannot.

use std::sync::Arc;
use std::time::Duration;

use crate::door::Door;
use crate::rate::RateLimit;
use crate::trace::Tracer;

/// Sends of one connection that are not answered yet. At the bound its socket is not read.
pub const SENDS_IN_FLIGHT_MAX: usize = 1024;

/// `read` commands of one connection that wait. At the bound its socket is not read.
pub const READS_WAITING_MAX: usize = 16;

/// Messages of one page of a replay: small enough that a thousand pages are no burden.
pub const REPLAY_PAGE_MESSAGES: u32 = 64;

/// What a send costs of [`Options::send_bytes_max`] beside its body.
pub const SEND_OVERHEAD_BYTES: usize = 512;

/// Frames that are not even a JSON object after which a connection is closed.
pub const NO_FRAMES_MAX: u32 = 10;

/// Table queries that wait for the owner.
pub const ROWS_IN_FLIGHT_MAX: usize = 64;

/// What can be set. Each has a default that suits a process of 20,000 descriptors.
#[derive(Debug, Clone)]
pub struct Options {
    /// This gateway's name, for the owner's logs and metrics.
    pub name: String,
    /// Told to clients; who is silent for three times as long is closed.
    pub heartbeat: Duration,
    /// How long a new connection may take to say `hello`.
    pub hello_timeout: Duration,
    /// How long the body of a request may take.
    pub body_timeout: Duration,
    /// How long a write may take before its reader is too slow to keep.
    pub write_timeout: Duration,
    /// How long the owner may be away before connections are sent elsewhere.
    pub owner_lost_max: Duration,
    /// Connections of this process; further ones are answered 503.
    pub connections_max: usize,
    /// Connections of one address; further ones are answered 503. Loopback addresses are not counted.
    pub connections_per_address_max: usize,
    /// Subscriptions of one connection.
    pub subscriptions_max: usize,
    /// Frames of one connection; further ones are refused `rate_limited`.
    pub commands: RateLimit,
    /// Frames and commands over HTTP of one user, over all their connections here.
    pub commands_of_user: RateLimit,
    /// Who may come in.
    pub door: Arc<Door>,
    /// Who is told to go is told to come back after a time of their own, at most this.
    pub drain_window: Duration,
    /// Which messages are traced; `None` = none.
    pub tracer: Option<Arc<Tracer>>,
    /// Bytes of all sends that are not answered yet, each with [`SEND_OVERHEAD_BYTES`].
    pub send_bytes_max: usize,
    /// Bytes of all rings together.
    pub ring_bytes_max: usize,
    /// Pages, of replays and of `read`, that are asked for or not yet written, of all connections.
    pub pages_max: usize,
    /// Which promise to break.
    #[cfg(feature = "mutants")]
    pub mutant: Option<model::Mutant>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            name: "gateway".to_owned(),
            heartbeat: Duration::from_secs(25),
            hello_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(20),
            write_timeout: Duration::from_secs(30),
            owner_lost_max: Duration::from_secs(60),
            connections_max: 19_000,
            connections_per_address_max: 1_000,
            subscriptions_max: 1_000,
            commands: RateLimit { per_second: 500, burst: 2_000 },
            commands_of_user: RateLimit { per_second: 1_000, burst: 4_000 },
            door: Arc::new(Door::dev(|| 0)),
            drain_window: Duration::ZERO,
            tracer: None,
            send_bytes_max: 64 * 1024 * 1024,
            ring_bytes_max: 256 * 1024 * 1024,
            pages_max: 256,
            #[cfg(feature = "mutants")]
            mutant: None,
        }
    }
}
