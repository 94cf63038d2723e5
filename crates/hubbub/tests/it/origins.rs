//! Pages of other origins: which may ask, and what the others are told.

use std::net::SocketAddr;
use std::time::Duration;

use crate::access::guarded;
use crate::house::{House, SMALL, address};
use crate::http::request;

#[tokio::test]
async fn pages_of_other_origins_may_not_connect() {
    let folder = tempfile::tempdir().unwrap();
    let house = guarded(folder.path(), "--origins https://chat.example").await;
    let at = house.at();
    let shake = async |origin: &str| -> u16 {
        let origin = format!("Origin: {origin}");
        let headers = [
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            &origin,
        ];
        let mut text = format!("GET /v1/ws HTTP/1.1\r\nHost: {at}\r\n");
        headers.iter().for_each(|header| text += &format!("{header}\r\n"));
        text += "\r\n";
        // Refused ones are answered and kept open; taken ones wait for hello.
        let answer = tokio::time::timeout(Duration::from_secs(1), first_line(at, &text)).await;
        let head = answer.unwrap_or_default();
        head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
    };
    assert_eq!(shake("https://evil.example").await, 403);
    assert_eq!(shake("null").await, 403);
    assert_eq!(shake("https://chat.example").await, 101);
    assert_eq!(shake(&format!("http://{at}")).await, 101);
}

#[tokio::test]
async fn pages_of_other_origins_may_ask_when_they_are_named_and_are_refused_when_not() {
    let folder = tempfile::tempdir().unwrap();
    let house = guarded(folder.path(), "--origins https://chat.example").await;
    let at = house.at();
    let ask = async |method: &str, path: &str, origin: &str| {
        let origin = format!("Origin: {origin}");
        let mut headers = vec![origin.as_str()];
        if method == "OPTIONS" {
            headers.push("Access-Control-Request-Method: POST");
            headers.push("Access-Control-Request-Headers: authorization");
        }
        request(at, &format!("{method} {path}"), &headers, "").await
    };
    let (named, foreign) = ("https://chat.example", "https://evil.example");
    let allowed = "access-control-allow-origin: https://chat.example\r\n";
    let may = ask("OPTIONS", "/v1/connect", named).await;
    assert_eq!(may.status, 204, "{may:?}");
    assert!(may.head.contains(allowed), "{may:?}");
    assert!(may.head.contains("access-control-allow-headers: authorization,"), "{may:?}");
    // Why it may not come in is what a page has to be able to read.
    let refused = ask("POST", "/v1/connect", named).await;
    assert_eq!(refused.status, 401, "{refused:?}");
    assert!(refused.head.contains(allowed), "{refused:?}");
    assert!(refused.head.contains("vary: origin\r\n"), "{refused:?}");
    for path in ["/v1/connect", "/v1/users/ann/erase", "/v1/replay", "/v1/commands"] {
        for method in ["POST", "OPTIONS"] {
            let answer = ask(method, path, foreign).await;
            assert_eq!(answer.status, 403, "{method} {path}: {answer:?}");
            assert!(!answer.head.contains("access-control"), "{method} {path}: {answer:?}");
        }
    }
    // Its own pages are asked for their tokens as ever.
    let own = ask("POST", "/v1/users/ann/erase", &format!("http://{at}")).await;
    assert_eq!(own.status, 401, "{own:?}");
}

#[tokio::test]
async fn with_dev_pages_of_this_machine_may_ask_and_no_others() {
    let folder = tempfile::tempdir().unwrap();
    let house = House::serve(folder.path(), address(), SMALL).await;
    house.able().await;
    let erase = async |origin: &str| {
        let origin = format!("Origin: {origin}");
        request(house.at(), "POST /v1/users/ann/erase", &[&origin], "").await
    };
    let near = erase("http://localhost:9000").await;
    assert_eq!(near.status, 200, "{near:?}");
    assert!(
        near.head.contains("access-control-allow-origin: http://localhost:9000\r\n"),
        "{near:?}"
    );
    for far in ["https://evil.example", "null"] {
        let answer = erase(far).await;
        assert_eq!(answer.status, 403, "{far}: {answer:?}");
    }
}

async fn first_line(at: SocketAddr, text: &str) -> String {
    use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
    let mut socket = tokio::net::TcpStream::connect(at).await.unwrap();
    socket.write_all(text.as_bytes()).await.unwrap();
    let mut line = String::new();
    BufReader::new(socket).read_line(&mut line).await.unwrap();
    line
}
