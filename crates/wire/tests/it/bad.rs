//! Every way a frame can be wrong, and what is said about it.

use wire::{Code, decode_command, decode_frame, is_json_object};

const LONG: &str = "a-name-that-is-far-too-long-for-anyone-to-read-in-a-log-line-or-anywhere";

fn answers(texts: &[&str]) -> String {
    let answer = |text: &&str| {
        let problem = decode_command(text).expect_err(text);
        assert_eq!((problem.code, problem.retry), (Code::BadFrame, model::Retry::Never));
        let about = format!(
            "ref {:?}, id {:?}, in {:?}",
            problem.reference,
            problem.id.map(|id| id.to_string()),
            problem.conversation
        );
        format!("{text}\n    {}\n    {about}\n", problem.detail)
    };
    texts.iter().map(answer).collect()
}

#[test]
fn what_is_no_object_is_refused() {
    let texts =
        ["", "hello", "17", "null", "[]", r#"["ping",1]"#, r#""ping""#, r#"{"type":"ping""#];
    let texts = [&texts[..], &[r#"{"type":"ping"} x"#, "{\"type\":\"ping\"}{}"]].concat();
    assert!(texts.iter().all(|text| !is_json_object(text)));
    insta::assert_snapshot!(answers(&texts));
}

#[test]
fn a_wrong_type_or_ref_is_named() {
    insta::assert_snapshot!(answers(&[
        "{}",
        r#"{"ref":7}"#,
        r#"{"ref":7,"type":null}"#,
        r#"{"ref":7,"type":3}"#,
        r#"{"ref":7,"type":"Ping"}"#,
        r#"{"ref":7,"type":"message"}"#,
        r#"{"ref":-1,"type":"ping"}"#,
        r#"{"ref":1.0,"type":"ping"}"#,
        r#"{"ref":1e3,"type":"ping"}"#,
        r#"{"ref":"7","type":"ping"}"#,
        r#"{"ref":9007199254740992,"type":"ping"}"#,
        r#"{"ref":123456789012345678901234567890123456789012345678901234567890,"type":"ping"}"#,
        r#"{"ref":1,"ref":2,"type":"ping"}"#,
    ]));
}

#[test]
fn a_wrong_hello_is_named() {
    let long = format!(r#"{{"type":"hello","user":"{LONG}","device":"d","instance":"ab"}}"#);
    insta::assert_snapshot!(answers(&[
        r#"{"type":"hello"}"#,
        r#"{"type":"hello","user":""}"#,
        r#"{"type":"hello","user":"ann lee"}"#,
        r#"{"type":"hello","user":"änn"}"#,
        r#"{"type":"hello","user":["ann"]}"#,
        &long,
        r#"{"type":"hello","user":"ann"}"#,
        r#"{"type":"hello","user":"ann","device":"d\n"}"#,
        r#"{"type":"hello","user":"ann","device":"d"}"#,
        r#"{"type":"hello","user":"ann","device":"d","instance":"ab"}"#,
        r#"{"type":"hello","user":"ann","device":"d","instance":"+123456789abcdef"}"#,
        r#"{"type":"hello","user":"ann","device":"d","instance":171}"#,
    ]));
}

#[test]
fn a_wrong_send_is_named_and_carries_its_ref_and_id() {
    let send = |change: &str| {
        let mut send: serde_json::Value = serde_json::from_str(
            r#"{"type":"send","ref":7,"id":"00000000000000ab-3","conversation":"tea","body":"hi",
                "lamport":1,"seen_seq":0,"sent_at":0}"#,
        )
        .unwrap();
        let change: serde_json::Value = serde_json::from_str(change).unwrap();
        for (name, value) in change.as_object().unwrap() {
            send[name] = value.clone();
        }
        let text = send.to_string();
        let problem = decode_command(&text).expect_err(&text);
        let about = (problem.reference, problem.id.map(|id| id.to_string()), problem.conversation);
        format!("{}\n    {}\n    {about:?}\n", change, problem.detail)
    };
    let changes = [
        r#"{"id":null}"#,
        r#"{"id":3}"#,
        r#"{"id":"3"}"#,
        r#"{"id":"00000000000000ab-0"}"#,
        r#"{"id":"00000000000000ab-9007199254740992"}"#,
        r#"{"id":"ab-3"}"#,
        r#"{"conversation":null}"#,
        r#"{"conversation":"tea/time"}"#,
        r#"{"body":null}"#,
        r#"{"body":""}"#,
        r#"{"body":17}"#,
        r#"{"body":{"text":"a body that is an object, and is cut before it fills the log"}}"#,
        r#"{"lamport":null}"#,
        r#"{"lamport":[1,"00000000000000ab"]}"#,
        r#"{"lamport":9007199254740992}"#,
        r#"{"seen_seq":-1}"#,
        r#"{"seen_seq":9007199254740992}"#,
        r#"{"sent_at":"2024-01-01"}"#,
        r#"{"sent_at":1.5}"#,
        r#"{"ref":"x"}"#,
    ];
    insta::assert_snapshot!(changes.map(send).concat());
}

#[test]
fn a_wrong_subscribe_unsubscribe_ack_or_read_is_named() {
    insta::assert_snapshot!(answers(&[
        r#"{"type":"subscribe","ref":7}"#,
        r#"{"type":"subscribe","ref":7,"conversation":"tea"}"#,
        r#"{"type":"subscribe","ref":7,"conversation":"tea","from":"end"}"#,
        r#"{"type":"subscribe","ref":7,"conversation":"tea","from":5}"#,
        r#"{"type":"subscribe","ref":7,"conversation":"tea","from":{}}"#,
        r#"{"type":"subscribe","ref":7,"conversation":"tea","from":{"last":-1}}"#,
        r#"{"type":"subscribe","ref":7,"conversation":"tea","from":{"last":1,"after":{"epoch":1,"seq":1}}}"#,
        r#"{"type":"subscribe","ref":7,"conversation":"tea","from":{"after":5}}"#,
        r#"{"type":"subscribe","ref":7,"conversation":"tea","from":{"after":{"seq":5}}}"#,
        r#"{"type":"subscribe","ref":7,"conversation":"tea","from":{"after":{"epoch":4294967296,"seq":5}}}"#,
        r#"{"type":"subscribe","ref":7,"conversation":"tea","from":{"after":{"epoch":1,"seq":"5"}}}"#,
        r#"{"type":"unsubscribe","ref":7}"#,
        r#"{"type":"ack","conversation":"tea","seq":5}"#,
        r#"{"type":"ack","conversation":"tea","epoch":1}"#,
        r#"{"type":"ack","conversation":"tea","epoch":-1,"seq":5}"#,
        r#"{"type":"ack","epoch":1,"seq":5}"#,
        r#"{"type":"read","ref":7,"conversation":"tea","limit":1}"#,
        r#"{"type":"read","ref":7,"conversation":"tea","from":"first","limit":1}"#,
        r#"{"type":"read","ref":7,"conversation":"tea","from":1}"#,
        r#"{"type":"read","ref":7,"conversation":"tea","from":1,"limit":0}"#,
        r#"{"type":"read","ref":7,"conversation":"tea","from":1,"limit":201}"#,
    ]));
}

#[test]
fn what_a_server_cannot_have_said_is_named() {
    let text = |text: &&str| format!("{text}\n    {}\n", decode_frame(text).expect_err(text));
    let texts = [
        "",
        "[]",
        "{}",
        r#"{"type":3}"#,
        r#"{"type":"humming","conversation":"tea"}"#,
        r#"{"type":"welcome"}"#,
        r#"{"type":"welcome","heartbeat_ms":-1}"#,
        r#"{"type":"pong","ref":9007199254740992}"#,
        r#"{"type":"sent","id":"x"}"#,
        r#"{"type":"unsubscribed","conversation":"a b"}"#,
        r#"{"type":"subscribed","conversation":"tea","epoch":4294967296}"#,
        r#"{"type":"problem","code":"busy","detail":"","retry":"after"}"#,
        r#"{"type":"problem","code":"busy","detail":"","retry":"later"}"#,
        r#"{"type":"message","seq":1,"ordinal":1,"id":"00000000000000ab-1","sender":"ann","body":"hi","lamport":[1,"00000000000000ab"],"seen_seq":0,"sent_at":0,"received_at":0}"#,
        r#"{"type":"message","conversation":"tea","epoch":1,"seq":1,"ordinal":1,"id":"00000000000000ab-1","sender":"ann","body":"hi","lamport":[1,"00000000000000ac"],"seen_seq":0,"sent_at":0,"received_at":0}"#,
        r#"{"type":"message","conversation":"tea","epoch":1,"seq":1,"ordinal":1,"id":"00000000000000ab-1","sender":"ann","body":"","lamport":[1,"00000000000000ab"],"seen_seq":0,"sent_at":0,"received_at":0}"#,
        r#"{"type":"page","conversation":"tea","epoch":1,"first":1,"head":1,"messages":[{"seq":1}]}"#,
    ];
    insta::assert_snapshot!(texts.iter().map(text).collect::<String>());
}
