//! From history to live without gap or repeat.

use std::time::Duration;

use wire::{Command, Frame, SubscribeFrom};

use crate::support::client::after;
use crate::support::{House, Kind, conv, over_each_transport};

async fn from_the_start_through_history_into_what_is_said_now(kind: Kind) {
    let house = House::new(kind).await;
    house.owner.say_many("lobby", 500);
    let mut client = house.client("ada").await;
    assert_eq!(client.subscribed("lobby", SubscribeFrom::Start).await, (1, true, 1, 500));
    client.messages("lobby", 1, 500).await;
    house.owner.say_many("lobby", 10);
    client.messages("lobby", 501, 510).await;
    client.silence(Duration::from_millis(30)).await;
}

async fn it_hands_over_while_others_speak_without_gap_or_repeat(kind: Kind) {
    let house = House::new(kind).await;
    house.owner.say_many("lobby", 2_000);
    let mut client = house.client("ada").await;
    let speaker = house.owner.clone();
    let speaking = tokio::spawn(async move {
        for number in 0..2_000 {
            speaker.say("lobby", "and another");
            if number % 20 == 0 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
    });
    let (_, recovered, next, _) = client.subscribed("lobby", after(1, 100)).await;
    assert_eq!((recovered, next), (true, 101));
    client.messages("lobby", 101, 4_000).await;
    speaking.await.unwrap();
    client.silence(Duration::from_millis(30)).await;
    let counters = house.gateway.counters();
    assert!(counters.handovers_total >= 1, "{counters:?}");
    assert!(counters.pages_total >= 1900 / 64, "{counters:?}");
}

async fn every_kind_of_beginning(kind: Kind) {
    let house = House::new(kind).await;
    house.owner.say_many("lobby", 20);
    let mut client = house.client("ada").await;
    let from = SubscribeFrom::Last(3);
    assert_eq!(client.subscribed("lobby", from).await, (1, true, 18, 20));
    client.messages("lobby", 18, 20).await;
    assert_eq!(client.subscribed("lobby", SubscribeFrom::Cursor).await, (1, true, 1, 20));
    client.messages("lobby", 1, 20).await;
    client.ack("lobby", 1, 15).await;
    assert_eq!(client.subscribed("lobby", SubscribeFrom::Cursor).await, (1, true, 16, 20));
    client.messages("lobby", 16, 20).await;
    assert_eq!(client.subscribed("lobby", after(1, 20)).await, (1, true, 21, 20));
    assert_eq!(client.subscribed("lobby", after(1, 21)).await, (1, false, 1, 20));
    client.messages("lobby", 1, 20).await;
    assert_eq!(client.subscribed("lobby", after(2, 3)).await, (1, false, 1, 20));
    client.messages("lobby", 1, 20).await;
    assert_eq!(house.gateway.counters().not_recovered_total, 2);
    assert_eq!(client.subscribed("new", SubscribeFrom::Start).await, (1, true, 1, 0));
    assert_eq!(house.gateway.counters().subscriptions, 2);
}

async fn a_position_that_is_ahead_of_this_gateway_is_recovered(kind: Kind) {
    let house = House::new(kind).await;
    let mut other = house.client("bob").await;
    other.subscribed("lobby", SubscribeFrom::Start).await;
    house.owner.lock().hold_delivers = true;
    house.owner.say_many("lobby", 5);
    let mut client = house.client("ada").await;
    assert_eq!(client.subscribed("lobby", after(1, 4)).await, (1, true, 5, 5));
    client.silence(Duration::from_millis(30)).await;
    assert_eq!(client.subscribed("lobby", after(1, 6)).await, (1, false, 1, 5));
}

async fn the_cursor_moves_on_acknowledgement_only_and_serves_any_connection(kind: Kind) {
    let house = House::new(kind).await;
    house.owner.say_many("lobby", 10);
    let mut client = house.client("ada").await;
    client.subscribed("lobby", SubscribeFrom::Cursor).await;
    client.messages("lobby", 1, 10).await;
    assert_eq!(house.owner.cursor("lobby", "ada"), 0);
    for seq in 1..=7 {
        client.ack("lobby", 1, seq).await;
    }
    house.wait_for("the cursor", |house| house.owner.cursor("lobby", "ada") == 7).await;
    let moves = house.owner.lock().heard.iter().filter(|heard| is_move(heard)).count();
    assert!(moves <= 3, "acknowledgements that come together go together: {moves}");
    client.ack("lobby", 1, 9).await;
    drop(client);
    house.wait_for("the last one", |house| house.owner.cursor("lobby", "ada") == 9).await;
    let mut again = house.client("ada").await;
    assert_eq!(again.subscribed("lobby", SubscribeFrom::Cursor).await, (1, true, 10, 10));
    again.messages("lobby", 10, 10).await;
}

fn is_move(heard: &link::ToOwner) -> bool {
    matches!(heard, link::ToOwner::MoveCursor { .. })
}

async fn who_unsubscribes_hears_no_more_and_the_last_one_detaches(kind: Kind) {
    let house = House::new(kind).await;
    let mut ada = house.client("ada").await;
    let mut bob = house.client("bob").await;
    ada.subscribed("lobby", SubscribeFrom::Start).await;
    bob.subscribed("lobby", SubscribeFrom::Start).await;
    assert_eq!(house.owner.attached(), 1);
    ada.tell(Command::Unsubscribe { reference: Some(3), conversation: conv("lobby") }).await;
    let unsubscribed = Frame::Unsubscribed { reference: Some(3), conversation: conv("lobby") };
    assert_eq!(ada.frame().await, unsubscribed);
    house.owner.say("lobby", "for bob");
    bob.messages("lobby", 1, 1).await;
    ada.silence(Duration::from_millis(30)).await;
    drop(bob);
    house.wait_for("detached", |house| house.owner.attached() == 0).await;
    ada.tell(Command::Unsubscribe { reference: Some(3), conversation: conv("lobby") }).await;
    assert_eq!(ada.frame().await, unsubscribed, "harmless");
    assert_eq!(ada.subscribed("lobby", after(1, 0)).await, (1, true, 1, 1));
    ada.messages("lobby", 1, 1).await;
}

async fn many_listeners_share_one_attachment_and_one_ring(kind: Kind) {
    let house = House::new(kind).await;
    let mut clients = Vec::new();
    for _ in 0..50 {
        let mut client = house.client("ada").await;
        client.subscribed("lobby", SubscribeFrom::Start).await;
        clients.push(client);
    }
    house.owner.say_many("lobby", 100);
    for client in &mut clients {
        client.messages("lobby", 1, 100).await;
    }
    let counters = house.gateway.counters();
    assert_eq!((counters.conversations, counters.subscriptions), (1, 50));
    assert_eq!(
        (counters.delivered_total, counters.ring_frames, counters.pages_total),
        (100, 100, 0)
    );
}

async fn what_the_owner_refuses_is_asked_again(kind: Kind) {
    let house = House::new(kind).await;
    house.owner.say_many("lobby", 3);
    house.owner.lock().refusals = 4;
    let mut client = house.client("ada").await;
    client.subscribed("lobby", SubscribeFrom::Cursor).await;
    client.messages("lobby", 1, 3).await;
    assert_eq!(house.owner.lock().refusals, 0);
}

over_each_transport!(
    from_the_start_through_history_into_what_is_said_now,
    it_hands_over_while_others_speak_without_gap_or_repeat,
    every_kind_of_beginning,
    a_position_that_is_ahead_of_this_gateway_is_recovered,
    the_cursor_moves_on_acknowledgement_only_and_serves_any_connection,
    who_unsubscribes_hears_no_more_and_the_last_one_detaches,
    many_listeners_share_one_attachment_and_one_ring,
    what_the_owner_refuses_is_asked_again,
);

#[cfg(feature = "mutants")]
#[tokio::test]
async fn released_early_leaves_a_gap() {
    let mutant = Some(model::Mutant::ReleasedEarly);
    let options = gateway::Options { mutant, ..gateway::Options::default() };
    let house = House::with(Kind::InProcess, options).await;
    house.owner.say_many("lobby", 5);
    let mut client = house.client("ada").await;
    assert_eq!(client.subscribed("lobby", SubscribeFrom::Start).await, (1, true, 1, 5));
    house.owner.say("lobby", "live");
    client.messages("lobby", 6, 6).await;
}
