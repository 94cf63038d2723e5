//! What the house says is gone may be gone, and nothing else.

use check::Kind;
use serde_json::{Value, json};

use crate::history::{History, assert_found, assert_green, message, page, sent};

/// What the house says, at `seq`, in a history of so many texts.
fn house(seq: u64, texts: u64, fields: &[(&str, Value)]) -> Value {
    let mut said = message(77, 1, seq);
    for name in ["body", "type", "conversation", "epoch"] {
        said.as_object_mut().unwrap().remove(name);
    }
    said["sender"] = json!(":keeper");
    said["ordinal"] = json!(texts);
    for (name, value) in fields {
        said[*name] = value.clone();
    }
    said
}

fn expire(first: u64) -> Value {
    house(4, 3, &[("kind", json!("expire")), ("first", json!(first))])
}

/// A final read of three texts of author 1, the last word being this one, beginning with `first`.
fn ends_with(word: Value, first: u64) -> History {
    let mut read = page(1, 4, &[(1, 1), (1, 2), (1, 3)]);
    let messages = read["messages"].as_array_mut().unwrap();
    messages.push(word);
    messages.retain(|message| message["seq"].as_u64().unwrap() >= first);
    read["first"] = json!(first);
    History::last_read().got(&read)
}

fn three() -> History {
    let said = History::client(1).say(1).sent(1, 1).say(2).sent(2, 2).say(3);
    said.got(&sent(1, 3, 3)).end(0)
}

#[test]
fn what_the_house_let_expire_is_not_lost() {
    assert_green(&[three(), ends_with(expire(3), 3)]);
}

#[test]
fn what_is_gone_without_its_word_is_lost() {
    assert_found(
        &[three(), ends_with(expire(2), 3)],
        Kind::FalseRecovered,
        &[Kind::Lost, Kind::FalseRecovered],
        "false_recovered: c: history begins at 3, though none was damaged [h1:3]",
    );
}

#[test]
fn what_someone_else_says_has_expired_has_not() {
    let mut word = expire(3);
    word["sender"] = json!("u77");
    let report = crate::history::check(&[three(), ends_with(word, 3)]);
    assert!(report.totals.contains_key(&Kind::Trespass), "{report}");
    assert!(report.totals.contains_key(&Kind::Lost), "{report}");
}

#[test]
fn a_subscription_may_begin_anew_where_history_does_now() {
    let again = |next: u64| {
        History::client(2).follow(json!("start"), 1, 3).message(1, 1, 1).close().open().follow(
            json!("start"),
            next,
            4,
        )
    };
    assert_green(&[three(), again(3), ends_with(expire(3), 3)]);
    assert_found(
        &[three(), again(2), ends_with(expire(3), 3)],
        Kind::FalseRecovered,
        &[Kind::FalseRecovered],
        "false_recovered: c: recovered: true, but asked from the start and goes on with 2 of epoch 1 [h1:9]",
    );
}

/// A page of some time before, when history began at `first` and four messages stood there.
fn began_at(first: u64) -> History {
    let mut read = page(4, 4, &[(2, 4)]);
    read["first"] = json!(first);
    History::client(3).got(&read).end(0)
}

#[test]
fn the_word_that_nobody_was_told_may_have_been_said_where_nobody_knows_what_stood() {
    // 1 and 2 were said; 3 nobody ever saw; 4 was said; and later all below 5 has expired.
    let said = || History::client(1).say(1).sent(1, 1).say(2).sent(2, 2).end(0);
    let other = || History::client(2).say(4).sent(4, 4).end(0);
    let now = |first: u64| {
        let mut word = house(5, 3, &[("kind", json!("expire")), ("first", json!(first))]);
        word["lamport"] = json!([9, word["lamport"][1]]);
        let mut read = page(5, 5, &[]);
        (read["first"], read["messages"]) = (json!(first), json!([word]));
        History::last_read().got(&read)
    };
    assert_green(&[said(), other(), began_at(3), now(5)]);
    // What stands in that place has not expired: it would have been shown.
    let report = crate::history::check(&[said(), other(), began_at(3), now(2)]);
    assert!(report.totals.contains_key(&Kind::FalseRecovered), "{report}");
    // Nobody can have said so in a place above it, nor in one of which it is known what stands there.
    for (first, told) in [(4, said()), (3, History::client(1).say(3).sent(3, 3).end(0))] {
        let report = crate::history::check(&[told, other(), began_at(first), now(5)]);
        assert!(report.totals.contains_key(&Kind::FalseRecovered), "{first}: {report}");
    }
}

#[test]
fn an_erased_users_words_may_be_gone_and_their_places_not() {
    let erase = || house(4, 3, &[("kind", json!("erase")), ("user", json!("u1"))]);
    let gone = |seq: u64| {
        let mut gone = house(seq, seq, &[("kind", json!("gone")), ("by", json!(4))]);
        let said = message(1, seq, seq);
        for name in ["id", "sender", "lamport", "sent_at", "received_at"] {
            gone[name] = said[name].clone();
        }
        gone
    };
    let mut read = page(1, 4, &[]);
    read["messages"] = json!([gone(1), gone(2), gone(3), erase()]);
    assert_green(&[three(), History::last_read().got(&read)]);
    read["messages"] = json!([gone(1), gone(2), erase()]);
    read["messages"][2]["seq"] = json!(3);
    read["head"] = json!(3);
    let report = crate::history::check(&[three(), History::last_read().got(&read)]);
    assert!(report.totals.contains_key(&Kind::Lost), "{report}");
}
