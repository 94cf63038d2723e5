//! The thread that looks a message up in the journal: its record, and every result that is durable.
//!
//! It is an operator's question, seldom asked; the drive of the enricher does not wait for it. How long it reads is
//! bounded, and so is how many wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;
use history::History;
use journal::{Batch, Reader};
use link::{Decision, MessageRef, RequestId};
use model::{BatchNo, Fact, Message, Offset, Reason, Understood, Wall};

use super::FollowError;
use super::enrich_drive::EnrichEvent;
use super::links::LinkSender;
use crate::inbox::Inbox;

/// Searches that may wait.
pub(crate) const SEARCHES_MAX: usize = 4;

/// How long one search reads; what it has not come to by then it leaves.
const READS_FOR: Duration = Duration::from_secs(3);

/// How long it waits before it looks whether to stop.
const PATIENCE: Duration = Duration::from_millis(100);

/// A message that someone asks about.
#[derive(Debug)]
pub(crate) struct Search {
    pub(crate) request: RequestId,
    pub(crate) of: MessageRef,
    /// It was not received before that; `None` = nobody knows.
    pub(crate) since: Option<Wall>,
    pub(crate) to: LinkSender,
}

/// What the journal has of it.
#[derive(Debug)]
pub(crate) struct Searched {
    pub(crate) request: RequestId,
    pub(crate) found: Option<Found>,
    pub(crate) to: LinkSender,
}

/// A message, and its results.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) target: Offset,
    pub(crate) message: Box<Message>,
    pub(crate) facts: Vec<Decision>,
    /// There was no time to read further.
    pub(crate) read_to: Option<Wall>,
}

/// The thread: [`run`](Self::run).
pub(crate) struct Searcher {
    pub(crate) searches: Receiver<Search>,
    pub(crate) reader: Reader,
    pub(crate) history: History,
    pub(crate) told: Arc<Inbox<EnrichEvent>>,
}

impl Searcher {
    /// Searches until it is told to stop.
    pub(crate) fn run(&self, stop: &AtomicBool) {
        while !stop.load(Relaxed) {
            let Ok(Search { request, of, since, to }) = self.searches.recv_timeout(PATIENCE) else {
                continue;
            };
            let found = self.search(&of, since, stop);
            let found = found.inspect_err(|why| tracing::warn!(%why, "a message was not found"));
            let found = found.ok().flatten();
            self.told.answer(EnrichEvent::Searched(Searched { request, found, to }));
        }
    }

    fn search(
        &self,
        of: &MessageRef,
        since: Option<Wall>,
        stop: &AtomicBool,
    ) -> Result<Option<Found>, FollowError> {
        let since = since.or_else(|| self.received_at(of));
        let after = since.map_or(Ok(BatchNo(0)), |since| self.before(since))?;
        let mut follower = self.reader.follow(after);
        let (began, mut found) = (Instant::now(), None);
        while let Some(batch) = follower.next_batch()? {
            let Batch::Facts(view) = batch else { continue };
            for (offset, fact) in view.facts {
                take(&mut found, of, (offset, fact), view.stamp);
            }
            if found.as_ref().is_some_and(is_settled) {
                return Ok(found);
            }
            if began.elapsed() > READS_FOR || stop.load(Relaxed) {
                if let Some(found) = &mut found {
                    found.read_to = Some(view.stamp);
                }
                return Ok(found);
            }
        }
        Ok(found)
    }

    /// When the message at a place was received, if history has it.
    fn received_at(&self, of: &MessageRef) -> Option<Wall> {
        let MessageRef::Place { conversation, seq } = of else { return None };
        let found = self.history.read(conversation, *seq, 1, *seq);
        let found = found.inspect_err(|why| tracing::warn!(%why, "a message cannot be read"));
        found.ok()?.pop().map(|message| message.received_at)
    }

    /// The last batch before what was written from then on: stamps only rise.
    fn before(&self, since: Wall) -> Result<BatchNo, FollowError> {
        let (mut low, mut high) = (0, self.reader.durable().0);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.stamp_after(BatchNo(middle))?.is_some_and(|stamp| stamp < since) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(BatchNo(low))
    }

    fn stamp_after(&self, after: BatchNo) -> Result<Option<Wall>, FollowError> {
        let mut follower = self.reader.follow(after);
        while let Some(batch) = follower.next_batch()? {
            if let Batch::Facts(view) = batch {
                return Ok(Some(view.stamp));
            }
        }
        Ok(None)
    }
}

/// The message itself, or a result of it.
fn take(found: &mut Option<Found>, of: &MessageRef, at: (Offset, Fact), stamp: Wall) {
    match at {
        (target, Fact::Message(message)) if is_it(of, &message) => {
            let (facts, message) = (Vec::new(), Box::new(message));
            *found = Some(Found { target, message, facts, read_to: None });
        }
        (_, Fact::Enriched(enriched)) => {
            let Some(found) = found.as_mut().filter(|found| found.target == enriched.target) else {
                return;
            };
            let (result, reason) = said(&enriched.after);
            found.facts.push(Decision { at: stamp, result: result.to_owned(), reason });
        }
        (_, Fact::Message(_) | Fact::Cursors(_) | Fact::EpochStarted(_) | Fact::Remnant(_)) => {}
    }
}

fn is_it(of: &MessageRef, message: &Message) -> bool {
    match of {
        MessageRef::Id(id) => message.id == *id,
        MessageRef::Place { conversation, seq } => {
            message.seq == *seq && message.conversation == *conversation
        }
    }
}

/// A message that is full has no other result ever after.
fn is_settled(found: &Found) -> bool {
    found.facts.last().is_some_and(|last| last.result == "full")
}

fn said(after: &Understood) -> (&'static str, Option<Reason>) {
    match after {
        Understood::Pending => ("pending", None),
        Understood::Full(_) => ("full", None),
        Understood::Degraded { why, .. } => ("degraded", Some(*why)),
        Understood::Dead(why) => ("dead", Some(*why)),
    }
}
