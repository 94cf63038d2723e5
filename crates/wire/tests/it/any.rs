//! Any value of every type, for the properties.

use model::bounds::COUNTER_MAX;
use model::{
    Body, Change, Content, ConversationId, Counted, Epoch, InstanceId, Line, Listed, Member,
    Message, MessageId, Ordinal, Position, Profile, Reaction, ReadFrom, Retry, Role, Seq, Standing,
    UserId, Wall,
};
use proptest::option;
use proptest::prelude::*;
use wire::{Birth, Code, Command, Frame, New, Post, Presence, Problem, Proof, SubscribeFrom};

fn number() -> impl Strategy<Value = u64> {
    prop_oneof![0..10_u64, 0..=COUNTER_MAX, Just(COUNTER_MAX)]
}

fn reference() -> impl Strategy<Value = Option<u64>> {
    option::of(number())
}

fn conversation() -> impl Strategy<Value = ConversationId> {
    "[a-zA-Z0-9._:-]{1,64}".prop_map(|name| name.parse().unwrap())
}

fn user() -> impl Strategy<Value = UserId> {
    "[a-zA-Z0-9._:-]{1,64}".prop_map(|name| name.parse().unwrap())
}

fn body() -> impl Strategy<Value = Body> {
    prop_oneof![".{1,80}", "[\u{0}-\u{20}\"\\\\]{1,20}", "\\PC{1,40}"]
        .prop_map(|text| Body::new(&text).unwrap())
}

fn id() -> impl Strategy<Value = MessageId> {
    (any::<u64>(), 1..=COUNTER_MAX)
        .prop_map(|(instance, counter)| MessageId { instance: InstanceId(instance), counter })
}

fn position() -> impl Strategy<Value = Position> {
    (any::<u32>(), number())
        .prop_map(|(epoch, seq)| Position { epoch: Epoch(epoch), seq: Seq(seq) })
}

fn line<const MOST: usize>() -> impl Strategy<Value = Line<MOST>> {
    "\\PC{1,20}".prop_map(|text| Line::new(&text).unwrap())
}

fn profile() -> impl Strategy<Value = Profile> {
    (line(), line(), any::<bool>()).prop_map(|(name, topic, public)| Profile {
        name,
        topic,
        public,
    })
}

fn reaction() -> impl Strategy<Value = Reaction> {
    "[a-z+👍]{1,8}".prop_map(|text| Reaction::new(&text).unwrap())
}

fn role() -> impl Strategy<Value = Role> {
    prop::sample::select(Role::ALL.to_vec())
}

fn seq() -> impl Strategy<Value = Seq> {
    (1..=COUNTER_MAX).prop_map(Seq)
}

fn member() -> impl Strategy<Value = Member> {
    (user(), role()).prop_map(|(user, role)| Member { user, role })
}

/// What a client may say, but for `create`.
fn said() -> impl Strategy<Value = Content> {
    prop_oneof![
        4 => (body(), option::of(seq()))
            .prop_map(|(body, reply_to)| Content::Text { body, reply_to }),
        1 => (seq(), body()).prop_map(|(target, body)| Content::Edit { target, body }),
        1 => seq().prop_map(|target| Content::Delete { target }),
        1 => (seq(), reaction(), any::<bool>())
            .prop_map(|(target, reaction, on)| Content::React { target, reaction, on }),
        1 => (user(), option::of(role())).prop_map(|(user, role)| Content::Member { user, role }),
        1 => profile().prop_map(|profile| Content::Describe { profile }),
    ]
}

/// What readers may see.
fn content() -> impl Strategy<Value = Content> {
    prop_oneof![
        6 => said(),
        1 => (profile(), prop::collection::vec(member(), 0..4))
            .prop_map(|(profile, members)| Content::Create { profile, members }),
        1 => seq().prop_map(|by| Content::Gone { by }),
        1 => seq().prop_map(|first| Content::Expire { first }),
        1 => user().prop_map(|user| Content::Erase { user }),
    ]
}

fn birth() -> impl Strategy<Value = Birth> {
    let users = || prop::collection::vec(user(), 0..4);
    let what = prop_oneof![
        user().prop_map(New::Direct),
        (profile(), users()).prop_map(|(profile, users)| New::Group(profile, users)),
        (profile(), users()).prop_map(|(profile, users)| New::Channel(profile, users)),
    ];
    (id(), what, number(), number()).prop_map(|(id, what, lamport, sent_at)| Birth {
        id,
        what,
        lamport,
        sent_at: Wall(sent_at),
    })
}

fn change(seq: Seq) -> impl Strategy<Value = Option<Change>> {
    let edited = option::of((number().prop_map(Seq), body()));
    let counted = (reaction(), any::<u32>(), any::<bool>())
        .prop_map(|(reaction, count, me)| Counted { reaction, count, me });
    (edited, prop::collection::vec(counted, 0..3)).prop_map(move |(edited, reactions)| {
        let changed = edited.is_some() || !reactions.is_empty();
        changed.then_some(Change { seq, edited, reactions })
    })
}

fn listed() -> impl Strategy<Value = Listed> {
    let standing = (any::<u32>(), number(), number()).prop_map(|(epoch, head, ordinal)| Standing {
        epoch: Epoch(epoch),
        first: Seq(1),
        head: Seq(head),
        ordinal: Ordinal(ordinal),
    });
    let all = (conversation(), role(), profile(), option::of(user()), any::<u32>(), standing);
    let counts = (number(), number(), any::<bool>());
    (all, counts).prop_flat_map(|(all, (read_seq, unread, has_last))| {
        let last = message(all.0.clone()).prop_map(move |last| has_last.then_some(last));
        (Just(all), last).prop_map(move |(all, last)| {
            let (conversation, role, profile, with, members, standing) = all;
            let read_seq = Seq(read_seq);
            Listed { conversation, role, profile, with, members, standing, read_seq, unread, last }
        })
    })
}

fn message(conversation: ConversationId) -> impl Strategy<Value = Message> {
    (id(), user(), content(), prop::array::uniform6(number())).prop_map(
        move |(id, sender, content, [seq, ordinal, lamport, seen, sent_at, received_at])| Message {
            conversation: conversation.clone(),
            seq: Seq(seq),
            ordinal: Ordinal(ordinal),
            sender,
            id,
            content,
            lamport,
            seen_seq: Seq(seen),
            sent_at: Wall(sent_at),
            received_at: Wall(received_at),
        },
    )
}

pub(crate) fn command() -> impl Strategy<Value = Command> {
    let from = prop_oneof![
        Just(SubscribeFrom::Start),
        Just(SubscribeFrom::Cursor),
        number().prop_map(SubscribeFrom::Last),
        position().prop_map(SubscribeFrom::After),
    ];
    let read_from =
        prop_oneof![Just(ReadFrom::Latest), number().prop_map(|seq| ReadFrom::Seq(Seq(seq)))];
    let post = (id(), conversation(), said(), number(), number(), number()).prop_map(
        |(id, conversation, content, lamport, seen, sent_at)| Post {
            id,
            conversation,
            content,
            lamport,
            seen_seq: Seq(seen),
            sent_at: Wall(sent_at),
        },
    );
    let proof = option::of(prop_oneof![
        "[a-z.]{1,20}".prop_map(Proof::Token),
        "[a-z.]{1,20}".prop_map(Proof::Ticket),
    ]);
    prop_oneof![
        (reference(), user(), "[a-z]{1,64}", any::<u64>(), proof).prop_map(
            |(reference, user, device, instance, proof)| Command::Hello {
                reference,
                user,
                device: device.parse().unwrap(),
                instance: InstanceId(instance),
                proof,
            }
        ),
        (reference(), birth()).prop_map(|(reference, birth)| Command::Create { reference, birth }),
        (conversation(), position())
            .prop_map(|(conversation, position)| Command::Mark { conversation, position }),
        (reference(), option::of(conversation()), 1..=200_u32)
            .prop_map(|(reference, after, limit)| Command::List { reference, after, limit }),
        (reference(), conversation(), option::of(user()), 1..=200_u32).prop_map(
            |(reference, conversation, after, limit)| {
                Command::Members { reference, conversation, after, limit }
            }
        ),
        conversation().prop_map(|conversation| Command::Typing { conversation }),
        (reference(), prop::collection::vec(user(), 0..4))
            .prop_map(|(reference, users)| Command::Watch { reference, users }),
        (reference(), "[a-z.]{1,20}").prop_map(|(reference, token)| Command::Refresh {
            reference,
            token: Proof::Token(token),
        }),
        (reference(), post).prop_map(|(reference, post)| Command::Send { reference, post }),
        (reference(), conversation(), from).prop_map(|(reference, conversation, from)| {
            Command::Subscribe { reference, conversation, from }
        }),
        (reference(), conversation())
            .prop_map(|(reference, conversation)| Command::Unsubscribe { reference, conversation }),
        (conversation(), position())
            .prop_map(|(conversation, position)| Command::Ack { conversation, position }),
        (reference(), conversation(), read_from, 1..=200_u32).prop_map(
            |(reference, conversation, from, limit)| {
                Command::Read { reference, conversation, from, limit }
            }
        ),
        reference().prop_map(|reference| Command::Ping { reference }),
    ]
}

fn problem() -> impl Strategy<Value = Problem> {
    let retry =
        prop_oneof![Just(Retry::Now), Just(Retry::Never), any::<u32>().prop_map(Retry::After)];
    let code = prop::sample::select(Code::ALL);
    (reference(), option::of(id()), option::of(conversation()), code, ".{0,40}", retry).prop_map(
        |(reference, id, conversation, code, detail, retry)| Problem {
            reference,
            id,
            conversation,
            code,
            detail,
            retry,
        },
    )
}

pub(crate) fn frame() -> impl Strategy<Value = Frame> {
    let page = conversation().prop_flat_map(|conversation| {
        let changed = message(conversation.clone())
            .prop_flat_map(|message| (change(message.seq), Just(message)));
        let messages = prop::collection::btree_map(number(), changed, 0..4);
        (reference(), Just(conversation), any::<u32>(), number(), number(), number(), messages)
    });
    prop_oneof![
        (reference(), any::<u32>(), option::of(number())).prop_map(
            |(reference, heartbeat_ms, expires_at)| Frame::Welcome {
                reference,
                heartbeat_ms,
                expires_at: expires_at.map(Wall),
            }
        ),
        (reference(), prop::collection::vec(listed(), 0..3)).prop_map(
            |(reference, conversations)| Frame::Conversations { reference, conversations }
        ),
        (reference(), conversation(), any::<u32>(), prop::collection::vec(member(), 0..3))
            .prop_map(|(reference, conversation, count, members)| {
                Frame::Members { reference, conversation, count, members }
            }),
        (conversation(), user())
            .prop_map(|(conversation, user)| Frame::Typing { conversation, user }),
        (reference(), prop::collection::vec((user(), any::<bool>()), 0..3)).prop_map(
            |(reference, users)| {
                let users = users.into_iter().map(|(user, online)| Presence { user, online });
                Frame::Presence { reference, users: users.collect() }
            }
        ),
        (reference(), number()).prop_map(|(reference, expires_at)| Frame::Refreshed {
            reference,
            expires_at: Wall(expires_at),
        }),
        (reference(), id(), conversation(), position(), number(), any::<bool>()).prop_map(
            |(reference, id, conversation, Position { epoch, seq }, received_at, duplicate)| {
                let received_at = Wall(received_at);
                Frame::Sent { reference, id, conversation, epoch, seq, received_at, duplicate }
            }
        ),
        (reference(), conversation(), position(), any::<bool>(), number()).prop_map(
            |(reference, conversation, Position { epoch, seq }, recovered, head)| {
                let head = Seq(head);
                Frame::Subscribed { reference, conversation, epoch, recovered, next: seq, head }
            }
        ),
        conversation()
            .prop_flat_map(message)
            .prop_map(|message| Frame::Message { epoch: Epoch(1), message }),
        page.prop_map(|(reference, conversation, epoch, first, head, as_of, said)| {
            let (mut messages, mut changes) = (Vec::new(), Vec::new());
            for (seq, (change, message)) in said {
                messages.push(Message { seq: Seq(seq), ..message });
                changes.extend(change.map(|change| Change { seq: Seq(seq), ..change }));
            }
            let (first, head, as_of) = (Seq(first), Seq(head), Seq(as_of));
            let epoch = Epoch(epoch);
            Frame::Page { reference, conversation, epoch, first, head, messages, changes, as_of }
        }),
        (reference(), conversation())
            .prop_map(|(reference, conversation)| Frame::Unsubscribed { reference, conversation }),
        reference().prop_map(|reference| Frame::Pong { reference }),
        problem().prop_map(Frame::Problem),
    ]
}
