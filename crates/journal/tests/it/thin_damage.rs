//! Damage in a thinned journal is told from what was thinned away.

use std::sync::Arc;

use journal::{BatchView, DamageKind, Disk, ThinError, Thinned, Verdict};
use model::BatchNo;
use proptest::prelude::*;

use crate::damage::{BATCHES, bytes_of, copy, names, place_of, spoil, three_openings, written};
use crate::desk::{NOW, append, messages, open, read_messages};
use crate::thin::{left, mixed, thin};

/// The six segments of [`written`], all thinned but the last.
fn thinned() -> (Arc<dyn Disk>, Vec<BatchView>) {
    let (disk, all) = written();
    let disk = copy(&disk);
    let (journal, _) = open(&disk);
    let sealed = journal.thinner().sealed();
    assert_eq!(sealed.len(), 5);
    for sealed in &sealed {
        assert!(thin(&journal, sealed.number, |_, _, fact| mixed(fact)).unwrap().written);
    }
    let last = sealed[4].last_batch;
    let thin = |view: &BatchView| {
        if view.batch > last { Some(view.clone()) } else { left(view, &mut mixed) }
    };
    (disk, all.iter().filter_map(thin).collect())
}

/// A disk like this one.
pub(crate) fn again(disk: &Arc<dyn Disk>) -> Arc<dyn Disk> {
    let copy = Arc::new(journal::shadow::ShadowDisk::memory(1));
    for name in names(&**disk) {
        let bytes = bytes_of(&**disk, &name);
        let file = copy.create(&name, bytes.len() as u64).unwrap();
        file.write_at(0, &bytes).unwrap();
        file.sync().unwrap();
    }
    copy
}

#[test]
fn damage_in_a_thinned_segment_costs_what_may_have_stood_there_and_not_what_was_thinned_away() {
    let (disk, left) = thinned();
    let (_, sound) = three_openings(&disk, &left, false);
    assert!(sound.damage.is_empty() && sound.epochs.iter().all(|epoch| epoch.0 == 1));
    // Of batch 3, messages 17 to 24, four stand there as they were, and one is hushed.
    let (name, at) = place_of(&*disk, 17);
    spoil(&*disk, &name, at, 100);
    let (mut journal, recovery) = three_openings(&disk, &left, false);
    let [damage] = &recovery.damage[..] else { panic!("{:?}", recovery.damage) };
    assert_eq!((damage.kind, &damage.file), (DamageKind::Unreadable, &name));
    assert!(damage.offset < at && at < damage.end);
    let hit = recovery.epochs.iter().filter(|epoch| epoch.0 > 1).count();
    assert_eq!(hit, damage.missing.len());
    assert!((5..=7).contains(&hit), "{hit}: no conversation but those of the batch");
    append(&mut journal, &messages(1000, 8, 10));
    assert_eq!(open(&disk).1.batches, left.len() as u64 - 1 + 2, "an epoch, and what was said");
}

#[test]
fn a_conversation_that_lost_nothing_to_the_damage_keeps_its_epoch() {
    let (disk, _) = written();
    let disk = copy(&disk);
    let (journal, _) = open(&disk);
    // Only batches 1, 3 and 5 are left, each with its first message: 1, 17 and 33.
    let judge = |_: model::Offset, _, fact: &model::Fact| match crate::thin::counter(fact) {
        1 | 17 | 33 => Verdict::Keep,
        _ => Verdict::Drop,
    };
    for sealed in journal.thinner().sealed() {
        thin(&journal, sealed.number, judge).unwrap();
    }
    let (name, at) = place_of(&*disk, 17);
    spoil(&*disk, &name, at, 10);
    let (_, recovery) = open(&disk);
    let lost = &recovery.damage[0].missing;
    let message = |number| messages(number, 1, 1)[0].partition().unwrap();
    assert!(lost.iter().any(|missing| missing.partition == message(17)), "{lost:?}");
    // Nothing tells these apart from conversations of which only thinned records stood there.
    assert!(lost.len() <= 7, "{lost:?}");
    let (_, again) = open(&disk);
    assert_eq!(again.epochs, recovery.epochs, "answered once");
}

#[test]
fn a_header_of_a_thinned_segment_or_behind_one_that_does_not_read_costs_no_message() {
    let (sound, left) = thinned();
    for name in names(&*sound) {
        let disk = again(&sound);
        spoil(&*disk, &name, 20, 1);
        let (mut journal, recovery) = three_openings(&disk, &left, false);
        let [damage] = &recovery.damage[..] else { panic!("{:?}", recovery.damage) };
        assert_eq!((damage.kind, &damage.file), (DamageKind::Header, &name));
        assert_eq!((damage.missing.len(), damage.new_epochs), (0, false));
        append(&mut journal, &messages(1000, 8, 10));
        assert_eq!(open(&disk).1.batches, left.len() as u64 + 1);
    }
}

#[test]
fn a_thinned_segment_that_is_cut_short_or_gone_or_has_lost_its_successors_is_named() {
    let (sound, left) = thinned();
    let of = names(&*sound);
    for name in &of[..of.len() - 1] {
        let short = again(&sound);
        let bytes = bytes_of(&*short, name);
        let head = &bytes[..bytes.len() - 1000];
        short.create(name, head.len() as u64).unwrap().write_at(0, head).unwrap();
        let (_, recovery) = three_openings(&short, &left, false);
        let [damage] = &recovery.damage[..] else { panic!("{:?}", recovery.damage) };
        assert_eq!((&damage.file, damage.end), (name, bytes.len() as u64));
        let gone = again(&sound);
        gone.remove(name).unwrap();
        let (_, recovery) = three_openings(&gone, &left, false);
        assert_eq!(recovery.damage[0].kind, DamageKind::SegmentsMissing(1));
    }
    let cut = again(&sound);
    cut.remove(&of[5]).unwrap();
    cut.remove(&of[4]).unwrap();
    let (mut journal, recovery) = open(&cut);
    let [damage] = &recovery.damage[..] else { panic!("{:?}", recovery.damage) };
    assert_eq!((damage.kind, &damage.file), (DamageKind::SegmentsMissing(1), &of[4]));
    assert!(recovery.epochs.iter().all(|epoch| epoch.0 > 1), "any may have lost something");
    let there = read_messages(&journal);
    assert_eq!(there, left[..there.len()]);
    append(&mut journal, &messages(1000, 8, 10));
    assert_eq!(open(&cut).1.damage, [], "it was answered");
}

#[test]
fn a_damaged_segment_is_not_thinned_and_stays_as_it_is() {
    let (disk, all) = written();
    for (from, length, whole) in [(20, 1, false), (30_000, 10, true)] {
        let disk = copy(&disk);
        spoil(&*disk, "00000002.seg", from, length);
        let before = bytes_of(&*disk, "00000002.seg");
        let (mut journal, _) = open(&disk);
        let refused = thin(&journal, 2, |_, _, _| Verdict::Drop).unwrap_err();
        let ThinError::Damaged { file, offset } = &refused else { panic!("{refused}") };
        assert_eq!((file.as_str(), *offset > 0 && *offset <= from), ("00000002.seg", whole));
        assert_eq!(bytes_of(&*disk, "00000002.seg"), before);
        // The others are, and the loss stays answered once.
        let neighbours = [1, 3].map(|number| thin(&journal, number, |_, _, _| Verdict::Drop));
        assert!(neighbours.iter().all(|done| matches!(done, Ok(Thinned { written: true, .. }))));
        append(&mut journal, &messages(1000, 8, 10));
        let (journal, first) = open(&disk);
        assert!(first.damage.iter().all(|damage| !damage.new_epochs), "{:?}", first.damage);
        assert!(read_messages(&journal).len() < all.len());
    }
}

#[test]
fn a_batch_that_stands_where_another_stood_is_not_thinned_either() {
    let (_, disk) = crate::thin::shadow(1);
    let (mut journal, _) = open(&disk);
    for from in [11, 21, 31] {
        append(&mut journal, &messages(from, 8, 300));
    }
    journal.seal(NOW).unwrap();
    let (name, bytes) = ("00000001.seg", bytes_of(&*disk, "00000001.seg"));
    let starts: Vec<usize> =
        (0..bytes.len()).filter(|&at| bytes[at..].starts_with(b"hbB1")).collect();
    let first = &bytes[starts[0]..starts[1]];
    disk.open(name).unwrap().write_at(starts[1] as u64, first).unwrap();
    let refused = thin(&journal, 1, |_, _, _| Verdict::Drop).unwrap_err();
    assert!(matches!(&refused, ThinError::Damaged { offset, .. } if *offset == starts[1] as u64));
}

#[test]
fn what_rots_after_opening_is_not_thinned_away_silently() {
    let (disk, _) = written();
    let disk = copy(&disk);
    let (mut journal, _) = open(&disk);
    spoil(&*disk, "00000001.seg", 30_000, 10);
    assert!(thin(&journal, 1, |_, _, _| Verdict::Drop).is_err());
    journal.seal(NOW).unwrap();
    assert_eq!(open(&disk).1.damage.len(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn whatever_bits_flip_in_a_thinned_journal_nothing_is_lost_silently(
        flips in prop::collection::vec((0_usize..5, any::<prop::sample::Index>(), 0_u32..8), 1..5),
    ) {
        let (disk, left) = thinned();
        let names = names(&*disk);
        for (name, at, bit) in flips {
            let file = disk.open(&names[name]).unwrap();
            let at = at.index(usize::try_from(file.len().unwrap()).unwrap()) as u64;
            let mut byte = [0];
            file.read_at(at, &mut byte).unwrap();
            file.write_at(at, &[byte[0] ^ (1 << bit)]).unwrap();
            file.sync().unwrap();
        }
        let (mut journal, recovery) = three_openings(&disk, &left, false);
        prop_assert!(!recovery.damage.is_empty());
        append(&mut journal, &messages(1000, 8, 10));
        prop_assert!(journal.reader().durable() > BatchNo(BATCHES));
    }
}
