//! A full disk: everything undurable is as if it had never come.

use std::time::Duration;

use hub::{Command, Limits, Reply};
use model::{Fact, ReadFrom, Refusal, Seq};

use crate::words::{EPOCH, HERE, by, delivered, draft, page_of, sent, standing};
use crate::world::World;

const FULL: Reply = Reply::Refused(Refusal::DiskFull);

fn world() -> World {
    World::new(Limits::default())
}

#[test]
fn a_refusal_undoes_all_conversations_and_authors_and_answers_who_waits() {
    let mut world = world();
    world.attach(HERE, "c");
    world.said(draft("c", 1, "durable"));
    world.make_durable();
    let quiet = world.hub.gauges();
    world.said(draft("c", 2, "x"));
    world.said(by("ben", 2, draft("c", 1, "x")));
    world.said(draft("d", 3, "x"));
    world.send(draft("c", 2, "x"));
    world.send(draft("c", 2, "y"));
    world.log();
    world.refuse();
    world.tell();
    let mut replies = world.replies();
    replies.sort_by_key(|(request, _)| *request);
    let all = [3, 4, 5, 6, 7].map(|request| (request, FULL));
    assert_eq!(replies, all);
    let after = world.hub.gauges();
    assert_eq!((after.undurable, after.waiting), (0, 0));
    assert_eq!((after.tail_messages, after.tail_bytes), (1, quiet.tail_bytes));

    // As if they had never come: the same ids are new, with the next numbers.
    world.said(by("ben", 2, draft("c", 1, "again")));
    world.said(draft("c", 2, "again"));
    world.said(draft("d", 3, "again"));
    assert_eq!(world.lookups.len(), 0);
    world.make_durable();
    let log = world.log();
    assert_eq!(delivered(&log, HERE), [2, 3]);
    assert_eq!(world.hub.gauges().rollbacks, 1);
}

#[test]
fn a_refusal_keeps_what_was_durable_before_it() {
    let mut world = world();
    for counter in 1..=3 {
        world.said(draft("c", counter, "x"));
    }
    world.commit(2);
    world.refuse();
    world.tell();
    world.tell();
    let [one, two, three] = [1, 2, 3].map(|counter| draft("c", counter, "x"));
    let replies = world.replies();
    assert_eq!(
        replies,
        [(1, sent(&one, 1, 1_001, false)), (2, sent(&two, 2, 1_001, false)), (3, FULL)]
    );
    world.read("c", ReadFrom::Seq(Seq(1)), 10);
    assert_eq!(page_of(&world.replies()[0].1), (standing(1, 2), vec![1, 2]));
    world.send(two.clone());
    world.send(three);
    world.make_durable();
    assert_eq!(world.replies()[0].1, sent(&two, 2, 1_001, true));
}

#[test]
fn appends_of_the_next_generation_are_told_apart_from_those_under_way() {
    let mut world = world();
    world.said(draft("c", 1, "x"));
    world.refuse();
    // Handed over before the hub hears of the refusal: of the old generation, refused as well.
    world.said(draft("c", 2, "x"));
    assert_eq!(world.in_flight.len(), 0);
    world.tell();
    assert_eq!(world.replies(), [(1, FULL), (2, FULL)]);
    world.hub.handle_append_refused(0);
    world.said(draft("c", 2, "x"));
    let log = world.log();
    assert!(matches!(&log[..], [Command::Append { generation: 1, fact: Fact::Message(m) }]
        if m.seq == Seq(1)));
}

#[test]
fn what_waits_for_loads_survives_a_refusal() {
    let mut world = world();
    world.before("c", 1, 1);
    world.said(draft("c", 2, "x"));
    world.send(by("ben", 2, draft("c", 1, "x")));
    world.send(draft("d", 2, "x"));
    world.refuse();
    world.tell();
    assert_eq!(world.replies(), [(1, FULL)]);
    world.rest();
    assert_eq!(world.replies().len(), 2);
}

#[test]
fn cursors_in_a_refused_generation_are_flushed_again() {
    let mut world = world();
    world.before("c", 1, 9);
    world.move_cursor("c", "phone", EPOCH, Seq(4));
    world.move_cursor("c", "desk", EPOCH, Seq(5));
    world.answer_loads();
    world.elapse(Duration::from_secs(5));
    assert_eq!(world.in_flight.len(), 1);
    world.move_cursor("c", "phone", EPOCH, Seq(6));
    world.refuse();
    world.tell();
    assert!(world.hub.poll_timeout().is_some());
    world.elapse(Duration::from_secs(5));
    assert!(matches!(&world.in_flight[0], Fact::Cursors(moves) if moves.len() == 2
        && moves.iter().any(|m| m.seq == Seq(6)) && moves.iter().any(|m| m.seq == Seq(5))));
    world.rest();
    assert_eq!(world.hub.poll_timeout(), None);
}
