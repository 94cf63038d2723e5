//! Damage is named, walked around, and answered with a new epoch exactly once.

use std::sync::Arc;

use journal::shadow::ShadowDisk;
use journal::{Batch, BatchView, Damage, DamageKind, Disk, Journal, Recovery};
use model::{BatchNo, Epoch, Fact, Offset, RecordNo};
use proptest::prelude::*;

use crate::desk::{NONE_KNOWN, append, messages, open, open_known, read_all, read_messages, small};

/// Six segments: 24 batches of 8 messages of about 1,500 bytes; those of batch n begin with
/// number 8n − 7.
pub(crate) const BATCHES: u64 = 24;

pub(crate) fn written() -> (Arc<ShadowDisk>, Vec<BatchView>) {
    let disk = Arc::new(ShadowDisk::memory(1));
    let (mut journal, _) = open(&(Arc::clone(&disk) as Arc<dyn Disk>));
    let all = (0..BATCHES).map(|n| append(&mut journal, &messages(1 + 8 * n, 8, 1500))).collect();
    (disk, all)
}

pub(crate) fn copy(disk: &ShadowDisk) -> Arc<dyn Disk> {
    Arc::new(disk.power_cut(1).unwrap().0)
}

pub(crate) fn bytes_of(disk: &dyn Disk, name: &str) -> Vec<u8> {
    let file = disk.open(name).unwrap();
    let mut bytes = vec![0; usize::try_from(file.len().unwrap()).unwrap()];
    file.read_at(0, &mut bytes).unwrap();
    bytes
}

pub(crate) fn names(disk: &dyn Disk) -> Vec<String> {
    let mut names = disk.list().unwrap();
    names.sort();
    names
}

/// In which file, and where, the body of this message stands.
pub(crate) fn place_of(disk: &dyn Disk, number: u64) -> (String, u64) {
    let text = format!("{number} xxx").into_bytes();
    for name in names(disk) {
        let bytes = bytes_of(disk, &name);
        // The two bytes of its length stand before it, so "17 xxx" is not found in "117 xxx".
        let found = bytes
            .windows(text.len())
            .enumerate()
            .find(|(at, window)| *window == text && !bytes[at - 1].is_ascii_digit());
        if let Some((at, _)) = found {
            return (name, at as u64);
        }
    }
    panic!("message {number} is nowhere")
}

/// Where the header of the last batch stands.
fn last_header(disk: &dyn Disk) -> (String, u64) {
    let name = names(disk).pop().unwrap();
    let bytes = bytes_of(disk, &name);
    let at = bytes.windows(4).rposition(|window| window == b"hbB1").unwrap();
    (name, at as u64)
}

pub(crate) fn spoil(disk: &dyn Disk, name: &str, at: u64, length: usize) {
    let file = disk.open(name).unwrap();
    let mut bytes = vec![0; length];
    file.read_at(at, &mut bytes).unwrap();
    bytes.iter_mut().for_each(|byte| *byte ^= 0x55);
    file.write_at(at, &bytes).unwrap();
    file.sync().unwrap();
}

fn is_missing(damage: &[Damage], offset: Offset) -> bool {
    damage.iter().flat_map(|damage| &damage.missing).any(|missing| {
        missing.partition == offset.partition
            && (missing.from..=missing.to).contains(&offset.record)
    })
}

/// What is lost is named, what is not named is there, and opening again changes nothing.
pub(crate) fn three_openings(
    disk: &Arc<dyn Disk>,
    all: &[BatchView],
    may_cut: bool,
) -> (Journal, Recovery) {
    let (journal, first) = open(disk);
    let found = read_messages(&journal);
    let mut rest = found.iter().peekable();
    for (index, view) in all.iter().enumerate() {
        if rest.next_if_eq(&view).is_some() {
            continue;
        }
        let last = may_cut && index + 1 == all.len() && first.cut.is_some();
        for (offset, _) in &view.facts {
            assert!(last || is_missing(&first.damage, *offset), "{offset:?} is lost and not named");
        }
    }
    assert_eq!(rest.next(), None, "something that was never appended is there");
    let epochs = journal_epochs(&journal);
    let hit = first.epochs.iter().filter(|epoch| epoch.0 > 1).count();
    assert!(epochs.len() >= hit);
    for _ in 0..2 {
        let (journal, again) = open(disk);
        assert_eq!((again.epochs, again.next), (first.epochs, first.next), "answered once");
        assert_eq!((again.last_batch, &again.cut), (first.last_batch, &None));
        assert_eq!(journal_epochs(&journal), epochs);
        assert_eq!(read_messages(&journal), found);
        assert!(again.damage.iter().all(|damage| !damage.new_epochs));
        let ranges = |recovery: &Recovery| -> Vec<(String, u64, u64)> {
            let seen = recovery.damage.iter().filter(|d| d.kind != DamageKind::RecordsMissing);
            seen.map(|d| (d.file.clone(), d.offset, d.end)).collect()
        };
        assert_eq!(ranges(&again), ranges(&first), "named each time");
    }
    (journal, first)
}

fn journal_epochs(journal: &Journal) -> Vec<(Offset, Fact)> {
    let facts = read_all(journal).into_iter().flat_map(|batch| match batch {
        Batch::Facts(view) => view.facts,
        Batch::Hole(_) => vec![],
    });
    facts.filter(|(_, fact)| matches!(fact, Fact::EpochStarted(_))).collect()
}

#[test]
fn damage_in_the_middle_of_a_sealed_segment_is_named_isolated_and_answered_once() {
    let (disk, all) = written();
    let disk = copy(&disk);
    let (name, at) = place_of(&*disk, 2 * 8 + 1);
    assert_eq!(name, "00000001.seg");
    spoil(&*disk, &name, at, 700);
    let (mut journal, recovery) = three_openings(&disk, &all, false);
    let [damage] = &recovery.damage[..] else { panic!("{:?}", recovery.damage) };
    assert_eq!((damage.kind, damage.file.as_str()), (DamageKind::Unreadable, "00000001.seg"));
    assert!(damage.offset < at && at < damage.end && damage.end - damage.offset < 14_000);
    assert!(damage.new_epochs);
    let lost: u64 = damage.missing.iter().map(|m| m.to.0 - m.from.0 + 1).sum();
    assert_eq!(lost, 8, "a later segment knows exactly what is missing");
    assert_eq!(damage.missing.len(), 7, "eight messages of seven conversations");
    assert_eq!(recovery.epochs.iter().filter(|epoch| epoch.0 > 1).count(), 7);
    let text = damage.to_string();
    assert!(text.contains("00000001.seg: bytes") && text.contains("backup"), "{text}");
    let hole = Batch::Hole(journal::HoleView { from: BatchNo(3), to: BatchNo(3) });
    assert_eq!(read_all(&journal)[2], hole);
    append(&mut journal, &messages(1000, 8, 10));
    assert_eq!(open(&disk).1.damage.len(), 1);
}

#[test]
fn damage_in_the_last_segment_below_what_was_synced_is_no_torn_tail() {
    let (disk, all) = written();
    let disk = copy(&disk);
    let (name, at) = place_of(&*disk, 8 * (BATCHES - 2) + 1);
    assert_eq!(Some(&name), names(&*disk).last());
    spoil(&*disk, &name, at, 10);
    let (_, recovery) = three_openings(&disk, &all, false);
    assert_eq!((recovery.damage.len(), recovery.cut), (1, None));
    assert!(recovery.batches == BATCHES - 1);
    // Seven conversations have a later record, so they know; any other partition may be hit.
    assert_eq!(recovery.epochs.iter().filter(|epoch| epoch.0 > 1).count(), 256);
    let highest = recovery.epochs.iter().max().unwrap();
    assert_eq!(highest.0, 257, "epochs rise over the whole journal");
}

#[test]
fn the_very_last_batch_is_a_torn_tail_unless_the_views_have_seen_it() {
    let (disk, all) = written();
    let last = all.last().unwrap();
    let (name, at) = place_of(&*disk, 8 * (BATCHES - 1) + 1);
    let cut = copy(&disk);
    spoil(&*cut, &name, at, 10);
    let (_, recovery) = three_openings(&cut, &all, true);
    assert!(recovery.damage.is_empty() && recovery.cut.is_some());
    let seen = copy(&disk);
    spoil(&*seen, &name, at, 10);
    let mut known = NONE_KNOWN;
    for (offset, _) in &last.facts {
        known[offset.partition.index()] = offset.record;
    }
    for opening in 0..3 {
        let (journal, recovery) = open_known(&seen, small(), &known, last.batch.0).unwrap();
        let named = recovery.damage.iter().any(|d| d.kind == DamageKind::RecordsMissing);
        assert_eq!(named, opening == 0);
        assert_eq!(recovery.last_batch, last.batch.next());
        assert_eq!(journal_epochs(&journal).len(), 7);
        if opening == 0 {
            assert!(last.facts.iter().all(|(offset, _)| is_missing(&recovery.damage, *offset)));
        }
    }
}

#[test]
fn the_header_of_a_torn_batch_still_proves_that_the_one_before_was_synced() {
    let (disk, all) = written();
    let disk = copy(&disk);
    for number in [8 * (BATCHES - 2) + 1, 8 * (BATCHES - 1) + 1] {
        let (name, at) = place_of(&*disk, number);
        spoil(&*disk, &name, at, 10);
    }
    let (_, recovery) = three_openings(&disk, &all, true);
    assert_eq!((recovery.damage.len(), recovery.cut.is_some()), (1, true));
    assert_eq!(recovery.batches, BATCHES - 2);
}

#[test]
fn an_epoch_whose_record_is_lost_is_not_given_again() {
    let disk: Arc<dyn Disk> = Arc::new(ShadowDisk::memory(1));
    let (mut journal, _) = open(&disk);
    let hit = append(&mut journal, &messages(1, 1, 10)).facts[0].0.partition;
    let mut known = NONE_KNOWN;
    known[hit.index()] = RecordNo(5);
    let (mut journal, recovery) = open_known(&disk, small(), &known, 1).unwrap();
    assert_eq!(recovery.epochs[hit.index()], Epoch(2));
    let (name, at) = last_header(&*disk);
    append(&mut journal, &messages(2, 1, 10));
    spoil(&*disk, &name, at, 100);
    let (_, recovery) = open(&disk);
    let lowest = recovery.epochs.iter().filter(|epoch| epoch.0 > 1).min();
    assert_eq!(lowest, Some(&Epoch(3)), "epoch 2 was told to clients");
}

#[test]
fn a_header_that_does_not_read_costs_no_message() {
    let (disk, all) = written();
    for name in names(&*disk) {
        let disk = copy(&disk);
        spoil(&*disk, &name, 20, 1);
        let (mut journal, recovery) = three_openings(&disk, &all, false);
        let [damage] = &recovery.damage[..] else { panic!("{:?}", recovery.damage) };
        assert_eq!(
            (damage.kind, &damage.file, damage.missing.len()),
            (DamageKind::Header, &name, 0)
        );
        append(&mut journal, &messages(1000, 8, 10));
        assert_eq!(open(&disk).1.batches, BATCHES + 1);
    }
}

#[test]
fn a_segment_that_is_not_there_or_all_rubbish_or_cut_short_is_named() {
    let (disk, all) = written();
    let of = names(&*disk);
    for name in &of[..of.len() - 1] {
        let gone = copy(&disk);
        gone.remove(name).unwrap();
        let (_, recovery) = three_openings(&gone, &all, false);
        assert_eq!(recovery.damage[0].kind, DamageKind::SegmentsMissing(1));
        assert_eq!(&recovery.damage[0].file, name);
        let rubbish = copy(&disk);
        spoil(&*rubbish, name, 0, 65536);
        let (_, recovery) = three_openings(&rubbish, &all, false);
        assert!(recovery.damage.iter().all(|damage| &damage.file == name));
        let short = copy(&disk);
        let head = bytes_of(&*short, name)[..30_000].to_vec();
        short.create(name, 30_000).unwrap().write_at(0, &head).unwrap();
        let (_, recovery) = three_openings(&short, &all, false);
        assert!(recovery.damage.iter().all(|damage| &damage.file == name));
    }
}

#[test]
fn a_last_segment_that_is_all_rubbish_is_left_alone_and_the_journal_goes_on() {
    let (disk, all) = written();
    let disk = copy(&disk);
    let last = names(&*disk).pop().unwrap();
    spoil(&*disk, &last, 0, 65536);
    let rubbish = bytes_of(&*disk, &last);
    let (mut journal, recovery) = three_openings(&disk, &all, false);
    assert!(recovery.damage.iter().any(|damage| damage.new_epochs));
    append(&mut journal, &messages(1000, 8, 10));
    assert_eq!(open(&disk).1.damage.len(), 2);
    assert_eq!(bytes_of(&*disk, &last), rubbish, "evidence is not touched");
}

#[test]
fn a_batch_inside_a_message_is_not_taken_for_one() {
    let (disk, mut all) = written();
    let disk = copy(&disk);
    all.push(append(&mut open(&disk).0, &messages(500, 1, 10)));
    let (last, start) = last_header(&*disk);
    let stolen = bytes_of(&*disk, &last)[usize::try_from(start).unwrap()..][..256].to_vec();
    let (name, at) = place_of(&*disk, 8 * 12 + 1);
    let file = disk.open(&name).unwrap();
    file.write_at(at.next_multiple_of(8), &stolen).unwrap();
    file.sync().unwrap();
    let (journal, recovery) = three_openings(&disk, &all, false);
    assert_eq!(recovery.damage.len(), 1);
    all.remove(12);
    assert_eq!(read_messages(&journal), all, "one batch is lost, and none has come twice");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn whatever_bits_flip_it_opens_and_nothing_is_lost_silently(
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0_u32..8), 1..5),
    ) {
        let (disk, all) = written();
        let disk = copy(&disk);
        let names = names(&*disk);
        let head = last_header(&*disk);
        for (name, at, bit) in flips {
            let name = &names[name.index(names.len())];
            let file = disk.open(name).unwrap();
            let at = at.index(65536) as u64;
            // Without the header of the last batch nobody can tell how much stood before it.
            if *name == head.0 && (head.1..head.1 + 80).contains(&at) {
                continue;
            }
            let mut byte = [0];
            file.read_at(at, &mut byte).unwrap();
            file.write_at(at, &[byte[0] ^ (1 << bit)]).unwrap();
            file.sync().unwrap();
        }
        let (mut journal, _) = three_openings(&disk, &all, true);
        append(&mut journal, &messages(1000, 8, 10));
    }

    #[test]
    fn any_bytes_in_any_file_open_and_never_panic(
        rubbish in prop::collection::vec((1_u64..5, any::<prop::sample::Index>(), prop::collection::vec(any::<u8>(), 1..400)), 0..4),
        sizes in prop::collection::vec(0_u64..200_000, 4),
    ) {
        let disk: Arc<dyn Disk> = Arc::new(ShadowDisk::memory(1));
        for (number, size) in sizes.iter().enumerate() {
            if size % 3 > 0 {
                disk.create(&format!("{:08}.seg", number + 1), *size).unwrap();
            }
        }
        for (number, at, bytes) in rubbish {
            if let Ok(file) = disk.open(&format!("{number:08}.seg")) {
                let size = usize::try_from(file.len().unwrap()).unwrap().max(1);
                let at = at.index(size);
                let bytes = &bytes[..bytes.len().min(size - at)];
                file.write_at(at as u64, bytes).unwrap();
            }
        }
        let (mut journal, first) = open(&disk);
        let view = append(&mut journal, &messages(1, 3, 10));
        let (journal, again) = open(&disk);
        prop_assert_eq!(again.epochs, first.epochs);
        prop_assert_eq!(read_messages(&journal), vec![view]);
    }
}
