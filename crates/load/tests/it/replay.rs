//! Real conversations against the naive server, to the end and stopped in the middle.

use std::time::{Duration, Instant};

use load::ReplayArgs;

use crate::naive::{self, Broken};

#[tokio::test]
async fn a_conversation_is_said_to_the_end_and_heard() {
    let url = naive::serve(Broken::Nothing).await;
    let fast = ReplayArgs {
        speed: 1_000_000,
        conversations: Some(4),
        bots_max: 4,
        quiet: true,
        ..ReplayArgs::new(url)
    };
    let replayed = load::replay(fast, std::future::pending()).await.unwrap();
    assert_eq!(replayed.conversations, 4);
    assert!(replayed.said >= 4 * 8, "{replayed}");
    assert_eq!(replayed.said, replayed.acknowledged, "{replayed}");
    // Nobody waits until the last of it was heard: what is told is what came.
    assert!(replayed.heard > 0, "{replayed}");
}

#[tokio::test]
async fn groups_are_said_at_a_rate() {
    let url = naive::serve(Broken::Nothing).await;
    let groups = ReplayArgs {
        rate: Some(5_000),
        groups: true,
        conversations: Some(2),
        bots_max: 16,
        quiet: true,
        ..ReplayArgs::new(url)
    };
    let replayed = load::replay(groups, std::future::pending()).await.unwrap();
    assert_eq!(replayed.conversations, 2);
    assert!(replayed.said >= 8 * 8, "four conversations of eight messages each: {replayed}");
    assert_eq!(replayed.said, replayed.acknowledged, "{replayed}");
}

#[tokio::test]
async fn told_to_stop_it_brings_through_what_it_said() {
    let url = naive::serve(Broken::Nothing).await;
    let endless = ReplayArgs { repeat: true, bots_max: 8, quiet: true, ..ReplayArgs::new(url) };
    let started = Instant::now();
    let stop = tokio::time::sleep(Duration::from_millis(700));
    let replayed = load::replay(endless, stop).await.unwrap();
    assert!(started.elapsed() < Duration::from_secs(5));
    assert!(replayed.said > 0, "{replayed}");
    assert_eq!(replayed.said, replayed.acknowledged, "{replayed}");
}

#[tokio::test]
async fn a_url_that_is_none_is_named() {
    let why = load::replay(ReplayArgs::new("http://127.0.0.1:1"), std::future::pending()).await;
    assert!(why.unwrap_err().to_string().contains("http://127.0.0.1:1"));
}
