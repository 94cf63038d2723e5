//! What is no text: edits, deletions, reactions, rooms, members and roles. Much of it is not allowed, on
//! purpose: whether it was is judged afterwards, from what everyone saw.

use std::collections::VecDeque;
use std::sync::PoisonError;

use model::{Body, Content, ConversationId, Kind, Line, Profile, Reaction, Role, Seq, UserId};
use wire::New;

use super::Settings;
use super::player::Player;
use crate::dice::Dice;
use crate::rooms;

/// Who reads everything in the end: a member of every room, whom nobody removes.
pub(crate) const SWEEPER: &str = "sweep";

/// Rooms of one process.
const ROOMS_MAX: usize = 10;

/// Texts of a conversation that are remembered, to be changed.
const TEXTS_MAX: usize = 24;

/// Of 100 changes, so many are of texts; the others of members and names.
const OF_TEXTS_PERCENT: u64 = 50;

/// The latest texts of a conversation: where, and whether it is one's own.
pub(super) type Texts = VecDeque<(Seq, bool)>;

pub(super) fn remember(texts: &mut Texts, seq: Seq, mine: bool) {
    if texts.len() == TEXTS_MAX {
        texts.pop_front();
    }
    texts.push_back((seq, mine));
}

impl Settings {
    /// A room that is there: from now on everyone may use it.
    pub(super) fn opened(&self, room: &ConversationId) {
        let mut known = self.rooms.lock().unwrap_or_else(PoisonError::into_inner);
        if known.contains(room) {
            return;
        }
        known.push(room.clone());
        // What is not named is not read in the end, and then the judgement says so.
        let _outcome = rooms::add(&self.histories, room);
    }

    pub(super) fn any_room(&self, dice: &mut Dice) -> Option<ConversationId> {
        let rooms = self.rooms.lock().unwrap_or_else(PoisonError::into_inner);
        dice.pick(&rooms).cloned()
    }

    fn anyone(&self, dice: &mut Dice) -> Option<UserId> {
        let number = dice.below(usize::try_from(self.sessions).unwrap_or(1));
        UserId::new(&format!("{}-u{number}", self.name)).ok()
    }

    fn has_room_for_one(&self) -> bool {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner).len() < ROOMS_MAX
    }
}

impl Player<'_> {
    /// Changes something, somewhere.
    pub(super) async fn change(&mut self, dice: &mut Dice) {
        if self.settings.has_room_for_one() && dice.percent(20) {
            return self.make_room(dice).await;
        }
        let of_texts = dice.percent(OF_TEXTS_PERCENT);
        // Whoever made a room may change who is in it; others mostly may not.
        let own = if of_texts || dice.percent(20) { None } else { dice.pick(&self.owned).cloned() };
        let name = own.unwrap_or_else(|| self.any_conversation(dice));
        let of_texts = of_texts || name.kind() == Kind::Open;
        let content = if of_texts { self.of_a_text(dice, &name) } else { self.of_the_room(dice) };
        if let Some(content) = content
            && self.handle.say(name, content).await.is_ok()
        {
            self.tally.said += 1;
        }
    }

    async fn make_room(&mut self, dice: &mut Dice) {
        let mut others: Vec<UserId> = (0..3).filter_map(|_| self.settings.anyone(dice)).collect();
        others.extend(UserId::new(SWEEPER));
        let public = dice.percent(50);
        let Ok(name) = Line::new("a room") else { return };
        let profile = Profile { name, topic: Line::default(), public };
        let what = if dice.percent(70) {
            New::Group(profile, others)
        } else {
            New::Channel(profile, others)
        };
        if self.handle.create(what).await.is_ok() {
            self.tally.said += 1;
        }
    }

    fn of_a_text(&self, dice: &mut Dice, name: &ConversationId) -> Option<Content> {
        let texts: Vec<&(Seq, bool)> = self.texts.get(name)?.iter().collect();
        let &&(target, mine) = dice.pick(&texts)?;
        Some(match dice.below(10) {
            0..=2 if mine || dice.percent(20) => {
                let body = Body::new(&format!("mended {:016x}", dice.any())).ok()?;
                Content::Edit { target, body }
            }
            3 if mine || dice.percent(20) => Content::Delete { target },
            4 => {
                let body = Body::new(&format!("an answer {:016x}", dice.any())).ok()?;
                Content::Text { body, reply_to: Some(target) }
            }
            _ => {
                let text = *dice.pick(&["+1", "heart", "tea"])?;
                Content::React { target, reaction: Reaction::new(text).ok()?, on: dice.percent(70) }
            }
        })
    }

    fn of_the_room(&self, dice: &mut Dice) -> Option<Content> {
        if dice.percent(10) {
            let name = Line::new(&format!("room {}", dice.below(100))).ok()?;
            let profile = Profile { name, topic: Line::default(), public: dice.percent(50) };
            return Some(Content::Describe { profile });
        }
        let user = self.settings.anyone(dice)?;
        let roles = [None, Some(Role::Reader), Some(Role::Member), Some(Role::Admin)];
        let role = *dice.pick(&roles)?;
        let owner = dice.percent(10);
        Some(Content::Member { user, role: if owner { Some(Role::Owner) } else { role } })
    }
}
