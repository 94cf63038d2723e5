//! One broken promise a test, and how it is told.

use check::{Kind, Options};
use serde_json::json;

use crate::history::{
    History, assert_found, check, check_with, final_read, id, message, page, sent, subscribed,
};

#[test]
fn an_acknowledged_message_that_is_absent_is_lost() {
    assert_found(
        &[
            History::client(1).say(1).sent(1, 1).say(2).sent(2, 2).end(0),
            final_read(&[(1, 1), (1, 2)]),
            final_read(&[(1, 1)]),
        ],
        Kind::Lost,
        &[Kind::Lost, Kind::OrderSplit, Kind::Undurable],
        "lost: c: id 0000000000000001-2 was acknowledged as seq 2; h2 holds nothing there [h0:6, h2:3]",
    );
}

#[test]
fn an_acknowledged_message_whose_conversation_is_absent_is_lost() {
    assert_found(
        &[History::client(1).say(1).sent(1, 1), History::last_read()],
        Kind::Lost,
        &[Kind::Lost, Kind::Undurable],
        "lost: c: id 0000000000000001-1 was acknowledged as seq 1; h1 does not hold the conversation \
         [h0:4]",
    );
}

#[test]
fn an_acknowledged_message_with_another_one_in_its_place_is_lost() {
    assert_found(
        &[
            History::client(1).say(1).sent(1, 1).end(0),
            History::client(2).say(1).close(),
            final_read(&[(2, 1)]),
        ],
        Kind::Lost,
        &[Kind::Lost],
        "lost: c: id 0000000000000001-1 was acknowledged as seq 1; h2 holds id 0000000000000002-1 \
         there [h0:4, h2:3]",
    );
}

#[test]
fn an_acknowledged_message_with_another_body_is_lost() {
    let other = |frame: &mut serde_json::Value| frame["body"] = json!("other");
    assert_found(
        &[
            History::client(1).say_with(1, other).close().open().say(1).sent(1, 1).end(0),
            History::last_read().got(&{
                let mut page = page(1, 1, &[(1, 1)]);
                page["messages"][0]["body"] = json!("other");
                page
            }),
        ],
        Kind::Lost,
        &[Kind::Lost],
        "lost: c: id 0000000000000001-1 was acknowledged, but seq 1 has another body [h0:6, h1:3]",
    );
}

#[test]
fn an_id_in_two_places_is_a_duplicate() {
    assert_found(
        &[History::client(1).say(1).sent(1, 1).end(0), final_read(&[(1, 1), (1, 1)])],
        Kind::Duplicate,
        &[Kind::Duplicate],
        "duplicate: c: id 0000000000000001-1 is both seq 1 of c and seq 2 of c [h0:4, h1:3]",
    );
}

#[test]
fn a_place_twice_in_one_subscription_is_a_duplicate() {
    assert_found(
        &[
            History::client(1).say(1).sent(1, 1).end(0),
            History::client(2)
                .follow(json!("start"), 1, 1)
                .message(1, 1, 1)
                .message(1, 1, 1)
                .end(0),
            final_read(&[(1, 1)]),
        ],
        Kind::Duplicate,
        &[Kind::Duplicate],
        "duplicate: c: seq 1 came again, or late: 2 was due [h1:5, h1:6]",
    );
}

fn two_said() -> History {
    History::client(1).say(1).sent(1, 1).say(2).sent(2, 2).end(0)
}

#[test]
fn a_subscription_that_skips_has_a_gap() {
    assert_found(
        &[
            two_said(),
            History::client(2).follow(json!("start"), 1, 2).message(1, 2, 2).end(0),
            final_read(&[(1, 1), (1, 2)]),
        ],
        Kind::Gap,
        &[Kind::Gap],
        "gap: c: seq 2 came, 1 was due [h1:4, h1:5]",
    );
}

#[test]
fn a_message_below_the_announced_first_is_a_gap() {
    let report = check(&[
        two_said(),
        History::client(2).follow(json!({"last": 1}), 2, 2).message(1, 1, 1).message(1, 2, 2),
        final_read(&[(1, 1), (1, 2)]),
    ]);
    assert_eq!(report.total(Kind::Gap), 1, "{report}");
}

#[test]
fn the_last_n_are_not_fewer_than_n() {
    let asks = |next| check(&[History::client(2).follow(json!({"last": 3}), next, 9)]);
    assert_eq!(asks(8).total(Kind::Gap), 1);
    assert!(asks(7).is_green());
    assert!(check(&[History::client(2).follow(json!({"last": 3}), 1, 2)]).is_green());
}

#[test]
fn a_page_and_a_final_read_that_skip_have_a_gap() {
    let holes = || {
        let mut page = page(1, 2, &[(1, 1), (1, 2)]);
        page["head"] = json!(3);
        page["messages"][1]["seq"] = json!(3);
        History::last_read().got(&page)
    };
    let report = check(&[holes()]);
    assert_eq!(report.total(Kind::Gap), 2, "{report}");
    assert!(report.to_string().contains("gap: c: a page goes from seq 1 to 3 [h0:3]"), "{report}");
    assert!(report.to_string().contains("gap: c: the final read to 3 lacks seq 2 [h0:3]"));
}

#[test]
fn a_final_read_that_stops_before_the_head_has_a_gap() {
    let report = check(&[two_said(), History::last_read().page(1, 2, &[(1, 1)])]);
    assert!(report.to_string().contains("the final read to 2 lacks seq 2"), "{report}");
}

#[test]
fn two_readers_of_one_place_who_see_two_things_are_an_order_split() {
    assert_found(
        &[
            History::client(1).say(1).close(),
            History::client(2).say(1).close(),
            History::client(3).follow(json!("start"), 1, 1).message(1, 1, 1).end(0),
            History::client(4).follow(json!("start"), 1, 1).message(2, 1, 1).end(0),
        ],
        Kind::OrderSplit,
        &[Kind::OrderSplit],
        "order_split: c: seq 1 of epoch 1 is two things: id 0000000000000001-1 and id \
         0000000000000002-1 [h2:5, h3:5]",
    );
}

#[test]
fn stamps_that_differ_are_an_order_split() {
    for (field, other) in [
        ("received_at", json!(7)),
        ("ordinal", json!(7)),
        ("sent_at", json!(7)),
        ("body", json!("x")),
        ("sender", json!("x")),
        ("seen_seq", json!(7)),
        ("lamport", json!([7, "0000000000000001"])),
    ] {
        let mut changed = message(1, 1, 1);
        changed[field] = other;
        let report = check(&[
            History::client(1).say(1).close(),
            History::client(3).follow(json!("start"), 1, 1).message(1, 1, 1),
            History::client(4).follow(json!("start"), 1, 1).got(&changed),
        ]);
        assert_eq!(report.total(Kind::OrderSplit), 1, "{field}: {report}");
    }
}

#[test]
fn final_reads_that_differ_are_an_order_split() {
    let report = check(&[two_said(), final_read(&[(1, 1), (1, 2)]), final_read(&[(1, 1)])]);
    let text = report.to_string();
    assert!(
        text.contains(
            "order_split: c: final reads differ: head 2 of epoch 1, and head 1 of epoch 1 in h2"
        ),
        "{text}"
    );
}

#[test]
fn a_message_that_was_seen_and_is_gone_is_undurable() {
    assert_found(
        &[
            History::client(1).say(1).sent(1, 1).say(2).close(),
            History::client(2).follow(json!("start"), 1, 1).message(1, 1, 1).message(1, 2, 2),
            final_read(&[(1, 1)]),
        ],
        Kind::Undurable,
        &[Kind::Undurable],
        "undurable: c: seq 2 was said to exist, a final read ends at 1 [h1:6, h2:3]",
    );
}

#[test]
fn a_head_that_is_gone_is_undurable() {
    let report = check(&[History::client(2).follow(json!({"last": 0}), 6, 5), final_read(&[])]);
    assert_eq!(report.total(Kind::Undurable), 1, "{report}");
}

#[test]
fn a_duplicate_that_names_another_place_is_a_wrong_acknowledgement() {
    assert_found(
        &[History::client(1).say(1).sent(1, 1).say(1).sent_again(1, 2)],
        Kind::WrongAcknowledgement,
        &[Kind::Duplicate, Kind::WrongAcknowledgement],
        "wrong_acknowledgement: c: id 0000000000000001-1 is acknowledged as seq 1 of c (epoch 1, \
         received_at 1000) and as seq 2 of c (epoch 1, received_at 2000, duplicate: true) [h0:4, h0:6]",
    );
}

#[test]
fn a_duplicate_with_another_stamp_is_a_wrong_acknowledgement() {
    let mut late = sent(1, 1, 1);
    late["duplicate"] = json!(true);
    late["received_at"] = json!(5000);
    let report = check(&[History::client(1).say(1).sent(1, 1).say(1).got(&late)]);
    assert_eq!(report.total(Kind::WrongAcknowledgement), 1, "{report}");
}

#[test]
fn two_acknowledgements_that_are_no_duplicates_are_wrong() {
    let twice = |seq| check(&[History::client(1).say(1).sent(1, 1).say(1).sent(1, seq)]);
    assert_eq!(twice(1).total(Kind::WrongAcknowledgement), 1);
    assert_eq!(twice(2).total(Kind::WrongAcknowledgement), 1);
    assert_eq!(twice(2).total(Kind::Duplicate), 1);
}

#[test]
fn acknowledgements_that_nobody_asked_for_are_wrong() {
    let report = check(&[History::client(1).say(1).close().open().sent(1, 1)]);
    assert_eq!(report.total(Kind::WrongAcknowledgement), 1, "{report}");
    let report = check(&[History::client(1).say(1).sent_again(1, 1)]);
    assert!(report.to_string().contains("was sent once, but"), "{report}");
    let report = check(&[History::client(1).say(1).refused(1, "idempotency_conflict", "never")]);
    assert!(report.to_string().contains("called a conflict, but"), "{report}");
}

#[test]
fn a_conflict_is_told_by_the_body_and_by_nothing_else() {
    let other = |frame: &mut serde_json::Value| frame["body"] = json!("other");
    let two_bodies =
        check(&[History::client(1).say(1).sent(1, 1).say_with(1, other).sent_again(1, 1)]);
    assert!(two_bodies.to_string().contains("acknowledged for two bodies"), "{two_bodies}");
    let same_body = check(&[History::client(1)
        .say(1)
        .sent(1, 1)
        .say_with(1, other)
        .refused(1, "idempotency_conflict", "never")
        .say(1)
        .refused(1, "idempotency_conflict", "never")]);
    assert!(same_body.to_string().contains("with the body it was acknowledged for"), "{same_body}");
}

#[test]
fn an_acknowledgement_whose_stamp_is_not_the_messages_is_wrong() {
    let mut other = page(1, 1, &[(1, 1)]);
    other["messages"][0]["received_at"] = json!(5);
    let report =
        check(&[History::client(1).say(1).sent(1, 1).end(0), History::last_read().got(&other)]);
    assert_eq!(report.total(Kind::WrongAcknowledgement), 1, "{report}");
}

fn resumes(from: serde_json::Value, next: u64, recovered: bool) -> History {
    let mut frame = subscribed(Some(7), next, 9);
    frame["recovered"] = json!(recovered);
    let ask = json!({"type": "subscribe", "ref": 7, "conversation": "c", "from": from});
    History::client(2).out(&ask).got(&frame)
}

#[test]
fn recovered_from_elsewhere_is_false() {
    let after = json!({"after": {"epoch": 1, "seq": 4}});
    assert_found(
        &[resumes(after.clone(), 6, true)],
        Kind::FalseRecovered,
        &[Kind::FalseRecovered],
        "false_recovered: c: recovered: true, but asked after 4 of epoch 1 and goes on with 6 of \
         epoch 1 [h0:4]",
    );
    assert!(check(&[resumes(after.clone(), 5, true)]).is_green());
    assert!(!check(&[resumes(json!("start"), 2, true)]).is_green());
    assert!(!check(&[resumes(json!({"after": {"epoch": 2, "seq": 4}}), 5, true)]).is_green());
    assert!(!check(&[resumes(after.clone(), 5, false)]).is_green());
    let damaged = Options { damaged: true, ..Options::default() };
    assert!(check_with(&[resumes(after.clone(), 5, false)], damaged).is_green());
    assert!(!check_with(&[resumes(after, 6, true)], damaged).is_green());
}

#[test]
fn an_epoch_that_changes_without_damage_is_false() {
    let mut second = sent(1, 2, 2);
    second["epoch"] = json!(2);
    let histories = || [History::client(1).say(1).sent(1, 1).say(2).got(&second)];
    assert_found(
        &histories(),
        Kind::FalseRecovered,
        &[Kind::FalseRecovered],
        "false_recovered: c: epoch 1 became 2, though no history was damaged [h0:6]",
    );
    let damaged = Options { damaged: true, ..Options::default() };
    assert!(check_with(&histories(), damaged).is_green());
}

#[test]
fn a_running_subscription_that_is_moved_is_false() {
    let report = check(&[
        two_said(),
        History::client(2)
            .follow(json!("start"), 1, 2)
            .message(1, 1, 1)
            .got(&subscribed(None, 3, 2)),
    ]);
    assert_eq!(report.total(Kind::FalseRecovered), 1, "{report}");
}

#[test]
fn a_cursor_above_what_was_acknowledged_is_ahead() {
    assert_found(
        &[
            two_said(),
            History::client(2)
                .follow(json!("cursor"), 1, 2)
                .message(1, 1, 1)
                .message(1, 2, 2)
                .ack(1)
                .unfollow()
                .follow(json!("cursor"), 3, 2),
            final_read(&[(1, 1), (1, 2)]),
        ],
        Kind::CursorAhead,
        &[Kind::CursorAhead],
        "cursor_ahead: c: the cursor of u2/d0 goes on with 3, but 1 was acknowledged [h1:11]",
    );
}

#[test]
fn what_is_acknowledged_afterwards_does_not_excuse_a_cursor_in_the_same_file() {
    let report = check(&[two_said(), History::client(2).follow(json!("cursor"), 3, 2).ack(2)]);
    assert_eq!(report.total(Kind::CursorAhead), 1, "{report}");
}

#[test]
fn a_stamp_that_is_not_above_what_was_received_breaks_causality() {
    let low = |frame: &mut serde_json::Value| {
        frame["lamport"] = json!(10);
        frame["seen_seq"] = json!(1);
    };
    assert_found(
        &[
            History::client(1).say(1).sent(1, 1).end(0),
            History::client(2).follow(json!("start"), 1, 1).message(1, 1, 1).say_with(1, low),
        ],
        Kind::Causality,
        &[Kind::Causality],
        "causality: c: id 0000000000000002-1 has Lamport counter 10, not above 10 [h1:5, h1:6]",
    );
}

#[test]
fn stamps_rise_across_conversations_and_pages_count() {
    let stamp = |lamport: u64, seen: u64| {
        move |frame: &mut serde_json::Value| {
            frame["lamport"] = json!(lamport);
            frame["seen_seq"] = json!(seen);
        }
    };
    let elsewhere = |frame: &mut serde_json::Value| {
        frame["conversation"] = json!("other");
        frame["lamport"] = json!(20);
    };
    let given = check(&[History::client(1).say_with(1, stamp(30, 0)).say_with(2, elsewhere)]);
    assert_eq!(given.total(Kind::Causality), 1, "{given}");
    // Seen in "c", and by then sent a higher stamp in "other", in a page.
    let mut other = page(1, 1, &[(1, 5)]);
    other["conversation"] = json!("other");
    let across = |lamport| {
        check(&[
            History::client(1)
                .say(1)
                .say_with(5, |frame| frame["conversation"] = json!("other"))
                .close(),
            History::client(2).got(&other).page(1, 1, &[(1, 1)]).say_with(1, stamp(lamport, 1)),
        ])
    };
    assert_eq!(across(50).total(Kind::Causality), 1);
    assert!(across(51).is_green());
}

#[test]
fn what_was_said_later_has_seen_no_less() {
    let stamp = |conversation: &'static str, lamport: u64, seen: u64| {
        move |frame: &mut serde_json::Value| {
            frame["conversation"] = json!(conversation);
            frame["lamport"] = json!(lamport);
            frame["seen_seq"] = json!(seen);
        }
    };
    let mut other = message(1, 2, 1);
    other["conversation"] = json!("other");
    let mut follows = subscribed(Some(7), 1, 0);
    follows["conversation"] = json!("other");
    let ask = json!({"type": "subscribe", "ref": 7, "conversation": "other", "from": "start"});
    let speaks = |seen_elsewhere| {
        check(&[
            History::client(1).say(1).say_with(2, stamp("other", 20, 0)).close(),
            History::client(2)
                .out(&ask)
                .got(&follows)
                .got(&other)
                .page(1, 1, &[(1, 1)])
                .say_with(1, stamp("c", 30, 1))
                .say_with(2, stamp("other", 40, seen_elsewhere)),
        ])
    };
    assert!(speaks(1).is_green());
    assert_eq!(speaks(0).total(Kind::Causality), 1);
}

#[test]
fn a_seen_seq_that_is_not_what_was_sent_breaks_causality() {
    let stamp = |lamport: u64, seen: u64| {
        move |frame: &mut serde_json::Value| {
            frame["lamport"] = json!(lamport);
            frame["seen_seq"] = json!(seen);
        }
    };
    let speaks = |first: u64, second: u64| {
        check(&[
            two_said(),
            History::client(2)
                .follow(json!("start"), 1, 2)
                .message(1, 1, 1)
                .message(1, 2, 2)
                .say_with(1, stamp(50, first))
                .say_with(2, stamp(60, second)),
        ])
    };
    let text = speaks(2, 1).to_string();
    assert!(
        text.contains("id 0000000000000002-2 has seen_seq 1, but it had been sent 2"),
        "{text}"
    );
    assert!(speaks(2, 2).is_green());
    assert!(speaks(1, 2).is_green(), "the first may have been said before the second message came");
    let text = speaks(2, 3).to_string();
    assert!(text.contains("has seen_seq 3, but 2 was the last it was sent"), "{text}");
}

#[test]
fn a_place_not_above_what_its_author_had_seen_breaks_causality() {
    let seen = |frame: &mut serde_json::Value| {
        frame["lamport"] = json!(50);
        frame["seen_seq"] = json!(2);
    };
    let report = check(&[
        two_said(),
        History::client(2)
            .follow(json!("start"), 1, 2)
            .message(1, 1, 1)
            .message(1, 2, 2)
            .say_with(1, seen)
            .sent(1, 2),
    ]);
    assert_eq!(report.total(Kind::Causality), 1, "{report}");
}

#[test]
fn one_authors_messages_in_another_order_are_told() {
    assert_found(
        &[
            History::client(1).say(1).say(2).sent(2, 1).sent(1, 2).end(0),
            final_read(&[(1, 2), (1, 1)]),
        ],
        Kind::AuthorOrder,
        &[Kind::AuthorOrder],
        "author_order: c: id 0000000000000001-1 is seq 2, id 0000000000000001-2 is seq 1: the first \
         was sent before the second, and acknowledged [h0:3, h0:4]",
    );
}

#[test]
fn a_client_that_goes_on_before_it_repeats_breaks_its_order() {
    let goes_on =
        History::client(1).say(1).refused(1, "busy", "after").say(2).sent(2, 1).say(1).sent(1, 2);
    let pipelines_a_repeat = History::client(1)
        .say(1)
        .close()
        .open()
        .say(1)
        .say(2)
        .refused(1, "busy", "after")
        .sent(2, 1)
        .say(1)
        .sent(1, 2);
    let turns_around =
        History::client(1).say_with(2, |_| {}).say_with(1, |frame| frame["lamport"] = json!(30));
    let turns_around = turns_around.sent(2, 1).sent(1, 2);
    for history in [goes_on, pipelines_a_repeat, turns_around] {
        let report = check(&[history]);
        assert_eq!(report.total(Kind::AuthorOrder), 1, "{report}");
    }
}

#[test]
fn a_message_that_nobody_said_is_invented() {
    assert_found(
        &[History::client(1).follow(json!("start"), 1, 1).message(2, 1, 1)],
        Kind::Invented,
        &[Kind::Invented],
        "invented: c: id 0000000000000002-1 at seq 1 was said by nobody [h0:5]",
    );
}

#[test]
fn a_message_that_was_said_otherwise_is_invented() {
    for (field, other) in [
        ("body", json!("x")),
        ("sender", json!("x")),
        ("conversation", json!("x")),
        ("seen_seq", json!(7)),
        ("sent_at", json!(7)),
        ("lamport", json!([7, "0000000000000001"])),
        ("lamport", json!([10, "0000000000000009"])),
    ] {
        let mut changed = message(1, 1, 1);
        changed[field] = other;
        let report = check(&[History::client(1).say(1).got(&changed)]);
        assert_eq!(report.total(Kind::Invented), 1, "{field}: {report}");
    }
}

#[test]
fn a_client_that_ends_with_something_unanswered_is_told() {
    assert_found(
        &[History::client(1).say(1).end(0)],
        Kind::Unanswered,
        &[Kind::Unanswered],
        "unanswered: id 0000000000000001-1 was never answered, but its client kept nothing [h0:3, h0:5]",
    );
    let report = check(&[History::client(1).say(1).end(1)]);
    assert_eq!(report.total(Kind::Unanswered), 1, "{report}");
}

#[test]
fn a_subscription_that_stands_still_is_stalled() {
    assert_found(
        &[
            History::client(1).follow(json!("start"), 1, 0).say(1).sent(1, 1).end(0),
            final_read(&[(1, 1)]),
        ],
        Kind::Stalled,
        &[Kind::Stalled],
        "stalled: c: seq 1 did not come, though 1 was told of [h0:4, h0:6, h0:8]",
    );
}

#[test]
fn a_message_or_an_answer_nobody_asked_for_is_stray() {
    let report = check(&[History::client(1).say(1).message(1, 1, 1)]);
    assert_eq!(report.total(Kind::Stray), 1, "{report}");
    let report = check(&[History::client(1).got(&subscribed(Some(3), 1, 0))]);
    assert_eq!(report.total(Kind::Stray), 1, "{report}");
}

#[test]
fn a_frame_that_cannot_be_read_is_told() {
    let report = check(&[History::client(1).got(&json!({"type": "sent", "id": id(1, 1)}))]);
    let text = report.to_string();
    assert!(text.contains("unreadable: a server's frame: missing field `conversation`"), "{text}");
}
