//! Reports over HTTP: what the tables count, for those who may see it, from every gateway.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use access::Role;
use serde_json::{Value, json};

use crate::access::{bearer, guarded, token_as, token_for};
use crate::house::{House, PATIENCE, SMALL, address};
use crate::http::request;

async fn say(at: SocketAddr, conversation: &str, body: &str) {
    let line = format!("POST /v1/conversations/{conversation}/messages");
    let body = json!({ "body": body }).to_string();
    let answer = request(at, &line, &["Hubbub-User: ann"], &body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

async fn rows(at: SocketAddr, report: &str) -> Vec<Value> {
    let answer = request(at, &format!("GET /v1/reports/{report}"), &[], "").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["rows"].as_array().unwrap().clone()
}

/// The tables follow, and some of them gather: waited for until this report has counted so many messages.
async fn counted(at: SocketAddr, report: &str, messages: u64) -> Vec<Value> {
    let until = Instant::now() + PATIENCE;
    loop {
        let rows = rows(at, report).await;
        let sum: u64 = rows.iter().filter_map(|row| row["messages"].as_u64()).sum();
        if sum >= messages {
            return rows;
        }
        assert!(Instant::now() < until, "{messages} are counted: {rows:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn what_was_said_is_counted_and_governed_conversations_are_not_named() {
    let folder = tempfile::tempdir().unwrap();
    let house = House::serve(folder.path(), address(), SMALL).await;
    house.able().await;
    let at = house.at();
    let create = json!([{"type": "create", "kind": "direct", "with": "bob"}]).to_string();
    let made = request(at, "POST /v1/commands", &["Hubbub-User: ann"], &create).await.json();
    say(at, "tea", "hello").await;
    say(at, made[0]["conversation"].as_str().unwrap(), "a secret").await;
    let summary = counted(at, "summary_daily", 2).await.remove(0);
    assert_eq!((&summary["messages"], &summary["speakers"]), (&json!(2), &json!(1)));
    for report in ["conversation_summary", "conversation_hourly", "conversation_daily"] {
        let named = counted(at, report, 1).await;
        assert_eq!(named.len(), 1, "{report}: {named:?}");
        assert_eq!(named[0]["conversation"], "tea");
    }
    let bots = counted(at, "bot_summary", 2).await;
    counted(at, "bot_daily", 2).await;
    assert_eq!((bots.len(), &bots[0]["sender"]), (1, &json!("ann")));
    let csv = request(at, "GET /v1/reports/bot_daily?format=csv", &[], "").await;
    assert!(csv.head.contains("content-type: text/csv"), "{csv:?}");
    let lines: Vec<_> = csv.body.lines().collect();
    assert!(lines[0].starts_with("at,sender,messages,") && lines.len() == 2, "{lines:?}");
    assert!(lines[1].contains(",ann,2,"), "{lines:?}");
}

#[tokio::test]
async fn a_report_has_as_many_rows_as_are_asked_for_and_says_that_there_are_more() {
    let folder = tempfile::tempdir().unwrap();
    let house = House::serve(folder.path(), address(), SMALL).await;
    house.able().await;
    let at = house.at();
    for conversation in ["one", "two", "three"] {
        say(at, conversation, "hello").await;
    }
    counted(at, "conversation_summary", 3).await;
    let of = async |limit: &str| {
        let line = format!("GET /v1/reports/conversation_summary?limit={limit}");
        request(at, &line, &[], "").await
    };
    for (limit, count, more) in [("2", 2, true), ("3", 3, false), ("1000", 3, false)] {
        let answer = of(limit).await.json();
        assert_eq!(answer["rows"].as_array().map(Vec::len), Some(count), "{limit}");
        assert_eq!(answer["more"], more, "{limit}");
    }
    for limit in ["0", "1001", "many"] {
        let answer = of(limit).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "bad_frame"), "{answer:?}");
    }
    let rows = request(at, "GET /v1/rows?limit=many", &[], "").await;
    assert_eq!((rows.status, rows.code().as_str()), (400, "bad_frame"), "{rows:?}");
    let answer = request(at, "GET /v1/reports/windows", &[], "").await;
    assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"));
    assert!(answer.body.contains("there are summary_minutely, "), "{answer:?}");
}

#[tokio::test]
async fn reports_are_for_analysts_and_administrators() {
    let folder = tempfile::tempdir().unwrap();
    let house = guarded(folder.path(), "").await;
    for (header, status) in [
        (String::new(), 401),
        (bearer(&token_for("ann", 60)), 403),
        (bearer(&token_as("ann", Role::Analyst)), 200),
        (bearer(&token_as("ann", Role::Admin)), 200),
    ] {
        let headers: Vec<&str> = header.lines().collect();
        for line in ["GET /v1/reports/trending", "GET /v1/reports/bot_summary?format=csv"] {
            let answer = request(house.at(), line, &headers, "").await;
            assert_eq!(answer.status, status, "{line} {answer:?}");
        }
    }
}

#[tokio::test]
async fn a_gateway_asks_its_owner_for_reports() {
    let folder = tempfile::tempdir().unwrap();
    let line =
        format!("serve --role owner --data data --link meet.sock --listen 127.0.0.1:0 {SMALL}");
    let owner = House::start(folder.path(), "owner", &line).await;
    let line = "serve --role gateway --link meet.sock --listen 127.0.0.1:0";
    let gateway = House::start(folder.path(), "gateway", line).await;
    gateway.able().await;
    say(gateway.at(), "tea", "hello").await;
    counted(gateway.at(), "summary_daily", 1).await;
    let answer = request(owner.at(), "GET /v1/reports/trending", &[], "").await;
    assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"));
}
