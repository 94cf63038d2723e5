//! What a session does in its life: it acts now and then, takes what comes, and acknowledges late.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use client::{Event, Handle};
use model::{ConversationId, Kind, Position, Seq};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use wire::SubscribeFrom;

use super::changes::{Texts, remember};
use super::repeater::Repeat;
use super::said::Said;
use super::{Settings, Tally};
use crate::dice::Dice;

/// How often the end looks whether all is through.
const LOOK: Duration = Duration::from_millis(50);
/// An acknowledgement lags at most so long behind what it acknowledges.
const LAG_MAX_MS: u64 = 3_000;
/// So often of 100 times, what was heard is to be acknowledged at all.
const ACKNOWLEDGED_PERCENT: u64 = 70;

/// Why it stopped to play.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    Vanish,
    TimeOver,
}

/// A session that plays.
#[derive(Debug)]
pub(super) struct Player<'a> {
    pub(super) settings: &'a Settings,
    pub(super) handle: Handle,
    events: mpsc::Receiver<Event>,
    pub(super) said: Arc<Mutex<Said>>,
    pub(super) again: mpsc::Sender<Repeat>,
    /// What is followed, and the highest message of it that we were told of.
    pub(super) follows: BTreeMap<ConversationId, Seq>,
    /// How far each came, followed or not any more.
    pub(super) positions: BTreeMap<ConversationId, Position>,
    /// Rooms that it made.
    pub(super) owned: Vec<ConversationId>,
    /// Texts that were heard or said there.
    pub(super) texts: BTreeMap<ConversationId, Texts>,
    /// What is to be acknowledged, and when.
    pub(super) to_acknowledge: BTreeMap<ConversationId, (Instant, Seq)>,
    /// Until then nothing is read.
    pub(super) deaf_until: Instant,
    pub(super) tally: Tally,
    is_gone: bool,
}

impl<'a> Player<'a> {
    pub(super) fn new(
        settings: &'a Settings,
        handle: Handle,
        events: mpsc::Receiver<Event>,
        said: Arc<Mutex<Said>>,
        again: mpsc::Sender<Repeat>,
    ) -> Self {
        Self {
            settings,
            handle,
            events,
            said,
            again,
            follows: BTreeMap::new(),
            positions: BTreeMap::new(),
            owned: Vec::new(),
            texts: BTreeMap::new(),
            to_acknowledge: BTreeMap::new(),
            deaf_until: Instant::now(),
            tally: Tally::default(),
            is_gone: false,
        }
    }

    /// Acts until time is over or it vanishes.
    pub(super) async fn play(&mut self, dice: &mut Dice, until: Instant) -> Stop {
        let mut act_at = Instant::now() + dice.between(0, 200);
        while act_at < until && !self.is_gone {
            self.live_until(act_at, dice).await;
            match self.act(dice).await {
                Some(pause) => act_at = Instant::now() + pause,
                None => return Stop::Vanish,
            }
        }
        self.live_until(until, dice).await;
        self.deaf_until = Instant::now();
        Stop::TimeOver
    }

    /// Waits until nothing is in the outbox. How much still is.
    pub(super) async fn bring_through(&mut self, until: Instant) -> usize {
        let mut dice = Dice::new(0);
        loop {
            let left = self.handle.outbox_len().await.unwrap_or(0);
            if left == 0 || Instant::now() > until || self.is_gone {
                return left;
            }
            self.live_until(Instant::now() + LOOK, &mut dice).await;
        }
    }

    /// Waits until all that it was told of was heard. How many conversations are still behind.
    pub(super) async fn hear_out(&mut self, until: Instant) -> usize {
        let mut dice = Dice::new(0);
        loop {
            let behind = |(name, told): (&ConversationId, &Seq)| {
                self.positions.get(name).is_none_or(|position| position.seq < *told)
            };
            let behind = self.follows.iter().filter(|&follow| behind(follow)).count();
            if behind == 0 || Instant::now() > until || self.is_gone {
                return behind;
            }
            self.live_until(Instant::now() + LOOK, &mut dice).await;
        }
    }

    /// Takes what is left until the client has stopped. What became of everything, and what was
    /// followed.
    pub(super) async fn drain(mut self) -> (Tally, Vec<ConversationId>) {
        while let Some(event) = self.events.recv().await {
            self.on_event(event, &mut Dice::new(0));
        }
        (self.tally, self.follows.into_keys().collect())
    }

    pub(super) async fn follow(&mut self, conversation: ConversationId, from: SubscribeFrom) {
        // What was not acknowledged of an earlier subscription is to come again.
        self.to_acknowledge.remove(&conversation);
        if self.handle.subscribe(conversation.clone(), from).await.is_ok() {
            self.positions.remove(&conversation);
            self.follows.insert(conversation, Seq(0));
        }
    }

    /// Takes events and acknowledges, until then.
    async fn live_until(&mut self, until: Instant, dice: &mut Dice) {
        loop {
            let now = Instant::now();
            self.acknowledge_due(now).await;
            if now >= until {
                return;
            }
            let wake = self.to_acknowledge.values().map(|(at, _)| *at).min();
            let wake = wake.map_or(until, |at| at.min(until));
            let deaf = now < self.deaf_until;
            let wake = if deaf { wake.min(self.deaf_until) } else { wake };
            tokio::select! {
                event = self.events.recv(), if !deaf && !self.is_gone => match event {
                    Some(event) => self.on_event(event, dice),
                    None => self.is_gone = true,
                },
                () = sleep_until(wake) => {}
            }
        }
    }

    async fn acknowledge_due(&mut self, now: Instant) {
        while let Some((name, seq)) = self
            .to_acknowledge
            .iter()
            .find_map(|(name, (at, seq))| (*at <= now).then(|| (name.clone(), *seq)))
        {
            self.to_acknowledge.remove(&name);
            // A client that has stopped acknowledges nothing any more.
            let _acknowledged = self.handle.acknowledge(name, seq).await;
        }
    }

    fn on_event(&mut self, event: Event, dice: &mut Dice) {
        match event {
            Event::Said { id, conversation, seq, .. } => {
                self.tally.acknowledged += 1;
                self.said().acknowledged(id);
                self.told(&conversation, seq);
                if seq == Seq(1) && conversation.kind() != Kind::Open {
                    self.settings.opened(&conversation);
                    self.owned.push(conversation.clone());
                }
                // Of what was not a text, changing it is refused: that is part of it.
                remember(self.texts.entry(conversation).or_default(), seq, true);
            }
            Event::Failed { id, .. } => {
                self.tally.failed += 1;
                self.said().forget(id);
            }
            Event::Subscribed { conversation, epoch, next, head, .. } => {
                self.told(&conversation, head);
                let seq = Seq(next.0.saturating_sub(1));
                self.positions.insert(conversation, Position { epoch, seq });
            }
            Event::Heard { epoch, message } => {
                self.tally.heard += 1;
                let is_text = message.content.is_text();
                let (name, seq) = (message.conversation, message.seq);
                if is_text {
                    remember(self.texts.entry(name.clone()).or_default(), seq, false);
                }
                self.told(&name, seq);
                if dice.percent(ACKNOWLEDGED_PERCENT) {
                    let at = Instant::now() + dice.between(0, LAG_MAX_MS);
                    let due = self.to_acknowledge.entry(name.clone()).or_insert((at, seq));
                    due.1 = seq;
                }
                self.positions.insert(name, Position { epoch, seq });
            }
            Event::Problem(problem) => {
                // A subscription that was refused for good is followed no longer.
                if let Some(name) = problem.conversation {
                    self.follows.remove(&name);
                }
            }
            Event::Stopped => self.is_gone = true,
            Event::Unsubscribed { conversation, asked: false } => {
                self.follows.remove(&conversation);
                self.to_acknowledge.remove(&conversation);
            }
            Event::Welcomed { .. }
            | Event::Disconnected { .. }
            | Event::Unsubscribed { asked: true, .. }
            | Event::Gap { .. }
            | Event::Page { .. } => {}
        }
    }

    fn told(&mut self, name: &ConversationId, seq: Seq) {
        if let Some(told) = self.follows.get_mut(name) {
            *told = seq.max(*told);
        }
    }

    pub(super) fn said(&self) -> std::sync::MutexGuard<'_, Said> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
