//! Commands over HTTP: how many, in which order, and what comes of them when they come twice.

use std::net::SocketAddr;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::house::{House, SMALL, address};
use crate::http::{Answer, request};

/// Commands of one request.
const COMMANDS_MAX: usize = 100;

async fn serve(folder: &std::path::Path) -> House {
    House::serve(folder, address(), SMALL).await
}

async fn ask(at: SocketAddr, headers: &[&str], commands: &[Value]) -> Answer {
    request(at, "POST /v1/commands", headers, &Value::from(commands).to_string()).await
}

fn send(body: &str) -> Value {
    json!({"type": "send", "conversation": "tea", "body": body})
}

/// What stands in the conversation.
async fn said(at: SocketAddr) -> Vec<String> {
    let mut said = Vec::new();
    loop {
        // A page may end where the view ends, and the next one begins there.
        let from = said.len() + 1;
        let line = format!("GET /v1/conversations/tea/messages?from={from}&limit=200");
        let page = request(at, &line, &[], "").await.json();
        let messages = page["messages"].as_array().unwrap();
        said.extend(messages.iter().map(|message| message["body"].as_str().unwrap().to_owned()));
        if page["head"] == said.len() {
            return said;
        }
        assert!(!messages.is_empty(), "{page}");
    }
}

#[tokio::test]
async fn one_to_a_hundred_commands_are_answered_in_their_order_and_no_other_number() {
    let folder = tempfile::tempdir().unwrap();
    let house = serve(folder.path()).await;
    let at = house.at();
    let numbered: Vec<Value> = (1..=COMMANDS_MAX + 1).map(|n| send(&n.to_string())).collect();
    for count in [0, COMMANDS_MAX + 1] {
        let refused = ask(at, &[], &numbered[..count]).await;
        assert_eq!((refused.status, refused.code().as_str()), (400, "bad_frame"), "{refused:?}");
        assert!(refused.body.contains(&format!("{count} commands: give 1 to 100")), "{refused:?}");
    }
    assert!(said(at).await.is_empty(), "nothing of it was done");
    let mut expected = 0;
    for count in [1, COMMANDS_MAX] {
        let answered = ask(at, &[], &numbered[..count]).await;
        let answers = answered.json();
        assert_eq!(answers.as_array().map(Vec::len), Some(count));
        for answer in answers.as_array().unwrap() {
            expected += 1;
            assert_eq!((&answer["type"], &answer["seq"]), (&json!("sent"), &json!(expected)));
            assert!(answer.get("ref").is_none(), "{answer}");
        }
    }
    let bodies: Vec<String> = [1].into_iter().chain(1..=100).map(|n| n.to_string()).collect();
    assert_eq!(said(at).await, bodies);
    for body in ["", "{}", "null", "[", "[1", r#"{"type":"list"}"#] {
        let refused = request(at, "POST /v1/commands", &[], body).await;
        assert_eq!((refused.status, refused.code().as_str()), (400, "bad_frame"), "{body}");
    }
}

#[tokio::test]
async fn a_bad_command_is_told_at_its_place_and_the_good_ones_are_done() {
    let folder = tempfile::tempdir().unwrap();
    let house = serve(folder.path()).await;
    let with = |mut command: Value, reference: u64| {
        command["ref"] = json!(reference);
        command
    };
    let commands = [
        with(send("first"), 7),
        json!(1),
        json!({"type": "nonsense", "ref": 8}),
        json!({"conversation": "tea"}),
        with(json!({"type": "subscribe", "conversation": "tea", "from": "start"}), 9),
        with(send(""), 10),
        // The same number again, and none: each has its own answer.
        with(send("second"), 7),
        send("third"),
        with(json!({"type": "read", "conversation": "tea", "from": 1, "limit": 201}), 11),
        with(json!({"type": "read", "conversation": "d:nobody", "from": 1, "limit": 2}), 12),
        with(json!({"type": "list", "limit": 200}), 13),
    ];
    let answers = ask(house.at(), &[], &commands).await.json();
    let short: Vec<_> = answers
        .as_array()
        .unwrap()
        .iter()
        .map(|answer| {
            let what = answer["code"].as_str().or(answer["type"].as_str()).unwrap();
            (what, answer["ref"].as_u64())
        })
        .collect();
    assert_eq!(
        short,
        [
            ("sent", Some(7)),
            ("bad_frame", None),
            ("bad_frame", None),
            ("bad_frame", None),
            ("bad_frame", None),
            ("bad_frame", Some(10)),
            ("sent", Some(7)),
            ("sent", None),
            ("bad_frame", Some(11)),
            ("not_found", Some(12)),
            ("conversations", Some(13)),
        ],
        "{answers}"
    );
    assert_eq!(said(house.at()).await, ["first", "second", "third"]);
}

/// The answer without what says that it is the second.
fn original(answer: &Value) -> Value {
    let mut answer = answer.clone();
    assert!(answer["duplicate"].is_boolean(), "{answer}");
    answer["duplicate"] = json!(false);
    answer
}

#[tokio::test]
async fn with_an_idempotency_key_a_request_that_comes_again_is_answered_again_and_done_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut house = serve(folder.path()).await;
    let at = house.at();
    let key = ["Idempotency-Key: order-66"];
    let commands = [send("one"), send("two")];
    let first = ask(at, &key, &commands).await.json();
    let line = "POST /v1/conversations/coffee/messages";
    let single = request(at, line, &key, r#"{"body":"one"}"#).await;
    assert_eq!(single.status, 200, "{single:?}");
    for round in 0..2 {
        let again = ask(at, &key, &commands).await.json();
        for n in 0..2 {
            assert_eq!(again[n]["duplicate"], json!(true));
            assert_eq!(original(&again[n]), original(&first[n]), "round {round}");
        }
        let again = request(at, line, &key, r#"{"body":"one"}"#).await.json();
        assert_eq!(original(&again), original(&single.json()), "round {round}");
        // It is remembered as long as the message is, not as long as the process.
        house.stop().await;
        house = House::serve(folder.path(), at, SMALL).await;
    }
    assert_eq!(said(at).await, ["one", "two"]);
    let conflict = request(at, line, &key, r#"{"body":"other"}"#).await;
    let told = (conflict.status, conflict.code());
    assert_eq!(told, (409, "idempotency_conflict".to_owned()), "{conflict:?}");
    let mixed = ask(at, &key, &[send("one"), send("other"), send("three")]).await.json();
    assert_eq!(mixed[0]["duplicate"], json!(true));
    assert_eq!(mixed[1]["code"], json!("idempotency_conflict"));
    assert_eq!(mixed[2]["duplicate"], json!(false), "a third under this key is new");
    // The key is its user's.
    let other = ask(at, &[key[0], "Hubbub-User: ben"], &commands).await.json();
    assert_eq!(other[0]["duplicate"], json!(false));
    let without = ask(at, &[], &commands).await.json();
    assert_eq!(without[0]["duplicate"], json!(false));
    assert_eq!(said(at).await, ["one", "two", "three", "one", "two", "one", "two"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_an_idempotency_key_many_at_once_are_one() {
    let folder = tempfile::tempdir().unwrap();
    let house = serve(folder.path()).await;
    let at = house.at();
    let mut asking = JoinSet::new();
    for _ in 0..16 {
        asking.spawn(async move { ask(at, &["Idempotency-Key: x"], &[send("one")]).await.json() });
    }
    let answers = asking.join_all().await;
    assert!(answers.iter().all(|answer| answer[0]["seq"] == 1), "{answers:?}");
    let first = answers.iter().filter(|answer| answer[0]["duplicate"] == false).count();
    assert_eq!(first, 1, "{answers:?}");
    assert_eq!(said(at).await, ["one"]);
}
