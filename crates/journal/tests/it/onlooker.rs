//! Looked at from outside, a journal is a prefix of itself that stays.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use journal::{BatchView, Disk, Onlooker, RealDisk, SEGMENT_MIN_BYTES, Stretch};

use crate::desk::{append, messages, open, read_messages};

fn real(dir: &Path) -> Arc<dyn Disk> {
    Arc::new(RealDisk::open(dir).unwrap())
}

/// Everything that is durable now, file by file.
fn look(dir: &Path) -> Vec<Stretch> {
    let onlooker = Onlooker::new(dir);
    let numbers = onlooker.segments().unwrap();
    let nexts = numbers.iter().skip(1).copied().map(Some).chain([None]);
    let each = numbers.iter().zip(nexts);
    let stretch = |(&number, next): (&u64, Option<u64>)| {
        let next = next.map(|next| onlooker.open(next).unwrap());
        onlooker.open(number).unwrap().stretch(next.as_ref(), 0).unwrap()
    };
    each.map(stretch).collect()
}

/// A journal of these stretches alone.
fn copy(from: &Path, stretches: &[Stretch]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for stretch in stretches {
        let bytes = fs::read(from.join(&stretch.file)).unwrap();
        let to = usize::try_from(stretch.to).unwrap();
        fs::write(dir.path().join(&stretch.file), &bytes[..to]).unwrap();
    }
    dir
}

fn batches(stretches: &[Stretch]) -> u64 {
    stretches.iter().map(|stretch| stretch.batches).sum()
}

#[test]
fn what_is_seen_while_it_is_written_is_a_whole_prefix_with_all_that_was_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let (mut journal, _) = open(&real(dir.path()));
    let acknowledged = AtomicU64::new(0);
    let (mut all, mut looks) = (Vec::<BatchView>::new(), Vec::new());
    std::thread::scope(|scope| {
        let writing = scope.spawn(|| {
            for batch in 0..400 {
                all.push(append(&mut journal, &messages(1 + batch * 9, 9, 900)));
                acknowledged.store(batch + 1, Ordering::SeqCst);
            }
        });
        while !writing.is_finished() {
            let before = acknowledged.load(Ordering::SeqCst);
            let stretches = look(dir.path());
            assert!(batches(&stretches) >= before, "{before} were acknowledged: {stretches:?}");
            assert!(stretches.iter().all(|stretch| stretch.unreadable.is_empty()));
            looks.push(copy(dir.path(), &stretches));
        }
    });
    assert!(looks.len() > 3, "it was looked at {} times only", looks.len());
    for copy in looks {
        let (journal, recovery) = open(&real(copy.path()));
        assert_eq!((recovery.cut, recovery.damage), (None, vec![]));
        let there = read_messages(&journal);
        assert_eq!(there, all[..there.len()]);
    }
}

#[test]
fn a_later_look_goes_on_where_an_earlier_one_ended() {
    let dir = tempfile::tempdir().unwrap();
    let (mut journal, _) = open(&real(dir.path()));
    append(&mut journal, &messages(1, 9, 50));
    let before = look(dir.path());
    append(&mut journal, &messages(10, 9, 50));
    let more = Onlooker::new(dir.path()).open(1).unwrap();
    let more = more.stretch(None, before[0].to).unwrap();
    assert_eq!((more.from, more.batches, more.records), (before[0].to, 1, 9));
    assert_eq!(more.last_batch.0, 2);
    assert_eq!(look(dir.path())[0].to, more.to);
}

#[test]
fn a_torn_tail_is_not_seen_and_a_batch_that_was_synced_is_not_taken_for_one() {
    let dir = tempfile::tempdir().unwrap();
    let (mut journal, _) = open(&real(dir.path()));
    let mut ends = Vec::new();
    for batch in 0..3 {
        append(&mut journal, &messages(1 + batch, 1, 200));
        ends.push(look(dir.path())[0].to);
    }
    drop(journal);
    let path = dir.path().join("00000001.seg");
    let whole = fs::read(&path).unwrap();
    let rot = |at: u64| {
        let mut bytes = whole.clone();
        bytes[usize::try_from(at).unwrap() + 100] ^= 1;
        fs::write(&path, bytes).unwrap();
        look(dir.path()).remove(0)
    };
    let torn = rot(ends[1]);
    assert_eq!((torn.batches, torn.to, torn.unreadable), (2, ends[1], vec![]));
    let damaged = rot(ends[0]);
    assert_eq!((damaged.batches, damaged.to), (2, ends[2]));
    assert_eq!(damaged.unreadable, [(ends[0], ends[1])]);
}

#[test]
fn a_spare_and_what_is_no_segment_are_not_seen() {
    let dir = tempfile::tempdir().unwrap();
    let (mut journal, _) = open(&real(dir.path()));
    append(&mut journal, &messages(1, 9, 50));
    journal.preparer().prepare().unwrap();
    fs::write(dir.path().join("notes.txt"), "x").unwrap();
    assert_eq!(fs::metadata(dir.path().join("00000002.seg")).unwrap().len(), SEGMENT_MIN_BYTES);
    assert_eq!(Onlooker::new(dir.path()).segments().unwrap(), [1]);
}

#[test]
fn its_batches_are_those_that_were_appended_and_no_others() {
    let dir = tempfile::tempdir().unwrap();
    let (mut journal, _) = open(&real(dir.path()));
    let all: Vec<BatchView> =
        (0..100).map(|batch| append(&mut journal, &messages(1 + batch * 9, 9, 900))).collect();
    let onlooker = Onlooker::new(dir.path());
    let stretches = look(dir.path());
    assert!(stretches.len() > 1, "more than one segment");
    let mut read = Vec::new();
    for (number, stretch) in onlooker.segments().unwrap().into_iter().zip(&stretches) {
        onlooker.open(number).unwrap().batches(stretch, |view| read.push(view)).unwrap();
    }
    assert_eq!(read, all);
}
