//! Who may do what in a governed conversation: the table of `docs/protocol.md`, as a function.

use model::{Kind, Refusal, Role};

/// What someone is about to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    Speak,
    React,
    /// Change or delete a text of one's own.
    ChangeOwn,
    DeleteOfOthers,
    Describe,
    /// Give oneself another role, or none.
    SetOwn {
        to: Option<Role>,
    },
    /// Give another one a role, or none.
    SetOther {
        from: Option<Role>,
        to: Option<Role>,
    },
}

/// Whether someone of this role may do it; what is about numbers (the last owner, the most members)
/// is not judged here.
pub(crate) fn may(kind: Kind, role: Role, act: Act) -> Result<(), Refusal> {
    let needs = match (kind, act) {
        (_, Act::React) => Role::Reader,
        (_, Act::Speak | Act::ChangeOwn) => Role::Member,
        // Nobody owns a direct conversation: it stays as it is.
        (Kind::Direct, _) => Role::Owner,
        (_, Act::DeleteOfOthers | Act::Describe) => Role::Admin,
        (_, Act::SetOwn { to }) if to <= Some(role) => Role::Reader,
        (_, Act::SetOwn { to }) => to_give(to),
        (_, Act::SetOther { from, to }) => to_give(from).max(to_give(to)),
    };
    if role >= needs { Ok(()) } else { Err(Refusal::Forbidden { needs }) }
}

/// What it takes to give or take a role.
const fn to_give(role: Option<Role>) -> Role {
    match role {
        None | Some(Role::Reader | Role::Member) => Role::Admin,
        Some(Role::Admin | Role::Owner) => Role::Owner,
    }
}

/// As what someone comes in by themselves, where the conversation is public.
pub(crate) const fn role_of_joiner(kind: Kind) -> Option<Role> {
    match kind {
        Kind::Group => Some(Role::Member),
        Kind::Channel => Some(Role::Reader),
        Kind::Open | Kind::Direct => None,
    }
}

#[cfg(test)]
mod tests;
