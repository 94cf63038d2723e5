//! One conversation in memory: being loaded, or warm.

use std::collections::{BTreeMap, VecDeque};

use model::{
    ConversationId, DeviceId, Epoch, Kind, PartitionId, ReadFrom, Refusal, Standing, TenantId,
    UserId,
};

use crate::author::{Author, AuthorKey};
use crate::books::Books;
use crate::cursor::{Cursor, DeviceKey};
use crate::evict::Place;
use crate::input::Input;
use crate::limits::Bound;
use crate::roster::{Roster, Want};
use crate::tail::Tail;
use crate::{Head, LoadWant, Reply, Ticket, cost};

/// Authors, and likewise cursors, of one conversation before those that can be loaded again at any
/// time are forgotten. A room that never falls silent is never evicted: this keeps it small.
pub(crate) const SWEEP_AT: usize = 1024;

#[derive(Debug)]
pub(crate) struct Conversation {
    pub(crate) id: ConversationId,
    pub(crate) partition: PartitionId,
    pub(crate) kind: Kind,
    pub(crate) epoch: Epoch,
    /// Its head is known; until then everything waits.
    pub(crate) loaded: bool,
    pub(crate) waiting: VecDeque<Input>,
    pub(crate) tail: Tail,
    pub(crate) authors: BTreeMap<AuthorKey, Author>,
    /// Everyone who ever spoke here is among them: history need not be asked about anyone else.
    pub(crate) knows_all_authors: bool,
    pub(crate) authors_sweep_at: usize,
    pub(crate) roster: Roster,
    pub(crate) cursors: BTreeMap<DeviceKey, Cursor>,
    pub(crate) cursors_sweep_at: usize,
    /// Those that moved since they were last handed to the journal, each once.
    pub(crate) dirty: Vec<DeviceKey>,
    /// Loads and lookups that are out, and cursors that are on their way to history.
    pub(crate) pending: usize,
    pub(crate) place: Place,
    /// What it weighs in the books.
    pub(crate) bytes: usize,
}

impl Conversation {
    /// A cold conversation that someone asked for: its head is on its way.
    pub(crate) fn open(id: &ConversationId, books: &mut Books) -> Self {
        let partition = PartitionId::of(TenantId::DEFAULT, id);
        let mut opened = Self {
            id: id.clone(),
            partition,
            kind: id.kind(),
            epoch: books.epochs[partition.index()],
            loaded: false,
            waiting: VecDeque::new(),
            tail: Tail::new(),
            authors: BTreeMap::new(),
            knows_all_authors: false,
            authors_sweep_at: SWEEP_AT,
            roster: Roster::default(),
            cursors: BTreeMap::new(),
            cursors_sweep_at: SWEEP_AT,
            dirty: Vec::new(),
            pending: 0,
            place: Place::Busy,
            bytes: 0,
        };
        opened.charge(books, cost::conversation(id));
        books.load(id, LoadWant::Head);
        opened
    }

    pub(crate) fn take(&mut self, books: &mut Books, mut input: Input) {
        if let Input::Attach { ticket, registered: registered @ false } = &mut input
            && (self.loaded || books.can_wait())
        {
            books.attach(ticket.gateway, &self.id);
            *registered = true;
        }
        if !self.loaded {
            self.wait(books, input);
            return;
        }
        match input {
            Input::Send { ticket, draft } => self.offer_draft(books, ticket, draft),
            Input::Attach { ticket, .. } => self.answer_attach(books, ticket),
            Input::Admit { ticket, user } => self.admit(books, ticket, user),
            Input::Read { ticket, reader: Some(user), from, limit } if self.kind != Kind::Open => {
                self.read_if_admitted(books, ticket, user, from, limit);
            }
            Input::Read { ticket, reader, from, limit } => {
                self.read(books, ticket, reader, from, limit);
            }
            Input::GetCursor { ticket, user, device } => {
                self.get_cursor(books, ticket, DeviceKey { user, device });
            }
            Input::MoveCursor { user, device, seq } => {
                self.move_cursor(books, DeviceKey { user, device }, seq);
            }
        }
    }

    /// The most that taking an input may add to what this conversation weighs.
    pub(crate) fn room_for(&self, input: &Input) -> usize {
        let known = |user: &UserId, device: &DeviceId| {
            let key = DeviceKey { user: user.clone(), device: device.clone() };
            self.cursors.contains_key(&key)
        };
        match input {
            _ if !self.loaded => input.cost(),
            Input::Send { draft, .. } => cost::draft_at_most(draft),
            Input::Read { reader: Some(user), .. } | Input::Admit { user, .. }
                if self.kind != Kind::Open =>
            {
                input.cost() + cost::member(user)
            }
            Input::Attach { .. } | Input::Admit { .. } | Input::Read { .. } => 0,
            Input::GetCursor { user, device, .. } if known(user, device) => cost::WAITER,
            Input::MoveCursor { user, device, .. } if known(user, device) => 0,
            Input::GetCursor { user, device, .. } | Input::MoveCursor { user, device, .. } => {
                cost::cursor(user, device) + cost::WAITER
            }
        }
    }

    /// History told where the conversation stands; what waited for it is to be taken now.
    pub(crate) fn load(&mut self, books: &mut Books, head: Option<Head>) -> VecDeque<Input> {
        assert!(!self.loaded, "the head of {} was loaded twice", self.id);
        self.loaded = true;
        match head {
            Some(head) => {
                self.tail = Tail::after(head);
                self.roster = Roster::loaded(head.summary);
            }
            None => self.knows_all_authors = true,
        }
        let waited = std::mem::take(&mut self.waiting);
        books.counts.waiting -= waited.len();
        self.release(books, waited.iter().map(Input::cost).sum());
        waited
    }

    /// Whether a user may hear it, by what is durable.
    fn admit(&mut self, books: &mut Books, ticket: Ticket, user: UserId) {
        match self.may_hear(&user) {
            Ok(true) => {
                let standing = self.standing();
                books.reply(ticket, Reply::Admitted { standing });
            }
            Ok(false) => books.refuse(ticket, Refusal::NotFound),
            Err(want) => self.wait_as(books, want, Input::Admit { ticket, user }),
        }
    }

    fn read_if_admitted(
        &mut self,
        books: &mut Books,
        ticket: Ticket,
        user: UserId,
        from: ReadFrom,
        limit: u32,
    ) {
        match self.may_hear(&user) {
            Ok(true) => self.read(books, ticket, Some(user), from, limit),
            Ok(false) => books.refuse(ticket, Refusal::NotFound),
            Err(want) => {
                let input = Input::Read { ticket, reader: Some(user), from, limit };
                self.wait_as(books, want, input);
            }
        }
    }

    fn may_hear(&self, user: &UserId) -> Result<bool, Want> {
        if self.kind == Kind::Open { Ok(true) } else { self.roster.may_hear(user) }
    }

    pub(crate) const fn standing(&self) -> Standing {
        let Tail { first, head, ordinal, .. } = self.tail;
        Standing { epoch: self.epoch, first, head, ordinal }
    }

    pub(crate) fn charge(&mut self, books: &mut Books, bytes: usize) {
        self.bytes += bytes;
        books.counts.bytes += bytes;
    }

    pub(crate) fn release(&mut self, books: &mut Books, bytes: usize) {
        self.bytes -= bytes;
        books.counts.bytes -= bytes;
    }

    fn wait(&mut self, books: &mut Books, input: Input) {
        if !books.can_wait() {
            input.busy(books, Bound::Loads);
            return;
        }
        books.counts.waiting += 1;
        self.charge(books, input.cost());
        self.waiting.push_back(input);
    }
}
