//! Dead letters: an operator sees them, sees what a replay would do, has it done, and ends it.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Instant;

use access::Role;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::access::{bearer, guarded, token_as, token_for};
use crate::house::{Ended, House, PATIENCE, SMALL, hubbub, run};
use crate::http::request;
use crate::openapi::Api;

/// An NLP service that takes no text, until it does.
struct Picky {
    at: SocketAddr,
    takes: Arc<AtomicBool>,
}

impl Picky {
    async fn begin() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let takes = Arc::new(AtomicBool::new(false));
        let shown = Arc::clone(&takes);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(answer_all(socket, Arc::clone(&shown)));
            }
        });
        Self { at, takes }
    }
}

/// One connection of HTTP/1.1; another protocol is not understood.
async fn answer_all(mut socket: TcpStream, takes: Arc<AtomicBool>) {
    let mut heard = Vec::new();
    loop {
        let mut bytes = [0; 4096];
        match socket.read(&mut bytes).await {
            Ok(read) if read > 0 => heard.extend_from_slice(&bytes[..read]),
            _ => return,
        }
        let text = String::from_utf8_lossy(&heard).to_lowercase();
        if text.starts_with("pri * http/2.0") {
            return;
        }
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        if body.len() < length.map_or(0, |length| length.parse().unwrap()) {
            continue;
        }
        heard.clear();
        let (status, body) = match takes.load(Relaxed) {
            true => ("200 OK", r#"{"language":"eng","sentiment":0.5}"#),
            false => ("422 Unprocessable Entity", "{}"),
        };
        let length = body.len();
        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n\r\n{body}");
        if socket.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn letters(folder: &Path, house: &House, line: &str) -> Ended {
    let mut command = hubbub(folder);
    command.args(["letters"]).args(line.split_whitespace());
    command.args(["--url", &format!("http://{}", house.at())]);
    run(command, folder).await
}

/// Waits until so many are dead.
async fn until_dead(house: &House, dead: u64) {
    let until = Instant::now() + PATIENCE;
    while house.metric("enrich_dead").await != dead {
        assert!(Instant::now() < until, "{} are dead", house.metric("enrich_dead").await);
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn what_was_refused_is_listed_shown_counted_and_asked_for_again() {
    let folder = tempfile::tempdir().unwrap();
    let nlp = Picky::begin().await;
    let api = Api::dev_with(folder.path(), &format!("{SMALL} --nlp http://{}", nlp.at)).await;
    let house = &api.house;
    for body in ["one", "two", "three"] {
        let said = json!({"body": body}).to_string();
        request(house.at(), "POST /v1/conversations/tea/messages", &["Hubbub-User: ann"], &said)
            .await;
    }
    until_dead(house, 3).await;
    // Over HTTP, as the document says.
    let page = api.ask("GET /v1/letters?limit=2&reason=refused", &[], "").await.json();
    assert_eq!((&page["reasons"], &page["replay"]), (&json!({"refused": 3}), &Value::Null));
    let listed = page["letters"].as_array().unwrap();
    assert_eq!(listed.len(), 2);
    assert_eq!((&listed[0]["seq"], &listed[0]["sender"]), (&json!(1), &json!("ann")));
    let last = listed[1]["id"].as_str().unwrap();
    let more = api.ask(&format!("GET /v1/letters?after={last}"), &[], "").await.json();
    assert_eq!(more["letters"][0]["seq"], 3);
    let one = api.ask(&format!("GET /v1/letters/{last}"), &[], "").await.json();
    assert_eq!((&one["text"], &one["reason"]), (&json!("two"), &json!("refused")));
    let none = api.ask("GET /v1/letters?reason=exhausted", &[], "").await.json();
    assert_eq!(none["letters"], json!([]));
    for (line, status) in [
        ("GET /v1/letters/1-2-3", 404),
        ("GET /v1/letters/x", 400),
        ("GET /v1/letters?reason=x", 400),
        ("POST /v1/replay?rate=0", 400),
        ("POST /v1/replay?rate=1001", 400),
        ("POST /v1/replay/cancel", 404),
    ] {
        assert_eq!(api.ask(line, &[], "").await.status, status, "{line}");
    }
    // From the command line.
    let ended = letters(folder.path(), house, "list").await;
    assert_eq!((ended.code, ended.out.lines().count()), (Some(0), 4), "{ended:?}");
    assert!(ended.out.contains("3 refused") && ended.out.contains("tea/2 by ann"), "{ended:?}");
    let ended = letters(folder.path(), house, &format!("show {last}")).await;
    assert!(ended.out.ends_with("tea/2 by ann\ntwo\n"), "{ended:?}");
    let ended = letters(folder.path(), house, "replay --dry-run --json").await;
    let preview: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!((&preview["letters"], &preview["calls_most"]), (&json!(3), &json!(60)), "{preview}");
    assert_eq!(house.metric("enrich_dead").await, 3, "a dry run does nothing");
    let ended = letters(folder.path(), house, "show 1-2-3").await;
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.err.contains("404: there is no such letter"), "{ended:?}");
    // A replay of one a second; a second one is told to wait; it is ended.
    nlp.takes.store(true, Relaxed);
    let ended = letters(folder.path(), house, "replay --rate 1 --reason refused").await;
    assert!(ended.code == Some(0) && ended.out.contains("of 3 letters at 1/s"), "{ended:?}");
    assert_eq!(api.ask("POST /v1/replay", &[], "").await.code(), "busy");
    until_dead(house, 2).await;
    let ended = letters(folder.path(), house, "cancel").await;
    assert!(ended.out.contains("a replay of refused has ended: "), "{ended:?}");
    letters(folder.path(), house, "replay").await;
    until_dead(house, 0).await;
    let until = Instant::now() + PATIENCE;
    while house.metric("enrich_full").await != 3 {
        assert!(Instant::now() < until, "they are asked for again");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(house.metric("enrich_conservation_error").await, 0);
    let ended = letters(folder.path(), house, "list").await;
    assert!(ended.out.starts_with("dead letters: none"), "{ended:?}");
}

#[tokio::test]
async fn of_a_governed_conversation_neither_place_nor_author_nor_text_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let nlp = Picky::begin().await;
    let api = Api::dev_with(folder.path(), &format!("{SMALL} --nlp http://{}", nlp.at)).await;
    let ann = ["Hubbub-User: ann"];
    let create = json!([{"type": "create", "kind": "direct", "with": "bob"}]).to_string();
    let made = request(api.house.at(), "POST /v1/commands", &ann, &create).await.json();
    let place = format!("/v1/conversations/{}/messages", made[0]["conversation"].as_str().unwrap());
    let said = json!({"body": "a secret", "id": "00000000000000aa-1"}).to_string();
    let sent = request(api.house.at(), &format!("POST {place}"), &ann, &said).await.json();
    until_dead(&api.house, 1).await;
    let page = api.ask("GET /v1/letters", &[], "").await.json();
    let listed = &page["letters"][0];
    let one = api
        .ask(&format!("GET /v1/letters/{}", listed["id"].as_str().unwrap()), &[], "")
        .await
        .json();
    let why = api.ask("GET /v1/messages/00000000000000aa-1/why", &[], "").await.json();
    for (told, keys) in [
        (listed, &["conversation", "seq", "sender"][..]),
        (&one, &["conversation", "seq", "sender", "text"]),
        (&why, &["conversation", "seq"]),
    ] {
        for key in keys {
            assert_eq!(told.get(key), Some(&Value::Null), "{key} of {told}");
        }
    }
    assert_eq!(
        (&one["reason"], &why["facts"][0]["reason"]),
        (&json!("refused"), &json!("refused"))
    );
    let by_place = format!("GET {place}/{}/why", sent["seq"]);
    let why = api.ask(&by_place, &[], "").await.json();
    assert_eq!((why.get("conversation"), why.get("seq")), (Some(&Value::Null), Some(&Value::Null)));
}

#[tokio::test]
async fn analysts_look_and_administrators_replay_and_nobody_else_does_either() {
    let folder = tempfile::tempdir().unwrap();
    let house = guarded(folder.path(), "--nlp http://127.0.0.1:9").await;
    let user = bearer(&token_for("ann", 60));
    let [analyst, admin] = [Role::Analyst, Role::Admin].map(|role| bearer(&token_as("cleo", role)));
    // For a user, an analyst, an administrator; 404: they were let in, and there is none.
    for (line, statuses) in [
        ("GET /v1/letters", [403, 200, 200]),
        ("GET /v1/letters/1-2-3", [403, 404, 404]),
        ("GET /v1/messages/00000000000000aa-2/why", [403, 404, 404]),
        ("GET /v1/conversations/tea/messages/2/why", [403, 404, 404]),
        ("GET /v1/replay", [403, 200, 200]),
        ("POST /v1/replay", [403, 403, 200]),
        ("POST /v1/replay/cancel", [403, 403, 200]),
    ] {
        for (header, status) in [&user, &analyst, &admin].into_iter().zip(statuses) {
            let answer = request(house.at(), line, &[header], "").await;
            assert_eq!(answer.status, status, "{line}: {answer:?}");
        }
    }
    std::fs::write(folder.path().join("ann.token"), token_for("ann", 60)).unwrap();
    let ended = letters(folder.path(), &house, "list --token-file ann.token").await;
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.err.contains("403: this is for the roles admin and analyst"), "{ended:?}");
}

#[tokio::test]
async fn without_a_service_there_are_no_letters_and_without_a_server_no_answer() {
    let folder = tempfile::tempdir().unwrap();
    let mut house = House::serve(folder.path(), SocketAddr::from(([127, 0, 0, 1], 0)), SMALL).await;
    let ended = letters(folder.path(), &house, "list").await;
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.err.contains("messages are not enriched here"), "{ended:?}");
    house.kill();
    let ended = letters(folder.path(), &house, "list").await;
    assert_eq!(ended.code, Some(69), "{ended:?}");
    let ended = letters(folder.path(), &house, "list --reason why").await;
    assert_eq!(ended.code, Some(64), "{ended:?}");
    assert!(ended.err.contains("there are deadline, failed,"), "{ended:?}");
}
