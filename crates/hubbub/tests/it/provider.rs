//! The client of the NLP service: several endpoints, and what is wrong with them is said and stops nothing.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use nlp::{Faults, Latency, Options};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::time::sleep;

use crate::house::{House, PATIENCE, SMALL, address};
use crate::user::{User, name};

/// A service of ours, in this process; it ends with it.
async fn nlp(faults: Faults) -> SocketAddr {
    let listen = SocketAddr::from(([127, 0, 0, 1], 0));
    let service = nlp::bind(&Options {
        listen,
        streams: 100,
        faults,
        models: false,
        model: None,
        http1: false,
    })
    .await
    .unwrap();
    let at = service.address();
    tokio::spawn(service.serve(std::future::pending()));
    at
}

fn fast() -> Faults {
    Faults { latency: Latency::Fixed { ms: 20.0 }, ..Faults::default() }
}

/// A service of somebody else, over HTTP/1.1: the same answer to everybody; how many were asked.
async fn stranger(status: &'static str, body: &'static str) -> (SocketAddr, Arc<AtomicU64>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let asked = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let count = Arc::clone(&count);
            tokio::spawn(async move {
                let mut request = vec![0; 16 * 1024];
                let read = socket.read(&mut request).await.unwrap_or(0);
                // HTTP/2 is not spoken here.
                if request[..read].starts_with(b"POST") {
                    count.fetch_add(1, Relaxed);
                    let length = body.len();
                    let answer = format!(
                        "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
                    );
                    socket.write_all(answer.as_bytes()).await.ok();
                }
            });
        }
    });
    (at, asked)
}

/// What a metric with a label says.
async fn labelled(house: &House, metric: &str, label: &str) -> u64 {
    let page = house.get("/metrics").await.1;
    let start = format!("hubbub_{metric}{{");
    let line = page.lines().find(|line| line.starts_with(&start) && line.contains(label));
    let line = line.unwrap_or_else(|| panic!("no {metric} of {label} in {page}"));
    line.rsplit_once(' ').unwrap().1.parse().unwrap()
}

async fn until_metric(house: &House, metric: &str, least: u64) {
    let until = Instant::now() + PATIENCE;
    while house.metric(metric).await < least {
        assert!(Instant::now() < until, "{metric} stays {}", house.metric(metric).await);
        sleep(std::time::Duration::from_millis(20)).await;
    }
}

/// Waits until `/readyz` warns of it; the server can do its work all the same.
async fn warns(house: &House, of: &str) {
    let until = Instant::now() + PATIENCE;
    loop {
        let warnings = house.able().await;
        if warnings.iter().any(|warning| warning.contains(of)) {
            break;
        }
        assert!(Instant::now() < until, "{warnings:?} do not say {of:?}");
        sleep(std::time::Duration::from_millis(20)).await;
    }
    let status = house.get("/v1/status").await.1;
    assert!(status.contains(of), "{status}");
    assert!(house.err().contains(of), "{}", house.err());
}

/// With this service everybody is told what is wrong with it, and chat goes on.
async fn goes_on_with(line: &str, said: &str) {
    let folder = tempfile::tempdir().unwrap();
    let house = House::serve(folder.path(), address(), &format!("{SMALL} {line}")).await;
    warns(&house, said).await;
    let mut user = User::new("ann", 1, &[house.at()]);
    user.say(&name("tea"), (0..20).map(|n| format!("message {n}"))).await;
    until_metric(&house, "enrich_degraded", 20).await;
    assert_eq!(house.metric("enrich_full").await, 0);
    warns(&house, said).await;
}

#[tokio::test]
async fn a_bad_endpoint_of_four_is_hardly_asked_and_every_message_is_full() {
    let folder = tempfile::tempdir().unwrap();
    let mut line = format!("{SMALL} --nlp-deadline-ms 10000");
    let mut endpoints = Vec::new();
    for at in 0..4 {
        let fail_fast_share = if at == 2 { 1.0 } else { 0.0 };
        let endpoint = nlp(Faults { fail_fast_share, ..fast() }).await;
        line += &format!(" --nlp http://{endpoint}");
        endpoints.push(endpoint.to_string());
    }
    let house = House::serve(folder.path(), address(), &line).await;
    let mut user = User::new("ann", 1, &[house.at()]);
    user.say(&name("tea"), (0..1_000).map(|n| format!("message {n}"))).await;
    until_metric(&house, "enrich_full", 1_000).await;
    let failed = labelled(&house, "enrich_request_failures_total", &endpoints[2]).await;
    let asked = labelled(&house, "enrich_requests_total", &endpoints[2]).await;
    assert_eq!(failed, asked);
    assert!((1..=50).contains(&asked), "{asked} of 1000 went to the bad one");
    for good in [0, 1, 3] {
        let asked = labelled(&house, "enrich_requests_total", &endpoints[good]).await;
        assert!(asked > 150, "{asked} went to {good}");
    }
    let warnings = house.able().await;
    assert!(warnings.iter().any(|warning| warning.contains(&endpoints[2])), "{warnings:?}");
}

#[tokio::test]
async fn a_service_that_nobody_runs_is_said_and_chat_goes_on() {
    let nobody = address();
    goes_on_with(&format!("--nlp http://{nobody}"), "cannot be reached").await;
}

#[tokio::test]
async fn a_wrong_key_is_said_and_chat_goes_on() {
    let (at, _) = stranger("401 Unauthorized", r#"{"error":{"code":"invalid_api_key"}}"#).await;
    goes_on_with(&format!("--nlp http://{at}"), "401 Unauthorized (invalid_api_key): the key")
        .await;
}

#[tokio::test]
async fn a_wrong_address_is_said_and_chat_goes_on() {
    let at = nlp(fast()).await;
    goes_on_with(&format!("--nlp http://{at}/nowhere"), "404 Not Found (no_such_page)").await;
}

#[tokio::test]
async fn answers_that_are_none_are_said_and_chat_goes_on() {
    let (at, _) = stranger("200 OK", r#"{"label":"fine"}"#).await;
    goes_on_with(&format!("--nlp http://{at}"), "missing field `language`").await;
}

#[tokio::test]
async fn what_was_wrong_is_said_no_more_when_it_answers() {
    let folder = tempfile::tempdir().unwrap();
    let at = address();
    let line = format!("{SMALL} --nlp http://{at}");
    let house = House::serve(folder.path(), address(), &line).await;
    warns(&house, "cannot be reached").await;
    let started = format!("nlp --no-models --listen {at}");
    let _nlp = House::start(folder.path(), "nlp", &started).await;
    let until = Instant::now() + PATIENCE;
    while !house.able().await.is_empty() {
        assert!(Instant::now() < until, "{:?}", house.able().await);
        sleep(std::time::Duration::from_millis(50)).await;
    }
}

/// Ten messages, asked about in this format, are full.
async fn are_full(line: &str) -> House {
    let folder = tempfile::tempdir().unwrap();
    let house = House::serve(folder.path(), address(), &format!("{SMALL} {line}")).await;
    let mut user = User::new("ann", 1, &[house.at()]);
    user.say(&name("tea"), (0..10).map(|n| format!("lovely message {n}"))).await;
    until_metric(&house, "enrich_full", 10).await;
    assert!(house.able().await.is_empty(), "{:?}", house.able().await);
    house
}

#[tokio::test]
async fn an_openai_like_service_is_asked_in_its_own_words() {
    let at = nlp(fast()).await;
    are_full(&format!("--nlp http://{at} --nlp-format openai --nlp-model small")).await;
    are_full(&format!("--nlp http://{at}/v1 --nlp-format openai --nlp-model small")).await;
}

#[tokio::test]
async fn any_json_is_read_by_its_map_and_a_wrong_map_is_said() {
    let (at, asked) = stranger("200 OK", r#"{"scores":[{"label":"POSITIVE"}],"lang":"en"}"#).await;
    let mapped = format!("--nlp http://{at}/any --nlp-format mapped --nlp-map");
    are_full(&format!("{mapped} sentiment=/scores/0/label,language=/lang")).await;
    assert!(asked.load(Relaxed) >= 11, "ten, and hello");
    goes_on_with(&format!("{mapped} sentiment=/score"), "there is no /score").await;
}

#[tokio::test]
async fn a_wrong_file_of_the_key_is_said_and_chat_goes_on() {
    let (at, _) = stranger("401 Unauthorized", "{}").await;
    goes_on_with(&format!("--nlp http://{at} --nlp-key-file no-such-file"), "no-such-file").await;
}

/// A server that asks this service, patient enough that nothing depends on how fast the machine is.
async fn patient(folder: &tempfile::TempDir, at: SocketAddr, more: &str) -> House {
    let line =
        format!("{SMALL} --nlp http://{at} --nlp-deadline-ms 10000 --nlp-without hedge {more}");
    House::serve(folder.path(), address(), &line).await
}

#[tokio::test]
async fn what_the_service_allows_is_never_exceeded() {
    let folder = tempfile::tempdir().unwrap();
    let at = nlp(fast()).await;
    let house = patient(&folder, at, "--nlp-requests-per-minute 3000").await;
    let began = Instant::now();
    let mut user = User::new("ann", 1, &[house.at()]);
    user.say(&name("tea"), (0..150).map(|n| format!("message {n}"))).await;
    until_metric(&house, "enrich_full", 150).await;
    // Fifty at once, and then less than fifty a second: never sooner, however fast the machine is.
    let took = began.elapsed();
    assert!(took.as_secs() >= 2, "{took:?}");
    assert_eq!(house.metric("enrich_failures_total").await, 0, "to wait is no failure");
}

#[tokio::test]
async fn an_answer_is_never_paid_for_twice_and_what_is_saved_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let at = nlp(fast()).await;
    let house = patient(&folder, at, "--nlp-price-per-call 0.5").await;
    let mut user = User::new("ann", 1, &[house.at()]);
    user.say(&name("tea"), (0..100).map(|n| format!("message {}", n % 5))).await;
    until_metric(&house, "enrich_full", 100).await;
    // One each, and hello.
    assert_eq!(labelled(&house, "enrich_requests_total", "endpoint").await, 6);
    let status: serde_json::Value = serde_json::from_str(&house.get("/v1/status").await.1).unwrap();
    let nlp = &status["nlp"];
    assert_eq!((nlp["requests"].as_u64(), nlp["saved_calls"].as_u64()), (Some(6), Some(95)));
    assert_eq!((nlp["cost"].as_f64(), nlp["saved_cost"].as_f64()), (Some(3.0), Some(47.5)));
    assert_eq!(house.metric("enrich_conservation_error").await, 0);
}

#[tokio::test]
async fn sixteen_texts_make_one_request() {
    let folder = tempfile::tempdir().unwrap();
    let at = nlp(fast()).await;
    let house = patient(&folder, at, "--nlp-batch 16 --nlp-batch-wait-ms 50").await;
    let mut user = User::new("ann", 1, &[house.at()]);
    user.say(&name("tea"), (0..320).map(|n| format!("message {n}"))).await;
    until_metric(&house, "enrich_full", 320).await;
    assert_eq!(house.metric("enrich_texts_total").await, 320);
    let requests = labelled(&house, "enrich_requests_total", "endpoint").await;
    assert!((20..=160).contains(&requests), "{requests} requests");
}
