//! The owner is killed in mid-traffic: what was acknowledged is there, in order, once, and clients
//! go on by themselves. Judged twice: by what users were told, and by the checker.

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use model::{ConversationId, Seq};
use tokio::task::JoinHandle;
use wire::SubscribeFrom;

use crate::house::{House, PATIENCE, SMALL, address};
use crate::notes::{Notes, judge};
use crate::user::{Begun, User, name};

/// What each speaker says in each life of the owner and after it.
const A_LIFE: usize = 400;

/// How often it is killed.
const KILLS: usize = 3;

/// Cursors are journaled every 5 s; a little later all are.
const CURSORS_ARE_SAFE: Duration = Duration::from_millis(5_500);

/// Says all it has to say, whatever happens.
fn speak(instance: u64, room: &ConversationId, gateways: &[SocketAddr]) -> JoinHandle<Notes> {
    let mut user = User::new(&format!("speaker-{instance}"), instance, gateways);
    let room = room.clone();
    tokio::spawn(async move {
        for life in 0..=KILLS {
            let said = user.say(&room, (0..A_LIFE).map(|n| format!("{life}: {n}"))).await;
            assert!(said.is_sorted(), "in the order they were said");
        }
        user.leave().await
    })
}

/// Waits until it is in the middle of its work.
async fn busy(owner: &House) {
    let until = Instant::now() + PATIENCE;
    while owner.metric("hub_sequenced_total").await < 150 {
        assert!(Instant::now() < until, "nothing is said");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// Everyone has said all; a last reading, and the verdict.
async fn verdict(
    mut speakers: Vec<JoinHandle<Notes>>,
    listener: User,
    rooms: &[ConversationId],
    door: SocketAddr,
) {
    let mut histories = Vec::new();
    let all = (speakers.len() * A_LIFE * (KILLS + 1)) as u64;
    for speaker in speakers.drain(..) {
        histories.push(speaker.await.unwrap());
    }
    let mut sweep = User::last_reader(99, door);
    let (mut listener, mut there) = (listener, 0);
    for room in rooms {
        let whole = sweep.read(room).await;
        there += whole.head.0;
        listener.hear(room, whole.head).await;
        assert_eq!(listener.heard[room], whole.messages, "each once, in order, from the start");
    }
    assert_eq!(there, all, "nothing is lost, nothing is doubled");
    histories.extend([listener.leave().await, sweep.leave().await]);
    let report = judge(&histories);
    assert!(report.is_green(), "{report}");
    assert_eq!(report.counts.acknowledged, all, "{report}");
}

#[tokio::test]
async fn one_process_is_killed_again_and_again_and_nothing_acknowledged_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let mut house = House::serve(folder.path(), address(), SMALL).await;
    let at = house.at();
    let rooms = ["tea", "milk"].map(name);
    let mut ben = User::new("ben", 50, &[at]);
    for room in &rooms {
        ben.follow(room, SubscribeFrom::Start).await;
    }
    let speakers = (1..=4).map(|n| speak(n, &rooms[usize::from(n > 2)], &[at])).collect();
    for _ in 0..KILLS {
        busy(&house).await;
        house.kill();
        house = House::serve(folder.path(), at, SMALL).await;
        assert_eq!(house.metric("journal_damage").await, 0);
    }
    verdict(speakers, ben, &rooms, at).await;
}

async fn owner(folder: &Path) -> House {
    let line = format!("serve --role owner --link meet.sock --listen 127.0.0.1:0 {SMALL}");
    House::start(folder, "owner", &line).await
}

/// Where a new connection of ben's begins; asked until it is there, as what another gateway has just
/// been told is on its way.
async fn begins_at(user: &str, instance: u64, door: SocketAddr, goal: Seq) -> Begun {
    let until = Instant::now() + PATIENCE;
    let tea = name("tea");
    let mut user = User::new(user, instance, &[door]);
    loop {
        let begun = user.follow(&tea, SubscribeFrom::Cursor).await;
        assert!(begun.next <= goal.next(), "ahead of what was acknowledged: {begun:?}");
        if begun.next == goal.next() {
            user.leave().await;
            return begun;
        }
        assert!(Instant::now() < until, "the cursor stays behind: {begun:?}");
        user.handle.unsubscribe(tea.clone()).await.unwrap();
    }
}

#[tokio::test]
async fn two_gateways_outlive_their_owner_and_their_clients_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut owner_now = owner(folder.path()).await;
    let line = "serve --role gateway --link meet.sock --listen 127.0.0.1:0";
    let one = House::start(folder.path(), "one", line).await;
    let two = House::start(folder.path(), "two", line).await;
    let rooms = ["milk", "salt"].map(name);
    let mut ben = User::new("ben", 50, &[one.at()]);
    for room in &rooms {
        ben.follow(room, SubscribeFrom::Start).await;
    }
    let doors = [one.at(), two.at()];
    let speakers =
        (0..4).map(|n| speak(n + 1, &rooms[usize::from(n > 1)], &[doors[usize::from(n % 2 == 1)]]));
    let speakers = speakers.collect();
    for _ in 0..KILLS {
        busy(&owner_now).await;
        owner_now.kill();
        owner_now = owner(folder.path()).await;
        assert_eq!(owner_now.metric("journal_damage").await, 0);
    }
    verdict(speakers, ben, &rooms, two.at()).await;
    for gateway in [&one, &two] {
        assert_eq!(gateway.metric("gateway_link_losses_total").await, KILLS as u64);
    }
    // Three speakers at most ever came to a gateway, and a listener or the last reader.
    assert_eq!(one.metric("gateway_connections_total").await, 3, "nobody had to come back");
    assert_eq!(two.metric("gateway_connections_total").await, 3, "nobody had to come back");
}

#[tokio::test]
async fn a_cursor_moved_at_one_gateway_is_where_the_other_begins_also_after_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let mut owner_now = owner(folder.path()).await;
    let line = "serve --role gateway --link meet.sock --listen 127.0.0.1:0";
    let one = House::start(folder.path(), "one", line).await;
    let two = House::start(folder.path(), "two", line).await;
    let tea = name("tea");
    let mut ann = User::new("ann", 1, &[two.at()]);
    ann.say(&tea, (0..100).map(|n| n.to_string())).await;
    let mut ben = User::new("ben", 2, &[one.at()]);
    ben.follow(&tea, SubscribeFrom::Cursor).await;
    ben.hear(&tea, Seq(100)).await;
    ben.acknowledge(&tea, Seq(40)).await;
    let moved = Instant::now();
    let begun = begins_at("ben", 3, two.at(), Seq(40)).await;
    assert!(begun.recovered);
    // Another device of nobody's begins at the start.
    assert_eq!(begins_at("cat", 4, two.at(), Seq(0)).await.next, Seq(1));
    tokio::time::sleep(CURSORS_ARE_SAFE.saturating_sub(moved.elapsed())).await;
    // This one is too young to survive.
    ben.acknowledge(&tea, Seq(70)).await;
    owner_now.kill();
    drop(owner_now);
    let _owner = owner(folder.path()).await;
    let begun = begins_at("ben", 5, two.at(), Seq(40)).await;
    assert!(begun.recovered && begun.epoch.0 == 1, "{begun:?}");
    let mut ben = User::new("ben", 6, &[one.at()]);
    let begun = ben.follow(&tea, SubscribeFrom::Cursor).await;
    assert_eq!(begun.next, Seq(41));
    ben.hear(&tea, Seq(100)).await;
    assert_eq!(ben.heard[&tea].len(), 60, "what was not acknowledged for good comes again");
}
