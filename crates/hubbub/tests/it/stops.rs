//! A graceful stop: told to everyone, quick, and nothing forgotten.

use std::time::{Duration, Instant};

use model::Seq;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use wire::SubscribeFrom;

use crate::house::{House, SMALL, address};
use crate::line::Line;
use crate::notes::judge;
use crate::user::{User, name};

/// A stop takes no longer.
const SOON: Duration = Duration::from_secs(5);

/// Both signals, one after the other: clients are told, cursors are exact, the lock is free.
#[tokio::test]
async fn asked_to_stop_it_says_goodbye_and_forgets_no_cursor() {
    let folder = tempfile::tempdir().unwrap();
    let mut house = House::serve(folder.path(), address(), SMALL).await;
    let tea = name("tea");
    let mut ann = User::new("ann", 1, &[house.at()]);
    let mut at = Seq(0);
    for (round, signal) in ["TERM", "INT"].into_iter().enumerate() {
        let mut ben = User::new("ben", 10 + round as u64, &[house.at()]);
        let begun = ben.follow(&tea, SubscribeFrom::Cursor).await;
        assert!(begun.recovered);
        assert_eq!(begun.next, at.next(), "the cursor is exactly where it was acknowledged");
        let said = ann.say(&tea, (0..50).map(|n| format!("{round}: {n}"))).await;
        ben.hear(&tea, said[49]).await;
        at = said[36];
        ben.acknowledge(&tea, at).await;

        let began = Instant::now();
        house.signal(signal);
        assert_eq!(house.ended(SOON).await, Some(0), "{}", house.err());
        assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
        for (user, closes) in [(&mut ann, round + 1), (&mut ben, 1)] {
            user.until("an end", |user| user.notes.closes().len() >= closes).await;
            let why = user.notes.closes();
            let told = why[closes - 1].starts_with("closed by the server: 1001");
            assert!(told, "{signal}: {why:?}");
        }
        drop(ben);
        house = House::serve(folder.path(), house.at(), SMALL).await;
    }
    let mut ben = User::new("ben", 20, &[house.at()]);
    let begun = ben.follow(&tea, SubscribeFrom::Cursor).await;
    assert_eq!(begun.next, at.next());
    assert_eq!(house.metric("journal_cut_tails_total").await, 0);
}

#[tokio::test]
async fn what_is_said_while_it_stops_is_answered_or_said_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut house = House::serve(folder.path(), address(), SMALL).await;
    let (at, tea) = (house.at(), name("tea"));
    let talk = |instance: u64| {
        let (mut user, tea) = (User::new("ann", instance, &[at]), tea.clone());
        tokio::spawn(async move {
            // In which order, the judge knows: one that was refused may come after what followed it.
            user.say(&tea, (0..1_500).map(|n| format!("{instance}: {n}"))).await;
            user.leave().await
        })
    };
    let talking = [talk(1), talk(2)];
    while house.metric("hub_sequenced_total").await < 500 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let began = Instant::now();
    house.signal("TERM");
    assert_eq!(house.ended(SOON).await, Some(0), "{}", house.err());
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    let house = House::serve(folder.path(), at, SMALL).await;
    let mut histories = Vec::new();
    for talking in talking {
        histories.push(talking.await.unwrap());
    }
    let mut sweep = User::last_reader(3, house.at());
    assert_eq!(sweep.read(&tea).await.head, Seq(3_000));
    histories.push(sweep.leave().await);
    let report = judge(&histories);
    assert!(report.is_green(), "{report}");
    assert_eq!(report.counts.problems.keys().find(|code| *code != "busy"), None, "{report}");
}

/// Someone who says nothing, someone who says half a request, and someone who does not read.
#[tokio::test]
async fn nobody_can_keep_it_from_stopping() {
    let folder = tempfile::tempdir().unwrap();
    let mut house = House::serve(folder.path(), address(), SMALL).await;
    let silent = TcpStream::connect(house.at()).await.unwrap();
    let mut half = TcpStream::connect(house.at()).await.unwrap();
    half.write_all(b"GET /metrics HTTP/1.1\r\nHo").await.unwrap();
    let tea = name("tea");
    let mut deaf = Line::open(house.at(), "eve", 3).await;
    deaf.subscribe(&tea, SubscribeFrom::Start).await;
    let mut ann = User::new("ann", 1, &[house.at()]);
    let body = "x".repeat(8_000);
    ann.say(&tea, (0..1_500).map(|_| body.clone())).await;
    house.signal("TERM");
    assert_eq!(house.ended(SOON * 2).await, Some(0), "{}", house.err());
    drop((silent, half, deaf));
    let house = House::serve(folder.path(), house.at(), SMALL).await;
    assert_eq!(ann.read(&tea).await.head, Seq(1_500));
    drop(house);
}

#[tokio::test]
async fn a_role_stops_alone_and_the_other_stays() {
    let folder = tempfile::tempdir().unwrap();
    let line = format!("serve --role owner --link meet.sock --listen 127.0.0.1:0 {SMALL}");
    let mut owner = House::start(folder.path(), "owner", &line).await;
    let line = "serve --role gateway --link meet.sock --listen 127.0.0.1:0";
    let mut one = House::start(folder.path(), "one", line).await;
    let mut two = House::start(folder.path(), "two", line).await;
    let tea = name("tea");
    let mut ann = User::new("ann", 1, &[one.at(), two.at()]);
    let mut ben = User::new("ben", 2, &[one.at(), two.at()]);
    ben.follow(&tea, SubscribeFrom::Start).await;
    ann.say(&tea, (0..10).map(|n| n.to_string())).await;
    // The gateway goes: its clients come to the other one, and go on.
    one.signal("TERM");
    assert_eq!(one.ended(SOON).await, Some(0), "{}", one.err());
    let said = ann.say(&tea, (0..10).map(|n| n.to_string())).await;
    ben.hear(&tea, said[9]).await;
    let closes = [ann.notes.closes(), ben.notes.closes()].concat();
    assert!(closes.iter().all(|why| why.starts_with("closed by the server: 1001")), "{closes:?}");
    // The owner goes: its gateway and the sockets of clients stay.
    let before = [ann.welcomes, ben.welcomes];
    owner.signal("TERM");
    assert_eq!(owner.ended(SOON).await, Some(0), "{}", owner.err());
    let line = format!("serve --role owner --link meet.sock --listen 127.0.0.1:0 {SMALL}");
    let _owner = House::start(folder.path(), "owner", &line).await;
    let said = ann.say(&tea, (0..10).map(|n| n.to_string())).await;
    ben.hear(&tea, said[9]).await;
    assert_eq!([ann.welcomes, ben.welcomes], before, "nobody had to connect again");
    let heard: Vec<u64> = ben.heard[&tea].iter().map(|message| message.seq.0).collect();
    assert_eq!(heard, (1..=30).collect::<Vec<_>>());
    // A gateway without an owner stops, too.
    drop(_owner);
    two.signal("TERM");
    assert_eq!(two.ended(SOON).await, Some(0), "{}", two.err());
}
