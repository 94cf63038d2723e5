//! Two encodings in one conversation.

use gateway::NO_FRAMES_MAX;
use model::ReadFrom;
use wire::{Code, Command, Frame, SubscribeFrom};

use crate::support::client::{Client, after, post};
use crate::support::{House, Kind, conv};

/// What comes of the next `count` messages.
async fn frames(client: &mut Client, count: usize) -> Vec<Frame> {
    let mut frames = Vec::new();
    for _ in 0..count {
        frames.push(client.frame().await);
    }
    frames
}

#[tokio::test]
async fn listeners_of_each_encoding_see_the_same() {
    let house = House::new(Kind::InProcess).await;
    house.owner.say_many("lobby", 100);
    let (mut ada, mut bob) = (house.client("ada").await, house.binary_client("bob").await);
    // From pages, then from the ring.
    for client in [&mut ada, &mut bob] {
        client.subscribed("lobby", SubscribeFrom::Start).await;
    }
    house.owner.say_many("lobby", 50);
    assert_eq!(frames(&mut ada, 150).await, frames(&mut bob, 150).await);
    for client in [&mut ada, &mut bob] {
        client.ack("lobby", 1, 150).await;
        let (conversation, from) = (conv("lobby"), ReadFrom::Latest);
        client.tell(Command::Read { reference: Some(4), conversation, from, limit: 200 }).await;
    }
    assert_eq!(ada.frame().await, bob.frame().await);
    house
        .wait_for("both cursors", |house| {
            ["ada", "bob"].iter().all(|user| house.owner.cursor("lobby", user) == 150)
        })
        .await;
}

#[tokio::test]
async fn the_first_of_its_encoding_reads_what_the_ring_had_before_it_came() {
    let house = House::new(Kind::InProcess).await;
    let mut ada = house.client("ada").await;
    ada.subscribed("lobby", SubscribeFrom::Start).await;
    house.owner.say_many("lobby", 20);
    let told = frames(&mut ada, 20).await;
    let bytes = house.gateway.counters().ring_bytes;
    let mut bob = house.binary_client("bob").await;
    bob.subscribed("lobby", SubscribeFrom::Start).await;
    assert_eq!(frames(&mut bob, 20).await, told);
    assert_eq!(house.gateway.counters().ring_bytes, bytes, "translated, and not kept");
    assert_eq!(house.gateway.counters().pages_total, 0, "the ring had it all");
    house.owner.say_many("lobby", 1);
    assert_eq!(bob.frame().await, ada.frame().await);
    // From now on the ring has both.
    let more = house.gateway.counters().ring_bytes - bytes;
    assert!(more > bytes / 20 + 100, "{more} bytes, and {bytes} for twenty before");
}

#[tokio::test]
async fn what_is_sent_in_one_encoding_is_heard_in_the_other() {
    let house = House::new(Kind::InProcess).await;
    let (mut ada, mut bob) = (house.client("ada").await, house.binary_client("bob").await);
    for client in [&mut ada, &mut bob] {
        client.subscribed("lobby", after(1, 0)).await;
    }
    bob.tell(post(1, "lobby", "hällo 👋")).await;
    let (sent, heard) = (bob.frame().await, bob.frame().await);
    assert!([&sent, &heard].iter().any(|frame| matches!(frame, Frame::Sent { .. })));
    assert_eq!(
        ada.message().await.content,
        match post(1, "lobby", "hällo 👋") {
            Command::Send { post, .. } => post.content,
            other => panic!("{other:?}"),
        }
    );
}

#[tokio::test]
async fn frames_of_the_other_encoding_are_bad_and_ten_close() {
    let house = House::new(Kind::InProcess).await;
    let mut bob = house.binary_client("bob").await;
    // A map that is no command is no strike.
    for _ in 0..2 * NO_FRAMES_MAX {
        bob.binary(vec![0x80]).await;
        let problem = bob.problem().await;
        assert_eq!(problem.code, Code::BadFrame);
        assert!(problem.detail.starts_with("`type` is missing"), "{}", problem.detail);
    }
    for number in 0..NO_FRAMES_MAX {
        if number % 2 == 0 {
            bob.text(r#"{"type":"ping"}"#).await;
        } else {
            bob.binary(vec![0xff]).await;
        }
        assert_eq!(bob.problem().await.code, Code::BadFrame);
    }
    assert_eq!(bob.closed().await.0, 3501);
}

#[tokio::test]
async fn hello_is_said_in_the_encoding_that_was_asked_for() {
    let house = House::new(Kind::InProcess).await;
    let mut bob = Client::connect(house.address, "hubbub.v1.msgpack").await.unwrap();
    bob.text(r#"{"type":"hello","user":"bob","device":"d","instance":"00000000000000ff"}"#).await;
    assert_eq!(bob.problem().await.code, Code::NoHello);
    assert_eq!(bob.closed().await.0, 3500);
}

#[tokio::test]
async fn a_binary_frame_has_the_same_most_bytes() {
    let house = House::new(Kind::InProcess).await;
    let mut bob = house.binary_client("bob").await;
    let ping = |bytes: usize| {
        let head = b"\x82\xa4type\xa4ping\xa3pad\xdb";
        let pad = bytes - head.len() - 4;
        [&head[..], &u32::try_from(pad).unwrap().to_be_bytes(), &vec![b'x'; pad]].concat()
    };
    bob.binary(ping(wire::FRAME_MAX_BYTES)).await;
    assert_eq!(bob.frame().await, Frame::Pong { reference: None });
    bob.binary(ping(wire::FRAME_MAX_BYTES + 1)).await;
    assert_eq!(bob.closed().await.0, 1009);
}
