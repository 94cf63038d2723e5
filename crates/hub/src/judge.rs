//! Permission, at the point of sequencing: by the roles that everything sequenced before has left.

use model::bounds::{CHANNEL_MEMBERS_MAX, CREATE_MEMBERS_MAX, GROUP_MEMBERS_MAX};
use model::{Content, ConversationId, Draft, Kind, Member, Refusal, Role, Seq, UserId};

use crate::conversation::Conversation;
use crate::rights::{Act, may, role_of_joiner};
use crate::roster::{Want, Whose};

/// Why a draft is not sequenced as it stands.
#[derive(Debug)]
pub(crate) enum Judged {
    Refused(Refusal),
    /// Something has to be loaded first.
    Wants(Want),
}

impl From<Want> for Judged {
    fn from(want: Want) -> Self {
        Self::Wants(want)
    }
}

impl From<Refusal> for Judged {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl Conversation {
    /// Whether the sender may do this, and may do it here.
    pub(crate) fn judge(&self, draft: &Draft) -> Result<(), Judged> {
        if draft.sender == UserId::keeper() {
            return Ok(self.judge_keeper(&draft.content)?);
        }
        match &draft.content {
            Content::Expire { .. } | Content::Erase { .. } | Content::Gone { .. } => {
                Err(Refusal::NotFound.into())
            }
            Content::Create { members, .. } => self.judge_create(draft, members),
            Content::Member { user, role } => self.judge_member(&draft.sender, user, *role),
            Content::Describe { .. } => self.judge_act(&draft.sender, Act::Describe),
            Content::Text { reply_to, .. } => {
                self.judge_act_or_open(&draft.sender, Act::Speak)?;
                reply_to.map_or(Ok(()), |target| self.within(target).map_err(Judged::from))
            }
            Content::React { target, .. } => {
                self.judge_act_or_open(&draft.sender, Act::React)?;
                self.text(*target).map(|_| ())
            }
            Content::Edit { target, .. } => {
                self.judge_act_or_open(&draft.sender, Act::ChangeOwn)?;
                self.own(&draft.sender, *target)
            }
            Content::Delete { target } => {
                // Whether it is one's own is only told to those who may read.
                self.judge_act_or_open(&draft.sender, Act::React)?;
                if self.text(*target)?.author == draft.sender {
                    self.judge_act_or_open(&draft.sender, Act::ChangeOwn)
                } else if self.kind == Kind::Open {
                    Err(Refusal::NoSuchMessage { target: *target }.into())
                } else {
                    self.judge_act(&draft.sender, Act::DeleteOfOthers)
                }
            }
        }
    }

    /// The house itself: it says what is gone, and nothing else. What has to go stands here.
    fn judge_keeper(&self, content: &Content) -> Result<(), Refusal> {
        match content {
            Content::Expire { first: target } => {
                let left = self.tail.first.next()..=self.tail.head.next();
                let there = left.contains(target).then_some(());
                there.ok_or(Refusal::NoSuchMessage { target: *target })
            }
            Content::Erase { .. } => Ok(()),
            Content::Text { .. }
            | Content::Edit { .. }
            | Content::Delete { .. }
            | Content::React { .. }
            | Content::Create { .. }
            | Content::Member { .. }
            | Content::Describe { .. }
            | Content::Gone { .. } => Err(Refusal::NotFound),
        }
    }

    fn judge_create(&self, draft: &Draft, members: &[Member]) -> Result<(), Judged> {
        let name = match self.kind {
            Kind::Open => return Err(Refusal::NotFound.into()),
            Kind::Group => ConversationId::group(draft.id),
            Kind::Channel => ConversationId::channel(draft.id),
            Kind::Direct => {
                let with = members.get(1).map_or(&draft.sender, |other| &other.user);
                ConversationId::direct(&draft.sender, with)
            }
        };
        let author_first = members.first().is_some_and(|first| first.user == draft.sender);
        if name != self.id || !author_first {
            return Err(Refusal::NotFound.into());
        }
        if members.len() > CREATE_MEMBERS_MAX + 1 {
            return Err(Refusal::TooManyMembers { most: GROUP_MEMBERS_MAX }.into());
        }
        match self.roster.now {
            None => Ok(()),
            Some(_) if self.roster.role(&draft.sender)?.is_some() => {
                Err(Refusal::Exists { conversation: self.id.clone() }.into())
            }
            Some(_) => Err(Refusal::NotFound.into()),
        }
    }

    fn judge_member(&self, sender: &UserId, user: &UserId, to: Option<Role>) -> Result<(), Judged> {
        let Some(summary) = self.roster.now else { return Err(Refusal::NotFound.into()) };
        let Some(role) = self.roster.role(sender)? else {
            let joins = summary.public && user == sender && to == role_of_joiner(self.kind);
            let allowed = if joins && to.is_some() { Ok(()) } else { Err(Refusal::NotFound) };
            return Ok(allowed.and_then(|()| room_for_one(self.kind, summary.members))?);
        };
        let from = if user == sender { Some(role) } else { self.roster.role(user)? };
        let act = if user == sender { Act::SetOwn { to } } else { Act::SetOther { from, to } };
        may(self.kind, role, act)?;
        if from == Some(Role::Owner) && to != from && summary.owners == 1 {
            return Err(Refusal::LastOwner.into());
        }
        if from.is_none() && to.is_some() {
            room_for_one(self.kind, summary.members)?;
        }
        Ok(())
    }

    fn judge_act_or_open(&self, sender: &UserId, act: Act) -> Result<(), Judged> {
        if self.kind == Kind::Open { Ok(()) } else { self.judge_act(sender, act) }
    }

    fn judge_act(&self, sender: &UserId, act: Act) -> Result<(), Judged> {
        let role = if self.kind == Kind::Open { None } else { self.roster.role(sender)? };
        let role = role.ok_or(Refusal::NotFound)?;
        Ok(may(self.kind, role, act)?)
    }

    /// A place where something durable stands.
    fn within(&self, target: Seq) -> Result<(), Refusal> {
        if target >= self.tail.first && target <= self.tail.head {
            Ok(())
        } else {
            Err(Refusal::NoSuchMessage { target })
        }
    }

    /// Whose text stands there.
    fn text(&self, target: Seq) -> Result<Whose, Judged> {
        self.within(target)?;
        let whose = match self.tail.get(target) {
            Some(entry) => Some(Whose {
                author: entry.message.sender.clone(),
                is_text: entry.message.content.is_text(),
            }),
            None => self.roster.text(target)?.cloned(),
        };
        let whose = whose.filter(|whose| whose.is_text);
        whose.ok_or_else(|| Refusal::NoSuchMessage { target }.into())
    }

    fn own(&self, sender: &UserId, target: Seq) -> Result<(), Judged> {
        if self.text(target)?.author == *sender {
            Ok(())
        } else {
            Err(Refusal::NoSuchMessage { target }.into())
        }
    }
}

/// Whether one more may become a member where there are so many.
fn room_for_one(kind: Kind, members: u32) -> Result<(), Refusal> {
    let most = match kind {
        Kind::Channel => CHANNEL_MEMBERS_MAX,
        Kind::Open | Kind::Direct | Kind::Group => GROUP_MEMBERS_MAX,
    };
    if members < most { Ok(()) } else { Err(Refusal::TooManyMembers { most }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_has_ten_thousand_members_and_a_channel_a_million() {
        for (kind, most) in [(Kind::Group, 10_000), (Kind::Channel, 1_000_000)] {
            assert_eq!(room_for_one(kind, most - 1), Ok(()));
            assert_eq!(room_for_one(kind, most), Err(Refusal::TooManyMembers { most }));
        }
    }
}
