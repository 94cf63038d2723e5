use super::*;

fn header() -> Header {
    Header {
        client: "c1".to_owned(),
        user: UserId::new("u1").unwrap(),
        device: DeviceId::new("d0").unwrap(),
        instance: InstanceId(0xc0ffee),
        is_final: false,
    }
}

#[test]
fn a_history_is_lines_as_the_formats_page_has_them() {
    let folder = tempfile::tempdir().unwrap();
    let mut history = History::create(&folder.path().join("new"), "h", &header()).unwrap();
    history.opened(1, "g1");
    history.outgoing(1, r#"{"type":"ping"}"#);
    history.incoming(1, "\u{1F600} \"x\"");
    history.closed(1, "cut");
    history.end(3, Ending::Vanished);
    let text = fs::read_to_string(folder.path().join("new").join("h.jsonl")).unwrap();
    let mut lines: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let times: Vec<u64> =
        lines[1..].iter_mut().map(|line| line["t"].take().as_u64().unwrap()).collect();
    assert!(times.is_sorted());
    assert_eq!(
        lines,
        [
            json!({"hubbub_history": 1, "client": "c1", "user": "u1", "device": "d0",
                   "instance": "0000000000c0ffee", "kind": "client"}),
            json!({"t": null, "conn": 1, "ev": "open", "via": "g1"}),
            json!({"t": null, "conn": 1, "ev": "out", "frame": "{\"type\":\"ping\"}"}),
            json!({"t": null, "conn": 1, "ev": "in", "frame": "\u{1F600} \"x\""}),
            json!({"t": null, "conn": 1, "ev": "close", "why": "cut"}),
            json!({"t": null, "conn": 0, "ev": "end", "outbox": 3, "vanished": true}),
        ]
    );
}

#[test]
fn what_was_said_is_remembered_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let history = History::create(folder.path(), "h", &header()).unwrap();
    let said = Arc::new(Mutex::new(Said::new(1)));
    let mut tap = Remembering { history, said: Arc::clone(&said) };
    tap.outgoing(1, r#"{"type":"ping"}"#);
    let frame = r#"{"type":"send","id":"0000000000c0ffee-1","conversation":"c","body":"x","lamport":1,"seen_seq":0,"sent_at":1}"#;
    tap.outgoing(1, frame);
    let id: MessageId = "0000000000c0ffee-1".parse().unwrap();
    let mut said = said.lock().unwrap();
    assert_eq!(said.pick(1), Vec::<String>::new());
    said.acknowledged(id);
    assert_eq!(said.pick(1), [frame.to_owned()]);
}
