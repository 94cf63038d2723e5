//! The handshake of a WebSocket (RFC 6455 §4): taken as it should be, and else told what is wrong.

use crate::bare::{Bare, Heard, SHAKE};
use crate::house::{House, SMALL, address};

const KEY: &str = "Sec-WebSocket-Key";

#[tokio::test]
async fn a_handshake_is_taken_as_it_should_be_and_else_says_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let house = House::serve(folder.path(), address(), SMALL).await;
    let [upgrade, connection, version, key] = SHAKE;
    let in_other_letters = ["upgrade: WebSocket", "connection: keep-alive, upgrade", version, key];
    let cases: [(&str, &str, &[&str], u16); 15] = [
        ("as it should be", "GET", &SHAKE, 101),
        ("in other letters", "GET", &in_other_letters, 101),
        ("no version", "GET", &[upgrade, connection, key], 426),
        ("an old one", "GET", &[upgrade, connection, key, "Sec-WebSocket-Version: 8"], 426),
        ("no upgrade", "GET", &[connection, version, key], 426),
        ("another upgrade", "GET", &["Upgrade: h2c", connection, version, key], 426),
        ("no connection", "GET", &[upgrade, version, key], 426),
        ("nothing of a handshake", "GET", &[], 426),
        ("no key", "GET", &[upgrade, connection, version], 400),
        ("an empty key", "GET", &with_key(""), 400),
        ("a key of 15 bytes", "GET", &with_key("AAAAAAAAAAAAAAAAAAAA"), 400),
        ("a key of 17 bytes", "GET", &with_key("AAAAAAAAAAAAAAAAAAAAAAA="), 400),
        ("a key that is no base64", "GET", &with_key("dGhlIHNhbXBsZSBub25j!!=="), 400),
        ("another method", "POST", &SHAKE, 405),
        ("yet another method", "DELETE", &SHAKE, 405),
    ];
    for (name, method, headers, expected) in cases {
        let (status, head, _bare) = Bare::shake(house.at(), method, headers).await;
        assert_eq!(status, expected, "{name}: {head}");
        let says: &[&str] = match status {
            // The answer to the key, as in RFC 6455 §1.3.
            101 => &["sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo="],
            426 => &["sec-websocket-version: 13", "upgrade: websocket", "problem+json"],
            400 => &["problem+json"],
            _ => &["allow: get"],
        };
        for said in says {
            assert!(head.contains(said), "{name}: no {said} in {head}");
        }
    }
}

fn with_key(key: &str) -> [&'static str; 4] {
    let [upgrade, connection, version, _] = SHAKE;
    [upgrade, connection, version, String::leak(format!("{KEY}: {key}"))]
}

#[tokio::test]
async fn a_sub_protocol_is_taken_if_it_is_known_and_none_is_needed() {
    let folder = tempfile::tempdir().unwrap();
    let house = House::serve(folder.path(), address(), SMALL).await;
    for (offered, taken) in [
        ("hubbub.v1.json", true),
        ("other, hubbub.v1.json", true),
        ("other", false),
        ("HUBBUB.V1.JSON", false),
        ("hubbub.v2.json", false),
    ] {
        let header = format!("Sec-WebSocket-Protocol: {offered}");
        let headers = [&SHAKE[..], &[header.as_str()]].concat();
        let (status, head, mut bare) = Bare::shake(house.at(), "GET", &headers).await;
        assert_eq!(status, 101, "{offered}");
        let says = head.contains("sec-websocket-protocol: hubbub.v1.json\r\n");
        assert_eq!(says, taken, "{offered}: {head}");
        assert_eq!(head.contains("sec-websocket-protocol"), taken, "{offered}: {head}");
        bare.hello("ann").await;
        assert!(matches!(bare.hear().await, Heard::Text(text) if text.contains("welcome")));
    }
}
