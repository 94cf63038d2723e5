//! Import: the lines of a file become messages, in their order, once.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use model::{Message, Wall};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::house::{Ended, House, PATIENCE, SMALL, address, hubbub, run};
use crate::user::{User, name};

const LINES: u64 = 600;

fn user(line: u64) -> &'static str {
    ["ann", "ben", "cat"][usize::try_from(line / 2 % 3).unwrap()]
}

/// Three users talk in two conversations.
fn lines() -> Vec<Value> {
    let line = |n: u64| {
        json!({
            "conversation": if n.is_multiple_of(3) { "milk" } else { "tea" },
            "user": user(n),
            "body": format!("line {n}"), "sent_at": 1_600_000_000_000 + n,
        })
    };
    (0..LINES).map(line).collect()
}

fn write(folder: &Path, lines: &[Value]) {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    fs::write(folder.join("old.jsonl"), text).unwrap();
}

async fn import(folder: &Path, at: SocketAddr, more: &str) -> Ended {
    let mut command = hubbub(folder);
    let url = format!("ws://{at}/v1/ws");
    command.args(["import", "--json", "--url", &url, "old.jsonl"]).args(more.split_whitespace());
    run(command, folder).await
}

fn counts(ended: &Ended) -> Value {
    serde_json::from_str(&ended.out).unwrap_or_else(|why| panic!("{why}: {ended:?}"))
}

async fn read(at: SocketAddr, room: &str) -> Vec<Message> {
    let mut reader = User::new("eve", 77, &[at]);
    reader.read(&name(room)).await.messages
}

#[tokio::test]
async fn a_file_is_imported_in_its_order_and_a_second_time_adds_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut house = House::serve(folder.path(), address(), SMALL).await;
    write(folder.path(), &lines());
    let ended = import(folder.path(), house.at(), "").await;
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    let all = json!({"lines": LINES, "new": LINES, "already": 0, "bad": 0, "refused": 0});
    assert_eq!(counts(&ended), all);
    for room in ["tea", "milk"] {
        let there = read(house.at(), room).await;
        let said = lines().into_iter().filter(|line| line["conversation"] == room);
        let as_line = |message: &Message| {
            let body = message.content.body().unwrap().as_str();
            json!({
                "conversation": room, "user": message.sender.as_str(), "body": body,
                "sent_at": message.sent_at.0,
            })
        };
        assert!(said.eq(there.iter().map(as_line)), "{room} is as the file says");
        assert!(there.iter().all(|message| message.received_at > Wall(1_700_000_000_000)));
    }
    let before = (read(house.at(), "tea").await, read(house.at(), "milk").await);
    house.stop().await;
    let house = House::serve(folder.path(), house.at(), SMALL).await;
    let ended = import(folder.path(), house.at(), "").await;
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    let none = json!({"lines": LINES, "new": 0, "already": LINES, "bad": 0, "refused": 0});
    assert_eq!(counts(&ended), none);
    assert_eq!((read(house.at(), "tea").await, read(house.at(), "milk").await), before);
}

#[tokio::test]
async fn an_import_that_is_killed_goes_on_when_it_is_run_again() {
    let folder = tempfile::tempdir().unwrap();
    let house = House::serve(folder.path(), address(), SMALL).await;
    write(folder.path(), &lines());
    let mut command = hubbub(folder.path());
    let url = format!("ws://{}/v1/ws", house.at());
    command.args(["import", "--url", &url, "old.jsonl"]);
    let mut killed = House::spawn(command, folder.path(), "killed");
    let until = tokio::time::Instant::now() + PATIENCE;
    while house.metric("hub_sequenced_total").await < LINES / 10 {
        assert!(tokio::time::Instant::now() < until, "nothing is imported");
        sleep(Duration::from_millis(1)).await;
    }
    killed.kill();
    let ended = import(folder.path(), house.at(), "").await;
    let counts = counts(&ended);
    let (new, already) = (counts["new"].as_u64().unwrap(), counts["already"].as_u64().unwrap());
    assert!(new + already == LINES && already >= LINES / 10 && new > 0, "{counts}");
    let there = [read(house.at(), "tea").await, read(house.at(), "milk").await].concat();
    assert_eq!(there.len() as u64, LINES);
}

#[tokio::test]
async fn bad_lines_are_named_and_left_out_or_stop_it() {
    let folder = tempfile::tempdir().unwrap();
    let house = House::serve(folder.path(), address(), SMALL).await;
    let mut bad = lines();
    bad[4]["user"] = json!("no name!");
    bad[9] = json!("half a line");
    write(folder.path(), &bad);
    let ended = import(folder.path(), house.at(), "--strict").await;
    assert_eq!(ended.code, Some(1));
    assert_eq!(
        (counts(&ended)["new"].as_u64(), counts(&ended)["bad"].as_u64()),
        (Some(0), Some(2))
    );
    assert!(ended.err.contains("line 5: ") && ended.err.contains("line 10: "), "{}", ended.err);
    assert_eq!(house.metric("hub_sequenced_total").await, 0, "nothing was imported");
    let ended = import(folder.path(), house.at(), "").await;
    assert_eq!(ended.code, Some(1));
    assert_eq!(counts(&ended)["new"].as_u64(), Some(LINES - 2));
    fs::remove_file(folder.path().join("old.jsonl")).unwrap();
    let ended = import(folder.path(), house.at(), "").await;
    assert!(ended.code == Some(74) && ended.err.contains("old.jsonl"), "{ended:?}");
    let mut command = hubbub(folder.path());
    command.args(["import", "--url", "not a place", "old.jsonl"]);
    let ended = run(command, folder.path()).await;
    assert!(ended.code == Some(64) && ended.err.contains("not a place"), "{ended:?}");
}
