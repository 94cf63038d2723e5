//! Nothing undurable is visible; dense and total.

use hub::{Command, Limits, Reply};
use model::bounds::{COUNTER_MAX, LAMPORT_JUMP_MAX};
use model::{Draft, Fact, Refusal, Seq, Wall};

use crate::words::{HERE, by, delivered, draft, sent};
use crate::world::World;

fn world() -> World {
    World::new(Limits::default())
}

#[test]
fn an_acknowledgement_and_a_delivery_wait_until_the_journal_has_the_message() {
    let mut world = world();
    world.attach(HERE, "c");
    world.answer_loads();
    world.log();
    let hello = draft("c", 1, "hello");
    let request = world.said(hello.clone());
    let log = world.log();
    assert!(matches!(&log[0], Command::Append { generation: 0, fact: Fact::Message(m) }
        if m.seq == Seq(1) && m.received_at == Wall(0)));
    assert_eq!(log.len(), 1, "{log:?}");

    world.commit(1);
    assert_eq!(world.log(), []);
    world.tell();
    let log = world.log();
    assert!(matches!(&log[0], Command::Reply { ticket, reply }
        if ticket.request == request && *reply == sent(&hello, 1, 1_001, false)));
    assert!(matches!(&log[1], Command::Deliver { gateway: HERE, message }
        if message.received_at == Wall(1_001) && message.content == hello.content));
    assert_eq!(log.len(), 2);
}

#[test]
fn sequence_numbers_are_dense_over_authors_and_batches() {
    let mut world = world();
    world.attach(HERE, "c");
    for counter in 1..=3 {
        world.said(draft("c", counter, "a"));
        world.said(by("ben", 2, draft("c", counter, "b")));
    }
    world.commit(1);
    world.commit(3);
    world.commit(2);
    while !world.notices.is_empty() {
        world.tell();
    }
    let log = world.log();
    assert_eq!(delivered(&log, HERE), [1, 2, 3, 4, 5, 6]);
}

#[test]
fn a_conversation_goes_on_where_history_left_it() {
    let mut world = world();
    world.before("c", 1, 4);
    let next = draft("c", 5, "fifth");
    world.said(next.clone());
    world.make_durable();
    assert_eq!(world.replies(), [(1, sent(&next, 5, 1_001, false))]);
}

#[test]
fn the_lamport_bound_moves_with_durable_notices_and_with_those_of_other_hubs() {
    let mut world = world();
    let jump = |counter, lamport| Draft { lamport, ..draft("c", counter, "x") };
    let refused = |counter, most| Reply::Refused(Refusal::LamportJump { counter, most });

    world.said(jump(1, LAMPORT_JUMP_MAX + 1));
    let most = LAMPORT_JUMP_MAX;
    assert_eq!(world.replies(), [(1, refused(LAMPORT_JUMP_MAX + 1, most))]);
    world.said(jump(1, LAMPORT_JUMP_MAX));
    // Handed to the journal, and not durable yet: the bound stands.
    world.said(jump(2, LAMPORT_JUMP_MAX + 1));
    assert_eq!(world.replies(), [(3, refused(LAMPORT_JUMP_MAX + 1, most))]);
    world.make_durable();
    world.said(jump(2, 2 * LAMPORT_JUMP_MAX));
    world.make_durable();
    assert_eq!(world.replies().len(), 2);

    world.hub.handle_lamport_high(5 * LAMPORT_JUMP_MAX);
    world.said(jump(3, 6 * LAMPORT_JUMP_MAX));
    world.said(jump(4, 6 * LAMPORT_JUMP_MAX + 1));
    let most = 6 * LAMPORT_JUMP_MAX;
    assert_eq!(world.replies(), [(6, refused(6 * LAMPORT_JUMP_MAX + 1, most))]);
    world.hub.handle_lamport_high(1);
    assert_eq!(world.hub.gauges().lamport_high, 5 * LAMPORT_JUMP_MAX);
}

#[test]
fn a_lamport_counter_never_passes_the_highest_there_is() {
    let mut world = world();
    world.hub.handle_lamport_high(COUNTER_MAX);
    world.said(Draft { lamport: COUNTER_MAX + 1, ..draft("c", 1, "x") });
    let refusal = Refusal::LamportJump { counter: COUNTER_MAX + 1, most: COUNTER_MAX };
    assert_eq!(world.replies(), [(1, Reply::Refused(refusal))]);
    world.said(Draft { lamport: COUNTER_MAX, ..draft("c", 1, "x") });
    world.make_durable();
    assert!(matches!(world.replies()[..], [(2, Reply::Sent { .. })]));
}

#[test]
fn a_seen_seq_above_the_last_durable_message_is_refused() {
    let mut world = world();
    let seen = |counter, seq| Draft { seen_seq: Seq(seq), ..draft("c", counter, "x") };
    world.said(seen(1, 0));
    world.said(seen(2, 1));
    let refusal = Refusal::SeenAhead { seen_seq: Seq(1), head: Seq(0) };
    assert_eq!(world.replies(), [(2, Reply::Refused(refusal))], "1 is not durable yet");
    world.make_durable();
    world.said(seen(2, 1));
    world.make_durable();
    assert_eq!(world.replies().len(), 2);
}

#[test]
fn the_same_inputs_give_the_same_commands() {
    let run = || {
        let mut world = world();
        for n in 1..=40 {
            let to = format!("c{}", n % 7);
            world.attach(HERE, &to);
            world.send(by("ben", n % 3, draft(&to, n, "x")));
            world.move_cursor(&to, "phone", crate::words::EPOCH, Seq(0));
        }
        world.rest();
        world.hub.handle_poisoned();
        world.pump();
        world.log()
    };
    assert_eq!(run(), run());
}
