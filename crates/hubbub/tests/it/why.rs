//! `hubbub why` tells what happened to one message, also after a restart, when only the journal knows.

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::house::{Ended, House, PATIENCE, SMALL, hubbub, run};
use crate::openapi::Api;

async fn why(folder: &Path, house: &House, line: &str) -> Ended {
    let mut command = hubbub(folder);
    command.arg("why").args(line.split_whitespace());
    command.args(["--url", &format!("http://{}", house.at())]);
    run(command, folder).await
}

async fn until_full(house: &House, full: u64) {
    let until = Instant::now() + PATIENCE;
    while house.metric("enrich_full").await != full {
        assert!(Instant::now() < until, "never full: {}", house.err());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn what_happened_to_a_message_is_told_by_its_id_and_by_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let nlp = House::start(folder, "nlp", "nlp --listen 127.0.0.1:0 --latency-mean-ms 20").await;
    let flags = format!("{SMALL} --nlp http://{}", nlp.at());
    let mut api = Api::dev_with(folder, &flags).await;
    let say = "POST /v1/conversations/tea/messages";
    for number in 1..=3 {
        let said = json!({"body": "what a lovely day", "id": format!("00000000000000aa-{number}")});
        api.ask(say, &["Hubbub-User: ann"], &said.to_string()).await;
    }
    until_full(&api.house, 3).await;
    let told = api.ask("GET /v1/messages/00000000000000aa-2/why", &[], "").await.json();
    assert_eq!((&told["conversation"], &told["seq"]), (&json!("tea"), &json!(2)));
    assert_eq!((&told["standing"], &told["read_to"]), (&json!("full"), &Value::Null));
    let whats: Vec<_> =
        told["steps"].as_array().unwrap().iter().map(|step| &step["what"]).collect();
    assert_eq!(whats, ["arrived", "called", "answered", "decided", "durable"], "{told}");
    assert_eq!(told["steps"][1]["call"], 1);
    let called = told["steps"][1]["detail"].as_str().unwrap();
    assert!(called.starts_with("the first; ") && called.ends_with("the breaker is closed"));
    assert_eq!(told["facts"][0]["result"], "full");
    let place = api.ask("GET /v1/conversations/tea/messages/2/why", &[], "").await.json();
    let many = |told: &Value| told["steps"].as_array().map(Vec::len);
    assert_eq!((&place["id"], many(&place)), (&told["id"], many(&told)));
    for (line, status, code) in [
        ("GET /v1/messages/00000000000000ab-2/why", 404, "no_such_message"),
        ("GET /v1/conversations/tea/messages/9/why", 404, "no_such_message"),
        ("GET /v1/messages/nonsense/why", 400, "bad_frame"),
        ("GET /v1/conversations/tea/messages/x/why", 400, "bad_frame"),
    ] {
        let answer = api.ask(line, &[], "").await;
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{line}");
    }
    let ended = why(folder, &api.house, "tea/3").await;
    assert!(ended.out.starts_with("00000000000000aa-3 (tea/3): full\n"), "{ended:?}");
    assert!(ended.out.contains("ms  called 1      the first; "), "{ended:?}");
    assert!(ended.out.contains("ms  in the journal: full"), "{ended:?}");
    assert!(!ended.out.contains("lovely") && !ended.out.contains("ann"), "{ended:?}");
    // After a restart nothing is remembered, and the journal has its result.
    api.house.stop().await;
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let house = House::serve(folder, any, &flags).await;
    house.able().await;
    until_full(&house, 3).await;
    for message in ["00000000000000aa-1", "tea/1"] {
        let ended = why(folder, &house, message).await;
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert!(ended.out.contains("(tea/1): full\nits steps are no longer"), "{ended:?}");
        assert!(ended.out.contains("in the journal: full"), "{ended:?}");
    }
    assert_eq!(why(folder, &house, "tea/9").await.code, Some(1));
    assert_eq!(why(folder, &house, "nonsense").await.code, Some(64));
}
