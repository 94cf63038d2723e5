//! The way of an input to its conversation, and of what waited for history when its answer comes.

use model::{ConversationId, Refusal};

use crate::author::AuthorKey;
use crate::conversation::Conversation;
use crate::cursor::DeviceKey;
use crate::hub::Hub;
use crate::input::Input;
use crate::limits::Bound;
use crate::{Known, LoadGot, Loaded, LookedUp, cost};

impl Hub {
    /// Hands an input to its conversation: warm, being loaded, or now to be loaded.
    pub(crate) fn offer(&mut self, id: &ConversationId, input: Input) {
        let books = &mut self.books;
        if books.poisoned {
            return input.refuse(books, Refusal::OutcomeUnknown);
        }
        let mut room = match self.conversations.get_mut(id) {
            Some(conversation) => {
                conversation.leave_idle(books);
                conversation.room_for(&input)
            }
            None if !books.can_wait() => return input.busy(books, Bound::Loads),
            None => cost::conversation(id) + input.cost(),
        };
        if matches!(input, Input::Attach { registered: false, .. }) {
            room += cost::attachment(id);
        }
        // What takes no room is never refused for want of it.
        if room == 0 || self.make_room_for(id, &input, room) {
            let books = &mut self.books;
            let entry = self.conversations.entry(id.clone());
            let conversation = entry.or_insert_with(|| Conversation::open(id, books));
            conversation.take(books, input);
            conversation.settle(books);
        } else {
            input.busy(&mut self.books, Bound::Memory);
            self.settle(id);
        }
    }

    pub(crate) fn loaded(&mut self, loaded: Loaded) {
        let Loaded { conversation: id, got } = loaded;
        let books = &mut self.books;
        let conversation = self.conversations.get_mut(&id);
        let conversation = conversation.expect("a conversation is kept while a load is out");
        match got {
            LoadGot::Head(head) => {
                let waited = conversation.load(books, head);
                self.offer_all(&id, waited);
            }
            LoadGot::Author(user, instance, highest) => {
                let key = AuthorKey { instance, user };
                let waited = conversation.load_author(books, &key, highest);
                self.offer_all(&id, waited);
            }
            LoadGot::Cursor(user, device, seq) => {
                conversation.load_cursor(books, DeviceKey { user, device }, seq);
            }
            LoadGot::Member(user, role) => {
                let waited = conversation.load_member(books, &user, role);
                self.offer_all(&id, waited);
            }
            LoadGot::Text(seq, whose) => {
                let waited = conversation.load_text(books, seq, whose);
                self.offer_all(&id, waited);
            }
        }
        self.settle(&id);
    }

    pub(crate) fn looked_up(&mut self, looked_up: LookedUp) {
        let LookedUp { token, known } = looked_up;
        let known = if self.books.limits.forgets_dedupe() { Known::Not } else { known };
        let out = self.books.lookups.remove(&token).expect("a lookup is answered once");
        let id = out.conversation.clone();
        if matches!(known, Known::Found(_)) {
            self.books.counts.lookups_found += 1;
        }
        let conversation = self.conversations.get_mut(&id);
        let conversation = conversation.expect("a conversation is kept while a lookup is out");
        conversation.end_lookup(&mut self.books, &out);
        for (ticket, draft) in out.waiting {
            let room = known != Known::Not || self.make_room(cost::draft_at_most(&draft));
            match self.conversations.get_mut(&id) {
                Some(conversation) if room => {
                    conversation.looked_up(&mut self.books, ticket, draft, known);
                }
                Some(_) => self.books.busy(ticket, Bound::Memory),
                None => unreachable!("it is not idle before it is settled"),
            }
        }
        self.settle(&id);
    }

    fn offer_all(&mut self, id: &ConversationId, waited: impl IntoIterator<Item = Input>) {
        for input in waited {
            self.offer(id, input);
        }
    }

    fn settle(&mut self, id: &ConversationId) {
        if let Some(conversation) = self.conversations.get_mut(id) {
            conversation.settle(&mut self.books);
        }
    }
}
