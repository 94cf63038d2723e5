//! Any value of every type, for the properties.

use model::bounds::COUNTER_MAX;
use model::{
    Body, ConversationId, Epoch, InstanceId, Message, MessageId, Ordinal, Position, ReadFrom,
    Retry, Seq, UserId, Wall,
};
use proptest::option;
use proptest::prelude::*;
use wire::{Code, Command, Frame, Post, Problem, SubscribeFrom};

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

fn message(conversation: ConversationId) -> impl Strategy<Value = Message> {
    (id(), user(), body(), prop::array::uniform6(number())).prop_map(
        move |(id, sender, body, [seq, ordinal, lamport, seen, sent_at, received_at])| Message {
            conversation: conversation.clone(),
            seq: Seq(seq),
            ordinal: Ordinal(ordinal),
            sender,
            id,
            body,
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
    let post = (id(), conversation(), body(), number(), number(), number()).prop_map(
        |(id, conversation, body, lamport, seen, sent_at)| Post {
            id,
            conversation,
            body,
            lamport,
            seen_seq: Seq(seen),
            sent_at: Wall(sent_at),
        },
    );
    prop_oneof![
        (reference(), user(), "[a-z]{1,64}", any::<u64>()).prop_map(
            |(reference, user, device, instance)| Command::Hello {
                reference,
                user,
                device: device.parse().unwrap(),
                instance: InstanceId(instance),
            }
        ),
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
        let messages = prop::collection::vec(message(conversation.clone()), 0..4);
        (reference(), Just(conversation), any::<u32>(), number(), number(), messages)
    });
    prop_oneof![
        (reference(), any::<u32>())
            .prop_map(|(reference, heartbeat_ms)| Frame::Welcome { reference, heartbeat_ms }),
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
        page.prop_map(|(reference, conversation, epoch, first, head, messages)| Frame::Page {
            reference,
            conversation,
            epoch: Epoch(epoch),
            first: Seq(first),
            head: Seq(head),
            messages,
        }),
        (reference(), conversation())
            .prop_map(|(reference, conversation)| Frame::Unsubscribed { reference, conversation }),
        reference().prop_map(|reference| Frame::Pong { reference }),
        problem().prop_map(Frame::Problem),
    ]
}
