//! The machine itself: it hands what comes to the part that knows, and asks each part what it wants
//! done, in this order: the connection, subscriptions, reads, messages, acknowledgements, a ping.

use std::collections::{BTreeMap, VecDeque};

use model::bounds::{COUNTER_MAX, PAGE_MAX_MESSAGES};
use model::{Content, ConversationId, Draft, MessageId, Mono, Position, ReadFrom, Seq, Wall};
use wire::{Birth, Command, New, SubscribeFrom};

use crate::line::{Line, Need};
use crate::outbox::Outbox;
use crate::reads::Reads;
use crate::subscriptions::Subscriptions;
use crate::{Do, Event, Lost, Options, OutboxFull, ReadId, TooManyReads, TooManySubscriptions};

mod input;

/// One user's side of the protocol.
#[derive(Debug)]
pub struct Session {
    options: Options,
    now: Mono,
    line: Line,
    outbox: Outbox,
    subscriptions: Subscriptions,
    reads: Reads,
    /// The highest Lamport counter given or received.
    lamport: u64,
    /// The counter of the last message.
    counter: u64,
    /// The `ref` of the last command that had one.
    references: u64,
    /// The highest sequence number that came, of each conversation.
    seen: BTreeMap<ConversationId, Seq>,
    events: VecDeque<Event>,
}

impl Session {
    /// A session that wants to connect at once.
    pub fn new(options: Options, now: Mono) -> Self {
        Self {
            now,
            line: Line::new(&options, now),
            outbox: Outbox::new(options.in_flight_max),
            subscriptions: Subscriptions::new(&options),
            reads: Reads::new(options.reads_max),
            options,
            lamport: 0,
            counter: 0,
            references: 0,
            seen: BTreeMap::new(),
            events: VecDeque::new(),
        }
    }

    /// The connection that was asked for stands.
    pub fn handle_connected(&mut self, now: Mono) {
        self.tick(now);
        self.line.connected(now);
    }

    /// The connection, or the try to make one, is gone: by itself or after [`Do::Close`].
    pub fn handle_disconnected(&mut self, lost: Lost, now: Mono) {
        self.tick(now);
        if self.line.is_down_or_stopped() {
            return;
        }
        self.outbox.disconnected(now);
        self.subscriptions.disconnected(now);
        self.reads.disconnected();
        match self.line.lost(lost, now) {
            Some(again_in) => self.events.push_back(Event::Disconnected { again_in }),
            None => self.events.push_back(Event::Stopped),
        }
    }

    /// Something else shows that silence means nothing: a WebSocket ping came, or the shell was not
    /// reading.
    pub fn handle_sign_of_life(&mut self, now: Mono) {
        self.tick(now);
        self.line.heard(now);
    }

    /// Time passed.
    pub fn handle_timeout(&mut self, now: Mono) {
        self.tick(now);
    }

    /// When to call `handle_timeout`, if nothing else happens before.
    pub fn poll_timeout(&self) -> Option<Mono> {
        let line = self.line.poll_timeout();
        if !self.line.is_open() {
            return line;
        }
        let parts = [
            line,
            self.outbox.poll_timeout(),
            self.subscriptions.poll_timeout(),
            self.reads.poll_timeout(),
        ];
        parts.into_iter().flatten().min()
    }

    /// What to do now.
    pub fn next_command(&mut self) -> Option<Do> {
        let now = self.now;
        let need = match self.line.first_need(now) {
            Some(need) => need,
            None if !self.line.is_open() => return None,
            None => match self.next_said() {
                Some(command) => return Some(self.send(command)),
                None => self.line.last_need(now)?,
            },
        };
        Some(match need {
            Need::Connect(gateway) => Do::Connect { gateway },
            Need::Hello => {
                let hello = self.hello();
                self.send(hello)
            }
            Need::Ping => self.send(Command::Ping { reference: None }),
            Need::Close => Do::Close,
        })
    }

    /// What the application is to know now.
    pub fn next_event(&mut self) -> Option<Event> {
        let event = self.events.pop_front();
        if self.events.is_empty() {
            // Room for four is 700 bytes, and there may be thousands of sessions that wait.
            self.events = VecDeque::new();
        }
        event
    }

    /// Say something. It is stamped now, kept until the server has it, and sent in the order it was
    /// said.
    ///
    /// # Errors
    /// [`OutboxFull`]: nothing was said.
    pub fn say(
        &mut self,
        conversation: ConversationId,
        content: impl Into<Content>,
        now: Mono,
        wall: Wall,
    ) -> Result<MessageId, OutboxFull> {
        let id = self.next_id(now)?;
        let seen_seq = self.seen.get(&conversation).copied().unwrap_or_default();
        let draft = Draft {
            conversation,
            sender: self.options.user.clone(),
            id,
            content: content.into(),
            lamport: self.lamport,
            seen_seq,
            sent_at: wall,
        };
        self.outbox.push(draft, now);
        Ok(id)
    }

    /// Make a governed conversation; kept and sent as what is said. Its name is known at once.
    ///
    /// # Errors
    /// [`OutboxFull`]: nothing was said.
    pub fn create(
        &mut self,
        what: New,
        now: Mono,
        wall: Wall,
    ) -> Result<(MessageId, ConversationId), OutboxFull> {
        let id = self.next_id(now)?;
        let birth = Birth { id, what, lamport: self.lamport, sent_at: wall };
        let draft = birth.into_post(&self.options.user).into_draft(self.options.user.clone());
        let conversation = draft.conversation.clone();
        self.outbox.push(draft, now);
        Ok((id, conversation))
    }

    /// The id of what is said next, and the clock counted on for it.
    fn next_id(&mut self, now: Mono) -> Result<MessageId, OutboxFull> {
        self.tick(now);
        if self.outbox.len() >= self.options.outbox_max {
            return Err(OutboxFull { most: self.options.outbox_max });
        }
        self.counter += 1;
        self.lamport = (self.lamport + 1).min(COUNTER_MAX);
        Ok(MessageId { instance: self.options.instance, counter: self.counter })
    }

    /// Follow a conversation, again after each lost connection from where it came to. Replaces an
    /// earlier subscription of it.
    ///
    /// # Errors
    /// [`TooManySubscriptions`]: it is not followed.
    pub fn subscribe(
        &mut self,
        conversation: ConversationId,
        from: SubscribeFrom,
    ) -> Result<(), TooManySubscriptions> {
        self.subscriptions.subscribe(conversation, from, self.now)
    }

    /// Follow it no longer.
    pub fn unsubscribe(&mut self, conversation: &ConversationId) {
        self.references += 1;
        self.subscriptions.unsubscribe(conversation, self.references);
    }

    /// Everything of this conversation up to `seq` is with the device for good. Never said of more
    /// than what was heard.
    pub fn acknowledge(&mut self, conversation: &ConversationId, seq: Seq, now: Mono) {
        self.tick(now);
        self.subscriptions.acknowledge(conversation, seq, now);
    }

    /// Read; asked again after a lost connection until the page comes. At most
    /// [`PAGE_MAX_MESSAGES`] at a time.
    ///
    /// # Errors
    /// [`TooManyReads`]: nothing is read.
    pub fn read(
        &mut self,
        conversation: ConversationId,
        from: ReadFrom,
        limit: u32,
    ) -> Result<ReadId, TooManyReads> {
        let id = ReadId(self.references + 1);
        self.reads.push(id, conversation, from, limit.clamp(1, PAGE_MAX_MESSAGES))?;
        self.references = id.0;
        Ok(id)
    }

    /// Says what is still to be acknowledged, then closes for good. What is in the outbox is not
    /// waited for: see [`Self::outbox_len`].
    pub fn stop(&mut self) {
        if !self.line.is_stopped() && self.line.stop() {
            self.events.push_back(Event::Stopped);
        }
    }

    /// Whether it is over.
    pub fn is_stopped(&self) -> bool {
        self.line.is_stopped()
    }

    /// Whether there is a connection and the server knows us.
    pub fn is_open(&self) -> bool {
        self.line.is_open()
    }

    /// Messages that wait for their acknowledgement.
    pub fn outbox_len(&self) -> usize {
        self.outbox.len()
    }

    /// Those of them that were sent on this connection.
    pub fn in_flight(&self) -> usize {
        self.outbox.in_flight()
    }

    /// How far a subscription came, once the server has said where it begins.
    pub fn position(&self, conversation: &ConversationId) -> Option<Position> {
        self.subscriptions.position(conversation)
    }

    fn tick(&mut self, now: Mono) {
        self.now = self.now.max(now);
        self.outbox.handle_timeout(self.now);
    }

    fn next_said(&mut self) -> Option<Command> {
        let now = self.now;
        if self.line.is_stopping() {
            return self.subscriptions.next_acknowledgement(None);
        }
        if let Some(command) = self.subscriptions.next_command(&mut self.references, now) {
            return Some(command);
        }
        if let Some(command) = self.reads.next_command(now) {
            return Some(command);
        }
        let post = self.outbox.next_post(now)?;
        Some(Command::Send { reference: None, post })
    }

    fn hello(&self) -> Command {
        Command::Hello {
            reference: None,
            user: self.options.user.clone(),
            device: self.options.device.clone(),
            instance: self.options.instance,
            proof: self.options.proof.clone(),
        }
    }

    fn send(&mut self, command: Command) -> Do {
        self.line.sent(self.now);
        Do::Send(command)
    }
}
