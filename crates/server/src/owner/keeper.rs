//! The house keeps its rules: what has been kept long enough expires, who asks to be erased is.
//!
//! The keeper decides what has to go and says so, as a message to the conversation's hub, like any
//! gateway; everything else follows from that message ([0010](../../../../docs/adr/0010-the-journal-keeps-what-history-keeps.md)).
//! It runs on a thread of its own, asks history, and nobody waits for it but who asked to be erased.

mod due;
mod thinning;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use history::{CONVERSATIONS_MAX, History, HistoryError};
use hub::GatewayId;
use link::{FromOwner, RequestId, ToOwner};
use model::{
    Content, ConversationId, Draft, InstanceId, MessageId, PartitionId, Refusal, Retry, TenantId,
    UserId,
};
use tokio::sync::{Notify, mpsc};
use tokio::time::timeout;

pub(crate) use thinning::Thinning;
use thinning::Worth;

use super::Fatal;
use super::hub_drive::HubEvent;
use super::links::LinkSender;
use crate::clock::Clock;
use crate::config::Retain;
use crate::inbox::Inbox;

/// The link that no gateway has.
const GATEWAY: GatewayId = GatewayId(0);

/// Words that are out at once.
const SAID_AT_ONCE: usize = 64;

/// How long a word waits for its answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// How often a word that was refused for now is said again.
const TRIES: usize = 5;

/// People who wait to be erased.
pub(crate) const ERASES_MAX: usize = 16;

/// How long the keeper sleeps before it looks whether to stop.
const PATIENCE: Duration = Duration::from_millis(100);

/// How often it looks whether history has come far enough.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// Someone is to be erased.
#[derive(Debug)]
pub(crate) struct Erase {
    pub(crate) request: RequestId,
    pub(crate) user: UserId,
    pub(crate) to: LinkSender,
}

/// What the keeper shows of itself.
#[derive(Debug, Default)]
pub(crate) struct KeeperGauges {
    /// Sweeps through all conversations.
    pub(crate) sweeps: AtomicU64,
    /// Words that something has expired.
    pub(crate) expired: AtomicU64,
    /// Words that someone is erased in a conversation.
    pub(crate) erased: AtomicU64,
    /// Words that were not taken: the next sweep says them again.
    pub(crate) refused: AtomicU64,
    /// Segments of the journal that were written anew with less in them.
    pub(crate) thinned: AtomicU64,
    /// Bytes that this gave back.
    pub(crate) freed_bytes: AtomicU64,
    /// Segments that could not be thinned.
    pub(crate) thin_failures: AtomicU64,
}

/// The drive: [`run`](Self::run) is its thread.
pub(crate) struct Keeper {
    hubs: Vec<Arc<Inbox<HubEvent>>>,
    history: History,
    journal: journal::Reader,
    thinning: Thinning,
    retain: Retain,
    every: Duration,
    erases: mpsc::Receiver<Erase>,
    answers: mpsc::Receiver<FromOwner>,
    instance: InstanceId,
    counter: u64,
    gauges: Arc<KeeperGauges>,
}

impl Keeper {
    /// Keeps the rules of `retain`, which it looks through so often, and erases whom it is told to.
    pub(crate) fn new(
        hubs: Vec<Arc<Inbox<HubEvent>>>,
        journal: journal::Reader,
        thinning: Thinning,
        (retain, every): (Retain, Duration),
        erases: mpsc::Receiver<Erase>,
    ) -> Self {
        let (history, gauges) = (thinning.history.clone(), Arc::clone(&thinning.gauges));
        let (to, answers) = mpsc::channel(SAID_AT_ONCE);
        let to = LinkSender::new(to, Arc::new(Notify::new()));
        for hub in &hubs {
            hub.answer(HubEvent::LinkUp { gateway: GATEWAY, to: to.clone() });
        }
        let instance = InstanceId(crate::random::u64());
        Self {
            hubs,
            history,
            journal,
            thinning,
            retain,
            every,
            erases,
            answers,
            instance,
            counter: 0,
            gauges,
        }
    }

    /// Runs until it is told to stop. A view that fails is the end of the process.
    pub(crate) async fn run(mut self, stop: &AtomicBool, fatal: &Fatal) {
        let mut swept = Instant::now();
        while !stop.load(Relaxed) {
            let kept = match timeout(PATIENCE, self.erases.recv()).await {
                Ok(Some(erase)) => self.erase(erase, stop).await,
                Ok(None) => return,
                Err(_) if !self.retain.is_all() && swept.elapsed() >= self.every => {
                    swept = Instant::now();
                    self.sweep(stop).await
                }
                Err(_) => Ok(()),
            };
            if let Err(why) = kept {
                return fatal.raise(why.into());
            }
        }
    }

    /// Looks through all conversations for what has been kept long enough.
    async fn sweep(&mut self, stop: &AtomicBool) -> Result<(), HistoryError> {
        let now = Clock::wall();
        let retain = self.retain;
        let due = |history: &History, conversation: &ConversationId| {
            let first =
                due::first_kept(history, conversation, retain.of(conversation.kind()), now)?;
            Ok(first.map(|first| Content::Expire { first }))
        };
        let said = self.say_everywhere(stop, due).await?;
        self.history_has_all(stop).await?;
        self.gauges.expired.fetch_add(said, Relaxed);
        if said > 0 {
            self.thinning.thin(Worth::Half, stop)?;
        }
        self.gauges.sweeps.fetch_add(1, Relaxed);
        if said > 0 {
            tracing::info!(conversations = said, "what was kept long enough has expired");
        }
        Ok(())
    }

    async fn erase(&mut self, erase: Erase, stop: &AtomicBool) -> Result<(), HistoryError> {
        let Erase { request, user, to } = erase;
        let before = self.gauges.refused.load(Relaxed);
        let due = |history: &History, conversation: &ConversationId| {
            let has_words = history.has_words_of(conversation, &user)?;
            Ok(has_words.then(|| Content::Erase { user: user.clone() }))
        };
        // Neither what was said just now is missed, nor is anything shown any more when it is answered.
        self.history_has_all(stop).await?;
        let conversations = self.say_everywhere(stop, due).await?;
        self.history_has_all(stop).await?;
        self.gauges.erased.fetch_add(conversations, Relaxed);
        tracing::info!(conversations, "a user was erased");
        let missed = self.gauges.refused.load(Relaxed) - before;
        to.tell(if missed == 0 && !stop.load(Relaxed) {
            FromOwner::Erased { request, conversations }
        } else {
            // Some of it is done: asking again does the rest.
            let refusal = Refusal::Busy { bound: "keeper".to_owned(), retry_after_ms: 1_000 };
            FromOwner::Refused { request, refusal }
        });
        if conversations > 0 {
            self.thinning.seal(stop).await;
            self.tables_have_all(stop).await;
            self.thinning.thin(Worth::Anything, stop)?;
        }
        Ok(())
    }

    /// Waits until history has what is durable now.
    async fn history_has_all(&self, stop: &AtomicBool) -> Result<(), HistoryError> {
        let wanted = self.journal.durable();
        while self.history.cursor()?.batch < wanted && !stop.load(Relaxed) {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        Ok(())
    }

    /// Waits until the tables have counted what is durable now.
    async fn tables_have_all(&self, stop: &AtomicBool) {
        let wanted = self.journal.durable().0;
        while self.thinning.tables.at.load(Relaxed) < wanted && !stop.load(Relaxed) {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// Says in each conversation what is due there, some at a time; how often it was said.
    async fn say_everywhere(
        &mut self,
        stop: &AtomicBool,
        due: impl Fn(&History, &ConversationId) -> Result<Option<Content>, HistoryError>,
    ) -> Result<u64, HistoryError> {
        let mut said = 0;
        let mut after = None;
        loop {
            let page = self.history.conversations(after.as_ref(), CONVERSATIONS_MAX)?;
            let Some(last) = page.last() else { return Ok(said) };
            after = Some(last.clone());
            for some in page.chunks(SAID_AT_ONCE) {
                if stop.load(Relaxed) {
                    return Ok(said);
                }
                let mut words = Vec::new();
                for conversation in some {
                    if let Some(content) = due(&self.history, conversation)? {
                        words.push(self.word(conversation, content)?);
                    }
                }
                said += self.say(words, stop).await;
            }
        }
    }

    fn word(
        &mut self,
        conversation: &ConversationId,
        content: Content,
    ) -> Result<Draft, HistoryError> {
        self.counter += 1;
        let head = self.history.head(conversation)?;
        let seen_seq = head.map_or(model::Seq(0), |head| model::Seq(head.next_seq.0 - 1));
        let last = self.history.read(conversation, seen_seq, 1, seen_seq)?.pop();
        Ok(Draft {
            conversation: conversation.clone(),
            sender: UserId::keeper(),
            id: MessageId { instance: self.instance, counter: self.counter },
            content,
            lamport: last.map_or(1, |last| last.lamport + 1),
            seen_seq,
            sent_at: Clock::wall(),
        })
    }

    /// Says these words, again where they are refused for now; how many were taken.
    async fn say(&mut self, mut words: Vec<Draft>, stop: &AtomicBool) -> u64 {
        let mut taken = 0;
        for _ in 0..TRIES {
            if words.is_empty() || stop.load(Relaxed) {
                break;
            }
            for (draft, request) in words.iter().zip(0..) {
                let (request, draft) = (RequestId(request), draft.clone());
                let partition = PartitionId::of(TenantId::DEFAULT, &draft.conversation);
                let hub = &self.hubs[partition.index() % self.hubs.len()];
                let what = ToOwner::Send { request, draft, trace: None };
                hub.answer(HubEvent::Said { gateway: GATEWAY, what });
            }
            let mut again = Vec::new();
            let mut wait = Duration::ZERO;
            for _ in 0..words.len() {
                match timeout(ANSWER_WITHIN, self.answers.recv()).await {
                    Ok(Some(FromOwner::Sent { .. })) => taken += 1,
                    Ok(Some(FromOwner::Refused { request, refusal })) => {
                        let draft = usize::try_from(request.0).ok().and_then(|at| words.get(at));
                        if let (Some(draft), Some(pause)) = (draft, pause(&refusal)) {
                            wait = wait.max(pause);
                            again.push(draft.clone());
                        }
                    }
                    Ok(Some(_)) => {}
                    // The process is about to end.
                    Ok(None) | Err(_) => return taken,
                }
            }
            words = again;
            tokio::time::sleep(wait).await;
        }
        self.gauges.refused.fetch_add(words.len() as u64, Relaxed);
        taken
    }
}

/// When to say it again; `None` = it is not to be said any more: what it speaks of is gone.
fn pause(refusal: &Refusal) -> Option<Duration> {
    match refusal.retry() {
        Retry::Now => Some(PATIENCE),
        Retry::After(ms) => Some(Duration::from_millis(ms.into()).min(Duration::from_secs(1))),
        Retry::Never => None,
    }
}
