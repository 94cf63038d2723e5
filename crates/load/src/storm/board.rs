//! On which all clients mark how they fare.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::time::Instant;

use super::spectrum::Spectrum;
use crate::swarm::Failed;

/// Different words that are kept; what else is said is counted together.
const ENDINGS_MAX: usize = 8;
const OTHERS: &str = "something else";

/// What all mark.
#[derive(Debug)]
pub(super) struct Board {
    now: Mutex<Now>,
    /// Clients that have heard all there was when they came back, since the last cut.
    pub(super) back: AtomicU32,
    /// The last message of each conversation that anyone knows of.
    heads: Vec<AtomicU64>,
    /// How many messages each client has heard.
    heard: Vec<AtomicU64>,
    /// Messages handed over by clients, and those of them that are durable or refused for good.
    pub(super) said: AtomicU64,
    pub(super) settled: AtomicU64,
    pub(super) failed: AtomicU64,
    pub(super) doubled: AtomicU64,
    pub(super) gaps: AtomicU64,
    /// Clients that a server told never to come back.
    pub(super) given_up: AtomicU64,
    endings: Mutex<BTreeMap<String, u64>>,
}

/// Since the last cut; before the first one, since the beginning.
#[derive(Debug)]
struct Now {
    cut: u32,
    began: Instant,
    spectrum: Spectrum,
}

/// A try to connect: after which cut it began, and how long after it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Try {
    cut: u32,
    after: Duration,
}

/// What became of what was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Delivery {
    pub(crate) messages: u64,
    /// Messages that a server refused for good.
    pub(crate) refused: u64,
    pub(crate) expected: u64,
    pub(crate) delivered: u64,
    pub(crate) missing: u64,
    pub(crate) doubled: u64,
    pub(crate) gaps: u64,
}

impl Board {
    pub(super) fn new(clients: u32, conversations: u32) -> Self {
        let zeros = |count| (0..count).map(|_| AtomicU64::new(0)).collect();
        Self {
            now: Mutex::new(Now { cut: 0, began: Instant::now(), spectrum: Spectrum::new() }),
            back: AtomicU32::new(0),
            heads: zeros(conversations),
            heard: zeros(clients),
            said: AtomicU64::new(0),
            settled: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            doubled: AtomicU64::new(0),
            gaps: AtomicU64::new(0),
            given_up: AtomicU64::new(0),
            endings: Mutex::default(),
        }
    }

    /// Everyone is about to lose their connection: a new spectrum begins. Which cut it is, from 1.
    pub(super) fn is_cut(&self) -> u32 {
        let mut now = self.now();
        self.back.store(0, Relaxed);
        *now = Now { cut: now.cut + 1, began: Instant::now(), spectrum: Spectrum::new() };
        now.cut
    }

    /// Which cut was the last.
    pub(super) fn cut(&self) -> u32 {
        self.now().cut
    }

    /// The spectrum since the last cut.
    pub(super) fn spectrum<T>(&self, look: impl FnOnce(&Spectrum) -> T) -> T {
        look(&self.now().spectrum)
    }

    pub(super) fn tries(&self, due: Instant, at: Instant) -> Try {
        let mut now = self.now();
        let after = at - now.began;
        now.spectrum.begins(after, at - due);
        Try { cut: now.cut, after }
    }

    pub(super) fn welcomes(&self, tried: Try) {
        let mut now = self.now();
        if tried.cut == now.cut {
            now.spectrum.welcomes(tried.after);
        }
    }

    pub(super) fn fails(&self, tried: Try, why: Failed) {
        let mut now = self.now();
        if tried.cut == now.cut {
            now.spectrum.fails(tried.after, why);
        }
    }

    /// A client has heard all there was when it came back after this cut.
    pub(super) fn is_back(&self, cut: u32, at: Instant) {
        let mut now = self.now();
        if cut == now.cut {
            let after = at - now.began;
            now.spectrum.is_back(after);
            self.back.fetch_add(1, Relaxed);
        }
    }

    /// A connection, or a try, was ended with these words.
    pub(super) fn ends(&self, said: &str) {
        let mut endings = self.endings.lock().unwrap_or_else(PoisonError::into_inner);
        let is_known = endings.contains_key(said);
        let said = if is_known || endings.len() < ENDINGS_MAX { said } else { OTHERS };
        *endings.entry(said.to_owned()).or_default() += 1;
    }

    /// With which words connections and tries were ended, and how many.
    pub(super) fn endings(&self) -> BTreeMap<String, u64> {
        self.endings.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn hears(&self, client: u32, conversation: u32, seq: u64) {
        self.heard[client as usize].fetch_add(1, Relaxed);
        self.stands(conversation, seq);
    }

    /// A conversation has come at least so far.
    pub(super) fn stands(&self, conversation: u32, seq: u64) {
        self.heads[conversation as usize].fetch_max(seq, Relaxed);
    }

    /// Everything said is durable, or refused for good, and everyone has heard all of it.
    pub(super) fn is_settled(&self) -> bool {
        self.settled.load(Relaxed) >= self.said.load(Relaxed) && self.delivery().missing == 0
    }

    pub(super) fn delivery(&self) -> Delivery {
        let heads: Vec<u64> = self.heads.iter().map(|head| head.load(Relaxed)).collect();
        let turns = heads.iter().cycle();
        let (mut expected, mut delivered, mut missing) = (0, 0, 0);
        for (heard, head) in self.heard.iter().zip(turns) {
            let heard = heard.load(Relaxed);
            expected += head;
            delivered += heard;
            missing += head.saturating_sub(heard);
        }
        Delivery {
            messages: heads.iter().sum(),
            refused: self.failed.load(Relaxed),
            expected,
            delivered,
            missing,
            doubled: self.doubled.load(Relaxed),
            gaps: self.gaps.load(Relaxed),
        }
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
