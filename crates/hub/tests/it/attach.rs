//! Who hears what: from `Attached` on everything, each once.

use hub::{Command, GatewayId, Limits, Reply};

use crate::words::{HERE, THERE, conversation, delivered, draft, standing};
use crate::world::World;

fn world() -> World {
    World::new(Limits::default())
}

fn attached(head: u64) -> Reply {
    Reply::Attached { conversation: conversation("c"), standing: standing(1, head) }
}

#[test]
fn a_gateway_that_attaches_while_messages_are_undurable_hears_them_once_and_only_later() {
    let mut world = world();
    for counter in 1..=4 {
        world.said(draft("c", counter, "x"));
    }
    world.commit(2);
    world.tell();
    world.log();
    world.attach(HERE, "c");
    assert_eq!(world.replies(), [(5, attached(2))]);
    world.commit(1);
    world.tell();
    world.attach(THERE, "c");
    let log = world.log();
    assert_eq!((delivered(&log, HERE), delivered(&log, THERE)), (vec![3], vec![]));
    world.make_durable();
    let log = world.log();
    assert_eq!((delivered(&log, HERE), delivered(&log, THERE)), (vec![4], vec![4]));
}

#[test]
fn attaching_twice_is_answered_twice_and_delivers_once() {
    let mut world = world();
    world.attach(HERE, "c");
    world.answer_loads();
    world.said(draft("c", 1, "x"));
    world.make_durable();
    world.log();
    world.attach(HERE, "c");
    assert_eq!(world.replies(), [(3, attached(1))]);
    world.said(draft("c", 2, "x"));
    world.make_durable();
    assert_eq!(delivered(&world.log(), HERE), [2]);
    assert_eq!(world.hub.gauges().attachments, 1);
}

#[test]
fn an_attach_to_a_cold_conversation_is_answered_after_its_load() {
    let mut world = world();
    world.before("c", 1, 7);
    world.attach(HERE, "c");
    assert_eq!(world.replies(), []);
    world.answer_loads();
    assert_eq!(world.replies(), [(1, attached(7))]);
}

#[test]
fn a_detach_before_the_load_is_answered_leaves_nothing_attached() {
    let mut world = world();
    world.attach(HERE, "c");
    world.attach(THERE, "c");
    world.hub.handle_detach(HERE, &conversation("c"));
    world.answer_loads();
    assert_eq!(world.replies().len(), 2, "each question has its answer");
    world.said(draft("c", 1, "x"));
    world.make_durable();
    let log = world.log();
    assert_eq!((delivered(&log, HERE), delivered(&log, THERE)), (vec![], vec![1]));
}

#[test]
fn a_gateway_that_is_gone_hears_nothing_and_weighs_nothing() {
    let mut world = world();
    for to in ["a", "b", "c"] {
        world.attach(HERE, to);
        world.attach(THERE, to);
    }
    world.hub.handle_gateway_gone(HERE);
    world.answer_loads();
    assert_eq!(world.hub.gauges().attachments, 3);
    world.hub.handle_gateway_gone(HERE);
    world.hub.handle_detach(HERE, &conversation("a"));
    assert_eq!(world.hub.gauges().attachments, 3);
    let with_there = world.hub.gauges().bytes;
    world.said(draft("c", 1, "x"));
    world.make_durable();
    let log = world.log();
    assert_eq!((delivered(&log, HERE), delivered(&log, THERE)), (vec![], vec![1]));
    world.hub.handle_gateway_gone(THERE);
    world.rest();
    assert_eq!(world.hub.gauges().attachments, 0);
    assert!(world.hub.gauges().bytes < with_there + 1_000);
}

#[test]
fn what_a_gone_gateway_sent_is_said_all_the_same() {
    let mut world = world();
    world.send(draft("c", 1, "x"));
    world.hub.handle_gateway_gone(HERE);
    world.rest();
    assert_eq!(world.history.messages[&conversation("c")].len(), 1);
}

#[test]
fn one_delivery_goes_to_each_attached_gateway_and_shares_the_message() {
    let mut world = world();
    for gateway in 1..=5 {
        world.attach(GatewayId(gateway), "c");
    }
    world.said(draft("c", 1, "x"));
    world.answer_loads();
    world.log();
    world.make_durable();
    let log = world.log();
    let messages: Vec<_> = log
        .iter()
        .filter_map(|command| match command {
            Command::Deliver { message, .. } => Some(message),
            Command::Append { .. }
            | Command::Reply { .. }
            | Command::Typing { .. }
            | Command::Load { .. }
            | Command::Lookup { .. }
            | Command::ReadHistory { .. } => None,
        })
        .collect();
    assert_eq!(messages.len(), 5);
    assert!(messages.iter().all(|message| std::sync::Arc::ptr_eq(message, messages[0])));
}
