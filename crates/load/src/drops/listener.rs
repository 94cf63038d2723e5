//! One client that listens, and the board on which all mark how they fare.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result};
use client::{Client, Event, Gateway, Handle};
use hdrhistogram::Histogram;
use model::{ConversationId, DeviceId, InstanceId, Seq, UserId};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::Instant;

/// The longest time told apart, milliseconds.
const BACK_MAX_MS: u64 = 600_000;

/// What all mark.
pub(super) struct Board {
    /// Clients that have heard all there was when they came back, since the last drop.
    pub(super) back: AtomicU32,
    /// How many times the network went away.
    drop: AtomicU32,
    /// How many clients have heard how much: by client.
    heard: Mutex<Vec<(u32, u64)>>,
    /// The last message of each conversation.
    heads: Vec<AtomicU64>,
    doubled: AtomicU64,
    gaps: AtomicU64,
    connections: AtomicU64,
    times: Mutex<Times>,
}

struct Times {
    restored: Instant,
    back: Histogram<u64>,
    worst_ms: u64,
}

/// A client of its own user, and what it follows.
pub(super) struct Listener {
    client: Client<()>,
    events: mpsc::Receiver<Event>,
    conversation: u32,
}

impl Listener {
    pub(super) fn open(
        number: u32,
        gateway: Gateway,
        name: ConversationId,
        conversation: u32,
    ) -> Result<(Self, Handle)> {
        let dice = getrandom::u64().context("the system gives no randomness")?;
        let user = UserId::new(&format!("{name}-u{number}"))?;
        let session = session::Options::new(user, DeviceId::new("d0")?, InstanceId(dice), dice);
        let options = client::Options::new(session, vec![gateway]);
        let (client, handle, events) = client::open(options, ());
        Ok((Self { client, events, conversation }, handle))
    }

    /// Until the client is stopped.
    pub(super) async fn listen(self, board: Arc<Board>) {
        let Self { client, mut events, conversation } = self;
        let hearing = async move {
            let mut heard = 0;
            let place = board.enter(conversation);
            // What it has to hear to be back, and from which drop.
            let mut wanted: Option<(u64, u32)> = None;
            let mut back_from = None;
            while let Some(event) = events.recv().await {
                match event {
                    Event::Subscribed { head: Seq(head), .. } => {
                        board.connections.fetch_add(1, Relaxed);
                        wanted = Some((head, board.drop.load(Relaxed)));
                    }
                    Event::Heard { message, .. } if message.seq.0 == heard + 1 => {
                        heard += 1;
                        board.hears(place, conversation, heard);
                    }
                    Event::Heard { message, .. } if message.seq.0 <= heard => {
                        board.doubled.fetch_add(1, Relaxed);
                    }
                    Event::Heard { message, .. } => {
                        board.gaps.fetch_add(1, Relaxed);
                        heard = message.seq.0;
                    }
                    Event::Said { seq, .. } => board.stands(conversation, seq.0),
                    Event::Gap { .. } => {
                        board.gaps.fetch_add(1, Relaxed);
                    }
                    Event::Welcomed { .. }
                    | Event::Disconnected { .. }
                    | Event::Stopped
                    | Event::Failed { .. }
                    | Event::Unsubscribed { .. }
                    | Event::Page { .. }
                    | Event::Problem(_) => {}
                }
                if let Some((_, drop)) = wanted.filter(|(head, _)| heard >= *head)
                    && back_from != Some(drop)
                {
                    back_from = Some(drop);
                    board.is_back(drop);
                }
            }
        };
        tokio::join!(client.run(), hearing);
    }
}

impl Board {
    pub(super) fn new(conversations: u32) -> Result<Self> {
        let times = Times {
            restored: Instant::now(),
            back: Histogram::new_with_bounds(1, BACK_MAX_MS, 3)?,
            worst_ms: 0,
        };
        Ok(Self {
            back: AtomicU32::new(0),
            drop: AtomicU32::new(0),
            heard: Mutex::default(),
            heads: (0..conversations).map(|_| AtomicU64::new(0)).collect(),
            doubled: AtomicU64::new(0),
            gaps: AtomicU64::new(0),
            connections: AtomicU64::new(0),
            times: Mutex::new(times),
        })
    }

    /// The network is about to go away.
    pub(super) fn dropped(&self) {
        self.drop.fetch_add(1, Relaxed);
        self.back.store(0, Relaxed);
        self.times().back.reset();
    }

    /// It is about to be there again.
    pub(super) fn restored(&self) {
        self.times().restored = Instant::now();
    }

    fn is_back(&self, from: u32) {
        if from == self.drop.load(Relaxed) {
            let mut times = self.times();
            let ms = u64::try_from(times.restored.elapsed().as_millis()).unwrap_or(u64::MAX);
            if from > 0 {
                times.back.saturating_record(ms.max(1));
                times.worst_ms = times.worst_ms.max(ms);
            }
            self.back.fetch_add(1, Relaxed);
        }
    }

    /// After the last drop.
    pub(super) fn back_ms(&self) -> Value {
        let times = self.times();
        let at = |quantile| times.back.value_at_quantile(quantile);
        json!({ "p50": at(0.5), "p99": at(0.99), "max": at(1.0) })
    }

    fn enter(&self, conversation: u32) -> usize {
        let mut heard = self.heard();
        heard.push((conversation, 0));
        heard.len() - 1
    }

    fn hears(&self, place: usize, conversation: u32, seq: u64) {
        self.heard()[place].1 += 1;
        self.stands(conversation, seq);
    }

    fn stands(&self, conversation: u32, seq: u64) {
        self.heads[conversation as usize].fetch_max(seq, Relaxed);
    }

    fn head(&self, conversation: u32) -> u64 {
        self.heads[conversation as usize].load(Relaxed)
    }

    /// How many have heard all that anyone knows of.
    pub(super) fn have_heard_all(&self) -> u32 {
        let heard = self.heard();
        let all = heard.iter().filter(|(conversation, heard)| *heard >= self.head(*conversation));
        u32::try_from(all.count()).unwrap_or(u32::MAX)
    }

    pub(super) fn result(&self, all_heard: bool) -> Value {
        let heard = self.heard();
        let expected: u64 = heard.iter().map(|(conversation, _)| self.head(*conversation)).sum();
        let delivered: u64 = heard.iter().map(|(_, heard)| heard).sum();
        json!({
            "type": "total",
            "messages": (0..self.heads.len()).map(|at| self.heads[at].load(Relaxed)).sum::<u64>(),
            "expected": expected,
            "delivered": delivered,
            "missing": expected.saturating_sub(delivered),
            "doubled": self.doubled.load(Relaxed),
            "gaps": self.gaps.load(Relaxed),
            "all_heard": all_heard,
            "connections": self.connections.load(Relaxed),
            "back_worst_ms": self.times().worst_ms,
        })
    }

    fn heard(&self) -> MutexGuard<'_, Vec<(u32, u64)>> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn times(&self) -> MutexGuard<'_, Times> {
        self.times.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
