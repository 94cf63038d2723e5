//! The journal's drive: group commit. What waits becomes one batch; each hub is told how many of its
//! facts are safe, or that its generation is refused.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use hub::Durable;
use journal::shadow::{Death, Faults, ShadowDisk};
use journal::{AppendError, Appended, Disk, Journal, Preparer, RECORDS_PER_BATCH_MAX};
use model::Fact;

use super::{HubEvent, Owner};
use crate::simulation::fate::{Event, Fate};

/// What shall go wrong in the next write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Armed {
    /// Everything stops at a step of it.
    Stop(Death),
    /// Its sync fails.
    FailSync,
    /// It is through, and nobody is told.
    Untold(Death),
}

/// How a turn of the writer ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// As it should, or there was nothing to write.
    Done,
    /// Everything stopped in the middle, or just after.
    Died(Death),
    /// The sync failed: the owner is to end soon.
    Poisoned,
}

/// From which hub, in which generation, what.
type Waiting = (usize, u64, Fact);

pub(crate) struct Writer {
    journal: Journal,
    preparer: Preparer,
    inbox: VecDeque<Waiting>,
    waiting: VecDeque<Waiting>,
    /// By hub: the generation that is refused.
    refused: Vec<Option<u64>>,
    batch_max_bytes: usize,
    commit: Duration,
    turn_is_due: bool,
    is_poisoned: bool,
}

impl Writer {
    pub(super) fn new(journal: Journal, hubs: usize, max: usize, commit: Duration) -> Self {
        Self {
            preparer: journal.preparer(),
            journal,
            inbox: VecDeque::new(),
            waiting: VecDeque::new(),
            refused: vec![None; hubs],
            batch_max_bytes: max,
            commit,
            turn_is_due: false,
            is_poisoned: false,
        }
    }

    pub(super) fn put(&mut self, fate: &mut Fate, life: u64, fact: Waiting) {
        self.inbox.push_back(fact);
        self.turn_soon(fate, life);
    }

    pub(super) fn is_idle(&self) -> bool {
        self.inbox.is_empty() && self.waiting.is_empty()
    }

    fn turn_soon(&mut self, fate: &mut Fate, life: u64) {
        if !self.is_poisoned && !std::mem::replace(&mut self.turn_is_due, true) {
            fate.within(self.commit, Event::WriterTurn { life });
        }
    }

    /// The next batch: from whom, and what.
    fn next_batch(&mut self) -> (Vec<(usize, u64)>, Vec<Fact>) {
        for (hub, generation, fact) in self.inbox.drain(..) {
            if self.refused[hub] != Some(generation) {
                self.waiting.push_back((hub, generation, fact));
            }
        }
        let (mut owners, mut facts, mut bytes) = (Vec::new(), Vec::new(), 0);
        while let Some((_, _, fact)) = self.waiting.front() {
            bytes += Journal::encoded_len(fact);
            let full = facts.len() == RECORDS_PER_BATCH_MAX || bytes > self.batch_max_bytes;
            if full && !facts.is_empty() {
                break;
            }
            if let Some((hub, generation, fact)) = self.waiting.pop_front() {
                owners.push((hub, generation));
                facts.push(fact);
            }
        }
        (owners, facts)
    }
}

impl Owner {
    /// Writes one batch of what waits. `faults` stand, and what is armed goes off once it can.
    pub(crate) fn write(
        &mut self,
        fate: &mut Fate,
        disk: &Arc<ShadowDisk>,
        faults: Faults,
        armed: &mut Option<Armed>,
    ) -> Written {
        self.writer.turn_is_due = false;
        let (owners, facts) = self.writer.next_batch();
        if facts.is_empty() {
            return Written::Done;
        }
        disk.set_faults(match *armed {
            Some(Armed::Stop(_)) => {
                Faults { stop_at_step: Some(fate.dice.between(1, 8)), ..faults }
            }
            Some(Armed::FailSync) => Faults { fail_sync: Some(1), ..faults },
            Some(Armed::Untold(_)) | None => faults,
        });
        if fate.dice.percent(20) && self.writer.preparer.wanted() {
            // No room, or the end: the append that needs it will say so.
            let _prepared = self.writer.preparer.prepare();
        }
        let appended = self.writer.journal.append(&facts, fate.wall());
        disk.set_faults(faults);
        if let Some(Armed::Stop(death)) = *armed
            && disk.list().is_err()
        {
            *armed = None;
            return Written::Died(death);
        }
        match (appended, *armed) {
            (Ok(appended), _) => {
                let Appended { batch, stamp, lamport_high, .. } = appended;
                fate.trace.numbers(&[batch.0, stamp.0, lamport_high, facts.len() as u64]);
                self.tell_durable(fate, &owners, &appended);
                if let Some(Armed::Untold(death)) = *armed {
                    *armed = None;
                    return Written::Died(death);
                }
            }
            (Err(AppendError::DiskFull), _) => self.refuse(fate, owners),
            (Err(AppendError::Poisoned { .. }), Some(Armed::FailSync)) => {
                *armed = None;
                self.writer.is_poisoned = true;
                (0..self.hubs.len()).for_each(|hub| self.put(fate, hub, HubEvent::Poisoned));
                return Written::Poisoned;
            }
            (Err(error), _) => fate.broken.push(format!("an append failed by itself: {error}")),
        }
        if !self.writer.waiting.is_empty() {
            self.writer.turn_soon(fate, self.life);
        }
        Written::Done
    }

    fn tell_durable(&mut self, fate: &mut Fate, owners: &[(usize, u64)], appended: &Appended) {
        let several = owners.iter().map(|(hub, _)| *hub).collect::<BTreeSet<_>>().len() > 1;
        if several {
            fate.met.count("batches with facts of several hubs");
        }
        for hub in 0..self.hubs.len() {
            let mut mine = owners.iter().filter(|(owner, _)| *owner == hub);
            let Some(&(_, generation)) = mine.next() else {
                self.put(fate, hub, HubEvent::LamportHigh(appended.lamport_high));
                continue;
            };
            let durable = Durable {
                generation,
                count: 1 + mine.count(),
                batch: appended.batch,
                stamp: appended.stamp,
                lamport_high: appended.lamport_high,
            };
            self.put(fate, hub, HubEvent::Durable(durable));
        }
        self.follow_soon(fate);
    }

    fn refuse(&mut self, fate: &mut Fate, owners: Vec<(usize, u64)>) {
        let waiting = std::mem::take(&mut self.writer.waiting);
        let all = owners.into_iter().chain(waiting.into_iter().map(|(hub, of, _)| (hub, of)));
        for (hub, generation) in all {
            if self.writer.refused[hub] != Some(generation) {
                self.writer.refused[hub] = Some(generation);
                self.put(fate, hub, HubEvent::AppendRefused(generation));
            }
        }
    }
}
