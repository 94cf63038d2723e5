//! Conversations that someone here follows: each is attached to the owner once, and has a ring of its
//! latest messages.

use std::collections::VecDeque;

use link::ToOwner;
use model::{ConversationId, Epoch, Message, Mono, Seq, Standing};

use super::{Attached, Gateway, Pending, Topic};

/// How a conversation stands here.
#[derive(Debug, Clone, Copy)]
pub(super) struct View {
    pub(super) attachment: u64,
    pub(super) epoch: Epoch,
    pub(super) first: Seq,
    /// The lowest in the ring.
    pub(super) start: Seq,
    pub(super) head: Seq,
}

impl Gateway {
    pub(super) fn view(&self, name: &ConversationId) -> Option<View> {
        let attached = self.topics.get(name)?.attached.as_ref()?;
        Some(View {
            attachment: attached.number,
            epoch: attached.epoch,
            first: attached.first,
            start: Seq(attached.head.0 + 1 - attached.ring.len() as u64),
            head: attached.head,
        })
    }

    /// Someone follows it now.
    pub(super) fn join(&mut self, name: &ConversationId) {
        let number = self.number();
        let topic = Topic { number, asked: false, not_before: Mono(0), attached: None };
        self.topics.entry(name.clone()).or_insert(topic);
        self.attach(name);
    }

    /// Someone follows it no longer: with the last one it goes.
    pub(super) fn part(&mut self, name: &ConversationId) {
        if self.desks.values().any(|desk| desk.subs.contains_key(name)) {
            return;
        }
        if self.topics.remove(name).is_some_and(|topic| topic.asked) {
            self.tell(ToOwner::Detach { conversation: name.clone() });
        }
    }

    /// Asks for it, if that is due.
    pub(super) fn attach(&mut self, name: &ConversationId) {
        let now = self.now;
        let wants = |topic: &&Topic| !topic.asked && topic.not_before <= now;
        let Some(number) = self.topics.get(name).filter(wants).map(|topic| topic.number) else {
            return;
        };
        let pending = Pending::Attach { conversation: name.clone(), number };
        let asked = self
            .ask(pending, |request| ToOwner::Attach { request, conversation: name.clone() })
            .is_some();
        if let Some(topic) = self.topics.get_mut(name) {
            topic.asked = asked;
        }
    }

    pub(super) fn attached(&mut self, name: &ConversationId, number: u64, standing: &Standing) {
        let attachment = self.number();
        let topic = self.topics.get_mut(name).filter(|topic| topic.number == number);
        let Some(topic) = topic else { return };
        let Standing { epoch, first, head, .. } = *standing;
        let ring = VecDeque::new();
        topic.attached = Some(Attached { number: attachment, epoch, first, head, ring });
        self.look_topic(name);
    }

    pub(super) fn delivered(&mut self, message: Message) {
        let name = message.conversation.clone();
        let ring_max = self.ring_max;
        let attached = self.topics.get_mut(&name).and_then(|topic| topic.attached.as_mut());
        let Some(attached) = attached else { return };
        let due = attached.head.next();
        if message.seq > due {
            self.wrong = Some(format!("{name}: {} was delivered, {due} was due", message.seq));
            return;
        }
        if message.seq == due {
            attached.head = due;
            attached.ring.push_back(message);
            if attached.ring.len() > ring_max {
                attached.ring.pop_front();
            }
            self.look_topic(&name);
        }
    }

    /// Says something that has no answer. `false`: nobody hears it.
    pub(super) fn tell(&mut self, what: ToOwner) -> bool {
        if self.link.is_some() {
            self.out.push(super::Out::Ask(what));
        }
        self.link.is_some()
    }
}
