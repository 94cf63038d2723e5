//! Where a subscription begins, and how it comes from history to what is said now: pages until the ring
//! has what is next.

use std::time::Duration;

use link::ToOwner;
use model::{Change, ConversationId, Message, Position, ReadFrom, Seq, Standing};
use wire::{Frame, SubscribeFrom};

use super::topics::View;
use super::{Gateway, Out, Pending, Pointer, Sub};

/// When a page that brought nothing is asked for again.
const AGAIN: Duration = Duration::from_millis(20);

/// What is due for a subscription.
enum Step {
    Nothing,
    AskCursor,
    AskStanding(Seq),
    AskPage(Seq),
    Begin { recovered: bool, next: Seq, head: Seq },
    Restart,
    Ring(Seq),
}

impl Gateway {
    pub(crate) fn look_at_all(&mut self) {
        for name in self.topics.keys().cloned().collect::<Vec<_>>() {
            self.attach(&name);
            self.look_topic(&name);
        }
    }

    pub(super) fn look_topic(&mut self, name: &ConversationId) {
        for conn in self.desks.keys().copied().collect::<Vec<_>>() {
            self.look(conn, name);
        }
    }

    /// Does for one subscription what can be done now.
    pub(super) fn look(&mut self, conn: u64, name: &ConversationId) {
        self.pass_ack(conn, name);
        while let Some(view) = self.view(name) {
            let now = self.now;
            let Some(desk) = self.desks.get_mut(&conn).filter(|desk| desk.paused_until <= now)
            else {
                return;
            };
            let who = desk.who.clone();
            let (Some(sub), Some(who)) = (desk.subs.get_mut(name), who) else { return };
            if sub.asked.is_some() || sub.not_before > now {
                return;
            }
            let (number, conversation) = (sub.number, name.clone());
            let pending = Pending::Sub { conn, conversation: conversation.clone(), number };
            let asked = match step(sub, &view, (&mut self.handovers, &mut self.catch_ups)) {
                Step::Nothing => return,
                Step::AskCursor => self.ask(pending, |request| ToOwner::GetCursor {
                    request,
                    conversation,
                    user: who.user,
                    device: who.device,
                }),
                Step::AskStanding(seq) => self.read(pending, conversation, seq, 1),
                Step::AskPage(seq) => self.read(pending, conversation, seq, self.page),
                Step::Begin { recovered, next, head } => {
                    self.begin(conn, name, &view, (recovered, next, head));
                    continue;
                }
                Step::Restart => {
                    let (next, head) = (view.first, Seq(view.head.0.max(view.first.0 - 1)));
                    sub.reference = None;
                    self.begin(conn, name, &view, (false, next, head));
                    continue;
                }
                Step::Ring(next) => {
                    self.pour(conn, name, next, &view);
                    continue;
                }
            };
            if let Some(sub) = self.desks.get_mut(&conn).and_then(|desk| desk.subs.get_mut(name)) {
                sub.asked = asked;
            }
            return;
        }
    }

    fn read(
        &mut self,
        pending: Pending,
        conversation: ConversationId,
        from: Seq,
        limit: u32,
    ) -> Option<u64> {
        let from = ReadFrom::Seq(from);
        self.ask(pending, |request| ToOwner::Read {
            request,
            conversation,
            reader: None,
            from,
            limit,
        })
    }

    fn begin(
        &mut self,
        conn: u64,
        name: &ConversationId,
        view: &View,
        (recovered, next, head): (bool, Seq, Seq),
    ) {
        let sub = self.desks.get_mut(&conn).and_then(|desk| desk.subs.get_mut(name));
        let Some(sub) = sub else { return };
        let (attachment, epoch, reference) = (view.attachment, view.epoch, sub.reference);
        sub.pointer = Some(Pointer { next, epoch, attachment, below: None, was_in_ring: false });
        sub.sent = sub.sent.max(Seq(next.0 - 1));
        let conversation = name.clone();
        self.say(conn, Frame::Subscribed { reference, conversation, epoch, recovered, next, head });
    }

    /// From `next` on, out of the ring.
    fn pour(&mut self, conn: u64, name: &ConversationId, next: Seq, view: &View) {
        let attached = self.topics.get(name).and_then(|topic| topic.attached.as_ref());
        let Some(attached) = attached else { return };
        let skip = usize::try_from(next.0 - view.start.0).unwrap();
        let messages: Vec<Message> = attached.ring.iter().skip(skip).cloned().collect();
        self.give(conn, name, messages);
    }

    fn give(&mut self, conn: u64, name: &ConversationId, messages: Vec<Message>) {
        let sub = self.desks.get_mut(&conn).and_then(|desk| desk.subs.get_mut(name));
        let Some((sub, pointer)) = sub.and_then(|sub| Some((&mut sub.sent, sub.pointer.as_mut()?)))
        else {
            return;
        };
        let epoch = pointer.epoch;
        for message in messages {
            pointer.next = message.seq.next();
            *sub = message.seq.max(*sub);
            self.out.push(Out::Say(conn, Frame::Message { epoch, message }));
        }
    }

    /// The subscription that asked this, if it still does; it asks no longer.
    pub(super) fn asking(
        &mut self,
        conn: u64,
        name: &ConversationId,
        number: u64,
        request: u64,
    ) -> Option<&mut Sub> {
        let sub = self.desks.get_mut(&conn)?.subs.get_mut(name)?;
        let is_it = sub.number == number && sub.asked == Some(request);
        is_it.then(|| {
            sub.asked = None;
            sub
        })
    }

    pub(super) fn page_came(
        &mut self,
        request: u64,
        standing: Standing,
        messages: Vec<Message>,
        (changes, as_of): (Vec<Change>, Seq),
    ) {
        match self.pending.remove(&request) {
            Some(Pending::Read { conn, reference, conversation }) => {
                let Standing { epoch, first, head, .. } = standing;
                self.say(
                    conn,
                    Frame::Page {
                        reference,
                        conversation,
                        epoch,
                        first,
                        head,
                        messages,
                        changes,
                        as_of,
                    },
                );
            }
            Some(Pending::Sub { conn, conversation, number }) => {
                let again = self.now + AGAIN;
                let Some(sub) = self.asking(conn, &conversation, number, request) else { return };
                let Some(pointer) = &sub.pointer else {
                    sub.standing = Some(standing);
                    return self.look(conn, &conversation);
                };
                let mut due = pointer.next;
                let mut page = messages;
                page.retain(|message| {
                    let is_next = message.seq == due;
                    due = if is_next { due.next() } else { due };
                    is_next
                });
                if page.is_empty() || standing.epoch != pointer.epoch {
                    sub.not_before = again;
                    self.out.push(Out::Again(AGAIN));
                } else {
                    self.give(conn, &conversation, page);
                }
                self.look(conn, &conversation);
            }
            Some(Pending::Send { .. } | Pending::Attach { .. }) | None => {}
        }
    }
}

/// Looks once. The tally: handovers under traffic, and those that fell out of the ring.
fn step(sub: &mut Sub, view: &View, (handovers, catch_ups): (&mut u64, &mut u64)) -> Step {
    let Some(pointer) = &mut sub.pointer else { return open(sub, view) };
    if pointer.attachment != view.attachment {
        (pointer.attachment, pointer.was_in_ring) = (view.attachment, false);
        let there = view.first <= pointer.next && pointer.next.0 <= view.head.0 + 1;
        if pointer.epoch != view.epoch || !there {
            return Step::Restart;
        }
    }
    if pointer.next < view.start {
        *catch_ups += u64::from(std::mem::take(&mut pointer.was_in_ring));
        pointer.below.get_or_insert(view.head);
        return Step::AskPage(pointer.next);
    }
    *handovers += u64::from(pointer.below.take().is_some_and(|head| head < view.head));
    pointer.was_in_ring = true;
    if pointer.next <= view.head { Step::Ring(pointer.next) } else { Step::Nothing }
}

/// Where it begins: whole, or with `recovered: false`; never partial.
fn open(sub: &Sub, view: &View) -> Step {
    let first = sub.standing.map_or(view.first, |standing| standing.first.max(view.first));
    let head = sub.standing.map_or(view.head, |standing| standing.head.max(view.head));
    let begin = |recovered, next| Step::Begin { recovered, next, head };
    let after = |seq: Seq| match (seq <= head, sub.standing) {
        (false, None) => Step::AskStanding(seq),
        (false, Some(_)) => begin(false, first),
        (true, _) if seq.0 + 1 < first.0 => begin(false, first),
        (true, _) => begin(true, seq.next()),
    };
    match (sub.from, sub.cursor) {
        (SubscribeFrom::Start, _) => begin(true, first),
        (SubscribeFrom::Last(count), _) => {
            begin(true, Seq((head.0 + 1).saturating_sub(count)).max(first))
        }
        (SubscribeFrom::Cursor, None) => Step::AskCursor,
        (SubscribeFrom::Cursor, Some(cursor)) => after(cursor),
        (SubscribeFrom::After(Position { epoch, .. }), _) if epoch != view.epoch => {
            begin(false, first)
        }
        (SubscribeFrom::After(position), _) => after(position.seq),
    }
}
