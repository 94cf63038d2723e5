//! What is sent is answered, once.

use std::time::Duration;

use gateway::{Options, SEND_OVERHEAD_BYTES, SENDS_IN_FLIGHT_MAX};
use link::ToOwner;
use model::{InstanceId, MessageId, ReadFrom, Refusal, Retry, Seq};
use wire::{Code, Command, Frame};

use crate::support::client::{INSTANCE, post};
use crate::support::{House, Kind, conv, over_each_transport};

async fn a_send_is_answered_with_its_place_and_a_repeat_with_the_same(kind: Kind) {
    let house = House::new(kind).await;
    let mut client = house.client("ada").await;
    client.tell(post(1, "lobby", "hello")).await;
    let first = client.frame().await;
    let Frame::Sent { reference: Some(101), seq: Seq(1), duplicate: false, received_at, .. } =
        first
    else {
        panic!("{first:?}")
    };
    client.tell(post(1, "lobby", "hello")).await;
    let again = client.frame().await;
    let Frame::Sent {
        reference: Some(101),
        id,
        seq: Seq(1),
        duplicate: true,
        received_at: same,
        ..
    } = again
    else {
        panic!("{again:?}")
    };
    assert_eq!((id, same), (MessageId { instance: INSTANCE, counter: 1 }, received_at));
    client.tell(post(1, "lobby", "something else")).await;
    let problem = client.problem().await;
    assert_eq!((problem.code, problem.retry), (Code::IdempotencyConflict, Retry::Never));
    assert_eq!((problem.id, problem.conversation), (Some(id), Some(conv("lobby"))));
    house.wait_for("none in flight", |house| house.gateway.counters().sends_in_flight == 0).await;
}

async fn a_thousand_pipelined_sends_keep_their_order(kind: Kind) {
    let house = House::new(kind).await;
    let mut client = house.client("ada").await;
    for counter in 1..=1000 {
        client.tell(post(counter, "lobby", "hello")).await;
    }
    for counter in 1..=1000 {
        let Frame::Sent { id, seq, .. } = client.frame().await else { panic!("not sent") };
        assert_eq!((id.counter, seq.0), (counter, counter));
    }
}

async fn rows_and_reports_come_from_the_owner(kind: Kind) {
    let house = House::new(kind).await;
    let query = link::RowQuery { conversation: Some(conv("lobby")), after: None, limit: 5 };
    let rows = house.gateway.rows(query.clone()).await.unwrap();
    assert_eq!((rows.rows.len(), rows.behind), (1, 3));
    let report = house.gateway.report("trending", 5).await.unwrap();
    assert_eq!((report.sheet.columns, report.behind), (vec!["trending".to_owned()], 3));
    house.owner.shut();
    house.wait_for("no link", |house| house.gateway.counters().link_up == 0).await;
    let Err(Refusal::Busy { bound, .. }) = house.gateway.rows(query).await else { panic!() };
    assert_eq!(bound, "link");
    let refused = house.gateway.report("trending", 5).await;
    assert!(matches!(refused, Err(Refusal::Busy { .. })), "{refused:?}");
}

over_each_transport!(
    a_send_is_answered_with_its_place_and_a_repeat_with_the_same,
    a_thousand_pipelined_sends_keep_their_order,
    rows_and_reports_come_from_the_owner,
);

#[tokio::test]
async fn an_id_of_another_instance_is_refused() {
    let house = House::new(Kind::InProcess).await;
    let mut client = house.client("ada").await;
    let Command::Send { reference, post: mut other } = post(1, "lobby", "hello") else {
        unreachable!()
    };
    other.id.instance = InstanceId(77);
    client.tell(Command::Send { reference, post: other }).await;
    let problem = client.problem().await;
    assert_eq!((problem.code, problem.reference), (Code::BadId, Some(101)));
    assert!(!house.owner.lock().heard.iter().any(|heard| matches!(heard, ToOwner::Send { .. })));
}

#[tokio::test]
async fn at_the_bound_of_sends_in_flight_the_socket_is_not_read_and_nothing_is_lost() {
    let house = House::new(Kind::InProcess).await;
    house.owner.lock().hold_sends = true;
    let mut client = house.client("ada").await;
    let most = SENDS_IN_FLIGHT_MAX as u64;
    for counter in 1..=most + 10 {
        client.tell(post(counter, "lobby", "hello")).await;
    }
    house.wait_for("the bound", |house| house.owner.held_sends() == SENDS_IN_FLIGHT_MAX).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(house.owner.held_sends(), SENDS_IN_FLIGHT_MAX);
    assert_eq!(house.gateway.counters().sends_in_flight, most);
    house.owner.answer_sends();
    for counter in 1..=most + 10 {
        let Frame::Sent { id, .. } = client.frame().await else { panic!("not sent") };
        assert_eq!(id.counter, counter);
    }
}

#[tokio::test]
async fn beyond_the_bytes_in_flight_a_send_is_busy_and_was_not_done() {
    let bytes = 2 * (SEND_OVERHEAD_BYTES + 5);
    let options = Options { send_bytes_max: bytes, ..Options::default() };
    let house = House::with(Kind::InProcess, options).await;
    house.owner.lock().hold_sends = true;
    let mut client = house.client("ada").await;
    for counter in 1..=2 {
        client.tell(post(counter, "lobby", "hello")).await;
    }
    client.tell(post(3, "lobby", "h")).await;
    let problem = client.problem().await;
    assert_eq!((problem.code, problem.retry), (Code::Busy, Retry::After(100)));
    assert!(problem.detail.contains("gateway_bytes"), "{}", problem.detail);
    house.owner.answer_sends();
    for _ in 1..=2 {
        let Frame::Sent { .. } = client.frame().await else { panic!("not sent") };
    }
    client.tell(post(3, "lobby", "h")).await;
    let Frame::Sent { seq: Seq(3), .. } = client.frame().await else { panic!("not sent") };
    assert_eq!(house.gateway.counters().busy_total, 1);
}

#[tokio::test]
async fn pages_are_read_from_a_place_or_the_latest() {
    let house = House::new(Kind::InProcess).await;
    house.owner.say_many("lobby", 10);
    let mut client = house.client("ada").await;
    for (from, limit, expected) in [
        (ReadFrom::Seq(Seq(3)), 2, 3..=4_u64),
        (ReadFrom::Latest, 3, 8..=10),
        (ReadFrom::Seq(Seq(0)), 200, 1..=10),
    ] {
        let reference = Some(4);
        client.tell(Command::Read { reference, conversation: conv("lobby"), from, limit }).await;
        let page = client.frame().await;
        let Frame::Page { reference: Some(4), first: Seq(1), head: Seq(10), messages, .. } = page
        else {
            panic!("{page:?}")
        };
        assert!(messages.iter().map(|message| message.seq.0).eq(expected));
    }
}
