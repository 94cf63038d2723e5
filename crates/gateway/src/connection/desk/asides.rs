//! What a connection asks beside messages: lists, members, typing, presence.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use link::ToOwner;
use model::{ConversationId, DeviceId, Kind, Listed, Member, Position, Refusal, UserId};
use tokio::time::Instant;
use wire::{About, Code, Frame, Presence, Problem, Proof};

use super::Desk;
use crate::clock;
use crate::connection::subs::Stage;
use crate::door::NotAdmitted;

/// One typing notice of a conversation in so long is passed on.
const TYPING_EVERY: Duration = Duration::from_secs(3);

/// A question that is out and is no page.
#[derive(Debug)]
pub(super) struct Asked {
    reference: Option<u64>,
    conversation: Option<ConversationId>,
}

impl Desk {
    pub(super) fn handle_list(
        &mut self,
        reference: Option<u64>,
        after: Option<ConversationId>,
        limit: u32,
    ) {
        let user = self.who.user.clone();
        let say = |request| ToOwner::GetList { request, user, after, limit };
        self.ask_view(Asked { reference, conversation: None }, say);
    }

    pub(super) fn handle_members(
        &mut self,
        reference: Option<u64>,
        conversation: ConversationId,
        after: Option<UserId>,
        limit: u32,
    ) {
        let asked = Asked { reference, conversation: Some(conversation.clone()) };
        if conversation.kind() == Kind::Open {
            return self.refuse(about(&asked), Refusal::NotFound);
        }
        let asker = self.who.user.clone();
        let say = |request| ToOwner::GetMembers { request, conversation, asker, after, limit };
        self.ask_view(asked, say);
    }

    fn ask_view(&mut self, asked: Asked, say: impl FnOnce(link::RequestId) -> ToOwner) {
        let number = self.number();
        match self.shared.owner.view(&self.mailbox, number, say) {
            Ok(()) => self.asked.insert(number, asked),
            Err(why) => {
                self.busy();
                self.refuse(about(&asked), why.into());
            }
        }
    }

    pub(super) fn handle_listed(&mut self, number: u64, conversations: Vec<Listed>) {
        if let Some(Asked { reference, .. }) = self.asked.remove(&number) {
            self.say(&Frame::Conversations { reference, conversations });
        }
    }

    pub(super) fn handle_members_came(&mut self, number: u64, count: u32, members: Vec<Member>) {
        if let Some(Asked { reference, conversation: Some(conversation) }) =
            self.asked.remove(&number)
        {
            self.say(&Frame::Members { reference, conversation, count, members });
        }
    }

    /// There will be no answer to a question about views. False = it was none.
    pub(super) fn view_failed(&mut self, number: u64, refusal: Option<&Refusal>) -> bool {
        let Some(asked) = self.asked.remove(&number) else { return false };
        let lost = || Refusal::from(crate::owner::NotAsked::NoLink);
        self.busy();
        self.refuse(about(&asked), refusal.cloned().unwrap_or_else(lost));
        true
    }

    /// How far the user has read: kept as a device's cursor is.
    pub(super) fn handle_mark(&mut self, conversation: ConversationId, position: Position) {
        // One that is lost is made up for by the next.
        self.shared.owner.tell(ToOwner::MoveCursor {
            conversation,
            user: self.who.user.clone(),
            device: DeviceId::read_mark(),
            epoch: position.epoch,
            seq: position.seq,
        });
    }

    pub(super) fn handle_typing(&mut self, conversation: ConversationId) {
        let now = Instant::now();
        let number = self.subs.number_of(&conversation);
        let sub = number.and_then(|number| self.subs.get_mut(number));
        let Some(sub) = sub.filter(|sub| matches!(sub.stage, Stage::Running(_))) else { return };
        if sub.typed.is_some_and(|typed| now - typed < TYPING_EVERY) {
            return;
        }
        sub.typed = Some(now);
        let user = self.who.user.clone();
        self.shared.owner.tell(ToOwner::Typing { conversation, user });
    }

    /// What was being typed there was said: what is typed from now on is another message.
    pub(super) fn may_type_again(&mut self, conversation: &ConversationId) {
        let number = self.subs.number_of(conversation);
        if let Some(sub) = number.and_then(|number| self.subs.get_mut(number)) {
            sub.typed = None;
        }
    }

    pub(super) fn handle_watch(&mut self, reference: Option<u64>, users: Vec<UserId>) {
        let wanted: BTreeSet<UserId> = users.into_iter().collect();
        for user in std::mem::take(&mut self.watched).difference(&wanted) {
            self.unwatch(user);
        }
        let known = wanted.iter().filter_map(|user| {
            let say = |what| self.shared.owner.say_or_break(what);
            let people = &self.shared.people;
            let online = people.watch(self.connection, user, &self.mailbox, say)?;
            Some(Presence { user: user.clone(), online })
        });
        let users = known.collect();
        self.watched = wanted;
        self.say(&Frame::Presence { reference, users });
    }

    pub(super) fn unwatch(&self, user: &UserId) {
        let say = |what| self.shared.owner.say_or_break(what);
        self.shared.people.unwatch(self.connection, user, say);
    }

    pub(super) fn handle_presence(&mut self, changed: Vec<(UserId, bool)>) {
        let users = changed.into_iter().map(|(user, online)| Presence { user, online });
        self.say(&Frame::Presence { reference: None, users: users.collect() });
    }

    /// A new token of the same user: the connection lives on with what it grants.
    pub(super) fn handle_refresh(&mut self, reference: Option<u64>, token: &Proof) {
        let door = Arc::clone(&self.shared.options.door);
        let Proof::Token(token) = token else { return };
        let refused = match door.verify(token) {
            Ok(grant) if grant.user() != &self.who.user || !grant.is_for(&self.who.device) => {
                NotAdmitted::never("the token is of another user or device than hello's")
            }
            Ok(grant) => {
                let expires_at = grant.expires_at();
                self.expires = Some(clock::instant_of(expires_at));
                self.who.grant = Some(Arc::new(grant));
                return self.say(&Frame::Refreshed { reference, expires_at });
            }
            Err(refused) => refused,
        };
        let about = About { reference, ..About::default() };
        let problem = Problem::never(about, Code::Unauthorized, refused.detail);
        self.say(&Frame::Problem(Problem { retry: refused.retry, ..problem }));
    }
}

fn about(asked: &Asked) -> About {
    let Asked { reference, conversation } = asked;
    About { reference: *reference, conversation: conversation.clone(), id: None }
}
