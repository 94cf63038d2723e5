//! The first frame of a connection.

use std::time::Duration;

use futures_util::SinkExt as _;
use gateway::Options;
use model::{DeviceId, InstanceId, UserId};
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};
use wire::{Code, Command, Frame};

use crate::support::{House, Kind};

#[tokio::test]
async fn hello_is_answered_with_the_heartbeat() {
    let options = Options { heartbeat: Duration::from_millis(7_000), ..Options::default() };
    let house = House::with(Kind::InProcess, options).await;
    let mut client = house.stranger().await;
    client
        .tell(Command::Hello {
            reference: Some(3),
            user: UserId::new("ada").unwrap(),
            device: DeviceId::new("phone").unwrap(),
            instance: InstanceId(1),
            proof: None,
        })
        .await;
    assert_eq!(
        client.frame().await,
        Frame::Welcome { reference: Some(3), heartbeat_ms: 7_000, expires_at: None }
    );
    assert_eq!(house.gateway.counters().connections, 1);
}

#[tokio::test]
async fn the_first_frame_must_be_hello() {
    let house = House::new(Kind::InProcess).await;
    for text in [r#"{"type":"ping"}"#, r#"{"type":"hello","user":"a"}"#, "nonsense"] {
        let mut client = house.stranger().await;
        client.text(text).await;
        let code = client.problem().await.code;
        assert!(matches!(code, Code::NoHello | Code::BadFrame), "{text}: {code}");
        assert_eq!(client.closed().await.0, 3500, "{text}");
    }
    let mut client = house.stranger().await;
    client.ws.send(Message::Binary(vec![1].into())).await.unwrap();
    assert_eq!(client.problem().await.code, Code::NoHello);
    assert_eq!(client.closed().await.0, 3500);
    house.wait_for("all to leave", |house| house.gateway.counters().connections == 0).await;
}

#[tokio::test]
async fn who_says_nothing_is_closed() {
    let options = Options { hello_timeout: Duration::from_millis(50), ..Options::default() };
    let house = House::with(Kind::InProcess, options).await;
    let (code, _) = house.stranger().await.closed().await;
    assert_eq!(code, 3003, "it may come again: its network may have been slow");
}

#[tokio::test]
async fn a_second_hello_is_a_bad_frame_and_the_connection_stays() {
    let house = House::new(Kind::InProcess).await;
    let mut client = house.client("ada").await;
    client
        .text(r#"{"type":"hello","ref":5,"user":"b","device":"c","instance":"00000000000000ff"}"#)
        .await;
    let problem = client.problem().await;
    assert_eq!((problem.code, problem.reference), (Code::BadFrame, Some(5)));
    client.tell(Command::Ping { reference: Some(6) }).await;
    assert_eq!(client.frame().await, Frame::Pong { reference: Some(6) });
}

#[tokio::test]
async fn the_sub_protocol_is_taken_if_it_is_offered_and_not_required() {
    let house = House::new(Kind::InProcess).await;
    let (json, msgpack) = ("hubbub.v1.json", "hubbub.v1.msgpack");
    for (offered, taken) in [
        ("hubbub.v1.json, other", Some(json)),
        ("hubbub.v1.msgpack", Some(msgpack)),
        // The client's own order counts.
        ("other,hubbub.v1.msgpack , hubbub.v1.json", Some(msgpack)),
        ("hubbub.v1.json,hubbub.v1.msgpack", Some(json)),
        ("other", None),
    ] {
        let mut request = format!("ws://{}/v1/ws", house.address).into_client_request().unwrap();
        request.headers_mut().insert("sec-websocket-protocol", offered.parse().unwrap());
        let stream = tokio::net::TcpStream::connect(house.address).await.unwrap();
        match (client_async(request, stream).await, taken) {
            (Ok((_, response)), Some(taken)) => {
                assert_eq!(response.headers()["sec-websocket-protocol"], taken);
            }
            // This client insists on one of those it offered; the server said 101 without one.
            (Err(Error::Protocol(why)), None) => {
                assert!(why.to_string().contains("SubProtocol"), "{why}");
            }
            (other, _) => panic!("{:?}", other.map(|(_, response)| response)),
        }
    }
    house.client("ada").await; // Offers none.
}

#[tokio::test]
async fn beyond_the_places_there_are_the_answer_is_503_with_retry_after() {
    let house =
        House::with(Kind::InProcess, Options { connections_max: 2, ..Options::default() }).await;
    let first = house.client("a").await;
    let _second = house.client("b").await;
    let stream = tokio::net::TcpStream::connect(house.address).await.unwrap();
    let refused = client_async(format!("ws://{}/v1/ws", house.address), stream).await;
    let Err(Error::Http(response)) = refused else { panic!("{refused:?}") };
    assert_eq!(response.status(), 503);
    assert_eq!(response.headers()["retry-after"], "5");
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    drop(first);
    house.wait_for("a place", |house| house.gateway.counters().connections == 1).await;
    house.client("c").await;
    assert_eq!(house.gateway.counters().connections_refused_total, 1);
}
