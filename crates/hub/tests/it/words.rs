//! Short ways to say what the tests say often.

use std::sync::Arc;

use hub::{Command, GatewayId, Reply};
use model::{
    Body, BodyKey, ConversationId, DeviceId, Draft, Epoch, InstanceId, Message, MessageId, Ordinal,
    Seq, Standing, UserId, Wall,
};

pub(crate) const KEY: BodyKey = BodyKey([7; 16]);
pub(crate) const EPOCH: Epoch = Epoch(3);
pub(crate) const HERE: GatewayId = GatewayId(1);
pub(crate) const THERE: GatewayId = GatewayId(2);

pub(crate) fn conversation(name: &str) -> ConversationId {
    ConversationId::new(name).unwrap()
}

pub(crate) fn user(name: &str) -> UserId {
    UserId::new(name).unwrap()
}

pub(crate) fn device(name: &str) -> DeviceId {
    DeviceId::new(name).unwrap()
}

/// The `counter`-th thing that instance 1 of ada says, in `to`.
pub(crate) fn draft(to: &str, counter: u64, body: &str) -> Draft {
    Draft {
        conversation: conversation(to),
        sender: user("ada"),
        id: MessageId { instance: InstanceId(1), counter },
        content: Body::new(body).unwrap().into(),
        lamport: counter,
        seen_seq: Seq(0),
        sent_at: Wall(counter),
    }
}

pub(crate) fn by(name: &str, instance: u64, draft: Draft) -> Draft {
    let id = MessageId { instance: InstanceId(instance), counter: draft.id.counter };
    Draft { sender: user(name), id, ..draft }
}

/// A draft at its place.
pub(crate) fn message(draft: &Draft, seq: u64) -> Message {
    let Draft { conversation, sender, id, content, lamport, seen_seq, sent_at } = draft.clone();
    Message {
        conversation,
        seq: Seq(seq),
        ordinal: Ordinal(seq),
        sender,
        id,
        content,
        lamport,
        seen_seq,
        sent_at,
        received_at: Wall(0),
    }
}

pub(crate) fn sent(draft: &Draft, seq: u64, received_at: u64, duplicate: bool) -> Reply {
    let (seq, received_at) = (Seq(seq), Wall(received_at));
    Reply::Sent { id: draft.id, epoch: EPOCH, seq, received_at, duplicate }
}

pub(crate) fn standing(first: u64, head: u64) -> Standing {
    Standing { epoch: EPOCH, first: Seq(first), head: Seq(head), ordinal: Ordinal(head) }
}

pub(crate) fn page_of(reply: &Reply) -> (Standing, Vec<u64>) {
    match reply {
        Reply::Page { standing, messages, .. } => {
            (*standing, messages.iter().map(|m: &Arc<Message>| m.seq.0).collect())
        }
        other @ (Reply::Sent { .. }
        | Reply::Refused(_)
        | Reply::Attached { .. }
        | Reply::Admitted { .. }
        | Reply::CursorAt { .. }) => panic!("not a page: {other:?}"),
    }
}

pub(crate) fn delivered(log: &[Command], to: GatewayId) -> Vec<u64> {
    let seqs = log.iter().filter_map(|command| match command {
        Command::Deliver { gateway, message } if *gateway == to => Some(message.seq.0),
        Command::Deliver { .. }
        | Command::Append { .. }
        | Command::Reply { .. }
        | Command::Typing { .. }
        | Command::Load { .. }
        | Command::Lookup { .. }
        | Command::ReadHistory { .. } => None,
    });
    seqs.collect()
}
