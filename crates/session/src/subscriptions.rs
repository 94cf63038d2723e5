//! The conversations that are followed: from which position, how far they came, how far the
//! application has acknowledged.
//!
//! # Invariants
//!
//! - A position moves only upwards in one epoch, one message at a time, or with an [`Event::Gap`].
//! - Only answers to the last `subscribe` count: until its `subscribed` has come, messages are of the
//!   one before it and are not heard.
//! - An acknowledgement is never above the position, and is said only while the subscription runs.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use model::{ConversationId, Epoch, Message, Mono, Position, Retry, Seq};
use wire::{Command, SubscribeFrom};

use crate::{Event, Options, TooManySubscriptions};

/// The wait before a refused subscription or read with "retry now" is asked again: these are not
/// in a hurry, and a server that cannot answer would be asked in a tight loop.
const RETRY_NOW: Duration = Duration::from_millis(100);

#[derive(Debug)]
pub(crate) struct Subscriptions {
    /// Boxed, since a node of the map has room for eleven: most clients follow one or two.
    all: BTreeMap<ConversationId, Box<Subscription>>,
    /// Those to be asked for, and when.
    to_ask: BTreeSet<(Mono, ConversationId)>,
    /// Those whose acknowledgement is to be said, and when.
    to_acknowledge: BTreeSet<(Mono, ConversationId)>,
    /// What must be said before anything else, on this connection: what ends a subscription.
    first: VecDeque<Command>,
    most: usize,
    on_hearing: bool,
    delay: Duration,
}

#[derive(Debug)]
struct Subscription {
    from: SubscribeFrom,
    /// The last message of it that came; `None` until the server has said where it begins.
    position: Option<Position>,
    state: State,
    /// The application has everything up to here for good.
    acknowledged: Seq,
    /// What was said of that on this connection.
    told: Seq,
    /// Its entry in `to_acknowledge`.
    tell_at: Option<Mono>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// To be asked for then.
    Wanted(Mono),
    /// Asked for, under this number.
    Asked(u64),
    Runs,
}

/// What a `subscribed` frame says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subscribed {
    pub(crate) reference: Option<u64>,
    pub(crate) epoch: Epoch,
    pub(crate) recovered: bool,
    pub(crate) next: Seq,
    pub(crate) head: Seq,
}

/// When to ask again, if ever.
pub(crate) fn ask_again(retry: Retry, now: Mono) -> Option<Mono> {
    match retry {
        Retry::Now => Some(now + RETRY_NOW),
        Retry::After(ms) => Some(now + Duration::from_millis(ms.into())),
        Retry::Never => None,
    }
}

impl Subscriptions {
    pub(crate) fn new(options: &Options) -> Self {
        Self {
            all: BTreeMap::new(),
            to_ask: BTreeSet::new(),
            to_acknowledge: BTreeSet::new(),
            first: VecDeque::new(),
            most: options.subscriptions_max,
            on_hearing: options.acknowledge_on_hearing,
            delay: options.acknowledge_delay,
        }
    }

    pub(crate) fn contains(&self, conversation: &ConversationId) -> bool {
        self.all.contains_key(conversation)
    }

    pub(crate) fn position(&self, conversation: &ConversationId) -> Option<Position> {
        self.all.get(conversation)?.position
    }

    pub(crate) fn subscribe(
        &mut self,
        conversation: ConversationId,
        from: SubscribeFrom,
        now: Mono,
    ) -> Result<(), TooManySubscriptions> {
        let replaces = self.contains(&conversation);
        if !replaces && self.all.len() >= self.most {
            return Err(TooManySubscriptions { most: self.most });
        }
        self.forget(&conversation);
        let position = match from {
            SubscribeFrom::After(position) => Some(position),
            SubscribeFrom::Start | SubscribeFrom::Cursor | SubscribeFrom::Last(_) => None,
        };
        let subscription = Subscription {
            from,
            position,
            state: State::Wanted(now),
            acknowledged: Seq(0),
            told: Seq(0),
            tell_at: None,
        };
        self.to_ask.insert((now, conversation.clone()));
        self.all.insert(conversation, Box::new(subscription));
        Ok(())
    }

    pub(crate) fn unsubscribe(&mut self, conversation: &ConversationId, reference: u64) {
        let asked = self.all.get(conversation);
        let asked = asked.is_some_and(|s| matches!(s.state, State::Asked(_) | State::Runs));
        self.forget(conversation);
        if asked {
            let (reference, conversation) = (Some(reference), conversation.clone());
            self.first.push_back(Command::Unsubscribe { reference, conversation });
        }
    }

    /// The server has ended it: the user is no member any more.
    pub(crate) fn ended(&mut self, conversation: &ConversationId) {
        self.forget(conversation);
    }

    /// Everything up to `seq` is with the application for good; never more than what came.
    pub(crate) fn acknowledge(&mut self, conversation: &ConversationId, seq: Seq, now: Mono) {
        let Some(subscription) = self.all.get_mut(conversation) else { return };
        let Some(position) = subscription.position else { return };
        subscription.acknowledged = subscription.acknowledged.max(seq.min(position.seq));
        self.tell_later(conversation, now);
    }

    /// The next command, if one is due: what ends, what begins, what is acknowledged.
    pub(crate) fn next_command(&mut self, references: &mut u64, now: Mono) -> Option<Command> {
        if let Some(command) = self.first.pop_front() {
            return Some(command);
        }
        if let Some((at, conversation)) = self.to_ask.first().filter(|(at, _)| *at <= now).cloned()
        {
            self.to_ask.remove(&(at, conversation.clone()));
            *references += 1;
            let subscription = self.all.get_mut(&conversation).expect("what is asked is there");
            subscription.state = State::Asked(*references);
            let from = subscription.position.map_or(subscription.from, SubscribeFrom::After);
            return Some(Command::Subscribe { reference: Some(*references), conversation, from });
        }
        self.next_acknowledgement(Some(now))
    }

    /// The next acknowledgement that is due, or the next at all.
    pub(crate) fn next_acknowledgement(&mut self, due: Option<Mono>) -> Option<Command> {
        let (at, conversation) = self.to_acknowledge.first()?.clone();
        if due.is_some_and(|now| at > now) {
            return None;
        }
        self.tell(&conversation)
    }

    /// The connection is gone: every subscription is to be asked for again, from its position.
    pub(crate) fn disconnected(&mut self, now: Mono) {
        self.first.clear();
        self.to_acknowledge.clear();
        for (conversation, subscription) in &mut self.all {
            (subscription.told, subscription.tell_at) = (Seq(0), None);
            if !matches!(subscription.state, State::Wanted(_)) {
                subscription.state = State::Wanted(now);
                self.to_ask.insert((now, conversation.clone()));
            }
        }
    }

    /// `subscribed` has come. `None`: it answers a subscription that was replaced.
    pub(crate) fn subscribed(
        &mut self,
        conversation: &ConversationId,
        answer: Subscribed,
        now: Mono,
        events: &mut VecDeque<Event>,
    ) -> Option<()> {
        let subscription = self.all.get_mut(conversation)?;
        let ours = match answer.reference {
            Some(reference) => subscription.state == State::Asked(reference),
            None => subscription.state == State::Runs,
        };
        if !ours {
            return None;
        }
        subscription.state = State::Runs;
        let Subscribed { epoch, recovered, next, head, .. } = answer;
        let begins = Position { epoch, seq: Seq(next.0.saturating_sub(1)) };
        let conversation_id = conversation.clone();
        events.push_back(Event::Subscribed {
            conversation: conversation_id,
            epoch,
            recovered,
            next,
            head,
        });
        subscription.position = match subscription.position {
            Some(had) if recovered && had.epoch == epoch && begins.seq <= had.seq => Some(had),
            Some(had) if recovered => {
                events.push_back(gap(conversation, had, Position { epoch, seq: next }));
                Some(begins)
            }
            Some(_) | None => Some(begins),
        };
        if !recovered {
            (subscription.acknowledged, subscription.told) = (Seq(0), Seq(0));
            if let Some(at) = subscription.tell_at.take() {
                self.to_acknowledge.remove(&(at, conversation.clone()));
            }
        }
        self.tell_later(conversation, now);
        Some(())
    }

    /// A message has come. It is heard if it is the next of a subscription that runs.
    pub(crate) fn message(
        &mut self,
        epoch: Epoch,
        message: Message,
        now: Mono,
        events: &mut VecDeque<Event>,
    ) {
        let Some(subscription) = self.all.get_mut(&message.conversation) else { return };
        let (State::Runs, Some(had)) = (subscription.state, subscription.position) else { return };
        if had.epoch == epoch && message.seq <= had.seq {
            return;
        }
        let found = Position { epoch, seq: message.seq };
        if found != (Position { seq: had.seq.next(), ..had }) {
            events.push_back(gap(&message.conversation, had, found));
        }
        subscription.position = Some(found);
        if self.on_hearing {
            subscription.acknowledged = message.seq;
            self.tell_later(&message.conversation, now);
        }
        events.push_back(Event::Heard { epoch, message });
    }

    /// A `subscribe` of this number was refused. The conversation, and whether it is asked for again.
    pub(crate) fn refused(
        &mut self,
        reference: u64,
        retry: Retry,
        now: Mono,
    ) -> Option<(ConversationId, bool)> {
        let asked = |s: &Subscription| s.state == State::Asked(reference);
        let (conversation, subscription) = self.all.iter_mut().find(|(_, s)| asked(s))?;
        let conversation = conversation.clone();
        let again = ask_again(retry, now);
        if let Some(at) = again {
            subscription.state = State::Wanted(at);
            self.to_ask.insert((at, conversation.clone()));
        } else {
            self.all.remove(&conversation);
        }
        Some((conversation, again.is_some()))
    }

    /// When one is to be asked for or acknowledged; only while there is a connection.
    pub(crate) fn poll_timeout(&self) -> Option<Mono> {
        let first = |set: &BTreeSet<(Mono, ConversationId)>| set.first().map(|&(at, _)| at);
        [first(&self.to_ask), first(&self.to_acknowledge)].into_iter().flatten().min()
    }

    /// Drops a subscription; what was to be acknowledged is said first.
    fn forget(&mut self, conversation: &ConversationId) {
        if let Some(acknowledgement) = self.tell(conversation) {
            self.first.push_back(acknowledgement);
        }
        if let Some(State::Wanted(at)) = self.all.remove(conversation).map(|gone| gone.state) {
            self.to_ask.remove(&(at, conversation.clone()));
        }
    }

    fn tell_later(&mut self, conversation: &ConversationId, now: Mono) {
        let Some(subscription) = self.all.get_mut(conversation) else { return };
        let news = subscription.acknowledged > subscription.told;
        if news && subscription.state == State::Runs && subscription.tell_at.is_none() {
            let at = now + self.delay;
            subscription.tell_at = Some(at);
            self.to_acknowledge.insert((at, conversation.clone()));
        }
    }

    /// The acknowledgement that waits to be said.
    fn tell(&mut self, conversation: &ConversationId) -> Option<Command> {
        let subscription = self.all.get_mut(conversation)?;
        let at = subscription.tell_at.take()?;
        self.to_acknowledge.remove(&(at, conversation.clone()));
        subscription.told = subscription.acknowledged;
        let epoch = subscription.position?.epoch;
        let position = Position { epoch, seq: subscription.acknowledged };
        Some(Command::Ack { conversation: conversation.clone(), position })
    }
}

fn gap(conversation: &ConversationId, had: Position, found: Position) -> Event {
    let expected = Position { seq: had.seq.next(), ..had };
    Event::Gap { conversation: conversation.clone(), expected, found }
}
