//! Every bound, at its edge.

use hub::{Limits, Reply};
use model::{Refusal, Seq};

use crate::words::{EPOCH, HERE, draft};
use crate::world::World;

fn busy(bound: &str) -> impl Fn(&(u64, Reply)) -> bool {
    move |(_, reply)| matches!(reply, Reply::Refused(Refusal::Busy { bound: b, .. }) if b == bound)
}

#[test]
fn the_most_undurable_records_are_taken_and_one_more_is_not() {
    let mut world = World::new(Limits { undurable_max: 3, ..Limits::default() });
    for counter in 1..=4 {
        world.said(draft("c", counter, "x"));
    }
    assert_eq!(world.in_flight.len(), 3);
    let replies = world.replies();
    assert!(replies.len() == 1 && replies[0].0 == 4 && busy("undurable")(&replies[0]));
    assert_eq!(world.hub.gauges().refused_undurable, 1);
    world.make_durable();
    world.said(draft("c", 4, "x"));
    assert_eq!(world.in_flight.len(), 1);
}

#[test]
fn while_too_much_waits_to_be_understood_new_messages_are_refused_and_old_ones_answered() {
    let mut world = World::new(Limits::default());
    world.said(draft("c", 1, "x"));
    world.make_durable();
    world.replies();
    world.hub.handle_backlog(true);
    world.said(draft("c", 2, "x"));
    let replies = world.replies();
    assert!(replies.len() == 1 && busy("backlog")(&replies[0]), "{replies:?}");
    assert_eq!(world.hub.gauges().refused_backlog, 1);
    world.send(draft("c", 1, "x"));
    assert!(matches!(world.replies()[..], [(_, Reply::Sent { duplicate: true, .. })]));
    world.hub.handle_backlog(false);
    world.said(draft("c", 2, "x"));
    assert_eq!(world.in_flight.len(), 1);
}

#[test]
fn a_full_tail_says_view_behind_until_history_has_caught_up() {
    let tail_of = |count: u64| {
        let mut world = World::new(Limits::default());
        for counter in 1..=count {
            world.said(draft("c", counter, "some body"));
        }
        world.hub.gauges().tail_bytes
    };
    let limits = Limits { tail_max_bytes: tail_of(5), ..Limits::default() };
    let mut world = World::new(limits);
    for counter in 1..=6 {
        world.said(draft("c", counter, "some body"));
        world.make_durable();
    }
    let replies = world.replies();
    assert!(replies.len() == 6 && busy("view_behind")(&replies[5]), "{replies:?}");
    world.send(draft("c", 5, "some body"));
    assert!(matches!(world.replies()[..], [(7, Reply::Sent { duplicate: true, .. })]));
    world.rest();
    world.said(draft("c", 6, "some body"));
    assert_eq!(world.in_flight.len(), 1);
    let limits = Limits { tail_max_bytes: tail_of(5) - 1, ..Limits::default() };
    let mut world = World::new(limits);
    for counter in 1..=5 {
        world.said(draft("c", counter, "some body"));
    }
    assert_eq!(world.in_flight.len(), 4);
}

#[test]
fn what_waits_for_loads_is_bounded_over_all_conversations() {
    let mut world = World::new(Limits { loads_waiting_max: 4, ..Limits::default() });
    for (n, to) in ["a", "b", "a", "b", "a", "e"].into_iter().enumerate() {
        world.send(draft(to, 1 + n as u64, "x"));
    }
    world.attach(HERE, "a");
    world.move_cursor("a", "phone", EPOCH, Seq(0));
    let replies = world.replies();
    assert_eq!(replies.iter().map(|r| r.0).collect::<Vec<_>>(), [5, 6, 7]);
    assert!(replies.iter().all(busy("loads")));
    let gauges = world.hub.gauges();
    assert_eq!((gauges.waiting, gauges.conversations), (4, 2), "nothing is loaded for nobody");
    assert_eq!((gauges.cursor_moves_dropped, gauges.attachments), (1, 0));
    world.rest();
    assert_eq!(world.hub.gauges().waiting, 0);
}

#[test]
fn lanes_lookups_and_duplicates_count_among_what_waits() {
    let mut world = World::new(Limits { loads_waiting_max: 3, ..Limits::default() });
    world.before("c", 1, 5);
    world.said(draft("c", 6, "x"));
    world.send(draft("c", 6, "x"));
    world.send(draft("c", 2, "before"));
    world.send(draft("c", 2, "before"));
    assert_eq!(world.hub.gauges().waiting, 3);
    world.send(draft("c", 6, "x"));
    world.send(draft("c", 2, "before"));
    world.send(draft("c", 3, "before"));
    world.send(crate::words::by("ben", 2, draft("c", 1, "x")));
    world.get_cursor("c", "phone");
    world.move_cursor("c", "phone", EPOCH, Seq(1));
    let replies = world.replies();
    assert!(replies.len() == 5 && replies.iter().all(busy("loads")), "{replies:?}");
    world.send(draft("c", 7, "new and of a known author: it need not wait"));
    assert_eq!(world.in_flight.len(), 2);
    world.rest();
    assert_eq!(world.hub.gauges().waiting, 0);
}

#[test]
fn a_memory_too_small_for_anything_refuses_and_stays_empty() {
    let mut world = World::new(Limits { memory_bytes: 100, ..Limits::default() });
    world.send(draft("c", 1, "x"));
    world.attach(HERE, "c");
    world.move_cursor("c", "phone", EPOCH, Seq(0));
    let replies = world.replies();
    assert!(replies.len() == 2 && replies.iter().all(busy("memory")));
    let gauges = world.hub.gauges();
    assert_eq!((gauges.bytes, gauges.conversations, gauges.cursor_moves_dropped), (0, 0, 1));
}
