//! The service of `docs/cases/slots.md`. Counts decide, never times: the outside service answers when it is told to.

use std::net::SocketAddr;
use std::time::Duration;

use clap::{Args as _, FromArgMatches as _};
use lab::slots::{BATCH_MAX, BODY_MAX_BYTES, SlotsArgs, bind};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::outside::Outside;

/// How long what must come may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// A whole answer: status, head, body.
type Answer = (u16, String, String);

/// Starts the service on a port of its own; it ends with the runtime of the test.
fn start(outside: SocketAddr, line: &str) -> SocketAddr {
    let line = format!("slots --listen 127.0.0.1:0 --outside {outside} {line}");
    let parsed = SlotsArgs::augment_args(clap::Command::new("slots"))
        .try_get_matches_from(line.split_whitespace());
    let service = bind(&SlotsArgs::from_arg_matches(&parsed.unwrap()).unwrap()).unwrap();
    let address = service.address();
    tokio::spawn(service.serve(std::future::pending()));
    address
}

async fn send(at: SocketAddr, request: String) -> Answer {
    let mut stream = TcpStream::connect(at).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), head.to_owned(), body.to_owned())
}

async fn ask(at: SocketAddr, text: String) -> Answer {
    let body = serde_json::json!({ "text": text }).to_string();
    let head = format!("POST /v1/analyze HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n");
    send(at, format!("{head}Content-Length: {}\r\n\r\n{body}", body.len())).await
}

/// A number of its page of metrics.
async fn metric(at: SocketAddr, series: &str) -> u64 {
    let head = format!("GET /metrics HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n\r\n");
    let (_, _, page) = send(at, head).await;
    let line = page.lines().find_map(|line| line.strip_prefix(series));
    line.unwrap_or_else(|| panic!("no {series} in {page}")).trim().parse().unwrap()
}

fn stage(name: &str) -> String {
    format!("hubbub_lab_requests{{stage=\"{name}\"}}")
}

/// Clients that ask once each, all at once.
fn crowd(at: SocketAddr, count: usize) -> JoinSet<(usize, Answer)> {
    (0..count)
        .map(|client| async move { (client, ask(at, format!("text {client}")).await) })
        .collect()
}

/// Waits for what must come.
async fn until(mut is_so: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.expect("it does not come");
}

/// Everybody has the answer to what they asked.
async fn all_answered(mut crowd: JoinSet<(usize, Answer)>) {
    while let Some(one) = crowd.join_next().await {
        let (client, (status, head, body)) = one.unwrap();
        assert_eq!(status, 200, "{body}");
        assert_eq!(body, format!("{{\"echo\":\"text {client}\"}}"));
        let timing = head.lines().find_map(|line| line.strip_prefix("server-timing: ")).unwrap();
        let names: Vec<&str> =
            timing.split(", ").map(|stage| stage.split(";dur=").next().unwrap()).collect();
        assert_eq!(names, ["door", "pool", "call"], "{timing}");
    }
}

#[tokio::test]
async fn no_more_calls_are_in_flight_than_there_are_slots_whatever_waits() {
    for slot in ["thread", "stream"] {
        let outside = Outside::start().await;
        let at = start(outside.address, &format!("--slot {slot} --slots 5 --handlers 30"));
        let crowd = crowd(at, 40);
        // Every one of the forty is somewhere: five in calls, twenty-five in the pool, ten at the door.
        until(async || outside.in_flight() >= 5).await;
        for (name, count) in [("door", 10), ("pool", 25), ("call", 5)] {
            until(async || metric(at, &stage(name)).await == count).await;
        }
        outside.answer(40);
        all_answered(crowd).await;
        assert_eq!(outside.most(), 5, "{slot}");
        for (series, count) in [("answered", 40), ("failed", 0), ("calls", 40)] {
            assert_eq!(metric(at, &format!("hubbub_lab_{series}_total ")).await, count, "{slot}");
        }
        for name in ["door", "pool", "call"] {
            assert_eq!(metric(at, &stage(name)).await, 0, "{slot}, {name}");
        }
    }
}

#[tokio::test]
async fn more_slots_than_a_connection_has_streams_are_all_used() {
    let outside = Outside::start().await;
    let at = start(outside.address, "--slot stream --slots 250");
    let crowd = crowd(at, 260);
    until(async || outside.in_flight() >= 250).await;
    outside.answer(260);
    all_answered(crowd).await;
    assert_eq!(outside.most(), 250);
    // Three would do; two that ask at once may open one each.
    assert!(outside.connections() >= 3);
}

#[tokio::test]
async fn who_waits_for_a_slot_goes_with_the_others_that_wait_and_gets_the_own_answer() {
    let outside = Outside::start().await;
    let at = start(outside.address, "--slot batch --slots 1");
    let mut first = crowd(at, 1);
    until(async || outside.in_flight() == 1).await;
    let crowd = crowd(at, BATCH_MAX + 1);
    let waiting = BATCH_MAX as u64 + 1;
    until(async || metric(at, &stage("pool")).await == waiting).await;
    outside.answer(3);
    assert_eq!(first.join_next().await.unwrap().unwrap().1.0, 200);
    all_answered(crowd).await;
    // The first went alone, the next call was full, and one was left.
    assert_eq!(outside.texts(), [1, BATCH_MAX, 1]);
    assert_eq!(outside.most(), 1);
}

#[tokio::test]
async fn a_service_that_is_not_there_is_told_and_asked_again() {
    for slot in ["thread", "stream", "batch"] {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let gone = listener.local_addr().unwrap();
        drop(listener);
        let at = start(gone, &format!("--slot {slot} --slots 1"));
        for _ in 0..2 {
            let (status, _, body) = ask(at, "anyone?".to_owned()).await;
            assert_eq!(status, 502, "{slot}: {body}");
            assert!(body.contains("cannot be asked"), "{slot}: {body}");
        }
        assert_eq!(metric(at, "hubbub_lab_failed_total ").await, 2);
    }
}

#[tokio::test]
async fn a_question_that_is_too_long_or_none_is_refused() {
    let outside = Outside::start().await;
    outside.answer(1);
    let at = start(outside.address, "--slots 1");
    let around = "{\"text\":\"\"}".len();
    let (status, _, _) = ask(at, "x".repeat(BODY_MAX_BYTES - around)).await;
    assert_eq!(status, 200, "just short enough");
    let (status, _, body) = ask(at, "x".repeat(BODY_MAX_BYTES - around + 1)).await;
    assert_eq!((status, body.contains("16384 bytes")), (413, true), "{body}");
    let head = format!("POST /v1/analyze HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n");
    let (status, _, _) = send(at, format!("{head}Content-Length: 2\r\n\r\n{{}}")).await;
    assert_eq!(status, 400);
}
