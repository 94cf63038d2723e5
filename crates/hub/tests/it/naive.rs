//! What a hub should do, as plainly as it can be said: a `Vec` of messages a conversation.
//!
//! The model does not foretell the order in which authors come through their loads. It follows the
//! `Append`s, says whether each was allowed, and holds every answer to what the appends and the
//! journal's notices make true.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use hub::{Command, GatewayId, Reply, Ticket};
use model::bounds::{CURSOR_MOVES_MAX, LAMPORT_JUMP_MAX};
use model::{
    ConversationId, CursorMove, DeviceId, Draft, Fact, InstanceId, Kind, Message, MessageId,
    Ordinal, ReadFrom, Refusal, Seq, Standing, UserId, Wall,
};

use crate::rules;
use crate::words::EPOCH;

pub(crate) type Verdict = Result<(), String>;

macro_rules! ensure {
    ($holds:expr, $($why:tt)*) => { if !$holds { return Err(format!($($why)*)); } };
}

#[derive(Debug, Clone)]
pub(crate) enum Ask {
    Send(Draft),
    /// `live`: not detached since.
    Attach {
        gateway: GatewayId,
        of: ConversationId,
        live: bool,
    },
    Read(ConversationId, Option<UserId>, ReadFrom, u32),
    Admit(ConversationId, UserId),
    /// With what was acknowledged when it was asked.
    Cursor(Device, Seq),
}

pub(crate) type Device = (ConversationId, UserId, DeviceId);
type Author = (ConversationId, UserId, InstanceId);

/// A counter's first send, in the order they came.
#[derive(Debug)]
struct Fresh {
    counter: u64,
    request: u64,
    /// Neither appended nor refused.
    open: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Naive {
    /// By sequence number; the journal's stamp is set when the hub was told that it is durable.
    pub(crate) said: BTreeMap<ConversationId, Vec<Message>>,
    undurable: VecDeque<Fact>,
    pub(crate) lamport_high: u64,
    pub(crate) asks: BTreeMap<u64, Ask>,
    fresh: BTreeMap<Author, Vec<Fresh>>,
    told_once: BTreeSet<(ConversationId, UserId, MessageId)>,
    pub(crate) acked: BTreeMap<Device, Seq>,
    /// What each attached gateway heard last; `None` until it is answered.
    pub(crate) heard: BTreeMap<(GatewayId, ConversationId), Option<Seq>>,
    /// A refusal, or the end, is being told just now.
    pub(crate) refusing: bool,
    /// Some cursor moves met a bound: cursors may be behind.
    pub(crate) moves_dropped: bool,
}

impl Naive {
    pub(crate) fn head(&self, of: &ConversationId) -> u64 {
        let said = self.said.get(of).into_iter().flatten();
        said.filter(|message| message.received_at != Wall(0)).count() as u64
    }

    fn standing(&self, of: &ConversationId) -> Standing {
        let head = self.head(of);
        let said = self.said.get(of).into_iter().flatten().take(usize::try_from(head).unwrap());
        let texts = said.filter(|message| message.content.is_text()).count() as u64;
        Standing { epoch: EPOCH, first: Seq(1), head: Seq(head), ordinal: Ordinal(texts) }
    }

    /// Whether a user may hear a conversation, by what is durable.
    fn may_hear(&self, of: &ConversationId, user: &UserId) -> bool {
        let said = self.said.get(of).into_iter().flatten();
        let durable = said.filter(|message| message.received_at != Wall(0));
        let member = rules::roster(durable).is_some_and(|r| r.roles.contains_key(user));
        of.kind() == Kind::Open || member
    }

    pub(crate) fn asked(&mut self, ticket: Ticket, ask: Ask) {
        if let Ask::Attach { gateway, of, .. } = &ask {
            self.heard.entry((*gateway, of.clone())).or_insert(None);
        }
        if let Ask::Send(draft) = &ask {
            let key = (draft.conversation.clone(), draft.sender.clone(), draft.id.instance);
            let fresh = self.fresh.entry(key).or_default();
            let counter = draft.id.counter;
            if fresh.last().is_none_or(|last| last.counter < counter) {
                fresh.push(Fresh { counter, request: ticket.request, open: true });
            }
        }
        self.asks.insert(ticket.request, ask);
    }

    /// A gateway no longer hears a conversation; `None` = any.
    pub(crate) fn detached(&mut self, from: GatewayId, conversation: Option<&ConversationId>) {
        let meant = |of: &ConversationId| conversation.is_none_or(|only| only == of);
        self.heard.retain(|(gateway, of), _| *gateway != from || !meant(of));
        for ask in self.asks.values_mut() {
            if let Ask::Attach { gateway, of, live } = ask {
                *live &= *gateway != from || !meant(of);
            }
        }
    }

    pub(crate) fn moved(&mut self, device: Device, seq: Seq) {
        if seq.0 <= self.head(&device.0) {
            let at = self.acked.entry(device).or_default();
            *at = seq.max(*at);
        }
    }

    /// The hub is told that its oldest `count` appends are durable.
    pub(crate) fn durable(&mut self, count: usize, stamp: Wall, lamport_high: u64) {
        for fact in self.undurable.drain(..count).collect::<Vec<_>>() {
            if let Fact::Message(message) = fact {
                let head = usize::try_from(self.head(&message.conversation)).unwrap();
                let said = self.said.get_mut(&message.conversation).unwrap();
                said[head].received_at = stamp;
            }
        }
        self.lamport_high = self.lamport_high.max(lamport_high);
    }

    /// The hub is told that all its appends are refused.
    pub(crate) fn refused(&mut self) {
        self.undurable.clear();
        for said in self.said.values_mut() {
            said.retain(|message| message.received_at != Wall(0));
        }
    }

    /// The owner comes back with `cursors` and all that was written; every link is new.
    pub(crate) fn restarted(&mut self, cursors: BTreeMap<Device, Seq>) {
        self.refused();
        self.asks.clear();
        self.heard.clear();
        self.fresh.values_mut().flatten().for_each(|fresh| fresh.open = false);
        // Whoever was never told of theirs is told now that it was there already.
        for message in self.said.values().flatten() {
            let Message { conversation, sender, id, .. } = message;
            self.told_once.insert((conversation.clone(), sender.clone(), *id));
        }
        self.acked = cursors;
    }

    pub(crate) fn check(&mut self, command: &Command) -> Verdict {
        match command {
            Command::Append { fact: Fact::Message(message), .. } => self.check_message(message),
            Command::Append { fact: Fact::Cursors(moves), .. } => self.check_moves(moves),
            Command::Append { fact, .. } => Err(format!("a hub does not write {fact:?}")),
            Command::Reply { ticket, reply } => self.check_reply(*ticket, reply),
            Command::Deliver { gateway, message } => self.check_deliver(*gateway, message),
            Command::ReadHistory { ticket, conversation, from, limit, standing, .. } => {
                let Some(Ask::Read(of, ..)) = self.asks.get(&ticket.request) else {
                    return Err(format!("nobody asked for {command:?}"));
                };
                ensure!(*of == *conversation, "the wrong conversation is read: {command:?}");
                ensure!(*standing == self.standing(of), "{standing:?} does not stand");
                ensure!(*from <= standing.head && *limit > 0, "history has none of {command:?}");
                Ok(())
            }
            Command::Load { .. } | Command::Lookup { .. } | Command::Typing { .. } => Ok(()),
        }
    }

    fn check_message(&mut self, message: &Message) -> Verdict {
        let Message { conversation, sender, id, .. } = message;
        let head = self.head(conversation);
        let said = self.said.entry(conversation.clone()).or_default();
        let next = said.len() as u64 + 1;
        ensure!(message.seq == Seq(next), "dense: {next} comes next, not {message:?}");
        let texts = said.iter().chain([message]).filter(|m| m.content.is_text()).count() as u64;
        ensure!(message.ordinal == Ordinal(texts), "text {texts}: {message:?}");
        let again = said.iter().find(|m| m.sender == *sender && m.id == *id);
        ensure!(again.is_none(), "sequenced twice: {id} is {again:?}");
        let most = self.lamport_high + LAMPORT_JUMP_MAX;
        ensure!(message.lamport <= most, "Lamport {} was let through", message.lamport);
        ensure!(message.seen_seq.0 <= head, "seen_seq above {head} was let through");
        ensure!(message.received_at == Wall(0), "a stamp before the journal's: {message:?}");
        let drafted = self.asks.values().any(|ask| {
            matches!(ask, Ask::Send(draft) if draft.conversation == *conversation
                && draft.sender == *sender && draft.id == *id && draft.content == message.content
                && draft.lamport == message.lamport && draft.seen_seq == message.seen_seq)
        });
        ensure!(drafted, "nobody who waits said {message:?}");
        let draft = Draft {
            conversation: conversation.clone(),
            sender: sender.clone(),
            id: *id,
            content: message.content.clone(),
            lamport: message.lamport,
            seen_seq: message.seen_seq,
            sent_at: message.sent_at,
        };
        let judged = rules::judge(said, &draft);
        ensure!(judged.is_ok(), "{message:?} should have been refused: {judged:?}");
        said.push(message.clone());
        self.undurable.push_back(Fact::Message(message.clone()));

        let key = (conversation.clone(), sender.clone(), id.instance);
        let fresh = self.fresh.get_mut(&key).map(Vec::as_mut_slice).unwrap_or_default();
        let place = fresh.iter().position(|f| f.counter == id.counter);
        let Some(place) = place else { return Ok(()) };
        let passed = fresh[..place].iter().find(|f| f.open);
        ensure!(passed.is_none(), "{id} was sequenced before {passed:?}");
        fresh[place].open = false;
        Ok(())
    }

    fn check_moves(&mut self, moves: &[CursorMove]) -> Verdict {
        let fact = Fact::Cursors(moves.to_vec());
        ensure!((1..=CURSOR_MOVES_MAX).contains(&moves.len()), "{} moves", moves.len());
        for CursorMove { conversation, user, device, seq } in moves {
            let key = (conversation.clone(), user.clone(), device.clone());
            let acked = self.acked.get(&key).copied().unwrap_or_default();
            ensure!(*seq <= acked, "journaled {seq} of {key:?}, which acknowledged {acked}");
            let partition =
                |of: &ConversationId| model::PartitionId::of(model::TenantId::DEFAULT, of);
            let one = fact.partition() == Some(partition(conversation));
            ensure!(one, "one record, two partitions: {moves:?}");
        }
        self.undurable.push_back(fact);
        Ok(())
    }

    fn check_deliver(&mut self, gateway: GatewayId, message: &Message) -> Verdict {
        let heard = self.heard.get_mut(&(gateway, message.conversation.clone()));
        let Some(Some(heard)) = heard else {
            return Err(format!("{gateway:?} is not attached and hears {message:?}"));
        };
        ensure!(message.seq == heard.next(), "after {heard} {gateway:?} hears {}", message.seq);
        *heard = message.seq;
        self.is_durable(message)
    }

    fn check_reply(&mut self, ticket: Ticket, reply: &Reply) -> Verdict {
        let Some(ask) = self.asks.remove(&ticket.request) else {
            return Err(format!("{} was answered already, or never asked", ticket.request));
        };
        match (&ask, reply) {
            (Ask::Send(draft), Reply::Sent { id, epoch, seq, received_at, duplicate }) => {
                let at = self.find(draft)?.ok_or_else(|| format!("not there: {reply:?}"))?;
                ensure!(at.received_at != Wall(0), "acknowledged and not durable: {at:?}");
                ensure!(at.content == draft.content, "acknowledged as another body: {draft:?}");
                let told = (at.seq, at.received_at, at.id, EPOCH);
                ensure!(told == (*seq, *received_at, *id, *epoch), "{reply:?} is not {at:?}");
                let key = (draft.conversation.clone(), draft.sender.clone(), draft.id);
                let first = self.told_once.insert(key);
                ensure!(first != *duplicate, "first: {first}, and yet {reply:?}");
                Ok(())
            }
            (Ask::Send(draft), Reply::Refused(refusal)) => {
                let key = (draft.conversation.clone(), draft.sender.clone(), draft.id.instance);
                for fresh in self.fresh.get_mut(&key).into_iter().flatten() {
                    fresh.open &= fresh.request != ticket.request;
                }
                self.check_refusal(draft, refusal)
            }
            (Ask::Attach { gateway, of, live }, Reply::Attached { conversation, standing }) => {
                ensure!(of == conversation, "the wrong conversation: {reply:?}");
                ensure!(*standing == self.standing(of), "{standing:?} does not stand");
                // Detached meanwhile: the answer comes all the same, and nothing after it.
                let heard = self.heard.get_mut(&(*gateway, of.clone())).filter(|_| *live);
                if let Some(heard) = heard {
                    heard.get_or_insert(standing.head);
                }
                Ok(())
            }
            (Ask::Admit(of, user), Reply::Admitted { standing }) => {
                ensure!(*standing == self.standing(of), "{standing:?} does not stand");
                ensure!(self.may_hear(of, user), "{user} was admitted to {of}");
                Ok(())
            }
            (
                Ask::Read(of, Some(user), ..) | Ask::Admit(of, user),
                Reply::Refused(Refusal::NotFound),
            ) => {
                ensure!(!self.may_hear(of, user), "{user} was not let into {of}");
                Ok(())
            }
            (
                Ask::Read(of, reader, from, limit),
                Reply::Page { standing, messages, conversation },
            ) => {
                ensure!(of == conversation, "the wrong conversation: {reply:?}");
                ensure!(*standing == self.standing(of), "{standing:?} does not stand");
                let may = reader.as_ref().is_none_or(|user| self.may_hear(of, user));
                ensure!(may, "{reader:?} may not read {of}");
                let page = messages.iter().map(|message| &**message);
                self.check_page(*from, *limit, standing.head, page, true)
            }
            (Ask::Cursor(device, then), Reply::CursorAt { seq }) => {
                let now = self.acked.get(device).copied().unwrap_or_default();
                let least = if self.moves_dropped { Seq(0) } else { *then };
                ensure!((least..=now).contains(seq), "cursor {seq}, acknowledged {least}..={now}");
                Ok(())
            }
            (_, Reply::Refused(refusal)) => {
                if let Ask::Attach { gateway, of, .. } = &ask {
                    self.attach_refused((*gateway, of.clone()));
                }
                let ends = self.refusing && *refusal == Refusal::OutcomeUnknown;
                ensure!(ends || matches!(refusal, Refusal::Busy { .. }), "{ask:?}: {refusal:?}");
                Ok(())
            }
            (ask, reply) => Err(format!("{ask:?} is no question for {reply:?}")),
        }
    }

    /// Unless another attach of the same gateway still waits, or was answered before.
    fn attach_refused(&mut self, key: (GatewayId, ConversationId)) {
        let others = self.asks.values().any(|ask| {
            matches!(ask, Ask::Attach { gateway, of, live: true } if (gateway, of) == (&key.0, &key.1))
        });
        if !others && self.heard.get(&key) == Some(&None) {
            self.heard.remove(&key);
        }
    }

    fn check_refusal(&self, draft: &Draft, refusal: &Refusal) -> Verdict {
        match refusal {
            Refusal::Busy { bound, retry_after_ms } => {
                let known = ["undurable", "view_behind", "loads", "memory"];
                ensure!(known.contains(&bound.as_str()) && *retry_after_ms > 0, "{refusal:?}");
            }
            Refusal::DiskFull | Refusal::OutcomeUnknown => {
                ensure!(self.refusing, "the journal refused nothing: {refusal:?}");
            }
            Refusal::IdempotencyConflict { id, seq } => {
                let at = self.find(draft)?.ok_or_else(|| format!("with what? {refusal:?}"))?;
                ensure!(at.received_at != Wall(0), "conflict with an undurable one: {at:?}");
                ensure!((at.id, at.seq) == (*id, *seq), "conflict with {at:?}: {refusal:?}");
                ensure!(at.content != draft.content, "no conflict: {draft:?}");
            }
            Refusal::Expired { .. } => ensure!(false, "nothing expires here: {refusal:?}"),
            Refusal::LamportJump { counter, most } => {
                ensure!(*counter == draft.lamport && counter > most, "{refusal:?}");
                ensure!(*most == self.lamport_high + LAMPORT_JUMP_MAX, "{refusal:?}");
            }
            Refusal::SeenAhead { seen_seq, head } => {
                ensure!(head.0 == self.head(&draft.conversation), "{refusal:?}");
                ensure!(*seen_seq == draft.seen_seq && seen_seq > head, "{refusal:?}");
            }
            Refusal::NotFound
            | Refusal::Forbidden { .. }
            | Refusal::NoSuchMessage { .. }
            | Refusal::Exists { .. }
            | Refusal::LastOwner
            | Refusal::TooManyMembers { .. } => {
                let said = self.said.get(&draft.conversation).map_or(&[][..], Vec::as_slice);
                let judged = rules::judge(said, draft);
                ensure!(judged.as_ref() == Err(refusal), "{draft:?}: {refusal:?}, not {judged:?}");
            }
        }
        Ok(())
    }

    /// `whole`: the page goes on to its limit or to the head.
    pub(crate) fn check_page<'a>(
        &self,
        from: ReadFrom,
        limit: u32,
        head: Seq,
        page: impl Iterator<Item = &'a Message>,
        whole: bool,
    ) -> Verdict {
        let limit = u64::from(limit);
        let from = match from {
            ReadFrom::Seq(seq) => seq.0.max(1),
            ReadFrom::Latest => (head.0 + 1).saturating_sub(limit).max(1),
        };
        let mut next = from;
        for message in page {
            ensure!(message.seq.0 == next, "{next} comes next in the page, not {message:?}");
            self.is_durable(message)?;
            next += 1;
        }
        let end = (from + limit).min(head.0 + 1).max(from);
        ensure!(next <= end, "the page goes on to {next}, beyond {end}");
        ensure!(next == end || !whole, "the page ends before {next}: {end} comes after it");
        ensure!(next > from || end == from, "an empty page: there is {from}");
        Ok(())
    }

    fn find(&self, draft: &Draft) -> Result<Option<&Message>, String> {
        let said = self.said.get(&draft.conversation).into_iter().flatten();
        let mut same = said.filter(|m| m.sender == draft.sender && m.id == draft.id);
        Ok(same.next())
    }

    fn is_durable(&self, message: &Message) -> Verdict {
        let said = self.said.get(&message.conversation).into_iter().flatten();
        let at = said.clone().find(|kept| kept.seq == message.seq);
        ensure!(message.received_at != Wall(0), "visible and not durable: {message:?}");
        ensure!(at == Some(message), "visible: {message:?}; durable: {at:?}");
        Ok(())
    }
}
