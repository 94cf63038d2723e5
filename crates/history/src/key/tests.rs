use model::bounds::NAME_MAX_BYTES;
use proptest::prelude::*;

use super::*;

fn conversation(name: &str) -> ConversationId {
    ConversationId::new(name).unwrap()
}

fn user(name: &str) -> UserId {
    UserId::new(name).unwrap()
}

#[test]
fn keys_are_stored_as_they_always_were() {
    let mut keys = Keys::new();
    let (room, ann) = (conversation("r"), user("a"));
    let id = MessageId { instance: InstanceId(0x0102), counter: 3 };
    assert_eq!(keys.head(&room), b"\0\0r");
    assert_eq!(keys.message(&room, Seq(258)), b"\0\0r\0\0\0\0\0\0\0\x01\x02");
    assert_eq!(keys.author(&room, &ann, id.instance), b"\0\0r\0a\0\0\0\0\0\0\0\x01\x02");
    assert_eq!(keys.id(&room, &ann, id), b"\0\0r\0a\0\0\0\0\0\0\0\x01\x02\0\0\0\0\0\0\0\x03");
    assert_eq!(keys.cursor(&room, &ann, &DeviceId::new("d").unwrap()), b"\0\0r\0a\0d");
}

#[test]
fn the_longest_key_fits_the_buffer_it_is_built_in() {
    let name = "n".repeat(NAME_MAX_BYTES);
    let reaction = Reaction::new(&"x".repeat(REACTION_MAX_BYTES)).unwrap();
    let mut keys = Keys::new();
    let longest = keys.reaction(&conversation(&name), Seq(u64::MAX), &user(&name), &reaction);
    assert_eq!(longest.len(), KEY_MAX_BYTES);
}

#[test]
fn what_is_no_key_of_a_head_names_no_conversation() {
    for key in [&b""[..], b"\0", b"\0\0", b"\0\x01r", b"\0\0r\0", b"\0\0\xff"] {
        assert_eq!(conversation_of_head(key), None, "{key:?}");
    }
    assert_eq!(conversation_of_head(b"\0\0r"), Some(conversation("r")));
    assert_eq!(last_number(b"short"), None);
}

proptest! {
    #[test]
    fn keys_sort_as_their_names_and_numbers_do(
        names in prop::array::uniform2("[a-zA-Z0-9.:_-]{1,3}"), numbers: [u64; 2],
    ) {
        let [left, right] = names.map(|name| conversation(&name));
        let [one, other] = numbers.map(Seq);
        let (mut a, mut b) = (Keys::new(), Keys::new());
        prop_assert_eq!(a.head(&left).cmp(b.head(&right)), left.cmp(&right));
        prop_assert_eq!(
            a.message(&left, one).cmp(b.message(&right, other)),
            (&left, one).cmp(&(&right, other))
        );
    }

    #[test]
    fn no_authors_keys_lie_under_the_prefix_of_another(
        names in prop::array::uniform4("[a-zA-Z0-9.:_-]{1,3}"), numbers: [u64; 2], counter: u64,
    ) {
        let [room, other_room, sender, other_sender] = &names;
        let [instance, other_instance] = numbers.map(InstanceId);
        let (mut prefix, mut key) = (Keys::new(), Keys::new());
        let prefix = prefix.author(&conversation(room), &user(sender), instance);
        let id = MessageId { instance: other_instance, counter };
        let key = key.id(&conversation(other_room), &user(other_sender), id);
        let same = (room, sender, instance) == (other_room, other_sender, other_instance);
        prop_assert_eq!(key.starts_with(prefix), same);
    }
}
