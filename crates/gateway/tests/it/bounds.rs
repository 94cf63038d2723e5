//! Every bound, at its edge.

use std::time::Duration;

use futures_util::SinkExt as _;
use gateway::{NO_FRAMES_MAX, Options, READS_WAITING_MAX};
use model::{ReadFrom, Retry, Seq};
use tokio_tungstenite::tungstenite::Message;
use wire::{Code, Command, FRAME_MAX_BYTES, Frame, SubscribeFrom};

use crate::support::{House, Kind, conv};

#[tokio::test]
async fn the_limit_of_subscriptions_holds_at_its_edge_and_replacing_is_no_new_one() {
    let options = Options { subscriptions_max: 3, ..Options::default() };
    let house = House::with(Kind::InProcess, options).await;
    let mut client = house.client("ada").await;
    for name in ["a", "b", "c", "c"] {
        client.subscribed(name, SubscribeFrom::Start).await;
    }
    client.subscribe("d", SubscribeFrom::Start).await;
    let problem = client.problem().await;
    assert_eq!((problem.code, problem.retry), (Code::TooManySubscriptions, Retry::Never));
    assert_eq!(problem.conversation, Some(conv("d")));
    client.tell(Command::Unsubscribe { reference: None, conversation: conv("a") }).await;
    client.frame().await;
    client.subscribed("d", SubscribeFrom::Start).await;
    assert_eq!(house.gateway.counters().subscriptions, 3);
}

#[tokio::test]
async fn an_acknowledgement_beyond_what_was_sent_is_refused() {
    let house = House::new(Kind::InProcess).await;
    house.owner.say_many("lobby", 3);
    let mut client = house.client("ada").await;
    client.ack("lobby", 1, 1).await;
    assert_eq!(client.problem().await.code, Code::NotSubscribed, "not followed");
    client.subscribed("lobby", SubscribeFrom::Start).await;
    client.messages("lobby", 1, 3).await;
    client.ack("lobby", 1, 4).await;
    assert_eq!(client.problem().await.code, Code::NotSubscribed, "beyond");
    client.ack("lobby", 2, 1).await;
    assert_eq!(client.problem().await.code, Code::NotSubscribed, "an epoch that is not there");
    client.ack("lobby", 1, 3).await;
    house.wait_for("the cursor", |house| house.owner.cursor("lobby", "ada") == 3).await;
    // What the subscription before was sent may still be acknowledged.
    client.subscribed("lobby", SubscribeFrom::Start).await;
    client.ack("lobby", 1, 3).await;
    client.messages("lobby", 1, 3).await;
    client.silence(Duration::from_millis(30)).await;
}

#[tokio::test]
async fn a_frame_of_64_kib_is_heard_and_a_larger_one_closes() {
    let house = House::new(Kind::InProcess).await;
    let mut client = house.client("ada").await;
    let frame = |bytes: usize| {
        let (head, tail) = (r#"{"type":"ping","pad":""#, r#""}"#);
        format!("{head}{}{tail}", "x".repeat(bytes - head.len() - tail.len()))
    };
    client.text(&frame(FRAME_MAX_BYTES)).await;
    assert_eq!(client.frame().await, Frame::Pong { reference: None });
    client.text(&frame(FRAME_MAX_BYTES + 1)).await;
    assert_eq!(client.closed().await.0, 1009);
}

#[tokio::test]
async fn bad_frames_are_answered_and_ten_that_are_none_close() {
    let house = House::new(Kind::InProcess).await;
    let mut client = house.client("ada").await;
    for _ in 0..2 * NO_FRAMES_MAX {
        client
            .text(r#"{"type":"subscribe","ref":8,"conversation":"no spaces","from":"start"}"#)
            .await;
        let problem = client.problem().await;
        assert_eq!((problem.code, problem.reference), (Code::BadFrame, Some(8)));
    }
    for number in 0..NO_FRAMES_MAX {
        if number % 2 == 0 {
            client.text("[1,2]").await;
        } else {
            client.ws.send(Message::Binary(b"{}".to_vec().into())).await.unwrap();
        }
        assert_eq!(client.problem().await.code, Code::BadFrame);
    }
    assert_eq!(client.closed().await.0, 3501);
}

#[tokio::test]
async fn reads_wait_in_a_bounded_line_and_all_are_answered_in_order() {
    let house = House::new(Kind::InProcess).await;
    house.owner.say_many("lobby", 3);
    house.owner.lock().hold_reads = true;
    let mut client = house.client("ada").await;
    let count = READS_WAITING_MAX as u64 + 5;
    for reference in 0..count {
        let (reference, from) = (Some(reference), ReadFrom::Seq(Seq(1)));
        client.tell(Command::Read { reference, conversation: conv("lobby"), from, limit: 1 }).await;
    }
    house.wait_for("the first", |house| house.owner.held_reads() == 1).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(house.owner.held_reads(), 1, "one page at a time");
    house.owner.answer_reads();
    for expected in 0..count {
        let Frame::Page { reference, .. } = client.frame().await else { panic!("no page") };
        assert_eq!(reference, Some(expected));
    }
}

#[tokio::test]
async fn who_is_silent_for_three_heartbeats_is_closed_and_who_pings_stays() {
    let options = Options { heartbeat: Duration::from_millis(100), ..Options::default() };
    let house = House::with(Kind::InProcess, options).await;
    let mut silent = house.client("silent").await;
    let mut alive = house.client("alive").await;
    let start = tokio::time::Instant::now();
    for _ in 0..10 {
        alive.tell(Command::Ping { reference: None }).await;
        alive.frame().await;
        tokio::time::sleep(Duration::from_millis(60)).await;
    }
    assert_eq!(silent.closed().await.0, 3000);
    assert!(start.elapsed() >= Duration::from_millis(300));
    assert_eq!(house.gateway.counters().silent_total, 1);
}
