//! A reader that does not read: the others do not notice, memory does not grow, and it loses nothing.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use model::Seq;
use wire::{Frame, SubscribeFrom};

use crate::house::{House, SMALL};
use crate::line::Line;
use crate::user::{User, name};

/// Messages that are sent meanwhile, and bytes of each: more than the buffers of a socket hold.
const MESSAGES: usize = 4_000;
const BODY_BYTES: usize = 4_000;

/// Bytes of the gateway's rings: less than one ring may have, a hundredth of what is sent.
const RING_BYTES: u64 = 128 * 1024;

/// The frame that has just come stands in the ring before the oldest go: it may be counted, too.
const FRAME_BYTES: u64 = BODY_BYTES as u64 + 500;

/// Who waits for the slow one waits until its write times out after 30 s. The others must be through
/// long before; how fast they are depends on the machine.
const FULL_SPEED: Duration = Duration::from_secs(15);

/// What the gateway may take beside its rings: sends in flight, pages, batches, and what the
/// allocator keeps of them. Half of what is sent; the buffers of a socket hold a quarter at most, so
/// all the rest would be held for the slow one.
const BESIDE_BYTES: u64 = (MESSAGES * BODY_BYTES / 2) as u64;

#[tokio::test]
async fn a_reader_that_does_not_read_slows_nobody_grows_nothing_and_catches_up_whole() {
    let folder = tempfile::tempdir().unwrap();
    let line = format!("serve --role owner --link meet.sock --listen 127.0.0.1:0 {SMALL}");
    let _owner = House::start(folder.path(), "owner", &line).await;
    let line = "serve --role gateway --link meet.sock --listen 127.0.0.1:0";
    let gateway =
        House::start(folder.path(), "gateway", &format!("{line} --ring-bytes {RING_BYTES}")).await;
    let tea = name("tea");
    let mut deaf = Line::open(gateway.at(), "eve", 9).await;
    deaf.subscribe(&tea, SubscribeFrom::Start).await;
    let mut ann = User::new("ann", 1, &[gateway.at()]);
    let mut ben = User::new("ben", 2, &[gateway.at()]);
    ben.follow(&tea, SubscribeFrom::Start).await;
    ann.say(&tea, ["first".to_owned()]).await;
    let before = gateway.resident_bytes();

    let began = Instant::now();
    let talking = tokio::spawn(async move {
        let (body, tea) = ("x".repeat(BODY_BYTES), name("tea"));
        ann.say(&tea, (1..MESSAGES).map(|n| format!("{n} {body}"))).await;
        ann
    });
    let listening = tokio::spawn(async move {
        ben.hear(&name("tea"), Seq(MESSAGES as u64)).await;
        ben
    });
    let (mut fullest, mut largest) = (0, 0);
    while !listening.is_finished() {
        fullest = fullest.max(gateway.metric("gateway_ring_bytes").await);
        largest = largest.max(gateway.resident_bytes());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let (ben, _ann) = (listening.await.unwrap(), talking.await.unwrap());
    let took = began.elapsed();
    assert!(took < FULL_SPEED, "{MESSAGES} messages took {took:?}");
    assert_eq!(ben.heard[&tea].len(), MESSAGES);
    assert!(fullest <= RING_BYTES + FRAME_BYTES, "{fullest} bytes in the rings");
    assert!(fullest > RING_BYTES / 2, "the rings are used: {fullest}");
    let grown = largest.saturating_sub(before);
    assert!(grown < RING_BYTES + BESIDE_BYTES, "it grew by {grown} bytes");
    assert_eq!(gateway.metric("gateway_slow_readers_total").await, 0, "it is still there");

    let begun = deaf.hear().await;
    assert!(matches!(begun, Frame::Subscribed { recovered: true, next: Seq(1), .. }), "{begun:?}");
    for (index, expected) in ben.heard[&tea].iter().enumerate() {
        let frame = deaf.hear().await;
        let Frame::Message { message, .. } = frame else { panic!("{index}: {frame:?}") };
        assert_eq!(message, *expected);
    }
    let ids: BTreeSet<_> = ben.heard[&tea].iter().map(|message| message.id).collect();
    assert_eq!(ids.len(), MESSAGES);
    assert!(gateway.metric("gateway_catch_ups_total").await >= 1, "it fell out of the ring");
}
