//! The room's doors: what it can be told, and what it asks for.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use model::{
    BatchNo, BodyKey, ConversationId, DeviceId, Draft, Epoch, Mono, PartitionId, ReadFrom, Refusal,
    SeededMap, SeededState, Seq, TenantId, UserId,
};

use crate::attach::Attachments;
use crate::books::Books;
use crate::conversation::Conversation;
use crate::evict::Idle;
use crate::input::Input;
use crate::{Command, Durable, GatewayId, Gauges, Limits, Loaded, LookedUp, Ticket};

/// What a hub begins with: no conversation, for all can be loaded from history.
#[derive(Debug)]
pub struct Start {
    /// Its bounds.
    pub limits: Limits,
    /// The epoch of each partition.
    pub epochs: [Epoch; 256],
    /// The highest Lamport counter journaled.
    pub lamport_high: u64,
    /// What body fingerprints are keyed with.
    pub body_key: BodyKey,
    /// The seed of its maps.
    pub map_seed: SeededState,
}

/// The live conversations of some partitions. See the crate's page for what it promises.
///
/// Whatever it is told, [`Hub::next_command`] is to be called until it has nothing more.
#[derive(Debug)]
pub struct Hub {
    pub(crate) conversations: SeededMap<ConversationId, Conversation>,
    pub(crate) books: Books,
}

impl Hub {
    /// A hub with everything cold. History has all the journal has.
    pub fn new(start: Start) -> Self {
        let Start { limits, epochs, lamport_high, body_key, map_seed } = start;
        let books = Books {
            limits,
            epochs: Box::new(epochs),
            body_key,
            lamport_high,
            generation: 0,
            poisoned: false,
            is_backlog_full: false,
            now: Mono::default(),
            commands: VecDeque::new(),
            attachments: Attachments::new(map_seed),
            undurable: VecDeque::new(),
            unindexed: VecDeque::new(),
            indexed: BatchNo(0),
            lookups: BTreeMap::new(),
            next_token: 0,
            idle: Idle::default(),
            dirty: BTreeSet::new(),
            flush_at: None,
            counts: Gauges::default(),
        };
        Self { conversations: SeededMap::with_hasher(map_seed), books }
    }

    /// Someone speaks. Answered by `Sent` or `Refused`.
    pub fn handle_send(&mut self, ticket: Ticket, draft: Draft, now: Mono) {
        self.books.now = now;
        let conversation = draft.conversation.clone();
        self.offer(&conversation, Input::Send { ticket, draft });
    }

    /// The ticket's gateway wants to hear a conversation. Answered by `Attached` or `Refused`.
    pub fn handle_attach(&mut self, ticket: Ticket, conversation: ConversationId, now: Mono) {
        self.books.now = now;
        self.offer(&conversation, Input::Attach { ticket, registered: false });
    }

    /// A gateway no longer wants to hear a conversation.
    pub fn handle_detach(&mut self, gateway: GatewayId, conversation: &ConversationId) {
        self.books.detach(gateway, conversation);
    }

    /// Someone reads durable messages, ascending: `reader`, or someone who was admitted already. Answered by `Page` (perhaps by the shell, see
    /// [`Command::ReadHistory`]) or `Refused`.
    pub fn handle_read(
        &mut self,
        ticket: Ticket,
        conversation: ConversationId,
        reader: Option<UserId>,
        from: ReadFrom,
        limit: u32,
        now: Mono,
    ) {
        self.books.now = now;
        self.offer(&conversation, Input::Read { ticket, reader, from, limit });
    }

    /// May this user hear a conversation? Answered by `Admitted` or `Refused`.
    pub fn handle_admit(
        &mut self,
        ticket: Ticket,
        conversation: ConversationId,
        user: UserId,
        now: Mono,
    ) {
        self.books.now = now;
        self.offer(&conversation, Input::Admit { ticket, user });
    }

    /// The shell has finished one [`Command::ReadHistory`], however it ended.
    pub fn handle_history_read(&mut self) {
        let reads = &mut self.books.counts.reads_in_flight;
        assert!(*reads > 0, "a read of history ends once");
        *reads -= 1;
    }

    /// How far has a device acknowledged? Answered by `CursorAt` or `Refused`.
    pub fn handle_get_cursor(
        &mut self,
        ticket: Ticket,
        conversation: ConversationId,
        user: UserId,
        device: DeviceId,
        now: Mono,
    ) {
        self.books.now = now;
        self.offer(&conversation, Input::GetCursor { ticket, user, device });
    }

    /// A device acknowledged everything up to and including `seq`. Not answered.
    pub fn handle_move_cursor(
        &mut self,
        conversation: ConversationId,
        user: UserId,
        device: DeviceId,
        epoch: Epoch,
        seq: Seq,
        now: Mono,
    ) {
        self.books.now = now;
        let partition = PartitionId::of(TenantId::DEFAULT, &conversation);
        if epoch == self.books.epochs[partition.index()] {
            self.offer(&conversation, Input::MoveCursor { user, device, seq });
        } else {
            self.books.counts.cursor_moves_other_epoch += 1;
        }
    }

    /// Someone types: told to every gateway that hears the conversation. Nothing is kept.
    pub fn handle_typing(&mut self, conversation: &ConversationId, user: &UserId) {
        self.books.typing(conversation, user);
    }

    /// A link is gone, and everything its gateway was attached to. What it asked goes on.
    pub fn handle_gateway_gone(&mut self, gateway: GatewayId) {
        self.books.detach_all(gateway);
    }

    /// The journal made a batch durable that holds appends of this hub. To be told in the order of
    /// the batches.
    ///
    /// # Panics
    /// When the notice speaks of appends that are not out.
    pub fn handle_durable(&mut self, durable: Durable) {
        if !self.books.poisoned {
            self.make_durable(durable);
        }
    }

    /// The journal made a batch durable that may hold nothing of this hub.
    pub fn handle_lamport_high(&mut self, counter: u64) {
        self.books.lamport_high = self.books.lamport_high.max(counter);
    }

    /// The journal's disk is full: nothing of this generation that is not durable will be. Told
    /// after every durable notice of that generation; telling it again is harmless.
    ///
    /// # Panics
    /// When that generation has not begun.
    pub fn handle_append_refused(&mut self, generation: u64) {
        if !self.books.poisoned {
            self.roll_back(generation);
        }
    }

    /// The journal is gone. What is in flight ends with `OutcomeUnknown`, and so does everything
    /// after it; notices that are still under way are ignored.
    pub fn handle_poisoned(&mut self) {
        self.books.poisoned = true;
        for (_, mut conversation) in self.conversations.drain() {
            conversation.give_up(&mut self.books, &Refusal::OutcomeUnknown);
        }
        self.books.close();
    }

    /// The answer to a [`Command::Load`].
    ///
    /// # Panics
    /// When no such load is out.
    pub fn handle_loaded(&mut self, loaded: Loaded, now: Mono) {
        self.books.now = now;
        if !self.books.poisoned {
            self.loaded(loaded);
        }
    }

    /// The answer to a [`Command::Lookup`].
    ///
    /// # Panics
    /// When no such lookup is out.
    pub fn handle_looked_up(&mut self, looked_up: LookedUp, now: Mono) {
        self.books.now = now;
        if !self.books.poisoned {
            self.looked_up(looked_up);
        }
    }

    /// History has everything up to and including this batch. May come before the batch's durable
    /// notice.
    pub fn handle_indexed(&mut self, batch: BatchNo) {
        self.release_indexed(batch);
    }

    /// Whether so many messages wait to be understood that sends are to be refused.
    pub fn handle_backlog(&mut self, is_full: bool) {
        self.books.is_backlog_full = is_full;
    }

    /// Time passed.
    pub fn handle_timeout(&mut self, now: Mono) {
        self.books.now = now;
        self.flush_if_due(now);
    }

    /// When [`Hub::handle_timeout`] is to be called next.
    pub fn poll_timeout(&self) -> Option<Mono> {
        self.books.flush_at
    }

    /// The next thing for the shell to do, if any.
    pub fn next_command(&mut self) -> Option<Command> {
        self.books.commands.pop_front()
    }

    /// What can be seen from outside.
    pub fn gauges(&self) -> Gauges {
        Gauges {
            conversations: self.conversations.len(),
            undurable: self.books.undurable.len(),
            lookups_in_flight: self.books.lookups.len(),
            lamport_high: self.books.lamport_high,
            ..self.books.counts.clone()
        }
    }
}
