//! Who is in a governed conversation, and whose the texts are that someone wants to change.
//!
//! # Invariants
//!
//! - What is not known is loaded, a member or a text at a time, and whoever needs it waits.
//! - A role has two values: as sequenced, which judges what is sequenced next, and as durable, which
//!   judges who may hear. A refusal by the journal takes the first back to the second.
//! - History can give back every member with no change in the tail; only those are forgotten.

use std::collections::BTreeMap;

use model::{Content, Member, Message, Role, Seq, UserId};

use crate::author::AuthorKey;
use crate::books::Books;
use crate::conversation::{Conversation, SWEEP_AT};
use crate::input::Input;
use crate::limits::Bound;
use crate::{LoadWant, Summary, Ticket, cost};

#[derive(Debug, Default)]
pub(crate) struct Roster {
    /// As sequenced; `None` = never created.
    pub(crate) now: Option<Summary>,
    /// As durable.
    durable: Option<Summary>,
    members: BTreeMap<UserId, Known>,
    members_sweep_at: usize,
    /// Texts that were asked about; history says the same of them for ever.
    texts: BTreeMap<Seq, Option<Whose>>,
    /// Loads that are out, and who waits for them.
    waiting: BTreeMap<Want, Vec<Waits>>,
}

#[derive(Debug, Clone, Copy)]
struct Known {
    role: Option<Role>,
    durable: Option<Role>,
    /// Changes that are sequenced and not in history yet.
    in_tail: usize,
}

/// Whose text it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whose {
    /// Its author.
    pub author: UserId,
    /// It is a text, and was not deleted.
    pub is_text: bool,
}

/// What has to be known first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Want {
    Member(UserId),
    Text(Seq),
}

/// Who waits.
#[derive(Debug)]
pub(crate) enum Waits {
    /// The drafts in this author's lane.
    Lane(AuthorKey),
    Input(Input),
}

impl Roster {
    pub(crate) fn loaded(summary: Option<Summary>) -> Self {
        Self { now: summary, durable: summary, ..Self::default() }
    }

    /// The role of a user as sequenced, or what has to be loaded to know it.
    pub(crate) fn role(&self, user: &UserId) -> Result<Option<Role>, Want> {
        match self.members.get(user) {
            Some(known) => Ok(known.role),
            None if self.now.is_none() => Ok(None),
            None => Err(Want::Member(user.clone())),
        }
    }

    /// Whether a user is a durable member of what durably exists.
    pub(crate) fn may_hear(&self, user: &UserId) -> Result<bool, Want> {
        match self.members.get(user) {
            _ if self.durable.is_none() => Ok(false),
            Some(known) => Ok(known.durable.is_some()),
            None => Err(Want::Member(user.clone())),
        }
    }

    pub(crate) fn text(&self, seq: Seq) -> Result<Option<&Whose>, Want> {
        self.texts.get(&seq).map(Option::as_ref).ok_or(Want::Text(seq))
    }

    pub(crate) fn drain_waiting(&mut self) -> impl Iterator<Item = Input> + use<> {
        let all = std::mem::take(&mut self.waiting).into_values().flatten();
        all.filter_map(|waits| match waits {
            Waits::Input(input) => Some(input),
            // The lanes are emptied by their authors.
            Waits::Lane(_) => None,
        })
    }

    /// What it weighs where nothing of it waits.
    pub(crate) fn weigh(&self) -> usize {
        let members = self.members.keys().map(cost::member).sum::<usize>();
        let texts = self.texts.values().flatten().map(|whose| cost::text(&whose.author));
        let unknown = self.texts.values().filter(|whose| whose.is_none()).count();
        members + texts.sum::<usize>() + unknown * cost::NO_TEXT
    }
}

impl Conversation {
    /// Sequenced just now.
    pub(crate) fn enroll(&mut self, books: &mut Books, content: &Content) {
        match content {
            Content::Create { profile, members } => {
                let owners = members.iter().filter(|member| member.role == Role::Owner).count();
                self.roster.now = Some(Summary {
                    public: profile.public,
                    members: u32::try_from(members.len()).unwrap_or(u32::MAX),
                    owners: u32::try_from(owners).unwrap_or(u32::MAX),
                });
                for Member { user, role } in members {
                    self.set_role(books, user, Some(*role));
                }
            }
            Content::Member { user, role } => {
                let before = self.roster.members.get(user).and_then(|known| known.role);
                if let Some(summary) = &mut self.roster.now {
                    summary.count(before, *role);
                }
                self.set_role(books, user, *role);
            }
            Content::Describe { profile } => {
                if let Some(summary) = &mut self.roster.now {
                    summary.public = profile.public;
                }
            }
            Content::Text { .. }
            | Content::Edit { .. }
            | Content::Delete { .. }
            | Content::React { .. }
            | Content::Expire { .. }
            | Content::Erase { .. }
            | Content::Gone { .. } => {}
        }
    }

    /// What was sequenced became durable.
    pub(crate) fn enrolled_for_good(&mut self, message: &Message) {
        let roster = &mut self.roster;
        let before = |roster: &Roster, user| {
            roster.members.get(user).and_then(|known: &Known| known.durable)
        };
        match &message.content {
            Content::Create { profile, members } => {
                let mut summary = Summary { public: profile.public, members: 0, owners: 0 };
                for Member { user, role } in members {
                    summary.count(None, Some(*role));
                    roster.durable_role(user, Some(*role));
                }
                roster.durable = Some(summary);
            }
            Content::Member { user, role } => {
                let before = before(roster, user);
                if let Some(summary) = &mut roster.durable {
                    summary.count(before, *role);
                }
                roster.durable_role(user, *role);
            }
            Content::Describe { profile } => {
                if let Some(summary) = &mut roster.durable {
                    summary.public = profile.public;
                }
            }
            Content::Text { .. }
            | Content::Edit { .. }
            | Content::Delete { .. }
            | Content::React { .. }
            | Content::Expire { .. }
            | Content::Erase { .. }
            | Content::Gone { .. } => {}
        }
    }

    /// A message left the tail: for history, or because the journal refused it.
    pub(crate) fn forget_change(&mut self, content: &Content) {
        let mut gone = |user: &UserId| {
            let known = self.roster.members.get_mut(user);
            known.expect("who changed in the tail is kept").in_tail -= 1;
        };
        if let Content::Create { members, .. } = content {
            members.iter().for_each(|member| gone(&member.user));
        } else if let Content::Member { user, .. } = content {
            gone(user);
        }
    }

    /// The journal refused what is not durable.
    pub(crate) fn roll_back_roster(&mut self) {
        let roster = &mut self.roster;
        roster.now = roster.durable;
        for known in roster.members.values_mut() {
            known.role = known.durable;
        }
    }

    /// Waits until this is known. The first who wants it asks history.
    pub(crate) fn wait_for(&mut self, books: &mut Books, want: Want, waits: Waits) {
        let mut first = false;
        let all = self.roster.waiting.entry(want.clone()).or_insert_with(|| {
            first = true;
            Vec::new()
        });
        all.push(waits);
        if first {
            self.pending += 1;
            let (room, want) = match want {
                Want::Member(user) => (cost::member(&user), LoadWant::Member(user)),
                Want::Text(seq) => (cost::TEXT_MOST, LoadWant::Text(seq)),
            };
            self.charge(books, room);
            books.load(&self.id, want);
        }
    }

    /// An input that is no draft waits.
    pub(crate) fn wait_as(&mut self, books: &mut Books, want: Want, input: Input) {
        if !books.can_wait() {
            input.busy(books, Bound::Loads);
            return;
        }
        books.counts.waiting += 1;
        self.charge(books, input.cost());
        self.wait_for(books, want, Waits::Input(input));
    }

    /// A draft waits in its author's lane, and what they say after it behind it.
    pub(crate) fn wait_to_be_judged(
        &mut self,
        books: &mut Books,
        want: Want,
        ticket: Ticket,
        draft: model::Draft,
    ) {
        if !books.can_wait() {
            books.busy(ticket, Bound::Loads);
            return;
        }
        books.counts.waiting += 1;
        self.charge(books, cost::draft(&draft));
        let key = AuthorKey::of_draft(&draft);
        let author = self.authors.get_mut(&key).expect("a draft to be judged has a known author");
        author.judging += 1;
        author.lane.get_or_insert_default().push_back((ticket, draft));
        self.wait_for(books, want, Waits::Lane(key));
    }

    pub(crate) fn load_member(
        &mut self,
        books: &mut Books,
        user: &UserId,
        role: Option<Role>,
    ) -> Vec<Input> {
        // A `create` may have made them a member meanwhile: then history's word is old.
        if self.roster.members.contains_key(user) {
            self.release(books, cost::member(user));
        } else {
            self.sweep_members(books);
            let known = Known { role, durable: role, in_tail: 0 };
            self.roster.members.insert(user.clone(), known);
        }
        self.release_waiting(books, &Want::Member(user.clone()))
    }

    pub(crate) fn load_text(
        &mut self,
        books: &mut Books,
        seq: Seq,
        whose: Option<Whose>,
    ) -> Vec<Input> {
        if self.roster.texts.len() >= SWEEP_AT {
            self.forget_texts(books, None);
        }
        self.release(books, cost::TEXT_MOST);
        self.charge(books, cost::whose(whose.as_ref()));
        self.roster.texts.insert(seq, whose);
        self.release_waiting(books, &Want::Text(seq))
    }

    fn release_waiting(&mut self, books: &mut Books, want: &Want) -> Vec<Input> {
        let waiting = self.roster.waiting.remove(want).expect("a load is answered once");
        self.pending -= 1;
        let mut inputs = Vec::new();
        for waits in waiting {
            match waits {
                Waits::Input(input) => inputs.push(input),
                Waits::Lane(key) => {
                    let author = self.authors.get_mut(&key).expect("an author who waits is kept");
                    author.judging -= 1;
                    let lane = author.lane.take().into_iter().flatten();
                    inputs.extend(lane.map(|(ticket, draft)| Input::Send { ticket, draft }));
                }
            }
        }
        books.counts.waiting -= inputs.len();
        self.release(books, inputs.iter().map(Input::cost).sum());
        inputs
    }

    /// As for authors: forgets those that can be loaded again, when they have become many.
    fn sweep_members(&mut self, books: &mut Books) {
        if self.roster.members.len() >= self.roster.members_sweep_at.max(SWEEP_AT) {
            self.forget_members(books, None, None);
            self.roster.members_sweep_at = 2 * self.roster.members.len();
        }
    }

    /// Forgets who can be loaded again, but for whom this draft or this listener needs.
    pub(crate) fn forget_members(
        &mut self,
        books: &mut Books,
        draft: Option<&model::Draft>,
        listener: Option<&UserId>,
    ) {
        let spared = |user: &UserId| {
            let named = |draft: &model::Draft| {
                draft.sender == *user
                    || matches!(&draft.content, Content::Member { user: of, .. } if of == user)
            };
            listener == Some(user) || draft.is_some_and(named)
        };
        let mut freed = 0;
        self.roster.members.retain(|user, known| {
            let keep = known.in_tail > 0 || spared(user);
            freed += if keep { 0 } else { cost::member(user) };
            keep
        });
        self.release(books, freed);
    }

    pub(crate) fn forget_texts(&mut self, books: &mut Books, but: Option<Seq>) {
        let mut freed = 0;
        self.roster.texts.retain(|seq, whose| {
            let keep = but == Some(*seq);
            freed += if keep { 0 } else { cost::whose(whose.as_ref()) };
            keep
        });
        self.release(books, freed);
    }

    fn set_role(&mut self, books: &mut Books, user: &UserId, role: Option<Role>) {
        if !self.roster.members.contains_key(user) {
            self.charge(books, cost::member(user));
        }
        let unknown = Known { role: None, durable: None, in_tail: 0 };
        let known = self.roster.members.entry(user.clone()).or_insert(unknown);
        known.role = role;
        known.in_tail += 1;
    }
}

impl Roster {
    fn durable_role(&mut self, user: &UserId, role: Option<Role>) {
        let known = self.members.get_mut(user).expect("who changed in the tail is kept");
        known.durable = role;
    }
}

impl Summary {
    /// Someone went from one role to another.
    fn count(&mut self, from: Option<Role>, to: Option<Role>) {
        let step = |number: u32, before: bool, after: bool| match (before, after) {
            (false, true) => number + 1,
            (true, false) => number - 1,
            (true, true) | (false, false) => number,
        };
        self.members = step(self.members, from.is_some(), to.is_some());
        let owner = Some(Role::Owner);
        self.owners = step(self.owners, from == owner, to == owner);
    }
}
