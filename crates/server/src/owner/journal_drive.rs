//! The one thread that writes facts: group commit.
//!
//! From the first fact that waits it lets at most one commit window pass, then writes all that
//! waits as one batch, with one write and one sync, and tells each author (a hub, the enricher) how many of its facts are
//! safe. While it syncs, the next batch gathers.
//!
//! Invariant: an author's facts are appended in the order it gave them, and a refused generation is
//! refused whole: nothing of it is appended after the refusal.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use hub::Durable;
use journal::{AppendError, Journal, RECORDS_PER_BATCH_MAX};
use model::Fact;

use super::Fatal;
use super::ways::Ways;
use crate::clock::Clock;
use crate::error::ServeError;
use crate::inbox::Inbox;

/// How long the drive sleeps when nobody says anything.
const IDLE: Duration = Duration::from_secs(1);

/// What the journal drive is told.
#[derive(Debug)]
pub(crate) enum JournalEvent {
    /// Make this fact durable.
    Append { author: usize, generation: u64, fact: Fact },
    /// Begin a new segment, so that what stands in this one can be thinned.
    Seal,
    /// Append what waits and end.
    Stop,
}

/// What an author of facts is told.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Notice {
    /// The oldest of its facts are safe.
    Durable(Durable),
    /// Others' facts are safe.
    LamportHigh(u64),
    /// No room: nothing more of this generation is written.
    Refused { generation: u64 },
    /// A write or sync failed.
    Poisoned,
}

/// One who may append: a hub, or the enricher.
pub(crate) struct Author {
    tell: Box<dyn Fn(Notice) + Send + Sync>,
    /// The generation that is refused, if any.
    refused: Option<u64>,
}

impl Author {
    /// One who is told in this way; the telling must not wait.
    pub(crate) fn new(tell: impl Fn(Notice) + Send + Sync + 'static) -> Self {
        Self { tell: Box::new(tell), refused: None }
    }
}

/// What the journal drive shows of itself.
#[derive(Debug, Default)]
pub(crate) struct JournalGauges {
    pub(crate) syncs: AtomicU64,
    pub(crate) sync_nanos: AtomicU64,
    pub(crate) records: AtomicU64,
    pub(crate) bytes: AtomicU64,
    /// Sends are refused for want of room.
    pub(crate) disk_full: AtomicBool,
    /// The disk is down to its reserve: the journal might have room yet, but must not take it.
    pub(crate) disk_short: AtomicBool,
    pub(crate) poisoned: AtomicBool,
}

/// The drive: [`run`](Self::run) is its thread.
pub(crate) struct JournalDrive {
    pub(crate) journal: Journal,
    pub(crate) inbox: Arc<Inbox<JournalEvent>>,
    /// Those who may append, by the number they append under.
    pub(crate) authors: Vec<Author>,
    pub(crate) commit_window: Duration,
    pub(crate) batch_max_bytes: usize,
    pub(crate) gauges: Arc<JournalGauges>,
    /// A new segment is wanted.
    pub(crate) seal: bool,
    /// Where messages are traced.
    pub(crate) ways: Option<Arc<Ways>>,
}

/// A fact that waits.
#[derive(Debug)]
struct Waiting {
    author: usize,
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
            if std::mem::take(&mut self.seal) {
                match self.journal.seal(Clock::wall()) {
                    // Without room for another segment it goes on in this one.
                    Ok(()) | Err(AppendError::DiskFull) => {}
                    Err(why) => {
                        let what = self.poisoned(&why);
                        return fatal.raise(ServeError::Poisoned { what });
                    }
                }
            }
        }
    }

    /// Lines up what is to be appended; says whether to stop.
    fn sort(&mut self, events: &mut Vec<JournalEvent>, waiting: &mut VecDeque<Waiting>) -> bool {
        let mut stop = false;
        for event in events.drain(..) {
            match event {
                JournalEvent::Append { author, generation, fact } => {
                    if self.authors[author].refused != Some(generation) {
                        waiting.push_back(Waiting { author, generation, fact });
                    }
                }
                JournalEvent::Seal => self.seal = true,
                JournalEvent::Stop => stop = true,
            }
        }
        stop
    }

    /// One batch of what waits.
    fn commit(&mut self, waiting: &mut VecDeque<Waiting>) -> Result<(), String> {
        let mut authors = Vec::new();
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
            authors.push((next.author, next.generation));
            facts.push(next.fact);
        }
        let began = Instant::now();
        let traced_from = self.ways.as_ref().map_or(0, |ways| ways.begins());
        let appended = if self.gauges.disk_short.load(Relaxed) {
            Err(AppendError::DiskFull)
        } else {
            self.journal.append(&facts, Clock::wall())
        };
        match appended {
            Ok(appended) => {
                let took = u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX);
                self.gauges.syncs.fetch_add(1, Relaxed);
                self.gauges.sync_nanos.fetch_add(took, Relaxed);
                self.gauges.records.fetch_add(facts.len() as u64, Relaxed);
                self.gauges.bytes.fetch_add(bytes as u64, Relaxed);
                self.gauges.disk_full.store(false, Relaxed);
                if let Some(ways) = &self.ways {
                    ways.synced(&facts, appended.batch, traced_from);
                }
                self.tell_durable(&authors, &appended);
                Ok(())
            }
            Err(AppendError::DiskFull) => {
                self.gauges.disk_full.store(true, Relaxed);
                let all =
                    authors.into_iter().chain(waiting.drain(..).map(|w| (w.author, w.generation)));
                self.refuse(all.collect());
                Ok(())
            }
            Err(why @ (AppendError::Poisoned { .. } | AppendError::TooLarge { .. })) => {
                Err(self.poisoned(&why))
            }
        }
    }

    /// Tells all authors that nothing more will be durable; why, in words.
    fn poisoned(&self, why: &AppendError) -> String {
        self.gauges.poisoned.store(true, Relaxed);
        for author in &self.authors {
            (author.tell)(Notice::Poisoned);
        }
        why.to_string()
    }

    fn tell_durable(&self, of: &[(usize, u64)], appended: &journal::Appended) {
        for (index, author) in self.authors.iter().enumerate() {
            let mut theirs = of.iter().filter(|(author, _)| *author == index);
            let Some(&(_, generation)) = theirs.next() else {
                (author.tell)(Notice::LamportHigh(appended.lamport_high));
                continue;
            };
            (author.tell)(Notice::Durable(Durable {
                generation,
                count: 1 + theirs.count(),
                batch: appended.batch,
                stamp: appended.stamp,
                lamport_high: appended.lamport_high,
            }));
        }
    }

    fn refuse(&mut self, refused: Vec<(usize, u64)>) {
        for (author, generation) in refused {
            let author = &mut self.authors[author];
            if author.refused != Some(generation) {
                author.refused = Some(generation);
                (author.tell)(Notice::Refused { generation });
            }
        }
    }
}
