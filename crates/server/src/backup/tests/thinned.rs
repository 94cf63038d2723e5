//! Backups of a journal that is thinned before, between and while they are taken.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use journal::{Batch, BatchView, ThinError, Verdict};
use model::{Body, ConversationId, InstanceId, Message, MessageId, Ordinal, Seq, UserId};

use super::*;

fn message(number: u64) -> Fact {
    Fact::Message(Message {
        conversation: ConversationId::new(&format!("c{}", number % 7)).unwrap(),
        seq: Seq(number),
        ordinal: Ordinal(number),
        sender: UserId::new("ann").unwrap(),
        id: MessageId { instance: InstanceId(1), counter: number },
        content: Body::new(&format!("text {number} {}", "x".repeat(700))).unwrap().into(),
        lamport: number,
        seen_seq: Seq(0),
        sent_at: Wall(5),
        received_at: Wall(5),
    })
}

fn say(journal: &mut Journal, numbers: std::ops::Range<u64>) {
    for number in numbers {
        journal.append(&[message(number)], Wall(5)).unwrap();
    }
}

/// Drops all messages of a segment but those whose number is a multiple of this.
fn thin(journal: &Journal, segment: u64, keep: u64) {
    let durable = journal.reader().durable();
    let is_kept = |fact: &Fact| matches!(fact, Fact::Message(message) if message.id.counter.is_multiple_of(keep));
    let judge = |_: model::Offset, _, fact: &Fact| {
        if is_kept(fact) { Verdict::Keep } else { Verdict::Drop }
    };
    assert!(journal.thinner().thin(segment, durable, judge, |_| true).unwrap().written);
}

/// What is in the journal, but for new epochs.
fn said(journal: &Journal) -> Vec<BatchView> {
    let mut follower = journal.reader().follow(BatchNo(0));
    let batches = std::iter::from_fn(|| follower.next_batch().unwrap());
    let facts = batches.filter_map(|batch| match batch {
        Batch::Facts(view) => Some(view),
        Batch::Hole(_) => None,
    });
    facts.filter(|view| !matches!(view.facts[0].1, Fact::EpochStarted(_))).collect()
}

/// The backup is sound, counts right, and what is restored of it is this, with no damage.
fn holds(folder: &Folder, taken: &BackedUp, expected: &[BatchView]) {
    assert_eq!(taken.damage, [""; 0]);
    let checked = check(&folder.to, &mut |_| ()).unwrap();
    assert_eq!((checked.batches, checked.records), (taken.batches, taken.records));
    assert_eq!(taken.batches, expected.len() as u64);
    let fresh = tempfile::tempdir().unwrap();
    let new = fresh.path().join("new");
    let restored = restore(&folder.to, &new, &mut |_| ()).unwrap();
    assert_eq!(restored.damage, [""; 0]);
    let there = Folder { data: new, to: PathBuf::new(), _folder: fresh };
    let (journal, recovery) = there.journal();
    assert_eq!(recovery.damage, []);
    assert_eq!(said(&journal), expected);
}

/// Is this in any file of the backup?
fn is_in(folder: &Folder, text: &str) -> bool {
    let files = fs::read_dir(folder.to.join(JOURNAL)).unwrap();
    files.into_iter().any(|file| {
        let bytes = fs::read(file.unwrap().path()).unwrap();
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    })
}

#[test]
fn what_was_thinned_leaves_a_backup_that_is_continued() {
    let folder = Folder::new(1);
    let (mut journal, _) = folder.journal();
    say(&mut journal, 1..400);
    let first = folder.backup().unwrap();
    holds(&folder, &first, &said(&journal));
    assert!(is_in(&folder, "text 7 x"));
    let old = (folder.manifest(), fs::read(folder.to.join("journal/00000001.seg")).unwrap());
    thin(&journal, 1, 5);
    let second = folder.backup().unwrap();
    holds(&folder, &second, &said(&journal));
    assert!(
        !is_in(&folder, "text 7 x") && is_in(&folder, "text 5 x") && is_in(&folder, "text 101 x")
    );
    assert!(second.copied_bytes < 40_000 && second.batches < first.batches, "{second:?}");
    assert_eq!(folder.backup().unwrap().copied_bytes, 0);
    // Had it been killed before its manifest, the one before it would be sound.
    let manifest = folder.manifest();
    fs::write(folder.to.join("manifest.json"), &old.0).unwrap();
    fs::write(folder.to.join("journal/00000001.seg"), &old.1).unwrap();
    assert_eq!(check(&folder.to, &mut |_| ()).unwrap().batches, first.batches);
    fs::write(folder.to.join("manifest.json"), manifest).unwrap();
    // Thinned again, and what was open then, and sealed and thinned since.
    thin(&journal, 1, 50);
    let last = journal.thinner().sealed().len() as u64 + 1;
    say(&mut journal, 400..410);
    journal.seal(Wall(5)).unwrap();
    thin(&journal, last, 2);
    say(&mut journal, 410..420);
    let third = folder.backup().unwrap();
    holds(&folder, &third, &said(&journal));
    assert!(
        !is_in(&folder, "text 5 x")
            && !is_in(&folder, "text 399 x")
            && is_in(&folder, "text 408 x")
    );
}

#[test]
fn a_backup_is_not_continued_by_another_journal_that_was_thinned() {
    let folder = Folder::new(1);
    let (mut journal, _) = folder.journal();
    say(&mut journal, 1..100);
    folder.backup().unwrap();
    let before = folder.manifest();
    drop(journal);
    // Another one behind the same key; and an older state of this one that went its own way.
    let older = folder.data.with_file_name("older");
    fs::create_dir_all(older.join(JOURNAL)).unwrap();
    for (name, whole) in [("00000001.seg", true), ("00000002.seg", false)] {
        let bytes = fs::read(folder.data.join(JOURNAL).join(name)).unwrap();
        let end = if whole { bytes.len() } else { 20_000.min(bytes.len()) };
        fs::write(older.join(JOURNAL).join(name), &bytes[..end]).unwrap();
    }
    fs::copy(folder.data.join(META), older.join(META)).unwrap();
    let other = folder.data.with_file_name("other");
    fs::create_dir_all(&other).unwrap();
    fs::copy(folder.data.join(META), other.join(META)).unwrap();
    for data in [older, other] {
        let life = Folder { data, to: folder.to.clone(), _folder: tempfile::tempdir().unwrap() };
        let (mut journal, _) = life.journal();
        say(&mut journal, 500..600);
        journal.seal(Wall(5)).unwrap();
        for sealed in journal.thinner().sealed() {
            thin(&journal, sealed.number, 7);
        }
        let why = life.backup().unwrap_err().to_string();
        assert!(why.contains("no prefix of this journal"), "{why}");
        assert_eq!(folder.manifest(), before);
        check(&folder.to, &mut |_| ()).unwrap();
    }
}

#[test]
fn segments_that_were_deleted_at_the_front_leave_a_backup_that_is_continued() {
    let folder = Folder::new(1);
    let (mut journal, _) = folder.journal();
    say(&mut journal, 1..400);
    folder.backup().unwrap();
    for number in [1, 2] {
        thin(&journal, number, 1000);
    }
    let deleted: Vec<u64> = (0..3)
        .map(|round| {
            let deleted = journal.thinner().delete_front().unwrap();
            say(&mut journal, 500 + round..501 + round);
            journal.seal(Wall(5)).unwrap();
            deleted
        })
        .collect();
    assert_eq!(deleted, [0, 0, 2]);
    let taken = folder.backup().unwrap();
    holds(&folder, &taken, &said(&journal));
    let names = files::names(&folder.to.join(JOURNAL)).unwrap();
    assert!(!names.iter().any(|name| name.starts_with("00000001") || name.starts_with("00000002")));
    // What the journal lost without saying so stays in the backup.
    fs::remove_file(folder.data.join(JOURNAL).join("00000003.seg")).unwrap();
    folder.backup().unwrap();
    assert!(folder.to.join("journal/00000003.seg").exists());
}

#[test]
fn backups_that_are_taken_while_the_journal_is_thinned_are_whole() {
    let folder = Folder::new(1);
    let (mut journal, _) = folder.journal();
    say(&mut journal, 1..200);
    let (thinner, reader, stop) = (journal.thinner(), journal.reader(), AtomicBool::new(false));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut round = 0;
            while !stop.load(SeqCst) {
                round += 1;
                for sealed in thinner.sealed() {
                    let goes = |fact: &Fact| matches!(fact, Fact::Message(m) if (m.id.counter * 7 + round).is_multiple_of(9));
                    let judge = |_: model::Offset, _, fact: &Fact| {
                        if goes(fact) { Verdict::Drop } else { Verdict::Keep }
                    };
                    match thinner.thin(sealed.number, reader.durable(), judge, |_| true) {
                        // It went with the one before: both had nothing left.
                        Err(ThinError::NotSealed { .. }) => continue,
                        thinned => thinned.unwrap(),
                    };
                    thinner.delete_front().unwrap();
                }
            }
        });
        scope.spawn(|| {
            for number in 200..2000 {
                if stop.load(SeqCst) {
                    break;
                }
                say(&mut journal, number..number + 1);
                if number.is_multiple_of(40) {
                    journal.seal(Wall(5)).unwrap();
                }
            }
        });
        for round in 0..6 {
            let taken = folder.backup().unwrap();
            assert_eq!(taken.damage, [""; 0]);
            let new = folder.data.with_file_name(format!("new{round}"));
            assert_eq!(restore(&folder.to, &new, &mut |_| ()).unwrap().damage, [""; 0]);
        }
        stop.store(true, SeqCst);
    });
    drop(thinner);
    let taken = folder.backup().unwrap();
    holds(&folder, &taken, &said(&journal));
}
