//! What has to go, goes: by its age, by its number, or because its author is erased.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::time::sleep;

use crate::house::{House, PATIENCE, SMALL, address};
use crate::http::{Answer, request};

async fn say(at: SocketAddr, who: &str, room: &str, key: &str, body: &str) -> Answer {
    let headers = [&format!("Hubbub-User: {who}"), &format!("Idempotency-Key: {key}")];
    let line = format!("POST /v1/conversations/{room}/messages");
    request(at, &line, &headers.map(String::as_str), &json!({ "body": body }).to_string()).await
}

async fn page(at: SocketAddr, room: &str) -> Value {
    let line = format!("GET /v1/conversations/{room}/messages?from=1&limit=200");
    let answer = request(at, &line, &["Hubbub-User: ann"], "").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

/// Place and kind of what stands there, with its words.
fn shown(page: &Value) -> Vec<(u64, String)> {
    let row = |message: &Value| {
        let kind = message["kind"].as_str().unwrap_or("text");
        let word = message["body"].as_str().unwrap_or(kind);
        (message["seq"].as_u64().unwrap(), word.to_owned())
    };
    page["messages"].as_array().unwrap().iter().map(row).collect()
}

async fn until(house: &House, metric: &str, least: u64) {
    let end = Instant::now() + PATIENCE;
    while house.metric(metric).await < least {
        assert!(Instant::now() < end, "{metric} does not come to {least}: {}", house.err());
        sleep(Duration::from_millis(20)).await;
    }
}

/// How often something stands in the journal's files.
fn in_journal(folder: &Path, needle: &str) -> usize {
    let mut files = fs::read_dir(folder.join("data/journal")).unwrap();
    let mut count = 0;
    for file in files.by_ref().map(Result::unwrap) {
        let bytes = fs::read(file.path()).unwrap();
        let used = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        let here = bytes[..used].windows(needle.len());
        count += here.filter(|window| *window == needle.as_bytes()).count();
    }
    count
}

fn words(pairs: &[(u64, &str)]) -> Vec<(u64, String)> {
    pairs.iter().map(|(seq, word)| (*seq, (*word).to_owned())).collect()
}

#[tokio::test]
async fn what_is_too_much_expires_and_its_ids_are_never_new_again() {
    let folder = tempfile::tempdir().unwrap();
    let at = address();
    let mut house = House::serve(folder.path(), at, SMALL).await;
    for n in 1..=5 {
        let said = say(at, "ann", "tea", &format!("{n}"), &format!("text {n}")).await;
        assert_eq!(said.status, 200, "{said:?}");
    }
    let first = say(at, "ben", "tea", "k", "ben's").await;
    house.kill();
    let keep = format!("{SMALL} --retain open:2 --retain-sweep-seconds 1");
    let mut house = House::serve(folder.path(), at, &keep).await;
    until(&house, "keeper_expired_total", 1).await;
    let left = page(at, "tea").await;
    assert_eq!(shown(&left), words(&[(5, "text 5"), (6, "ben's"), (7, "expire")]));
    // Once more does not say it once more: there is nothing left but what is kept.
    until(&house, "keeper_sweeps_total", house.metric("keeper_sweeps_total").await + 1).await;
    assert_eq!(shown(&page(at, "tea").await).len(), 3);
    // What expired is refused under its old id, and what is kept is what it was. Each request is an
    // instance of its own, whose last id is remembered: so the old one is still known.
    let again = say(at, "ann", "tea", "1", "text 1").await;
    assert_eq!((again.status, again.json()["duplicate"].clone()), (200, json!(true)), "{again:?}");
    let again = say(at, "ben", "tea", "k", "ben's").await;
    assert_eq!(again.json()["seq"], first.json()["seq"]);
    house.stop().await;
    fs::remove_dir_all(folder.path().join("data/views")).unwrap();
    let house = House::serve(folder.path(), at, SMALL).await;
    assert_eq!(shown(&page(at, "tea").await), shown(&left));
    drop(house);
}

#[tokio::test]
async fn what_is_no_text_expires_with_the_first_text_and_no_sooner() {
    let folder = tempfile::tempdir().unwrap();
    let at = address();
    let keep = format!("{SMALL} --retain channel:2 --retain-sweep-seconds 1");
    let house = House::serve(folder.path(), at, &keep).await;
    house.able().await;
    let create =
        json!([{ "type": "create", "kind": "channel", "name": "news", "members": ["ben"] }]);
    let made = request(at, "POST /v1/commands", &["Hubbub-User: ann"], &create.to_string()).await;
    let room = made.json()[0]["conversation"].as_str().unwrap().to_owned();
    let swept = async || {
        until(&house, "keeper_sweeps_total", house.metric("keeper_sweeps_total").await + 2).await;
        shown(&page(at, &room).await)
    };
    assert_eq!(swept().await, words(&[(1, "create")]));
    for n in ["1", "2"] {
        assert_eq!(say(at, "ann", &room, n, n).await.status, 200);
    }
    assert_eq!(swept().await, words(&[(1, "create"), (2, "1"), (3, "2")]));
    assert_eq!(say(at, "ann", &room, "3", "3").await.status, 200);
    assert_eq!(swept().await, words(&[(3, "2"), (4, "3"), (5, "expire")]));
}

#[tokio::test]
async fn what_is_too_old_expires_also_when_nobody_says_anything_any_more() {
    let folder = tempfile::tempdir().unwrap();
    let at = address();
    let keep = format!("{SMALL} --retain all:2s --retain-sweep-seconds 1");
    let house = House::serve(folder.path(), at, &keep).await;
    assert_eq!(say(at, "ann", "tea", "1", "old").await.status, 200);
    until(&house, "keeper_expired_total", 1).await;
    let left = page(at, "tea").await;
    assert_eq!(shown(&left), words(&[(2, "expire")]));
    assert_eq!(left["first"], 2);
    // Its own word is never a reason for another.
    sleep(Duration::from_secs(4)).await;
    assert_eq!(house.metric("keeper_expired_total").await, 1);
    let next = say(at, "ann", "tea", "2", "new").await;
    assert_eq!(next.json()["seq"], 3, "places are not given again: {next:?}");
}

#[tokio::test]
async fn an_erased_users_words_are_gone_from_every_conversation_and_stay_gone() {
    let folder = tempfile::tempdir().unwrap();
    let at = address();
    let mut house = House::serve(folder.path(), at, SMALL).await;
    for room in ["tea", "milk"] {
        assert_eq!(say(at, "ann", room, "1", "ann's").await.status, 200);
        assert_eq!(say(at, "ben", room, "1", "ben's").await.status, 200);
    }
    assert_eq!(say(at, "ben", "salt", "1", "ben's").await.status, 200);
    let erase = || request(at, "POST /v1/users/ann/erase", &[], "");
    assert_eq!(erase().await.json()["conversations"], 2);
    assert_eq!(erase().await.json()["conversations"], 0, "there is nothing left to erase");
    let gone = words(&[(1, "gone"), (2, "ben's"), (3, "erase")]);
    assert_eq!(shown(&page(at, "tea").await), gone);
    assert_eq!(shown(&page(at, "milk").await), gone);
    assert_eq!(shown(&page(at, "salt").await), words(&[(1, "ben's")]));
    // Nor has the journal a word of hers.
    until(&house, "keeper_thinned_segments_total", 1).await;
    assert_eq!(in_journal(folder.path(), "ann's"), 0);
    assert_eq!(in_journal(folder.path(), "ben's"), 3);
    // Sent again by someone who did not hear of it, it does not come back.
    let again = say(at, "ann", "tea", "1", "ann's").await;
    assert_eq!(again.json()["duplicate"], true, "{again:?}");
    house.stop().await;
    fs::remove_dir_all(folder.path().join("data/views")).unwrap();
    let house = House::serve(folder.path(), at, SMALL).await;
    assert_eq!(shown(&page(at, "tea").await), gone);
    drop(house);
}

#[tokio::test]
async fn nobody_speaks_as_the_house() {
    let folder = tempfile::tempdir().unwrap();
    let house = House::serve(folder.path(), address(), SMALL).await;
    let refused = say(house.at(), ":keeper", "tea", "1", "x").await;
    assert_eq!((refused.status, refused.code().as_str()), (401, "unauthorized"), "{refused:?}");
}
