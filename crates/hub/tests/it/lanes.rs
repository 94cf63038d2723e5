//! Authors do not wait for each other, and each one's order is kept.

use hub::{Limits, LoadWant};
use model::{Fact, InstanceId};

use crate::words::{by, draft, user};
use crate::world::World;

fn world() -> World {
    World::new(Limits::default())
}

fn appended(world: &World) -> Vec<(u64, u64)> {
    let messages = world.in_flight.iter().map(|fact| match fact {
        Fact::Message(message) => (message.id.instance.0, message.id.counter),
        Fact::Cursors(_) | Fact::Enriched(_) | Fact::EpochStarted(_) | Fact::Remnant(_) => {
            panic!("{fact:?}")
        }
    });
    messages.collect()
}

#[test]
fn an_authors_order_is_kept_through_both_loads() {
    let mut world = world();
    world.before("c", 1, 1);
    world.send(draft("c", 2, "x"));
    world.send(draft("c", 3, "x"));
    world.answer_load(0);
    assert_eq!(world.loads.len(), 1, "one load for an author");
    world.send(draft("c", 4, "x"));
    assert_eq!(appended(&world), []);
    world.answer_load(0);
    world.send(draft("c", 5, "x"));
    assert_eq!(appended(&world), [(1, 2), (1, 3), (1, 4), (1, 5)]);
}

#[test]
fn an_author_being_loaded_does_not_hold_up_others() {
    let mut world = world();
    world.before("c", 1, 1);
    world.said(by("ben", 2, draft("c", 1, "x")));
    world.send(draft("c", 2, "x"));
    world.send(by("ben", 2, draft("c", 2, "x")));
    world.send(draft("c", 3, "x"));
    assert_eq!(appended(&world), [(2, 1), (2, 2)]);
    world.answer_load(0);
    assert_eq!(appended(&world), [(2, 1), (2, 2), (1, 2), (1, 3)]);
}

#[test]
fn two_instances_of_one_user_are_two_authors() {
    let mut world = world();
    world.before("c", 1, 1);
    world.said(draft("c", 2, "x"));
    world.send(by("ada", 9, draft("c", 1, "x")));
    assert!(matches!(&world.loads[0].1, LoadWant::Author(u, InstanceId(9)) if *u == user("ada")));
    world.answer_load(0);
    assert_eq!(appended(&world), [(1, 2), (9, 1)]);
}

#[test]
fn in_a_conversation_that_began_here_nobody_is_loaded() {
    let mut world = world();
    world.said(draft("c", 1, "x"));
    world.said(by("ben", 2, draft("c", 1, "x")));
    world.said(draft("c", 2, "x"));
    assert_eq!(appended(&world), [(1, 1), (2, 1), (1, 2)]);
    assert_eq!(world.hub.gauges().loads_author, 0);
    world.rest();
    world.restart();
    world.said(draft("c", 3, "x"));
    assert_eq!(world.hub.gauges().loads_author, 1, "what was said before was said to another");
}

#[test]
fn a_lookup_does_not_hold_up_the_same_authors_new_messages() {
    let mut world = world();
    world.before("c", 1, 5);
    world.said(draft("c", 4, "x"));
    world.send(draft("c", 6, "x"));
    world.send(draft("c", 7, "x"));
    assert_eq!((world.lookups.len(), appended(&world)), (1, vec![(1, 6), (1, 7)]));
}

#[test]
fn lookups_are_answered_in_any_order() {
    let mut world = world();
    world.before("c", 1, 5);
    for counter in 1..=5 {
        world.said(draft("c", counter, "before"));
    }
    while let Some(last) = world.lookups.len().checked_sub(1) {
        world.answer_lookup(last);
    }
    let requests: Vec<u64> = world.replies().iter().map(|(request, _)| *request).collect();
    assert_eq!(requests, [5, 4, 3, 2, 1]);
    assert_eq!(world.hub.gauges().lookups_found, 5);
}
