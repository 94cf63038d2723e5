//! Backup and restore by the real binary: while people talk, twice, killed, damaged, and what clients
//! that lived on are told.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use journal::{Journal, RealDisk};
use model::{BatchNo, ConversationId, RecordNo, Seq, Term, Wall};
use serde_json::Value;
use tokio::task::JoinHandle;
use tokio::time::sleep;
use wire::SubscribeFrom;

use crate::house::{Ended, House, SMALL, address, hubbub, run};
use crate::user::{User, after, name};

async fn ask(folder: &Path, line: &str) -> Ended {
    let mut command = hubbub(folder);
    command.args(line.split_whitespace());
    run(command, folder).await
}

/// `hubbub LINE --json`, which must go well.
async fn done(folder: &Path, line: &str) -> Value {
    let ended = ask(folder, &format!("{line} --json")).await;
    assert_eq!(ended.code, Some(0), "{line}: {}", ended.err);
    serde_json::from_str(&ended.out).expect("one JSON object")
}

/// Says one thing after another until there is a number to stop at; counts what has its place.
fn talk(mut user: User, room: &ConversationId, said: &Arc<AtomicU64>) -> JoinHandle<User> {
    let (room, said) = (room.clone(), Arc::clone(said));
    tokio::spawn(async move {
        for number in 0.. {
            if said.load(Ordering::SeqCst) == u64::MAX {
                break;
            }
            let seq = user.say(&room, [format!("{number} {}", "x".repeat(2000))]).await[0];
            said.fetch_max(seq.0, Ordering::SeqCst);
        }
        user
    })
}

async fn until_said(said: &AtomicU64, least: u64) {
    while said.load(Ordering::SeqCst) < least {
        sleep(Duration::from_millis(2)).await;
    }
}

#[tokio::test]
async fn what_was_acknowledged_before_a_backup_began_is_in_it_and_grows_with_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let mut house = House::serve(folder.path(), address(), SMALL).await;
    let tea = name("tea");
    let said = Arc::new(AtomicU64::new(0));
    let talking = talk(User::new("ann", 1, &[house.at()]), &tea, &said);
    let mut backups = Vec::new();
    // Segments of 512 KiB: some are sealed, and new ones begin, while it is copied.
    for least in [300, 600, 900] {
        until_said(&said, least).await;
        let before = said.load(Ordering::SeqCst);
        let backup = done(folder.path(), "backup --data data --to kept").await;
        let new = format!("again-{least}");
        done(folder.path(), &format!("restore --from kept --data {new}")).await;
        backups.push((before, new, backup));
    }
    said.store(u64::MAX, Ordering::SeqCst);
    let mut ann = talking.await.unwrap();
    let whole = ann.read(&tea).await;
    house.stop().await;
    for (before, new, backup) in &backups {
        let line = format!("serve --data {new} --listen 127.0.0.1:0 {SMALL}");
        let again = House::start(folder.path(), new, &line).await;
        assert!(again.able().await.is_empty(), "nothing is damaged");
        let mut reader = User::new("eve", 9, &[again.at()]);
        let there = reader.read(&tea).await;
        assert!(there.head >= Seq(*before), "{before} were acknowledged: {backup}");
        let prefix = usize::try_from(there.head.0).unwrap();
        assert_eq!(there.messages, whole.messages[..prefix], "as they were, and in their places");
        assert!(backup["records"].as_u64() >= Some(there.head.0), "{backup}");
    }
    let copied = |at: usize| backups[at].2["copied_bytes"].as_u64().unwrap();
    let bytes = |at: usize| backups[at].2["bytes"].as_u64().unwrap();
    assert_eq!(copied(2), bytes(2) - bytes(1), "only what was new: {backups:?}");
}

#[tokio::test]
async fn who_has_seen_more_than_the_backup_is_told_once_and_then_has_the_right_history() {
    let folder = tempfile::tempdir().unwrap();
    let mut house = House::serve(folder.path(), address(), SMALL).await;
    let at = house.at();
    let tea = name("tea");
    let mut ann = User::new("ann", 1, &[at]);
    let mut ben = User::new("ben", 2, &[at]);
    ann.say(&tea, (1..=20).map(|n| format!("kept {n}"))).await;
    done(folder.path(), "backup --to kept").await;
    ann.say(&tea, (1..=5).map(|n| format!("lost {n}"))).await;
    let old = ben.follow(&tea, SubscribeFrom::Start).await;
    ben.hear(&tea, Seq(25)).await;
    house.stop().await;
    let restored = done(folder.path(), "restore --from kept --data new").await;
    let line = format!("serve --data new --listen {at} {SMALL}");
    let mut house = House::start(folder.path(), "new", &line).await;
    // The session comes back by itself, with the position it had.
    ben.until("it comes back", |user| user.begun.len() == 2).await;
    let begun = ben.begun[1].clone();
    assert!(!begun.recovered && begun.next == Seq(1) && begun.head == Seq(20), "{begun:?}");
    assert_eq!(Some(u64::from(begun.epoch.0)), restored["epoch"].as_u64());
    assert!(begun.epoch > old.epoch);
    // The places are given again, to others, in another epoch; clients that lived on may speak.
    let said = ann.say(&tea, (1..=6).map(|n| format!("new {n}"))).await;
    assert_eq!(said, [21, 22, 23, 24, 25, 26].map(Seq));
    ben.until("the new ones are heard", |user| user.heard[&tea].len() == 25 + 26).await;
    assert_eq!(ben.heard[&tea][25..], ann.read(&tea).await.messages);
    // Not even a place that both lives have is taken for the same, nor after another start.
    house.stop().await;
    let house = House::start(folder.path(), "new", &line).await;
    for seq in [20, 25, 26] {
        let mut cat = User::new("cat", 100 + seq, &[house.at()]);
        let judged = cat.follow(&tea, after(old.epoch, Seq(seq))).await;
        assert!(!judged.recovered && judged.next == Seq(1), "{judged:?}");
        let mut dan = User::new("dan", 200 + seq, &[house.at()]);
        let judged = dan.follow(&tea, after(begun.epoch, Seq(seq))).await;
        assert!(judged.recovered && judged.next == Seq(seq + 1), "{judged:?}");
    }
}

/// Some ten megabytes of journal, without the server: what is in the batches does not matter here.
fn fill(journal: &Path, from: u64) {
    let start = journal::Start {
        now: Wall(5),
        term: Term(1),
        known: &[RecordNo(0); 256],
        known_batch: BatchNo(0),
        salt: &mut || from,
    };
    let disk = Arc::new(RealDisk::open(journal).unwrap());
    let small = journal::Options { segment_bytes: 1 << 20, ..journal::Options::default() };
    let options = journal::Options { batch_max_bytes: 1 << 19, ..small };
    let (mut journal, _) = Journal::open(disk, options, start).unwrap();
    for batch in 0..200_u64 {
        let messages: Vec<_> = (0..10).map(|n| message(from + batch * 10 + n)).collect();
        journal.append(&messages, Wall(6)).unwrap();
    }
}

fn message(number: u64) -> model::Fact {
    model::Fact::Message(model::Message {
        conversation: name("tea"),
        seq: Seq(number),
        ordinal: model::Ordinal(number),
        sender: "ann".parse().unwrap(),
        id: model::MessageId { instance: model::InstanceId(1), counter: number },
        content: model::Body::new(&"x".repeat(8000)).unwrap().into(),
        lamport: number,
        seen_seq: Seq(0),
        sent_at: Wall(5),
        received_at: Wall(0),
    })
}

#[tokio::test]
async fn a_backup_that_is_killed_leaves_the_one_before_and_the_next_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut house = House::serve(folder.path(), address(), SMALL).await;
    house.stop().await;
    let journal = folder.path().join("data/journal");
    fill(&journal, 1);
    let before = done(folder.path(), "backup --to kept").await;
    fill(&journal, 2001);
    let mut killed_in_the_middle = 0;
    for delay_ms in [1, 3, 6, 9, 12, 16, 20, 25, 30] {
        let mut command = hubbub(folder.path());
        command.args("backup --to kept".split_whitespace());
        let mut backup = House::spawn(command, folder.path(), "killed");
        sleep(Duration::from_millis(delay_ms)).await;
        backup.kill();
        let sound = done(folder.path(), "restore --from kept --check").await;
        if sound["batches"] != before["batches"] {
            assert_eq!(sound["batches"], 400, "all or nothing");
            break;
        }
        let begun = folder.path().join("kept/journal");
        let bytes: u64 = fs::read_dir(begun)
            .unwrap()
            .map(|entry| entry.unwrap().metadata().unwrap().len())
            .sum();
        killed_in_the_middle += usize::from(bytes > before["bytes"].as_u64().unwrap());
    }
    assert!(killed_in_the_middle > 0, "it was never killed while it copied");
    let after = done(folder.path(), "backup --to kept").await;
    assert_eq!(after["batches"], 400);
    let sound = done(folder.path(), "restore --from kept --data new").await;
    assert_eq!(sound["records"], after["records"]);
}

#[tokio::test]
async fn a_damaged_backup_is_refused_with_file_and_range() {
    let folder = tempfile::tempdir().unwrap();
    let mut house = House::serve(folder.path(), address(), SMALL).await;
    let mut ann = User::new("ann", 1, &[house.at()]);
    ann.say(&name("tea"), (0..50).map(|n| n.to_string())).await;
    house.stop().await;
    done(folder.path(), "backup --to kept").await;
    let path = folder.path().join("kept/journal/00000001.seg");
    let mut bytes = fs::read(&path).unwrap();
    bytes[5000] ^= 1;
    fs::write(&path, bytes).unwrap();
    for what in ["--check", "--data new"] {
        let ended = ask(folder.path(), &format!("restore --from kept {what}")).await;
        assert_eq!(ended.code, Some(74), "{what}");
        let named = ended.err.contains("00000001.seg: bytes ") && ended.err.contains("CRC");
        assert!(named, "{}", ended.err);
    }
    assert!(!folder.path().join("new").exists());
    fs::remove_file(&path).unwrap();
    let ended = ask(folder.path(), "backup --to kept").await;
    assert!(ended.code == Some(74) && ended.err.contains("00000001.seg"), "{ended:?}");
}

#[tokio::test]
async fn it_is_said_what_is_wrong_with_the_places() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("full/of")).unwrap();
    for (line, code, says) in [
        ("backup --data nothing --to kept", 74, "no data directory"),
        ("backup --data full", 64, "--to"),
        ("restore --from full --data new", 74, "no backup"),
        ("restore --from full", 64, "--check"),
        ("restore --from full --check --data new", 64, "cannot be used with"),
    ] {
        let ended = ask(folder.path(), line).await;
        assert_eq!(ended.code, Some(code), "{line}: {}", ended.err);
        assert!(ended.err.contains(says), "{line}: {}", ended.err);
    }
    let mut house = House::serve(folder.path(), address(), SMALL).await;
    let names = |dir: &str| fs::read_dir(folder.path().join(dir)).unwrap().count();
    let before = names("data");
    for (to, code) in [("data/kept", 64), ("full", 74), ("data/../data", 64)] {
        let ended = ask(folder.path(), &format!("backup --to {to}")).await;
        assert_eq!(ended.code, Some(code), "{to}: {}", ended.err);
    }
    assert_eq!((names("data"), names("full")), (before, 1));
    done(folder.path(), "backup --to kept").await;
    let ended = ask(folder.path(), "restore --from kept --data data").await;
    assert!(ended.code == Some(74) && ended.err.contains("not empty"), "{ended:?}");
    house.stop().await;
}
