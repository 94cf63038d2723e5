//! When each message is due, and on which connection: arithmetic, no clock.

use std::time::Duration;

use anyhow::{Result, bail};

/// A connection that is silent for longer may be closed (three heartbeats are 75 s).
const SILENCE_MAX_SECONDS: u64 = 20;

/// Message `k` is due at `k / rate`, on connection `k % connections`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Schedule {
    rate: u64,
    total: u64,
    connections: u64,
}

impl Schedule {
    pub(super) fn new(rate: u64, seconds: u64, connections: u64) -> Result<Self> {
        if connections > rate * SILENCE_MAX_SECONDS {
            bail!(
                "--connections {connections} is too much for --rate {rate}: each connection speaks \
                 every {SILENCE_MAX_SECONDS} s at least, so give at most {}",
                rate * SILENCE_MAX_SECONDS
            );
        }
        Ok(Self { rate, total: rate * seconds, connections })
    }

    /// Messages of all connections.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// From the first that is due to the end.
    pub(super) fn length(&self) -> Duration {
        self.due(self.total)
    }

    /// When message `k` is due, from the start.
    pub(super) fn due(&self, k: u64) -> Duration {
        let nanos = u128::from(k) * 1_000_000_000 / u128::from(self.rate);
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// The messages of one connection, in order.
    pub(super) fn of(&self, connection: u64) -> impl Iterator<Item = u64> + use<> {
        let step = usize::try_from(self.connections).unwrap_or(usize::MAX);
        (connection..self.total).step_by(step)
    }
}

/// A body of so many bytes: words, so that whoever reads them has something to read.
pub(super) fn body(k: u64, bytes: usize) -> String {
    const WORDS: &str =
        "the evening was quiet and we talked about the sea, the boats and good bread; ";
    let mut body = format!("{k}: ");
    while body.len() < bytes {
        body.push_str(WORDS);
    }
    body.truncate(bytes);
    body
}

#[cfg(test)]
mod tests;
