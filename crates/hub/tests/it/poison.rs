//! The journal is gone.

use hub::{Limits, Reply};
use model::{ReadFrom, Refusal, Seq};

use crate::words::{EPOCH, HERE, by, draft};
use crate::world::World;

const UNKNOWN: Reply = Reply::Refused(Refusal::OutcomeUnknown);

#[test]
fn a_poisoned_journal_answers_everything_in_flight_and_everything_after() {
    let mut world = World::new(Limits::default());
    world.before("c", 1, 5);
    world.attach(HERE, "c");
    world.said(draft("c", 6, "undurable"));
    world.log();
    world.send(draft("c", 6, "undurable"));
    world.send(draft("c", 2, "looked up"));
    world.send(by("ben", 2, draft("c", 1, "in a lane")));
    world.get_cursor("c", "phone");
    world.send(draft("cold", 7, "waits for a head"));
    world.attach(HERE, "cold");
    world.read("cold", ReadFrom::Latest, 1);
    world.move_cursor("cold", "phone", EPOCH, Seq(0));
    assert_eq!(world.replies(), []);
    world.commit(1);
    world.hub.handle_poisoned();
    world.pump();
    let mut replies = world.replies();
    replies.sort_by_key(|(request, _)| *request);
    assert_eq!(replies, (2..=9).map(|request| (request, UNKNOWN)).collect::<Vec<_>>());

    world.send(draft("c", 8, "x"));
    world.attach(HERE, "c");
    world.read("c", ReadFrom::Latest, 1);
    world.get_cursor("c", "phone");
    world.move_cursor("c", "phone", EPOCH, Seq(1));
    assert_eq!(world.replies(), (10..=13).map(|request| (request, UNKNOWN)).collect::<Vec<_>>());

    // What was under way finds nobody.
    world.rest();
    world.hub.handle_append_refused(0);
    world.hub.handle_gateway_gone(HERE);
    assert_eq!(world.log(), []);
    let gauges = world.hub.gauges();
    assert_eq!((gauges.bytes, gauges.waiting, gauges.conversations), (0, 0, 0));
    assert_eq!(world.hub.poll_timeout(), None);
}
