//! The loop around the enricher: it follows the journal as far as there is room, makes the calls,
//! and hands the answers to the journal as facts.
//!
//! The calls run on a runtime of this one thread, at most as many as the room allows, and only when the loop lets
//! them: what came on all connections meanwhile is read in one go, and nobody is woken for it. The loop decides nothing.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender};
use enrich::{
    Answer, Answered, Call, Command, Counts, Dispatch, DispatchGauges, EndpointGauges, Enricher,
    Order, Replay, Reply, ServiceGauges,
};
use history::History;
use journal::{Batch, Follower, Reader};
use model::{BatchNo, Body, Fact, Mono, Offset, Reason, Understood, Wall};
use tokio::runtime::{Builder, Runtime};
use tokio::task::yield_now;

use super::FollowError;
use super::enrich_asks::EnrichQuestion;
use super::enrich_times::Times;
use super::hub_drive::HubEvent;
use super::journal_drive::{JournalEvent, Notice};
use super::last_limit::LastLimit;
use super::provider::Provider;
use super::searcher::{Search, Searched};
use super::ways::Ways;
use crate::clock::Clock;
use crate::inbox::Inbox;

/// How long the loop waits for something to happen, while nothing is in hand.
const PATIENCE: Duration = Duration::from_millis(5);

/// How long it lets company gather while there is: at thousands of answers a second nobody must be woken for each.
const GATHER: Duration = Duration::from_millis(2);

/// Calls that are polled before connections are looked at again: all that are ready.
const POLLED_AT_ONCE: u32 = 1 << 16;

/// How often gauges are shown.
const SHOWN_EVERY: Duration = Duration::from_millis(20);

/// How often the limit that was found is kept.
const LIMIT_KEPT_EVERY: Duration = Duration::from_secs(10);

/// Facts of the journal that are read at once: answers that came meanwhile, and calls that are to be made, wait.
const FOLLOWED_AT_ONCE: usize = 512;

/// Facts that a sweep passes at once: those who live are not kept waiting by it.
const SWEPT_AT_ONCE: usize = 4_096;

/// What the enricher's drive is told.
#[derive(Debug)]
pub(crate) enum EnrichEvent {
    /// The journal tells.
    Noticed(Notice),
    /// What the journal has of a message that someone asked about.
    Searched(Searched),
    /// A request has ended.
    Replied {
        /// As it was handed out.
        ticket: usize,
        reply: Reply,
        /// When it came.
        came: Mono,
    },
}

/// How enriching stands, for those who look.
#[derive(Debug, Clone, Default)]
pub(crate) struct EnrichGauges {
    pub(crate) counts: Counts,
    pub(crate) service: ServiceGauges,
    /// What of that was sent.
    pub(crate) dispatch: DispatchGauges,
    /// Of each endpoint, in the order of the settings.
    pub(crate) endpoints: Vec<EndpointGauges>,
    /// Messages in hand, in the queue, to be asked again.
    pub(crate) sizes: [usize; 3],
    /// The most that may be in hand, and to be asked again.
    pub(crate) sizes_max: [usize; 2],
    /// Messages that were given up, by the reasons in the order of their numbers.
    pub(crate) dead: [u64; Reason::ALL.len()],
    pub(crate) replay: Option<Replay>,
    /// The last batch of the journal that was read.
    pub(crate) at: BatchNo,
}

/// One that is to be sent.
pub(crate) struct Request {
    ticket: usize,
    endpoint: usize,
    texts: Vec<Body>,
}

/// A walk along the journal, and what of its last batch was not shown yet.
pub(crate) struct Walk {
    follower: Follower,
    held: VecDeque<(Offset, Fact)>,
    at: BatchNo,
}

/// The drive: [`run`](Self::run) is its thread.
pub(crate) struct EnrichDrive {
    /// The number it appends under.
    pub(crate) author: usize,
    pub(crate) room: Enricher,
    /// Where the room's calls go.
    pub(crate) dispatch: Dispatch,
    pub(crate) inbox: Arc<Inbox<EnrichEvent>>,
    /// What operators ask, and where what they ask about is read.
    pub(crate) questions: Receiver<EnrichQuestion>,
    pub(crate) history: History,
    pub(crate) searches: Sender<Search>,
    pub(crate) journal: Arc<Inbox<JournalEvent>>,
    pub(crate) reader: Reader,
    pub(crate) provider: Arc<Provider>,
    /// Those that are to be made, all of a round together.
    pub(crate) requests: Vec<Request>,
    /// Of the calls: see [`runtime`].
    pub(crate) runtime: Runtime,
    /// Who must refuse new messages when too many wait to be understood, and whether they were told to.
    pub(crate) hubs: Vec<Arc<Inbox<HubEvent>>>,
    pub(crate) is_full: bool,
    pub(crate) gauges: Arc<Mutex<EnrichGauges>>,
    pub(crate) times: Arc<Times>,
    /// Of what is appended and not durable, in order: when its message arrived, if it is a first result.
    pub(crate) undurable: VecDeque<Option<Wall>>,
    pub(crate) clock: Clock,
    pub(crate) last_limit: LastLimit,
    pub(crate) ways: Option<Arc<Ways>>,
}

impl Walk {
    fn after(reader: &Reader, after: BatchNo) -> Self {
        Self { follower: reader.follow(after), held: VecDeque::new(), at: after }
    }

    /// The next fact; none at the journal's end.
    fn next(&mut self) -> Result<Option<(Offset, Fact)>, FollowError> {
        loop {
            if let Some(fact) = self.held.pop_front() {
                return Ok(Some(fact));
            }
            let Some(batch) = self.follower.next_batch()? else { return Ok(None) };
            self.at = batch.last();
            if let Batch::Facts(view) = batch {
                self.held.extend(view.facts);
            }
        }
    }
}

impl EnrichDrive {
    /// Looks back over the journal, then follows it until told to stop.
    pub(crate) fn run(mut self, stop: &AtomicBool) -> Result<(), FollowError> {
        let now = self.clock.mono();
        self.dispatch.greet(now);
        self.step(now);
        self.look_back(stop)?;
        let after = self.room.handle_end_of_past();
        let mut live = Walk::after(&self.reader, after);
        let mut sweep = None;
        let mut events = Vec::new();
        let (mut poisoned, mut behind) = (false, false);
        let (mut shown, mut kept) = (Mono(0), Mono(0));
        while !stop.load(Relaxed) && !poisoned {
            // 1: what the room wants done.
            while let Some(command) = self.room.next_command() {
                self.execute(command);
            }
            self.let_call(1);
            if self.clock.mono() >= shown + SHOWN_EVERY {
                shown = self.clock.mono();
                self.show(live.at);
            }
            if self.clock.mono() >= kept + LIMIT_KEPT_EVERY {
                kept = self.clock.mono();
                self.last_limit.keep(self.room.last_good_limit());
            }
            // 2: what happened.
            let is_idle = self.room.sizes() == [0; 3];
            if !is_idle && !behind {
                std::thread::sleep(GATHER);
            }
            let patience = if is_idle && !behind { PATIENCE } else { Duration::ZERO };
            self.let_call(2);
            self.inbox.take(&mut events, usize::MAX, patience);
            for event in events.drain(..) {
                poisoned |= self.handle(event);
            }
            self.answer_questions();
            behind = self.follow(&mut live)?;
            self.sweep(&mut sweep)?;
            // 3: how late it is.
            let now = self.clock.mono();
            if self.room.poll_timeout().is_some_and(|then| then <= now) {
                self.room.handle_timeout(now);
            }
            if self.dispatch.poll_timeout().is_some_and(|then| then <= now) {
                self.dispatch.handle_timeout(now);
                self.step(now);
            }
        }
        self.last_limit.keep(self.room.last_good_limit());
        Ok(())
    }

    /// Shows the room everything that is durable now.
    fn look_back(&mut self, stop: &AtomicBool) -> Result<(), FollowError> {
        let goal = self.reader.durable();
        let mut follower = self.reader.follow(BatchNo(0));
        while follower.after() < goal && !stop.load(Relaxed) {
            let Some(batch) = follower.next_batch()? else { break };
            if let Batch::Facts(view) = batch {
                for (offset, fact) in &view.facts {
                    self.room.handle_past(view.batch, *offset, fact);
                }
            }
        }
        Ok(())
    }

    /// Shows the room what comes next, while it has room. `true`: there is more.
    fn follow(&mut self, live: &mut Walk) -> Result<bool, FollowError> {
        let (now, wall) = (self.clock.mono(), Clock::wall());
        let most = FOLLOWED_AT_ONCE.min(self.room.room());
        for _ in 0..most {
            let Some((offset, fact)) = live.next()? else { return Ok(false) };
            if let Some(ways) = &self.ways {
                ways.taken(offset, &fact);
            }
            self.room.handle_fact(live.at, offset, &fact, now, wall);
        }
        Ok(most > 0)
    }

    /// Walks on along what is to be asked again.
    fn sweep(&mut self, sweep: &mut Option<Walk>) -> Result<(), FollowError> {
        let now = self.clock.mono();
        if let Some(after) = self.room.begin_sweep(now) {
            *sweep = Some(Walk::after(&self.reader, after));
        }
        let Some(walk) = sweep else { return Ok(()) };
        for _ in 0..SWEPT_AT_ONCE {
            if self.room.sweep_room(now) == 0 {
                return Ok(());
            }
            let Some((offset, fact)) = walk.next()? else {
                self.room.handle_sweep_end(now);
                *sweep = None;
                return Ok(());
            };
            self.room.handle_swept(walk.at, offset, &fact, now);
        }
        Ok(())
    }

    fn show(&mut self, at: BatchNo) {
        if self.room.is_full() != self.is_full {
            self.is_full = !self.is_full;
            for hub in &self.hubs {
                hub.answer(HubEvent::Backlog(self.is_full));
            }
        }
        let service = self.room.service(self.clock.mono());
        let (counts, sizes) = (self.room.counts(), self.room.sizes());
        let (dispatch, endpoints) = (self.dispatch.gauges(), self.dispatch.endpoints().collect());
        let (sizes_max, replay) = (self.room.sizes_max(), self.room.replay());
        let letters = self.room.preview(None, 1).reasons;
        let of = |reason| letters.iter().find(|(why, _)| *why == reason).map_or(0, |(_, of)| *of);
        let dead = Reason::ALL.map(of);
        *self.gauges.lock().unwrap_or_else(PoisonError::into_inner) = EnrichGauges {
            counts,
            service,
            dispatch,
            endpoints,
            sizes,
            sizes_max,
            dead,
            replay,
            at,
        };
    }

    /// `true`: the journal takes nothing more.
    fn handle(&mut self, event: EnrichEvent) -> bool {
        let now = self.clock.mono();
        match event {
            EnrichEvent::Searched(searched) => self.searched(searched),
            EnrichEvent::Replied { ticket, reply, came } => {
                self.dispatch.handle_reply(ticket, reply, came);
                self.step(came);
            }
            EnrichEvent::Noticed(Notice::Durable(durable)) => {
                self.room.handle_durable(durable.count, now);
                self.time(durable.count);
            }
            EnrichEvent::Noticed(Notice::Refused { generation }) => {
                self.undurable.clear();
                self.room.handle_append_refused(generation, now);
            }
            EnrichEvent::Noticed(Notice::LamportHigh(_)) => {}
            EnrichEvent::Noticed(Notice::Poisoned) => return true,
        }
        false
    }

    /// First results have become durable.
    fn time(&mut self, count: usize) {
        let now = Clock::wall();
        let count = count.min(self.undurable.len());
        for at in self.undurable.drain(..count).flatten() {
            self.times.add(Duration::from_millis(now.0.saturating_sub(at.0)));
        }
    }

    fn execute(&mut self, command: Command) {
        match command {
            Command::Append { generation, fact } => {
                self.undurable.push_back(arrival(&fact));
                self.journal.answer(JournalEvent::Append { author: self.author, generation, fact });
            }
            Command::Call { target, number, sent, text } => {
                let now = self.clock.mono();
                self.dispatch.handle_call(Call { target, number, sent }, text, now);
                self.step(now);
            }
        }
    }

    /// A call that was made has a span in its message's trace.
    fn trace(&self, target: Offset, number: u8, took: Duration, answer: &Answer) {
        let Some(ways) = &self.ways else { return };
        let is_answered = match answer {
            Answer::Got(_) => true,
            Answer::Failed(_) => false,
            Answer::Had(_) | Answer::Withheld(_) => return,
        };
        let took = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        ways.called(target, number, ways.begins().saturating_sub(took), is_answered);
    }

    /// Lets calls go on: what they say is written, and from the second time on what came is read.
    fn let_call(&mut self, times: usize) {
        let (provider, inbox, clock) = (&self.provider, &self.inbox, self.clock);
        self.runtime.block_on(async {
            for Request { ticket, endpoint, texts } in self.requests.drain(..) {
                let (provider, inbox) = (Arc::clone(provider), Arc::clone(inbox));
                tokio::spawn(async move {
                    let reply = provider.ask(endpoint, &texts).await;
                    inbox.answer(EnrichEvent::Replied { ticket, reply, came: clock.mono() });
                });
            }
            for _ in 0..times {
                yield_now().await;
            }
        });
    }

    /// What becomes of calls; answers came then.
    fn step(&mut self, came: Mono) {
        while let Some(order) = self.dispatch.next_order() {
            match order {
                Order::Send { ticket, endpoint, texts } => {
                    self.requests.push(Request { ticket, endpoint, texts });
                }
                Order::Answer { call: Call { target, number, sent }, answer } => {
                    self.trace(target, number, came.since(sent), &answer);
                    let answered = Answered { target, number, sent, came, answer };
                    self.room.handle_answer(answered, self.clock.mono());
                }
            }
        }
    }
}

/// What the drive runs its calls on.
pub(crate) fn runtime() -> std::io::Result<Runtime> {
    Builder::new_current_thread().enable_all().event_interval(POLLED_AT_ONCE).build()
}

/// When the message of a first result arrived.
pub(super) fn arrival(fact: &Fact) -> Option<Wall> {
    let Fact::Enriched(enrichment) = fact else { return None };
    let said = enrichment.said.as_ref()?;
    (enrichment.before == Understood::Pending).then_some(said.at)
}
