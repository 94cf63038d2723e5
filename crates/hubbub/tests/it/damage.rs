//! A segment whose bytes rotted: named, walked around, answered with a new epoch, once.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use model::{ConversationId, Epoch, PartitionId, Seq, TenantId};

use crate::house::{House, SMALL, address};
use crate::user::{User, Whole, after, name};

/// Conversations, each in a partition of its own.
const CONVERSATIONS: usize = 16;

/// What is said at a time in one of them: about one batch.
const BURST: usize = 20;

/// How often each has its turn.
const ROUNDS: usize = 8;

/// Where bytes are flipped: segment, and place in it.
const ROT: [(&str, usize); 2] = [("00000002.seg", 262_144), ("00000003.seg", 174_080)];

/// Bytes that are flipped at each place.
const ROTTEN_BYTES: usize = 64;

type All = BTreeMap<ConversationId, Whole>;

/// The first names whose partitions differ: what happens to one has nothing to do with the others.
fn conversations() -> Vec<ConversationId> {
    let mut taken = BTreeSet::new();
    (0..)
        .map(|number| name(&format!("room-{number}")))
        .filter(|room| taken.insert(PartitionId::of(TenantId::DEFAULT, room).get()))
        .take(CONVERSATIONS)
        .collect()
}

async fn read_all(user: &mut User, rooms: &[ConversationId]) -> All {
    let mut all = All::new();
    for room in rooms {
        let whole = user.read(room).await;
        all.insert(room.clone(), whole);
    }
    all
}

/// Flips bytes in the middle of sealed segments.
fn rot(journal: &Path) {
    for (file, at) in ROT {
        let path = journal.join(file);
        let mut bytes = fs::read(&path).unwrap();
        for byte in &mut bytes[at..at + ROTTEN_BYTES] {
            *byte ^= 0xff;
        }
        fs::write(&path, bytes).unwrap();
    }
}

/// Whether this text names the file and a range that holds the place.
fn names_place(text: &str, (file, at): (&str, usize)) -> bool {
    let range = text.split_once("bytes ").and_then(|(_, rest)| rest.split([' ', ',']).next());
    let Some((from, to)) = range.and_then(|range| range.split_once("..")) else { return false };
    let (from, to): (usize, usize) = (from.parse().unwrap(), to.parse().unwrap());
    text.contains(file) && (from..to).contains(&at) && to - from < 100_000
}

/// Ready all the same; `/readyz` and standard error name both places.
async fn names_the_damage(house: &House) {
    let warnings = house.able().await;
    assert_eq!(house.metric("journal_damage").await, 2);
    let log = house.err();
    for place in ROT {
        assert!(warnings.iter().any(|warning| names_place(warning, place)), "{warnings:?}");
        let mut errors = log.lines().filter(|line| line.contains("ERROR"));
        assert!(errors.any(|line| names_place(line, place)), "{log}");
    }
}

/// Everything is there but what rotted. The rooms that were hit.
fn judge(before: &All, now: &All) -> Vec<ConversationId> {
    let mut hit = Vec::new();
    for (room, whole) in now {
        let old = &before[room];
        assert_eq!(whole.head, old.head, "{room} knows how far it was");
        let kept = &old.messages[usize::try_from(whole.first.0).unwrap() - 1..];
        assert_eq!(whole.messages, kept, "{room}: as it was");
        if whole.epoch == old.epoch {
            assert_eq!(whole.first, Seq(1), "{room} was not hit");
        } else {
            assert!(whole.epoch > old.epoch && whole.first > Seq(1), "{room} was hit");
            hit.push(room.clone());
        }
    }
    let others = now.len() - hit.len();
    assert!(!hit.is_empty() && others >= 4, "{hit:?} of {} rooms were hit", now.len());
    hit
}

#[tokio::test]
async fn a_damaged_segment_costs_what_stood_there_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let mut house = House::serve(folder.path(), address(), SMALL).await;
    let rooms = conversations();
    let mut ann = User::new("ann", 1, &[house.at()]);
    for round in 0..ROUNDS {
        for room in &rooms {
            let padding = "x".repeat(600);
            ann.say(room, (0..BURST).map(|n| format!("{round}.{n} {padding}"))).await;
        }
    }
    let before = read_all(&mut ann, &rooms).await;
    assert!(before.values().all(|whole| whole.epoch == Epoch(1)));
    house.stop().await;
    let journal = folder.path().join("data/journal");
    assert!(journal.join("00000005.seg").exists(), "the rotten ones are sealed");
    rot(&journal);
    fs::remove_dir_all(folder.path().join("data/views")).unwrap();

    let mut house = House::serve(folder.path(), house.at(), SMALL).await;
    names_the_damage(&house).await;
    let damaged = read_all(&mut ann, &rooms).await;
    let hit = judge(&before, &damaged);
    let mut ben = User::new("ben", 2, &[house.at()]);
    for (room, whole) in &damaged {
        let begun = ben.follow(room, after(Epoch(1), Seq(5))).await;
        assert_eq!(begun.epoch, whole.epoch);
        assert_eq!(begun.recovered, !hit.contains(room), "{room}");
        assert_eq!(begun.next, if begun.recovered { Seq(6) } else { whole.first }, "{room}");
        let said = ann.say(room, ["after".to_owned()]).await;
        assert_eq!(said, [whole.head.next()], "{room} goes on above all that was known");
        ben.hear(room, said[0]).await;
        let heard = ben.heard[room].iter().map(|message| message.seq.0);
        assert!(heard.eq(begun.next.0..=said[0].0), "{room} is heard without a gap");
    }
    let damaged = read_all(&mut ann, &rooms).await;
    house.stop().await;

    // The loss is answered once, however often it is met.
    let house = House::serve(folder.path(), house.at(), SMALL).await;
    names_the_damage(&house).await;
    assert_eq!(read_all(&mut ann, &rooms).await, damaged);
    let mut cat = User::new("cat", 3, &[house.at()]);
    for (room, whole) in &damaged {
        let begun = cat.follow(room, after(whole.epoch, whole.head)).await;
        assert!(begun.recovered && begun.epoch == whole.epoch, "{room}: {begun:?}");
    }
}
