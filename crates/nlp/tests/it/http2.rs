//! HTTP/2 without TLS, on the port that HTTP/1.1 has too.

use http_body_util::BodyExt as _;
use nlp::Options;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::world::*;

#[tokio::test]
async fn a_connection_carries_many_requests_at_once() {
    const REQUESTS: usize = 100;
    let service = Running::start(options()).await;
    // All of them wait until the last has come: one after the other, none would be answered.
    service.set(json!({ "hang_share": 1.0 })).await;
    let (sender, _connection) = service.http2().await;
    let mut asked = JoinSet::new();
    for _ in 0..REQUESTS {
        let mut sender = sender.clone();
        asked.spawn(async move { sender.send_request(request(HELLO)).await.unwrap().status() });
    }
    while service.counted("hubbub_nlp_in_flight").await < 100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(service.analyze("nonsense").await.status, 400, "HTTP/1.1 beside it");
    service.stop().await;
    assert_eq!(asked.join_all().await, [hyper::StatusCode::INTERNAL_SERVER_ERROR; REQUESTS]);
}

#[tokio::test]
async fn it_says_how_many_streams_a_connection_has() {
    for streams in [1, 250] {
        let service = Running::start(Options { streams, ..options() }).await;
        let mut stream = TcpStream::connect(service.address).await.unwrap();
        // The preface, and settings of ours that say nothing: RFC 9113, sections 3.4 and 6.5.
        stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
        let mut head = [0; 9];
        stream.read_exact(&mut head).await.unwrap();
        assert_eq!(head[3], 4, "settings come first");
        let mut settings = vec![0; usize::from(u16::from_be_bytes([head[1], head[2]]))];
        stream.read_exact(&mut settings).await.unwrap();
        // SETTINGS_MAX_CONCURRENT_STREAMS is 3.
        let found = settings.chunks(6).find(|setting| setting[..2] == [0, 3]).unwrap();
        assert_eq!(found[2..], streams.to_be_bytes());
        drop(stream);
        service.stop().await;
    }
}

#[tokio::test]
async fn where_only_the_older_is_spoken_the_newer_is_refused() {
    let service = Running::start(Options { http1: true, ..options() }).await;
    let mut stream = TcpStream::connect(service.address).await.unwrap();
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
    let mut answer = Vec::new();
    // It ends without a frame of settings, however that looks.
    drop(stream.read_to_end(&mut answer).await);
    assert!(answer.get(3) != Some(&4), "{answer:?}");
    assert_eq!(service.analyze(HELLO).await.status, 200);
    service.stop().await;
}

#[tokio::test]
async fn an_answer_is_the_same_over_both() {
    let service = Running::start(options()).await;
    let (mut sender, _connection) = service.http2().await;
    let response = sender.send_request(request(HELLO)).await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/json");
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(body, service.analyze(HELLO).await.body);
    service.stop().await;
}
