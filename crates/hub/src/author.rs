//! One author (a user's client instance) in one conversation: what is new from them and what is
//! not.
//!
//! Until history told their highest counter, what they say waits in their lane, in order; others go
//! on. A conversation that nobody had spoken in when it was loaded needs no history to tell a new
//! author, until it forgets one.

use std::collections::{BTreeMap, VecDeque};

use model::{Draft, InstanceId, Message, Seq, UserId};

use crate::books::Books;
use crate::conversation::{Conversation, SWEEP_AT};
use crate::input::Input;
use crate::limits::Bound;
use crate::{LoadWant, Ticket, cost};

/// The instance first: it alone nearly always decides.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct AuthorKey {
    pub(crate) instance: InstanceId,
    pub(crate) user: UserId,
}

impl AuthorKey {
    pub(crate) fn of_draft(draft: &Draft) -> Self {
        Self { instance: draft.id.instance, user: draft.sender.clone() }
    }

    pub(crate) fn of_message(message: &Message) -> Self {
        Self { instance: message.id.instance, user: message.sender.clone() }
    }
}

#[derive(Debug)]
pub(crate) struct Author {
    /// What waits while the load of `highest` is out.
    pub(crate) lane: Option<VecDeque<(Ticket, Draft)>>,
    /// The highest counter sequenced: above it an id is new.
    pub(crate) highest: u64,
    /// The highest that is durable: what a rollback goes back to.
    pub(crate) durable_highest: u64,
    /// Those in the tail, by counter.
    pub(crate) recent: BTreeMap<u64, Seq>,
    /// Lookups that are out, by counter: the token.
    pub(crate) lookups: BTreeMap<u64, u64>,
    /// Loads that are out and open the lane when they come: of whom, or of which text, its drafts
    /// speak.
    pub(crate) judging: usize,
}

impl Author {
    /// One that history is asked about.
    fn being_loaded() -> Self {
        Self { lane: Some(VecDeque::new()), ..Self::new() }
    }

    /// One that never spoke.
    const fn new() -> Self {
        Self {
            lane: None,
            highest: 0,
            durable_highest: 0,
            recent: BTreeMap::new(),
            lookups: BTreeMap::new(),
            judging: 0,
        }
    }

    /// History can tell everything there is to know of them.
    fn can_be_forgotten(&self) -> bool {
        let nothing_out = self.lookups.is_empty() && self.judging == 0;
        self.lane.is_none() && self.recent.is_empty() && nothing_out
    }
}

impl Conversation {
    /// Someone who is heard for the first time in a conversation that knows all its authors.
    pub(crate) fn meet(&mut self, books: &mut Books, key: &AuthorKey) {
        if self.knows_all_authors && !self.authors.contains_key(key) {
            self.sweep_authors(books);
        }
        // The sweep may have forgotten someone.
        if self.knows_all_authors && !self.authors.contains_key(key) {
            self.charge(books, cost::author(&key.user));
            self.authors.insert(key.clone(), Author::new());
        }
    }

    /// Puts a draft into its author's lane, where it waits for their load.
    pub(crate) fn wait_in_lane(&mut self, books: &mut Books, ticket: Ticket, draft: Draft) {
        if !books.can_wait() {
            books.busy(ticket, Bound::Loads);
            return;
        }
        let key = AuthorKey::of_draft(&draft);
        if !self.authors.contains_key(&key) {
            self.sweep_authors(books);
            self.charge(books, cost::author(&key.user));
            self.pending += 1;
            books.load(&self.id, LoadWant::Author(key.user.clone(), key.instance));
        }
        self.charge(books, cost::draft(&draft));
        books.counts.waiting += 1;
        let lane = &mut self.authors.entry(key).or_insert_with(Author::being_loaded).lane;
        lane.as_mut()
            .expect("only authors whose load is out have waiting drafts")
            .push_back((ticket, draft));
    }

    /// History told an author's highest counter; what waited for it is to be taken now.
    pub(crate) fn load_author(
        &mut self,
        books: &mut Books,
        key: &AuthorKey,
        highest: u64,
    ) -> impl Iterator<Item = Input> + use<> {
        let highest = if books.limits.forgets_dedupe() { 0 } else { highest };
        let author = self.authors.get_mut(key).expect("an author being loaded is kept");
        let lane = author.lane.take().expect("an author is loaded once");
        author.highest = highest;
        author.durable_highest = highest;
        self.pending -= 1;
        books.counts.waiting -= lane.len();
        self.release(books, lane.iter().map(|(_, draft)| cost::draft(draft)).sum());
        lane.into_iter().map(|(ticket, draft)| Input::Send { ticket, draft })
    }

    /// Forgets the authors that can be loaded again, when they have become many. The next time is
    /// put off until twice as many are left, so that an author costs a constant number of visits.
    fn sweep_authors(&mut self, books: &mut Books) {
        if self.authors.len() >= self.authors_sweep_at {
            self.forget_authors(books, None);
            self.authors_sweep_at = SWEEP_AT.max(2 * self.authors.len());
        }
    }

    /// Forgets the authors that can be loaded again, but for one.
    pub(crate) fn forget_authors(&mut self, books: &mut Books, but: Option<&AuthorKey>) {
        let mut freed = 0;
        self.authors.retain(|key, author| {
            let keep = !author.can_be_forgotten() || Some(key) == but;
            freed += if keep { 0 } else { cost::author(&key.user) };
            keep
        });
        self.knows_all_authors &= freed == 0;
        self.release(books, freed);
    }
}
