//! An id is sequenced once for the life of the log.

use hub::{Limits, Reply};
use model::{Refusal, Seq};

use crate::words::{by, draft, sent};
use crate::world::World;

fn world() -> World {
    World::new(Limits::default())
}

fn conflict(of: &model::Draft, seq: u64) -> Reply {
    Reply::Refused(Refusal::IdempotencyConflict { id: of.id, seq: Seq(seq) })
}

#[test]
fn a_duplicate_of_an_undurable_message_waits_until_that_is_durable() {
    let mut world = world();
    let first = draft("c", 1, "x");
    world.said(first.clone());
    world.send(first.clone());
    assert_eq!(world.replies(), []);
    assert_eq!((world.in_flight.len(), world.hub.gauges().waiting), (1, 1));
    world.make_durable();
    let replies = world.replies();
    assert_eq!(replies, [(1, sent(&first, 1, 1_001, false)), (2, sent(&first, 1, 1_001, true))]);
    assert_eq!(world.hub.gauges().waiting, 0);
}

#[test]
fn a_conflict_with_an_undurable_message_waits_until_that_is_durable() {
    let mut world = world();
    let first = draft("c", 1, "x");
    world.said(first.clone());
    world.send(draft("c", 1, "y"));
    assert_eq!(world.replies(), []);
    world.make_durable();
    assert_eq!(world.replies()[1], (2, conflict(&first, 1)));
}

#[test]
fn a_durable_message_in_the_tail_answers_duplicates_and_conflicts_at_once() {
    let mut world = world();
    let first = draft("c", 1, "x");
    world.said(first.clone());
    world.make_durable();
    world.log();
    world.send(first.clone());
    world.send(draft("c", 1, "y"));
    assert_eq!(world.replies(), [(2, sent(&first, 1, 1_001, true)), (3, conflict(&first, 1))]);
    assert_eq!(world.hub.gauges().lookups, 0);
}

#[test]
fn a_message_that_only_history_has_answers_duplicates_and_conflicts_after_a_lookup() {
    let mut world = world();
    let first = draft("c", 1, "x");
    world.said(first.clone());
    world.rest();
    world.log();
    world.send(first.clone());
    world.send(draft("c", 1, "y"));
    assert_eq!((world.replies().len(), world.lookups.len()), (0, 1), "one lookup for one id");
    world.answer_lookup(0);
    assert_eq!(world.replies(), [(2, sent(&first, 1, 1_001, true)), (3, conflict(&first, 1))]);
    assert_eq!(world.in_flight.len(), 0);
}

#[test]
fn an_old_counter_that_nobody_knows_is_sequenced_and_then_known() {
    let mut world = world();
    world.said(draft("c", 5, "five"));
    world.make_durable();
    world.log();
    let late = draft("c", 3, "three");
    world.send(late.clone());
    world.send(late.clone());
    world.send(draft("c", 3, "other"));
    world.answer_lookup(0);
    assert_eq!((world.in_flight.len(), world.replies().len()), (1, 0));
    world.send(late.clone());
    assert_eq!(world.lookups.len(), 0, "the tail knows it now");
    world.make_durable();
    let replies = world.replies();
    assert_eq!(
        replies,
        [
            (2, sent(&late, 2, 1_002, false)),
            (3, sent(&late, 2, 1_002, true)),
            (4, conflict(&late, 2)),
            (5, sent(&late, 2, 1_002, true)),
        ]
    );
}

#[test]
fn the_same_id_from_another_sender_or_in_another_conversation_is_another_message() {
    let mut world = world();
    world.said(draft("c", 1, "x"));
    world.said(by("ben", 1, draft("c", 1, "x")));
    world.said(draft("d", 1, "x"));
    assert_eq!(world.in_flight.len(), 3);
}

#[test]
fn an_id_that_a_rollback_made_new_again_still_waits_for_its_lookup() {
    let mut world = world();
    world.said(draft("c", 5, "five"));
    let late = draft("c", 3, "three");
    world.send(late.clone());
    assert_eq!(world.lookups.len(), 1);
    world.refuse();
    world.tell();
    world.log();
    // Above the highest counter again, and yet its lookup is out.
    world.send(late.clone());
    assert_eq!(world.in_flight.len(), 0);
    world.answer_lookup(0);
    world.make_durable();
    assert_eq!(
        world.replies(),
        [(2, sent(&late, 1, 1_001, false)), (3, sent(&late, 1, 1_001, true))]
    );
}

#[test]
fn dedupe_does_not_forget_when_a_conversation_is_evicted() {
    let mut world = World::new(Limits { memory_bytes: 6_000, ..Limits::default() });
    let first = draft("c", 1, "x");
    world.said(first.clone());
    world.rest();
    for n in 0..20 {
        world.said(draft(&format!("other{n}"), 1, "x"));
        world.rest();
    }
    assert!(world.hub.gauges().evictions >= 10, "{:?}", world.hub.gauges());
    world.log();
    world.send(first.clone());
    world.rest();
    let replies = world.replies();
    assert!(matches!(&replies[..], [(_, reply)] if *reply == sent(&first, 1, 1_001, true)));
}

#[test]
fn dedupe_does_not_forget_when_the_owner_restarts() {
    let mut world = world();
    let [told, written, lost] = [1, 2, 3].map(|counter| draft("c", counter, "x"));
    world.said(told.clone());
    world.make_durable();
    world.said(written.clone());
    world.said(lost.clone());
    world.commit(1);
    world.restart();
    world.said(told.clone());
    world.said(written.clone());
    world.said(lost.clone());
    world.rest();
    let mut replies: Vec<_> = world.replies().into_iter().map(|(_, reply)| reply).collect();
    replies.sort_by_key(|reply| matches!(reply, Reply::Sent { seq: Seq(3), .. }));
    let stamps = [(&told, 1, 1_001, true), (&written, 2, 1_002, true), (&lost, 3, 1_003, false)];
    let expected = stamps.map(|(draft, seq, at, duplicate)| sent(draft, seq, at, duplicate));
    assert_eq!(replies, expected);
}
