//! Every frame of both sides, as it looks.

use model::{
    Body, Change, Content, Counted, Draft, Epoch, InstanceId, Line, Listed, Member, Message,
    MessageId, Ordinal, Position, Profile, Reaction, ReadFrom, Retry, Role, Seq, Standing, Wall,
};
use wire::{
    About, Birth, Code, Command, Frame, New, Post, Presence, Problem, Proof, SubscribeFrom,
    decode_command, decode_frame, encode_message,
};

pub(crate) fn message(seq: u64, body: &str) -> Message {
    Message {
        conversation: "tea".parse().unwrap(),
        seq: Seq(seq),
        ordinal: Ordinal(seq),
        sender: "ann".parse().unwrap(),
        id: MessageId { instance: InstanceId(0x0123_4567_89ab_cdef), counter: 4 },
        content: Body::new(body).unwrap().into(),
        lamport: 17,
        seen_seq: Seq(seq - 1),
        sent_at: Wall(1_700_000_000_000),
        received_at: Wall(1_700_000_000_123),
    }
}

pub(crate) fn draft(body: &str) -> Draft {
    let Message { conversation, sender, id, content, lamport, seen_seq, sent_at, .. } =
        message(6, body);
    Draft { conversation, sender, id, content, lamport, seen_seq, sent_at }
}

fn profile() -> Profile {
    let (name, topic) = (Line::new("Tea & co").unwrap(), Line::new("").unwrap());
    Profile { name, topic, public: true }
}

fn member(user: &str, role: Role) -> Member {
    Member { user: user.parse().unwrap(), role }
}

/// What changes a conversation and is no text.
fn contents() -> Vec<Content> {
    let target = Seq(4);
    let bob = || "bob".parse().unwrap();
    let reaction = || Reaction::new("👍").unwrap();
    let body = Body::new("now so").unwrap();
    vec![
        Content::Text { body: body.clone(), reply_to: Some(target) },
        Content::Edit { target, body },
        Content::Delete { target },
        Content::React { target, reaction: reaction(), on: true },
        Content::React { target, reaction: reaction(), on: false },
        Content::Member { user: bob(), role: Some(Role::Admin) },
        Content::Member { user: bob(), role: None },
        Content::Describe { profile: profile() },
    ]
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
            proof: None,
        },
        Command::Hello {
            reference: None,
            user: "ann".parse().unwrap(),
            device: "phone".parse().unwrap(),
            instance: InstanceId(0xab),
            proof: Some(Proof::Ticket("a1b2".to_owned())),
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
        Command::Mark { conversation: conversation(), position },
        Command::List { reference: Some(7), after: None, limit: 50 },
        Command::List { reference: None, after: Some(conversation()), limit: 200 },
        Command::Members {
            reference: Some(8),
            conversation: conversation(),
            after: Some("ann".parse().unwrap()),
            limit: 1,
        },
        Command::Typing { conversation: conversation() },
        Command::Watch {
            reference: Some(9),
            users: vec!["ann".parse().unwrap(), "bob".parse().unwrap()],
        },
        Command::Refresh { reference: Some(10), token: Proof::Token("e.y.J".to_owned()) },
        Command::Ping { reference: Some(6) },
        Command::Ping { reference: None },
    ]
    .into_iter()
    .chain(births())
    .chain(contents().into_iter().map(|content| {
        let post = Post { content, ..Post::from(&draft("x")) };
        Command::Send { reference: Some(11), post }
    }))
    .collect()
}

fn births() -> impl Iterator<Item = Command> {
    let bob = || "bob".parse().unwrap();
    let birth = |what| Birth { id: draft("x").id, what, lamport: 17, sent_at: Wall(5) };
    [
        New::Direct(bob()),
        New::Group(profile(), vec![bob(), "cy".parse().unwrap()]),
        New::Channel(profile(), Vec::new()),
    ]
    .into_iter()
    .map(move |what| Command::Create { reference: Some(12), birth: birth(what) })
}

#[expect(clippy::too_many_lines, reason = "a list")]
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
        changes: vec![Change {
            seq: Seq(6),
            edited: Some((Seq(9), Body::new("one, mended").unwrap())),
            reactions: vec![Counted {
                reaction: Reaction::new("👍").unwrap(), count: 3, me: true
            }],
        }],
        as_of: Seq(7),
    };
    let problem = |retry| {
        Frame::Problem(Problem {
            retry,
            ..Problem::never(about(), Code::Busy, "the bound \"undurable\" is reached")
        })
    };
    let empty = match page(Vec::new()) {
        Frame::Page { reference, conversation, epoch, first, head, messages, as_of, .. } => {
            let changes = Vec::new();
            Frame::Page { reference, conversation, epoch, first, head, messages, changes, as_of }
        }
        other => other,
    };
    vec![
        Frame::Welcome { reference: Some(0), heartbeat_ms: 15_000, expires_at: None },
        Frame::Welcome { reference: None, heartbeat_ms: 15_000, expires_at: Some(Wall(17)) },
        sent(Some(1), false),
        sent(None, true),
        subscribed(Some(2), true),
        subscribed(None, false),
        Frame::Message { epoch, message: message(6, "tea \"first\",\nthen\tö \u{1}") },
        page(vec![message(6, "one"), message(7, "two")]),
        empty,
        Frame::Conversations {
            reference: Some(7),
            conversations: vec![listed(Some(message(9, "last")), None), listed(None, Some("bob"))],
        },
        Frame::Members {
            reference: Some(8),
            conversation: conversation(),
            count: 2,
            members: vec![member("ann", Role::Owner), member("bob", Role::Reader)],
        },
        Frame::Typing { conversation: conversation(), user: "bob".parse().unwrap() },
        Frame::Presence {
            reference: Some(9),
            users: vec![Presence { user: "bob".parse().unwrap(), online: true }],
        },
        Frame::Refreshed { reference: Some(10), expires_at: Wall(1_700_000_000_123) },
        Frame::Unsubscribed { reference: Some(3), conversation: conversation() },
        Frame::Pong { reference: Some(6) },
        Frame::Pong { reference: None },
        problem(Retry::After(10)),
        problem(Retry::Now),
        Frame::Problem(Problem::never(About::default(), Code::BadFrame, "`type` is missing")),
    ]
    .into_iter()
    .chain(events())
    .collect()
}

fn events() -> impl Iterator<Item = Frame> {
    let members = vec![member("ann", Role::Owner), member("bob", Role::Member)];
    let born = Content::Create { profile: profile(), members };
    let gone = Content::Gone { by: Seq(9) };
    contents().into_iter().chain([born, gone]).map(|content| Frame::Message {
        epoch: Epoch(1),
        message: Message { content, ..message(6, "x") },
    })
}

fn listed(last: Option<Message>, with: Option<&str>) -> Listed {
    Listed {
        conversation: "tea".parse().unwrap(),
        role: Role::Admin,
        profile: profile(),
        with: with.map(|name| name.parse().unwrap()),
        members: 3,
        standing: Standing { epoch: Epoch(1), first: Seq(1), head: Seq(12), ordinal: Ordinal(9) },
        read_seq: Seq(7),
        unread: 4,
        last,
    }
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
fn a_birth_is_the_post_of_a_conversation_with_a_name_of_its_own() {
    let ann = "ann".parse().unwrap();
    for birth in births() {
        let Command::Create { reference, birth } = birth else { panic!("{birth:?}") };
        let post = birth.clone().into_post(&ann);
        let Content::Create { members, .. } = &post.content else { panic!("{post:?}") };
        assert_eq!(members[0].user, ann);
        // A client that keeps posts says the same as one that keeps births.
        let text = Command::Send { reference, post }.encode();
        assert_eq!(text, Command::Create { reference, birth }.encode());
    }
}

#[test]
fn nobody_is_made_a_member_twice() {
    let (ann, bob) = ("ann".parse().unwrap(), "bob".parse().unwrap());
    let what = New::Group(profile(), vec![bob, "ann".parse().unwrap(), "bob".parse().unwrap()]);
    let post = Birth { id: draft("x").id, what, lamport: 1, sent_at: Wall(0) }.into_post(&ann);
    let members = vec![member("ann", Role::Owner), member("bob", Role::Member)];
    assert_eq!(post.content, Content::Create { profile: profile(), members });
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
