//! Followers read what is durable, and nothing else.

use std::sync::Arc;
use std::time::Duration;

use journal::{Batch, Disk, RealDisk};
use model::BatchNo;

use crate::desk::{append, messages, open};

fn real() -> (tempfile::TempDir, Arc<dyn Disk>) {
    let dir = tempfile::tempdir().unwrap();
    let disk = Arc::new(RealDisk::open(dir.path()).unwrap());
    (dir, disk)
}

#[test]
fn a_follower_on_another_thread_gets_every_batch_once_while_they_are_written() {
    const BATCHES: u64 = 300;
    let (_dir, disk) = real();
    let (mut journal, _) = open(&disk);
    let reader = journal.reader();
    let follow = std::thread::spawn(move || {
        let mut follower = reader.follow(BatchNo(0));
        let mut views = Vec::new();
        while views.len() < 300 {
            match follower.next_batch().unwrap() {
                Some(Batch::Facts(view)) => {
                    assert!(view.batch <= reader.durable());
                    views.push(view);
                }
                Some(Batch::Hole(hole)) => panic!("{hole:?}"),
                None => {
                    let durable = reader.wait_durable(follower.after(), Duration::from_secs(10));
                    assert!(durable > follower.after(), "nothing came for ten seconds");
                }
            }
        }
        views
    });
    let mut written = Vec::new();
    for batch in 0..BATCHES {
        if journal.preparer().wanted() {
            let preparer = journal.preparer();
            std::thread::spawn(move || preparer.prepare());
        }
        written.push(append(&mut journal, &messages(1 + batch * 3, 3, 800)));
    }
    assert_eq!(follow.join().unwrap(), written);
}

#[test]
fn a_follower_begins_after_any_batch() {
    let (_dir, disk) = real();
    let (mut journal, _) = open(&disk);
    let all: Vec<_> = (0..30).map(|n| append(&mut journal, &messages(1 + n * 9, 9, 900))).collect();
    for journal in [journal, open(&disk).0] {
        for after in 0..=30 {
            let mut follower = journal.reader().follow(BatchNo(after));
            let first = follower.next_batch().unwrap();
            let expected = all.get(usize::try_from(after).unwrap()).cloned().map(Batch::Facts);
            assert_eq!(first, expected);
            let rest = std::iter::from_fn(|| follower.next_batch().unwrap()).count() as u64;
            assert_eq!(rest, 30_u64.saturating_sub(after + 1));
        }
    }
}

#[test]
fn a_follower_that_is_ahead_of_the_journal_waits_for_what_is_above() {
    let (_dir, disk) = real();
    let (mut journal, _) = open(&disk);
    append(&mut journal, &messages(1, 1, 1));
    let mut follower = journal.reader().follow(BatchNo(2));
    append(&mut journal, &messages(2, 1, 1));
    assert_eq!(follower.next_batch().unwrap(), None);
    let third = append(&mut journal, &messages(3, 1, 1));
    assert_eq!(follower.next_batch().unwrap(), Some(Batch::Facts(third)));
}

#[test]
fn waiting_ends_with_the_time_given_or_the_next_batch() {
    let (_dir, disk) = real();
    let (mut journal, _) = open(&disk);
    let reader = journal.reader();
    assert_eq!(reader.wait_durable(BatchNo(0), Duration::from_millis(5)), BatchNo(0));
    let waits =
        std::thread::spawn(move || reader.wait_durable(BatchNo(0), Duration::from_secs(60)));
    append(&mut journal, &messages(1, 1, 1));
    assert_eq!(waits.join().unwrap(), BatchNo(1));
}

#[test]
fn the_counters_count() {
    let (_dir, disk) = real();
    let (mut journal, _) = open(&disk);
    append(&mut journal, &messages(1, 5, 10));
    append(&mut journal, &messages(6, 5, 10));
    let stats = journal.reader().stats();
    assert_eq!((stats.batches, stats.records, stats.segments), (2, 10, 1));
    assert_eq!(stats.syncs, 3, "the header and two batches");
    assert_eq!(stats.disk_bytes, 65536);
    assert!(stats.total_sync_nanos >= stats.last_sync_nanos && stats.last_sync_nanos > 0);
    assert!(stats.bytes > 10 * 50 && stats.bytes < 2000);
}
