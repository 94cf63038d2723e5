//! Connections of HTTP/2 to one service. One alone has as many calls in flight as the service allows streams on it,
//! often a hundred: at 200 ms a call that is 500 a second, whatever the processors do.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderMap, Uri, response};
use tokio::sync::Mutex;

use super::dial::{Dial, May};
use super::line::{Line, Use};
use super::trouble::Wrong;

/// Calls that a connection is planned for: what services usually allow.
const STREAMS: usize = 100;

/// The most that one is given, whatever the service allows: one that stalls holds all of its calls.
const STREAMS_MAX: usize = 1_000;

/// More connections than calls in flight need: streams are not evenly used.
const SPARE_PERCENT: usize = 130;

/// Connections that are used even when fewer would do.
const USED_MIN: usize = 2;

/// Calls that take the same connection one after the other: they leave in one write.
const TOGETHER: usize = 16;

/// Of the connections.
pub(super) struct Lanes {
    lanes: Vec<Lane>,
    /// Calls that were made, and the connection that takes them now.
    turn: AtomicUsize,
    filling: AtomicUsize,
    in_flight: AtomicUsize,
    dial: Dial,
}

/// One connection, made when it is first needed and again when it has ended.
#[derive(Default)]
struct Lane {
    used: Arc<Use>,
    line: Mutex<Option<Line>>,
}

/// How many connections so many calls need, if each takes so many.
fn connections(in_flight: usize, streams: usize) -> usize {
    (in_flight * SPARE_PERCENT).div_ceil(100 * streams).max(1)
}

impl Lanes {
    pub(super) fn new(in_flight_max: usize, dial: Dial) -> Self {
        let count = connections(in_flight_max, STREAMS);
        let lanes = (0..count).map(|_| Lane::default()).collect();
        let [turn, filling, in_flight] = [0; 3].map(AtomicUsize::new);
        Self { lanes, turn, filling, in_flight, dial }
    }

    /// Connections that may be open, and calls that they take at once by what the service allows each; 0 while it has
    /// not said so.
    pub(super) fn carried(&self) -> (usize, usize) {
        let streams = self.lanes.iter().map(|lane| lane.used.streams.load(Relaxed));
        let open: Vec<usize> = streams.filter(|streams| *streams > 0).collect();
        let all = open.iter().fold(0_usize, |all, streams| all.saturating_add(*streams));
        let connections = self.lanes.len();
        (connections, all.saturating_mul(connections) / open.len().max(1))
    }

    /// Asks on one of them: the answer's head, and all of its body.
    pub(super) async fn post(
        &self,
        at: &Uri,
        headers: &HeaderMap,
        question: Bytes,
    ) -> Result<(response::Parts, Bytes), Wrong> {
        let lane = self.pick();
        let _places = (Place::of(&self.in_flight), Place::of(&lane.used.in_flight));
        let line = lane.line(at, &self.dial).await.map_err(|why| Wrong::unreachable(&why))?;
        line.post(at, headers, question).await
    }

    /// Of as many connections as the calls in flight need, the least used, and then that one for some calls more. Few
    /// that are well filled cost less than many: each write and each read serves more calls.
    fn pick(&self) -> &Lane {
        let turn = self.turn.fetch_add(1, Relaxed);
        let lane = &self.lanes[self.filling.load(Relaxed)];
        if !turn.is_multiple_of(TOGETHER) && lane.used.in_flight.load(Relaxed) + 1 < self.streams()
        {
            return lane;
        }
        let used = self.used(self.in_flight.load(Relaxed) + TOGETHER);
        let in_flight = |index: &usize| self.lanes[*index].used.in_flight.load(Relaxed);
        let least = (0..used).min_by_key(in_flight).unwrap_or(0);
        self.filling.store(least, Relaxed);
        &self.lanes[least]
    }

    /// Calls that one takes, as far as it is known.
    fn streams(&self) -> usize {
        match self.lanes[0].used.streams.load(Relaxed) {
            0 => STREAMS,
            allowed => allowed.min(STREAMS_MAX),
        }
    }

    /// Connections that so many calls are spread over.
    fn used(&self, in_flight: usize) -> usize {
        connections(in_flight, self.streams()).max(USED_MIN).min(self.lanes.len())
    }

    /// Makes the connections that so many calls need, before anyone waits for them.
    pub(super) async fn warm_up(&self, at: &Uri, in_flight: usize) {
        for lane in self.lanes.iter().take(self.used(in_flight)) {
            // Who needs it later says what is wrong.
            lane.line(at, &self.dial).await.ok();
        }
    }
}

impl Lane {
    /// The connection; those who need it while it is made wait for the same one.
    async fn line(&self, at: &Uri, dial: &Dial) -> Result<Line, String> {
        let mut held = self.line.lock().await;
        if let Some(line) = held.as_ref()
            && let Some(line) = line.ready().await
        {
            return Ok(line);
        }
        // Seldom, and large: it is not to make every call large.
        let line = Box::pin(Line::connect(at, dial, Arc::clone(&self.used))).await?;
        *held = Some(line.clone());
        Ok(line)
    }
}

/// A call that counts there.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn of(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Relaxed);
        Self(count)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

/// Whether HTTP/2 is spoken there: with TLS that is agreed on, without it is known before (RFC 9113, section 3.3) or tried.
pub(super) async fn speaks_http2(at: &Uri, dial: &Dial, within: Duration) -> Result<bool, String> {
    if at.scheme_str() == Some("https") {
        return dial.line(at, May::Http2).await.map(|line| line.is_http2);
    }
    let asked = async { Line::connect(at, dial, Arc::default()).await?.answers(at).await };
    tokio::time::timeout(within, asked)
        .await
        .unwrap_or_else(|_| Err(format!("no answer within {within:?}")))
}

#[cfg(test)]
mod tests;
