//! Every frame of both sides, as it looks.

use model::{
    Body, Draft, Epoch, InstanceId, Message, MessageId, Ordinal, Position, ReadFrom, Retry, Seq,
    Wall,
};
use wire::{
    About, Code, Command, Frame, Post, Problem, SubscribeFrom, decode_command, decode_frame,
    encode_message,
};

pub(crate) fn message(seq: u64, body: &str) -> Message {
    Message {
        conversation: "tea".parse().unwrap(),
        seq: Seq(seq),
        ordinal: Ordinal(seq),
        sender: "ann".parse().unwrap(),
        id: MessageId { instance: InstanceId(0x0123_4567_89ab_cdef), counter: 4 },
        body: Body::new(body).unwrap(),
        lamport: 17,
        seen_seq: Seq(seq - 1),
        sent_at: Wall(1_700_000_000_000),
        received_at: Wall(1_700_000_000_123),
    }
}

pub(crate) fn draft(body: &str) -> Draft {
    let Message { conversation, sender, id, body, lamport, seen_seq, sent_at, .. } =
        message(6, body);
    Draft { conversation, sender, id, body, lamport, seen_seq, sent_at }
}

fn commands() -> Vec<Command> {
    let conversation = || "tea".parse().unwrap();
    let subscribe =
        |from| Command::Subscribe { reference: Some(2), conversation: conversation(), from };
    let position = Position { epoch: Epoch(1), seq: Seq(5) };
    let read =
        |from| Command::Read { reference: Some(5), conversation: conversation(), from, limit: 200 };
    vec![
        Command::Hello {
            reference: Some(0),
            user: "ann".parse().unwrap(),
            device: "phone".parse().unwrap(),
            instance: InstanceId(0xab),
        },
        Command::Send {
            reference: Some(1),
            post: Post::from(&draft("tea \"first\",\nthen\tö \u{1}")),
        },
        Command::Send { reference: None, post: Post::from(&draft("hello")) },
        subscribe(SubscribeFrom::Start),
        subscribe(SubscribeFrom::Cursor),
        subscribe(SubscribeFrom::Last(50)),
        subscribe(SubscribeFrom::After(position)),
        Command::Unsubscribe { reference: Some(3), conversation: conversation() },
        Command::Ack { conversation: conversation(), position },
        read(ReadFrom::Seq(Seq(7))),
        read(ReadFrom::Latest),
        Command::Ping { reference: Some(6) },
        Command::Ping { reference: None },
    ]
}

fn frames() -> Vec<Frame> {
    let id = draft("x").id;
    let conversation = || "tea".parse().unwrap();
    let epoch = Epoch(1);
    let about = || About { reference: Some(1), id: Some(id), conversation: Some(conversation()) };
    let sent = |reference, duplicate| Frame::Sent {
        reference,
        id,
        conversation: conversation(),
        epoch,
        seq: Seq(6),
        received_at: Wall(1_700_000_000_123),
        duplicate,
    };
    let subscribed = |reference, recovered| Frame::Subscribed {
        reference,
        conversation: conversation(),
        epoch,
        recovered,
        next: Seq(6),
        head: Seq(9),
    };
    let page = |messages| Frame::Page {
        reference: Some(5),
        conversation: conversation(),
        epoch,
        first: Seq(1),
        head: Seq(7),
        messages,
    };
    let problem = |retry| {
        Frame::Problem(Problem {
            retry,
            ..Problem::never(about(), Code::Busy, "the bound \"undurable\" is reached")
        })
    };
    vec![
        Frame::Welcome { reference: Some(0), heartbeat_ms: 15_000 },
        sent(Some(1), false),
        sent(None, true),
        subscribed(Some(2), true),
        subscribed(None, false),
        Frame::Message { epoch, message: message(6, "tea \"first\",\nthen\tö \u{1}") },
        page(vec![message(6, "one"), message(7, "two")]),
        page(Vec::new()),
        Frame::Unsubscribed { reference: Some(3), conversation: conversation() },
        Frame::Pong { reference: Some(6) },
        Frame::Pong { reference: None },
        problem(Retry::After(10)),
        problem(Retry::Now),
        Frame::Problem(Problem::never(About::default(), Code::BadFrame, "`type` is missing")),
    ]
}

#[test]
fn every_command_looks_like_this_and_reads_back() {
    let text = |command: Command| {
        let text = command.encode();
        assert_eq!(decode_command(&text), Ok(command));
        text
    };
    insta::assert_snapshot!(commands().into_iter().map(text).collect::<Vec<_>>().join("\n"));
}

#[test]
fn every_frame_looks_like_this_and_reads_back() {
    let text = |frame: Frame| {
        let text = frame.encode();
        assert_eq!(decode_frame(&text), Ok(frame));
        text
    };
    insta::assert_snapshot!(frames().into_iter().map(text).collect::<Vec<_>>().join("\n"));
}

#[test]
fn a_message_is_the_same_text_with_and_without_a_frame_around_it() {
    let (epoch, message) = (Epoch(3), message(6, "hello"));
    let text = encode_message(epoch, &message);
    assert_eq!(text, Frame::Message { epoch, message }.encode());
}

#[test]
fn a_post_is_its_draft_without_the_sender() {
    let draft = draft("hello");
    assert_eq!(Post::from(&draft).into_draft("ann".parse().unwrap()), draft);
}

#[test]
fn unknown_fields_white_space_and_order_do_not_matter() {
    let text = " \n{\"colour\": [1, {\"deep\": null}], \"ref\": 6, \"type\": \"ping\"}\t ";
    assert_eq!(decode_command(text), Ok(Command::Ping { reference: Some(6) }));
    let text = r#"{"ref": null, "type": "ping", "id": null}"#;
    assert_eq!(decode_command(text), Ok(Command::Ping { reference: None }));
    let text = r#" {"colour": [1, {"deep": null}], "ref": 6, "type": "p\u006fng"} "#;
    assert_eq!(decode_frame(text), Ok(Frame::Pong { reference: Some(6) }));
}
