//! A small memory and many conversations: they come and go, and nothing is forgotten.

use std::time::Duration;

use hub::{Command, Limits, Reply};
use model::{Fact, Refusal, Seq};

use crate::words::{EPOCH, HERE, THERE, conversation, delivered, device, draft, sent, user};
use crate::world::World;

fn names(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("room-{n:04}")).collect()
}

/// The bytes of one quiet conversation with one author.
fn one() -> usize {
    let mut world = World::new(Limits::default());
    world.said(draft("room-0000", 1, "x"));
    world.rest();
    world.hub.gauges().bytes
}

#[test]
fn ten_times_as_many_conversations_as_fit_all_go_on_where_they_were() {
    let memory_bytes = 24 * one();
    let mut world = World::new(Limits { memory_bytes, ..Limits::default() });
    let rooms = names(200);
    for round in 1..=3 {
        for to in &rooms {
            let draft = draft(to, round, "x");
            let request = world.said(draft.clone());
            world.rest();
            let stamp = 1_000 + world.batches.len() as u64;
            assert_eq!(world.replies(), [(request, sent(&draft, round, stamp, false))]);
            assert!(world.hub.gauges().bytes <= memory_bytes);
        }
    }
    let gauges = world.hub.gauges();
    assert!(gauges.conversations <= 24, "{gauges:?}");
    assert!(gauges.evictions > 500, "{gauges:?}");
    assert_eq!(gauges.loads_head, 600);
}

#[test]
fn the_one_not_used_for_longest_goes_first() {
    let mut world = World::new(Limits { memory_bytes: 8 * one(), ..Limits::default() });
    let rooms = names(9);
    for to in &rooms[..6] {
        world.said(draft(to, 1, "x"));
        world.rest();
    }
    world.get_cursor(&rooms[0], "phone");
    world.rest();
    for to in &rooms[6..] {
        world.said(draft(to, 1, "x"));
        world.rest();
    }
    assert!((1..=4).contains(&world.hub.gauges().evictions), "{:?}", world.hub.gauges());
    world.log();
    world.said(draft(&rooms[0], 2, "x"));
    let head = |log: Vec<Command>| log.iter().any(|c| matches!(c, Command::Load { .. }));
    assert!(!head(world.log()), "used a moment ago");
    world.said(draft(&rooms[1], 2, "x"));
    assert!(head(world.log()), "not used for longest");
}

#[test]
fn nothing_that_history_lacks_is_evicted() {
    let mut world = World::new(Limits { memory_bytes: 4 * one(), ..Limits::default() });
    let rooms = names(20);
    let busy = Reply::Refused(Refusal::Busy { bound: "memory".to_owned(), retry_after_ms: 50 });
    for to in &rooms {
        world.said(draft(to, 1, "x"));
        world.make_durable();
    }
    let refused = world.replies().iter().filter(|(_, reply)| *reply == busy).count();
    let gauges = world.hub.gauges();
    assert_eq!(gauges.refused_memory, refused as u64);
    assert_eq!(gauges.tail_messages, rooms.len() - refused, "all that was said is still there");
    assert!(refused > 10 && gauges.tail_messages > 1);
    // Once history has them there is room again.
    world.rest();
    world.said(draft(&rooms[19], 1, "x"));
    world.rest();
    assert!(matches!(world.replies()[..], [(21, Reply::Sent { .. })]));
}

#[test]
fn a_conversation_with_subscribers_is_evicted_and_they_still_hear_it_later() {
    let mut world = World::new(Limits { memory_bytes: 10 * one(), ..Limits::default() });
    let rooms = names(20);
    world.attach(HERE, &rooms[0]);
    world.attach(THERE, &rooms[0]);
    for to in &rooms[1..] {
        world.said(draft(to, 1, "x"));
        world.rest();
    }
    world.log();
    world.send(draft(&rooms[0], 1, "x"));
    assert_eq!(world.loads.len(), 1, "it was evicted");
    world.rest();
    let log = world.log();
    assert_eq!((delivered(&log, HERE), delivered(&log, THERE)), (vec![1], vec![1]));
}

#[test]
fn moved_cursors_are_flushed_before_their_conversation_goes() {
    let mut world = World::new(Limits { memory_bytes: 6 * one(), ..Limits::default() });
    let rooms = names(40);
    for to in &rooms {
        world.before(to, 1, 9);
    }
    let mut journaled_early = 0;
    for (n, to) in rooms.iter().enumerate() {
        // A full memory says `busy` once; then the flush has made room.
        for _ in 0..3 {
            world.move_cursor(to, "phone", EPOCH, Seq(1 + n as u64 % 9));
            world.answer_loads();
            let records = world.in_flight.iter();
            journaled_early += records.filter(|fact| matches!(fact, Fact::Cursors(_))).count();
            world.rest();
        }
    }
    assert!(journaled_early > 0);
    let gauges = world.hub.gauges();
    assert!(gauges.evictions > 20 && gauges.cursor_moves_dropped > 0, "{gauges:?}");
    world.log();
    for (n, to) in rooms.iter().enumerate() {
        world.get_cursor(to, "phone");
        world.rest();
        let told = world.replies().pop().map(|(_, reply)| reply);
        let at = match told {
            // A question too finds the memory full, and again the flush makes room.
            Some(Reply::Refused(_)) => {
                world.get_cursor(to, "phone");
                world.rest();
                world.replies().pop().map(|(_, reply)| reply)
            }
            other => other,
        };
        assert_eq!(at, Some(Reply::CursorAt { seq: Seq(1 + n as u64 % 9) }), "{to}");
    }
}

#[test]
fn an_early_flush_leaves_no_timer_behind() {
    let mut world = World::new(Limits { memory_bytes: 3 * one(), ..Limits::default() });
    world.before("a", 1, 1);
    world.move_cursor("a", "phone", EPOCH, Seq(1));
    world.answer_loads();
    for to in names(3) {
        world.said(draft(&to, 1, "x"));
        world.rest();
    }
    let key = (conversation("a"), user("ada"), device("phone"));
    assert_eq!(world.history.cursors[&key], Seq(1));
    assert_eq!(world.hub.poll_timeout(), None);
    world.elapse(Duration::from_secs(60));
    assert_eq!(world.in_flight.len(), 0);
}

#[test]
fn idle_authors_and_cursors_of_a_room_that_never_falls_silent_are_forgotten() {
    let mut world = World::new(Limits::default());
    let speaks = |n: u64| crate::words::by("ada", n, draft("c", 1, "x"));
    for n in 1..=1_024 {
        world.said(speaks(n));
        world.get_cursor("c", &format!("device{n}"));
    }
    world.rest();
    let full = world.hub.gauges().bytes;
    world.log();
    world.said(speaks(2_000));
    world.get_cursor("c", "one-more");
    world.answer_loads();
    assert!(world.hub.gauges().bytes < full / 10);
    // They are known again when they come again.
    world.said(speaks(1));
    world.answer_lookup(0);
    let replies = world.replies();
    assert!(matches!(replies[1], (_, Reply::Sent { seq: Seq(1), duplicate: true, .. })));
}

#[test]
fn a_room_that_fills_the_memory_alone_forgets_its_idle_authors_and_cursors() {
    let mut world = World::new(Limits { memory_bytes: 20_000, ..Limits::default() });
    let speaks = |n: u64| crate::words::by("ada", n, draft("c", 1, "x"));
    for n in 1..=200 {
        world.said(speaks(n));
        world.get_cursor("c", &format!("device{n}"));
        world.answer_loads();
        world.rest();
    }
    assert_eq!(world.hub.gauges().refused_memory, 0);
    // They are known again when they come again.
    world.log();
    world.said(speaks(1));
    world.answer_lookup(0);
    let replies = world.replies();
    assert!(matches!(replies[0], (_, Reply::Sent { seq: Seq(1), duplicate: true, .. })));
}

#[test]
fn an_author_whom_history_does_not_know_yet_is_not_forgotten() {
    let mut world = World::new(Limits::default());
    let speaks = |n: u64| crate::words::by("ada", n, draft("c", 1, "x"));
    world.said(speaks(1));
    for n in 2..=1_024 {
        world.said(speaks(n));
    }
    world.said(speaks(1_025));
    world.send(speaks(1));
    assert_eq!((world.loads.len(), world.lookups.len()), (0, 0), "the tail knows it");
    assert_eq!(world.in_flight.len(), 1_025);
    world.make_durable();
    assert_eq!(world.hub.gauges().duplicates, 1);
}
