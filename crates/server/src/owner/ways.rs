//! The ways of the messages that are traced, from the hub to the views: each step is a span under the
//! one that the gateway began.
//!
//! Invariant: where nothing is traced, a step costs one look at a counter.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gateway::Tracer;
use hub::GatewayId;
use model::{BatchNo, Fact, MessageId, TraceContext};

/// Ways that are followed at once; a further message is not.
const WAYS_MAX: usize = 1024;

/// A way that has not ended after so many nanoseconds is let go: what was refused never ends.
const AGE_MAX: u64 = 30_000_000_000;

/// All of them.
#[derive(Debug)]
pub(crate) struct Ways {
    tracer: Arc<Tracer>,
    /// As many as in the map.
    count: AtomicUsize,
    open: Mutex<HashMap<MessageId, Way>>,
}

#[derive(Debug)]
struct Way {
    under: TraceContext,
    heard: u64,
    /// When it was durable, and in which batch.
    durable: Option<(u64, BatchNo)>,
    /// Views that have it.
    views: Vec<&'static str>,
}

impl Ways {
    pub(crate) fn new(tracer: Arc<Tracer>) -> Self {
        Self { tracer, count: AtomicUsize::new(0), open: Mutex::default() }
    }

    /// A message that is traced has come to a hub.
    pub(crate) fn heard(&self, id: MessageId, under: TraceContext) {
        let heard = self.tracer.now();
        let mut open = self.lock();
        if open.len() >= WAYS_MAX {
            open.retain(|_, way| heard.saturating_sub(way.heard) < AGE_MAX);
        }
        if open.len() < WAYS_MAX {
            open.insert(id, Way { under, heard, durable: None, views: Vec::new() });
        } else {
            self.tracer.drop_spans(1);
        }
        self.count.store(open.len(), Relaxed);
    }

    /// The hub hands a fact to the journal.
    pub(crate) fn sequenced(&self, fact: &Fact) {
        if let Some(id) = self.followed(fact)
            && let Some(way) = self.lock().get(&id)
        {
            let span = (way.heard, self.tracer.now());
            self.tracer.step(way.under, "hub sequence", span, Vec::new());
        }
    }

    /// When a batch begins to be written: 0 = nobody asks.
    pub(crate) fn begins(&self) -> u64 {
        if self.is_idle() { 0 } else { self.tracer.now() }
    }

    /// These facts are durable, in this batch, whose writing began then.
    pub(crate) fn synced(&self, facts: &[Fact], batch: BatchNo, began: u64) {
        if self.is_idle() {
            return;
        }
        let now = self.tracer.now();
        let mut open = self.lock();
        for id in facts.iter().filter_map(message) {
            if let Some(way) = open.get_mut(&id) {
                way.durable = Some((now, batch));
                let facts = ("hubbub.batch_facts", facts.len().to_string());
                self.tracer.step(
                    way.under,
                    "journal sync",
                    (began.max(way.heard), now),
                    vec![facts],
                );
            }
        }
    }

    /// The hub tells its author.
    pub(crate) fn acknowledged(&self, id: MessageId) {
        self.after_durable(id, "hub acknowledge", Vec::new);
    }

    /// The hub tells a gateway.
    pub(crate) fn delivered(&self, id: MessageId, gateway: GatewayId) {
        self.after_durable(id, "hub fan out", || vec![("hubbub.gateway", gateway.0.to_string())]);
    }

    fn after_durable(
        &self,
        id: MessageId,
        name: &'static str,
        attributes: impl FnOnce() -> Vec<(&'static str, String)>,
    ) {
        if self.is_idle() {
            return;
        }
        if let Some(Way { under, durable: Some((durable, _)), .. }) = self.lock().get(&id) {
            self.tracer.step(*under, name, (*durable, self.tracer.now()), attributes());
        }
    }

    /// A view has everything up to this batch. The last view ends a way.
    pub(crate) fn viewed(&self, view: &'static str, batch: BatchNo) {
        if self.is_idle() {
            return;
        }
        let now = self.tracer.now();
        let mut open = self.lock();
        open.retain(|_, way| {
            let Some((durable, in_batch)) = way.durable else { return true };
            if in_batch > batch || way.views.contains(&view) {
                return true;
            }
            let attributes = vec![("hubbub.view", view.to_owned())];
            self.tracer.step(way.under, "view", (durable, now), attributes);
            way.views.push(view);
            way.views.len() < super::VIEWS
        });
        self.count.store(open.len(), Relaxed);
    }

    fn followed(&self, fact: &Fact) -> Option<MessageId> {
        if self.is_idle() { None } else { message(fact) }
    }

    fn is_idle(&self) -> bool {
        self.count.load(Relaxed) == 0
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<MessageId, Way>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn message(fact: &Fact) -> Option<MessageId> {
    match fact {
        Fact::Message(message) => Some(message.id),
        Fact::Cursors(_) | Fact::Enriched(_) | Fact::EpochStarted(_) | Fact::Remnant(_) => None,
    }
}

#[cfg(test)]
mod tests;
