//! MessagePack says what JSON says, in no more bytes; and no bytes do harm.

use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};
use wire::{
    Code, Command, Encoding, Frame, FrameError, decode_binary_command, decode_binary_frame,
    decode_command, decode_frame, encode_binary_message, encode_message, is_map,
};

use crate::any;

/// What stands in a frame, whatever it means.
fn value(bytes: &[u8]) -> Value {
    rmp_serde::from_slice(bytes).unwrap()
}

fn packed(value: &Value) -> Vec<u8> {
    rmp_serde::to_vec(value).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_command_is_the_same_in_both_encodings(command in any::command()) {
        let (text, bytes) = (command.encode(), command.encode_binary());
        prop_assert_eq!(value(&bytes), serde_json::from_str::<Value>(&text).unwrap());
        prop_assert!(bytes.len() <= text.len(), "{} bytes for {text}", bytes.len());
        prop_assert!(is_map(&bytes));
        prop_assert_eq!(decode_binary_command(&bytes), Ok(command));
    }

    #[test]
    fn a_frame_is_the_same_in_both_encodings(frame in any::frame()) {
        let (text, bytes) = (frame.encode(), frame.encode_binary());
        prop_assert_eq!(value(&bytes), serde_json::from_str::<Value>(&text).unwrap());
        prop_assert!(bytes.len() <= text.len(), "{} bytes for {text}", bytes.len());
        prop_assert_eq!(decode_frame(&text), decode_binary_frame(&bytes));
        prop_assert_eq!(decode_binary_frame(&bytes), Ok(frame));
    }

    #[test]
    fn any_bytes_are_read_or_refused_as_a_bad_frame(bytes: Vec<u8>, first in 0x80_u8..=0x8f) {
        for bytes in [bytes.clone(), [vec![first], bytes].concat()] {
            if let Err(problem) = decode_binary_command(&bytes) {
                prop_assert_eq!(problem.code, Code::BadFrame);
                prop_assert!(problem.detail.chars().count() < 500, "{}", problem.detail);
            }
            let _ = decode_binary_frame(&bytes);
        }
    }

    #[test]
    fn a_frame_that_lost_or_changed_a_byte_does_no_harm_in_binary(
        command in any::command(), frame in any::frame(), at: Index, other: u8, cut: bool,
    ) {
        for mut bytes in [command.encode_binary(), frame.encode_binary()] {
            let at = at.index(bytes.len());
            if cut { bytes.truncate(at) } else { bytes[at] = other }
            prop_assert!(!(cut && is_map(&bytes)), "half a map is none");
            let _ = decode_binary_command(&bytes);
            let _ = decode_binary_frame(&bytes);
        }
    }

    /// Whatever is wrong with a frame, both encodings say the same about it.
    #[test]
    fn a_command_with_a_wrong_field_is_refused_in_the_same_words(
        command in any::command(),
        field in prop::sample::select(vec!["ref", "type", "conversation", "body", "from", "limit", "id"]),
        wrong in prop::sample::select(vec![json!(null), json!(-1), json!(1.5), json!("a b"), json!([1]), json!({"last": "x"})]),
    ) {
        let mut fields: Value = serde_json::from_str(&command.encode()).unwrap();
        fields[field] = wrong;
        prop_assert_eq!(decode_binary_command(&packed(&fields)), decode_command(&fields.to_string()));
    }
}

fn refused(bytes: &[u8]) -> String {
    let Err(FrameError::Bad { why, .. }) = decode_binary_frame(bytes) else {
        panic!("{bytes:02x?} is no frame");
    };
    assert!(!is_map(bytes));
    let problem = decode_binary_command(bytes).unwrap_err();
    assert!(problem.detail.contains(&why), "{}", problem.detail);
    why
}

#[test]
fn what_is_no_map_is_refused_and_named() {
    assert_eq!(refused(b""), "it does not begin as a map");
    assert_eq!(refused(br#"{"type":"ping"}"#), "it does not begin as a map");
    assert_eq!(refused(&packed(&json!(["ping"]))), "it does not begin as a map");
    let ping = packed(&json!({"type": "ping"}));
    assert_eq!(refused(&[&ping[..], &[0]].concat()), "1 bytes stand behind the map");
    assert_eq!(refused(&ping[..ping.len() - 1]), "it ends where 4 more bytes had to come");
    assert_eq!(refused(&[0x81, 0xa1, b'x', 0xc1]), "it has the byte 0xc1, which means nothing");
    // A number that counts the fields would else be taken for a name.
    assert_eq!(
        refused(&[0x81, 0x00, 0xa4, b'p', b'i', b'n', b'g']),
        "the name of a field is FixPos(0), not a text"
    );
}

#[test]
fn a_length_without_its_bytes_is_refused_before_anything_is_read() {
    let most = [0xff; 4];
    for marker in [0xdd, 0xdf, 0xdb, 0xc6, 0xc9] {
        let bytes = [&[0x81, 0xa1, b'x', marker], &most[..]].concat();
        assert!(refused(&bytes).starts_with("it ends where"), "{marker:#x}");
    }
    assert!(refused(&[&[0xdf], &most[..]].concat()).starts_with("it ends where"));
}

#[test]
fn a_frame_has_its_most_depth() {
    let nested = |lists: usize| {
        let mut bytes = vec![0x82, 0xa1, b'x'];
        bytes.extend(vec![0x91; lists - 1]);
        bytes.extend([0x90, 0xa4, b't', b'y', b'p', b'e', 0xa4, b'p', b'i', b'n', b'g']);
        bytes
    };
    assert_eq!(decode_binary_command(&nested(127)), Ok(Command::Ping { reference: None }));
    assert_eq!(refused(&nested(128)), "it is deeper than 128");
    assert_eq!(refused(&nested(60_000)), "it is deeper than 128");
}

#[test]
fn what_json_has_not_is_skipped_in_unknown_fields_and_refused_in_known_ones() {
    // An extension, bytes, a float that is no number.
    let strange: [&[u8]; 3] =
        [&[0xd6, 1, 0, 0, 0, 0], &[0xc4, 2, b'h', b'i'], &[0xca, 0x7f, 0xc0, 0, 0]];
    for value in strange {
        let with = |name: &[u8]| {
            let name = [&[0xa0 | u8::try_from(name.len()).unwrap()], name].concat();
            [&[0x82], &packed(&json!("type"))[..], &packed(&json!("unsubscribe")), &name, value]
                .concat()
        };
        let problem = decode_binary_command(&with(b"x")).unwrap_err();
        assert!(problem.detail.contains("`conversation` is missing"), "{}", problem.detail);
        assert!(decode_binary_command(&with(b"conversation")).is_err());
    }
}

#[test]
fn a_message_is_encoded_without_a_frame_around_it() {
    let text = r#"{"type":"message","conversation":"tea","epoch":1,"seq":1,"ordinal":1,
        "id":"00000000000000ab-1","sender":"ann","body":"hi","lamport":[1,"00000000000000ab"],
        "seen_seq":0,"sent_at":0,"received_at":0}"#;
    let Ok(Frame::Message { epoch, message }) = decode_frame(text) else { panic!("{text}") };
    let bytes = encode_binary_message(epoch, &message);
    let told: Value = serde_json::from_str(&encode_message(epoch, &message)).unwrap();
    assert_eq!(value(&bytes), told);
}

#[test]
fn a_sub_protocol_names_its_encoding() {
    for encoding in Encoding::ALL {
        assert_eq!(Encoding::of_subprotocol(encoding.subprotocol()), Some(encoding));
    }
    assert_eq!(Encoding::of_subprotocol("hubbub.v2.json"), None);
    assert_eq!(Encoding::default().subprotocol(), "hubbub.v1.json");
}
