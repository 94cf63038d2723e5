//! A slow reader slows nobody and grows nothing.

use std::time::Duration;

use gateway::{Options, RING_BYTES_MAX};
use wire::{Command, Frame, SubscribeFrom};

use crate::support::{House, Kind, over_each_transport};

const BODY: usize = 4096;

fn say_much(house: &House, count: usize) {
    let body = "x".repeat(BODY);
    for _ in 0..count {
        house.owner.say("lobby", &body);
    }
}

async fn a_reader_that_stops_slows_nobody_grows_nothing_and_catches_up(kind: Kind) {
    let house = House::new(kind).await;
    let mut slow = house.client("slow").await;
    let mut quick = house.client("quick").await;
    slow.subscribed("lobby", SubscribeFrom::Start).await;
    quick.subscribed("lobby", SubscribeFrom::Start).await;
    // 8 MiB: more than sockets hold.
    for round in 0..40_u64 {
        say_much(&house, 50);
        quick.messages("lobby", round * 50 + 1, round * 50 + 50).await;
    }
    let counters = house.gateway.counters();
    assert!(counters.ring_bytes <= RING_BYTES_MAX as u64, "{counters:?}");
    slow.messages("lobby", 1, 2_000).await;
    let counters = house.gateway.counters();
    assert!(counters.catch_ups_total >= 1, "{counters:?}");
    house.owner.say("lobby", "live again");
    slow.messages("lobby", 2_001, 2_001).await;
    quick.messages("lobby", 2_001, 2_001).await;
}

over_each_transport!(a_reader_that_stops_slows_nobody_grows_nothing_and_catches_up);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_does_not_read_at_all_is_dropped() {
    let options = Options { write_timeout: Duration::from_millis(300), ..Options::default() };
    let house = House::with(Kind::InProcess, options).await;
    let mut slow = house.client("slow").await;
    slow.subscribed("lobby", SubscribeFrom::Start).await;
    say_much(&house, 3_000);
    house.wait_for("the drop", |house| house.gateway.counters().slow_readers_total == 1).await;
    house.wait_for("its place", |house| house.gateway.counters().connections == 0).await;
    let mut again = house.client("slow").await;
    again.subscribed("lobby", SubscribeFrom::Start).await;
    again.messages("lobby", 1, 3_000).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_does_not_read_gives_its_page_back_to_others() {
    // One page for all: the slow one would hold it for as long as it does not read.
    let options = Options { pages_max: 1, ..Options::default() };
    let house = House::with(Kind::InProcess, options).await;
    say_much(&house, 3_000);
    let mut slow = house.client("slow").await;
    slow.subscribed("lobby", SubscribeFrom::Start).await;
    house.wait_for("pages", |house| house.gateway.counters().pages_total > 5).await;
    let mut quick = house.client("quick").await;
    quick.subscribed("lobby", SubscribeFrom::Start).await;
    quick.messages("lobby", 1, 3_000).await;
    slow.messages("lobby", 1, 3_000).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_bound_over_all_rings_holds_and_nobody_misses_anything() {
    let options = Options { ring_bytes_max: 20_000, ..Options::default() };
    let house = House::with(Kind::InProcess, options).await;
    let mut client = house.client("ada").await;
    let names = (0..10).map(|number| format!("room-{number}")).collect::<Vec<_>>();
    for name in &names {
        client.subscribed(name, SubscribeFrom::Start).await;
    }
    let mut next = vec![1_u64; names.len()];
    for _ in 0..20 {
        for name in &names {
            for _ in 0..5 {
                house.owner.say(name, &"y".repeat(1000));
            }
        }
    }
    for _ in 0..names.len() * 100 {
        let message = client.message().await;
        let room = names.iter().position(|name| name == message.conversation.as_str()).unwrap();
        assert_eq!(message.seq.0, next[room]);
        next[room] += 1;
    }
    assert!(house.gateway.counters().ring_bytes <= 20_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_listener_is_heard_while_it_is_written_to() {
    let house = House::new(Kind::InProcess).await;
    let mut client = house.client("ada").await;
    client.subscribed("lobby", SubscribeFrom::Start).await;
    let speaker = house.owner.clone();
    let speaking = tokio::spawn(async move {
        for _ in 0..200 {
            speaker.say_many("lobby", 20);
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
    for reference in 0..50 {
        client.tell(Command::Ping { reference: Some(reference) }).await;
    }
    let (mut pongs, mut messages) = (0, 0);
    while pongs < 50 || messages < 4_000 {
        match client.frame().await {
            Frame::Pong { reference: Some(reference) } if reference == pongs => pongs += 1,
            Frame::Message { message, .. } if message.seq.0 == messages + 1 => messages += 1,
            other => panic!("{other:?}"),
        }
    }
    speaking.await.unwrap();
}
