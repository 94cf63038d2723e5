//! Many clients, rooms, cuts and re-subscriptions at once; whatever the order, what each client is
//! sent is dense.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::StreamExt as _;
use gateway::Options;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use wire::{Command, Frame, SubscribeFrom, decode_frame};

use crate::support::client::{Client, after};
use crate::support::{House, Kind, conv, over_each_transport};

const ROOMS: [&str; 4] = ["a", "b", "c", "d"];
const PER_ROOM: u64 = 1_500;

/// A small linear congruential generator: runs differ by their seed only.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// Follows all rooms, leaves and comes back at random, until it has everything.
async fn follow(mut client: Client, mut dice: Dice) {
    let mut have: BTreeMap<String, u64> = BTreeMap::new();
    let mut following: BTreeMap<String, bool> = BTreeMap::new();
    let mut leaving = BTreeSet::new();
    for room in ROOMS {
        have.insert(room.to_owned(), 0);
        client.subscribe(room, SubscribeFrom::Start).await;
    }
    while have.values().any(|&seq| seq < PER_ROOM) || following.values().any(|is| !is) {
        let message = timeout(Duration::from_secs(20), client.ws.next()).await;
        let Message::Text(text) = message.expect("something comes").unwrap().unwrap() else {
            panic!("no text")
        };
        match decode_frame(&text).unwrap() {
            Frame::Subscribed { conversation, recovered, next, .. } => {
                assert!(recovered);
                assert_eq!(next.0, have[conversation.as_str()] + 1);
                following.insert(conversation.as_str().to_owned(), true);
            }
            Frame::Message { message, .. } => {
                let room = message.conversation.as_str();
                assert!(following[room], "nothing comes of what is not followed");
                let had = have.get_mut(room).unwrap();
                assert_eq!(message.seq.0, *had + 1, "{room}");
                *had = message.seq.0;
                if leaving.contains(room) {
                    continue;
                }
                if dice.roll(400) == 0 {
                    let reference = None;
                    leaving.insert(room.to_owned());
                    client.tell(Command::Unsubscribe { reference, conversation: conv(room) }).await;
                } else if dice.roll(10) == 0 {
                    client.ack(room, 1, message.seq.0).await;
                }
                if dice.roll(300) == 0 {
                    tokio::time::sleep(Duration::from_millis(30)).await;
                }
            }
            Frame::Unsubscribed { conversation, .. } => {
                let room = conversation.as_str();
                leaving.remove(room);
                following.insert(room.to_owned(), false);
                client.subscribe(room, after(1, have[room])).await;
            }
            other => panic!("{other:?}"),
        }
    }
}

async fn clients_that_come_and_go_under_cuts_get_everything_once(kind: Kind) {
    let options = Options { ring_bytes_max: 100_000, pages_max: 3, ..Options::default() };
    let house = House::with(kind, options).await;
    let mut dice = Dice(42);
    let mut clients = Vec::new();
    for seed in 0..8 {
        let client = house.client(&format!("user-{seed}")).await;
        clients.push(tokio::spawn(follow(client, Dice(seed))));
    }
    for said in 0..PER_ROOM {
        for room in ROOMS {
            house.owner.say(room, "something");
        }
        if dice.roll(150) == 0 {
            house.owner.cut();
        }
        if said % 20 == 0 {
            tokio::time::sleep(Duration::from_millis(4)).await;
        }
    }
    for client in clients {
        client.await.unwrap();
    }
    let counters = house.gateway.counters();
    assert!(counters.link_losses_total > 0, "{counters:?}");
    assert_eq!(counters.not_recovered_total, 0, "{counters:?}");
    house.wait_for("all to leave", |house| house.gateway.counters().subscriptions == 0).await;
    let counters = house.gateway.counters();
    assert_eq!((counters.conversations, counters.ring_bytes, counters.ring_frames), (0, 0, 0));
}

over_each_transport!(clients_that_come_and_go_under_cuts_get_everything_once);
