//! The one thread that writes facts: group commit.
//!
//! From the first fact that waits it lets at most one commit window pass, then writes all that
//! waits as one batch, with one write and one sync, and tells each hub how many of its facts are
//! safe. While it syncs, the next batch gathers.
//!
//! Invariant: a hub's facts are appended in the order the hub gave them, and a refused generation is
//! refused whole: nothing of it is appended after the refusal.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use hub::Durable;
use journal::{AppendError, Journal, RECORDS_PER_BATCH_MAX};
use model::Fact;

use super::Fatal;
use super::hub_drive::HubEvent;
use crate::clock::Clock;
use crate::error::ServeError;
use crate::inbox::Inbox;

/// How long the drive sleeps when nobody says anything.
const IDLE: Duration = Duration::from_secs(1);

/// What the journal drive is told.
#[derive(Debug)]
pub(crate) enum JournalEvent {
    /// Make this fact durable.
    Append { hub: usize, generation: u64, fact: Fact },
    /// Append what waits and end.
    Stop,
}

/// What the journal drive shows of itself.
#[derive(Debug, Default)]
pub(crate) struct JournalGauges {
    pub(crate) syncs: AtomicU64,
    pub(crate) sync_nanos: AtomicU64,
    pub(crate) records: AtomicU64,
    pub(crate) bytes: AtomicU64,
    pub(crate) disk_full: AtomicBool,
    pub(crate) poisoned: AtomicBool,
}

/// The drive: [`run`](Self::run) is its thread.
pub(crate) struct JournalDrive {
    pub(crate) journal: Journal,
    pub(crate) inbox: Arc<Inbox<JournalEvent>>,
    pub(crate) hubs: Vec<Arc<Inbox<HubEvent>>>,
    pub(crate) commit_window: Duration,
    pub(crate) batch_max_bytes: usize,
    pub(crate) gauges: Arc<JournalGauges>,
    /// By hub: the generation that is refused, if any.
    pub(crate) refused: Vec<Option<u64>>,
}

/// A fact that waits.
#[derive(Debug)]
struct Waiting {
    hub: usize,
    generation: u64,
    fact: Fact,
}

impl JournalDrive {
    /// Runs until it is told to stop, or the journal is poisoned.
    pub(crate) fn run(mut self, fatal: &Fatal) {
        let mut events = Vec::new();
        let mut waiting = VecDeque::new();
        let mut stopping = false;
        while !stopping {
            self.inbox.take(&mut events, usize::MAX, IDLE);
            if events.is_empty() {
                continue;
            }
            std::thread::sleep(self.commit_window);
            self.inbox.take(&mut events, usize::MAX, Duration::ZERO);
            stopping = self.sort(&mut events, &mut waiting);
            while !waiting.is_empty() {
                if let Err(what) = self.commit(&mut waiting) {
                    return fatal.raise(ServeError::Poisoned { what });
                }
                // What came during the sync has waited long enough: no second window.
                self.inbox.take(&mut events, usize::MAX, Duration::ZERO);
                stopping |= self.sort(&mut events, &mut waiting);
            }
        }
    }

    /// Lines up what is to be appended; says whether to stop.
    fn sort(&self, events: &mut Vec<JournalEvent>, waiting: &mut VecDeque<Waiting>) -> bool {
        let mut stop = false;
        for event in events.drain(..) {
            match event {
                JournalEvent::Append { hub, generation, fact } => {
                    if self.refused[hub] != Some(generation) {
                        waiting.push_back(Waiting { hub, generation, fact });
                    }
                }
                JournalEvent::Stop => stop = true,
            }
        }
        stop
    }

    /// One batch of what waits.
    fn commit(&mut self, waiting: &mut VecDeque<Waiting>) -> Result<(), String> {
        let mut owners = Vec::new();
        let mut facts = Vec::new();
        let mut bytes = 0;
        while let Some(next) = waiting.front() {
            let length = Journal::encoded_len(&next.fact);
            let full =
                facts.len() == RECORDS_PER_BATCH_MAX || bytes + length > self.batch_max_bytes;
            if full && !facts.is_empty() {
                break;
            }
            let Some(next) = waiting.pop_front() else { break };
            bytes += length;
            owners.push((next.hub, next.generation));
            facts.push(next.fact);
        }
        let began = Instant::now();
        let appended = self.journal.append(&facts, Clock::wall());
        match appended {
            Ok(appended) => {
                let took = u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX);
                self.gauges.syncs.fetch_add(1, Relaxed);
                self.gauges.sync_nanos.fetch_add(took, Relaxed);
                self.gauges.records.fetch_add(facts.len() as u64, Relaxed);
                self.gauges.bytes.fetch_add(bytes as u64, Relaxed);
                self.gauges.disk_full.store(false, Relaxed);
                self.tell_durable(&owners, &appended);
                Ok(())
            }
            Err(AppendError::DiskFull) => {
                self.gauges.disk_full.store(true, Relaxed);
                let all =
                    owners.into_iter().chain(waiting.drain(..).map(|w| (w.hub, w.generation)));
                self.refuse(all.collect());
                Ok(())
            }
            Err(why @ (AppendError::Poisoned { .. } | AppendError::TooLarge { .. })) => {
                self.gauges.poisoned.store(true, Relaxed);
                for hub in &self.hubs {
                    hub.answer(HubEvent::Poisoned);
                }
                Err(why.to_string())
            }
        }
    }

    fn tell_durable(&self, owners: &[(usize, u64)], appended: &journal::Appended) {
        for (index, hub) in self.hubs.iter().enumerate() {
            let mut mine = owners.iter().filter(|(owner, _)| *owner == index);
            let Some(&(_, generation)) = mine.next() else {
                hub.answer(HubEvent::LamportHigh(appended.lamport_high));
                continue;
            };
            hub.answer(HubEvent::Durable(Durable {
                generation,
                count: 1 + mine.count(),
                batch: appended.batch,
                stamp: appended.stamp,
                lamport_high: appended.lamport_high,
            }));
        }
    }

    fn refuse(&mut self, owners: Vec<(usize, u64)>) {
        for (hub, generation) in owners {
            if self.refused[hub] != Some(generation) {
                self.refused[hub] = Some(generation);
                self.hubs[hub].answer(HubEvent::AppendRefused { generation });
            }
        }
    }
}
