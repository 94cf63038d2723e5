//! What goes in comes out, and no text does harm.

use proptest::prelude::*;
use proptest::sample::Index;
use wire::{Code, decode_command, decode_frame, is_json_object};

use crate::any;

/// Texts that look like frames, more or less.
#[expect(clippy::too_many_lines, reason = "a list")]
fn nearly() -> impl Strategy<Value = String> {
    let json = prop_oneof![
        any::<i64>().prop_map(|number| number.to_string()),
        prop::sample::select(vec![
            "null",
            "true",
            "1e400",
            "-0",
            "\"\"",
            "\"start\"",
            "\"latest\"",
            "[]",
            "{}",
            "{\"last\":1}",
            "{\"after\":{}}",
            "\"00000000000000ab-3\"",
            "\"\\ud800\"",
        ])
        .prop_map(str::to_owned),
        ".{0,10}".prop_map(|text| format!("{text:?}")),
    ];
    let name = prop::sample::select(vec![
        "ref",
        "user",
        "device",
        "instance",
        "id",
        "conversation",
        "body",
        "lamport",
        "seen_seq",
        "sent_at",
        "from",
        "epoch",
        "seq",
        "limit",
        "head",
        "next",
        "messages",
        "code",
        "retry",
        "kind",
        "target",
        "reply_to",
        "reaction",
        "on",
        "name",
        "topic",
        "public",
        "members",
        "role",
        "with",
        "users",
        "after",
        "token",
    ]);
    let kind = prop::sample::select(vec![
        "hello",
        "send",
        "subscribe",
        "unsubscribe",
        "ack",
        "read",
        "ping",
        "sent",
        "message",
        "page",
        "problem",
        "subscribed",
        "welcome",
        "edit",
        "delete",
        "react",
        "create",
        "member",
        "describe",
        "list",
        "members",
        "watch",
        "conversations",
        "presence",
        "x",
    ]);
    (kind, prop::collection::vec((name, json), 0..8)).prop_map(|(kind, fields)| {
        let fields = fields.into_iter().map(|(name, value)| format!(",\"{name}\":{value}"));
        format!("{{\"type\":\"{kind}\"{}}}", fields.collect::<String>())
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_command_reads_back(command in any::command()) {
        prop_assert_eq!(decode_command(&command.encode()), Ok(command));
    }

    #[test]
    fn a_frame_reads_back(frame in any::frame()) {
        prop_assert_eq!(decode_frame(&frame.encode()), Ok(frame));
    }

    #[test]
    fn any_text_is_read_or_refused_as_a_bad_frame(text in prop_oneof![".{0,200}", nearly()]) {
        if let Err(problem) = decode_command(&text) {
            prop_assert_eq!(problem.code, Code::BadFrame);
            prop_assert!(problem.detail.chars().count() < 300, "{}", problem.detail);
        }
        let _ = decode_frame(&text);
        let _ = is_json_object(&text);
    }

    #[test]
    fn a_frame_that_lost_or_changed_a_byte_does_no_harm(
        command in any::command(), frame in any::frame(), at: Index, other: char, cut: bool,
    ) {
        for text in [command.encode(), frame.encode()] {
            let mut chars = text.chars().collect::<Vec<_>>();
            let at = at.index(chars.len());
            if cut { chars.truncate(at) } else { chars[at] = other }
            let text = chars.into_iter().collect::<String>();
            let _ = decode_command(&text);
            let _ = decode_frame(&text);
        }
    }
}
