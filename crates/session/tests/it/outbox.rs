//! What was said, until it is through.

use model::{Retry, Seq, Wall};
use session::{Event, Options, OutboxFull};
use wire::{Command, Frame, Post};

use crate::rig::{EPOCH, Rig, body, mine, options, refused, sent, tea};

#[test]
fn what_is_said_is_sent_at_once_and_kept_until_it_is_through() {
    let mut rig = Rig::open(options());
    assert_eq!(rig.say("one"), mine(1));
    let post = Post {
        id: mine(1),
        conversation: tea(),
        content: body("one").into(),
        lamport: 1,
        seen_seq: Seq(0),
        sent_at: Wall(1_000),
    };
    assert_eq!(rig.commands(), [Command::Send { reference: None, post }]);
    assert_eq!((rig.session.outbox_len(), rig.session.in_flight()), (1, 1));
    rig.frame(sent(1, 9));
    rig.frame(sent(1, 9));
    let said = Event::Said {
        id: mine(1),
        conversation: tea(),
        epoch: EPOCH,
        seq: Seq(9),
        received_at: Wall(0),
        duplicate: false,
    };
    assert_eq!(rig.events(), [said]);
    assert_eq!((rig.session.outbox_len(), rig.session.in_flight()), (0, 0));
}

#[test]
fn the_outbox_and_what_is_in_flight_have_their_bounds() {
    let mut rig = Rig::open(Options { outbox_max: 3, in_flight_max: 2, ..options() });
    (0..3).for_each(|_| {
        rig.say("x");
    });
    let full = rig.session.say(tea(), body("x"), rig.now, Wall(0));
    assert_eq!(full, Err(OutboxFull { most: 3 }));
    assert_eq!(rig.counters(), [1, 2]);
    rig.frame(sent(2, 1));
    assert_eq!(rig.counters(), [3]);
    assert_eq!(rig.say("the refused one took no counter"), mine(4));
}

#[test]
fn after_a_lost_connection_the_same_is_sent_again_in_order_and_nothing_new_before_it_is_through() {
    let mut rig = Rig::open(Options { in_flight_max: 3, ..options() });
    (0..5).for_each(|n| {
        rig.say(&n.to_string());
    });
    let first = rig.commands();
    rig.frame(sent(2, 1));
    assert_eq!(rig.counters(), [4]);
    rig.reconnect();
    rig.say("new");
    let again = rig.commands();
    assert_eq!(again[..2], [first[0].clone(), first[2].clone()], "exactly as first stamped");
    assert_eq!(again.len(), 3);
    rig.frame(sent(1, 2));
    rig.frame(sent(3, 3));
    assert_eq!(rig.counters(), [0; 0], "4 was sent before as well");
    rig.frame(sent(4, 4));
    assert_eq!(rig.counters(), [5, 6]);
}

#[test]
fn what_never_left_is_not_held_back_by_a_lost_connection() {
    let mut rig = Rig::open(options());
    let wait = rig.lose();
    (0..3).for_each(|_| {
        rig.say("x");
    });
    rig.wait(wait);
    rig.connect();
    assert_eq!(rig.counters(), [1, 2, 3]);
}

#[test]
fn after_a_refusal_the_lowest_goes_first_alone_and_not_too_early() {
    let mut rig = Rig::open(options());
    (0..3).for_each(|_| {
        rig.say("x");
    });
    assert_eq!(rig.counters(), [1, 2, 3]);
    rig.frame(refused(2, Retry::After(50)));
    rig.frame(refused(3, Retry::After(20)));
    rig.say("new");
    rig.wait_ms(49);
    assert_eq!(rig.counters(), [0; 0]);
    rig.wait_ms(1);
    assert_eq!(rig.counters(), [0; 0], "1 is in flight, and lower");
    rig.frame(sent(1, 1));
    assert_eq!(rig.counters(), [2]);
    rig.frame(refused(2, Retry::After(10)));
    assert_eq!(rig.session.poll_timeout(), Some(rig.now + std::time::Duration::from_millis(10)));
    rig.wait_ms(10);
    assert_eq!(rig.counters(), [2]);
    rig.frame(sent(2, 2));
    assert_eq!(rig.counters(), [3]);
    rig.frame(sent(3, 3));
    assert_eq!(rig.counters(), [4]);
}

#[test]
fn a_refusal_holds_up_only_its_own_conversation() {
    let mut rig = Rig::open(options());
    rig.say("x");
    rig.counters();
    rig.frame(refused(1, Retry::After(1_000)));
    rig.session.say("coffee".parse().unwrap(), body("y"), rig.now, Wall(0)).unwrap();
    assert_eq!(rig.counters(), [2]);
}

#[test]
fn retry_now_is_now_once_and_then_not_in_a_tight_loop() {
    let mut rig = Rig::open(options());
    rig.say("x");
    assert_eq!(rig.counters(), [1]);
    rig.frame(refused(1, Retry::Now));
    assert_eq!(rig.counters(), [1]);
    rig.frame(refused(1, Retry::Now));
    assert_eq!(rig.counters(), [0; 0]);
    rig.wait_ms(100);
    assert_eq!(rig.counters(), [1]);
}

#[test]
fn what_will_never_be_taken_leaves_the_outbox_and_the_next_goes_on() {
    let mut rig = Rig::open(options());
    (0..2).for_each(|_| {
        rig.say("x");
    });
    rig.counters();
    rig.frame(refused(1, Retry::After(10)));
    rig.say("new");
    rig.wait_ms(10);
    assert_eq!(rig.counters(), [1]);
    rig.frame(refused(1, Retry::Never));
    let events = rig.events();
    assert!(matches!(events[..], [Event::Failed { id, .. }] if id == mine(1)), "{events:?}");
    assert_eq!(rig.counters(), [0; 0], "2 is in flight, and was sent before");
    rig.frame(sent(2, 1));
    assert_eq!(rig.counters(), [3]);
}

#[test]
fn a_wait_outlives_the_connection_it_was_told_on() {
    let mut rig = Rig::open(options());
    rig.say("x");
    rig.counters();
    rig.frame(refused(1, Retry::After(100_000)));
    rig.reconnect();
    assert_eq!(rig.counters(), [0; 0]);
    rig.session.handle_sign_of_life(rig.now);
    rig.wait_ms(100_000);
    rig.session.handle_sign_of_life(rig.now);
    assert_eq!(rig.counters(), [1]);
}

#[test]
fn answers_to_others_and_to_what_is_not_here_change_nothing() {
    let mut rig = Rig::open(options());
    rig.say("x");
    rig.counters();
    let Frame::Sent { conversation, epoch, seq, received_at, .. } = sent(1, 1) else { panic!() };
    let id = model::MessageId { instance: crate::rig::OTHER, counter: 1 };
    let reference = None;
    let duplicate = true;
    rig.frame(Frame::Sent { reference, id, conversation, epoch, seq, received_at, duplicate });
    rig.frame(sent(2, 5));
    rig.frame(refused(7, Retry::Never));
    rig.frame(refused(7, Retry::Now));
    assert_eq!((rig.events(), rig.counters(), rig.session.in_flight()), (vec![], vec![], 1));
}
