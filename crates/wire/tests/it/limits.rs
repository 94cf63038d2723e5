//! Every limit, at its edge.

use model::bounds::{
    BODY_MAX_BYTES, COUNTER_MAX, CREATE_MEMBERS_MAX, NAME_MAX_BYTES, PAGE_MAX_MESSAGES,
    PROFILE_NAME_MAX_BYTES, REACTION_MAX_BYTES, REACTIONS_COUNTED_MAX, TOPIC_MAX_BYTES,
};
use model::{
    Body, Change, ConversationId, Counted, Epoch, Message, MessageId, Ordinal, Reaction, Seq,
    UserId, Wall,
};
use serde_json::json;
use wire::{
    Command, FRAME_MAX_BYTES, Frame, PAGE_FRAME_MAX_BYTES, PROOF_MAX_BYTES, Post, WATCHED_MAX,
    decode_command, decode_frame,
};

use crate::frames::message;

fn taken(command: &serde_json::Value) -> bool {
    decode_command(&command.to_string()).is_ok()
}

fn send(field: &str, value: serde_json::Value) -> serde_json::Value {
    let mut send = json!({"type": "send", "id": "00000000000000ab-3", "conversation": "tea",
        "body": "hi", "lamport": 1, "seen_seq": 0, "sent_at": 0});
    send[field] = value;
    send
}

#[test]
fn numbers_end_at_two_to_the_53_minus_1() {
    for field in ["ref", "lamport", "seen_seq", "sent_at"] {
        assert!(taken(&send(field, json!(COUNTER_MAX))), "{field}");
        assert!(!taken(&send(field, json!(COUNTER_MAX + 1))), "{field}");
        assert!(!taken(&send(field, json!(u64::MAX))), "{field}");
    }
    let id = |counter| send("id", json!(format!("00000000000000ab-{counter}")));
    assert!(taken(&id(COUNTER_MAX)) && !taken(&id(COUNTER_MAX + 1)));
    let ack = |epoch: u64, seq: u64| {
        taken(&json!({"type": "ack", "conversation": "tea", "epoch": epoch, "seq": seq}))
    };
    assert!(ack(u64::from(u32::MAX), COUNTER_MAX));
    assert!(!ack(u64::from(u32::MAX) + 1, COUNTER_MAX) && !ack(1, COUNTER_MAX + 1));
    let pong =
        |reference: u64| decode_frame(&json!({"type": "pong", "ref": reference}).to_string());
    assert!(pong(COUNTER_MAX).is_ok() && pong(COUNTER_MAX + 1).is_err());
}

#[test]
fn a_page_has_1_to_200_messages() {
    let read = |limit: u32| {
        taken(&json!({"type": "read", "conversation": "tea", "from": "latest", "limit": limit}))
    };
    assert!(!read(0) && read(1) && read(PAGE_MAX_MESSAGES) && !read(PAGE_MAX_MESSAGES + 1));
}

#[test]
fn a_name_has_at_most_64_bytes() {
    for field in ["conversation", "user", "device"] {
        let command = |bytes: usize| {
            let mut command = json!({"type": if field == "conversation" { "unsubscribe" } else { "hello" },
                "conversation": "tea", "user": "ann", "device": "d", "instance": "00000000000000ab"});
            command[field] = json!("n".repeat(bytes));
            command
        };
        assert!(!taken(&command(0)), "{field}");
        assert!(taken(&command(NAME_MAX_BYTES)), "{field}");
        assert!(!taken(&command(NAME_MAX_BYTES + 1)), "{field}");
    }
}

#[test]
fn a_body_has_at_most_8192_bytes_however_it_is_written() {
    // Each text is so many bytes of UTF-8, and may be written longer.
    for (written, bytes) in
        [("a", 1), ("ö", 2), (r"\u00f6", 2), (r"\n", 1), (r"\u0061", 1), (r"\ud83d\ude00", 4)]
    {
        let command = |times: usize| {
            format!(
                r#"{{"type":"send","id":"00000000000000ab-3","conversation":"tea","body":"{}","lamport":1,"seen_seq":0,"sent_at":0}}"#,
                written.repeat(times)
            )
        };
        let most = command(BODY_MAX_BYTES / bytes);
        assert!(decode_command(&most).is_ok(), "{written}");
        assert!(most.len() <= FRAME_MAX_BYTES, "{written}: {} bytes", most.len());
        assert!(decode_command(&command(BODY_MAX_BYTES / bytes + 1)).is_err(), "{written}");
    }
    let lone = r#"{"type":"send","ref":7,"body":"\ud83d"}"#;
    assert!(decode_command(lone).is_err(), "half a character is none");
}

/// As large as a message can be in JSON: a control character takes six bytes, whatever writes it.
fn largest(seq: u64) -> Message {
    Message {
        conversation: ConversationId::new(&"c".repeat(NAME_MAX_BYTES)).unwrap(),
        sender: UserId::new(&"u".repeat(NAME_MAX_BYTES)).unwrap(),
        id: MessageId { counter: COUNTER_MAX, ..message(1, "x").id },
        content: Body::new(&"\u{1}".repeat(BODY_MAX_BYTES)).unwrap().into(),
        seq: Seq(COUNTER_MAX - seq),
        ordinal: Ordinal(COUNTER_MAX),
        lamport: COUNTER_MAX,
        seen_seq: Seq(COUNTER_MAX),
        sent_at: Wall(COUNTER_MAX),
        received_at: Wall(COUNTER_MAX),
    }
}

#[test]
fn the_largest_command_and_the_largest_page_fit_their_bounds() {
    let Message { conversation, id, content, lamport, seen_seq, sent_at, .. } = largest(0);
    let post = Post { id, conversation, content, lamport, seen_seq, sent_at };
    let send = Command::Send { reference: Some(COUNTER_MAX), post };
    let text = send.encode();
    assert!(text.len() <= FRAME_MAX_BYTES, "{} bytes", text.len());
    assert_eq!(decode_command(&text), Ok(send));

    // Every text edited to the most bytes, with the most reactions of the most bytes.
    let edited = |seq| Change {
        seq: Seq(COUNTER_MAX - seq),
        edited: Some((Seq(COUNTER_MAX), Body::new(&"\u{1}".repeat(BODY_MAX_BYTES)).unwrap())),
        reactions: (0..REACTIONS_COUNTED_MAX)
            .map(|_| Counted {
                reaction: Reaction::new(&"\"".repeat(REACTION_MAX_BYTES)).unwrap(),
                count: u32::MAX,
                me: false,
            })
            .collect(),
    };
    let page = Frame::Page {
        reference: Some(COUNTER_MAX),
        conversation: largest(0).conversation,
        epoch: Epoch(u32::MAX),
        first: Seq(1),
        head: Seq(COUNTER_MAX),
        messages: (0..u64::from(PAGE_MAX_MESSAGES)).map(largest).collect(),
        changes: (0..u64::from(PAGE_MAX_MESSAGES)).map(edited).collect(),
        as_of: Seq(COUNTER_MAX),
    };
    let text = page.encode();
    assert!(text.len() <= PAGE_FRAME_MAX_BYTES, "{} bytes", text.len());
    assert_eq!(decode_frame(&text), Ok(page));
}

#[test]
fn names_topics_and_reactions_have_their_most_bytes() {
    let create = |field: &str, bytes: usize| {
        let mut create = json!({"type": "create", "id": "00000000000000ab-3", "kind": "group",
            "name": "tea", "lamport": 1, "sent_at": 0});
        create[field] = json!("n".repeat(bytes));
        taken(&create)
    };
    assert!(create("name", PROFILE_NAME_MAX_BYTES) && !create("name", PROFILE_NAME_MAX_BYTES + 1));
    assert!(create("topic", TOPIC_MAX_BYTES) && !create("topic", TOPIC_MAX_BYTES + 1));
    assert!(!create("name", 0) && create("topic", 0));
    let react = |bytes: usize| {
        taken(&json!({"type": "react", "id": "00000000000000ab-3", "conversation": "tea",
            "target": 1, "reaction": "x".repeat(bytes), "lamport": 1, "seen_seq": 0, "sent_at": 0}))
    };
    assert!(!react(0) && react(REACTION_MAX_BYTES) && !react(REACTION_MAX_BYTES + 1));
}

#[test]
fn lists_and_proofs_have_their_most_entries() {
    let users = |count: usize| vec!["ann"; count];
    let watch = |count| taken(&json!({"type": "watch", "users": users(count)}));
    assert!(watch(0) && watch(WATCHED_MAX) && !watch(WATCHED_MAX + 1));
    let create = |count| {
        taken(&json!({"type": "create", "id": "00000000000000ab-3", "kind": "channel",
            "name": "tea", "members": users(count), "lamport": 1, "sent_at": 0}))
    };
    assert!(create(0) && create(CREATE_MEMBERS_MAX) && !create(CREATE_MEMBERS_MAX + 1));
    let refresh = |bytes| taken(&json!({"type": "refresh", "token": "t".repeat(bytes)}));
    assert!(refresh(PROOF_MAX_BYTES) && !refresh(PROOF_MAX_BYTES + 1));
}

#[test]
fn a_deep_frame_is_refused_without_running_out_of_stack() {
    let deep = format!(r#"{{"type":"ping","x":{}"#, "[".repeat(30_000));
    assert!(decode_command(&deep).is_err());
    assert!(decode_frame(&deep).is_err());
    let deep = format!(r#"{{"type":"ping","from":{}{}}}"#, "[".repeat(30_000), "]".repeat(30_000));
    assert!(decode_command(&deep).is_err());
}
