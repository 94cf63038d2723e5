//! Lamport stamps and what was seen: over the whole session, whatever came in whichever frame.

use model::bounds::COUNTER_MAX;
use model::{ConversationId, Epoch, ReadFrom, Seq, Wall};
use session::Options;
use wire::{Command, Frame, SubscribeFrom};

use crate::rig::{EPOCH, Rig, body, message, options, tea};

/// The stamp and the `seen_seq` of the next message in a conversation.
fn next(rig: &mut Rig, conversation: ConversationId) -> (u64, u64) {
    rig.session.say(conversation, body("x"), rig.now, Wall(0)).unwrap();
    match rig.commands().pop() {
        Some(Command::Send { post, .. }) => (post.lamport, post.seen_seq.0),
        other => panic!("{other:?}"),
    }
}

fn coffee() -> ConversationId {
    "coffee".parse().unwrap()
}

#[test]
fn a_stamp_is_above_all_that_was_given_or_received_in_any_conversation() {
    let mut rig = Rig::open(options());
    assert_eq!(next(&mut rig, tea()).0, 1);
    assert_eq!(next(&mut rig, coffee()).0, 2);
    // Not heard, since nothing is followed; but received.
    rig.frame(Frame::Message { epoch: EPOCH, message: message(tea(), 1, 40) });
    assert_eq!(next(&mut rig, coffee()).0, 41);
    rig.frame(Frame::Message { epoch: EPOCH, message: message(tea(), 2, 7) });
    assert_eq!(next(&mut rig, tea()).0, 42);
    rig.frame(page(vec![message(tea(), 3, 90), message(tea(), 4, 60)]));
    assert_eq!(next(&mut rig, tea()).0, 91);
    rig.reconnect();
    rig.say("after it, still above");
    assert!(matches!(&rig.commands()[..], [.., Command::Send { post, .. }] if post.lamport == 91));
}

fn page(messages: Vec<model::Message>) -> Frame {
    Frame::Page {
        reference: None,
        conversation: tea(),
        epoch: EPOCH,
        first: Seq(1),
        head: Seq(4),
        messages,
        changes: Vec::new(),
        as_of: Seq(0),
    }
}

#[test]
fn a_stamp_never_leaves_what_can_be_written() {
    let mut rig = Rig::open(options());
    rig.frame(Frame::Message { epoch: EPOCH, message: message(tea(), 1, COUNTER_MAX) });
    assert_eq!(next(&mut rig, tea()).0, COUNTER_MAX);
}

#[test]
fn seen_is_the_highest_that_came_in_that_conversation() {
    let mut rig = Rig::open(options());
    assert_eq!(next(&mut rig, tea()).1, 0);
    rig.frame(page(vec![message(tea(), 3, 1), message(tea(), 4, 1)]));
    assert_eq!((next(&mut rig, tea()).1, next(&mut rig, coffee()).1), (4, 0));
    rig.frame(Frame::Message { epoch: EPOCH, message: message(tea(), 2, 1) });
    assert_eq!(next(&mut rig, tea()).1, 4);
}

#[test]
fn what_was_lost_was_not_seen() {
    let mut rig = Rig::open(options());
    rig.session.subscribe(tea(), SubscribeFrom::Start).unwrap();
    let [Command::Subscribe { reference, .. }] = rig.commands()[..] else { panic!() };
    rig.frame(page(vec![message(tea(), 9, 1)]));
    let subscribed = |epoch, recovered, head| Frame::Subscribed {
        reference,
        conversation: tea(),
        epoch: Epoch(epoch),
        recovered,
        next: Seq(1),
        head: Seq(head),
    };
    rig.frame(subscribed(2, false, 6));
    assert_eq!(next(&mut rig, tea()).1, 6);
}

#[test]
fn what_was_seen_is_remembered_of_so_many_conversations_and_of_all_that_are_followed() {
    let mut rig = Rig::open(Options { seen_max: 2, ..options() });
    rig.session.subscribe(coffee(), SubscribeFrom::Start).unwrap();
    rig.commands();
    for name in ["coffee", "tea", "water"] {
        let message = message(name.parse().unwrap(), 5, 1);
        rig.frame(Frame::Message { epoch: EPOCH, message });
    }
    assert_eq!(next(&mut rig, coffee()).1, 5);
    assert_eq!(next(&mut rig, tea()).1, 0);
    assert_eq!(next(&mut rig, "water".parse().unwrap()).1, 5);
    rig.session.read(tea(), ReadFrom::Latest, 1).unwrap();
}
