//! Someone who speaks and listens, and holds the session to its own promises: every message once and in
//! order, every word of theirs answered.

use std::collections::{BTreeMap, BTreeSet};

use model::{Body, ConversationId, MessageId, Position, ReadFrom, Seq};
use session::{Event as Told, Session};
use wire::{Post, SubscribeFrom};

use crate::simulation::fate::Fate;
use crate::simulation::shape::{BODY_BYTES, Shape};

/// What is said in one breath, now and then.
const PIPELINED: u64 = 4;

pub(crate) struct Player {
    name: String,
    /// Things still to be done.
    pub(crate) acts: u64,
    /// The session acknowledges by itself.
    acknowledges_on_hearing: bool,
    /// Conversations that are followed, and how far they were heard; `None` until one has begun.
    followed: BTreeMap<ConversationId, Option<Seq>>,
    from_cursor: BTreeSet<ConversationId>,
    words: u64,
    unanswered: BTreeSet<MessageId>,
    on_their_way: BTreeMap<MessageId, Post>,
    /// What was acknowledged, to be said again.
    pub(crate) said: Vec<Post>,
    pub(crate) repeater: Option<usize>,
}

/// What a player wants that is not the session's matter.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Act {
    Done,
    Repeat,
    CutConnection,
    Vanish,
}

impl Player {
    pub(crate) fn new(name: String, acts: u64, acknowledges_on_hearing: bool) -> Self {
        Self {
            name,
            acts,
            acknowledges_on_hearing,
            followed: BTreeMap::new(),
            from_cursor: BTreeSet::new(),
            words: 0,
            unanswered: BTreeSet::new(),
            on_their_way: BTreeMap::new(),
            said: Vec::new(),
            repeater: None,
        }
    }

    /// Does one thing.
    pub(crate) fn act(&mut self, fate: &mut Fate, session: &mut Session, shape: &Shape) -> Act {
        self.acts -= 1;
        let name = fate.dice.pick(&shape.conversations).clone();
        match fate.dice.below(100) {
            0..36 => self.say(fate, session, name),
            36..46 => (0..PIPELINED).for_each(|_| self.say(fate, session, name.clone())),
            46..62 => self.acknowledge(fate, session, &name),
            62..76 => self.follow(fate, session, name),
            76..79 => {
                self.followed.remove(&name);
                session.unsubscribe(&name);
            }
            79..84 => {
                let from = ReadFrom::Seq(Seq(fate.dice.below(12)));
                let from = if fate.dice.percent(30) { ReadFrom::Latest } else { from };
                // Too many at a time are not read.
                let _read = session.read(name, from, 1 + shape.page);
            }
            84..92 => return Act::Repeat,
            92..95 => return Act::CutConnection,
            _ => return Act::Vanish,
        }
        Act::Done
    }

    fn say(&mut self, fate: &mut Fate, session: &mut Session, name: ConversationId) {
        self.words += 1;
        let mut text = format!("{}.{} ", self.name, self.words);
        if fate.dice.percent(10) {
            text.push_str(&"x".repeat(BODY_BYTES - text.len()));
        }
        let body = Body::new(&text).unwrap();
        if let Ok(id) = session.say(name, body, fate.now, fate.wall()) {
            self.unanswered.insert(id);
        }
    }

    fn acknowledge(&mut self, fate: &mut Fate, session: &mut Session, name: &ConversationId) {
        if let Some(Some(heard)) = self.followed.get(name)
            && !self.acknowledges_on_hearing
        {
            session.acknowledge(name, Seq(fate.dice.below(heard.0 + 1)), fate.now);
        }
    }

    pub(crate) fn follow(&mut self, fate: &mut Fate, session: &mut Session, name: ConversationId) {
        let heard = self.followed.get(&name).copied().flatten();
        let from = match (fate.dice.below(100), session.position(&name), heard) {
            (0..30, ..) => SubscribeFrom::Start,
            (30..40, ..) => SubscribeFrom::Last(fate.dice.below(4)),
            (40..65, Some(Position { epoch, .. }), Some(heard)) => {
                let seq = Seq(fate.dice.below(heard.0 + 1));
                SubscribeFrom::After(Position { epoch, seq })
            }
            _ => SubscribeFrom::Cursor,
        };
        let begins = match from {
            SubscribeFrom::After(position) => Some(position.seq),
            SubscribeFrom::Start | SubscribeFrom::Last(_) | SubscribeFrom::Cursor => None,
        };
        self.from_cursor.remove(&name);
        if from == SubscribeFrom::Cursor {
            self.from_cursor.insert(name.clone());
        }
        self.followed.insert(name.clone(), begins);
        session.subscribe(name, from).unwrap();
    }

    /// The session sends this, perhaps once more.
    pub(crate) fn sends(&mut self, post: &Post) {
        self.on_their_way.insert(post.id, post.clone());
    }

    pub(crate) fn hears(&mut self, fate: &mut Fate, told: Told) {
        match told {
            Told::Said { id, .. } => {
                if !self.unanswered.remove(&id) {
                    fate.broken.push(format!("{}: {id} was answered twice", self.name));
                }
                self.said.extend(self.on_their_way.remove(&id));
                fate.met.count("acknowledged");
            }
            Told::Subscribed { conversation, recovered, next, .. } => {
                self.begins(fate, &conversation, recovered, next);
            }
            Told::Heard { message, .. } => {
                let due = self.followed.get_mut(&message.conversation);
                match due {
                    Some(Some(heard)) if heard.next() == message.seq => *heard = message.seq,
                    other => {
                        let (name, seq) = (&message.conversation, message.seq);
                        let text = format!("{}: {name} {seq} heard, had {other:?}", self.name);
                        fate.broken.push(text);
                    }
                }
            }
            Told::Failed { id, problem } => {
                fate.broken.push(format!("{}: {id} failed: {problem:?}", self.name));
            }
            Told::Gap { conversation, expected, found } => {
                let text = format!("{}: {conversation}: {found:?}, not {expected:?}", self.name);
                fate.broken.push(text);
            }
            Told::Problem(problem) => fate.broken.push(format!("{}: {problem:?}", self.name)),
            Told::Welcomed { .. }
            | Told::Disconnected { .. }
            | Told::Stopped
            | Told::Unsubscribed { .. }
            | Told::Page { .. } => {}
        }
    }

    fn begins(&mut self, fate: &mut Fate, name: &ConversationId, recovered: bool, next: Seq) {
        if self.from_cursor.remove(name) && next > Seq(1) {
            fate.met.count("resumed from a moved cursor");
        }
        let begins = Seq(next.0 - 1);
        match self.followed.get_mut(name) {
            Some(heard @ None) => *heard = Some(begins),
            Some(Some(heard)) if recovered && begins <= *heard => {}
            other => {
                let text = format!("{}: {name} goes on with {next}, had {other:?}", self.name);
                fate.broken.push(text);
            }
        }
    }

    /// What was said and not answered, or followed and not heard to its end.
    pub(crate) fn lacks(&self, head: impl Fn(&ConversationId) -> Seq) -> Option<String> {
        if let Some(id) = self.unanswered.first() {
            return Some(format!("{id} is not answered"));
        }
        let behind = self.followed.iter().find(|(name, heard)| **heard != Some(head(name)));
        behind.map(|(name, heard)| format!("{name}: heard {heard:?} of {}", head(name)))
    }
}
