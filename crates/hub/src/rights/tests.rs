use super::*;

const READER: Role = Role::Reader;
const MEMBER: Role = Role::Member;
const ADMIN: Role = Role::Admin;
const OWNER: Role = Role::Owner;

/// The lowest role that may, and that every higher one may too.
fn needs(kind: Kind, act: Act) -> Option<Role> {
    let first = Role::ALL.into_iter().find(|role| may(kind, *role, act).is_ok())?;
    for role in Role::ALL {
        let expected =
            if role >= first { Ok(()) } else { Err(Refusal::Forbidden { needs: first }) };
        assert_eq!(may(kind, role, act), expected, "{kind:?} {role} {act:?}");
    }
    Some(first)
}

#[test]
fn every_act_takes_the_role_that_the_protocol_says() {
    let other = |from, to| Act::SetOther { from, to };
    let table = [
        (Act::React, READER, READER),
        (Act::Speak, MEMBER, MEMBER),
        (Act::ChangeOwn, MEMBER, MEMBER),
        (Act::DeleteOfOthers, OWNER, ADMIN),
        (Act::Describe, OWNER, ADMIN),
        (other(None, Some(MEMBER)), OWNER, ADMIN),
        (other(None, Some(READER)), OWNER, ADMIN),
        (other(Some(MEMBER), None), OWNER, ADMIN),
        (other(Some(MEMBER), Some(READER)), OWNER, ADMIN),
        (other(Some(READER), Some(MEMBER)), OWNER, ADMIN),
        (other(None, Some(ADMIN)), OWNER, OWNER),
        (other(Some(MEMBER), Some(ADMIN)), OWNER, OWNER),
        (other(Some(MEMBER), Some(OWNER)), OWNER, OWNER),
        (other(Some(ADMIN), Some(MEMBER)), OWNER, OWNER),
        (other(Some(ADMIN), None), OWNER, OWNER),
        (other(Some(OWNER), Some(READER)), OWNER, OWNER),
        (other(Some(OWNER), None), OWNER, OWNER),
    ];
    for (act, direct, others) in table {
        assert_eq!(needs(Kind::Direct, act), Some(direct), "{act:?}");
        assert_eq!(needs(Kind::Group, act), Some(others), "{act:?}");
        assert_eq!(needs(Kind::Channel, act), Some(others), "{act:?}");
    }
}

#[test]
fn everyone_may_step_down_or_leave_and_nobody_raises_themselves() {
    for kind in [Kind::Group, Kind::Channel] {
        for role in Role::ALL {
            for to in Role::ALL.map(Some).into_iter().chain([None]) {
                let allowed = may(kind, role, Act::SetOwn { to }).is_ok();
                // An admin could give the roles up to member to anyone; so to themselves.
                assert_eq!(allowed, to <= Some(role), "{role} to {to:?}");
            }
        }
    }
    // Nobody leaves a direct conversation.
    assert!(may(Kind::Direct, MEMBER, Act::SetOwn { to: None }).is_err());
}

#[test]
fn who_joins_by_themselves_reads_a_channel_and_speaks_in_a_group() {
    assert_eq!(role_of_joiner(Kind::Channel), Some(READER));
    assert_eq!(role_of_joiner(Kind::Group), Some(MEMBER));
    assert_eq!(role_of_joiner(Kind::Direct), None);
    assert_eq!(role_of_joiner(Kind::Open), None);
}
