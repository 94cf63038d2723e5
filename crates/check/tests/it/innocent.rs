//! What looks like an anomaly and is none.

use check::Options;
use serde_json::json;

use crate::history::{History, assert_green, check_with, final_read, sent, subscribed};

#[test]
fn repeats_after_a_reconnect_are_fine() {
    let report = assert_green(&[
        History::client(1).say(1).sent(1, 1).say(2).sent(2, 2).end(0),
        History::client(2)
            .follow(json!("start"), 1, 2)
            .message(1, 1, 1)
            .message(1, 2, 2)
            .ack(1)
            .close()
            .open()
            .follow(json!("cursor"), 2, 2)
            .message(1, 2, 2)
            .close()
            .open()
            .follow(json!("start"), 1, 2)
            .message(1, 1, 1)
            .message(1, 2, 2)
            .end(0),
        final_read(&[(1, 1), (1, 2)]),
        final_read(&[(1, 1), (1, 2)]),
    ]);
    assert_eq!(report.counts.clients, 2);
    assert_eq!(report.counts.finals, 2);
    assert_eq!(report.counts.connections, 6);
    assert_eq!((report.counts.said, report.counts.acknowledged), (2, 2));
    assert_eq!((report.counts.subscriptions, report.counts.resumed), (3, 1));
    assert_eq!((report.counts.delivered, report.counts.paged), (5, 4));
    assert_eq!((report.counts.conversations, report.counts.without_end), (1, 0));
}

#[test]
fn a_message_sent_again_under_the_same_id_is_fine() {
    let report = assert_green(&[
        History::client(1)
            .say(1)
            .close()
            .open()
            .say(1)
            .sent_again(1, 1)
            .say(1)
            .sent_again(1, 1)
            .say_with(1, |frame| frame["body"] = json!("other"))
            .refused(1, "idempotency_conflict", "never")
            .end(0),
        final_read(&[(1, 1)]),
    ]);
    assert_eq!(report.counts.duplicates, 2);
    assert_eq!(report.counts.problems.get("idempotency_conflict"), Some(&1));
}

#[test]
fn unknown_outcomes_may_be_there_or_not() {
    let speaks = || History::client(1).say(1).sent(1, 1).say(2).close();
    assert_green(&[speaks(), final_read(&[(1, 1)])]);
    let report = assert_green(&[speaks(), final_read(&[(1, 1), (1, 2)])]);
    assert_eq!(report.counts.without_end, 1);
}

#[test]
fn a_refused_message_may_stand_after_what_was_pipelined_behind_it() {
    assert_green(&[
        History::client(1)
            .say(1)
            .say(2)
            .refused(1, "busy", "after")
            .sent(2, 1)
            .say(1)
            .sent(1, 2)
            .end(0),
        final_read(&[(1, 2), (1, 1)]),
    ]);
}

#[test]
fn a_refusal_that_was_lost_with_its_connection_excuses_too() {
    assert_green(&[
        History::client(1)
            .say(1)
            .say(2)
            .close()
            .open()
            .say(1)
            .sent(1, 2)
            .say(2)
            .sent_again(2, 1)
            .end(0),
        final_read(&[(1, 2), (1, 1)]),
    ]);
}

#[test]
fn a_repeat_that_brings_its_message_through_first_keeps_the_order() {
    assert_green(&[
        History::client(1)
            .say(1)
            .refused(1, "outcome_unknown", "now")
            .say(1)
            .sent_again(1, 1)
            .say(2)
            .sent(2, 2)
            .end(0),
        final_read(&[(1, 1), (1, 2)]),
    ]);
}

#[test]
fn answers_are_matched_by_ref_where_there_is_one() {
    let say = |reference: u64| move |frame: &mut serde_json::Value| frame["ref"] = json!(reference);
    let answer = |reference: u64, duplicate: bool| {
        let mut frame = sent(1, 1, 1);
        frame["ref"] = json!(reference);
        frame["duplicate"] = json!(duplicate);
        frame
    };
    assert_green(&[
        History::client(1)
            .say_with(1, say(7))
            .say_with(1, say(8))
            .got(&answer(8, true))
            .got(&answer(7, false))
            .end(0),
        final_read(&[(1, 1)]),
    ]);
}

#[test]
fn messages_may_still_come_until_a_second_subscribe_is_answered() {
    let again = json!({"type": "subscribe", "ref": 70, "conversation": "c", "from": "start"});
    assert_green(&[
        History::client(1).say(1).sent(1, 1).say(2).sent(2, 2).end(0),
        History::client(2)
            .follow(json!("start"), 1, 2)
            .message(1, 1, 1)
            .out(&again)
            .message(1, 2, 2)
            .got(&subscribed(Some(70), 1, 2))
            .message(1, 1, 1)
            .message(1, 2, 2)
            .end(0),
    ]);
}

#[test]
fn a_subscription_that_goes_on_where_it_was_may_say_so() {
    assert_green(&[
        History::client(1).say(1).sent(1, 1).say(2).sent(2, 2).end(0),
        History::client(2)
            .follow(json!("start"), 1, 2)
            .message(1, 1, 1)
            .got(&subscribed(None, 2, 2))
            .message(1, 2, 2)
            .end(0),
    ]);
}

#[test]
fn a_cursor_may_be_behind_and_may_have_been_moved_by_another_session_of_the_device() {
    assert_green(&[
        History::client(1).say(1).sent(1, 1).say(2).sent(2, 2).end(0),
        History::device(2, 2, "d0").follow(json!("cursor"), 1, 2).message(1, 1, 1).ack(1).close(),
        History::device(3, 2, "d0").follow(json!("cursor"), 2, 2).message(1, 2, 2).ack(2).close(),
        History::device(4, 2, "d0").follow(json!("cursor"), 1, 2).message(1, 1, 1).close(),
    ]);
}

#[test]
fn another_devices_acknowledgements_do_not_move_a_cursor() {
    let report = crate::history::check(&[
        History::client(1).say(1).sent(1, 1).end(0),
        History::device(2, 2, "d0").follow(json!("start"), 1, 1).message(1, 1, 1).ack(1).end(0),
        History::device(3, 2, "d1").follow(json!("cursor"), 2, 1).end(0),
    ]);
    assert_eq!(report.total(check::Kind::CursorAhead), 1, "{report}");
}

#[test]
fn damage_that_was_declared_excuses_what_an_old_epoch_lost() {
    let mut renewed = crate::history::page(3, 3, &[(2, 1)]);
    renewed["first"] = json!(3);
    renewed["epoch"] = json!(2);
    let histories = || {
        [
            History::client(1).say(1).sent(1, 1).say(2).sent(2, 2).end(0),
            History::client(2).say(1).got(&{
                let mut frame = sent(2, 1, 3);
                frame["epoch"] = json!(2);
                frame
            }),
            History::last_read().got(&renewed),
        ]
    };
    assert!(!crate::history::check(&histories()).is_green());
    let report = check_with(&histories(), Options { damaged: true, ..Options::default() });
    assert!(report.is_green(), "{report}");
}

#[test]
fn with_some_histories_only_strangers_are_not_invented() {
    let hears = || [History::client(1).follow(json!("start"), 1, 1).message(2, 1, 1)];
    let report = check_with(&hears(), Options { partial: true, ..Options::default() });
    assert!(report.is_green(), "{report}");
}

#[test]
fn an_empty_conversation_in_one_final_read_only_is_no_difference() {
    assert_green(&[History::last_read().page(1, 0, &[]), History::last_read()]);
}

#[test]
fn a_message_that_waited_for_a_connection_has_not_seen_what_came_meanwhile() {
    let stamp = |lamport: u64, seen: u64| {
        move |frame: &mut serde_json::Value| {
            frame["lamport"] = json!(lamport);
            frame["seen_seq"] = json!(seen);
        }
    };
    assert_green(&[
        History::client(1).say(1).sent(1, 1).say(2).sent(2, 2).end(0),
        History::client(2)
            .follow(json!("start"), 1, 1)
            .message(1, 1, 1)
            .close()
            .open()
            .follow(json!({"after": {"epoch": 1, "seq": 1}}), 2, 2)
            .message(1, 2, 2)
            .say_with(1, stamp(11, 1))
            .say_with(2, stamp(21, 2)),
    ]);
}

#[test]
fn a_client_that_vanished_owes_nothing() {
    let mut vanished = History::client(1).follow(json!("start"), 1, 9).say(1).end(1);
    let last = vanished.lines.pop().unwrap();
    vanished.lines.push(last.replace("\"outbox\"", "\"vanished\":true,\"outbox\""));
    let report = assert_green(&[vanished]);
    assert_eq!(report.counts.without_end, 0);
}
