//! What is empty at the front is deleted, once headers that are durable say that it is not kept.

use std::sync::Arc;

use journal::shadow::{Faults, ShadowDisk};
use journal::{BatchView, DamageKind, Disk, Journal, Verdict};
use model::BatchNo;

use crate::damage::{bytes_of, copy, names, spoil};
use crate::desk::{NOW, append, messages, open};
use crate::thin::{shadow, thin, views, written};
use crate::thin_damage::again;

/// Five segments, of which the first three are empty; and what is left.
fn emptied(seed: u64) -> (Arc<ShadowDisk>, Journal, Vec<BatchView>) {
    let (shadow, disk) = shadow(seed);
    let (journal, all) = written(&disk, 18);
    for number in 1..=3 {
        thin(&journal, number, |_, _, _| Verdict::Drop).unwrap();
    }
    let sealed = journal.thinner().sealed();
    let last = sealed[2].last_batch;
    (shadow, journal, all.into_iter().filter(|view| view.batch > last).collect())
}

fn next_segment(journal: &mut Journal, all: &mut Vec<BatchView>) {
    all.push(append(journal, &messages(1000, 2, 10)));
    journal.seal(NOW).unwrap();
}

fn sound(disk: &Arc<dyn Disk>) -> Journal {
    let (journal, recovery) = open(disk);
    assert_eq!((recovery.damage, recovery.cut), (vec![], None));
    assert!(recovery.epochs.iter().all(|epoch| epoch.0 == 1));
    journal
}

#[test]
fn an_empty_front_goes_when_two_headers_have_declared_it_gone() {
    let (shadow, mut journal, mut all) = emptied(1);
    let disk = Arc::clone(&shadow) as Arc<dyn Disk>;
    for deleted in [0, 0, 3, 0] {
        assert_eq!(journal.thinner().delete_front().unwrap(), deleted);
        assert_eq!(views(&journal, BatchNo(0)), all);
        next_segment(&mut journal, &mut all);
    }
    assert_eq!(names(&*disk)[0], "00000004.seg");
    assert_eq!(journal.thinner().sealed()[0].number, 4);
    let journal = sound(&disk);
    assert_eq!(views(&journal, BatchNo(0)), all);
    for after in [1, 7, 13, 20] {
        let above: Vec<_> = all.iter().filter(|view| view.batch.0 > after).cloned().collect();
        assert_eq!(views(&journal, BatchNo(after)), above);
    }
    assert_eq!(journal.reader().follow(BatchNo(0)).after(), BatchNo(0));
}

#[test]
fn what_is_declared_is_deleted_also_by_the_next_life_and_any_order_of_it_is_no_loss() {
    let (shadow, mut journal, mut all) = emptied(1);
    assert_eq!(journal.thinner().delete_front().unwrap(), 0);
    next_segment(&mut journal, &mut all);
    next_segment(&mut journal, &mut all);
    for gone in [&[][..], &[1], &[2], &[3], &[1, 3], &[2, 3], &[1, 2, 3]] {
        let disk = copy(&shadow);
        for number in gone {
            disk.remove(&file(*number)).unwrap();
        }
        let journal = sound(&disk);
        assert_eq!(views(&journal, BatchNo(0)), all, "without {gone:?}");
        assert_eq!(journal.thinner().delete_front().unwrap(), 3 - gone.len() as u64);
        assert_eq!(views(&sound(&disk), BatchNo(0)), all);
    }
}

#[test]
fn a_header_that_declares_the_front_gone_may_rot() {
    let (shadow, mut journal, mut all) = emptied(1);
    for _ in 0..2 {
        journal.thinner().delete_front().unwrap();
        next_segment(&mut journal, &mut all);
    }
    assert_eq!(journal.thinner().delete_front().unwrap(), 3);
    let disk = copy(&shadow);
    for name in names(&*disk) {
        let disk = copy(&shadow);
        spoil(&*disk, &name, 20, 1);
        let (journal, recovery) = open(&disk);
        let kinds: Vec<_> = recovery.damage.iter().map(|damage| damage.kind).collect();
        // The last one holds no batch yet, so it is begun anew.
        assert!(kinds.is_empty() || kinds == [DamageKind::Header], "{name}: {kinds:?}");
        assert!(recovery.epochs.iter().all(|epoch| epoch.0 == 1), "{name}");
        assert_eq!(views(&journal, BatchNo(0)), all, "{name}");
    }
}

#[test]
fn a_front_that_nobody_declared_gone_is_missed() {
    let (shadow, mut journal, mut all) = emptied(1);
    next_segment(&mut journal, &mut all);
    let disk = copy(&shadow);
    disk.remove("00000001.seg").unwrap();
    let (_, recovery) = open(&disk);
    assert_eq!(recovery.damage[0].kind, DamageKind::SegmentsMissing(1));
    // And behind a declared one what is missing is missed as well.
    journal.thinner().delete_front().unwrap();
    next_segment(&mut journal, &mut all);
    next_segment(&mut journal, &mut all);
    assert_eq!(journal.thinner().delete_front().unwrap(), 3);
    let disk = copy(&shadow);
    disk.remove("00000004.seg").unwrap();
    let (_, recovery) = open(&disk);
    let [damage] = &recovery.damage[..] else { panic!("{:?}", recovery.damage) };
    assert_eq!(
        (damage.kind, damage.file.as_str()),
        (DamageKind::SegmentsMissing(1), "00000004.seg")
    );
    assert!(damage.new_epochs);
}

#[test]
fn a_damaged_segment_is_not_empty_and_nothing_behind_it_is_deleted() {
    let (shadow, _, _) = emptied(1);
    let (_, disk) = crate::thin::shadow(2);
    let (whole, _) = written(&disk, 18);
    drop(whole);
    let header = bytes_of(&*disk, "00000001.seg")[..4096].to_vec();
    let rotten = |disk: &dyn Disk| disk.create("00000002.seg", 100).map(drop);
    // Nothing of it reads; or only its header, and nobody says how far it went.
    for first in [vec![0; 100], header] {
        let disk = copy(&shadow);
        disk.create("00000001.seg", first.len() as u64).unwrap().write_at(0, &first).unwrap();
        rotten(&*disk).unwrap();
        let (mut journal, recovery) = open(&disk);
        assert!(!recovery.damage.is_empty());
        for _ in 0..3 {
            assert_eq!(journal.thinner().delete_front().unwrap(), 0);
            next_segment(&mut journal, &mut Vec::new());
        }
    }
}

#[test]
fn a_segment_in_which_nothing_ever_stood_is_empty_too() {
    let (_, disk) = shadow(1);
    let (mut journal, _) = written(&disk, 6);
    journal.seal(NOW).unwrap();
    drop(journal);
    // As a restore leaves it: as long as what is used of it.
    let last = names(&*disk).pop().unwrap();
    let header = bytes_of(&*disk, &last)[..4096].to_vec();
    disk.create(&last, 4096).unwrap().write_at(0, &header).unwrap();
    let mut journal = sound(&disk);
    append(&mut journal, &messages(500, 8, 2000));
    journal.seal(NOW).unwrap();
    let sealed = journal.thinner().sealed();
    assert_eq!(sealed.iter().filter(|sealed| sealed.used_bytes == 4096).count(), 1);
    for sealed in &sealed {
        thin(&journal, sealed.number, |_, _, _| Verdict::Drop).unwrap();
    }
    journal.thinner().delete_front().unwrap();
    let mut all = Vec::new();
    next_segment(&mut journal, &mut all);
    next_segment(&mut journal, &mut all);
    let count = sealed.len() as u64;
    // What was thinned around it may be gone already.
    let other = again(&disk);
    other.remove(&file(count)).unwrap();
    assert_eq!(views(&sound(&other), BatchNo(0)), all);
    assert_eq!(journal.thinner().delete_front().unwrap(), count);
    assert_eq!(views(&sound(&disk), BatchNo(0)), all);
}

fn file(number: u64) -> String {
    format!("{number:08}.seg")
}

#[test]
fn power_may_go_at_every_single_step_of_a_declaration_and_a_deletion_and_nothing_is_missed() {
    for step in 1..200 {
        let (shadow, mut journal, mut all) = emptied(step);
        journal.thinner().delete_front().unwrap();
        shadow.set_faults(Faults { stop_at_step: Some(step), ..Faults::default() });
        let mut run = || -> Option<u64> {
            for _ in 0..2 {
                let said = messages(1000, 2, 10);
                let appended = journal.append(&said, NOW).ok()?;
                all.push(crate::desk::as_read(&appended, &said));
                journal.seal(NOW).ok()?;
            }
            journal.thinner().delete_front().ok()
        };
        let done = run();
        for seed in [step, step + 1000] {
            let after = Arc::new(shadow.power_cut(seed).unwrap().0);
            let disk = Arc::clone(&after) as Arc<dyn Disk>;
            let journal = sound(&disk);
            let found = views(&journal, BatchNo(0));
            assert_eq!(found[..all.len()], all, "step {step}");
            assert!(found.len() <= all.len() + 1, "step {step}: at most what was in flight");
            assert!(done.is_none() || names(&*disk)[0] == "00000004.seg", "step {step}");
        }
        let after: Arc<dyn Disk> = Arc::new(shadow.process_death(step).unwrap().0);
        assert!(views(&sound(&after), BatchNo(0)).starts_with(&all), "step {step}");
        if done.is_some() {
            assert!(step > 20 && done == Some(3), "step {step}");
            return;
        }
    }
    panic!("the deletion never came to its end");
}
