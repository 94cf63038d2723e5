//! The way of single messages, for those who look for where time goes: which are traced, and the spans
//! of them that wait to be exported.
//!
//! # Invariants
//!
//! - Nobody waits for an exporter: at [`SPANS_MAX`] a span is dropped and counted.
//! - Of a message that is not traced nothing is kept and nothing allocated.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use model::{TraceContext, TraceParent};
use tokio::sync::Notify;

use crate::Dice;

/// Spans that wait to be exported.
pub const SPANS_MAX: usize = 4096;

/// So many wake who exports them; fewer wait until it looks by itself.
const SPANS_ENOUGH: usize = 256;

/// A step of a message's way, done.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    /// What was done.
    pub name: &'static str,
    /// Where it stands.
    pub context: TraceContext,
    /// The span it is part of.
    pub parent: Option<u64>,
    /// It answers a request from outside; else it is a step inside.
    pub is_server: bool,
    /// Nanoseconds since 1970.
    pub start: u64,
    /// Nanoseconds since 1970.
    pub end: u64,
    /// What else is known of it; no text that someone wrote.
    pub attributes: Vec<(&'static str, String)>,
}

/// A span that has begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Begun {
    /// Where it stands.
    pub context: TraceContext,
    /// The span it is part of.
    pub parent: Option<u64>,
    /// Nanoseconds since 1970.
    pub start: u64,
}

/// Decides what is traced, and keeps spans until they are exported.
#[derive(Debug)]
pub struct Tracer {
    /// Of 2^64 messages that come without a trace so many begin one.
    sampled: u128,
    dice: Dice,
    began: Instant,
    began_at: Duration,
    spans: Mutex<Vec<Span>>,
    enough: Notify,
    dropped: AtomicU64,
}

impl Tracer {
    /// One that begins a trace for this share of the messages, 0 to 1.
    pub fn new(ratio: f64, dice: Dice) -> Self {
        Self {
            sampled: threshold(ratio),
            dice,
            began: Instant::now(),
            began_at: SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default(),
            spans: Mutex::default(),
            enough: Notify::new(),
            dropped: AtomicU64::new(0),
        }
    }

    /// Nanoseconds since 1970, of a clock that never goes back.
    pub fn now(&self) -> u64 {
        u64::try_from((self.began_at + self.began.elapsed()).as_nanos()).unwrap_or(u64::MAX)
    }

    /// Begins a span if it is to be recorded: whoever asks decides, if they say; else chance does.
    pub fn begin(&self, parent: Option<TraceParent>) -> Option<Begun> {
        let (trace_id, parent) = match parent {
            Some(parent) if !parent.is_sampled => return None,
            Some(parent) => (parent.context.trace_id, Some(parent.context.span_id)),
            None if self.sampled == 0 => return None,
            None => {
                let id = (self.dice)();
                if id & u128::from(u64::MAX) >= self.sampled {
                    return None;
                }
                // Other bits than those that decided, and so any number.
                ((self.dice)() | 1, None)
            }
        };
        let context = TraceContext { trace_id, span_id: self.span_id() };
        Some(Begun { context, parent, start: self.now() })
    }

    /// Ends what was begun.
    pub fn end(&self, begun: Begun, name: &'static str, attributes: Vec<(&'static str, String)>) {
        let Begun { context, parent, start } = begun;
        let end = self.now();
        self.put(Span { name, context, parent, is_server: true, start, end, attributes });
    }

    /// A step under a span, done.
    pub fn step(
        &self,
        under: TraceContext,
        name: &'static str,
        (start, end): (u64, u64),
        attributes: Vec<(&'static str, String)>,
    ) {
        let context = TraceContext { trace_id: under.trace_id, span_id: self.span_id() };
        let parent = Some(under.span_id);
        self.put(Span { name, context, parent, is_server: false, start, end, attributes });
    }

    /// Waits until there are enough to export. Cancel safe.
    pub async fn enough(&self) {
        self.enough.notified().await;
    }

    /// What waits, at most so many, the oldest first.
    pub fn take(&self, most: usize) -> Vec<Span> {
        let mut spans = self.lock();
        let count = spans.len().min(most);
        spans.drain(..count).collect()
    }

    /// So many were not exported, for whatever reason.
    pub fn drop_spans(&self, many: u64) {
        self.dropped.fetch_add(many, Relaxed);
    }

    /// How many were not exported.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Relaxed)
    }

    fn put(&self, span: Span) {
        let mut spans = self.lock();
        if spans.len() >= SPANS_MAX {
            drop(spans);
            return self.drop_spans(1);
        }
        spans.push(span);
        if spans.len() == SPANS_ENOUGH {
            self.enough.notify_one();
        }
    }

    fn span_id(&self) -> u64 {
        let [low, high] = crate::door::halves((self.dice)());
        if low == 0 { high | 1 } else { low }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Span>> {
        self.spans.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The share of 2^64 that a ratio is.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "from 0 to 2^64, which a u128 holds"
)]
fn threshold(ratio: f64) -> u128 {
    (ratio.clamp(0.0, 1.0) * 2f64.powi(64)) as u128
}

#[cfg(test)]
mod tests;
