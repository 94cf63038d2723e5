//! A thinned journal is what was kept of it, at its places; nothing else changes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use journal::shadow::{Faults, ShadowDisk};
use journal::{
    Batch, BatchView, Disk, Journal, SEGMENT_MIN_BYTES, ThinError, Thinned, Thinner, Verdict,
};
use model::{BatchNo, Epoch, Fact, Message, Offset, RecordNo};
use proptest::prelude::*;

use crate::desk::{NONE_KNOWN, NOW, append, messages, open, open_known, read_all};

pub(crate) fn shadow(seed: u64) -> (Arc<ShadowDisk>, Arc<dyn Disk>) {
    let disk = Arc::new(ShadowDisk::memory(seed));
    (Arc::clone(&disk), disk)
}

/// The counter of a message: everything about it follows from that.
pub(crate) fn counter(fact: &Fact) -> u64 {
    match fact {
        Fact::Message(message) => message.id.counter,
        Fact::Cursors(_) | Fact::Enriched(_) | Fact::EpochStarted(_) | Fact::Remnant(_) => 0,
    }
}

/// The same message with less in it.
pub(crate) fn hushed(fact: &Fact) -> Fact {
    let Fact::Message(message) = fact else { panic!("{fact:?}") };
    let content = model::Body::new("gone").unwrap().into();
    Fact::Message(Message { content, ..message.clone() })
}

/// Thins a segment as of the last batch that is durable.
pub(crate) fn thin(
    journal: &Journal,
    number: u64,
    judge: impl FnMut(Offset, model::Wall, &Fact) -> Verdict,
) -> Result<Thinned, ThinError> {
    journal.thinner().thin(number, journal.reader().durable(), judge, |_| true)
}

/// What a follower gives of the batches that have facts.
pub(crate) fn views(journal: &Journal, after: BatchNo) -> Vec<BatchView> {
    let mut follower = journal.reader().follow(after);
    let mut at = after;
    let mut views = Vec::new();
    while let Some(batch) = follower.next_batch().unwrap() {
        match batch {
            Batch::Facts(view) => {
                assert_eq!(view.batch, at.next(), "neither doubled nor passed over");
                at = view.batch;
                views.push(view);
            }
            Batch::Hole(hole) => {
                assert!(hole.from == at.next() && hole.to >= hole.from, "{hole:?} after {at}");
                at = hole.to;
            }
        }
    }
    assert!(at >= journal.reader().durable(), "a follower comes to the end");
    views
}

/// What is left of a batch when these verdicts have been carried out.
pub(crate) fn left(
    view: &BatchView,
    verdict: &mut impl FnMut(&Fact) -> Verdict,
) -> Option<BatchView> {
    let facts: Vec<(Offset, Fact)> = view
        .facts
        .iter()
        .filter_map(|(offset, fact)| match verdict(fact) {
            Verdict::Keep => Some((*offset, fact.clone())),
            Verdict::Drop => None,
            Verdict::Replace(other) => Some((*offset, other)),
        })
        .collect();
    (!facts.is_empty()).then(|| BatchView { facts, ..view.clone() })
}

/// Keeps two of three, hushes every fifth.
pub(crate) fn mixed(fact: &Fact) -> Verdict {
    match counter(fact) {
        0 => Verdict::Keep,
        n if n.is_multiple_of(3) => Verdict::Drop,
        n if n.is_multiple_of(5) => Verdict::Replace(hushed(fact)),
        _ => Verdict::Keep,
    }
}

fn nothing_is_lost(disk: &Arc<dyn Disk>) -> Journal {
    let (journal, recovery) = open(disk);
    assert_eq!((recovery.damage, recovery.cut), (vec![], None));
    assert!(recovery.epochs.iter().all(|&epoch| epoch == Epoch(1)), "no epoch began");
    journal
}

/// Several segments of two or three batches each, the last of them open.
pub(crate) fn written(disk: &Arc<dyn Disk>, batches: u64) -> (Journal, Vec<BatchView>) {
    let (mut journal, _) = open(disk);
    let all = (0..batches).map(|n| append(&mut journal, &messages(1 + 8 * n, 8, 2000))).collect();
    (journal, all)
}

#[test]
fn what_is_kept_of_a_segment_stays_at_its_place_and_the_file_is_as_long_as_that() {
    let (_, disk) = shadow(1);
    let (mut journal, mut all) = written(&disk, 12);
    let before = journal.thinner().sealed();
    assert!(before.len() > 2 && before[1].thinned_as_of.is_none(), "{before:?}");
    assert_eq!(before[1].first_batch, before[0].last_batch.next());
    let done = thin(&journal, 2, |_, _, fact| mixed(fact)).unwrap();
    assert!(done.written && done.bytes_after < done.bytes_before, "{done:?}");
    let after = journal.thinner().sealed();
    assert_eq!(after[1].used_bytes, done.bytes_after);
    assert_eq!(after[1].thinned_as_of, Some(BatchNo(12)));
    assert_eq!(
        (after[1].first_batch, after[1].last_batch),
        (before[1].first_batch, before[1].last_batch)
    );
    assert_eq!(disk.open("00000002.seg").unwrap().len().unwrap(), done.bytes_after);
    let stats = journal.reader().stats();
    assert_eq!(stats.disk_bytes, (stats.segments - 1) * SEGMENT_MIN_BYTES + done.bytes_after);
    let thinned = |view: &BatchView| {
        let inside = (before[1].first_batch..=before[1].last_batch).contains(&view.batch);
        if inside { left(view, &mut mixed) } else { Some(view.clone()) }
    };
    let counts = all.iter().filter_map(&thinned).map(|view| view.facts.len() as u64).sum::<u64>();
    assert_eq!(counts, 12 * 8 - done.dropped);
    all = all.iter().filter_map(thinned).collect();
    assert_eq!(views(&journal, BatchNo(0)), all);
    all.push(append(&mut journal, &messages(500, 3, 10)));
    for _ in 0..2 {
        let journal = nothing_is_lost(&disk);
        assert_eq!(views(&journal, BatchNo(0)), all);
        assert_eq!(journal.thinner().sealed()[..2], after[..2]);
    }
}

#[test]
fn a_dry_run_counts_and_changes_nothing_and_so_does_one_that_would_keep_all() {
    let (shadow, disk) = shadow(1);
    let (journal, all) = written(&disk, 12);
    let as_of = journal.reader().durable();
    shadow.set_faults(Faults::default());
    let mut seen = 0;
    let judge = |_: Offset, stamp, fact: &Fact| {
        seen += 1;
        assert_eq!(stamp, NOW);
        mixed(fact)
    };
    let dry = journal.thinner().thin(1, as_of, judge, |_| false).unwrap();
    assert!(!dry.written && dry.dropped > 0 && dry.replaced > 0, "{dry:?}");
    assert_eq!(seen, dry.kept + dry.replaced + dry.dropped);
    let same = thin(&journal, 1, |_, _, fact| Verdict::Replace(fact.clone())).unwrap();
    assert!(!same.written && same.replaced == 0 && same.bytes_after == same.bytes_before);
    assert_eq!(shadow.steps(), 0, "the disk was only read");
    let done = thin(&journal, 1, |_, _, fact| mixed(fact)).unwrap();
    assert_eq!(done, Thinned { written: true, ..dry });
    assert_eq!(views(&journal, BatchNo(0)).len(), all.len());
    let again = thin(&journal, 1, |_, _, fact| mixed(fact)).unwrap();
    assert!(!again.written && again.kept == done.kept + done.replaced, "{again:?}");
}

#[test]
fn only_what_is_sealed_is_thinned_and_the_open_segment_is_sealed_on_request() {
    let (_, disk) = shadow(1);
    let (mut journal, _) = open(&disk);
    journal.seal(NOW).unwrap();
    assert_eq!(journal.reader().stats().segments, 1, "there is nothing in it to seal");
    append(&mut journal, &messages(1, 5, 20));
    for number in [0, 1, 2] {
        let refused = thin(&journal, number, |_, _, _| Verdict::Drop).unwrap_err();
        assert!(matches!(refused, ThinError::NotSealed { .. }), "{refused}");
    }
    journal.seal(NOW).unwrap();
    journal.seal(NOW).unwrap();
    assert_eq!(journal.reader().stats().segments, 2);
    let done = thin(&journal, 1, |_, _, _| Verdict::Drop).unwrap();
    assert_eq!((done.dropped, done.bytes_after), (5, 4096));
    assert_eq!(views(&journal, BatchNo(0)), []);
    let next = append(&mut journal, &messages(6, 5, 20));
    assert_eq!(next.batch, BatchNo(2));
    let more = append(&mut journal, &messages(1, 1, 20));
    // Messages 1 and 8 are of the same conversation.
    assert_eq!(more.facts[0].0.record, RecordNo(3), "numbers go on above what is gone");
    assert_eq!(views(&nothing_is_lost(&disk), BatchNo(0)), [next, more]);
}

#[test]
fn epochs_are_kept_and_nobody_is_asked() {
    let (_, disk) = shadow(1);
    let (mut journal, _) = open(&disk);
    journal.begin_again(Epoch(7), NOW).unwrap();
    append(&mut journal, &messages(1, 5, 20));
    journal.seal(NOW).unwrap();
    let done = thin(&journal, 1, |_, _, fact| {
        assert!(matches!(fact, Fact::Message(_)));
        Verdict::Drop
    });
    assert_eq!((done.as_ref().unwrap().kept, done.unwrap().dropped), (256, 5));
    let (journal, recovery) = open(&disk);
    assert!(recovery.epochs.iter().all(|&epoch| epoch == Epoch(7)));
    assert_eq!((read_all(&journal).len(), recovery.damage), (2, vec![]));
}

#[test]
fn records_that_grow_may_have_twice_the_bytes_of_a_batch_and_no_more() {
    let (_, disk) = shadow(1);
    let (mut journal, _) = open_known(&disk, journal::Options::default(), &NONE_KNOWN, 0).unwrap();
    journal.append(&messages(1, 8000, 1), NOW).unwrap();
    journal.seal(NOW).unwrap();
    let one = Journal::encoded_len(&messages(7000, 1, 1)[0]);
    let grown = |by: usize| {
        move |_: Offset, _, fact: &Fact| {
            let Fact::Message(message) = fact else { panic!("{fact:?}") };
            let content = model::Body::new(&"y".repeat(by)).unwrap().into();
            Verdict::Replace(Fact::Message(Message { content, ..message.clone() }))
        }
    };
    // 8,000 records; of those most have a body of six bytes.
    let fit = journal::THINNED_BATCH_MAX_BYTES / 8000 - one + 6;
    let refused = thin(&journal, 1, grown(fit + 1)).unwrap_err();
    assert!(matches!(refused, ThinError::TooLarge { batch: BatchNo(1), .. }), "{refused}");
    let done = thin(&journal, 1, grown(fit)).unwrap();
    assert!(done.bytes_after > done.bytes_before && done.replaced == 8000, "{done:?}");
    assert_eq!(views(&nothing_is_lost(&disk), BatchNo(0))[0].facts.len(), 8000);
}

#[test]
fn a_full_disk_or_a_failed_sync_changes_nothing_and_poisons_nothing() {
    let (shadow, disk) = shadow(1);
    let (mut journal, mut all) = written(&disk, 12);
    let names = disk.list().unwrap().len();
    let sealed = journal.thinner().sealed();
    shadow.set_faults(Faults { capacity_bytes: Some(1), ..Faults::default() });
    let full = thin(&journal, 1, |_, _, fact| mixed(fact)).unwrap_err();
    assert!(matches!(full, ThinError::DiskFull { .. }), "{full}");
    shadow.set_faults(Faults { fail_sync: Some(1), ..Faults::default() });
    let failed = thin(&journal, 1, |_, _, fact| mixed(fact)).unwrap_err();
    assert!(matches!(failed, ThinError::Io { .. }), "{failed}");
    assert_eq!((disk.list().unwrap().len(), journal.thinner().sealed()), (names, sealed));
    assert_eq!(views(&journal, BatchNo(0)), all);
    all.push(append(&mut journal, &messages(500, 3, 10)));
    assert!(thin(&journal, 1, |_, _, fact| mixed(fact)).unwrap().written, "later it goes on");
}

#[test]
fn names_that_could_not_be_synced_end_thinning_but_not_the_journal() {
    let (shadow, disk) = shadow(1);
    let (mut journal, mut all) = written(&disk, 12);
    shadow.set_faults(Faults { fail_sync: Some(2), ..Faults::default() });
    let all_gone = |_: Offset, _, _: &Fact| Verdict::Drop;
    for number in [1, 2] {
        let unsure = thin(&journal, number, all_gone).unwrap_err();
        assert!(matches!(unsure, ThinError::Unsure { .. }), "{unsure}");
        assert!(unsure.to_string().contains("00000001.seg"), "{unsure}");
    }
    all.push(append(&mut journal, &messages(500, 3, 10)));
    let last = journal.thinner().sealed()[0].last_batch;
    let thinned: Vec<_> = all.iter().filter(|view| view.batch > last).cloned().collect();
    assert_eq!(views(&journal, BatchNo(0)), thinned, "the new file is served");
    let (mut old, mut new) = (0, 0);
    for seed in 0..20 {
        let disk: Arc<dyn Disk> = Arc::new(shadow.power_cut(seed).unwrap().0);
        let found = views(&nothing_is_lost(&disk), BatchNo(0));
        old += usize::from(found == all);
        new += usize::from(found == thinned);
    }
    assert!(old > 2 && new > 2 && old + new == 20, "{old} times the old, {new} times the new");
    let journal = nothing_is_lost(&disk);
    assert!(thin(&journal, 2, all_gone).unwrap().written, "opening anew is the end of it");
}

#[test]
fn the_rest_of_a_thinning_that_was_cut_is_removed_and_others_left_alone() {
    let (_, disk) = shadow(1);
    let (_, all) = written(&disk, 6);
    for name in ["00000001.seg.thin", "1.seg.thin"] {
        disk.create(name, 5000).unwrap();
    }
    let journal = nothing_is_lost(&disk);
    assert_eq!(views(&journal, BatchNo(0)), all);
    let names = disk.list().unwrap();
    assert!(!names.contains(&"00000001.seg.thin".to_owned()));
    assert!(names.contains(&"1.seg.thin".to_owned()));
}

/// What shall become of message `n`, by dice.
fn by_dice(seed: u64, fact: &Fact) -> Verdict {
    match (counter(fact) ^ seed).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 61 {
        _ if counter(fact) == 0 => Verdict::Keep,
        0..=2 => Verdict::Drop,
        3 => Verdict::Replace(hushed(fact)),
        _ => Verdict::Keep,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn whatever_is_thinned_whenever_what_was_kept_is_there_and_nothing_else(
        lives in prop::collection::vec(
            (1_u64..8, prop::collection::vec((any::<prop::sample::Index>(), 0_u64..12), 0..4), any::<bool>()),
            1..4,
        ),
        after in any::<prop::sample::Index>(),
    ) {
        let (shadow, mut disk) = shadow(1);
        let mut said = 1;
        let mut all: Vec<BatchView> = Vec::new();
        for (life, (batches, thinnings, seals)) in lives.into_iter().enumerate() {
            let mut journal = nothing_is_lost(&disk);
            prop_assert_eq!(&views(&journal, BatchNo(0)), &all);
            for _ in 0..batches {
                all.push(append(&mut journal, &messages(said, 9, 2300)));
                said += 9;
            }
            if seals {
                journal.seal(NOW).unwrap();
            }
            for (which, seed) in thinnings {
                let sealed = journal.thinner().sealed();
                if sealed.is_empty() {
                    continue;
                }
                let sealed = &sealed[which.index(sealed.len())];
                // One of twelve takes all.
                let verdict = |fact: &Fact| if seed == 0 { Verdict::Drop } else { by_dice(seed, fact) };
                thin(&journal, sealed.number, |_, _, fact| verdict(fact)).unwrap();
                let inside = |view: &BatchView| {
                    (sealed.first_batch..=sealed.last_batch).contains(&view.batch)
                };
                all = all
                    .iter()
                    .filter_map(|view| {
                        if inside(view) { left(view, &mut |fact| verdict(fact)) } else { Some(view.clone()) }
                    })
                    .collect();
            }
            let durable = journal.reader().durable();
            let after = BatchNo(after.index(usize::try_from(durable.0 + 2).unwrap()) as u64);
            if after <= durable {
                let above: Vec<_> = all.iter().filter(|view| view.batch > after).cloned().collect();
                prop_assert_eq!(views(&journal, after), above);
            }
            prop_assert_eq!(&views(&journal, BatchNo(0)), &all);
            if life == 1 {
                disk = Arc::new(shadow.power_cut(7).unwrap().0);
            }
        }
        prop_assert_eq!(views(&nothing_is_lost(&disk), BatchNo(0)), all);
    }
}

/// So many thinnings: fewer than there are sealed segments, each of which changes at least once.
const ENOUGH: u64 = 25;

/// Reads all 150 batches from the first on; how many facts it saw.
fn pass_through(reader: &journal::Reader) -> usize {
    let mut follower = reader.follow(BatchNo(0));
    let (mut at, mut facts) = (BatchNo(0), 0);
    while at < BatchNo(150) {
        match follower.next_batch().unwrap() {
            Some(Batch::Facts(view)) => {
                assert_eq!(view.batch, at.next());
                at = view.batch;
                let own = 9 * at.0 - 8..=9 * at.0;
                assert!(view.facts.iter().all(|(_, fact)| own.contains(&counter(fact))));
                facts += view.facts.len();
            }
            Some(Batch::Hole(hole)) => {
                assert_eq!(hole.from, at.next());
                at = hole.to;
            }
            None => std::thread::yield_now(),
        }
    }
    facts
}

#[test]
fn followers_go_on_correctly_while_segments_are_thinned_under_them() {
    let (_, disk) = shadow(1);
    let (mut journal, _) = open(&disk);
    let reader = journal.reader();
    let thinner: Thinner = journal.thinner();
    let done = AtomicU64::new(0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while done.load(SeqCst) < ENOUGH {
                for (round, sealed) in (1..).zip(thinner.sealed()) {
                    let as_of = reader.durable();
                    let judge = |_: Offset, _, fact: &Fact| match as_of.0 % 4 == round {
                        true => Verdict::Drop,
                        false => by_dice(round, fact),
                    };
                    let thinned = thinner.thin(sealed.number, as_of, judge, |_| true).unwrap();
                    done.fetch_add(u64::from(thinned.written), SeqCst);
                }
            }
        });
        for _ in 0..3 {
            scope.spawn(|| {
                let mut passes = 0;
                while passes == 0 || done.load(SeqCst) < ENOUGH {
                    assert!(pass_through(&reader) >= 9, "the last batch is not thinned");
                    passes += 1;
                }
            });
        }
        for n in 0..150 {
            append(&mut journal, &messages(1 + 9 * n, 9, 1500));
        }
    });
    nothing_is_lost(&disk);
}

#[test]
fn a_follower_that_had_to_let_go_of_the_old_file_finds_its_place_in_the_new_one() {
    let (_, disk) = shadow(1);
    let (mut journal, _) = open(&disk);
    let all: Vec<_> = (0..3).map(|n| append(&mut journal, &messages(1 + 5 * n, 5, 500))).collect();
    let mut follower = journal.reader().follow(BatchNo(0));
    for view in &all {
        assert_eq!(follower.next_batch().unwrap(), Some(Batch::Facts(view.clone())));
    }
    // It stands at the end of this segment, which goes on, and becomes another, shorter file.
    assert_eq!(follower.next_batch().unwrap(), None);
    let more: Vec<_> = (3..5).map(|n| append(&mut journal, &messages(1 + 5 * n, 5, 500))).collect();
    let mut middle = journal.reader().follow(BatchNo(0));
    assert_eq!(middle.next_batch().unwrap(), Some(Batch::Facts(all[0].clone())));
    journal.seal(NOW).unwrap();
    thin(&journal, 1, |_, _, fact| if counter(fact) < 6 { Verdict::Drop } else { Verdict::Keep })
        .unwrap();
    let next = append(&mut journal, &messages(26, 1, 10));
    for view in more.iter().chain([&next]) {
        assert_eq!(follower.next_batch().unwrap(), Some(Batch::Facts(view.clone())));
    }
    let rest: Vec<_> = std::iter::from_fn(|| middle.next_batch().unwrap()).collect();
    let expected = [&all[1], &all[2], &more[0], &more[1], &next];
    assert_eq!(rest, expected.map(|view| Batch::Facts(view.clone())));
}
