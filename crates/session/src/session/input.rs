//! What a frame does.

use std::time::Duration;

use model::{ConversationId, Message, MessageId, Mono, Retry};
use wire::{Frame, Problem};

use super::Session;
use crate::subscriptions::Subscribed;
use crate::{Event, ReadId};

impl Session {
    /// A frame came.
    pub fn handle_frame(&mut self, frame: Frame, now: Mono) {
        self.tick(now);
        if !self.line.is_connected() {
            return;
        }
        self.line.heard(now);
        match frame {
            Frame::Welcome { heartbeat_ms, .. } => {
                let heartbeat = Duration::from_millis(heartbeat_ms.into());
                if self.line.welcome(heartbeat) {
                    self.events.push_back(Event::Welcomed { heartbeat });
                }
            }
            Frame::Sent { id, conversation, epoch, seq, received_at, duplicate, .. } => {
                if self.is_ours(id) && self.outbox.remove(id.counter, now) {
                    let said = Event::Said { id, conversation, epoch, seq, received_at, duplicate };
                    self.events.push_back(said);
                }
            }
            Frame::Subscribed { reference, conversation, epoch, recovered, next, head } => {
                let answer = Subscribed { reference, epoch, recovered, next, head };
                self.subscribed(&conversation, answer);
            }
            Frame::Message { epoch, message } => {
                self.observe(&message);
                self.subscriptions.message(epoch, message, now, &mut self.events);
            }
            Frame::Page {
                reference,
                conversation,
                epoch,
                first,
                head,
                messages,
                changes,
                as_of,
            } => {
                messages.iter().for_each(|message| self.observe(message));
                let Some(read) = reference.map(ReadId).filter(|&read| self.reads.remove(read))
                else {
                    return;
                };
                self.events.push_back(Event::Page {
                    read,
                    conversation,
                    epoch,
                    first,
                    head,
                    messages,
                    changes,
                    as_of,
                });
            }
            Frame::Unsubscribed { reference, conversation } => {
                let asked = reference.is_some();
                if !asked {
                    self.subscriptions.ended(&conversation);
                }
                self.events.push_back(Event::Unsubscribed { conversation, asked });
            }
            // What nobody here asks for.
            Frame::Conversations { .. }
            | Frame::Members { .. }
            | Frame::Typing { .. }
            | Frame::Presence { .. }
            | Frame::Refreshed { .. }
            | Frame::Pong { .. } => {}
            Frame::Problem(problem) => self.problem(problem),
        }
    }

    fn is_ours(&self, id: MessageId) -> bool {
        id.instance == self.options.instance
    }

    /// What everyone who receives a message does: count on from its stamp, and remember its place.
    fn observe(&mut self, message: &Message) {
        self.lamport = self.lamport.max(message.lamport);
        match self.seen.get_mut(&message.conversation) {
            Some(seen) => *seen = (*seen).max(message.seq),
            None => {
                if self.seen.len() >= self.options.seen_max {
                    let not_followed = |name: &&ConversationId| !self.subscriptions.contains(name);
                    let forgotten = self.seen.keys().find(not_followed).cloned();
                    forgotten.map(|name| self.seen.remove(&name));
                }
                self.seen.insert(message.conversation.clone(), message.seq);
            }
        }
    }

    fn subscribed(&mut self, conversation: &ConversationId, answer: Subscribed) {
        let (now, events) = (self.now, &mut self.events);
        let ours = self.subscriptions.subscribed(conversation, answer, now, events).is_some();
        // What was lost cannot have been seen: a message that claims it is refused for good.
        if let Some(seen) = self.seen.get_mut(conversation).filter(|_| ours && !answer.recovered) {
            *seen = (*seen).min(answer.head);
        }
    }

    fn problem(&mut self, mut problem: Problem) {
        let now = self.now;
        if let Some(id) = problem.id.filter(|&id| self.is_ours(id)) {
            if problem.retry != Retry::Never {
                self.outbox.refused(id.counter, problem.retry, now);
            } else if self.outbox.remove(id.counter, now) {
                self.events.push_back(Event::Failed { id, problem });
            }
            return;
        }
        if let Some(reference) = problem.reference {
            if self.reads.refused(ReadId(reference), problem.retry, now) {
                return;
            }
            self.reads.remove(ReadId(reference));
            if let Some((conversation, again)) =
                self.subscriptions.refused(reference, problem.retry, now)
            {
                if again {
                    return;
                }
                problem.conversation = Some(conversation);
            }
        }
        self.events.push_back(Event::Problem(problem));
    }
}
