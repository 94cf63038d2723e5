//! Clients that take their time or give none: bodies that never end, questions whose answers nobody
//! reads, and those whose only sign of life is a frame of the WebSocket itself.

use std::time::Duration;

use futures_util::SinkExt as _;
use gateway::Options;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};
use tokio_tungstenite::tungstenite::Message;
use wire::{Command, Frame};

use crate::support::{House, Kind};

const SHORT: Duration = Duration::from_millis(300);

#[tokio::test]
async fn a_body_that_does_not_come_in_time_is_answered_408_however_it_drips() {
    let options = Options { body_timeout: SHORT, ..Options::default() };
    let house = House::with(Kind::InProcess, options).await;
    for line in ["/v1/commands", "/v1/conversations/tea/messages"] {
        let mut socket = TcpStream::connect(house.address).await.unwrap();
        let head = format!("POST {line} HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n");
        socket.write_all(head.as_bytes()).await.unwrap();
        let (mut reader, mut writer) = socket.into_split();
        let dripping = tokio::spawn(async move {
            while writer.write_all(b" ").await.is_ok() {
                sleep(SHORT / 10).await;
            }
        });
        let mut answer = String::new();
        timeout(Duration::from_secs(10), reader.read_to_string(&mut answer))
            .await
            .unwrap()
            .unwrap();
        assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
        assert!(answer.contains("application/problem+json"), "{answer}");
        dripping.abort();
    }
}

/// Its answers wait for it, so it is not heard, and then it is dropped: neither the answers nor the
/// questions pile up.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_asks_and_never_reads_is_dropped() {
    let options = Options { write_timeout: SHORT, ..Options::default() };
    let house = House::with(Kind::InProcess, options).await;
    let mut client = house.client("ada").await;
    let asking = tokio::spawn(async move {
        let text = Message::Text(r#"{"type":"unheard of","ref":1}"#.into());
        while client.ws.send(text.clone()).await.is_ok() {}
    });
    house.wait_for("the drop", |house| house.gateway.counters().slow_readers_total == 1).await;
    house.wait_for("its place", |house| house.gateway.counters().connections == 0).await;
    timeout(Duration::from_secs(10), asking).await.expect("it is cut off").unwrap();
}

#[tokio::test]
async fn any_frame_is_a_sign_of_life_and_half_a_frame_is_none() {
    let heartbeat = Duration::from_millis(200);
    let options = Options { heartbeat, ..Options::default() };
    let house = House::with(Kind::InProcess, options).await;
    let mut pinging = house.client("ping").await;
    let mut ponging = house.client("pong").await;
    let mut dripping = house.client("drip").await;
    let began = Instant::now();
    // A frame of 60,000 bytes that comes one by one.
    let header = [0x81, 0x80 | 126, 0xEA, 0x60, 0, 0, 0, 0];
    dripping.ws.get_mut().write_all(&header).await.unwrap();
    while began.elapsed() < 5 * heartbeat {
        pinging.ws.send(Message::Ping(Vec::new().into())).await.unwrap();
        ponging.ws.send(Message::Pong(Vec::new().into())).await.unwrap();
        drop(dripping.ws.get_mut().write_all(b" ").await);
        sleep(heartbeat / 4).await;
    }
    assert_eq!(dripping.closed().await.0, 3000);
    for client in [&mut pinging, &mut ponging] {
        client.tell(Command::Ping { reference: Some(6) }).await;
        assert_eq!(client.frame().await, Frame::Pong { reference: Some(6) });
    }
}
