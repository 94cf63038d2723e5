//! `docs/asyncapi.json` is what the encoders write and the decoders read, neither more nor less; and
//! `web/openapi.json` says the same where it speaks of the same.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use wire::{Code, Encoding, FrameError, decode_command, decode_frame};

use crate::any;
use crate::schema::Document;

static SOCKET: LazyLock<Document> =
    LazyLock::new(|| Document::read(include_str!("../../../../docs/asyncapi.json")));
static HTTP: LazyLock<Document> =
    LazyLock::new(|| Document::read(include_str!("../../../../web/openapi.json")));
const PAGE: &str = include_str!("../../../../docs/protocol.md");

/// Enough of any value to have met each kind.
const SAMPLES: usize = 2_000;

const COMMANDS: &str = "Command";
const FRAMES: &str = "Frame";

type Names = BTreeSet<String>;

/// The messages of one direction, by type.
fn messages(direction: &str) -> impl Iterator<Item = (String, &'static Value)> {
    let all = SOCKET.at("/components/messages").as_object().unwrap();
    all.iter()
        .filter(move |(name, _)| name.ends_with(direction))
        .map(|(_, message)| (message["name"].as_str().unwrap().to_owned(), message))
}

fn documented(direction: &str) -> Names {
    messages(direction).map(|(name, _)| name).collect()
}

/// Checks what was encoded against the document.
fn check(direction: &str, text: &str) -> Result<(), String> {
    let value: Value = serde_json::from_str(text).unwrap();
    let kind = value["type"].as_str().unwrap();
    let (_, message) = messages(direction)
        .find(|(name, _)| name == kind)
        .ok_or_else(|| format!("the document has no {kind}"))?;
    SOCKET.check(&message["payload"], &value)
}

/// The types that an encoder writes.
fn written(encoded: impl Strategy<Value = String>) -> Names {
    let mut runner = TestRunner::deterministic();
    let sample = |_| encoded.new_tree(&mut runner).unwrap().current();
    let texts = (0..SAMPLES).map(sample);
    texts.map(|text| kind_of(&text)).collect()
}

fn kind_of(text: &str) -> String {
    serde_json::from_str::<Value>(text).unwrap()["type"].as_str().unwrap().to_owned()
}

/// The types that the decoder of commands names when it is given another.
fn read() -> Names {
    let problem = decode_command(r#"{"type":"x"}"#).unwrap_err();
    let (_, names) = problem.detail.split_once(": give ").unwrap();
    names.replace(" or ", ", ").split(", ").map(str::to_owned).collect()
}

/// The types in the first column of a table of `docs/protocol.md`.
fn tabled(section: &str) -> Names {
    let (_, section) = PAGE.split_once(section).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.map(|row| row.split('`').next().unwrap().to_owned()).collect()
}

#[test]
fn every_command_is_in_the_documents_and_nothing_else_is() {
    let documented = documented(COMMANDS);
    assert_eq!(documented, read());
    assert_eq!(documented, written(any::command().prop_map(|command| command.encode())));
    assert_eq!(documented, tabled("## Commands"));
    // Each is an operation of its own.
    let operations = SOCKET.at("/operations").as_object().unwrap();
    let received = operations.iter().filter(|(_, operation)| operation["action"] == "receive");
    assert_eq!(documented, received.map(|(name, _)| name.clone()).collect::<Names>());
}

#[test]
fn every_frame_is_in_the_documents_and_nothing_else_is() {
    let documented = documented(FRAMES);
    assert_eq!(documented, written(any::frame().prop_map(|frame| frame.encode())));
    assert_eq!(documented, tabled("## Frames"));
    for kind in documented {
        let told = decode_frame(&json!({ "type": kind }).to_string());
        assert!(!matches!(told, Err(FrameError::Unknown { .. })), "{kind}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_a_client_writes_is_as_the_document_says(command in any::command()) {
        prop_assert_eq!(check(COMMANDS, &command.encode()), Ok(()));
    }

    #[test]
    fn what_the_server_writes_is_as_the_document_says(frame in any::frame()) {
        prop_assert_eq!(check(FRAMES, &frame.encode()), Ok(()));
    }
}

fn examples(direction: &str) -> impl Iterator<Item = Value> {
    messages(direction).flat_map(|(name, message)| {
        let examples = message["examples"].as_array().unwrap();
        assert!(!examples.is_empty(), "{name} has no example");
        examples.iter().map(|example| example["payload"].clone())
    })
}

#[test]
fn every_example_of_a_command_is_read_and_is_as_the_document_says() {
    for example in examples(COMMANDS) {
        let text = example.to_string();
        let command = decode_command(&text).unwrap_or_else(|why| panic!("{text}: {why:?}"));
        assert_eq!(kind_of(&command.encode()), kind_of(&text));
        assert_eq!(check(COMMANDS, &text), Ok(()));
    }
}

#[test]
fn every_example_of_a_frame_is_what_the_server_writes() {
    for example in examples(FRAMES) {
        let frame = decode_frame(&example.to_string()).unwrap_or_else(|why| panic!("{why}"));
        assert_eq!(serde_json::from_str::<Value>(&frame.encode()).unwrap(), example);
        assert_eq!(check(FRAMES, &example.to_string()), Ok(()));
    }
}

#[test]
fn what_is_not_as_the_document_says_is_found() {
    let sent = examples(FRAMES).find(|example| example["type"] == "sent").unwrap();
    for (field, wrong, why) in [
        ("seq", json!(-1), "minimum"),
        ("seq", json!("17"), "type"),
        ("id", json!("7C1F3A90B2D4E586-1"), "pattern"),
        ("conversation", json!("x".repeat(65)), "maxLength"),
        ("duplicate", Value::Null, "type"),
        ("news", json!(1), "no schema names the field `news`"),
    ] {
        let mut sent = sent.clone();
        sent[field] = wrong;
        let found = check(FRAMES, &sent.to_string()).expect_err(field);
        assert!(found.contains(why), "{field}: {found}");
    }
    let mut without = sent;
    without.as_object_mut().unwrap().remove("epoch");
    assert!(check(FRAMES, &without.to_string()).unwrap_err().contains("required"));
}

#[test]
fn the_documents_name_the_sub_protocols_and_every_code() {
    let path = "/channels/socket/bindings/ws/headers/properties/Sec-WebSocket-Protocol/enum";
    let named = json!(Encoding::ALL.map(Encoding::subprotocol));
    assert_eq!(SOCKET.at(path), &named);
    assert!(HTTP.at("/paths/~1v1~1ws/get/parameters").to_string().contains(&named.to_string()));
    assert_eq!(SOCKET.at("/channels/socket/address"), wire::PATH);
    let codes: Names = Code::ALL.iter().map(|code| code.text().to_owned()).collect();
    for document in [&SOCKET, &HTTP] {
        let named = document.at("/components/schemas/Code/enum").as_array().unwrap().iter();
        assert_eq!(codes, named.map(|code| code.as_str().unwrap().to_owned()).collect());
    }
    assert_eq!(codes, tabled("## Problems"));
}

#[test]
fn both_documents_mean_the_same_by_the_same_name() {
    let [socket, http] =
        [&SOCKET, &HTTP].map(|document| document.at("/components/schemas").as_object().unwrap());
    let mut shared = 0;
    for (name, schema) in socket {
        if let Some(other) = http.get(name) {
            assert_eq!(schema, other, "{name}");
            shared += 1;
        }
    }
    assert!(shared > 30, "{shared}");
}

#[test]
fn every_reference_leads_somewhere_and_every_part_is_used() {
    for document in [&SOCKET, &HTTP] {
        let mut referred = Names::new();
        references(&document.0, &mut referred);
        for reference in &referred {
            document.at(reference.strip_prefix('#').unwrap());
        }
        for part in ["schemas", "messages", "responses"] {
            let parts = document.at("/components").get(part).and_then(Value::as_object);
            for name in parts.into_iter().flat_map(|parts| parts.keys()) {
                let path = format!("#/components/{part}/{name}");
                assert!(referred.contains(&path), "nobody refers to {path}");
            }
        }
    }
}

fn references(value: &Value, into: &mut Names) {
    match value {
        Value::Object(fields) => {
            into.extend(fields.get("$ref").and_then(Value::as_str).map(str::to_owned));
            fields.values().for_each(|value| references(value, into));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, into)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
