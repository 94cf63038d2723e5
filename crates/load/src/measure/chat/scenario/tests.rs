use super::*;

const WHOLE: &str = r#"
connections = 200
streams = 4
name = "town"
body_bytes = 300
page_messages = 20

[acts]
send = 80
ping = 15
read = 4
connect = 1

[conversations]
count = 10_000
busiest = { share = 0.01, carry = 0.3 }

[listeners]
per_conversation = 5
connections = 500
"#;

#[test]
fn everything_can_be_said_and_nothing_has_to_be() {
    let wanted = parse(WHOLE).unwrap();
    let acts = [(Act::Send, 80), (Act::Ping, 15), (Act::Read, 4), (Act::Connect, 1)];
    let right = Wanted {
        connections: Some(200),
        streams: Some(4),
        name: "town".to_owned(),
        acts: BTreeMap::from(acts),
        conversations: 10_000,
        busiest: Some(Busiest { share: 0.01, carry: 0.3 }),
        listeners: 5,
        listening: Some(500),
        body_bytes: 300,
        page_messages: 20,
    };
    assert_eq!(wanted, right);
    assert_eq!(parse("").unwrap(), Wanted::default());
}

#[test]
fn what_is_wrong_is_one_sentence_with_its_line() {
    let cases = [
        ("connections = 5\nconections = 6", 2, "unknown field `conections`"),
        ("\n\nconnections = \"many\"", 3, "invalid type: string \"many\""),
        ("[acts]\nsend = 1\nshout = 2", 3, "unknown variant `shout`"),
        ("connections = 5\n[acts", 2, ""),
        ("body_bytes = 1\nconnections = 0", 2, "connections: is 0"),
        ("[acts]\nsend = 0", 1, "acts: none is ever done"),
        ("body_bytes = 9000", 1, "body_bytes: is 9000; 8192 is the most"),
        (
            "[conversations]\ncount = 9\nbusiest = { share = 0.01, carry = 0.3 }",
            3,
            "conversations.busiest: 0.01 of 9 conversations is not one",
        ),
        (
            "acts = { ping = 1 }\n[listeners]\nper_conversation = 2",
            3,
            "listeners.per_conversation: nothing is sent",
        ),
        ("[listeners]\n\nconnections = 2", 3, "listeners.connections: nobody listens"),
    ];
    for (text, line, sentence) in cases {
        let (in_line, why) = parse(text).unwrap_err();
        assert!(in_line == line && why.contains(sentence), "{text:?}: {in_line} {why}");
        assert!(!why.contains('\n'), "{why:?}");
    }
}
