//! What stands in the log, and what never does.

use serde_json::{Value, json};
use wire::{Frame, SubscribeFrom};

use crate::access::{bearer, guarded, token_for};
use crate::house::{House, SMALL, address};
use crate::http::request;
use crate::line::Line;
use crate::user::name;

/// Each line, as JSON.
fn lines(house: &House) -> Vec<Value> {
    let parse =
        |line: &str| serde_json::from_str(line).unwrap_or_else(|why| panic!("{why}: {line}"));
    house.err().lines().map(parse).collect()
}

#[tokio::test]
async fn a_json_log_has_an_object_a_line_that_says_whose_connection_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let line = format!("{SMALL} --log debug --log-format json");
    let mut house = House::serve(folder.path(), address(), &line).await;
    drop(Line::open(house.at(), "ann", 1).await);
    request(house.at(), "GET /healthz?secret=1", &[], "").await;
    house.stop().await;
    let lines = lines(&house);
    for line in &lines {
        for field in ["timestamp", "level", "target"] {
            assert!(line[field].is_string(), "no {field} in {line}");
        }
        assert!(line["fields"].is_object(), "{line}");
    }
    let said = |what: &str| {
        let found = lines.iter().find(|line| line["fields"]["message"] == what);
        found.unwrap_or_else(|| panic!("nobody said {what:?}")).clone()
    };
    let span = &said("connected")["span"];
    assert_eq!((&span["user"], &span["device"]), (&json!("ann"), &json!("phone")), "{span}");
    assert!(span["number"].is_u64(), "{span}");
    let asked = lines.iter().find(|line| line["span"]["path"] == "/healthz").expect("a request");
    assert_eq!(
        (&asked["span"]["name"], &asked["fields"]["status"]),
        (&json!("request"), &json!(200))
    );
}

#[tokio::test]
async fn the_log_has_no_secret_and_nothing_of_what_people_say() {
    let folder = tempfile::tempdir().unwrap();
    let mut house = guarded(folder.path(), "--log trace").await;
    let (token, other) = (token_for("ann", 60), token_for("ben", 60));
    let mut ann = Line::with_token(house.at(), "ann", &token).await.unwrap();
    ann.subscribe(&name("tea"), SubscribeFrom::Start).await;
    let Frame::Subscribed { .. } = ann.hear().await else { panic!("not subscribed") };
    assert!(matches!(
        ann.send(1, &name("tea"), "hush-by-socket").await,
        Frame::Sent { .. } | Frame::Message { .. }
    ));
    let header = bearer(&other);
    let connect = request(house.at(), "POST /v1/connect", &[&header], "").await.json();
    let ticket = connect["ticket"].as_str().unwrap().to_owned();
    drop(Line::with_ticket(house.at(), "ben", &ticket).await.unwrap());
    let said = r#"{"body":"hush-by-http"}"#;
    let path = "POST /v1/conversations/tea/messages";
    assert_eq!(request(house.at(), path, &[&header], said).await.status, 200);
    let wrong = format!("{}x", &token[..token.len() - 1]);
    Line::refused(house.at(), "ann", Some(&wrong)).await;
    request(house.at(), path, &[&bearer(&wrong)], said).await;
    request(house.at(), path, &[&header], r#"{"body":"hush-by-mistake""#).await;
    drop(ann);
    house.stop().await;
    let log = house.err();
    assert!(log.contains("TRACE") || log.contains("DEBUG"), "it does log in detail: {log}");
    for secret in ["hush-", &token, &other, &ticket, &wrong, "a secret of the tests"] {
        assert!(!log.contains(secret), "{secret} stands in the log: {log}");
    }
}
