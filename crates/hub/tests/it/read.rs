//! Pages: durable, ascending, dense, from the tail or from history.

use hub::{Limits, Reply};
use model::bounds::PAGE_MAX_MESSAGES;
use model::{ReadFrom, Refusal, Seq};

use crate::words::{draft, page_of, standing};
use crate::world::World;

const fn from(seq: u64) -> ReadFrom {
    ReadFrom::Seq(Seq(seq))
}

/// History has 1 to 10, the tail 11 to 15; 16 and 17 are not durable.
fn world() -> World {
    let mut world = World::new(Limits::default());
    world.before("c", 1, 10);
    for counter in 11..=17 {
        world.said(draft("c", counter, "x"));
    }
    world.commit(3);
    world.commit(2);
    world.tell();
    world.tell();
    world.log();
    world
}

#[test]
fn a_page_from_the_tail_holds_only_what_is_durable() {
    let mut world = world();
    for (asked, limit, seqs) in [
        (from(11), 100, vec![11, 12, 13, 14, 15]),
        (from(12), 2, vec![12, 13]),
        (from(15), 1, vec![15]),
        (from(16), 100, vec![]),
        (from(99), 100, vec![]),
        (ReadFrom::Latest, 5, vec![11, 12, 13, 14, 15]),
        (ReadFrom::Latest, 1, vec![15]),
        (ReadFrom::Latest, 0, vec![15]),
    ] {
        world.read("c", asked, limit);
        let replies = world.replies();
        assert_eq!(page_of(&replies[0].1), (standing(1, 15), seqs), "{asked:?} {limit}");
    }
}

#[test]
fn a_page_that_begins_below_the_tail_is_read_from_history() {
    let mut world = world();
    for (asked, limit, seqs) in [
        (from(10), 100, vec![10]),
        (from(0), 2, vec![1, 2]),
        (from(3), u32::MAX, (3..=10).collect()),
        (ReadFrom::Latest, 6, vec![10]),
        (ReadFrom::Latest, 100, (1..=10).collect()),
    ] {
        world.read("c", asked, limit);
        assert_eq!(world.replies(), []);
        let (read, page) = world.finish_read(0);
        assert_eq!(page.iter().map(|m| m.seq.0).collect::<Vec<_>>(), seqs, "{asked:?} {limit}");
        assert_eq!(read.standing, standing(1, 15));
        assert!(read.limit <= PAGE_MAX_MESSAGES);
    }
}

#[test]
fn what_history_has_passed_leaves_the_tail_and_is_read_from_history() {
    let mut world = world();
    world.hub.handle_indexed(model::BatchNo(1));
    world.index();
    world.read("c", from(13), 100);
    assert_eq!(world.finish_read(0).1.len(), 3, "history may be ahead of what the hub was told");
    world.read("c", from(14), 100);
    assert_eq!(page_of(&world.replies()[0].1).1, [14, 15]);
}

#[test]
fn a_conversation_that_does_not_exist_stands_before_its_first_message() {
    let mut world = World::new(Limits::default());
    world.read("new", from(1), 10);
    world.read("new", ReadFrom::Latest, 10);
    assert_eq!(world.replies(), [], "its head is loaded first");
    world.answer_loads();
    let replies = world.replies();
    assert_eq!(page_of(&replies[0].1), (standing(1, 0), vec![]));
    assert_eq!(page_of(&replies[1].1), (standing(1, 0), vec![]));
}

#[test]
fn a_read_below_a_hole_begins_where_history_is_whole() {
    let mut world = World::new(Limits::default());
    world.before("c", 8, 12);
    for asked in [from(1), ReadFrom::Latest] {
        world.read("c", asked, 100);
        world.answer_loads();
        let (read, page) = world.finish_read(0);
        assert_eq!(read.standing, standing(8, 12));
        assert_eq!((read.from, page.len()), (Seq(8), 5));
    }
}

#[test]
fn reads_of_history_in_flight_are_bounded() {
    let mut world = World::new(Limits { reads_in_flight_max: 2, ..Limits::default() });
    world.before("c", 1, 5);
    for _ in 0..3 {
        world.read("c", from(1), 5);
    }
    world.answer_loads();
    let busy = Refusal::Busy { bound: "reads".to_owned(), retry_after_ms: 20 };
    assert_eq!(world.replies(), [(3, Reply::Refused(busy))]);
    assert_eq!(world.hub.gauges().reads_in_flight, 2);
    world.finish_read(0);
    world.read("c", from(1), 5);
    assert_eq!(world.reads.len(), 2);
}

#[test]
fn history_may_read_a_batch_before_the_hub_hears_that_it_is_durable() {
    let mut world = World::new(Limits::default());
    world.said(draft("c", 1, "x"));
    world.commit(1);
    world.index();
    world.tell_indexed();
    assert_eq!(world.hub.gauges().tail_messages, 1);
    world.tell();
    assert_eq!(world.hub.gauges().tail_messages, 0, "there is no later notice to release it");
}
