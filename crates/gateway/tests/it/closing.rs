//! How a gateway goes away.

use std::time::Duration;

use tokio::time::sleep;
use tokio_tungstenite::client_async;
use wire::{Frame, SubscribeFrom};

use crate::support::client::post;
use crate::support::{House, Kind, over_each_transport};

async fn closing_answers_what_is_under_way_and_says_going_away(kind: Kind) {
    let house = House::new(kind).await;
    house.owner.say_many("lobby", 5);
    let mut client = house.client("ada").await;
    client.subscribed("lobby", SubscribeFrom::Start).await;
    client.messages("lobby", 1, 5).await;
    client.ack("lobby", 1, 4).await;
    client.ack("lobby", 1, 5).await;
    house.owner.lock().hold_sends = true;
    client.tell(post(1, "hall", "hello")).await;
    house.wait_for("the send", |house| house.owner.held_sends() == 1).await;
    let gateway = house.gateway.clone();
    let closing = tokio::spawn(async move {
        gateway.dismiss(sleep(Duration::from_secs(5))).await;
        gateway.end().await;
    });
    house.wait_for("the closing", |house| !house.gateway.not_ready().is_empty()).await;
    let stream = tokio::net::TcpStream::connect(house.address).await.unwrap();
    let refused = client_async(format!("ws://{}/v1/ws", house.address), stream).await;
    assert!(refused.is_err(), "no more are taken");
    house.owner.answer_sends();
    let Frame::Sent { .. } = client.frame().await else { panic!("not sent") };
    assert_eq!(client.closed().await.0, 1001);
    closing.await.unwrap();
    house.wait_for("the last word", |house| house.owner.cursor("lobby", "ada") == 5).await;
    assert_eq!(house.gateway.counters().connections, 0);
    assert_eq!(house.gateway.counters().link_up, 0);
}

over_each_transport!(closing_answers_what_is_under_way_and_says_going_away);

#[tokio::test]
async fn closing_cuts_off_at_its_deadline() {
    let house = House::new(Kind::InProcess).await;
    house.owner.lock().hold_sends = true;
    let mut client = house.client("ada").await;
    client.tell(post(1, "hall", "hello")).await;
    house.wait_for("the send", |house| house.owner.held_sends() == 1).await;
    let start = tokio::time::Instant::now();
    house.gateway.dismiss(sleep(Duration::from_millis(100))).await;
    house.gateway.end().await;
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_gateway_without_an_owner_closes_as_well() {
    let house = House::without_owner(Kind::Socket, gateway::Options::default()).await;
    let _client = house.client("ada").await;
    let start = tokio::time::Instant::now();
    house.gateway.dismiss(sleep(Duration::from_millis(100))).await;
    house.gateway.end().await;
    assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
}
