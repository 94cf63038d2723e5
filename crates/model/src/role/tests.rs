use super::*;
use crate::InstanceId;

fn user(name: &str) -> UserId {
    UserId::new(name).unwrap()
}

#[test]
fn the_kind_of_a_conversation_is_in_its_name() {
    let id = MessageId { instance: InstanceId(0xab), counter: 7 };
    assert_eq!(ConversationId::group(id).as_str(), "g:00000000000000ab-7");
    assert_eq!(ConversationId::group(id).kind(), Kind::Group);
    assert_eq!(ConversationId::channel(id).kind(), Kind::Channel);
    for open in ["general", "d", "direct:x", "G:x", ":", "x:g:"] {
        assert_eq!(ConversationId::new(open).unwrap().kind(), Kind::Open, "{open}");
    }
}

#[test]
fn two_users_have_one_direct_conversation_whoever_begins_and_it_never_moves() {
    let (ada, bob) = (user("ada"), user("bob"));
    let both = ConversationId::direct(&ada, &bob);
    assert_eq!(both, ConversationId::direct(&bob, &ada));
    assert_eq!(both.kind(), Kind::Direct);
    assert_ne!(both, ConversationId::direct(&user("ad"), &user("abob")));
    assert_eq!(both.as_str(), "d:6a93777b4583dd652e1d460a0169f9d9", "stored: never change it");
}

#[test]
fn roles_keep_their_names_and_numbers() {
    for role in Role::ALL {
        assert_eq!(Role::of_name(role.name()), Some(role));
        assert_eq!(Role::of_stored(role.stored()), Some(role));
    }
    assert_eq!(Role::of_name("none"), None);
    assert_eq!(Role::of_stored(0), None);
    assert!(Role::Reader < Role::Member && Role::Member < Role::Admin && Role::Admin < Role::Owner);
}
