//! Bounds that only the whole house can meet, at their edge.

use serde_json::{Value, json};

use crate::bare::{Bare, Heard};
use crate::house::{House, SMALL, address};
use crate::http::request;

/// Members of a group.
const GROUP_MEMBERS_MAX: usize = 10_000;

/// Subscriptions of a connection.
const SUBSCRIPTIONS_MAX: usize = 1_000;

#[tokio::test]
async fn a_group_has_ten_thousand_members_and_one_more_only_when_one_has_left() {
    let folder = tempfile::tempdir().unwrap();
    let line = format!("{SMALL} --commands-per-second 0");
    let house = House::serve(folder.path(), address(), &line).await;
    let ask = async |commands: Vec<Value>| {
        let body = Value::Array(commands).to_string();
        let answer = request(house.at(), "POST /v1/commands", &["Hubbub-User: ann"], &body).await;
        answer.json().as_array().unwrap().clone()
    };
    let born = ask(vec![json!({"type": "create", "kind": "group", "name": "All"})]).await;
    let team = born[0]["conversation"].clone();
    let member = |n: usize, role: &str| json!({"type": "member", "conversation": team, "user": format!("u{n}"), "role": role});
    // With ann they are ten thousand.
    let invited: Vec<usize> = (1..GROUP_MEMBERS_MAX).collect();
    for some in invited.chunks(100) {
        let answers = ask(some.iter().map(|n| member(*n, "member")).collect()).await;
        assert!(answers.iter().all(|answer| answer["type"] == "sent"), "{answers:?}");
    }
    let more = |role: &'static str| member(GROUP_MEMBERS_MAX, role);
    let refused = ask(vec![more("reader"), member(1, "reader")]).await;
    assert_eq!(refused[0]["code"], "too_many_members", "{refused:?}");
    assert_eq!(refused[1]["type"], "sent", "who is a member already takes no place: {refused:?}");
    let list = json!({"type": "members", "conversation": team, "limit": 1});
    assert_eq!(ask(vec![list]).await[0]["count"], GROUP_MEMBERS_MAX);
    let changed = ask(vec![member(1, "none"), more("member"), member(1, "member")]).await;
    assert_eq!(changed[1]["type"], "sent", "{changed:?}");
    assert_eq!(changed[2]["code"], "too_many_members", "{changed:?}");
}

#[tokio::test]
async fn a_connection_has_a_thousand_subscriptions_and_one_more_only_when_one_has_ended() {
    let folder = tempfile::tempdir().unwrap();
    let house = House::serve(folder.path(), address(), SMALL).await;
    let mut bare = Bare::welcomed(house.at(), "ann").await;
    let subscribe = |n: usize| {
        format!(r#"{{"type":"subscribe","ref":{n},"conversation":"c{n}","from":"start"}}"#)
    };
    let mut answer = async |text: &str| {
        bare.text(text).await;
        let Heard::Text(text) = bare.hear().await else { panic!("no answer") };
        serde_json::from_str::<Value>(&text).unwrap()
    };
    for n in 1..=SUBSCRIPTIONS_MAX {
        assert_eq!(answer(&subscribe(n)).await["type"], "subscribed", "{n}");
    }
    let one_more = subscribe(SUBSCRIPTIONS_MAX + 1);
    let refused = answer(&one_more).await;
    assert_eq!(refused["code"], "too_many_subscriptions", "{refused}");
    assert!(refused["detail"].as_str().unwrap().contains("1000"), "{refused}");
    assert_eq!(answer(&subscribe(1)).await["type"], "subscribed", "the same again is none more");
    assert_eq!(
        answer(r#"{"type":"unsubscribe","conversation":"c1"}"#).await["type"],
        "unsubscribed"
    );
    assert_eq!(answer(&one_more).await["type"], "subscribed");
    assert_eq!(house.metric("gateway_subscriptions").await, SUBSCRIPTIONS_MAX as u64);
}
