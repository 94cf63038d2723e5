//! A history in maps: what follows the journal with a cursor of its own, and answers the hubs. It is
//! `history` without its store, so that it can be put back to an older copy, or forgotten, in no time.

use std::collections::BTreeMap;
use std::sync::Arc;

use hub::{Found, Head, Known, LoadGot, LoadWant, Loaded, LookedUp, Whose};
use journal::{Batch, Follower};
use link::{FromOwner, RequestId};
use model::{
    BatchNo, BodyKey, Content, ConversationId, CursorMove, DeviceId, Fact, Message, MessageId,
    Ordinal, RecordNo, Seq, Standing, UserId,
};

use super::{HubEvent, Owner};
use crate::simulation::fate::{Event, Fate};

/// What bodies are fingerprinted with.
pub(crate) const KEY: BodyKey = BodyKey(*b"a key for a test");

/// A question to the views.
#[derive(Debug)]
pub(crate) enum Task {
    Load {
        conversation: ConversationId,
        want: LoadWant,
    },
    Lookup {
        token: u64,
        conversation: ConversationId,
        sender: UserId,
        id: MessageId,
    },
    Read {
        link: u64,
        request: RequestId,
        conversation: ConversationId,
        from: Seq,
        limit: u32,
        standing: Standing,
    },
}

/// Everything up to `cursor`, folded.
#[derive(Clone)]
pub(crate) struct Views {
    pub(crate) cursor: BatchNo,
    pub(crate) records: Box<[RecordNo; 256]>,
    messages: BTreeMap<ConversationId, BTreeMap<Seq, Arc<Message>>>,
    heads: BTreeMap<ConversationId, Head>,
    cursors: BTreeMap<(ConversationId, UserId, DeviceId), Seq>,
}

impl Default for Views {
    fn default() -> Self {
        Self {
            cursor: BatchNo(0),
            records: Box::new([RecordNo(0); 256]),
            messages: BTreeMap::new(),
            heads: BTreeMap::new(),
            cursors: BTreeMap::new(),
        }
    }
}

impl Views {
    /// The last message of a conversation; 0 = none.
    pub(crate) fn head(&self, conversation: &ConversationId) -> Seq {
        let last = self.messages.get(conversation).and_then(|kept| kept.last_key_value());
        last.map_or(Seq(0), |(seq, _)| *seq)
    }

    /// Takes up to so many batches; whether there may be more.
    pub(crate) fn follow(&mut self, follower: &mut Follower, most: u64) -> bool {
        for _ in 0..most {
            let Some(batch) = follower.next_batch().unwrap() else { return false };
            self.cursor = batch.last();
            let Batch::Facts(view) = batch else { continue };
            for (offset, fact) in view.facts {
                self.records[offset.partition.index()] = offset.record;
                self.take(fact);
            }
        }
        true
    }

    fn take(&mut self, fact: Fact) {
        match fact {
            Fact::Message(message) => {
                let new = Head {
                    next_seq: Seq(1),
                    next_ordinal: Ordinal(1),
                    first: Seq(1),
                    summary: None,
                };
                let head = self.heads.entry(message.conversation.clone()).or_insert(new);
                if message.seq > head.next_seq {
                    head.first = message.seq;
                }
                head.next_seq = message.seq.next();
                head.next_ordinal = message.ordinal.next();
                let kept = self.messages.entry(message.conversation.clone()).or_default();
                kept.insert(message.seq, Arc::new(message));
            }
            Fact::Cursors(moves) => {
                for CursorMove { conversation, user, device, seq } in moves {
                    let at = self.cursors.entry((conversation, user, device)).or_default();
                    *at = seq.max(*at);
                }
            }
            Fact::Enriched(_) | Fact::EpochStarted(_) | Fact::Remnant(_) => {}
        }
    }

    /// Answers a question, as things stand here now.
    pub(crate) fn answer(&self, task: Task) -> HubEvent {
        match task {
            Task::Load { conversation, want } => {
                let got = self.load(&conversation, want);
                HubEvent::Loaded(Loaded { conversation, got })
            }
            Task::Lookup { token, conversation, sender, id } => {
                let mut kept = self.kept(&conversation);
                let found = kept.find(|message| message.sender == sender && message.id == id);
                let known = found.map_or(Known::Not, |message| {
                    Known::Found(Found {
                        seq: message.seq,
                        body: KEY.hash(&message.content),
                        received_at: message.received_at,
                    })
                });
                HubEvent::LookedUp(LookedUp { token, known })
            }
            Task::Read { link, request, conversation, from, limit, standing } => {
                let in_page = |m: &&Message| (from..=standing.head).contains(&m.seq);
                let messages = self.kept(&conversation).filter(in_page).take(limit as usize);
                let messages = messages.cloned().collect();
                let answer = FromOwner::Page {
                    request,
                    conversation,
                    standing,
                    messages,
                    changes: Vec::new(),
                    as_of: Seq(0),
                };
                HubEvent::HistoryRead { link, answer }
            }
        }
    }

    fn load(&self, conversation: &ConversationId, want: LoadWant) -> LoadGot {
        match want {
            LoadWant::Head => LoadGot::Head(self.heads.get(conversation).copied()),
            LoadWant::Author(user, instance) => {
                let theirs = |m: &&Message| m.sender == user && m.id.instance == instance;
                let counters = self.kept(conversation).filter(theirs).map(|m| m.id.counter);
                let highest = counters.max().unwrap_or(0);
                LoadGot::Author(user, instance, highest)
            }
            LoadWant::Cursor(user, device) => {
                let key = (conversation.clone(), user, device);
                let at = self.cursors.get(&key).copied().unwrap_or_default();
                LoadGot::Cursor(key.1, key.2, at)
            }
            // Nothing is governed here.
            LoadWant::Member(user) => LoadGot::Member(user, None),
            LoadWant::Text(seq) => {
                let mut there = self.kept(conversation).filter(|message| message.seq == seq);
                let whose = there.next().map(|message| Whose {
                    author: message.sender.clone(),
                    is_text: matches!(message.content, Content::Text { .. }),
                });
                LoadGot::Text(seq, whose)
            }
        }
    }

    fn kept(&self, conversation: &ConversationId) -> impl Iterator<Item = &Message> {
        self.messages.get(conversation).into_iter().flat_map(|kept| kept.values()).map(|m| &**m)
    }
}

impl Owner {
    pub(super) fn follow_soon(&mut self, fate: &mut Fate) {
        if !std::mem::replace(&mut self.following, true) {
            fate.within(self.follow, Event::FollowTurn { life: self.life });
        }
    }

    /// The views take some of what is durable, and every hub hears how far they are.
    pub(crate) fn follow(&mut self, fate: &mut Fate, views: &mut Views) {
        self.following = false;
        let most = fate.dice.between(1, 4);
        let more = views.follow(&mut self.follower, most);
        let indexed = views.cursor;
        (0..self.hubs.len()).for_each(|hub| self.put(fate, hub, HubEvent::Indexed(indexed)));
        if more {
            self.follow_soon(fate);
        }
    }
}
