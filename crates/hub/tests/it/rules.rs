//! The table of `docs/protocol.md`, word for word, over a plain fold of what was said: a second
//! opinion on every permission.

use std::collections::BTreeMap;

use hub::{Summary, Whose};
use model::{Content, Draft, Message, Refusal, Role, Seq, UserId, Wall};

/// Who is in a conversation after some messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Roster {
    pub(crate) public: bool,
    pub(crate) roles: BTreeMap<UserId, Role>,
}

pub(crate) fn roster<'a>(said: impl IntoIterator<Item = &'a Message>) -> Option<Roster> {
    let mut roster: Option<Roster> = None;
    for message in said {
        match (&message.content, &mut roster) {
            (Content::Create { profile, members }, _) => {
                let roles = members.iter().map(|m| (m.user.clone(), m.role)).collect();
                roster = Some(Roster { public: profile.public, roles });
            }
            (Content::Member { user, role }, Some(roster)) => match role {
                Some(role) => drop(roster.roles.insert(user.clone(), *role)),
                None => drop(roster.roles.remove(user)),
            },
            (Content::Describe { profile }, Some(roster)) => roster.public = profile.public,
            _ => {}
        }
    }
    roster
}

pub(crate) fn summary(roster: &Roster) -> Summary {
    let count = |owners: bool| {
        let roles = roster.roles.values().filter(|role| !owners || **role == Role::Owner);
        u32::try_from(roles.count()).unwrap()
    };
    Summary { public: roster.public, members: count(false), owners: count(true) }
}

pub(crate) fn whose(said: &[Message], seq: Seq) -> Option<Whose> {
    let message = said.iter().find(|message| message.seq == seq)?;
    let is_text = matches!(message.content, Content::Text { .. });
    Some(Whose { author: message.sender.clone(), is_text })
}

pub(crate) fn judge(said: &[Message], draft: &Draft) -> Result<(), Refusal> {
    let Draft { conversation, sender, content, .. } = draft;
    let roster = roster(said);
    let prefix = conversation.as_str().get(..2).filter(|p| ["d:", "g:", "c:"].contains(p));
    let role_of = |user: &UserId| roster.as_ref().and_then(|r| r.roles.get(user).copied());
    let needs = |role: Role| {
        let allowed = role_of(sender).is_some_and(|mine| mine >= role);
        if allowed { Ok(()) } else { Err(Refusal::Forbidden { needs: role }) }
    };
    let Some(prefix) = prefix else { return judge_open(said, draft) };
    match content {
        Content::Create { .. } if roster.is_none() => return Ok(()),
        Content::Create { .. } if role_of(sender).is_some() => {
            return Err(Refusal::Exists { conversation: conversation.clone() });
        }
        Content::Member { user, role: Some(role) } if role_of(sender).is_none() => {
            let joins = matches!((prefix, role), ("g:", Role::Member) | ("c:", Role::Reader));
            let open = roster.as_ref().is_some_and(|roster| roster.public);
            let allowed = user == sender && joins && open;
            return if allowed { Ok(()) } else { Err(Refusal::NotFound) };
        }
        _ => {}
    }
    if role_of(sender).is_none() {
        return Err(Refusal::NotFound);
    }
    let direct = prefix == "d:";
    match content {
        Content::Text { reply_to, .. } => {
            needs(Role::Member)?;
            reply_to.map_or(Ok(()), |target| durable(said, target).map(|_| ()))
        }
        Content::React { target, .. } => text(said, *target).map(|_| ()),
        Content::Edit { target, .. } => {
            needs(Role::Member)?;
            own(said, *target, sender)
        }
        Content::Delete { target } if text(said, *target)?.sender == *sender => needs(Role::Member),
        Content::Delete { .. } | Content::Describe { .. } | Content::Member { .. } if direct => {
            needs(Role::Owner)
        }
        Content::Delete { .. } | Content::Describe { .. } => needs(Role::Admin),
        Content::Member { user, role } => {
            let before = role_of(user);
            let high = |role: Option<Role>| role >= Some(Role::Admin);
            if user == sender && *role <= before {
                // Stepping down, leaving, or staying.
            } else if high(before) && user != sender || high(*role) {
                needs(Role::Owner)?;
            } else {
                needs(Role::Admin)?;
            }
            let owners = |r: &Roster| r.roles.values().filter(|r| **r == Role::Owner).count();
            let last = roster.as_ref().is_some_and(|roster| owners(roster) == 1);
            if last && before == Some(Role::Owner) && *role != Some(Role::Owner) {
                return Err(Refusal::LastOwner);
            }
            Ok(())
        }
        Content::Create { .. }
        | Content::Expire { .. }
        | Content::Erase { .. }
        | Content::Gone { .. } => Err(Refusal::NotFound),
    }
}

fn judge_open(said: &[Message], draft: &Draft) -> Result<(), Refusal> {
    match &draft.content {
        Content::Text { reply_to, .. } => {
            reply_to.map_or(Ok(()), |target| durable(said, target).map(|_| ()))
        }
        Content::React { target, .. } => text(said, *target).map(|_| ()),
        Content::Edit { target, .. } | Content::Delete { target } => {
            own(said, *target, &draft.sender)
        }
        Content::Create { .. }
        | Content::Member { .. }
        | Content::Describe { .. }
        | Content::Expire { .. }
        | Content::Erase { .. }
        | Content::Gone { .. } => Err(Refusal::NotFound),
    }
}

fn durable(said: &[Message], target: Seq) -> Result<&Message, Refusal> {
    let there = said.iter().find(|m| m.seq == target && m.received_at != Wall(0));
    there.ok_or(Refusal::NoSuchMessage { target })
}

fn text(said: &[Message], target: Seq) -> Result<&Message, Refusal> {
    let message = durable(said, target)?;
    let is_text = matches!(message.content, Content::Text { .. });
    if is_text { Ok(message) } else { Err(Refusal::NoSuchMessage { target }) }
}

fn own(said: &[Message], target: Seq, sender: &UserId) -> Result<(), Refusal> {
    let mine = text(said, target)?.sender == *sender;
    if mine { Ok(()) } else { Err(Refusal::NoSuchMessage { target }) }
}
