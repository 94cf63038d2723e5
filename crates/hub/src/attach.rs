//! Which gateways hear which conversations. Kept apart from the conversations, so that it survives
//! their eviction: who listens need not be loaded again.
//!
//! A gateway is registered when its `Attach` comes, also when the answer has to wait for a load:
//! nothing can be delivered of a conversation that is not loaded, so `Attached` still comes before
//! the first `Deliver`, and a `Detach` or a lost link meanwhile finds what it has to undo.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use model::{ConversationId, Message, SeededMap, SeededState, UserId};

use crate::books::Books;
use crate::conversation::Conversation;
use crate::{Command, GatewayId, Reply, Ticket, cost};

#[derive(Debug)]
pub(crate) struct Attachments {
    gateways: SeededMap<ConversationId, BTreeSet<GatewayId>>,
    conversations: BTreeMap<GatewayId, BTreeSet<ConversationId>>,
}

impl Attachments {
    pub(crate) fn new(seed: SeededState) -> Self {
        Self { gateways: SeededMap::with_hasher(seed), conversations: BTreeMap::new() }
    }

    pub(crate) fn clear(&mut self) {
        self.gateways.clear();
        self.conversations.clear();
    }
}

impl Books {
    /// The caller has made room for [`cost::attachment`].
    pub(crate) fn attach(&mut self, gateway: GatewayId, conversation: &ConversationId) {
        let kept = &mut self.attachments;
        let theirs = kept.conversations.entry(gateway).or_default();
        if theirs.insert(conversation.clone()) {
            kept.gateways.entry(conversation.clone()).or_default().insert(gateway);
            self.counts.attachments += 1;
            self.counts.bytes += cost::attachment(conversation);
        }
    }

    pub(crate) fn detach(&mut self, gateway: GatewayId, conversation: &ConversationId) {
        let kept = &mut self.attachments;
        let Some(theirs) = kept.conversations.get_mut(&gateway) else { return };
        if !theirs.remove(conversation) {
            return;
        }
        if theirs.is_empty() {
            kept.conversations.remove(&gateway);
        }
        self.forget(gateway, conversation);
    }

    pub(crate) fn detach_all(&mut self, gateway: GatewayId) {
        let theirs = self.attachments.conversations.remove(&gateway);
        for conversation in theirs.into_iter().flatten() {
            self.forget(gateway, &conversation);
        }
    }

    pub(crate) fn deliver(&mut self, message: &Arc<Message>) {
        let Some(gateways) = self.attachments.gateways.get(&message.conversation) else { return };
        for &gateway in gateways {
            self.counts.delivered += 1;
            let message = Arc::clone(message);
            self.commands.push_back(Command::Deliver { gateway, message });
        }
    }

    pub(crate) fn typing(&mut self, conversation: &ConversationId, user: &UserId) {
        let Some(gateways) = self.attachments.gateways.get(conversation) else { return };
        for &gateway in gateways {
            let (conversation, user) = (conversation.clone(), user.clone());
            self.commands.push_back(Command::Typing { gateway, conversation, user });
        }
    }

    fn forget(&mut self, gateway: GatewayId, conversation: &ConversationId) {
        let kept = &mut self.attachments.gateways;
        if let Some(gateways) = kept.get_mut(conversation) {
            gateways.remove(&gateway);
            if gateways.is_empty() {
                kept.remove(conversation);
            }
        }
        self.counts.attachments -= 1;
        self.counts.bytes -= cost::attachment(conversation);
    }
}

impl Conversation {
    pub(crate) fn answer_attach(&self, books: &mut Books, ticket: Ticket) {
        let (conversation, standing) = (self.id.clone(), self.standing());
        books.reply(ticket, Reply::Attached { conversation, standing });
    }
}
