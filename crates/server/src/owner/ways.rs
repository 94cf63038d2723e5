//! The ways of the messages that are traced, from the hub to the views and, where an NLP service is asked, to
//! the row that counts what is understood: each step is a span under the one that the gateway began.
//!
//! Invariant: where nothing is traced, a step costs one look at a counter.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gateway::Tracer;
use hub::GatewayId;
use model::{BatchNo, Fact, MessageId, Offset, TraceContext, Understood};

/// The view whose rows count what is understood.
const TABLES: &str = "tables";

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
    open: Mutex<Open>,
    /// Whether messages are understood: then a way of a text ends with its row.
    understands: bool,
}

#[derive(Debug, Default)]
struct Open {
    ways: HashMap<MessageId, Way>,
    /// Of those that the enricher has, by their places in the journal.
    places: HashMap<Offset, MessageId>,
}

#[derive(Debug)]
struct Way {
    under: TraceContext,
    heard: u64,
    /// When it was durable, and in which batch.
    durable: Option<(u64, BatchNo)>,
    /// Views that have it.
    views: Vec<&'static str>,
    place: Option<Offset>,
    /// A row is still to come.
    waits_for_row: bool,
    /// When its first result was durable, and in which batch.
    result: Option<(u64, BatchNo)>,
}

impl Ways {
    pub(crate) fn new(tracer: Arc<Tracer>, understands: bool) -> Self {
        Self { tracer, count: AtomicUsize::new(0), open: Mutex::default(), understands }
    }

    /// A message that is traced has come to a hub.
    pub(crate) fn heard(&self, id: MessageId, under: TraceContext) {
        let heard = self.tracer.now();
        let mut open = self.lock();
        if open.ways.len() >= WAYS_MAX {
            open.retain(|way| heard.saturating_sub(way.heard) < AGE_MAX);
        }
        if open.ways.len() < WAYS_MAX {
            open.ways.insert(id, Way::begun(under, heard));
        } else {
            self.tracer.drop_spans(1);
        }
        self.count.store(open.ways.len(), Relaxed);
    }

    /// The hub hands a fact to the journal.
    pub(crate) fn sequenced(&self, fact: &Fact) {
        if let Some(id) = self.followed(fact)
            && let Some(way) = self.lock().ways.get(&id)
        {
            let span = (way.heard, self.tracer.now());
            self.tracer.step(way.under, "hub sequence", span, Vec::new());
        }
    }

    /// When a step begins: 0 = nobody asks.
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
        let Open { ways, places } = &mut *open;
        for fact in facts {
            let size = ("hubbub.batch_facts", facts.len().to_string());
            match fact {
                Fact::Message(message) => {
                    let Some(way) = ways.get_mut(&message.id) else { continue };
                    way.durable = Some((now, batch));
                    way.waits_for_row = self.understands && message.content.is_text();
                    let span = (began.max(way.heard), now);
                    self.tracer.step(way.under, "journal sync", span, vec![size]);
                }
                Fact::Enriched(enriched) => {
                    let way = places.get(&enriched.target).and_then(|id| ways.get_mut(id));
                    let Some(way) = way.filter(|way| way.result.is_none()) else { continue };
                    way.result = Some((now, batch));
                    let result = ("hubbub.result", standing(&enriched.after).to_owned());
                    let after = way.durable.map_or(now, |(durable, _)| durable);
                    let span = (began.max(after), now);
                    self.tracer.step(way.under, "result sync", span, vec![size, result]);
                }
                Fact::Cursors(_) | Fact::EpochStarted(_) | Fact::Remnant(_) => {}
            }
        }
    }

    /// The enricher has a message from the journal.
    pub(crate) fn taken(&self, place: Offset, fact: &Fact) {
        let Some(id) = self.followed(fact) else { return };
        let mut open = self.lock();
        let Open { ways, places } = &mut *open;
        let Some(way) = ways.get_mut(&id).filter(|way| way.waits_for_row) else { return };
        way.place = Some(place);
        places.insert(place, id);
        if let Some((durable, _)) = way.durable {
            self.tracer.step(way.under, "enrich take", (durable, self.tracer.now()), Vec::new());
        }
    }

    /// The service was called for a message, from then until now.
    pub(crate) fn called(&self, place: Offset, number: u8, began: u64, is_answered: bool) {
        if began == 0 || self.is_idle() {
            return;
        }
        let open = self.lock();
        if let Some(way) = open.places.get(&place).and_then(|id| open.ways.get(id)) {
            let attributes = vec![
                ("hubbub.call", number.to_string()),
                ("hubbub.answered", is_answered.to_string()),
            ];
            self.tracer.step(way.under, "enrich call", (began, self.tracer.now()), attributes);
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
        if let Some(Way { under, durable: Some((durable, _)), .. }) = self.lock().ways.get(&id) {
            self.tracer.step(*under, name, (*durable, self.tracer.now()), attributes());
        }
    }

    /// A view has everything up to this batch. The last view, and the row, end a way.
    pub(crate) fn viewed(&self, view: &'static str, batch: BatchNo) {
        if self.is_idle() {
            return;
        }
        let now = self.tracer.now();
        let mut open = self.lock();
        for way in open.ways.values_mut() {
            let Some((durable, in_batch)) = way.durable else { continue };
            if in_batch <= batch && !way.views.contains(&view) {
                let attributes = vec![("hubbub.view", view.to_owned())];
                self.tracer.step(way.under, "view", (durable, now), attributes);
                way.views.push(view);
            }
            if view == TABLES
                && way.waits_for_row
                && let Some((result, in_batch)) = way.result
                && in_batch <= batch
            {
                self.tracer.step(way.under, "row", (result, now), Vec::new());
                way.waits_for_row = false;
            }
        }
        open.retain(|way| way.views.len() < super::VIEWS || way.waits_for_row);
        self.count.store(open.ways.len(), Relaxed);
    }

    fn followed(&self, fact: &Fact) -> Option<MessageId> {
        if self.is_idle() { None } else { message(fact) }
    }

    fn is_idle(&self) -> bool {
        self.count.load(Relaxed) == 0
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    /// Lets go of the other ways.
    fn retain(&mut self, keeps: impl Fn(&Way) -> bool) {
        let places = &mut self.places;
        self.ways.retain(|_, way| {
            let kept = keeps(way);
            if !kept && let Some(place) = way.place {
                places.remove(&place);
            }
            kept
        });
    }
}

impl Way {
    fn begun(under: TraceContext, heard: u64) -> Self {
        Self {
            under,
            heard,
            durable: None,
            views: Vec::new(),
            place: None,
            waits_for_row: false,
            result: None,
        }
    }
}

fn standing(after: &Understood) -> &'static str {
    match after {
        Understood::Pending => "pending",
        Understood::Full(_) => "full",
        Understood::Degraded { .. } => "degraded",
        Understood::Dead(_) => "dead",
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
