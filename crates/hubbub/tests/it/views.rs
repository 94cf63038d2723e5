//! Views are deletable: remove them, start again, and the same answers come.

use std::fs;
use std::path::Path;

use model::{ConversationId, Seq};
use wire::{Code, Frame, SubscribeFrom};

use crate::house::{House, SMALL, address};
use crate::line::Line;
use crate::user::{Begun, User, Whole, name};

/// Of each conversation.
const MESSAGES: usize = 250;

/// A room, and how far ben has acknowledged it.
type Rooms = [(ConversationId, Seq); 3];

/// What clients are told.
#[derive(Debug, PartialEq, Eq)]
struct Answers {
    pages: Vec<Whole>,
    begun: Vec<Begun>,
    unread: Vec<u64>,
    again: Vec<Frame>,
}

fn delete_views(folder: &Path) {
    fs::remove_dir_all(folder.join("data/views")).unwrap();
}

/// Asks everything that views know. `line` has said messages 1 to 3 in each room, in this order.
async fn ask(ben: &mut User, line: &mut Line, rooms: &Rooms) -> Answers {
    let mut answers =
        Answers { pages: Vec::new(), begun: Vec::new(), unread: Vec::new(), again: Vec::new() };
    let mut counter = 0;
    for (room, _) in rooms {
        let whole = ben.read(room).await;
        let begun = ben.follow(room, SubscribeFrom::Cursor).await;
        ben.handle.unsubscribe(room.clone()).await.unwrap();
        // Unread = a subtraction of ordinals: the last one's, and that of the last acknowledged.
        let ordinal = |seq: Seq| {
            let index = usize::try_from(seq.0).unwrap().checked_sub(1);
            index.map_or(0, |index| whole.messages[index].ordinal.0)
        };
        answers.unread.push(ordinal(whole.head) - ordinal(Seq(begun.next.0 - 1)));
        answers.pages.push(whole);
        answers.begun.push(begun);
        for body in ["first", "another body"] {
            answers.again.push(line.send(counter + 1, room, body).await);
        }
        counter += 3;
    }
    answers
}

#[tokio::test]
async fn without_its_views_it_gives_the_same_answers() {
    let folder = tempfile::tempdir().unwrap();
    let mut house = House::serve(folder.path(), address(), SMALL).await;
    let acknowledged = [0, 77, 250];
    let rooms = ["tea", "milk", "salt"].map(name);
    let rooms: Rooms = std::array::from_fn(|at| (rooms[at].clone(), Seq(acknowledged[at])));
    let mut line = Line::open(house.at(), "eve", 9).await;
    let mut ann = User::new("ann", 1, &[house.at()]);
    let mut ben = User::new("ben", 2, &[house.at()]);
    let mut counter = 0;
    for (room, acknowledged) in &rooms {
        for body in ["first", "second", "third"] {
            counter += 1;
            let sent = line.send(counter, room, body).await;
            assert!(matches!(sent, Frame::Sent { duplicate: false, .. }), "{sent:?}");
        }
        let said = ann.say(room, (3..MESSAGES).map(|n| format!("{room} {n}"))).await;
        ben.follow(room, SubscribeFrom::Start).await;
        ben.hear(room, *said.last().unwrap()).await;
        if acknowledged.0 > 0 {
            ben.acknowledge(room, *acknowledged).await;
        }
        ben.handle.unsubscribe(room.clone()).await.unwrap();
    }
    let before = ask(&mut ben, &mut line, &rooms).await;
    assert_eq!(before.unread, acknowledged.map(|at| MESSAGES as u64 - at));
    for pair in before.again.chunks(2) {
        assert!(matches!(pair[0], Frame::Sent { duplicate: true, .. }), "{pair:?}");
        let Frame::Problem(problem) = &pair[1] else { panic!("{pair:?}") };
        assert_eq!(problem.code, Code::IdempotencyConflict);
    }
    house.stop().await;
    delete_views(folder.path());
    let house = House::serve(folder.path(), house.at(), SMALL).await;
    let mut line = Line::open(house.at(), "eve", 9).await;
    assert_eq!(ask(&mut ben, &mut line, &rooms).await, before);
    let went = ann.say(&rooms[0].0, ["after".to_owned()]).await;
    assert_eq!(went, [Seq(MESSAGES as u64 + 1)]);
}

/// What no longer reads is no view: it is dropped, said so, and made anew.
#[tokio::test]
async fn views_of_garbage_are_made_anew_and_it_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let mut house = House::serve(folder.path(), address(), SMALL).await;
    let tea = name("tea");
    let mut ann = User::new("ann", 1, &[house.at()]);
    ann.say(&tea, (0..300).map(|n| format!("{n} {}", "x".repeat(500)))).await;
    let whole = ann.read(&tea).await;
    house.stop().await;
    let views = folder.path().join("data/views");
    assert!(!views.join("tables/tables.sqlite-wal").exists(), "a stop folds the log into the file");
    for (file, view) in [("history/version", "history"), ("tables/tables.sqlite", "tables")] {
        let path = views.join(file);
        let length = fs::metadata(&path).unwrap().len();
        fs::write(&path, vec![0xa5; usize::try_from(length).unwrap()]).unwrap();
        let mut house = House::serve(folder.path(), house.at(), SMALL).await;
        let log = house.err();
        let told = log.lines().any(|line| line.contains("WARN") && line.contains(view));
        assert!(told, "{view}: {log}");
        assert_eq!(ann.read(&tea).await, whole);
        house.stop().await;
    }
}

/// A cursor may be as old as what a kill took: behind, and never ahead.
#[tokio::test]
async fn a_kill_and_a_deletion_together_put_a_cursor_back_and_never_ahead() {
    let folder = tempfile::tempdir().unwrap();
    let mut house = House::serve(folder.path(), address(), SMALL).await;
    let tea = name("tea");
    let mut ann = User::new("ann", 1, &[house.at()]);
    let mut ben = User::new("ben", 2, &[house.at()]);
    ann.say(&tea, (0..100).map(|n| n.to_string())).await;
    ben.follow(&tea, SubscribeFrom::Start).await;
    ben.hear(&tea, Seq(100)).await;
    ben.acknowledge(&tea, Seq(20)).await;
    house.stop().await;
    let mut house = House::serve(folder.path(), house.at(), SMALL).await;
    ben.until("it comes back", |user| user.begun.len() == 2).await;
    ben.acknowledge(&tea, Seq(60)).await;
    house.kill();
    delete_views(folder.path());
    let house = House::serve(folder.path(), house.at(), SMALL).await;
    let mut ben = User::new("ben", 3, &[house.at()]);
    let begun = ben.follow(&tea, SubscribeFrom::Cursor).await;
    assert!(begun.recovered && begun.epoch.0 == 1, "{begun:?}");
    assert!((21..=61).contains(&begun.next.0), "what was flushed at the stop is there: {begun:?}");
    assert_eq!(ben.read(&tea).await.messages.len(), 100);
    drop(house);
}
