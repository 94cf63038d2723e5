//! Greedy clients: more commands and more connections than there may be.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::bare::{Bare, Heard, PING, SHAKE, TEXT, frame};
use crate::house::{House, PATIENCE, SMALL, address};
use crate::http::request;

/// One command a second: four at once of a connection, eight of a user.
const SPARING: &str = "--commands-per-second 1";
const BURST: usize = 4;
const BURST_OF_USER: usize = 8;

/// Frames in a flood.
const MANY: usize = 30;

async fn sparing(folder: &std::path::Path) -> House {
    let house = House::serve(folder, address(), &format!("{SMALL} {SPARING}")).await;
    house.able().await;
    house
}

fn is_refusal(heard: &Heard) -> bool {
    let Heard::Text(text) = heard else { return false };
    let frame: Value = serde_json::from_str(text).unwrap();
    let refused = frame["code"] == "rate_limited";
    assert!(!refused || frame["retry"] == "after", "{text}");
    assert!(!refused || frame["retry_after_ms"].as_u64().is_some_and(|ms| ms > 0), "{text}");
    refused
}

/// Of what was asked since then, so much may have gone through; no less than the burst did.
fn within_limit(taken: usize, burst: usize, per_second: usize, since: Instant) {
    let more = usize::try_from(since.elapsed().as_secs()).unwrap() + 1;
    let most = burst + per_second * more;
    assert!((burst..=most).contains(&taken), "{taken} went through, {burst} to {most} may");
}

/// Whatever the frame is: a command, one that is none, one that is not even JSON, a ping of the
/// WebSocket. What is taken and what is refused is told apart by its answer.
#[tokio::test]
async fn a_connection_has_its_burst_and_then_is_refused_whatever_it_sends() {
    let folder = tempfile::tempdir().unwrap();
    let house = sparing(folder.path()).await;
    for (user, bytes) in [
        ("ann", frame(TEXT, br#"{"type":"ping","ref":5}"#)),
        ("ben", frame(TEXT, br#"{"type":"nonsense","ref":5}"#)),
        ("cyn", frame(TEXT, b"[1,2]")),
        ("dan", frame(crate::bare::BINARY, b"{}")),
    ] {
        let mut bare = Bare::welcomed(house.at(), user).await;
        let since = Instant::now();
        bare.write(&bytes.repeat(MANY)).await;
        let mut refused = 0;
        for _ in 0..MANY {
            refused += usize::from(is_refusal(&bare.hear().await));
        }
        within_limit(MANY - refused, BURST, 1, since);
    }
    let mut bare = Bare::welcomed(house.at(), "eve").await;
    let since = Instant::now();
    bare.write(&frame(PING, b"p").repeat(MANY)).await;
    bare.write(&frame(TEXT, br#"{"type":"ping","ref":5}"#)).await;
    let mut refused = 0;
    loop {
        match bare.hear().await {
            Heard::Pong(_) => {}
            heard if is_refusal(&heard) => refused += 1,
            heard => panic!("{heard:?}"),
        }
        if refused + BURST == MANY + 1 || since.elapsed() > Duration::from_secs(2) {
            break;
        }
    }
    within_limit(MANY + 1 - refused, BURST, 1, since);
    assert!(house.metric("gateway_rate_limited_total").await > 0);
}

#[tokio::test]
async fn a_user_has_one_limit_over_all_connections_and_others_have_theirs() {
    let folder = tempfile::tempdir().unwrap();
    let house = sparing(folder.path()).await;
    let ping = frame(TEXT, br#"{"type":"ping","ref":5}"#);
    let since = Instant::now();
    let mut taken = 0;
    // The connections come one after the other: a new one brings no new burst.
    for _ in 0..5 {
        let mut bare = Bare::welcomed(house.at(), "ann").await;
        bare.write(&ping.repeat(BURST)).await;
        for _ in 0..BURST {
            taken += usize::from(!is_refusal(&bare.hear().await));
        }
    }
    within_limit(taken, BURST_OF_USER, 2, since);
    let mut other = Bare::welcomed(house.at(), "ben").await;
    other.write(&ping).await;
    assert!(!is_refusal(&other.hear().await));
}

/// Over HTTP it is the user's limit, and 429 says when to come back.
#[tokio::test]
async fn over_http_too_many_are_answered_429_with_retry_after() {
    let folder = tempfile::tempdir().unwrap();
    let house = sparing(folder.path()).await;
    let at = house.at();
    let ask = async |user: &str, line: &str, body: &str| {
        request(at, line, &[&format!("Hubbub-User: {user}")], body).await
    };
    for (user, line, body) in [
        ("ann", "GET /v1/conversations/tea/messages", ""),
        ("ben", "POST /v1/conversations/tea/messages", r#"{"body":"hi"}"#),
        ("cyn", "POST /v1/commands", r#"[{"type":"list","limit":1}]"#),
        ("dan", "POST /v1/connect", ""),
    ] {
        let since = Instant::now();
        let mut taken = 0;
        for _ in 0..MANY {
            let answer = ask(user, line, body).await;
            match answer.status {
                200 => taken += 1,
                429 => {
                    assert_eq!(answer.code(), "rate_limited", "{answer:?}");
                    assert!(answer.head.contains("retry-after: 1\r\n"), "{answer:?}");
                }
                _ => panic!("{answer:?}"),
            }
        }
        within_limit(taken, BURST_OF_USER, 2, since);
    }
    // A request is taken whole or not at all: a hundred after a quiet time, and then it has to wait.
    let hundred = Value::Array(vec![json!({"type": "list", "limit": 1}); 100]).to_string();
    assert_eq!(ask("flo", "POST /v1/commands", &hundred).await.status, 200);
    let refused = ask("flo", "POST /v1/commands", r#"[{"type":"list","limit":1}]"#).await;
    assert_eq!(refused.status, 429, "{refused:?}");
    assert_eq!(ask("flo", "GET /v1/conversations/tea/events", "").await.status, 429);
    assert_eq!(ask("gil", "POST /v1/commands", &hundred).await.status, 200);
}

#[tokio::test]
async fn who_goes_on_above_the_limit_for_ten_seconds_is_closed() {
    let folder = tempfile::tempdir().unwrap();
    let house = sparing(folder.path()).await;
    let mut bare = Bare::welcomed(house.at(), "eve").await;
    let ping = frame(TEXT, br#"{"type":"ping","ref":5}"#);
    let began = Instant::now();
    let closed = loop {
        bare.write(&ping).await;
        if let Heard::Close(code) = bare.hear().await {
            break code;
        }
        assert!(began.elapsed() < 2 * PATIENCE, "it is never closed");
        sleep(Duration::from_millis(100)).await;
    };
    assert_eq!(closed, Some(3503));
    assert!(began.elapsed() > Duration::from_secs(10), "{:?}", began.elapsed());
}

#[tokio::test]
async fn at_the_bound_of_connections_one_more_is_answered_503_and_a_place_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let house =
        House::serve(folder.path(), address(), &format!("{SMALL} --connections-max 3")).await;
    let at = house.at();
    let mut held = Vec::new();
    for user in ["ann", "ben", "cyn"] {
        held.push(Bare::welcomed(at, user).await);
    }
    let (status, head, _bare) = Bare::shake(at, "GET", &SHAKE).await;
    assert_eq!(status, 503, "{head}");
    assert!(head.contains("retry-after: 5"), "{head}");
    for line in ["POST /v1/connect", "GET /v1/conversations/tea/events"] {
        let refused = request(at, line, &[], "").await;
        assert_eq!((refused.status, refused.code().as_str()), (503, "busy"), "{refused:?}");
        assert!(refused.head.contains("retry-after: 5"), "{refused:?}");
    }
    // What needs no place goes on.
    assert_eq!(request(at, "GET /v1/conversations/tea/messages", &[], "").await.status, 200);
    held.remove(0);
    let until = Instant::now() + PATIENCE;
    while Bare::shake(at, "GET", &SHAKE).await.0 != 101 {
        assert!(Instant::now() < until, "the place never comes back");
        sleep(Duration::from_millis(10)).await;
    }
}

/// Those that say nothing take sockets, not places; at the bound of sockets the answer is the same.
#[tokio::test]
async fn at_the_bound_of_sockets_one_more_is_told_so_and_nobody_hangs() {
    const SOCKETS: usize = 503;
    let folder = tempfile::tempdir().unwrap();
    let house =
        House::serve(folder.path(), address(), &format!("{SMALL} --connections-max 3")).await;
    let at = house.at();
    // A WebSocket keeps its socket.
    let mut bare = Bare::welcomed(at, "ann").await;
    let mut silent = Vec::new();
    for _ in 1..SOCKETS {
        silent.push(TcpStream::connect(at).await.unwrap());
    }
    let full = async || {
        let mut socket = TcpStream::connect(at).await.unwrap();
        let mut answer = String::new();
        // One that has a place hears nothing for ten seconds.
        let read = timeout(Duration::from_secs(5), socket.read_to_string(&mut answer)).await;
        read.is_ok() && answer.starts_with("HTTP/1.1 503 ") && answer.contains("Retry-After: 5\r\n")
    };
    assert!(full().await, "one more than there may be");
    bare.text(r#"{"type":"ping"}"#).await;
    assert_eq!(bare.hear().await, Heard::Text(r#"{"type":"pong"}"#.to_owned()));
    drop(silent.drain(..100));
    let until = Instant::now() + PATIENCE;
    while timeout(PATIENCE, Bare::shake(at, "GET", &SHAKE)).await.expect("no hanging").0 != 101 {
        assert!(Instant::now() < until, "the place never comes back");
        sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn an_address_has_its_places_and_is_believed_from_proxies_that_are_trusted_only() {
    let folder = tempfile::tempdir().unwrap();
    let limit = "--connections-per-address-max 2";
    let line = format!("{SMALL} {limit} --trusted-proxies 127.0.0.1,127.0.0.9");
    let house = House::serve(folder.path(), address(), &line).await;
    let shake = async |at, forwarded: &str| {
        let header = format!("X-Forwarded-For: {forwarded}");
        let (status, head, bare) =
            Bare::shake(at, "GET", &[&SHAKE[..], &[header.as_str()]].concat()).await;
        assert!(status == 101 || head.contains("retry-after: 5"), "{head}");
        (status, bare)
    };
    let mut held = Vec::new();
    for (forwarded, expected) in [
        ("10.0.0.1", 101),
        ("10.0.0.1", 101),
        ("10.0.0.1", 503),
        ("10.0.0.2", 101),
        // What the proxy wrote is the last; what stands before it anyone may have written.
        ("10.0.0.3, 10.0.0.1", 503),
        ("10.0.0.1, 10.0.0.2", 101),
        ("10.0.0.2", 503),
        ("::ffff:10.0.0.1", 503),
        // Of itself, and what is no address: its own, which is loopback.
        ("127.0.0.1", 101),
        ("nonsense", 101),
    ] {
        let (status, bare) = shake(house.at(), forwarded).await;
        assert_eq!(status, expected, "{forwarded}");
        held.push(bare);
    }
    held.clear();
    let until = Instant::now() + PATIENCE;
    while shake(house.at(), "10.0.0.1").await.0 != 101 {
        assert!(Instant::now() < until, "the place never comes back");
        sleep(Duration::from_millis(10)).await;
    }
    drop(house);
    // Nobody is trusted: the header says nothing.
    let folder = tempfile::tempdir().unwrap();
    let house = House::serve(folder.path(), address(), &format!("{SMALL} {limit}")).await;
    for _ in 0..4 {
        let (status, bare) = shake(house.at(), "10.0.0.1").await;
        assert_eq!(status, 101);
        held.push(bare);
    }
}
