use std::time::Duration;

use model::Ordinal;
use tokio::time::Instant;
use wire::Encoding;

use super::*;
use crate::mailbox::Mailbox;
use crate::ring::{FRAME_OVERHEAD_BYTES, RING_FRAMES_MAX};

fn topics() -> Arc<Topics> {
    Topics::new(Arc::default())
}

fn name(text: &str) -> ConversationId {
    ConversationId::new(text).unwrap()
}

fn join(topics: &Topics, conversation: &str) -> (Arc<Mailbox>, Seat) {
    let mailbox = Mailbox::open();
    let seat = topics.join(&name(conversation), Listener::new(7, Encoding::Json, &mailbox));
    (mailbox, seat)
}

fn attach(topics: &Topics, conversation: &str, head: u64) -> Arc<Topic> {
    assert_eq!(topics.ask_next(|want| is_attach(want, conversation)), Some(true));
    let topic = topics.get(&name(conversation)).unwrap();
    let standing =
        Standing { epoch: Epoch(1), first: Seq(1), head: Seq(head), ordinal: Ordinal(head) };
    topics.attached(&topic, &standing);
    topic
}

fn is_attach(want: &Want, conversation: &str) -> bool {
    matches!(want, Want::Attach(topic) if topic.conversation() == &name(conversation))
}

fn is_detach(want: &Want, conversation: &str) -> bool {
    matches!(want, Want::Detach(gone) if gone == &name(conversation))
}

fn deliver(topics: &Topics, topic: &Topic, seq: u64) -> Result<bool, NotNext> {
    topics.deliver(topic, Seq(seq), Effect::None, |_| Said::new("frame".to_owned()))
}

#[test]
fn the_first_listener_wants_an_attachment_and_the_last_one_detaches() {
    let topics = topics();
    let (_, first) = join(&topics, "a");
    let (_, second) = join(&topics, "a");
    attach(&topics, "a", 0);
    assert_eq!(topics.ask_next(|_| true), None, "asked once");
    topics.leave(&first);
    assert_eq!(topics.ask_next(|_| true), None, "someone is still there");
    topics.leave(&second);
    let (_, _again) = join(&topics, "a");
    assert_eq!(topics.ask_next(|want| is_detach(want, "a")), Some(true));
    assert_eq!(topics.ask_next(|want| is_attach(want, "a")), Some(true));
}

#[test]
fn one_that_left_before_it_was_asked_for_is_neither_attached_nor_detached() {
    let topics = topics();
    for _ in 0..1_000 {
        let (_, seat) = join(&topics, "a");
        topics.leave(&seat);
    }
    assert_eq!(lock(&topics.line).len(), 0, "it takes its place in the line away");
    assert_eq!((topics.ask_next(|_| true), topics.count()), (None, 0));
}

#[test]
fn an_attachment_that_comes_after_everyone_left_is_nobodys() {
    let topics = topics();
    let (_, seat) = join(&topics, "a");
    assert_eq!(topics.ask_next(|_| true), Some(true));
    let old = topics.get(&name("a")).unwrap();
    topics.leave(&seat);
    assert_eq!(topics.ask_next(|want| is_detach(want, "a")), Some(true));
    let (_, again) = join(&topics, "a");
    let standing = Standing { epoch: Epoch(1), first: Seq(1), head: Seq(3), ordinal: Ordinal(3) };
    topics.attached(&old, &standing);
    again.look(|view, _| assert_eq!(view, None));
    attach(&topics, "a", 5);
    again.look(|view, _| assert_eq!(view.map(|view| view.start), Some(Seq(6))));
}

#[test]
fn what_was_under_way_before_the_attachment_is_left_out_and_a_gap_is_an_error() {
    let topics = topics();
    let (_, seat) = join(&topics, "a");
    let topic = topics.get(&name("a")).unwrap();
    assert_eq!(deliver(&topics, &topic, 5), Ok(false), "not attached yet");
    attach(&topics, "a", 5);
    assert_eq!(deliver(&topics, &topic, 5), Ok(false), "at or below the head");
    assert_eq!(deliver(&topics, &topic, 6), Ok(true));
    assert_eq!(deliver(&topics, &topic, 8), Err(NotNext { expected: Seq(7) }));
    seat.look(|view, ring| {
        assert_eq!((view.unwrap().head, ring.len()), (Seq(6), 1));
    });
}

#[test]
fn a_listener_is_woken_once_until_it_looks() {
    let topics = topics();
    let mailbox = Mailbox::open();
    let listener = Listener::new(7, Encoding::Json, &mailbox);
    topics.join(&name("a"), Arc::clone(&listener));
    let topic = topics.get(&name("a")).unwrap();
    topic.wake();
    topic.wake();
    assert_eq!(mailbox.take().woken[..], [7]);
    topic.wake();
    assert!(mailbox.take().woken.is_empty(), "it has not looked yet");
    listener.looking();
    topic.wake();
    assert_eq!(mailbox.take().woken[..], [7]);
}

#[test]
fn a_lost_link_drops_the_rings_and_everyone_wants_again() {
    let topics = topics();
    let seats = ["a", "b"].map(|conversation| join(&topics, conversation));
    for conversation in ["a", "b"] {
        let topic = attach(&topics, conversation, 0);
        deliver(&topics, &topic, 1).unwrap();
    }
    topics.detach_all();
    assert_eq!(topics.counts.ring_bytes.load(Relaxed), 0);
    assert_eq!(topics.counts.ring_frames.load(Relaxed), 0);
    for (_, seat) in &seats {
        seat.look(|view, _| assert_eq!(view, None));
    }
    let mut asked = 0;
    while topics.ask_next(|_| true).is_some() {
        asked += 1;
    }
    assert_eq!(asked, 2);
}

#[test]
fn one_that_was_refused_wants_again() {
    let topics = topics();
    let (_mailbox, seat) = join(&topics, "a");
    assert_eq!(topics.ask_next(|_| true), Some(true));
    let topic = topics.get(&name("a")).unwrap();
    topics.want_again(&topic);
    attach(&topics, "a", 0);
    topics.leave(&seat);
    assert_eq!(topics.ask_next(|_| true), Some(true));
    topics.want_again(&topic);
    assert_eq!(topics.ask_next(|_| true), None, "unless everyone has left");
}

#[test]
fn over_all_rings_the_frame_that_came_first_goes_first() {
    let topics = topics();
    let cost = "frame".len() + FRAME_OVERHEAD_BYTES;
    let mut budget = Budget::new(3 * cost);
    let (_a, seat_a) = join(&topics, "a");
    let (_b, seat_b) = join(&topics, "b");
    let a = attach(&topics, "a", 0);
    let b = attach(&topics, "b", 0);
    for (topic, seq) in [(&a, 1), (&b, 1), (&b, 2)] {
        deliver(&topics, topic, seq).unwrap();
        budget.delivered(&topics, topic, Seq(seq));
    }
    seat_a.look(|view, _| assert_eq!(view.unwrap().start, Seq(1), "three are not too many"));
    deliver(&topics, &b, 3).unwrap();
    budget.delivered(&topics, &b, Seq(3));
    seat_a.look(|view, _| assert_eq!(view.unwrap().start, Seq(2)));
    seat_b.look(|view, _| assert_eq!(view.unwrap().start, Seq(1)));
    assert_eq!(topics.counts.ring_bytes.load(Relaxed), 3 * cost as u64);
}

#[test]
fn the_order_of_frames_does_not_grow_with_what_was_dropped_otherwise() {
    let topics = topics();
    let mut budget = Budget::new(usize::MAX);
    let (_mailbox, _seat) = join(&topics, "a");
    let a = attach(&topics, "a", 0);
    for seq in 1..10_000 {
        deliver(&topics, &a, seq).unwrap();
        budget.delivered(&topics, &a, Seq(seq));
    }
    assert!(budget.len() <= 2 * RING_FRAMES_MAX + 1024, "{}", budget.len());
}

#[test]
fn messagepack_is_wanted_exactly_while_someone_hears_it() {
    let topics = topics();
    let (_mailbox, json) = join(&topics, "a");
    let topic = topics.get(&name("a")).unwrap();
    assert!(!topic.wants_binary());
    let mailbox = Mailbox::open();
    let hears = || topics.join(&name("a"), Listener::new(8, Encoding::MessagePack, &mailbox));
    let (one, other) = (hears(), hears());
    topics.leave(&one);
    topics.leave(&one);
    assert!(topic.wants_binary());
    topics.leave(&json);
    topic.typing(&UserId::new("ada").unwrap());
    let asides = mailbox.take().asides;
    assert!(matches!(asides[..], [(_, crate::words::Words::Binary(_))]), "{asides:?}");
    topics.leave(&other);
    assert!(!topic.wants_binary());
}

#[test]
fn a_frame_stays_a_minute_and_a_quiet_conversation_holds_none() {
    let topics = topics();
    let mut budget = Budget::new(usize::MAX);
    let (_mailbox, seat) = join(&topics, "a");
    let a = attach(&topics, "a", 0);
    let before = Instant::now();
    deliver(&topics, &a, 1).unwrap();
    budget.delivered(&topics, &a, Seq(1));
    let after = Instant::now();
    let minute = Duration::from_secs(60);
    budget.handle_timeout(&topics, before + minute - Duration::from_nanos(1));
    seat.look(|view, _| assert_eq!(view.unwrap().start, Seq(1)));
    budget.handle_timeout(&topics, after + minute);
    seat.look(|view, ring| assert_eq!((view.unwrap().start, ring.len()), (Seq(2), 0)));
    assert_eq!((budget.len(), topics.counts.ring_bytes.load(Relaxed)), (0, 0));
}
