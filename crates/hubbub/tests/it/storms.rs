//! `hubbub load storm`: everyone is cut off, and comes back. Counts decide, never times: a generator that began tries
//! late says so (exit code 3), and its counts are right all the same.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::house::{Ended, House, SMALL, address, hubbub, run};

async fn storm(folder: &Path, line: &str) -> Ended {
    let mut command = hubbub(folder);
    command.args(["load", "storm"]).args(line.split_whitespace());
    run(command, folder).await
}

/// A storm that came to its end, well measured or not.
async fn weathered(folder: &Path, line: &str) -> Value {
    let ended = storm(folder, &format!("--json {line}")).await;
    assert!(matches!(ended.code, Some(0 | 3)), "{line}: {ended:?}");
    serde_json::from_str(&ended.out).unwrap_or_else(|why| panic!("{why}: {ended:?}"))
}

fn count(of: &Value, pointer: &str) -> u64 {
    of.pointer(pointer).and_then(Value::as_u64).unwrap_or_else(|| panic!("no {pointer}: {of}"))
}

/// Every try has one end, and the spectrum has every try.
fn adds_up(cut: &Value) {
    let seen = |name: &str| count(cut, &format!("/seen/{name}"));
    let ends = seen("welcomed") + seen("unreachable") + seen("turned_away") + seen("broken");
    assert_eq!(seen("tries"), ends, "{cut}");
    let columns = cut["columns"].as_array().unwrap();
    let of = |name: &str| columns.iter().map(|column| column[name].as_u64().unwrap()).sum::<u64>();
    assert_eq!((of("tries"), of("back")), (seen("tries"), seen("back")), "{cut}");
}

#[tokio::test]
async fn a_cut_network_brings_everyone_back_and_nothing_said_meanwhile_is_lost_or_doubled() {
    let folder = tempfile::tempdir().unwrap();
    let house = House::serve(folder.path(), address(), SMALL).await;
    let url = format!("ws://{}/v1/ws", house.at());
    let line =
        "--clients 40 --conversations 4 --rate 100 --down 500ms --html storm.html --name calm";
    let outcome = weathered(folder.path(), &format!("{url} {line}")).await;
    let cut = &outcome["cuts"][0];
    assert_eq!((count(cut, "/seen/back"), count(cut, "/seen/welcomed")), (40, 40), "{cut}");
    adds_up(cut);
    let delivery = &outcome["delivery"];
    for none in ["missing", "doubled", "gaps", "refused"] {
        assert_eq!(count(delivery, &format!("/{none}")), 0, "{delivery}");
    }
    let messages = count(delivery, "/messages");
    assert!(messages >= 40, "{delivery}");
    assert_eq!(count(delivery, "/delivered"), messages * 10, "ten follow each conversation");
    let page = fs::read_to_string(folder.path().join("storm.html")).unwrap();
    assert!(page.contains("Tries to connect in each") && !page.contains("http"), "{page}");
}

#[tokio::test]
async fn without_a_policy_everyone_tries_again_and_again_while_nobody_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let outcome = weathered(folder.path(), "--clients 20 --down 1s --policy none").await;
    let cut = &outcome["cuts"][0];
    assert_eq!(count(cut, "/seen/back"), 20, "{cut}");
    // Tries due at 0, 100, ... 900 ms; on a busy machine some begin late, none early.
    let unreachable = count(cut, "/seen/unreachable");
    assert!((20..=200).contains(&unreachable), "{cut}");
    adds_up(cut);
}

#[tokio::test]
async fn a_cut_that_is_over_before_all_have_looked_has_cut_them_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let outcome = weathered(folder.path(), "--clients 400 --down 1ms --within 15s").await;
    let cut = &outcome["cuts"][0];
    assert_eq!((count(cut, "/seen/welcomed"), count(cut, "/seen/back")), (400, 400), "{cut}");
}

#[tokio::test]
async fn a_server_that_is_killed_and_one_that_stops_find_all_clients_again() {
    let folder = tempfile::tempdir().unwrap();
    let killed = weathered(folder.path(), "--clients 20 --cut kill --down 100ms --rate 50").await;
    let stopped =
        weathered(folder.path(), "--clients 20 --cut term --spread 3s --down 100ms").await;
    for outcome in [&killed, &stopped] {
        assert_eq!(count(&outcome["cuts"][0], "/seen/back"), 20, "{outcome}");
        adds_up(&outcome["cuts"][0]);
    }
    assert_eq!(count(&killed, "/delivery/missing"), 0, "{killed}");
    assert_eq!((&killed["spread_s"], &stopped["spread_s"]), (&Value::Null, &Value::from(3.0)));
}

#[tokio::test]
async fn what_cannot_be_stormed_gets_one_sentence_and_the_code_of_the_table() {
    let folder = tempfile::tempdir().unwrap();
    let cases = [
        ("ws://127.0.0.1:1/v1/ws", 69, "refused"),
        ("http://127.0.0.1:1/", 2, "right is ws://"),
        ("ws://127.0.0.1:1/v1/ws --cut kill", 2, "leave out the URL"),
        ("--spread 5s", 2, "needs --cut term"),
        ("--clients 0", 2, "1..=60000"),
        ("--clients 19001", 2, "takes 19000"),
        ("--policy hope", 2, "possible values"),
    ];
    for (line, code, sentence) in cases {
        let ended = storm(folder.path(), line).await;
        assert_eq!(ended.code, Some(code), "{line}: {ended:?}");
        assert!(ended.err.contains(sentence), "{line}: {}", ended.err);
        assert_eq!(ended.out, "", "{line}");
    }
}
