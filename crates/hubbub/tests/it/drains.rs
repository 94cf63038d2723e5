//! A stop, as those see it who are connected: told to go, each to come back at another time.

use std::collections::BTreeSet;
use std::time::Instant;

use model::Seq;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use wire::{Frame, retry_after_of};

use crate::house::{House, PATIENCE, SMALL, address};
use crate::http::request;
use crate::line::Line;
use crate::user::{User, name};

/// Milliseconds in which they are to come back.
const WINDOW_MS: u32 = 60_000;

async fn rest_of(mut socket: TcpStream) -> String {
    let mut text = String::new();
    let reading = timeout(PATIENCE, socket.read_to_string(&mut text)).await;
    reading.expect("the server closes").unwrap();
    text
}

async fn raw(house: &House, text: &str) -> TcpStream {
    let mut socket = TcpStream::connect(house.at()).await.unwrap();
    socket.write_all(text.as_bytes()).await.unwrap();
    socket
}

/// Waits until this has come.
async fn heard(socket: &mut TcpStream, what: &str) {
    let mut text = String::new();
    while !text.contains(what) {
        let mut some = [0; 4096];
        let read = timeout(PATIENCE, socket.read(&mut some)).await.expect("it comes").unwrap();
        assert!(read > 0, "it ended after {text}");
        text += str::from_utf8(&some[..read]).unwrap();
    }
}

#[tokio::test]
async fn each_client_is_told_another_time_to_come_back_and_nothing_acknowledged_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let line = format!("{SMALL} --drain-window-ms {WINDOW_MS}");
    let mut house = House::serve(folder.path(), address(), &line).await;
    let tea = name("tea");
    let mut lines = Vec::new();
    for number in 0..50 {
        let mut line = Line::open(house.at(), &format!("user-{number}"), number + 1).await;
        let Frame::Sent { .. } = line.send(1, &tea, "kept").await else { panic!("not sent") };
        lines.push(line);
    }
    let mut follower =
        raw(&house, "GET /v1/conversations/tea/events HTTP/1.1\r\nHost: a\r\n\r\n").await;
    heard(&mut follower, "subscribed").await;
    let mut idle = raw(&house, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").await;
    heard(&mut idle, "ok\n").await;

    house.signal("TERM");
    let mut times = Vec::new();
    for line in &mut lines {
        let (code, reason) = line.farewell().await;
        assert_eq!(code, 1001, "{reason}");
        times.push(retry_after_of(&reason).unwrap_or_else(|| panic!("no time in {reason}")));
    }
    drop(lines);
    assert!(times.iter().all(|time| *time <= WINDOW_MS), "{times:?}");
    // Of 50 among 60,001 two are the same once in fifty runs, six are not within the age of the world.
    let different: BTreeSet<_> = times.iter().collect();
    assert!(different.len() >= 45, "{times:?}");
    for third in 0..3 {
        let span = third * WINDOW_MS / 3..=(third + 1) * WINDOW_MS / 3;
        assert!(times.iter().any(|time| span.contains(time)), "nobody in {span:?}: {times:?}");
    }
    let farewell = rest_of(follower).await;
    let retry = farewell.lines().find_map(|line| line.strip_prefix("retry: "));
    let retry: u32 = retry.unwrap_or_else(|| panic!("{farewell}")).parse().unwrap();
    assert!(retry <= WINDOW_MS, "{retry}");
    assert_eq!(rest_of(idle).await, "", "an idle connection is closed");
    assert_eq!(house.ended(PATIENCE).await, Some(0), "{}", house.err());

    let house = House::serve(folder.path(), house.at(), SMALL).await;
    let mut sweep = User::last_reader(99, house.at());
    let whole = sweep.read(&tea).await;
    assert_eq!((whole.head, whole.messages.len()), (Seq(50), 50));
}

/// A request of which the end has not come yet, and a process that was asked to stop.
async fn draining(house: &House) -> TcpStream {
    let head = "POST /v1/conversations/tea/messages HTTP/1.1\r\nHost: a\r\nContent-Length: 14\r\n\
                Expect: 100-continue\r\n\r\n";
    let mut half = raw(house, head).await;
    // It is under way: its body is asked for (RFC 9110 §10.1.1).
    heard(&mut half, "100 Continue").await;
    half.write_all(b"{\"body\"").await.unwrap();
    house.signal("TERM");
    let until = Instant::now() + PATIENCE;
    // A connection that has not asked yet when the draining begins is closed: it asks again.
    let ask = "GET /readyz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    loop {
        let mut answer = String::new();
        let mut asking = raw(house, ask).await;
        let read = timeout(PATIENCE, asking.read_to_string(&mut answer)).await;
        drop(read.expect("it answers or closes"));
        if answer.starts_with("HTTP/1.1 503") {
            break;
        }
        assert!(Instant::now() < until, "it was asked to stop");
    }
    half
}

#[tokio::test]
async fn while_it_drains_it_says_so_takes_nobody_and_ends_what_is_under_way() {
    let folder = tempfile::tempdir().unwrap();
    let line = format!("{SMALL} --drain-timeout-ms 600000 --drain-window-ms 3000");
    let mut house = House::serve(folder.path(), address(), &line).await;
    let mut half = draining(&house).await;
    let (status, reasons, _) = house.readiness().await;
    assert_eq!(status, 503);
    assert!(reasons[0].starts_with("draining"), "{reasons:?}");
    assert_eq!(house.get("/healthz").await, (200, "ok\n".to_owned()));
    for line in ["POST /v1/connect", "GET /v1/conversations/tea/events", "POST /v1/commands"] {
        let refused = request(house.at(), line, &[], "[]").await;
        assert_eq!((refused.status, refused.code().as_str()), (503, "busy"), "{refused:?}");
        assert!(refused.head.contains("retry-after: "), "{refused:?}");
        assert!(refused.json()["retry_after_ms"].as_u64().unwrap() <= 3_000, "{refused:?}");
    }
    half.write_all(b":\"tea\"}").await.unwrap();
    let answer = rest_of(half).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("\"sent\""), "{answer}");
    assert!(answer.to_lowercase().contains("connection: close"), "{answer}");
    assert_eq!(house.ended(PATIENCE).await, Some(0), "{}", house.err());
}

#[tokio::test]
async fn asked_to_stop_again_it_waits_for_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let line = format!("{SMALL} --drain-timeout-ms 600000");
    let mut house = House::serve(folder.path(), address(), &line).await;
    let half = draining(&house).await;
    house.signal("INT");
    assert_eq!(house.ended(PATIENCE).await, Some(0), "{}", house.err());
    assert!(house.err().contains("asked to stop again"), "{}", house.err());
    drop(half);
}

#[tokio::test]
async fn a_drain_is_bounded_in_time() {
    let folder = tempfile::tempdir().unwrap();
    let line = format!("{SMALL} --drain-timeout-ms 200");
    let mut house = House::serve(folder.path(), address(), &line).await;
    let half = "POST /v1/commands HTTP/1.1\r\nHost: a\r\nContent-Length: 14\r\n\r\n";
    let half = raw(&house, half).await;
    house.signal("TERM");
    assert_eq!(house.ended(PATIENCE).await, Some(0), "{}", house.err());
    drop(half);
}
