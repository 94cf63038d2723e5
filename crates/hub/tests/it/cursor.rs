//! How far devices have acknowledged: never ahead, never back, journaled now and then.

use std::time::Duration;

use hub::{Limits, Reply};
use model::bounds::CURSOR_MOVES_MAX;
use model::{Epoch, Fact, Seq};

use crate::words::{EPOCH, conversation, device, draft, user};
use crate::world::World;

/// History has 1 to 9 of `c`.
fn world() -> World {
    let mut world = World::new(Limits::default());
    world.before("c", 1, 9);
    world
}

fn at(world: &mut World, device_name: &str) -> u64 {
    world.log();
    world.get_cursor("c", device_name);
    world.answer_loads();
    match world.replies()[..] {
        [(_, Reply::CursorAt { seq })] => seq.0,
        ref other => panic!("{other:?}"),
    }
}

fn moves(fact: &Fact) -> Vec<(String, u64)> {
    match fact {
        Fact::Cursors(moves) => moves.iter().map(|m| (m.device.to_string(), m.seq.0)).collect(),
        Fact::Message(_) | Fact::Enriched(_) | Fact::EpochStarted(_) | Fact::Remnant(_) => {
            panic!("{fact:?}")
        }
    }
}

#[test]
fn a_cursor_is_loaded_before_it_is_told() {
    let mut world = world();
    let key = (conversation("c"), user("ada"), device("phone"));
    world.history.cursors.insert(key, Seq(3));
    world.get_cursor("c", "phone");
    world.get_cursor("c", "phone");
    world.answer_load(0);
    assert_eq!((world.replies().len(), world.loads.len()), (0, 1), "two questions, one load");
    world.answer_load(0);
    let told = Reply::CursorAt { seq: Seq(3) };
    assert_eq!(world.replies(), [(1, told.clone()), (2, told)]);
    assert_eq!(world.hub.gauges().waiting, 0);
    assert_eq!(at(&mut world, "desk"), 0);
}

#[test]
fn a_cursor_never_goes_back_and_a_move_beyond_the_durable_head_is_ignored() {
    let mut world = world();
    world.move_cursor("c", "phone", EPOCH, Seq(7));
    assert_eq!(at(&mut world, "phone"), 7);
    world.move_cursor("c", "phone", EPOCH, Seq(5));
    assert_eq!(at(&mut world, "phone"), 7);
    world.said(draft("c", 10, "x"));
    world.move_cursor("c", "phone", EPOCH, Seq(10));
    assert_eq!(at(&mut world, "phone"), 7, "10 is not durable: not clamped to 9");
    world.make_durable();
    world.move_cursor("c", "phone", EPOCH, Seq(10));
    assert_eq!(at(&mut world, "phone"), 10);
    assert_eq!(world.hub.gauges().cursor_moves_beyond_head, 1);
}

#[test]
fn a_move_of_another_epoch_is_ignored() {
    let mut world = world();
    world.move_cursor("c", "phone", Epoch(EPOCH.0 - 1), Seq(7));
    world.move_cursor("c", "phone", Epoch(EPOCH.0 + 1), Seq(7));
    assert_eq!(world.hub.gauges().cursor_moves_other_epoch, 2);
    assert_eq!(at(&mut world, "phone"), 0);
}

#[test]
fn moves_while_the_load_is_out_count_and_never_take_a_loaded_cursor_back() {
    for (stored, moved, told) in [(3, 5, 5), (5, 3, 5)] {
        let mut world = world();
        let key = (conversation("c"), user("ada"), device("phone"));
        world.history.cursors.insert(key, Seq(stored));
        world.move_cursor("c", "phone", EPOCH, Seq(moved));
        assert_eq!(at(&mut world, "phone"), told);
        world.elapse(Duration::from_secs(5));
        let flushed = usize::from(moved > stored);
        assert_eq!(world.in_flight.len(), flushed);
    }
}

#[test]
fn a_cursor_is_journaled_once_in_a_flush_interval_however_often_it_moves() {
    let mut world = world();
    for seq in 1..=4 {
        world.move_cursor("c", "phone", EPOCH, Seq(seq));
        world.answer_loads();
        world.elapse(Duration::from_secs(1));
    }
    world.elapse(Duration::from_millis(999));
    assert_eq!(world.in_flight.len(), 0);
    world.elapse(Duration::from_millis(1));
    assert_eq!(moves(&world.in_flight[0]), [("phone".to_owned(), 4)]);
    assert_eq!(world.hub.poll_timeout(), None, "nothing moved since");
    world.move_cursor("c", "phone", EPOCH, Seq(6));
    world.rest();
    assert_eq!(world.in_flight.len(), 0);
    world.elapse(Duration::from_secs(5));
    assert_eq!(moves(&world.in_flight[0]), [("phone".to_owned(), 6)]);
}

#[test]
fn a_cursor_that_moves_while_its_record_is_under_way_waits_for_the_next_flush() {
    let mut world = world();
    world.move_cursor("c", "phone", EPOCH, Seq(1));
    world.answer_loads();
    world.elapse(Duration::from_secs(5));
    world.move_cursor("c", "phone", EPOCH, Seq(2));
    world.elapse(Duration::from_secs(5));
    assert_eq!(world.in_flight.len(), 1, "history does not have the first yet");
    world.rest();
    world.elapse(Duration::from_secs(5));
    assert_eq!(moves(&world.in_flight[0]), [("phone".to_owned(), 2)]);
    world.rest();
    assert_eq!(world.hub.poll_timeout(), None);
}

#[test]
fn a_flush_is_one_record_a_partition_and_a_full_one_is_followed_by_another() {
    let mut world = world();
    world.before("d", 1, 1);
    for n in 0..=CURSOR_MOVES_MAX {
        world.move_cursor("c", &format!("device{n}"), EPOCH, Seq(1));
    }
    world.move_cursor("d", "phone", EPOCH, Seq(1));
    world.answer_loads();
    world.elapse(Duration::from_secs(5));
    let mut sizes: Vec<usize> = world.in_flight.iter().map(|fact| moves(fact).len()).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [1, 1, CURSOR_MOVES_MAX]);
    for fact in &world.in_flight {
        let Fact::Cursors(moves) = fact else { panic!("{fact:?}") };
        assert!(moves.iter().all(|m| m.conversation == moves[0].conversation));
    }
    assert_eq!(world.hub.gauges().cursor_records, 3);
    world.rest();
    assert_eq!(world.history.cursors.len(), CURSOR_MOVES_MAX + 2);
}

#[test]
fn a_restart_before_the_flush_costs_a_repeat_and_never_a_loss() {
    let mut world = world();
    world.move_cursor("c", "phone", EPOCH, Seq(4));
    assert_eq!(at(&mut world, "phone"), 4, "told from memory");
    world.elapse(Duration::from_secs(5));
    world.rest();
    world.move_cursor("c", "phone", EPOCH, Seq(8));
    assert_eq!(at(&mut world, "phone"), 8);
    world.restart();
    assert_eq!(at(&mut world, "phone"), 4, "behind, never ahead");
}
