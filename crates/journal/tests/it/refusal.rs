//! A failed sync poisons; a full disk refuses and does not.

use std::sync::Arc;

use journal::shadow::{Faults, ShadowDisk};
use journal::{AppendError, Disk, Journal};
use model::{BatchNo, Wall};

use crate::desk::{NOW, append, messages, open, read_messages};

fn shadow() -> (Arc<ShadowDisk>, Arc<dyn Disk>) {
    let disk = Arc::new(ShadowDisk::memory(1));
    (Arc::clone(&disk), disk)
}

fn is_poisoned(result: &Result<journal::Appended, AppendError>) -> bool {
    matches!(result, Err(AppendError::Poisoned { .. }))
}

#[test]
fn a_failed_sync_poisons_and_is_never_tried_again() {
    let (shadow, disk) = shadow();
    let (mut journal, _) = open(&disk);
    let one = append(&mut journal, &messages(1, 2, 10));
    let reader = journal.reader();
    shadow.set_faults(Faults { fail_sync: Some(1), ..Faults::default() });
    assert!(is_poisoned(&journal.append(&messages(3, 2, 10), NOW)));
    let steps = shadow.steps();
    for _ in 0..3 {
        assert!(is_poisoned(&journal.append(&messages(3, 2, 10), NOW)));
    }
    assert_eq!(shadow.steps(), steps, "the disk is left alone");
    assert!(reader.is_poisoned());
    assert_eq!((reader.durable(), read_messages(&journal)), (BatchNo(1), vec![one.clone()]));
    let after: Arc<dyn Disk> = Arc::new(shadow.power_cut(5).unwrap().0);
    assert_eq!(read_messages(&open(&after).0)[0], one);
}

#[test]
fn a_failed_write_or_sync_of_a_segment_header_poisons() {
    for step in [3, 5] {
        let (shadow, disk) = shadow();
        let (mut journal, _) = open(&disk);
        append(&mut journal, &messages(1, 40, 1000));
        journal.preparer().prepare().unwrap();
        shadow.set_faults(Faults { stop_at_step: Some(step), ..Faults::default() });
        assert!(is_poisoned(&journal.append(&messages(41, 40, 1000), NOW)));
        assert!(is_poisoned(&journal.append(&messages(41, 1, 1), NOW)));
    }
}

fn fill(journal: &mut Journal, now: Wall) -> u64 {
    for number in 1.. {
        match journal.append(&messages(number, 1, 5000), now) {
            Ok(_) => {}
            Err(AppendError::DiskFull) => return number - 1,
            Err(other) => panic!("{other}"),
        }
    }
    unreachable!("the disk has an end")
}

#[test]
fn a_full_disk_refuses_changes_nothing_and_goes_on_when_there_is_room() {
    let (shadow, disk) = shadow();
    let (mut journal, _) = open(&disk);
    shadow.set_faults(Faults { capacity_bytes: Some(2 * 65536), ..Faults::default() });
    let full_at = fill(&mut journal, NOW);
    assert!(full_at > 20);
    let before = (read_messages(&journal), journal.reader().durable());
    let large = messages(900, 8, 5000);
    assert_eq!(journal.append(&large, NOW), Err(AppendError::DiskFull));
    assert!(!journal.reader().is_poisoned());
    assert_eq!((read_messages(&journal), journal.reader().durable()), before);
    assert_eq!(disk.list().unwrap().len(), 2, "nothing was left behind");
    assert!(journal.append(&messages(901, 1, 1), NOW).is_ok(), "what still fits is still taken");
    assert_eq!(journal.reader().stats().refused_full, 2);
    shadow.set_faults(Faults::default());
    let later = Wall(NOW.0 + 1000);
    let appended = journal.append(&large, later).unwrap();
    assert_eq!(appended.batch, BatchNo(full_at + 2), "no number was used up");
    assert_eq!(open(&disk).1.batches, full_at + 2);
}

#[test]
fn a_full_disk_is_tried_again_once_a_second_or_when_a_segment_was_prepared() {
    let (shadow, disk) = shadow();
    let (mut journal, _) = open(&disk);
    shadow.set_faults(Faults { capacity_bytes: Some(65536), ..Faults::default() });
    let at = |ms, journal: &mut Journal| {
        journal.append(&messages(1, 40, 1400), Wall(NOW.0 + ms)).is_ok()
    };
    assert!(at(0, &mut journal));
    assert!(!at(0, &mut journal));
    shadow.set_faults(Faults::default());
    assert!(!at(999, &mut journal), "not tried");
    assert_eq!(shadow.steps(), 0);
    assert!(at(1000, &mut journal));
    shadow.set_faults(Faults { capacity_bytes: Some(65536), ..Faults::default() });
    assert!(journal.preparer().prepare().is_err());
    assert!(!at(2000, &mut journal));
    shadow.set_faults(Faults::default());
    journal.preparer().prepare().unwrap();
    assert!(at(2001, &mut journal));
}

#[test]
fn a_full_disk_is_no_reason_not_to_open_what_is_there() {
    let (shadow, disk) = shadow();
    let (mut journal, _) = open(&disk);
    let one = append(&mut journal, &messages(1, 2, 10));
    shadow.set_faults(Faults { capacity_bytes: Some(1), ..Faults::default() });
    let (mut journal, _) = open(&disk);
    assert_eq!(read_messages(&journal), [one]);
    append(&mut journal, &messages(3, 2, 10));
}
