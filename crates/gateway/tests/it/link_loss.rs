//! The owner goes away and comes back.

use std::time::Duration;

use gateway::Options;
use link::FromOwner;
use link::{NotReady, Reason};
use model::{ReadFrom, Retry, Seq};
use wire::{Code, Command, Frame, SubscribeFrom};

use crate::support::client::{after, post};
use crate::support::{House, Kind, conv, over_each_transport};

async fn lost_under_a_send_the_outcome_is_unknown_and_sending_again_is_harmless(kind: Kind) {
    let house = House::new(kind).await;
    house.owner.lock().hold_sends = true;
    let mut client = house.client("ada").await;
    client.tell(post(1, "lobby", "hello")).await;
    house.wait_for("the send", |house| house.owner.held_sends() == 1).await;
    house.owner.cut();
    let problem = client.problem().await;
    assert_eq!((problem.code, problem.retry), (Code::OutcomeUnknown, Retry::Now));
    assert_eq!(problem.reference, Some(101));
    house.owner.lock().hold_sends = false;
    house.wait_for("the link", |house| house.gateway.counters().links_total == 2).await;
    client.tell(post(1, "lobby", "hello")).await;
    let Frame::Sent { seq: Seq(1), .. } = client.frame().await else { panic!("not sent") };
    assert_eq!(house.gateway.counters().link_losses_total, 1);
}

async fn without_a_link_sends_and_reads_are_busy_and_subscriptions_wait(kind: Kind) {
    let house = House::without_owner(kind, Options::default()).await;
    house.owner.say_many("lobby", 3);
    assert!(house.gateway.not_ready()[0].reason == Reason::LinkDown);
    let mut client = house.client("ada").await;
    client.tell(post(1, "lobby", "hello")).await;
    let problem = client.problem().await;
    assert_eq!((problem.code, problem.retry), (Code::Busy, Retry::After(500)));
    assert!(problem.detail.contains("link"), "{}", problem.detail);
    let from = ReadFrom::Latest;
    client
        .tell(Command::Read { reference: None, conversation: conv("lobby"), from, limit: 5 })
        .await;
    assert_eq!(client.problem().await.code, Code::Busy);
    client.subscribe("lobby", SubscribeFrom::Cursor).await;
    client.silence(Duration::from_millis(50)).await;
    house.owner.open();
    let Frame::Subscribed { recovered: true, next: Seq(1), head: Seq(3), .. } =
        client.frame().await
    else {
        panic!("not subscribed")
    };
    client.messages("lobby", 1, 3).await;
    house.wait_for("readiness", |house| house.gateway.not_ready().is_empty()).await;
}

async fn a_running_subscription_goes_on_without_gap_or_repeat(kind: Kind) {
    let house = House::new(kind).await;
    house.owner.say_many("lobby", 10);
    let mut client = house.client("ada").await;
    client.subscribed("lobby", SubscribeFrom::Start).await;
    client.messages("lobby", 1, 10).await;
    for round in 1..=5 {
        house.owner.shut();
        house.wait_for("the loss", |house| house.gateway.counters().link_up == 0).await;
        house.owner.say_many("lobby", 90);
        house.owner.open();
        client.messages("lobby", round * 100 - 89, round * 100).await;
        house.owner.say_many("lobby", 10);
        client.messages("lobby", round * 100 + 1, round * 100 + 10).await;
    }
    client.silence(Duration::from_millis(30)).await;
    assert_eq!(house.gateway.counters().not_recovered_total, 0);
}

async fn cuts_in_the_middle_of_replays_and_traffic_leave_no_gap(kind: Kind) {
    let house = House::new(kind).await;
    house.owner.say_many("lobby", 3_000);
    let mut client = house.client("ada").await;
    client.subscribed("lobby", SubscribeFrom::Start).await;
    let owner = house.owner.clone();
    let trouble = tokio::spawn(async move {
        for _ in 0..10 {
            owner.say_many("lobby", 100);
            tokio::time::sleep(Duration::from_millis(15)).await;
            owner.cut();
        }
    });
    client.messages("lobby", 1, 4_000).await;
    trouble.await.unwrap();
    client.silence(Duration::from_millis(50)).await;
}

async fn lost_history_is_told_and_it_goes_on_from_the_first_there_is(kind: Kind) {
    let house = House::new(kind).await;
    house.owner.say_many("lobby", 10);
    let mut client = house.client("ada").await;
    client.subscribed("lobby", SubscribeFrom::Start).await;
    client.messages("lobby", 1, 10).await;
    house.owner.shut();
    house.owner.lose_history("lobby");
    house.owner.say_many("lobby", 2);
    house.owner.open();
    let lost = client.frame().await;
    let Frame::Subscribed { reference: None, epoch, recovered: false, next, head, .. } = lost
    else {
        panic!("{lost:?}")
    };
    assert_eq!((epoch.0, next.0, head.0), (2, 13, 14));
    client.messages("lobby", 13, 14).await;
    // What belongs to the old history moves nothing; of the new one it does.
    client.ack("lobby", 1, 10).await;
    client.ack("lobby", 2, 13).await;
    house.wait_for("the cursor", |house| house.owner.cursor("lobby", "ada") == 13).await;
    assert_eq!(client.subscribed("lobby", after(1, 10)).await, (2, false, 13, 14));
}

async fn acknowledgements_wait_for_the_link(kind: Kind) {
    let house = House::new(kind).await;
    house.owner.say_many("lobby", 10);
    let mut client = house.client("ada").await;
    client.subscribed("lobby", SubscribeFrom::Start).await;
    client.messages("lobby", 1, 10).await;
    house.owner.shut();
    house.wait_for("the loss", |house| house.gateway.counters().link_up == 0).await;
    client.ack("lobby", 1, 8).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    house.owner.open();
    house.wait_for("the cursor", |house| house.owner.cursor("lobby", "ada") == 8).await;
}

async fn an_owner_that_says_nothing_is_lost_after_five_seconds(kind: Kind) {
    let house = House::new(kind).await;
    house.owner.lock().is_silent = true;
    let mut client = house.client("ada").await;
    client.tell(post(1, "lobby", "hello")).await;
    let asked = tokio::time::Instant::now();
    assert_eq!(client.problem().await.code, Code::OutcomeUnknown);
    assert!(asked.elapsed() > Duration::from_secs(3), "{:?}", asked.elapsed());
    house.owner.lock().is_silent = false;
    client.tell(post(1, "lobby", "hello")).await;
    loop {
        let answer = client.frame().await;
        if let Frame::Sent { .. } = answer {
            break;
        }
        let Frame::Problem(problem) = answer else { panic!("{answer:?}") };
        assert_eq!(problem.code, Code::Busy);
        tokio::time::sleep(Duration::from_millis(20)).await;
        client.tell(post(1, "lobby", "hello")).await;
    }
}

async fn an_owner_that_contradicts_itself_loses_the_link_and_no_message(kind: Kind) {
    let house = House::new(kind).await;
    let mut client = house.client("ada").await;
    client.subscribed("lobby", SubscribeFrom::Start).await;
    house.owner.lock().hold_delivers = true;
    house.owner.say_many("lobby", 3);
    house.owner.lock().hold_delivers = false;
    house.owner.say("lobby", "the fourth, where the first had to come");
    client.messages("lobby", 1, 4).await;
    assert_eq!(house.gateway.counters().link_losses_total, 1);
    house.owner.tell_all(&FromOwner::CursorAt { request: link::RequestId(999), seq: Seq(1) });
    house.wait_for("the loss", |house| house.gateway.counters().link_losses_total == 2).await;
    house.owner.say("lobby", "the fifth");
    client.messages("lobby", 5, 5).await;
}

over_each_transport!(
    lost_under_a_send_the_outcome_is_unknown_and_sending_again_is_harmless,
    without_a_link_sends_and_reads_are_busy_and_subscriptions_wait,
    a_running_subscription_goes_on_without_gap_or_repeat,
    cuts_in_the_middle_of_replays_and_traffic_leave_no_gap,
    lost_history_is_told_and_it_goes_on_from_the_first_there_is,
    acknowledgements_wait_for_the_link,
    an_owner_that_says_nothing_is_lost_after_five_seconds,
    an_owner_that_contradicts_itself_loses_the_link_and_no_message,
);

#[tokio::test]
async fn an_owner_that_is_not_ready_says_why() {
    let house = House::new(Kind::InProcess).await;
    let why = vec![NotReady::new(Reason::Poisoned, "a sync failed")];
    house.owner.lock().not_ready = why.clone();
    house.wait_for("the reason", |house| house.gateway.not_ready() == why).await;
}

#[tokio::test]
async fn lost_too_long_connections_are_sent_elsewhere_and_new_ones_not_taken() {
    let options = Options {
        heartbeat: Duration::from_millis(100),
        owner_lost_max: Duration::from_millis(50),
        ..Options::default()
    };
    let house = House::with(Kind::InProcess, options).await;
    let mut client = house.client("ada").await;
    house.owner.shut();
    assert_eq!(client.closed().await.0, 3001);
    let mut late = house.stranger().await;
    late.text(r#"{"type":"hello","user":"b","device":"c","instance":"00000000000000ff"}"#).await;
    let (code, reason) = late.closed().await;
    assert_eq!((code, wire::retry_after_of(&reason)), (1013, Some(5_000)));
}
