//! The loop around the enricher: it follows the journal as far as there is room, makes the calls,
//! and hands the answers to the journal as facts.
//!
//! The calls run on the runtime, at most as many as the room allows; the loop itself is one plain
//! thread and decides nothing.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use enrich::{Answer, Command, Enricher, Gauges};
use journal::{Batch, Follower, Reader};
use model::{BatchNo, Fact, Offset};
use tokio::runtime::Handle;

use super::FollowError;
use super::journal_drive::{JournalEvent, Notice};
use super::provider::Provider;
use crate::clock::Clock;
use crate::inbox::Inbox;

/// How long the loop waits for answers while the journal may have more for it.
const PATIENCE: Duration = Duration::from_millis(10);

/// What the enricher's drive is told.
#[derive(Debug)]
pub(crate) enum EnrichEvent {
    /// The journal tells.
    Noticed(Notice),
    /// A call has ended.
    Answered(Offset, Answer),
}

/// The drive: [`run`](Self::run) is its thread.
pub(crate) struct EnrichDrive {
    /// The number it appends under.
    pub(crate) author: usize,
    pub(crate) room: Enricher,
    pub(crate) inbox: Arc<Inbox<EnrichEvent>>,
    pub(crate) journal: Arc<Inbox<JournalEvent>>,
    pub(crate) reader: Reader,
    pub(crate) provider: Arc<Provider>,
    pub(crate) runtime: Handle,
    pub(crate) gauges: Arc<Mutex<Gauges>>,
    pub(crate) clock: Clock,
    /// Facts of a batch that there was no room for yet.
    pub(crate) held: VecDeque<(Offset, Fact)>,
}

impl EnrichDrive {
    /// Follows from the journal's beginning until told to stop: what has its answer is passed over.
    pub(crate) fn run(mut self, stop: &AtomicBool) -> Result<(), FollowError> {
        self.look_back(stop)?;
        let mut follower = self.reader.follow(BatchNo(0));
        let mut events = Vec::new();
        let mut poisoned = false;
        while !stop.load(Relaxed) && !poisoned {
            // 1: what the room wants done.
            while let Some(command) = self.room.next_command() {
                self.execute(command);
            }
            *self.gauges.lock().unwrap_or_else(PoisonError::into_inner) = self.room.gauges();
            // 2: what happened.
            self.inbox.take(&mut events, usize::MAX, PATIENCE);
            for event in events.drain(..) {
                poisoned |= self.handle(event);
            }
            self.follow(&mut follower)?;
            // 3: how late it is.
            let now = self.clock.mono();
            if self.room.poll_timeout().is_some_and(|then| then <= now) {
                self.room.handle_timeout(now);
            }
        }
        Ok(())
    }

    /// Shows the room everything that is durable now.
    fn look_back(&mut self, stop: &AtomicBool) -> Result<(), FollowError> {
        let goal = self.reader.durable();
        let mut follower = self.reader.follow(BatchNo(0));
        while follower.after() < goal && !stop.load(Relaxed) {
            let Some(batch) = follower.next_batch()? else { break };
            if let Batch::Facts(view) = batch {
                for (_, fact) in &view.facts {
                    self.room.handle_past(fact);
                }
            }
        }
        Ok(())
    }

    /// Shows the room what comes next, while it has room.
    fn follow(&mut self, follower: &mut Follower) -> Result<(), FollowError> {
        while self.room.room() > 0 {
            if let Some((offset, fact)) = self.held.pop_front() {
                self.room.handle_fact(offset, &fact);
                continue;
            }
            let Some(batch) = follower.next_batch()? else { break };
            if let Batch::Facts(view) = batch {
                self.held.extend(view.facts);
            }
        }
        Ok(())
    }

    /// `true`: the journal takes nothing more.
    fn handle(&mut self, event: EnrichEvent) -> bool {
        let now = self.clock.mono();
        match event {
            EnrichEvent::Answered(target, answer) => self.room.handle_answer(target, answer, now),
            EnrichEvent::Noticed(Notice::Durable(durable)) => {
                self.room.handle_durable(durable.count)
            }
            EnrichEvent::Noticed(Notice::Refused { generation }) => {
                self.room.handle_append_refused(generation, now);
            }
            EnrichEvent::Noticed(Notice::LamportHigh(_)) => {}
            EnrichEvent::Noticed(Notice::Poisoned) => return true,
        }
        false
    }

    fn execute(&mut self, command: Command) {
        match command {
            Command::Append { generation, fact } => {
                self.journal.answer(JournalEvent::Append { author: self.author, generation, fact });
            }
            Command::Call { target, text } => {
                let (provider, inbox) = (Arc::clone(&self.provider), Arc::clone(&self.inbox));
                self.runtime.spawn(async move {
                    let answer = provider.call(&text).await;
                    inbox.answer(EnrichEvent::Answered(target, answer));
                });
            }
        }
    }
}
