//! An append is one batch: stamped, numbered, bounded.

use std::sync::Arc;

use journal::{AppendError, Disk, Journal, OpenError, Options, RECORDS_PER_BATCH_MAX, RealDisk};
use model::{
    BatchNo, ConversationId, CursorMove, DeviceId, Fact, PartitionId, RecordNo, Seq, UserId, Wall,
};

use crate::desk::{
    NONE_KNOWN, NOW, append, as_read, message, messages, open, open_known, read_all, read_messages,
    small,
};

fn real() -> (tempfile::TempDir, Arc<dyn Disk>) {
    let dir = tempfile::tempdir().unwrap();
    let disk = Arc::new(RealDisk::open(&dir.path().join("journal")).unwrap());
    (dir, disk)
}

#[test]
fn what_is_appended_is_there_after_reopening_over_many_segments() {
    let (_dir, disk) = real();
    let (mut journal, recovery) = open(&disk);
    assert_eq!((recovery.last_batch, recovery.batches), (BatchNo(0), 0));
    let mut all = Vec::new();
    for batch in 0..40 {
        all.push(append(&mut journal, &messages(1 + batch * 20, 20, 300)));
    }
    assert!(journal.reader().stats().segments > 3);
    assert_eq!(read_messages(&journal), all);
    drop(journal);
    for _ in 0..2 {
        let (journal, recovery) = open(&disk);
        assert_eq!((recovery.batches, recovery.records), (40, 800));
        assert_eq!(recovery.lamport_high, 800);
        assert_eq!((recovery.cut, recovery.damage), (None, vec![]));
        assert_eq!(read_messages(&journal), all);
    }
    let (mut journal, _) = open(&disk);
    all.push(append(&mut journal, &messages(801, 1, 10)));
    assert_eq!(all[40].batch, BatchNo(41));
    assert_eq!(read_messages(&open(&disk).0), all);
}

#[test]
fn record_numbers_are_dense_in_each_partition_and_batch_numbers_over_all() {
    let (_dir, disk) = real();
    let (mut journal, _) = open(&disk);
    let mut next = [1_u64; 256];
    for batch in 1..=30 {
        let facts = messages(batch * 100, 9, 50);
        let appended = journal.append(&facts, NOW).unwrap();
        assert_eq!(appended.batch, BatchNo(batch));
        for (offset, fact) in appended.offsets.iter().zip(&facts) {
            assert_eq!(Some(offset.partition), fact.partition());
            let next = &mut next[offset.partition.index()];
            assert_eq!(offset.record, RecordNo(*next));
            *next += 1;
        }
    }
    let (_, recovery) = open(&disk);
    assert_eq!(recovery.next, next.map(RecordNo));
}

#[test]
fn a_stamp_never_goes_back_though_the_clock_does() {
    let (_dir, disk) = real();
    let (mut journal, _) = open(&disk);
    let mut at = |now| journal.append(&messages(1, 1, 1), Wall(now)).unwrap().stamp.0;
    assert_eq!([at(50), at(40), at(60)], [50, 50, 60]);
    let (mut journal, recovery) = open(&disk);
    assert_eq!(recovery.last_stamp, Wall(60));
    assert_eq!(journal.append(&messages(2, 1, 1), Wall(1)).unwrap().stamp, Wall(60));
}

#[test]
fn the_highest_lamport_counter_is_told_and_kept() {
    let (_dir, disk) = real();
    let (mut journal, _) = open(&disk);
    assert_eq!(journal.append(&messages(90, 2, 1), NOW).unwrap().lamport_high, 91);
    assert_eq!(journal.append(&messages(3, 1, 1), NOW).unwrap().lamport_high, 91);
    assert_eq!(open(&disk).1.lamport_high, 91);
}

#[test]
fn a_batch_holds_so_many_bytes_and_no_more() {
    let (_dir, disk) = real();
    let one = message(1, 100);
    let bytes = Journal::encoded_len(&one);
    let options = Options { batch_max_bytes: 3 * bytes, ..small() };
    let (mut journal, _) = open_known(&disk, options, &NONE_KNOWN, 0).unwrap();
    let three = vec![one.clone(); 3];
    let appended = journal.append(&three, NOW).unwrap();
    let four = journal.append(&vec![one; 4], NOW);
    let most = 3 * bytes;
    assert_eq!(four, Err(AppendError::TooLarge { bytes: 4 * bytes, records: 4, most }));
    assert_eq!(read_messages(&journal), [as_read(&appended, &three)]);
}

#[test]
fn a_batch_holds_so_many_records_and_no_more() {
    let (_dir, disk) = real();
    let (mut journal, _) = open_known(&disk, Options::default(), &NONE_KNOWN, 0).unwrap();
    let cursor = Fact::Cursors(vec![CursorMove {
        conversation: ConversationId::new("c").unwrap(),
        user: UserId::new("u").unwrap(),
        device: DeviceId::new("d").unwrap(),
        seq: Seq(1),
    }]);
    let most = vec![cursor.clone(); RECORDS_PER_BATCH_MAX];
    assert_eq!(journal.append(&most, NOW).unwrap().offsets.len(), RECORDS_PER_BATCH_MAX);
    let more = vec![cursor; RECORDS_PER_BATCH_MAX + 1];
    assert!(matches!(journal.append(&more, NOW), Err(AppendError::TooLarge { .. })));
    assert_eq!(read_all(&open_known(&disk, small(), &NONE_KNOWN, 0).unwrap().0).len(), 1);
}

#[test]
#[should_panic(expected = "at least one fact")]
fn a_batch_of_nothing_is_our_own_bug() {
    let (_dir, disk) = real();
    let _ = open(&disk).0.append(&[], NOW);
}

#[test]
fn a_segment_that_was_prepared_is_used_and_found_again() {
    let (dir, disk) = real();
    let (mut journal, _) = open(&disk);
    let preparer = journal.preparer();
    assert!(preparer.wanted());
    preparer.prepare().unwrap();
    preparer.prepare().unwrap();
    assert!(!preparer.wanted());
    let files = || std::fs::read_dir(dir.path().join("journal")).unwrap().count();
    assert_eq!(files(), 2);
    append(&mut journal, &messages(1, 100, 500));
    drop(journal);
    let (mut journal, recovery) = open(&disk);
    assert_eq!((files(), recovery.damage.len()), (2, 0));
    assert!(!journal.preparer().wanted());
    append(&mut journal, &messages(101, 100, 500));
    assert!(journal.preparer().wanted());
    assert_eq!((files(), journal.reader().stats().segments), (2, 2));
    assert_eq!(open(&disk).1.records, 200);
}

#[test]
fn files_that_were_begun_are_used_or_removed_and_others_left_alone() {
    let (dir, disk) = real();
    append(&mut open(&disk).0, &messages(1, 1, 1));
    let journal = dir.path().join("journal");
    std::fs::write(journal.join("00000002.seg"), [0; 5000]).unwrap();
    std::fs::write(journal.join("00000003.seg"), vec![0; 65536]).unwrap();
    std::fs::write(journal.join("LOCK"), "x").unwrap();
    let (_, recovery) = open(&disk);
    assert_eq!((recovery.records, recovery.damage), (1, vec![]));
    let mut names = disk.list().unwrap();
    names.sort();
    assert_eq!(names, ["00000001.seg", "LOCK"]);
}

#[test]
fn an_owner_with_a_lower_term_is_refused_and_changes_nothing() {
    let (dir, disk) = real();
    let start = |term| {
        let mut salt = || 7;
        let (known, known_batch) = (&NONE_KNOWN, BatchNo(0));
        let term = model::Term(term);
        let start = journal::Start { now: NOW, term, known, known_batch, salt: &mut salt };
        Journal::open(Arc::clone(&disk), small(), start)
    };
    start(5).unwrap().0.append(&messages(1, 1, 1), NOW).unwrap();
    let file = dir.path().join("journal/00000001.seg");
    let before = std::fs::read(&file).unwrap();
    assert!(matches!(start(4), Err(OpenError::StaleTerm { .. })));
    assert_eq!(std::fs::read(&file).unwrap(), before);
    assert!(start(5).is_ok() && start(6).is_ok());
}

#[test]
fn segments_of_another_size_than_today_are_read_on() {
    let (_dir, disk) = real();
    append(&mut open(&disk).0, &messages(1, 100, 400));
    let larger = Options { segment_bytes: 256 * 1024, ..small() };
    let (mut journal, recovery) = open_known(&disk, larger, &NONE_KNOWN, 0).unwrap();
    assert_eq!(recovery.records, 100);
    append(&mut journal, &messages(101, 100, 400));
    assert_eq!(journal.reader().stats().disk_bytes, (64 + 256) * 1024);
    assert_eq!(open(&disk).1.records, 200);
}

#[test]
fn a_journal_goes_on_above_what_the_views_have_seen() {
    let (_dir, disk) = real();
    let (mut journal, _) = open(&disk);
    let appended = journal.append(&messages(7, 2, 1), NOW).unwrap();
    drop(journal);
    // The views saw two more records of this partition, in a batch that is gone.
    let partition: PartitionId = appended.offsets[0].partition;
    let mut known = NONE_KNOWN;
    known[partition.index()] = RecordNo(3);
    let (mut journal, recovery) = open_known(&disk, small(), &known, 2).unwrap();
    assert_eq!(recovery.epochs[partition.index()].0, 2);
    assert_eq!(recovery.epochs.iter().filter(|epoch| epoch.0 != 1).count(), 1);
    assert_eq!(recovery.damage.len(), 1);
    let missing = recovery.damage[0].missing[0];
    assert_eq!((missing.partition, missing.from.0, missing.to.0), (partition, 2, 3));
    assert_eq!(recovery.last_batch, BatchNo(3), "batch 2 is not given again; 3 is the new epoch");
    let next = journal.append(&messages(7, 1, 1), NOW).unwrap();
    assert_eq!((next.batch.0, next.offsets[0].record.0), (4, 5));
    drop(journal);
    known[partition.index()] = RecordNo(5);
    let (_, recovery) = open_known(&disk, small(), &known, 4).unwrap();
    assert_eq!((recovery.epochs[partition.index()].0, recovery.damage.len()), (2, 0));
}
